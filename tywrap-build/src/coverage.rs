//! What of a module is emitted, what is not and why, and how well it is typed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tywrap_contract::annotation::{Selection, Wish};
use tywrap_contract::manifest::Refusal;
use tywrap_policy::{Diagnostic, Policy};
use tywrap_surface::Surface;
use tywrap_surface::model::Item;

use crate::emit::{self, Absent, Counted, ModuleInput};
use crate::positions::{Hole, Positions};
use crate::select::{self, ClassNames, ClassRules, Selected};

/// What of a module is emitted for one annotation, counted from what its files are printed from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Coverage {
    /// Functions, callable instances, and classes of whose instances nothing is remote.
    pub functions: usize,
    /// Classes that the module exports.
    pub classes: usize,
    /// Methods of the classes whose instances can come out of the module, those of the class itself included.
    pub methods: usize,
    /// Properties of those classes and constants in them.
    pub properties: usize,
    /// Values of the module.
    pub constants: usize,
    /// Parameters of every overload; each keyword is one.
    pub parameters: Positions,
    /// What every overload returns, and what properties and constants hold.
    pub returns: Positions,
    /// What the surface has and the files have not, sorted by name.
    pub missing: Vec<Missing>,
    /// Positions that are not typed throughout, sorted, those of all overloads of a name once.
    pub holes: Vec<Hole>,
}

/// Something that the surface has and the files have not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Missing {
    /// Path below the module, or that of a member of instances by where its class is defined.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Who left it out.
    pub cause: Cause,
    /// The reason, as a sentence fragment.
    pub reason: String,
}

/// What something is that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// A function or a callable instance.
    Function,
    /// A class.
    Class,
    /// A method of a class.
    Method,
    /// All members of the instances of a class.
    Members,
    /// One parameter of a callable that is emitted without it.
    Parameter,
    /// A property of a class, or a constant in it.
    Property,
    /// A value of the module.
    Constant,
    /// A type alias or a type variable.
    Type,
    /// A module.
    Module,
    /// A name whose description could not be read; it counts as a callable.
    Undescribed,
}

impl Kind {
    /// Whether it can be called, or might be.
    #[must_use]
    pub fn is_callable(self) -> bool {
        matches!(self, Self::Function | Self::Class | Self::Method | Self::Undescribed)
    }

    /// The kind in one word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Class => "class",
            Self::Method => "method",
            Self::Members => "members",
            Self::Parameter => "parameter",
            Self::Property => "property",
            Self::Constant => "constant",
            Self::Type => "type",
            Self::Module => "module",
            Self::Undescribed => "undescribed",
        }
    }

    fn of(item: &Item) -> Self {
        match item {
            Item::Func(_) => Self::Function,
            Item::Class { .. } => Self::Class,
            Item::Const(_) => Self::Constant,
            Item::Alias { .. } | Item::TypeVar(_) => Self::Type,
            Item::Module { .. } => Self::Module,
        }
    }
}

/// Who left something out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The reader of stubs or the emitter: it has no form for it.
    NotCovered,
    /// The policy.
    Policy,
    /// The annotation, by `only` or `except`.
    Annotation,
    /// It is nothing to call or read from outside: a type, a module, a private name, or what the interpreter alone calls.
    ByDesign,
}

impl Cause {
    /// The cause in kebab case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotCovered => "not-covered",
            Self::Policy => "policy",
            Self::Annotation => "annotation",
            Self::ByDesign => "by-design",
        }
    }
}

impl Coverage {
    /// Functions, classes and methods that are emitted.
    #[must_use]
    pub fn callables(&self) -> usize {
        self.functions + self.classes + self.methods
    }

    /// Functions, classes and methods that would be emitted if the reader of stubs and the emitter had a form for them.
    #[must_use]
    pub fn missing_callables(&self) -> usize {
        self.missing.iter().filter(|missing| missing.cause == Cause::NotCovered && missing.kind.is_callable()).count()
    }
}

/// Counts what an annotation gets under a policy. `surface` gives the surface of a module.
///
/// # Errors
/// Why nothing is emitted for it, as the build would say.
pub fn coverage(
    policy: &Policy,
    wish: &Wish,
    mut surface: impl FnMut(&str) -> Result<Arc<Surface>, Diagnostic>,
) -> Result<Coverage, Vec<Refusal>> {
    let refused = |diagnostic: Diagnostic| vec![Refusal::new(&diagnostic)];
    policy.module(&wish.module).map_err(refused)?;
    let base = surface(&wish.module).map_err(refused)?;
    let selected = select::select(policy, wish, &mut surface)?;
    let rules = ClassRules::new(policy);
    let input = selected.input(wish, "", policy, &rules);
    let counted = emit::count(&input);
    let missing = Missed { wish, selected: &selected, input: &input, counted: &counted, all: BTreeSet::new() };
    let missing = missing.find(&base);
    Ok(Coverage {
        functions: counted.functions,
        classes: counted.classes,
        methods: counted.methods,
        properties: counted.properties,
        constants: counted.constants,
        parameters: counted.parameters,
        returns: counted.returns,
        missing: missing.into_iter().collect(),
        holes: counted.holes.into_iter().collect(),
    })
}

/// Finds what is missing, and the reasons.
struct Missed<'a> {
    wish: &'a Wish,
    selected: &'a Selected,
    input: &'a ModuleInput<'a>,
    counted: &'a Counted,
    all: BTreeSet<Missing>,
}

impl Missed<'_> {
    fn find(mut self, base: &Surface) -> BTreeSet<Missing> {
        self.of_base(base);
        for part in &self.input.parts {
            for item in part.items.iter().filter(|_| !part.prefix.is_empty()) {
                self.item(&format!("{}.{}", part.prefix, item.name()), item);
            }
            self.without_members(part);
        }
        self.members();
        self.parameters();
        self.all
    }

    fn add(&mut self, name: &str, kind: Kind, cause: Cause, reason: impl Into<String>) {
        self.all.insert(Missing { name: name.to_owned(), kind, cause, reason: reason.into() });
    }

    /// Every name of the module itself.
    fn of_base(&mut self, base: &Surface) {
        for item in &base.items {
            self.item(item.name(), item);
        }
        if matches!(self.wish.selection, Selection::Only(_)) {
            return;
        }
        for omitted in &base.omitted {
            if self.is_excepted(&omitted.name) {
                continue;
            }
            let kind = if omitted.name.contains('.') { Kind::Method } else { Kind::Undescribed };
            let cause = if is_private(&omitted.name) { Cause::ByDesign } else { Cause::NotCovered };
            self.add(&omitted.name, kind, cause, &omitted.reason);
        }
    }

    fn is_excepted(&self, name: &str) -> bool {
        matches!(&self.wish.selection, Selection::Except(names) if names.contains(name))
    }

    fn item(&mut self, path: &str, item: &Item) {
        if self.counted.items.contains(path) {
            return;
        }
        let kind = Kind::of(item);
        let is_wanted = match &self.wish.selection {
            Selection::All => true,
            // Whoever names what is wanted waits for nothing else.
            Selection::Only(names) if !names.contains(path) => return,
            Selection::Only(_) => true,
            Selection::Except(names) => !names.contains(path),
        };
        let left_out = self.selected.left_out.iter().find(|left_out| left_out.name == path);
        let uncovered = self.counted.uncovered.iter().find(|uncovered| uncovered.path == path);
        match (left_out, uncovered) {
            _ if matches!(item, Item::Module { .. }) => {
                self.add(path, kind, Cause::ByDesign, "a module is wrapped by an annotation of its own");
            }
            _ if is_private(path) => self.add(path, kind, Cause::ByDesign, "its name is private"),
            _ if !is_wanted => self.add(path, kind, Cause::Annotation, "the annotation leaves it out"),
            (Some(left_out), _) => self.add(path, kind, Cause::Policy, &left_out.reason),
            (None, Some(uncovered)) if kind == Kind::Type => {
                self.add(path, kind, Cause::ByDesign, &uncovered.reason);
            }
            (None, Some(uncovered)) => self.add(path, kind, Cause::NotCovered, &uncovered.reason),
            (None, None) => self.add(path, kind, Cause::NotCovered, "the emitter gives no reason"),
        }
    }

    /// The exported classes whose instances have no members here.
    fn without_members(&mut self, part: &emit::Part<'_>) {
        let closed = self.input.rules.closed(part.surface);
        for item in &part.items {
            let Item::Class { name, def } = &**item else { continue };
            let path = if part.prefix.is_empty() { name.clone() } else { format!("{}.{name}", part.prefix) };
            let Some(class) = part.surface.classes.get(def).filter(|class| class.is_described) else { continue };
            let has_members = class.members.iter().any(|item| !is_private(item.name())) || !class.props.is_empty();
            if !self.counted.items.contains(&path) || self.counted.described.contains(def) || !has_members {
                continue;
            }
            match closed.get(def) {
                Some(reason) => self.add(&path, Kind::Members, Cause::Policy, reason),
                None => {
                    let reason = "its instances travel as values, so its members stay in Python";
                    self.add(&path, Kind::Members, Cause::ByDesign, reason);
                }
            }
        }
    }

    /// Own members of the described classes.
    fn members(&mut self) {
        let names: BTreeMap<*const Surface, ClassNames<'_>> = self
            .input
            .parts
            .iter()
            .map(|part| (std::ptr::from_ref(part.surface), ClassNames::of(part.surface)))
            .collect();
        for absent in &self.counted.absent {
            let below = |class: &dyn std::fmt::Display| format!("{class}.{}", absent.name);
            let kind = absent.kind();
            let name = match &absent.exported {
                Some(class) => below(class),
                None => below(&absent.class),
            };
            let (cause, reason) = if !absent.is_public {
                (Cause::ByDesign, "it is private, or for the interpreter and the client alone".to_owned())
            } else if kind == Kind::Type {
                (Cause::ByDesign, "a type has no value to export".to_owned())
            } else if let Some(reason) = self.blocked(&names, absent) {
                (Cause::Policy, reason)
            } else if kind == Kind::Class {
                (Cause::NotCovered, emit::CLASS_IN_CLASS.to_owned())
            } else {
                let paths = [below(&absent.class), name.clone()];
                let uncovered = self.counted.uncovered.iter().find(|uncovered| paths.contains(&uncovered.path));
                let reason = uncovered.map_or("the emitter gives no reason", |uncovered| &uncovered.reason);
                (Cause::NotCovered, reason.to_owned())
            };
            self.add(&name, kind, cause, reason);
        }
    }

    /// Why the policy leaves a member out, if it does.
    fn blocked(&self, names: &BTreeMap<*const Surface, ClassNames<'_>>, absent: &Absent) -> Option<String> {
        self.input.parts.iter().find_map(|part| {
            let class = part.surface.classes.get(&absent.class)?;
            let names = names.get(&std::ptr::from_ref(part.surface))?;
            match &absent.item {
                Some(item) => self.input.rules.judge(names, class, item).err(),
                None => self.input.rules.judge_name(names, class, &absent.name).err(),
            }
        })
    }

    /// Parameters that the policy takes away.
    fn parameters(&mut self) {
        let left_out = self.selected.left_out.iter().map(|left_out| (&left_out.name, &left_out.reason));
        let uncovered = self.counted.uncovered.iter().map(|uncovered| (&uncovered.path, &uncovered.reason));
        for (name, reason) in left_out.chain(uncovered).filter(|(name, _)| name.ends_with(')')) {
            self.all.insert(Missing {
                name: name.clone(),
                kind: Kind::Parameter,
                cause: Cause::Policy,
                reason: reason.clone(),
            });
        }
    }
}

impl Absent {
    fn kind(&self) -> Kind {
        match &self.item {
            Some(Item::Func(_)) => Kind::Method,
            Some(Item::Class { .. }) => Kind::Class,
            Some(Item::Alias { .. } | Item::TypeVar(_)) => Kind::Type,
            Some(Item::Module { .. }) => Kind::Module,
            Some(Item::Const(_)) | None => Kind::Property,
        }
    }
}

/// Whether a path has a part that is not for users.
fn is_private(path: &str) -> bool {
    path.split('.').any(|name| name.starts_with('_'))
}
