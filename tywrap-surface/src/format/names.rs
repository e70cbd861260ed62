//! The table of names: types are written with short names, and the table says where each is defined.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::parse::is_ident;
use crate::model::{QName, Surface};
use crate::walk::{Named, named};

/// Words of the type syntax, which no name may shadow.
const RESERVED: &[&str] = &[
    "Annotated",
    "Any",
    "Callable",
    "False",
    "Float",
    "Literal",
    "Never",
    "NewType",
    "None",
    "Self",
    "True",
    "TypeGuard",
    "Unknown",
    "tuple",
    "type",
];

/// The short name of each name that a surface refers to.
pub(super) struct Names<'a> {
    short: FxHashMap<(Named, &'a QName), String>,
}

impl<'a> Names<'a> {
    /// Gives a short name to everything in `surface`: the last part of its name where that is unambiguous, else the
    /// whole dotted name, so that one more name changes as few lines as possible.
    pub(super) fn of(surface: &'a Surface) -> Self {
        // A name is met many times, and sorted once.
        let mut met = FxHashSet::default();
        surface.visit(&mut |visited| met.extend(named(&visited)));
        let all: BTreeSet<(Named, &'a QName)> = met.into_iter().collect();
        let mut last: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, name) in &all {
            *last.entry(last_part(name)).or_default() += 1;
        }
        let mut short: FxHashMap<(Named, &'a QName), String> = FxHashMap::default();
        let mut taken = BTreeSet::new();
        for &(kind, name) in &all {
            let part = last_part(name);
            let mut text = if last[part] == 1 && !RESERVED.contains(&part) {
                part.to_owned()
            } else {
                format!("{}.{}", name.module, name.name)
            };
            // `a.b` with `C` and `a` with `b.C` would read alike, and so would a class and an alias of one name.
            while !taken.insert(text.clone()) {
                text.push('_');
            }
            short.insert((kind, name), text);
        }
        Self { short }
    }

    /// Gives each name its whole dotted name, whatever else the surface names.
    pub(super) fn in_full(surface: &'a Surface) -> Self {
        let mut short = FxHashMap::default();
        surface.visit(&mut |visited| {
            if let Some((kind, name)) = named(&visited) {
                short.entry((kind, name)).or_insert_with(|| format!("{}.{}", name.module, name.name));
            }
        });
        Self { short }
    }

    /// The short name of `name`, which was part of the surface this table was made of.
    pub(super) fn short(&self, kind: Named, name: &'a QName) -> &str {
        self.short.get(&(kind, name)).map_or("", String::as_str)
    }

    /// Short name, kind and place of every name, by short name.
    pub(super) fn sorted(&self) -> BTreeMap<&str, (Named, &'a QName)> {
        self.short.iter().map(|(&(kind, name), short)| (short.as_str(), (kind, name))).collect()
    }
}

/// The word for a kind of name.
pub(super) fn word(kind: Named) -> &'static str {
    match kind {
        Named::Class => "class",
        Named::Alias => "alias",
        Named::NewType => "newtype",
    }
}

/// Reads an entry of the table, such as `class numpy:ndarray`.
pub(super) fn parse_entry(text: &str) -> Option<(Named, QName)> {
    let (kind, place) = text.split_once(' ')?;
    let kind = [Named::Class, Named::Alias, Named::NewType].into_iter().find(|candidate| word(*candidate) == kind)?;
    Some((kind, parse_place(place)?))
}

/// Reads a place, such as `numpy:ndarray`.
pub(super) fn parse_place(text: &str) -> Option<QName> {
    let (module, name) = text.split_once(':')?;
    (is_dotted(module) && is_dotted(name)).then(|| QName::new(module, name))
}

/// Whether a text is names joined by dots. Anything else could not be written into a type and read back.
pub(super) fn is_dotted(text: &str) -> bool {
    text.split('.').all(|part| !part.is_empty() && part.bytes().all(is_ident))
}

fn last_part(name: &QName) -> &str {
    name.name.rsplit_once('.').map_or(name.name.as_str(), |(_, last)| last)
}
