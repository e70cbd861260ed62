//! What a class has from its bases: members with the type arguments of the class in place.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Bind, CallableParam, Class, Const, Func, Item, ParamKind, Prop, Sig, Surface, Type, TypeParam, TypeParamKind,
};

/// A member of a class, its own or an inherited one.
#[derive(Clone, Debug)]
pub struct Member<'s, T: Clone> {
    /// The class that defines it.
    pub owner: &'s Class,
    /// The member as an instance of the inheriting class has it: type variables of the owner replaced, and `Self` left.
    pub what: Cow<'s, T>,
}

impl Surface {
    /// The described classes along the resolution order of `class`, itself first, each with what its type variables stand for.
    /// What every object has is left out: `object` is not among them.
    pub fn lineage<'s>(&'s self, class: &'s Class) -> Vec<(&'s Class, BTreeMap<String, Type>)> {
        let bases = class.mro.iter().filter_map(|base| match base {
            Type::Class(name, args) => {
                let base = self.classes.get(name).filter(|base| base.is_described)?;
                Some((base, bind(&base.vars, args)))
            }
            _ => None,
        });
        std::iter::once((class, BTreeMap::new())).chain(bases).collect()
    }

    /// Every method, constant, alias and nested class of `class`, its own first and then along its resolution order. A name
    /// that a nearer class has, as a member or a property, hides those behind it.
    pub fn members<'s>(&'s self, class: &'s Class) -> Vec<Member<'s, Item>> {
        let mut seen = BTreeSet::new();
        let mut members = Vec::new();
        for (owner, bindings) in self.lineage(class) {
            let hidden = |name: &str| seen.contains(name);
            let own = owner.members.iter().filter(|item| !hidden(item.name()));
            members.extend(own.map(|item| Member { owner, what: item.substituted(&bindings) }));
            seen.extend(names(owner));
        }
        members
    }

    /// Every property and instance variable of `class`, in the same order and under the same rule as [`Surface::members`].
    pub fn props<'s>(&'s self, class: &'s Class) -> Vec<Member<'s, Prop>> {
        let mut seen = BTreeSet::new();
        let mut props = Vec::new();
        for (owner, bindings) in self.lineage(class) {
            let own = owner.props.iter().filter(|prop| !seen.contains(prop.name.as_str()));
            props.extend(own.map(|prop| Member { owner, what: prop.substituted(&bindings) }));
            seen.extend(names(owner));
        }
        props
    }

    /// The signatures under which `class` is called to make an instance; what they return is the instance. Empty where nothing is
    /// stated, which is a call without arguments.
    ///
    /// As Python does, `__new__` and `__init__` both count; where a class states both, the latter says what a caller may give,
    /// and a nearer class counts before a farther one.
    pub fn constructors(&self, class: &Class) -> Vec<Sig> {
        for (owner, bindings) in self.lineage(class) {
            let named = |name: &str| {
                owner.members.iter().find_map(|item| match item {
                    Item::Func(func) if func.name == name => Some(func),
                    _ => None,
                })
            };
            let made = |sig: &Sig, ret: Type| {
                let sig = Sig { ret, this: None, ..sig.clone() };
                if bindings.is_empty() { sig } else { sig.substitute(&bindings, None) }
            };
            if let Some(init) = named("__init__") {
                // `def __init__(self: dict[str, V], **kwargs: V)` says what it makes.
                let instance = |sig: &Sig| sig.this.clone().unwrap_or(Type::SelfType);
                return init.sigs.iter().map(|sig| made(sig, instance(sig))).collect();
            }
            if let Some(new) = named("__new__") {
                return new.sigs.iter().map(|sig| made(sig, sig.ret.clone())).collect();
            }
        }
        Vec::new()
    }
}

/// The names that a class gives a meaning of its own.
fn names(class: &Class) -> impl Iterator<Item = &str> {
    class.members.iter().map(Item::name).chain(class.props.iter().map(|prop| prop.name.as_str()))
}

impl Item {
    /// The exported name.
    pub fn name(&self) -> &str {
        match self {
            Self::Func(func) => &func.name,
            Self::Class { name, .. } | Self::Alias { name, .. } | Self::Module { name, .. } => name,
            Self::Const(constant) => &constant.name,
            Self::TypeVar(var) => &var.name,
        }
    }

    fn substituted(&self, bindings: &BTreeMap<String, Type>) -> Cow<'_, Self> {
        match self {
            Self::Func(func) if !bindings.is_empty() => {
                let sigs = func.sigs.iter().map(|sig| sig.substitute(bindings, None)).collect();
                Cow::Owned(Self::Func(Func { sigs, ..func.clone() }))
            }
            Self::Const(constant) if !bindings.is_empty() => {
                Cow::Owned(Self::Const(Const { ty: constant.ty.substitute(bindings, None), ..constant.clone() }))
            }
            other => Cow::Borrowed(other),
        }
    }
}

impl Prop {
    fn substituted(&self, bindings: &BTreeMap<String, Type>) -> Cow<'_, Self> {
        if bindings.is_empty() {
            return Cow::Borrowed(self);
        }
        Cow::Owned(Self {
            name: self.name.clone(),
            ty: self.ty.substitute(bindings, None),
            setter: self.setter.as_ref().map(|ty| ty.substitute(bindings, None)),
        })
    }
}

impl Func {
    /// Whether it is called on an instance.
    pub fn is_method(&self) -> bool {
        self.bind == Bind::Instance
    }
}

/// Binds type parameters to arguments: a `TypeVarTuple` takes what the others leave, a missing argument is the
/// parameter's default or `Any`.
pub(crate) fn bind(params: &[TypeParam], args: &[Type]) -> BTreeMap<String, Type> {
    let mut bindings = BTreeMap::new();
    let variadic = params.iter().position(|param| param.kind == TypeParamKind::TypeVarTuple);
    let extra = (args.len() + 1).saturating_sub(params.len());
    // `C[int, str]` is `C[[int, str]]` for a class with one `ParamSpec`.
    if let [param] = params
        && param.kind == TypeParamKind::ParamSpec
        && !args.is_empty()
        && !matches!(args, [Type::ParamList(_) | Type::Var(_) | Type::Any])
    {
        let positional =
            |ty: &Type| CallableParam { name: None, kind: ParamKind::PosOnly, ty: ty.clone(), optional: false };
        bindings.insert(param.name.clone(), Type::ParamList(args.iter().map(positional).collect()));
        return bindings;
    }
    let mut rest = args.iter();
    for (at, param) in params.iter().enumerate() {
        let bound = if Some(at) == variadic && !args.is_empty() {
            Some(Type::Tuple(rest.by_ref().take(extra).cloned().collect()))
        } else {
            rest.next().cloned()
        };
        let missing = || match (&param.default, param.kind) {
            (Some(default), _) => default.substitute(&bindings, None),
            (None, TypeParamKind::TypeVarTuple) => Type::TupleOf(Box::new(Type::Any)),
            (None, TypeParamKind::TypeVar | TypeParamKind::ParamSpec) => Type::Any,
        };
        let bound = bound.unwrap_or_else(missing);
        bindings.insert(param.name.clone(), bound);
    }
    bindings
}
