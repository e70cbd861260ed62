//! The classes whose instances are remote objects with members: each is described once in a file, whatever refers to it.

use std::collections::{BTreeMap, BTreeSet};

use tywrap_surface::model::{Class, ClassKind, Item, QName, Surface, Type, TypeParam, TypeParamKind};

use super::dtype::is_numpy;

/// A class that the file describes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object<'s> {
    /// The surface that describes it.
    pub(super) surface: &'s Surface,
    pub(super) class: &'s Class,
}

/// The described classes, in the order in which they were first referred to.
#[derive(Debug)]
pub(super) struct Objects<'s> {
    all: Vec<Object<'s>>,
    by_name: BTreeMap<&'s QName, usize>,
    /// Classes of which the policy lets no member through.
    closed: BTreeSet<QName>,
}

impl<'s> Objects<'s> {
    /// `closed` are classes that stay without members.
    pub(super) fn new(closed: BTreeSet<QName>) -> Self {
        Self { all: Vec::new(), by_name: BTreeMap::new(), closed }
    }

    pub(super) fn get(&self, at: usize) -> Option<Object<'s>> {
        self.all.get(at).copied()
    }

    /// The position of a class, if it is described.
    pub(super) fn position(&self, class: &QName) -> Option<usize> {
        self.by_name.get(class).copied()
    }

    /// Describes a class, and those it inherits from before it; gives its position.
    pub(super) fn open(&mut self, surface: &'s Surface, class: &'s Class) -> usize {
        if let Some(at) = self.position(&class.def) {
            return at;
        }
        // What they have is known when the class is described, which may have the same otherwise.
        for base in self.bases(Object { surface, class }).into_iter().rev() {
            if base.def != class.def {
                self.open(surface, base);
            }
        }
        let at = self.all.len();
        self.all.push(Object { surface, class });
        self.by_name.insert(&class.def, at);
        at
    }

    /// Whether instances of a class can have members at all.
    pub(super) fn is_open(&self, class: &Class) -> bool {
        class.is_described && !self.closed.contains(&class.def) && !is_folded(&class.def)
    }

    /// The classes on the resolution order of an object, without itself, that the file describes too.
    pub(super) fn bases(&self, object: Object<'s>) -> Vec<&'s Class> {
        let on_order = object.class.mro.iter().filter_map(|base| match base {
            Type::Class(name, _) => object.surface.classes.get(name),
            _ => None,
        });
        on_order.filter(|base| self.is_open(base)).collect()
    }
}

/// Positions of the type parameters of a class that TypeScript keeps: those that stand for the type of a value. A list of
/// parameters, a sequence of types or the dtype of an array is none.
pub(super) fn kept_params(surface: &Surface, class: &Class) -> Vec<usize> {
    let is_kept = |param: &TypeParam| {
        let range = param.bound.iter().chain(&param.constraints).chain(&param.default);
        param.kind == TypeParamKind::TypeVar && !range.into_iter().any(|ty| names_a_dtype(surface, ty, 0))
    };
    class.vars.iter().enumerate().filter(|(_, param)| is_kept(param)).map(|(at, _)| at).collect()
}

fn names_a_dtype(surface: &Surface, ty: &Type, depth: usize) -> bool {
    /// Aliases of aliases of aliases are followed no farther.
    const MAX_DEPTH: usize = 8;
    let mut found = false;
    ty.each(&mut |ty| {
        found |= match ty {
            Type::Class(name, _) => is_numpy(&name.module),
            Type::Alias(name, _) => {
                is_numpy(&name.module)
                    || depth < MAX_DEPTH
                        && surface.aliases.get(name).is_some_and(|alias| names_a_dtype(surface, &alias.ty, depth + 1))
            }
            _ => false,
        }
    });
    found
}

/// Whether what a class has is written with its heirs. These classes say what others have in common; no object is an instance of one
/// alone.
pub(super) fn is_folded(class: &QName) -> bool {
    const ABSTRACT: [&str; 6] =
        ["typing", "typing_extensions", "collections.abc", "_collections_abc", "_typeshed", "abc"];
    // Views of dicts and the like are classes of their own.
    let is_abstract = class.name.starts_with(|first: char| first.is_ascii_uppercase() || first == '_');
    class.module == "builtins" && class.name == "object" || ABSTRACT.contains(&class.module.as_str()) && is_abstract
}

/// Whether the instances of a named tuple travel as tuples: they have nothing but their fields.
pub(super) fn is_plain_tuple(surface: &Surface, class: &Class) -> bool {
    let is_plain = |class: &Class| {
        let is_field = |name: &str| class.fields.iter().any(|field| field.name == name);
        let is_made = |item: &Item| matches!(item, Item::Func(func) if MADE.contains(&func.name.as_str()));
        class.members.iter().all(|item| is_made(item) || is_field(item.name()))
            && class.props.iter().all(|prop| is_field(&prop.name) || MADE.contains(&prop.name.as_str()))
    };
    let is_base = |class: &Class| {
        let QName { module, name } = &class.def;
        is_folded(&class.def) || module == "builtins" && name == "tuple" || module == "typing" && name == "NamedTuple"
    };
    let bases = class.mro.iter().filter_map(|base| match base {
        Type::Class(name, _) => surface.classes.get(name),
        _ => None,
    });
    class.kind == ClassKind::NamedTuple
        && !class.fields.is_empty()
        && is_plain(class)
        && bases.into_iter().all(|base| is_base(base) || is_plain(base))
}

/// What Python makes for every named tuple.
const MADE: [&str; 8] =
    ["__match_args__", "__new__", "__init__", "_asdict", "_field_defaults", "_fields", "_make", "_replace"];
