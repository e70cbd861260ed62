//! Lists of dicts with the same keys, by their columns.

use super::{Buffer, Limits, MAX_SAFE_INT, Value, read};

/// A `list` of `dict`s that all have the same keys in the same order, by its columns. It is what a [`Value::List`] of them is, but for the
/// space that it takes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    count: usize,
    keys: Vec<Box<str>>,
    columns: Vec<Cells>,
}

/// What the rows have under one key. The numbers in a buffer are little-endian float64.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cells {
    /// Numbers that [`as_int`] takes for an `int`, all of them.
    Ints(Buffer),
    /// `float`s.
    Floats(Buffer),
    /// Numbers, of which those that [`as_int`] takes are an `int`, and the others a `float`. There are both.
    Numbers(Buffer),
    /// Bytes, 0 or 1.
    Bools(Buffer),
    /// Values in plain form, each behind a comma, that were read and are passed on.
    Json(Box<str>),
    /// Any values.
    Values(Vec<Value>),
}

impl Rows {
    /// Rows of columns that are equally long. The keys are different ones, and there is at least one of them.
    pub(crate) fn new(count: usize, keys: Vec<Box<str>>, columns: Vec<Cells>) -> Self {
        Self { count, keys, columns }
    }

    /// How many rows there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The keys of each row.
    pub(crate) fn keys(&self) -> &[Box<str>] {
        &self.keys
    }

    /// Keys and columns.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&str, &Cells)> {
        self.keys.iter().map(|key| &**key).zip(&self.columns)
    }

    /// Keys and columns.
    pub(crate) fn columns_mut(&mut self) -> impl Iterator<Item = (&str, &mut Cells)> {
        self.keys.iter().map(|key| &**key).zip(&mut self.columns)
    }

    /// The values that are none of a buffer's and of no text.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Value> {
        self.columns.iter().flat_map(|cells| if let Cells::Values(values) = cells { &values[..] } else { &[] })
    }

    /// As [`Self::parts`].
    pub(super) fn parts_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.columns
            .iter_mut()
            .flat_map(|cells| if let Cells::Values(values) = cells { &mut values[..] } else { &mut [] })
    }

    /// The list that it is.
    pub(crate) fn into_list(self) -> Value {
        let mut columns: Vec<_> = self.columns.into_iter().map(|cells| cells.into_values().into_iter()).collect();
        let row = |_| {
            let cells = self.keys.iter().zip(&mut columns);
            Value::Dict(cells.filter_map(|(key, column)| Some((Value::from(&**key), column.next()?))).collect())
        };
        Value::List((0..self.count).map(row).collect())
    }
}

impl Cells {
    /// The numbers of a buffer, which is no mixture if all or none of them are an `int`.
    pub(crate) fn numbers(buffer: Buffer) -> Self {
        let ints = numbers(&buffer).filter(|number| as_int(*number).is_some()).count();
        match ints {
            0 => Self::Floats(buffer),
            ints if ints == buffer.len() / WIDTH => Self::Ints(buffer),
            _ => Self::Numbers(buffer),
        }
    }

    /// One by one.
    pub(crate) fn to_values(&self) -> Vec<Value> {
        match self {
            Self::Ints(buffer) | Self::Numbers(buffer) => {
                numbers(buffer).map(|number| as_int(number).map_or(Value::Float(number), Value::Int)).collect()
            }
            Self::Floats(buffer) => numbers(buffer).map(Value::Float).collect(),
            Self::Bools(buffer) => buffer.iter().map(|byte| Value::Bool(*byte != 0)).collect(),
            Self::Json(text) => {
                // Something has to stand before the first comma. The text was read before, so it has no limits and is what it is.
                let limits = Limits { depth: usize::MAX, size: usize::MAX };
                match read(format!("[null{text}]").as_bytes(), false, Vec::new(), limits).map(|read| read.value) {
                    Ok(Value::List(mut values)) => {
                        values.remove(0);
                        values
                    }
                    _ => Vec::new(),
                }
            }
            Self::Values(values) => values.clone(),
        }
    }

    fn into_values(self) -> Vec<Value> {
        if let Self::Values(values) = self { values } else { self.to_values() }
    }
}

/// Bytes of a number in a buffer.
pub(super) const WIDTH: usize = 8;

/// The numbers of a buffer.
pub(super) fn numbers(bytes: &[u8]) -> impl Iterator<Item = f64> {
    bytes.as_chunks::<WIDTH>().0.iter().map(|bytes| f64::from_le_bytes(*bytes))
}

/// The `int` that a number is where nothing says more of it: a whole one that every `number` can be told from, and not −0.
pub(super) fn as_int(number: f64) -> Option<i64> {
    let int = number as i64;
    let is_int = int.unsigned_abs() <= MAX_SAFE_INT.unsigned_abs() && (int as f64).to_bits() == number.to_bits();
    is_int.then_some(int)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_ints_as_far_as_they_are_exact() {
        for (number, int) in [
            (0.0, Some(0)),
            (-5.0, Some(-5)),
            (9_007_199_254_740_991.0, Some(MAX_SAFE_INT)),
            (-9_007_199_254_740_991.0, Some(-MAX_SAFE_INT)),
            (9_007_199_254_740_992.0, None),
            (-9_007_199_254_740_992.0, None),
            (9_223_372_036_854_775_808.0, None),
            (-9_223_372_036_854_775_808.0, None),
            (-0.0, None),
            (0.5, None),
            (1e300, None),
            (f64::NAN, None),
            (f64::NEG_INFINITY, None),
        ] {
            assert_eq!(as_int(number), int, "{number}");
        }
    }
}
