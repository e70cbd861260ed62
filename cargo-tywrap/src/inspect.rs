//! What a project has locked, and what is installed for it.

use std::mem::ManuallyDrop;
use std::path::Path;

use tywrap_contract::locate;
use tywrap_contract::lock::Lock;
use tywrap_policy::{Code, Diagnostic, Level, Policy};
use tywrap_surface::analyze::Analyzer;

use crate::plan::{Plan, plan};
use crate::project::Project;
use crate::{Surroundings, environment, terminal};

/// What a project has locked, and what is installed for it.
#[derive(Debug)]
pub(crate) struct Inspected {
    pub(crate) policy: Policy,
    /// The lock as it is, if there is one that can be read.
    pub(crate) lock: Option<Lock>,
    /// The lock as it should be.
    pub(crate) plan: Plan,
}

/// Reads both. What is wrong, and can be done without, is shown.
///
/// # Errors
/// Everything that stands in the way.
pub(crate) fn inspect(
    project: &Project,
    venv: Option<&Path>,
    python: Option<(u8, u8)>,
    modules: &[String],
    around: Surroundings<'_>,
) -> Result<Inspected, Vec<Diagnostic>> {
    let policy = Policy::load(&project.policy)?.policy;
    for (path, reason) in &project.unreadable {
        let message = format!("`{}` cannot be read, so its annotations are not seen", path.display());
        terminal::diagnostic(&Diagnostic::warning(Code::SourceMalformed, message).note(format!("note: {reason}")));
    }
    let lock = match Lock::read(&locate::lock(&project.policy)) {
        Ok(lock) => lock,
        Err(error) if error.code == Code::LockMalformed => {
            // Locking mends it.
            terminal::diagnostic(&Diagnostic { level: Level::Warning, help: Vec::new(), ..error });
            None
        }
        Err(error) => return Err(vec![error]),
    };
    let path = environment::search_path(venv, around, &policy).map_err(|error| vec![error])?;
    let target = environment::target(python, lock.as_ref(), &path);
    // The command ends soon after: to free every syntax tree one by one would be a tenth of its time.
    let analyzer = ManuallyDrop::new(Analyzer::new(target.clone(), path));
    let plan = plan(project, &policy, lock.clone(), &analyzer, &target, modules)?;
    plan.problems.iter().for_each(terminal::diagnostic);
    Ok(Inspected { policy, lock, plan })
}
