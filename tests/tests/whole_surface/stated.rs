//! What the stubs state, by the reader of stubs: the measure of what is emitted.

use std::collections::{BTreeMap, BTreeSet};

use tywrap_surface::analyze::{Analyzer, SearchPath, Target};
use tywrap_surface::model::{Class, Func, Item, ParamKind, Sig, Surface, Type};

use crate::generator::venv;

/// What a stub says of a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stated {
    /// A type.
    Type,
    /// `Any` or `object`.
    Anything,
    /// Nothing.
    Nothing,
}

/// The owner (``, or a class such as `collections:Counter`), the name there, and the parameter or `return`.
pub(crate) type Position = (String, String, String);

/// What a module exports, and what it states.
#[derive(Default)]
pub(crate) struct Stub {
    /// Exported functions and classes.
    pub(crate) callables: BTreeSet<String>,
    /// What is stated, by each overload that has the position.
    pub(crate) positions: BTreeMap<Position, BTreeSet<Stated>>,
}

impl Stub {
    /// What is stated of a position: a type, if any overload states one. A name that TypeScript reserves has a `_` behind it.
    pub(crate) fn stated(&self, owner: &str, name: &str, at: &str) -> Option<&BTreeSet<Stated>> {
        let plain = |text: &str| text.strip_suffix('_').unwrap_or(text).to_owned();
        [
            (name.to_owned(), at.to_owned()),
            (plain(name), at.to_owned()),
            (name.to_owned(), plain(at)),
            (plain(name), plain(at)),
        ]
        .into_iter()
        .find_map(|(name, at)| self.positions.get(&(owner.to_owned(), name, at)))
    }

    fn new(surface: &Surface) -> Self {
        let mut stub = Self::default();
        // A name that begins with `_` is no member, even if the stub lists it in `__all__`.
        for item in surface.items.iter().filter(|item| !name(item).starts_with('_')) {
            match item {
                Item::Func(func) => {
                    stub.callables.insert(func.name.clone());
                    stub.func("", func);
                }
                Item::Class { name, .. } => {
                    stub.callables.insert(name.clone());
                }
                Item::Const(constant) => stub.position("", &constant.name, "return", &constant.ty),
                Item::Alias { .. } | Item::TypeVar(_) | Item::Module { .. } => {}
            }
        }
        for class in surface.classes.values() {
            stub.class(surface, class);
        }
        stub
    }

    fn class(&mut self, surface: &Surface, class: &Class) {
        let owner = class.def.to_string();
        for sig in surface.constructors(class) {
            self.sig(&owner, "__init__", &sig);
        }
        for member in &class.members {
            match member {
                Item::Func(func) => self.func(&owner, func),
                Item::Const(constant) => self.position(&owner, &constant.name, "return", &constant.ty),
                Item::Class { .. } | Item::Alias { .. } | Item::TypeVar(_) | Item::Module { .. } => {}
            }
        }
        for prop in &class.props {
            self.position(&owner, &prop.name, "return", &prop.ty);
        }
        for field in &class.fields {
            self.position(&owner, &field.name, "return", &field.ty);
        }
    }

    fn func(&mut self, owner: &str, func: &Func) {
        func.sigs.iter().for_each(|sig| self.sig(owner, &func.name, sig));
    }

    fn sig(&mut self, owner: &str, name: &str, sig: &Sig) {
        for param in &sig.params {
            let at = match param.kind {
                ParamKind::VarPos => "*",
                ParamKind::VarKw => "**",
                ParamKind::PosOnly | ParamKind::PosOrKw | ParamKind::KwOnly => &param.name,
            };
            self.position(owner, name, at, &param.ty);
        }
        self.position(owner, name, "return", &sig.ret);
    }

    fn position(&mut self, owner: &str, name: &str, at: &str, ty: &Type) {
        let stated = match ty {
            Type::Any => Stated::Anything,
            Type::Class(name, _) if name.module == "builtins" && name.name == "object" => Stated::Anything,
            // Only what is not stated, as opposed to what is not understood.
            Type::Unknown(reason) if reason.ends_with("not stated") || reason == "not annotated" => Stated::Nothing,
            _ => Stated::Type,
        };
        self.positions.entry((owner.to_owned(), name.to_owned(), at.to_owned())).or_default().insert(stated);
    }
}

fn name(item: &Item) -> &str {
    match item {
        Item::Func(func) => &func.name,
        Item::Const(constant) => &constant.name,
        Item::Class { name, .. } | Item::Alias { name, .. } | Item::Module { name, .. } => name,
        Item::TypeVar(var) => &var.name,
    }
}

/// A reader of the environment's stubs, as the build script has one.
pub(crate) fn reader() -> Analyzer {
    let path = SearchPath::from_venv(&venv().path).expect("the environment has packages");
    let target = Target::linux(path.python().expect("the environment tells its Python"));
    Analyzer::new(target, path)
}

/// Reads the stubs of modules.
pub(crate) fn read<'m>(modules: impl IntoIterator<Item = &'m str>) -> BTreeMap<String, Stub> {
    let reader = reader();
    modules.into_iter().map(|module| (module.to_owned(), Stub::new(&reader.surface(module).unwrap()))).collect()
}
