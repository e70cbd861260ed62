//! The statements of a module: the entry of the walk over the tree.

use oxc_ast::ast::{
    BindingIdentifier, Declaration, ExportNamedDeclaration, Expression, Function, FunctionType, ImportDeclaration,
    ImportDeclarationSpecifier, ImportOrExportKind, ModuleExportName, Program, Statement, TSType,
    TSTypeAliasDeclaration, TSTypeName, VariableDeclaration, VariableDeclarationKind, VariableDeclarator,
};
use oxc_span::{GetSpan, Span};

use super::literals::Literals;
use super::names::{Names, identifier};
use super::values::binding;
use super::{CheckError, Meant, Mode};

/// Where the emitted files get everything from.
const CLIENT: &str = "./tywrap-client.js";

/// The constant that holds a module's slot.
pub(super) const MODULE: &str = "$module";

/// What was found, before it has a line and a column.
pub(super) struct Refusal {
    span: Span,
    found: String,
}

pub(super) fn refuse<T>(span: Span, found: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal { span, found: found.into() })
}

/// The walk over one file.
pub(super) struct Walker<'a, 't> {
    pub(super) text: &'t str,
    pub(super) mode: Mode,
    pub(super) literals: Literals<'t>,
    pub(super) names: Names<'a>,
    /// The overloads whose implementation is still to come.
    overloads: Option<&'a BindingIdentifier<'a>>,
}

impl<'a, 't> Walker<'a, 't> {
    pub(super) fn new(text: &'t str, mode: Mode, literals: &'t [Meant]) -> Self {
        Self { text, mode, literals: Literals::new(literals), names: Names::default(), overloads: None }
    }

    /// Matches the whole tree.
    pub(super) fn program(mut self, program: &'a Program<'a>) -> Result<(), CheckError> {
        let text = self.text;
        self.walk(program).map_err(|Refusal { span, found }| {
            CheckError::at(text, span.start as usize..span.end as usize, format!("found {found}"))
        })
    }

    fn walk(mut self, program: &'a Program<'a>) -> Result<(), Refusal> {
        if program.hashbang.is_some() || !program.directives.is_empty() {
            return refuse(program.span, "a directive");
        }
        for statement in &program.body {
            self.declare(statement)?;
        }
        for statement in &program.body {
            self.statement(statement)?;
        }
        self.literals.finish(Span::empty(program.span.end))
    }
}

/// First pass: every name that the file imports or declares, since types may name what is declared below them.
impl<'a> Walker<'a, '_> {
    fn declare(&mut self, statement: &'a Statement<'a>) -> Result<(), Refusal> {
        match statement {
            Statement::ImportDeclaration(import) => self.declare_import(import),
            Statement::ExportDeclaration(export) => self.declare_declaration(&export.declaration),
            Statement::ExportNamedDeclaration(_) => Ok(()),
            statement => match statement.as_declaration() {
                Some(declaration) => self.declare_declaration(declaration),
                None => refuse(statement.span(), "a statement that is never emitted"),
            },
        }
    }

    fn declare_import(&mut self, import: &'a ImportDeclaration<'a>) -> Result<(), Refusal> {
        for specifier in import.specifiers.iter().flatten() {
            let ImportDeclarationSpecifier::ImportSpecifier(specifier) = specifier else {
                return refuse(specifier.span(), "an import that is not by name");
            };
            let name = specifier.local.name.as_str();
            let is_type =
                import.import_kind == ImportOrExportKind::Type || specifier.import_kind == ImportOrExportKind::Type;
            if is_type {
                self.names.type_(name, specifier.span)?;
            } else {
                self.names.value(name, specifier.span)?;
            }
        }
        Ok(())
    }

    fn declare_declaration(&mut self, declaration: &'a Declaration<'a>) -> Result<(), Refusal> {
        match declaration {
            Declaration::VariableDeclaration(variable) => variable
                .declarations
                .iter()
                .try_for_each(|declarator| self.names.value(binding(&declarator.id)?, declarator.span)),
            Declaration::FunctionDeclaration(function) => match &function.id {
                // In `.ts` and `.d.ts`, overloads are several declarations of one name; they stand together.
                Some(id) if self.overloads.is_some_and(|before| before.name == id.name) => Ok(()),
                Some(id) => {
                    self.overloads = Some(id);
                    self.names.value(id.name.as_str(), id.span)
                }
                None => refuse(function.span, "a function without a name"),
            },
            Declaration::TSTypeAliasDeclaration(alias) => self.names.type_(alias.id.name.as_str(), alias.id.span),
            _ => refuse(declaration.span(), "a declaration that is never emitted"),
        }
    }
}

/// Second pass: the statements themselves.
impl<'a> Walker<'a, '_> {
    fn statement(&mut self, statement: &'a Statement<'a>) -> Result<(), Refusal> {
        match statement {
            Statement::ImportDeclaration(import) => self.import(import),
            Statement::ExportDeclaration(export) => self.declaration(&export.declaration),
            Statement::ExportNamedDeclaration(export) => self.export_names(export),
            statement => match statement.as_declaration() {
                Some(declaration) => self.declaration(declaration),
                None => refuse(statement.span(), "a statement that is never emitted"),
            },
        }
    }

    fn import(&mut self, import: &'a ImportDeclaration<'a>) -> Result<(), Refusal> {
        if import.phase.is_some() || import.with_clause.is_some() || import.specifiers.is_none() {
            return refuse(import.span, "an import of another form");
        }
        if import.import_kind == ImportOrExportKind::Type && self.mode == Mode::Js {
            return refuse(import.span, "an import of types");
        }
        for specifier in import.specifiers.iter().flatten() {
            let ImportDeclarationSpecifier::ImportSpecifier(specifier) = specifier else {
                return refuse(specifier.span(), "an import that is not by name");
            };
            let ModuleExportName::IdentifierName(imported) = &specifier.imported else {
                return refuse(specifier.span, "an import by a string");
            };
            identifier(imported.name.as_str(), imported.span)?;
        }
        if import.source.value != CLIENT {
            return refuse(import.source.span, "an import from elsewhere than the client");
        }
        self.literals.string(&import.source)
    }

    fn declaration(&mut self, declaration: &'a Declaration<'a>) -> Result<(), Refusal> {
        match declaration {
            Declaration::VariableDeclaration(variable) => self.variable(variable),
            Declaration::FunctionDeclaration(function) => self.function(function),
            Declaration::TSTypeAliasDeclaration(alias) => self.alias(alias),
            _ => refuse(declaration.span(), "a declaration that is never emitted"),
        }
    }

    fn variable(&mut self, variable: &'a VariableDeclaration<'a>) -> Result<(), Refusal> {
        let [declarator] = variable.declarations.as_slice() else {
            return refuse(variable.span, "several variables in one declaration");
        };
        let declared = variable.declare == (self.mode == Mode::Dts);
        if variable.kind != VariableDeclarationKind::Const || !declared || declarator.definite {
            return refuse(variable.span, "a variable of another form");
        }
        let name = binding(&declarator.id)?;
        if let Some(annotation) = &declarator.type_annotation {
            if self.mode == Mode::Js {
                return refuse(annotation.span, "a type");
            }
            self.annotation(annotation)?;
        }
        match (&declarator.init, self.mode) {
            (None, Mode::Dts) if declarator.type_annotation.is_some() => Ok(()),
            (Some(init), Mode::Ts | Mode::Js) if name == MODULE => self.describe(init),
            (Some(init), Mode::Ts | Mode::Js) => self.initialiser(init),
            _ => refuse(declarator.span, "a variable of another form"),
        }
    }

    fn initialiser(&mut self, init: &'a Expression<'a>) -> Result<(), Refusal> {
        match init {
            Expression::CallExpression(_) => self.module_call(init, "constant", None),
            Expression::ObjectExpression(_) => self.record(init),
            Expression::TSAsExpression(as_const) if is_const(&as_const.type_annotation) && self.mode == Mode::Ts => {
                self.literal(&as_const.expression)
            }
            _ => self.literal(init),
        }
    }

    fn alias(&mut self, alias: &'a TSTypeAliasDeclaration<'a>) -> Result<(), Refusal> {
        if self.mode == Mode::Js || alias.declare {
            return refuse(alias.span, "a type alias of another form");
        }
        identifier(alias.id.name.as_str(), alias.id.span)?;
        let depth = self.names.depth();
        self.type_params(alias.type_parameters.as_deref())?;
        self.type_(&alias.type_annotation)?;
        self.names.leave(depth);
        Ok(())
    }

    fn function(&mut self, function: &'a Function<'a>) -> Result<(), Refusal> {
        if function.generator || function.r#async || function.this_param.is_some() {
            return refuse(function.span, "a function of another form");
        }
        match (function.r#type, self.mode) {
            (FunctionType::TSDeclareFunction, Mode::Ts) if !function.declare => self.signature(function),
            (FunctionType::TSDeclareFunction, Mode::Dts) if function.declare => self.signature(function),
            (FunctionType::FunctionDeclaration, Mode::Ts | Mode::Js) => self.implementation(function),
            _ => refuse(function.span, "a function of another form"),
        }
    }

    fn signature(&mut self, function: &'a Function<'a>) -> Result<(), Refusal> {
        let depth = self.names.depth();
        self.type_params(function.type_parameters.as_deref())?;
        self.typed_params(&function.params)?;
        match &function.return_type {
            Some(annotation) => self.annotation(annotation)?,
            None => return refuse(function.span, "a signature without a return type"),
        }
        self.names.leave(depth);
        Ok(())
    }

    /// `(...args) { return $module.call(INDEX, args); }`
    fn implementation(&mut self, function: &'a Function<'a>) -> Result<(), Refusal> {
        let other = || refuse(function.span, "a function with another body");
        if self.mode == Mode::Ts {
            self.signature(function)?;
        } else if function.type_parameters.is_some() || function.return_type.is_some() {
            return refuse(function.span, "a type");
        }
        let (Some(rest), []) = (&function.params.rest, function.params.items.as_slice()) else { return other() };
        if binding(&rest.rest.argument)? != "args" || (self.mode == Mode::Js && rest.type_annotation.is_some()) {
            return other();
        }
        let Some(body) = &function.body else { return other() };
        let ([], [Statement::ReturnStatement(statement)]) = (body.directives.as_slice(), body.statements.as_slice())
        else {
            return other();
        };
        match &statement.argument {
            Some(value) => self.module_call(value, "call", Some("args")),
            None => other(),
        }
    }

    fn export_names(&mut self, export: &'a ExportNamedDeclaration<'a>) -> Result<(), Refusal> {
        if export.export_kind != ImportOrExportKind::Value {
            return refuse(export.span, "an export of types");
        }
        for specifier in &export.specifiers {
            let (ModuleExportName::IdentifierReference(local), ModuleExportName::IdentifierName(exported)) =
                (&specifier.local, &specifier.exported)
            else {
                return refuse(specifier.span, "an export by a string");
            };
            if specifier.export_kind != ImportOrExportKind::Value {
                return refuse(specifier.span, "an export of a type");
            }
            self.declared(local.name.as_str(), local.span)?;
            identifier(exported.name.as_str(), exported.span)?;
        }
        Ok(())
    }
}

/// The `const` of `as const`.
fn is_const(ty: &TSType<'_>) -> bool {
    matches!(ty, TSType::TSTypeReference(reference) if reference.type_arguments.is_none()
        && matches!(&reference.type_name, TSTypeName::IdentifierReference(name) if name.name == "const"))
}
