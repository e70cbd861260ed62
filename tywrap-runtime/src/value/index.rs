//! Indexes of tables: the labels of rows or columns, with all that pandas knows of them.

use super::frequency::is_frequency;
use super::table::{length, shorten};
use super::{Column, MAX_SAFE_INT, TableError, Value};

/// The index of a table, or the labels of its columns, where that is more than values: with names, of several levels, counted, or of times
/// in equal steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    labels: Labels,
    names: Vec<Value>,
    frequency: Option<Box<str>>,
}

/// What the labels of an [`Index`] are.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Labels {
    /// A list, an array of one dimension or a column.
    Values(Value),
    /// Counted from the first number, by the last, to before the second: a `RangeIndex`.
    Range(i64, i64, i64),
    /// A list, or a column whose values are in one, for each level.
    Levels(Vec<Value>),
}

impl Index {
    /// Labels as those of [`DataFrame::new`](super::DataFrame::new), of one level.
    ///
    /// # Errors
    /// That the labels are of another kind.
    pub fn new(labels: Value) -> Result<Self, TableError> {
        length(&labels, || "an index".to_owned())?;
        Ok(Self::of(Labels::Values(labels), 1))
    }

    /// A `RangeIndex`: `start`, and every `step` from there to before `stop`.
    ///
    /// # Errors
    /// That `step` is 0, or a number is beyond ±(2^53 - 1).
    pub fn range(start: i64, stop: i64, step: i64) -> Result<Self, TableError> {
        if step == 0 || [start, stop, step].iter().any(|number| number.unsigned_abs() > MAX_SAFE_INT.unsigned_abs()) {
            return Err(TableError::Range);
        }
        Ok(Self::of(Labels::Range(start, stop, step), 1))
    }

    /// A `MultiIndex`: for each level the labels of all rows, as a list or as a column of a list, such as [`Column::level`] makes.
    ///
    /// # Errors
    /// That there is none, that one is of another kind, or that they are not equally long.
    pub fn levels(levels: Vec<Value>) -> Result<Self, TableError> {
        let mut rows = None;
        for (at, level) in levels.iter().enumerate() {
            let part = || format!("level {at} of an index");
            if !matches!(level, Value::List(_)) && !matches!(level, Value::Column(column) if column.is_listed()) {
                return Err(TableError::Shape { part: part(), got: level.type_name().to_owned() });
            }
            let got = length(level, part)?;
            let expected = *rows.get_or_insert(got);
            if got != expected {
                return Err(TableError::Length { part: part(), got, expected });
            }
        }
        let count = levels.len();
        if count == 0 {
            Err(TableError::Names { got: 0, expected: 1 })
        } else {
            Ok(Self::of(Labels::Levels(levels), count))
        }
    }

    fn of(labels: Labels, levels: usize) -> Self {
        Self { labels, names: vec![Value::None; levels], frequency: None }
    }

    /// The same with names, one for each level; `None` for a level without one.
    ///
    /// # Errors
    /// That there are more or fewer, or that Python could not keep one in a `dict`.
    pub fn with_names(self, names: Vec<Value>) -> Result<Self, TableError> {
        if names.len() != self.names.len() {
            return Err(TableError::Names { got: names.len(), expected: self.names.len() });
        }
        match names.iter().find(|name| !name.is_label()) {
            Some(name) => Err(TableError::Name(name.type_name().to_owned())),
            None => Ok(Self { names, ..self }),
        }
    }

    /// The same with a frequency, in pandas' words, such as `D`, `15min` or `QE-DEC`. Whether the labels are such, Python checks.
    ///
    /// # Errors
    /// That it is none that is known, or that the labels are no moments or durations.
    pub fn with_frequency(self, frequency: &str) -> Result<Self, TableError> {
        let is_of_times = match &self.labels {
            Labels::Values(Value::Array(array)) => matches!(array.dtype().kind(), b'M' | b'm'),
            Labels::Values(Value::Column(column)) => column.is_of_times(),
            _ => false,
        };
        if !is_frequency(frequency) || !is_of_times {
            return Err(TableError::Frequency(shorten(frequency)));
        }
        Ok(Self { frequency: Some(frequency.into()), ..self })
    }

    /// Its names, one for each level; `None` where it has none.
    pub fn names(&self) -> &[Value] {
        &self.names
    }

    /// Its frequency, in pandas' words.
    pub fn frequency(&self) -> Option<&str> {
        self.frequency.as_deref()
    }

    /// Its labels, where they are of one level and not counted: a list, an array or a column.
    pub fn labels(&self) -> Option<&Value> {
        match &self.labels {
            Labels::Values(labels) => Some(labels),
            _ => None,
        }
    }

    /// Start, stop and step of a range.
    pub fn as_range(&self) -> Option<(i64, i64, i64)> {
        match self.labels {
            Labels::Range(start, stop, step) => Some((start, stop, step)),
            _ => None,
        }
    }

    /// The labels of each level, where there are several or one that is a level.
    pub fn as_levels(&self) -> Option<&[Value]> {
        match &self.labels {
            Labels::Levels(levels) => Some(levels),
            _ => None,
        }
    }

    /// How many labels it has.
    pub(super) fn len(&self) -> u64 {
        let count = |values: &Value| length(values, String::new).unwrap_or_default() as u64;
        match &self.labels {
            Labels::Values(values) => count(values),
            Labels::Levels(levels) => levels.first().map_or(0, count),
            Labels::Range(start, stop, step) => {
                let distance = if *step > 0 { stop - start } else { start - stop };
                u64::try_from(distance).map_or(0, |distance| distance.div_ceil(step.unsigned_abs()))
            }
        }
    }

    /// Whether its labels alone say everything about it.
    pub(super) fn is_bare(&self) -> bool {
        self.labels().is_some() && self.frequency.is_none() && self.names == [Value::None]
    }

    pub(super) fn kind(&self) -> &Labels {
        &self.labels
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &Value> {
        let labels = match &self.labels {
            Labels::Values(values) => std::slice::from_ref(values),
            Labels::Levels(levels) => levels,
            Labels::Range(..) => &[],
        };
        labels.iter().chain(&self.names)
    }

    pub(super) fn parts_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        let labels = match &mut self.labels {
            Labels::Values(values) => std::slice::from_mut(values),
            Labels::Levels(levels) => levels,
            Labels::Range(..) => &mut [],
        };
        labels.iter_mut().chain(&mut self.names)
    }

    /// Whether its labels go one by one, as those of columns have to.
    pub(super) fn is_listed(&self) -> bool {
        match &self.labels {
            Labels::Values(values) => {
                matches!(values, Value::List(_)) || matches!(values, Value::Column(column) if column.is_listed())
            }
            _ => true,
        }
    }

    /// The labels of one level that go one by one.
    pub(super) fn items(&self) -> &[Value] {
        match &self.labels {
            Labels::Values(Value::List(items)) => items,
            Labels::Values(Value::Column(column)) => column.values(),
            _ => &[],
        }
    }
}

/// A column may be an index, which is what it is among the values.
impl From<Column> for Index {
    fn from(column: Column) -> Self {
        Self::of(Labels::Values(column.into()), 1)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::value::{Callback, DataFrame, Dtype, NdArray, Series};

    fn text<T: std::fmt::Debug>(result: Result<T, TableError>) -> String {
        result.unwrap_err().to_string()
    }

    fn list(count: usize) -> Value {
        Value::List((0..count).map(|at| Value::from(at as u64)).collect())
    }

    #[test]
    fn a_range_has_as_many_labels_as_there_are_rows() {
        for (start, stop, step, count) in [
            (0, 3, 1, 3),
            (0, 5, 2, 3),
            (0, 6, 2, 3),
            (10, 3, -3, 3),
            (5, 5, 1, 0),
            (5, 9, -1, 0),
            (-MAX_SAFE_INT, MAX_SAFE_INT, 1, 2 * MAX_SAFE_INT as u64),
        ] {
            assert_eq!(Index::range(start, stop, step).unwrap().len(), count, "{start} {stop} {step}");
        }
        assert_eq!(Index::range(0, 1, 0), Err(TableError::Range));
        assert_eq!(Index::range(0, MAX_SAFE_INT + 1, 1), Err(TableError::Range));
        assert_eq!(Index::range(i64::MIN, 0, 1), Err(TableError::Range));
        let rows = |columns: Vec<Value>, count| {
            let labels = Index::new(list(columns.len())).unwrap();
            DataFrame::of(labels, columns, Some(Index::range(0, count, 1).unwrap())).map(drop)
        };
        assert_eq!(rows(vec![list(3)], 3), Ok(()));
        assert_eq!(rows(vec![], 0), Ok(()));
        assert!(text(rows(vec![list(3)], 4)).contains("the index of a table has 4 values"));
        // Nothing else says that there are so many.
        assert!(text(rows(vec![], 1 << 40)).contains("where the others have 0"));
        assert!(text(Series::of(list(1), Some(Index::range(0, 1 << 40, 1).unwrap()), Value::None)).contains("have 1"));
    }

    #[test]
    fn levels_are_equally_long_and_go_one_by_one() {
        let level = Value::from(Column::level("datetime64[ns]", vec![Value::None]).unwrap());
        let index = Index::levels(vec![level, list(1)]).unwrap();
        assert_eq!((index.len(), index.names().len()), (1, 2));
        assert!(text(index.clone().with_names(vec!["a".into()])).contains("2 levels has 1 names"));
        assert!(text(index.with_frequency("D")).contains("no frequency"));
        assert!(text(Index::levels(vec![])).contains("1 levels has 0 names"));
        assert!(text(Index::levels(vec![list(1), list(2)])).contains("level 1 of an index of a table has 2 values"));
        let array = NdArray::new(Dtype::new("|u1").unwrap(), [1], vec![1]).unwrap();
        assert!(text(Index::levels(vec![array.into()])).contains("level 0 of an index"));
    }

    #[test]
    fn names_are_labels_and_frequencies_are_of_times() {
        let index = |labels: Value| Index::new(labels).unwrap();
        assert!(index(list(1)).with_names(vec![Value::Tuple(vec!["a".into(), 1.into()])]).is_ok());
        assert!(text(index(list(1)).with_names(vec![list(1)])).contains("here `list`"));
        assert!(text(index(list(1)).with_names(vec![Value::Callback(Callback::new(1))])).contains("here `function`"));
        assert!(text(index(list(1)).with_frequency("D")).contains("none of moments"));
        let times = |dtype: &str| index(NdArray::new(Dtype::new(dtype).unwrap(), [1], vec![0; 8]).unwrap().into());
        assert_eq!(times("<M8[ns]").with_frequency("2D").unwrap().frequency(), Some("2D"));
        assert!(times("<m8[s]").with_frequency("15min").is_ok());
        assert!(times("<i8").with_frequency("D").is_err());
        assert_eq!(times("<M8[ns]").with_frequency("D; import os"), Err(TableError::Frequency("D; import os".into())));
        assert!(Index::range(0, 1, 1).unwrap().with_frequency("D").is_err());
        let zoned = Column::new("datetime64[ns, UTC]", vec![]).unwrap();
        assert!(Index::from(zoned).with_frequency("W-MON").is_ok());
    }
}
