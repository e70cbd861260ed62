//! Reading columns and tables.

use tywrap_policy::json::Event;

use super::{Problem, ReadError, Reader};
use crate::value::{Column, DataFrame, Series, TableError, Value};

impl Reader<'_> {
    /// A column or a table, after its tag.
    pub(super) fn table(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Result<Value, TableError>, ReadError>,
    ) -> Result<Value, ReadError> {
        self.tables = true;
        let made = self.nested(|reader| {
            let made = read(reader)?;
            reader.close()?;
            Ok(made)
        })?;
        made.map_err(|error| self.error(Problem::Table(error)))
    }

    pub(super) fn column(&mut self) -> Result<Result<Value, TableError>, ReadError> {
        let dtype = self.text()?;
        let Value::List(values) = self.value()? else {
            return Err(self.error(Problem::Form("the values of a column are a list")));
        };
        let column = if dtype == "category" {
            let categories = self.value()?;
            let Event::Bool(ordered) = self.event()? else {
                return Err(self.error(Problem::Form("whether categories have an order is true or false")));
            };
            Column::categories(values, categories, ordered)
        } else {
            Column::new(&dtype, values)
        };
        Ok(column.map(|column| Value::Column(Box::new(column))))
    }

    pub(super) fn frame(&mut self) -> Result<Result<Value, TableError>, ReadError> {
        const FORM: &str = "the columns of a table are a tagged `dict`";
        self.expect(&Event::ArrayStart, FORM)?;
        let Value::Dict(columns) = self.tagged_value()? else { return Err(self.error(Problem::Form(FORM))) };
        let index = self.index()?;
        Ok(DataFrame::new(columns, index).map(|frame| Value::DataFrame(Box::new(frame))))
    }

    pub(super) fn series(&mut self) -> Result<Result<Value, TableError>, ReadError> {
        let values = self.value()?;
        let index = self.index()?;
        let name = self.value()?;
        Ok(Series::new(values, index, name).map(|series| Value::Series(Box::new(series))))
    }

    /// The index of a table, if it has one.
    fn index(&mut self) -> Result<Option<Value>, ReadError> {
        Ok(match self.value()? {
            Value::None => None,
            index => Some(index),
        })
    }
}
