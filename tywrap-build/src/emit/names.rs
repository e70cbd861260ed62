//! Names in the emitted file: those of Python where they can stand, and what stands for those that cannot.

use std::collections::BTreeSet;

use tywrap_policy::escape::{IdentifierError, identifier, type_identifier};

/// Types of the client that emitted files may import.
pub(super) const CLIENT_TYPES: [&str; 28] = [
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

/// What the client and JavaScript give a meaning on every object.
const OF_OBJECTS: [&str; 2] = ["className", "dispose"];

/// The key of a member of a class: Python's name, with `_` after it where it is reserved or the client's.
pub(super) fn member_key(name: &str) -> String {
    match identifier(name) {
        Ok(key) if OF_OBJECTS.contains(&key.as_str()) => format!("{key}_"),
        Ok(key) => key,
        // What is no identifier has been left out; should one come here after all, the check refuses the file.
        Err(_) => name.to_owned(),
    }
}

/// The exported names of a file, each taken once.
#[derive(Debug, Default)]
pub(super) struct Exports {
    taken: BTreeSet<String>,
}

impl Exports {
    /// The name under which a Python name is exported: the same, with `_` after it where it is reserved, and more of them
    /// where that is taken.
    pub(super) fn take(&mut self, name: &str) -> Result<String, IdentifierError> {
        let mut export = identifier(name)?;
        while !self.taken.insert(export.clone()) {
            export.push('_');
        }
        Ok(export)
    }

    /// As [`Exports::take`], for a name that is known to be an identifier.
    pub(super) fn take_valid(&mut self, name: &str) -> String {
        // What is no identifier has been left out; should one come here after all, the check refuses the file.
        self.take(name).unwrap_or_else(|_| name.to_owned())
    }
}

/// The names of the parameters of one signature.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    taken: BTreeSet<String>,
}

impl Parameters {
    /// A name for the parameter that Python calls `name`. Positional parameters are told apart by their place, so one
    /// that JavaScript can't name is numbered.
    pub(super) fn take(&mut self, name: &str) -> String {
        let mut unique = identifier(name).unwrap_or_else(|_| format!("arg{}", self.taken.len() + 1));
        while !self.taken.insert(unique.clone()) {
            unique.push('_');
        }
        unique
    }
}

/// The name of a type parameter: without the `_` that makes it private and the mark of its variance.
pub(super) fn type_parameter(name: &str) -> String {
    let mut escaped = bare(name, "T");
    while CLIENT_TYPES.contains(&escaped.as_str()) {
        escaped.push('_');
    }
    escaped
}

/// The names of the types that the file declares, each taken once.
#[derive(Debug)]
pub(super) struct Types {
    taken: BTreeSet<String>,
    parameters: BTreeSet<String>,
}

impl Types {
    /// `parameters` are the type parameters of the file's signatures, which would hide a type of the same name.
    pub(super) fn new(parameters: impl IntoIterator<Item = String>) -> Self {
        let parameters: BTreeSet<String> = parameters.into_iter().collect();
        let taken = parameters.iter().cloned().chain(CLIENT_TYPES.map(str::to_owned)).collect();
        Self { taken, parameters }
    }

    /// Takes the name that a class has as a value, if a type can have it too. A type of the client's that has it gets another one,
    /// as it would for any value.
    pub(super) fn take_as(&mut self, name: &str) -> Option<String> {
        let can = type_identifier(name).is_ok_and(|escaped| escaped == name) && !self.parameters.contains(name);
        let is_free = can && (self.taken.insert(name.to_owned()) || CLIENT_TYPES.contains(&name));
        is_free.then(|| name.to_owned())
    }

    /// A name for the type that Python calls `name`: without the `_` that makes it private and the `_co` of what is
    /// coerced; with `suffix` if that is taken, and then with a number.
    pub(super) fn take(&mut self, name: &str, suffix: &str) -> String {
        let bare = bare(name, "Type");
        let candidates = [bare.clone(), format!("{bare}{suffix}")].into_iter();
        let numbered = (2_u32..).map(|number| format!("{bare}{suffix}{number}"));
        for candidate in candidates.chain(numbered) {
            if self.taken.insert(candidate.clone()) {
                return candidate;
            }
        }
        bare
    }
}

/// A Python name as that of a type, without its marks; `fallback` if nothing is left that can stand.
fn bare(name: &str, fallback: &str) -> String {
    let last = name.rsplit('.').next().unwrap_or(name);
    let stripped = last.trim_start_matches('_');
    let stripped = stripped.strip_suffix("_co").or(stripped.strip_suffix("_contra")).unwrap_or(stripped);
    type_identifier(stripped)
        .or_else(|_| type_identifier(&format!("{fallback}{stripped}")))
        .unwrap_or_else(|_| fallback.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use super::{Exports, Parameters, Types, type_parameter};

    #[test]
    fn exports_keep_pythons_names() {
        let mut exports = Exports::default();
        for (name, export) in [
            ("mean", "mean"),
            ("delete_", "delete_"),
            ("delete", "delete__"),
            ("then", "then_"),
            ("Promise", "Promise_"),
        ] {
            assert_eq!(exports.take(name).unwrap(), export);
        }
        for refused in ["", "x','y", "a-b", "\u{ff4d}ath", "1st"] {
            exports.take(refused).unwrap_err();
        }
    }

    #[test]
    fn parameters_are_told_apart() {
        let mut parameters = Parameters::default();
        let names: Vec<String> =
            ["a", "arguments", "await", "this", "π", "a"].into_iter().map(|name| parameters.take(name)).collect();
        assert_eq!(names, ["a", "arguments_", "await_", "this_", "arg5", "a_"]);
    }

    #[test]
    fn types_lose_their_marks() {
        let mut types = Types::new(["T".to_owned()]);
        for (name, suffix, expected) in [
            ("_ShapeLike", "", "ShapeLike"),
            ("_ArrayLikeInt_co", "", "ArrayLikeInt"),
            ("_ShapeLike", "Result", "ShapeLikeResult"),
            ("__ShapeLike", "Result", "ShapeLikeResult2"),
            ("T", "", "T2"),
            ("Kw", "", "Kw2"),
            ("any", "", "any_"),
            ("Promise", "", "Promise_"),
            ("_", "", "Type"),
            ("_4Tuple", "", "Type4Tuple"),
            ("Outer.Inner", "", "Inner"),
        ] {
            assert_eq!(types.take(name, suffix), expected, "{name}");
        }
        assert_eq!(type_parameter("_T_co"), "T");
        assert_eq!(type_parameter("NDArray"), "NDArray_");
    }
}
