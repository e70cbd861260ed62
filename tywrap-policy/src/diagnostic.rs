//! Diagnostics as data. Rendering them is somebody else's work: the macro, the build script and the command each do it
//! for their own reader.

use std::fmt;
use std::path::PathBuf;

use crate::Code;

/// One thing to say to a user: what, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable kebab-case code.
    pub code: Code,
    /// Whether it stops the build.
    pub level: Level,
    /// One line: lower case, names in backticks, no full stop.
    pub message: String,
    /// The rule that decided, such as ``rule: `blocked-modules` at app/tywrap.toml:14:3``, and other facts.
    pub notes: Vec<String>,
    /// What to do, each a whole step; edits of TOML are given literally.
    pub help: Vec<String>,
    /// The place in a file, where there is one. Boxed, so that a diagnostic is small enough to be the error of a `Result`.
    pub place: Option<Box<Place>>,
}

/// Whether a diagnostic stops the build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It does not.
    Warning,
    /// It does.
    Error,
}

/// A range of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named to us.
    pub path: PathBuf,
    /// First line, from 1.
    pub line: usize,
    /// First column in characters, from 1.
    pub column: usize,
    /// Bytes of the file's text.
    pub span: std::ops::Range<usize>,
}

/// `path:line:column`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path.display(), self.line, self.column)
    }
}

impl Diagnostic {
    /// An error with nothing but its message.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self { code, level: Level::Error, message: message.into(), notes: Vec::new(), help: Vec::new(), place: None }
    }

    /// A warning with nothing but its message.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self { level: Level::Warning, ..Self::error(code, message) }
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds a step to take.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Sets the place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(Box::new(place));
        self
    }
}

/// The plain form: `message [code]`, then notes and help, a line each. It shows no source text.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.message, self.code)?;
        if !self.notes.is_empty() || !self.help.is_empty() {
            writeln!(f)?;
        }
        for note in &self.notes {
            write!(f, "\n{note}")?;
        }
        for help in &self.help {
            write!(f, "\nhelp: {help}")?;
        }
        Ok(())
    }
}
