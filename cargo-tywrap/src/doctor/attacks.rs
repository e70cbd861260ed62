//! `cargo tywrap doctor --attack`.

use std::path::Path;

use tywrap_policy::{Diagnostic, Policy};
use tywrap_runtime::doctor::{ATTACKS, Attempt, Guard, Range};

use crate::{table, terminal};

/// Runs every attack under every guard and prints what came of it: how many got through all of them together, and of how many.
pub(super) fn run(policy: &Policy, venv: Option<&Path>) -> Result<(usize, usize), Vec<Diagnostic>> {
    let range = Range::new(policy, venv).map_err(|error| error.diagnostics().to_vec())?;
    terminal::output(&format!("\nattacks with {}:\n\n", range.interpreter().display()));
    let (table, through) = table_of(&range)?;
    terminal::output(&table);
    Ok((through, ATTACKS.len()))
}

/// What came of every attack without a guard and with all of them.
pub(super) struct SelfTest {
    /// How many there are.
    pub(super) attacks: usize,
    /// How many get through where nothing guards: the others could not work on this machine anyway.
    pub(super) unguarded: usize,
    /// Those that get through everything.
    pub(super) through: Vec<&'static str>,
}

/// Runs every attack twice and prints nothing.
pub(super) fn self_test(policy: &Policy, venv: Option<&Path>) -> Result<SelfTest, Vec<Diagnostic>> {
    let range = Range::new(policy, venv).map_err(|error| error.diagnostics().to_vec())?;
    let mut tested = SelfTest { attacks: ATTACKS.len(), unguarded: 0, through: Vec::new() };
    for attack in &ATTACKS {
        let gets_through = |guard| match range.attempt(attack, guard) {
            Ok(attempt) => Ok(attempt == Attempt::Through),
            Err(error) => Err(error.diagnostics().to_vec()),
        };
        tested.unguarded += usize::from(gets_through(Guard::Off)?);
        if gets_through(Guard::All)? {
            tested.through.push(attack.what);
        }
    }
    Ok(tested)
}

/// What came of every attack under every guard, and how many got through all of them together.
fn table_of(range: &Range) -> Result<(String, usize), Vec<Diagnostic>> {
    let mut table = table::plain();
    table.set_header(["attack", "on", "no guard", "landlock", "seccomp", "limits", "all"]);
    let mut through = [0; Guard::ALL.len()];
    for attack in &ATTACKS {
        let mut row = vec![attack.what.to_owned(), attack.property.to_string()];
        for (guard, count) in Guard::ALL.iter().zip(&mut through) {
            let attempt = range.attempt(attack, *guard).map_err(|error| error.diagnostics().to_vec())?;
            *count += usize::from(attempt == Attempt::Through);
            row.push(if attempt == Attempt::Through { "through" } else { "-" }.to_owned());
        }
        table.add_row(row);
    }
    let mut total = vec!["got through".to_owned(), String::new()];
    total.extend(through.iter().map(ToString::to_string));
    table.add_row(total);
    let [.., all] = through;
    Ok((table::text(table), all))
}
