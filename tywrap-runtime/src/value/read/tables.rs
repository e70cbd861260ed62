//! Reading columns and tables.

use tywrap_policy::json::Event;

use super::{Problem, ReadError, Reader};
use crate::value::{Closed, Column, DataFrame, Index, Series, TableError, Value};

/// A value, or why the parts that were read make none.
type Made = Result<Value, TableError>;

const LABELS: &str = "labels are a list, an array or a column";

impl Reader<'_> {
    /// A column or a table, after its tag.
    pub(super) fn table(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Made, ReadError>,
    ) -> Result<Value, ReadError> {
        self.tables = true;
        let made = self.nested(|reader| {
            let made = read(reader)?;
            reader.close()?;
            Ok(made)
        })?;
        made.map_err(|error| self.error(Problem::Table(error)))
    }

    pub(super) fn column(&mut self) -> Result<Made, ReadError> {
        let column = self.column_as(false)?;
        Ok(column.map(|column| Value::Column(Box::new(column))))
    }

    /// A column after its tag. One that is a level may be of numpy's dtypes too.
    fn column_as(&mut self, is_level: bool) -> Result<Result<Column, TableError>, ReadError> {
        let dtype = self.text()?;
        if dtype == "interval" {
            return self.intervals();
        }
        let values = match (self.value()?, &*dtype) {
            (Value::List(values), _) => values,
            (Value::Array(values), "Sparse") => {
                let fill = self.value()?;
                return Ok(Column::sparse(*values, fill));
            }
            (Value::Array(values), _) => return Ok(Column::array(&dtype, *values)),
            _ => return Err(self.error(Problem::Form("the values of a column are a list or an array"))),
        };
        Ok(if dtype == "category" {
            let categories = self.value()?;
            let Event::Bool(ordered) = self.event()? else {
                return Err(self.error(Problem::Form("whether categories have an order is true or false")));
            };
            Column::categories(values, categories, ordered)
        } else if is_level {
            Column::level(&dtype, values)
        } else {
            Column::new(&dtype, values)
        })
    }

    fn intervals(&mut self) -> Result<Result<Column, TableError>, ReadError> {
        const FORM: &str = "intervals have a column for each end";
        let end = |reader: &mut Self| match reader.level()? {
            Ok(Value::Column(column)) => Ok(Ok(*column)),
            Ok(_) => Err(reader.error(Problem::Form(FORM))),
            Err(error) => Ok(Err(error)),
        };
        let (left, right) = (end(self)?, end(self)?);
        let closed = self.text()?;
        let closed = Closed::from_name(&closed);
        let closed =
            closed.ok_or_else(|| self.error(Problem::Form("which ends belong to intervals is a word of pandas'")))?;
        Ok(left.and_then(|left| Column::intervals(left, right?, closed)))
    }

    /// A list, or a column that may be of numpy's dtypes too; or anything else that stands there, for a table to refuse.
    fn level(&mut self) -> Result<Made, ReadError> {
        let event = self.event()?;
        self.level_of(event)
    }

    fn level_of(&mut self, event: Event<'_>) -> Result<Made, ReadError> {
        if event != Event::ArrayStart {
            return Err(self.error(Problem::Form(LABELS)));
        }
        let tag = self.text()?;
        self.labels(&tag)
    }

    /// Labels, after their tag.
    fn labels(&mut self, tag: &str) -> Result<Made, ReadError> {
        match tag {
            "list" => Ok(Ok(Value::List(self.nested(Self::values)?))),
            "column" => {
                let column = self.nested(|reader| {
                    let column = reader.column_as(true)?;
                    reader.close()?;
                    Ok(column)
                })?;
                Ok(column.map(|column| Value::Column(Box::new(column))))
            }
            "array" => Ok(Ok(self.array()?)),
            _ => Err(self.error(Problem::Form(LABELS))),
        }
    }

    pub(super) fn frame(&mut self) -> Result<Made, ReadError> {
        const FORM: &str = "a table has labels, a list of columns and an index";
        let labels = self.index()?;
        let Value::List(columns) = self.value()? else { return Err(self.error(Problem::Form(FORM))) };
        let index = self.index()?;
        let made = || {
            let labels = labels?.ok_or(TableError::Shape { part: "the labels".to_owned(), got: "None".to_owned() })?;
            DataFrame::of(labels, columns, index?)
        };
        Ok(made().map(|frame| Value::DataFrame(Box::new(frame))))
    }

    pub(super) fn series(&mut self) -> Result<Made, ReadError> {
        let values = self.value()?;
        let index = self.index()?;
        let name = self.value()?;
        let made = || Series::of(values, index?, name);
        Ok(made().map(|series| Value::Series(Box::new(series))))
    }

    /// The index of a table, if it has one.
    fn index(&mut self) -> Result<Result<Option<Index>, TableError>, ReadError> {
        match self.event()? {
            Event::Null => return Ok(Ok(None)),
            Event::ArrayStart => {}
            _ => return Err(self.error(Problem::Form(LABELS))),
        }
        let tag = self.text()?;
        let index =
            if tag == "index" { self.nested(Self::named_index)? } else { self.labels(&tag)?.and_then(Index::new) };
        Ok(index.map(Some))
    }

    /// An index with names and perhaps a frequency, after its tag.
    fn named_index(&mut self) -> Result<Result<Index, TableError>, ReadError> {
        self.expect(&Event::ArrayStart, LABELS)?;
        let tag = self.text()?;
        let index = match &*tag {
            "range" => {
                let (start, stop, step) = (self.count()?, self.count()?, self.count()?);
                self.close()?;
                Index::range(start, stop, step)
            }
            "levels" => {
                let mut levels = Vec::new();
                self.items(|reader, event| {
                    levels.push(reader.level_of(event)?);
                    Ok(())
                })?;
                levels.into_iter().collect::<Result<_, _>>().and_then(Index::levels)
            }
            tag => self.labels(tag)?.and_then(Index::new),
        };
        let Value::List(names) = self.value()? else {
            return Err(self.error(Problem::Form("the names of an index are a list")));
        };
        let frequency = match self.event()? {
            Event::Null => None,
            Event::String(text) => Some(text),
            _ => return Err(self.error(Problem::Form("the frequency of an index is null or text"))),
        };
        self.close()?;
        let index = index.and_then(|index| index.with_names(names));
        Ok(match frequency {
            Some(frequency) => index.and_then(|index| index.with_frequency(&frequency)),
            None => index,
        })
    }
}
