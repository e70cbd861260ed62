//! TypeScript types as data: the few kinds that the emitter writes.

use super::scalar;

/// A TypeScript type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ts {
    Keyword(Keyword),
    /// A type of the language's library, with its arguments.
    Global(&'static str, Vec<Ts>),
    /// A type of the client, with its arguments.
    Client(&'static str, Vec<Ts>),
    /// A type that the file declares, with its arguments.
    Local(LocalType, Vec<Ts>),
    /// A type parameter in scope.
    Var(String),
    Str(String),
    /// A number, as its text, with a leading `-` if it is negative.
    Number(String),
    /// A big integer, as its decimal digits, with a leading `-` if it is negative.
    BigInt(String),
    Bool(bool),
    /// `T[]` or `readonly T[]`.
    Array {
        readonly: bool,
        of: Box<Ts>,
    },
    /// `[A, ...B]` or `readonly [A, ...B]`.
    Tuple {
        readonly: bool,
        elements: Vec<Element>,
    },
    Object {
        properties: Vec<Property>,
        index: Option<Index>,
    },
    Union(Vec<Ts>),
    Intersection(Vec<Ts>),
    /// The type of a value that the file declares.
    TypeOf(String),
    /// The type of the file itself, as a namespace.
    ThisModule,
}

/// The keywords that are types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Keyword {
    Boolean,
    Number,
    BigInt,
    String,
    Unknown,
    Never,
    Undefined,
    Void,
    Null,
}

/// A type that the file declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LocalType {
    /// A named type, by its position in [`super::alias::Aliases`].
    Alias(usize),
    /// A type of the emitter's own, by its position in [`super::own::OWN`].
    Own(usize),
    /// The instances of a class, by its position in [`super::objects::Objects`].
    Instance(usize),
    /// What the class itself is as a value: its constructor and what is called on it.
    ClassValue(usize),
    /// What an instance holds, as data.
    Data(usize),
}

/// An element of a tuple.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Element {
    /// Its name, which must be an identifier.
    pub(super) label: Option<String>,
    pub(super) ty: Ts,
    /// `...T`, where `T` is an array.
    pub(super) rest: bool,
}

/// A property of an object type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Property {
    pub(super) name: String,
    pub(super) ty: Ts,
    pub(super) optional: bool,
    pub(super) readonly: bool,
}

/// `[key: string]: T`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Index {
    pub(super) ty: Box<Ts>,
    pub(super) readonly: bool,
}

impl Ts {
    pub(super) const NULL: Self = Self::Keyword(Keyword::Null);
    pub(super) const UNKNOWN: Self = Self::Keyword(Keyword::Unknown);
    pub(super) const NEVER: Self = Self::Keyword(Keyword::Never);
    pub(super) const UNDEFINED: Self = Self::Keyword(Keyword::Undefined);
    pub(super) const VOID: Self = Self::Keyword(Keyword::Void);
    pub(super) const BOOLEAN: Self = Self::Keyword(Keyword::Boolean);
    pub(super) const NUMBER: Self = Self::Keyword(Keyword::Number);
    pub(super) const BIGINT: Self = Self::Keyword(Keyword::BigInt);
    pub(super) const STRING: Self = Self::Keyword(Keyword::String);

    pub(super) fn array(of: Ts, readonly: bool) -> Self {
        Self::Array { readonly, of: Box::new(of) }
    }

    pub(super) fn tuple(types: impl IntoIterator<Item = Ts>, readonly: bool) -> Self {
        let elements = types.into_iter().map(|ty| Element { label: None, ty, rest: false }).collect();
        Self::Tuple { readonly, elements }
    }

    pub(super) fn client(name: &'static str) -> Self {
        Self::Client(name, Vec::new())
    }

    pub(super) fn promise(of: Ts) -> Self {
        Self::Global("Promise", vec![of])
    }

    /// The union of these: flat, without duplicates and without what another member covers, `null` last.
    pub(super) fn union(members: impl IntoIterator<Item = Ts>) -> Self {
        let mut flat: Vec<Ts> = Vec::new();
        for member in members {
            match member {
                Self::Union(inner) => flat.extend(inner),
                ty => flat.push(ty),
            }
        }
        if flat.contains(&Self::UNKNOWN) {
            return Self::UNKNOWN;
        }
        for everything in ["PyArgument", "PyValue"] {
            if flat.contains(&Self::client(everything)) {
                // An absent argument is no value.
                let everything = Self::client(everything);
                let absent = flat.contains(&Self::UNDEFINED);
                return if absent { Self::Union(vec![everything, Self::UNDEFINED]) } else { everything };
            }
        }
        if flat.contains(&Self::Bool(true)) && flat.contains(&Self::Bool(false)) {
            flat.push(Self::BOOLEAN);
        }
        let mut kept: Vec<Ts> = Vec::new();
        for (at, member) in flat.iter().enumerate() {
            let covered = flat.iter().any(|other| covers(other, member)) || flat[..at].contains(member);
            if *member != Self::NEVER && !covered {
                kept.push(member.clone());
            }
        }
        kept.sort_by_key(|ty| *ty == Self::NULL);
        match kept.len() {
            0 => Self::NEVER,
            1 => kept.remove(0),
            _ => Self::Union(kept),
        }
    }

    /// The same with the file's types named otherwise.
    pub(super) fn rename(&self, to: &impl Fn(LocalType) -> LocalType) -> Self {
        let each = |all: &[Ts]| all.iter().map(|ty| ty.rename(to)).collect();
        match self {
            Self::Local(id, args) => Self::Local(to(*id), each(args)),
            Self::Global(name, args) => Self::Global(name, each(args)),
            Self::Client(name, args) => Self::Client(name, each(args)),
            Self::Union(all) => Self::Union(each(all)),
            Self::Intersection(all) => Self::Intersection(each(all)),
            Self::Array { readonly, of } => Self::Array { readonly: *readonly, of: Box::new(of.rename(to)) },
            Self::Tuple { readonly, elements } => Self::Tuple {
                readonly: *readonly,
                elements: elements
                    .iter()
                    .map(|element| Element { ty: element.ty.rename(to), ..element.clone() })
                    .collect(),
            },
            Self::Object { properties, index } => Self::Object {
                properties: properties
                    .iter()
                    .map(|property| Property { ty: property.ty.rename(to), ..property.clone() })
                    .collect(),
                index: index
                    .as_ref()
                    .map(|index| Index { ty: Box::new(index.ty.rename(to)), readonly: index.readonly }),
            },
            other => other.clone(),
        }
    }

    /// Calls `visit` with every type in this one, itself first.
    pub(super) fn walk<'t>(&'t self, visit: &mut impl FnMut(&'t Ts)) {
        visit(self);
        match self {
            Self::Global(_, all)
            | Self::Client(_, all)
            | Self::Local(_, all)
            | Self::Union(all)
            | Self::Intersection(all) => {
                all.iter().for_each(|ty| ty.walk(visit));
            }
            Self::Array { of, .. } => of.walk(visit),
            Self::Tuple { elements, .. } => elements.iter().for_each(|element| element.ty.walk(visit)),
            Self::Object { properties, index } => {
                properties.iter().for_each(|property| property.ty.walk(visit));
                if let Some(index) = index {
                    index.ty.walk(visit);
                }
            }
            _ => {}
        }
    }
}

/// Whether a member of a union makes another one superfluous.
fn covers(wider: &Ts, narrower: &Ts) -> bool {
    match (wider, narrower) {
        (Ts::Keyword(Keyword::String), Ts::Str(_))
        | (Ts::Keyword(Keyword::Number), Ts::Number(_))
        | (Ts::Keyword(Keyword::BigInt), Ts::BigInt(_))
        | (Ts::Keyword(Keyword::Boolean), Ts::Bool(_)) => true,
        (Ts::Client("PyObject", any), Ts::Client("PyObject", one)) => any.is_empty() && !one.is_empty(),
        (Ts::Client("PyObject", any), Ts::Client(one, _)) => any.is_empty() && scalar::is_client_type(one),
        (Ts::Client("NDArray", any), Ts::Client("NDArray", one)) => any.is_empty() && !one.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::Ts;

    #[test]
    fn unions_keep_only_what_says_something() {
        let text = || Ts::Str("a".to_owned());
        let object = || Ts::Client("PyObject", vec![text()]);
        for (members, expected) in [
            (vec![Ts::NULL, Ts::NUMBER, Ts::NUMBER], Ts::Union(vec![Ts::NUMBER, Ts::NULL])),
            (vec![text(), Ts::STRING], Ts::STRING),
            (vec![Ts::Bool(true), Ts::Bool(false)], Ts::BOOLEAN),
            (vec![object(), Ts::client("PyObject")], Ts::client("PyObject")),
            (vec![Ts::client("PyDate"), Ts::client("PyObject")], Ts::client("PyObject")),
            (vec![object(), Ts::client("PyValue"), Ts::NULL], Ts::client("PyValue")),
            (vec![Ts::client("PyValue"), Ts::UNKNOWN], Ts::UNKNOWN),
            (vec![Ts::NEVER, Ts::BOOLEAN], Ts::BOOLEAN),
            (vec![], Ts::NEVER),
        ] {
            assert_eq!(Ts::union(members), expected);
        }
    }
}
