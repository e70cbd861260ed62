//! Puts a module's surface together: its public names as items, and everything they refer to.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::class;
use super::docs::Docs;
use super::func;
use super::infer::value_of;
use super::lower::new_type;
use super::problem::{self, Problem, ProblemKind};
use super::program::{Def, Inferred, Module, Program, Symbol, What};
use super::resolve::Resolver;
use super::runtime::{self, RunTime};
use super::search::FileKind;
use crate::model::{Alias, Class, Const, Item, Omitted, QName, Surface, Type, Via};
use crate::walk::{Named, Visited, named};

pub(super) fn build(resolver: &Resolver, module: &Rc<Module>) -> Surface {
    let mut surface = Surface { module: module.name.clone(), ..Surface::default() };
    let docs = Docs::new(resolver);
    let exported = resolver.exported(module);
    let run_time = (module.kind == FileKind::Stub && resolver.finder().source(&module.name).is_some())
        .then(|| RunTime::of(resolver, &module.name));
    for name in exported.iter().cloned() {
        if !name.is_ascii() {
            let reason = foreign_name(resolver, module, &name);
            surface.omitted.push(Omitted { name, reason });
            continue;
        }
        if run_time.as_ref().is_some_and(|run_time| run_time.lacks(resolver, &module.name, &name)) {
            let reason = "the stub has it, and the installed module does not".to_owned();
            surface.omitted.push(Omitted { name, reason });
            continue;
        }
        let item = match (resolver.member(&module.name, &name), module_attribute(&module.name, &name)) {
            (Some(symbol), _) => item(resolver, &name, symbol),
            (None, Some(constant)) => Ok(Item::Const(constant)),
            (None, None) => Err(resolver.explain(module, &name)),
        };
        match item {
            Ok(item) => {
                let doc = doc(&docs, &item, &module.name, &name);
                if let Some(doc) = doc {
                    surface.docs.insert(name, doc);
                }
                surface.items.push(item);
            }
            Err(reason) => surface.omitted.push(Omitted { name, reason }),
        }
    }
    let described: BTreeSet<&str> = exported.iter().map(String::as_str).collect();
    let run_time = run_time.map(|run_time| run_time.exported).unwrap_or_default();
    for name in run_time.into_iter().filter(|name| !described.contains(name.as_str())) {
        let lacking = || "the module exports it, but its stub does not".to_owned();
        match runtime::adopt(resolver, &module.name, &name)
            .ok_or_else(lacking)
            .and_then(|symbol| item(resolver, &name, symbol))
        {
            // A submodule is no export that a stub would have to name.
            Ok(Item::Module { .. }) => {}
            Ok(item) => {
                let doc = doc(&docs, &item, &module.name, &name);
                surface.docs.extend(doc.map(|doc| (name, doc)));
                surface.items.push(item);
            }
            Err(reason) => surface.omitted.push(Omitted { name, reason }),
        }
    }
    Collector::default().collect(resolver, &docs, &mut surface);
    surface
}

/// Why a name with letters beyond ASCII is left out, which is noted as well.
fn foreign_name(resolver: &Resolver, module: &Module, name: &str) -> String {
    let letter = name.chars().find(|c| !c.is_ascii()).unwrap_or_default();
    let reason = format!(
        "`{}` (U+{:04X}) in its name is beyond ASCII, and Python and JavaScript compare such names differently",
        letter.escape_debug(),
        letter as u32
    );
    let last = name.rsplit('.').next().unwrap_or(name);
    let bound = module.scope.get(name).and_then(|entry| entry.bindings.last());
    let line = bound.map_or_else(
        || problem::line_of(&module.source, last),
        |binding| problem::line_at(&module.source, binding.at()),
    );
    let message = format!("`{name}` is left out: {reason}");
    resolver.note(
        &format!("{}.{name}", module.name),
        Problem::new(ProblemKind::Name, &module.name, &module.path, line, message),
    );
    reason
}

/// Takes the members with names beyond ASCII out of a class.
fn without_foreign_names(resolver: &Resolver, def: &Def, class: &mut Class) -> Vec<Omitted> {
    let names: Vec<String> = class
        .members
        .iter()
        .map(Item::name)
        .chain(class.props.iter().map(|prop| prop.name.as_str()))
        .map(str::to_owned)
        .collect();
    let foreign = names.into_iter().filter(|name| !name.is_ascii());
    let omitted: Vec<Omitted> = foreign
        .map(|name| {
            let reason = foreign_name(resolver, &def.module, &format!("{}.{name}", def.place.name));
            Omitted { name, reason }
        })
        .collect();
    if !omitted.is_empty() {
        class.members.retain(|item| item.name().is_ascii());
        class.props.retain(|prop| prop.name.is_ascii());
    }
    omitted
}

/// The docstring of an exported item.
fn doc(docs: &Docs<'_>, item: &Item, module: &str, name: &str) -> Option<String> {
    match item {
        Item::Func(func) => docs.of(&func.def, module, name),
        Item::Class { def, .. } => docs.of(def, module, name),
        _ => None,
    }
}

/// An attribute that every module has.
fn module_attribute(module: &str, name: &str) -> Option<Const> {
    let text = Type::Class(QName::new("builtins", "str"), Vec::new());
    let ty = match name {
        "__name__" => text,
        "__doc__" | "__file__" | "__package__" => Type::union(vec![text, Type::None]),
        _ => return None,
    };
    Some(Const { name: name.to_owned(), def: QName::new(module, name), ty, value: None })
}

/// The item that a name exports.
fn item(program: &dyn Program, name: &str, symbol: Symbol) -> Result<Item, String> {
    let def = match symbol {
        Symbol::Module(module) => return Ok(Item::Module { name: name.to_owned(), module: module.to_string() }),
        Symbol::Def(def) => def,
    };
    match program.what(&def) {
        What::Func if def.class.is_some() => func::taken_from_class(program, &def, name).map(Item::Func),
        What::Func => func::lower(program, &def, name).map(Item::Func),
        // Under another name it may exist all the same.
        What::Class(node) if name == def.name() && is_type_check_only(program, &def, node) => {
            Err("it exists for type checkers only".to_owned())
        }
        What::Class(_) | What::MadeClass(_) => Ok(Item::Class { name: name.to_owned(), def: def.place.clone() }),
        What::Alias | What::NewType => Ok(Item::Alias { name: name.to_owned(), def: def.place.clone() }),
        What::TypeVar => match program.type_param(&def) {
            Some(param) => Ok(Item::TypeVar(param)),
            None => Err("the type variable is not understood".to_owned()),
        },
        What::Special => Err("it is a special form of the type system".to_owned()),
        What::Same(symbol) => item(program, name, symbol.clone()),
        What::Value => match value_of(program, &def) {
            Inferred::Value(ty, value) => Ok(match func::call(program, &ty) {
                Some(mut func) => {
                    name.clone_into(&mut func.name);
                    func.def = def.place.clone();
                    func.via = Via::Call;
                    Item::Func(func)
                }
                None => Item::Const(Const { name: name.to_owned(), def: def.place.clone(), ty, value }),
            }),
            Inferred::Method { receiver, name: method } => match func::method(program, &receiver, &method) {
                Some(mut func) => {
                    name.clone_into(&mut func.name);
                    Ok(Item::Func(func))
                }
                None => Err("the method it is bound to was not found".to_owned()),
            },
            Inferred::Symbol(Symbol::Def(other)) if other.place == def.place => {
                Err("it is defined by itself".to_owned())
            }
            Inferred::Symbol(symbol) => item(program, name, symbol),
        },
    }
}

fn is_type_check_only(program: &dyn Program, def: &Rc<Def>, node: &super::scope::ClassNode) -> bool {
    let place = def.around();
    node.def
        .decorator_list
        .iter()
        .filter_map(|decorator| class::callee(program, &place, &decorator.expression))
        .any(|decorator| super::what::is_typing(&decorator, "type_check_only"))
}

/// Describes every alias and class that items refer to, and what those refer to in turn.
#[derive(Default)]
struct Collector {
    /// How far each name is followed so far.
    seen: FxHashMap<Named, FxHashMap<QName, Reach>>,
    queue: Vec<(Named, QName)>,
}

/// How far a name is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// Somewhere in a type: what it is, without what an instance can do.
    Named,
    /// An instance of it can come out of the module, so that its members can be used.
    Out,
}

impl Collector {
    fn collect(mut self, resolver: &Resolver, docs: &Docs<'_>, surface: &mut Surface) {
        for item in &surface.items {
            match item {
                Item::Alias { def, .. } => self.push(Named::Alias, def, Reach::Named),
                item => self.item(item),
            }
        }
        while let Some((kind, name)) = self.queue.pop() {
            let Some(def) = resolver.def(&name) else { continue };
            let reach = self.seen.get(&kind).and_then(|seen| seen.get(&name)).copied().unwrap_or(Reach::Named);
            match kind {
                Named::Class => {
                    let (mut class, mut omitted) = class::lower(resolver, &def, reach == Reach::Out);
                    omitted.extend(without_foreign_names(resolver, &def, &mut class));
                    self.class(&class);
                    if class.is_described {
                        member_docs(docs, &class, &mut surface.docs);
                        surface.omitted.extend(omitted.into_iter().map(|omitted| Omitted {
                            name: format!("{}.{}", name.name, omitted.name),
                            reason: omitted.reason,
                        }));
                    }
                    surface.classes.insert(name, class);
                }
                Named::Alias => {
                    let alias = match resolver.alias(&def) {
                        Some(alias) => Alias::clone(&alias),
                        // An exported `NewType` is described as an alias for itself.
                        None => Alias { vars: Vec::new(), ty: new_type(resolver, &def) },
                    };
                    alias.visit(&mut |visited| self.meet(&visited, Reach::Named));
                    if reach == Reach::Out {
                        self.out(&alias.ty);
                    }
                    surface.aliases.insert(name, alias);
                }
                // It says what it is made of wherever it stands.
                Named::NewType => {}
            }
        }
    }

    fn item(&mut self, item: &Item) {
        item.visit(&mut |visited| self.meet(&visited, Reach::Named));
        match item {
            Item::Func(func) => func.sigs.iter().for_each(|sig| self.out(&sig.ret)),
            Item::Const(constant) => self.out(&constant.ty),
            Item::Class { def, .. } => self.push(Named::Class, def, Reach::Out),
            Item::Alias { .. } | Item::TypeVar(_) | Item::Module { .. } => {}
        }
    }

    fn class(&mut self, class: &Class) {
        class.visit(&mut |visited| self.meet(&visited, Reach::Named));
        if !class.is_described {
            return;
        }
        for base in &class.mro {
            if let Type::Class(name, _) = base
                && *name != QName::new("builtins", "object")
            {
                self.push(Named::Class, name, Reach::Out);
            }
        }
        class.members.iter().for_each(|item| self.item(item));
        class.props.iter().for_each(|prop| self.out(&prop.ty));
        class.fields.iter().for_each(|field| self.out(&field.ty));
    }

    /// A type of a result.
    fn out(&mut self, ty: &Type) {
        ty.each(&mut |ty| {
            let reach = match ty {
                Type::Class(name, _) if class::is_well_known(name) => Reach::Named,
                _ => Reach::Out,
            };
            self.meet(&Visited::Type(ty), reach);
        });
    }

    fn meet(&mut self, visited: &Visited<'_>, reach: Reach) {
        if let Some((kind, name)) = named(visited) {
            self.push(kind, name, reach);
        }
    }

    fn push(&mut self, kind: Named, name: &QName, reach: Reach) {
        let seen = self.seen.entry(kind).or_default();
        if seen.get(name).is_none_or(|seen| *seen < reach) {
            seen.insert(name.clone(), reach);
            self.queue.push((kind, name.clone()));
        }
    }
}

/// The docstrings of what a class defines itself.
fn member_docs(docs: &Docs<'_>, class: &Class, found: &mut BTreeMap<String, String>) {
    let methods = class.members.iter().filter(|item| matches!(item, Item::Func(func) if func.via == Via::Def));
    for name in methods.map(Item::name).chain(class.props.iter().map(|prop| prop.name.as_str())) {
        let place = QName::new(class.def.module.clone(), format!("{}.{name}", class.def.name));
        if let Some(doc) = docs.of_member(&place) {
            found.insert(place.to_string(), doc);
        }
    }
}
