//! Columns of tables that have dtypes of pandas' own.

use super::frequency::is_frequency;
use super::items::{Items, zoned};
use super::table::{length, shorten};
use super::{NdArray, TableError, Value};

/// The values of a column whose dtype is none of numpy's: text, categories, what may be missing in an exact way, times with a zone, periods,
/// intervals, and what pandas keeps sparse. What is missing is `None`, and in an array what numpy has for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    dtype: Box<str>,
    /// A list, or an array of one dimension; of intervals, where they begin.
    data: Value,
    rest: Rest,
}

/// What a column has besides its values.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Rest {
    Nothing,
    /// What the values are among, and whether that has an order.
    Categories(Value, bool),
    /// Of a sparse one: what is left out.
    Fill(Value),
    /// Of intervals: where they end, and which ends belong to them.
    Ends(Value, Closed),
}

/// Which ends belong to an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Closed {
    /// The right one.
    Right,
    /// The left one.
    Left,
    /// Both.
    Both,
    /// None.
    Neither,
}

impl Closed {
    const ALL: [Self; 4] = [Self::Right, Self::Left, Self::Both, Self::Neither];

    /// pandas' name of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Left => "left",
            Self::Both => "both",
            Self::Neither => "neither",
        }
    }

    /// What has that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|closed| closed.name() == name)
    }
}

impl Column {
    /// A column of values: `string`, `str`, `object` (of text; `object[nan]` where what is missing is NaN, and `object[any]` of whatever there
    /// is), `boolean`, `Int8` to `Int64`, `UInt8` to `UInt64`, `Float32`, `Float64`, or times in a zone, such as
    /// `datetime64[ns, Europe/Berlin]`.
    ///
    /// # Errors
    /// That the dtype is another, or that a value is neither `None` nor one of it.
    pub fn new(dtype: &str, values: Vec<Value>) -> Result<Self, TableError> {
        let items = Items::of(dtype).filter(|items| !matches!(items, Items::Categories));
        Self::listed(dtype, items, values)
    }

    /// A level of an index, the labels of columns or the ends of intervals: of a dtype as [`Column::new`] takes it, or of one of numpy's, such
    /// as `int64`, `float64`, `datetime64[ns]` (of `datetime` without a zone) or `timedelta64[ns]`. Times may also all be their counts.
    ///
    /// # Errors
    /// As of [`Column::new`].
    pub fn level(dtype: &str, values: Vec<Value>) -> Result<Self, TableError> {
        let items = Items::of_level(dtype).filter(|items| !matches!(items, Items::Categories));
        Self::listed(dtype, items, values)
    }

    fn listed(dtype: &str, items: Option<Items>, values: Vec<Value>) -> Result<Self, TableError> {
        let items = items.ok_or_else(|| TableError::Dtype(shorten(dtype)))?;
        // Of times all go as their counts, in the unit of the dtype, or none.
        let is_counted = matches!(items, Items::Moment | Items::Naive | Items::Duration)
            && values.iter().find(|value| **value != Value::None).is_some_and(|first| matches!(first, Value::Int(_)));
        let items = if is_counted { Items::of("Int64").unwrap_or(items) } else { items };
        match values.iter().position(|value| *value != Value::None && !items.has(value)) {
            Some(at) => Err(TableError::Item { dtype: dtype.to_owned(), at, got: values[at].type_name().to_owned() }),
            None => Ok(Self { dtype: dtype.into(), data: Value::List(values), rest: Rest::Nothing }),
        }
    }

    /// A column of categories. They are a list, an array of one dimension or a column; whether each value is one of them, Python checks. A value
    /// of intervals is a tuple of its ends, and one of periods its number.
    ///
    /// # Errors
    /// That a value or the categories are of a kind that can be none.
    pub fn categories(values: Vec<Value>, categories: Value, ordered: bool) -> Result<Self, TableError> {
        if let Some(at) = values.iter().position(|value| !value.is_hashable()) {
            let got = values[at].type_name().to_owned();
            return Err(TableError::Item { dtype: "category".to_owned(), at, got });
        }
        if matches!(&categories, Value::Column(column) if matches!(column.rest, Rest::Categories(..) | Rest::Fill(_))) {
            return Err(TableError::Shape { part: "the categories".to_owned(), got: "categories again".to_owned() });
        }
        length(&categories, || "the categories".to_owned())?;
        Ok(Self { dtype: "category".into(), data: Value::List(values), rest: Rest::Categories(categories, ordered) })
    }

    /// A column that is an array of numbers: of `period[FREQUENCY]`, counted as pandas counts them, in an array `<i8`; or of
    /// `datetime64[UNIT, ZONE]`, as they are in UTC, in an array `<M8[UNIT]`.
    ///
    /// # Errors
    /// That the dtype is another, or that the array is not as it must be.
    pub fn array(dtype: &str, values: NdArray) -> Result<Self, TableError> {
        let expected = match (dtype.strip_prefix("period[").and_then(|rest| rest.strip_suffix(']')), zoned(dtype)) {
            (Some(frequency), _) if is_frequency(frequency) => "<i8".to_owned(),
            (_, Some(unit)) => format!("<M8[{unit}]"),
            _ => return Err(TableError::Dtype(shorten(dtype))),
        };
        if values.dtype().name() != expected {
            let part = format!("a column of dtype `{dtype}`");
            return Err(TableError::Shape { part, got: format!("an array of {}", values.dtype().name()) });
        }
        let data = Value::from(values);
        length(&data, || "a column".to_owned())?;
        Ok(Self { dtype: dtype.into(), data, rest: Rest::Nothing })
    }

    /// A column that pandas keeps sparse: all of its values, and the one that is left out there.
    ///
    /// # Errors
    /// That the array is not one of numbers or booleans, of one dimension, or that the value cannot be in it.
    pub fn sparse(values: NdArray, fill: Value) -> Result<Self, TableError> {
        let items = Items::of_array(values.dtype());
        if !items.is_some_and(|items| items.has(&fill)) {
            let got = format!("{} beside an array of {}", fill.type_name(), values.dtype().name());
            return Err(TableError::Item { dtype: "Sparse".to_owned(), at: 0, got });
        }
        let data = Value::from(values);
        length(&data, || "a column".to_owned())?;
        Ok(Self { dtype: "Sparse".into(), data, rest: Rest::Fill(fill) })
    }

    /// A column of intervals: where they begin and end, each as [`Column::level`] makes it, and which ends belong to them. One that is missing has no
    /// ends. Whether each begins before it ends, Python checks.
    ///
    /// # Errors
    /// That the ends are not of one dtype and number, or that one is missing alone, or of whole numbers.
    pub fn intervals(left: Column, right: Column, closed: Closed) -> Result<Self, TableError> {
        let dtype = || "interval".to_owned();
        let is_fine = |end: &Self| end.is_listed() && matches!(end.rest, Rest::Nothing);
        if left.dtype != right.dtype || !is_fine(&left) || !is_fine(&right) {
            let got = format!("from `{}` to `{}`", left.dtype, right.dtype);
            return Err(TableError::Shape { part: "a column of intervals".to_owned(), got });
        }
        let (got, expected) = (right.values().len(), left.values().len());
        if got != expected {
            return Err(TableError::Length { part: "the right end".to_owned(), got, expected });
        }
        let may_miss =
            matches!(Items::of_level(&left.dtype), Some(Items::Float | Items::Moment | Items::Naive | Items::Duration));
        let is_none = |value: &Value| *value == Value::None;
        let mut ends = left.values().iter().zip(right.values());
        if let Some(at) = ends.position(|(left, right)| is_none(left) != is_none(right) || is_none(left) && !may_miss) {
            return Err(TableError::Item { dtype: dtype(), at, got: "one without an end".to_owned() });
        }
        Ok(Self { dtype: dtype().into(), data: left.into(), rest: Rest::Ends(right.into(), closed) })
    }

    /// pandas' name of its dtype, such as `Int64`.
    pub fn dtype(&self) -> &str {
        &self.dtype
    }

    /// Its values, where they go one by one; else there are none here.
    pub fn values(&self) -> &[Value] {
        if let Value::List(values) = &self.data { values } else { &[] }
    }

    /// What it consists of: a list of its values, or an array; of intervals, a column of where they begin.
    pub fn data(&self) -> &Value {
        &self.data
    }

    /// Its categories, and whether they have an order, where it has any.
    pub fn known_categories(&self) -> Option<(&Value, bool)> {
        if let Rest::Categories(known, ordered) = &self.rest { Some((known, *ordered)) } else { None }
    }

    /// Of a sparse one, the value that is left out in pandas.
    pub fn fill(&self) -> Option<&Value> {
        if let Rest::Fill(fill) = &self.rest { Some(fill) } else { None }
    }

    /// Of intervals, where they end, and which ends belong to them.
    pub fn ends(&self) -> Option<(&Value, Closed)> {
        if let Rest::Ends(right, closed) = &self.rest { Some((right, *closed)) } else { None }
    }

    pub(super) fn rest(&self) -> &Rest {
        &self.rest
    }

    /// Whether its values go one by one.
    pub(super) fn is_listed(&self) -> bool {
        matches!(self.data, Value::List(_))
    }

    /// Whether an index of it has a frequency.
    pub(super) fn is_of_times(&self) -> bool {
        matches!(Items::of_level(&self.dtype), Some(Items::Moment | Items::Naive | Items::Duration))
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &Value> {
        let data = if let Value::List(values) = &self.data { values } else { std::slice::from_ref(&self.data) };
        data.iter().chain(match &self.rest {
            Rest::Nothing => None,
            Rest::Categories(part, _) | Rest::Fill(part) | Rest::Ends(part, _) => Some(part),
        })
    }

    pub(super) fn parts_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        let data = match &mut self.data {
            Value::List(values) => values.as_mut_slice(),
            data => std::slice::from_mut(data),
        };
        data.iter_mut().chain(match &mut self.rest {
            Rest::Nothing => None,
            Rest::Categories(part, _) | Rest::Fill(part) | Rest::Ends(part, _) => Some(part),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::value::{COLUMN_TYPES, Dtype, Scalar, ScalarClass};

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

    fn numbers(dtype: &str, count: usize) -> NdArray {
        let dtype = Dtype::new(dtype).unwrap();
        NdArray::new(dtype, [count], vec![0; count * dtype.item_size()]).unwrap()
    }

    #[test]
    fn numpys_dtypes_are_those_of_levels_only() {
        let naive = moment("2026-10-25T02:30:00");
        let span = Value::Scalar(Scalar::new(ScalarClass::TimeDelta, "5").unwrap());
        let fine: &[(&str, &Value)] = &[
            ("bool", &true.into()),
            ("int8", &(-128).into()),
            ("uint64", &u64::MAX.into()),
            ("float32", &1.into()),
            ("datetime64[s]", &naive.clone()),
            ("timedelta64[ns]", &span),
            ("datetime64[ns]", &i64::MAX.into()),
            ("datetime64[ns, UTC]", &5.into()),
        ];
        for (dtype, value) in fine {
            assert!(Column::level(dtype, vec![Value::None, (*value).clone()]).is_ok(), "{dtype}");
            let is_named = dtype.contains("UTC");
            assert_eq!(Column::new(dtype, vec![]).is_ok(), is_named, "{dtype}");
        }
        let mixed = Column::level("datetime64[s]", vec![5.into(), naive]);
        assert!(matches!(mixed, Err(TableError::Item { at: 1, .. })));
        for (dtype, value) in
            [("int8", 128.into()), ("datetime64[s]", moment("2026-10-25T02:30:00-03:00")), ("float64", span)]
        {
            assert!(matches!(Column::level(dtype, vec![value]), Err(TableError::Item { at: 0, .. })), "{dtype}");
        }
        for dtype in ["datetime64[D]", "timedelta64[]", "float128", "category", "complex128"] {
            assert!(matches!(Column::level(dtype, vec![]), Err(TableError::Dtype(_))), "{dtype}");
        }
    }

    #[test]
    fn arrays_are_of_their_dtype() {
        assert!(Column::array("period[2Q-FEB]", numbers("<i8", 3)).is_ok());
        assert!(Column::array("datetime64[ms, UTC]", numbers("<M8[ms]", 3)).is_ok());
        for (dtype, array) in [("period[M]", "<u8"), ("datetime64[ns, UTC]", "<M8[us]"), ("datetime64[ns, UTC]", "<i8")]
        {
            assert!(matches!(Column::array(dtype, numbers(array, 1)), Err(TableError::Shape { .. })), "{dtype}");
        }
        for dtype in ["period[]", "period[C]", "period[0M]", "Int64", "datetime64[ns]", "datetime64[ns, ../x]"] {
            assert_eq!(Column::array(dtype, numbers("<i8", 1)), Err(TableError::Dtype(dtype.to_owned())));
        }
        let square = NdArray::new(Dtype::new("<i8").unwrap(), [1, 1], vec![0; 8]).unwrap();
        assert!(matches!(Column::array("period[M]", square.clone()), Err(TableError::Shape { .. })));
        assert!(matches!(Column::sparse(square, 0.into()), Err(TableError::Shape { .. })));
        for (array, fill, is_fine) in [
            ("|b1", true.into(), true),
            ("<f4", f64::NAN.into(), true),
            ("|i1", 127.into(), true),
            ("|i1", 128.into(), false),
            ("<i8", 0.5.into(), false),
            ("|b1", 0.into(), false),
            ("<f8", Value::None, false),
            ("<M8[ns]", 0.into(), false),
            ("<c16", 0.into(), false),
        ] {
            assert_eq!(Column::sparse(numbers(array, 2), fill).is_ok(), is_fine, "{array}");
        }
    }

    #[test]
    fn intervals_have_two_ends() {
        let ends = |dtype: &str, values: Vec<Value>| Column::level(dtype, values).unwrap();
        let of = |left, right| Column::intervals(left, right, Closed::Left).map(drop);
        assert_eq!(of(ends("int64", vec![1.into()]), ends("int64", vec![2.into()])), Ok(()));
        assert_eq!(of(ends("float64", vec![Value::None]), ends("float64", vec![Value::None])), Ok(()));
        assert!(of(ends("int64", vec![Value::None]), ends("int64", vec![Value::None])).is_err());
        assert!(of(ends("float64", vec![Value::None]), ends("float64", vec![1.into()])).is_err());
        assert!(of(ends("int64", vec![1.into()]), ends("int64", vec![])).is_err());
        assert!(of(ends("int64", vec![]), ends("float64", vec![])).is_err());
        let periods = Column::array("period[M]", numbers("<i8", 0)).unwrap();
        assert!(of(periods.clone(), periods).is_err());
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
