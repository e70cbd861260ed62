//! numpy arrays and the dtypes they may have.

use std::borrow::Cow;
use std::fmt;

use super::Buffer;

/// The type of an array's elements: one of numpy's dtype strings that name a number, a boolean, a time with a unit, or a
/// string of fixed length. Objects and structures are not among them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Dtype(Element);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    /// An entry of [`DTYPES`].
    Number(&'static (&'static str, u8)),
    /// `<U5`: so many characters, each in four bytes.
    Text(u32),
    /// `|S5`: so many bytes.
    Bytes(u32),
}

/// The longest string of fixed length, in bytes: numpy keeps the size of an element in 31 bits.
const LONGEST: u32 = i32::MAX as u32;

/// Every other dtype with the bytes of an element.
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
    /// The string of every dtype whose elements are no strings.
    pub(crate) fn of_numbers() -> impl Iterator<Item = &'static str> {
        DTYPES.iter().map(|(name, _)| *name)
    }

    /// The dtype of this string, such as `<f8` or `<U16`.
    pub fn new(text: &str) -> Option<Self> {
        let length = |digits: &str| {
            let digits = digits.strip_prefix(|first: char| matches!(first, '1'..='9')).map(|_| digits)?;
            digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u32>().ok())?
        };
        if let Some(digits) = text.strip_prefix("<U") {
            return length(digits).filter(|length| *length <= LONGEST / 4).map(|length| Self(Element::Text(length)));
        }
        if let Some(digits) = text.strip_prefix("|S") {
            return length(digits).filter(|length| *length <= LONGEST).map(|length| Self(Element::Bytes(length)));
        }
        DTYPES.iter().find(|(name, _)| *name == text).map(|entry| Self(Element::Number(entry)))
    }

    /// numpy's dtype string.
    pub fn name(self) -> Cow<'static, str> {
        match self.0 {
            Element::Number((name, _)) => Cow::Borrowed(name),
            Element::Text(length) => Cow::Owned(format!("<U{length}")),
            Element::Bytes(length) => Cow::Owned(format!("|S{length}")),
        }
    }

    /// Bytes of one element.
    pub fn item_size(self) -> usize {
        match self.0 {
            Element::Number((_, size)) => usize::from(*size),
            Element::Text(length) => 4 * length as usize,
            Element::Bytes(length) => length as usize,
        }
    }

    /// numpy's `dtype.kind`: `b`, `i`, `u`, `f`, `c`, `M`, `m`, `U` or `S`.
    pub fn kind(self) -> u8 {
        match self.0 {
            Element::Number((name, _)) => name.as_bytes()[1],
            Element::Text(_) => b'U',
            Element::Bytes(_) => b'S',
        }
    }
}

impl fmt::Debug for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
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
        // Nor does it look at the characters, and Python fails at one that is none only when it is read.
        let is_character = |bytes: &[u8; 4]| char::from_u32(u32::from_le_bytes(*bytes)).is_some();
        if dtype.kind() == b'U' && !data.as_chunks().0.iter().all(is_character) {
            return Err(ArrayError::Text);
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
        Self { dtype: Dtype(Element::Number(&DTYPES[0])), shape: Box::new([items.len()]), data: data.into() }
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
    /// Four bytes of a `<U…` are no Unicode character.
    Text,
}

impl fmt::Display for ArrayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "the bytes of an array are not as many as its shape and dtype ask for",
            Self::Rank => "an array has more than 64 dimensions",
            Self::Bool => "a bool of an array is neither 0 nor 1",
            Self::Text => "a character of an array is none of Unicode's",
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
            assert_eq!((&*dtype.name(), dtype.item_size()), (*text, usize::from(*size)));
        }
        for (text, size, kind) in
            [("<U1", 4, b'U'), ("<U536870911", 2_147_483_644, b'U'), ("|S2147483647", 2_147_483_647, b'S')]
        {
            let dtype = Dtype::new(text).unwrap();
            assert_eq!((&*dtype.name(), dtype.item_size(), dtype.kind()), (text, size, kind));
        }
        for text in [
            "|O",
            "O",
            "U5",
            ">U5",
            "|U5",
            "<U",
            "<U0",
            "<U05",
            "<U+5",
            "<U5 ",
            "<U536870912",
            "<S3",
            "|S",
            "|S0",
            "|S2147483648",
            "|V8",
            ">f8",
            "=f8",
            "f8",
            "<f16",
            "<M8",
            "<M8[ns",
            "<M8[25s]",
            "",
            "<f8 ",
        ] {
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
        let text = |code: u32| NdArray::new(Dtype::new("<U1").unwrap(), [1], code.to_le_bytes().as_slice()).map(drop);
        assert_eq!([text(0), text(0x10_ffff)], [Ok(()); 2]);
        assert_eq!([text(0xd800), text(0xdfff), text(0x11_0000), text(u32::MAX)], [Err(ArrayError::Text); 4]);
    }
}
