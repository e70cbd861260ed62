//! The types that one file declares and imports: those that its values mention, each with a name of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::alias::{Aliases, Named};
use super::call::Overload;
use super::doc::Doc;
use super::file::{Interface, MemberKind, TypeBody, TypeDeclaration, TypeName, ValueKind};
use super::names::{CLIENT_TYPES, Types, type_parameter};
use super::own::{OWN, Own};
use super::shape::Way;
use super::ts::{LocalType, Ts};
use super::typescript::{Reading, TypeVar};

/// The types that a file declares and imports.
pub(super) struct FileTypes {
    pub(super) declared: Vec<TypeDeclaration>,
    pub(super) names: BTreeMap<LocalType, TypeName>,
    pub(super) client: Vec<&'static str>,
}

/// The types that a class makes.
pub(super) struct ClassTypes {
    /// Where Python defines it.
    pub(super) path: String,
    /// Its name as a value, if the file has it as one.
    pub(super) name: Option<String>,
    pub(super) params: Vec<String>,
    pub(super) instance: Interface,
    pub(super) value: Option<Interface>,
    pub(super) data: Option<Ts>,
}

impl ClassTypes {
    /// Python's name of the class.
    fn python_name(&self) -> &str {
        self.path.rsplit([':', '.']).next().unwrap_or(&self.path)
    }
}

/// What a type stands for, before it has a name.
struct Body {
    doc: Doc,
    exported: bool,
    /// Its type parameters.
    params: Vec<String>,
    /// Which of Python's they are, by position.
    args: Vec<usize>,
    body: TypeBody,
}

impl FileTypes {
    /// Collects the types that these values mention, and those that these types mention.
    pub(super) fn collect<'v>(
        values: impl IntoIterator<Item = &'v ValueKind>,
        classes: Vec<ClassTypes>,
        aliases: &Aliases,
    ) -> Self {
        let mut seen = Seen::default();
        for value in values {
            match value {
                ValueKind::Function { overloads, .. } => overloads.iter().for_each(|overload| seen.overload(overload)),
                ValueKind::Constant { ty, .. } => {
                    seen.client.insert("PythonConstant");
                    seen.ty(ty);
                }
                ValueKind::Class(class) => seen.queue.push(LocalType::ClassValue(class.class)),
                ValueKind::Literal(_) | ValueKind::Namespace(_) => {}
            }
        }
        seen.client.insert("Connection");
        let has_data: Vec<bool> = classes.iter().map(|class| class.data.is_some()).collect();
        let mut bodies: BTreeMap<LocalType, Body> = BTreeMap::new();
        // What every instance has is served, so it is described, whether a function of this file says that it gives one or not.
        seen.queue.extend((0..classes.len()).map(LocalType::Instance));
        while let Some(id) = seen.queue.pop() {
            if bodies.contains_key(&id) {
                continue;
            }
            let body = match id {
                LocalType::Own(at) => OWN.get(at).map(Body::own),
                LocalType::Alias(at) => aliases.get(at).map(Body::alias),
                LocalType::Instance(at) => classes.get(at).map(|class| Body::instance(class, &has_data)),
                LocalType::ClassValue(at) => classes.get(at).and_then(Body::class_value),
                LocalType::Data(at) => classes.get(at).and_then(|class| Body::data(class, &has_data)),
            };
            let Some(body) = body else { continue };
            seen.body(&body.body);
            if !body.params.is_empty() && matches!(body.body, TypeBody::Interface(_)) {
                // The default of its type parameters.
                seen.client.insert("PyValue");
            }
            seen.vars.extend(body.params.iter().cloned());
            bodies.insert(id, body);
        }
        let same = same_types(&bodies, aliases);
        let mut types = Types::new(seen.vars);
        let mut names: BTreeMap<LocalType, TypeName> = BTreeMap::new();
        // Classes are called in types what they are called as values.
        let mut class_names: BTreeMap<usize, String> = classes
            .iter()
            .enumerate()
            .filter_map(|(at, class)| Some((at, types.take_as(class.name.as_deref()?)?)))
            .collect();
        let mut declared = Vec::new();
        for (id, Body { doc, exported, params, args, body }) in bodies {
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
                LocalType::Instance(at) => classes.get(at).map(|class| match class_names.remove(&at) {
                    Some(name) => name,
                    None => types.take(class.python_name(), "Instance"),
                }),
                LocalType::ClassValue(at) => {
                    classes.get(at).map(|class| types.take(&format!("{}Class", class.python_name()), "Value"))
                }
                LocalType::Data(at) => {
                    classes.get(at).map(|class| types.take(&format!("{}Data", class.python_name()), "Type"))
                }
            };
            if let Some(name) = name {
                names.insert(id, TypeName { name, args });
                declared.push(TypeDeclaration { id, exported, doc, params, body });
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
        LocalType::Own(_) | LocalType::Instance(_) | LocalType::ClassValue(_) | LocalType::Data(_) => None,
    };
    let mut same: BTreeMap<LocalType, LocalType> = BTreeMap::new();
    loop {
        // Types that refer to types which turned out to be the same may be the same in the next round.
        let mut first: BTreeMap<(&str, &[String], Ts), LocalType> = BTreeMap::new();
        let mut found = BTreeMap::new();
        for (id, Body { params, body, .. }) in bodies {
            let (Some(name), TypeBody::Alias(ty)) = (name_of(id), body) else { continue };
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
    fn body(&mut self, body: &TypeBody) {
        match body {
            TypeBody::Alias(ty) => self.ty(ty),
            TypeBody::Interface(interface) => {
                interface.extends.iter().for_each(|ty| self.ty(ty));
                for member in &interface.members {
                    match &member.kind {
                        MemberKind::Call(overloads) | MemberKind::Method(_, overloads) => {
                            overloads.iter().for_each(|overload| self.overload(overload));
                        }
                        MemberKind::Property(_, ty) => self.ty(ty),
                    }
                }
            }
        }
    }

    fn overload(&mut self, overload: &Overload) {
        for generic in &overload.generics {
            self.vars.insert(generic.name.clone());
            generic.extends.iter().chain(&generic.default).for_each(|ty| self.ty(ty));
        }
        overload.this.iter().for_each(|ty| self.ty(ty));
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
        let body = TypeBody::Alias(own.body());
        Self { doc: Doc::line(own.doc), exported: false, params: Vec::new(), args: Vec::new(), body }
    }

    fn instance(class: &ClassTypes, has_data: &[bool]) -> Self {
        let body = TypeBody::Interface(with_data(&class.instance, has_data));
        Self {
            doc: Doc::line(&format!("Python: an instance of `{}`", class.path.replace(':', "."))),
            exported: true,
            params: class.params.clone(),
            args: (0..class.params.len()).collect(),
            body,
        }
    }

    fn class_value(class: &ClassTypes) -> Option<Self> {
        let body = TypeBody::Interface(class.value.clone()?);
        let doc = Doc::line(&format!("Python: the class `{}`", class.path.replace(':', ".")));
        Some(Self { doc, exported: false, params: Vec::new(), args: Vec::new(), body })
    }

    fn data(class: &ClassTypes, has_data: &[bool]) -> Option<Self> {
        let body = TypeBody::Alias(data_or_instance(class.data.as_ref()?, has_data));
        Some(Self {
            doc: Doc::line(&format!("What an instance of `{}` holds, as data.", class.path.replace(':', "."))),
            exported: true,
            params: class.params.clone(),
            args: (0..class.params.len()).collect(),
            body,
        })
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
            vars.insert(var.clone(), TypeVar { name, bound: None, of_class: false });
        }
        let reading = Reading { way: named.way, integers: named.integers, vars: &vars, in_alias: true };
        let doc = Doc::line(&format!("Python: `{}.{}`", named.def.module, named.def.name));
        Self { doc, exported: false, params, args, body: TypeBody::Alias(reading.ts(&named.shape)) }
    }
}

/// The type with objects in place of the data that they have no form as.
fn data_or_instance(ty: &Ts, has_data: &[bool]) -> Ts {
    ty.rename(&|id| match id {
        LocalType::Data(at) if has_data.get(at) != Some(&true) => LocalType::Instance(at),
        id => id,
    })
}

fn with_data(interface: &Interface, has_data: &[bool]) -> Interface {
    let extends = interface.extends.iter().map(|ty| data_or_instance(ty, has_data)).collect();
    Interface { extends, members: interface.members.clone() }
}
