//! Checks that names, paths and arguments share.

use std::borrow::Cow;

use super::{logged, rule};
use crate::{Code, Policy, SecurityError};

/// What passed, and what was remarkable about it all the same. Under `strict-mode` there is nothing remarkable: it is
/// refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checked<'t, T> {
    /// What passed.
    pub value: T,
    /// What a pattern of `reject-patterns` found.
    pub warnings: Vec<Cow<'t, str>>,
}

impl<T> Checked<'_, T> {
    pub(super) fn new(value: T) -> Self {
        Self { value, warnings: Vec::new() }
    }
}

/// Refuses what is longer than `max-input-size`.
pub(super) fn size(policy: &Policy, what: &str, text: &str) -> Result<(), SecurityError> {
    let limit = policy.input_validation().max_input_size;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > limit.bytes() {
        let message = format!("{what} has {} bytes, and `max-input-size` is {limit}", text.len());
        return Err(SecurityError::new(Code::InputTooLarge, message));
    }
    Ok(())
}

/// Applies `reject-patterns` to a path or an argument: an error in strict mode, else what was found.
pub(super) fn patterns<'t>(
    policy: &Policy,
    code: Code,
    what: &str,
    text: &'t str,
) -> Result<Option<Cow<'t, str>>, SecurityError> {
    let input = policy.input_validation();
    if !input.enabled.is_on() {
        return Ok(None);
    }
    let found = input.reject_patterns.iter().find_map(|entry| entry.value.find(text).map(|found| (entry, found)));
    match found {
        Some((entry, found)) if input.strict_mode.is_on() => {
            let message = format!("{what} has `{}`, which `reject-patterns` names", logged(found));
            let error = SecurityError::new(code, message).with("pattern", entry.value.as_str());
            Err(error.with("rule", rule(policy, "reject-patterns", entry)))
        }
        found => Ok(found.map(|(_, found)| Cow::Borrowed(found))),
    }
}

/// Controls of writing direction make a text look like another. No path, command or argument needs one.
pub(super) fn is_bidi_control(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
