//! The program as files: modules are read when they are first asked for, and every name is followed to its definition.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::rc::Rc;

use ruff_python_ast::Expr;
use rustc_hash::{FxHashMap, FxHashSet};

use super::class::{self, ClassInfo};
use super::infer;
use super::lower;
use super::parse;
use super::problem::{self, Problem, ProblemKind};
use super::program::{Def, Inferred, Module, Place, Program, Symbol, What};
use super::scope::{AllPart, Binding, Context, Scope};
use super::search::{FileKind, Finder, Found, Location, SearchPath};
use super::target::Target;
use super::what;
use crate::model::{Alias, QName, Type, TypeParam};

/// Values that refer to values further than this are taken to refer to themselves.
const MAX_INFER_DEPTH: usize = 24;

/// The modules of one search path, for one target.
pub(crate) struct Resolver {
    target: Target,
    finder: Finder,
    modules: RefCell<FxHashMap<String, Loaded>>,
    /// Resolved members of each module, by its id.
    members: RefCell<Vec<FxHashMap<String, Option<Symbol>>>>,
    /// Resolved names in the bodies of classes.
    class_members: RefCell<FxHashMap<QName, FxHashMap<String, Option<Symbol>>>>,
    aliases: RefCell<FxHashMap<QName, Option<Rc<Alias>>>>,
    /// Names that are being looked up, each in the module of an id; those of classes with the class's name before them.
    in_progress: RefCell<FxHashSet<(usize, String)>>,
    classes_in_progress: RefCell<BTreeSet<QName>>,
    params_in_progress: RefCell<BTreeSet<QName>>,
    infer_depth: Cell<usize>,
    /// Whether a lookup since the outermost one met itself, so that "not found" may not be the last word.
    met_itself: Cell<bool>,
    files: RefCell<BTreeSet<PathBuf>>,
    problems: RefCell<Problems>,
    /// Sources beside stubs.
    sources: RefCell<FxHashMap<String, Option<Rc<Module>>>>,
    /// Definitions in sources that the stubs beside them lack.
    adopted: RefCell<FxHashMap<QName, Symbol>>,
}

/// A module, or why there is none.
#[derive(Clone)]
pub(crate) enum Loaded {
    Module(Rc<Module>),
    Missing,
    Compiled(PathBuf),
    Unreadable { path: PathBuf, reason: String },
}

impl Resolver {
    pub(crate) fn new(target: Target, path: SearchPath) -> Self {
        let finder = Finder::new(path, &target);
        Self {
            target,
            finder,
            modules: RefCell::default(),
            members: RefCell::default(),
            class_members: RefCell::default(),
            aliases: RefCell::default(),
            in_progress: RefCell::default(),
            classes_in_progress: RefCell::default(),
            params_in_progress: RefCell::default(),
            infer_depth: Cell::new(0),
            met_itself: Cell::new(false),
            files: RefCell::default(),
            problems: RefCell::default(),
            sources: RefCell::default(),
            adopted: RefCell::default(),
        }
    }

    pub(crate) fn finder(&self) -> &Finder {
        &self.finder
    }

    /// Every file of an installed package that was read.
    pub(crate) fn files(&self) -> BTreeSet<PathBuf> {
        self.files.borrow().clone()
    }

    /// Reads a file, and remembers that it was.
    pub(crate) fn read(&self, path: &PathBuf) -> std::io::Result<String> {
        let text = std::fs::read_to_string(path)?;
        self.files.borrow_mut().insert(path.clone());
        Ok(text)
    }

    pub(crate) fn load(&self, name: &str) -> Loaded {
        if let Some(loaded) = self.modules.borrow().get(name) {
            return loaded.clone();
        }
        let loaded = self.read_module(name);
        self.modules.borrow_mut().insert(name.to_owned(), loaded.clone());
        loaded
    }

    /// What was wrong so far, by place.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self.problems.borrow().found.clone();
        problems.sort();
        problems
    }

    /// Notes a problem; `what` is what it is about, and the same thing is noted once.
    pub(crate) fn note(&self, what: &str, problem: Problem) {
        let mut problems = self.problems.borrow_mut();
        if problems.known.insert((problem.kind, what.to_owned())) {
            problems.found.push(problem);
        }
    }

    fn read_module(&self, name: &str) -> Loaded {
        let (location, is_package, kind) = match self.finder.find(name) {
            None => return Loaded::Missing,
            Some(Found::Compiled(path)) => return Loaded::Compiled(path),
            Some(Found::Namespace) => {
                return self.add(name, PathBuf::new(), String::new(), Scope::default(), FileKind::Stub);
            }
            Some(Found::File { location, is_package, kind }) => (location, is_package, kind),
        };
        let (path, text) = match &location {
            Location::Typeshed(path) => (PathBuf::from(path), ty_vendored::file_system().read_to_string(path.as_str())),
            Location::Disk(path) => (path.clone(), self.read(path)),
        };
        let mut source = match text {
            Ok(source) => source,
            Err(error) => return Loaded::Unreadable { path, reason: error.to_string() },
        };
        let file = path.to_string_lossy().into_owned();
        let cut = parse::cut(&mut source);
        if let Some(line) = cut {
            let message = format!("the file has more than {} MiB; what follows was not read", parse::LARGEST >> 20);
            self.note(&file, Problem::new(ProblemKind::TooLarge, name, &path, line, message));
        }
        let parsed = parse::parse(&source, cut.is_some());
        if let Some((line, message)) = parsed.error {
            self.note(&file, Problem::new(ProblemKind::Syntax, name, &path, line, message));
        }
        let context = Context {
            target: &self.target,
            module: name,
            is_package,
            kind,
            source: &source,
            is_ascii: source.is_ascii(),
            broken: &parsed.broken,
        };
        let scope = Scope::build(parsed.suite, &context);
        for folded in &scope.folded {
            let message = format!(
                "`{}` is the same name as `{}` to Python, which folds letters; the later definition counts",
                folded.spelling, folded.before
            );
            let line = problem::line_at(&source, folded.at);
            self.note(
                &format!("{file}:{}", folded.at),
                Problem::new(ProblemKind::SameName, name, &path, line, message),
            );
        }
        self.add(name, path, source, scope, kind)
    }

    fn add(&self, name: &str, path: PathBuf, source: String, scope: Scope, kind: FileKind) -> Loaded {
        let mut members = self.members.borrow_mut();
        let id = members.len();
        members.push(FxHashMap::default());
        Loaded::Module(Rc::new(Module { id, name: name.to_owned(), path, kind, source, scope }))
    }

    /// The names of `__all__`, if the module has one, each once.
    pub(crate) fn all(&self, module: &Rc<Module>) -> Option<Vec<String>> {
        self.all_of(module, &mut BTreeSet::new())
    }

    fn all_of(&self, module: &Rc<Module>, seen: &mut BTreeSet<String>) -> Option<Vec<String>> {
        let parts = module.scope.all.as_ref()?;
        if !seen.insert(module.name.clone()) {
            return Some(Vec::new());
        }
        let mut names: Vec<String> = Vec::new();
        for part in parts {
            match part {
                AllPart::Names(more) => names.extend(more.iter().cloned()),
                AllPart::Remove(name) => names.retain(|other| other != name),
                AllPart::Of(path) => {
                    let other = self.module_at(module, path);
                    names.extend(other.and_then(|other| self.all_of(&other, seen)).unwrap_or_default());
                }
            }
        }
        let mut once = BTreeSet::new();
        names.retain(|name| once.insert(name.clone()));
        Some(names)
    }

    /// The module that a dotted expression means in `module`.
    fn module_at(&self, module: &Rc<Module>, path: &str) -> Option<Rc<Module>> {
        let mut parts = path.split('.');
        let first = parts.next()?;
        // `from .sub import *` makes `sub` a name of the package without saying so.
        let mut symbol = self.global(module, first).or_else(|| self.member(&module.name, first))?;
        for part in parts {
            let Symbol::Module(name) = &symbol else { return None };
            symbol = self.member(name, part)?;
        }
        match symbol {
            Symbol::Module(name) => self.module(&name),
            Symbol::Def(_) => None,
        }
    }

    /// Names that `from module import *` gives, in order.
    pub(crate) fn exported(&self, module: &Rc<Module>) -> Vec<String> {
        self.exported_of(module, &mut BTreeSet::new())
    }

    fn exported_of(&self, module: &Rc<Module>, seen: &mut BTreeSet<String>) -> Vec<String> {
        if let Some(names) = self.all(module) {
            return names;
        }
        if !seen.insert(module.name.clone()) {
            return Vec::new();
        }
        let mut names: Vec<String> = Vec::new();
        let mut stars = module.scope.stars.iter().peekable();
        for at in 0..=module.scope.entries().len() {
            while let Some((_, star)) = stars.next_if(|(before, _)| *before <= at) {
                match self.module(star) {
                    Some(star) => names.extend(self.exported_of(&star, seen)),
                    None => drop(self.unavailable(module, star, star_at(module, star))),
                }
            }
            let Some(entry) = module.scope.entries().get(at) else { break };
            let exported = entry.bindings.last().is_some_and(Binding::is_exported);
            if exported && !entry.name.starts_with('_') {
                names.push(entry.name.clone());
            }
        }
        let mut once = BTreeSet::new();
        names.retain(|name| once.insert(name.clone()));
        names
    }

    /// The source of a module, whether or not a stub describes it.
    pub(crate) fn source_module(&self, name: &str) -> Option<Rc<Module>> {
        if let Some(known) = self.sources.borrow().get(name) {
            return known.clone();
        }
        let found = match self.finder.find(name) {
            // Without a stub the module is its source.
            Some(Found::File { kind: FileKind::Typed | FileKind::Untyped, .. }) => self.module(name),
            _ => self.finder.source(name).and_then(|path| {
                let source = self.read(&path).ok()?;
                let context = Context {
                    target: &self.target,
                    module: name,
                    is_package: path.file_name().is_some_and(|name| name == "__init__.py"),
                    kind: FileKind::Untyped,
                    source: &source,
                    is_ascii: true,
                    broken: &parse::Broken::new(),
                };
                let scope = Scope::build(parse::parse(&source, false).suite, &context);
                match self.add(name, path, source, scope, FileKind::Untyped) {
                    Loaded::Module(module) => Some(module),
                    _ => None,
                }
            }),
        };
        self.sources.borrow_mut().insert(name.to_owned(), found.clone());
        found
    }

    /// A name that a module binds by its own statements.
    pub(crate) fn own(&self, module: &Rc<Module>, name: &str) -> Option<Symbol> {
        self.follow(module, None, name, &module.scope.get(name)?.bindings)
    }

    /// Has a definition that no stub has found where it is defined.
    pub(crate) fn adopt(&self, place: &QName, symbol: Symbol) {
        self.adopted.borrow_mut().insert(place.clone(), symbol);
    }

    /// A member, computed once; a lookup that comes back to itself finds nothing.
    fn cached(&self, module: &Rc<Module>, name: &str, compute: impl FnOnce() -> Option<Symbol>) -> Option<Symbol> {
        if let Some(found) = self.members.borrow().get(module.id).and_then(|members| members.get(name)) {
            return found.clone();
        }
        let key = (module.id, name.to_owned());
        let outermost = self.in_progress.borrow().is_empty();
        if outermost {
            self.met_itself.set(false);
        }
        if !self.in_progress.borrow_mut().insert(key.clone()) {
            self.met_itself.set(true);
            return None;
        }
        let found = compute();
        self.in_progress.borrow_mut().remove(&key);
        if (found.is_some() || outermost || !self.met_itself.get())
            && let Some(members) = self.members.borrow_mut().get_mut(module.id)
        {
            members.insert(name.to_owned(), found.clone());
        }
        found
    }

    /// A name bound in the module, by its own statements or an `import *`.
    fn bound(&self, module: &Rc<Module>, name: &str) -> Option<Symbol> {
        self.cached(module, name, || {
            if let Some(entry) = module.scope.get(name)
                && let Some(symbol) = self.follow(module, None, name, &entry.bindings)
            {
                return Some(symbol);
            }
            module.scope.stars.iter().rev().find_map(|(_, star)| {
                let star = self.module(star)?;
                let exported = match &star.scope.all {
                    Some(_) => self.all(&star).is_some_and(|all| all.iter().any(|other| other == name)),
                    None => {
                        !name.starts_with('_')
                            && star
                                .scope
                                .get(name)
                                .is_none_or(|entry| entry.bindings.last().is_some_and(Binding::is_exported))
                    }
                };
                if exported { self.bound(&star, name).or_else(|| self.submodule(&star.name, name)) } else { None }
            })
        })
    }

    /// Where the last of `bindings` leads.
    fn follow(&self, module: &Rc<Module>, class: Option<&Rc<Def>>, name: &str, bindings: &[Binding]) -> Option<Symbol> {
        match bindings.last()? {
            Binding::Module { module: target, .. } => {
                self.module(target).map(|_| Symbol::Module(Rc::from(target.as_str())))
            }
            Binding::From { module: target, name: original, .. } => {
                if *target == module.name && original == name {
                    // `from . import name` in the package itself means the submodule.
                    return self.submodule(target, original);
                }
                self.member(target, original)
            }
            Binding::Broken { .. } => None,
            Binding::Func(_) | Binding::Class(_) | Binding::Assign(_) | Binding::TypeAlias(_) => {
                let qualified = match class {
                    Some(class) => format!("{}.{name}", class.place.name),
                    None => name.to_owned(),
                };
                let def = Rc::new(Def {
                    place: QName::new(module.name.clone(), qualified),
                    module: Rc::clone(module),
                    class: class.cloned(),
                    bindings: bindings.to_vec(),
                    what: OnceCell::new(),
                    type_param: OnceCell::new(),
                    class_info: OnceCell::new(),
                });
                match self.what(&def) {
                    What::Same(symbol) => Some(symbol.clone()),
                    _ => Some(Symbol::Def(def)),
                }
            }
        }
    }

    fn submodule(&self, package: &str, name: &str) -> Option<Symbol> {
        let full = format!("{package}.{name}");
        self.module(&full).map(|_| Symbol::Module(Rc::from(full)))
    }

    /// Why nothing comes from the module `target`, which `module` imports at a place; `None` if the module is there.
    fn unavailable(&self, module: &Rc<Module>, target: &str, at: usize) -> Option<String> {
        let (kind, reason) = match self.load(target) {
            Loaded::Module(_) => return None,
            // Another version of Python has it.
            Loaded::Missing if self.finder.is_standard(target) => {
                let (major, minor) = self.target.python;
                return Some(format!("Python {major}.{minor} has no module `{target}`"));
            }
            Loaded::Missing => (ProblemKind::Missing, format!("module `{target}` is not installed")),
            Loaded::Compiled(_) => (ProblemKind::Compiled, format!("module `{target}` is compiled and has no stubs")),
            Loaded::Unreadable { .. } => (ProblemKind::Unreadable, format!("module `{target}` cannot be read")),
        };
        // A package that is not installed is said once, whatever is imported from it.
        let top = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
        let what = if top(target) == top(&module.name) { target.to_owned() } else { top(target) };
        let line = problem::line_at(&module.source, at);
        self.note(&what, Problem::new(kind, &module.name, &module.path, line, reason.clone()));
        Some(reason)
    }

    /// Why an import leads nowhere: it is followed as far as it goes.
    fn explain_import(&self, module: &Rc<Module>, name: &str) -> String {
        let (mut module, mut name) = (Rc::clone(module), name.to_owned());
        let mut path = vec![format!("{}.{name}", module.name)];
        loop {
            let (target, original, at) = match module.scope.get(&name).and_then(|entry| entry.bindings.last()) {
                Some(Binding::From { module: target, name: original, at, .. }) => {
                    (target.clone(), original.clone(), *at)
                }
                Some(Binding::Module { module: target, at, .. }) => {
                    let reason = self.unavailable(&module, target, *at);
                    return reason.unwrap_or_else(|| format!("`{name}` is not in `{}`", module.name));
                }
                _ => return self.explain(&module, &name),
            };
            if let Some(reason) = self.unavailable(&module, &target, at) {
                return reason;
            }
            let next = format!("{target}.{original}");
            let is_circle = path.contains(&next);
            path.push(next);
            if is_circle {
                let names: Vec<String> = path.iter().map(|name| format!("`{name}`")).collect();
                let reason = format!("it is imported in a circle: {}", names.join(", from "));
                let line = problem::line_at(&module.source, at);
                let mut circle = path;
                circle.sort();
                circle.dedup();
                self.note(
                    &circle.join(" "),
                    Problem::new(ProblemKind::Circular, &module.name, &module.path, line, reason.clone()),
                );
                return reason;
            }
            match self.module(&target) {
                Some(found) if found.scope.get(&original).is_some() => (module, name) = (found, original),
                found => {
                    let reason = found.and_then(|found| self.lost_by_star(&found));
                    let reason = reason.map(|reason| format!(", and {reason}")).unwrap_or_default();
                    return format!("`{original}` is not in `{target}`{reason}");
                }
            }
        }
    }

    /// Why a name may be missing that an `import *` of the module would have brought.
    fn lost_by_star(&self, module: &Rc<Module>) -> Option<String> {
        module.scope.stars.iter().find_map(|(_, star)| self.unavailable(module, star, star_at(module, star)))
    }
}

/// What is wrong, in the order it was met, and what each is about.
#[derive(Default)]
struct Problems {
    found: Vec<Problem>,
    known: BTreeSet<(ProblemKind, String)>,
}

/// Where `from star import *` stands, near enough for its line.
fn star_at(module: &Module, star: &str) -> usize {
    let last = star.rsplit('.').next().unwrap_or(star);
    let mut places = module.source.match_indices("import *").map(|(at, _)| at);
    let found = places.find(|at| {
        let line = module.source.get(..*at).unwrap_or_default().rsplit('\n').next().unwrap_or_default();
        line.trim_end().ends_with(last)
    });
    found.unwrap_or_default()
}

impl Program for Resolver {
    fn module(&self, name: &str) -> Option<Rc<Module>> {
        match self.load(name) {
            Loaded::Module(module) => Some(module),
            Loaded::Missing | Loaded::Compiled(_) | Loaded::Unreadable { .. } => None,
        }
    }

    fn member(&self, module: &str, name: &str) -> Option<Symbol> {
        let found = self.module(module).and_then(|found| self.bound(&found, name));
        found.or_else(|| self.submodule(module, name)).or_else(|| {
            let adopted = self.adopted.borrow();
            if adopted.is_empty() { None } else { adopted.get(&QName::new(module, name)).cloned() }
        })
    }

    fn global(&self, module: &Rc<Module>, name: &str) -> Option<Symbol> {
        if let Some(symbol) = self.bound(module, name) {
            return Some(symbol);
        }
        let builtins = self.module("builtins")?;
        // The stub of `builtins` imports names for itself, which are no built-ins.
        let entry = builtins.scope.get(name)?;
        if entry.bindings.last().is_some_and(Binding::is_exported) { self.bound(&builtins, name) } else { None }
    }

    fn class_member(&self, class: &Rc<Def>, name: &str) -> Option<Symbol> {
        let What::Class(node) = self.what(class) else { return None };
        let entry = node.scope.get(name)?;
        if let Some(found) = self.class_members.borrow().get(&class.place).and_then(|members| members.get(name)) {
            return found.clone();
        }
        let key = (class.module.id, format!("{}.{name}", class.place.name));
        if !self.in_progress.borrow_mut().insert(key.clone()) {
            // `name = name` in a class body means the name outside.
            self.met_itself.set(true);
            return None;
        }
        let found = self.follow(&class.module, Some(class), name, &entry.bindings);
        self.in_progress.borrow_mut().remove(&key);
        let mut members = self.class_members.borrow_mut();
        members.entry(class.place.clone()).or_default().insert(name.to_owned(), found.clone());
        found
    }

    fn what<'d>(&self, def: &'d Rc<Def>) -> &'d What {
        if let Some(what) = def.what.get() {
            return what;
        }
        let what = what::classify(self, def);
        def.what.get_or_init(|| what)
    }

    fn type_param(&self, def: &Rc<Def>) -> Option<TypeParam> {
        if let Some(param) = def.type_param.get() {
            return param.clone();
        }
        if !self.params_in_progress.borrow_mut().insert(def.place.clone()) {
            // A type variable in its own bound.
            return None;
        }
        let param = lower::declared_type_param(self, def);
        self.params_in_progress.borrow_mut().remove(&def.place);
        def.type_param.get_or_init(|| param).clone()
    }

    fn class(&self, def: &Rc<Def>) -> Rc<ClassInfo> {
        if let Some(info) = def.class_info.get() {
            return Rc::clone(info);
        }
        if !self.classes_in_progress.borrow_mut().insert(def.place.clone()) {
            // A class among its own bases: it has none there.
            return Rc::new(ClassInfo::default());
        }
        let info = class::describe(self, def);
        self.classes_in_progress.borrow_mut().remove(&def.place);
        Rc::clone(def.class_info.get_or_init(|| Rc::new(info)))
    }

    fn alias(&self, def: &Rc<Def>) -> Option<Rc<Alias>> {
        if let Some(alias) = self.aliases.borrow().get(&def.place) {
            return alias.clone();
        }
        let alias = lower::alias(self, def).map(Rc::new);
        self.aliases.borrow_mut().insert(def.place.clone(), alias.clone());
        alias
    }

    fn infer(&self, place: &Place, value: &Expr) -> Inferred {
        if self.infer_depth.get() >= MAX_INFER_DEPTH {
            return Inferred::Value(Type::Unknown("the value refers to itself".to_owned()), None);
        }
        self.infer_depth.set(self.infer_depth.get() + 1);
        let inferred = infer::infer(self, place, value);
        self.infer_depth.set(self.infer_depth.get() - 1);
        inferred
    }

    fn explain(&self, module: &Rc<Module>, name: &str) -> String {
        match module.scope.get(name).and_then(|entry| entry.bindings.last()) {
            Some(Binding::From { .. } | Binding::Module { .. }) => self.explain_import(module, name),
            Some(Binding::Broken { .. }) => "its definition is not valid Python".to_owned(),
            Some(binding) => {
                let reason = format!("`{name}` in `{}` is defined by itself", module.name);
                let line = problem::line_at(&module.source, binding.at());
                let problem = Problem::new(ProblemKind::Circular, &module.name, &module.path, line, reason.clone());
                self.note(&format!("{}.{name}", module.name), problem);
                reason
            }
            None => {
                let reason = self.lost_by_star(module);
                let reason = reason.map(|reason| format!(", and {reason}")).unwrap_or_default();
                format!("`{name}` is not defined in `{}`{reason}", module.name)
            }
        }
    }
}
