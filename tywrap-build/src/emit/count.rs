//! What a module's file holds, and how well its positions are typed: counted from the declarations that all three forms are
//! printed from.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use tywrap_surface::model::{Bind, Class, ClassKind, Item, QName};

use super::call::{Overload, Place};
use super::classes::slots::{is_public, is_served, is_special};
use super::file::{Access, ClassValue, File, Interface, MemberKind, TypeBody, ValueKind};
use super::module::{self, literal_value, path_in};
use super::names::member_key;
use super::ts::{Element, LocalType, Ts};
use super::{ModuleInput, Uncovered};
use crate::positions::{Hole, Positions, Typed};

/// What was counted.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub(crate) functions: usize,
    pub(crate) classes: usize,
    pub(crate) methods: usize,
    pub(crate) properties: usize,
    pub(crate) constants: usize,
    pub(crate) parameters: Positions,
    pub(crate) returns: Positions,
    /// Positions that are not typed throughout, each once.
    pub(crate) holes: BTreeSet<Hole>,
    /// Paths of the items that are values of the file.
    pub(crate) items: BTreeSet<String>,
    /// The classes whose instances have members here.
    pub(crate) described: BTreeSet<QName>,
    /// Own members of those classes that are not emitted.
    pub(crate) absent: Vec<Absent>,
    /// What the emitter announced, by path below the module or by where the class is defined.
    pub(crate) uncovered: Vec<Uncovered>,
}

/// A member of a class that is not emitted.
#[derive(Debug)]
pub(crate) struct Absent {
    pub(crate) class: QName,
    /// How the module exports the class, if it does.
    pub(crate) exported: Option<String>,
    pub(crate) name: String,
    /// What it is; nothing for a property.
    pub(crate) item: Option<Item>,
    /// Whether the name is for the users of the class, and not for its heirs or the interpreter.
    pub(crate) is_public: bool,
}

/// Lowers a module, prints nothing, and counts.
pub(crate) fn count(input: &ModuleInput<'_>) -> Counted {
    let lowered = module::lower(input);
    let mut exported: BTreeMap<String, String> = BTreeMap::new();
    for part in &input.parts {
        for item in &part.items {
            if let Item::Class { name, def } = &**item {
                exported.entry(def.to_string()).or_insert_with(|| path_in(part, name));
            }
        }
    }
    let mut counter = Counter::new(&lowered.file, &lowered.uncovered, exported);
    counter.values();
    counter.interfaces();
    counter.items(input);
    counter.members(input);
    let counted = counter.counted;
    Counted { uncovered: lowered.uncovered, ..counted }
}

struct Counter<'f> {
    file: &'f File,
    /// What each declared type stands for, by its name.
    bodies: BTreeMap<&'f str, &'f TypeBody>,
    /// Whether an alias has a hole.
    holey: RefCell<BTreeMap<&'f str, bool>>,
    /// Reasons, by what stands before the last dot and the key of what stands behind it.
    reasons: BTreeMap<(&'f str, String), Vec<&'f str>>,
    /// How classes are exported, by where they are defined.
    exported: BTreeMap<String, String>,
    counted: Counted,
}

impl<'f> Counter<'f> {
    fn new(file: &'f File, uncovered: &'f [Uncovered], exported: BTreeMap<String, String>) -> Self {
        let named = file.types.iter().filter_map(|ty| Some((file.type_names.get(&ty.id)?.name.as_str(), &ty.body)));
        let mut reasons: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
        for Uncovered { path, reason } in uncovered {
            let (before, last) = path.rsplit_once('.').unwrap_or(("", path));
            reasons.entry((before, member_key(last))).or_default().push(reason);
        }
        Self {
            file,
            bodies: named.collect(),
            holey: RefCell::default(),
            reasons,
            exported,
            counted: Counted::default(),
        }
    }

    /// Functions, constants and classes.
    fn values(&mut self) {
        for value in &self.file.values {
            match &value.kind {
                ValueKind::Function { index, overloads } => {
                    self.counted.functions += 1;
                    let path = self.file.callables.get(*index).map_or("", String::as_str);
                    let at = path.rsplit_once('.').unwrap_or(("", path));
                    self.overloads(path, at, overloads);
                }
                ValueKind::Constant { index, ty } => {
                    self.counted.constants += 1;
                    let path = self.file.callables.get(*index).map_or("", String::as_str);
                    let at = path.rsplit_once('.').unwrap_or(("", path));
                    self.returned(path, at, ty);
                }
                ValueKind::Literal(_) => {
                    self.counted.constants += 1;
                    self.counted.returns.add(Typed::Wholly);
                }
                ValueKind::Class(class) => {
                    self.counted.classes += 1;
                    let methods = class.statics.iter().filter(|(_, access)| matches!(access, Access::Method(_)));
                    let methods = methods.count();
                    self.counted.methods += methods;
                    self.counted.properties += class.statics.len() - methods;
                }
                ValueKind::Namespace(_) => {}
            }
        }
        for class in &self.file.classes {
            let methods = class.members.iter().filter(|(_, access)| matches!(access, Access::Method(_))).count();
            self.counted.methods += methods;
            self.counted.properties += class.members.len() - methods;
        }
    }

    /// The positions of the members of instances and of classes.
    fn interfaces(&mut self) {
        for declaration in &self.file.types {
            let TypeBody::Interface(interface) = &declaration.body else { continue };
            let at = match declaration.id {
                LocalType::Instance(at) | LocalType::ClassValue(at) => at,
                LocalType::Alias(_) | LocalType::Own(_) | LocalType::Data(_) => continue,
            };
            let Some(class) = self.file.classes.get(at) else { continue };
            let is_value = matches!(declaration.id, LocalType::ClassValue(_));
            let path = self.exported.get(&class.name).filter(|_| is_value).unwrap_or(&class.name).clone();
            self.interface(&path, interface);
        }
    }

    fn interface(&mut self, class: &str, interface: &'f Interface) {
        for member in &interface.members {
            match &member.kind {
                MemberKind::Call(overloads) => {
                    let at = class.rsplit_once('.').unwrap_or(("", class));
                    self.overloads(class, at, overloads);
                }
                MemberKind::Method(key, overloads) => {
                    self.overloads(&format!("{class}.{key}"), (class, key), overloads);
                }
                MemberKind::Property(key, Ts::Client("PythonConstant" | "PythonProperty", types)) => {
                    let name = format!("{class}.{key}");
                    if let Some(read) = types.first() {
                        self.returned(&name, (class, key), read);
                    }
                }
                // A member of an enum is a value, and no position.
                MemberKind::Property(..) => {}
            }
        }
    }

    /// Every parameter of every overload, and what it returns. The name is for reading, and `at` is where reasons are found.
    fn overloads(&mut self, name: &str, at: (&str, &str), overloads: &'f [Overload]) {
        for overload in overloads {
            for parameter in &overload.params {
                match (&parameter.place, &parameter.ty) {
                    (Place::Rest, Ts::Array { of, .. }) => {
                        self.parameter(name, at, &format!("*{}", parameter.name), of);
                    }
                    (Place::Rest, Ts::Tuple { elements, .. }) => {
                        for Element { ty, .. } in elements {
                            match ty {
                                Ts::Array { of, .. } => {
                                    self.parameter(name, at, &format!("*{}", parameter.name), of);
                                }
                                ty => self.given(name, at, &parameter.name, ty),
                            }
                        }
                    }
                    (_, ty) => self.given(name, at, &parameter.name, ty),
                }
            }
            self.returned(name, at, &overload.ret);
        }
    }

    /// A parameter, or each of the keywords of one that takes them.
    fn given(&mut self, name: &str, at: (&str, &str), parameter: &str, ty: &'f Ts) {
        let Ts::Client("Kw", keywords) = ty else { return self.parameter(name, at, parameter, ty) };
        for keywords in keywords {
            let Ts::Object { properties, index } = keywords else { continue };
            for property in properties {
                self.parameter(name, at, &property.name, &property.ty);
            }
            if let Some(index) = index {
                self.parameter(name, at, "**", &index.ty);
            }
        }
    }

    fn parameter(&mut self, name: &str, at: (&str, &str), parameter: &str, ty: &'f Ts) {
        let typed = self.typed(ty);
        self.counted.parameters.add(typed);
        self.hole(name, at, parameter, typed);
    }

    fn returned(&mut self, name: &str, at: (&str, &str), ty: &'f Ts) {
        let typed = self.typed(ty);
        self.counted.returns.add(typed);
        self.hole(name, at, Hole::RETURN, typed);
    }

    fn hole(&mut self, name: &str, (before, last): (&str, &str), position: &str, typed: Typed) {
        if typed == Typed::Wholly {
            return;
        }
        let reasons = self.reasons.iter().find(|((there, key), _)| *there == before && key == last);
        // What classes that only say what others have in common have is written with their heirs.
        let is_described = |name: &str| self.file.classes.iter().any(|class| class.name == name);
        let reasons = reasons.or_else(|| {
            self.reasons.iter().find(|((there, key), _)| there.contains(':') && key == last && !is_described(there))
        });
        let reasons = reasons.map(|(_, reasons)| reasons.iter().map(|reason| (*reason).to_owned()).collect());
        self.counted.holes.insert(Hole {
            name: name.to_owned(),
            position: position.to_owned(),
            typed,
            reasons: reasons.unwrap_or_default(),
        });
    }

    /// How well a type says what it is.
    fn typed(&self, ty: &'f Ts) -> Typed {
        let is_unknown = match ty {
            Ts::Union(all) => all.contains(&Ts::UNKNOWN),
            one => *one == Ts::UNKNOWN,
        };
        match is_unknown {
            true => Typed::Not,
            false if self.has_hole(ty) => Typed::Partly,
            false => Typed::Wholly,
        }
    }

    /// Whether there is an `unknown` anywhere inside. An alias is looked into; an interface is a name, with arguments.
    fn has_hole(&self, ty: &'f Ts) -> bool {
        let mut found = false;
        ty.walk(&mut |ty| {
            found |= match ty {
                Ts::Local(id, _) => self.alias_has_hole(*id),
                ty => *ty == Ts::UNKNOWN,
            }
        });
        found
    }

    fn alias_has_hole(&self, id: LocalType) -> bool {
        let Some(name) = self.file.type_names.get(&id).map(|name| name.name.as_str()) else { return false };
        let Some(TypeBody::Alias(ty)) = self.bodies.get(name).copied() else { return false };
        if let Some(known) = self.holey.borrow().get(name) {
            return *known;
        }
        // An alias that is made of itself has no more holes for that.
        self.holey.borrow_mut().insert(name, false);
        let found = self.has_hole(ty);
        self.holey.borrow_mut().insert(name, found);
        found
    }

    /// Which of the chosen items are values of the file.
    fn items(&mut self, input: &ModuleInput<'_>) {
        let mut paths: BTreeSet<&str> = BTreeSet::new();
        let mut classes: BTreeSet<&str> = BTreeSet::new();
        for value in &self.file.values {
            match &value.kind {
                ValueKind::Function { index, .. } | ValueKind::Constant { index, .. } => {
                    paths.extend(self.file.callables.get(*index).map(String::as_str));
                }
                ValueKind::Class(class) => {
                    classes.extend(self.file.classes.get(class.class).map(|class| class.name.as_str()));
                }
                ValueKind::Literal(_) | ValueKind::Namespace(_) => {}
            }
        }
        for part in &input.parts {
            for item in &part.items {
                let path = path_in(part, item.name());
                let is_emitted = match &**item {
                    Item::Class { def, .. } => classes.contains(def.to_string().as_str()),
                    // What is exported as a literal needs no grant.
                    Item::Const(constant) => {
                        let integers = input.integers.of(input.module, &path);
                        let literal = constant.value.as_ref().and_then(|value| literal_value(value, integers));
                        literal.is_some() && !self.is_uncovered(&path)
                    }
                    _ => false,
                };
                if is_emitted || paths.contains(path.as_str()) {
                    self.counted.items.insert(path);
                }
            }
        }
    }

    fn is_uncovered(&self, path: &str) -> bool {
        let (before, last) = path.rsplit_once('.').unwrap_or(("", path));
        self.reasons.contains_key(&(before, member_key(last)))
    }

    /// Which own members of the described classes are not emitted.
    fn members(&mut self, input: &ModuleInput<'_>) {
        let statics: BTreeMap<usize, &ClassValue> = self
            .file
            .values
            .iter()
            .filter_map(|value| match &value.kind {
                ValueKind::Class(class) => Some((class.class, class)),
                _ => None,
            })
            .collect();
        let surfaces = input.parts.iter().flat_map(|part| part.surface.classes.values());
        let classes: BTreeMap<String, &Class> = surfaces.map(|class| (class.def.to_string(), class)).collect();
        for (at, described) in self.file.classes.iter().enumerate() {
            let Some(class) = classes.get(&described.name) else { continue };
            self.counted.described.insert(class.def.clone());
            let of_class = statics.get(&at).into_iter().flat_map(|class| &class.statics);
            let keys: BTreeSet<&str> = described.members.iter().chain(of_class).map(|(key, _)| key.as_str()).collect();
            // The client has those of every member of an enum.
            let is_of_client = |name: &str| class.kind == ClassKind::Enum && matches!(name, "name" | "value");
            // What else has a special name is for the interpreter, or for those who write heirs.
            let is_method = |item: Option<&Item>| matches!(item, Some(Item::Func(func)) if func.bind == Bind::Instance);
            let is_for_users = |name: &str, item: Option<&Item>| match is_special(name) {
                true => is_served(name) && is_method(item),
                false => is_public(name) && !is_of_client(name),
            };
            let items = class.members.iter().map(|item| (item.name(), Some(item)));
            let props = class.props.iter().map(|prop| (prop.name.as_str(), None));
            for (name, item) in items.chain(props).filter(|(name, _)| !keys.contains(member_key(name).as_str())) {
                self.counted.absent.push(Absent {
                    class: class.def.clone(),
                    exported: self.exported.get(&described.name).cloned(),
                    name: name.to_owned(),
                    item: item.cloned(),
                    is_public: is_for_users(name, item),
                });
            }
        }
    }
}
