//! What the policy lets through of the classes of a surface.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use tywrap_policy::{Diagnostic, Policy};
use tywrap_surface::model::{Class, Func, Item, QName, Sig, Surface, Type};

use super::{implementation_names, reason, without};

/// The policy, as far as it is about members of classes.
pub(crate) struct ClassRules<'p> {
    policy: &'p Policy,
    /// First segments of what `blocked-members` names; `*` is all.
    roots: BTreeSet<String>,
    /// Last segments of the members it names. A member of another name is blocked only together with all others of its class.
    members: BTreeSet<String>,
    /// Last segments of the callables of which it names a parameter.
    callables: BTreeSet<String>,
}

/// A name that no entry of the policy has, for what holds of every member of a class.
const ANY_MEMBER: &str = "any_member_of_no_name_at_all";

/// What the policy leaves of something that can be called.
pub(crate) struct Judged<T> {
    pub(crate) what: T,
    /// The parameters that were taken away, each with the rule.
    pub(crate) taken: Vec<(String, String)>,
}

/// A class under one of its names: a module, and the path of the class in it.
type Name<'s> = (&'s str, &'s str);

/// The names of the classes of one surface: where each is defined and exported, and the same of its heirs. What an heir may not
/// have is not granted of what it inherits from either, since a grant holds for every heir.
pub(crate) struct ClassNames<'s> {
    all: BTreeMap<&'s QName, BTreeSet<Name<'s>>>,
    /// Classes whose members are not blocked, but for those that the policy names.
    free: RefCell<BTreeMap<QName, bool>>,
}

impl<'p> ClassRules<'p> {
    pub(crate) fn new(policy: &'p Policy) -> Self {
        let entries = &policy.module_whitelist().blocked_members;
        let mut rules = Self { policy, roots: BTreeSet::new(), members: BTreeSet::new(), callables: BTreeSet::new() };
        for entry in entries.iter() {
            let text = entry.value.to_string();
            rules.roots.extend(text.split('.').next().map(str::to_owned));
            let path = text.split('(').next().unwrap_or_default();
            let last = path.rsplit('.').next().map(str::to_owned);
            if entry.value.parameter().is_some() { rules.callables.extend(last) } else { rules.members.extend(last) }
        }
        rules
    }

    /// Everything in the policy that these rules depend on.
    pub(crate) fn fingerprint(policy: &Policy) -> String {
        let whitelist = policy.module_whitelist();
        format!("{:?}\n{:?}", whitelist.blocked_members, whitelist.blocked_modules)
    }

    /// The classes of a surface whose instances have no members here, because the module that defines them is blocked.
    pub(crate) fn closed(&self, surface: &Surface) -> BTreeMap<QName, String> {
        let classes = surface.classes.values().filter(|class| class.is_described);
        let blocked = classes.filter_map(|class| {
            // What every Python program is made of is defined here, and what the names of the module do is blocked elsewhere.
            if class.def.module == "builtins" {
                return None;
            }
            let rule = implementation_names(&class.def.module).find_map(|name| self.policy.is_blocked_module(name))?;
            let module = &class.def.module;
            Some((class.def.clone(), format!("its instances have no members: `{module}` is blocked; {rule}")))
        });
        blocked.collect()
    }

    /// A member of a class without what the policy takes away; or why it is left out.
    pub(crate) fn judge<'i>(
        &self,
        names: &ClassNames<'_>,
        class: &Class,
        item: &'i Item,
    ) -> Result<Judged<Cow<'i, Item>>, String> {
        self.judge_name(names, class, item.name())?;
        let Item::Func(func) = item else { return Ok(Judged { what: Cow::Borrowed(item), taken: Vec::new() }) };
        let paths = self.concerned(names, class).filter(|name| self.names_a_parameter(name, &func.name));
        let paths = paths.map(|(module, path)| (module, format!("{path}.{}", func.name)));
        let Judged { what, taken } = self.judge_sigs(paths, &func.sigs)?;
        let what = match what {
            Cow::Borrowed(_) => Cow::Borrowed(item),
            Cow::Owned(sigs) => Cow::Owned(Item::Func(Func { sigs, ..func.clone() })),
        };
        Ok(Judged { what, taken })
    }

    /// What a class is called with, without what the policy takes away: a parameter is blocked as one of the class, or of its
    /// `__init__` or `__new__`.
    pub(crate) fn judge_constructor<'i>(
        &self,
        names: &ClassNames<'_>,
        class: &Class,
        sigs: &'i [Sig],
    ) -> Result<Judged<Cow<'i, [Sig]>>, String> {
        let named = self.concerned(names, class);
        let named =
            named.filter(|name| ["__init__", "__new__"].into_iter().any(|maker| self.names_a_parameter(name, maker)));
        let paths = named.flat_map(|(module, path)| {
            [path.to_owned(), format!("{path}.__init__"), format!("{path}.__new__")].map(|path| (module, path))
        });
        self.judge_sigs(paths, sigs)
    }

    /// Signatures without the parameters that are blocked under one of these names. One without such a parameter loses what could
    /// take it all the same, such as `**kwargs`.
    fn judge_sigs<'i, 'n>(
        &self,
        paths: impl Iterator<Item = (&'n str, String)>,
        sigs: &'i [Sig],
    ) -> Result<Judged<Cow<'i, [Sig]>>, String> {
        let blocked = paths.flat_map(|(module, path)| self.policy.blocked_parameters(module, &path));
        let blocked: BTreeMap<String, String> = blocked.collect();
        let Some(rule) = blocked.values().next() else {
            return Ok(Judged { what: Cow::Borrowed(sigs), taken: Vec::new() });
        };
        let parameters: Vec<&str> = blocked.keys().map(String::as_str).collect();
        let kept: Vec<Sig> = sigs.iter().filter_map(|sig| without(sig, &parameters)).collect();
        if kept.is_empty() {
            return Err(format!("it cannot be called without its blocked parameter; {rule}"));
        }
        let has = |name: &String| sigs.iter().any(|sig| sig.params.iter().any(|param| param.name == *name));
        let taken = blocked.into_iter().filter(|(name, _)| has(name)).collect();
        Ok(Judged { what: Cow::Owned(kept), taken })
    }

    /// Whether a class may have a member of this name, such as a property.
    pub(crate) fn judge_name(&self, names: &ClassNames<'_>, class: &Class, member: &str) -> Result<(), String> {
        let judge = |module: &str, path: &str| {
            self.policy.class_member(module, path, member).map_err(|diagnostic: Diagnostic| reason(&diagnostic))
        };
        judge(&class.def.module, &class.def.name)?;
        if !self.members.contains(member) && self.is_free(names, class) {
            return Ok(());
        }
        self.concerned(names, class).try_for_each(|(module, path)| judge(module, path))
    }

    /// Whether no entry of the policy blocks all members of a class, or of one that inherits from it.
    fn is_free(&self, names: &ClassNames<'_>, class: &Class) -> bool {
        if let Some(free) = names.free.borrow().get(&class.def) {
            return *free;
        }
        let is_let = |(module, path): Name<'_>| self.policy.class_member(module, path, ANY_MEMBER).is_ok();
        let free = self.concerned(names, class).all(is_let);
        names.free.borrow_mut().insert(class.def.clone(), free);
        free
    }

    /// Whether an entry may name a parameter of a member: of the member, or of what stands around it.
    fn names_a_parameter(&self, (module, path): &Name<'_>, member: &str) -> bool {
        let mut around = module.split('.').chain(path.split('.'));
        self.callables.contains(member) || around.any(|segment| self.callables.contains(segment))
    }

    /// The names of a class that `blocked-members` may be about.
    fn concerned<'n>(&self, names: &'n ClassNames<'n>, class: &Class) -> impl Iterator<Item = Name<'n>> {
        let is_concerned = |module: &str| {
            self.roots.contains("*") || self.roots.contains(module.split('.').next().unwrap_or_default())
        };
        let all = names.all.get(&class.def).into_iter().flatten().copied();
        all.filter(move |(module, _)| is_concerned(module))
    }
}

impl<'s> ClassNames<'s> {
    pub(crate) fn of(surface: &'s Surface) -> Self {
        let mut exported: BTreeMap<&QName, Vec<Name<'s>>> = BTreeMap::new();
        for item in &surface.items {
            if let Item::Class { name, def } = item {
                exported.entry(def).or_default().push((&surface.module, name));
            }
        }
        let mut names: BTreeMap<&QName, BTreeSet<Name<'s>>> = BTreeMap::new();
        for class in surface.classes.values().filter(|class| class.is_described) {
            let own = [(class.def.module.as_str(), class.def.name.as_str())];
            let own = own.into_iter().chain(exported.get(&class.def).into_iter().flatten().copied());
            let own: Vec<Name<'s>> = own.collect();
            let bases = class.mro.iter().filter_map(|base| match base {
                Type::Class(name, _) => Some(name),
                _ => None,
            });
            for class in std::iter::once(&class.def).chain(bases) {
                names.entry(class).or_default().extend(own.iter().copied());
            }
        }
        Self { all: names, free: RefCell::default() }
    }
}
