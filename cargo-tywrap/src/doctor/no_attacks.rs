//! `cargo tywrap doctor --attack` where there is no sandbox to attack.

use std::path::Path;

use tywrap_policy::{Code, Diagnostic, Policy};

/// Runs none of them.
pub(super) fn run(_policy: &Policy, _venv: Option<&Path>) -> Result<(usize, usize), Vec<Diagnostic>> {
    let os = std::env::consts::OS;
    let message = format!("there is no sandbox on {os} to attack: tywrap starts no Python there; use Linux");
    Err(vec![Diagnostic::error(Code::NotEnforced, message)])
}
