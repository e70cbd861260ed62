//! What the user sees. Everything goes to standard error, as Cargo's own messages do.

#![expect(clippy::print_stderr, reason = "the one place of this command that prints")]

use tywrap_policy::{Diagnostic, Level};

/// Shows an error that has no code.
pub(crate) fn error(message: &str) {
    eprintln!("error: {message}");
}

/// Shows a diagnostic with its place, notes and next steps.
pub(crate) fn diagnostic(diagnostic: &Diagnostic) {
    let level = match diagnostic.level {
        Level::Warning => "warning",
        Level::Error => "error",
    };
    let place = diagnostic.place.as_ref().map(|place| format!(" {place}:")).unwrap_or_default();
    eprintln!("{level}:{place} {diagnostic}\n");
}

/// Shows a step that was taken, with its verb aligned as Cargo aligns its own.
pub(crate) fn status(verb: &str, what: &str) {
    eprintln!("{verb:>12} {what}");
}

/// Shows a line that belongs to the step before it.
pub(crate) fn detail(what: &str) {
    eprintln!("{:>12}   {what}", "");
}
