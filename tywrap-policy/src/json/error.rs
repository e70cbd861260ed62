//! What can be wrong with a text of JSON.

use std::fmt;

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// What is wrong.
    pub kind: JsonErrorKind,
    /// The byte of the text at which it was found.
    pub offset: usize,
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonErrorKind {
    /// The text has more bytes than it may.
    TooLarge {
        /// The most it may have.
        limit: u64,
    },
    /// Arrays and objects nest deeper than they may.
    TooDeep {
        /// The most they may.
        limit: u32,
    },
    /// A string has more bytes than it may.
    StringTooLong {
        /// The most it may have.
        limit: u64,
    },
    /// Something else than JSON has here.
    Unexpected(char),
    /// The text ends in the middle.
    Ends,
    /// A byte order mark precedes the text.
    ByteOrderMark,
    /// Something follows the value.
    Trailing,
    /// A string has a control character that is not escaped.
    Control(char),
    /// A backslash is followed by what is no escape.
    Escape,
    /// An escape is half of a surrogate pair.
    LoneSurrogate,
    /// A number has a form that JSON does not: a leading zero, no digit.
    Number,
    /// A number without fraction and exponent lies beyond ±(2^53 − 1), where `number` has gaps.
    Integer,
    /// A number is too large for 64 bits of floating point.
    NotFinite,
    /// An object has a key twice.
    DuplicateKey(String),
    /// A key has a meaning in JavaScript.
    SpecialKey(String),
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind, self.offset)
    }
}

impl fmt::Display for JsonErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { limit } => write!(f, "the text has more than {limit} bytes"),
            Self::TooDeep { limit } => write!(f, "values nest deeper than {limit}"),
            Self::StringTooLong { limit } => write!(f, "a string has more than {limit} bytes"),
            Self::Unexpected(character) => write!(f, "unexpected `{}`", character.escape_debug()),
            Self::Ends => f.write_str("the text ends too early"),
            Self::ByteOrderMark => f.write_str("a byte order mark precedes the text"),
            Self::Trailing => f.write_str("something follows the value"),
            Self::Control(character) => {
                write!(f, "control character U+{:04X} in a string", *character as u32)
            }
            Self::Escape => f.write_str("unknown escape in a string"),
            Self::LoneSurrogate => f.write_str("half of a surrogate pair in a string"),
            Self::Number => f.write_str("malformed number"),
            Self::Integer => f.write_str("an integer beyond ±(2^53 − 1)"),
            Self::NotFinite => f.write_str("a number too large for 64-bit floating point"),
            Self::DuplicateKey(key) => write!(f, "key `{}` stands twice", shown(key)),
            Self::SpecialKey(key) => write!(f, "key `{}` is not allowed", shown(key)),
        }
    }
}

impl std::error::Error for JsonError {}

fn shown(key: &str) -> String {
    crate::escape::log_line(key, 60)
}
