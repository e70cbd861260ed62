//! What the values of a column are, by the name of its dtype.

use super::scalar::is_zone_name;
use super::{Dtype, ScalarClass, Value};

/// The dtypes that a [`Column`](super::Column) of values may have, but for those of times in a zone. They are pandas' own names of them, except for
/// `object[nan]`, an `object` of text in which what is missing is NaN and not `None`, and `object[any]`, one of values of any kinds.
pub(crate) const COLUMN_TYPES: [&str; 17] = [
    "category",
    "string",
    "str",
    "object",
    "object[nan]",
    "object[any]",
    "boolean",
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "UInt8",
    "UInt16",
    "UInt32",
    "UInt64",
    "Float32",
    "Float64",
];

/// Units of `datetime64[UNIT, ZONE]` that pandas has.
const UNITS: [&str; 4] = ["s", "ms", "us", "ns"];

/// The unit of `datetime64[UNIT, ZONE]`.
pub(super) fn zoned(dtype: &str) -> Option<&str> {
    let (unit, zone) = dtype.strip_prefix("datetime64[")?.strip_suffix(']')?.split_once(", ")?;
    (UNITS.contains(&unit) && is_zone_name(zone)).then_some(unit)
}

/// What the values of a dtype are, where they are not missing.
pub(super) enum Items {
    Text,
    Bool,
    /// From the first to the last.
    Int(i128, i128),
    Float,
    /// With an offset.
    Moment,
    /// Without one.
    Naive,
    Duration,
    Any,
    Categories,
}

impl Items {
    pub(super) fn of(dtype: &str) -> Option<Self> {
        Some(match dtype {
            "string" | "str" | "object" | "object[nan]" => Self::Text,
            "boolean" => Self::Bool,
            "Int8" => Self::Int(i8::MIN.into(), i8::MAX.into()),
            "Int16" => Self::Int(i16::MIN.into(), i16::MAX.into()),
            "Int32" => Self::Int(i32::MIN.into(), i32::MAX.into()),
            "Int64" => Self::Int(i64::MIN.into(), i64::MAX.into()),
            "UInt8" => Self::Int(0, u8::MAX.into()),
            "UInt16" => Self::Int(0, u16::MAX.into()),
            "UInt32" => Self::Int(0, u32::MAX.into()),
            "UInt64" => Self::Int(0, u64::MAX.into()),
            "Float32" | "Float64" => Self::Float,
            "category" => Self::Categories,
            "object[any]" => Self::Any,
            _ => zoned(dtype).map(|_| Self::Moment)?,
        })
    }

    /// Also of numpy's dtypes.
    pub(super) fn of_level(dtype: &str) -> Option<Self> {
        let unit = |kind: &str| dtype.strip_prefix(kind)?.strip_suffix(']').filter(|unit| UNITS.contains(unit));
        Some(match dtype {
            "bool" => Self::Bool,
            "int8" => Self::of("Int8")?,
            "int16" => Self::of("Int16")?,
            "int32" => Self::of("Int32")?,
            "int64" => Self::of("Int64")?,
            "uint8" => Self::of("UInt8")?,
            "uint16" => Self::of("UInt16")?,
            "uint32" => Self::of("UInt32")?,
            "uint64" => Self::of("UInt64")?,
            "float32" | "float64" => Self::Float,
            _ if unit("datetime64[").is_some() => Self::Naive,
            _ if unit("timedelta64[").is_some() => Self::Duration,
            _ => Self::of(dtype)?,
        })
    }

    /// Of an array of numbers or booleans.
    pub(super) fn of_array(dtype: Dtype) -> Option<Self> {
        let bits = 8 * dtype.item_size();
        match dtype.kind() {
            b'b' => Some(Self::Bool),
            b'i' => Self::of(&format!("Int{bits}")),
            b'u' => Self::of(&format!("UInt{bits}")),
            b'f' => Some(Self::Float),
            _ => None,
        }
    }

    pub(super) fn has(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Any, _) => true,
            (Self::Text, Value::Str(_))
            | (Self::Bool, Value::Bool(_))
            | (Self::Float, Value::Float(_) | Value::Int(_)) => true,
            (Self::Int(first, last), Value::Int(int)) => (*first..=*last).contains(&i128::from(*int)),
            (Self::Int(first, last), Value::BigInt(int)) => {
                int.as_str().parse().is_ok_and(|int| (*first..=*last).contains(&int))
            }
            // Without an offset it is no moment.
            (Self::Moment | Self::Naive, Value::Scalar(scalar)) => {
                let has_offset = || scalar.as_str()[19..].contains(['+', '-']);
                scalar.class() == ScalarClass::DateTime && has_offset() == matches!(self, Self::Moment)
            }
            (Self::Duration, Value::Scalar(scalar)) => scalar.class() == ScalarClass::TimeDelta,
            _ => false,
        }
    }
}
