//! The file a surface is kept in: JSON whose strings read like Python stubs, one overload a line, made for a diff.
//!
//! ```text
//! {
//! "format": 2,
//! "module": "math",
//! "names": {
//! "float": "class builtins:float",
//! "SupportsIndex": "class typing:SupportsIndex"
//! },
//! "items": [
//! {"func": "math:sqrt", "sig": "def sqrt(x: float | SupportsIndex, /) -> float"},
//! {"const": "math:pi", "sig": "pi: float"}
//! ],
//! …
//! ```
//!
//! `names` says where each name in a type is defined and whether it is a class, an alias or a `NewType`; a type variable
//! is written `~T`, as Python's own `repr` does. Everything else is Python's syntax for annotations and signatures.

mod entries;
mod error;
mod json;
mod names;
mod parse;
mod quote;
mod write;

pub(crate) use entries::{Detail, entries};
pub use error::FormatError;

use std::collections::BTreeMap;
use std::path::Path;

use crate::model::Surface;

impl Surface {
    /// The bytes of `.tywrap/<module>.json`: the same surface gives the same bytes. [`Surface::docs`] are not in it.
    ///
    /// Parameters must stand in Python's order (positional-only, positional, `*`, keyword-only, `**`), as they do in
    /// every signature that Python accepts.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::write_surface(self)
    }

    /// Reads what [`Surface::to_json`] wrote; `path` is named in errors. [`Surface::docs`] are empty.
    ///
    /// # Errors
    ///
    /// When the text is not a surface, or one of another format version.
    pub fn from_json(text: &str, path: &Path) -> Result<Surface, FormatError> {
        json::read_surface(text, path)
    }

    /// The bytes of `.tywrap/<module>.docs.json`.
    #[must_use]
    pub fn docs_to_json(&self) -> String {
        json::write_docs(self)
    }

    /// Reads what [`Surface::docs_to_json`] wrote; `path` is named in errors.
    ///
    /// # Errors
    ///
    /// When the text is not such a file, or one of another format version.
    pub fn docs_from_json(text: &str, path: &Path) -> Result<BTreeMap<String, String>, FormatError> {
        json::read_docs(text, path)
    }

    /// SHA-256 of [`Surface::to_json`], in lower-case hex: what the lock records.
    #[must_use]
    pub fn digest(&self) -> String {
        crate::digest::hex(self.to_json().as_bytes())
    }
}
