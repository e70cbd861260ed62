//! JSON text, token by token.
//!
//! `serde_json` rounds an integer that does not fit 64 bits to a float without a word, and a visitor cannot tell that it
//! happened. Here every token is what its text says, and values are built without a tree in between.

use std::borrow::Cow;

use super::read::{Problem, ReadError};
use super::{BigInt, MAX_SAFE_INT};

/// A position in JSON text.
pub(super) struct Json<'a> {
    text: &'a str,
    at: usize,
}

/// A number as it was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
}

impl<'a> Json<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The next byte that is not white space, which is left; 0 at the end.
    pub(super) fn peek(&mut self) -> u8 {
        let bytes = self.text.as_bytes();
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(self.at) {
            self.at += 1;
        }
        bytes.get(self.at).copied().unwrap_or(0)
    }

    /// Takes `byte` if it comes next.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let next = self.peek() == byte;
        self.at += usize::from(next);
        next
    }

    /// Takes `byte`, or says that it is missing.
    pub(super) fn expect(&mut self, byte: u8, missing: &'static str) -> Result<(), ReadError> {
        if self.take(byte) { Ok(()) } else { Err(self.error(Problem::Syntax(missing))) }
    }

    /// Takes `word`, whose first letter has been seen.
    pub(super) fn word(&mut self, word: &str) -> Result<(), ReadError> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(self.error(Problem::Syntax("not a value")));
        }
        self.at += word.len();
        Ok(())
    }

    /// Nothing but white space may be left.
    pub(super) fn end(&mut self) -> Result<(), ReadError> {
        self.peek();
        if self.at < self.text.len() { Err(self.error(Problem::Syntax("text after the value"))) } else { Ok(()) }
    }

    /// A problem at the current position.
    pub(super) fn error(&self, problem: Problem) -> ReadError {
        ReadError { problem, at: self.at }
    }

    /// Takes a string.
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, ReadError> {
        self.expect(b'"', "a string must come here")?;
        let start = self.at;
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Borrowed(&self.text[start..self.at - 1]));
                }
                Some(b'\\') => return self.escaped(start).map(Cow::Owned),
                Some(0x20..) => self.at += 1,
                Some(_) => return Err(self.error(Problem::Syntax("a control character in a string"))),
                None => return Err(self.error(Problem::Syntax("a string without its end"))),
            }
        }
    }

    /// The rest of a string that has a backslash at the current position.
    fn escaped(&mut self, start: usize) -> Result<String, ReadError> {
        let bytes = self.text.as_bytes();
        let mut text = self.text[start..self.at].to_owned();
        let mut copied = self.at;
        loop {
            match bytes.get(self.at) {
                Some(b'"') => {
                    text.push_str(&self.text[copied..self.at]);
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    text.push_str(&self.text[copied..self.at]);
                    self.at += 1;
                    let escape = bytes.get(self.at).copied();
                    self.at += 1;
                    text.push(match escape {
                        Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
                        Some(b'b') => '\u{8}',
                        Some(b'f') => '\u{c}',
                        Some(b'n') => '\n',
                        Some(b'r') => '\r',
                        Some(b't') => '\t',
                        Some(b'u') => self.unicode()?,
                        _ => return Err(self.error(Problem::Syntax("an unknown escape in a string"))),
                    });
                    copied = self.at;
                }
                Some(0x20..) => self.at += 1,
                Some(_) => return Err(self.error(Problem::Syntax("a control character in a string"))),
                None => return Err(self.error(Problem::Syntax("a string without its end"))),
            }
        }
    }

    /// The character of `\uXXXX`, after the `u`; a high surrogate takes the low one after it.
    fn unicode(&mut self) -> Result<char, ReadError> {
        let unit = self.hex4()?;
        let code = match unit {
            0xd800..=0xdbff if self.text.as_bytes()[self.at..].starts_with(b"\\u") => {
                self.at += 2;
                match self.hex4()? {
                    low @ 0xdc00..=0xdfff => 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00),
                    _ => unit,
                }
            }
            _ => unit,
        };
        char::from_u32(code).ok_or_else(|| self.error(Problem::Syntax("half a surrogate pair in a string")))
    }

    fn hex4(&mut self) -> Result<u32, ReadError> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4);
        let code = digits.and_then(|digits| {
            digits.iter().try_fold(0, |code, &digit| Some(code * 16 + char::from(digit).to_digit(16)?))
        });
        self.at += 4;
        code.ok_or_else(|| self.error(Problem::Syntax("an escape without its four digits")))
    }

    /// Takes a number.
    pub(super) fn number(&mut self) -> Result<Number, ReadError> {
        let rest = &self.text[self.at..];
        let (length, integral) =
            number_length(rest.as_bytes()).ok_or_else(|| self.error(Problem::Syntax("not a value")))?;
        let text = &rest[..length];
        let number = if !integral || text == "-0" {
            // JSON's grammar of numbers is within Rust's.
            text.parse().ok().filter(|float: &f64| float.is_finite()).map(Number::Float).ok_or(Problem::NotFinite)
        } else {
            text.parse()
                .ok()
                .filter(|int: &i64| (-MAX_SAFE_INT..=MAX_SAFE_INT).contains(int))
                .map(Number::Int)
                .ok_or(Problem::IntRange)
        };
        let number = number.map_err(|problem| self.error(problem))?;
        self.at += length;
        Ok(number)
    }
}

/// The float that `text` writes, if it is a whole JSON number with a `.`, an `e` or an `E`, or one of the three words.
pub(super) fn float(text: &str) -> Option<f64> {
    match text {
        "nan" => return Some(f64::NAN),
        "inf" => return Some(f64::INFINITY),
        "-inf" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    let (length, integral) = number_length(text.as_bytes())?;
    if length != text.len() || integral {
        return None;
    }
    text.parse().ok().filter(|float: &f64| float.is_finite())
}

/// The integer that `text` writes.
pub(super) fn integer(text: &str) -> Option<super::Value> {
    BigInt::new(text).map(Into::into)
}

/// Bytes of the number that `bytes` begins with, and whether it has neither fraction nor exponent.
fn number_length(bytes: &[u8]) -> Option<(usize, bool)> {
    let digits = |from: usize| bytes[from.min(bytes.len())..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    at += match (bytes.get(at)?, digits(at)) {
        (b'0', 1) => 1,
        (b'1'..=b'9', count) => count,
        _ => return None,
    };
    let mut integral = true;
    if bytes.get(at) == Some(&b'.') {
        integral = false;
        at += 1 + Some(digits(at + 1)).filter(|&count| count > 0)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        integral = false;
        at += 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        at += Some(digits(at)).filter(|&count| count > 0)?;
    }
    Some((at, integral))
}
