//! One line: writing it behind the one before, and reading it with its hash checked.

use std::io::Write as _;
use std::time::SystemTime;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tywrap_policy::{Code, Severity};

use crate::security_log::event::{EventKind, SecurityEvent};

/// What the first line of a chain has for the hash of the one before.
pub(super) const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Far more than the longest line, so that what is longer was not written here.
pub(super) const LONGEST_LINE: u64 = 1 << 20;

/// Where a chain ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain {
    next_seq: u64,
    last_hash: String,
}

impl Chain {
    /// One that nothing is in.
    pub(super) fn new() -> Self {
        Self { next_seq: 1, last_hash: NO_HASH.to_owned() }
    }

    /// One that ends with a line.
    pub(super) fn after(record: &Record) -> Self {
        Self { next_seq: record.seq.saturating_add(1), last_hash: record.hash.clone() }
    }

    /// The number of the next event.
    pub(super) fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// The hash of the last line.
    pub(super) fn last_hash(&self) -> &str {
        &self.last_hash
    }

    /// Writes the next line. `torn` is the digest of what could not be read before it.
    pub(super) fn push(&mut self, event: &SecurityEvent, torn: Option<&str>, bytes: &mut Vec<u8>) {
        let start = bytes.len();
        let time = humantime::format_rfc3339_micros(event.timestamp());
        // Writing to memory does not fail.
        let _ = write!(bytes, "{{\"seq\":{},\"time\":\"{time}\",\"kind\":\"{}\"", self.next_seq, event.kind());
        let _ = write!(bytes, ",\"severity\":\"{}\"", event.severity());
        if let Some(code) = event.refusal_code() {
            let _ = write!(bytes, ",\"code\":\"{}\"", code.as_str());
        }
        bytes.extend_from_slice(b",\"message\":");
        string(event.message(), bytes);
        bytes.extend_from_slice(b",\"context\":{");
        for (at, (name, value)) in event.context().iter().enumerate() {
            if at > 0 {
                bytes.push(b',');
            }
            string(name, bytes);
            bytes.push(b':');
            string(value, bytes);
        }
        bytes.push(b'}');
        if let Some(digest) = torn {
            let _ = write!(bytes, ",\"torn\":\"{digest}\"");
        }
        let _ = write!(bytes, ",\"prev\":\"{}\"", self.last_hash);
        self.last_hash = digest(&bytes[start..]);
        self.next_seq += 1;
        let _ = writeln!(bytes, ",\"hash\":\"{}\"}}", self.last_hash);
    }
}

/// A line as it was written.
#[derive(Debug)]
pub(in crate::security_log) struct Record {
    pub(super) seq: u64,
    pub(super) prev: String,
    pub(super) hash: String,
    /// The digest of what could not be read before it.
    pub(super) torn: Option<String>,
    value: Value,
}

/// What a line is that is no [`Record`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoRecord {
    /// A line whose text is another than the one its hash is of, and the number that it says.
    Edited(Option<u64>),
    /// A part of a line, or no line at all.
    Torn,
}

impl Record {
    /// Reads a line without its line break.
    pub(super) fn parse(line: &[u8]) -> Result<Self, NoRecord> {
        /// `,"hash":"…"}`
        const END: usize = 9 + 64 + 2;
        // A crash leaves the beginning of a line, which is no whole object.
        let value: Value = serde_json::from_slice(line).map_err(|_| NoRecord::Torn)?;
        let number = value.get("seq").and_then(Value::as_u64);
        let Some(hashed) = line.len().checked_sub(END).and_then(|end| line.get(..end)) else {
            return Err(NoRecord::Edited(number));
        };
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        match (number, text("prev"), text("hash")) {
            (Some(seq), Some(prev), Some(hash)) if digest(hashed) == hash => {
                Ok(Self { seq, prev, hash, torn: text("torn"), value })
            }
            _ => Err(NoRecord::Edited(number)),
        }
    }

    /// When it happened.
    pub(in crate::security_log) fn time(&self) -> Option<SystemTime> {
        humantime::parse_rfc3339(self.value.get("time")?.as_str()?).ok()
    }

    /// Whether it is of a kind.
    pub(super) fn is(&self, kind: EventKind) -> bool {
        self.value.get("kind").and_then(Value::as_str) == Some(kind.as_str())
    }

    /// The event of that time, unless it is of a kind or a severity that this version does not know. Its texts are made
    /// safe once more: that a hash is right does not say who wrote the line.
    pub(in crate::security_log) fn event(&self, time: SystemTime) -> Option<SecurityEvent> {
        let text = |key: &str| self.value.get(key).and_then(Value::as_str);
        let kind = EventKind::parse(text("kind")?)?;
        let severity = Severity::parse(text("severity")?)?;
        let mut event = SecurityEvent::new(kind, severity, text("message").unwrap_or_default()).at(time);
        if let Some(code) = text("code").and_then(Code::parse) {
            event = event.code(code);
        }
        for (name, value) in self.value.get("context").and_then(Value::as_object).into_iter().flatten() {
            event = event.with(name, value.as_str().unwrap_or_default());
        }
        Some(event)
    }

    /// A fact that is a number.
    pub(in crate::security_log) fn number(&self, fact: &str) -> Option<u64> {
        self.value.get("context")?.get(fact)?.as_str()?.parse().ok()
    }
}

/// The SHA-256 of some bytes, as 64 digits and lower-case letters.
pub(super) fn digest(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// Writes a JSON string.
fn string(text: &str, bytes: &mut Vec<u8>) {
    // Text has no key that could fail, and memory takes everything.
    let _ = serde_json::to_writer(bytes, text);
}
