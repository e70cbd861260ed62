//! Tables of text.

use comfy_table::{Table, presets};

/// A table without lines.
pub(crate) fn plain() -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table
}

/// The text of a table, two spaces between its columns, every line ended.
pub(crate) fn text(mut table: Table) -> String {
    table.column_iter_mut().for_each(|column| {
        column.set_padding((0, 2));
    });
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}
