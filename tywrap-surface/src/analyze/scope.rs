//! The names a module or class body binds, with the branches that the target does not take left out.

use std::collections::HashMap;
use std::rc::Rc;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    ExceptHandler, Expr, Stmt, StmtAnnAssign, StmtClassDef, StmtFunctionDef, StmtImport, StmtImportFrom, StmtTypeAlias,
};

use super::target::Target;

/// The names of one body, in source order.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    entries: Vec<Entry>,
    index: HashMap<String, usize>,
    /// `from m import *`, each with the number of names bound before it.
    pub(crate) stars: Vec<(usize, String)>,
    /// What makes up `__all__`, in order; `None` without one.
    pub(crate) all: Option<Vec<AllPart>>,
    /// Docstring of the body.
    pub(crate) doc: Option<String>,
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
    },
    /// `from module import name as …`.
    From {
        module: String,
        name: String,
        public: bool,
    },
}

impl Binding {
    /// Whether a stub exports it without an `__all__`: definitions, and imports that say `as`.
    pub(crate) fn is_exported(&self) -> bool {
        match self {
            Binding::Func(_) | Binding::Class(_) | Binding::Assign(_) | Binding::TypeAlias(_) => true,
            Binding::Module { public, .. } | Binding::From { public, .. } => *public,
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
        let mut builder = Builder { scope: Scope::default(), context };
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
}

impl Context<'_> {
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
}

impl Builder<'_> {
    fn statement(&mut self, stmt: Stmt) {
        match stmt {
            Stmt::FunctionDef(mut def) => {
                let doc = def.body.first().and_then(docstring);
                let is_generator = def.is_async && yields(&def.body);
                def.body.clear();
                let name = def.name.as_str().to_owned();
                self.bind(name, Binding::Func(Rc::new(FuncNode { def, doc, is_generator })));
            }
            Stmt::ClassDef(mut def) => {
                let scope = Scope::build(std::mem::take(&mut def.body), self.context);
                let name = def.name.as_str().to_owned();
                self.bind(name, Binding::Class(Rc::new(ClassNode { def, scope })));
            }
            Stmt::Assign(assign) => {
                if let [Expr::Name(name)] = assign.targets.as_slice()
                    && name.id.as_str() != "__all__"
                {
                    let name = name.id.as_str().to_owned();
                    return self.bind_value(name, None, Some(*assign.value), None);
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
                    let name = name.id.as_str().to_owned();
                    self.bind_value(name, Some(*annotation), value.map(|value| *value), None);
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
                    self.bind_value(name.id.as_str().to_owned(), None, None, None);
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
            Stmt::Expr(expr) => self.expression(&expr.value),
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
            Expr::Name(name) => self.bind_value(name.id.as_str().to_owned(), None, Some(value.clone()), element),
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

    fn bind_value(&mut self, name: String, annotation: Option<Expr>, value: Option<Expr>, element: Option<usize>) {
        self.bind(name, Binding::Assign(Rc::new(Assign { annotation, value, element })));
    }

    fn import(&mut self, import: &StmtImport) {
        for alias in &import.names {
            let module = alias.name.as_str();
            match &alias.asname {
                Some(name) => {
                    let public = name.as_str() == module;
                    self.bind(name.as_str().to_owned(), Binding::Module { module: module.to_owned(), public });
                }
                None => {
                    let top = module.split('.').next().unwrap_or(module);
                    self.bind(top.to_owned(), Binding::Module { module: top.to_owned(), public: false });
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
            let binding = Binding::From { module: module.clone(), name: name.to_owned(), public };
            self.bind(bound.to_owned(), binding);
        }
    }

    fn bind(&mut self, name: String, binding: Binding) {
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
            _ => {}
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
