//! The JSON around the text: one line for each overload, constant, alias and class.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::path::Path;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};

use super::error::FormatError;
use super::names::{Names, is_dotted, parse_entry, parse_place, word};
use super::parse::{Fault, Parser, Table};
use super::quote;
use super::write::Writer;
use crate::model::{
    Alias, Bind, Class, ClassKind, Const, FORMAT, Func, Item, Omitted, QName, Sig, Surface, Type, TypeParam, Via,
};

const RENEW: &str = "run `cargo tywrap lock` to write it again";

const BINDS: &[(Bind, &str)] =
    &[(Bind::Free, "free"), (Bind::Instance, "instance"), (Bind::Class, "class"), (Bind::Static, "static")];

const VIAS: &[(Via, &str)] =
    &[(Via::Def, "def"), (Via::Call, "call"), (Via::BoundMethod, "bound-method"), (Via::Synthesised, "synthesised")];

const KINDS: &[(ClassKind, &str)] = &[
    (ClassKind::Plain, "plain"),
    (ClassKind::Enum, "enum"),
    (ClassKind::Dataclass, "dataclass"),
    (ClassKind::NamedTuple, "named-tuple"),
    (ClassKind::TypedDict, "typed-dict"),
    (ClassKind::Protocol, "protocol"),
];

pub(super) fn write_surface(surface: &Surface) -> String {
    let names = Names::of(surface);
    let mut file = File { out: header(&surface.module), text: Writer::new(&names) };
    let entries = names.sorted().into_iter().map(|(short, (kind, name))| (short, format!("{} {name}", word(kind))));
    file.block("names", '{', entries, |file, (short, entry)| file.pair(short, &entry));
    file.block("items", '[', &surface.items, File::item);
    file.block("aliases", '{', &surface.aliases, |file, (name, alias)| {
        file.text.vars(&alias.vars);
        file.text.out.push_str(if alias.vars.is_empty() { "= " } else { " = " });
        file.text.ty(&alias.ty);
        let text = file.text.take();
        file.pair(&name.to_string(), &text);
    });
    file.block("classes", '{', &surface.classes, |file, (name, class)| {
        quote::json(&mut file.out, &name.to_string());
        file.out.push_str(": ");
        file.class(class);
    });
    file.block("omitted", '[', &surface.omitted, |file, omitted| {
        let mut object = Object::open(&mut file.out);
        object.string("name", &omitted.name);
        object.string("reason", &omitted.reason);
        object.close();
    });
    file.out.push_str("\n}\n");
    file.out
}

pub(super) fn write_docs(surface: &Surface) -> String {
    let mut out = header(&surface.module);
    out.push_str(",\n\"docs\": {");
    for (at, (name, doc)) in surface.docs.iter().enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        quote::json(&mut out, name);
        out.push_str(": ");
        quote::json(&mut out, doc);
    }
    out.push_str("\n}\n}\n");
    out
}

pub(super) fn read_surface(text: &str, path: &Path) -> Result<Surface, FormatError> {
    check_format(text, path)?;
    let raw: RawSurface = parse_json(text, path)?;
    let source = Source { text, path };
    let mut table = Table::with_capacity_and_hasher(raw.names.0.len(), rustc_hash::FxBuildHasher);
    for (short, entry) in raw.names.0 {
        if !is_dotted(&short) {
            return Err(source.fault(&short, "expected a name, or names joined by dots"));
        }
        let parsed =
            parse_entry(&entry).ok_or_else(|| source.fault(&entry, "expected a kind and a place, `class a.b:C`"))?;
        if table.insert(short.clone(), parsed).is_some() {
            return Err(source.fault(&short, "this name stands in `names` twice"));
        }
    }
    let reader = Reader { source, table };
    let mut aliases = BTreeMap::new();
    for (name, alias) in &raw.aliases.0 {
        let (vars, ty) = reader.text(alias, Parser::alias)?;
        if aliases.insert(reader.place(name)?, Alias { vars, ty }).is_some() {
            return Err(reader.source.fault(name, "this alias is described twice"));
        }
    }
    let mut classes = BTreeMap::new();
    for (name, class) in raw.classes.0 {
        let def = reader.place(&name)?;
        if classes.insert(def.clone(), reader.class(&name, def, class)?).is_some() {
            return Err(reader.source.fault(&name, "this class is described twice"));
        }
    }
    let items = raw.items.into_iter().map(|item| reader.item(item)).collect::<Result<_, _>>()?;
    let omitted = raw.omitted.into_iter().map(|raw| Omitted { name: raw.name, reason: raw.reason }).collect();
    Ok(Surface { module: raw.module, items, aliases, classes, docs: BTreeMap::new(), omitted })
}

pub(super) fn read_docs(text: &str, path: &Path) -> Result<BTreeMap<String, String>, FormatError> {
    check_format(text, path)?;
    let raw: RawDocs = parse_json(text, path)?;
    let mut docs = BTreeMap::new();
    for (name, doc) in raw.docs.0 {
        if docs.insert(name.clone(), doc).is_some() {
            return Err(Source { text, path }.fault(&name, "this name is described twice"));
        }
    }
    Ok(docs)
}

fn header(module: &str) -> String {
    let mut out = format!("{{\n\"format\": {FORMAT},\n\"module\": ");
    quote::json(&mut out, module);
    out
}

/// The file under construction.
struct File<'a> {
    out: String,
    text: Writer<'a>,
}

impl<'a> File<'a> {
    /// A list or an object with one entry a line.
    fn block<T>(
        &mut self,
        key: &str,
        open: char,
        entries: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        self.out.push_str(",\n");
        quote::json(&mut self.out, key);
        self.out.push_str(": ");
        self.out.push(open);
        for (at, entry) in entries.into_iter().enumerate() {
            self.out.push_str(if at == 0 { "\n" } else { ",\n" });
            write(self, entry);
        }
        self.out.push('\n');
        self.out.push(if open == '{' { '}' } else { ']' });
    }

    fn pair(&mut self, key: &str, value: &str) {
        quote::json(&mut self.out, key);
        self.out.push_str(": ");
        quote::json(&mut self.out, value);
    }

    fn item(&mut self, item: &'a Item) {
        if let Item::Func(func) = item {
            return self.func(func);
        }
        let mut object = Object::open(&mut self.out);
        match item {
            Item::Func(_) => {}
            Item::Class { name, def } => {
                object.string("class", name);
                object.string("def", &def.to_string());
            }
            Item::Const(constant) => {
                self.text.valued(&constant.name, &constant.ty, constant.value.as_ref());
                object.string("const", &self.text.take());
                object.string("def", &constant.def.to_string());
            }
            Item::Alias { name, def } => {
                object.string("alias", name);
                object.string("def", &def.to_string());
            }
            Item::TypeVar(var) => {
                self.text.var(var);
                object.string("typevar", &self.text.take());
            }
            Item::Module { name, module } => {
                object.string("module", name);
                object.string("def", module);
            }
        }
        object.close();
    }

    fn func(&mut self, func: &'a Func) {
        let mut object = Object::open(&mut self.out);
        object.string("func", &func.name);
        object.string("def", &func.def.to_string());
        if func.bind != Bind::Free {
            object.string("bind", spelling(BINDS, func.bind));
        }
        if func.via != Via::Def {
            object.string("via", spelling(VIAS, func.via));
        }
        if func.is_abstract {
            object.yes("abstract");
        }
        object.strings("decorators", func.decorators.iter().cloned());
        let lines = func.sigs.iter().map(|sig| {
            self.text.sig(&func.name, sig);
            self.text.take()
        });
        if func.sigs.len() == 1 {
            lines.for_each(|line| object.string("sig", &line));
        } else {
            object.lines("sigs", lines);
        }
        object.close();
    }

    fn class(&mut self, class: &'a Class) {
        let mut object = Object::open(&mut self.out);
        object.string("kind", spelling(KINDS, class.kind));
        if class.is_abstract {
            object.yes("abstract");
        }
        if class.is_final {
            object.yes("final");
        }
        if !class.vars.is_empty() {
            self.text.vars(&class.vars);
            object.string("vars", &self.text.take());
        }
        for (key, types) in [("bases", &class.bases), ("mro", &class.mro)] {
            object.strings(
                key,
                types.iter().map(|ty| {
                    self.text.ty(ty);
                    self.text.take()
                }),
            );
        }
        object.strings(
            "fields",
            class.fields.iter().map(|field| {
                self.text.field(field);
                self.text.take()
            }),
        );
        object.strings(
            "props",
            class.props.iter().map(|prop| {
                self.text.prop(prop);
                self.text.take()
            }),
        );
        if class.is_described {
            object.yes("described");
        }
        if class.members.is_empty() {
            return object.close();
        }
        object.key("members");
        for (at, member) in class.members.iter().enumerate() {
            self.out.push_str(if at == 0 { "[\n  " } else { ",\n  " });
            self.item(member);
        }
        self.out.push_str("\n]}");
    }
}

/// An object on one line.
struct Object<'o> {
    out: &'o mut String,
    first: bool,
}

impl<'o> Object<'o> {
    fn open(out: &'o mut String) -> Self {
        out.push('{');
        Self { out, first: true }
    }

    fn key(&mut self, key: &str) {
        if !std::mem::take(&mut self.first) {
            self.out.push_str(", ");
        }
        quote::json(self.out, key);
        self.out.push_str(": ");
    }

    fn string(&mut self, key: &str, value: &str) {
        self.key(key);
        quote::json(self.out, value);
    }

    fn yes(&mut self, key: &str) {
        self.key(key);
        self.out.push_str("true");
    }

    /// A list on the same line, or nothing if it is empty.
    fn strings(&mut self, key: &str, values: impl Iterator<Item = String>) {
        let mut open = false;
        for value in values {
            if open {
                self.out.push_str(", ");
            } else {
                self.key(key);
                self.out.push('[');
                open = true;
            }
            quote::json(self.out, &value);
        }
        if open {
            self.out.push(']');
        }
    }

    /// A list with one value a line.
    fn lines(&mut self, key: &str, values: impl Iterator<Item = String>) {
        self.key(key);
        self.out.push('[');
        for (at, value) in values.enumerate() {
            self.out.push_str(if at == 0 { "\n  " } else { ",\n  " });
            quote::json(self.out, &value);
        }
        self.out.push_str("\n]");
    }

    fn close(self) {
        self.out.push('}');
    }
}

/// Turns what JSON says into the model.
struct Reader<'t> {
    source: Source<'t>,
    table: Table,
}

impl Reader<'_> {
    fn text<'p, T>(
        &'p self,
        text: &'p str,
        read: impl FnOnce(&mut Parser<'p>) -> Result<T, Fault>,
    ) -> Result<T, FormatError> {
        Parser::new(text, &self.table).whole(read).map_err(|fault| self.source.fault(text, &fault))
    }

    fn place(&self, text: &str) -> Result<QName, FormatError> {
        parse_place(text).ok_or_else(|| self.source.fault(text, "expected a place, `a.b:name`"))
    }

    fn types(&self, texts: &[String]) -> Result<Vec<Type>, FormatError> {
        texts.iter().map(|text| self.text(text, Parser::ty)).collect()
    }

    fn spelled<T: Copy>(&self, table: &[(T, &str)], text: &str) -> Result<T, FormatError> {
        table
            .iter()
            .find(|(_, spelling)| *spelling == text)
            .map(|(value, _)| *value)
            .ok_or_else(|| self.source.fault(text, "unknown word"))
    }

    fn item(&self, raw: RawItem) -> Result<Item, FormatError> {
        let def = raw.def.as_deref();
        let place = |owner: &str| match def {
            Some(def) => self.place(def),
            None => Err(self.source.fault(owner, "`def` is missing")),
        };
        match raw {
            RawItem { func: Some(ref name), .. } => {
                let def = place(name)?;
                let lines = match (&raw.sig, &raw.sigs) {
                    (Some(line), None) => std::slice::from_ref(line),
                    (None, Some(lines)) if !lines.is_empty() => lines.as_slice(),
                    _ => return Err(self.source.fault(name, "expected a `sig`, or `sigs`")),
                };
                let sigs = lines.iter().map(|line| self.sig(name, line)).collect::<Result<_, _>>()?;
                Ok(Item::Func(Func {
                    name: name.clone(),
                    def,
                    bind: raw.bind.as_deref().map_or(Ok(Bind::Free), |text| self.spelled(BINDS, text))?,
                    via: raw.via.as_deref().map_or(Ok(Via::Def), |text| self.spelled(VIAS, text))?,
                    sigs,
                    decorators: raw.decorators,
                    is_abstract: raw.is_abstract,
                }))
            }
            RawItem { class: Some(name), .. } => Ok(Item::Class { def: place(&name)?, name }),
            RawItem { constant: Some(ref text), .. } => {
                let def = place(text)?;
                let (name, ty, value) = self.text(text, Parser::valued)?;
                Ok(Item::Const(Const { name, def, ty, value }))
            }
            RawItem { alias: Some(name), .. } => Ok(Item::Alias { def: place(&name)?, name }),
            RawItem { typevar: Some(text), .. } => Ok(Item::TypeVar(self.text(&text, Parser::var)?)),
            RawItem { module: Some(name), def: Some(module), .. } => Ok(Item::Module { name, module }),
            RawItem { module: Some(name), .. } => Err(self.source.fault(&name, "`def` is missing")),
            _ => Err(self.source.at(None, "an item is none of func, class, const, alias, typevar and module")),
        }
    }

    fn sig(&self, name: &str, line: &str) -> Result<Sig, FormatError> {
        let (written, sig) = self.text(line, Parser::sig)?;
        if written == name {
            Ok(sig)
        } else {
            Err(self.source.fault(line, &format!("this is a signature of `{written}`, among those of `{name}`")))
        }
    }

    fn class(&self, name: &str, def: QName, raw: RawClass) -> Result<Class, FormatError> {
        let vars: Vec<TypeParam> = raw.vars.map_or(Ok(Vec::new()), |vars| self.text(&vars, Parser::vars))?;
        Ok(Class {
            def,
            kind: self.spelled(KINDS, &raw.kind).map_err(|_| self.source.fault(name, "unknown `kind` of class"))?,
            vars,
            bases: self.types(&raw.bases)?,
            mro: self.types(&raw.mro)?,
            members: raw.members.into_iter().map(|member| self.item(member)).collect::<Result<_, _>>()?,
            is_described: raw.is_described,
            props: raw.props.iter().map(|text| self.text(text, Parser::prop)).collect::<Result<_, _>>()?,
            fields: raw.fields.iter().map(|text| self.text(text, Parser::field)).collect::<Result<_, _>>()?,
            is_abstract: raw.is_abstract,
            is_final: raw.is_final,
        })
    }
}

/// The file being read, to find the line of a fault.
struct Source<'t> {
    text: &'t str,
    path: &'t Path,
}

impl Source<'_> {
    /// A fault in the string `part` of the file. The same string elsewhere would be the same fault, so the first is it.
    fn fault(&self, part: &str, message: &str) -> FormatError {
        let mut quoted = String::new();
        quote::json(&mut quoted, part);
        let line = self.text.find(&quoted).and_then(|at| self.text.get(..at)).map(|before| before.split('\n').count());
        self.at(line, message)
    }

    fn at(&self, line: Option<usize>, message: &str) -> FormatError {
        FormatError::new(
            self.path,
            line,
            format!("this is not a surface as `cargo tywrap lock` writes it: {message}"),
            format!("the file is generated, so {RENEW}"),
        )
    }
}

/// Refuses a file of another format version before anything else in it can look wrong.
fn check_format(text: &str, path: &Path) -> Result<(), FormatError> {
    let prefix = format!("{{\n\"format\": {FORMAT},\n");
    if text.starts_with(&prefix) {
        return Ok(());
    }
    let found: RawHeader = parse_json(text, path)?;
    match found.format {
        FORMAT => Ok(()),
        newer if newer > FORMAT => Err(FormatError::new(
            path,
            None,
            format!("surface format {newer} is newer than this tywrap, which reads format {FORMAT}"),
            "update `tywrap` and `tywrap-build` in Cargo.toml to the version of the `cargo-tywrap` that wrote it",
        )),
        older => Err(FormatError::new(
            path,
            None,
            format!("surface format {older} is older than this tywrap, which reads format {FORMAT}"),
            format!("update `cargo-tywrap`, then {RENEW}"),
        )),
    }
}

fn parse_json<'t, T: Deserialize<'t>>(text: &'t str, path: &Path) -> Result<T, FormatError> {
    serde_json::from_str(text).map_err(|error| {
        let message = if error.is_eof() { "the file is cut off".to_owned() } else { strip_place(&error.to_string()) };
        FormatError::new(path, Some(error.line()), message, format!("the file is generated, so {RENEW}"))
    })
}

/// `serde_json` ends its messages with the place, which the error names by itself.
fn strip_place(message: &str) -> String {
    message.rsplit_once(" at line ").map_or(message, |(message, _)| message).to_owned()
}

fn spelling<T: Copy + PartialEq>(table: &[(T, &'static str)], value: T) -> &'static str {
    table.iter().find(|(candidate, _)| *candidate == value).map_or("", |(_, spelling)| spelling)
}

#[derive(Deserialize)]
struct RawHeader {
    format: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSurface {
    #[serde(rename = "format")]
    _format: u32,
    module: String,
    names: Pairs<String>,
    items: Vec<RawItem>,
    aliases: Pairs<String>,
    classes: Pairs<RawClass>,
    omitted: Vec<RawOmitted>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDocs {
    #[serde(rename = "format")]
    _format: u32,
    #[serde(rename = "module")]
    _module: String,
    docs: Pairs<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawItem {
    func: Option<String>,
    class: Option<String>,
    #[serde(rename = "const")]
    constant: Option<String>,
    alias: Option<String>,
    typevar: Option<String>,
    module: Option<String>,
    def: Option<String>,
    bind: Option<String>,
    via: Option<String>,
    #[serde(rename = "abstract")]
    is_abstract: bool,
    decorators: Vec<String>,
    sig: Option<String>,
    sigs: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClass {
    kind: String,
    #[serde(default, rename = "abstract")]
    is_abstract: bool,
    #[serde(default, rename = "final")]
    is_final: bool,
    vars: Option<String>,
    #[serde(default)]
    bases: Vec<String>,
    #[serde(default)]
    mro: Vec<String>,
    #[serde(default)]
    fields: Vec<String>,
    #[serde(default)]
    props: Vec<String>,
    #[serde(default, rename = "described")]
    is_described: bool,
    #[serde(default)]
    members: Vec<RawItem>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOmitted {
    name: String,
    reason: String,
}

/// The entries of an object, repeated keys and all, so that a repetition can be refused.
struct Pairs<V>(Vec<(String, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Pairs<V> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor<V>(PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for PairsVisitor<V> {
            type Value = Pairs<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<V>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(PairsVisitor(PhantomData))
    }
}
