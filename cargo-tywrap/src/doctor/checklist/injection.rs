//! Whether what was emitted is still what the emitter writes: nothing but its grammar, and every byte of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use tywrap_build::Rechecked;
use tywrap_policy::Diagnostic;
use tywrap_surface::Surface;

use super::facts::{Facts, Output};
use super::line::Line;
use super::output;
use crate::check::not_read;
use crate::inspect::Inspected;
use crate::locked::plural;

pub(super) fn line(facts: &Facts<'_>) -> Line {
    let mut line = Line::new(&["`cargo build`", "`[code-generation]`"]);
    // `template-escaping` and `injection-prevention` have no other value than on.
    line.switch("code-generation.output-validation", facts.policy.code_generation().output_validation.is_on());
    output::tell(&mut line, facts, "match the grammar", |found| &found.refused);
    for Output { package, found } in &facts.outputs {
        if let Ok(Some(found)) = found {
            compare(&mut line, facts, package, found);
        }
    }
    line
}

/// Emits every module of a package once more and compares. The grammar takes any literal; this does not.
fn compare(line: &mut Line, facts: &Facts<'_>, package: &str, found: &Rechecked) {
    let inspected = match &facts.inspected {
        Ok(inspected) if inspected.plan.is_up_to_date() => inspected,
        _ => return line.warn(format!("`{package}` is not compared with the lock: see `module list`")),
    };
    let mut left: BTreeSet<&str> = found.modules().collect();
    let modules = left.len();
    for wish in facts.project.wishes.keys() {
        let surface = |module: &str| surface(inspected, module);
        if found.is_emitted(&facts.policy, wish, surface).is_ok_and(|is_emitted| is_emitted) {
            left.remove(wish.module.as_str());
        }
    }
    if left.is_empty() {
        line.pass(format!("`{package}`: {} as policy and lock make them", plural(modules, "module")));
        return;
    }
    let left: Vec<String> = left.into_iter().map(|module| format!("`{module}`")).collect();
    line.fail(format!("`{package}`: {} not as policy and lock make it now: build again", left.join(", ")));
}

/// The surface of a module, as it is installed and locked.
fn surface(inspected: &Inspected, module: &str) -> Result<Arc<Surface>, Diagnostic> {
    let found = inspected.plan.module(module);
    found.map(|found| Arc::clone(&found.surface)).ok_or_else(|| not_read(&inspected.plan, module))
}
