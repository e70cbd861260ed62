//! Reading event by event.

use std::borrow::Cow;
use std::collections::HashSet;

use super::number::{self, Number};
use super::{JsonError, JsonErrorKind, Keys, Limits, text};

/// What a text of JSON consists of, in its order. Every `Key` is followed by the value it names.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<'t> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number without fraction and exponent, within ±(2^53 − 1).
    Integer(i64),
    /// Any other number, `-0` among them; it is finite.
    Float(f64),
    /// A string.
    String(Cow<'t, str>),
    /// `[`.
    ArrayStart,
    /// `]`.
    ArrayEnd,
    /// `{`.
    ObjectStart,
    /// The key of an object.
    Key(Cow<'t, str>),
    /// `}`.
    ObjectEnd,
}

/// Reads a text of JSON event by event, with every check.
#[derive(Debug)]
pub struct Reader<'t> {
    text: &'t str,
    at: usize,
    limits: Limits,
    open: Vec<Open<'t>>,
    /// The keys of all open objects that have had few, those of the innermost last.
    keys: Vec<Cow<'t, str>>,
    expect: Expect,
}

#[derive(Debug)]
enum Open<'t> {
    Array,
    Object(Seen<'t>),
}

/// The keys an object has had. Most objects are small, and comparing a few keys is faster than hashing them.
#[derive(Debug)]
enum Seen<'t> {
    /// Those of the reader's `keys` from here on.
    Few(usize),
    Many(HashSet<Cow<'t, str>>),
}

impl<'t> Seen<'t> {
    const FEW: usize = 8;

    /// Adds a key of the innermost object, and says whether it is new.
    fn insert(&mut self, few: &mut Vec<Cow<'t, str>>, key: Cow<'t, str>) -> bool {
        match self {
            Self::Few(first) if few[*first..].contains(&key) => false,
            Self::Few(first) if few.len() - *first < Self::FEW => {
                few.push(key);
                true
            }
            Self::Few(first) => {
                let mut many: HashSet<_> = few.drain(*first..).collect();
                let new = many.insert(key);
                *self = Self::Many(many);
                new
            }
            Self::Many(keys) => keys.insert(key),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    /// A value.
    Value,
    /// A value or `]`, after `[`.
    FirstItem,
    /// A key or `}`, after `{`.
    FirstKey,
    /// `,` or the end of what is open; the end of the text where nothing is.
    Next,
}

impl<'t> Reader<'t> {
    /// Starts to read.
    ///
    /// # Errors
    /// That the text is too large, or starts with a byte order mark.
    pub fn new(text: &'t str, limits: Limits) -> Result<Self, JsonError> {
        let reader = Self { text, at: 0, limits, open: Vec::new(), keys: Vec::new(), expect: Expect::Value };
        if u64::try_from(text.len()).unwrap_or(u64::MAX) > limits.max_bytes {
            return Err(reader.error(JsonErrorKind::TooLarge { limit: limits.max_bytes }));
        }
        if text.starts_with('\u{feff}') {
            return Err(reader.error(JsonErrorKind::ByteOrderMark));
        }
        Ok(reader)
    }

    /// The next event, or none at the end of the text. After an error, the result means nothing.
    ///
    /// # Errors
    /// What is wrong, and where.
    #[inline]
    pub fn next_event(&mut self) -> Result<Option<Event<'t>>, JsonError> {
        self.blanks();
        // What most events of large values are: one more item.
        if self.expect == Expect::Next && self.peek() == Some(b',') && matches!(self.open.last(), Some(Open::Array)) {
            self.at += 1;
            self.blanks();
            return self.value().map(Some);
        }
        self.any_event()
    }

    fn any_event(&mut self) -> Result<Option<Event<'t>>, JsonError> {
        match (self.expect, self.peek()) {
            (Expect::Next, None) if self.open.is_empty() => Ok(None),
            (Expect::Next, Some(_)) if self.open.is_empty() => Err(self.error(JsonErrorKind::Trailing)),
            (_, None) => Err(self.error(JsonErrorKind::Ends)),
            (Expect::Next, Some(b',')) => {
                self.at += 1;
                self.blanks();
                if matches!(self.open.last(), Some(Open::Object(_))) { self.key() } else { self.value() }.map(Some)
            }
            (Expect::Next | Expect::FirstItem | Expect::FirstKey, Some(b']' | b'}')) => self.end().map(Some),
            (Expect::FirstKey, Some(_)) => self.key().map(Some),
            (Expect::Value | Expect::FirstItem, Some(_)) => self.value().map(Some),
            (Expect::Next, Some(_)) => Err(self.unexpected()),
        }
    }

    /// The byte of the text that is read next.
    pub fn offset(&self) -> usize {
        self.at
    }

    #[inline]
    fn value(&mut self) -> Result<Event<'t>, JsonError> {
        let rest = &self.text[self.at..];
        let (event, length) = match rest.as_bytes().first() {
            None => return Err(self.error(JsonErrorKind::Ends)),
            Some(b'[') => return self.start(Open::Array, Event::ArrayStart, Expect::FirstItem),
            Some(b'{') => {
                return self.start(Open::Object(Seen::Few(self.keys.len())), Event::ObjectStart, Expect::FirstKey);
            }
            Some(b'"') => (Event::String(self.string()?), 0),
            Some(b'-' | b'0'..=b'9') => match number::read(rest).map_err(|kind| self.error(kind))? {
                (Number::Integer(integer), length) => (Event::Integer(integer), length),
                (Number::Float(float), length) => (Event::Float(float), length),
            },
            Some(b'n') if rest.starts_with("null") => (Event::Null, 4),
            Some(b't') if rest.starts_with("true") => (Event::Bool(true), 4),
            Some(b'f') if rest.starts_with("false") => (Event::Bool(false), 5),
            Some(_) => return Err(self.unexpected()),
        };
        self.at += length;
        self.expect = Expect::Next;
        Ok(event)
    }

    fn start(&mut self, open: Open<'t>, event: Event<'t>, expect: Expect) -> Result<Event<'t>, JsonError> {
        let limit = self.limits.max_depth;
        if u32::try_from(self.open.len()).unwrap_or(u32::MAX) >= limit {
            return Err(self.error(JsonErrorKind::TooDeep { limit }));
        }
        self.open.push(open);
        self.at += 1;
        self.expect = expect;
        Ok(event)
    }

    fn end(&mut self) -> Result<Event<'t>, JsonError> {
        let event = match (self.open.last(), self.peek()) {
            (Some(Open::Array), Some(b']')) => Event::ArrayEnd,
            (Some(Open::Object(_)), Some(b'}')) => Event::ObjectEnd,
            _ => return Err(self.unexpected()),
        };
        if let Some(Open::Object(Seen::Few(first))) = self.open.pop() {
            self.keys.truncate(first);
        }
        self.at += 1;
        self.expect = Expect::Next;
        Ok(event)
    }

    fn key(&mut self) -> Result<Event<'t>, JsonError> {
        match self.peek() {
            Some(b'"') => {}
            Some(_) => return Err(self.unexpected()),
            None => return Err(self.error(JsonErrorKind::Ends)),
        }
        let offset = self.at;
        let key = self.string()?;
        let special = match self.limits.keys {
            Keys::Document => matches!(&*key, "__proto__" | "constructor" | "prototype"),
            Keys::Data => key == "__proto__",
        };
        if special {
            return Err(JsonError { kind: JsonErrorKind::SpecialKey(key.into_owned()), offset });
        }
        if let Some(Open::Object(seen)) = self.open.last_mut()
            && !seen.insert(&mut self.keys, key.clone())
        {
            return Err(JsonError { kind: JsonErrorKind::DuplicateKey(key.into_owned()), offset });
        }
        self.blanks();
        match self.peek() {
            Some(b':') => self.at += 1,
            Some(_) => return Err(self.unexpected()),
            None => return Err(self.error(JsonErrorKind::Ends)),
        }
        self.expect = Expect::Value;
        Ok(Event::Key(key))
    }

    fn string(&mut self) -> Result<Cow<'t, str>, JsonError> {
        let start = self.at + 1;
        let (string, length) = text::read(&self.text[start..], self.limits.max_string)
            .map_err(|(kind, offset)| JsonError { kind, offset: start + offset })?;
        self.at = start + length;
        Ok(string)
    }

    #[inline]
    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn error(&self, kind: JsonErrorKind) -> JsonError {
        JsonError { kind, offset: self.at }
    }

    fn unexpected(&self) -> JsonError {
        let character = self.text[self.at..].chars().next();
        self.error(character.map_or(JsonErrorKind::Ends, JsonErrorKind::Unexpected))
    }
}
