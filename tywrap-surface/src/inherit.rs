//! What a class has from its bases: members with the type arguments of the class in place.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Bind, CallableParam, Class, Const, Func, Item, ParamKind, Prop, Sig, Surface, Type, TypeParam, TypeParamKind,
};

/// A member of a class, its own or an inherited one.
#[derive(Debug)]
pub struct Member<'s, T> {
    /// The class that defines it.
    pub owner: &'s Class,
    /// The member as its owner states it.
    pub stated: &'s T,
    /// What the inheriting class gives the owner's type parameters; nothing in the class itself.
    args: Option<&'s [Type]>,
}

// (Deriving these would ask for a `T` that can be copied.)
impl<T> Clone for Member<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Member<'_, T> {}

impl<'s, T> Member<'s, T> {
    /// What the type variables of the owner stand for; nothing if there is nothing to replace.
    fn bindings(&self) -> Option<BTreeMap<String, Type>> {
        let args = self.args.filter(|_| !self.owner.vars.is_empty())?;
        Some(bind(&self.owner.vars, args))
    }
}

impl<'s> Member<'s, Item> {
    /// The member as an instance of the inheriting class has it: type variables of the owner replaced, and `Self` left.
    #[must_use]
    pub fn bound(&self) -> Cow<'s, Item> {
        self.bindings().map_or(Cow::Borrowed(self.stated), |bindings| self.stated.substituted(&bindings))
    }
}

impl<'s> Member<'s, Prop> {
    /// The property as an instance of the inheriting class has it.
    #[must_use]
    pub fn bound(&self) -> Cow<'s, Prop> {
        self.bindings().map_or(Cow::Borrowed(self.stated), |bindings| Cow::Owned(self.stated.substituted(&bindings)))
    }
}

/// Everything that the instances of a class have, but for what every object has.
#[derive(Clone, Debug, Default)]
pub struct Contents<'s> {
    /// Methods, constants, aliases and nested classes.
    pub members: Vec<Member<'s, Item>>,
    /// Properties and instance variables.
    pub props: Vec<Member<'s, Prop>>,
}

impl Surface {
    /// The described classes along the resolution order of `class`, itself first, each with its type arguments. What every object
    /// has is left out: `object` is not among them.
    fn lineage<'s>(&'s self, class: &'s Class) -> impl Iterator<Item = (&'s Class, Option<&'s [Type]>)> {
        let bases = class.mro.iter().filter_map(|base| match base {
            Type::Class(name, args) => {
                Some((self.classes.get(name).filter(|base| base.is_described)?, Some(args.as_slice())))
            }
            _ => None,
        });
        std::iter::once((class, None)).chain(bases)
    }

    /// What `class` has: its own first, and then along its resolution order. A name that a nearer class has, as a member or a
    /// property, hides those behind it.
    pub fn contents<'s>(&'s self, class: &'s Class) -> Contents<'s> {
        let mut seen = BTreeSet::new();
        let mut contents = Contents::default();
        for (owner, args) in self.lineage(class) {
            let own = owner.members.iter().filter(|item| !seen.contains(item.name()));
            contents.members.extend(own.map(|stated| Member { owner, stated, args }));
            let own = owner.props.iter().filter(|prop| !seen.contains(prop.name.as_str()));
            contents.props.extend(own.map(|stated| Member { owner, stated, args }));
            seen.extend(names(owner));
        }
        contents
    }

    /// The method, constant, alias or nested class that an instance of `class` has under a name.
    pub fn member<'s>(&'s self, class: &'s Class, name: &str) -> Option<Member<'s, Item>> {
        let (owner, args) = self.lineage(class).find(|(owner, _)| names(owner).any(|own| own == name))?;
        let stated = owner.members.iter().find(|item| item.name() == name)?;
        Some(Member { owner, stated, args })
    }

    /// The signatures under which `class` is called to make an instance; what they return is the instance. Empty where nothing is
    /// stated, which is a call without arguments.
    ///
    /// As Python does, `__new__` and `__init__` both count; where a class states both, the latter says what a caller may give,
    /// and a nearer class counts before a farther one.
    pub fn constructors(&self, class: &Class) -> Vec<Sig> {
        for (owner, args) in self.lineage(class) {
            let named = |name: &str| {
                owner.members.iter().find_map(|item| match item {
                    Item::Func(func) if func.name == name => Some(func),
                    _ => None,
                })
            };
            let made = |sig: &Sig, ret: Type| {
                let sig = Sig { ret, this: None, ..sig.clone() };
                match args.filter(|_| !owner.vars.is_empty()) {
                    Some(args) => sig.substitute(&bind(&owner.vars, args), None),
                    None => sig,
                }
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
            Self::Func(func) => {
                let sigs = func.sigs.iter().map(|sig| sig.substitute(bindings, None)).collect();
                Cow::Owned(Self::Func(Func { sigs, ..func.clone() }))
            }
            Self::Const(constant) => {
                Cow::Owned(Self::Const(Const { ty: constant.ty.substitute(bindings, None), ..constant.clone() }))
            }
            other => Cow::Borrowed(other),
        }
    }
}

impl Prop {
    fn substituted(&self, bindings: &BTreeMap<String, Type>) -> Self {
        Self {
            name: self.name.clone(),
            ty: self.ty.substitute(bindings, None),
            setter: self.setter.as_ref().map(|ty| ty.substitute(bindings, None)),
        }
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
