//! The attributes of instances that `__init__` assigns: in a source, they stand nowhere else.

use std::collections::BTreeSet;
use std::rc::Rc;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    BoolOp, ExceptHandler, Expr, ExprContext, ParameterWithDefault, Parameters, Pattern, Stmt, StmtFunctionDef,
};

use super::class::{self, ClassInfo, in_body};
use super::func;
use super::infer::type_of;
use super::lower::is_bare_final;
use super::program::{Def, Place, Program, Symbol, What};
use super::scope::{Binding, FuncNode};
use super::search::FileKind;
use crate::model::{Bind, ClassKind, ParamKind, Prop, QName, Sig, Type};

/// Something that a function assigns to an attribute of its first parameter.
#[derive(Debug)]
pub(crate) struct Assigned {
    name: String,
    annotation: Option<Expr>,
    value: Value,
}

/// How an assigned value is made, as far as that tells its type.
#[derive(Debug)]
enum Value {
    /// It is a parameter, or what its name was bound to since, which is of the same type where types are checked.
    Parameter(String),
    /// No name in it is one of the function's.
    Global(Expr),
    /// The last one that there is, the others if they count as true: `a or b`.
    Or(Vec<Value>),
    /// One of them: `a if c else b`.
    Either(Box<[Value; 2]>),
    Computed,
}

/// Reads what the body of a function assigns to attributes of its first parameter, in order.
pub(super) fn read(def: &StmtFunctionDef) -> Vec<Assigned> {
    let parameters = &*def.parameters;
    let Some(receiver) = parameters.posonlyargs.iter().chain(&parameters.args).next() else { return Vec::new() };
    let mut reader = Reader { receiver: receiver.parameter.name.as_str(), locals: BTreeSet::new(), found: Vec::new() };
    def.body.iter().for_each(|stmt| reader.visit_stmt(stmt));
    let Reader { locals, found, .. } = reader;
    let names = Names { parameters: names(parameters), locals };
    let found = found.into_iter();
    found
        .map(|Found { name, annotation, value }| Assigned {
            name: name.to_owned(),
            annotation: annotation.cloned(),
            value: value.map_or(Value::Computed, |value| names.value(value)),
        })
        .collect()
}

fn names(parameters: &Parameters) -> BTreeSet<&str> {
    let plain = parameters.posonlyargs.iter().chain(&parameters.args).chain(&parameters.kwonlyargs);
    let plain = plain.map(|ParameterWithDefault { parameter, .. }| parameter);
    let all = plain.chain(parameters.vararg.as_deref()).chain(parameters.kwarg.as_deref());
    all.map(|parameter| parameter.name.as_str()).collect()
}

/// An assignment to an attribute.
struct Found<'a> {
    name: &'a str,
    annotation: Option<&'a Expr>,
    /// Nothing if the value is taken out of another one.
    value: Option<&'a Expr>,
}

struct Reader<'a> {
    receiver: &'a str,
    /// Names that the body binds.
    locals: BTreeSet<&'a str>,
    found: Vec<Found<'a>>,
}

impl<'a> Reader<'a> {
    /// The name of an attribute of the receiver.
    fn attribute(&self, target: &'a Expr) -> Option<&'a str> {
        match target {
            Expr::Attribute(attribute) if matches!(&*attribute.value, Expr::Name(name) if name.id.as_str() == self.receiver) => {
                Some(attribute.attr.as_str())
            }
            _ => None,
        }
    }
}

impl<'a> Visitor<'a> for Reader<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Assign(assign) => {
                self.visit_expr(&assign.value);
                for target in &assign.targets {
                    match self.attribute(target) {
                        Some(name) => self.found.push(Found { name, annotation: None, value: Some(&assign.value) }),
                        None => self.visit_expr(target),
                    }
                }
            }
            Stmt::AnnAssign(assign) => match self.attribute(&assign.target) {
                Some(name) => self.found.push(Found {
                    name,
                    annotation: Some(&assign.annotation),
                    value: assign.value.as_deref(),
                }),
                None => self.visit_expr(&assign.target),
            },
            // What is added to is there already.
            Stmt::AugAssign(assign) if self.attribute(&assign.target).is_some() => self.visit_expr(&assign.value),
            Stmt::FunctionDef(def) => drop(self.locals.insert(def.name.as_str())),
            Stmt::ClassDef(def) => drop(self.locals.insert(def.name.as_str())),
            Stmt::Import(import) => {
                let bound = import.names.iter().map(|alias| match &alias.asname {
                    Some(name) => name.as_str(),
                    None => alias.name.as_str().split('.').next().unwrap_or_default(),
                });
                self.locals.extend(bound);
            }
            Stmt::ImportFrom(import) => {
                let bound = import.names.iter().map(|alias| alias.asname.as_ref().unwrap_or(&alias.name).as_str());
                self.locals.extend(bound);
            }
            stmt => visitor::walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx == ExprContext::Store => drop(self.locals.insert(name.id.as_str())),
            Expr::Attribute(attribute) if attribute.ctx == ExprContext::Store => {
                if let Some(name) = self.attribute(expr) {
                    self.found.push(Found { name, annotation: None, value: None });
                }
            }
            expr => visitor::walk_expr(self, expr),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(inner) = handler;
        self.locals.extend(inner.name.as_ref().map(|name| name.as_str()));
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(pattern) => pattern.name.as_ref(),
            Pattern::MatchStar(pattern) => pattern.name.as_ref(),
            Pattern::MatchMapping(pattern) => pattern.rest.as_ref(),
            _ => None,
        };
        self.locals.extend(name.map(|name| name.as_str()));
        visitor::walk_pattern(self, pattern);
    }
}

/// The names of a function.
struct Names<'a> {
    parameters: BTreeSet<&'a str>,
    locals: BTreeSet<&'a str>,
}

impl Names<'_> {
    fn value(&self, expr: &Expr) -> Value {
        match expr {
            Expr::Name(name) if self.parameters.contains(name.id.as_str()) => {
                Value::Parameter(name.id.as_str().to_owned())
            }
            Expr::BoolOp(op) if op.op == BoolOp::Or => {
                Value::Or(op.values.iter().map(|value| self.value(value)).collect())
            }
            Expr::If(either) => Value::Either(Box::new([self.value(&either.body), self.value(&either.orelse)])),
            expr if self.are_in(expr) => Value::Computed,
            expr => Value::Global(expr.clone()),
        }
    }

    /// Whether an expression has a name of the function.
    fn are_in(&self, expr: &Expr) -> bool {
        struct Search<'n>(&'n Names<'n>, bool);
        impl Visitor<'_> for Search<'_> {
            fn visit_expr(&mut self, expr: &Expr) {
                match expr {
                    Expr::Name(name) => {
                        let name = name.id.as_str();
                        self.1 |= self.0.parameters.contains(name) || self.0.locals.contains(name);
                    }
                    expr => visitor::walk_expr(self, expr),
                }
            }
        }
        let mut search = Search(self, false);
        search.visit_expr(expr);
        search.1
    }
}

/// The properties that a class has from its own `__init__`: public names that neither its body nor a base states.
pub(super) fn of(program: &dyn Program, class: &Rc<Def>, info: &ClassInfo, is_frozen: bool) -> Vec<Prop> {
    let Some(init) = init(program, class) else { return Vec::new() };
    let mut names: Vec<&str> = Vec::new();
    for assigned in &init.attributes {
        if !assigned.name.starts_with('_') && !names.contains(&assigned.name.as_str()) {
            names.push(&assigned.name);
        }
    }
    names.retain(|name| program.class_member(class, name).is_none());
    if names.is_empty() || !matches!(info.kind, ClassKind::Plain | ClassKind::Dataclass) {
        return Vec::new();
    }
    let bases: Vec<Rc<Def>> = info.mro.iter().filter_map(|base| program.def(class_of(base)?)).collect();
    names.retain(|name| !bases.iter().any(|base| states(program, base, name)));
    let Some(Symbol::Def(def)) = program.class_member(class, "__init__") else { return Vec::new() };
    let sig = func::sig(program, &def, &init, Bind::Instance);
    let types = Types { program, class, init: &def, sig };
    let props = names.into_iter().map(|name| {
        let all: Vec<&Assigned> = init.attributes.iter().filter(|assigned| assigned.name == name).collect();
        let (ty, is_final) = types.of(&all);
        Prop { name: name.to_owned(), setter: (!is_frozen && !is_final).then(|| ty.clone()), ty }
    });
    props.collect()
}

fn class_of(ty: &Type) -> Option<&QName> {
    match ty {
        Type::Class(name, _) => Some(name),
        _ => None,
    }
}

/// The `__init__` in the body of a class.
fn init(program: &dyn Program, class: &Rc<Def>) -> Option<Rc<FuncNode>> {
    let What::Class(node) = program.what(class) else { return None };
    match node.scope.get("__init__")?.bindings.last()? {
        Binding::Func(init) => Some(Rc::clone(init)),
        _ => None,
    }
}

/// Whether a class has a name, in its body or from its `__init__`.
fn states(program: &dyn Program, class: &Rc<Def>, name: &str) -> bool {
    program.class_member(class, name).is_some()
        || init(program, class).is_some_and(|init| init.attributes.iter().any(|assigned| assigned.name == name))
}

/// Tells types of what an `__init__` assigns.
struct Types<'a> {
    program: &'a dyn Program,
    class: &'a Rc<Def>,
    init: &'a Rc<Def>,
    sig: Sig,
}

impl Types<'_> {
    /// The type of an attribute, by all its assignments, and whether it is `Final`.
    fn of(&self, all: &[&Assigned]) -> (Type, bool) {
        let place = Place { module: Rc::clone(&self.class.module), class: None, params: Default::default() };
        let annotated = all.iter().find_map(|assigned| Some((assigned, assigned.annotation.as_ref()?)));
        let (ty, is_final) = match annotated {
            Some((assigned, annotation)) if is_bare_final(self.program, &place, annotation) => {
                (self.value(&assigned.value, &place), true)
            }
            Some((_, annotation)) => {
                let is_final = class::wrapper(self.program, &place, annotation).as_deref() == Some("Final");
                (in_body(self.program, self.init).ty(annotation), is_final)
            }
            None => (union(all.iter().map(|assigned| self.value(&assigned.value, &place)).collect()), false),
        };
        // What starts as `None` becomes something else later, and a type variable of the function ends with it.
        if ty == Type::None && annotated.is_none() || self.names_own_variable(&ty) {
            return (unknown(), is_final);
        }
        (ty, is_final)
    }

    fn names_own_variable(&self, ty: &Type) -> bool {
        let mut found = false;
        ty.each(&mut |ty| found |= matches!(ty, Type::Var(name) if self.sig.vars.iter().any(|var| var.name == *name)));
        found
    }

    fn value(&self, value: &Value, place: &Place) -> Type {
        match value {
            Value::Parameter(name) => self.parameter(name),
            Value::Global(expr) => match type_of(self.program, place, expr) {
                // In a source without types, what an attribute starts with tells nothing.
                Type::Unknown(_) => unknown(),
                _ if self.class.module.kind == FileKind::Untyped => unknown(),
                ty => ty,
            },
            Value::Or(values) => {
                let last = values.len().saturating_sub(1);
                let types = values.iter().enumerate().map(|(at, value)| match self.value(value, place) {
                    ty if at < last => without_none(ty),
                    ty => ty,
                });
                union(types.collect())
            }
            Value::Either(values) => union(values.iter().map(|value| self.value(value, place)).collect()),
            Value::Computed => unknown(),
        }
    }

    fn parameter(&self, name: &str) -> Type {
        let Some(param) = self.sig.params.iter().find(|param| param.name == name) else { return unknown() };
        match param.kind {
            ParamKind::VarPos => Type::TupleOf(Box::new(param.ty.clone())),
            ParamKind::VarKw => {
                let text = Type::Class(QName::new("builtins", "str"), Vec::new());
                Type::Class(QName::new("builtins", "dict"), vec![text, param.ty.clone()])
            }
            // What `Annotated` notes is about the parameter.
            ParamKind::PosOnly | ParamKind::PosOrKw | ParamKind::KwOnly => match &param.ty {
                Type::Annotated(ty, _) => (**ty).clone(),
                ty => ty.clone(),
            },
        }
    }
}

fn unknown() -> Type {
    Type::Unknown("not annotated".to_owned())
}

fn without_none(ty: Type) -> Type {
    match ty {
        Type::Union(types) => Type::union(types.into_iter().filter(|ty| *ty != Type::None).collect()),
        Type::None => Type::Never,
        ty => ty,
    }
}

/// The union of what values are. An empty `[]` beside a list says nothing more, and one that is not known makes all of it unknown.
fn union(types: Vec<Type>) -> Type {
    if types.iter().any(|ty| matches!(ty, Type::Unknown(_))) {
        return unknown();
    }
    let is_empty = |ty: &Type| match ty {
        Type::Class(_, args) => !args.is_empty() && args.iter().all(|arg| matches!(arg, Type::Unknown(_))),
        _ => false,
    };
    let (empty, full): (Vec<Type>, Vec<Type>) = types.into_iter().filter(|ty| *ty != Type::Never).partition(is_empty);
    match Type::union(full) {
        Type::Never => Type::union(empty),
        ty => ty,
    }
}
