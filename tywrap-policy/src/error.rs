//! A refusal at run time or build time, as it is logged and reported.

use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use crate::Code;

/// How bad a security event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Worth looking at.
    Medium,
    /// Somebody tries what is forbidden.
    High,
    /// A guard has failed or was switched off.
    Critical,
}

impl Severity {
    /// Every one, from the least to the worst.
    pub const ALL: &'static [Severity] = &[Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    /// The stable text, in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }

    /// The one of a text, if there is one.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|severity| severity.as_str() == text)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityError {
    /// What was refused.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// One line: lower case, names in backticks, no full stop.
    pub message: String,
    /// When.
    pub timestamp: SystemTime,
    /// Facts by name, sanitised for logs.
    pub context: BTreeMap<String, String>,
}

impl SecurityError {
    /// A refusal now, with the severity of its code.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            timestamp: SystemTime::now(),
            context: BTreeMap::new(),
        }
    }

    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.context.insert(key.to_owned(), value.into());
        self
    }
}

impl fmt::Display for SecurityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.message, self.code)
    }
}

impl std::error::Error for SecurityError {}
