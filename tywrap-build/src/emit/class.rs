//! What an instance of a Python class is on the wire: the table of classes that have a form of their own there.
//! Every other class is a remote object.

use tywrap_surface::model::{Class, ClassKind, Item, QName, Type};

use super::dtype::{self, Dtypes, is_numpy};
use super::shape::{Shape, Way};

/// Type arguments of a class, already lowered; those that are not written are anything.
pub(super) struct Args(pub(super) Vec<Shape>);

impl Args {
    /// The argument at a position.
    pub(super) fn get(&self, at: usize) -> Shape {
        self.0.get(at).cloned().unwrap_or(Shape::Value)
    }
}

/// The shape of a class of the standard library that the wire has a form for.
pub(super) fn known(class: &QName, args: &Args, way: Way) -> Option<Shape> {
    match class.module.as_str() {
        // Nobody outside Python has `...`, or numpy's mark of an argument that was not given: leave the argument out.
        "builtins" if class.name == "ellipsis" && way == Way::In => Some(Shape::Never),
        "builtins" => builtin(&class.name, args),
        "types" if class.name == "NoneType" => Some(Shape::None),
        "types" if class.name == "EllipsisType" && way == Way::In => Some(Shape::Never),
        "numpy._globals" if class.name == "_NoValueType" && way == Way::In => Some(Shape::Never),
        "typing" | "typing_extensions" | "collections.abc" | "_collections_abc" | "_typeshed" | "os" | "contextlib" => {
            abstract_base(class, args, way)
        }
        _ => None,
    }
}

/// The shape of a numpy scalar that has these dtypes: scalars cross the wire as plain values. A scalar that a parameter
/// takes is never a container, and what comes back of a structured dtype may be anything.
pub(super) fn scalar(dtypes: &Dtypes, way: Way) -> Shape {
    if dtypes.is_any() && way == Way::Out {
        return Shape::Value;
    }
    let object = match way {
        Way::In => Shape::Structural("numpy:object_".to_owned()),
        Way::Out => Shape::Value,
    };
    let handle = |name: &str| Shape::Handle(format!("numpy:{name}"));
    let table = [
        (Dtypes::BOOL, Shape::Bool),
        (Dtypes::INTEGER, Shape::Int),
        (Dtypes::FLOAT, Shape::Float),
        (Dtypes::COMPLEX, Shape::Complex),
        (Dtypes::STR, Shape::Str),
        (Dtypes::BYTES, Shape::Bytes),
        (Dtypes::DATETIME, handle("datetime64")),
        (Dtypes::TIMEDELTA, handle("timedelta64")),
        (Dtypes::OBJECT, object),
    ];
    Shape::union(table.into_iter().filter(|(set, _)| dtypes.intersects(set)).map(|(_, shape)| shape))
}

/// The shape of a class of numpy, other than arrays, whose arguments need their dtypes read.
pub(super) fn numpy_scalar(class: &QName, args: &[Type], way: Way) -> Option<Shape> {
    dtype::of_scalar(class, args).map(|dtypes| scalar(&dtypes, way))
}

/// The shape of a class that the wire has no form for.
pub(super) fn other(class: &QName, described: Option<&Class>) -> Shape {
    match described {
        // What operators and built-in functions ask for (`__abs__`, `__lt__`) plain values have too; a protocol that asks for more
        // (`read`, `__array__`) is met by objects only. Where the surface lists no members, that is not known, but numpy's
        // protocols all ask for attributes of its own.
        Some(described) if described.kind == ClassKind::Protocol => {
            let mut names =
                described.members.iter().map(item_name).chain(described.props.iter().map(|prop| prop.name.as_str()));
            if !is_numpy(&class.module) && names.all(|name| OPERATORS.binary_search(&name).is_ok()) {
                Shape::Value
            } else {
                Shape::Structural(class.to_string())
            }
        }
        _ => Shape::Handle(class.to_string()),
    }
}

fn builtin(name: &str, args: &Args) -> Option<Shape> {
    Some(match name {
        "object" => Shape::Value,
        "bool" => Shape::Bool,
        "int" => Shape::Int,
        "float" => Shape::Float,
        "complex" => Shape::Complex,
        "str" => Shape::Str,
        "bytes" | "bytearray" | "memoryview" => Shape::Bytes,
        "list" => Shape::list(args.get(0)),
        "tuple" => Shape::tuple_of(args.get(0)),
        "set" | "frozenset" => Shape::set(args.get(0)),
        "dict" => Shape::dict(args.get(0), args.get(1)),
        "type" | "function" => Shape::Structural(format!("builtins:{name}")),
        _ => return None,
    })
}

/// Abstract base classes and the protocols of typeshed. Coming in, a parameter that takes one accepts the plain values
/// that have what it asks for; going out, a value of one is either such a plain value or a remote object.
fn abstract_base(class: &QName, args: &Args, way: Way) -> Option<Shape> {
    let object = || Shape::Structural(class.to_string());
    let or_object = |shapes: &[Shape]| Shape::union(shapes.iter().cloned().chain([object()]));
    Some(match class.name.as_str() {
        "LiteralString" | "Text" => Shape::Str,
        "Sequence" => Shape::sequence(args.get(0)),
        "MutableSequence" => Shape::list(args.get(0)),
        "Iterable"
        | "Collection"
        | "Container"
        | "Reversible"
        | "KeysView"
        | "ValuesView"
        | "SupportsIter"
        | "SupportsContainsAndGetItem"
        | "SupportsLenAndGetItem" => match way {
            Way::In => Shape::iterable(args.get(0)),
            Way::Out => Shape::union([Shape::list(args.get(0)), Shape::Iterator(Box::new(args.get(0)))]),
        },
        "ItemsView" | "MappingView" => {
            let item = Shape::Tuple(vec![args.get(0), args.get(1)]);
            match way {
                Way::In => Shape::iterable(item),
                Way::Out => Shape::Iterator(Box::new(item)),
            }
        }
        "AbstractSet" | "Set" | "MutableSet" => Shape::set(args.get(0)),
        "Mapping" | "MutableMapping" => Shape::dict(args.get(0), args.get(1)),
        "SupportsKeysAndGetItem" | "SupportsItems" => or_object(&[Shape::dict(args.get(0), args.get(1))]),
        "SupportsGetItem" => or_object(&[Shape::dict(args.get(0), args.get(1)), Shape::sequence(args.get(1))]),
        "Buffer" | "ByteString" | "SizedBuffer" => Shape::Bytes,
        // The wire has no int but `int`, so nothing else with `__index__` is worth a remote object.
        "SupportsIndex" => Shape::Int,
        "SupportsInt" | "SupportsTrunc" => match way {
            Way::In => or_object(&[Shape::Int, Shape::Float]),
            Way::Out => Shape::Value,
        },
        // `Decimal` and `Fraction` are remote objects and floats in this sense.
        "SupportsFloat" => match way {
            Way::In => or_object(&[Shape::Float]),
            Way::Out => Shape::Value,
        },
        "SupportsComplex" => match way {
            Way::In => or_object(&[Shape::Complex]),
            Way::Out => Shape::Value,
        },
        "SupportsBytes" => or_object(&[Shape::Bytes]),
        "Iterator" | "Generator" | "AsyncIterable" | "AsyncIterator" | "AsyncGenerator" => match way {
            Way::In => object(),
            Way::Out => Shape::Iterator(Box::new(args.get(0))),
        },
        // A call gives what its coroutine gives.
        "Coroutine" if way == Way::Out => args.get(2),
        "Awaitable" if way == Way::Out => or_object(&[args.get(0)]),
        "PathLike" | "Awaitable" | "Coroutine" | "AbstractContextManager" | "AbstractAsyncContextManager" => object(),
        "Hashable" | "Sized" | "SupportsAbs" | "SupportsRound" | "SupportsBool" => Shape::Value,
        name if class.module == "_typeshed" && is_comparison(name) => Shape::Value,
        _ => return None,
    })
}

/// `SupportsDunderLT`, `SupportsAdd` and their like: operators, which plain values have.
fn is_comparison(name: &str) -> bool {
    name.starts_with("SupportsDunder")
        || matches!(
            name,
            "SupportsAllComparisons"
                | "SupportsAdd"
                | "SupportsRAdd"
                | "SupportsSub"
                | "SupportsRSub"
                | "SupportsMul"
                | "SupportsRMul"
                | "SupportsDivMod"
                | "SupportsRDivMod"
                | "SupportsSumWithNoDefaultGiven"
        )
}

fn item_name(item: &Item) -> &str {
    match item {
        Item::Func(func) => &func.name,
        Item::Class { name, .. } | Item::Alias { name, .. } | Item::Module { name, .. } => name,
        Item::Const(constant) => &constant.name,
        Item::TypeVar(param) => &param.name,
    }
}

/// What `object`, `int`, `float` and `str` have between them, but for what makes, copies and prints objects. Sorted.
const OPERATORS: [&str; 50] = [
    "__abs__",
    "__add__",
    "__and__",
    "__bool__",
    "__ceil__",
    "__contains__",
    "__divmod__",
    "__eq__",
    "__float__",
    "__floor__",
    "__floordiv__",
    "__format__",
    "__ge__",
    "__getitem__",
    "__gt__",
    "__hash__",
    "__index__",
    "__int__",
    "__invert__",
    "__iter__",
    "__le__",
    "__len__",
    "__lshift__",
    "__lt__",
    "__mod__",
    "__mul__",
    "__ne__",
    "__neg__",
    "__or__",
    "__pos__",
    "__pow__",
    "__radd__",
    "__rand__",
    "__rdivmod__",
    "__repr__",
    "__rfloordiv__",
    "__rlshift__",
    "__rmod__",
    "__rmul__",
    "__ror__",
    "__round__",
    "__rpow__",
    "__rrshift__",
    "__rshift__",
    "__rsub__",
    "__rtruediv__",
    "__str__",
    "__sub__",
    "__truediv__",
    "__trunc__",
];

#[cfg(test)]
mod tests {
    use tywrap_surface::model::QName;

    use super::{Args, known, scalar};
    use crate::emit::dtype::Dtypes;
    use crate::emit::shape::{Shape, Way};

    #[test]
    fn classes_with_a_form_on_the_wire() {
        let object = |name: &str| Shape::Structural(name.to_owned());
        for (module, name, args, way, expected) in [
            ("builtins", "int", vec![], Way::In, Shape::Int),
            ("builtins", "list", vec![Shape::Str], Way::In, Shape::list(Shape::Str)),
            ("builtins", "dict", vec![], Way::In, Shape::dict(Shape::Value, Shape::Value)),
            ("builtins", "bytearray", vec![], Way::Out, Shape::Bytes),
            ("typing", "Iterable", vec![Shape::Int], Way::In, Shape::iterable(Shape::Int)),
            (
                "typing",
                "Iterable",
                vec![Shape::Int],
                Way::Out,
                Shape::union([Shape::list(Shape::Int), Shape::Iterator(Box::new(Shape::Int))]),
            ),
            ("typing", "SupportsFloat", vec![], Way::In, Shape::union([Shape::Float, object("typing:SupportsFloat")])),
            ("typing", "SupportsFloat", vec![], Way::Out, Shape::Value),
            ("typing_extensions", "Buffer", vec![], Way::In, Shape::Bytes),
            ("_typeshed", "SupportsDunderLT", vec![Shape::Value], Way::In, Shape::Value),
        ] {
            assert_eq!(known(&QName::new(module, name), &Args(args), way), Some(expected), "{module}:{name}");
        }
        assert_eq!(known(&QName::new("decimal", "Decimal"), &Args(Vec::new()), Way::In), None);
        assert_eq!(known(&QName::new("app", "Sequence"), &Args(Vec::new()), Way::In), None);
    }

    #[test]
    fn numpy_scalars_are_plain_values() {
        for (dtypes, expected) in [
            (Dtypes::BOOL, Shape::Bool),
            (Dtypes::SIGNED, Shape::Int),
            (Dtypes::FLOAT, Shape::Float),
            (Dtypes::ANY, Shape::Value),
            (Dtypes::DATETIME, Shape::Handle("numpy:datetime64".to_owned())),
        ] {
            assert_eq!(scalar(&dtypes, Way::Out), expected);
        }
        assert_ne!(scalar(&Dtypes::ANY, Way::In), Shape::Value);
    }

    #[test]
    fn operators_are_sorted() {
        assert!(super::OPERATORS.is_sorted());
    }
}
