//! Types: the nodes that may stand where a type stands, and nothing else.

use oxc_ast::ast::{
    Expression, FormalParameters, PropertyKey, TSLiteral, TSSignature, TSTupleElement, TSType, TSTypeAnnotation,
    TSTypeName, TSTypeOperatorOperator, TSTypeParameterDeclaration, TSTypeParameterInstantiation, TSTypeQuery,
    TSTypeQueryExprName, UnaryOperator,
};
use oxc_span::{GetSpan, Span};

use super::names::identifier;
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
            | TSType::TSUnknownKeyword(_) => Ok(()),
            TSType::TSLiteralType(literal) => self.literal_type(&literal.literal),
            TSType::TSTypeReference(reference) => {
                let TSTypeName::IdentifierReference(name) = &reference.type_name else {
                    return refuse(reference.span, "a qualified type name");
                };
                self.type_name(name.name.as_str(), name.span)?;
                self.type_arguments(reference.type_arguments.as_deref())
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
            TSType::TSTypeQuery(query) => self.query(query),
            _ => refuse(ty.span(), "a kind of type that is never emitted"),
        }
    }

    fn types(&mut self, types: &'a [TSType<'a>]) -> Result<(), Refusal> {
        types.iter().try_for_each(|ty| self.type_(ty))
    }

    fn type_name(&self, name: &str, span: Span) -> Result<(), Refusal> {
        identifier(name, span)?;
        if self.names.has_type(name) {
            Ok(())
        } else {
            refuse(span, format!("the type `{name}`, which is neither declared nor imported"))
        }
    }

    pub(super) fn type_arguments(
        &mut self,
        arguments: Option<&'a TSTypeParameterInstantiation<'a>>,
    ) -> Result<(), Refusal> {
        arguments.map_or(Ok(()), |arguments| self.types(&arguments.params))
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
            (_, Some(TSType::TSNamedTupleMember(member))) => refuse(member.span, "a tuple element with a name"),
            (_, Some(ty)) => self.type_(ty),
            (TSTupleElement::TSRestType(rest), None) => self.type_(&rest.type_annotation),
            _ => refuse(element.span(), "a tuple element of a kind that is never emitted"),
        }
    }

    /// `key: T`, or `[key: string]: T`.
    fn member(&mut self, member: &'a TSSignature<'a>) -> Result<(), Refusal> {
        match member {
            TSSignature::TSPropertySignature(property) => {
                self.key(&property.key, property.computed)?;
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
            _ => refuse(member.span(), "a member that is not a property"),
        }
    }

    /// A key of an object or an object type: a name, or a quoted string. What would set a prototype as a plain or quoted
    /// key is a computed string, and nothing else is computed.
    pub(super) fn key(&mut self, key: &PropertyKey<'_>, computed: bool) -> Result<(), Refusal> {
        match key {
            PropertyKey::StaticIdentifier(name) if !computed && !is_special(name.name.as_str()) => {
                identifier(name.name.as_str(), name.span)
            }
            PropertyKey::StringLiteral(literal) if computed == is_special(literal.value.as_str()) => {
                self.literals.string(literal)
            }
            _ => refuse(key.span(), "a key that is neither a name nor a string"),
        }
    }

    /// Brings type parameters into scope. The caller ends it with [`super::names::Names::leave`].
    pub(super) fn type_params(&mut self, params: Option<&'a TSTypeParameterDeclaration<'a>>) -> Result<(), Refusal> {
        let Some(params) = params else { return Ok(()) };
        // A constraint may name any parameter of the list, so all come into scope first.
        for param in &params.params {
            let name = param.name.name.as_str();
            identifier(name, param.name.span)?;
            if param.r#in || param.out {
                return refuse(param.span, "a variance annotation");
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

    /// Parameters that each have a name and a type: of a function type, an overload or a declaration.
    pub(super) fn typed_params(&mut self, params: &'a FormalParameters<'a>) -> Result<(), Refusal> {
        for param in &params.items {
            if !param.decorators.is_empty()
                || param.initializer.is_some()
                || param.accessibility.is_some()
                || param.readonly
                || param.r#override
            {
                return refuse(param.span, "a parameter with more than a name and a type");
            }
            binding(&param.pattern)?;
            match &param.type_annotation {
                Some(annotation) => self.annotation(annotation)?,
                None => return refuse(param.span, "a parameter without a type"),
            }
        }
        let Some(rest) = &params.rest else { return Ok(()) };
        if !rest.decorators.is_empty() {
            return refuse(rest.span, "a decorator");
        }
        binding(&rest.rest.argument)?;
        match &rest.type_annotation {
            Some(annotation) => self.annotation(annotation),
            None => refuse(rest.span, "a parameter without a type"),
        }
    }

    /// `typeof NAME`, or `typeof import("./this-module.js")`.
    fn query(&mut self, query: &'a TSTypeQuery<'a>) -> Result<(), Refusal> {
        if query.type_arguments.is_some() {
            return refuse(query.span, "type arguments of a `typeof`");
        }
        match &query.expr_name {
            TSTypeQueryExprName::IdentifierReference(name) if self.names.has_value(name.name.as_str()) => Ok(()),
            TSTypeQueryExprName::TSImportType(import)
                if import.options.is_none() && import.qualifier.is_none() && import.type_arguments.is_none() =>
            {
                if !is_sibling(import.source.value.as_str()) {
                    return refuse(import.source.span, "an import of something else than an emitted module");
                }
                self.literals.string(&import.source)
            }
            _ => refuse(query.span, "a `typeof` of something that is not declared"),
        }
    }
}

/// Keys that a plain key would not merely name.
fn is_special(name: &str) -> bool {
    matches!(name, "__proto__" | "constructor" | "prototype")
}

/// `./numpy.linalg.js`: a module of the same package.
pub(super) fn is_sibling(source: &str) -> bool {
    source.strip_prefix("./").and_then(|rest| rest.strip_suffix(".js")).is_some_and(|name| {
        !name.contains("..")
            && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
    })
}
