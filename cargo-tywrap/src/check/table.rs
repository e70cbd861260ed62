//! The table of what each module gets.

use comfy_table::{Cell, CellAlignment};
use tywrap_build::{Coverage, Positions};
use tywrap_contract::annotation::{Selection, Wish};

use super::Row;
use crate::table;

/// The columns of numbers.
const HEADERS: [&str; 8] = [
    "callables\nemitted",
    "\nmissing",
    "parameters\ntyped",
    "\npartly",
    "\nunknown",
    "returns\ntyped",
    "\npartly",
    "\nunknown",
];

/// A line of numbers.
#[derive(Default)]
pub(super) struct Numbers {
    pub(super) emitted: usize,
    pub(super) missing: usize,
    pub(super) parameters: Positions,
    pub(super) returns: Positions,
}

impl Numbers {
    /// Those of one annotation.
    pub(super) fn of(coverage: &Coverage) -> Self {
        Self {
            emitted: coverage.callables(),
            missing: coverage.missing_callables(),
            parameters: coverage.parameters,
            returns: coverage.returns,
        }
    }

    /// Those of all annotations together.
    pub(super) fn total(rows: &[Row]) -> Self {
        rows.iter().map(|row| Self::of(&row.coverage)).fold(Self::default(), |mut total, one| {
            total.emitted += one.emitted;
            total.missing += one.missing;
            total.parameters += one.parameters;
            total.returns += one.returns;
            total
        })
    }

    fn cells(&self) -> [usize; HEADERS.len()] {
        let Self { emitted, missing, parameters, returns } = self;
        let [first, second] = [parameters, returns].map(|of| [of.typed, of.partly, of.unknown]);
        let ([a, b, c], [d, e, f]) = (first, second);
        [*emitted, *missing, a, b, c, d, e, f]
    }
}

/// The table, one line for each annotation and one for all, every line ended.
pub(super) fn of(rows: &[Row]) -> String {
    let mut table = table::plain();
    let number = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    table.set_header(
        std::iter::once(Cell::new("\nmodule")).chain(HEADERS.iter().map(|header| number((*header).to_owned()))),
    );
    let mut line = |name: &str, numbers: &Numbers| {
        let cells = numbers.cells().into_iter().map(|cell| number(cell.to_string()));
        table.add_row(std::iter::once(Cell::new(name)).chain(cells));
    };
    for row in rows {
        line(&label(&row.wish), &Numbers::of(&row.coverage));
    }
    line("total", &Numbers::total(rows));
    table::text(table)
}

/// The name of an annotation in the table.
fn label(wish: &Wish) -> String {
    match wish.selection {
        Selection::All => wish.module.clone(),
        Selection::Only(_) => format!("{} (only)", wish.module),
        Selection::Except(_) => format!("{} (except)", wish.module),
    }
}
