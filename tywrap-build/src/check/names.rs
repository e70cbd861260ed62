//! The names of a file: what it imports and declares, and which type parameters are in scope.

use std::collections::HashSet;

use oxc_span::Span;

use super::statements::{Refusal, refuse};

/// The constant that stands for the Python module.
pub(super) const MODULE: &str = "$module";
/// The client's `describe`, under the name that no Python name can hide.
pub(super) const DESCRIBE: &str = "$describe";
/// The function that is exported as `with`.
pub(super) const WITH: &str = "$with";

/// Types of the client's that emitted files may import. Sorted.
pub(super) const CLIENT_TYPES: &[&str] = &[
    "ArrayLike",
    "Connection",
    "DType",
    "Inherit",
    "Kw",
    "NDArray",
    "Nested",
    "PyArgument",
    "PyCallback",
    "PyClass",
    "PyColumn",
    "PyComplex",
    "PyDate",
    "PyDateTime",
    "PyDecimal",
    "PyEnum",
    "PyFraction",
    "PyIterable",
    "PyIterator",
    "PyObject",
    "PyTable",
    "PyTime",
    "PyTimedelta",
    "PyUuid",
    "PyValue",
    "PythonConstant",
    "PythonProperty",
    "TypedArray",
];

/// Types that every TypeScript program has and that emitted files may name without an import. Sorted.
pub(super) const GLOBAL_TYPES: &[&str] =
    &["Iterable", "Map", "Promise", "Readonly", "ReadonlyMap", "ReadonlySet", "Record", "Set", "Uint8Array"];

/// Names of a file.
#[derive(Default)]
pub(super) struct Names<'a> {
    /// Imported values and declared functions and constants.
    values: HashSet<&'a str>,
    /// Imported and declared types.
    types: HashSet<&'a str>,
    /// Type parameters in scope, innermost last.
    params: Vec<&'a str>,
    /// The function whose overloads are being declared.
    overloaded: Option<&'a str>,
}

impl<'a> Names<'a> {
    /// Declares a value. A second declaration of one name is refused.
    pub(super) fn value(&mut self, name: &'a str, span: Span) -> Result<(), Refusal> {
        self.overloaded = None;
        declare(&mut self.values, name, span)
    }

    /// Declares a function; with `overloads`, several declarations in a row are one.
    pub(super) fn function(&mut self, name: &'a str, span: Span, overloads: bool) -> Result<(), Refusal> {
        if overloads && self.overloaded == Some(name) {
            return Ok(());
        }
        self.value(name, span)?;
        self.overloaded = Some(name);
        Ok(())
    }

    /// Declares a type. A second declaration of one name is refused, and so is one that hides a global type.
    pub(super) fn type_(&mut self, name: &'a str, span: Span) -> Result<(), Refusal> {
        if is_global(name) {
            return refuse(span, format!("a declaration that hides `{name}`"));
        }
        self.ours(name, span)?;
        declare(&mut self.types, name, span)
    }

    pub(super) fn has_value(&self, name: &str) -> bool {
        self.values.contains(name)
    }

    pub(super) fn has_type(&self, name: &str) -> bool {
        self.params.contains(&name) || self.types.contains(name) || is_global(name)
    }

    /// Refuses the emitter's own names where one made from a Python name belongs: those have no `$`.
    pub(super) fn ours(&self, name: &str, span: Span) -> Result<(), Refusal> {
        identifier(name, span)?;
        if name.contains('$') { refuse(span, format!("the name `{name}` in a place of another")) } else { Ok(()) }
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

fn is_global(name: &str) -> bool {
    GLOBAL_TYPES.binary_search(&name).is_ok()
}

fn declare<'a>(names: &mut HashSet<&'a str>, name: &'a str, span: Span) -> Result<(), Refusal> {
    identifier(name, span)?;
    if names.insert(name) { Ok(()) } else { refuse(span, format!("a second declaration of `{name}`")) }
}

/// Every name of a file: ASCII, as it is written. The reader of the text has refused escapes, so the tree's name is the
/// file's.
pub(super) fn identifier(name: &str, span: Span) -> Result<(), Refusal> {
    let mut bytes = name.bytes();
    let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_' || byte == b'$');
    if first && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        Ok(())
    } else {
        refuse(span, "a name that is not an ASCII identifier")
    }
}

#[cfg(test)]
mod tests {
    use super::{CLIENT_TYPES, GLOBAL_TYPES};

    #[test]
    fn lists_are_sorted() {
        assert!(CLIENT_TYPES.is_sorted() && GLOBAL_TYPES.is_sorted());
    }
}
