//! The statements of a module, in the one order that they have: the entry of the walk over the tree.

use oxc_ast::ast::{
    Declaration, ExportNamedDeclaration, Function, FunctionType, ImportDeclaration, ImportDeclarationSpecifier,
    ImportOrExportKind, ImportSpecifier, ModuleExportName, Program, Statement, TSTypeAliasDeclaration,
    VariableDeclaration, VariableDeclarationKind, VariableDeclarator,
};
use oxc_span::{GetSpan, Span};

use super::literals::Literals;
use super::names::{CLIENT_TYPES, DESCRIBE, MODULE, Names, WITH, identifier};
use super::values::{binding, is_computed};
use super::{CheckError, Meant, Mode};

/// Where the emitted files get everything from.
const CLIENT: &str = "./tywrap-client.js";

/// What was found, before it has a line and a column.
pub(super) struct Refusal {
    span: Span,
    found: String,
}

pub(super) fn refuse<T>(span: Span, found: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { span, found: found.into() })
}

/// The walk over one file.
pub(super) struct Walker<'a, 'm> {
    pub(super) mode: Mode,
    pub(super) literals: Literals<'m>,
    pub(super) names: Names<'a>,
}

impl<'a, 'm> Walker<'a, 'm> {
    pub(super) fn new(mode: Mode, literals: Option<&'m [Meant]>) -> Self {
        Self { mode, literals: Literals::new(literals), names: Names::default() }
    }

    /// Matches the whole tree.
    pub(super) fn program(self, text: &str, program: &'a Program<'a>) -> Result<(), CheckError> {
        self.walk(program).map_err(|Refusal { span, found }| {
            CheckError::at(text, span.start as usize..span.end as usize, format!("found {found}"))
        })
    }

    fn walk(mut self, program: &'a Program<'a>) -> Result<(), Refusal> {
        if program.hashbang.is_some() || !program.directives.is_empty() {
            return refuse(program.span, "a directive");
        }
        let mut body = Statements { rest: &program.body, end: Span::empty(program.span.end) };
        for statement in body.rest {
            self.declare(statement)?;
        }
        if self.mode != Mode::Js {
            self.import_types(body.next()?)?;
        }
        if self.mode != Mode::Dts {
            self.import_describe(body.next()?)?;
        }
        while let Some(declaration) = body.peek().and_then(as_value) {
            match declaration {
                Declaration::TSTypeAliasDeclaration(alias) => self.alias(alias)?,
                Declaration::TSInterfaceDeclaration(interface) => self.interface(interface)?,
                _ => break,
            }
            body.next()?;
        }
        if self.mode != Mode::Dts {
            self.module(body.next()?)?;
        }
        while let Some(value) = body.peek().and_then(as_value) {
            if name_of(value) == Some(WITH) {
                break;
            }
            let exported = body.is_exported();
            body.next()?;
            match value {
                Declaration::FunctionDeclaration(function) => self.function(function, exported, &mut body)?,
                Declaration::VariableDeclaration(variable) => self.constant(variable)?,
                other => return refuse(other.span(), "a declaration that is never emitted"),
            }
        }
        self.with(body.next()?)?;
        self.export_with(body.next()?)?;
        if let Some(more) = body.peek() {
            return refuse(more.span(), "a statement after the last one");
        }
        self.literals.finish(body.end)
    }
}

/// The statements still to come.
struct Statements<'a> {
    rest: &'a [Statement<'a>],
    /// The end of the file.
    end: Span,
}

impl<'a> Statements<'a> {
    fn peek(&self) -> Option<&'a Statement<'a>> {
        self.rest.first()
    }

    fn next(&mut self) -> Result<&'a Statement<'a>, Refusal> {
        let Some((first, rest)) = self.rest.split_first() else { return refuse(self.end, "the end of the file") };
        self.rest = rest;
        Ok(first)
    }

    fn is_exported(&self) -> bool {
        matches!(self.peek(), Some(Statement::ExportDeclaration(_)))
    }
}

/// A declaration, exported or not.
fn as_value<'a>(statement: &'a Statement<'a>) -> Option<&'a Declaration<'a>> {
    match statement {
        Statement::ExportDeclaration(export) => Some(&export.declaration),
        statement => statement.as_declaration(),
    }
}

fn name_of<'a>(declaration: &'a Declaration<'a>) -> Option<&'a str> {
    match declaration {
        Declaration::FunctionDeclaration(function) => function.id.as_ref().map(|id| id.name.as_str()),
        _ => None,
    }
}

/// First pass: every name that the file imports or declares, since types may name what is declared below them.
impl<'a> Walker<'a, '_> {
    fn declare(&mut self, statement: &'a Statement<'a>) -> Result<(), Refusal> {
        if let Statement::ImportDeclaration(import) = statement {
            for specifier in import.specifiers.iter().flatten() {
                let local = specifier.local();
                match import.import_kind {
                    ImportOrExportKind::Type => self.names.type_(local.name.as_str(), local.span)?,
                    ImportOrExportKind::Value => self.names.value(local.name.as_str(), local.span)?,
                }
            }
            return Ok(());
        }
        match as_value(statement) {
            Some(Declaration::VariableDeclaration(variable)) => variable
                .declarations
                .iter()
                .try_for_each(|declarator| self.names.value(binding(&declarator.id)?, declarator.span)),
            Some(Declaration::FunctionDeclaration(function)) => match &function.id {
                // The overloads of a function stand together, which the second pass sees to.
                Some(id) if function.r#type == FunctionType::TSDeclareFunction && self.mode == Mode::Ts => {
                    identifier(id.name.as_str(), id.span)
                }
                Some(id) => self.names.function(id.name.as_str(), id.span, self.mode == Mode::Dts),
                None => refuse(function.span, "a function without a name"),
            },
            Some(Declaration::TSTypeAliasDeclaration(alias)) => self.names.type_(alias.id.name.as_str(), alias.id.span),
            Some(Declaration::TSInterfaceDeclaration(interface)) => {
                self.names.type_(interface.id.name.as_str(), interface.id.span)
            }
            _ => Ok(()),
        }
    }
}

/// Second pass: the statements themselves.
impl<'a> Walker<'a, '_> {
    /// `import type { ArrayLike, Kw as Kw2 } from "./tywrap-client.js";`
    fn import_types(&mut self, statement: &'a Statement<'a>) -> Result<(), Refusal> {
        let import = import(statement, ImportOrExportKind::Type)?;
        for specifier in import.specifiers.iter().flatten() {
            let (_, imported) = named(specifier)?;
            if CLIENT_TYPES.binary_search(&imported).is_err() {
                return refuse(specifier.span(), format!("`{imported}`, which is no type of the client's"));
            }
        }
        self.literals.string(&import.source)
    }

    /// `import { describe as $describe } from "./tywrap-client.js";`
    fn import_describe(&mut self, statement: &'a Statement<'a>) -> Result<(), Refusal> {
        let import = import(statement, ImportOrExportKind::Value)?;
        let [specifier] = import.specifiers.as_ref().map_or(&[][..], |all| all.as_slice()) else {
            return refuse(import.span, "an import of something else than `describe`");
        };
        let (specifier, imported) = named(specifier)?;
        if imported != "describe" || specifier.local.name != DESCRIBE {
            return refuse(specifier.span, "an import of something else than `describe`");
        }
        self.literals.string(&import.source)
    }

    /// `type Name<T> = …;`
    fn alias(&mut self, alias: &'a TSTypeAliasDeclaration<'a>) -> Result<(), Refusal> {
        if self.mode == Mode::Js || alias.declare {
            return refuse(alias.span, "a type alias of another form");
        }
        let depth = self.names.depth();
        if let Some(params) = &alias.type_parameters {
            for param in &params.params {
                if param.constraint.is_some() || param.default.is_some() {
                    return refuse(param.span, "a type parameter with more than a name");
                }
            }
            self.type_params(params)?;
        }
        self.type_(&alias.type_annotation)?;
        self.names.leave(depth);
        Ok(())
    }

    /// `const $module = $describe(…);`
    fn module(&mut self, statement: &'a Statement<'a>) -> Result<(), Refusal> {
        let Statement::VariableDeclaration(variable) = statement else {
            return refuse(statement.span(), format!("something else than `const {MODULE}`"));
        };
        let declarator = self.declarator(variable)?;
        match &declarator.init {
            Some(init) if binding(&declarator.id)? == MODULE && declarator.type_annotation.is_none() => {
                self.describe(init)
            }
            _ => refuse(variable.span, format!("something else than `const {MODULE}`")),
        }
    }

    /// The one variable of a `const`.
    fn declarator(&self, variable: &'a VariableDeclaration<'a>) -> Result<&'a VariableDeclarator<'a>, Refusal> {
        match variable.declarations.as_slice() {
            [declarator]
                if variable.kind == VariableDeclarationKind::Const
                    && variable.declare == (self.mode == Mode::Dts)
                    && !declarator.definite =>
            {
                Ok(declarator)
            }
            _ => refuse(variable.span, "a variable of another form"),
        }
    }

    fn constant(&mut self, variable: &'a VariableDeclaration<'a>) -> Result<(), Refusal> {
        let declarator = self.declarator(variable)?;
        self.names.ours(binding(&declarator.id)?, declarator.span)?;
        if let Some(annotation) = &declarator.type_annotation {
            if self.mode == Mode::Js {
                return refuse(annotation.span, "a type");
            }
            self.annotation(annotation)?;
        }
        match (self.mode, &declarator.type_annotation, &declarator.init) {
            (Mode::Ts, Some(_), Some(init)) => self.computed(init),
            (Mode::Ts, None, Some(init)) => self.stated(init),
            (Mode::Js, None, Some(init)) if is_computed(init) => self.computed(init),
            (Mode::Js, None, Some(init)) => self.literal(init),
            (Mode::Dts, Some(_), None) => Ok(()),
            _ => refuse(declarator.span, "a variable of another form"),
        }
    }

    /// A function: in `.ts` its overloads and then itself, in `.d.ts` its overloads, in `.js` itself.
    fn function(&mut self, first: &'a Function<'a>, exported: bool, body: &mut Statements<'a>) -> Result<(), Refusal> {
        self.function_head(first)?;
        if let Some(id) = &first.id {
            self.names.ours(id.name.as_str(), id.span)?;
        }
        match self.mode {
            Mode::Js => return self.implementation(first),
            Mode::Ts | Mode::Dts => self.overload(first)?,
        }
        let name = first.id.as_ref().map(|id| id.name.as_str());
        while let Some(Declaration::FunctionDeclaration(next)) = body.peek().and_then(as_value)
            && next.id.as_ref().map(|id| id.name.as_str()) == name
        {
            if body.is_exported() != exported {
                return refuse(next.span, "overloads that are not all exported");
            }
            body.next()?;
            self.function_head(next)?;
            if self.mode == Mode::Ts && next.r#type == FunctionType::FunctionDeclaration {
                return self.implementation(next);
            }
            self.overload(next)?;
        }
        match self.mode {
            Mode::Dts => Ok(()),
            Mode::Ts | Mode::Js => refuse(first.span, "overloads without their implementation"),
        }
    }

    fn function_head(&self, function: &Function<'_>) -> Result<(), Refusal> {
        if function.generator || function.r#async || function.this_param.is_some() {
            return refuse(function.span, "a function of another form");
        }
        Ok(())
    }

    /// `function name<T>(a: A): R;`
    fn overload(&mut self, function: &'a Function<'a>) -> Result<(), Refusal> {
        if function.r#type != FunctionType::TSDeclareFunction
            || function.declare != (self.mode == Mode::Dts)
            || function.body.is_some()
        {
            return refuse(function.span, "something else than a signature");
        }
        let depth = self.names.depth();
        if let Some(params) = &function.type_parameters {
            self.type_params(params)?;
        }
        self.params(&function.params)?;
        match &function.return_type {
            Some(annotation) => self.annotation(annotation)?,
            None => return refuse(function.span, "a signature without a result"),
        }
        self.names.leave(depth);
        Ok(())
    }

    /// `function $with(connection: Connection): typeof import("./m.js") { return $module.with(connection, { … }); }`
    fn with(&mut self, statement: &'a Statement<'a>) -> Result<(), Refusal> {
        let Statement::FunctionDeclaration(function) = statement else {
            return refuse(statement.span(), format!("something else than `function {WITH}`"));
        };
        let expected =
            if self.mode == Mode::Dts { FunctionType::TSDeclareFunction } else { FunctionType::FunctionDeclaration };
        self.function_head(function)?;
        if function.id.as_ref().is_none_or(|id| id.name != WITH)
            || function.r#type != expected
            || function.declare != (self.mode == Mode::Dts)
            || function.type_parameters.is_some()
        {
            return refuse(function.span, format!("something else than `function {WITH}`"));
        }
        let params = &function.params;
        match (params.items.as_slice(), &params.rest) {
            ([param], None) if binding(&param.pattern)? == "connection" && !param.optional => {}
            _ => return refuse(params.span, "other parameters than `connection`"),
        }
        if self.mode == Mode::Js {
            self.untyped(function)?;
        } else {
            self.params(params)?;
            self.this_module(function)?;
        }
        if self.mode == Mode::Dts { Ok(()) } else { self.with_body(function) }
    }

    /// `export { $with as with };`
    fn export_with(&mut self, statement: &'a Statement<'a>) -> Result<(), Refusal> {
        let Statement::ExportNamedDeclaration(export) = statement else {
            return refuse(statement.span(), "something else than the export of `with`");
        };
        if is_with(export) { Ok(()) } else { refuse(export.span, "something else than the export of `with`") }
    }
}

/// An import from the client, by name.
fn import<'a>(statement: &'a Statement<'a>, kind: ImportOrExportKind) -> Result<&'a ImportDeclaration<'a>, Refusal> {
    match statement {
        Statement::ImportDeclaration(import)
            if import.import_kind == kind
                && import.phase.is_none()
                && import.with_clause.is_none()
                && import.specifiers.is_some()
                && import.source.value == CLIENT =>
        {
            Ok(import)
        }
        _ => refuse(statement.span(), "something else than the import from the client"),
    }
}

/// `imported` or `imported as local`, and the name that is imported.
fn named<'a>(specifier: &'a ImportDeclarationSpecifier<'a>) -> Result<(&'a ImportSpecifier<'a>, &'a str), Refusal> {
    match specifier {
        ImportDeclarationSpecifier::ImportSpecifier(specifier)
            if specifier.import_kind == ImportOrExportKind::Value =>
        {
            match &specifier.imported {
                ModuleExportName::IdentifierName(imported) => Ok((specifier, imported.name.as_str())),
                _ => refuse(specifier.span, "an import by a string"),
            }
        }
        _ => refuse(specifier.span(), "an import of another form"),
    }
}

fn is_with(export: &ExportNamedDeclaration<'_>) -> bool {
    let [specifier] = export.specifiers.as_slice() else { return false };
    export.export_kind == ImportOrExportKind::Value
        && specifier.export_kind == ImportOrExportKind::Value
        && matches!(&specifier.local, ModuleExportName::IdentifierReference(local) if local.name == WITH)
        && matches!(&specifier.exported, ModuleExportName::IdentifierName(exported) if exported.name == "with")
}
