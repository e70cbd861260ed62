//! Rows against schemas, by their columns.
//!
//! What is decided here is what would be decided of the list that they are. Where a column does not say it, nothing is decided, and
//! whoever asked makes the list.

use super::fit::{Check, Fit, field};
use crate::grants::{Schema, SchemaId};
use crate::value::{Cells, Rows, Value};

impl Check {
    /// How well rows fit.
    pub(super) fn fit_rows(&mut self, schema: &'static Schema, rows: &Rows) -> Fit {
        match schema {
            Schema::List(item) | Schema::Sequence(item) | Schema::Iterable(item) => self.fit_row(*item, rows, false),
            schema if takes_no_container(schema) => Fit::No,
            Schema::Set(_) | Schema::Dict(..) | Schema::Record(_) => Fit::No,
            _ => self.leave_open(),
        }
    }

    /// How well each row fits.
    fn fit_row(&mut self, id: SchemaId, rows: &Rows, in_union: bool) -> Fit {
        match self.schema(id) {
            Schema::Any => Fit::Exact,
            Schema::Dict(key, item) => {
                let mut worst = Fit::Exact;
                for (name, cells) in rows.columns() {
                    worst = worst.min(self.fit(*key, &Value::from(name))).min(self.fit_cells(*item, cells));
                    if worst == Fit::No {
                        break;
                    }
                }
                worst
            }
            Schema::Record(fields) => {
                let mut required = fields.iter().filter(|field| field.required).count();
                let mut worst = Fit::Exact;
                for (name, cells) in rows.columns() {
                    let Some(field) = field(fields, name) else { return Fit::No };
                    required -= usize::from(field.required);
                    worst = worst.min(self.fit_cells(field.schema, cells));
                }
                if required > 0 { Fit::No } else { worst }
            }
            // Rows may each fit another member; only if all fit one as they are, it does not matter.
            Schema::Union(members) if !in_union => {
                let open = self.is_open;
                if members.iter().any(|&member| self.fit_row(member, rows, true) == Fit::Exact) {
                    self.is_open = open;
                    return Fit::Exact;
                }
                self.leave_open()
            }
            schema if takes_no_container(schema) => Fit::No,
            _ => self.leave_open(),
        }
    }

    fn fit_cells(&mut self, id: SchemaId, cells: &Cells) -> Fit {
        match cells {
            Cells::Ints(_) => self.fit_kind(id, &Value::Int(0)),
            Cells::Floats(_) => self.fit_kind(id, &Value::Float(0.0)),
            Cells::Bools(_) => self.fit_kind(id, &Value::Bool(false)),
            Cells::Numbers(_) => self.fit_kind(id, &Value::Int(0)).min(self.fit_kind(id, &Value::Float(0.0))),
            Cells::Values(values) => self.all(id, values),
            // Only results have it.
            Cells::Json(_) => self.leave_open(),
        }
    }

    /// How well every value of the type of `sample` fits.
    fn fit_kind(&mut self, id: SchemaId, sample: &Value) -> Fit {
        match self.schema(id) {
            Schema::Literal(_) => self.leave_open(),
            Schema::Union(members) if members.iter().any(|&member| self.looks_into(member)) => self.leave_open(),
            _ => self.fit(id, sample),
        }
    }

    /// Whether it may depend on a value, and not on its type alone, whether it fits.
    fn looks_into(&self, id: SchemaId) -> bool {
        matches!(self.schema(id), Schema::Literal(_) | Schema::Union(_))
    }

    /// Says that columns do not tell.
    fn leave_open(&mut self) -> Fit {
        self.is_open = true;
        Fit::No
    }

    /// Makes rows that fit into what the schema of a row asks for.
    pub(super) fn convert_rows(&mut self, id: SchemaId, rows: &mut Rows) {
        for (name, cells) in rows.columns_mut() {
            match self.schema(id) {
                Schema::Dict(_, item) => self.convert_cells(*item, cells),
                Schema::Record(fields) => {
                    if let Some(field) = field(fields, name) {
                        self.convert_cells(field.schema, cells);
                    }
                }
                // What fits a union of these does as it is.
                _ => {}
            }
        }
    }

    fn convert_cells(&mut self, id: SchemaId, cells: &mut Cells) {
        match cells {
            Cells::Values(values) => values.iter_mut().for_each(|value| self.convert(id, value)),
            // The only thing that is made of an `int`.
            Cells::Ints(buffer) | Cells::Numbers(buffer) if self.fit(id, &Value::Int(0)) == Fit::Converted => {
                *cells = Cells::Floats(buffer.clone());
            }
            _ => {}
        }
    }
}

/// Whether neither a list nor a dict fits a schema, whatever is in it.
fn takes_no_container(schema: &Schema) -> bool {
    matches!(
        schema,
        Schema::Never
            | Schema::None
            | Schema::Bool
            | Schema::Int
            | Schema::Float
            | Schema::Complex
            | Schema::Str
            | Schema::Bytes
            | Schema::Literal(_)
    )
}
