//! What a class holds in its own body: methods, properties, variables and nested classes.

use std::rc::Rc;

use ruff_python_ast::Expr;

use super::attributes;
use super::class::{self, ClassInfo, is_enum_member};
use super::decorate;
use super::func;
use super::infer::value_of;
use super::lower::is_bare_final;
use super::program::{Def, Inferred, Program, Symbol, What};
use super::scope::{Assign, Binding, FuncNode};
use super::synthesise;
use crate::model::{Bind, ClassKind, Const, Field, Func, Item, Omitted, Prop, QName, Type};

/// What a class holds.
#[derive(Debug, Default)]
pub(crate) struct Members {
    /// Methods, constants, aliases and nested classes, in source order.
    pub(crate) items: Vec<Item>,
    /// Properties and instance variables, in source order.
    pub(crate) props: Vec<Prop>,
    /// What is left out, by its name in the class.
    pub(crate) omitted: Vec<Omitted>,
}

/// Public in spite of the underscore: `typing.NamedTuple` documents them, and has no other names to give.
const NAMED_TUPLE: &[&str] = &["_asdict", "_field_defaults", "_fields", "_make", "_replace"];

/// What the interpreter keeps for itself in a class.
const PLUMBING: &[&str] = &["__annotations__", "__dict__", "__doc__", "__module__", "__slots__", "__weakref__"];

/// Finds what a class holds. `fields` are its own and inherited ones.
pub(crate) fn of(program: &dyn Program, class: &Rc<Def>, info: &ClassInfo, fields: &[Field]) -> Members {
    let mut members = Members::default();
    if let What::Class(node) = program.what(class) {
        let options = synthesise::options(program, class, info);
        for entry in node.scope.entries() {
            let name = entry.name.as_str();
            let is_member = info.kind == ClassKind::Enum && is_enum_member(name, &entry.bindings);
            if entry.bindings.is_empty() || is_private(name, class) || PLUMBING.contains(&name) || is_member {
                continue;
            }
            match program.class_member(class, name) {
                Some(symbol) => members.add(program, class, info, &options, name, symbol),
                None => match entry.bindings.last() {
                    Some(Binding::Broken { .. }) => {
                        members.omit(name, "its definition is not valid Python".to_owned());
                    }
                    _ => members.omit(name, "it is defined by itself".to_owned()),
                },
            }
        }
        members.props.extend(attributes::of(program, class, info, options.frozen));
    } else {
        members.props.extend(synthesise::made_props(info, fields));
    }
    let stated = |name: &str| members.items.iter().any(|item| matches!(item, Item::Func(func) if func.name == name));
    let made = synthesise::constructor(program, class, info, fields).filter(|func| !stated(&func.name));
    members.items.extend(made.map(Item::Func));
    members
}

impl Members {
    fn add(
        &mut self,
        program: &dyn Program,
        class: &Rc<Def>,
        info: &ClassInfo,
        options: &synthesise::Options,
        name: &str,
        symbol: Symbol,
    ) {
        let Symbol::Def(def) = symbol else { return self.omit(name, "it is a module".to_owned()) };
        match program.what(&def) {
            What::Func => match property(program, &def, name) {
                Some(prop) => self.props.push(prop),
                None => self.function(func::lower(program, &def, name), &def, name),
            },
            What::Class(_) | What::MadeClass(_) => {
                self.items.push(Item::Class { name: name.to_owned(), def: def.place.clone() });
            }
            What::Alias | What::NewType => {
                self.items.push(Item::Alias { name: name.to_owned(), def: def.place.clone() });
            }
            What::TypeVar | What::Special => {}
            What::Same(symbol) => self.add(program, class, info, options, name, symbol.clone()),
            What::Value => self.value(program, class, info, options, name, &def),
        }
    }

    fn function(&mut self, lowered: Result<Func, String>, def: &Def, name: &str) {
        match lowered {
            Ok(mut func) => {
                // A function of the module under a name of the class: it becomes a method there.
                if def.class.is_none() && func.bind == Bind::Free {
                    func.bind = Bind::Instance;
                    func.sigs
                        .iter_mut()
                        .filter(|sig| !sig.params.is_empty())
                        .for_each(|sig| drop(sig.params.remove(0)));
                }
                self.items.push(Item::Func(func));
            }
            Err(reason) => self.omit(name, reason),
        }
    }

    fn value(
        &mut self,
        program: &dyn Program,
        class: &Rc<Def>,
        info: &ClassInfo,
        options: &synthesise::Options,
        name: &str,
        def: &Rc<Def>,
    ) {
        let Some(Binding::Assign(assign)) = def.bindings.last() else { return };
        let inferred = value_of(program, def);
        match inferred {
            Inferred::Value(ty, value) => match variable(program, class, info, assign) {
                Variable::Elsewhere => {}
                Variable::Class => {
                    let constant = Const { name: name.to_owned(), def: def.place.clone(), ty, value };
                    self.items.push(Item::Const(constant));
                }
                Variable::Instance { writable } => {
                    let (ty, setter) = described_by(program, &ty).unwrap_or((ty.clone(), Some(ty)));
                    let setter = setter.filter(|_| writable && !options.frozen);
                    self.props.push(Prop { name: name.to_owned(), ty, setter });
                }
            },
            Inferred::Symbol(Symbol::Def(other)) if other.place != def.place => match program.what(&other) {
                What::Func => self.function(func::lower(program, &other, name), &other, name),
                What::Class(_) | What::MadeClass(_) => {
                    self.items.push(Item::Class { name: name.to_owned(), def: other.place.clone() });
                }
                _ => self.omit(name, "what it is another name for is no member of a class".to_owned()),
            },
            Inferred::Symbol(_) => self.omit(name, "it is defined by itself".to_owned()),
            Inferred::Method { receiver, name: method } => match func::method(program, &receiver, &method) {
                Some(mut func) => {
                    name.clone_into(&mut func.name);
                    func.bind = Bind::Static;
                    self.items.push(Item::Func(func));
                }
                None => self.omit(name, "the method it is bound to was not found".to_owned()),
            },
        }
    }

    fn omit(&mut self, name: &str, reason: String) {
        self.omitted.push(Omitted { name: name.to_owned(), reason });
    }
}

/// Whether a name of a class is not for its users.
fn is_private(name: &str, class: &Def) -> bool {
    let named_tuple = class.name() == "NamedTuple" && NAMED_TUPLE.contains(&name);
    name.starts_with('_') && !(name.starts_with("__") && name.ends_with("__")) && !named_tuple
}

/// Where the value of an annotated or assigned name is kept.
enum Variable {
    /// In the class.
    Class,
    /// In each instance.
    Instance {
        /// It may be assigned.
        writable: bool,
    },
    /// In no attribute: it is a key of a `TypedDict`, or what a dataclass is only given.
    Elsewhere,
}

fn variable(program: &dyn Program, class: &Rc<Def>, info: &ClassInfo, assign: &Assign) -> Variable {
    let Some(annotation) = &assign.annotation else { return Variable::Class };
    if info.kind == ClassKind::TypedDict {
        return Variable::Elsewhere;
    }
    let place = class::body_place(class);
    match class::wrapper(program, &place, annotation).as_deref() {
        Some("ClassVar") => Variable::Class,
        Some("InitVar" | "KW_ONLY") => Variable::Elsewhere,
        Some("Final") if assign.value.is_some() && info.kind != ClassKind::Dataclass => Variable::Class,
        Some("Final" | "ReadOnly") => Variable::Instance { writable: false },
        _ if is_bare_final(program, &place, annotation) => Variable::Class,
        _ => Variable::Instance { writable: info.kind != ClassKind::NamedTuple },
    }
}

/// What reading a variable from an instance gives and what may be assigned, if its type is that of a descriptor.
fn described_by(program: &dyn Program, ty: &Type) -> Option<(Type, Option<Type>)> {
    // Functions are descriptors too, and stay what they are.
    if !matches!(ty, Type::Class(name, _) if !class::is_well_known(name)) {
        return None;
    }
    let got = func::method(program, ty, "__get__")?.sigs.pop()?.ret;
    let set = func::method(program, ty, "__set__").and_then(|set| set.sigs.into_iter().next_back());
    Some((got, set.and_then(|set| set.params.into_iter().nth(1)).map(|value| value.ty)))
}

/// A function with the decorator `@property`, or one like it, as the property it makes.
fn property(program: &dyn Program, def: &Rc<Def>, name: &str) -> Option<Prop> {
    let nodes = || {
        def.bindings.iter().filter_map(|binding| match binding {
            Binding::Func(node) => Some(node),
            _ => None,
        })
    };
    let getter = nodes().find(|node| is_getter(program, def, node))?;
    let setter = nodes().rfind(|node| is_setter(node));
    let stated = decorate::getter(program, def, getter).flatten();
    let ty = stated.unwrap_or_else(|| func::sig(program, def, getter, Bind::Instance).ret);
    let setter = setter.and_then(|node| {
        let sig = func::sig(program, def, node, Bind::Instance);
        sig.params.into_iter().next().map(|value| value.ty)
    });
    // A `cached_property` is kept in the instance's own dict, where it may be assigned.
    let cached = func::has_decorator(program, def, getter, |decorator| {
        decorator.place == QName::new("functools", "cached_property")
    });
    let setter = setter.or_else(|| cached.then(|| ty.clone()));
    Some(Prop { name: name.to_owned(), ty, setter })
}

/// Whether a definition is decorated with `property`, a subclass of it or something that is used as one.
pub(crate) fn is_getter(program: &dyn Program, def: &Rc<Def>, node: &FuncNode) -> bool {
    func::has_decorator(program, def, node, |decorator| {
        let is_property = |name: &QName| *name == QName::new("builtins", "property");
        is_property(&decorator.place)
            || decorator.place == QName::new("functools", "cached_property")
            || decorator.place == QName::new("abc", "abstractproperty")
            || decorator.place == QName::new("types", "DynamicClassAttribute")
            || program.class(decorator).mro.iter().any(|base| matches!(base, Type::Class(name, _) if is_property(name)))
    }) || decorate::getter(program, def, node).is_some()
}

/// `@value.setter`
fn is_setter(node: &FuncNode) -> bool {
    node.def.decorator_list.iter().any(|decorator| match &decorator.expression {
        Expr::Attribute(attribute) => attribute.attr.as_str() == "setter",
        _ => false,
    })
}
