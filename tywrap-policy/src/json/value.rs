//! A text of JSON as a tree.

use super::{Event, JsonError, Reader};

/// A value. Objects keep the order of their keys, which are all different.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number without fraction and exponent, within ±(2^53 − 1).
    Integer(i64),
    /// Any other number, `-0` among them; it is finite.
    Float(f64),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Value>),
    /// An object.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The value of a key, where this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let Self::Object(entries) = self else { return None };
        entries.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }
}

/// What is being built: an array or object, and for an object the key whose value comes next.
struct Partial {
    value: Value,
    key: Option<String>,
}

pub(super) fn build(mut reader: Reader<'_>) -> Result<Value, JsonError> {
    let mut open: Vec<Partial> = Vec::new();
    let mut root = Value::Null;
    while let Some(event) = reader.next_event()? {
        let value = match event {
            Event::Null => Value::Null,
            Event::Bool(value) => Value::Bool(value),
            Event::Integer(value) => Value::Integer(value),
            Event::Float(value) => Value::Float(value),
            Event::String(value) => Value::String(value.into_owned()),
            Event::ArrayStart => {
                open.push(Partial { value: Value::Array(Vec::new()), key: None });
                continue;
            }
            Event::ObjectStart => {
                open.push(Partial { value: Value::Object(Vec::new()), key: None });
                continue;
            }
            Event::Key(key) => {
                if let Some(partial) = open.last_mut() {
                    partial.key = Some(key.into_owned());
                }
                continue;
            }
            Event::ArrayEnd | Event::ObjectEnd => match open.pop() {
                Some(partial) => partial.value,
                None => continue,
            },
        };
        match open.last_mut() {
            None => root = value,
            Some(Partial { value: Value::Array(items), .. }) => items.push(value),
            Some(Partial { value: Value::Object(entries), key }) => entries.extend(key.take().map(|key| (key, value))),
            // Only arrays and objects are open.
            Some(_) => {}
        }
    }
    Ok(root)
}
