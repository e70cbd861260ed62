//! Puts a module's surface together: its public names as items, and everything they refer to.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::class;
use super::docs::Docs;
use super::func;
use super::infer::value_of;
use super::lower::new_type;
use super::program::{Def, Inferred, Module, Program, Symbol, What};
use super::resolve::Resolver;
use crate::model::{Alias, Const, Item, Omitted, QName, Surface, Type, Via};
use crate::walk::{Named, Visited, named};

pub(super) fn build(resolver: &Resolver, module: &Rc<Module>) -> Surface {
    let mut surface = Surface { module: module.name.clone(), ..Surface::default() };
    let docs = Docs::new(resolver);
    let exported = resolver.exported(module);
    for name in exported.iter().cloned() {
        let item = match (resolver.member(&module.name, &name), module_attribute(&module.name, &name)) {
            (Some(symbol), _) => item(resolver, &name, symbol),
            (None, Some(constant)) => Ok(Item::Const(constant)),
            (None, None) => Err(resolver.explain(module, &name)),
        };
        match item {
            Ok(item) => {
                let doc = match &item {
                    Item::Func(func) => docs.of(&func.def, &module.name, &name),
                    Item::Class { def, .. } => docs.of(def, &module.name, &name),
                    _ => None,
                };
                if let Some(doc) = doc {
                    surface.docs.insert(name, doc);
                }
                surface.items.push(item);
            }
            Err(reason) => surface.omitted.push(Omitted { name, reason }),
        }
    }
    let described: BTreeSet<&str> = exported.iter().map(String::as_str).collect();
    let missing = resolver.runtime_all(&module.name).into_iter().filter(|name| !described.contains(name.as_str()));
    surface.omitted.extend(
        missing.map(|name| Omitted { name, reason: "the module exports it, but its stub does not".to_owned() }),
    );
    Collector::default().collect(resolver, &mut surface);
    surface
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
    seen: BTreeSet<(Named, QName)>,
    queue: Vec<(Named, QName)>,
}

impl Collector {
    fn collect(mut self, program: &dyn Program, surface: &mut Surface) {
        for item in &surface.items {
            match item {
                Item::Class { def, .. } => self.push(Named::Class, def),
                Item::Alias { def, .. } => self.push(Named::Alias, def),
                item => item.visit(&mut |visited| self.meet(&visited)),
            }
        }
        let (mut aliases, mut classes) = (BTreeMap::new(), BTreeMap::new());
        while let Some((kind, name)) = self.queue.pop() {
            let Some(def) = program.def(&name) else { continue };
            match kind {
                Named::Class => {
                    let class = class::lower(program, &def);
                    class.visit(&mut |visited| self.meet(&visited));
                    classes.insert(name, class);
                }
                Named::Alias => {
                    let alias = match program.alias(&def) {
                        Some(alias) => Alias::clone(&alias),
                        // An exported `NewType` is described as an alias for itself.
                        None => Alias { vars: Vec::new(), ty: new_type(program, &def) },
                    };
                    alias.visit(&mut |visited| self.meet(&visited));
                    aliases.insert(name, alias);
                }
                // It says what it is made of wherever it stands.
                Named::NewType => {}
            }
        }
        surface.aliases = aliases;
        surface.classes = classes;
    }

    fn meet(&mut self, visited: &Visited<'_>) {
        if let Some((kind, name)) = named(visited) {
            self.push(kind, name);
        }
    }

    fn push(&mut self, kind: Named, name: &QName) {
        if !self.seen.contains(&(kind, name.clone())) {
            self.seen.insert((kind, name.clone()));
            self.queue.push((kind, name.clone()));
        }
    }
}
