//! Whether a path in a source names `tywrap::wrap`.
//!
//! A small model of Rust's name resolution: modules, blocks, `use` with renames and globs, and `extern crate`. It knows
//! no macros and no items other than modules, which is enough for telling one attribute from all others.

use std::collections::{BTreeMap, BTreeSet};

/// Position of a scope in [`Names`].
pub(crate) type ScopeId = usize;

/// A path. An empty first segment stands for a leading `::`.
pub(crate) type Segments = Vec<String>;

/// All modules and blocks of one crate.
pub(crate) struct Names {
    scopes: Vec<Scope>,
    /// Names of the façade in the extern prelude.
    prelude: BTreeSet<String>,
    /// `#[macro_use] extern crate` brought the façade's macros into every scope.
    macro_use: bool,
}

struct Scope {
    parent: Option<ScopeId>,
    /// A block sees the names around it; a module does not.
    is_block: bool,
    imports: Vec<(String, Segments)>,
    globs: Vec<Segments>,
    modules: BTreeMap<String, Vec<ScopeId>>,
}

/// One question. Imports may go in circles, and globs among many modules may be followed in very many ways.
#[derive(Default)]
struct Search {
    under_way: BTreeSet<(ScopeId, String)>,
    steps: usize,
}

/// After so many steps a question is given up. Then the macro reports that build.rs does not see the annotation.
const STEPS: usize = 10_000;

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Scope(ScopeId),
    /// A path inside the façade crate.
    Facade(Segments),
}

impl Names {
    /// A crate with its root as scope 0. `facade` is the name Cargo gives the façade crate.
    pub(crate) fn new(facade: &str) -> Self {
        let mut names = Self { scopes: Vec::new(), prelude: BTreeSet::from([facade.to_owned()]), macro_use: false };
        names.add(None, false);
        names
    }

    /// A module in `parent`.
    pub(crate) fn module(&mut self, parent: ScopeId, name: &str) -> ScopeId {
        let id = self.add(Some(parent), false);
        self.scopes[parent].modules.entry(name.to_owned()).or_default().push(id);
        id
    }

    /// A block in `parent`.
    pub(crate) fn block(&mut self, parent: ScopeId) -> ScopeId {
        self.add(Some(parent), true)
    }

    /// `use path as name;`
    pub(crate) fn import(&mut self, scope: ScopeId, name: &str, path: Segments) {
        self.scopes[scope].imports.push((name.to_owned(), path));
    }

    /// `use path::*;`
    pub(crate) fn glob(&mut self, scope: ScopeId, path: Segments) {
        self.scopes[scope].globs.push(path);
    }

    /// `extern crate krate as name;`
    pub(crate) fn extern_crate(&mut self, scope: ScopeId, krate: &str, name: &str, macro_use: bool) {
        let path = match krate {
            "self" => vec!["crate".to_owned()],
            krate => vec![String::new(), krate.to_owned()],
        };
        let is_facade = self.prelude.contains(krate);
        self.import(scope, name, path);
        if scope == 0 && is_facade {
            self.prelude.insert(name.to_owned());
            self.macro_use |= macro_use;
        }
    }

    /// Whether `path`, used in `scope`, is `tywrap::wrap`.
    pub(crate) fn is_wrap(&self, scope: ScopeId, path: &[String]) -> bool {
        self.resolve(scope, path, &mut Search::default()).contains(&Target::Facade(vec!["wrap".to_owned()]))
            || (self.macro_use && path == ["wrap"] && self.lookup(scope, "wrap", &mut Search::default()).is_empty())
    }

    fn add(&mut self, parent: Option<ScopeId>, is_block: bool) -> ScopeId {
        self.scopes.push(Scope { parent, is_block, imports: Vec::new(), globs: Vec::new(), modules: BTreeMap::new() });
        self.scopes.len() - 1
    }

    /// What a path leads to: usually one thing, several where `cfg` leaves several definitions.
    fn resolve(&self, scope: ScopeId, path: &[String], search: &mut Search) -> Vec<Target> {
        let Some((first, mut rest)) = path.split_first() else { return vec![Target::Scope(scope)] };
        let mut found = match first.as_str() {
            "" => {
                let Some((krate, after)) = rest.split_first() else { return Vec::new() };
                rest = after;
                self.in_prelude(krate)
            }
            "crate" | "$crate" => vec![Target::Scope(0)],
            "self" => vec![Target::Scope(self.module_of(scope))],
            "super" => self.parent_of(scope),
            name => self.lookup(scope, name, search),
        };
        for segment in rest {
            found = found
                .into_iter()
                .flat_map(|target| match target {
                    Target::Scope(id) if segment == "super" => self.parent_of(id),
                    Target::Scope(id) if segment == "self" => vec![Target::Scope(id)],
                    Target::Scope(id) => self.member(id, segment, search),
                    Target::Facade(mut path) => {
                        path.push(segment.clone());
                        vec![Target::Facade(path)]
                    }
                })
                .collect();
            found.sort();
            found.dedup();
        }
        found
    }

    /// A name without a path: in the scope, in the blocks around it, in the extern prelude.
    fn lookup(&self, scope: ScopeId, name: &str, search: &mut Search) -> Vec<Target> {
        let mut at = scope;
        loop {
            let found = self.member(at, name, search);
            if !found.is_empty() {
                return found;
            }
            match self.scopes[at].parent {
                Some(parent) if self.scopes[at].is_block => at = parent,
                _ => return self.in_prelude(name),
            }
        }
    }

    /// A name in one scope. What is declared there hides what globs bring.
    fn member(&self, id: ScopeId, name: &str, search: &mut Search) -> Vec<Target> {
        search.steps += 1;
        if search.steps > STEPS || !search.under_way.insert((id, name.to_owned())) {
            return Vec::new();
        }
        let scope = &self.scopes[id];
        let modules = scope.modules.get(name).into_iter().flatten().map(|id| Target::Scope(*id));
        let mut found: Vec<Target> = modules.collect();
        for (_, path) in scope.imports.iter().filter(|(import, _)| import == name) {
            found.extend(self.resolve(id, path, search));
        }
        if found.is_empty() {
            for path in &scope.globs {
                for target in self.resolve(id, path, search) {
                    match target {
                        Target::Scope(other) => found.extend(self.member(other, name, search)),
                        // The façade's root exports the attribute; what else it exports cannot be the attribute.
                        Target::Facade(path) if path.is_empty() && name == "wrap" => {
                            found.push(Target::Facade(vec![name.to_owned()]));
                        }
                        Target::Facade(_) => {}
                    }
                }
            }
        }
        search.under_way.remove(&(id, name.to_owned()));
        found.sort();
        found.dedup();
        found
    }

    fn in_prelude(&self, name: &str) -> Vec<Target> {
        if self.prelude.contains(name) { vec![Target::Facade(Vec::new())] } else { Vec::new() }
    }

    /// The module a scope is in.
    fn module_of(&self, mut id: ScopeId) -> ScopeId {
        while let (true, Some(parent)) = (self.scopes[id].is_block, self.scopes[id].parent) {
            id = parent;
        }
        id
    }

    fn parent_of(&self, id: ScopeId) -> Vec<Target> {
        let module = self.module_of(id);
        self.scopes[module].parent.map(|parent| Target::Scope(self.module_of(parent))).into_iter().collect()
    }
}
