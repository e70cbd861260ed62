//! numpy's dtypes, as sets: what an array may hold.

use tywrap_surface::model::{QName, Type};

/// The dtypes that an array may have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dtypes {
    /// Any of a set: one bit for each entry of [`TABLE`].
    Of(u32),
    /// The one that a type variable stands for.
    Var(String),
}

/// Every dtype: its name in numpy and TypeScript, and numpy's `dtype.kind`.
const TABLE: [(&str, u8); 21] = [
    ("bool", b'b'),
    ("int8", b'i'),
    ("int16", b'i'),
    ("int32", b'i'),
    ("int64", b'i'),
    ("uint8", b'u'),
    ("uint16", b'u'),
    ("uint32", b'u'),
    ("uint64", b'u'),
    ("float16", b'f'),
    ("float32", b'f'),
    ("float64", b'f'),
    ("longdouble", b'f'),
    ("complex64", b'c'),
    ("complex128", b'c'),
    ("clongdouble", b'c'),
    ("datetime64", b'M'),
    ("timedelta64", b'm'),
    ("str", b'U'),
    ("bytes", b'S'),
    ("object", b'O'),
];

impl Dtypes {
    pub(super) const BOOL: Self = Self::Of(0x1);
    pub(super) const SIGNED: Self = Self::Of(0x1e);
    pub(super) const UNSIGNED: Self = Self::Of(0x1e0);
    pub(super) const INTEGER: Self = Self::Of(0x1fe);
    pub(super) const FLOAT: Self = Self::Of(0x1e00);
    pub(super) const COMPLEX: Self = Self::Of(0xe000);
    pub(super) const DATETIME: Self = Self::Of(0x1_0000);
    pub(super) const TIMEDELTA: Self = Self::Of(0x2_0000);
    pub(super) const STR: Self = Self::Of(0x4_0000);
    pub(super) const BYTES: Self = Self::Of(0x8_0000);
    pub(super) const OBJECT: Self = Self::Of(0x10_0000);
    /// Every dtype, structured ones included.
    pub(super) const ANY: Self = Self::Of(u32::MAX);

    /// The dtypes of either; nothing if one of them is a type variable.
    pub(super) fn union(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Of(one), Self::Of(two)) => Some(Self::Of(one | two)),
            _ => None,
        }
    }

    /// Whether one of `other` is among these.
    pub(super) fn intersects(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Of(one), Self::Of(two)) if one & two != 0)
    }

    /// The same with the type variable named otherwise.
    pub(super) fn rename(&self, rename: impl FnOnce(&str) -> String) -> Self {
        match self {
            Self::Of(bits) => Self::Of(*bits),
            Self::Var(name) => Self::Var(rename(name)),
        }
    }

    /// Whether they are what this type variable stands for.
    pub(super) fn is_var(&self, name: &str) -> bool {
        matches!(self, Self::Var(var) if var == name)
    }

    /// Whether all of these are among `other`.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Of(one), Self::Of(two)) if one & !two == 0)
    }

    /// These without those of `other`.
    pub(super) fn without(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Of(one), Self::Of(two)) => Self::Of(one & !two),
            _ => self.clone(),
        }
    }

    pub(super) fn is_any(&self) -> bool {
        *self == Self::ANY
    }

    /// The values of `dtype.kind`, sorted; empty if any will do.
    pub(super) fn kinds(&self) -> Vec<u8> {
        if self.is_any() {
            return Vec::new();
        }
        let mut kinds: Vec<u8> = self.entries().map(|(_, kind)| kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    /// The names of the dtypes, in the order of the table; none if any will do.
    pub(super) fn names(&self) -> Vec<&'static str> {
        if self.is_any() { Vec::new() } else { self.entries().map(|(name, _)| name).collect() }
    }

    fn entries(&self) -> impl Iterator<Item = (&'static str, u8)> {
        let bits = match self {
            Self::Of(bits) => *bits,
            Self::Var(_) => 0,
        };
        TABLE.into_iter().enumerate().filter(move |(at, _)| bits & (1 << at) != 0).map(|(_, entry)| entry)
    }

    fn named(name: &str) -> Self {
        TABLE.iter().position(|(known, _)| *known == name).map_or(Self::ANY, |at| Self::Of(1 << at))
    }
}

/// The dtypes of a numpy scalar class with its arguments, such as `numpy:floating[_64Bit]`, if it is one. Sizes that
/// depend on the platform (`int_`, `intp`) stand for all sizes of their kind.
pub(super) fn of_scalar(class: &QName, args: &[Type]) -> Option<Dtypes> {
    if class.module != "numpy" {
        return None;
    }
    Some(match class.name.as_str() {
        "bool" | "bool_" => Dtypes::BOOL,
        "signedinteger" => sized(args, "int").unwrap_or(Dtypes::SIGNED),
        "unsignedinteger" => sized(args, "uint").unwrap_or(Dtypes::UNSIGNED),
        "integer" => Dtypes::INTEGER,
        "floating" => sized(args, "float").unwrap_or(Dtypes::FLOAT),
        "complexfloating" => sized_complex(args).unwrap_or(Dtypes::COMPLEX),
        "inexact" => Dtypes::FLOAT.union(&Dtypes::COMPLEX)?,
        "number" => Dtypes::INTEGER.union(&Dtypes::FLOAT)?.union(&Dtypes::COMPLEX)?,
        "byte" => Dtypes::named("int8"),
        "short" => Dtypes::named("int16"),
        "intc" => Dtypes::named("int32"),
        "int_" | "intp" | "long" | "longlong" => Dtypes::SIGNED,
        "ubyte" => Dtypes::named("uint8"),
        "ushort" => Dtypes::named("uint16"),
        "uintc" => Dtypes::named("uint32"),
        "uint" | "uintp" | "ulong" | "ulonglong" => Dtypes::UNSIGNED,
        "half" => Dtypes::named("float16"),
        "single" => Dtypes::named("float32"),
        "double" => Dtypes::named("float64"),
        "float96" | "float128" => Dtypes::named("longdouble"),
        "csingle" => Dtypes::named("complex64"),
        "cdouble" => Dtypes::named("complex128"),
        "complex192" | "complex256" => Dtypes::named("clongdouble"),
        "datetime64" => Dtypes::DATETIME,
        "timedelta64" => Dtypes::TIMEDELTA,
        "str_" => Dtypes::STR,
        "bytes_" => Dtypes::BYTES,
        "character" => Dtypes::STR.union(&Dtypes::BYTES)?,
        "object_" => Dtypes::OBJECT,
        // `void` is any structured dtype, and `generic` any at all.
        "generic" | "flexible" | "void" => Dtypes::ANY,
        name if TABLE.iter().any(|(known, _)| *known == name) => Dtypes::named(name),
        _ => return None,
    })
}

/// Whether a module is numpy or below it.
pub(super) fn is_numpy(module: &str) -> bool {
    module == "numpy" || module.starts_with("numpy.")
}

/// The dtype of `floating[_64Bit]` and the like, where the argument names a size.
fn sized(args: &[Type], prefix: &str) -> Option<Dtypes> {
    let bits = bits(args.first()?)?;
    let name = format!("{prefix}{bits}");
    TABLE.iter().any(|(known, _)| *known == name).then(|| Dtypes::named(&name))
}

/// `complexfloating[_32Bit, _32Bit]` is `complex64`: two parts of that size.
fn sized_complex(args: &[Type]) -> Option<Dtypes> {
    match bits(args.first()?)? {
        32 => Some(Dtypes::named("complex64")),
        64 => Some(Dtypes::named("complex128")),
        _ => None,
    }
}

/// The size that numpy's `_64Bit` and the like stand for.
fn bits(size: &Type) -> Option<u32> {
    let (Type::Class(name, _) | Type::Alias(name, _)) = size else { return None };
    name.name.strip_prefix('_')?.strip_suffix("Bit")?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use tywrap_surface::model::{QName, Type};

    use super::{Dtypes, of_scalar};

    #[test]
    fn scalar_classes_have_their_dtypes() {
        let size = |name: &str| vec![Type::Class(QName::new("numpy._typing._nbit_base", name), Vec::new())];
        for (class, args, names, kinds) in [
            ("bool_", vec![], vec!["bool"], "b"),
            ("float64", vec![], vec!["float64"], "f"),
            ("floating", size("_64Bit"), vec!["float64"], "f"),
            ("floating", vec![Type::Any], vec!["float16", "float32", "float64", "longdouble"], "f"),
            ("complexfloating", size("_32Bit"), vec!["complex64"], "c"),
            ("signedinteger", size("_8Bit"), vec!["int8"], "i"),
            ("unsignedinteger", size("_NBitInt"), vec!["uint8", "uint16", "uint32", "uint64"], "u"),
            (
                "inexact",
                vec![],
                vec!["float16", "float32", "float64", "longdouble", "complex64", "complex128", "clongdouble"],
                "cf",
            ),
            ("str_", vec![], vec!["str"], "U"),
            ("generic", vec![], vec![], ""),
        ] {
            let dtypes = of_scalar(&QName::new("numpy", class), &args).unwrap();
            assert_eq!(dtypes.names(), names, "{class}");
            assert_eq!(dtypes.kinds(), kinds.as_bytes(), "{class}");
        }
        assert_eq!(of_scalar(&QName::new("numpy", "ndarray"), &[]), None);
        assert_eq!(of_scalar(&QName::new("other", "floating"), &[]), None);
    }

    #[test]
    fn named_sets_are_what_they_say() {
        for (set, kinds) in [
            (Dtypes::BOOL, "b"),
            (Dtypes::SIGNED, "i"),
            (Dtypes::UNSIGNED, "u"),
            (Dtypes::INTEGER, "iu"),
            (Dtypes::FLOAT, "f"),
            (Dtypes::COMPLEX, "c"),
            (Dtypes::DATETIME, "M"),
            (Dtypes::TIMEDELTA, "m"),
            (Dtypes::STR, "U"),
            (Dtypes::BYTES, "S"),
            (Dtypes::OBJECT, "O"),
        ] {
            assert_eq!(set.kinds(), kinds.as_bytes());
        }
        assert!(Dtypes::ANY.intersects(&Dtypes::OBJECT) && !Dtypes::BOOL.intersects(&Dtypes::OBJECT));
    }
}
