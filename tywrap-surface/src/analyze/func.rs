//! Functions: signatures, overloads, decorators, and whatever else can be called.

use std::collections::BTreeMap;
use std::rc::Rc;

use ruff_python_ast::{Expr, ParameterWithDefault};

use super::class::{callee, in_body, linearised};
use super::decorate::{self, Rule};
use super::infer::value_of;
use super::literal;
use super::lower::Lower;
use super::members::is_getter;
use super::program::{Def, Inferred, Program, Symbol, What};
use super::scope::{Binding, FuncNode};
use super::what::is_typing;
use crate::inherit::bind;
use crate::model::{
    Bind, CallableParam, DefaultValue, Func, Literal, Param, ParamKind, QName, Sig, Type, TypeParam, Via,
};
use crate::walk::listed_param;

/// Lowers a function under an exported name.
///
/// # Errors
///
/// Why there is no such function at run time.
pub(crate) fn lower(program: &dyn Program, def: &Rc<Def>, name: &str) -> Result<Func, String> {
    let nodes = overloads(program, def);
    let Some(first) = nodes.first() else { return Err("it is no function".to_owned()) };
    let bind = binding(program, def, first);
    let mut func = Func {
        name: name.to_owned(),
        def: def.place.clone(),
        bind,
        via: Via::Def,
        sigs: Vec::new(),
        decorators: Vec::new(),
        is_abstract: false,
    };
    for node in nodes {
        let mut effects = Effects::default();
        decorators(program, def, node, &mut effects);
        if effects.type_check_only {
            return Err("it exists for type checkers only".to_owned());
        }
        func.is_abstract |= effects.is_abstract;
        let mut sig = sig(program, def, node, bind);
        sig.deprecated = effects.deprecated;
        if let Some(wrap) = effects.returns {
            wrap(&mut sig);
        }
        // The one next to the function comes first.
        for (rule, text) in effects.rules.iter().rev() {
            if !rule.apply(&mut sig, bind) {
                effects.unknown.push(text.clone());
            }
        }
        func.sigs.push(sig);
        for unknown in effects.unknown {
            if !func.decorators.contains(&unknown) {
                func.decorators.push(unknown);
            }
        }
    }
    // `f = decorator(f)` is a decorator written out.
    if let Some(Binding::Assign(assign)) = def.bindings.last()
        && let Some(value) = &assign.value
    {
        func.decorators.push(def.module.text(value));
    }
    Ok(func)
}

/// The signatures of something that is called through a value of type `ty`, if it can be.
pub(crate) fn call(program: &dyn Program, ty: &Type) -> Option<Func> {
    match ty {
        Type::Class(..) => method(program, ty, "__call__"),
        Type::Annotated(ty, _) => call(program, ty),
        Type::Alias(name, args) => {
            let alias = program.alias(&program.def(name)?)?;
            // An alias that stands for itself is no callable.
            match alias.ty.substitute(&bind(&alias.vars, args), None) {
                Type::Alias(..) => None,
                ty => call(program, &ty),
            }
        }
        Type::Callable(params, ret) => {
            let params = match &**params {
                Type::ParamList(params) => {
                    params.iter().enumerate().map(|(at, param)| listed_param(at, param)).collect()
                }
                _ => any_params(),
            };
            let sig =
                Sig { vars: Vec::new(), this: None, params, ret: (**ret).clone(), is_async: false, deprecated: None };
            Some(Func {
                name: String::new(),
                def: QName::new("typing", "Callable"),
                bind: Bind::Free,
                via: Via::Call,
                sigs: vec![sig],
                decorators: Vec::new(),
                is_abstract: false,
            })
        }
        _ => None,
    }
}

/// A method of an instance, bound to it: found along the resolution order, with type arguments in place.
pub(crate) fn method(program: &dyn Program, receiver: &Type, name: &str) -> Option<Func> {
    for (class, bindings) in linearised(program, receiver) {
        let Some(Symbol::Def(def)) = program.class_member(&class, name) else { continue };
        let mut func = match program.what(&def) {
            What::Func => lower(program, &def, name).ok()?,
            What::Value => match value_of(program, &def) {
                Inferred::Value(ty, _) => call(program, &ty)?,
                Inferred::Symbol(_) | Inferred::Method { .. } => return None,
            },
            _ => return None,
        };
        if is_property(program, &def) {
            return None;
        }
        func.sigs = func.sigs.iter().map(|sig| sig.substitute(&bindings, Some(receiver))).collect();
        for sig in &mut func.sigs {
            sig.this = None;
        }
        func.bind = Bind::Free;
        func.via = Via::BoundMethod;
        return Some(func);
    }
    None
}

/// A function taken from its class, `C.f`: of an ordinary method, `self` is the first parameter.
pub(crate) fn taken_from_class(program: &dyn Program, def: &Rc<Def>, name: &str) -> Result<Func, String> {
    let mut func = lower(program, def, name)?;
    let Some(class) = &def.class else { return Ok(func) };
    let this = Type::Class(class.place.clone(), Vec::new());
    for sig in &mut func.sigs {
        if func.bind == Bind::Instance {
            let ty = sig.this.take().unwrap_or(Type::SelfType);
            sig.params.insert(0, Param { name: "self".to_owned(), kind: ParamKind::PosOnly, ty, default: None });
        }
        *sig = sig.substitute(&BTreeMap::new(), Some(&this));
        sig.this = None;
    }
    func.via = if func.bind == Bind::Class { Via::BoundMethod } else { Via::Def };
    func.bind = Bind::Free;
    Ok(func)
}

/// The definitions that make up a function: the last run of overloads without its implementation, or the last `def`.
pub(super) fn overloads<'d>(program: &dyn Program, def: &'d Rc<Def>) -> Vec<&'d Rc<FuncNode>> {
    let nodes: Vec<&Rc<FuncNode>> = def
        .bindings
        .iter()
        .filter_map(|binding| match binding {
            Binding::Func(node) => Some(node),
            _ => None,
        })
        .collect();
    let Some((last, before)) = nodes.split_last() else { return Vec::new() };
    let last_is_overload = is_overload(program, def, last);
    let mut run: Vec<&Rc<FuncNode>> =
        before.iter().rev().take_while(|node| is_overload(program, def, node)).copied().collect();
    run.reverse();
    if last_is_overload || run.is_empty() {
        run.push(last);
    }
    run
}

fn is_overload(program: &dyn Program, def: &Rc<Def>, node: &FuncNode) -> bool {
    has_decorator(program, def, node, |decorator| is_typing(decorator, "overload"))
}

fn is_property(program: &dyn Program, def: &Rc<Def>) -> bool {
    def.bindings.iter().any(|binding| matches!(binding, Binding::Func(node) if is_getter(program, def, node)))
}

pub(crate) fn has_decorator(
    program: &dyn Program,
    def: &Rc<Def>,
    node: &FuncNode,
    test: impl Fn(&Rc<Def>) -> bool,
) -> bool {
    let place = def.around();
    node.def
        .decorator_list
        .iter()
        .filter_map(|decorator| callee(program, &place, &decorator.expression))
        .any(|decorator| test(&decorator))
}

fn binding(program: &dyn Program, def: &Rc<Def>, node: &FuncNode) -> Bind {
    if def.class.is_none() {
        return Bind::Free;
    }
    let builtin = |name: &'static str| move |decorator: &Rc<Def>| decorator.place == QName::new("builtins", name);
    if def.name() == "__new__" || has_decorator(program, def, node, builtin("staticmethod")) {
        // `__new__` is static, but its first parameter is the class all the same.
        if def.name() == "__new__" { Bind::Class } else { Bind::Static }
    } else if has_decorator(program, def, node, builtin("classmethod"))
        || matches!(def.name(), "__init_subclass__" | "__class_getitem__")
    {
        Bind::Class
    } else {
        Bind::Instance
    }
}

/// What the decorators of one definition do to it.
#[derive(Default)]
struct Effects {
    deprecated: Option<String>,
    is_abstract: bool,
    type_check_only: bool,
    returns: Option<fn(&mut Sig)>,
    /// Decorators that say what they do, with their text.
    rules: Vec<(Rule, String)>,
    unknown: Vec<String>,
}

fn decorators(program: &dyn Program, def: &Rc<Def>, node: &FuncNode, effects: &mut Effects) {
    let place = def.around();
    for decorator in &node.def.decorator_list {
        let expression = &decorator.expression;
        let Some(found) = callee(program, &place, expression) else {
            // `@value.setter` and the like belong to a property.
            if !matches!(expression, Expr::Attribute(_)) || def.class.is_none() {
                effects.unknown.push(def.module.text(expression));
            }
            continue;
        };
        let name = found.place.name.as_str();
        match (found.place.module.as_str(), name) {
            ("warnings" | "typing_extensions" | "typing", "deprecated") => {
                effects.deprecated = Some(deprecation(expression));
            }
            ("typing" | "typing_extensions", "type_check_only") => effects.type_check_only = true,
            ("abc", "abstractmethod" | "abstractproperty" | "abstractclassmethod" | "abstractstaticmethod") => {
                effects.is_abstract = true;
            }
            ("contextlib", "contextmanager") => {
                effects.returns = Some(|sig| manage(sig, "_GeneratorContextManager"));
            }
            ("contextlib", "asynccontextmanager") => {
                effects.returns = Some(|sig| manage(sig, "_AsyncGeneratorContextManager"));
            }
            // These leave the signature as it is.
            (
                "typing" | "typing_extensions",
                "overload" | "final" | "override" | "no_type_check" | "runtime_checkable",
            )
            | ("builtins", "staticmethod" | "classmethod" | "property")
            | ("functools", "lru_cache" | "cache" | "wraps" | "cached_property" | "total_ordering")
            | ("abc", _)
            | ("types", "coroutine") => {}
            _ => match decorate::rule(program, &found, expression) {
                Some(rule) => effects.rules.push((rule, def.module.text(expression))),
                None => effects.unknown.push(def.module.text(expression)),
            },
        }
    }
}

fn deprecation(expression: &Expr) -> String {
    let message = match expression {
        Expr::Call(call) => call.arguments.args.first(),
        _ => None,
    };
    match message.and_then(literal::plain) {
        Some(Literal::Str(message)) => message,
        _ => String::new(),
    }
}

/// What `@contextmanager` makes of a generator.
fn manage(sig: &mut Sig, manager: &str) {
    let yielded = match &sig.ret {
        Type::Class(_, args) => args.first().cloned(),
        _ => None,
    };
    let yielded = yielded.unwrap_or_else(|| Type::Unknown("what is yielded is not stated".to_owned()));
    let mut args = vec![yielded, Type::None];
    if manager == "_GeneratorContextManager" {
        args.push(Type::None);
    }
    sig.ret = Type::Class(QName::new("contextlib", manager), args);
    sig.is_async = false;
}

/// One definition as a signature, without `self` or `cls`.
pub(crate) fn sig(program: &dyn Program, def: &Rc<Def>, node: &FuncNode, bind: Bind) -> Sig {
    let mut lower = in_body(program, def);
    let mut vars = lower.declare(node.def.type_params.as_deref());
    let parameters = &*node.def.parameters;
    let mut params: Vec<Param> = Vec::new();
    let mut this = None;
    let mut to_drop = usize::from(matches!(bind, Bind::Instance | Bind::Class));
    // Before Python 3.8, two underscores said positional-only.
    let old_style = parameters.posonlyargs.is_empty();
    let mut still_old_style = old_style;
    let positional = parameters
        .posonlyargs
        .iter()
        .map(|param| (param, ParamKind::PosOnly))
        .chain(parameters.args.iter().map(|param| (param, ParamKind::PosOrKw)));
    for (param, kind) in positional {
        if to_drop > 0 {
            to_drop -= 1;
            this = param.parameter.annotation.as_deref().map(|annotation| lower.ty(annotation));
            continue;
        }
        let name = param.parameter.name.as_str();
        still_old_style &= name.starts_with("__") && !name.ends_with("__");
        let kind = if still_old_style { ParamKind::PosOnly } else { kind };
        params.push(lower_param(&mut lower, param, kind));
    }
    if let Some(param) = &parameters.vararg {
        let ty = annotation(&mut lower, param.annotation.as_deref());
        params.push(Param { name: param.name.as_str().to_owned(), kind: ParamKind::VarPos, ty, default: None });
    }
    params.extend(parameters.kwonlyargs.iter().map(|param| lower_param(&mut lower, param, ParamKind::KwOnly)));
    if let Some(param) = &parameters.kwarg {
        let ty = annotation(&mut lower, param.annotation.as_deref());
        params.push(Param { name: param.name.as_str().to_owned(), kind: ParamKind::VarKw, ty, default: None });
    }
    let ret = match &node.def.returns {
        Some(returns) => lower.ty(returns),
        None if def.name() == "__init__" => Type::None,
        None if def.name() == "__new__" => Type::SelfType,
        None => Type::Unknown("not annotated".to_owned()),
    };
    vars.extend(lower.vars.iter().filter(|var| !declared_by_class(program, def, var)).cloned());
    let is_async = node.def.is_async && !node.is_generator;
    let mut sig = Sig { vars, this: None, params, ret, is_async, deprecated: None };
    if let Some(this) = this {
        say_self(&mut sig, this, bind);
    }
    sig
}

/// A `self` annotated with a type variable is `Self`; any other annotation is kept.
fn say_self(sig: &mut Sig, this: Type, bind: Bind) {
    let instance = match (&this, bind) {
        (Type::TypeOf(instance), Bind::Class) => instance,
        (instance, _) => instance,
    };
    match instance {
        Type::Var(name) => *sig = sig.substitute(&BTreeMap::from([(name.clone(), Type::SelfType)]), None),
        Type::SelfType => {}
        _ => sig.this = Some(this),
    }
}

fn declared_by_class(program: &dyn Program, def: &Def, var: &TypeParam) -> bool {
    let mut class = def.class.as_ref();
    while let Some(around) = class {
        if program.class(around).vars.iter().any(|other| other.name == var.name) {
            return true;
        }
        class = around.class.as_ref();
    }
    false
}

fn lower_param(lower: &mut Lower<'_>, param: &ParameterWithDefault, kind: ParamKind) -> Param {
    let ty = annotation(lower, param.parameter.annotation.as_deref());
    let default = param.default.as_deref().map(|default| lower_default(lower, default));
    Param { name: param.parameter.name.as_str().to_owned(), kind, ty, default }
}

fn annotation(lower: &mut Lower<'_>, annotation: Option<&Expr>) -> Type {
    annotation.map_or_else(|| Type::Unknown("not annotated".to_owned()), |annotation| lower.ty(annotation))
}

fn lower_default(lower: &Lower<'_>, default: &Expr) -> DefaultValue {
    if matches!(default, Expr::EllipsisLiteral(_)) {
        return DefaultValue::Elided;
    }
    if let Some(literal) = literal::plain(default) {
        return DefaultValue::Lit(literal);
    }
    if matches!(default, Expr::Attribute(_))
        && let Inferred::Value(_, Some(member @ Literal::Enum(..))) = lower.program.infer(&lower.place, default)
    {
        return DefaultValue::Lit(member);
    }
    DefaultValue::Source(lower.place.module.text(default))
}

pub(super) fn any_params() -> Vec<Param> {
    let any = |kind| CallableParam { name: None, kind, ty: Type::Any, optional: false };
    vec![listed_param(0, &any(ParamKind::VarPos)), listed_param(1, &any(ParamKind::VarKw))]
}
