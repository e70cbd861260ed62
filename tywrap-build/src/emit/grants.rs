//! The grant table of a module: built from its signatures, written as Rust, and named by a digest.

use std::collections::BTreeMap;
use std::fmt::Write;

use sha2::{Digest, Sha256};
use tywrap_policy::section::IntegerMode;
use tywrap_surface::model::{Literal, ParamKind};

use super::alias::Aliases;
use super::schema::{Field, Schema, Schemas};
use super::shape::Shape;
use super::signature::Signature;

/// What exists for a caller of the module: what `tywrap::Module` will hold.
#[derive(Debug, Default)]
pub(super) struct Grants {
    classes: Vec<Class>,
    callables: Vec<Callable>,
    /// Ranges of `params`.
    signatures: Vec<(usize, usize)>,
    params: Vec<Param>,
    schemas: Schemas,
    /// Signatures that are there already, by their parameters.
    known: BTreeMap<Vec<Param>, usize>,
}

/// What the integers of a result are, as `tywrap::grants::Integers`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Integers {
    Number,
    Bigint,
    Either,
}

impl Integers {
    /// Where the policy says `number`, only a type that names integers promises a `number`; any other, such as `PyValue`, is one that
    /// a `bigint` belongs to as well.
    pub(super) fn of<'s>(mode: IntegerMode, results: impl IntoIterator<Item = &'s Shape>, aliases: &Aliases) -> Self {
        match mode {
            IntegerMode::Bigint => Self::Bigint,
            IntegerMode::Number if results.into_iter().any(|shape| aliases.states_integer(shape)) => Self::Number,
            IntegerMode::Number => Self::Either,
        }
    }
}

/// A finished table.
#[derive(Debug)]
pub(super) struct Table {
    /// The tables of the module, as fields of the `Module` expression.
    tables: String,
    digest: String,
}

impl Table {
    /// SHA-256 of all that is granted, in lower-case hex. Nothing else has a part in it: neither the policy, nor documentation,
    /// nor of types of results more than what their integers are.
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// The table as a Rust expression of type `::tywrap::Module`.
    pub(super) fn rust(&self, module: &str, package: &str, policy_digest: &str) -> String {
        format!(
            "{{\n#[allow(unused_imports)]\nuse ::tywrap::grants::{{\n    Callable as C, CallableKind::*, Class as K, Field as F, Integers as I, Literal as L, \
             Param as P, ParamKind::*, Schema as T, Signature as S,\n}};\n::tywrap::Module {{\nname: {},\npackage: {},\n\
             digest: {},\npolicy_digest: {},\n{}}}\n}}\n",
            rust_string(module),
            rust_string(package),
            rust_string(&self.digest),
            rust_string(policy_digest),
            self.tables,
        )
    }
}

/// A class, as `tywrap::grants::Class`.
#[derive(Debug)]
pub(super) struct Class {
    /// Where Python defines it.
    pub(super) name: String,
    /// The name under which the module exports it.
    pub(super) path: Option<String>,
    /// Positions of the classes that it inherits from.
    pub(super) bases: Vec<usize>,
    /// The members of an enum.
    pub(super) members: Vec<String>,
}

/// What a grant permits, as `tywrap::grants::CallableKind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Function,
    Attribute,
    Method,
    Getter,
    Setter,
}

#[derive(Debug)]
struct Callable {
    path: String,
    kind: Kind,
    signatures: Vec<usize>,
    integers: Integers,
    /// The class of the result, where it is always an instance of one.
    result: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Param {
    name: String,
    kind: ParamKind,
    optional: bool,
    schema: u32,
}

impl Grants {
    /// Grants what `kind` says of `path`; returns its index. A method and the like have the instance for their first parameter.
    pub(super) fn callable(
        &mut self,
        kind: Kind,
        path: String,
        signatures: &[Signature],
        integers: IntegerMode,
        aliases: &Aliases,
    ) -> usize {
        let results = || signatures.iter().map(|signature| &signature.ret);
        let integers = Integers::of(integers, results(), aliases);
        let result = result_class(results());
        let mut ids: Vec<usize> = Vec::new();
        for signature in signatures {
            let id = self.signature(signature, aliases);
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        self.push(Callable { path, kind, signatures: ids, integers, result })
    }

    /// Grants reading `path`; returns its index.
    pub(super) fn attribute(&mut self, path: String, shape: &Shape, integers: IntegerMode, aliases: &Aliases) -> usize {
        let integers = Integers::of(integers, [shape], aliases);
        let result = result_class([shape]);
        self.push(Callable { path, kind: Kind::Attribute, signatures: Vec::new(), integers, result })
    }

    /// Grants the classes whose instances can come out of the module.
    pub(super) fn classes(&mut self, classes: Vec<Class>) {
        self.classes = classes;
    }

    /// Paths of all callables, by index.
    pub(super) fn paths(&self) -> Vec<String> {
        self.callables.iter().map(|callable| callable.path.clone()).collect()
    }

    /// The finished table of a module.
    pub(super) fn finish(&self, module: &str) -> Table {
        let tables = self.tables();
        // The tables as Rust say everything once and in one way.
        let digest = hex(&Sha256::digest(format!("tywrap grants 1\n{}\n{tables}", rust_string(module))));
        Table { tables, digest }
    }

    fn push(&mut self, callable: Callable) -> usize {
        self.callables.push(callable);
        self.callables.len() - 1
    }

    fn signature(&mut self, signature: &Signature, aliases: &Aliases) -> usize {
        let params: Vec<Param> = signature
            .params
            .iter()
            .map(|param| Param {
                name: param.name.clone(),
                kind: param.kind,
                optional: param.optional,
                schema: self.schemas.add(&param.erased, aliases),
            })
            .collect();
        if let Some(&id) = self.known.get(&params) {
            return id;
        }
        let id = self.signatures.len();
        self.signatures.push((self.params.len(), params.len()));
        self.params.extend(params.iter().cloned());
        self.known.insert(params, id);
        id
    }

    fn tables(&self) -> String {
        let mut text = String::new();
        // Writing to a `String` cannot fail.
        let _ = self.write_tables(&mut text);
        text
    }

    fn write_tables(&self, text: &mut String) -> std::fmt::Result {
        text.push_str("classes: &[\n");
        for Class { name, path, bases, members } in &self.classes {
            let path = rust_option(path.as_deref());
            let members: Vec<String> = members.iter().map(|member| rust_string(member)).collect();
            let (name, members) = (rust_string(name), members.join(", "));
            writeln!(text, "K {{ name: {name}, path: {path}, bases: &{bases:?}, members: &[{members}] }},")?;
        }
        text.push_str("],\ncallables: &[\n");
        for Callable { path, kind, signatures, integers, result } in &self.callables {
            let (path, result) = (rust_string(path), rust_option(result.as_deref()));
            writeln!(
                text,
                "C {{ path: {path}, kind: {kind:?}, signatures: &{signatures:?}, integers: I::{integers:?}, result: {result} }},"
            )?;
        }
        text.push_str("],\nsignatures: &[\n");
        for (first, count) in &self.signatures {
            writeln!(text, "S {{ first: {first}, count: {count} }},")?;
        }
        let (schemas, moved) = self.schemas.compact(self.params.iter().map(|param| param.schema));
        text.push_str("],\nparams: &[\n");
        for Param { name, kind, optional, schema } in &self.params {
            let kind = match kind {
                ParamKind::PosOnly => "PosOnly",
                ParamKind::PosOrKw => "PosOrKw",
                ParamKind::VarPos => "VarPos",
                ParamKind::KwOnly => "KwOnly",
                ParamKind::VarKw => "VarKw",
            };
            let name = rust_string(name);
            let schema = moved.get(schema).unwrap_or(schema);
            writeln!(text, "P {{ name: {name}, kind: {kind}, optional: {optional}, schema: {schema} }},")?;
        }
        text.push_str("],\nschemas: &[\n");
        for schema in &schemas {
            write_schema(text, schema)?;
        }
        text.push_str("],\n");
        Ok(())
    }
}

/// The class of which every result is an instance, where it is one or `None`.
fn result_class<'s>(results: impl IntoIterator<Item = &'s Shape>) -> Option<String> {
    let mut class = None;
    for shape in results {
        let members = match shape {
            Shape::Union(members) => members.as_slice(),
            one => std::slice::from_ref(one),
        };
        for member in members {
            match member {
                Shape::None => {}
                Shape::Object(instance) if class.as_ref().is_none_or(|class| *class == instance.class) => {
                    class = Some(instance.class.clone());
                }
                _ => return None,
            }
        }
    }
    class
}

fn rust_option(value: Option<&str>) -> String {
    value.map_or_else(|| "None".to_owned(), |value| format!("Some({})", rust_string(value)))
}

fn write_schema(text: &mut String, schema: &Schema) -> std::fmt::Result {
    text.push_str("T::");
    match schema {
        Schema::Any => text.push_str("Any"),
        Schema::Never => text.push_str("Never"),
        Schema::None => text.push_str("None"),
        Schema::Bool => text.push_str("Bool"),
        Schema::Int => text.push_str("Int"),
        Schema::Float => text.push_str("Float"),
        Schema::Complex => text.push_str("Complex"),
        Schema::Str => text.push_str("Str"),
        Schema::Bytes => text.push_str("Bytes"),
        Schema::Literal(literals) => {
            text.push_str("Literal(&[");
            for literal in literals {
                write_literal(text, literal)?;
            }
            text.push_str("])");
        }
        Schema::Union(members) => write!(text, "Union(&{members:?})")?,
        Schema::Tuple(elements) => write!(text, "Tuple(&{elements:?})")?,
        Schema::NamedTuple(class, elements) => write!(text, "NamedTuple({}, &{elements:?})", rust_string(class))?,
        Schema::List(of) => write!(text, "List({of})")?,
        Schema::Sequence(of) => write!(text, "Sequence({of})")?,
        Schema::Iterable(of) => write!(text, "Iterable({of})")?,
        Schema::TupleOf(of) => write!(text, "TupleOf({of})")?,
        Schema::Set(of) => write!(text, "Set({of})")?,
        Schema::Dict(key, value) => write!(text, "Dict({key}, {value})")?,
        Schema::Record(fields) => {
            text.push_str("Record(&[");
            for Field { name, schema, required } in fields {
                write!(text, "F {{ name: {}, schema: {schema}, required: {required} }}, ", rust_string(name))?;
            }
            text.push_str("])");
        }
        Schema::ArrayLike(kinds) => write!(text, "ArrayLike({})", rust_bytes(kinds))?,
        Schema::Array(kinds) => write!(text, "Array({})", rust_bytes(kinds))?,
        Schema::Handle(class) => write!(text, "Handle({})", rust_string(class))?,
        Schema::Function { returns, asynchronous, integers } => {
            write!(text, "Function {{ returns: {returns}, asynchronous: {asynchronous}, integers: I::{integers:?} }}")?
        }
    }
    text.push_str(",\n");
    Ok(())
}

fn write_literal(text: &mut String, literal: &Literal) -> std::fmt::Result {
    match literal {
        Literal::Bool(value) => write!(text, "L::Bool({value}), "),
        Literal::Int(digits) => write!(text, "L::Int({}), ", rust_string(digits)),
        Literal::Str(value) => write!(text, "L::Str({}), ", rust_string(value)),
        Literal::Bytes(value) => write!(text, "L::Bytes({}), ", rust_bytes(value)),
        // The lowering makes other shapes of floats and members of enums.
        Literal::None | Literal::Float(_) | Literal::Enum(..) => write!(text, "L::None, "),
    }
}

/// A text as a Rust string literal: printable ASCII as it is, but for the quote and the backslash, and all else by number. So no
/// text can end the literal, and none is read otherwise than it looks.
fn rust_string(value: &str) -> String {
    let mut literal = String::with_capacity(value.len() + 2);
    literal.push('"');
    for character in value.chars() {
        match character {
            '"' | '\\' => literal.extend(['\\', character]),
            ' '..='~' => literal.push(character),
            other => literal.extend(other.escape_unicode()),
        }
    }
    literal.push('"');
    literal
}

/// Bytes as a Rust byte string literal.
fn rust_bytes(value: &[u8]) -> String {
    let mut literal = String::from("b\"");
    literal.extend(value.iter().flat_map(|byte| std::ascii::escape_default(*byte)).map(char::from));
    literal.push('"');
    literal
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use proptest::prelude::*;

    use super::{rust_bytes, rust_string};

    proptest! {
        #[test]
        fn a_rust_literal_is_the_text_it_was_made_of(text in any::<String>(), bytes in any::<Vec<u8>>()) {
            let literal = rust_string(&text);
            prop_assert!(literal.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            prop_assert_eq!(syn::parse_str::<syn::LitStr>(&literal).unwrap().value(), text);
            prop_assert_eq!(syn::parse_str::<syn::LitByteStr>(&rust_bytes(&bytes)).unwrap().value(), bytes);
        }
    }
}
