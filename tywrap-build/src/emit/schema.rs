//! From shapes to the host's argument schemas: one table for the module, in which equal schemas are one.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use tywrap_surface::model::Literal;

use super::alias::Aliases;
use super::dtype::Dtypes;
use super::grants::Integers;
use super::shape::{Replacement, Shape};

/// A generic alias may grow with each step into itself (`type N[T] = T | list[N[list[T]]]`); past this many
/// steps its schema is given up as anything.
const MAX_INSTANCES: usize = 32;

/// A schema, as `tywrap::grants::Schema`; other schemas by their position in the table.
///
/// The order of the variants is the order in which a union tries its members: an integer stays an integer where a float would do
/// too, and a list stays a list where a tuple would.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Schema {
    None,
    Bool,
    Literal(Vec<Literal>),
    Int,
    Float,
    Complex,
    Str,
    Bytes,
    Array(Vec<u8>),
    List(u32),
    Sequence(u32),
    Tuple(Vec<u32>),
    NamedTuple(String, Vec<u32>),
    TupleOf(u32),
    Set(u32),
    Record(Vec<Field>),
    Dict(u32, u32),
    Iterable(u32),
    ArrayLike(Vec<u8>),
    Handle(String),
    Function { returns: u32, asynchronous: bool, integers: Integers },
    Union(Vec<u32>),
    Never,
    Any,
}

/// A key of a [`Schema::Record`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) schema: u32,
    pub(super) required: bool,
}

/// The table of schemas.
#[derive(Debug, Default)]
pub(super) struct Schemas {
    table: Vec<Schema>,
    ids: BTreeMap<Schema, u32>,
    /// Instances of named types that are known.
    named: BTreeMap<Instance, u32>,
    /// Instances that are being made, with the position of those that refer to themselves.
    open: Vec<(Instance, Option<u32>)>,
}

/// A named type with its arguments.
type Instance = (usize, Vec<Shape>);

impl Schemas {
    /// The schemas that these positions need, in the order in which they are met, and where each position is then. What
    /// was made on the way to a union is left behind.
    pub(super) fn compact(&self, roots: impl IntoIterator<Item = u32>) -> (Vec<Schema>, BTreeMap<u32, u32>) {
        let mut moved: BTreeMap<u32, u32> = BTreeMap::new();
        let mut order: Vec<u32> = Vec::new();
        let mut queue: Vec<u32> = roots.into_iter().collect();
        queue.reverse();
        while let Some(id) = queue.pop() {
            if let Entry::Vacant(place) = moved.entry(id) {
                place.insert(position(order.len()));
                order.push(id);
                queue.extend(self.table[id as usize].children().into_iter().rev());
            }
        }
        let table =
            order.iter().map(|id| self.table[*id as usize].renumber(&|id| moved.get(&id).copied().unwrap_or(id)));
        (table.collect(), moved)
    }

    /// The position of the schema for a shape. Type variables that remain in it are anything.
    pub(super) fn add(&mut self, shape: &Shape, aliases: &Aliases) -> u32 {
        let schema = match shape {
            Shape::Value | Shape::Unknown | Shape::Var(_) => Schema::Any,
            Shape::Never => Schema::Never,
            Shape::None => Schema::None,
            Shape::Bool => Schema::Bool,
            Shape::Int => Schema::Int,
            Shape::Float => Schema::Float,
            Shape::Complex => Schema::Complex,
            Shape::Str => Schema::Str,
            Shape::Bytes => Schema::Bytes,
            Shape::Literal(literal) => Schema::Literal(vec![literal.clone()]),
            Shape::List(of) => Schema::List(self.add(of, aliases)),
            Shape::Sequence(of) => Schema::Sequence(self.add(of, aliases)),
            Shape::Iterable(of) => Schema::Iterable(self.add(of, aliases)),
            Shape::TupleOf(of) => Schema::TupleOf(self.add(of, aliases)),
            Shape::Set(of) => Schema::Set(self.add(of, aliases)),
            Shape::Tuple(all) => Schema::Tuple(all.iter().map(|shape| self.add(shape, aliases)).collect()),
            Shape::Dict(key, value) => Schema::Dict(self.add(key, aliases), self.add(value, aliases)),
            Shape::Record(entries) => Schema::Record(
                entries
                    .iter()
                    .map(|entry| Field {
                        name: entry.name.clone(),
                        schema: self.add(&entry.shape, aliases),
                        required: entry.required,
                    })
                    .collect(),
            ),
            Shape::Array(dtypes) => Schema::Array(kinds(dtypes)),
            Shape::ArrayLike(dtypes) => Schema::ArrayLike(kinds(dtypes)),
            Shape::NamedTuple(class, fields) => {
                Schema::NamedTuple(class.clone(), fields.iter().map(|(_, shape)| self.add(shape, aliases)).collect())
            }
            Shape::Handle(class) | Shape::Structural(class) => Schema::Handle(class.clone()),
            Shape::Function(function) => Schema::Function {
                returns: match &function.returns {
                    // Whatever it gives, nobody looks at it.
                    Shape::None => self.intern(Schema::Any),
                    returns => self.add(returns, aliases),
                },
                asynchronous: function.asynchronous,
                integers: Integers::of(function.integers, function.params.iter().map(|(_, shape)| shape), aliases),
            },
            Shape::Object(instance) => Schema::Handle(instance.class.clone()),
            // Only results are iterators; a parameter takes an object.
            Shape::Iterator(_) => Schema::Handle("typing:Iterator".to_owned()),
            Shape::Named(alias, args) => return self.instance(*alias, args, aliases),
            Shape::Union(members) => {
                let members = members.iter().map(|member| self.add(member, aliases)).collect();
                return self.union(members);
            }
        };
        self.intern(schema)
    }

    /// The union of schemas: flat, in the order of [`Schema`], with all literals in one member.
    fn union(&mut self, members: Vec<u32>) -> u32 {
        let mut flat: Vec<(Schema, u32)> = Vec::new();
        let mut literals: Vec<Literal> = Vec::new();
        let mut functions: Vec<(u32, bool, Integers)> = Vec::new();
        let mut queue = members;
        queue.reverse();
        while let Some(id) = queue.pop() {
            match &self.table[id as usize] {
                Schema::Union(inner) => queue.extend(inner.iter().rev()),
                Schema::Literal(values) => literals.extend(values.iter().cloned()),
                Schema::Function { returns, asynchronous, integers } => {
                    functions.push((*returns, *asynchronous, *integers));
                }
                Schema::Never if !self.is_open(id) => {}
                schema => flat.push((schema.clone(), id)),
            }
        }
        if !literals.is_empty() {
            literals.sort();
            literals.dedup();
            let schema = Schema::Literal(literals);
            let id = self.intern(schema.clone());
            flat.push((schema, id));
        }
        if let Some(&(_, _, integers)) = functions.first() {
            // Which of them a function is, nobody can tell, so it is all of them.
            let asynchronous = functions.iter().all(|(_, asynchronous, _)| *asynchronous);
            let integers = if functions.iter().all(|(_, _, of)| *of == integers) { integers } else { Integers::Either };
            let returns = self.union(functions.iter().map(|(returns, ..)| *returns).collect());
            let schema = Schema::Function { returns, asynchronous, integers };
            let id = self.intern(schema.clone());
            flat.push((schema, id));
        }
        if flat.iter().any(|(schema, _)| *schema == Schema::Any) {
            return self.intern(Schema::Any);
        }
        flat.sort();
        flat.dedup();
        match flat.as_slice() {
            [] => self.intern(Schema::Never),
            [(_, only)] => *only,
            _ => self.intern(Schema::Union(flat.into_iter().map(|(_, id)| id).collect())),
        }
    }

    /// The schema of a named type with these arguments. One that refers to itself gets its position before it is known,
    /// so that the table has a cycle where the type has one.
    fn instance(&mut self, alias: usize, args: &[Shape], aliases: &Aliases) -> u32 {
        let key = (alias, args.to_vec());
        if let Some(&id) = self.named.get(&key) {
            return id;
        }
        if let Some(at) = self.open.iter().position(|(open, _)| *open == key) {
            if let Some(id) = self.open[at].1 {
                return id;
            }
            let id = self.push(Schema::Never);
            self.open[at].1 = Some(id);
            return id;
        }
        let Some(named) = aliases.get(alias) else { return self.intern(Schema::Any) };
        if self.open.len() == MAX_INSTANCES {
            return self.intern(Schema::Any);
        }
        self.open.push((key.clone(), None));
        let body = named.shape.substitute(&|name| {
            let at = named.vars.iter().position(|var| var == name)?;
            Some(Replacement { shape: args.get(at).cloned().unwrap_or(Shape::Value), dtypes: Dtypes::ANY })
        });
        let made = self.add(&body, aliases);
        let reserved = self.open.pop().and_then(|(_, reserved)| reserved);
        let id = match reserved {
            Some(id) => {
                let schema = self.table[made as usize].clone();
                self.ids.insert(schema.clone(), id);
                self.table[id as usize] = schema;
                id
            }
            None => made,
        };
        self.named.insert(key, id);
        id
    }

    /// Whether this position belongs to an instance that is still being made.
    fn is_open(&self, id: u32) -> bool {
        self.open.iter().any(|(_, reserved)| *reserved == Some(id))
    }

    fn intern(&mut self, schema: Schema) -> u32 {
        if let Some(&id) = self.ids.get(&schema) {
            return id;
        }
        let id = self.push(schema.clone());
        self.ids.insert(schema, id);
        id
    }

    fn push(&mut self, schema: Schema) -> u32 {
        self.table.push(schema);
        position(self.table.len() - 1)
    }
}

impl Schema {
    /// Positions of the schemas that this one is made of.
    fn children(&self) -> Vec<u32> {
        let mut children = Vec::new();
        match self {
            Self::List(of) | Self::Sequence(of) | Self::Iterable(of) | Self::TupleOf(of) | Self::Set(of) => {
                children.push(*of);
            }
            Self::Function { returns, .. } => children.push(*returns),
            Self::Dict(key, value) => children.extend([*key, *value]),
            Self::Tuple(all) | Self::NamedTuple(_, all) | Self::Union(all) => children.extend(all),
            Self::Record(fields) => children.extend(fields.iter().map(|field| field.schema)),
            _ => {}
        }
        children
    }

    fn renumber(&self, to: &impl Fn(u32) -> u32) -> Self {
        let each = |all: &[u32]| all.iter().map(|id| to(*id)).collect();
        match self {
            Self::List(of) => Self::List(to(*of)),
            Self::Sequence(of) => Self::Sequence(to(*of)),
            Self::Iterable(of) => Self::Iterable(to(*of)),
            Self::TupleOf(of) => Self::TupleOf(to(*of)),
            Self::Set(of) => Self::Set(to(*of)),
            Self::Function { returns, asynchronous, integers } => {
                Self::Function { returns: to(*returns), asynchronous: *asynchronous, integers: *integers }
            }
            Self::Dict(key, value) => Self::Dict(to(*key), to(*value)),
            Self::Tuple(all) => Self::Tuple(each(all)),
            Self::NamedTuple(class, all) => Self::NamedTuple(class.clone(), each(all)),
            Self::Union(all) => Self::Union(each(all)),
            Self::Record(fields) => {
                Self::Record(fields.iter().map(|field| Field { schema: to(field.schema), ..field.clone() }).collect())
            }
            other => other.clone(),
        }
    }
}

fn position(at: usize) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "2^32 schemas would not fit in memory")]
    let position = at as u32;
    position
}

/// The kinds that the host admits. None at all would read as any, so an empty set names a kind that no dtype has.
fn kinds(dtypes: &Dtypes) -> Vec<u8> {
    match dtypes {
        Dtypes::Var(_) => Vec::new(),
        dtypes if dtypes.is_any() => Vec::new(),
        dtypes => {
            let kinds = dtypes.kinds();
            if kinds.is_empty() { vec![b'?'] } else { kinds }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "a test")]

    use super::super::alias::{Aliases, Found};
    use super::super::shape::{Shape, Way};
    use super::{Schema, Schemas};
    use tywrap_policy::section::IntegerMode;
    use tywrap_surface::model::{Literal, QName};

    #[test]
    fn equal_shapes_have_one_schema() {
        let (mut schemas, aliases) = (Schemas::default(), Aliases::default());
        let one = schemas.add(&Shape::union([Shape::Float, Shape::None, Shape::Int]), &aliases);
        let two = schemas.add(&Shape::union([Shape::Int, Shape::Float, Shape::None]), &aliases);
        assert_eq!(one, two);
        // An integer stays one: it is tried before the float.
        let Schema::Union(members) = &schemas.table[one as usize] else { panic!("not a union") };
        let members: Vec<&Schema> = members.iter().map(|&id| &schemas.table[id as usize]).collect();
        assert_eq!(members, [&Schema::None, &Schema::Int, &Schema::Float]);
    }

    #[test]
    fn literals_of_a_union_are_one_member() {
        let (mut schemas, aliases) = (Schemas::default(), Aliases::default());
        let literal = |text: &str| Shape::Literal(Literal::Str(text.to_owned()));
        let id = schemas.add(&Shape::union([literal("b"), literal("a")]), &aliases);
        let expected = Schema::Literal(vec![Literal::Str("a".to_owned()), Literal::Str("b".to_owned())]);
        assert_eq!(schemas.table[id as usize], expected);
    }

    #[test]
    fn a_recursive_type_is_a_cycle_in_the_table() {
        let (mut schemas, mut aliases) = (Schemas::default(), Aliases::default());
        let Found::New(at) = aliases.open(&QName::new("json", "Json"), Way::In, IntegerMode::Number, []) else {
            panic!("not new")
        };
        aliases.close(at, Shape::union([Shape::Str, Shape::list(Shape::Named(at, Vec::new()))]));
        let id = schemas.add(&Shape::Named(at, Vec::new()), &aliases);
        let Schema::Union(members) = &schemas.table[id as usize] else { panic!("not a union") };
        assert!(members.iter().any(|&member| schemas.table[member as usize] == Schema::List(id)));
    }
}
