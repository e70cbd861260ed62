//! From the surface to one file and its grants.

use std::collections::{BTreeMap, BTreeSet};

use tywrap_policy::escape::identifier;
use tywrap_policy::section::IntegerMode;
use tywrap_surface::model::{Const, Func, Item, Literal};

use super::alias::Aliases;
use super::call;
use super::doc::Doc;
use super::exports::{Member, client_names, name_values};
use super::file::{File, LiteralValue, ValueKind};
use super::grants::{Grants, Table};
use super::lower::Lower;
use super::shape::Way;
use super::signature::{self, Signature};
use super::types::FileTypes;
use super::typescript::{Reading, number_text};
use super::{ModuleInput, Part, Uncovered};

/// A module, lowered.
pub(super) struct Lowered {
    pub(super) file: File,
    pub(super) grants: Table,
    pub(super) uncovered: Vec<Uncovered>,
}

/// Lowers a module. The order of the items is that of the grants.
pub(super) fn lower(input: &ModuleInput<'_>) -> Lowered {
    let mut builder = Builder {
        input,
        aliases: Aliases::default(),
        grants: Grants::default(),
        members: Vec::new(),
        uncovered: Vec::new(),
        paths: BTreeSet::new(),
    };
    for part in &input.parts {
        for item in &part.items {
            builder.item(part, item);
        }
    }
    builder.finish()
}

struct Builder<'i> {
    input: &'i ModuleInput<'i>,
    aliases: Aliases,
    grants: Grants,
    members: Vec<Member>,
    uncovered: Vec<Uncovered>,
    paths: BTreeSet<String>,
}

impl Builder<'_> {
    fn item(&mut self, part: &Part<'_>, item: &Item) {
        let (name, reason) = match item {
            Item::Func(func) => return self.function(part, func),
            Item::Const(constant) => return self.constant(part, constant),
            Item::Class { name, .. } => (name, "classes are not emitted yet"),
            Item::Alias { name, .. } => (name, "a type alias has no value to export"),
            Item::TypeVar(param) => (&param.name, "a type variable has no value to export"),
            Item::Module { name, .. } => (name, "a module is wrapped by an annotation of its own"),
        };
        self.uncover(&path_in(part, name), reason);
    }

    fn function(&mut self, part: &Part<'_>, func: &Func) {
        let Some(path) = self.path(part, &func.name) else { return };
        let integers = self.integers(&path);
        let mut lower = Lower::new(part.surface, &mut self.aliases, integers);
        let signatures: Vec<Signature> =
            func.sigs.iter().flat_map(|sig| signature::lower(sig, integers, &mut lower)).collect();
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
        let index = self.grants.function(path, &signatures, integers, &self.aliases);
        let deprecated = overloads.first().and_then(|overload| overload.deprecated.as_deref());
        let doc = self.doc(part, &func.name, deprecated);
        self.add(part, &func.name, doc, ValueKind::Function { index, overloads });
    }

    fn constant(&mut self, part: &Part<'_>, constant: &Const) {
        let Some(path) = self.path(part, &constant.name) else { return };
        let integers = self.integers(&path);
        let doc = self.doc(part, &constant.name, None);
        if let Some(literal) = constant.value.as_ref().and_then(|value| literal_value(value, integers)) {
            self.add(part, &constant.name, doc, ValueKind::Literal(literal));
            return;
        }
        let mut lower = Lower::new(part.surface, &mut self.aliases, integers);
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
    fn path(&mut self, part: &Part<'_>, name: &str) -> Option<String> {
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

    fn integers(&self, path: &str) -> IntegerMode {
        self.input.integers.of(self.input.module, path)
    }

    fn doc(&self, part: &Part<'_>, name: &str, deprecated: Option<&str>) -> Doc {
        let path = format!("{}.{}", self.input.module, path_in(part, name));
        Doc::of(part.surface.docs.get(name).map(String::as_str), &path, deprecated)
    }

    fn add(&mut self, part: &Part<'_>, name: &str, doc: Doc, kind: ValueKind) {
        let path = path_in(part, name).split('.').map(str::to_owned).collect();
        self.members.push(Member { path, doc, kind });
    }

    fn uncover(&mut self, path: &str, reason: &str) {
        self.uncovered.push(Uncovered { path: path.to_owned(), reason: reason.to_owned() });
    }

    fn finish(self) -> Lowered {
        let Self { input, aliases, grants, members, uncovered, .. } = self;
        let types = FileTypes::collect(members.iter().map(|member| &member.kind), &aliases);
        let (values, exports) = name_values(members);
        let client_names = client_names(&types, &values);
        let table = grants.finish(input.module);
        let file = File {
            module: input.module.to_owned(),
            digest: table.digest().to_owned(),
            callables: grants.paths(),
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

fn path_in(part: &Part<'_>, name: &str) -> String {
    if part.prefix.is_empty() { name.to_owned() } else { format!("{}.{name}", part.prefix) }
}

/// A literal that JavaScript has the same of.
fn literal_value(literal: &Literal, integers: IntegerMode) -> Option<LiteralValue> {
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
