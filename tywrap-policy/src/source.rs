//! The text of a policy file with its line index, and the collector of everything there is to say about it.

use std::ops::Range;
use std::path::Path;

use crate::{Code, Diagnostic, Place};

/// A file's text that can turn byte ranges into lines and columns.
pub(crate) struct Source<'a> {
    path: &'a Path,
    text: &'a str,
    /// Byte offset of the first byte of every line; a look-up is a binary search, so that a long file stays linear.
    lines: Vec<usize>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(path: &'a Path, text: &'a str) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(index, _)| index + 1);
        Self { path, text, lines: std::iter::once(0).chain(starts).collect() }
    }

    pub(crate) fn place(&self, span: Range<usize>) -> Place {
        let start = self.boundary(span.start);
        let end = self.boundary(span.end.max(start));
        let line = self.lines.partition_point(|&first| first <= start);
        let first = self.lines.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let column = self.text.get(first..start).map_or(0, |before| before.chars().count()) + 1;
        Place { path: self.path.to_owned(), line, column, span: start..end }
    }

    /// A parser may point past the end, or into a character; a place never does.
    fn boundary(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }
}

/// Reading a policy: what is read goes into values, what is wrong goes in here, so that one run reports all of it.
pub(crate) struct Reading<'a> {
    pub(crate) source: &'a Source<'a>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The key being read, such as `subprocess.timeout`.
    pub(crate) key: String,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(source: &'a Source<'a>) -> Self {
        Self { source, diagnostics: Vec::new(), key: String::new() }
    }

    /// Records an error at a range of the file and returns it for notes and help.
    pub(crate) fn error(&mut self, code: Code, span: Range<usize>, message: impl Into<String>) -> &mut Diagnostic {
        self.push(Diagnostic::error(code, message).at(self.source.place(span)))
    }

    /// Records a warning at a range of the file and returns it for notes and help.
    pub(crate) fn warning(&mut self, code: Code, span: Range<usize>, message: impl Into<String>) -> &mut Diagnostic {
        self.push(Diagnostic::warning(code, message).at(self.source.place(span)))
    }

    fn push(&mut self, diagnostic: Diagnostic) -> &mut Diagnostic {
        let index = self.diagnostics.len();
        self.diagnostics.push(diagnostic);
        &mut self.diagnostics[index]
    }
}
