//! The types that the emitter declares by itself in a file that needs them: numpy's groups of dtypes, and what numpy
//! makes an array of.
//!
//! JavaScript does not tell an integral float from an int, so what is made of plain numbers is one type whatever
//! integer or float dtype the Python parameter asks for; overloads that differ only in that become one.

use super::dtype::Dtypes;
use super::ts::{LocalType, Ts};

/// A type of the emitter's own.
pub(super) struct Own {
    /// The name it has where nothing else has it.
    pub(super) name: &'static str,
    pub(super) doc: &'static str,
    body: fn() -> Ts,
}

impl Own {
    pub(super) fn body(&self) -> Ts {
        (self.body)()
    }
}

/// All of them; a group of dtypes comes before what names it.
pub(super) const OWN: [Own; 9] = [
    Own { name: "SignedInteger", doc: "The dtypes of `numpy.signedinteger`.", body: || names(&Dtypes::SIGNED) },
    Own { name: "UnsignedInteger", doc: "The dtypes of `numpy.unsignedinteger`.", body: || names(&Dtypes::UNSIGNED) },
    Own { name: "Integer", doc: "The dtypes of `numpy.integer`.", body: || names(&Dtypes::INTEGER) },
    Own { name: "Floating", doc: "The dtypes of `numpy.floating`.", body: || names(&Dtypes::FLOAT) },
    Own { name: "ComplexFloating", doc: "The dtypes of `numpy.complexfloating`.", body: || names(&Dtypes::COMPLEX) },
    Own {
        name: "BooleanArrayLike",
        doc: "What numpy makes an array of booleans of.",
        body: || array_like(&Dtypes::BOOL, &[Ts::BOOLEAN]),
    },
    Own {
        name: "RealArrayLike",
        doc: "What numpy makes an array of real numbers of.",
        body: || array_like(&REAL, &[Ts::BOOLEAN, Ts::NUMBER, Ts::BIGINT]),
    },
    Own {
        name: "ComplexArrayLike",
        doc: "What numpy makes an array of numbers of.",
        body: || array_like(&NUMBER, &[Ts::BOOLEAN, Ts::NUMBER, Ts::BIGINT, Ts::client("PyComplex")]),
    },
    Own {
        name: "TextArrayLike",
        doc: "What numpy makes an array of strings or bytes of.",
        body: || {
            let element = Ts::union([Ts::STRING, Ts::Global("Uint8Array", Vec::new())]);
            Ts::union([Ts::Client("Nested", vec![element]), Ts::client("PyObject")])
        },
    },
];

const REAL: Dtypes = Dtypes::Of(0x1fff);
const NUMBER: Dtypes = Dtypes::Of(0xffff);

/// What stands for an array of these dtypes.
pub(super) fn array(dtypes: &Dtypes) -> Ts {
    match dtypes {
        Dtypes::Var(name) => Ts::Client("NDArray", vec![Ts::Var(name.clone())]),
        dtypes => match dtype_argument(dtypes) {
            Some(argument) => Ts::Client("NDArray", vec![argument]),
            None => Ts::client("NDArray"),
        },
    }
}

/// What stands for a parameter of which numpy makes an array of these dtypes.
pub(super) fn array_like_of(dtypes: &Dtypes) -> Ts {
    let own =
        |name: &str| OWN.iter().position(|own| own.name == name).map(|at| Ts::Local(LocalType::Own(at), Vec::new()));
    let name = match dtypes {
        Dtypes::Of(_) if dtypes.is_within(&Dtypes::BOOL) => "BooleanArrayLike",
        Dtypes::Of(_) if dtypes.is_within(&REAL) => "RealArrayLike",
        Dtypes::Of(_) if dtypes.is_within(&NUMBER) => "ComplexArrayLike",
        Dtypes::Of(_) if dtypes.is_within(&Dtypes::Of(0xc_0000)) => "TextArrayLike",
        _ => return Ts::client("ArrayLike"),
    };
    own(name).unwrap_or(Ts::client("ArrayLike"))
}

/// The type argument of `NDArray` for these dtypes; none if it would say nothing or the client has no type for one.
pub(super) fn dtype_argument(dtypes: &Dtypes) -> Option<Ts> {
    if !dtypes.is_within(&NUMBER) {
        return None;
    }
    let groups = [
        ("Integer", Dtypes::INTEGER),
        ("SignedInteger", Dtypes::SIGNED),
        ("UnsignedInteger", Dtypes::UNSIGNED),
        ("Floating", Dtypes::FLOAT),
        ("ComplexFloating", Dtypes::COMPLEX),
    ];
    let mut rest = dtypes.clone();
    let mut members = Vec::new();
    for (name, group) in groups {
        if group.is_within(&rest)
            && let Some(at) = OWN.iter().position(|own| own.name == name)
        {
            members.push(Ts::Local(LocalType::Own(at), Vec::new()));
            rest = rest.without(&group);
        }
    }
    let single = match names(&rest) {
        Ts::Union(all) => all,
        Ts::Keyword(_) => Vec::new(),
        one => vec![one],
    };
    // Only dtypes that the client has no type for: any array.
    if members.is_empty() && single.is_empty() { None } else { Some(Ts::union(single.into_iter().chain(members))) }
}

fn array_like(dtypes: &Dtypes, elements: &[Ts]) -> Ts {
    let nested = Ts::Client("Nested", vec![Ts::union(elements.iter().cloned())]);
    let typed = (elements.contains(&Ts::NUMBER)).then(|| Ts::client("TypedArray"));
    Ts::union([nested, array(dtypes)].into_iter().chain(typed).chain([Ts::client("PyObject")]))
}

/// The names of these dtypes that the client has a type for.
fn names(dtypes: &Dtypes) -> Ts {
    // Arrays of extended precision have no type in JavaScript; they stay in Python as remote objects.
    let known = |name: &&str| !matches!(*name, "longdouble" | "clongdouble");
    Ts::union(dtypes.names().into_iter().filter(known).map(|name| Ts::Str(name.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::{array, array_like_of};
    use crate::emit::dtype::Dtypes;
    use crate::emit::ts::{LocalType, Ts};

    #[test]
    fn plain_numbers_are_one_type() {
        assert_eq!(array_like_of(&Dtypes::INTEGER), array_like_of(&Dtypes::FLOAT));
        assert_ne!(array_like_of(&Dtypes::BOOL), array_like_of(&Dtypes::FLOAT));
        assert_eq!(array_like_of(&Dtypes::ANY), Ts::client("ArrayLike"));
        assert_eq!(array_like_of(&Dtypes::DATETIME), Ts::client("ArrayLike"));
    }

    #[test]
    fn arrays_name_their_dtypes() {
        let client = |argument| Ts::Client("NDArray", vec![argument]);
        assert_eq!(array(&Dtypes::ANY), Ts::client("NDArray"));
        assert_eq!(array(&Dtypes::BOOL), client(Ts::Str("bool".to_owned())));
        assert_eq!(array(&Dtypes::FLOAT), client(Ts::Local(LocalType::Own(3), Vec::new())));
        assert_eq!(array(&Dtypes::DATETIME), Ts::client("NDArray"));
        assert_eq!(array(&Dtypes::Var("S".to_owned())), client(Ts::Var("S".to_owned())));
    }
}
