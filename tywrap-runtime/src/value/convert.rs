//! Between [`Value`] and Rust's own types.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;

use super::{BigInt, Buffer, Column, DataFrame, Handle, NdArray, Scalar, Series, Value};

macro_rules! from {
    ($($type:ty => |$value:ident| $make:expr;)+) => {
        $(impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $make
            }
        })+
    };
}

from! {
    () => |_unit| Value::None;
    bool => |value| Value::Bool(value);
    i8 => |value| Value::Int(value.into());
    i16 => |value| Value::Int(value.into());
    i32 => |value| Value::Int(value.into());
    i64 => |value| Value::Int(value);
    u8 => |value| Value::Int(value.into());
    u16 => |value| Value::Int(value.into());
    u32 => |value| Value::Int(value.into());
    f32 => |value| Value::Float(value.into());
    f64 => |value| Value::Float(value);
    String => |value| Value::Str(value);
    &str => |value| Value::Str(value.to_owned());
    &[u8] => |value| Value::Bytes(value.into());
    Buffer => |value| Value::Bytes(value);
    NdArray => |value| Value::Array(Box::new(value));
    Column => |value| Value::Column(Box::new(value));
    DataFrame => |value| Value::DataFrame(Box::new(value));
    Series => |value| Value::Series(Box::new(value));
    Scalar => |value| Value::Scalar(value);
    Handle => |value| Value::Handle(value);
    u64 => |value| i64::try_from(value).map_or_else(|_| wide(value.into()), Value::Int);
    i128 => |value| i64::try_from(value).map_or_else(|_| wide(value), Value::Int);
}

/// The integer as an `Int` where it fits 64 bits.
impl From<BigInt> for Value {
    fn from(value: BigInt) -> Self {
        value.as_str().parse().map_or(Value::BigInt(value), Value::Int)
    }
}

/// A `list`.
impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Value::List(items.into_iter().map(Into::into).collect())
    }
}

/// A `dict`.
impl<T: Into<Value>> From<BTreeMap<String, T>> for Value {
    fn from(items: BTreeMap<String, T>) -> Self {
        Value::Dict(items.into_iter().map(|(key, value)| (Value::Str(key), value.into())).collect())
    }
}

/// `None` or the value.
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::None, Into::into)
    }
}

fn wide(value: i128) -> Value {
    // Rust's decimal is canonical and short, so this is never `None`.
    BigInt::new(&value.to_string()).map_or(Value::None, Value::BigInt)
}

/// A [`Value`] that is of another type than was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongType {
    expected: &'static str,
    got: String,
}

impl WrongType {
    fn new(expected: &'static str, got: &Value) -> Self {
        Self { expected, got: got.type_name().to_owned() }
    }
}

impl fmt::Display for WrongType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected `{}`, got `{}`", self.expected, self.got)
    }
}

impl std::error::Error for WrongType {}

macro_rules! try_from {
    ($($type:ty, $expected:literal, $($pattern:pat => $value:expr),+;)+) => {
        $(impl TryFrom<Value> for $type {
            type Error = WrongType;

            fn try_from(value: Value) -> Result<Self, WrongType> {
                match value {
                    $($pattern => Ok($value),)+
                    other => Err(WrongType::new($expected, &other)),
                }
            }
        })+
    };
}

try_from! {
    bool, "bool", Value::Bool(value) => value;
    i64, "int of 64 bits", Value::Int(value) => value;
    f64, "float", Value::Float(value) => value;
    String, "str", Value::Str(value) => value;
    Buffer, "bytes", Value::Bytes(value) => value;
    NdArray, "numpy.ndarray", Value::Array(value) => *value;
    Column, "a column of a table", Value::Column(value) => *value;
    BigInt, "int beyond 64 bits", Value::BigInt(value) => value;
    Scalar, "date, time, exact number or UUID", Value::Scalar(value) => value;
    Handle, "remote object", Value::Handle(value) => value;
}

impl From<Infallible> for WrongType {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// The items of a `list` or `tuple`.
impl<T> TryFrom<Value> for Vec<T>
where
    T: TryFrom<Value>,
    WrongType: From<T::Error>,
{
    type Error = WrongType;

    fn try_from(value: Value) -> Result<Self, WrongType> {
        match value {
            Value::List(items) | Value::Tuple(items) => {
                items.into_iter().map(|item| T::try_from(item).map_err(WrongType::from)).collect()
            }
            other => Err(WrongType::new("list or tuple", &other)),
        }
    }
}

/// The items of a `dict` whose keys are texts.
impl<T> TryFrom<Value> for BTreeMap<String, T>
where
    T: TryFrom<Value>,
    WrongType: From<T::Error>,
{
    type Error = WrongType;

    fn try_from(value: Value) -> Result<Self, WrongType> {
        match value {
            Value::Dict(items) => items
                .into_iter()
                .map(|(key, item)| Ok((String::try_from(key)?, T::try_from(item).map_err(WrongType::from)?)))
                .collect(),
            other => Err(WrongType::new("dict", &other)),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn wide_integers_stay_exact() {
        assert_eq!(Value::from(u64::MAX), Value::BigInt(BigInt::new("18446744073709551615").unwrap()));
        assert_eq!(Value::from(i128::MIN), Value::BigInt(BigInt::new(&i128::MIN.to_string()).unwrap()));
        assert_eq!(Value::from(7u64), Value::Int(7));
        assert_eq!(Value::from(BigInt::new("-5").unwrap()), Value::Int(-5));
    }

    #[test]
    fn a_value_of_another_type_says_so() {
        let error = f64::try_from(Value::from("x")).unwrap_err();
        assert_eq!(error.to_string(), "expected `float`, got `str`");
        let nested = Value::List(vec![Value::List(vec![1.into()]), Value::Tuple(vec![])]);
        assert_eq!(Vec::<Vec<i64>>::try_from(nested).unwrap(), [vec![1], vec![]]);
        let mixed = Vec::<f64>::try_from(Value::List(vec![1.5.into(), "x".into()]));
        assert_eq!(mixed.unwrap_err().to_string(), "expected `float`, got `str`");
        let dict = Value::Dict(vec![("a".into(), 1.5.into())]);
        assert_eq!(BTreeMap::<String, f64>::try_from(dict).unwrap(), BTreeMap::from([("a".to_owned(), 1.5)]));
        assert_eq!(Vec::<Value>::try_from(Value::Tuple(vec![1.into()])).unwrap(), [Value::Int(1)]);
    }
}
