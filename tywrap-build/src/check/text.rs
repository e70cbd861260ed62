//! The characters and comments of an emitted file, read before any parser sees it.
//!
//! The emitter writes a small part of ASCII outside comments and strings. Refusing the rest here means that this
//! reader and a full one agree on where strings and comments end: there is nothing else in which a quote or a `/*` could hide.

use std::ops::Range;

use super::{CheckError, Mode};

/// How deeply brackets may nest. Parsers recurse over these; surfaces that people write stay below 20.
const MAX_DEPTH: usize = 128;

/// Reads the text and returns where its comments are.
pub(super) fn scan(text: &str, mode: Mode) -> Result<Vec<Range<u32>>, CheckError> {
    if u32::try_from(text.len()).is_err() {
        return Err(CheckError::at(text, 0..0, "it is larger than 4 GiB"));
    }
    if !text.ends_with('\n') {
        return Err(CheckError::at(text, text.len()..text.len(), "it does not end with a line feed"));
    }
    Scanner { text, bytes: text.as_bytes(), mode, comments: Vec::new(), depth: 0 }.run()
}

struct Scanner<'t> {
    text: &'t str,
    bytes: &'t [u8],
    mode: Mode,
    comments: Vec<Range<u32>>,
    /// How many brackets are open.
    depth: usize,
}

impl Scanner<'_> {
    fn run(mut self) -> Result<Vec<Range<u32>>, CheckError> {
        let mut at = 0;
        while at < self.bytes.len() {
            let byte = self.bytes[at];
            match byte {
                b' ' | b'\n' => {
                    at += 1;
                    continue;
                }
                b'/' => {
                    at = self.comment(at)?;
                    continue;
                }
                b'"' => at = self.string(at)?,
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'$' => at += 1,
                b'.' | b',' | b';' | b':' | b'?' | b'|' | b'&' | b'-' => at += 1,
                b'=' if self.bytes.get(at + 1) != Some(&b'>') => at += 1,
                b'(' | b'[' | b'{' | b'<' => {
                    self.depth += 1;
                    at += 1;
                }
                b')' | b']' | b'}' | b'>' => {
                    // A bracket too many is the parser's to refuse.
                    self.depth = self.depth.saturating_sub(1);
                    at += 1;
                }
                _ => return Err(self.character(at)),
            }
            if self.depth > MAX_DEPTH {
                return Err(self.error(at..at, format!("it nests deeper than {MAX_DEPTH}")));
            }
        }
        let has_header = self.comments.first().is_some_and(|first| first.start == 0);
        let ends = |last: &Range<u32>| last.start > 0 && last.end as usize + 1 == self.bytes.len();
        if !has_header || self.comments.last().is_some_and(ends) != (self.mode == Mode::Js) {
            return Err(self.error(0..0, "it does not begin or end as the emitter writes it"));
        }
        Ok(self.comments)
    }

    /// Reads the string that starts at `start` and returns where it ends. Its value is compared later; here only the
    /// escaper's promise is checked, that nothing stands in it which means something outside it.
    fn string(&self, start: usize) -> Result<usize, CheckError> {
        let mut at = start + 1;
        loop {
            match self.bytes.get(at) {
                Some(b'"') => return Ok(at + 1),
                Some(b'\\') if self.bytes.get(at + 1).is_some_and(|&next| next != b'\n' && next.is_ascii()) => at += 2,
                Some(b'\\' | b'\n') | None => return Err(self.error(start..at, "a string that does not end")),
                Some(b'`' | b'$' | b'\'' | b'<' | b'>' | b'&') => return Err(self.character(at)),
                Some(0x20..=0x7e) => at += 1,
                Some(0x80..) => at = self.beyond_ascii(at)?,
                Some(_) => return Err(self.character(at)),
            }
        }
    }

    /// Reads the comment that starts at `start` and returns where it ends.
    fn comment(&mut self, start: usize) -> Result<usize, CheckError> {
        let end = match self.bytes.get(start + 1) {
            Some(b'/') => self.line_comment(start)?,
            Some(b'*') => self.block_comment(start)?,
            _ => return Err(self.character(start)),
        };
        #[expect(clippy::cast_possible_truncation, reason = "`scan` refuses a text longer than `u32` can count")]
        self.comments.push(start as u32..end as u32);
        Ok(end)
    }

    /// Two line comments are emitted: plain text as the first line, and the source map's name as the last line of a
    /// `.js` file.
    fn line_comment(&self, start: usize) -> Result<usize, CheckError> {
        let end = self.line_end(start);
        let text = &self.text[start..end];
        self.characters(start..end)?;
        let is_last = end + 1 == self.bytes.len() && self.bytes[start - usize::from(start > 0)] == b'\n';
        if (start == 0 && is_plain(text)) || (self.mode == Mode::Js && is_last && is_source_map(text)) {
            return Ok(end);
        }
        Err(self.error(start..end, "a line comment that is not one of the emitter's"))
    }

    /// A doc comment is alone on its lines, and each of its lines has its own start: `/**`, ` * text`, ` */`, all of them indented
    /// where it is that of a member of an interface. One that was closed early by its text therefore leaves a line that no doc comment has.
    fn block_comment(&self, start: usize) -> Result<usize, CheckError> {
        let Some(length) = self.text[start + 2..].find("*/") else {
            return Err(self.error(start..self.bytes.len(), "a comment that does not end"));
        };
        let end = start + 2 + length + 2;
        let text = &self.text[start..end];
        self.characters(start..end)?;
        let indent = [MEMBER_INDENT, ""].into_iter().find(|indent| self.text[..start].ends_with(indent)).unwrap_or("");
        let line = start - indent.len();
        let alone = line > 0 && self.bytes[line - 1] == b'\n' && self.bytes.get(end) == Some(&b'\n');
        if self.mode == Mode::Js || !alone || !is_doc(text, indent) {
            return Err(self.error(start..end, "a comment that is not laid out as the emitter does"));
        }
        if names_source_map(text) {
            return Err(self.error(start..end, "a comment that names a source map"));
        }
        Ok(end)
    }

    /// Checks the characters of a comment.
    fn characters(&self, range: Range<usize>) -> Result<(), CheckError> {
        let mut at = range.start;
        while at < range.end {
            match self.bytes[at] {
                b'\n' | 0x20..=0x7e => at += 1,
                0x80.. => at = self.beyond_ascii(at)?,
                _ => return Err(self.character(at)),
            }
        }
        Ok(())
    }

    /// Checks the character beyond ASCII at `at` and returns where the next one starts.
    fn beyond_ascii(&self, at: usize) -> Result<usize, CheckError> {
        match self.text[at..].chars().next() {
            Some(c) if !misleads(c) => Ok(at + c.len_utf8()),
            _ => Err(self.character(at)),
        }
    }

    fn line_end(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |length| at + length)
    }

    fn character(&self, at: usize) -> CheckError {
        let found = self.text[at..].chars().next().unwrap_or('\0');
        self.error(at..at, format!("the character `{}`", found.escape_default()))
    }

    fn error(&self, span: Range<usize>, message: impl Into<String>) -> CheckError {
        CheckError::at(self.text, span, message)
    }
}

/// Characters that show a text other than it is: controls, line ends that are not LF, marks that turn the direction
/// of writing (CVE-2021-42574), and characters without a shape that can carry hidden text.
fn misleads(c: char) -> bool {
    matches!(
        c,
        '\u{80}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// `// Text.`: a letter first, so that it is no directive (`// @ts-nocheck`, `//# …`, `/// <…`).
fn is_plain(text: &str) -> bool {
    text.strip_prefix("// ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// `//# sourceMappingURL=numpy.linalg.js.map`: a file beside this one.
fn is_source_map(text: &str) -> bool {
    text.strip_prefix("//# sourceMappingURL=").and_then(|rest| rest.strip_suffix(".js.map")).is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.')
    })
}

/// Whether tools that search a file for the name of its source map would find one in this comment.
fn names_source_map(text: &str) -> bool {
    text.contains("sourceMappingURL=") || text.contains("sourceURL=")
}

/// What stands before each line of a member of an interface.
const MEMBER_INDENT: &str = "  ";

/// `/** One line. */`, or `/**`, lines ` * text` (` *` where empty) and ` */`, of which all but the first are indented.
fn is_doc(text: &str, indent: &str) -> bool {
    let mut lines = text.split('\n');
    let Some(first) = lines.next() else { return false };
    let Some(last) = lines.next_back() else {
        let inner = first.strip_prefix("/** ").and_then(|rest| rest.strip_suffix(" */"));
        // TypeScript obeys `@ts-ignore` at the start of a comment's last line.
        return inner.is_some_and(|inner| !inner.trim_start_matches(['*', '/', ' ']).starts_with("@ts-"));
    };
    let is_line = |line: &str| {
        let line = line.strip_prefix(indent).and_then(|line| line.strip_prefix(" *"));
        line.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    first == "/**" && last.strip_prefix(indent) == Some(" */") && lines.all(is_line)
}
