//! Numbers of JSON.

use super::JsonErrorKind;

/// 2^53 − 1, the largest integer whose neighbours a 64-bit float can both tell from it.
const MAX_SAFE: i64 = (1 << 53) - 1;

pub(super) enum Number {
    Integer(i64),
    Float(f64),
}

/// Reads the number that `text` starts with, and says how many bytes it has.
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
    let number = if float {
        // Every literal of this grammar is one of Rust's; a huge exponent becomes infinity.
        match literal.parse::<f64>() {
            Ok(float) if float.is_finite() => Number::Float(float),
            _ => return Err(JsonErrorKind::NotFinite),
        }
    } else {
        match literal.parse::<i64>() {
            Ok(integer) if integer.abs() <= MAX_SAFE => Number::Integer(integer),
            _ => return Err(JsonErrorKind::Integer),
        }
    };
    Ok((number, end))
}
