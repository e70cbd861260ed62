//! The class around a member, in the terms of TypeScript.

use std::borrow::Cow;
use std::collections::BTreeMap;

use tywrap_policy::section::IntegerMode;
use tywrap_surface::model::{Class, Sig, Surface, Type, TypeParam};

use crate::emit::lower::Lower;
use crate::emit::names::type_parameter;
use crate::emit::objects::kept_params;
use crate::emit::shape::{Shape, Way};
use crate::emit::signature::Outer;
use crate::emit::typescript::{Reading, TypeVar};

/// The class around a member, in the terms of TypeScript.
#[derive(Clone)]
pub(super) struct Enclosing<'s> {
    pub(super) surface: &'s Surface,
    pub(super) class: &'s Class,
    /// The class with its own parameters: what `Self` is.
    pub(super) this: Type,
    /// Names of the type parameters that are kept.
    pub(super) params: Vec<String>,
    pub(super) vars: BTreeMap<String, TypeVar>,
}

impl<'s> Enclosing<'s> {
    pub(super) fn new(surface: &'s Surface, class: &'s Class) -> Self {
        let args = class.vars.iter().map(|var| Type::Var(var.name.clone())).collect();
        let (mut params, mut vars) = (Vec::new(), BTreeMap::new());
        for var in kept_params(surface, class).into_iter().filter_map(|at| class.vars.get(at)) {
            let mut name = type_parameter(&var.name);
            while params.contains(&name) {
                name.push('_');
            }
            params.push(name.clone());
            vars.insert(var.name.clone(), TypeVar { name, bound: None, of_class: true });
        }
        Self { surface, class, this: Type::Class(class.def.clone(), args), params, vars }
    }

    /// The same with `Self` replaced.
    pub(super) fn of_this<'t>(&self, sig: &'t Sig) -> Cow<'t, Sig> {
        match sig.names_self() {
            true => Cow::Owned(sig.substitute(&BTreeMap::new(), Some(&self.this))),
            false => Cow::Borrowed(sig),
        }
    }

    /// The type parameters, for signatures.
    pub(super) fn outer(&self) -> Outer<'_> {
        Outer { scope: &self.class.vars, vars: Some(&self.vars) }
    }

    /// How shapes read in members.
    pub(super) fn reading(&self, way: Way, integers: IntegerMode) -> Reading<'_> {
        Reading { way, integers, vars: &self.vars, in_alias: false }
    }

    /// The shape of a type in the class, with the type parameters replaced that are not kept.
    pub(super) fn lower(&self, ty: &Type, way: Way, lower: &mut Lower<'s, '_>) -> Shape {
        let scope: &[&TypeParam] = &self.class.vars.iter().collect::<Vec<_>>();
        let shape = match ty.names_self() {
            true => lower.lower(&ty.substitute(&BTreeMap::new(), Some(&self.this)), way, scope),
            false => lower.lower(ty, way, scope),
        };
        if !shape.is_generic() {
            return shape;
        }
        let erased: BTreeMap<&str, _> = scope
            .iter()
            .filter(|var| !self.vars.contains_key(&var.name))
            .map(|var| (var.name.as_str(), lower.erase(var, way, scope)))
            .collect();
        shape.substitute(&|name| erased.get(name).cloned())
    }
}
