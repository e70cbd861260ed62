//! Why an emitted file was refused.

use std::fmt;
use std::ops::Range;

use tywrap_policy::escape::log_line;

/// How much of what was found is shown, in characters.
const SHOWN: usize = 60;

/// What stands in an emitted file that the grammar does not allow, and where. The file is not written, so the error
/// shows the text itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckError {
    /// Line, from 1.
    pub(super) line: usize,
    /// Column in characters, from 1.
    pub(super) column: usize,
    /// One line: what was found, or what was expected.
    pub(super) message: String,
    /// The text that is meant, cut and escaped; empty if the place is between characters.
    pub(super) found: String,
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
            message: message.into(),
            found: log_line(&text[start..end], SHOWN),
        }
    }
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)?;
        if self.found.is_empty() { Ok(()) } else { write!(f, ": `{}`", self.found) }
    }
}

impl std::error::Error for CheckError {}
