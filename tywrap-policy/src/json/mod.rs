//! JSON from the other side of a boundary.
//!
//! [`Reader`] reads a text event by event and makes every check as it goes: the grammar of RFC 8259, size, depth, length
//! of strings, duplicate keys, keys that JavaScript treats specially, numbers that a `number` cannot hold, halves of
//! surrogate pairs. It keeps its own stack, so depth costs no recursion. [`check`] and [`parse`] are made of it, and so can
//! be a reader that checks a schema in the same pass.

mod error;
mod number;
mod reader;
#[cfg(test)]
mod tests;
mod text;
mod value;

pub use error::{JsonError, JsonErrorKind};
pub use number::{Number, number};
pub use reader::{Event, Reader};
pub use value::Value;

use crate::Policy;

/// How large a text may be, and what its keys may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole text.
    pub max_bytes: u64,
    /// How deep arrays and objects may nest; 1 is an array of scalars.
    pub max_depth: u32,
    /// Bytes of one string, once its escapes are read.
    pub max_string: u64,
    /// What the keys of objects may be.
    pub keys: Keys,
}

/// What the keys of objects may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// Those of a document that programs read by name: `__proto__`, `constructor` and `prototype` are refused.
    Document,
    /// Those of data: only `__proto__` is refused, because a JavaScript object cannot have it as a key among others. A
    /// Python dict with that key goes over the wire in its tagged form.
    Data,
}

impl Limits {
    /// Of a document: `input-validation.max-input-size`, `wire.max-depth`.
    pub fn document(policy: &Policy) -> Self {
        let max_bytes = policy.input_validation().max_input_size.bytes();
        Self { max_bytes, max_depth: policy.wire().max_depth.get(), max_string: max_bytes, keys: Keys::Document }
    }

    /// Of a value in a frame: `wire.max-frame`, `wire.max-depth`; one string may fill the frame, as `bytes` may.
    pub fn data(policy: &Policy) -> Self {
        let max_bytes = policy.wire().max_frame.bytes();
        Self { max_bytes, max_depth: policy.wire().max_depth.get(), max_string: max_bytes, keys: Keys::Data }
    }
}

/// Whether a text is JSON within limits.
///
/// # Errors
/// The first thing that is wrong, and where.
pub fn check(text: &str, limits: &Limits) -> Result<(), JsonError> {
    let mut reader = Reader::new(text, *limits)?;
    while reader.next_event()?.is_some() {}
    Ok(())
}

/// Reads a text within limits as a tree.
///
/// # Errors
/// As [`check`].
pub fn parse(text: &str, limits: &Limits) -> Result<Value, JsonError> {
    value::build(Reader::new(text, *limits)?)
}
