//! What pandas has and numpy has not: columns with dtypes of their own, and tables as arguments.

use std::collections::HashSet;
use std::fmt;

use super::scalar::is_zone_name;
use super::{ScalarClass, Value};

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

/// A pandas `DataFrame`, as an argument. No result is one: `take` gives its columns.
#[derive(Clone, Debug, PartialEq)]
pub struct DataFrame {
    columns: Vec<(Value, Value)>,
    index: Option<Value>,
}

/// A pandas `Series`, as an argument. No result is one: `take` gives its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    values: Value,
    index: Option<Value>,
    name: Value,
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

impl DataFrame {
    /// Module and qualified name of the class.
    pub(crate) const CLASS: &str = "pandas.core.frame:DataFrame";

    /// A table of labels and columns, in this order. A column, and the index, is a list, an array of one dimension or a
    /// [`Value::Column`]; the labels of an index of several levels are tuples. Without an index the rows are counted from 0.
    ///
    /// # Errors
    /// That a part is of another kind, that their lengths differ, or that a label stands twice or cannot be one.
    pub fn new(columns: Vec<(Value, Value)>, index: Option<Value>) -> Result<Self, TableError> {
        let mut labels = HashSet::with_capacity(columns.len());
        let mut rows = index.as_ref().map(|index| length(index, || "the index".to_owned())).transpose()?;
        for (label, column) in &columns {
            // Equal ones of other types, such as 1 and 1.0, are found where they are made into a `dict`.
            let text = label_text(label);
            if !label.is_hashable() || !labels.insert(text.clone()) {
                return Err(TableError::Label(shorten(&text)));
            }
            let name = || format!("the column {}", shorten(&text));
            let got = length(column, name)?;
            let expected = *rows.get_or_insert(got);
            if got != expected {
                return Err(TableError::Length { part: name(), got, expected });
            }
        }
        Ok(Self { columns, index })
    }

    /// Its labels and columns.
    pub fn columns(&self) -> &[(Value, Value)] {
        &self.columns
    }

    /// The labels of its rows, where they are not counted.
    pub fn index(&self) -> Option<&Value> {
        self.index.as_ref()
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &Value> {
        self.columns.iter().flat_map(|(label, column)| [label, column]).chain(&self.index)
    }

    pub(super) fn parts_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.columns.iter_mut().flat_map(|(label, column)| [label, column]).chain(&mut self.index)
    }
}

impl Series {
    /// Module and qualified name of the class.
    pub(crate) const CLASS: &str = "pandas.core.series:Series";

    /// A column with its labels, which are as those of [`DataFrame::new`], and its name, `None` if it has none.
    ///
    /// # Errors
    /// That a part is of another kind, or that their lengths differ.
    pub fn new(values: Value, index: Option<Value>, name: Value) -> Result<Self, TableError> {
        let expected = length(&values, || "the values".to_owned())?;
        if let Some(index) = &index {
            let got = length(index, || "the index".to_owned())?;
            if got != expected {
                return Err(TableError::Length { part: "the index".to_owned(), got, expected });
            }
        }
        if !name.is_hashable() {
            return Err(TableError::Label(shorten(&label_text(&name))));
        }
        Ok(Self { values, index, name })
    }

    /// Its values.
    pub fn values(&self) -> &Value {
        &self.values
    }

    /// Their labels, where they are not counted.
    pub fn index(&self) -> Option<&Value> {
        self.index.as_ref()
    }

    /// Its name.
    pub fn name(&self) -> &Value {
        &self.name
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &Value> {
        [&self.values, &self.name].into_iter().chain(&self.index)
    }

    pub(super) fn parts_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        [&mut self.values, &mut self.name].into_iter().chain(&mut self.index)
    }
}

/// Why parts make no column or table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableError {
    /// A dtype that no column has, or one that is `category` where there are none.
    Dtype(String),
    /// A value that is none of its column's dtype.
    Item {
        /// The dtype.
        dtype: String,
        /// Position of the value.
        at: usize,
        /// What it is.
        got: String,
    },
    /// A part that is neither a list, nor an array of one dimension, nor a column.
    Shape {
        /// The part.
        part: String,
        /// What it is.
        got: String,
    },
    /// A part whose length is not that of the others.
    Length {
        /// The part.
        part: String,
        /// How many values it has.
        got: usize,
        /// How many the others have.
        expected: usize,
    },
    /// A label that stands twice, or that Python could not keep in a `dict`.
    Label(String),
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dtype(dtype) => write!(f, "{dtype:?} is no dtype of a column"),
            Self::Item { dtype, at, got } => write!(f, "value {at} of a column of dtype `{dtype}` is `{got}`"),
            Self::Shape { part, got } => {
                write!(f, "{part} of a table is a list, an array of one dimension or a column, and here `{got}`")
            }
            Self::Length { part, got, expected } => {
                write!(f, "{part} of a table has {got} values where the others have {expected}")
            }
            Self::Label(label) => write!(f, "the label {label} of a table stands twice, or cannot be a label"),
        }
    }
}

impl std::error::Error for TableError {}

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

/// How many values a column or an index has.
fn length(values: &Value, part: impl FnOnce() -> String) -> Result<usize, TableError> {
    match values {
        Value::List(items) => Ok(items.len()),
        Value::Column(column) => Ok(column.values.len()),
        Value::Array(array) => match array.shape() {
            [length] => Ok(*length),
            shape => Err(TableError::Shape { part: part(), got: format!("an array of {} dimensions", shape.len()) }),
        },
        other => Err(TableError::Shape { part: part(), got: other.type_name().to_owned() }),
    }
}

/// A label, for messages and to be compared.
fn label_text(label: &Value) -> String {
    match label {
        Value::Str(text) => format!("{text:?}"),
        other => format!("{other:?}"),
    }
}

/// Enough of a text that is quoted back.
fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::value::{Dtype, NdArray, Scalar};

    fn moment(text: &str) -> Value {
        Value::Scalar(Scalar::new(ScalarClass::DateTime, text).unwrap())
    }

    fn list(count: usize) -> Value {
        Value::List(vec![Value::None; count])
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

    #[test]
    fn parts_of_a_table_are_equally_long() {
        let frame = |columns: Vec<(Value, Value)>, index| DataFrame::new(columns, index).map(drop);
        let text = |result: Result<(), TableError>| result.unwrap_err().to_string();
        assert_eq!(frame(vec![], None), Ok(()));
        assert_eq!(frame(vec![], Some(list(3))), Ok(()));
        assert_eq!(frame(vec![("a".into(), list(2)), (1.into(), list(2))], Some(list(2))), Ok(()));
        assert_eq!(
            text(frame(vec![("a".into(), list(2)), ("b".into(), list(3))], None)),
            r#"the column "b" of a table has 3 values where the others have 2"#
        );
        assert!(text(frame(vec![("a".into(), list(2))], Some(list(1)))).contains("the others have 1"));
        assert!(text(frame(vec![("a".into(), list(2)), ("a".into(), list(2))], None)).contains("stands twice"));
        assert!(text(frame(vec![(list(0), list(2))], None)).contains("cannot be a label"));
        assert!(text(frame(vec![("a".into(), "text".into())], None)).contains("and here `str`"));
        let square = NdArray::new(Dtype::new("|u1").unwrap(), [1, 1], vec![0]).unwrap();
        assert!(text(frame(vec![("a".into(), square.into())], None)).contains("2 dimensions"));
        let series = |index, name| Series::new(list(2), index, name).map(drop);
        assert_eq!(series(Some(list(2)), "x".into()), Ok(()));
        assert!(text(series(Some(list(1)), Value::None)).contains("the index of a table has 1 values"));
        assert!(text(series(None, list(0))).contains("cannot be a label"));
    }
}
