//! `cargo tywrap doctor --attack` where there is no sandbox to attack.

use std::path::Path;

use tywrap_policy::{Code, Diagnostic, Policy};

/// Runs none of them.
pub(super) fn run(_policy: &Policy, _venv: Option<&Path>) -> Result<(usize, usize), Vec<Diagnostic>> {
    Err(nothing_to_attack())
}

/// What a test of attacks finds. There is none.
pub(super) struct SelfTest {
    pub(super) attacks: usize,
    pub(super) unguarded: usize,
    pub(super) through: Vec<&'static str>,
}

/// Runs none of them.
pub(super) fn self_test(_policy: &Policy, _venv: Option<&Path>) -> Result<SelfTest, Vec<Diagnostic>> {
    Err(nothing_to_attack())
}

fn nothing_to_attack() -> Vec<Diagnostic> {
    let os = std::env::consts::OS;
    let message = format!("there is no sandbox on {os} to attack: tywrap starts no Python there; use Linux");
    vec![Diagnostic::error(Code::NotEnforced, message)]
}
