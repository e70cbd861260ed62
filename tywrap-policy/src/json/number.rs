//! Numbers of JSON.

use super::JsonErrorKind;

/// 2^53 − 1, the largest integer whose neighbours a 64-bit float can both tell from it.
const MAX_SAFE: i64 = (1 << 53) - 1;

/// Digits of [`MAX_SAFE`]; any integer of so many fits 64 bits.
const MAX_SAFE_DIGITS: usize = 16;

/// A number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// One without fraction and exponent, within ±(2^53 − 1).
    Integer(i64),
    /// Any other, `-0` among them; it is finite.
    Float(f64),
}

/// The number that a text is, if it is one from its first byte to its last, and [`Reader`](super::Reader) accepts it.
pub fn number(text: &str) -> Option<Number> {
    read(text).ok().filter(|(_, length)| *length == text.len()).map(|(number, _)| number)
}

/// Reads the number that `text` starts with, and says how many bytes it has.
#[inline]
pub(super) fn read(text: &str) -> Result<(Number, usize), JsonErrorKind> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let start = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(start);
    if whole == 0 || (whole > 1 && bytes[start] == b'0') {
        return Err(JsonErrorKind::Number);
    }
    let mut end = start + whole;
    let mut float = false;
    if bytes.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        if fraction == 0 {
            return Err(JsonErrorKind::Number);
        }
        end += 1 + fraction;
        float = true;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent == 0 {
            return Err(JsonErrorKind::Number);
        }
        end += 1 + sign + exponent;
        float = true;
    }
    let literal = &text[..end];
    let number = if float || literal == "-0" {
        // An integer has no sign of zero. Every literal of this grammar is one of Rust's; a huge exponent becomes infinity.
        match literal.parse::<f64>() {
            Ok(float) if float.is_finite() => Number::Float(float),
            _ => return Err(JsonErrorKind::NotFinite),
        }
    } else {
        // No leading zeros, so more digits than those of the largest are more than it.
        if whole > MAX_SAFE_DIGITS {
            return Err(JsonErrorKind::Integer);
        }
        let magnitude = bytes[start..end].iter().fold(0_i64, |value, digit| value * 10 + i64::from(digit - b'0'));
        if magnitude > MAX_SAFE {
            return Err(JsonErrorKind::Integer);
        }
        Number::Integer(if start == 1 { -magnitude } else { magnitude })
    };
    Ok((number, end))
}
