//! `cargo tywrap check`.

mod changes;
mod json;
mod table;
mod text;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use tywrap_build::{Coverage, coverage};
use tywrap_contract::annotation::Wish;
use tywrap_contract::locate;
use tywrap_contract::manifest::Refusal;
use tywrap_policy::{Code, Diagnostic};
use tywrap_surface::Surface;
use tywrap_surface::analyze::Distribution;

use self::changes::ModuleChange;
use crate::inspect::{Inspected, inspect};
use crate::lock::out_of_date;
use crate::plan::Plan;
use crate::project::{self, Project};
use crate::{CheckArguments, Surroundings, terminal};

/// Exit code of a lock that is not what is installed.
const DIFFERS: u8 = 1;
/// Exit code of a check that could not be made.
const FAILED: u8 = 2;

/// What was found out about one project.
struct Checked {
    /// The policy, as messages show it.
    policy: String,
    /// The lock, as messages show it.
    lock: String,
    /// Why the lock is not what is installed, if it is not.
    out_of_date: Option<Diagnostic>,
    /// What differs, by module.
    changes: Vec<ModuleChange>,
    /// What each annotation gets.
    rows: Vec<Row>,
    /// Annotations for which nothing is emitted.
    refused: Vec<Refused>,
}

/// What an annotation gets.
struct Row {
    wish: Wish,
    /// The annotation: `src/main.rs:3`.
    place: String,
    distribution: Option<Distribution>,
    coverage: Coverage,
}

/// An annotation for which nothing is emitted.
struct Refused {
    wish: Wish,
    place: String,
    refusals: Vec<Refusal>,
}

/// Checks every project that the manifest leads to.
pub(crate) fn run(options: &CheckArguments, around: Surroundings<'_>) -> ExitCode {
    let mut checked = Vec::new();
    let mut errors = Vec::new();
    match project::find(options.places.manifest_path.as_deref(), around.here) {
        Ok(projects) => {
            for project in &projects {
                match inspect(project, options.places.venv.as_deref(), None, &[], around) {
                    Ok(inspected) => checked.push(check(project, &inspected)),
                    Err(found) => errors.extend(found),
                }
            }
        }
        Err(error) => errors.push(error),
    }
    if options.json {
        terminal::output(&json::of(&checked, &errors));
    } else {
        checked.iter().for_each(|checked| terminal::output(&text::of(checked, options.verbose)));
    }
    errors
        .iter()
        .chain(checked.iter().filter_map(|checked| checked.out_of_date.as_ref()))
        .for_each(terminal::diagnostic);
    let code = match errors.is_empty() {
        false => FAILED,
        true if checked.iter().any(|checked| checked.out_of_date.is_some()) => DIFFERS,
        true => 0,
    };
    ExitCode::from(code)
}

fn check(project: &Project, inspected: &Inspected) -> Checked {
    let Inspected { policy, lock, plan } = inspected;
    let surfaces: BTreeMap<&str, &Arc<Surface>> =
        plan.modules.iter().map(|module| (module.surface.module.as_str(), &module.surface)).collect();
    let mut rows = Vec::new();
    let mut refused = Vec::new();
    for (wish, (file, line)) in &project.wishes {
        let place = format!("{}:{line}", locate::shown(file, &project.root));
        let surface = |module: &str| match surfaces.get(module) {
            Some(surface) => Ok(Arc::clone(surface)),
            None => Err(not_read(plan, module)),
        };
        match coverage(policy, wish, surface) {
            Ok(coverage) => rows.push(Row {
                wish: wish.clone(),
                place,
                distribution: plan.module(&wish.module).and_then(|module| module.distribution.clone()),
                coverage,
            }),
            Err(refusals) => refused.push(Refused { wish: wish.clone(), place, refusals }),
        }
    }
    let out_of_date = (!plan.is_up_to_date()).then(|| out_of_date(plan, project));
    Checked {
        policy: locate::shown(&project.policy, &project.root),
        lock: locate::shown(&plan.lock, &project.root),
        changes: changes::between(&project.policy, lock.as_ref(), plan),
        out_of_date,
        rows,
        refused,
    }
}

/// Why a module has no surface: what keeps it out of the lock keeps it out of the build.
pub(crate) fn not_read(plan: &Plan, module: &str) -> Diagnostic {
    let kept_out = plan.skipped.get(module).cloned();
    kept_out
        .unwrap_or_else(|| Diagnostic::error(Code::ModuleNotFound, format!("Python module `{module}` was not read")))
}
