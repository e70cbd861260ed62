//! Reading values strictly: everything that JSON parsers disagree on is refused.

use std::collections::HashSet;
use std::fmt;

use tywrap_policy::Code;

use super::json::{self, Json, Number};
use super::{ArrayError, Buffer, Dtype, Handle, NdArray, Value};

/// How large a value may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Most levels of nesting.
    pub(crate) depth: usize,
    /// Most bytes of text; buffers do not count.
    pub(crate) size: usize,
}

/// A value, and whether a [`Value::Handle`] is in it.
#[derive(Debug)]
pub(crate) struct Read<T> {
    pub(crate) value: T,
    pub(crate) handles: bool,
}

/// Positional arguments and keyword arguments.
pub(crate) type Arguments = (Vec<Value>, Vec<(String, Value)>);

/// Reads the value of a frame.
pub(crate) fn read(text: &[u8], tagged: bool, buffers: Vec<Buffer>, limits: Limits) -> Result<Read<Value>, ReadError> {
    let mut reader = Reader::new(text, tagged, buffers, limits)?;
    let value = reader.value()?;
    reader.finish(value)
}

/// Reads the value of a `CALL`: `[args, kwargs]`, which are not tagged themselves.
pub(crate) fn read_call(
    text: &[u8],
    tagged: bool,
    buffers: Vec<Buffer>,
    limits: Limits,
) -> Result<Read<Arguments>, ReadError> {
    const SHAPE: &str = "a call is `[args, kwargs]`: an array and an object";
    let mut reader = Reader::new(text, tagged, buffers, limits)?;
    reader.json.expect(b'[', SHAPE)?;
    reader.json.expect(b'[', SHAPE)?;
    let mut args = Vec::new();
    reader.items(|reader| {
        let value = reader.argument()?;
        args.push(value);
        Ok(())
    })?;
    reader.json.expect(b',', SHAPE)?;
    reader.json.expect(b'{', SHAPE)?;
    let kwargs = reader.fields()?;
    reader.json.expect(b']', SHAPE)?;
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
    /// What it is about.
    pub(crate) fn code(&self) -> Code {
        match self.problem {
            Problem::Size { .. } => Code::InputTooLarge,
            Problem::Dtype(_) => Code::ValueUnsupported,
            _ => Code::JsonRefused,
        }
    }
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    Size { length: usize, limit: usize },
    Depth { limit: usize },
    Utf8,
    Syntax(&'static str),
    DuplicateKey(String),
    ProtoKey,
    NotFinite,
    IntRange,
    Tag(String),
    Float,
    Int,
    Buffer,
    UnusedBuffer,
    Dtype(String),
    Array(ArrayError),
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
            Problem::DuplicateKey(key) => write!(f, "the key {key:?} stands twice in one object"),
            Problem::ProtoKey => write!(f, "the key `__proto__` is refused in an object; send a tagged `dict`"),
            Problem::NotFinite => write!(f, "a number is too large for a float; send a tagged `float`"),
            Problem::IntRange => write!(f, "an integer is outside ±(2^53 - 1); send a tagged `int`"),
            Problem::Tag(tag) => write!(f, "{tag:?} is no tag, or its parts are not as they must be"),
            Problem::Float => write!(f, "the text of a tagged `float` is no float"),
            Problem::Int => write!(f, "the text of a tagged `int` is no integer of at most 4300 digits"),
            Problem::Buffer => write!(f, "there is no such buffer, or it was used before"),
            Problem::UnusedBuffer => write!(f, "a buffer is not used"),
            Problem::Dtype(dtype) => write!(f, "{dtype:?} is no dtype that the wire carries"),
            Problem::Array(error) => write!(f, "{error}"),
            Problem::Unhashable => write!(f, "a list, set, dict or array can be neither a key nor in a set"),
            Problem::Omitted => write!(f, "only a direct positional argument can be omitted"),
        }?;
        write!(f, ", at byte {} of the value", self.at)
    }
}

struct Reader<'a> {
    json: Json<'a>,
    tagged: bool,
    buffers: Vec<Option<Buffer>>,
    /// Levels that may still be entered.
    levels: usize,
    limits: Limits,
    handles: bool,
}

impl<'a> Reader<'a> {
    fn new(text: &'a [u8], tagged: bool, buffers: Vec<Buffer>, limits: Limits) -> Result<Self, ReadError> {
        if text.len() > limits.size {
            return Err(ReadError { problem: Problem::Size { length: text.len(), limit: limits.size }, at: 0 });
        }
        let text =
            str::from_utf8(text).map_err(|error| ReadError { problem: Problem::Utf8, at: error.valid_up_to() })?;
        Ok(Self {
            json: Json::new(text),
            tagged,
            buffers: buffers.into_iter().map(Some).collect(),
            levels: limits.depth,
            limits,
            handles: false,
        })
    }

    fn finish<T>(mut self, value: T) -> Result<Read<T>, ReadError> {
        self.json.end()?;
        if self.buffers.iter().any(Option::is_some) {
            return Err(self.json.error(Problem::UnusedBuffer));
        }
        Ok(Read { value, handles: self.handles })
    }

    /// Any value that can stand anywhere.
    fn value(&mut self) -> Result<Value, ReadError> {
        match self.argument()? {
            Value::Omitted => Err(self.json.error(Problem::Omitted)),
            value => Ok(value),
        }
    }

    /// A value, or an omitted one.
    fn argument(&mut self) -> Result<Value, ReadError> {
        match self.json.peek() {
            b'"' => Ok(Value::Str(self.json.string()?.into_owned())),
            b'[' if self.tagged => self.tagged_value(),
            b'[' => self.list().map(Value::List),
            b'{' => self.object(),
            b'n' => self.json.word("null").map(|()| Value::None),
            b't' => self.json.word("true").map(|()| Value::Bool(true)),
            b'f' => self.json.word("false").map(|()| Value::Bool(false)),
            _ => self.number(),
        }
    }

    fn number(&mut self) -> Result<Value, ReadError> {
        Ok(match self.json.number()? {
            Number::Int(int) => Value::Int(int),
            Number::Float(float) => Value::Float(float),
        })
    }

    fn list(&mut self) -> Result<Vec<Value>, ReadError> {
        self.json.expect(b'[', "an array must come here")?;
        self.nested(|reader| {
            let mut items = Vec::new();
            reader.items(|reader| {
                let value = reader.value()?;
                items.push(value);
                Ok(())
            })?;
            Ok(items)
        })
    }

    fn object(&mut self) -> Result<Value, ReadError> {
        self.json.expect(b'{', "an object must come here")?;
        let fields = self.nested(Self::fields)?;
        Ok(Value::Dict(fields.into_iter().map(|(key, value)| (Value::Str(key), value)).collect()))
    }

    /// The fields of an object, after its `{`.
    fn fields(&mut self) -> Result<Vec<(String, Value)>, ReadError> {
        let mut fields: Vec<(String, Value)> = Vec::new();
        if self.json.take(b'}') {
            return Ok(fields);
        }
        // A few keys are compared one by one; more would make that quadratic.
        let mut seen: HashSet<String> = HashSet::new();
        loop {
            let key = self.json.string()?.into_owned();
            if key == "__proto__" {
                return Err(self.json.error(Problem::ProtoKey));
            }
            if fields.len() == 16 {
                seen.extend(fields.iter().map(|(key, _)| key.clone()));
            }
            let duplicate = match fields.len() {
                ..16 => fields.iter().any(|(other, _)| *other == key),
                _ => !seen.insert(key.clone()),
            };
            if duplicate {
                return Err(self.json.error(Problem::DuplicateKey(key)));
            }
            self.json.expect(b':', "a `:` is missing after a key")?;
            let value = self.value()?;
            fields.push((key, value));
            if self.json.take(b'}') {
                return Ok(fields);
            }
            self.json.expect(b',', "a `,` or `}` is missing after a field")?;
        }
    }

    /// Calls `each` at every item of an array, after its `[`.
    fn items(&mut self, mut each: impl FnMut(&mut Self) -> Result<(), ReadError>) -> Result<(), ReadError> {
        if self.json.take(b']') {
            return Ok(());
        }
        loop {
            each(self)?;
            if self.json.take(b']') {
                return Ok(());
            }
            self.comma()?;
        }
    }

    /// Calls `each` at every item of a tagged array, after its tag.
    fn rest(&mut self, mut each: impl FnMut(&mut Self) -> Result<(), ReadError>) -> Result<(), ReadError> {
        while !self.json.take(b']') {
            self.comma()?;
            each(self)?;
        }
        Ok(())
    }

    fn comma(&mut self) -> Result<(), ReadError> {
        self.json.expect(b',', "a `,` or `]` is missing after an item")
    }

    fn close(&mut self) -> Result<(), ReadError> {
        self.json.expect(b']', "a `]` is missing")
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, ReadError>) -> Result<T, ReadError> {
        let Some(levels) = self.levels.checked_sub(1) else {
            return Err(self.json.error(Problem::Depth { limit: self.limits.depth }));
        };
        self.levels = levels;
        let value = read(self)?;
        self.levels += 1;
        Ok(value)
    }

    /// An array of the tagged form.
    fn tagged_value(&mut self) -> Result<Value, ReadError> {
        self.json.expect(b'[', "an array must come here")?;
        let tag = self.json.string()?;
        match &*tag {
            "list" => self.nested(|reader| reader.values()).map(Value::List),
            "tuple" => self.nested(|reader| reader.values()).map(Value::Tuple),
            "set" => self.nested(|reader| reader.hashable_values()).map(Value::Set),
            "frozenset" => self.nested(|reader| reader.hashable_values()).map(Value::FrozenSet),
            "dict" => self.nested(|reader| {
                let mut items = Vec::new();
                reader.rest(|reader| {
                    let key = reader.hashable()?;
                    reader.comma()?;
                    let value = reader.value()?;
                    items.push((key, value));
                    Ok(())
                })?;
                Ok(Value::Dict(items))
            }),
            "int" => {
                let text = self.text_part()?;
                self.close()?;
                json::integer(&text).ok_or_else(|| self.json.error(Problem::Int))
            }
            "float" => {
                let float = self.float_text()?;
                Ok(Value::Float(float))
            }
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
            "handle" => {
                let id = self.unsigned()?;
                let class = self.text_part()?.into_owned();
                self.close()?;
                self.handles = true;
                Ok(Value::Handle(Handle { id, class: class.into() }))
            }
            "omitted" => {
                self.close()?;
                Ok(Value::Omitted)
            }
            _ => Err(self.json.error(Problem::Tag(shorten(&tag)))),
        }
    }

    fn values(&mut self) -> Result<Vec<Value>, ReadError> {
        let mut items = Vec::new();
        self.rest(|reader| {
            let value = reader.value()?;
            items.push(value);
            Ok(())
        })?;
        Ok(items)
    }

    fn hashable_values(&mut self) -> Result<Vec<Value>, ReadError> {
        let mut items = Vec::new();
        self.rest(|reader| {
            let value = reader.hashable()?;
            items.push(value);
            Ok(())
        })?;
        Ok(items)
    }

    fn hashable(&mut self) -> Result<Value, ReadError> {
        let value = self.value()?;
        if value.is_hashable() { Ok(value) } else { Err(self.json.error(Problem::Unhashable)) }
    }

    fn text_part(&mut self) -> Result<std::borrow::Cow<'a, str>, ReadError> {
        self.comma()?;
        self.json.string()
    }

    /// The text and the end of a `["float", …]`.
    fn float_text(&mut self) -> Result<f64, ReadError> {
        let text = self.text_part()?;
        self.close()?;
        json::float(&text).ok_or_else(|| self.json.error(Problem::Float))
    }

    fn complex_part(&mut self) -> Result<f64, ReadError> {
        self.comma()?;
        if !self.json.take(b'[') {
            return Ok(match self.json.number()? {
                // At most 2^53 - 1, so exact.
                Number::Int(int) => int as f64,
                Number::Float(float) => float,
            });
        }
        if self.json.string()? != "float" {
            return Err(self.json.error(Problem::Tag("complex".to_owned())));
        }
        self.float_text()
    }

    fn unsigned<T: TryFrom<i64>>(&mut self) -> Result<T, ReadError> {
        self.comma()?;
        self.count()
    }

    fn count<T: TryFrom<i64>>(&mut self) -> Result<T, ReadError> {
        match self.json.number()? {
            Number::Int(int) => T::try_from(int).map_err(|_| self.json.error(Problem::IntRange)),
            Number::Float(_) => Err(self.json.error(Problem::Syntax("a whole number must come here"))),
        }
    }

    fn buffer(&mut self) -> Result<Buffer, ReadError> {
        let index: usize = self.unsigned()?;
        let buffer = self.buffers.get_mut(index).and_then(Option::take);
        buffer.ok_or_else(|| self.json.error(Problem::Buffer))
    }

    fn array(&mut self) -> Result<Value, ReadError> {
        let data = self.buffer()?;
        let dtype = self.text_part()?;
        let dtype = Dtype::new(&dtype).ok_or_else(|| self.json.error(Problem::Dtype(shorten(&dtype))))?;
        self.comma()?;
        self.json.expect(b'[', "the shape of an array must come here")?;
        let mut shape = Vec::new();
        self.items(|reader| {
            let count: usize = reader.count()?;
            shape.push(count);
            Ok(())
        })?;
        self.close()?;
        let array = NdArray::new(dtype, shape, data).map_err(|error| self.json.error(Problem::Array(error)))?;
        Ok(Value::Array(Box::new(array)))
    }
}

/// Enough of a text that is quoted back.
fn shorten(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits { depth: 8, size: 1000 };

    fn plain(text: &str) -> Result<Value, Problem> {
        read(text.as_bytes(), false, Vec::new(), LIMITS).map(|read| read.value).map_err(|error| error.problem)
    }

    fn tagged(text: &str, buffers: &[&[u8]]) -> Result<Value, Problem> {
        let buffers = buffers.iter().map(|&bytes| bytes.into()).collect();
        read(text.as_bytes(), true, buffers, LIMITS).map(|read| read.value).map_err(|error| error.problem)
    }

    #[test]
    fn plain_text_is_read_as_written() {
        let dict = |items: &[(&str, Value)]| {
            Value::Dict(items.iter().map(|(key, value)| (Value::from(*key), value.clone())).collect())
        };
        let cases: &[(&str, Value)] = &[
            ("null", Value::None),
            (" true ", Value::Bool(true)),
            ("-9007199254740991", Value::Int(-9_007_199_254_740_991)),
            ("0", Value::Int(0)),
            ("-0", Value::Float(-0.0)),
            ("-0.0", Value::Float(-0.0)),
            ("1.0", Value::Float(1.0)),
            ("0.1e1", Value::Float(1.0)),
            ("1E2", Value::Float(100.0)),
            ("5e-324", Value::Float(5e-324)),
            (r#""\u0000""#, Value::from("\0")),
            (r#""a\"\\\/\b\f\n\r\t\ud83d\ude00é""#, Value::from("a\"\\/\u{8}\u{c}\n\r\t😀é")),
            ("[]", Value::List(vec![])),
            ("[1,[\"x\"]]", Value::List(vec![Value::Int(1), Value::List(vec!["x".into()])])),
            (
                r#"{"constructor":{"prototype":{"x":1}}}"#,
                dict(&[("constructor", dict(&[("prototype", dict(&[("x", 1.into())]))]))]),
            ),
            (r#"{"toJSON":"x"}"#, dict(&[("toJSON", "x".into())])),
            (r#"{"hasOwnProperty":1,"length":-1}"#, dict(&[("hasOwnProperty", 1.into()), ("length", (-1).into())])),
        ];
        for (text, value) in cases {
            assert_eq!(format!("{:?}", plain(text)), format!("{:?}", Ok::<_, Problem>(value)), "{text}");
        }
    }

    #[test]
    fn what_parsers_disagree_on_is_refused() {
        let syntax: &[&str] = &[
            "",
            " ",
            "\u{feff}{}",
            "{} {}",
            "{\"a\":1,}",
            "[1,]",
            "{'a':1}",
            "01",
            "-",
            "-01",
            "+1",
            ".5",
            "1.",
            "1.e5",
            "1e",
            "0x10",
            "NaN",
            "Infinity",
            "-Infinity",
            "nul",
            "nulll",
            "True",
            "undefined",
            "\"a",
            "\"\\x41\"",
            "\"\\u12\"",
            "\"\\u12g4\"",
            r#""\ud800""#,
            r#""\udc00""#,
            r#""\ud800\u0041""#,
            "\"\n\"",
            "\"\u{1}\"",
            "[1 2]",
            "{\"a\" 1}",
            "{1:2}",
            "]",
            "[",
            "{",
            "// x\n1",
            "1//",
            "\u{a0}1",
        ];
        for text in syntax {
            assert!(matches!(plain(text), Err(Problem::Syntax(_))), "{text:?}: {:?}", plain(text));
        }
        let nested = |open: &str, count: usize| open.repeat(count);
        let cases: &[(&str, Problem)] = &[
            (&nested("[", 900), Problem::Depth { limit: 8 }),
            (&nested("{\"a\":", 150), Problem::Depth { limit: 8 }),
            (&" ".repeat(1001), Problem::Size { length: 1001, limit: 1000 }),
            ("1e400", Problem::NotFinite),
            ("-1e400", Problem::NotFinite),
            ("9007199254740992", Problem::IntRange),
            ("9007199254740993", Problem::IntRange),
            ("-9007199254740992", Problem::IntRange),
            ("123456789012345678901234567890", Problem::IntRange),
            (r#"{"a":1,"a":1}"#, Problem::DuplicateKey("a".into())),
            (r#"{"a":1,"\u0061":1}"#, Problem::DuplicateKey("a".into())),
            (r#"{"__proto__":{}}"#, Problem::ProtoKey),
            (r#"[{"x":{"\u005f_proto__":1}}]"#, Problem::ProtoKey),
        ];
        for (text, problem) in cases {
            assert_eq!(plain(text).unwrap_err(), *problem, "{text}");
        }
        let many: Vec<String> = (0..40).map(|i| format!("\"k{}\":0", i % 39)).collect();
        assert_eq!(plain(&format!("{{{}}}", many.join(","))).unwrap_err(), Problem::DuplicateKey("k0".into()));
        let text = [b'"', 0xff, b'"'];
        assert_eq!(read(&text, false, Vec::new(), LIMITS).unwrap_err().problem, Problem::Utf8);
    }

    #[test]
    fn depth_counts_containers() {
        assert!(plain(&format!("{}1{}", "[".repeat(8), "]".repeat(8))).is_ok());
        assert!(plain(&format!("{}1{}", "[".repeat(9), "]".repeat(9))).is_err());
        let wrap = |count: usize| format!("{}[\"float\",\"nan\"]{}", "[\"tuple\",".repeat(count), "]".repeat(count));
        assert!(tagged(&wrap(8), &[]).is_ok());
        assert_eq!(tagged(&wrap(9), &[]).unwrap_err(), Problem::Depth { limit: 8 });
    }

    #[test]
    fn tags_are_read() {
        let f8 = Dtype::new("<f8").unwrap();
        let cases: &[(&str, &[&[u8]], Value)] = &[
            (r#"["list"]"#, &[], Value::List(vec![])),
            (r#"["tuple",1,["list",2]]"#, &[], Value::Tuple(vec![1.into(), Value::List(vec![2.into()])])),
            (r#"["set",1]"#, &[], Value::Set(vec![1.into()])),
            (r#"["frozenset",["tuple"]]"#, &[], Value::FrozenSet(vec![Value::Tuple(vec![])])),
            (
                r#"["dict",1,"a","__proto__",null]"#,
                &[],
                Value::Dict(vec![(1.into(), "a".into()), ("__proto__".into(), Value::None)]),
            ),
            (r#"["int","9007199254740993"]"#, &[], Value::Int(9_007_199_254_740_993)),
            (r#"["float","-inf"]"#, &[], Value::Float(f64::NEG_INFINITY)),
            (r#"["float","1.0"]"#, &[], Value::Float(1.0)),
            (r#"["complex",1,["float","inf"]]"#, &[], Value::Complex(1.0, f64::INFINITY)),
            (r#"["bytes",0]"#, &[b"ab"], Value::Bytes(b"ab".as_slice().into())),
            (r#"["array",0,"<f8",[1]]"#, &[&[0; 8]], NdArray::new(f8, [1], vec![0; 8]).unwrap().into()),
            (r#"["handle",7,"a:B"]"#, &[], Value::Handle(Handle { id: 7, class: "a:B".into() })),
            (r#"{"a":["tuple"]}"#, &[], Value::Dict(vec![("a".into(), Value::Tuple(vec![]))])),
        ];
        for (text, buffers, value) in cases {
            assert_eq!(tagged(text, buffers).unwrap(), *value, "{text}");
        }
    }

    #[test]
    fn tags_that_lie_are_refused() {
        let eight: &[u8] = &[0; 8];
        let cases: &[(&str, &[&[u8]], Problem)] = &[
            (r#"["object","x"]"#, &[], Problem::Tag("object".into())),
            (r#"["set",["list"]]"#, &[], Problem::Unhashable),
            (r#"["dict",["tuple",["set"]],1]"#, &[], Problem::Unhashable),
            (r#"["int","1.5"]"#, &[], Problem::Int),
            (r#"["int","0x10"]"#, &[], Problem::Int),
            (r#"["float","1"]"#, &[], Problem::Float),
            (r#"["float","infinity"]"#, &[], Problem::Float),
            (r#"["float","1e999"]"#, &[], Problem::Float),
            (r#"["bytes",0]"#, &[], Problem::Buffer),
            (r#"["bytes",1]"#, &[eight], Problem::Buffer),
            (r#"["list",["bytes",0],["bytes",0]]"#, &[eight], Problem::Buffer),
            (r#"["list",["bytes",0]]"#, &[eight, eight], Problem::UnusedBuffer),
            ("1", &[eight], Problem::UnusedBuffer),
            (r#"["bytes",-1]"#, &[eight], Problem::IntRange),
            (r#"["handle",4294967296,"a"]"#, &[], Problem::IntRange),
            (r#"["array",0,"|O",[1]]"#, &[eight], Problem::Dtype("|O".into())),
            (r#"["array",0,"<f8",[2]]"#, &[eight], Problem::Array(ArrayError::Length)),
            (r#"["array",0,"<f8",[-1]]"#, &[eight], Problem::IntRange),
            (r#"["array",0,"<f8",[9007199254740991,9007199254740991]]"#, &[eight], Problem::Array(ArrayError::Length)),
            (r#"["omitted"]"#, &[], Problem::Omitted),
            (r#"["list",["omitted"]]"#, &[], Problem::Omitted),
        ];
        for (text, buffers, problem) in cases {
            assert_eq!(tagged(text, buffers).unwrap_err(), *problem, "{text}");
        }
        for text in
            ["[]", "[1]", r#"["dict",1]"#, r#"["int"]"#, r#"["int","1","2"]"#, r#"["bytes",0.0]"#, r#"["omitted",1]"#]
        {
            assert!(matches!(tagged(text, &[]), Err(Problem::Syntax(_))), "{text}");
        }
    }

    #[test]
    fn calls_have_arguments_and_keywords() {
        let call = |text: &str, tagged| {
            read_call(text.as_bytes(), tagged, Vec::new(), LIMITS).map(|read| read.value).map_err(|error| error.problem)
        };
        assert_eq!(call("[[1],{\"axis\":0}]", false).unwrap(), (vec![1.into()], vec![("axis".into(), 0.into())]));
        assert_eq!(
            call(r#"[[["omitted"],["tuple"]],{}]"#, true).unwrap(),
            (vec![Value::Omitted, Value::Tuple(vec![])], vec![])
        );
        assert_eq!(call(r#"[[],{"a":["omitted"]}]"#, true).unwrap_err(), Problem::Omitted);
        assert_eq!(call("[[],{\"a\":1,\"a\":2}]", false).unwrap_err(), Problem::DuplicateKey("a".into()));
        for text in ["[]", "[[]]", "[[],[]]", "[{},{}]", "{}", "[[],{},1]", "null", "[[],{}", r#"["list",["list"],{}]"#]
        {
            assert!(matches!(call(text, false), Err(Problem::Syntax(_))), "{text}");
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_serde_json_where_both_accept(text in r#"[\[\]{}",:0-9eE+.\\ntrufalsu-]{0,24}"#) {
            let reference = serde_json::from_str::<serde_json::Value>(&text);
            if let Ok(value) = plain(&text) {
                prop_assert!(reference.is_ok(), "{text} was read as {value:?}");
            }
        }

        #[test]
        fn any_text_gives_a_value_or_an_error(text in ".{0,60}", is_tagged: bool) {
            let _ = read(text.as_bytes(), is_tagged, Vec::new(), LIMITS);
            let _ = read_call(text.as_bytes(), is_tagged, Vec::new(), LIMITS);
        }

        #[test]
        fn any_tagged_nonsense_gives_a_value_or_an_error(
            text in r#"(\["(list|dict|set|int|float|bytes|array|complex|handle|tuple)"|,|\]|1|"1"|"<f8"|\[1\]|\{\}){0,12}"#
        ) {
            let _ = read(text.as_bytes(), true, vec![Buffer::from(vec![0; 8])], LIMITS);
        }
    }
}
