//! Writing values: plain JSON where that says it all, else the tagged form.

mod rows;
mod tables;

use super::{Buffer, MAX_SAFE_INT, Value};

/// Appends a value, and its buffers; says whether it is tagged.
pub(crate) fn write(value: &Value, text: &mut Vec<u8>, buffers: &mut Vec<Buffer>) -> bool {
    let tagged = !is_plain(value);
    Writer { text, buffers, tagged, bigint: false }.value(value);
    tagged
}

/// As [`write`], with every integer in the form that a client reads as a `bigint`.
pub(crate) fn write_bigint(value: &Value, text: &mut Vec<u8>, buffers: &mut Vec<Buffer>) -> bool {
    Writer { text, buffers, tagged: true, bigint: true }.value(value);
    true
}

/// Appends the arguments of a `CALL`, and their buffers; says whether they are tagged. With `bigint` as [`write_bigint`] does.
pub(crate) fn write_call(
    args: &[Value],
    kwargs: &[(String, Value)],
    bigint: bool,
    text: &mut Vec<u8>,
    buffers: &mut Vec<Buffer>,
) -> bool {
    let tagged = bigint || !(args.iter().all(is_plain) && kwargs.iter().all(|(_, value)| is_plain(value)));
    let mut writer = Writer { text, buffers, tagged, bigint };
    writer.text.extend_from_slice(b"[[");
    for (i, value) in args.iter().enumerate() {
        writer.separator(i);
        writer.value(value);
    }
    writer.text.extend_from_slice(b"],{");
    for (i, (name, value)) in kwargs.iter().enumerate() {
        writer.separator(i);
        writer.string(name);
        writer.text.push(b':');
        writer.value(value);
    }
    writer.text.extend_from_slice(b"}]");
    tagged
}

fn is_plain(value: &Value) -> bool {
    match value {
        Value::None | Value::Bool(_) | Value::Str(_) => true,
        Value::Int(int) => is_safe(*int),
        Value::Float(float) => float.is_finite(),
        Value::List(items) => items.iter().all(is_plain),
        Value::Dict(items) => is_object(items) && items.iter().all(|(_, value)| is_plain(value)),
        _ => false,
    }
}

fn is_safe(int: i64) -> bool {
    (-MAX_SAFE_INT..=MAX_SAFE_INT).contains(&int)
}

/// Whether a JSON object can hold it: keys are texts, none twice, and none that JavaScript treats in its own way.
fn is_object(items: &[(Value, Value)]) -> bool {
    let fine = items.iter().all(|(key, _)| matches!(key, Value::Str(key) if key != "__proto__"));
    if items.len() < 16 {
        return fine
            && items.iter().enumerate().all(|(i, (key, _))| items[..i].iter().all(|(other, _)| !same(other, key)));
    }
    let mut seen = std::collections::HashSet::with_capacity(items.len());
    fine && items.iter().all(|(key, _)| matches!(key, Value::Str(key) if seen.insert(key)))
}

fn same(one: &Value, other: &Value) -> bool {
    matches!((one, other), (Value::Str(one), Value::Str(other)) if one == other)
}

struct Writer<'a> {
    text: &'a mut Vec<u8>,
    buffers: &'a mut Vec<Buffer>,
    tagged: bool,
    /// Integers that a JSON number could hold are tagged too.
    bigint: bool,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value) {
        match value {
            Value::None => self.text.extend_from_slice(b"null"),
            Value::Bool(true) => self.text.extend_from_slice(b"true"),
            Value::Bool(false) => self.text.extend_from_slice(b"false"),
            Value::Int(int) if is_safe(*int) && !self.bigint => self.display(int),
            Value::Int(int) => self.tag_text("int", int),
            Value::BigInt(int) => self.tag_text("int", int),
            Value::Float(float) => self.float(*float),
            Value::Complex(real, imaginary) => {
                self.tag("complex");
                self.text.push(b',');
                self.float(*real);
                self.text.push(b',');
                self.float(*imaginary);
                self.text.push(b']');
            }
            Value::Str(text) => self.string(text),
            Value::Bytes(bytes) => self.packed("bytes", bytes),
            Value::List(items) if self.tagged => self.tagged_items("list", items),
            Value::List(items) => {
                self.text.push(b'[');
                for (i, item) in items.iter().enumerate() {
                    self.separator(i);
                    self.value(item);
                }
                self.text.push(b']');
            }
            Value::Tuple(items) => self.tagged_items("tuple", items),
            Value::Rows(rows) => self.rows(rows),
            Value::Set(items) => self.tagged_items("set", items),
            Value::FrozenSet(items) => self.tagged_items("frozenset", items),
            Value::Dict(items) => self.dict(items),
            Value::Array(array) => {
                self.tag("array");
                self.buffer(array.data());
                self.text.push(b',');
                self.string(&array.dtype().name());
                self.text.extend_from_slice(b",[");
                for (i, count) in array.shape().iter().enumerate() {
                    self.separator(i);
                    self.display(count);
                }
                self.text.extend_from_slice(b"]]");
            }
            Value::Column(column) => self.column(column),
            Value::DataFrame(frame) => {
                self.tag("frame");
                self.index(Some(frame.labels()));
                self.text.push(b',');
                self.tagged_items("list", frame.columns());
                self.index(frame.index());
                self.text.push(b']');
            }
            Value::Series(series) => {
                self.tag("series");
                self.part(series.values());
                self.index(series.index());
                self.part(series.name());
                self.text.push(b']');
            }
            Value::Handle(handle) => {
                self.tag("handle");
                self.text.push(b',');
                self.display(&handle.id);
                self.text.push(b',');
                self.string(&handle.class);
                self.text.push(b']');
            }
            Value::Enum(member) => {
                self.tag("enum");
                self.text.push(b',');
                self.string(member.class());
                self.text.push(b',');
                self.string(member.name());
                self.text.push(b']');
            }
            Value::Scalar(scalar) => {
                self.tag("scalar");
                self.text.push(b',');
                self.string(scalar.class().name());
                self.text.push(b',');
                self.string(scalar.as_str());
                self.text.push(b']');
            }
            Value::Callback(callback) => {
                self.tag("callback");
                self.text.push(b',');
                self.display(&callback.id);
                self.text.extend_from_slice(if callback.asynchronous { b",true]" } else { b",false]" });
            }
            Value::Named(class, items) => {
                self.tag("named");
                self.text.push(b',');
                self.string(class);
                for item in items {
                    self.text.push(b',');
                    self.value(item);
                }
                self.text.push(b']');
            }
            Value::Omitted => {
                self.tag("omitted");
                self.text.push(b']');
            }
        }
    }

    /// One more part of a tagged array.
    fn part(&mut self, value: &Value) {
        self.text.push(b',');
        self.value(value);
    }

    fn dict(&mut self, items: &[(Value, Value)]) {
        // What is written in plain form was looked at before.
        if self.tagged && !is_object(items) {
            self.tag("dict");
            for (key, value) in items {
                self.text.push(b',');
                self.value(key);
                self.text.push(b',');
                self.value(value);
            }
            self.text.push(b']');
            return;
        }
        self.text.push(b'{');
        for (i, (key, value)) in items.iter().enumerate() {
            self.separator(i);
            self.value(key);
            self.text.push(b':');
            self.value(value);
        }
        self.text.push(b'}');
    }

    /// `{:?}` is the shortest text that reads back the same, and always has a `.` or an `e`, as the wire asks of floats.
    fn float(&mut self, float: f64) {
        if float.is_nan() {
            self.tag_text("float", &"nan");
        } else if float.is_infinite() {
            self.tag_text("float", &if float > 0.0 { "inf" } else { "-inf" });
        } else {
            self.append(format_args!("{float:?}"));
        }
    }

    /// A text as JSON: `"`, `\` and control characters escaped, everything else as it is.
    fn string(&mut self, text: &str) {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        self.text.push(b'"');
        let bytes = text.as_bytes();
        let mut copied = 0;
        for (i, &byte) in bytes.iter().enumerate() {
            if byte >= 0x20 && byte != b'"' && byte != b'\\' {
                continue;
            }
            self.text.extend_from_slice(&bytes[copied..i]);
            copied = i + 1;
            match byte {
                b'"' | b'\\' => self.text.extend_from_slice(&[b'\\', byte]),
                b'\n' => self.text.extend_from_slice(b"\\n"),
                b'\r' => self.text.extend_from_slice(b"\\r"),
                b'\t' => self.text.extend_from_slice(b"\\t"),
                _ => {
                    self.text.extend_from_slice(b"\\u00");
                    self.text.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
                }
            }
        }
        self.text.extend_from_slice(&bytes[copied..]);
        self.text.push(b'"');
    }

    fn tagged_items(&mut self, tag: &str, items: &[Value]) {
        self.tag(tag);
        for item in items {
            self.text.push(b',');
            self.value(item);
        }
        self.text.push(b']');
    }

    fn buffer(&mut self, bytes: &Buffer) {
        self.text.push(b',');
        self.display(&self.buffers.len());
        self.buffers.push(bytes.clone());
    }

    /// What a buffer says everything about.
    fn packed(&mut self, tag: &str, bytes: &Buffer) {
        self.tag(tag);
        self.buffer(bytes);
        self.text.push(b']');
    }

    /// The beginning of a tagged array.
    fn tag(&mut self, tag: &str) {
        self.append(format_args!("[\"{tag}\""));
    }

    fn tag_text(&mut self, tag: &str, text: &impl std::fmt::Display) {
        self.append(format_args!("[\"{tag}\",\"{text}\"]"));
    }

    fn separator(&mut self, index: usize) {
        if index > 0 {
            self.text.push(b',');
        }
    }

    fn display(&mut self, value: &impl std::fmt::Display) {
        self.append(format_args!("{value}"));
    }

    fn append(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing into memory does not fail.
        let _ = std::io::Write::write_fmt(self.text, arguments);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::value::{
        BigInt, Closed, Column, DataFrame, Dtype, EnumMember, Handle, Index, Limits, NdArray, Series, read,
    };
    use proptest::prelude::*;

    fn written(value: &Value) -> (String, bool, usize) {
        let (mut text, mut buffers) = (Vec::new(), Vec::new());
        let tagged = write(value, &mut text, &mut buffers);
        (String::from_utf8(text).unwrap(), tagged, buffers.len())
    }

    #[test]
    fn integers_that_a_client_reads_as_bigint() {
        let value = Value::List(vec![Value::Int(5), Value::Float(5.0), Value::Bool(true)]);
        let (mut text, mut buffers) = (Vec::new(), Vec::new());
        assert!(super::write_bigint(&value, &mut text, &mut buffers));
        assert_eq!(String::from_utf8(text).unwrap(), r#"["list",["int","5"],5.0,true]"#);
    }

    #[test]
    fn plain_where_it_says_it_all() {
        let big = Value::BigInt(BigInt::new("18446744073709551616").unwrap());
        let cases: &[(Value, &str, bool)] = &[
            (Value::Float(1.0), "1.0", false),
            (Value::Float(-0.0), "-0.0", false),
            (Value::Float(1e300), "1e300", false),
            (Value::Int(1), "1", false),
            (Value::Int(1 << 53), r#"["int","9007199254740992"]"#, true),
            (Value::List(vec![big]), r#"["list",["int","18446744073709551616"]]"#, true),
            (Value::List(vec![Value::Float(f64::NAN)]), r#"["list",["float","nan"]]"#, true),
            (Value::Complex(1.0, f64::NEG_INFINITY), r#"["complex",1.0,["float","-inf"]]"#, true),
            (Value::Dict(vec![("a".into(), vec![1].into())]), r#"{"a":[1]}"#, false),
            (Value::Dict(vec![("a".into(), Value::Tuple(vec![]))]), r#"{"a":["tuple"]}"#, true),
            (Value::Dict(vec![("__proto__".into(), 1.into())]), r#"["dict","__proto__",1]"#, true),
            (Value::Dict(vec![("a".into(), 1.into()), ("a".into(), 2.into())]), r#"["dict","a",1,"a",2]"#, true),
            (Value::Dict(vec![(1.into(), 2.into())]), r#"["dict",1,2]"#, true),
            ("\u{0}\u{1f}\"\\\n\u{2028}</script>".into(), "\"\\u0000\\u001f\\\"\\\\\\n\u{2028}</script>\"", false),
        ];
        for (value, text, tagged) in cases {
            assert_eq!(written(value), ((*text).to_owned(), *tagged, 0), "{value:?}");
        }
    }

    fn scalar() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::None),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            any::<i128>().prop_map(Value::from),
            any::<f64>().prop_filter("equals itself", |f| !f.is_nan()).prop_map(Value::Float),
            ".{0,8}".prop_map(Value::Str),
            (0.0..1.0, any::<i32>()).prop_map(|(re, im)| Value::Complex(re, im.into())),
            ("[a-z:]{1,6}", "[A-Z|\"]{0,4}").prop_map(|(class, name)| Value::Enum(EnumMember::new(class, name))),
            any::<u32>().prop_map(|id| Value::Handle(Handle { id, class: "a:B".into() })),
            prop::collection::vec(any::<u8>(), 0..20).prop_map(|bytes| Value::Bytes(bytes.into())),
        ]
    }

    fn value() -> impl Strategy<Value = Value> {
        let array = prop::collection::vec(any::<u8>(), 0..20)
            .prop_map(|data| NdArray::new(Dtype::new("|u1").unwrap(), [data.len()], data).unwrap().into());
        prop_oneof![8 => scalar(), 2 => array, 1 => table()].prop_recursive(4, 24, 5, |inner| {
            let items = || prop::collection::vec(inner.clone(), 0..5);
            prop_oneof![
                items().prop_map(Value::List),
                items().prop_map(Value::Tuple),
                prop::collection::vec(scalar(), 0..4).prop_map(Value::Set),
                prop::collection::vec(scalar(), 0..4).prop_map(Value::FrozenSet),
                prop::collection::vec((scalar(), inner.clone()), 0..4).prop_map(Value::Dict),
                prop::collection::btree_map(".{0,3}", inner.clone(), 0..20)
                    .prop_map(|map| Value::Dict(map.into_iter().map(|(k, v)| (k.into(), v)).collect())),
            ]
        })
    }

    fn column() -> impl Strategy<Value = Value> {
        let missing = |value: Option<Value>| value.unwrap_or(Value::None);
        let column =
            |dtype: &'static str, values: Vec<Value>| Value::Column(Column::new(dtype, values).unwrap().into());
        prop_oneof![
            prop::collection::vec(prop::option::of(".{0,4}").prop_map(Value::from), 3)
                .prop_map(move |values| column("string", values)),
            prop::collection::vec(prop::option::of(any::<i64>()).prop_map(Value::from), 3)
                .prop_map(move |values| column("Int64", values)),
            prop::collection::vec(prop::option::of(scalar()).prop_map(missing), 3).prop_map(Value::List),
            (prop::collection::vec(any::<u8>(), 24), any::<i64>()).prop_map(|(data, fill)| {
                let data = NdArray::new(Dtype::new("<i8").unwrap(), [3], data).unwrap();
                Column::sparse(data, fill.into()).unwrap().into()
            }),
            prop::collection::vec(any::<u8>(), 24).prop_map(|data| {
                let data = NdArray::new(Dtype::new("<i8").unwrap(), [3], data).unwrap();
                Column::array("period[W-SUN]", data).unwrap().into()
            }),
            (prop::collection::vec(any::<i32>(), 3), Just(Closed::Both)).prop_map(|(ends, closed)| {
                let ends = Column::level("int64", ends.into_iter().map(Value::from).collect()).unwrap();
                Column::intervals(ends.clone(), ends, closed).unwrap().into()
            }),
            (prop::collection::vec(0..3usize, 3), any::<bool>()).prop_map(|(at, ordered)| {
                let known = ["a", "b", "c"].map(Value::from);
                let values = at.into_iter().map(|at| known[at].clone()).collect();
                Column::categories(values, Value::List(known.into()), ordered).unwrap().into()
            }),
        ]
    }

    fn table() -> impl Strategy<Value = Value> {
        let labels = |columns: &std::collections::BTreeMap<String, Value>| {
            Value::List(columns.keys().map(|label| label.as_str().into()).collect())
        };
        prop_oneof![
            (
                prop::collection::btree_map(".{0,3}", column(), 1..4),
                prop::option::of(index()),
                prop::option::of(scalar())
            )
                .prop_map(move |(columns, index, name)| {
                    let labels = Index::new(labels(&columns)).unwrap().with_names(vec![name.into()]).unwrap();
                    DataFrame::of(labels, columns.into_values().collect(), index).unwrap().into()
                }),
            (column(), prop::option::of(index()), scalar()).prop_map(|(values, index, name)| Series::of(
                values, index, name
            )
            .unwrap()
            .into()),
        ]
    }

    /// Of three labels.
    fn index() -> impl Strategy<Value = Index> {
        let levels = prop::collection::vec((prop::collection::vec(any::<i32>(), 3), any::<bool>()), 1..4);
        let level = |(items, named): (Vec<i32>, bool)| match items.into_iter().map(Value::from).collect() {
            items if named => Column::level("int64", items).unwrap().into(),
            items => Value::List(items),
        };
        prop_oneof![
            (column(), scalar()).prop_map(|(values, name)| Index::new(values).unwrap().with_names(vec![name]).unwrap()),
            (-9..9i64, 1..9i64, any::<bool>()).prop_map(|(start, step, up)| {
                let step = if up { step } else { -step };
                Index::range(start, start + 3 * step, step).unwrap()
            }),
            (levels, scalar()).prop_map(move |(levels, name)| {
                let names = vec![name; levels.len()];
                Index::levels(levels.into_iter().map(level).collect()).unwrap().with_names(names).unwrap()
            }),
            ("(-?[1-9][0-9]{0,8})?(D|W-SUN|QE-FEB|min)", prop::collection::vec(any::<u8>(), 24)).prop_map(
                |(frequency, data)| {
                    let times = NdArray::new(Dtype::new("<M8[ns]").unwrap(), [3], data).unwrap();
                    Index::new(times.into()).unwrap().with_frequency(&frequency).unwrap()
                }
            ),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(value in value()) {
            let (mut text, mut buffers) = (Vec::new(), Vec::new());
            let tagged = write(&value, &mut text, &mut buffers);
            let read = read(&text, tagged, buffers, Limits { depth: 16, size: usize::MAX }).unwrap();
            prop_assert_eq!(format!("{:?}", read.value), format!("{:?}", value));
        }

        #[test]
        fn serde_json_reads_what_is_written(value in value()) {
            let (text, _, _) = written(&value);
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
        }
    }
}
