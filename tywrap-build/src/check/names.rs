//! The names of a file: what it imports and declares, and which type parameters are in scope.

use std::collections::HashSet;

use oxc_span::Span;

use super::statements::{Refusal, refuse};

/// Types that every TypeScript program has and that emitted files may name without an import. Sorted.
pub(super) const GLOBAL_TYPES: &[&str] = &[
    "Array",
    "ArrayBuffer",
    "ArrayBufferLike",
    "AsyncIterable",
    "BigInt64Array",
    "BigUint64Array",
    "Date",
    "Exclude",
    "Float32Array",
    "Float64Array",
    "Int16Array",
    "Int32Array",
    "Int8Array",
    "Iterable",
    "Iterator",
    "Map",
    "NonNullable",
    "Parameters",
    "Partial",
    "Promise",
    "PromiseLike",
    "Readonly",
    "ReadonlyArray",
    "ReadonlyMap",
    "ReadonlySet",
    "Record",
    "ReturnType",
    "Set",
    "Uint16Array",
    "Uint32Array",
    "Uint8Array",
    "Uint8ClampedArray",
];

/// Names of a file.
#[derive(Default)]
pub(super) struct Names<'a> {
    /// Imported values and declared functions and constants.
    values: HashSet<&'a str>,
    /// Imported and declared types.
    types: HashSet<&'a str>,
    /// Type parameters in scope, innermost last.
    params: Vec<&'a str>,
}

impl<'a> Names<'a> {
    /// Declares a value. A second declaration of one name is refused.
    pub(super) fn value(&mut self, name: &'a str, span: Span) -> Result<(), Refusal> {
        declare(&mut self.values, name, span)
    }

    /// Declares a type. A second declaration of one name is refused.
    pub(super) fn type_(&mut self, name: &'a str, span: Span) -> Result<(), Refusal> {
        declare(&mut self.types, name, span)
    }

    pub(super) fn has_value(&self, name: &str) -> bool {
        self.values.contains(name)
    }

    pub(super) fn has_type(&self, name: &str) -> bool {
        self.params.contains(&name) || self.types.contains(name) || GLOBAL_TYPES.binary_search(&name).is_ok()
    }

    /// Brings a type parameter into scope until [`Names::leave`].
    pub(super) fn param(&mut self, name: &'a str) {
        self.params.push(name);
    }

    pub(super) fn depth(&self) -> usize {
        self.params.len()
    }

    pub(super) fn leave(&mut self, depth: usize) {
        self.params.truncate(depth);
    }
}

fn declare<'a>(names: &mut HashSet<&'a str>, name: &'a str, span: Span) -> Result<(), Refusal> {
    identifier(name, span)?;
    if names.insert(name) { Ok(()) } else { refuse(span, format!("a second declaration of `{name}`")) }
}

/// Every name of a file: ASCII, as it is written. `text` has refused escapes, so the tree's name is the file's.
pub(super) fn identifier(name: &str, span: Span) -> Result<(), Refusal> {
    let mut bytes = name.bytes();
    let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_' || byte == b'$');
    if first && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$') {
        Ok(())
    } else {
        refuse(span, "a name that is not an ASCII identifier")
    }
}

#[cfg(test)]
mod tests {
    use super::GLOBAL_TYPES;

    #[test]
    fn global_types_are_sorted() {
        assert!(GLOBAL_TYPES.is_sorted());
    }
}
