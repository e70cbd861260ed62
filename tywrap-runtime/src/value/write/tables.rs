//! Writing columns, indexes and tables.

use super::Writer;
use crate::value::column::Rest;
use crate::value::index::Labels;
use crate::value::{Column, Index};

impl Writer<'_> {
    pub(super) fn column(&mut self, column: &Column) {
        self.tag("column");
        self.text.push(b',');
        self.string(column.dtype());
        self.part(column.data());
        match column.rest() {
            Rest::Nothing => {}
            Rest::Categories(categories, ordered) => {
                self.part(categories);
                self.text.extend_from_slice(if *ordered { b",true" } else { b",false" });
            }
            Rest::Fill(fill) => self.part(fill),
            Rest::Ends(right, closed) => {
                self.part(right);
                self.text.push(b',');
                self.string(closed.name());
            }
        }
        self.text.push(b']');
    }

    /// The index of a table, as one more part of it.
    pub(super) fn index(&mut self, index: Option<&Index>) {
        self.text.push(b',');
        let Some(index) = index else {
            self.text.extend_from_slice(b"null");
            return;
        };
        let is_bare = index.is_bare();
        if !is_bare {
            self.text.extend_from_slice(b"[\"index\",");
        }
        match index.kind() {
            Labels::Values(values) => self.value(values),
            Labels::Range(start, stop, step) => self.append(format_args!("[\"range\",{start},{stop},{step}]")),
            Labels::Levels(levels) => self.tagged_items("levels", levels),
        }
        if is_bare {
            return;
        }
        self.text.push(b',');
        self.tagged_items("list", index.names());
        self.text.push(b',');
        match index.frequency() {
            Some(frequency) => self.string(frequency),
            None => self.text.extend_from_slice(b"null"),
        }
        self.text.push(b']');
    }
}
