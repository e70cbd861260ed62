//! The printer: one list of declarations, written as `.ts`, `.js` or `.d.ts`.
//!
//! It keeps every literal in the order in which it writes them, for the check that reads the file back, and the places
//! where `.ts` and `.js` say the same, for the source map.

mod types;
mod values;

use tywrap_policy::escape::{identifier, string_literal};

pub(super) use self::values::literal_type;
use super::doc::Doc;
use super::file::File;
use crate::check::{Meant, Mode};

/// Signatures that fit into this many columns stay on one line.
const WIDTH: usize = 120;

/// What was printed.
pub(super) struct Printed {
    pub(super) text: String,
    /// Every literal, in order.
    pub(super) literals: Vec<Meant>,
    /// Line and column (UTF-16, from 0) of what stands in `.ts` and `.js` alike, in order.
    pub(super) marks: Vec<(u32, u32)>,
}

/// Prints a file in one of its three forms.
pub(super) fn print(file: &File, mode: Mode) -> Printed {
    let mut printer =
        Printer { file, mode, text: String::new(), literals: Vec::new(), marks: Vec::new(), line: 0, line_start: 0 };
    printer.file();
    Printed { text: printer.text, literals: printer.literals, marks: printer.marks }
}

struct Printer<'f> {
    file: &'f File,
    mode: Mode,
    text: String,
    literals: Vec<Meant>,
    marks: Vec<(u32, u32)>,
    line: u32,
    /// Where the current line begins.
    line_start: usize,
}

/// How far an attempt to print has got, to go back to.
struct Checkpoint {
    text: usize,
    literals: usize,
    line: u32,
    line_start: usize,
}

impl Printer<'_> {
    fn doc(&mut self, doc: &Doc) {
        self.doc_in(doc, "");
    }

    fn doc_in(&mut self, doc: &Doc, indent: &str) {
        match doc.lines() {
            _ if self.mode == Mode::Js => {}
            [] => {}
            [line] => {
                self.write(indent);
                self.write("/** ");
                self.write(line);
                self.write(" */\n");
            }
            lines => {
                self.write(indent);
                self.write("/**\n");
                for line in lines {
                    self.write(indent);
                    self.write(if line.is_empty() { " *" } else { " * " });
                    self.write(line);
                    self.write("\n");
                }
                self.write(indent);
                self.write(" */\n");
            }
        }
    }

    /// A key of an object or an object type. In a type, `"__proto__"` in quotes is a key like any other; no object that is
    /// written has it.
    fn key(&mut self, name: &str) {
        if identifier(name).is_ok() && name != "__proto__" {
            self.write(name);
        } else {
            self.string(name);
        }
    }

    fn string(&mut self, value: &str) {
        self.write(&string_literal(value));
        self.literals.push(Meant::Str(value.to_owned()));
    }

    fn index(&mut self, index: usize) {
        let text = index.to_string();
        self.write(&text);
        self.literals.push(Meant::Num(text));
    }

    fn separate(&mut self, at: usize, separator: &str) {
        if at > 0 {
            self.write(separator);
        }
    }

    fn newline(&mut self) {
        self.write("\n");
    }

    fn write(&mut self, text: &str) {
        self.text.push_str(text);
        if let Some(last) = text.rfind('\n') {
            #[expect(clippy::cast_possible_truncation, reason = "the check refuses a text longer than `u32` can count")]
            let newlines = text.bytes().filter(|byte| *byte == b'\n').count() as u32;
            self.line += newlines;
            self.line_start = self.text.len() - (text.len() - last - 1);
        }
    }

    /// Marks a place that stands in `.ts` and `.js` alike.
    fn mark(&mut self) {
        #[expect(clippy::cast_possible_truncation, reason = "the check refuses a text longer than `u32` can count")]
        let column = self.text[self.line_start..].encode_utf16().count() as u32;
        self.marks.push((self.line, column));
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            text: self.text.len(),
            literals: self.literals.len(),
            line: self.line,
            line_start: self.line_start,
        }
    }

    /// Whether the line that was begun before the checkpoint has become too wide.
    fn is_too_wide(&self, before: &Checkpoint) -> bool {
        self.line == before.line && self.text.len() - self.line_start > WIDTH
    }

    fn back_to(&mut self, before: Checkpoint) {
        self.text.truncate(before.text);
        self.literals.truncate(before.literals);
        self.line = before.line;
        self.line_start = before.line_start;
    }
}
