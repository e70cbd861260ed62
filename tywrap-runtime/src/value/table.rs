//! Tables as arguments.

use std::collections::HashSet;
use std::fmt;

use super::{Index, Value};

/// A pandas `DataFrame`, as an argument. No result of a call is one; on the wire `take` answers with the same form.
#[derive(Clone, Debug, PartialEq)]
pub struct DataFrame {
    labels: Index,
    columns: Vec<Value>,
    index: Option<Index>,
}

/// A pandas `Series`, as an argument. No result of a call is one; on the wire `take` answers with the same form.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    values: Value,
    index: Option<Index>,
    name: Value,
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
        let (labels, columns) = columns.into_iter().unzip();
        Self::of(Index::new(Value::List(labels))?, columns, index.map(Index::new).transpose()?)
    }

    /// As [`DataFrame::new`], with all that pandas knows of the labels of its columns and of its rows.
    ///
    /// # Errors
    /// As of [`DataFrame::new`], or that there are more or fewer labels than columns, or that they are an array.
    pub fn of(labels: Index, columns: Vec<Value>, index: Option<Index>) -> Result<Self, TableError> {
        if !labels.is_listed() {
            return Err(TableError::Shape { part: "the labels of the columns".to_owned(), got: "an array".to_owned() });
        }
        equal(columns.len() as u64, labels.len(), || "the columns".to_owned())?;
        let mut seen = HashSet::with_capacity(columns.len());
        for label in labels.items() {
            // Equal ones of other types, such as 1 and 1.0, are found by pandas.
            let text = label_text(label);
            if !label.is_label() || !seen.insert(text.clone()) {
                return Err(TableError::Label(shorten(&text)));
            }
        }
        // A range has as many labels as there are rows, and no more than came.
        let counted = index.as_ref().filter(|index| index.as_range().is_some());
        let mut rows = index.as_ref().filter(|_| counted.is_none()).map(Index::len);
        for (at, column) in columns.iter().enumerate() {
            let name = || match labels.items().get(at) {
                Some(label) => format!("the column {}", shorten(&label_text(label))),
                None => format!("the column at {at}"),
            };
            let got = length(column, name)? as u64;
            equal(got, *rows.get_or_insert(got), name)?;
        }
        if let Some(index) = counted {
            equal(index.len(), rows.unwrap_or_default(), || "the index".to_owned())?;
        }
        Ok(Self { labels, columns, index })
    }

    /// The labels of its columns.
    pub fn labels(&self) -> &Index {
        &self.labels
    }

    /// Its columns.
    pub fn columns(&self) -> &[Value] {
        &self.columns
    }

    /// The labels of its rows, where it is not left to Python to count them.
    pub fn index(&self) -> Option<&Index> {
        self.index.as_ref()
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &Value> {
        self.labels.parts().chain(&self.columns).chain(self.index.iter().flat_map(Index::parts))
    }

    pub(super) fn parts_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.labels.parts_mut().chain(&mut self.columns).chain(self.index.iter_mut().flat_map(Index::parts_mut))
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
        Self::of(values, index.map(Index::new).transpose()?, name)
    }

    /// As [`Series::new`], with all that pandas knows of the labels.
    ///
    /// # Errors
    /// As of [`Series::new`].
    pub fn of(values: Value, index: Option<Index>, name: Value) -> Result<Self, TableError> {
        let expected = length(&values, || "the values".to_owned())? as u64;
        if let Some(index) = &index {
            equal(index.len(), expected, || "the index".to_owned())?;
        }
        if !name.is_label() {
            return Err(TableError::Label(shorten(&label_text(&name))));
        }
        Ok(Self { values, index, name })
    }

    /// Its values.
    pub fn values(&self) -> &Value {
        &self.values
    }

    /// Their labels, where it is not left to Python to count them.
    pub fn index(&self) -> Option<&Index> {
        self.index.as_ref()
    }

    /// Its name.
    pub fn name(&self) -> &Value {
        &self.name
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &Value> {
        [&self.values, &self.name].into_iter().chain(self.index.iter().flat_map(Index::parts))
    }

    pub(super) fn parts_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        [&mut self.values, &mut self.name].into_iter().chain(self.index.iter_mut().flat_map(Index::parts_mut))
    }
}

fn equal(got: u64, expected: u64, part: impl FnOnce() -> String) -> Result<(), TableError> {
    let count = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    if got == expected {
        Ok(())
    } else {
        Err(TableError::Length { part: part(), got: count(got), expected: count(expected) })
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
    /// Names of an index that are not as many as its levels.
    Names {
        /// How many there are.
        got: usize,
        /// How many levels it has.
        expected: usize,
    },
    /// A name of an index that Python could not keep in a `dict`.
    Name(String),
    /// A frequency that is not known, or of an index that is none of times.
    Frequency(String),
    /// A range whose numbers are too large, or without a step.
    Range,
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
            Self::Names { got, expected } => write!(f, "an index of {expected} levels has {got} names"),
            Self::Name(got) => write!(f, "a name of an index is text, a number or the like, and here `{got}`"),
            Self::Frequency(name) => {
                write!(f, "{name:?} is no frequency that the wire knows, or its index is none of moments or durations")
            }
            Self::Range => write!(f, "a range of an index has a step other than 0, and numbers within ±(2^53 - 1)"),
            Self::Label(label) => write!(f, "the label {label} of a table stands twice, or cannot be a label"),
        }
    }
}

impl std::error::Error for TableError {}

/// How many values a column or an index has.
pub(super) fn length(values: &Value, part: impl FnOnce() -> String) -> Result<usize, TableError> {
    match values {
        Value::List(items) => Ok(items.len()),
        Value::Rows(rows) => Ok(rows.count()),
        Value::Column(column) => length(column.data(), part),
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
pub(super) fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::value::{Dtype, NdArray};

    fn list(count: usize) -> Value {
        Value::List(vec![Value::None; count])
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
