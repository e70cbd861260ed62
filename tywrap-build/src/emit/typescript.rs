//! From shapes to TypeScript types.

use std::collections::BTreeMap;

use tywrap_policy::section::IntegerMode;
use tywrap_surface::model::Literal;

use super::dtype::Dtypes;
use super::names::Parameters;
use super::own;
use super::scalar;
use super::shape::{Function, Instance, Shape, Way};
use super::ts::{Element, Index, LocalType, Property, Ts};

/// Largest integer that a JavaScript number holds exactly: 2^53 − 1.
const MAX_SAFE: i64 = 9_007_199_254_740_991;

/// What decides how a shape reads in TypeScript.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) way: Way,
    pub(super) integers: IntegerMode,
    /// The type parameters in scope: TypeScript's name of each, and its bound where that is more than anything.
    pub(super) vars: &'a BTreeMap<String, TypeVar>,
    /// The type stands in a type alias. TypeScript lets an alias refer to itself in an object type, but not in the
    /// arguments of another alias such as `Record`.
    pub(super) in_alias: bool,
}

/// A type parameter.
#[derive(Clone, Debug)]
pub(super) struct TypeVar {
    /// Its name in TypeScript.
    pub(super) name: String,
    /// What arguments must be too.
    pub(super) bound: Option<Ts>,
    /// It is a parameter of a class: the type of a value, and never the dtype of an array.
    pub(super) of_class: bool,
}

impl Reading<'_> {
    /// The TypeScript type of a shape.
    pub(super) fn ts(&self, shape: &Shape) -> Ts {
        let readonly = self.way == Way::In;
        match shape {
            Shape::Value => Ts::client(if readonly { "PyArgument" } else { "PyValue" }),
            Shape::Unknown => Ts::UNKNOWN,
            Shape::Never => Ts::NEVER,
            Shape::None => Ts::NULL,
            Shape::Bool => Ts::BOOLEAN,
            Shape::Int => self.int(),
            Shape::Float => Ts::NUMBER,
            Shape::Complex if readonly => Ts::union([Ts::NUMBER, Ts::client("PyComplex")]),
            Shape::Complex => Ts::client("PyComplex"),
            Shape::Str => Ts::STRING,
            Shape::Bytes => Ts::Global("Uint8Array", Vec::new()),
            Shape::Literal(literal) => self.literal(literal),
            Shape::List(of) | Shape::Sequence(of) | Shape::TupleOf(of) => Ts::array(self.ts(of), readonly),
            Shape::Iterable(of) => {
                let item = self.ts(of);
                Ts::Union(vec![Ts::Global("Iterable", vec![item.clone()]), Ts::Client("PyIterable", vec![item])])
            }
            Shape::Iterator(of) => Ts::Client("PyIterator", vec![self.ts(of)]),
            Shape::NamedTuple(_, fields) => {
                let mut labels = Parameters::default();
                let element = |(name, shape): &(String, Shape)| Element {
                    label: Some(labels.take(name)),
                    ty: self.ts(shape),
                    rest: false,
                };
                Ts::Tuple { readonly, elements: fields.iter().map(element).collect() }
            }
            Shape::Tuple(all) => Ts::tuple(all.iter().map(|shape| self.ts(shape)), readonly),
            Shape::Set(of) => Ts::Global(if readonly { "ReadonlySet" } else { "Set" }, vec![self.ts(of)]),
            Shape::Dict(key, value) => self.dict(key, value),
            Shape::Record(entries) => Ts::Object {
                properties: entries
                    .iter()
                    .map(|entry| Property {
                        name: entry.name.clone(),
                        ty: self.ts(&entry.shape),
                        optional: !entry.required,
                        readonly,
                    })
                    .collect(),
                index: None,
            },
            Shape::Array(Dtypes::Var(name)) if self.vars.get(name).is_some_and(|var| var.of_class) => {
                own::array(&Dtypes::ANY)
            }
            Shape::Array(dtypes) => own::array(&dtypes.rename(|name| self.var_name(name))),
            Shape::ArrayLike(dtypes) => own::array_like_of(dtypes),
            Shape::Handle(class) => match scalar::of_class(class) {
                Some(scalar) if self.way == Way::Out => Ts::client(scalar.client),
                _ => Ts::Client("PyObject", vec![Ts::Str(class.clone())]),
            },
            Shape::Object(instance) => self.instance(instance),
            Shape::Structural(_) => Ts::client("PyObject"),
            Shape::Function(function) => self.function(function),
            Shape::Named(alias, args) => {
                Ts::Local(LocalType::Alias(*alias), args.iter().map(|arg| self.ts(arg)).collect())
            }
            Shape::Var(name) => self.var(name),
            Shape::Union(members) => Ts::union(members.iter().map(|member| self.ts(member))),
        }
    }

    /// An instance of a class of the file. A parameter takes one of any heir too, which the class's name in the type says, and the
    /// description would not: an heir may have a member of another type.
    fn instance(&self, instance: &Instance) -> Ts {
        if self.way == Way::In && !instance.args.iter().any(Shape::is_generic) {
            return Ts::Client("PyObject", vec![Ts::Str(instance.class.clone())]);
        }
        let args = instance.args.iter().map(|arg| Reading { way: Way::Out, ..*self }.ts(arg)).collect();
        Ts::Local(LocalType::Instance(instance.at), args)
    }

    /// A function. One that nobody knows the parameters of may have any: `never` is what every parameter takes.
    fn function(&self, function: &Function) -> Ts {
        let given = Reading { way: Way::Out, ..*self };
        let is_named = !function.is_open && function.params.iter().all(|(name, _)| name.is_some());
        let mut labels = Parameters::default();
        let element = |(name, shape): &(Option<String>, Shape)| Element {
            label: name.as_ref().filter(|_| is_named).map(|name| labels.take(name)),
            ty: given.ts(shape),
            rest: false,
        };
        let mut elements: Vec<Element> = function.params.iter().map(element).collect();
        if function.is_open {
            elements.push(rest_of(Ts::NEVER));
        }
        let arguments = match elements.as_slice() {
            [Element { ty, rest: true, .. }] => ty.clone(),
            _ => Ts::Tuple { readonly: false, elements },
        };
        let returns = match &function.returns {
            // Nobody looks at it.
            Shape::None => Ts::VOID,
            returns @ (Shape::Value | Shape::Unknown) => {
                Ts::Union(vec![Reading { way: Way::In, ..*self }.ts(returns), Ts::VOID])
            }
            returns => Reading { way: Way::In, ..*self }.ts(returns),
        };
        Ts::Client("PyCallback", vec![arguments, returns])
    }

    fn int(&self) -> Ts {
        match (self.integers, self.way) {
            (IntegerMode::Number, _) => Ts::NUMBER,
            (IntegerMode::Bigint, Way::In) => Ts::Union(vec![Ts::NUMBER, Ts::BIGINT]),
            (IntegerMode::Bigint, Way::Out) => Ts::BIGINT,
        }
    }

    fn literal(&self, literal: &Literal) -> Ts {
        match literal {
            Literal::None => Ts::NULL,
            Literal::Bool(value) => Ts::Bool(*value),
            Literal::Str(value) => Ts::Str(value.clone()),
            Literal::Int(digits) => match (number_text(digits), self.integers, self.way) {
                (Some(number), IntegerMode::Bigint, Way::In) => {
                    Ts::Union(vec![Ts::Number(number.clone()), Ts::BigInt(number)])
                }
                (Some(number), IntegerMode::Bigint, Way::Out) => Ts::BigInt(number),
                (Some(number), IntegerMode::Number, _) => Ts::Number(number),
                (None, ..) => self.int(),
            },
            Literal::Bytes(_) => Ts::Global("Uint8Array", Vec::new()),
            Literal::Float(_) => Ts::NUMBER,
            Literal::Enum(class, _) => Ts::Client("PyObject", vec![Ts::Str(class.to_string())]),
        }
    }

    /// A `dict` whose keys are strings is an object; a caller may pass a `Map` for any. An empty dict comes back as an object, whatever
    /// its keys would have been.
    fn dict(&self, key: &Shape, value: &Shape) -> Ts {
        let readonly = self.way == Way::In;
        let object = || {
            let value = self.ts(value);
            if self.in_alias {
                let index = Index { ty: Box::new(value), readonly };
                return Ts::Object { properties: Vec::new(), index: Some(index) };
            }
            let record = Ts::Global("Record", vec![Ts::STRING, value]);
            if readonly { Ts::Global("Readonly", vec![record]) } else { record }
        };
        let map = || Ts::Global(if readonly { "ReadonlyMap" } else { "Map" }, vec![self.ts(key), self.ts(value)]);
        match (self.way, key) {
            (Way::Out, Shape::Str) => object(),
            (Way::Out, _) => Ts::union([map(), object()]),
            (Way::In, key) if takes_strings(key) => Ts::union([object(), map()]),
            (Way::In, _) => map(),
        }
    }

    fn var_name(&self, name: &str) -> String {
        self.vars.get(name).map_or_else(|| name.to_owned(), |var| var.name.clone())
    }

    /// A type variable. Its bound stands beside it wherever a value comes in, and not on the parameter itself:
    /// `<T extends number>` would infer `1` from `1`, and Python's result is no more than a number.
    fn var(&self, name: &str) -> Ts {
        match (self.vars.get(name), self.way) {
            (Some(TypeVar { name, bound: Some(bound), .. }), Way::In) => {
                Ts::Intersection(vec![Ts::Var(name.clone()), bound.clone()])
            }
            (Some(var), _) => Ts::Var(var.name.clone()),
            (None, _) => self.ts(&Shape::Value),
        }
    }
}

/// The text of an element of a tuple that takes all the rest.
pub(super) fn rest_of(ty: Ts) -> Element {
    Element { label: None, ty: Ts::array(ty, false), rest: true }
}

/// The decimal digits of an integer as JavaScript writes it, if a JavaScript number holds it exactly.
pub(super) fn number_text(digits: &str) -> Option<String> {
    let value: i64 = digits.parse().ok()?;
    (-MAX_SAFE..=MAX_SAFE).contains(&value).then(|| value.to_string())
}

/// Whether a key may be a string.
fn takes_strings(key: &Shape) -> bool {
    match key {
        Shape::Str | Shape::Value | Shape::Unknown | Shape::Var(_) | Shape::Literal(Literal::Str(_)) => true,
        Shape::Union(members) => members.iter().any(takes_strings),
        // A named type is not looked into; a `Map` can hold any key.
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tywrap_policy::section::IntegerMode;
    use tywrap_surface::model::Literal;

    use super::{Reading, TypeVar};
    use crate::emit::shape::{Shape, Way};
    use crate::emit::ts::Ts;

    fn reading(way: Way, integers: IntegerMode, vars: &BTreeMap<String, TypeVar>) -> Reading<'_> {
        Reading { way, integers, vars, in_alias: false }
    }

    #[test]
    fn integers_follow_the_policy() {
        let vars = BTreeMap::new();
        let literal = Shape::Literal(Literal::Int("7".to_owned()));
        let huge = Shape::Literal(Literal::Int("9007199254740993".to_owned()));
        for (shape, way, integers, expected) in [
            (&Shape::Int, Way::Out, IntegerMode::Number, Ts::NUMBER),
            (&Shape::Int, Way::Out, IntegerMode::Bigint, Ts::BIGINT),
            (&Shape::Int, Way::In, IntegerMode::Bigint, Ts::Union(vec![Ts::NUMBER, Ts::BIGINT])),
            (&literal, Way::Out, IntegerMode::Number, Ts::Number("7".to_owned())),
            (&literal, Way::Out, IntegerMode::Bigint, Ts::BigInt("7".to_owned())),
            (&huge, Way::Out, IntegerMode::Number, Ts::NUMBER),
        ] {
            assert_eq!(reading(way, integers, &vars).ts(shape), expected);
        }
    }

    #[test]
    fn parameters_take_more_than_results_give() {
        let vars = BTreeMap::new();
        let (input, output) =
            (reading(Way::In, IntegerMode::Number, &vars), reading(Way::Out, IntegerMode::Number, &vars));
        assert_eq!(input.ts(&Shape::list(Shape::Str)), Ts::array(Ts::STRING, true));
        assert_eq!(output.ts(&Shape::list(Shape::Str)), Ts::array(Ts::STRING, false));
        assert_eq!(input.ts(&Shape::Complex), Ts::union([Ts::NUMBER, Ts::client("PyComplex")]));
        assert_eq!(output.ts(&Shape::Complex), Ts::client("PyComplex"));
        let dict = Shape::dict(Shape::Str, Shape::Bool);
        assert_eq!(output.ts(&dict), Ts::Global("Record", vec![Ts::STRING, Ts::BOOLEAN]));
    }

    #[test]
    fn a_bound_stands_beside_the_variable_on_the_way_in() {
        let vars = BTreeMap::from([(
            "_T".to_owned(),
            TypeVar { name: "T".to_owned(), bound: Some(Ts::NUMBER), of_class: false },
        )]);
        let var = Shape::Var("_T".to_owned());
        let inner = Ts::Var("T".to_owned());
        assert_eq!(reading(Way::Out, IntegerMode::Number, &vars).ts(&var), inner);
        let both = Ts::Intersection(vec![inner, Ts::NUMBER]);
        assert_eq!(reading(Way::In, IntegerMode::Number, &vars).ts(&var), both);
    }
}
