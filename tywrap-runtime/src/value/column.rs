//! Columns of tables that have dtypes of pandas' own.

use super::scalar::is_zone_name;
use super::table::{length, shorten};
use super::{ScalarClass, TableError, Value};

/// The dtypes that a [`Column`] may have, but for those of times in a zone. They are pandas' own names of them, except for
/// `object[nan]`: an `object` of text, in which what is missing is NaN and not `None`.
pub(crate) const COLUMN_TYPES: [&str; 16] = [
    "category",
    "string",
    "str",
    "object",
    "object[nan]",
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

/// The values of a column whose dtype is none of numpy's: text, categories, what may be missing in an exact way, times with a zone.
/// What is missing is `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    dtype: Box<str>,
    values: Vec<Value>,
    categories: Option<Categories>,
}

/// What the values of a column of categories are among.
#[derive(Clone, Debug, PartialEq)]
struct Categories {
    values: Value,
    ordered: bool,
}

impl Column {
    /// A column of any dtype but `category`: `string`, `str`, `object` (of text; `object[nan]` where
    /// what is missing is NaN), `boolean`, `Int8` to `Int64`, `UInt8` to `UInt64`,
    /// `Float32`, `Float64`, or times in a zone, such as `datetime64[ns, Europe/Berlin]`.
    ///
    /// # Errors
    /// That the dtype is another, or that a value is neither `None` nor one of it.
    pub fn new(dtype: &str, values: Vec<Value>) -> Result<Self, TableError> {
        let items = Items::of(dtype).filter(|items| !matches!(items, Items::Categories));
        let items = items.ok_or_else(|| TableError::Dtype(shorten(dtype)))?;
        match values.iter().position(|value| *value != Value::None && !items.has(value)) {
            Some(at) => Err(TableError::Item { dtype: dtype.to_owned(), at, got: values[at].type_name().to_owned() }),
            None => Ok(Self { dtype: dtype.into(), values, categories: None }),
        }
    }

    /// A column of categories. They are a list, an array of one dimension or a column; whether each value is one of them, Python checks.
    ///
    /// # Errors
    /// That a value or the categories are of a kind that can be none.
    pub fn categories(values: Vec<Value>, categories: Value, ordered: bool) -> Result<Self, TableError> {
        if let Some(at) = values.iter().position(|value| !value.is_hashable()) {
            let got = values[at].type_name().to_owned();
            return Err(TableError::Item { dtype: "category".to_owned(), at, got });
        }
        if matches!(&categories, Value::Column(column) if column.categories.is_some()) {
            return Err(TableError::Shape { part: "the categories".to_owned(), got: "categories again".to_owned() });
        }
        length(&categories, || "the categories".to_owned())?;
        Ok(Self { dtype: "category".into(), values, categories: Some(Categories { values: categories, ordered }) })
    }

    /// pandas' name of its dtype, such as `Int64`.
    pub fn dtype(&self) -> &str {
        &self.dtype
    }

    /// Its values.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Its categories, and whether they have an order, where it has any.
    pub fn known_categories(&self) -> Option<(&Value, bool)> {
        self.categories.as_ref().map(|known| (&known.values, known.ordered))
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &Value> {
        self.values.iter().chain(self.categories.iter().map(|known| &known.values))
    }

    pub(super) fn parts_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.values.iter_mut().chain(self.categories.iter_mut().map(|known| &mut known.values))
    }
}

/// What the values of a dtype are, where they are not missing.
enum Items {
    Text,
    Bool,
    /// From the first to the last.
    Int(i128, i128),
    Float,
    Moment,
    Categories,
}

impl Items {
    fn of(dtype: &str) -> Option<Self> {
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
            _ => {
                let (unit, zone) = dtype.strip_prefix("datetime64[")?.strip_suffix(']')?.split_once(", ")?;
                (UNITS.contains(&unit) && is_zone_name(zone)).then_some(Self::Moment)?
            }
        })
    }

    fn has(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Text, Value::Str(_))
            | (Self::Bool, Value::Bool(_))
            | (Self::Float, Value::Float(_) | Value::Int(_)) => true,
            (Self::Int(first, last), Value::Int(int)) => (*first..=*last).contains(&i128::from(*int)),
            (Self::Int(first, last), Value::BigInt(int)) => {
                int.as_str().parse().is_ok_and(|int| (*first..=*last).contains(&int))
            }
            // Without an offset it is no moment.
            (Self::Moment, Value::Scalar(scalar)) => {
                scalar.class() == ScalarClass::DateTime && scalar.as_str()[19..].contains(['+', '-'])
            }
            _ => false,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::value::Scalar;

    fn moment(text: &str) -> Value {
        Value::Scalar(Scalar::new(ScalarClass::DateTime, text).unwrap())
    }

    #[test]
    fn values_are_of_their_dtype() {
        let berlin = "datetime64[ns, Europe/Berlin]";
        let fine: &[(&str, Value)] = &[
            ("string", "😀".into()),
            ("str", "".into()),
            ("object", "x".into()),
            ("boolean", true.into()),
            ("Int8", (-128).into()),
            ("UInt64", u64::MAX.into()),
            ("Float32", 1.5.into()),
            ("Float64", 1.into()),
            (berlin, moment("2026-10-25T02:30:00+01:00[Europe/Berlin]")),
            ("datetime64[s, UTC]", moment("2026-10-25T02:30:00-03:00")),
        ];
        for (dtype, value) in fine {
            let column = Column::new(dtype, vec![value.clone(), Value::None]).unwrap();
            assert_eq!((column.dtype(), column.values()), (*dtype, &[value.clone(), Value::None][..]));
        }
        for dtype in COLUMN_TYPES.iter().filter(|dtype| **dtype != "category") {
            assert!(Column::new(dtype, vec![]).is_ok(), "{dtype}");
        }
        let wrong: &[(&str, Value)] = &[
            ("string", 1.into()),
            ("object", true.into()),
            ("boolean", 1.into()),
            ("Int8", 128.into()),
            ("UInt8", (-1).into()),
            ("Int64", (1u64 << 63).into()),
            ("UInt64", i128::MAX.into()),
            ("Int64", true.into()),
            ("Float64", "1".into()),
            (berlin, moment("2026-10-25T02:30:00")),
            (berlin, Value::Scalar(Scalar::new(ScalarClass::Date, "2026-10-25").unwrap())),
        ];
        for (dtype, value) in wrong {
            let error = Column::new(dtype, vec![Value::None, value.clone()]).unwrap_err();
            assert!(matches!(error, TableError::Item { at: 1, .. }), "{dtype}: {error}");
        }
        for dtype in [
            "category",
            "int64",
            "Int",
            "string[pyarrow]",
            "datetime64[ns]",
            "datetime64[D, UTC]",
            "datetime64[ns, ../../etc/passwd]",
            "datetime64[ns, UTC+01:00]",
            "datetime64[ns,UTC]",
            "period[D]",
            "",
        ] {
            assert_eq!(Column::new(dtype, vec![]), Err(TableError::Dtype(dtype.to_owned())), "{dtype}");
        }
    }

    #[test]
    fn categories_are_a_column_themselves() {
        let known = Value::List(vec!["a".into(), "b".into()]);
        let column = Column::categories(vec!["a".into(), Value::None], known.clone(), true).unwrap();
        assert_eq!((column.dtype(), column.known_categories()), ("category", Some((&known, true))));
        assert!(Column::categories(vec![Value::List(vec![])], known, false).is_err());
        assert!(Column::categories(vec![], "ab".into(), false).is_err());
        assert!(Column::categories(vec![], Value::Column(Box::new(column)), false).is_err());
    }
}
