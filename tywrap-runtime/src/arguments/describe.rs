//! Schemas and values in words, for refusals.

use super::fit::{Check, Fit, named};
use crate::grants::{Literal, Schema, SchemaId};
use crate::value::Value;

/// Unions may nest; one that holds itself must end. It may hold itself twice, so the limit is low.
const MAX_UNIONS: u32 = 4;

/// Most members of a union or fields of a record that a message names.
const MAX_NAMED: usize = 8;

/// What a schema asks for, as Python would annotate it.
pub(super) fn expected(check: &Check, id: SchemaId) -> String {
    let mut text = String::new();
    write(check, id, 4, &mut text);
    text
}

/// The first part of the value that does not fit: where it is, what it should be, and what it is.
pub(super) fn mismatch(check: &mut Check, id: SchemaId, value: &Value) -> (String, SchemaId, String) {
    let mut path = String::new();
    let (mut id, mut value) = (id, value);
    while let Some((step, inner, item)) = inner_mismatch(check, id, value, 0) {
        path.push_str(&step);
        (id, value) = (inner, item);
    }
    (path, id, got(value))
}

/// What a value is, with its text or its number where that is short.
pub(super) fn got(value: &Value) -> String {
    match value {
        Value::Str(text) if text.len() <= 40 => format!("str {text:?}"),
        Value::Int(int) => format!("int {int}"),
        Value::Scalar(scalar) if scalar.as_str().len() <= 40 => format!("{} {scalar}", value.type_name()),
        Value::Array(array) => format!("numpy.ndarray of {}", array.dtype().name()),
        value => value.type_name().to_owned(),
    }
}

/// The first item of a container that does not fit, where the container itself does.
fn inner_mismatch<'v>(
    check: &mut Check,
    id: SchemaId,
    value: &'v Value,
    unions: u32,
) -> Option<(String, SchemaId, &'v Value)> {
    let index = |check: &mut Check, item: SchemaId, items: &'v [Value]| {
        let i = items.iter().position(|value| check.fit(item, value) == Fit::No)?;
        Some((format!("[{i}]"), item, &items[i]))
    };
    match (check.schema(id), value) {
        (Schema::List(item), Value::List(items))
        | (
            Schema::TupleOf(item) | Schema::Sequence(item) | Schema::Iterable(item),
            Value::List(items) | Value::Tuple(items),
        ) => index(check, *item, items),
        (Schema::Tuple(schemas) | Schema::NamedTuple(_, schemas), Value::List(items) | Value::Tuple(items))
            if schemas.len() == items.len() =>
        {
            let i = (0..items.len()).find(|&i| check.fit(schemas[i], &items[i]) == Fit::No)?;
            Some((format!("[{i}]"), schemas[i], &items[i]))
        }
        (Schema::Dict(key, item), Value::Dict(items)) => items.iter().find_map(|(k, v)| {
            if check.fit(*key, k) == Fit::No {
                return Some((String::from(" key"), *key, k));
            }
            (check.fit(*item, v) == Fit::No).then(|| (format!("[{}]", short(k)), *item, v))
        }),
        (Schema::Record(fields), Value::Dict(items)) => items.iter().find_map(|(k, v)| {
            let field = named(fields, k)?;
            (check.fit(field.schema, v) == Fit::No).then(|| (format!("[{}]", short(k)), field.schema, v))
        }),
        // Where one member alone is a container like the value, that is the one that was meant.
        (Schema::Union(members), value) if unions < MAX_UNIONS => {
            let mut found = members.iter().filter_map(|&member| inner_mismatch(check, member, value, unions + 1));
            let first = found.next()?;
            found.next().is_none().then_some(first)
        }
        _ => None,
    }
}

fn short(key: &Value) -> String {
    match key {
        Value::Str(text) => format!("{:?}", text.chars().take(40).collect::<String>()),
        value => got(value),
    }
}

fn write(check: &Check, id: SchemaId, levels: usize, text: &mut String) {
    if levels == 0 {
        text.push('…');
        return;
    }
    let schema = check.schema(id);
    match schema {
        Schema::Any => text.push_str("Any"),
        Schema::Never => text.push_str("Never"),
        Schema::None => text.push_str("None"),
        Schema::Bool => text.push_str("bool"),
        Schema::Int => text.push_str("int"),
        Schema::Float => text.push_str("float"),
        Schema::Complex => text.push_str("complex"),
        Schema::Str => text.push_str("str"),
        Schema::Bytes => text.push_str("bytes"),
        Schema::Literal(literals) => {
            join(text, " | ", literals.len(), |i, text| write_literal(&literals[i], text));
        }
        Schema::Union(members) => {
            join(text, " | ", members.len(), |i, text| write(check, members[i], levels - 1, text));
        }
        Schema::List(item) => generic("list", &[*item], check, levels, text),
        Schema::Sequence(item) => generic("Sequence", &[*item], check, levels, text),
        Schema::Iterable(item) => generic("Iterable", &[*item], check, levels, text),
        Schema::Tuple(items) => generic("tuple", items, check, levels, text),
        Schema::TupleOf(item) => {
            text.push_str("tuple[");
            write(check, *item, levels - 1, text);
            text.push_str(", ...]");
        }
        Schema::Set(item) => generic("set", &[*item], check, levels, text),
        Schema::Dict(key, item) => generic("dict", &[*key, *item], check, levels, text),
        Schema::Record(fields) => {
            text.push('{');
            join(text, ", ", fields.len(), |i, text| {
                text.push_str(fields[i].name);
                if !fields[i].required {
                    text.push('?');
                }
                text.push_str(": ");
                write(check, fields[i].schema, levels - 1, text);
            });
            text.push('}');
        }
        Schema::ArrayLike(kinds) => array("ArrayLike", kinds, text),
        Schema::Array(kinds) => array("numpy.ndarray", kinds, text),
        Schema::Function { .. } => text.push_str("a function"),
        Schema::Handle(class) | Schema::NamedTuple(class, _) => text.push_str(class),
    }
}

fn generic(name: &str, items: &[SchemaId], check: &Check, levels: usize, text: &mut String) {
    text.push_str(name);
    text.push('[');
    join(text, ", ", items.len(), |i, text| write(check, items[i], levels - 1, text));
    text.push(']');
}

fn array(name: &str, kinds: &[u8], text: &mut String) {
    text.push_str(name);
    if kinds.is_empty() {
        return;
    }
    text.push('[');
    join(text, " | ", kinds.len(), |i, text| {
        text.push_str(match kinds[i] {
            b'b' => "bool",
            b'i' => "int",
            b'u' => "unsigned",
            b'f' => "float",
            b'c' => "complex",
            b'M' => "datetime64",
            b'm' => "timedelta64",
            b'U' | b'T' => "str",
            b'S' => "bytes",
            b'O' => "object",
            _ => "void",
        });
    });
    text.push(']');
}

fn write_literal(literal: &Literal, text: &mut String) {
    match literal {
        Literal::None => text.push_str("None"),
        Literal::Bool(true) => text.push_str("True"),
        Literal::Bool(false) => text.push_str("False"),
        Literal::Int(int) => text.push_str(int),
        Literal::Str(str) => text.push_str(&format!("{str:?}")),
        Literal::Bytes(bytes) => text.push_str(&format!("b\"{}\"", bytes.escape_ascii())),
    }
}

fn join(text: &mut String, separator: &str, count: usize, mut each: impl FnMut(usize, &mut String)) {
    for i in 0..count.min(MAX_NAMED) {
        if i > 0 {
            text.push_str(separator);
        }
        each(i, text);
    }
    if count > MAX_NAMED {
        text.push_str(separator);
        text.push('…');
    }
}
