//! The types that one file declares and imports: those that its values mention, each with a name of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::alias::{Aliases, Named};
use super::call::Overload;
use super::doc::Doc;
use super::file::{TypeAlias, TypeName, ValueKind};
use super::names::{CLIENT_TYPES, Types, type_parameter};
use super::own::{OWN, Own};
use super::shape::Way;
use super::ts::{LocalType, Ts};
use super::typescript::{Reading, TypeVar};

/// The types that a file declares and imports.
pub(super) struct FileTypes {
    pub(super) declared: Vec<TypeAlias>,
    pub(super) names: BTreeMap<LocalType, TypeName>,
    pub(super) client: Vec<&'static str>,
}

/// What a type stands for, before it has a name.
struct Body {
    doc: Doc,
    /// Its type parameters.
    params: Vec<String>,
    /// Which of Python's they are, by position.
    args: Vec<usize>,
    ty: Ts,
}

impl FileTypes {
    /// Collects the types that these values mention, and those that these types mention.
    pub(super) fn collect<'v>(values: impl IntoIterator<Item = &'v ValueKind>, aliases: &Aliases) -> Self {
        let mut seen = Seen::default();
        for value in values {
            match value {
                ValueKind::Function { overloads, .. } => overloads.iter().for_each(|overload| seen.overload(overload)),
                ValueKind::Constant { ty, .. } => {
                    seen.client.insert("PythonConstant");
                    seen.ty(ty);
                }
                ValueKind::Literal(_) | ValueKind::Namespace(_) => {}
            }
        }
        seen.client.insert("Connection");
        let mut bodies: BTreeMap<LocalType, Body> = BTreeMap::new();
        while let Some(id) = seen.queue.pop() {
            if bodies.contains_key(&id) {
                continue;
            }
            let body = match id {
                LocalType::Own(at) => OWN.get(at).map(Body::own),
                LocalType::Alias(at) => aliases.get(at).map(Body::alias),
            };
            let Some(body) = body else { continue };
            seen.ty(&body.ty);
            seen.vars.extend(body.params.iter().cloned());
            bodies.insert(id, body);
        }
        let same = same_types(&bodies, aliases);
        let mut types = Types::new(seen.vars);
        let mut names: BTreeMap<LocalType, TypeName> = BTreeMap::new();
        let mut declared = Vec::new();
        for (id, Body { doc, params, args, ty }) in bodies {
            // What another declaration says already goes by its name, which comes first.
            if let Some(name) = same.get(&id).and_then(|first| names.get(first)).map(|name| name.name.clone()) {
                names.insert(id, TypeName { name, args });
                continue;
            }
            let name = match id {
                LocalType::Own(at) => OWN.get(at).map(|own| types.take(own.name, "")),
                LocalType::Alias(at) => aliases
                    .get(at)
                    .map(|named| types.take(&named.def.name, if named.way == Way::Out { "Result" } else { "" })),
            };
            if let Some(name) = name {
                names.insert(id, TypeName { name, args });
                declared.push(TypeAlias { id, doc, params, body: ty });
            }
        }
        declared.sort_by(|one, two| names.get(&one.id).map(|n| &n.name).cmp(&names.get(&two.id).map(|n| &n.name)));
        let client = CLIENT_TYPES.into_iter().filter(|name| seen.client.contains(name)).collect();
        Self { declared, names, client }
    }
}

/// Types that another one makes superfluous, with that one: Python calls both the same (an alias that is a parameter here and a result
/// there, or one that two modules define alike), and they have the same body.
fn same_types(bodies: &BTreeMap<LocalType, Body>, aliases: &Aliases) -> BTreeMap<LocalType, LocalType> {
    let name_of = |id: &LocalType| match id {
        LocalType::Alias(at) => aliases.get(*at).map(|named| named.def.name.as_str()),
        LocalType::Own(_) => None,
    };
    let mut same: BTreeMap<LocalType, LocalType> = BTreeMap::new();
    loop {
        // Types that refer to types which turned out to be the same may be the same in the next round.
        let mut first: BTreeMap<(&str, &[String], Ts), LocalType> = BTreeMap::new();
        let mut found = BTreeMap::new();
        for (id, Body { params, ty, .. }) in bodies {
            let Some(name) = name_of(id) else { continue };
            let key = (name, params.as_slice(), ty.rename(&|id| same.get(&id).copied().unwrap_or(id)));
            match first.get(&key) {
                Some(other) => _ = found.insert(*id, *other),
                None => _ = first.insert(key, *id),
            }
        }
        if found == same {
            return same;
        }
        same = found;
    }
}

/// What types mention.
#[derive(Default)]
struct Seen {
    client: BTreeSet<&'static str>,
    vars: BTreeSet<String>,
    queue: Vec<LocalType>,
}

impl Seen {
    fn overload(&mut self, overload: &Overload) {
        for generic in &overload.generics {
            self.vars.insert(generic.name.clone());
            generic.extends.iter().chain(&generic.default).for_each(|ty| self.ty(ty));
        }
        overload.params.iter().for_each(|param| self.ty(&param.ty));
        self.ty(&overload.ret);
    }

    fn ty(&mut self, ty: &Ts) {
        ty.walk(&mut |ty| match ty {
            Ts::Client(name, _) => {
                self.client.insert(name);
            }
            Ts::Local(id, _) => self.queue.push(*id),
            _ => {}
        });
    }
}

impl Body {
    fn own(own: &Own) -> Self {
        Self { doc: Doc::line(own.doc), params: Vec::new(), args: Vec::new(), ty: own.body() }
    }

    fn alias(named: &Named) -> Self {
        let mut vars: BTreeMap<String, TypeVar> = BTreeMap::new();
        let (mut params, mut args) = (Vec::new(), Vec::new());
        for (position, var) in named.vars.iter().enumerate().filter(|(_, var)| named.shape.mentions(var)) {
            let mut name = type_parameter(var);
            while params.contains(&name) {
                name.push('_');
            }
            params.push(name.clone());
            args.push(position);
            vars.insert(var.clone(), TypeVar { name, bound: None });
        }
        let reading = Reading { way: named.way, integers: named.integers, vars: &vars, in_alias: true };
        let doc = Doc::line(&format!("Python: `{}.{}`", named.def.module, named.def.name));
        Self { doc, params, args, ty: reading.ts(&named.shape) }
    }
}
