//! What differs between two surfaces of one module: the reviewed one, and what is installed now.

use std::collections::BTreeMap;

use crate::format::{Detail, entries};
use crate::model::Surface;

/// What differs between two surfaces of one module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SurfaceDiff {
    /// Names that were added, removed or changed, sorted.
    pub changes: Vec<Change>,
    /// Names whose docs differ, sorted; those of names that were added or removed are left out.
    pub docs: Vec<String>,
}

/// A name of which one surface says something else than the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The exported name (`mean`, `Counter`), that of a member of a class (`Counter.most_common`), or where something is
    /// defined that is not exported (`numpy:_ArrayLike`).
    pub name: String,
    /// What the old surface says, such as `def mean(a: ArrayLike) -> float`; one line for each overload. Empty if the name is new.
    pub before: Vec<String>,
    /// What the new surface says. Empty if the name is gone.
    pub after: Vec<String>,
}

/// What became of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// Only the new surface has it.
    Added,
    /// Only the old surface has it.
    Removed,
    /// Both have it, with different signatures or types.
    Changed,
}

impl Change {
    /// What became of the name.
    #[must_use]
    pub fn kind(&self) -> ChangeKind {
        match (self.before.is_empty(), self.after.is_empty()) {
            (true, _) => ChangeKind::Added,
            (_, true) => ChangeKind::Removed,
            _ => ChangeKind::Changed,
        }
    }
}

impl SurfaceDiff {
    /// Compares two surfaces of one module. The order in which they export names does not count.
    #[must_use]
    pub fn between(old: &Surface, new: &Surface) -> Self {
        let (before, after) = (entries(old, Detail::Whole), entries(new, Detail::Whole));
        // Short names depend on what else a surface names, so they are for reading only.
        let (short_before, short_after) = (entries(old, Detail::Short), entries(new, Detail::Short));
        let mut changes = Vec::new();
        for name in union(&before, &after) {
            if before.get(name) == after.get(name) {
                continue;
            }
            let of = |entries: &BTreeMap<String, Vec<String>>| entries.get(name).cloned().unwrap_or_default();
            let mut change = Change { name: name.clone(), before: of(&short_before), after: of(&short_after) };
            if change.before == change.after {
                change = Change { name: name.clone(), before: of(&before), after: of(&after) };
            }
            changes.push(change);
        }
        let both = |name: &&String| match name.split_once(':') {
            // Docs of members are kept by where the member is defined.
            Some(_) => old.docs.contains_key(*name) && new.docs.contains_key(*name),
            None => before.contains_key(*name) && after.contains_key(*name),
        };
        let docs = union(&old.docs, &new.docs).filter(|name| old.docs.get(*name) != new.docs.get(*name));
        let docs = docs.filter(both).cloned().collect();
        Self { changes, docs }
    }

    /// Whether there is nothing that differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.docs.is_empty()
    }
}

/// The keys of both, sorted, each once.
fn union<'a, T>(
    left: &'a BTreeMap<String, T>,
    right: &'a BTreeMap<String, T>,
) -> impl Iterator<Item = &'a String> + use<'a, T> {
    let keys: std::collections::BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    keys.into_iter()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "a test fails by panicking")]

    use std::path::Path;

    use super::*;

    const NAMES: &str =
        r#""int": "class builtins:int", "str": "class builtins:str", "Box": "class m:Box", "Size": "alias m:Size""#;

    /// A surface of the module `m`.
    fn surface(items: &str, classes: &str, names: &str) -> Surface {
        let text = format!(
            r#"{{"format": 2, "module": "m", "names": {{{names}}}, "items": [{items}], "aliases": {{}}, "classes": {{{classes}}}, "omitted": []}}"#
        );
        Surface::from_json(&text, Path::new("m.json")).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    /// A line for each change: `~ f: def f() -> int → def f() -> str`.
    fn shown(old: &Surface, new: &Surface) -> Vec<String> {
        let SurfaceDiff { changes, docs } = SurfaceDiff::between(old, new);
        let changes = changes.iter().map(|change| {
            let sign = match change.kind() {
                ChangeKind::Added => '+',
                ChangeKind::Removed => '-',
                ChangeKind::Changed => '~',
            };
            format!("{sign} {}: {} → {}", change.name, change.before.join("; "), change.after.join("; "))
        });
        changes.chain(docs.iter().map(|name| format!("docs {name}"))).collect()
    }

    #[test]
    fn names_come_go_and_change() {
        let f = |ret: &str| format!(r#"{{"func": "f", "def": "m:f", "sig": "def f(x: int = 1) -> {ret}"}}"#);
        let c = |ty: &str| format!(r#"{{"const": "c: {ty}", "def": "m:c"}}"#);
        let two = r#"{"func": "f", "def": "m:f", "sigs": ["def f(x: int = 1) -> int", "def f(x: str) -> str"]}"#;
        for (old, new, expected) in [
            (f("int"), f("int"), vec![]),
            (String::new(), f("int"), vec!["+ f:  → def f(x: int = 1) -> int"]),
            (f("int"), String::new(), vec!["- f: def f(x: int = 1) -> int → "]),
            (f("int"), f("str"), vec!["~ f: def f(x: int = 1) -> int → def f(x: int = 1) -> str"]),
            (
                f("int"),
                two.to_owned(),
                vec!["~ f: def f(x: int = 1) -> int → def f(x: int = 1) -> int; def f(x: str) -> str"],
            ),
            (c("int"), c("str"), vec!["~ c: c: int → c: str"]),
            (c("int"), c("int = 3"), vec!["~ c: c: int → c: int = 3"]),
            // In the order of the names, whatever the order of the surfaces.
            (
                format!("{},{}", f("int"), c("int")),
                String::new(),
                vec!["- c: c: int → ", "- f: def f(x: int = 1) -> int → "],
            ),
            (format!("{},{}", f("int"), c("int")), format!("{},{}", c("int"), f("int")), vec![]),
        ] {
            assert_eq!(shown(&surface(&old, "", NAMES), &surface(&new, "", NAMES)), expected, "{old} | {new}");
        }
    }

    #[test]
    fn members_of_classes_are_named_by_the_class() {
        let exported = r#"{"class": "Box", "def": "m:Box"}"#;
        let class = |members: &str, props: &str| {
            format!(
                r#""m:Box": {{"kind": "plain", "described": true, "props": [{props}], "members": [
                {{"func": "open", "def": "m:Box.open", "bind": "instance", "sig": "def open() -> int"}}{members}]}}"#
            )
        };
        let make = r#", {"func": "make", "def": "m:Box.make", "bind": "class", "sig": "def make() -> Self"}"#;
        let old = surface(exported, &class("", r#""size: int""#), NAMES);
        for (new, expected) in [
            (surface(exported, &class("", r#""size: int""#), NAMES), vec![]),
            (surface(exported, &class("", ""), NAMES), vec!["- Box.size: size: int → "]),
            (
                surface(exported, &class("", r#""size: int; set: int""#), NAMES),
                vec!["~ Box.size: size: int → size: int; set: int"],
            ),
            (
                surface(exported, &class(make, r#""size: int""#), NAMES),
                vec!["+ Box.make:  → @classmethod def make() -> Self"],
            ),
            // A class that is no longer exported is named by where it is defined.
            (
                surface("", &class("", r#""size: int""#), NAMES),
                vec![
                    "- Box: class Box → ",
                    "- Box.open: def open() -> int → ",
                    "- Box.size: size: int → ",
                    "+ m:Box:  → class m:Box",
                    "+ m:Box.open:  → def open() -> int",
                    "+ m:Box.size:  → size: int",
                ],
            ),
        ] {
            assert_eq!(shown(&old, &new), expected);
        }
    }

    #[test]
    fn names_that_only_read_otherwise_are_the_same() {
        let f = r#"{"func": "f", "def": "m:f", "sig": "def f(x: Box) -> int"}"#;
        let long = r#"{"func": "f", "def": "m:f", "sig": "def f(x: m.Box) -> int"}, {"func": "g", "def": "m:g", "sig": "def g(x: o.Box) -> int"}"#;
        let names = r#""int": "class builtins:int", "m.Box": "class m:Box", "o.Box": "class o:Box""#;
        let (old, new) = (surface(f, "", NAMES), surface(long, "", names));
        assert_eq!(shown(&old, &new), ["+ g:  → def g(x: o.Box) -> int"]);
        // The control: another class of the same short name is a change, and is told in full.
        let other = surface(f, "", &NAMES.replace("m:Box", "o:Box"));
        let expected = "~ f: def f(x: m.Box) -> builtins.int  # of m:f → def f(x: o.Box) -> builtins.int  # of m:f";
        assert_eq!(shown(&old, &other), [expected]);
    }

    #[test]
    fn aliases_what_is_left_out_and_docs_count() {
        let alias = |ty: &str, omitted: &str| {
            let text = format!(
                r#"{{"format": 2, "module": "m", "names": {{{NAMES}}}, "items": [{{"func": "f", "def": "m:f", "sig": "def f(x: Size) -> int"}}],
                "aliases": {{"m:Size": "= {ty}"}}, "classes": {{}}, "omitted": [{omitted}]}}"#
            );
            Surface::from_json(&text, Path::new("m.json")).unwrap_or_else(|error| panic!("{error}\n{text}"))
        };
        let mut old = alias("int", "");
        let mut new = alias("int | str", r#"{"name": "g", "reason": "it is odd"}"#);
        old.docs.extend([("f".to_owned(), "Old.".to_owned()), ("gone".to_owned(), "Gone.".to_owned())]);
        new.docs.extend([("f".to_owned(), "New.".to_owned()), ("g".to_owned(), "New.".to_owned())]);
        assert_eq!(
            shown(&old, &new),
            ["+ g:  → (left out: it is odd)", "~ m:Size: type Size = int → type Size = int | str", "docs f"]
        );
        assert!(SurfaceDiff::between(&old, &old).is_empty() && !SurfaceDiff::between(&old, &new).is_empty());
    }
}
