//! What the user sees. Messages go to standard error, as Cargo's own do; what was asked for goes to standard output.

#![expect(clippy::print_stderr, reason = "the one place of this command that prints")]

use std::io::{IsTerminal as _, Write as _};

use tywrap_policy::{Diagnostic, render, render_coloured};

/// Shows an error that has no code.
pub(crate) fn error(message: &str) {
    eprintln!("error: {message}");
}

/// Shows a diagnostic with the line it is about, its notes and next steps; in colour on a terminal.
pub(crate) fn diagnostic(diagnostic: &Diagnostic) {
    let source = diagnostic.place.as_ref().and_then(|place| std::fs::read_to_string(&place.path).ok());
    let draw = if std::io::stderr().is_terminal() { render_coloured } else { render };
    eprintln!("{}\n", draw(diagnostic, source.as_deref()));
}

/// Shows a step that was taken, with its verb aligned as Cargo aligns its own.
pub(crate) fn status(verb: &str, what: &str) {
    eprintln!("{verb:>12} {what}");
}

/// Shows a line that belongs to the step before it.
pub(crate) fn detail(what: &str) {
    eprintln!("{:>12}   {what}", "");
}

/// Whether what was asked for is read by a person, who likes colours, and not by a program.
pub(crate) fn is_coloured() -> bool {
    std::io::stdout().is_terminal()
}

/// Writes what was asked for. Whoever reads it may stop early, as `head` does.
pub(crate) fn output(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}
