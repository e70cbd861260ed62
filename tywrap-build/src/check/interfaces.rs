//! Interfaces: what instances of Python classes have, and what the classes are as values.

use oxc_ast::ast::{
    FormalParameters, TSInterfaceDeclaration, TSMethodSignatureKind, TSSignature, TSThisParameter, TSTypeAnnotation,
    TSTypeName, TSTypeParameterDeclaration,
};
use oxc_span::{GetSpan, Span};

use super::Mode;
use super::statements::{Refusal, Walker, refuse};

/// A signature without its name.
struct Signature<'a> {
    span: Span,
    generics: Option<&'a TSTypeParameterDeclaration<'a>>,
    this: Option<&'a TSThisParameter<'a>>,
    params: &'a FormalParameters<'a>,
    result: Option<&'a TSTypeAnnotation<'a>>,
}

impl<'a> Walker<'a, '_> {
    /// `interface Name<T = D> extends A, B<T> { … }`
    pub(super) fn interface(&mut self, interface: &'a TSInterfaceDeclaration<'a>) -> Result<(), Refusal> {
        if self.mode == Mode::Js || interface.declare {
            return refuse(interface.span, "an interface of another form");
        }
        let depth = self.names.depth();
        if let Some(params) = &interface.type_parameters {
            if let Some(param) = params.params.iter().find(|param| param.constraint.is_some()) {
                return refuse(param.span, "a type parameter with more than a default");
            }
            self.type_params(params)?;
        }
        for heritage in &interface.extends {
            let TSTypeName::IdentifierReference(name) = &heritage.type_name else {
                return refuse(heritage.span, "a qualified type name");
            };
            self.type_name(name.name.as_str(), name.span)?;
            heritage.type_arguments.as_ref().map_or(Ok(()), |arguments| self.types(&arguments.params))?;
        }
        interface.body.body.iter().try_for_each(|member| self.interface_member(member))?;
        self.names.leave(depth);
        Ok(())
    }

    /// `(a: A): R;`, `key(a: A): R;` or `readonly key: T;`
    fn interface_member(&mut self, member: &'a TSSignature<'a>) -> Result<(), Refusal> {
        match member {
            TSSignature::TSCallSignatureDeclaration(call) => self.signature(&Signature {
                span: call.span,
                generics: call.type_parameters.as_deref(),
                this: call.this_param.as_deref(),
                params: &call.params,
                result: call.return_type.as_deref(),
            }),
            TSSignature::TSMethodSignature(method)
                if method.kind == TSMethodSignatureKind::Method && !method.computed && !method.optional =>
            {
                self.key(&method.key)?;
                self.signature(&Signature {
                    span: method.span,
                    generics: method.type_parameters.as_deref(),
                    this: method.this_param.as_deref(),
                    params: &method.params,
                    result: method.return_type.as_deref(),
                })
            }
            TSSignature::TSPropertySignature(property)
                if property.readonly && !property.computed && !property.optional =>
            {
                self.member(member)
            }
            _ => refuse(member.span(), "a member of an interface that is never emitted"),
        }
    }

    fn signature(&mut self, signature: &Signature<'a>) -> Result<(), Refusal> {
        let depth = self.names.depth();
        if let Some(params) = signature.generics {
            self.type_params(params)?;
        }
        if let Some(this) = signature.this {
            match &this.type_annotation {
                Some(annotation) => self.annotation(annotation)?,
                None => return refuse(this.span, "a `this` without a type"),
            }
        }
        self.params(signature.params)?;
        match signature.result {
            Some(annotation) => self.annotation(annotation)?,
            None => return refuse(signature.span, "a signature without a result"),
        }
        self.names.leave(depth);
        Ok(())
    }
}
