//! Writing rows.

use super::{Writer, is_plain};
use crate::value::{Cells, Rows};

impl Writer<'_> {
    pub(super) fn rows(&mut self, rows: &Rows) {
        self.tag("rows");
        self.text.push(b',');
        self.display(&rows.count());
        self.text.extend_from_slice(b",[");
        for (i, key) in rows.keys().iter().enumerate() {
            self.separator(i);
            self.string(key);
        }
        self.text.push(b']');
        for (_, cells) in rows.columns() {
            self.text.push(b',');
            self.cells(cells);
        }
        self.text.push(b']');
    }

    fn cells(&mut self, cells: &Cells) {
        match cells {
            // Each takes a tag.
            Cells::Ints(_) | Cells::Numbers(_) | Cells::Json(_) if self.bigint => {
                self.tagged_items("list", &cells.to_values());
            }
            Cells::Ints(buffer) => self.packed("ints", buffer),
            Cells::Floats(buffer) => self.packed("floats", buffer),
            Cells::Numbers(buffer) => self.packed("numbers", buffer),
            Cells::Bools(buffer) => self.packed("bools", buffer),
            Cells::Json(text) => {
                self.tag("json");
                self.text.extend_from_slice(text.as_bytes());
                self.text.push(b']');
            }
            Cells::Values(values) if !self.bigint && values.iter().all(is_plain) => {
                self.tagged = false;
                self.tagged_items("json", values);
                self.tagged = true;
            }
            Cells::Values(values) => self.tagged_items("list", values),
        }
    }
}
