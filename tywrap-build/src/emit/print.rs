//! The printer: one list of declarations, written as `.ts`, `.js` or `.d.ts`.
//!
//! It keeps every literal in the order in which it writes them, for the check that reads the file back, and the places
//! where `.ts` and `.js` say the same, for the source map.

use tywrap_policy::escape::{identifier, string_literal};

use super::call::{Generic, Overload, Parameter, Place};
use super::doc::Doc;
use super::file::{Export, File, LiteralValue, TypeAlias, Value, ValueKind};
use super::ts::{Index, Keyword, LocalType, Property, Ts};
use crate::check::{Meant, Mode};

/// Signatures that fit into this many columns stay on one line.
const WIDTH: usize = 120;

/// The client's file, as emitted modules import it.
const CLIENT: &str = "./tywrap-client.js";

/// What was printed.
pub(super) struct Printed {
    pub(super) text: String,
    /// Every literal, in order.
    pub(super) literals: Vec<Meant>,
    /// Line and column (UTF-16, from 0) of what stands in `.ts` and `.js` alike, in order.
    pub(super) marks: Vec<(u32, u32)>,
}

/// Prints a file in one of its three forms.
pub(super) fn print(file: &File, mode: Mode) -> Printed {
    let mut printer =
        Printer { file, mode, text: String::new(), literals: Vec::new(), marks: Vec::new(), line: 0, line_start: 0 };
    printer.file();
    Printed { text: printer.text, literals: printer.literals, marks: printer.marks }
}

struct Printer<'f> {
    file: &'f File,
    mode: Mode,
    text: String,
    literals: Vec<Meant>,
    marks: Vec<(u32, u32)>,
    line: u32,
    /// Where the current line begins.
    line_start: usize,
}

/// Where a type stands, which decides whether it needs parentheses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    /// Nothing binds more tightly.
    Nothing,
    /// It is an operand of `&`.
    Intersection,
    /// `[]` follows it.
    Array,
}

/// How far an attempt to print has got, to go back to.
struct Checkpoint {
    text: usize,
    literals: usize,
    line: u32,
    line_start: usize,
}

/// Files and values.
impl Printer<'_> {
    fn file(&mut self) {
        let file = self.file;
        self.write("// Written by tywrap for the Python module ");
        self.write(&file.module);
        self.write(". Changes are overwritten.\n\n");
        self.imports();
        if self.mode != Mode::Js {
            for alias in &file.types {
                self.newline();
                self.alias(alias);
            }
        }
        if self.mode != Mode::Dts {
            self.newline();
            self.description();
        }
        for value in &file.values {
            self.newline();
            self.value(value);
        }
        self.newline();
        self.with();
        if self.mode == Mode::Js {
            self.newline();
            self.write("//# sourceMappingURL=");
            self.write(&file.module);
            self.write(".js.map\n");
        }
    }

    fn imports(&mut self) {
        let file = self.file;
        if self.mode != Mode::Js {
            self.write("import type { ");
            for (at, name) in file.client_types.iter().enumerate() {
                self.separate(at, ", ");
                self.write(name);
                if let Some(local) = file.client_names.get(name) {
                    self.write(" as ");
                    self.write(local);
                }
            }
            self.write(" } from ");
            self.string(CLIENT);
            self.write(";\n");
        }
        if self.mode != Mode::Dts {
            self.mark();
            self.write("import { describe as $describe } from ");
            self.string(CLIENT);
            self.write(";\n");
        }
    }

    fn description(&mut self) {
        let file = self.file;
        self.mark();
        self.write("const ");
        self.mark();
        self.write("$module = ");
        self.mark();
        self.write("$describe(");
        self.string(&file.module);
        self.write(", ");
        self.string(&file.digest);
        self.write(", [");
        for path in &file.callables {
            self.write("\n  ");
            self.string(path);
            self.write(",");
        }
        if !file.callables.is_empty() {
            self.write("\n");
        }
        self.write("]);\n");
    }

    fn value(&mut self, value: &Value) {
        match &value.kind {
            ValueKind::Function { index, overloads } => self.function(value, *index, overloads),
            ValueKind::Constant { index, ty } => {
                self.doc(&value.doc);
                self.constant(value, &Ts::Client("PythonConstant", vec![ty.clone()]), |printer| {
                    printer.mark();
                    printer.write("$module.constant(");
                    printer.index(*index);
                    printer.write(")");
                });
            }
            ValueKind::Literal(literal) => {
                self.doc(&value.doc);
                self.literal_constant(value, literal);
            }
            ValueKind::Namespace(members) => {
                self.doc(&value.doc);
                self.constant(value, &namespace_type(members), |printer| {
                    printer.mark();
                    printer.object(members, "");
                });
            }
        }
    }

    /// `const name: T = …`, in `.d.ts` without the value, in `.js` without the type.
    fn constant(&mut self, value: &Value, ty: &Ts, init: impl FnOnce(&mut Self)) {
        self.declaration(value, "const");
        if self.mode != Mode::Js {
            self.write(": ");
            let before = self.checkpoint();
            self.ts(ty, Around::Nothing);
            if let Ts::Object { properties, index } = ty
                && self.is_too_wide(&before)
            {
                self.back_to(before);
                self.object_block(properties, index.as_ref(), "");
            }
        }
        if self.mode != Mode::Dts {
            self.write(" = ");
            init(self);
        }
        self.write(";\n");
    }

    fn literal_constant(&mut self, value: &Value, literal: &LiteralValue) {
        self.declaration(value, "const");
        match self.mode {
            Mode::Dts => {
                self.write(": ");
                self.ts(&literal_type(literal), Around::Nothing);
            }
            Mode::Ts | Mode::Js => {
                self.write(" = ");
                self.mark();
                match literal {
                    LiteralValue::Null => {
                        self.write("null");
                        self.literals.push(Meant::Null);
                    }
                    literal => self.ts(&literal_type(literal), Around::Nothing),
                }
                // `null` can't be asserted, and needs not.
                if self.mode == Mode::Ts && *literal != LiteralValue::Null {
                    self.write(" as const");
                }
            }
        }
        self.write(";\n");
    }

    /// `export const name`, with `declare` in `.d.ts`.
    fn declaration(&mut self, value: &Value, keyword: &str) {
        self.mark();
        if value.exported {
            self.write("export ");
        }
        if self.mode == Mode::Dts {
            self.write("declare ");
        }
        self.write(keyword);
        self.write(" ");
        self.mark();
        self.write(&value.name);
    }

    fn function(&mut self, value: &Value, index: usize, overloads: &[Overload]) {
        if self.mode != Mode::Js {
            let marks = self.marks.len();
            for (at, overload) in overloads.iter().enumerate() {
                match (&overload.deprecated, at) {
                    // The first overload carries the documentation of all, and its deprecation with it.
                    (_, 0) => self.doc(&value.doc),
                    (Some(message), _) => self.doc(&Doc::deprecation(message)),
                    (None, _) => {}
                }
                self.declaration(value, "function");
                self.signature(overload);
                self.write(";\n");
            }
            // Signatures are not in `.js`, so nothing there comes from them.
            self.marks.truncate(marks);
        }
        if self.mode == Mode::Dts {
            return;
        }
        self.declaration(value, "function");
        self.write(if self.mode == Mode::Ts {
            "(...args: unknown[]): Promise<unknown> {\n  "
        } else {
            "(...args) {\n  "
        });
        self.mark();
        self.write("return ");
        self.mark();
        self.write("$module.call(");
        self.index(index);
        self.write(", args);\n}\n");
    }

    /// The exports through another connection, as `with`.
    fn with(&mut self) {
        let file = self.file;
        self.doc(&Doc::line("The exports of this module, with calls through `connection`."));
        self.mark();
        self.write(if self.mode == Mode::Dts { "declare function " } else { "function " });
        self.mark();
        self.write("$with(connection");
        if self.mode != Mode::Js {
            self.write(": ");
            self.ts(&Ts::client("Connection"), Around::Nothing);
        }
        self.write(")");
        if self.mode != Mode::Js {
            self.write(": ");
            self.ts(&Ts::ThisModule, Around::Nothing);
        }
        if self.mode != Mode::Dts {
            self.write(" {\n  ");
            self.mark();
            self.write("return ");
            self.mark();
            self.write("$module.with(connection, ");
            self.object(&file.exports, "  ");
            self.write(");\n}\n");
        } else {
            self.write(";\n");
        }
        self.newline();
        self.mark();
        self.write("export { $with as with };\n");
    }

    /// `{ key: name, … }`, one to a line.
    fn object(&mut self, members: &[(String, Export)], indent: &str) {
        self.write("{\n");
        for (key, export) in members {
            let inner = format!("{indent}  ");
            self.write(&inner);
            match export {
                Export::Name(name) if name == key => self.write(key),
                Export::Name(name) => {
                    self.key(key);
                    self.write(": ");
                    self.write(name);
                }
                Export::Nested(members) => {
                    self.key(key);
                    self.write(": ");
                    self.object(members, &inner);
                }
            }
            self.write(",\n");
        }
        self.write(indent);
        self.write("}");
    }
}

/// Types.
impl Printer<'_> {
    fn alias(&mut self, alias: &TypeAlias) {
        let Some(name) = self.file.type_names.get(&alias.id) else { return };
        self.doc(&alias.doc);
        self.write("type ");
        self.write(&name.name);
        if !alias.params.is_empty() {
            self.write("<");
            self.write(&alias.params.join(", "));
            self.write(">");
        }
        self.write(" =");
        let before = self.checkpoint();
        self.write(" ");
        self.ts(&alias.body, Around::Nothing);
        if self.is_too_wide(&before) {
            match &alias.body {
                Ts::Union(members) => {
                    self.back_to(before);
                    for member in members {
                        self.write("\n  | ");
                        self.ts(member, Around::Nothing);
                    }
                }
                Ts::Object { properties, index } => {
                    self.back_to(before);
                    self.write(" ");
                    self.object_block(properties, index.as_ref(), "");
                }
                _ => {}
            }
        }
        self.write(";\n");
    }

    /// Type parameters, parameters and result of an overload.
    fn signature(&mut self, overload: &Overload) {
        let before = self.checkpoint();
        self.signature_in(overload, Layout::Line);
        if self.is_too_wide(&before) {
            self.back_to(before);
            self.signature_in(overload, Layout::Block);
        }
    }

    fn signature_in(&mut self, overload: &Overload, layout: Layout) {
        if !overload.generics.is_empty() {
            self.write("<");
            for (at, generic) in overload.generics.iter().enumerate() {
                self.separate(at, ", ");
                self.generic(generic);
            }
            self.write(">");
        }
        self.write("(");
        for (at, parameter) in overload.params.iter().enumerate() {
            match layout {
                Layout::Line => self.separate(at, ", "),
                Layout::Block => self.write("\n  "),
            }
            self.parameter(parameter, layout);
            if layout == Layout::Block {
                // Nothing may follow a rest parameter, not even a comma in a declaration file of older tools.
                self.write(if parameter.place == Place::Rest { "" } else { "," });
            }
        }
        if layout == Layout::Block && !overload.params.is_empty() {
            self.write("\n");
        }
        self.write("): ");
        self.ts(&Ts::promise(overload.ret.clone()), Around::Nothing);
    }

    fn generic(&mut self, generic: &Generic) {
        self.write(&generic.name);
        if let Some(extends) = &generic.extends {
            self.write(" extends ");
            self.ts(extends, Around::Nothing);
        }
        if let Some(default) = &generic.default {
            self.write(" = ");
            self.ts(default, Around::Nothing);
        }
    }

    fn parameter(&mut self, parameter: &Parameter, layout: Layout) {
        self.write(match parameter.place {
            Place::Rest => "...",
            Place::Required | Place::Optional => "",
        });
        self.write(&parameter.name);
        self.write(if parameter.place == Place::Optional { "?: " } else { ": " });
        let before = self.checkpoint();
        self.ts(&parameter.ty, Around::Nothing);
        if let (Layout::Block, Ts::Client("Kw", keywords)) = (layout, &parameter.ty)
            && let [Ts::Object { properties, index }] = keywords.as_slice()
            && self.is_too_wide(&before)
        {
            self.back_to(before);
            self.client_name("Kw");
            self.write("<");
            self.object_block(properties, index.as_ref(), "  ");
            self.write(">");
        }
    }

    fn ts(&mut self, ty: &Ts, around: Around) {
        match ty {
            Ts::Keyword(keyword) => self.write(keyword_text(*keyword)),
            Ts::Global(name, args) => {
                self.write(name);
                self.arguments(args.iter());
            }
            Ts::Client(name, args) => {
                self.client_name(name);
                self.arguments(args.iter());
            }
            Ts::Local(id, args) => self.local(*id, args),
            Ts::Var(name) => self.write(name),
            Ts::Str(value) => self.string(value),
            Ts::Number(text) => {
                self.write(text);
                self.literals.push(Meant::Num(text.clone()));
            }
            Ts::BigInt(digits) => {
                self.write(digits);
                self.write("n");
                self.literals.push(Meant::BigInt(digits.clone()));
            }
            Ts::Bool(value) => {
                self.write(if *value { "true" } else { "false" });
                self.literals.push(Meant::Bool(*value));
            }
            Ts::Array { readonly, of } => self.parenthesised(*readonly && around == Around::Array, |printer| {
                if *readonly {
                    printer.write("readonly ");
                }
                printer.ts(of, Around::Array);
                printer.write("[]");
            }),
            Ts::Tuple { readonly, elements } => self.parenthesised(*readonly && around == Around::Array, |printer| {
                if *readonly {
                    printer.write("readonly ");
                }
                printer.write("[");
                for (at, element) in elements.iter().enumerate() {
                    printer.separate(at, ", ");
                    if element.rest {
                        printer.write("...");
                    }
                    printer.ts(&element.ty, Around::Nothing);
                }
                printer.write("]");
            }),
            Ts::Object { properties, index } => self.object_type(properties, index.as_ref()),
            Ts::Union(members) => self.parenthesised(around != Around::Nothing, |printer| {
                for (at, member) in members.iter().enumerate() {
                    printer.separate(at, " | ");
                    printer.ts(member, Around::Nothing);
                }
            }),
            Ts::Intersection(members) => self.parenthesised(around == Around::Array, |printer| {
                for (at, member) in members.iter().enumerate() {
                    printer.separate(at, " & ");
                    printer.ts(member, Around::Intersection);
                }
            }),
            Ts::TypeOf(name) => self.parenthesised(around == Around::Array, |printer| {
                printer.write("typeof ");
                printer.write(name);
            }),
            Ts::ThisModule => {
                self.write("typeof import(");
                let path = format!("./{}.js", self.file.module);
                self.string(&path);
                self.write(")");
            }
        }
    }

    fn object_type(&mut self, properties: &[Property], index: Option<&Index>) {
        if properties.is_empty() && index.is_none() {
            self.write("{}");
            return;
        }
        self.write("{ ");
        for (at, property) in properties.iter().enumerate() {
            self.separate(at, "; ");
            self.property(property);
        }
        if let Some(index) = index {
            self.separate(properties.len(), "; ");
            self.index_signature(index);
        }
        self.write(" }");
    }

    /// An object type with one property to a line.
    fn object_block(&mut self, properties: &[Property], index: Option<&Index>, indent: &str) {
        self.write("{\n");
        for property in properties {
            self.write(indent);
            self.write("  ");
            let before = self.checkpoint();
            self.property(property);
            if let Ts::Object { properties: below, index } = &property.ty
                && self.is_too_wide(&before)
            {
                self.back_to(before);
                self.property_key(property);
                self.object_block(below, index.as_ref(), &format!("{indent}  "));
            }
            self.write(";\n");
        }
        if let Some(index) = index {
            self.write(indent);
            self.write("  ");
            self.index_signature(index);
            self.write(";\n");
        }
        self.write(indent);
        self.write("}");
    }

    fn property_key(&mut self, property: &Property) {
        if property.readonly {
            self.write("readonly ");
        }
        self.key(&property.name);
        self.write(if property.optional { "?: " } else { ": " });
    }

    fn property(&mut self, property: &Property) {
        self.property_key(property);
        self.ts(&property.ty, Around::Nothing);
    }

    fn index_signature(&mut self, index: &Index) {
        self.write(if index.readonly { "readonly [key: string]: " } else { "[key: string]: " });
        self.ts(&index.ty, Around::Nothing);
    }

    fn local(&mut self, id: LocalType, args: &[Ts]) {
        let Some(name) = self.file.type_names.get(&id) else {
            // Every type that is used has been named; what is not known is not claimed.
            self.write("unknown");
            return;
        };
        self.write(&name.name);
        self.arguments(name.args.iter().filter_map(|at| args.get(*at)));
    }

    fn client_name(&mut self, name: &'static str) {
        let file = self.file;
        self.write(file.client_names.get(name).map_or(name, String::as_str));
    }

    fn arguments<'t>(&mut self, args: impl Iterator<Item = &'t Ts>) {
        let mut any = false;
        for arg in args {
            self.write(if any { ", " } else { "<" });
            self.ts(arg, Around::Nothing);
            any = true;
        }
        if any {
            self.write(">");
        }
    }

    fn parenthesised(&mut self, yes: bool, inner: impl FnOnce(&mut Self)) {
        if yes {
            self.write("(");
        }
        inner(self);
        if yes {
            self.write(")");
        }
    }
}

/// Text.
impl Printer<'_> {
    fn doc(&mut self, doc: &Doc) {
        match doc.lines() {
            _ if self.mode == Mode::Js => {}
            [] => {}
            [line] => {
                self.write("/** ");
                self.write(line);
                self.write(" */\n");
            }
            lines => {
                self.write("/**\n");
                for line in lines {
                    self.write(if line.is_empty() { " *" } else { " * " });
                    self.write(line);
                    self.write("\n");
                }
                self.write(" */\n");
            }
        }
    }

    /// A key of an object or an object type. In a type, `"__proto__"` in quotes is a key like any other; no object that is
    /// written has it.
    fn key(&mut self, name: &str) {
        if identifier(name).is_ok() && name != "__proto__" {
            self.write(name);
        } else {
            self.string(name);
        }
    }

    fn string(&mut self, value: &str) {
        self.write(&string_literal(value));
        self.literals.push(Meant::Str(value.to_owned()));
    }

    fn index(&mut self, index: usize) {
        let text = index.to_string();
        self.write(&text);
        self.literals.push(Meant::Num(text));
    }

    fn separate(&mut self, at: usize, separator: &str) {
        if at > 0 {
            self.write(separator);
        }
    }

    fn newline(&mut self) {
        self.write("\n");
    }

    fn write(&mut self, text: &str) {
        self.text.push_str(text);
        if let Some(last) = text.rfind('\n') {
            #[expect(clippy::cast_possible_truncation, reason = "the check refuses a text longer than `u32` can count")]
            let newlines = text.bytes().filter(|byte| *byte == b'\n').count() as u32;
            self.line += newlines;
            self.line_start = self.text.len() - (text.len() - last - 1);
        }
    }

    /// Marks a place that stands in `.ts` and `.js` alike.
    fn mark(&mut self) {
        #[expect(clippy::cast_possible_truncation, reason = "the check refuses a text longer than `u32` can count")]
        let column = self.text[self.line_start..].encode_utf16().count() as u32;
        self.marks.push((self.line, column));
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            text: self.text.len(),
            literals: self.literals.len(),
            line: self.line,
            line_start: self.line_start,
        }
    }

    /// Whether the line that was begun before the checkpoint has become too wide.
    fn is_too_wide(&self, before: &Checkpoint) -> bool {
        self.line == before.line && self.text.len() - self.line_start > WIDTH
    }

    fn back_to(&mut self, before: Checkpoint) {
        self.text.truncate(before.text);
        self.literals.truncate(before.literals);
        self.line = before.line;
        self.line_start = before.line_start;
    }
}

/// Whether the parameters of a signature stand on one line or on one each.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Line,
    Block,
}

fn keyword_text(keyword: Keyword) -> &'static str {
    match keyword {
        Keyword::Boolean => "boolean",
        Keyword::Number => "number",
        Keyword::BigInt => "bigint",
        Keyword::String => "string",
        Keyword::Unknown => "unknown",
        Keyword::Never => "never",
        Keyword::Undefined => "undefined",
        Keyword::Null => "null",
    }
}

fn literal_type(literal: &LiteralValue) -> Ts {
    match literal {
        LiteralValue::Null => Ts::NULL,
        LiteralValue::Bool(value) => Ts::Bool(*value),
        LiteralValue::Number(text) => Ts::Number(text.clone()),
        LiteralValue::BigInt(digits) => Ts::BigInt(digits.clone()),
        LiteralValue::Str(value) => Ts::Str(value.clone()),
    }
}

fn namespace_type(members: &[(String, Export)]) -> Ts {
    let property = |(key, export): &(String, Export)| Property {
        name: key.clone(),
        ty: match export {
            Export::Name(name) => Ts::TypeOf(name.clone()),
            Export::Nested(members) => namespace_type(members),
        },
        optional: false,
        readonly: true,
    };
    Ts::Object { properties: members.iter().map(property).collect(), index: None }
}
