//! What a decorator makes of a function, told by its own signature: another signature, or a property.

use std::collections::BTreeMap;
use std::rc::Rc;

use ruff_python_ast::{Decorator, Expr};

use super::class::{callee, is_well_known, linearised};
use super::func;
use super::program::{Def, Program, Symbol, What};
use super::scope::{Binding, FuncNode};
use crate::model::{Bind, CallableParam, Param, ParamKind, QName, Sig, Type};
use crate::walk::listed_param;

/// From the type of the function that is decorated to the type of what stands in its place.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    given: Type,
    made: Type,
}

/// The rule of a decorator, if its signature states one: it takes a callable and gives one.
pub(crate) fn rule(program: &dyn Program, decorator: &Rc<Def>, expression: &Expr) -> Option<Rule> {
    if !matches!(program.what(decorator), What::Func) {
        return None;
    }
    func::overloads(program, decorator).into_iter().find_map(|node| {
        // (Not lowered with its own decorators, which may be itself.)
        let sig = func::sig(program, decorator, node, Bind::Free);
        // `@decorator(…)` is what the call gives.
        let (given, made) = match (expression, &sig.ret) {
            (Expr::Call(_), Type::Callable(params, made)) => match &**params {
                Type::ParamList(params) => (params.first()?.ty.clone(), (**made).clone()),
                _ => return None,
            },
            (Expr::Call(_), _) => return None,
            (_, made) => (sig.params.first()?.ty.clone(), made.clone()),
        };
        let is_rule = matches!((&given, &made), (Type::Var(one), Type::Var(two)) if one == two)
            || matches!((&given, &made), (Type::Callable(..), Type::Callable(..)));
        is_rule.then_some(Rule { given, made })
    })
}

impl Rule {
    /// Applies the rule to a signature that is bound as given; `false` if it doesn't fit, and the signature stays what it was.
    pub(crate) fn apply(&self, sig: &mut Sig, bind: Bind) -> bool {
        let (Type::Callable(given_params, given_ret), Type::Callable(made_params, made_ret)) =
            (&self.given, &self.made)
        else {
            return true;
        };
        // `self` and `cls` are gone from the signature, and are the first of what the decorator sees.
        let bound = usize::from(matches!(bind, Bind::Instance | Bind::Class));
        let mut bindings = BTreeMap::new();
        let returned = if sig.is_async { coroutine(sig.ret.clone()) } else { sig.ret.clone() };
        if !unify(given_ret, &returned, &mut bindings) {
            return false;
        }
        let Some((name, rest)) = rest_of(given_params, &sig.params, bound) else { return false };
        let Some(params) = filled(made_params, name, rest, bound) else { return false };
        let ret = made_ret.substitute(&bindings, None);
        let mut is_open = false;
        let known = |var: &str| bindings.contains_key(var) || sig.vars.iter().any(|own| own.name == *var);
        ret.each(&mut |ty| is_open |= matches!(ty, Type::Var(var) if !known(var) && Some(var.as_str()) != name));
        if is_open {
            return false;
        }
        sig.params = params;
        (sig.ret, sig.is_async) = match ret {
            Type::Class(class, mut args) if class == QName::new("typing", "Coroutine") && args.len() == 3 => {
                (args.swap_remove(2), true)
            }
            ret => (ret, false),
        };
        true
    }
}

/// Whether a function is made a property of by its decorators, and what reading it gives where the decorator says so.
pub(crate) fn getter(program: &dyn Program, def: &Rc<Def>, node: &FuncNode) -> Option<Option<Type>> {
    let place = def.around();
    let of = |decorator: &Decorator| {
        let decorator = callee(program, &place, &decorator.expression)?;
        match program.what(&decorator) {
            What::Func => makes_property(program, &decorator).then_some(None),
            What::Class(_) => read(program, &decorator),
            _ => None,
        }
    };
    node.def.decorator_list.iter().find_map(of)
}

/// What reading an attribute gives that is a descriptor of this class: the result of its `__get__`, where that is neither a callable nor
/// whatever the function returns.
fn read(program: &dyn Program, decorator: &Rc<Def>) -> Option<Option<Type>> {
    if is_well_known(&decorator.place) || matches!(decorator.place.module.as_str(), "functools" | "enum") {
        return None;
    }
    let class = Type::Class(decorator.place.clone(), Vec::new());
    let is_method =
        |name: &QName| matches!(name.name.as_str(), "staticmethod" | "classmethod") && name.module == "builtins";
    if linearised(program, &class).iter().any(|(base, _)| is_method(&base.place)) {
        return None;
    }
    let names_property = || decorator.name().to_ascii_lowercase().ends_with("property");
    match returned_by_get(program, &class)? {
        Type::Var(_) => Some(None),
        Type::Unknown(_) | Type::Any => names_property().then_some(None),
        ty if is_callable(program, &ty) => None,
        ty => Some(Some(ty)),
    }
}

/// What `__get__` of a class says that it returns for an instance: of its overloads, the last. (Read without its decorators, which
/// may be of the very class.)
fn returned_by_get(program: &dyn Program, class: &Type) -> Option<Type> {
    linearised(program, class).into_iter().find_map(|(owner, _)| match program.class_member(&owner, "__get__")? {
        Symbol::Def(get) => {
            let node = func::overloads(program, &get).pop()?;
            Some(func::sig(program, &get, node, Bind::Instance).ret)
        }
        Symbol::Module(_) => None,
    })
}

fn is_callable(program: &dyn Program, ty: &Type) -> bool {
    let has_call = |(class, _): &(Rc<Def>, _)| program.class_member(class, "__call__").is_some();
    matches!(ty, Type::Callable(..)) || linearised(program, ty).iter().any(has_call)
}

/// Whether a function gives a property: it says so, or its body ends with `return property(…)`.
fn makes_property(program: &dyn Program, decorator: &Rc<Def>) -> bool {
    let property = QName::new("builtins", "property");
    decorator.bindings.iter().any(|binding| {
        let Binding::Func(node) = binding else { return false };
        if node.def.returns.is_some() {
            let sig = func::sig(program, decorator, node, Bind::Free);
            return matches!(sig.ret, Type::Class(name, _) if name == property);
        }
        let called = node.returned.as_ref().and_then(|called| callee(program, &decorator.around(), called));
        called.is_some_and(|called| called.place == property)
    })
}

fn coroutine(ret: Type) -> Type {
    Type::Class(QName::new("typing", "Coroutine"), vec![Type::Any, Type::Any, ret])
}

/// Binds the variables of a pattern to what they stand for in a type.
fn unify(pattern: &Type, ty: &Type, bindings: &mut BTreeMap<String, Type>) -> bool {
    match (pattern, ty) {
        (Type::Var(name), ty) => bindings.insert(name.clone(), ty.clone()).is_none_or(|before| before == *ty),
        (Type::Any, _) => true,
        // A coroutine is an awaitable of its result.
        (Type::Class(awaitable, wanted), Type::Class(coroutine, args))
            if awaitable.name == "Awaitable"
                && coroutine.name == "Coroutine"
                && wanted.len() == 1
                && args.len() == 3 =>
        {
            unify(&wanted[0], &args[2], bindings)
        }
        (Type::Class(one, wanted), Type::Class(two, args)) => {
            one == two
                && wanted.len() == args.len()
                && wanted.iter().zip(args).all(|(one, two)| unify(one, two, bindings))
        }
        (pattern, ty) => pattern == ty,
    }
}

/// The `ParamSpec` of a callable's parameters, if it has one, and which of a signature's it stands for.
fn rest_of<'s>(pattern: &'s Type, params: &'s [Param], bound: usize) -> Option<(Option<&'s str>, &'s [Param])> {
    match pattern {
        Type::Any => Some((None, params)),
        Type::Var(name) => Some((Some(name), params)),
        Type::ParamList(listed) => {
            let (name, before) = concatenated(listed);
            let taken = before.len().checked_sub(bound)?;
            let is_positional = |param: &Param| matches!(param.kind, ParamKind::PosOnly | ParamKind::PosOrKw);
            params.iter().take(taken).all(is_positional).then_some(())?;
            Some((name, params.get(taken..)?))
        }
        _ => None,
    }
}

/// The parameters that a callable's stand for, with those that the `ParamSpec` stands for in their place.
fn filled(made: &Type, name: Option<&str>, rest: &[Param], bound: usize) -> Option<Vec<Param>> {
    match made {
        Type::Any => Some(func::any_params()),
        Type::Var(var) => (name == Some(var)).then(|| rest.to_vec()),
        Type::ParamList(listed) => {
            let (var, before) = concatenated(listed);
            let before = before.get(bound..)?;
            let mut params: Vec<Param> = before.iter().enumerate().map(|(at, param)| listed_param(at, param)).collect();
            match var {
                Some(var) if name == Some(var) => params.extend(rest.iter().cloned()),
                Some(_) => return None,
                None => {}
            }
            Some(params)
        }
        _ => None,
    }
}

/// The `P` of `Concatenate[A, P]`, and what stands before it.
fn concatenated(listed: &[CallableParam]) -> (Option<&str>, &[CallableParam]) {
    if let Some((CallableParam { kind: ParamKind::VarPos, ty: Type::Unpack(inner), .. }, before)) = listed.split_last()
        && let Type::Var(name) = &**inner
    {
        return (Some(name), before);
    }
    (None, listed)
}
