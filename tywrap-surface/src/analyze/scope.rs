//! The names a module or class body binds, with the branches that the target does not take left out.

use std::rc::Rc;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    ExceptHandler, Expr, Stmt, StmtAnnAssign, StmtClassDef, StmtFunctionDef, StmtImport, StmtImportFrom, StmtTypeAlias,
};
use ruff_text_size::Ranged;
use rustc_hash::FxHashMap;

use super::attributes::{self, Assigned};
use super::parse::Broken;
use super::search::FileKind;
use super::target::Target;

/// The names of one body, in source order.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    entries: Vec<Entry>,
    index: FxHashMap<String, usize>,
    /// `from m import *`, each with the number of names bound before it.
    pub(crate) stars: Vec<(usize, String)>,
    /// What makes up `__all__`, in order; `None` without one.
    pub(crate) all: Option<Vec<AllPart>>,
    /// Whether a part of `__all__` is computed in a way that is not understood.
    pub(crate) is_opaque: bool,
    /// Docstring of the body.
    pub(crate) doc: Option<String>,
    /// Names that were bound before under another spelling, which Python folds into the same name.
    pub(crate) folded: Vec<Folded>,
}

/// A name that is spelt in two ways.
#[derive(Clone, Debug)]
pub(crate) struct Folded {
    /// Where it stands.
    pub(crate) at: usize,
    /// How it is spelt there.
    pub(crate) spelling: String,
    /// How it was spelt before.
    pub(crate) before: String,
}

/// One name and everything that is bound to it, in source order.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) bindings: Vec<Binding>,
}

/// One statement that binds a name.
#[derive(Clone, Debug)]
pub(crate) enum Binding {
    Func(Rc<FuncNode>),
    Class(Rc<ClassNode>),
    Assign(Rc<Assign>),
    TypeAlias(Rc<StmtTypeAlias>),
    /// A module under a name: `import a.b as c`, or `import a.b`, which binds `a`.
    Module {
        module: String,
        public: bool,
        at: usize,
    },
    /// `from module import name as …`.
    From {
        module: String,
        name: String,
        public: bool,
        at: usize,
    },
    /// A definition that is not valid Python.
    Broken {
        at: usize,
    },
}

impl Binding {
    /// Whether a stub exports it without an `__all__`: definitions, and imports that say `as`.
    pub(crate) fn is_exported(&self) -> bool {
        match self {
            Binding::Func(_)
            | Binding::Class(_)
            | Binding::Assign(_)
            | Binding::TypeAlias(_)
            | Binding::Broken { .. } => true,
            Binding::Module { public, .. } | Binding::From { public, .. } => *public,
        }
    }

    /// Where the bound name stands in the file.
    pub(crate) fn at(&self) -> usize {
        match self {
            Binding::Func(node) => start(&node.def.name),
            Binding::Class(node) => start(&node.def.name),
            Binding::Assign(assign) => assign.at,
            Binding::TypeAlias(alias) => start(&*alias.name),
            Binding::Module { at, .. } | Binding::From { at, .. } | Binding::Broken { at } => *at,
        }
    }
}

/// A function, without its body.
#[derive(Debug)]
pub(crate) struct FuncNode {
    pub(crate) def: StmtFunctionDef,
    pub(crate) doc: Option<String>,
    /// Whether the body yields; an `async def` that does returns its iterator at once.
    pub(crate) is_generator: bool,
    /// `f`, where the body ends with `return f(…)`.
    pub(crate) returned: Option<Expr>,
    /// What an `__init__` in a source assigns to its instance.
    pub(crate) attributes: Vec<Assigned>,
}

/// A class, with its body as a scope.
#[derive(Debug)]
pub(crate) struct ClassNode {
    pub(crate) def: StmtClassDef,
    pub(crate) scope: Scope,
}

/// An assignment to a name.
#[derive(Debug)]
pub(crate) struct Assign {
    pub(crate) annotation: Option<Expr>,
    pub(crate) value: Option<Expr>,
    /// Where in the unpacked value the name stands, for `a, b = …`.
    pub(crate) element: Option<usize>,
    /// Where the name stands in the file.
    pub(crate) at: usize,
}

/// One step in making `__all__`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AllPart {
    /// Names written out.
    Names(Vec<String>),
    /// The `__all__` of the module bound to this dotted name.
    Of(String),
    /// A name taken out.
    Remove(String),
}

impl Scope {
    /// The scope of `body`. `package` is the package that relative imports start from, and `module` the module itself.
    pub(crate) fn build(body: impl IntoIterator<Item = Stmt>, context: &Context<'_>) -> Self {
        let mut builder = Builder { scope: Scope::default(), context, spellings: FxHashMap::default() };
        let mut body = body.into_iter().peekable();
        builder.scope.doc = body.peek().and_then(docstring);
        body.for_each(|stmt| builder.statement(stmt));
        builder.scope
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Entry> {
        self.index.get(name).and_then(|&at| self.entries.get(at))
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// What a scope is built for.
pub(crate) struct Context<'a> {
    pub(crate) target: &'a Target,
    pub(crate) module: &'a str,
    pub(crate) is_package: bool,
    pub(crate) kind: FileKind,
    pub(crate) source: &'a str,
    /// Whether the source is ASCII, so that no name in it has two spellings.
    pub(crate) is_ascii: bool,
    /// Names that are not bound because the statement is not valid Python, by the place of the `...` that stands for it.
    pub(crate) broken: &'a Broken,
}

impl Context<'_> {
    /// Whether a name imported from `module` is the importing package's own: a package without types exports those.
    fn reexports(&self, module: &str) -> bool {
        let top = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
        self.kind == FileKind::Untyped && self.is_package && top(module) == top(self.module)
    }

    /// The module that `from ...name import` means; `None` if it leaves the top.
    fn relative(&self, level: u32, name: Option<&str>) -> Option<String> {
        if level == 0 {
            return name.map(str::to_owned);
        }
        let mut parts: Vec<&str> = self.module.split('.').collect();
        let up = if self.is_package { level - 1 } else { level };
        for _ in 0..up {
            parts.pop();
        }
        parts.extend(name);
        (!parts.is_empty()).then(|| parts.join("."))
    }
}

struct Builder<'a> {
    scope: Scope,
    context: &'a Context<'a>,
    /// How each name is spelt where that is not how it is stored.
    spellings: FxHashMap<String, String>,
}

/// What `return f(…)` calls.
fn called_at_the_end(stmt: Stmt) -> Option<Expr> {
    match stmt {
        Stmt::Return(returned) => match *returned.value? {
            Expr::Call(call) if matches!(&*call.func, Expr::Name(_)) => Some(*call.func),
            _ => None,
        },
        _ => None,
    }
}

impl Builder<'_> {
    fn statement(&mut self, stmt: Stmt) {
        match stmt {
            Stmt::FunctionDef(mut def) => {
                let doc = def.body.first().and_then(docstring);
                let is_generator = def.is_async && yields(&def.body);
                let is_init = def.name.as_str() == "__init__" && self.context.kind != FileKind::Stub;
                let attributes = if is_init { attributes::read(&def) } else { Vec::new() };
                let returned = def.body.pop().and_then(called_at_the_end);
                def.body.clear();
                let name = def.name.as_str().to_owned();
                self.bind(name, Binding::Func(Rc::new(FuncNode { def, doc, is_generator, returned, attributes })));
            }
            Stmt::ClassDef(mut def) => {
                let mut scope = Scope::build(std::mem::take(&mut def.body), self.context);
                self.scope.folded.append(&mut scope.folded);
                let name = def.name.as_str().to_owned();
                self.bind(name, Binding::Class(Rc::new(ClassNode { def, scope })));
            }
            Stmt::Assign(assign) => {
                if let [Expr::Name(name)] = assign.targets.as_slice()
                    && name.id.as_str() != "__all__"
                {
                    let (at, name) = (start(name), name.id.as_str().to_owned());
                    return self.bind_value(name, None, Some(*assign.value), None, at);
                }
                for target in &assign.targets {
                    self.assign(target, &assign.value, None);
                }
            }
            Stmt::AnnAssign(StmtAnnAssign { target, annotation, value, .. }) => {
                if let Expr::Name(name) = &*target {
                    if name.id.as_str() == "__all__"
                        && let Some(value) = &value
                    {
                        self.set_all(value);
                    }
                    let (at, name) = (start(name), name.id.as_str().to_owned());
                    self.bind_value(name, Some(*annotation), value.map(|value| *value), None, at);
                }
            }
            Stmt::AugAssign(assign) => {
                if is_all(&assign.target) {
                    self.extend_all(&assign.value);
                }
            }
            Stmt::TypeAlias(alias) => {
                if let Expr::Name(name) = &*alias.name {
                    let name = name.id.as_str().to_owned();
                    self.bind(name, Binding::TypeAlias(Rc::new(alias)));
                }
            }
            Stmt::Import(import) => self.import(&import),
            Stmt::ImportFrom(import) => self.import_from(&import),
            Stmt::If(branch) => {
                let mut branches = vec![(Some(*branch.test), branch.body)];
                branches.extend(branch.elif_else_clauses.into_iter().map(|clause| (clause.test, clause.body)));
                let mut undecided = false;
                for (test, body) in branches {
                    match test.map_or(Some(true), |test| self.context.target.holds(&test)) {
                        Some(false) => continue,
                        // An undecided branch before this one may have been taken instead: it goes first.
                        Some(true) if undecided => self.weak(body),
                        Some(true) => body.into_iter().for_each(|stmt| self.statement(stmt)),
                        None if undecided => {
                            self.weak(body);
                            continue;
                        }
                        None => {
                            body.into_iter().for_each(|stmt| self.statement(stmt));
                            undecided = true;
                            continue;
                        }
                    }
                    break;
                }
            }
            Stmt::Try(attempt) => {
                attempt.body.into_iter().chain(attempt.orelse).for_each(|stmt| self.statement(stmt));
                for ExceptHandler::ExceptHandler(handler) in attempt.handlers {
                    self.weak(handler.body);
                }
                attempt.finalbody.into_iter().for_each(|stmt| self.statement(stmt));
            }
            Stmt::With(with) => with.body.into_iter().for_each(|stmt| self.statement(stmt)),
            Stmt::For(each) => {
                if let Expr::Name(name) = &*each.target {
                    self.bind_value(name.id.as_str().to_owned(), None, None, None, start(name));
                }
                each.body.into_iter().for_each(|stmt| self.statement(stmt));
            }
            Stmt::Delete(delete) => {
                for target in &delete.targets {
                    if let Expr::Name(name) = target
                        && let Some(&at) = self.scope.index.get(name.id.as_str())
                        && let Some(entry) = self.scope.entries.get_mut(at)
                    {
                        entry.bindings.clear();
                    }
                }
            }
            Stmt::Expr(expr) => {
                for (name, at) in self.context.broken.get(&start(&expr)).into_iter().flatten() {
                    self.bind(name.clone(), Binding::Broken { at: *at });
                }
                self.expression(&expr.value);
            }
            Stmt::Return(_)
            | Stmt::While(_)
            | Stmt::Match(_)
            | Stmt::Raise(_)
            | Stmt::Assert(_)
            | Stmt::Global(_)
            | Stmt::Nonlocal(_)
            | Stmt::Pass(_)
            | Stmt::Break(_)
            | Stmt::Continue(_)
            | Stmt::IpyEscapeCommand(_) => {}
        }
    }

    /// Binds only the names that are not bound yet: a fallback.
    fn weak(&mut self, body: impl IntoIterator<Item = Stmt>) {
        let bound: Vec<(usize, usize)> =
            self.scope.entries.iter().enumerate().map(|(at, entry)| (at, entry.bindings.len())).collect();
        body.into_iter().for_each(|stmt| self.statement(stmt));
        for (at, count) in bound {
            if let Some(entry) = self.scope.entries.get_mut(at)
                && count > 0
            {
                entry.bindings.truncate(count);
            }
        }
    }

    /// `__all__.extend(…)` and the like.
    fn expression(&mut self, expr: &Expr) {
        let Expr::Call(call) = expr else { return };
        let Expr::Attribute(method) = &*call.func else { return };
        let ([argument], true) = (&*call.arguments.args, is_all(&method.value)) else { return };
        match (method.attr.as_str(), argument) {
            ("extend", argument) => self.extend_all(argument),
            ("append", Expr::StringLiteral(name)) => {
                self.all().push(AllPart::Names(vec![name.value.to_str().to_owned()]))
            }
            ("remove", Expr::StringLiteral(name)) => self.all().push(AllPart::Remove(name.value.to_str().to_owned())),
            _ => {}
        }
    }

    fn assign(&mut self, target: &Expr, value: &Expr, element: Option<usize>) {
        match target {
            Expr::Name(name) if name.id.as_str() == "__all__" => self.set_all(value),
            Expr::Name(name) => {
                self.bind_value(name.id.as_str().to_owned(), None, Some(value.clone()), element, start(name));
            }
            Expr::Tuple(tuple) => {
                for (at, target) in tuple.elts.iter().enumerate() {
                    match value {
                        Expr::Tuple(values) if values.elts.len() == tuple.elts.len() => {
                            if let Some(value) = values.elts.get(at) {
                                self.assign(target, value, None);
                            }
                        }
                        value => self.assign(target, value, Some(at)),
                    }
                }
            }
            _ => {}
        }
    }

    fn bind_value(
        &mut self,
        name: String,
        annotation: Option<Expr>,
        value: Option<Expr>,
        element: Option<usize>,
        at: usize,
    ) {
        self.bind(name, Binding::Assign(Rc::new(Assign { annotation, value, element, at })));
    }

    fn import(&mut self, import: &StmtImport) {
        for alias in &import.names {
            let module = alias.name.as_str();
            match &alias.asname {
                Some(name) => {
                    let (public, at) = (name.as_str() == module, start(name));
                    self.bind(name.as_str().to_owned(), Binding::Module { module: module.to_owned(), public, at });
                }
                None => {
                    let (top, at) = (module.split('.').next().unwrap_or(module), start(&alias.name));
                    self.bind(top.to_owned(), Binding::Module { module: top.to_owned(), public: false, at });
                }
            }
        }
    }

    fn import_from(&mut self, import: &StmtImportFrom) {
        let Some(module) = self.context.relative(import.level, import.module.as_ref().map(|name| name.as_str())) else {
            return;
        };
        for alias in &import.names {
            let name = alias.name.as_str();
            if name == "*" {
                self.scope.stars.push((self.scope.entries.len(), module.clone()));
                continue;
            }
            let bound = alias.asname.as_ref().map_or(name, |bound| bound.as_str());
            let public = alias.asname.as_ref().is_some_and(|bound| bound.as_str() == name);
            let public = public || self.context.reexports(&module);
            let at = start(alias.asname.as_ref().unwrap_or(&alias.name));
            let binding = Binding::From { module: module.clone(), name: name.to_owned(), public, at };
            self.bind(bound.to_owned(), binding);
        }
    }

    fn bind(&mut self, name: String, binding: Binding) {
        if !self.context.is_ascii {
            self.compare_spelling(&name, binding.at());
        }
        match self.scope.index.get(&name) {
            Some(&at) => {
                if let Some(entry) = self.scope.entries.get_mut(at) {
                    entry.bindings.push(binding);
                }
            }
            None => {
                self.scope.index.insert(name.clone(), self.scope.entries.len());
                self.scope.entries.push(Entry { name, bindings: vec![binding] });
            }
        }
    }

    /// Notes a name that was spelt otherwise where it was bound first.
    fn compare_spelling(&mut self, name: &str, at: usize) {
        let rest = self.context.source.get(at..).unwrap_or_default();
        let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let spelling = rest.get(..length).unwrap_or_default().to_owned();
        let is_bound = self.scope.index.contains_key(name);
        let before = match self.spellings.get(name) {
            Some(before) => before.clone(),
            None if is_bound => name.to_owned(),
            None => spelling.clone(),
        };
        if spelling != name {
            self.spellings.entry(name.to_owned()).or_insert_with(|| spelling.clone());
        }
        if is_bound && before != spelling {
            self.scope.folded.push(Folded { at, spelling, before });
        }
    }

    fn all(&mut self) -> &mut Vec<AllPart> {
        self.scope.all.get_or_insert_default()
    }

    fn set_all(&mut self, value: &Expr) {
        self.scope.all = Some(Vec::new());
        self.extend_all(value);
    }

    fn extend_all(&mut self, value: &Expr) {
        match value {
            Expr::List(list) => self.extend_names(&list.elts),
            Expr::Tuple(tuple) => self.extend_names(&tuple.elts),
            Expr::Attribute(attribute) if attribute.attr.as_str() == "__all__" => {
                if let Some(module) = dotted(&attribute.value) {
                    self.all().push(AllPart::Of(module));
                }
            }
            Expr::BinOp(op) => {
                // `a + b + c` has `a + b` inside.
                let mut parts = vec![&*op.right];
                let mut rest = &*op.left;
                while let Expr::BinOp(op) = rest {
                    parts.push(&op.right);
                    rest = &op.left;
                }
                parts.push(rest);
                parts.into_iter().rev().for_each(|part| self.extend_all(part));
            }
            // `__all__ = list(other.__all__)`, `sorted(…)`
            Expr::Call(call) => call.arguments.args.iter().for_each(|argument| self.extend_all(argument)),
            Expr::Starred(starred) => self.extend_all(&starred.value),
            _ => self.scope.is_opaque = true,
        }
    }

    fn extend_names(&mut self, elements: &[Expr]) {
        for element in elements {
            match element {
                Expr::StringLiteral(name) => {
                    let name = name.value.to_str().to_owned();
                    match self.all().last_mut() {
                        Some(AllPart::Names(names)) => names.push(name),
                        _ => self.all().push(AllPart::Names(vec![name])),
                    }
                }
                other => self.extend_all(other),
            }
        }
    }
}

fn start(node: &impl Ranged) -> usize {
    node.start().to_usize()
}

/// `a.b.c` as text.
pub(crate) fn dotted(expr: &Expr) -> Option<String> {
    let mut parts = Vec::new();
    let mut rest = expr;
    while let Expr::Attribute(attribute) = rest {
        parts.push(attribute.attr.as_str());
        rest = &attribute.value;
    }
    let Expr::Name(name) = rest else { return None };
    parts.push(name.id.as_str());
    parts.reverse();
    Some(parts.join("."))
}

/// Whether a function with this body is a generator: it yields, outside of functions inside it.
fn yields(body: &[Stmt]) -> bool {
    struct Yields(bool);

    impl<'a> Visitor<'a> for Yields {
        fn visit_stmt(&mut self, stmt: &'a Stmt) {
            if !matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
                visitor::walk_stmt(self, stmt);
            }
        }

        fn visit_expr(&mut self, expr: &'a Expr) {
            match expr {
                Expr::Yield(_) | Expr::YieldFrom(_) => self.0 = true,
                Expr::Lambda(_) => {}
                expr => visitor::walk_expr(self, expr),
            }
        }
    }

    let mut yields = Yields(false);
    body.iter().for_each(|stmt| yields.visit_stmt(stmt));
    yields.0
}

fn is_all(expr: &Expr) -> bool {
    matches!(expr, Expr::Name(name) if name.id.as_str() == "__all__")
}

fn docstring(stmt: &Stmt) -> Option<String> {
    match stmt {
        Stmt::Expr(expr) => match &*expr.value {
            Expr::StringLiteral(text) => Some(text.value.to_str().to_owned()),
            _ => None,
        },
        _ => None,
    }
}
