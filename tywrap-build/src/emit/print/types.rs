//! Types and signatures.

use super::Printer;
use crate::check::Meant;
use crate::emit::call::{Generic, Overload, Parameter, Place};
use crate::emit::doc::Doc;
use crate::emit::file::{Interface, MemberKind, TypeDeclaration};
use crate::emit::ts::{Index, Keyword, LocalType, Property, Ts};

/// Where a type stands, which decides whether it needs parentheses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Around {
    /// Nothing binds more tightly.
    Nothing,
    /// It is an operand of `&`.
    Intersection,
    /// `[]` follows it.
    Array,
}

/// Whether the parameters of a signature stand on one line or on one each.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Line,
    Block,
}

impl Printer<'_> {
    pub(super) fn interface(&mut self, declaration: &TypeDeclaration, interface: &Interface) {
        let Some(name) = self.file.type_names.get(&declaration.id) else { return };
        self.doc(&declaration.doc);
        self.write(if declaration.exported { "export interface " } else { "interface " });
        self.write(&name.name);
        for (at, param) in declaration.params.iter().enumerate() {
            self.write(if at == 0 { "<" } else { ", " });
            self.write(param);
            self.write(" = ");
            self.client_name("PyValue");
        }
        if !declaration.params.is_empty() {
            self.write(">");
        }
        let before = self.checkpoint();
        self.extends(interface, [" extends ", ", "]);
        if self.is_too_wide(&before) {
            self.back_to(before);
            self.extends(interface, ["\n  extends ", ",\n    "]);
        }
        self.write(" {\n");
        for member in &interface.members {
            match &member.kind {
                MemberKind::Call(overloads) => self.methods("", &member.doc, overloads),
                MemberKind::Method(key, overloads) => self.methods(key, &member.doc, overloads),
                MemberKind::Property(key, ty) => {
                    self.doc_in(&member.doc, "  ");
                    self.write("  readonly ");
                    self.key(key);
                    self.write(": ");
                    self.ts(ty, Around::Nothing);
                    self.write(";\n");
                }
            }
        }
        self.write("}\n");
    }

    fn extends(&mut self, interface: &Interface, [first, next]: [&str; 2]) {
        for (at, ty) in interface.extends.iter().enumerate() {
            self.write(if at == 0 { first } else { next });
            self.ts(ty, Around::Nothing);
        }
    }

    /// The overloads of a method, or without a key those of the interface itself.
    fn methods(&mut self, key: &str, doc: &Doc, overloads: &[Overload]) {
        for (at, overload) in overloads.iter().enumerate() {
            match (&overload.deprecated, at) {
                (_, 0) => self.doc_in(doc, "  "),
                (Some(message), _) => self.doc_in(&Doc::deprecation(message), "  "),
                (None, _) => {}
            }
            self.write("  ");
            if !key.is_empty() {
                self.key(key);
            }
            self.signature(overload, "  ");
            self.write(";\n");
        }
    }

    pub(super) fn alias(&mut self, declaration: &TypeDeclaration, body: &Ts) {
        let Some(name) = self.file.type_names.get(&declaration.id) else { return };
        self.doc(&declaration.doc);
        self.write(if declaration.exported { "export type " } else { "type " });
        self.write(&name.name);
        if !declaration.params.is_empty() {
            self.write("<");
            self.write(&declaration.params.join(", "));
            self.write(">");
        }
        self.write(" =");
        let before = self.checkpoint();
        self.write(" ");
        self.ts(body, Around::Nothing);
        if self.is_too_wide(&before) {
            match body {
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
    pub(super) fn signature(&mut self, overload: &Overload, indent: &str) {
        let before = self.checkpoint();
        self.signature_in(overload, Layout::Line, indent);
        if self.is_too_wide(&before) {
            self.back_to(before);
            self.signature_in(overload, Layout::Block, indent);
        }
    }

    fn signature_in(&mut self, overload: &Overload, layout: Layout, indent: &str) {
        if !overload.generics.is_empty() {
            self.write("<");
            for (at, generic) in overload.generics.iter().enumerate() {
                self.separate(at, ", ");
                self.generic(generic);
            }
            self.write(">");
        }
        self.write("(");
        let mut count = 0;
        let mut next = |printer: &mut Self| {
            match layout {
                Layout::Line => printer.separate(count, ", "),
                Layout::Block => {
                    printer.write("\n");
                    printer.write(indent);
                    printer.write("  ");
                }
            }
            count += 1;
        };
        if let Some(this) = &overload.this {
            next(self);
            self.write("this: ");
            self.ts(this, Around::Nothing);
            if layout == Layout::Block {
                self.write(",");
            }
        }
        for parameter in &overload.params {
            next(self);
            self.parameter(parameter, layout, indent);
            if layout == Layout::Block {
                // Nothing may follow a rest parameter, not even a comma in a declaration file of older tools.
                self.write(if parameter.place == Place::Rest { "" } else { "," });
            }
        }
        if layout == Layout::Block && count > 0 {
            self.write("\n");
            self.write(indent);
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

    fn parameter(&mut self, parameter: &Parameter, layout: Layout, indent: &str) {
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
            self.object_block(properties, index.as_ref(), &format!("{indent}  "));
            self.write(">");
        }
    }

    pub(super) fn ts(&mut self, ty: &Ts, around: Around) {
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
                    if let Some(label) = &element.label {
                        printer.write(label);
                        printer.write(": ");
                    }
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
    pub(super) fn object_block(&mut self, properties: &[Property], index: Option<&Index>, indent: &str) {
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

    pub(super) fn client_name(&mut self, name: &'static str) {
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

fn keyword_text(keyword: Keyword) -> &'static str {
    match keyword {
        Keyword::Boolean => "boolean",
        Keyword::Number => "number",
        Keyword::BigInt => "bigint",
        Keyword::String => "string",
        Keyword::Unknown => "unknown",
        Keyword::Never => "never",
        Keyword::Undefined => "undefined",
        Keyword::Void => "void",
        Keyword::Null => "null",
    }
}
