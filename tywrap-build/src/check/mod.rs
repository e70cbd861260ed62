//! The check of what was emitted: every file is parsed back and matched against the grammar that the emitter may
//! produce. What the grammar does not name is refused, so a mistake in an escaper, or a hostile stub that gets past
//! one, stops the build instead of becoming somebody's program.
//!
//! Three guards, each of which assumes that the others have failed:
//!
//! 1. [`text`] reads the characters: outside comments and strings only the few the grammar needs may stand, so there is
//!    no template literal, regular expression, decorator or escape in a name; every comment has the one layout the
//!    emitter gives it, so a comment that closes early is seen by its shape.
//! 2. [`statements`], [`values`], [`types`] and [`interfaces`] walk the tree that oxc parsed and name what is allowed in each position.
//!    A kind of node that oxc adds later is refused until somebody allows it here.
//! 3. Every literal of the tree, in source order, must be the one that was meant ([`Meant`]). A string that ends
//!    early is shorter than the one meant, whatever follows it.
//!
//! # The grammar
//!
//! `[ts]`, `[js]` and `[dts]` mark what stands in one sort of file only; `NAME` is an ASCII identifier written without
//! escapes, and a name that is used must be imported or declared in the file (or, in a type, be one of
//! [`names::GLOBAL_TYPES`]). `x,*` is a list of x with commas between.
//!
#![doc = include_str!("grammar.md")]

mod error;
mod interfaces;
mod literals;
mod names;
mod statements;
mod text;
mod types;
mod values;

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod class_attacks;

use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_span::SourceType;

pub(crate) use self::error::CheckError;
use self::statements::Walker;

/// Which of the three files is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A `.ts` file: types and bodies.
    Ts,
    /// A `.js` file: bodies only.
    Js,
    /// A `.d.ts` file: types only.
    Dts,
}

/// A literal that the emitter meant to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meant {
    /// A string, by its value.
    Str(String),
    /// A number, by its text, with a leading `-` if it is negative.
    Num(String),
    /// A big integer, by its decimal digits, with a leading `-` if it is negative and without the `n`.
    BigInt(String),
    /// `true` or `false`, as a value or as a type.
    Bool(bool),
    /// The value `null`. (The type `null` is a keyword.)
    Null,
}

/// Checks one emitted file. `literals` are all its literals in source order: module names in imports, quoted keys,
/// literal types, indices, everything.
pub(crate) fn check(text: &str, mode: Mode, literals: &[Meant]) -> Result<(), CheckError> {
    matches(text, mode, Some(literals))
}

/// Checks a file of which nobody knows any more what was meant: the first two guards, without the third.
#[cfg(feature = "recheck")]
pub(crate) fn check_grammar(text: &str, mode: Mode) -> Result<(), CheckError> {
    matches(text, mode, None)
}

fn matches(text: &str, mode: Mode, literals: Option<&[Meant]>) -> Result<(), CheckError> {
    let comments = text::scan(text, mode)?;

    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, source_type(mode)).parse();
    if let Some(diagnostic) = parsed.diagnostics.iter().next() {
        let offset = diagnostic.labels.first().map_or(0, |label| label.offset() as usize);
        return Err(CheckError::at(text, offset..offset, format!("it does not parse: {}", diagnostic.message)));
    }
    if parsed.panicked {
        return Err(CheckError::at(text, 0..0, "it does not parse"));
    }
    // Both readers must see the same comments, or one of them takes code for a comment.
    let seen = parsed.program.comments.iter().map(|comment| comment.span.start..comment.span.end);
    if !seen.eq(comments) {
        return Err(CheckError::at(text, 0..0, "its comments do not read the same twice"));
    }
    Walker::new(mode, literals).program(text, &parsed.program)
}

fn source_type(mode: Mode) -> SourceType {
    match mode {
        Mode::Ts => SourceType::ts(),
        Mode::Js => SourceType::mjs(),
        Mode::Dts => SourceType::d_ts(),
    }
}
