//! What locking found, for people.

use tywrap_policy::Diagnostic;
use tywrap_surface::Surface;
use tywrap_surface::model::Item;

use crate::plan::{Module, Plan};
use crate::terminal;

/// Shows what a plan found. `verb` says what became of a module that changed.
pub(crate) fn show(plan: &Plan, verb: &str, verbose: bool) {
    for module in &plan.modules {
        terminal::status(if module.changed { verb } else { "Unchanged" }, &summary(module));
        if verbose {
            details(&module.surface);
        }
    }
    for path in &plan.stale {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.ends_with(".docs.json") {
            let module = name.strip_suffix(".json").unwrap_or(&name);
            terminal::status("Removed", &format!("`{module}`, which is no longer annotated"));
        }
    }
    for diagnostic in plan.skipped.values() {
        terminal::status("Skipped", &one_line(diagnostic));
    }
    for diagnostic in plan.not_allowed.values() {
        terminal::status("Note", &one_line(diagnostic));
    }
}

/// One line about a module.
fn summary(module: &Module) -> String {
    let surface = &module.surface;
    let count = |test: fn(&Item) -> bool| surface.items.iter().filter(|item| test(item)).count();
    let classes = count(|item| matches!(item, Item::Class { .. }));
    let mut parts = vec![
        plural(count(|item| matches!(item, Item::Func(_))), "function"),
        plural(count(|item| matches!(item, Item::Const(_))), "constant"),
    ];
    if classes > 0 {
        parts.push(plural(classes, "class"));
    }
    if !surface.omitted.is_empty() {
        parts.push(format!("{} omitted", surface.omitted.len()));
    }
    let source = match &module.distribution {
        Some(distribution) => format!(" ({} {})", distribution.name, distribution.version),
        None => String::new(),
    };
    format!("`{}`{source}: {}", surface.module, parts.join(", "))
}

/// What is left out, and what was not understood.
fn details(surface: &Surface) {
    for omitted in &surface.omitted {
        terminal::detail(&format!("omitted `{}`: {}", omitted.name, omitted.reason));
    }
    for item in &surface.items {
        if let Item::Func(func) = item
            && !func.decorators.is_empty()
        {
            let decorators = func.decorators.join("`, `");
            terminal::detail(&format!("`{}` is taken as undecorated, without `{decorators}`", func.name));
        }
    }
}

fn one_line(diagnostic: &Diagnostic) -> String {
    let notes: String = diagnostic.notes.iter().map(|note| format!("; {}", note.replace('\n', " "))).collect();
    format!("{} [{}]{notes}", diagnostic.message, diagnostic.code)
}

/// A count with its noun.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    match (count, noun) {
        (1, noun) => format!("1 {noun}"),
        (count, noun) if noun.ends_with('s') => format!("{count} {noun}es"),
        (count, noun) => match noun.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u'])) {
            Some(stem) => format!("{count} {stem}ies"),
            None => format!("{count} {noun}s"),
        },
    }
}
