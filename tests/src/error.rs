//! Why a tool could not be had.

use std::fmt;

/// What is missing, and what to do about it.
#[derive(Clone, PartialEq, Eq)]
pub struct SetupError {
    /// One line: what is missing or failed.
    pub what: String,
    /// The step to take.
    pub help: String,
    /// What the tool that failed said, if one did.
    pub output: String,
}

impl SetupError {
    pub(crate) fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: help.into(), output: String::new() }
    }

    #[must_use]
    pub(crate) fn with_output(mut self, output: impl Into<String>) -> Self {
        self.output = output.into();
        self
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nhelp: {}", self.what, self.help)?;
        if !self.output.is_empty() {
            write!(f, "\n\n{}", self.output.trim_end())?;
        }
        Ok(())
    }
}

/// A test that returns or unwraps the error prints this form, and a person reads it.
impl fmt::Debug for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for SetupError {}
