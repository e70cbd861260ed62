//! What lowering asks of a program: which definition a name means. Nothing else in the analyser looks names up.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

use ruff_python_ast::Expr;
use ruff_text_size::Ranged;

use super::class::ClassInfo;
use super::scope::{Binding, ClassNode, Scope};
use super::search::FileKind;
use crate::model::{Alias, Literal, QName, Type, TypeParam, TypeParamKind};

/// Where names come from.
pub(crate) trait Program {
    /// The module `name`, if there is one that states types.
    fn module(&self, name: &str) -> Option<Rc<Module>>;

    /// What `name` is as an attribute of `module`: a name bound there, or a submodule.
    fn member(&self, module: &str, name: &str) -> Option<Symbol>;

    /// What `name` means in the global scope of `module`, built-in names included.
    fn global(&self, module: &Rc<Module>, name: &str) -> Option<Symbol>;

    /// The name in the body of a class, without its bases.
    fn class_member(&self, class: &Rc<Def>, name: &str) -> Option<Symbol>;

    /// What a definition is.
    fn what<'d>(&self, def: &'d Rc<Def>) -> &'d What;

    /// The type parameter that a definition declares, if it is one.
    fn type_param(&self, def: &Rc<Def>) -> Option<TypeParam>;

    /// Bases, type parameters and resolution order of a class.
    fn class(&self, def: &Rc<Def>) -> Rc<ClassInfo>;

    /// The right-hand side of an alias, with its type parameters.
    fn alias(&self, def: &Rc<Def>) -> Option<Rc<Alias>>;

    /// What an expression evaluates to, by one step of inference.
    fn infer(&self, place: &Place, value: &Expr) -> Inferred;

    /// Why [`Program::global`] found nothing, as a sentence fragment.
    fn explain(&self, module: &Rc<Module>, name: &str) -> String;

    /// The definition at `place`.
    fn def(&self, place: &QName) -> Option<Rc<Def>> {
        let mut parts = place.name.split('.');
        let mut symbol = self.member(&place.module, parts.next()?)?;
        for part in parts {
            let Symbol::Def(outer) = &symbol else { return None };
            symbol = self.class_member(outer, part)?;
        }
        match symbol {
            Symbol::Def(def) => Some(def),
            Symbol::Module(_) => None,
        }
    }
}

/// A module that was read.
#[derive(Debug)]
pub(crate) struct Module {
    /// Position in the order of reading.
    pub(crate) id: usize,
    /// Dotted name.
    pub(crate) name: String,
    /// Its file; of the standard library, its path in the embedded typeshed.
    pub(crate) path: PathBuf,
    /// What its file is. In a stub, an import without `as` exports nothing.
    pub(crate) kind: FileKind,
    /// Its text.
    pub(crate) source: String,
    /// Its names.
    pub(crate) scope: Scope,
}

impl Module {
    /// The text of an expression, with runs of white space made one space.
    pub(crate) fn text(&self, node: &impl Ranged) -> String {
        collapse(self.source.get(node.range().to_std_range()).unwrap_or_default())
    }
}

/// Makes every run of white space one space.
pub(crate) fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a name means.
#[derive(Clone, Debug)]
pub(crate) enum Symbol {
    /// A module.
    Module(Rc<str>),
    /// Something defined in one.
    Def(Rc<Def>),
}

/// A name in the place where it is defined.
#[derive(Debug)]
pub(crate) struct Def {
    pub(crate) place: QName,
    pub(crate) module: Rc<Module>,
    /// The class around it.
    pub(crate) class: Option<Rc<Def>>,
    /// Everything bound to the name, in source order; never empty.
    pub(crate) bindings: Vec<Binding>,
    pub(crate) what: OnceCell<What>,
    pub(crate) type_param: OnceCell<Option<TypeParam>>,
    pub(crate) class_info: OnceCell<Rc<ClassInfo>>,
}

impl Def {
    /// The last component of its name.
    pub(crate) fn name(&self) -> &str {
        self.place.name.rsplit_once('.').map_or(self.place.name.as_str(), |(_, last)| last)
    }

    /// The scope that the definition stands in.
    pub(crate) fn around(&self) -> Place {
        Place { module: Rc::clone(&self.module), class: self.class.clone(), params: BTreeMap::new() }
    }
}

/// Where a name is looked up from.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) module: Rc<Module>,
    /// The innermost class around.
    pub(crate) class: Option<Rc<Def>>,
    /// Type parameters in scope (PEP 695), by name.
    pub(crate) params: BTreeMap<String, TypeParamKind>,
}

/// What a definition is.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// A function; its definitions are the bindings.
    Func,
    /// A class.
    Class(Rc<ClassNode>),
    /// A class made by a call: `namedtuple(…)`, `TypedDict(…)`, `Enum(…)`.
    MadeClass(Made),
    /// A type alias.
    Alias,
    /// A type variable.
    TypeVar,
    /// A `NewType`.
    NewType,
    /// Another name for something.
    Same(Symbol),
    /// A special form of `typing`.
    Special,
    /// A value.
    Value,
}

/// Which call made a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    NamedTuple,
    TypedDict,
    Enum,
}

/// What an expression evaluates to.
#[derive(Clone, Debug)]
pub(crate) enum Inferred {
    /// A value of a type.
    Value(Type, Option<Literal>),
    /// Something that has a name.
    Symbol(Symbol),
    /// The method `name` of an instance.
    Method { receiver: Type, name: String },
}
