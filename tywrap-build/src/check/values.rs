//! Values: the few expressions that stand in emitted bodies and initialisers.

use oxc_ast::ast::{
    Argument, ArrayExpressionElement, BindingPattern, CallExpression, Expression, Function, ObjectExpression,
    ObjectProperty, ObjectPropertyKind, PropertyKey, PropertyKind, Statement, TSType, TSTypeName, UnaryOperator,
};
use oxc_span::{GetSpan, Span};

use super::Mode;
use super::names::{DESCRIBE, MODULE, WITH, identifier};
use super::statements::{Refusal, Walker, refuse};

/// Whether an initialiser is something else than a literal.
pub(super) fn is_computed(init: &Expression<'_>) -> bool {
    matches!(init, Expression::CallExpression(_) | Expression::ObjectExpression(_))
}

impl<'a> Walker<'a, '_> {
    /// `$describe("numpy", "<digest>", ["mean", …])`, and then the classes of the module.
    pub(super) fn describe(&mut self, value: &'a Expression<'a>) -> Result<(), Refusal> {
        let call = match value {
            Expression::CallExpression(call) if is_named(&call.callee, DESCRIBE) && is_plain_call(call) => call,
            _ => return refuse(value.span(), format!("something else than a call of `{DESCRIBE}`")),
        };
        let (module, digest, callables, classes) = match call.arguments.as_slice() {
            [
                Argument::StringLiteral(module),
                Argument::StringLiteral(digest),
                Argument::ArrayExpression(callables),
                rest @ ..,
            ] => match rest {
                [] => (module, digest, callables, None),
                [Argument::ArrayExpression(classes)] => (module, digest, callables, Some(classes)),
                _ => return refuse(call.span, format!("other arguments of `{DESCRIBE}`")),
            },
            _ => return refuse(call.span, format!("other arguments of `{DESCRIBE}`")),
        };
        self.literals.string(module)?;
        self.literals.string(digest)?;
        for callable in &callables.elements {
            let ArrayExpressionElement::StringLiteral(callable) = callable else {
                return refuse(callable.span(), "a name that is not a string");
            };
            self.literals.string(callable)?;
        }
        classes.map_or(Ok(()), |classes| classes.elements.iter().try_for_each(|class| self.described_class(class)))
    }

    /// `["collections:Counter", [1], { … }]`
    fn described_class(&mut self, class: &'a ArrayExpressionElement<'a>) -> Result<(), Refusal> {
        if let ArrayExpressionElement::ArrayExpression(class) = class
            && let [
                ArrayExpressionElement::StringLiteral(name),
                ArrayExpressionElement::ArrayExpression(bases),
                ArrayExpressionElement::ObjectExpression(members),
            ] = class.elements.as_slice()
        {
            self.literals.string(name)?;
            self.indices(&bases.elements)?;
            return self.access(members);
        }
        refuse(class.span(), "something else than the description of a class")
    }

    /// `{ most_common: 2, size: [3, 4] }`: indices, by key.
    fn access(&mut self, object: &'a ObjectExpression<'a>) -> Result<(), Refusal> {
        self.properties(object, |walker, value| match value {
            Expression::NumericLiteral(index) => walker.literals.number(index, false),
            Expression::ArrayExpression(indices) => walker.indices(&indices.elements),
            value => refuse(value.span(), "something else than indices"),
        })
    }

    fn indices(&mut self, elements: &'a [ArrayExpressionElement<'a>]) -> Result<(), Refusal> {
        elements.iter().try_for_each(|element| match element {
            ArrayExpressionElement::NumericLiteral(index) => self.literals.number(index, false),
            _ => refuse(element.span(), "something else than an index"),
        })
    }

    /// An index, or -1 for none.
    fn optional_index(&mut self, value: &'a Argument<'a>) -> Result<(), Refusal> {
        match value {
            Argument::NumericLiteral(index) => self.literals.number(index, false),
            Argument::UnaryExpression(unary) if unary.operator == UnaryOperator::UnaryNegation => match &unary.argument
            {
                Expression::NumericLiteral(one) => self.literals.number(one, true),
                _ => refuse(unary.span, "something else than an index"),
            },
            value => refuse(value.span(), "something else than an index"),
        }
    }

    /// `(...args) { return $module.call(INDEX, args); }`, in `.ts` with the types that take and give anything.
    pub(super) fn implementation(&mut self, function: &'a Function<'a>) -> Result<(), Refusal> {
        let rest = match (&function.params.rest, function.params.items.as_slice()) {
            (Some(rest), []) if binding(&rest.rest.argument)? == "args" && rest.decorators.is_empty() => rest,
            _ => return refuse(function.params.span, "other parameters than `...args`"),
        };
        if function.type_parameters.is_some() || function.declare {
            return refuse(function.span, "an implementation of another form");
        }
        if self.mode == Mode::Ts {
            let takes = rest.type_annotation.as_ref().map(|annotation| &annotation.type_annotation);
            let gives = function.return_type.as_ref().map(|annotation| &annotation.type_annotation);
            if !takes.is_some_and(is_unknown_array) || !gives.is_some_and(is_promise_of_unknown) {
                return refuse(function.span, "an implementation with other types");
            }
        } else {
            self.untyped(function)?;
        }
        let value = returned(function)?;
        let [Argument::NumericLiteral(index), Argument::Identifier(args)] = self.module_call(value, "call")? else {
            return refuse(value.span(), format!("other arguments of `{MODULE}.call`"));
        };
        if args.name != "args" {
            return refuse(args.span, "something else than `args`");
        }
        self.literals.number(index, false)
    }

    /// `return $module.with(connection, { … });`
    pub(super) fn with_body(&mut self, function: &'a Function<'a>) -> Result<(), Refusal> {
        let value = returned(function)?;
        let [Argument::Identifier(connection), Argument::ObjectExpression(exports)] =
            self.module_call(value, "with")?
        else {
            return refuse(value.span(), format!("other arguments of `{MODULE}.with`"));
        };
        if connection.name != "connection" {
            return refuse(connection.span, "something else than `connection`");
        }
        self.object(exports)
    }

    /// The value of a constant that has a type beside it: one that Python gives, or an object of functions.
    pub(super) fn computed(&mut self, init: &'a Expression<'a>) -> Result<(), Refusal> {
        if let Expression::ObjectExpression(object) = init {
            return self.object(object);
        }
        if let Ok(arguments) = self.module_call(init, "class") {
            return match arguments {
                [Argument::NumericLiteral(class), constructor, Argument::ObjectExpression(statics)] => {
                    self.literals.number(class, false)?;
                    self.optional_index(constructor)?;
                    self.access(statics)
                }
                _ => refuse(init.span(), format!("other arguments of `{MODULE}.class`")),
            };
        }
        if let Ok(arguments) = self.module_call(init, "enum") {
            return match arguments {
                [
                    Argument::NumericLiteral(class),
                    constructor,
                    Argument::ObjectExpression(members),
                    Argument::ObjectExpression(statics),
                ] => {
                    self.literals.number(class, false)?;
                    self.optional_index(constructor)?;
                    self.properties(members, |walker, value| walker.literal(value))?;
                    self.access(statics)
                }
                _ => refuse(init.span(), format!("other arguments of `{MODULE}.enum`")),
            };
        }
        match self.module_call(init, "constant")? {
            [Argument::NumericLiteral(index)] => self.literals.number(index, false),
            _ => refuse(init.span(), format!("other arguments of `{MODULE}.constant`")),
        }
    }

    /// A constant that the stub states, in `.ts`: `LITERAL as const`, or `null`.
    pub(super) fn stated(&mut self, init: &'a Expression<'a>) -> Result<(), Refusal> {
        match init {
            Expression::TSAsExpression(stated) if is_const(&stated.type_annotation) => self.literal(&stated.expression),
            Expression::NullLiteral(literal) => self.literals.null(literal),
            _ => refuse(init.span(), "a value that is never emitted"),
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
                    _ => refuse(unary.span, "a sign before something else than a number"),
                }
            }
            _ => refuse(value.span(), "a value that is never emitted"),
        }
    }

    /// `$module.METHOD(…)`; gives the arguments.
    fn module_call(&self, value: &'a Expression<'a>, method: &str) -> Result<&'a [Argument<'a>], Refusal> {
        if let Expression::CallExpression(call) = value
            && let Expression::StaticMemberExpression(callee) = &call.callee
            && is_named(&callee.object, MODULE)
            && callee.property.name == method
            && !callee.optional
            && is_plain_call(call)
        {
            return Ok(&call.arguments);
        }
        refuse(value.span(), format!("something else than a call of `{MODULE}.{method}`"))
    }

    /// `{ mean, norm: linalg_norm, inner: { … } }`: values of this file, by key.
    fn object(&mut self, object: &'a ObjectExpression<'a>) -> Result<(), Refusal> {
        for property in &object.properties {
            let property = self.property(property)?;
            match &property.value {
                // `with` is among the exports that `$with` gives.
                Expression::Identifier(name) if name.name == WITH && is_key(&property.key, "with") => {}
                Expression::Identifier(name) => {
                    self.names.ours(name.name.as_str(), name.span)?;
                    self.declared(name.name.as_str(), name.span)?;
                }
                Expression::ObjectExpression(inner) => self.object(inner)?,
                value => return refuse(value.span(), "something else than a name"),
            }
        }
        Ok(())
    }

    /// The properties of an object whose values are no names.
    fn properties(
        &mut self,
        object: &'a ObjectExpression<'a>,
        mut value: impl FnMut(&mut Self, &'a Expression<'a>) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        for property in &object.properties {
            let property = self.property(property)?;
            if property.shorthand {
                return refuse(property.span, "a property without a value of its own");
            }
            value(self, &property.value)?;
        }
        Ok(())
    }

    /// `key: …`, the key of which is read.
    fn property(&mut self, property: &'a ObjectPropertyKind<'a>) -> Result<&'a ObjectProperty<'a>, Refusal> {
        let ObjectPropertyKind::ObjectProperty(property) = property else {
            return refuse(property.span(), "a spread");
        };
        if property.kind != PropertyKind::Init || property.method || property.computed {
            return refuse(property.span, "a property that is not `key: name`");
        }
        if matches!(&property.key, PropertyKey::StringLiteral(key) if key.value == "__proto__") {
            // In quotes too it would set the prototype.
            return refuse(property.span, "the key `__proto__`");
        }
        self.key(&property.key)?;
        Ok(property)
    }

    fn declared(&self, name: &str, span: Span) -> Result<(), Refusal> {
        if self.names.has_value(name) {
            Ok(())
        } else {
            refuse(span, format!("the value `{name}`, which is not declared"))
        }
    }

    /// Nothing of a `.js` file has a type.
    pub(super) fn untyped(&self, function: &Function<'_>) -> Result<(), Refusal> {
        let plain =
            function.params.items.iter().all(|param| {
                param.type_annotation.is_none() && param.initializer.is_none() && param.decorators.is_empty()
            });
        let rest = function.params.rest.as_ref().is_none_or(|rest| rest.type_annotation.is_none());
        if plain && rest && function.return_type.is_none() && function.type_parameters.is_none() {
            Ok(())
        } else {
            refuse(function.span, "a type or a default")
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

/// The value that a function returns, if that is all it does.
fn returned<'a>(function: &'a Function<'a>) -> Result<&'a Expression<'a>, Refusal> {
    if let Some(body) = &function.body
        && let [Statement::ReturnStatement(statement)] = body.statements.as_slice()
        && body.directives.is_empty()
        && let Some(value) = &statement.argument
    {
        return Ok(value);
    }
    refuse(function.span, "a function that does something else than return a value")
}

fn is_key(key: &PropertyKey<'_>, expected: &str) -> bool {
    matches!(key, PropertyKey::StaticIdentifier(name) if name.name == expected)
}

fn is_named(expression: &Expression<'_>, expected: &str) -> bool {
    matches!(expression, Expression::Identifier(name) if name.name == expected)
}

fn is_plain_call(call: &CallExpression<'_>) -> bool {
    !call.optional && call.type_arguments.is_none()
}

/// The `const` of `as const`.
fn is_const(ty: &TSType<'_>) -> bool {
    is_reference(ty, "const").is_some_and(|arguments| arguments.is_empty())
}

fn is_unknown_array(ty: &TSType<'_>) -> bool {
    matches!(ty, TSType::TSArrayType(array) if matches!(array.element_type, TSType::TSUnknownKeyword(_)))
}

fn is_promise_of_unknown(ty: &TSType<'_>) -> bool {
    is_reference(ty, "Promise").is_some_and(|arguments| matches!(arguments, [TSType::TSUnknownKeyword(_)]))
}

/// The type arguments, if the type is a reference to this name.
fn is_reference<'a>(ty: &'a TSType<'a>, expected: &str) -> Option<&'a [TSType<'a>]> {
    match ty {
        TSType::TSTypeReference(reference) => match &reference.type_name {
            TSTypeName::IdentifierReference(name) if name.name == expected => {
                Some(reference.type_arguments.as_ref().map_or(&[], |arguments| arguments.params.as_slice()))
            }
            _ => None,
        },
        _ => None,
    }
}
