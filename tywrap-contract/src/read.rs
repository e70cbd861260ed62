//! Reading the small text files of the contract, with errors that name file and line.

use std::path::{Path, PathBuf};

use tywrap_policy::{Code, Diagnostic, Place};

/// The text of a file, or `None` if there is no such file.
pub(crate) fn text(path: &Path, code: Code) -> Result<Option<String>, Diagnostic> {
    match std::fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(error) => {
                let offset = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let message = format!("`{}` is not UTF-8 from byte {offset} on", path.display());
                Err(Diagnostic::error(code, message).at(place(path, &text, offset..offset)))
            }
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(Diagnostic::error(code, format!("cannot read `{}`: {error}", path.display()))
                .at(start(path.to_owned())))
        }
    }
}

/// The place of a range of bytes in a text.
pub(crate) fn place(path: &Path, text: &str, span: std::ops::Range<usize>) -> Place {
    let before = text.get(..span.start).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Place {
        path: path.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        span,
    }
}

/// The start of a file, for what concerns all of it.
pub(crate) fn start(path: PathBuf) -> Place {
    Place { path, line: 1, column: 1, span: 0..0 }
}
