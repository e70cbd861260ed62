//! From the surface to one file and its grants.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tywrap_policy::escape::identifier;
use tywrap_policy::section::IntegerMode;
use tywrap_surface::model::{Const, Func, Item, Literal, QName, Surface};

use super::alias::Aliases;
use super::call;
use super::classes::Slots;
use super::doc::Doc;
use super::exports::{Member, client_names, name_values};
use super::file::{Access, File, Interface, LiteralValue, ValueKind};
use super::grants::{Grants, Kind, Table};
use super::lower::Lower;
use super::objects::Objects;
use super::shape::Way;
use super::signature::{self, Outer, Signature};
use super::types::{ClassTypes, FileTypes};
use super::typescript::{Reading, number_text};
use super::{ModuleInput, Part, Uncovered};
use crate::select::ClassNames;

/// A module, lowered.
pub(super) struct Lowered {
    pub(super) file: File,
    pub(super) grants: Table,
    pub(super) uncovered: Vec<Uncovered>,
}

/// Lowers a module. The order of the items is that of the grants; behind them come the members of classes.
pub(super) fn lower(input: &ModuleInput<'_>) -> Lowered {
    let mut builder = Builder {
        input,
        aliases: Aliases::default(),
        objects: Objects::new(BTreeSet::new()),
        grants: Grants::default(),
        members: Vec::new(),
        uncovered: Vec::new(),
        paths: BTreeSet::new(),
        exported: BTreeMap::new(),
        access: BTreeMap::new(),
        slots: Slots::default(),
        class_names: BTreeMap::new(),
        class_values: BTreeMap::new(),
    };
    builder.close_and_export();
    for part in &input.parts {
        for item in &part.items {
            builder.item(part, item);
        }
    }
    builder.finish()
}

/// What a module is lowered into.
pub(super) struct Builder<'i> {
    pub(super) input: &'i ModuleInput<'i>,
    pub(super) aliases: Aliases,
    pub(super) objects: Objects<'i>,
    pub(super) grants: Grants,
    members: Vec<Member>,
    uncovered: Vec<Uncovered>,
    paths: BTreeSet<String>,
    /// The classes that the module exports, with the path below it.
    pub(super) exported: BTreeMap<QName, String>,
    /// How the members of the classes that were lowered are reached, by key.
    pub(super) access: BTreeMap<QName, BTreeMap<String, Access>>,
    pub(super) slots: Slots<'i>,
    /// The names of the classes of each surface.
    class_names: BTreeMap<*const Surface, Rc<ClassNames<'i>>>,
    /// What the exported classes are as values, by their position among the described ones.
    pub(super) class_values: BTreeMap<usize, Interface>,
}

/// Where a member of a class stands.
pub(super) struct Place<'p> {
    /// The class whose body has the member.
    pub(super) owner: &'p QName,
    pub(super) name: &'p str,
}

impl Place<'_> {
    /// How reports name it.
    pub(super) fn path(&self) -> String {
        format!("{}.{}", self.owner, self.name)
    }

    /// How the policy's `integers` names it: by the class that the module exports, or else by where it is defined.
    pub(super) fn integers_path(&self, exported: &BTreeMap<QName, String>) -> String {
        let class = exported.get(self.owner).map_or(self.owner.name.as_str(), String::as_str);
        format!("{class}.{}", self.name)
    }
}

impl<'i> Builder<'i> {
    /// Notes the classes that stay without members, and those that are exported.
    fn close_and_export(&mut self) {
        let mut closed = BTreeSet::new();
        for part in &self.input.parts {
            for (class, reason) in self.input.rules.closed(part.surface) {
                self.uncover(&class.to_string(), &reason);
                closed.insert(class);
            }
            for item in &part.items {
                if let Item::Class { name, def } = &**item {
                    self.exported.entry(def.clone()).or_insert_with(|| path_in(part, name));
                }
            }
        }
        self.objects = Objects::new(closed);
    }

    /// The names of the classes of a surface, which the policy may know them by.
    pub(super) fn class_names(&mut self, surface: &'i Surface) -> Rc<ClassNames<'i>> {
        let names = self.class_names.entry(surface).or_insert_with(|| Rc::new(ClassNames::of(surface)));
        Rc::clone(names)
    }

    fn item(&mut self, part: &'i Part<'i>, item: &'i Item) {
        let (name, reason) = match item {
            Item::Func(func) => return self.function(part, func),
            Item::Const(constant) => return self.constant(part, constant),
            Item::Class { name, def } => {
                self.class(part, name, def);
                return;
            }
            Item::Alias { name, .. } => (name, "a type alias has no value to export"),
            Item::TypeVar(param) => (&param.name, "a type variable has no value to export"),
            Item::Module { name, .. } => (name, "a module is wrapped by an annotation of its own"),
        };
        self.uncover(&path_in(part, name), reason);
    }

    fn function(&mut self, part: &'i Part<'i>, func: &Func) {
        let Some(path) = self.path(part, &func.name) else { return };
        let integers = self.integers(&path);
        let mut lower = Lower::new(part.surface, &mut self.aliases, &mut self.objects, integers);
        let signatures: Vec<Signature> =
            func.sigs.iter().flat_map(|sig| signature::lower(sig, Outer::default(), integers, &mut lower)).collect();
        let reasons = lower.take_reasons();
        if signatures.is_empty() {
            return self.uncover(&path, "it has no signature");
        }
        for reason in reasons
            .into_iter()
            .chain(func.decorators.iter().map(|name| format!("decorator `{name}` is not understood")))
        {
            self.uncover(&path, &reason);
        }
        let overloads = call::overloads(&signatures, integers);
        let index = self.grants.callable(Kind::Function, path, &signatures, integers, &self.aliases);
        let deprecated = overloads.first().and_then(|overload| overload.deprecated.as_deref());
        let doc = self.doc(part, &func.name, deprecated);
        self.add(part, &func.name, doc, ValueKind::Function { index, overloads });
    }

    fn constant(&mut self, part: &'i Part<'i>, constant: &Const) {
        let Some(path) = self.path(part, &constant.name) else { return };
        let integers = self.integers(&path);
        let doc = self.doc(part, &constant.name, None);
        if let Some(literal) = constant.value.as_ref().and_then(|value| literal_value(value, integers)) {
            self.add(part, &constant.name, doc, ValueKind::Literal(literal));
            return;
        }
        let mut lower = Lower::new(part.surface, &mut self.aliases, &mut self.objects, integers);
        let shape = lower.lower(&constant.ty, Way::Out, &[]);
        for reason in lower.take_reasons() {
            self.uncover(&path, &reason);
        }
        let vars = BTreeMap::new();
        let ty = Reading { way: Way::Out, integers, vars: &vars, in_alias: false }.ts(&shape);
        let index = self.grants.attribute(path, &shape, integers, &self.aliases);
        self.add(part, &constant.name, doc, ValueKind::Constant { index, ty });
    }

    /// The path of an item below the module, unless it cannot be emitted.
    pub(super) fn path(&mut self, part: &Part<'_>, name: &str) -> Option<String> {
        let path = path_in(part, name);
        if let Err(error) = path.split('.').try_for_each(|segment| identifier(segment).map(drop)) {
            self.uncover(&path, &error.to_string());
            return None;
        }
        if !self.paths.insert(path.clone()) {
            self.uncover(&path, "the surface names it twice; the first stands");
            return None;
        }
        Some(path)
    }

    pub(super) fn integers(&self, path: &str) -> IntegerMode {
        self.input.integers.of(self.input.module, path)
    }

    pub(super) fn doc(&self, part: &Part<'_>, name: &str, deprecated: Option<&str>) -> Doc {
        let path = format!("{}.{}", self.input.module, path_in(part, name));
        Doc::of(part.surface.docs.get(name).map(String::as_str), &path, deprecated)
    }

    pub(super) fn add(&mut self, part: &Part<'_>, name: &str, doc: Doc, kind: ValueKind) {
        let path = path_in(part, name).split('.').map(str::to_owned).collect();
        self.members.push(Member { path, doc, kind });
    }

    pub(super) fn uncover(&mut self, path: &str, reason: &str) {
        self.uncovered.push(Uncovered { path: path.to_owned(), reason: reason.to_owned() });
    }

    fn finish(mut self) -> Lowered {
        let described = self.describe();
        self.grant_classes(&described);
        let Self { input, aliases, grants, members, uncovered, exported, objects, class_values, .. } = self;
        let (values, exports) = name_values(members);
        let named: BTreeMap<usize, String> = values
            .iter()
            .filter_map(|value| match &value.kind {
                ValueKind::Class(class) => Some((class.class, value.name.clone())),
                _ => None,
            })
            .collect();
        let mut classes = Vec::with_capacity(described.len());
        let mut types = Vec::with_capacity(described.len());
        for (at, described) in described.into_iter().enumerate() {
            let path = objects.get(at).map(|object| &object.class.def);
            let is_exported = path.is_some_and(|def| exported.contains_key(def));
            types.push(ClassTypes {
                path: described.class.name.clone(),
                name: named.get(&at).filter(|_| is_exported).cloned(),
                params: described.params,
                instance: described.interface,
                value: class_values.get(&at).cloned(),
                data: described.data,
            });
            classes.push(described.class);
        }
        let types = FileTypes::collect(values.iter().map(|value| &value.kind), types, &aliases);
        let client_names = client_names(&types, &values);
        let table = grants.finish(input.module);
        let file = File {
            module: input.module.to_owned(),
            digest: table.digest().to_owned(),
            callables: grants.paths(),
            classes,
            types: types.declared,
            type_names: types.names,
            client_names,
            client_types: types.client,
            values,
            exports,
        };
        Lowered { file, grants: table, uncovered }
    }
}

pub(super) fn path_in(part: &Part<'_>, name: &str) -> String {
    if part.prefix.is_empty() { name.to_owned() } else { format!("{}.{name}", part.prefix) }
}

/// A literal that JavaScript has the same of.
pub(super) fn literal_value(literal: &Literal, integers: IntegerMode) -> Option<LiteralValue> {
    Some(match literal {
        Literal::None => LiteralValue::Null,
        Literal::Bool(value) => LiteralValue::Bool(*value),
        Literal::Str(value) => LiteralValue::Str(value.clone()),
        Literal::Int(digits) => match integers {
            IntegerMode::Number => LiteralValue::Number(number_text(digits)?),
            IntegerMode::Bigint => LiteralValue::BigInt(integer_text(digits)?),
        },
        Literal::Float(repr) => LiteralValue::Number(float_text(repr)?),
        Literal::Bytes(_) | Literal::Enum(..) => return None,
    })
}

/// Decimal digits as JavaScript writes them: no leading zeros, no `+`.
fn integer_text(digits: &str) -> Option<String> {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let trimmed = digits.trim_start_matches('0');
    match trimmed {
        _ if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) => None,
        "" => Some("0".to_owned()),
        trimmed => Some(format!("{sign}{trimmed}")),
    }
}

/// A finite float that is not a negative zero, as JavaScript writes it.
fn float_text(repr: &str) -> Option<String> {
    let value: f64 = repr.parse().ok()?;
    if !value.is_finite() || (value == 0.0 && value.is_sign_negative()) {
        return None;
    }
    let text = format!("{value:?}");
    Some(text.strip_suffix(".0").map_or(text.clone(), str::to_owned))
}

#[cfg(test)]
mod tests {
    use tywrap_policy::section::IntegerMode;
    use tywrap_surface::model::Literal;

    use super::{LiteralValue, literal_value};

    #[test]
    fn literals_that_javascript_has_too() {
        let number = |text: &str| Some(LiteralValue::Number(text.to_owned()));
        let (n, b) = (IntegerMode::Number, IntegerMode::Bigint);
        for (literal, integers, expected) in [
            (Literal::None, n, Some(LiteralValue::Null)),
            (Literal::Int("9999".to_owned()), n, number("9999")),
            (Literal::Int("-1".to_owned()), n, number("-1")),
            (Literal::Int("9007199254740993".to_owned()), n, None),
            (Literal::Int("9007199254740993".to_owned()), b, Some(LiteralValue::BigInt("9007199254740993".to_owned()))),
            (Literal::Int("1); evil(".to_owned()), b, None),
            (Literal::Float("3.14".to_owned()), n, number("3.14")),
            (Literal::Float("2.0".to_owned()), n, number("2")),
            (Literal::Float("1e300".to_owned()), n, number("1e300")),
            (Literal::Float("inf".to_owned()), n, None),
            (Literal::Float("-0.0".to_owned()), n, None),
            (Literal::Bytes(vec![1]), n, None),
        ] {
            assert_eq!(literal_value(&literal, integers), expected, "{literal:?}");
        }
    }
}
