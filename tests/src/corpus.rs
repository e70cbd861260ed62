//! The attack corpus, `tests/attacks/corpus.json`.

use serde_json::Value;

const CORPUS: &str = include_str!("../attacks/corpus.json");

/// One attack.
#[derive(Clone, Debug)]
pub struct Attack {
    /// Its name, such as `gen-01`.
    pub id: String,
    /// What is attacked with.
    pub input: Value,
    /// What must come of it, for a reader.
    pub expect: String,
}

impl Attack {
    /// All attacks of a category.
    ///
    /// # Errors
    ///
    /// When the corpus is malformed, or has no such category: then the test that asks would test nothing.
    pub fn all(category: &str) -> Result<Vec<Self>, String> {
        // A JSON string may hold half a surrogate pair and a Rust string may not: one entry is exactly that.
        let corpus = CORPUS.replace(r#""\ud800""#, r#"{"utf16": [55296]}"#);
        let entries: Vec<Value> = serde_json::from_str(&corpus).map_err(|error| format!("corpus.json: {error}"))?;
        let attacks: Vec<Self> = entries
            .into_iter()
            .filter(|entry| entry["category"] == category)
            .map(|mut entry| Self {
                id: entry["id"].as_str().unwrap_or_default().to_owned(),
                input: entry["input"].take(),
                expect: entry["expect"].as_str().unwrap_or_default().to_owned(),
            })
            .collect();
        if attacks.is_empty() { Err(format!("the corpus has no category `{category}`")) } else { Ok(attacks) }
    }

    /// The input, if it is a text: in UTF-16, since one of them is half a surrogate pair.
    #[must_use]
    pub fn utf16(&self) -> Option<Vec<u16>> {
        if let Some(text) = self.input.as_str() {
            return Some(text.encode_utf16().collect());
        }
        if let Some(units) = self.input["utf16"].as_array() {
            return units.iter().map(|unit| u16::try_from(unit.as_u64()?).ok()).collect();
        }
        let times = usize::try_from(self.input["times"].as_u64()?).ok()?;
        let part = |name: &str| self.input[name].as_str().unwrap_or_default().to_owned();
        let text = part("prefix") + &part("repeat").repeat(times) + &part("suffix");
        Some(text.encode_utf16().collect())
    }

    /// The input, if it is a text of whole characters.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        String::from_utf16(&self.utf16()?).ok()
    }
}
