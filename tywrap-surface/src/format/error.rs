//! Why a surface file cannot be read.

use std::fmt;
use std::path::{Path, PathBuf};

/// A file that is not a surface of this version, with the place and the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatError {
    /// The file.
    pub path: PathBuf,
    /// One-based line, where one can be named.
    pub line: Option<usize>,
    /// What is wrong, as a sentence fragment.
    pub message: String,
    /// What to do next, as a sentence fragment.
    pub help: String,
}

impl FormatError {
    pub(super) fn new(path: &Path, line: Option<usize>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into(), help: help.into() }
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}; {}", self.message, self.help)
    }
}

impl std::error::Error for FormatError {}
