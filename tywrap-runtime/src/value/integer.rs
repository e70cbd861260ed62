//! Integers that do not fit 64 bits.

use std::fmt;

/// Most digits of an integer on the wire: what Python itself converts from text by default.
const MAX_DIGITS: usize = 4300;

/// An integer of any size up to 4300 digits, in canonical decimal: no `+`, no leading zeros, no `-0`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BigInt(Box<str>);

impl BigInt {
    /// The integer this text writes, if it is canonical.
    pub fn new(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let canonical = match digits.as_bytes() {
            [b'0'] => text.len() == 1,
            [b'1'..=b'9', rest @ ..] => rest.len() < MAX_DIGITS && rest.iter().all(u8::is_ascii_digit),
            _ => false,
        };
        canonical.then(|| Self(text.into()))
    }

    /// Its decimal digits, after a `-` if it is negative.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BigInt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for BigInt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_canonical_text_is_an_integer() {
        for text in ["0", "7", "-7", "10", "123456789012345678901234567890", &"9".repeat(4300)] {
            assert_eq!(BigInt::new(text).as_ref().map(BigInt::as_str), Some(text));
        }
        let long = "9".repeat(4301);
        for text in ["", "-", "-0", "00", "01", "-01", "+1", " 1", "1 ", "1_000", "0x1", "1.0", "1e5", "١", &long] {
            assert_eq!(BigInt::new(text), None, "{text}");
        }
    }
}
