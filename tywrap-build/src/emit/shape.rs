//! What a Python type is on the wire: the one thing from which both the TypeScript type and the host's schema are
//! made, so that what compiles and what the host accepts cannot differ.

use tywrap_policy::section::IntegerMode;
use tywrap_surface::model::Literal;

use super::dtype::Dtypes;

/// Which way a value goes. A parameter accepts more than a result gives: a JavaScript caller may pass any iterable for
/// a Python `Iterable`, but gets either an array or a remote object back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Way {
    /// From TypeScript to Python.
    In,
    /// From Python to TypeScript.
    Out,
}

/// What a value is on the wire.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    /// Anything the wire carries: `Any` and `object`.
    Value,
    /// Anything, because the stub does not say more.
    Unknown,
    /// No value.
    Never,
    None,
    Bool,
    Int,
    Float,
    Complex,
    Str,
    Bytes,
    /// A bool, int, string or bytes literal.
    Literal(Literal),
    List(Box<Shape>),
    /// A list or a tuple.
    Sequence(Box<Shape>),
    Iterable(Box<Shape>),
    Tuple(Vec<Shape>),
    TupleOf(Box<Shape>),
    Set(Box<Shape>),
    Dict(Box<Shape>, Box<Shape>),
    /// A dict with known keys, in the order the stub declares them.
    Record(Vec<Entry>),
    /// A numpy array.
    Array(Dtypes),
    /// A numpy array, or what numpy makes one of.
    ArrayLike(Dtypes),
    /// A tuple whose elements have names, and the class it is of.
    NamedTuple(String, Vec<(String, Shape)>),
    /// A remote object of this class, such as `decimal:Decimal`, of which the file knows no members.
    Handle(String),
    /// A remote object of a class that the file describes.
    Object(Instance),
    /// An iterator, whose items come as they are asked for.
    Iterator(Box<Shape>),
    /// Any remote object that has what this protocol asks for.
    Structural(String),
    /// A function of the caller's.
    Function(Box<Function>),
    /// A named alias of the emitted file, by its position in [`super::alias::Aliases`], with its arguments.
    Named(usize, Vec<Shape>),
    /// A type variable of the signature or alias.
    Var(String),
    /// Any of these, flattened and without duplicates, in the stub's order.
    Union(Vec<Shape>),
}

/// The instances of a class that the file describes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Instance {
    /// Where Python defines it: `collections:Counter`.
    pub(super) class: String,
    /// Its position in [`super::objects::Objects`].
    pub(super) at: usize,
    /// Arguments of the type parameters that TypeScript keeps.
    pub(super) args: Vec<Shape>,
}

/// A function of the caller's. Its parameters go out where it goes in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Function {
    /// What it is called with, by position; the names are for people.
    pub(super) params: Vec<(Option<String>, Shape)>,
    /// It may be called with more, of which nothing is known.
    pub(super) is_open: bool,
    pub(super) returns: Shape,
    /// Python awaits what it gives.
    pub(super) asynchronous: bool,
    /// What the policy says of integers.
    pub(super) integers: IntegerMode,
}

/// A key of a [`Shape::Record`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) shape: Shape,
    pub(super) required: bool,
}

/// What takes the place of a type variable: as a type, and as the dtype of an array.
#[derive(Clone, Debug)]
pub(super) struct Replacement {
    pub(super) shape: Shape,
    pub(super) dtypes: Dtypes,
}

impl Replacement {
    /// What stands for a variable of which nothing is known.
    pub(super) fn anything() -> Self {
        Self { shape: Shape::Value, dtypes: Dtypes::ANY }
    }
}

impl Shape {
    pub(super) fn list(of: Shape) -> Self {
        Self::List(Box::new(of))
    }

    pub(super) fn sequence(of: Shape) -> Self {
        Self::Sequence(Box::new(of))
    }

    pub(super) fn iterable(of: Shape) -> Self {
        Self::Iterable(Box::new(of))
    }

    pub(super) fn tuple_of(of: Shape) -> Self {
        Self::TupleOf(Box::new(of))
    }

    pub(super) fn set(of: Shape) -> Self {
        Self::Set(Box::new(of))
    }

    pub(super) fn dict(key: Shape, value: Shape) -> Self {
        Self::Dict(Box::new(key), Box::new(value))
    }

    /// The union of these: flat, without duplicates and without what another member covers.
    pub(super) fn union(members: impl IntoIterator<Item = Shape>) -> Self {
        let mut flat = Vec::new();
        for member in members {
            match member {
                Self::Union(inner) => inner.into_iter().for_each(|shape| push_member(&mut flat, shape)),
                shape => push_member(&mut flat, shape),
            }
        }
        // `unknown` says that something is missing, so it survives beside `Value`.
        if flat.contains(&Self::Unknown) {
            return Self::Unknown;
        }
        if flat.contains(&Self::Value) {
            return Self::Value;
        }
        if flat.iter().any(|shape| matches!(shape, Self::Structural(_))) {
            flat.retain(|shape| !matches!(shape, Self::Handle(_)));
        }
        // What numpy makes an array of may be any object.
        if flat.iter().any(|shape| matches!(shape, Self::ArrayLike(_))) {
            flat.retain(|shape| !matches!(shape, Self::Structural(_)));
        }
        match flat.len() {
            0 => Self::Never,
            1 => flat.remove(0),
            _ => Self::Union(flat),
        }
    }

    /// Calls `visit` with every shape in this one, itself first.
    pub(super) fn walk(&self, visit: &mut impl FnMut(&Shape)) {
        visit(self);
        match self {
            Self::List(of)
            | Self::Sequence(of)
            | Self::Iterable(of)
            | Self::Iterator(of)
            | Self::TupleOf(of)
            | Self::Set(of) => {
                of.walk(visit);
            }
            Self::NamedTuple(_, fields) => fields.iter().for_each(|(_, shape)| shape.walk(visit)),
            Self::Object(instance) => instance.args.iter().for_each(|shape| shape.walk(visit)),
            Self::Dict(key, value) => {
                key.walk(visit);
                value.walk(visit);
            }
            Self::Tuple(all) | Self::Union(all) | Self::Named(_, all) => all.iter().for_each(|shape| shape.walk(visit)),
            Self::Record(entries) => entries.iter().for_each(|entry| entry.shape.walk(visit)),
            Self::Function(function) => {
                function.params.iter().for_each(|(_, shape)| shape.walk(visit));
                function.returns.walk(visit);
            }
            _ => {}
        }
    }

    /// Whether a type variable stands in this shape.
    pub(super) fn is_generic(&self) -> bool {
        let mut found = false;
        self.walk(&mut |shape| found |= shape.variable().is_some());
        found
    }

    /// Whether the type variable `name` stands in this shape.
    pub(super) fn mentions(&self, name: &str) -> bool {
        let mut found = false;
        self.walk(&mut |shape| found |= shape.variable() == Some(name));
        found
    }

    /// The type variable that this shape is, or whose dtype it has.
    pub(super) fn variable(&self) -> Option<&str> {
        match self {
            Self::Var(name) | Self::Array(Dtypes::Var(name)) | Self::ArrayLike(Dtypes::Var(name)) => Some(name),
            _ => None,
        }
    }

    /// The same with every type variable for which `replace` has a shape replaced by it.
    pub(super) fn substitute(&self, replace: &impl Fn(&str) -> Option<Replacement>) -> Self {
        let boxed = |shape: &Shape| Box::new(shape.substitute(replace));
        let each = |all: &[Shape]| all.iter().map(|shape| shape.substitute(replace)).collect();
        match self {
            Self::Var(name) => replace(name).map_or_else(|| self.clone(), |new| new.shape),
            Self::Array(Dtypes::Var(name)) => replace(name).map_or_else(|| self.clone(), |new| Self::Array(new.dtypes)),
            Self::ArrayLike(Dtypes::Var(name)) => {
                replace(name).map_or_else(|| self.clone(), |new| Self::ArrayLike(new.dtypes))
            }
            Self::List(of) => Self::List(boxed(of)),
            Self::Sequence(of) => Self::Sequence(boxed(of)),
            Self::Iterable(of) => Self::Iterable(boxed(of)),
            Self::Iterator(of) => Self::Iterator(boxed(of)),
            Self::NamedTuple(class, fields) => Self::NamedTuple(
                class.clone(),
                fields.iter().map(|(name, shape)| (name.clone(), shape.substitute(replace))).collect(),
            ),
            Self::Object(instance) => Self::Object(Instance { args: each(&instance.args), ..instance.clone() }),
            Self::TupleOf(of) => Self::TupleOf(boxed(of)),
            Self::Set(of) => Self::Set(boxed(of)),
            Self::Dict(key, value) => Self::Dict(boxed(key), boxed(value)),
            Self::Tuple(all) => Self::Tuple(each(all)),
            Self::Union(all) => Self::union(all.iter().map(|shape| shape.substitute(replace))),
            Self::Named(alias, args) => Self::Named(*alias, each(args)),
            Self::Record(entries) => Self::Record(
                entries.iter().map(|entry| Entry { shape: entry.shape.substitute(replace), ..entry.clone() }).collect(),
            ),
            Self::Function(function) => {
                let params = function.params.iter().map(|(name, shape)| (name.clone(), shape.substitute(replace)));
                Self::Function(Box::new(Function {
                    params: params.collect(),
                    returns: function.returns.substitute(replace),
                    ..(**function).clone()
                }))
            }
            _ => self.clone(),
        }
    }
}

/// Adds a member of a union, unless one that is there covers it.
fn push_member(flat: &mut Vec<Shape>, shape: Shape) {
    if shape == Shape::Never || flat.contains(&shape) {
        return;
    }
    match &shape {
        Shape::Array(dtypes) => {
            if let Some(Shape::Array(there)) = flat.iter_mut().find(|there| matches!(there, Shape::Array(_)))
                && let Some(both) = there.union(dtypes)
            {
                *there = both;
                return;
            }
        }
        Shape::ArrayLike(dtypes) => {
            if let Some(Shape::ArrayLike(there)) = flat.iter_mut().find(|there| matches!(there, Shape::ArrayLike(_)))
                && let Some(both) = there.union(dtypes)
            {
                *there = both;
                return;
            }
        }
        _ => {}
    }
    flat.push(shape);
}

#[cfg(test)]
mod tests {
    use super::super::dtype::Dtypes;
    use super::{Replacement, Shape};

    #[test]
    fn unions_are_flat_and_without_duplicates() {
        let nested = Shape::union([Shape::Int, Shape::union([Shape::None, Shape::Int]), Shape::Never]);
        assert_eq!(nested, Shape::Union(vec![Shape::Int, Shape::None]));
        assert_eq!(Shape::union([Shape::Never, Shape::Str]), Shape::Str);
        assert_eq!(Shape::union([]), Shape::Never);
        assert_eq!(Shape::union([Shape::Str, Shape::Value]), Shape::Value);
        assert_eq!(Shape::union([Shape::Value, Shape::Unknown]), Shape::Unknown);
    }

    #[test]
    fn substitution_reaches_every_place() {
        let var = || Shape::Var("T".to_owned());
        let nested = Shape::dict(Shape::Str, Shape::union([Shape::list(var()), Shape::None]));
        let expected = Shape::dict(Shape::Str, Shape::union([Shape::list(Shape::Int), Shape::None]));
        assert!(nested.mentions("T") && !nested.mentions("U"));
        let int = Replacement { shape: Shape::Int, dtypes: Dtypes::INTEGER };
        assert_eq!(nested.substitute(&|name| (name == "T").then(|| int.clone())), expected);
        assert_eq!(
            Shape::Array(Dtypes::Var("T".to_owned())).substitute(&|_| Some(int.clone())),
            Shape::Array(Dtypes::INTEGER)
        );
    }
}
