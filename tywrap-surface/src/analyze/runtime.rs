//! What the source beside a stub exports: names that the stub lacks, and names that only the stub has.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::program::{Module, Program, Symbol};
use super::resolve::Resolver;
use super::scope::{AllPart, Binding};

/// How far an import is followed from source to source.
const MAX_IMPORTS: usize = 32;

/// What running a module would bind, as far as its source tells.
#[derive(Debug, Default)]
pub(crate) struct RunTime {
    /// What it exports, in order, each name once.
    pub(crate) exported: Vec<String>,
    /// Every name it binds.
    bound: BTreeSet<String>,
    /// Whether all of it is understood: no name is bound by a computation.
    is_complete: bool,
}

impl RunTime {
    /// Reads the sources of a module and of what it imports by `*`.
    pub(crate) fn of(resolver: &Resolver, module: &str) -> Self {
        let mut found = Self { is_complete: true, ..Self::default() };
        found.read(resolver, module, &mut BTreeSet::new());
        let mut once = BTreeSet::new();
        found.exported.retain(|name| once.insert(name.clone()));
        found
    }

    /// Whether the module has no such name, which only a source that is understood wholly can tell.
    pub(crate) fn lacks(&self, resolver: &Resolver, module: &str, name: &str) -> bool {
        let is_module = || resolver.finder().find(&format!("{module}.{name}")).is_some();
        self.is_complete && !self.bound.contains(name) && !name.starts_with("__") && !is_module()
    }

    fn read(&mut self, resolver: &Resolver, name: &str, seen: &mut BTreeSet<String>) {
        if !seen.insert(name.to_owned()) {
            return;
        }
        let Some(module) = resolver.source_module(name) else {
            self.is_complete = false;
            return;
        };
        let computes = ["globals()", "exec("].iter().any(|word| module.source.contains(word));
        self.is_complete &= !computes && !module.scope.is_opaque && module.scope.get("__getattr__").is_none();
        // Everything that is bound, whatever is exported of it.
        self.bound.extend(module.scope.entries().iter().map(|entry| entry.name.clone()));
        let mut starred = Self { is_complete: true, ..Self::default() };
        for (_, star) in &module.scope.stars {
            starred.read(resolver, star, seen);
        }
        self.is_complete &= starred.is_complete;
        self.bound.extend(starred.bound);
        match &module.scope.all {
            Some(parts) => parts.iter().for_each(|part| match part {
                AllPart::Names(names) => self.exported.extend(names.iter().cloned()),
                AllPart::Remove(name) => self.exported.retain(|other| other != name),
                // The names of those come from the `*` that stands beside.
                AllPart::Of(_) => self.exported.extend(starred.exported.iter().cloned()),
            }),
            None => {
                self.exported.extend(starred.exported);
                let entries = module.scope.entries().iter().filter(|entry| {
                    !entry.name.starts_with('_') && entry.bindings.last().is_some_and(Binding::is_exported)
                });
                self.exported.extend(entries.map(|entry| entry.name.clone()));
            }
        }
    }
}

/// What a name is that the stub of a module lacks, followed through the sources; from there on everybody finds it.
pub(crate) fn adopt(resolver: &Resolver, module: &str, name: &str) -> Option<Symbol> {
    let symbol = follow(resolver, module, name, 0)?;
    if let Symbol::Def(def) = &symbol {
        resolver.adopt(&def.place, symbol.clone());
    }
    Some(symbol)
}

fn follow(resolver: &Resolver, module: &str, name: &str, depth: usize) -> Option<Symbol> {
    if depth > MAX_IMPORTS {
        return None;
    }
    let source: Rc<Module> = resolver.source_module(module)?;
    if let Some(entry) = source.scope.get(name) {
        return match entry.bindings.last()? {
            Binding::From { module: target, name: original, .. } => {
                resolver.member(target, original).or_else(|| follow(resolver, target, original, depth + 1))
            }
            Binding::Module { module: target, .. } => {
                resolver.module(target).map(|_| Symbol::Module(Rc::from(&**target)))
            }
            _ => resolver.own(&source, name),
        };
    }
    source.scope.stars.iter().rev().find_map(|(_, star)| {
        let exports = match resolver.source_module(star)?.scope.all {
            Some(_) => RunTime::of(resolver, star).exported.iter().any(|other| other == name),
            None => !name.starts_with('_'),
        };
        if exports { resolver.member(star, name).or_else(|| follow(resolver, star, name, depth + 1)) } else { None }
    })
}
