//! Programs and their arguments.

use super::logged;
use super::text::{self, Checked, is_bidi_control};
use crate::{Code, Policy, SecurityError};

/// Options that only print something and end.
const HARMLESS: [&str; 3] = ["--version", "-V", "--help"];

pub(super) fn program(policy: &Policy, program: &str) -> Result<(), SecurityError> {
    let whitelist = &policy.subprocess().command_whitelist;
    if whitelist.iter().any(|entry| entry.value.as_str() == program) {
        return Ok(());
    }
    let why = if program.contains(['/', '\\']) {
        "a program is named, not given by its path"
    } else {
        "it is not in `command-whitelist`"
    };
    let message = format!("command `{}` is refused: {why}", logged(program));
    let error = SecurityError::new(Code::CommandRefused, message).with("command", logged(program));
    Err(error.with("rule", policy.rule("command-whitelist", whitelist.place())))
}

pub(super) fn arguments<'a, A: AsRef<str>>(
    policy: &Policy,
    arguments: &'a [A],
) -> Result<Checked<'a, ()>, SecurityError> {
    let mut checked = Checked::new(());
    for (index, argument) in arguments.iter().enumerate() {
        let argument = argument.as_ref();
        let what = format!("argument {}", index + 1);
        if index == 0 && argument.starts_with('-') && !HARMLESS.contains(&argument) {
            return Err(refused(&what, "it is an option, and the options of an interpreter run code"));
        }
        let limit = policy.subprocess().max_argument_length.get();
        if u32::try_from(argument.len()).unwrap_or(u32::MAX) > limit {
            return Err(refused(&what, &format!("it has {} bytes, and {limit} is the most", argument.len())));
        }
        if argument.chars().any(|c| c.is_control() || is_bidi_control(c)) {
            return Err(refused(&what, "it has a control character"));
        }
        if policy.subprocess().argument_validation.is_on() {
            checked.warnings.extend(text::patterns(policy, Code::ArgumentRefused, &what, argument)?);
        }
    }
    Ok(checked)
}

fn refused(what: &str, why: &str) -> SecurityError {
    SecurityError::new(Code::ArgumentRefused, format!("{what} is refused: {why}"))
}
