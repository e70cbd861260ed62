//! What the language makes for a class: the constructors of dataclasses and named tuples.

use std::rc::Rc;

use ruff_python_ast::{Expr, ExprCall};

use super::class::{ClassInfo, callee};
use super::literal;
use super::program::{Def, Program, What};
use crate::model::{
    Bind, ClassKind, DefaultValue, Field, Func, Literal, Param, ParamKind, Prop, QName, Sig, Type, Via,
};

/// How a dataclass is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// `__init__` is made.
    init: bool,
    /// Fields are given by keyword only.
    kw_only: bool,
    /// Fields cannot be assigned.
    pub(crate) frozen: bool,
}

/// Reads how a dataclass is made from its decorator, its class arguments, and what its base or metaclass says by
/// `@dataclass_transform`.
pub(crate) fn options(program: &dyn Program, class: &Rc<Def>, info: &ClassInfo) -> Options {
    let mut options = Options { init: false, kw_only: false, frozen: false };
    let What::Class(node) = program.what(class) else { return options };
    if info.kind != ClassKind::Dataclass {
        return options;
    }
    let place = class.around();
    for decorator in &node.def.decorator_list {
        let Some(def) = callee(program, &place, &decorator.expression) else { continue };
        let is_dataclass = def.place == QName::new("dataclasses", "dataclass");
        let transform = transform(program, &def);
        if !is_dataclass && transform.is_none() {
            continue;
        }
        options.init = true;
        options.kw_only = transform.is_some_and(|call| says(&call, "kw_only_default") == Some(true));
        if let Expr::Call(call) = &decorator.expression {
            options.read(call);
        }
    }
    let bases = info.mro.iter().filter_map(|base| match base {
        Type::Class(name, _) => Some(name),
        _ => None,
    });
    for name in bases.chain(&info.metaclass) {
        let Some(call) = program.def(name).and_then(|def| transform(program, &def)) else { continue };
        options.init = true;
        options.kw_only |= says(&call, "kw_only_default") == Some(true);
    }
    if let Some(arguments) = node.def.arguments.as_deref() {
        let flag = |name| arguments.find_keyword(name).and_then(|keyword| boolean(&keyword.value));
        options.frozen |= flag("frozen") == Some(true);
        options.kw_only = flag("kw_only").unwrap_or(options.kw_only);
    }
    options
}

impl Options {
    fn read(&mut self, call: &ExprCall) {
        self.init = says(call, "init").unwrap_or(self.init);
        self.kw_only = says(call, "kw_only").unwrap_or(self.kw_only);
        self.frozen = says(call, "frozen").unwrap_or(self.frozen);
    }
}

/// The constructor that a class gets from its fields.
pub(crate) fn constructor(program: &dyn Program, class: &Rc<Def>, info: &ClassInfo, fields: &[Field]) -> Option<Func> {
    let (name, bind, kw_only) = match info.kind {
        ClassKind::NamedTuple if !fields.is_empty() => ("__new__", Bind::Class, false),
        ClassKind::Dataclass => {
            let options = options(program, class, info);
            if !options.init {
                return None;
            }
            ("__init__", Bind::Instance, options.kw_only)
        }
        _ => return None,
    };
    let mut params: Vec<Param> = fields.iter().map(|field| param(field, kw_only)).collect();
    params.sort_by_key(|param| param.kind);
    let ret = if bind == Bind::Class { Type::SelfType } else { Type::None };
    let sig = Sig { vars: Vec::new(), this: None, params, ret, is_async: false, deprecated: None };
    Some(Func {
        name: name.to_owned(),
        def: QName::new(class.place.module.clone(), format!("{}.{name}", class.place.name)),
        bind,
        via: Via::Synthesised,
        sigs: vec![sig],
        decorators: Vec::new(),
        is_abstract: false,
    })
}

/// The properties of a class that a call made.
pub(crate) fn made_props(info: &ClassInfo, fields: &[Field]) -> Vec<Prop> {
    if info.kind != ClassKind::NamedTuple {
        return Vec::new();
    }
    fields.iter().map(|field| Prop { name: field.name.clone(), ty: field.ty.clone(), setter: None }).collect()
}

fn param(field: &Field, kw_only: bool) -> Param {
    let kind = if kw_only || field.kw_only { ParamKind::KwOnly } else { ParamKind::PosOrKw };
    let default = (!field.required).then(|| field.value.clone().map_or(DefaultValue::Elided, DefaultValue::Lit));
    Param { name: field.name.clone(), kind, ty: field.ty.clone(), default }
}

/// The call of `dataclass_transform` that a definition is decorated with.
fn transform(program: &dyn Program, def: &Rc<Def>) -> Option<ExprCall> {
    let place = def.around();
    let decorators = def.bindings.iter().flat_map(|binding| match binding {
        super::scope::Binding::Func(node) => node.def.decorator_list.as_slice(),
        super::scope::Binding::Class(node) => node.def.decorator_list.as_slice(),
        _ => &[],
    });
    decorators
        .filter_map(|decorator| match &decorator.expression {
            Expr::Call(call) => Some(call),
            _ => None,
        })
        .find(|call| {
            callee(program, &place, &call.func)
                .is_some_and(|found| super::what::is_typing(&found, "dataclass_transform"))
        })
        .cloned()
}

fn says(call: &ExprCall, name: &str) -> Option<bool> {
    boolean(&call.arguments.find_keyword(name)?.value)
}

fn boolean(expr: &Expr) -> Option<bool> {
    match literal::plain(expr) {
        Some(Literal::Bool(value)) => Some(value),
        _ => None,
    }
}
