//! Walking the types of a surface, and rewriting them.

use std::collections::BTreeMap;

use crate::model::{
    Alias, CallableParam, Class, DefaultValue, Field, Func, Item, Literal, Param, ParamKind, Prop, QName, Sig, Surface,
    Type, TypeParam,
};

/// What a walk meets: every type with all types inside it, outermost first, and every literal outside of types.
pub(crate) enum Visited<'a> {
    /// A type.
    Type(&'a Type),
    /// A default or a constant's value.
    Literal(&'a Literal),
}

impl Type {
    /// A union of `types`: flattened, without repetitions, and no union at all for fewer than two.
    pub fn union(types: Vec<Type>) -> Type {
        let mut flat: Vec<Type> = Vec::with_capacity(types.len());
        for ty in types {
            match ty {
                Type::Union(inner) => inner.into_iter().for_each(|ty| push_new(&mut flat, ty)),
                ty => push_new(&mut flat, ty),
            }
        }
        match flat.len() {
            0 => Type::Never,
            1 => flat.swap_remove(0),
            _ => Type::Union(flat),
        }
    }

    /// Calls `f` with this type and every type inside it, outermost first.
    pub fn each<'a>(&'a self, f: &mut dyn FnMut(&'a Type)) {
        f(self);
        match self {
            Type::Any | Type::Unknown(_) | Type::Never | Type::None | Type::SelfType | Type::Lit(_) | Type::Var(_) => {}
            Type::Union(types) | Type::Tuple(types) | Type::Class(_, types) | Type::Alias(_, types) => {
                types.iter().for_each(|ty| ty.each(f));
            }
            Type::TupleOf(ty)
            | Type::NewType(_, ty)
            | Type::TypeOf(ty)
            | Type::Guard(ty)
            | Type::Unpack(ty)
            | Type::Annotated(ty, _) => ty.each(f),
            Type::Callable(params, ret) => {
                params.each(f);
                ret.each(f);
            }
            Type::ParamList(params) => params.iter().for_each(|param| param.ty.each(f)),
        }
    }

    /// Whether `Self` stands anywhere in it.
    pub fn names_self(&self) -> bool {
        let mut found = false;
        self.each(&mut |ty| found |= matches!(ty, Type::SelfType));
        found
    }

    /// Replaces type variables by `bindings`, and `Self` by `self_type` if there is one.
    ///
    /// A `TypeVarTuple` is bound to a [`Type::Tuple`], a `ParamSpec` to a [`Type::ParamList`] or [`Type::Any`]; both are
    /// spliced where they are unpacked.
    #[must_use]
    pub fn substitute(&self, bindings: &BTreeMap<String, Type>, self_type: Option<&Type>) -> Type {
        let sub = |ty: &Type| ty.substitute(bindings, self_type);
        let boxed = |ty: &Type| Box::new(sub(ty));
        match self {
            Type::Any | Type::Unknown(_) | Type::Never | Type::None | Type::Lit(_) => self.clone(),
            Type::SelfType => self_type.unwrap_or(self).clone(),
            Type::Var(name) => bindings.get(name).unwrap_or(self).clone(),
            Type::Union(types) => Type::union(types.iter().map(sub).collect()),
            Type::Tuple(types) => tuple(substitute_all(types, bindings, self_type)),
            Type::Class(name, args) => Type::Class(name.clone(), substitute_all(args, bindings, self_type)),
            Type::Alias(name, args) => Type::Alias(name.clone(), substitute_all(args, bindings, self_type)),
            Type::TupleOf(ty) => Type::TupleOf(boxed(ty)),
            Type::NewType(name, ty) => Type::NewType(name.clone(), boxed(ty)),
            Type::TypeOf(ty) => Type::TypeOf(boxed(ty)),
            Type::Guard(ty) => Type::Guard(boxed(ty)),
            Type::Unpack(ty) => Type::Unpack(boxed(ty)),
            Type::Annotated(ty, notes) => Type::Annotated(boxed(ty), notes.clone()),
            Type::Callable(params, ret) => Type::Callable(boxed(params), boxed(ret)),
            Type::ParamList(params) => Type::ParamList(substitute_list(params, bindings, self_type)),
        }
    }
}

/// Substitutes in each of `types`, splicing an unpacked tuple into the list.
pub(crate) fn substitute_all(types: &[Type], bindings: &BTreeMap<String, Type>, self_type: Option<&Type>) -> Vec<Type> {
    let mut out = Vec::with_capacity(types.len());
    for ty in types {
        match ty.substitute(bindings, self_type) {
            Type::Unpack(inner) => match *inner {
                Type::Tuple(elements) => out.extend(elements),
                inner => out.push(Type::Unpack(Box::new(inner))),
            },
            ty => out.push(ty),
        }
    }
    out
}

fn substitute_list(
    params: &[CallableParam],
    bindings: &BTreeMap<String, Type>,
    self_type: Option<&Type>,
) -> Vec<CallableParam> {
    let mut out = Vec::with_capacity(params.len());
    for param in params {
        let ty = param.ty.substitute(bindings, self_type);
        match ty {
            Type::Unpack(inner) if param.kind == ParamKind::VarPos => match *inner {
                Type::ParamList(inner) => out.extend(inner),
                Type::Tuple(elements) => out.extend(elements.into_iter().map(|ty| CallableParam {
                    name: None,
                    kind: ParamKind::PosOnly,
                    ty,
                    optional: false,
                })),
                inner => out.push(CallableParam { ty: Type::Unpack(Box::new(inner)), ..param.clone() }),
            },
            ty => out.push(CallableParam { ty, ..param.clone() }),
        }
    }
    out
}

impl Sig {
    /// Whether `Self` stands in what it takes, returns, or is called on.
    pub fn names_self(&self) -> bool {
        let types = self.params.iter().map(|param| &param.ty).chain([&self.ret]).chain(&self.this);
        types.into_iter().any(Type::names_self)
    }

    /// Replaces type variables and `Self` in every type of the signature; variables that are bound are no longer
    /// declared. `*args: P.args, **kwargs: P.kwargs` become the parameters that `P` is bound to.
    #[must_use]
    pub fn substitute(&self, bindings: &BTreeMap<String, Type>, self_type: Option<&Type>) -> Sig {
        let mut params = Vec::with_capacity(self.params.len());
        for param in &self.params {
            let ty = param.ty.substitute(bindings, self_type);
            if let Type::Unpack(inner) = &ty
                && let Type::ParamList(list) = &**inner
            {
                // The list stands for both `*args` and `**kwargs`, so it is written once.
                if param.kind == ParamKind::VarPos {
                    params.extend(list.iter().enumerate().map(|(at, param)| listed_param(at, param)));
                }
                continue;
            }
            if let Type::Unpack(inner) = &ty
                && **inner == Type::Any
                && matches!(&param.ty, Type::Unpack(var) if matches!(**var, Type::Var(_)))
            {
                params.push(Param { ty: Type::Any, ..param.clone() });
                continue;
            }
            params.push(Param { ty, ..param.clone() });
        }
        params.sort_by_key(|param| param.kind);
        Sig {
            vars: self.vars.iter().filter(|var| !bindings.contains_key(&var.name)).cloned().collect(),
            this: self.this.as_ref().map(|ty| ty.substitute(bindings, self_type)),
            params,
            ret: self.ret.substitute(bindings, self_type),
            is_async: self.is_async,
            deprecated: self.deprecated.clone(),
        }
    }
}

/// A parameter of a signature made from one of a [`Type::ParamList`]; a nameless one is named by its position.
pub(crate) fn listed_param(at: usize, param: &CallableParam) -> Param {
    let fallback = match param.kind {
        ParamKind::VarPos => "args".to_owned(),
        ParamKind::VarKw => "kwargs".to_owned(),
        ParamKind::PosOnly | ParamKind::PosOrKw | ParamKind::KwOnly => format!("arg{at}"),
    };
    Param {
        name: param.name.clone().unwrap_or(fallback),
        kind: param.kind,
        ty: param.ty.clone(),
        default: param.optional.then_some(DefaultValue::Elided),
    }
}

impl Surface {
    /// Walks every type and literal of the surface.
    pub(crate) fn visit<'a>(&'a self, f: &mut dyn FnMut(Visited<'a>)) {
        self.items.iter().for_each(|item| item.visit(f));
        self.aliases.values().for_each(|alias| alias.visit(f));
        self.classes.values().for_each(|class| class.visit(f));
    }
}

impl Item {
    pub(crate) fn visit<'a>(&'a self, f: &mut dyn FnMut(Visited<'a>)) {
        match self {
            Item::Func(func) => func.visit(f),
            Item::Const(constant) => {
                constant.ty.each(&mut |ty| f(Visited::Type(ty)));
                constant.value.iter().for_each(|value| f(Visited::Literal(value)));
            }
            Item::TypeVar(var) => var.visit(f),
            Item::Class { .. } | Item::Alias { .. } | Item::Module { .. } => {}
        }
    }
}

impl Func {
    fn visit<'a>(&'a self, f: &mut dyn FnMut(Visited<'a>)) {
        for sig in &self.sigs {
            sig.vars.iter().for_each(|var| var.visit(f));
            sig.this.iter().for_each(|ty| ty.each(&mut |ty| f(Visited::Type(ty))));
            for param in &sig.params {
                param.ty.each(&mut |ty| f(Visited::Type(ty)));
                if let Some(DefaultValue::Lit(value)) = &param.default {
                    f(Visited::Literal(value));
                }
            }
            sig.ret.each(&mut |ty| f(Visited::Type(ty)));
        }
    }
}

impl TypeParam {
    fn visit<'a>(&'a self, f: &mut dyn FnMut(Visited<'a>)) {
        for ty in self.bound.iter().chain(&self.constraints).chain(&self.default) {
            ty.each(&mut |ty| f(Visited::Type(ty)));
        }
    }
}

impl Alias {
    pub(crate) fn visit<'a>(&'a self, f: &mut dyn FnMut(Visited<'a>)) {
        self.vars.iter().for_each(|var| var.visit(f));
        self.ty.each(&mut |ty| f(Visited::Type(ty)));
    }
}

impl Class {
    pub(crate) fn visit<'a>(&'a self, f: &mut dyn FnMut(Visited<'a>)) {
        self.vars.iter().for_each(|var| var.visit(f));
        self.bases.iter().chain(&self.mro).for_each(|ty| ty.each(&mut |ty| f(Visited::Type(ty))));
        self.members.iter().for_each(|item| item.visit(f));
        for Prop { ty, setter, .. } in &self.props {
            std::iter::once(ty).chain(setter).for_each(|ty| ty.each(&mut |ty| f(Visited::Type(ty))));
        }
        for Field { ty, value, .. } in &self.fields {
            ty.each(&mut |ty| f(Visited::Type(ty)));
            value.iter().for_each(|value| f(Visited::Literal(value)));
        }
    }
}

/// A tuple; `*tuple[T, ...]` alone in it is that tuple.
fn tuple(mut types: Vec<Type>) -> Type {
    if let [Type::Unpack(inner)] = types.as_slice()
        && matches!(**inner, Type::TupleOf(_))
        && let Some(Type::Unpack(inner)) = types.pop()
    {
        return *inner;
    }
    Type::Tuple(types)
}

fn push_new(types: &mut Vec<Type>, ty: Type) {
    if !types.contains(&ty) {
        types.push(ty);
    }
}

/// A name that a type or literal refers to by itself, without those inside it.
pub(crate) fn named<'a>(visited: &Visited<'a>) -> Option<(Named, &'a QName)> {
    match visited {
        Visited::Type(Type::Class(name, _)) => Some((Named::Class, name)),
        Visited::Type(Type::Alias(name, _)) => Some((Named::Alias, name)),
        Visited::Type(Type::NewType(name, _)) => Some((Named::NewType, name)),
        Visited::Type(Type::Lit(Literal::Enum(name, _))) | Visited::Literal(Literal::Enum(name, _)) => {
            Some((Named::Class, name))
        }
        Visited::Type(_) | Visited::Literal(_) => None,
    }
}

/// What a name in a type stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Named {
    /// A class.
    Class,
    /// A type alias.
    Alias,
    /// A `NewType`.
    NewType,
}
