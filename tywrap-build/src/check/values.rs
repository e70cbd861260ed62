//! Values: the few expressions that stand in emitted bodies and initialisers.

use oxc_ast::ast::{
    Argument, ArrayExpressionElement, BindingPattern, CallExpression, Expression, ObjectPropertyKind, PropertyKind,
    UnaryOperator,
};
use oxc_span::{GetSpan, Span};

use super::names::identifier;
use super::statements::{MODULE, Refusal, Walker, refuse};

impl<'a> Walker<'a, '_> {
    /// `describe("numpy", "<digest>", ["mean", …])`.
    pub(super) fn describe(&mut self, value: &Expression<'_>) -> Result<(), Refusal> {
        let Expression::CallExpression(call) = value else {
            return refuse(value.span(), "something else than a call of `describe`");
        };
        if !is_named(&call.callee, "describe") || !self.names.has_value("describe") || !is_plain_call(call) {
            return refuse(call.span, "something else than a call of `describe`");
        }
        let [Argument::StringLiteral(module), Argument::StringLiteral(digest), Argument::ArrayExpression(names)] =
            call.arguments.as_slice()
        else {
            return refuse(call.span, "a `describe` with other arguments");
        };
        self.literals.string(module)?;
        self.literals.string(digest)?;
        for name in &names.elements {
            let ArrayExpressionElement::StringLiteral(name) = name else {
                return refuse(name.span(), "a name that is not a string");
            };
            self.literals.string(name)?;
        }
        Ok(())
    }

    /// `$module.METHOD(INDEX)` or, with `spread`, `$module.METHOD(INDEX, args)`.
    pub(super) fn module_call(
        &mut self,
        value: &Expression<'_>,
        method: &str,
        argument: Option<&str>,
    ) -> Result<(), Refusal> {
        let other = || refuse(value.span(), format!("something else than a call of `{MODULE}.{method}`"));
        let Expression::CallExpression(call) = value else { return other() };
        let Expression::StaticMemberExpression(callee) = &call.callee else { return other() };
        if !is_named(&callee.object, MODULE)
            || callee.property.name != method
            || callee.optional
            || !is_plain_call(call)
        {
            return other();
        }
        let arguments = call.arguments.as_slice();
        let Some((Argument::NumericLiteral(index), rest)) = arguments.split_first() else { return other() };
        self.literals.number(index, false)?;
        match (rest, argument) {
            ([], None) => Ok(()),
            ([Argument::Identifier(name)], Some(expected)) if name.name == expected => Ok(()),
            _ => other(),
        }
    }

    /// A literal, with a sign if it is a number.
    pub(super) fn literal(&mut self, value: &Expression<'_>) -> Result<(), Refusal> {
        match value {
            Expression::BooleanLiteral(literal) => self.literals.bool(literal),
            Expression::NullLiteral(literal) => self.literals.null(literal),
            Expression::NumericLiteral(literal) => self.literals.number(literal, false),
            Expression::BigIntLiteral(literal) => self.literals.big_int(literal, false),
            Expression::StringLiteral(literal) => self.literals.string(literal),
            Expression::UnaryExpression(unary) if unary.operator == UnaryOperator::UnaryNegation => {
                match &unary.argument {
                    Expression::NumericLiteral(literal) => self.literals.number(literal, true),
                    Expression::BigIntLiteral(literal) => self.literals.big_int(literal, true),
                    _ => refuse(unary.span, "an operator on something else than a number"),
                }
            }
            _ => refuse(value.span(), "an expression that is never emitted"),
        }
    }

    /// `{ norm: linalg_norm, inner: { … } }`: names of this file, by key.
    pub(super) fn record(&mut self, value: &Expression<'_>) -> Result<(), Refusal> {
        let Expression::ObjectExpression(object) = value else {
            return refuse(value.span(), "something else than an object of functions");
        };
        for property in &object.properties {
            let ObjectPropertyKind::ObjectProperty(property) = property else {
                return refuse(property.span(), "a spread");
            };
            if property.kind != PropertyKind::Init || property.method {
                return refuse(property.span, "a property that is not `key: name`");
            }
            self.key(&property.key, property.computed)?;
            match &property.value {
                Expression::Identifier(name) => self.declared(name.name.as_str(), name.span)?,
                value => self.record(value)?,
            }
        }
        Ok(())
    }

    pub(super) fn declared(&self, name: &str, span: Span) -> Result<(), Refusal> {
        identifier(name, span)?;
        if self.names.has_value(name) {
            Ok(())
        } else {
            refuse(span, format!("the value `{name}`, which is neither declared nor imported"))
        }
    }
}

/// A plain name in a binding, without default or destructuring.
pub(super) fn binding<'a>(pattern: &'a BindingPattern<'a>) -> Result<&'a str, Refusal> {
    let BindingPattern::BindingIdentifier(name) = pattern else {
        return refuse(pattern.span(), "a pattern where a name belongs");
    };
    identifier(name.name.as_str(), name.span)?;
    Ok(name.name.as_str())
}

fn is_named(expression: &Expression<'_>, expected: &str) -> bool {
    matches!(expression, Expression::Identifier(name) if name.name == expected)
}

fn is_plain_call(call: &CallExpression<'_>) -> bool {
    !call.optional && call.type_arguments.is_none()
}
