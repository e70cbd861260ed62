//! Reading rows.

use std::collections::HashSet;

use tywrap_policy::json::Event;

use super::{Problem, ReadError, Reader, shorten};
use crate::value::rows::{self, WIDTH};
use crate::value::{Buffer, Cells, Rows, Value};

impl Reader<'_> {
    /// Rows, after their tag.
    pub(super) fn rows(&mut self) -> Result<Value, ReadError> {
        let count: usize = self.count()?;
        if count == 0 {
            return Err(self.error(Problem::Form("rows are at least one")));
        }
        let keys = self.keys()?;
        // Each row has them, whatever is made of it, so they count as the text of a list would.
        let each: usize = keys.iter().map(|key| key.len() + r#""":"#.len()).sum::<usize>() + "{}".len();
        self.length = self.length.saturating_add(count.saturating_mul(each));
        if self.length > self.limits.size {
            return Err(self.error(Problem::Size { length: self.length, limit: self.limits.size }));
        }
        // A list, and a dict in it.
        let columns = self.nested(|reader| {
            reader.nested(|reader| (0..keys.len()).map(|_| reader.cells(count)).collect::<Result<_, _>>())
        })?;
        self.close()?;
        self.rows = true;
        Ok(Value::Rows(Box::new(Rows::new(count, keys, columns))))
    }

    fn keys(&mut self) -> Result<Vec<Box<str>>, ReadError> {
        self.expect(&Event::ArrayStart, "the keys of rows must come here")?;
        let mut keys: Vec<Box<str>> = Vec::new();
        self.items(|reader, event| match event {
            Event::String(key) if key == "__proto__" => Err(reader.error(Problem::ProtoKey)),
            Event::String(key) => {
                keys.push(key.into());
                Ok(())
            }
            _ => Err(reader.error(Problem::Form("a key of rows is a string"))),
        })?;
        let mut seen = HashSet::with_capacity(keys.len());
        match keys.iter().find(|key| !seen.insert(*key)) {
            Some(key) => Err(self.error(Problem::DuplicateKey(shorten(key)))),
            None if keys.is_empty() => Err(self.error(Problem::Form("rows have at least one key"))),
            None => Ok(keys),
        }
    }

    /// What the rows have under one key.
    fn cells(&mut self, count: usize) -> Result<Cells, ReadError> {
        self.expect(&Event::ArrayStart, "a column of rows must come here")?;
        let tag = self.text()?;
        let (got, cells) = match &*tag {
            "ints" | "floats" | "numbers" | "bools" => {
                let buffer = self.buffer()?;
                self.close()?;
                let width = if tag == "bools" { 1 } else { WIDTH };
                if count.checked_mul(width) != Some(buffer.len()) {
                    return Err(self.error(Problem::Cells));
                }
                return packed(&tag, buffer).ok_or_else(|| self.error(Problem::Cells));
            }
            "json" if self.passes => {
                let (start, mut got) = (self.json.offset(), 0);
                self.items(|reader, event| {
                    got += 1;
                    reader.skip(&event)
                })?;
                (got, Cells::Json(self.text[start..self.json.offset() - 1].into()))
            }
            "json" | "list" => {
                self.tagged = tag == "list";
                let values = self.values()?;
                self.tagged = true;
                (values.len(), Cells::Values(values))
            }
            _ => return Err(self.error(Problem::Tag(shorten(&tag)))),
        };
        if got == count { Ok(cells) } else { Err(self.error(Problem::Cells)) }
    }
}

/// Cells of a buffer of the right length, if each is what the tag says.
fn packed(tag: &str, buffer: Buffer) -> Option<Cells> {
    Some(match tag {
        "ints" => {
            rows::numbers(&buffer).all(|number| rows::as_int(number).is_some()).then_some(())?;
            Cells::Ints(buffer)
        }
        "floats" => Cells::Floats(buffer),
        "numbers" => Cells::numbers(buffer),
        _ => {
            buffer.iter().all(|byte| *byte <= 1).then_some(())?;
            Cells::Bools(buffer)
        }
    })
}
