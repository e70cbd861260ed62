//! Types: the nodes that may stand where a type stands, and nothing else.

use oxc_ast::ast::{
    Expression, FormalParameters, Function, PropertyKey, TSLiteral, TSSignature, TSTupleElement, TSType,
    TSTypeAnnotation, TSTypeName, TSTypeOperatorOperator, TSTypeParameterDeclaration, TSTypeQueryExprName,
    UnaryOperator,
};
use oxc_span::{GetSpan, Span};

use super::Mode;
use super::names::{WITH, identifier};
use super::statements::{Refusal, Walker, refuse};
use super::values::binding;

impl<'a> Walker<'a, '_> {
    /// The type after a `:`.
    pub(super) fn annotation(&mut self, annotation: &'a TSTypeAnnotation<'a>) -> Result<(), Refusal> {
        self.type_(&annotation.type_annotation)
    }

    pub(super) fn type_(&mut self, ty: &'a TSType<'a>) -> Result<(), Refusal> {
        match ty {
            TSType::TSBigIntKeyword(_)
            | TSType::TSBooleanKeyword(_)
            | TSType::TSNeverKeyword(_)
            | TSType::TSNullKeyword(_)
            | TSType::TSNumberKeyword(_)
            | TSType::TSStringKeyword(_)
            | TSType::TSUndefinedKeyword(_)
            | TSType::TSVoidKeyword(_)
            | TSType::TSUnknownKeyword(_) => Ok(()),
            TSType::TSLiteralType(literal) => self.literal_type(&literal.literal),
            TSType::TSTypeReference(reference) => {
                let TSTypeName::IdentifierReference(name) = &reference.type_name else {
                    return refuse(reference.span, "a qualified type name");
                };
                self.type_name(name.name.as_str(), name.span)?;
                reference.type_arguments.as_ref().map_or(Ok(()), |arguments| self.types(&arguments.params))
            }
            TSType::TSUnionType(union) => self.types(&union.types),
            TSType::TSIntersectionType(intersection) => self.types(&intersection.types),
            TSType::TSParenthesizedType(inner) => self.type_(&inner.type_annotation),
            TSType::TSArrayType(array) => self.type_(&array.element_type),
            TSType::TSTypeOperatorType(operator) => match operator.operator {
                TSTypeOperatorOperator::Readonly => self.type_(&operator.type_annotation),
                TSTypeOperatorOperator::Keyof | TSTypeOperatorOperator::Unique => {
                    refuse(operator.span, "a type operator other than `readonly`")
                }
            },
            TSType::TSTupleType(tuple) => tuple.element_types.iter().try_for_each(|element| self.element(element)),
            TSType::TSTypeLiteral(object) => object.members.iter().try_for_each(|member| self.member(member)),
            TSType::TSTypeQuery(query) => match &query.expr_name {
                TSTypeQueryExprName::IdentifierReference(name)
                    if query.type_arguments.is_none() && self.names.has_value(name.name.as_str()) =>
                {
                    self.names.ours(name.name.as_str(), name.span)
                }
                _ => refuse(query.span, "a `typeof` of something that is not declared"),
            },
            _ => refuse(ty.span(), "a kind of type that is never emitted"),
        }
    }

    pub(super) fn types(&mut self, types: &'a [TSType<'a>]) -> Result<(), Refusal> {
        types.iter().try_for_each(|ty| self.type_(ty))
    }

    pub(super) fn type_name(&self, name: &str, span: Span) -> Result<(), Refusal> {
        if self.names.has_type(name) {
            Ok(())
        } else {
            refuse(span, format!("the type `{name}`, which is neither declared nor imported"))
        }
    }

    fn literal_type(&mut self, literal: &TSLiteral<'_>) -> Result<(), Refusal> {
        match literal {
            TSLiteral::BooleanLiteral(literal) => self.literals.bool(literal),
            TSLiteral::NumericLiteral(literal) => self.literals.number(literal, false),
            TSLiteral::BigIntLiteral(literal) => self.literals.big_int(literal, false),
            TSLiteral::StringLiteral(literal) => self.literals.string(literal),
            TSLiteral::UnaryExpression(unary) => match (unary.operator, &unary.argument) {
                (UnaryOperator::UnaryNegation, Expression::NumericLiteral(literal)) => {
                    self.literals.number(literal, true)
                }
                (UnaryOperator::UnaryNegation, Expression::BigIntLiteral(literal)) => {
                    self.literals.big_int(literal, true)
                }
                _ => refuse(unary.span, "an operator in a type"),
            },
            TSLiteral::TemplateLiteral(template) => refuse(template.span, "a template literal"),
        }
    }

    fn element(&mut self, element: &'a TSTupleElement<'a>) -> Result<(), Refusal> {
        match (element, element.as_ts_type()) {
            // Its name stands for nothing, but must be one.
            (TSTupleElement::TSNamedTupleMember(named), _) if !named.optional => {
                identifier(named.label.name.as_str(), named.label.span)?;
                match named.element_type.as_ts_type() {
                    Some(ty) => self.type_(ty),
                    None => refuse(named.span, "a tuple element of a kind that is never emitted"),
                }
            }
            (_, Some(ty)) => self.type_(ty),
            (TSTupleElement::TSRestType(rest), None) => self.type_(&rest.type_annotation),
            _ => refuse(element.span(), "a tuple element of a kind that is never emitted"),
        }
    }

    /// `key: T`, or `[key: string]: T`.
    pub(super) fn member(&mut self, member: &'a TSSignature<'a>) -> Result<(), Refusal> {
        match member {
            TSSignature::TSPropertySignature(property) if !property.computed => {
                self.key(&property.key)?;
                match &property.type_annotation {
                    Some(annotation) => self.annotation(annotation),
                    None => refuse(property.span, "a property without a type"),
                }
            }
            TSSignature::TSIndexSignature(index) if !index.r#static => {
                identifier(index.parameter.name.as_str(), index.parameter.span)?;
                if !matches!(index.parameter.type_annotation.type_annotation, TSType::TSStringKeyword(_)) {
                    return refuse(index.parameter.span, "an index that is not a string");
                }
                self.annotation(&index.type_annotation)
            }
            _ => refuse(member.span(), "a member that is not a plain property"),
        }
    }

    /// A key that is not computed: a name or a string. `__proto__` without quotes would set a prototype if the text
    /// were that of an object.
    pub(super) fn key(&mut self, key: &PropertyKey<'_>) -> Result<(), Refusal> {
        match key {
            PropertyKey::StaticIdentifier(name) if name.name != "__proto__" => {
                identifier(name.name.as_str(), name.span)
            }
            PropertyKey::StringLiteral(literal) => self.literals.string(literal),
            _ => refuse(key.span(), "a key that is neither a name nor a string"),
        }
    }

    /// Brings type parameters into scope. The caller ends it with [`super::names::Names::leave`].
    pub(super) fn type_params(&mut self, params: &'a TSTypeParameterDeclaration<'a>) -> Result<(), Refusal> {
        // A constraint may name any parameter of the list, so all come into scope first.
        for param in &params.params {
            let name = param.name.name.as_str();
            self.names.ours(name, param.name.span)?;
            if param.r#in || param.out || param.r#const {
                return refuse(param.span, "a modifier of a type parameter");
            }
            self.names.param(name);
        }
        for param in &params.params {
            for ty in param.constraint.iter().chain(&param.default) {
                self.type_(ty)?;
            }
        }
        Ok(())
    }

    /// Parameters that each have a name and a type.
    pub(super) fn params(&mut self, params: &'a FormalParameters<'a>) -> Result<(), Refusal> {
        for param in &params.items {
            if !param.decorators.is_empty()
                || param.initializer.is_some()
                || param.accessibility.is_some()
                || param.readonly
                || param.r#override
            {
                return refuse(param.span, "a parameter with more than a name and a type");
            }
            self.names.ours(binding(&param.pattern)?, param.span)?;
            match &param.type_annotation {
                Some(annotation) => self.annotation(annotation)?,
                None => return refuse(param.span, "a parameter without a type"),
            }
        }
        let Some(rest) = &params.rest else { return Ok(()) };
        self.names.ours(binding(&rest.rest.argument)?, rest.span)?;
        match &rest.type_annotation {
            Some(annotation) if rest.decorators.is_empty() => self.annotation(annotation),
            _ => refuse(rest.span, "a parameter of another form"),
        }
    }

    /// What `$with` gives: `typeof import("./numpy.js")`, or in declarations an object type with the exports.
    pub(super) fn this_module(&mut self, function: &'a Function<'a>) -> Result<(), Refusal> {
        let result = function.return_type.as_ref().map(|annotation| &annotation.type_annotation);
        match (self.mode, result) {
            (Mode::Dts, Some(TSType::TSTypeLiteral(exports))) => {
                exports.members.iter().try_for_each(|export| if is_with(export) { Ok(()) } else { self.member(export) })
            }
            (Mode::Ts, Some(TSType::TSTypeQuery(query)))
                if query.type_arguments.is_none()
                    && let TSTypeQueryExprName::TSImportType(import) = &query.expr_name
                    && import.options.is_none()
                    && import.qualifier.is_none()
                    && import.type_arguments.is_none()
                    && is_emitted_module(import.source.value.as_str()) =>
            {
                self.literals.string(&import.source)
            }
            _ => refuse(function.span, "another result than the module itself"),
        }
    }
}

/// `readonly with: typeof $with`
fn is_with(member: &TSSignature<'_>) -> bool {
    if let TSSignature::TSPropertySignature(property) = member
        && let PropertyKey::StaticIdentifier(key) = &property.key
        && let Some(annotation) = &property.type_annotation
        && let TSType::TSTypeQuery(query) = &annotation.type_annotation
        && let TSTypeQueryExprName::IdentifierReference(name) = &query.expr_name
    {
        let is_plain = property.readonly && !property.computed && !property.optional && query.type_arguments.is_none();
        return is_plain && key.name == "with" && name.name == WITH;
    }
    false
}

/// `./numpy.linalg.js`: a module of the same package, and not a file of the client's, which has a `-` in its name.
fn is_emitted_module(source: &str) -> bool {
    source.strip_prefix("./").and_then(|rest| rest.strip_suffix(".js")).is_some_and(|name| {
        name.split('.').all(|part| {
            part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
    })
}
