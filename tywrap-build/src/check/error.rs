//! Why an emitted file was refused.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use tywrap_policy::Place;

/// What stands in an emitted file that the grammar does not allow, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckError {
    /// Line, from 1.
    pub(crate) line: usize,
    /// Column in characters, from 1.
    pub(crate) column: usize,
    /// Bytes of the text.
    pub(crate) span: Range<usize>,
    /// One line: what was found, or what was expected.
    pub(crate) message: String,
}

impl CheckError {
    /// An error at a range of the text. A range outside the text is moved into it.
    pub(super) fn at(text: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        let start = text.floor_char_boundary(span.start);
        let end = text.ceil_char_boundary(span.end).max(start);
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            span: start..end,
            message: message.into(),
        }
    }

    /// The place of the error in the file `path`.
    pub(crate) fn place(&self, path: &Path) -> Place {
        Place { path: path.to_path_buf(), line: self.line, column: self.column, span: self.span.clone() }
    }
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for CheckError {}
