//! From the surface to one file and its grants.

use std::collections::{BTreeMap, BTreeSet};

use tywrap_policy::escape::identifier;
use tywrap_policy::section::IntegerMode;
use tywrap_surface::model::{Const, Func, Item, Literal};

use super::alias::Aliases;
use super::call::{self, Overload};
use super::doc::Doc;
use super::file::{Export, File, LiteralValue, TypeAlias, TypeName, Value, ValueKind};
use super::grants::Grants;
use super::lower::Lower;
use super::names::{CLIENT_TYPES, Exports, Types, type_parameter};
use super::own::OWN;
use super::shape::Way;
use super::signature::{self, Signature};
use super::ts::{LocalType, Ts};
use super::typescript::{Reading, TypeVar, number_text};
use super::{ModuleInput, Part, Uncovered};

/// A module, lowered.
pub(super) struct Lowered {
    pub(super) file: File,
    pub(super) grants: Grants,
    pub(super) uncovered: Vec<Uncovered>,
}

/// Lowers a module. The order of the items is that of the grants.
pub(super) fn lower(input: &ModuleInput<'_>) -> Lowered {
    let mut builder = Builder {
        input,
        aliases: Aliases::default(),
        grants: Grants::default(),
        members: Vec::new(),
        bigint: Vec::new(),
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
    bigint: Vec<usize>,
    uncovered: Vec<Uncovered>,
    paths: BTreeSet<String>,
}

/// A value, before it has a name in the file.
struct Member {
    /// Path below the module.
    path: Vec<String>,
    doc: Doc,
    kind: ValueKind,
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
        let index = self.grants.function(path.clone(), &signatures, &self.aliases);
        let deprecated = overloads.first().and_then(|overload| overload.deprecated.as_deref());
        let doc = self.doc(part, &func.name, deprecated);
        self.add(part, &func.name, doc, ValueKind::Function { index, overloads }, integers);
    }

    fn constant(&mut self, part: &Part<'_>, constant: &Const) {
        let Some(path) = self.path(part, &constant.name) else { return };
        let integers = self.integers(&path);
        let doc = self.doc(part, &constant.name, None);
        if let Some(literal) = constant.value.as_ref().and_then(|value| literal_value(value, integers)) {
            self.add(part, &constant.name, doc, ValueKind::Literal(literal), IntegerMode::Number);
            return;
        }
        let mut lower = Lower::new(part.surface, &mut self.aliases, integers);
        let shape = lower.lower(&constant.ty, Way::Out, &[]);
        for reason in lower.take_reasons() {
            self.uncover(&path, &reason);
        }
        let vars = BTreeMap::new();
        let ty = Reading { way: Way::Out, integers, vars: &vars, in_alias: false }.ts(&shape);
        let index = self.grants.attribute(path);
        self.add(part, &constant.name, doc, ValueKind::Constant { index, ty }, integers);
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

    fn add(&mut self, part: &Part<'_>, name: &str, doc: Doc, kind: ValueKind, integers: IntegerMode) {
        if let (ValueKind::Function { index, .. } | ValueKind::Constant { index, .. }, IntegerMode::Bigint) =
            (&kind, integers)
        {
            self.bigint.push(*index);
        }
        let path = path_in(part, name).split('.').map(str::to_owned).collect();
        self.members.push(Member { path, doc, kind });
    }

    fn uncover(&mut self, path: &str, reason: &str) {
        self.uncovered.push(Uncovered { path: path.to_owned(), reason: reason.to_owned() });
    }

    fn finish(self) -> Lowered {
        let Self { input, aliases, grants, members, bigint, uncovered, .. } = self;
        let types = FileTypes::collect(&members, &aliases);
        let (values, exports) = name_values(members);
        let client_names = client_names(&types, &values);
        let file = File {
            module: input.module.to_owned(),
            digest: grants.digest(input.module),
            callables: grants.paths(),
            bigint,
            types: types.declared,
            type_names: types.names,
            client_names,
            client_types: types.client,
            values,
            exports,
        };
        Lowered { file, grants, uncovered }
    }
}

/// The types that a file declares and imports.
struct FileTypes {
    declared: Vec<TypeAlias>,
    names: BTreeMap<LocalType, TypeName>,
    client: Vec<&'static str>,
}

impl FileTypes {
    fn collect(members: &[Member], aliases: &Aliases) -> Self {
        let mut seen = Seen::default();
        for member in members {
            match &member.kind {
                ValueKind::Function { overloads, .. } => overloads.iter().for_each(|overload| seen.overload(overload)),
                ValueKind::Constant { ty, .. } => {
                    seen.client.insert("PythonConstant");
                    seen.ty(ty);
                }
                ValueKind::Literal(_) | ValueKind::Namespace(_) => {}
            }
        }
        seen.client.insert("Connection");
        let mut bodies: BTreeMap<LocalType, (Doc, Vec<String>, Vec<usize>, Ts)> = BTreeMap::new();
        while let Some(id) = seen.queue.pop() {
            if bodies.contains_key(&id) {
                continue;
            }
            let body = match id {
                LocalType::Own(at) => OWN.get(at).map(|own| (Doc::line(own.doc), Vec::new(), Vec::new(), own.body())),
                LocalType::Alias(at) => alias_body(at, aliases),
            };
            let Some(body) = body else { continue };
            seen.ty(&body.3);
            seen.vars.extend(body.1.iter().cloned());
            bodies.insert(id, body);
        }
        let same = same_types(&bodies, aliases);
        let mut types = Types::new(seen.vars);
        let mut names: BTreeMap<LocalType, TypeName> = BTreeMap::new();
        let mut declared = Vec::new();
        for (id, (doc, params, args, body)) in bodies {
            // What another declaration says already goes by its name, which comes first.
            if let Some(name) = same.get(&id).and_then(|first| names.get(first)).map(|name| name.name.clone()) {
                names.insert(id, TypeName { name, args });
                continue;
            }
            let name = match id {
                LocalType::Own(at) => OWN.get(at).map(|own| types.take(own.name, "")),
                LocalType::Alias(at) => aliases
                    .get(at)
                    .map(|named| types.take(&named.def.name, if named.way == Way::Out { "Result" } else { "" })),
            };
            if let Some(name) = name {
                names.insert(id, TypeName { name, args });
                declared.push(TypeAlias { id, doc, params, body });
            }
        }
        declared.sort_by(|one, two| names.get(&one.id).map(|n| &n.name).cmp(&names.get(&two.id).map(|n| &n.name)));
        let client = CLIENT_TYPES.into_iter().filter(|name| seen.client.contains(name)).collect();
        Self { declared, names, client }
    }
}

/// Types that another one makes superfluous, with that one: Python calls both the same (an alias that is a parameter here and a result
/// there, or one that two modules define alike), and they have the same body.
fn same_types(
    bodies: &BTreeMap<LocalType, (Doc, Vec<String>, Vec<usize>, Ts)>,
    aliases: &Aliases,
) -> BTreeMap<LocalType, LocalType> {
    let name_of = |id: &LocalType| match id {
        LocalType::Alias(at) => aliases.get(*at).map(|named| named.def.name.as_str()),
        LocalType::Own(_) => None,
    };
    let mut same: BTreeMap<LocalType, LocalType> = BTreeMap::new();
    loop {
        // Types that refer to types which turned out to be the same may be the same in the next round.
        let mut first: BTreeMap<(&str, &[String], Ts), LocalType> = BTreeMap::new();
        let mut found = BTreeMap::new();
        for (id, (_, params, _, body)) in bodies {
            let Some(name) = name_of(id) else { continue };
            let key = (name, params.as_slice(), body.rename(&|id| same.get(&id).copied().unwrap_or(id)));
            match first.get(&key) {
                Some(other) => _ = found.insert(*id, *other),
                None => _ = first.insert(key, *id),
            }
        }
        if found == same {
            return same;
        }
        same = found;
    }
}

/// What types mention.
#[derive(Default)]
struct Seen {
    client: BTreeSet<&'static str>,
    vars: BTreeSet<String>,
    queue: Vec<LocalType>,
}

impl Seen {
    fn overload(&mut self, overload: &Overload) {
        for generic in &overload.generics {
            self.vars.insert(generic.name.clone());
            generic.extends.iter().chain(&generic.default).for_each(|ty| self.ty(ty));
        }
        overload.params.iter().for_each(|param| self.ty(&param.ty));
        self.ty(&overload.ret);
    }

    fn ty(&mut self, ty: &Ts) {
        ty.walk(&mut |ty| match ty {
            Ts::Client(name, _) => {
                self.client.insert(name);
            }
            Ts::Local(id, _) => self.queue.push(*id),
            _ => {}
        });
    }
}

/// The declaration of a named type: its documentation, its type parameters, which of Python's they are, and the type.
fn alias_body(at: usize, aliases: &Aliases) -> Option<(Doc, Vec<String>, Vec<usize>, Ts)> {
    let named = aliases.get(at)?;
    let mut vars: BTreeMap<String, TypeVar> = BTreeMap::new();
    let (mut params, mut args) = (Vec::new(), Vec::new());
    for (position, var) in named.vars.iter().enumerate().filter(|(_, var)| named.shape.mentions(var)) {
        let mut name = type_parameter(var);
        while params.contains(&name) {
            name.push('_');
        }
        params.push(name.clone());
        args.push(position);
        vars.insert(var.clone(), TypeVar { name, bound: None });
    }
    let reading = Reading { way: named.way, integers: named.integers, vars: &vars, in_alias: true };
    let doc = Doc::line(&format!("Python: `{}.{}`", named.def.module, named.def.name));
    Some((doc, params, args, reading.ts(&named.shape)))
}

/// The names under which types of the client are imported that a value of the file has the name of: some are classes, and
/// TypeScript takes those for values too.
fn client_names(types: &FileTypes, values: &[Value]) -> BTreeMap<&'static str, String> {
    let values: BTreeSet<&str> = values.iter().map(|value| value.name.as_str()).collect();
    let taken = |name: &str| values.contains(name) || types.names.values().any(|there| there.name == name);
    let clashing = types.client.iter().filter(|name| values.contains(*name));
    clashing
        .map(|name| {
            let mut unique = format!("{name}_");
            while taken(&unique) {
                unique.push('_');
            }
            (*name, unique)
        })
        .collect()
}

/// Gives every value its name in the file, and lists the exports. Names that can stand as they are come first, so that
/// an escaped one never takes the name of another; members of submodules are named by their path, and come last.
fn name_values(members: Vec<Member>) -> (Vec<Value>, Vec<(String, Export)>) {
    let mut file = Exports::default();
    let mut root = Object::default();
    let mut order: Vec<usize> = (0..members.len()).collect();
    let is_plain = |path: &[String]| path.iter().all(|name| identifier(name).is_ok_and(|escaped| escaped == *name));
    order.sort_by_key(|at| (members[*at].path.len() > 1, !is_plain(&members[*at].path)));
    let mut names: Vec<String> = vec![String::new(); members.len()];
    for &at in &order {
        if let [name] = members[at].path.as_slice() {
            names[at] = file.take_valid(name);
            root.members.push((names[at].clone(), Export::Name(names[at].clone())));
        }
    }
    // The objects that hold the members of submodules are exported, so they are named before those members.
    for &at in &order {
        if let [first, _, ..] = members[at].path.as_slice()
            && !root.nested.contains_key(first)
        {
            root.nested.insert(first.clone(), (file.take_valid(first), Object::default()));
        }
    }
    for &at in &order {
        if let [first, rest @ ..] = members[at].path.as_slice()
            && let Some((_, object)) = root.nested.get_mut(first)
            && !rest.is_empty()
        {
            names[at] = file.take_valid(&members[at].path.join("_"));
            object.place(rest, &names[at]);
        }
    }
    let mut values: Vec<Value> = Vec::with_capacity(members.len() + root.nested.len());
    for (Member { path, doc, kind }, name) in members.into_iter().zip(names) {
        values.push(Value { name, exported: path.len() == 1, doc, kind });
    }
    let mut exports = root.members;
    for (path, (name, object)) in root.nested {
        exports.push((name.clone(), Export::Name(name.clone())));
        let doc = Doc::line(&format!("Members of the submodule `{path}`."));
        values.push(Value { name, exported: true, doc, kind: ValueKind::Namespace(object.into_members()) });
    }
    exports.push(("with".to_owned(), Export::Name("$with".to_owned())));
    (values, exports)
}

/// The keys of an object that is exported.
#[derive(Default)]
struct Object {
    keys: Exports,
    members: Vec<(String, Export)>,
    /// Objects below it, with their keys, by Python's name.
    nested: BTreeMap<String, (String, Object)>,
}

impl Object {
    /// Places the value `local` of the file at a path of identifiers.
    fn place(&mut self, path: &[String], local: &str) {
        match path {
            [] => {}
            [name] => {
                let key = self.keys.take_valid(name);
                self.members.push((key, Export::Name(local.to_owned())));
            }
            [first, rest @ ..] => {
                if !self.nested.contains_key(first) {
                    let key = self.keys.take_valid(first);
                    self.nested.insert(first.clone(), (key, Self::default()));
                }
                if let Some((_, below)) = self.nested.get_mut(first) {
                    below.place(rest, local);
                }
            }
        }
    }

    fn into_members(self) -> Vec<(String, Export)> {
        let nested = self.nested.into_values().map(|(key, below)| (key, Export::Nested(below.into_members())));
        self.members.into_iter().chain(nested).collect()
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
