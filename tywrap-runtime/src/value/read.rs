//! Reading values strictly: everything that JSON parsers disagree on is refused.

mod rows;
mod tables;

use std::borrow::Cow;
use std::fmt;

use tywrap_policy::Code;
use tywrap_policy::json::{self, Event, JsonError, JsonErrorKind};

use super::{
    ArrayError, BigInt, Buffer, Callback, Dtype, EnumMember, Handle, NdArray, Scalar, ScalarClass, TableError, Value,
};

/// How large a value may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Most levels of nesting.
    pub(crate) depth: usize,
    /// Most bytes of text; buffers do not count.
    pub(crate) size: usize,
}

/// A value, and whether a [`Value::Handle`], a [`Value::Enum`], a [`Value::Callback`], a column or table, or a [`Value::Rows`] is in it.
#[derive(Debug)]
pub(crate) struct Read<T> {
    pub(crate) value: T,
    pub(crate) handles: bool,
    pub(crate) enums: bool,
    pub(crate) callbacks: bool,
    pub(crate) tables: bool,
    pub(crate) rows: bool,
}

/// Positional arguments and keyword arguments.
pub(crate) type Arguments = (Vec<Value>, Vec<(String, Value)>);

/// Reads the value of a frame.
pub(crate) fn read(text: &[u8], tagged: bool, buffers: Vec<Buffer>, limits: Limits) -> Result<Read<Value>, ReadError> {
    let mut reader = Reader::new(text, tagged, buffers, limits)?;
    let value = reader.value()?;
    reader.finish(value)
}

/// As [`read`], of a value that goes on to a client: what is in plain form in it is read, and kept as it is.
pub(crate) fn read_result(
    text: &[u8],
    tagged: bool,
    buffers: Vec<Buffer>,
    limits: Limits,
) -> Result<Read<Value>, ReadError> {
    let mut reader = Reader::new(text, tagged, buffers, limits)?;
    reader.passes = true;
    let value = reader.value()?;
    reader.finish(value)
}

/// Reads text of the plain form from its first byte to its last, and makes nothing of it: what [`read`] refuses is refused.
pub(crate) fn check_plain(text: &[u8], limits: Limits) -> Result<(), ReadError> {
    let mut reader = Reader::new(text, false, Vec::new(), limits)?;
    let first = reader.event()?;
    reader.skip(&first)?;
    reader.finish(()).map(drop)
}

/// Reads the value of a `CALL`: `[args, kwargs]`, which are not tagged themselves.
pub(crate) fn read_call(
    text: &[u8],
    tagged: bool,
    buffers: Vec<Buffer>,
    limits: Limits,
) -> Result<Read<Arguments>, ReadError> {
    const FORM: &str = "a call is `[args, kwargs]`: an array and an object";
    let mut reader = Reader::new(text, tagged, buffers, limits)?;
    reader.expect(&Event::ArrayStart, FORM)?;
    reader.expect(&Event::ArrayStart, FORM)?;
    let mut args = Vec::new();
    reader.items(|reader, event| {
        args.push(reader.argument_of(event)?);
        Ok(())
    })?;
    reader.expect(&Event::ObjectStart, FORM)?;
    let kwargs = reader.fields(|name| name)?;
    reader.expect(&Event::ArrayEnd, FORM)?;
    reader.finish((args, kwargs))
}

/// Why text is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadError {
    pub(crate) problem: Problem,
    /// Bytes before the problem.
    pub(crate) at: usize,
}

impl ReadError {
    /// What the JSON reader refuses; where the wire has another form for it, in words that name that.
    fn json(error: JsonError, limits: Limits) -> Self {
        let problem = match error.kind {
            JsonErrorKind::TooDeep { .. } => Problem::Depth { limit: limits.depth },
            JsonErrorKind::DuplicateKey(key) => Problem::DuplicateKey(key),
            JsonErrorKind::SpecialKey(_) => Problem::ProtoKey,
            JsonErrorKind::NotFinite => Problem::NotFinite,
            JsonErrorKind::Integer => Problem::IntRange,
            kind => Problem::Syntax(kind),
        };
        Self { problem, at: error.offset }
    }

    /// What it is about.
    pub(crate) fn code(&self) -> Code {
        match self.problem {
            Problem::Size { .. } => Code::InputTooLarge,
            Problem::Dtype(_) | Problem::Table(TableError::Dtype(_)) => Code::ValueUnsupported,
            Problem::Table(_) => Code::CallType,
            _ => Code::JsonRefused,
        }
    }
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    Size {
        length: usize,
        limit: usize,
    },
    Depth {
        limit: usize,
    },
    Utf8,
    /// The text is not JSON.
    Syntax(JsonErrorKind),
    /// It is JSON, and not what must stand there.
    Form(&'static str),
    DuplicateKey(String),
    ProtoKey,
    NotFinite,
    IntRange,
    Tag(String),
    Float,
    Int,
    Scalar,
    Buffer,
    UnusedBuffer,
    Dtype(String),
    Array(ArrayError),
    Table(TableError),
    Cells,
    Unhashable,
    Omitted,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Problem::Size { length, limit } => {
                return write!(
                    f,
                    "{length} bytes of text are over `input-validation.max-input-size`, which is {limit}"
                );
            }
            Problem::Depth { limit } => write!(f, "nested deeper than `wire.max-depth`, which is {limit}"),
            Problem::Utf8 => write!(f, "not UTF-8"),
            Problem::Syntax(what) => write!(f, "not JSON: {what}"),
            Problem::Form(what) => write!(f, "not a value: {what}"),
            Problem::DuplicateKey(key) => write!(f, "the key {key:?} stands twice in one object"),
            Problem::ProtoKey => write!(f, "the key `__proto__` is refused in an object; send a tagged `dict`"),
            Problem::NotFinite => write!(f, "a number is too large for a float; send a tagged `float`"),
            Problem::IntRange => write!(f, "an integer is outside ±(2^53 - 1); send a tagged `int`"),
            Problem::Tag(tag) => write!(f, "{tag:?} is no tag, or its parts are not as they must be"),
            Problem::Float => write!(f, "the text of a tagged `float` is no float"),
            Problem::Int => write!(f, "the text of a tagged `int` is no integer of at most 4300 digits"),
            Problem::Scalar => write!(f, "the text of a tagged `scalar` is not of the form of its class"),
            Problem::Buffer => write!(f, "there is no such buffer, or it was used before"),
            Problem::UnusedBuffer => write!(f, "a buffer is not used"),
            Problem::Dtype(dtype) => write!(f, "{dtype:?} is no dtype that the wire carries"),
            Problem::Array(error) => write!(f, "{error}"),
            Problem::Table(error) => write!(f, "{error}"),
            Problem::Cells => write!(f, "a column of rows has not one value for each, or others than its tag says"),
            Problem::Unhashable => write!(f, "a list, set, dict or array can be neither a key nor in a set"),
            Problem::Omitted => write!(f, "only a direct positional argument can be omitted"),
        }?;
        write!(f, ", at byte {} of the value", self.at)
    }
}

/// Builds a value of the events of the one JSON reader.
struct Reader<'a> {
    json: json::Reader<'a>,
    tagged: bool,
    buffers: Vec<Option<Buffer>>,
    /// Levels that may still be entered.
    levels: usize,
    limits: Limits,
    handles: bool,
    enums: bool,
    callbacks: bool,
    tables: bool,
    rows: bool,
    text: &'a str,
    /// Bytes of text, and those that rows would have beside them if they were no rows.
    length: usize,
    /// Whether values in plain form among rows are kept as their text.
    passes: bool,
}

impl<'a> Reader<'a> {
    /// Levels of JSON that are none of the value: the two of a call, and those of a tagged array that holds a shape or a float.
    const AROUND: usize = 4;

    fn new(text: &'a [u8], tagged: bool, buffers: Vec<Buffer>, limits: Limits) -> Result<Self, ReadError> {
        if text.len() > limits.size {
            return Err(ReadError { problem: Problem::Size { length: text.len(), limit: limits.size }, at: 0 });
        }
        let text =
            str::from_utf8(text).map_err(|error| ReadError { problem: Problem::Utf8, at: error.valid_up_to() })?;
        let bytes = u64::try_from(limits.size).unwrap_or(u64::MAX);
        let json_limits = json::Limits {
            max_bytes: bytes,
            max_depth: u32::try_from(limits.depth.saturating_add(Self::AROUND)).unwrap_or(u32::MAX),
            max_string: bytes,
            keys: json::Keys::Data,
        };
        Ok(Self {
            json: json::Reader::new(text, json_limits).map_err(|error| ReadError::json(error, limits))?,
            tagged,
            buffers: buffers.into_iter().map(Some).collect(),
            levels: limits.depth,
            limits,
            handles: false,
            enums: false,
            callbacks: false,
            tables: false,
            rows: false,
            text,
            length: text.len(),
            passes: false,
        })
    }

    fn finish<T>(mut self, value: T) -> Result<Read<T>, ReadError> {
        // What follows the value is an error of the reader's.
        self.json.next_event().map_err(|error| ReadError::json(error, self.limits))?;
        if self.buffers.iter().any(Option::is_some) {
            return Err(self.error(Problem::UnusedBuffer));
        }
        let Self { handles, enums, callbacks, tables, rows, .. } = self;
        Ok(Read { value, handles, enums, callbacks, tables, rows })
    }

    fn event(&mut self) -> Result<Event<'a>, ReadError> {
        match self.json.next_event() {
            Ok(Some(event)) => Ok(event),
            Ok(None) => Err(self.error(Problem::Form("something must follow"))),
            Err(error) => Err(ReadError::json(error, self.limits)),
        }
    }

    /// The next event, which must be this one.
    fn expect(&mut self, expected: &Event<'_>, missing: &'static str) -> Result<(), ReadError> {
        if self.event()? == *expected { Ok(()) } else { Err(self.error(Problem::Form(missing))) }
    }

    fn close(&mut self) -> Result<(), ReadError> {
        self.expect(&Event::ArrayEnd, "a tagged array has more than its parts")
    }

    fn error(&self, problem: Problem) -> ReadError {
        ReadError { problem, at: self.json.offset() }
    }

    /// Any value that can stand anywhere.
    fn value(&mut self) -> Result<Value, ReadError> {
        let event = self.event()?;
        self.value_of(event)
    }

    fn value_of(&mut self, event: Event<'a>) -> Result<Value, ReadError> {
        match self.argument_of(event)? {
            Value::Omitted => Err(self.error(Problem::Omitted)),
            value => Ok(value),
        }
    }

    /// A value, or an omitted one, that starts with this event.
    fn argument_of(&mut self, event: Event<'a>) -> Result<Value, ReadError> {
        match event {
            Event::Null => Ok(Value::None),
            Event::Bool(value) => Ok(Value::Bool(value)),
            Event::Integer(int) => Ok(Value::Int(int)),
            Event::Float(float) => Ok(Value::Float(float)),
            Event::String(text) => Ok(Value::Str(text.into_owned())),
            Event::ArrayStart if self.tagged => self.tagged_value(),
            Event::ArrayStart => self.nested(Self::values).map(Value::List),
            Event::ObjectStart => self.nested(|reader| reader.fields(Value::Str)).map(Value::Dict),
            // Of an array, where one of its parts is due; the reader has no key here.
            Event::ArrayEnd | Event::ObjectEnd | Event::Key(_) => Err(self.error(Problem::Form("a part is missing"))),
        }
    }

    /// The fields of an object, after its `{`.
    fn fields<K>(&mut self, make: impl Fn(String) -> K) -> Result<Vec<(K, Value)>, ReadError> {
        let mut fields = Vec::new();
        // An object has nothing but keys and its end.
        while let Event::Key(key) = self.event()? {
            fields.push((make(key.into_owned()), self.value()?));
        }
        Ok(fields)
    }

    /// Calls `each` with the first event of every item of an array that has begun.
    fn items(&mut self, mut each: impl FnMut(&mut Self, Event<'a>) -> Result<(), ReadError>) -> Result<(), ReadError> {
        loop {
            match self.event()? {
                Event::ArrayEnd => return Ok(()),
                event => each(self, event)?,
            }
        }
    }

    /// Reads a value of the plain form that starts with this event, and makes nothing of it.
    fn skip(&mut self, first: &Event<'a>) -> Result<(), ReadError> {
        let mut depth = match first {
            Event::ArrayStart | Event::ObjectStart => 1,
            _ => 0,
        };
        while depth > 0 {
            if depth > self.levels {
                return Err(self.error(Problem::Depth { limit: self.limits.depth }));
            }
            match self.event()? {
                Event::ArrayStart | Event::ObjectStart => depth += 1,
                Event::ArrayEnd | Event::ObjectEnd => depth -= 1,
                _ => {}
            }
        }
        Ok(())
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, ReadError>) -> Result<T, ReadError> {
        let Some(levels) = self.levels.checked_sub(1) else {
            return Err(self.error(Problem::Depth { limit: self.limits.depth }));
        };
        self.levels = levels;
        let value = read(self)?;
        self.levels += 1;
        Ok(value)
    }

    /// An array of the tagged form, after its `[`.
    fn tagged_value(&mut self) -> Result<Value, ReadError> {
        let Event::String(tag) = self.event()? else {
            return Err(self.error(Problem::Form("an array starts with its tag")));
        };
        match &*tag {
            "list" => self.nested(Self::values).map(Value::List),
            "rows" => self.rows(),
            "plain" => {
                self.tagged = false;
                let value = self.value()?;
                self.tagged = true;
                self.close()?;
                Ok(value)
            }
            "tuple" => self.nested(Self::values).map(Value::Tuple),
            "set" => self.nested(Self::hashable_values).map(Value::Set),
            "frozenset" => self.nested(Self::hashable_values).map(Value::FrozenSet),
            "dict" => self.nested(|reader| {
                let mut items = Vec::new();
                reader.items(|reader, event| {
                    let key = reader.hashable_of(event)?;
                    items.push((key, reader.value()?));
                    Ok(())
                })?;
                Ok(Value::Dict(items))
            }),
            "int" => {
                let text = self.text()?;
                self.close()?;
                BigInt::new(&text).map(Value::from).ok_or_else(|| self.error(Problem::Int))
            }
            "float" => self.float_text().map(Value::Float),
            "complex" => {
                let real = self.complex_part()?;
                let imaginary = self.complex_part()?;
                self.close()?;
                Ok(Value::Complex(real, imaginary))
            }
            "bytes" => {
                let buffer = self.buffer()?;
                self.close()?;
                Ok(Value::Bytes(buffer))
            }
            "array" => self.array(),
            "column" => self.table(Self::column),
            "frame" => self.table(Self::frame),
            "series" => self.table(Self::series),
            "handle" => {
                let id = self.count()?;
                let class = self.text()?.into_owned();
                self.close()?;
                self.handles = true;
                Ok(Value::Handle(Handle { id, class: class.into() }))
            }
            "enum" => {
                let class = self.text()?.into_owned();
                let name = self.text()?.into_owned();
                self.close()?;
                self.enums = true;
                Ok(Value::Enum(EnumMember::new(class, name)))
            }
            "scalar" => {
                let class = self.text()?;
                let class = ScalarClass::from_name(&class).ok_or_else(|| self.error(Problem::Scalar))?;
                let text = self.text()?.into_owned();
                self.close()?;
                Scalar::new(class, text).map(Value::Scalar).ok_or_else(|| self.error(Problem::Scalar))
            }
            "callback" => {
                let id = self.count()?;
                self.close()?;
                self.callbacks = true;
                Ok(Value::Callback(Callback::new(id)))
            }
            "omitted" => {
                self.close()?;
                Ok(Value::Omitted)
            }
            _ => Err(self.error(Problem::Tag(shorten(&tag)))),
        }
    }

    /// The items of an array that has begun.
    fn values(&mut self) -> Result<Vec<Value>, ReadError> {
        let mut items = Vec::new();
        self.items(|reader, event| {
            items.push(reader.value_of(event)?);
            Ok(())
        })?;
        Ok(items)
    }

    fn hashable_values(&mut self) -> Result<Vec<Value>, ReadError> {
        let mut items = Vec::new();
        self.items(|reader, event| {
            items.push(reader.hashable_of(event)?);
            Ok(())
        })?;
        Ok(items)
    }

    fn hashable_of(&mut self, event: Event<'a>) -> Result<Value, ReadError> {
        let value = self.value_of(event)?;
        if value.is_hashable() { Ok(value) } else { Err(self.error(Problem::Unhashable)) }
    }

    fn text(&mut self) -> Result<Cow<'a, str>, ReadError> {
        match self.event()? {
            Event::String(text) => Ok(text),
            _ => Err(self.error(Problem::Form("a string must come here"))),
        }
    }

    /// The text and the end of a `["float", …]`.
    fn float_text(&mut self) -> Result<f64, ReadError> {
        let text = self.text()?;
        self.close()?;
        float(&text).ok_or_else(|| self.error(Problem::Float))
    }

    fn complex_part(&mut self) -> Result<f64, ReadError> {
        match self.event()? {
            // At most 2^53 - 1, so exact.
            Event::Integer(int) => Ok(int as f64),
            Event::Float(float) => Ok(float),
            Event::ArrayStart => match &*self.text()? {
                "float" => self.float_text(),
                _ => Err(self.error(Problem::Tag("complex".to_owned()))),
            },
            _ => Err(self.error(Problem::Tag("complex".to_owned()))),
        }
    }

    fn count<T: TryFrom<i64>>(&mut self) -> Result<T, ReadError> {
        let event = self.event()?;
        self.count_of(&event)
    }

    fn count_of<T: TryFrom<i64>>(&mut self, event: &Event<'_>) -> Result<T, ReadError> {
        match event {
            Event::Integer(int) => T::try_from(*int).map_err(|_| self.error(Problem::IntRange)),
            _ => Err(self.error(Problem::Form("a whole number must come here"))),
        }
    }

    fn buffer(&mut self) -> Result<Buffer, ReadError> {
        let index: usize = self.count()?;
        let buffer = self.buffers.get_mut(index).and_then(Option::take);
        buffer.ok_or_else(|| self.error(Problem::Buffer))
    }

    fn array(&mut self) -> Result<Value, ReadError> {
        let data = self.buffer()?;
        let dtype = self.text()?;
        let dtype = Dtype::new(&dtype).ok_or_else(|| self.error(Problem::Dtype(shorten(&dtype))))?;
        self.expect(&Event::ArrayStart, "the shape of an array must come here")?;
        let mut shape = Vec::new();
        self.items(|reader, event| {
            let count: usize = reader.count_of(&event)?;
            shape.push(count);
            Ok(())
        })?;
        self.close()?;
        let array = NdArray::new(dtype, shape, data).map_err(|error| self.error(Problem::Array(error)))?;
        Ok(Value::Array(Box::new(array)))
    }
}

/// The float that `text` writes, if it is one of the three words, or a number of JSON and nothing else, with a `.`, an `e` or an `E`.
fn float(text: &str) -> Option<f64> {
    match text {
        "nan" => return Some(f64::NAN),
        "inf" => return Some(f64::INFINITY),
        "-inf" => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    match json::number(text)? {
        json::Number::Float(float) if text.contains(['.', 'e', 'E']) => Some(float),
        _ => None,
    }
}

/// Enough of a text that is quoted back.
fn shorten(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests;
