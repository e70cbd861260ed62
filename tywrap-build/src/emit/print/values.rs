//! Files and their values.

use super::Printer;
use super::types::Around;
use crate::check::{Meant, Mode};
use crate::emit::call::Overload;
use crate::emit::doc::Doc;
use crate::emit::file::{Access, ClassValue, Export, LiteralValue, TypeBody, Value, ValueKind};
use crate::emit::ts::{LocalType, Property, Ts};

/// The client's file, as emitted modules import it.
const CLIENT: &str = "./tywrap-client.js";

impl Printer<'_> {
    pub(super) fn file(&mut self) {
        let file = self.file;
        self.write("// Written by tywrap for the Python module ");
        self.write(&file.module);
        self.write(". Changes are overwritten.\n\n");
        self.imports();
        if self.mode != Mode::Js {
            for declaration in &file.types {
                self.newline();
                match &declaration.body {
                    TypeBody::Alias(body) => self.alias(declaration, body),
                    TypeBody::Interface(interface) => self.interface(declaration, interface),
                }
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
        self.write("]");
        if !file.classes.is_empty() {
            self.write(", [");
            for class in &file.classes {
                self.write("\n  [");
                self.string(&class.name);
                self.write(", [");
                for (at, base) in class.bases.iter().enumerate() {
                    self.separate(at, ", ");
                    self.index(*base);
                }
                self.write("], ");
                self.access(&class.members);
                self.write("],");
            }
            self.write("\n]");
        }
        self.write(");\n");
    }

    /// `{ most_common: 2, size: [3, 4] }`: what leads to what.
    fn access(&mut self, members: &[(String, Access)]) {
        if members.is_empty() {
            return self.write("{}");
        }
        self.write("{ ");
        for (at, (key, access)) in members.iter().enumerate() {
            self.separate(at, ", ");
            self.key(key);
            self.write(": ");
            match access {
                Access::Method(index) => self.index(*index),
                Access::Property(get, set) => {
                    self.write("[");
                    self.index(*get);
                    if let Some(set) = set {
                        self.write(", ");
                        self.index(*set);
                    }
                    self.write("]");
                }
            }
        }
        self.write(" }");
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
            ValueKind::Class(class) => {
                self.doc(&value.doc);
                let ty = Ts::Local(LocalType::ClassValue(class.class), Vec::new());
                self.constant(value, &ty, |printer| printer.class_value(class));
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

    /// `$module.class(0, 3, { fromkeys: 4 })`, or `$module.enum(…)` with the members before the last argument.
    fn class_value(&mut self, class: &ClassValue) {
        self.mark();
        self.write(if class.enumerated.is_some() { "$module.enum(" } else { "$module.class(" });
        self.index(class.class);
        self.write(", ");
        match class.constructor {
            Some(index) => self.index(index),
            None => {
                self.write("-1");
                self.literals.push(Meant::Num("-1".to_owned()));
            }
        }
        self.write(", ");
        if let Some(members) = &class.enumerated {
            self.write("{");
            for (at, (name, value)) in members.iter().enumerate() {
                self.write(if at == 0 { " " } else { ", " });
                self.key(name);
                self.write(": ");
                self.literal(value.as_ref().unwrap_or(&LiteralValue::Null));
            }
            self.write(if members.is_empty() { "}, " } else { " }, " });
        }
        self.access(&class.statics);
        self.write(")");
    }

    fn literal(&mut self, literal: &LiteralValue) {
        match literal {
            LiteralValue::Null => {
                self.write("null");
                self.literals.push(Meant::Null);
            }
            literal => self.ts(&literal_type(literal), Around::Nothing),
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
                self.literal(literal);
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
                self.signature(overload, "");
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
        match self.mode {
            Mode::Js => {}
            Mode::Ts => {
                self.write(": ");
                self.ts(&Ts::ThisModule, Around::Nothing);
            }
            // Declarations don't name their own file: compilers would read the source that stands beside it as well.
            Mode::Dts => {
                self.write(": ");
                if let Ts::Object { properties, index } = namespace_type(&file.exports) {
                    self.object_block(&properties, index.as_ref(), "");
                }
            }
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

/// The type of a literal.
pub(in crate::emit) fn literal_type(literal: &LiteralValue) -> Ts {
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
