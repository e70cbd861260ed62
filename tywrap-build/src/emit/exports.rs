//! The names of the values of one file, and what it exports under them.

use std::collections::{BTreeMap, BTreeSet};

use tywrap_policy::escape::identifier;

use super::doc::Doc;
use super::file::{Export, Value, ValueKind};
use super::names::Exports;
use super::types::FileTypes;

/// A value, before it has a name in the file.
pub(super) struct Member {
    /// Path below the module: identifiers, at least one.
    pub(super) path: Vec<String>,
    pub(super) doc: Doc,
    pub(super) kind: ValueKind,
}

/// The names under which types of the client are imported that a value of the file has the name of: some are classes, and
/// TypeScript takes those for values too.
pub(super) fn client_names(types: &FileTypes, values: &[Value]) -> BTreeMap<&'static str, String> {
    let values: BTreeSet<&str> = values.iter().map(|value| value.name.as_str()).collect();
    let taken = |name: &str| values.contains(name) || types.names.values().any(|there| there.name == name);
    let clashing = types.client.iter().filter(|name| values.contains(*name));
    clashing
        .map(|name| {
            let mut unique = format!("{name}_");
            while taken(&unique) {
                unique.push('_');
            }
            (*name, unique)
        })
        .collect()
}

/// Gives every value its name in the file, and lists the exports. Names that can stand as they are come first, so that
/// an escaped one never takes the name of another; members of submodules are named by their path, and come last.
pub(super) fn name_values(members: Vec<Member>) -> (Vec<Value>, Vec<(String, Export)>) {
    let mut file = Exports::default();
    let mut root = Object::default();
    let mut order: Vec<usize> = (0..members.len()).collect();
    let is_plain = |path: &[String]| path.iter().all(|name| identifier(name).is_ok_and(|escaped| escaped == *name));
    order.sort_by_key(|at| (members[*at].path.len() > 1, !is_plain(&members[*at].path)));
    let mut names: Vec<String> = vec![String::new(); members.len()];
    for &at in &order {
        if let [name] = members[at].path.as_slice() {
            names[at] = file.take_valid(name);
            root.members.push((names[at].clone(), Export::Name(names[at].clone())));
        }
    }
    // The objects that hold the members of submodules are exported, so they are named before those members.
    for &at in &order {
        if let [first, _, ..] = members[at].path.as_slice()
            && !root.nested.contains_key(first)
        {
            root.nested.insert(first.clone(), (file.take_valid(first), Object::default()));
        }
    }
    for &at in &order {
        if let [first, rest @ ..] = members[at].path.as_slice()
            && let Some((_, object)) = root.nested.get_mut(first)
            && !rest.is_empty()
        {
            names[at] = file.take_valid(&members[at].path.join("_"));
            object.place(rest, &names[at]);
        }
    }
    let mut values: Vec<Value> = Vec::with_capacity(members.len() + root.nested.len());
    for (Member { path, doc, kind }, name) in members.into_iter().zip(names) {
        values.push(Value { name, exported: path.len() == 1, doc, kind });
    }
    let mut exports = root.members;
    for (path, (name, object)) in root.nested {
        exports.push((name.clone(), Export::Name(name.clone())));
        let doc = Doc::line(&format!("Members of the submodule `{path}`."));
        values.push(Value { name, exported: true, doc, kind: ValueKind::Namespace(object.into_members()) });
    }
    exports.push(("with".to_owned(), Export::Name("$with".to_owned())));
    (values, exports)
}

/// The keys of an object that is exported.
#[derive(Default)]
struct Object {
    keys: Exports,
    members: Vec<(String, Export)>,
    /// Objects below it, with their keys, by Python's name.
    nested: BTreeMap<String, (String, Object)>,
}

impl Object {
    /// Places the value `local` of the file at a path of identifiers.
    fn place(&mut self, path: &[String], local: &str) {
        match path {
            [] => {}
            [name] => {
                let key = self.keys.take_valid(name);
                self.members.push((key, Export::Name(local.to_owned())));
            }
            [first, rest @ ..] => {
                if !self.nested.contains_key(first) {
                    let key = self.keys.take_valid(first);
                    self.nested.insert(first.clone(), (key, Self::default()));
                }
                if let Some((_, below)) = self.nested.get_mut(first) {
                    below.place(rest, local);
                }
            }
        }
    }

    fn into_members(self) -> Vec<(String, Export)> {
        let nested = self.nested.into_values().map(|(key, below)| (key, Export::Nested(below.into_members())));
        self.members.into_iter().chain(nested).collect()
    }
}
