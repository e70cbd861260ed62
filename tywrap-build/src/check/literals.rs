//! The literals of a file, compared one by one with those that were meant, where that is known.

use oxc_ast::ast::{BigIntLiteral, BooleanLiteral, NullLiteral, NumericLiteral, StringLiteral};
use oxc_span::Span;

use super::Meant;
use super::statements::{Refusal, refuse};

/// The literals still to come.
pub(super) struct Literals<'m> {
    /// Nothing where a file is read from the disk, and nobody knows what was meant.
    rest: Option<std::slice::Iter<'m, Meant>>,
}

impl<'m> Literals<'m> {
    pub(super) fn new(meant: Option<&'m [Meant]>) -> Self {
        Self { rest: meant.map(<[Meant]>::iter) }
    }

    pub(super) fn string(&mut self, literal: &StringLiteral<'_>) -> Result<(), Refusal> {
        // A Rust string has no lone surrogate, so no string that was meant has one either.
        if literal.lone_surrogates {
            return refuse(literal.span, "half of a surrogate pair, and no such literal was meant");
        }
        self.next(literal.span, |meant| matches!(meant, Meant::Str(value) if *value == literal.value.as_str()))
    }

    pub(super) fn number(&mut self, literal: &NumericLiteral<'_>, negative: bool) -> Result<(), Refusal> {
        let raw = literal.raw.as_ref().map(|raw| raw.as_str());
        self.next(literal.span, |meant| matches!(meant, Meant::Num(text) if unsigned(text, negative) == raw))
    }

    pub(super) fn big_int(&mut self, literal: &BigIntLiteral<'_>, negative: bool) -> Result<(), Refusal> {
        let raw = literal.raw.as_ref().and_then(|raw| raw.as_str().strip_suffix('n'));
        self.next(literal.span, |meant| matches!(meant, Meant::BigInt(text) if unsigned(text, negative) == raw))
    }

    pub(super) fn bool(&mut self, literal: &BooleanLiteral) -> Result<(), Refusal> {
        self.next(literal.span, |meant| *meant == Meant::Bool(literal.value))
    }

    pub(super) fn null(&mut self, literal: &NullLiteral) -> Result<(), Refusal> {
        self.next(literal.span, |meant| *meant == Meant::Null)
    }

    /// Nothing that was meant may be missing.
    pub(super) fn finish(self, end: Span) -> Result<(), Refusal> {
        match self.rest.and_then(|mut rest| rest.next()) {
            None => Ok(()),
            Some(meant) => refuse(end, format!("the end, where the literal {meant:?} was meant")),
        }
    }

    fn next(&mut self, span: Span, is: impl FnOnce(&Meant) -> bool) -> Result<(), Refusal> {
        let Some(rest) = &mut self.rest else { return Ok(()) };
        match rest.next() {
            Some(meant) if is(meant) => Ok(()),
            Some(meant) => refuse(span, format!("a literal where {meant:?} was meant")),
            None => refuse(span, "a literal that was not meant"),
        }
    }
}

/// The text without its sign, if the sign is as given.
fn unsigned(text: &str, negative: bool) -> Option<&str> {
    match text.strip_prefix('-') {
        Some(digits) => negative.then_some(digits),
        None => (!negative).then_some(text),
    }
}
