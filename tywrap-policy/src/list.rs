//! Lists of the policy: which replace their default and which extend it, and where each entry comes from.

use std::collections::BTreeMap;
use std::ops::Deref;

use toml::de::{DeTable, DeValue};

use crate::source::Reading;
use crate::value::{Raw, Value, wrong_type};
use crate::{Code, Place};

/// A list that replaces its default.
pub type Replacing<T> = List<T, false>;
/// A list that extends its default.
pub type Extending<T> = List<T, true>;

/// A list of the policy.
#[derive(Clone, Debug)]
pub struct List<T, const EXTENDS: bool> {
    entries: Vec<Entry<T>>,
    /// The `key = […]` of the file, where there is one.
    place: Option<Place>,
}

/// An entry of a list: a plain value, or `{ name = …, reason = … }`.
#[derive(Clone, Debug)]
pub struct Entry<T> {
    /// What the entry says.
    pub value: T,
    /// Why it is there.
    pub reason: Option<String>,
    /// Where it stands; absent where it is built in.
    pub place: Option<Place>,
}

impl<T, const EXTENDS: bool> List<T, EXTENDS> {
    /// A default.
    pub(crate) fn built_in(values: impl IntoIterator<Item = T>) -> Self {
        let entries = values.into_iter().map(|value| Entry { value, reason: None, place: None }).collect();
        Self { entries, place: None }
    }

    /// Where the file gives this list; absent where only the default holds.
    pub fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }

    /// Takes entries out.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&Entry<T>) -> bool) {
        self.entries.retain(keep);
    }
}

impl<T, const EXTENDS: bool> Deref for List<T, EXTENDS> {
    type Target = [Entry<T>];

    fn deref(&self) -> &[Entry<T>] {
        &self.entries
    }
}

impl<T: Value, const EXTENDS: bool> Value for List<T, EXTENDS> {
    fn expected() -> String {
        format!("an array; each item is {}, or that in `{{ name = …, reason = \"…\" }}`", T::expected())
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let Some(items) = raw.get_ref().as_array() else {
            wrong_type::<Self>(raw, reading);
            return None;
        };
        let mut entries: Vec<Entry<T>> = Vec::with_capacity(items.len());
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for item in items.iter() {
            let Some(entry) = entry::<T>(item, reading) else { continue };
            if let Some(first) = seen.insert(entry.value.write(), entries.len()) {
                let message = format!("{} stands twice in `{}`", entry.value.write(), reading.key);
                let first = entries.get(first).and_then(|entry: &Entry<T>| entry.place.as_ref());
                let note = first.map(|place| format!("note: first at {place}"));
                reading.warning(Code::PolicyStale, item.span(), message).notes.extend(note);
                continue;
            }
            entries.push(entry);
        }
        Some(Self { entries, place: Some(reading.source.place(raw.span())) })
    }

    fn write(&self) -> String {
        let items: Vec<String> = self.entries.iter().map(|entry| entry.value.write()).collect();
        format!("[{}]", items.join(", "))
    }

    fn over(self, default: Self) -> Self {
        if !EXTENDS {
            return self;
        }
        let entries = default.entries.into_iter().chain(self.entries).collect();
        Self { entries, place: self.place }
    }
}

fn entry<T: Value>(item: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Entry<T>> {
    let place = Some(reading.source.place(item.span()));
    match item.get_ref() {
        DeValue::Table(table) if table.contains_key("name") => {
            let reason = reason(table, reading);
            let value = table.get("name").and_then(|name| T::read(name, reading))?;
            Some(Entry { value, reason, place })
        }
        _ => T::read(item, reading).map(|value| Entry { value, reason: None, place }),
    }
}

/// Reads `reason` of `{ name, reason }` and reports any other key.
fn reason(table: &DeTable<'_>, reading: &mut Reading<'_>) -> Option<String> {
    for (key, _) in table.iter().filter(|(key, _)| !["name", "reason"].contains(&key.get_ref().as_ref())) {
        let message = format!("unknown key `{}` in an entry of `{}`", key.get_ref(), reading.key);
        let error = reading.error(Code::PolicyUnknownKey, key.span(), message);
        error.help.push("an entry is a string or `{ name = \"…\", reason = \"…\" }`".to_owned());
    }
    let raw = table.get("reason")?;
    match raw.get_ref().as_str().map(str::trim) {
        Some(text) if !text.is_empty() => Some(text.to_owned()),
        _ => {
            let message = format!("a `reason` in `{}` must be a text that is not empty", reading.key);
            reading.error(Code::PolicyValue, raw.span(), message);
            None
        }
    }
}
