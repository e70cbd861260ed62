//! numpy arrays and the dtypes they may have.

use std::fmt;

use super::Buffer;

/// The type of an array's elements: one of numpy's dtype strings that name a number, a boolean, or a time with a unit.
/// Objects, strings and structures are not among them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Dtype(&'static (&'static str, u8));

/// Every dtype with the bytes of an element.
const DTYPES: &[(&str, u8)] = &[
    ("<f8", 8),
    ("<f4", 4),
    ("<i8", 8),
    ("<i4", 4),
    ("|b1", 1),
    ("|u1", 1),
    ("|i1", 1),
    ("<i2", 2),
    ("<u2", 2),
    ("<u4", 4),
    ("<u8", 8),
    ("<f2", 2),
    ("<c8", 8),
    ("<c16", 16),
    ("<M8[ns]", 8),
    ("<M8[us]", 8),
    ("<M8[ms]", 8),
    ("<M8[s]", 8),
    ("<M8[m]", 8),
    ("<M8[h]", 8),
    ("<M8[D]", 8),
    ("<M8[W]", 8),
    ("<M8[M]", 8),
    ("<M8[Y]", 8),
    ("<M8[ps]", 8),
    ("<M8[fs]", 8),
    ("<M8[as]", 8),
    ("<m8[ns]", 8),
    ("<m8[us]", 8),
    ("<m8[ms]", 8),
    ("<m8[s]", 8),
    ("<m8[m]", 8),
    ("<m8[h]", 8),
    ("<m8[D]", 8),
    ("<m8[W]", 8),
    ("<m8[M]", 8),
    ("<m8[Y]", 8),
    ("<m8[ps]", 8),
    ("<m8[fs]", 8),
    ("<m8[as]", 8),
];

/// Most dimensions, as numpy has it.
const MAX_RANK: usize = 64;

impl Dtype {
    /// Every dtype's string.
    pub(crate) fn all() -> impl Iterator<Item = &'static str> {
        DTYPES.iter().map(|(name, _)| *name)
    }

    /// The dtype of this string, such as `<f8`.
    pub fn new(text: &str) -> Option<Self> {
        DTYPES.iter().find(|(name, _)| *name == text).map(Self)
    }

    /// numpy's dtype string.
    pub fn as_str(self) -> &'static str {
        self.0.0
    }

    /// Bytes of one element.
    pub fn item_size(self) -> usize {
        self.0.1.into()
    }

    /// numpy's `dtype.kind`: `b`, `i`, `u`, `f`, `c`, `M` or `m`.
    pub fn kind(self) -> u8 {
        self.0.0.as_bytes()[1]
    }
}

impl fmt::Debug for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A numpy array in C order, little-endian.
#[derive(Clone, Debug, PartialEq)]
pub struct NdArray {
    dtype: Dtype,
    shape: Box<[usize]>,
    data: Buffer,
}

impl NdArray {
    /// An array of `data`.
    ///
    /// # Errors
    /// That the data's length is not that of as many elements, or that there are too many dimensions.
    pub fn new(dtype: Dtype, shape: impl Into<Box<[usize]>>, data: impl Into<Buffer>) -> Result<Self, ArrayError> {
        let (shape, data) = (shape.into(), data.into());
        if shape.len() > MAX_RANK {
            return Err(ArrayError::Rank);
        }
        let length = shape.iter().try_fold(dtype.item_size(), |product, &n| product.checked_mul(n));
        if length != Some(data.len()) {
            return Err(ArrayError::Length);
        }
        // numpy takes any byte for a bool, and computes nonsense with one that is neither.
        if dtype.kind() == b'b' && data.iter().any(|&byte| byte > 1) {
            return Err(ArrayError::Bool);
        }
        Ok(Self { dtype, shape, data })
    }

    /// The type of its elements.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// Elements by dimension; none for a single element.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Its elements, in C order, little-endian.
    pub fn data(&self) -> &Buffer {
        &self.data
    }
}

/// One dimension of `<f8`.
impl From<&[f64]> for NdArray {
    fn from(items: &[f64]) -> Self {
        let data: Vec<u8> = items.iter().flat_map(|item| item.to_le_bytes()).collect();
        Self { dtype: Dtype(&DTYPES[0]), shape: Box::new([items.len()]), data: data.into() }
    }
}

/// Why parts make no array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArrayError {
    /// The data's length is not the product of the shape and the element's size.
    Length,
    /// More than 64 dimensions.
    Rank,
    /// A byte of a `|b1` is neither 0 nor 1.
    Bool,
}

impl fmt::Display for ArrayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "the bytes of an array are not as many as its shape and dtype ask for",
            Self::Rank => "an array has more than 64 dimensions",
            Self::Bool => "a bool of an array is neither 0 nor 1",
        })
    }
}

impl std::error::Error for ArrayError {}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn only_plain_dtypes_exist() {
        for (text, size) in DTYPES {
            let dtype = Dtype::new(text).unwrap();
            assert_eq!((dtype.as_str(), dtype.item_size()), (*text, usize::from(*size)));
        }
        for text in
            ["|O", "O", "<U5", "|S3", "|V8", ">f8", "=f8", "f8", "<f16", "<M8", "<M8[ns", "<M8[25s]", "", "<f8 "]
        {
            assert_eq!(Dtype::new(text), None, "{text}");
        }
    }

    #[test]
    fn shape_and_length_must_agree() {
        let f8 = Dtype::new("<f8").unwrap();
        let cases: &[(&[usize], usize, Result<(), ArrayError>)] = &[
            (&[], 8, Ok(())),
            (&[0], 0, Ok(())),
            (&[2, 3], 48, Ok(())),
            (&[2, 3], 47, Err(ArrayError::Length)),
            (&[2, 3], 0, Err(ArrayError::Length)),
            (&[usize::MAX, 2], 16, Err(ArrayError::Length)),
            (&[usize::MAX, usize::MAX, 0], 0, Err(ArrayError::Length)),
            (&[1; 65], 8, Err(ArrayError::Rank)),
        ];
        for (shape, length, expected) in cases {
            let made = NdArray::new(f8, *shape, vec![0; *length]).map(drop);
            assert_eq!(made, *expected, "{shape:?} of {length} bytes");
        }
        let bools = |bytes: &[u8]| NdArray::new(Dtype::new("|b1").unwrap(), [3], bytes).map(drop);
        assert_eq!((bools(&[0, 1, 0]), bools(&[0, 1, 2])), (Ok(()), Err(ArrayError::Bool)));
    }
}
