//! `cargo tywrap lock`.

use std::path::Path;
use std::process::ExitCode;

use tywrap_contract::file;
use tywrap_contract::locate;
use tywrap_contract::lock::COMMAND;
use tywrap_policy::{Code, Diagnostic};

use crate::inspect::{Inspected, inspect};
use crate::plan::{Plan, differs};
use crate::project::{self, Project};
use crate::{LockArguments, Surroundings, locked, terminal};

/// Locks every project that the manifest leads to.
pub(crate) fn run(options: &LockArguments, around: Surroundings<'_>) -> ExitCode {
    let projects = match project::find(options.places.manifest_path.as_deref(), around.here) {
        Ok(projects) => projects,
        Err(error) => {
            terminal::diagnostic(&error);
            return ExitCode::FAILURE;
        }
    };
    let mut failed = false;
    for project in &projects {
        match lock(project, options, around) {
            Ok(up_to_date) => failed |= options.check && !up_to_date,
            Err(errors) => {
                errors.iter().for_each(terminal::diagnostic);
                failed = true;
            }
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Locks one project, and tells whether everything was as it should be.
fn lock(project: &Project, options: &LockArguments, around: Surroundings<'_>) -> Result<bool, Vec<Diagnostic>> {
    let Inspected { plan, .. } =
        inspect(project, options.places.venv.as_deref(), options.python, &options.modules, around)?;
    let up_to_date = plan.is_up_to_date();
    if options.check {
        locked::show(&plan, "Differs", options.verbose);
        if !up_to_date {
            terminal::diagnostic(&out_of_date(&plan, project));
        }
    } else {
        carry_out(&plan).map_err(|error| vec![error])?;
        locked::show(&plan, "Locked", options.verbose);
    }
    Ok(up_to_date)
}

/// The error of a lock that is not what is installed.
pub(crate) fn out_of_date(plan: &Plan, project: &Project) -> Diagnostic {
    let message = format!("`{}` is not up to date", locate::shown(&plan.lock, &project.root));
    Diagnostic::error(Code::LockMismatch, message)
        .help(format!("run `{COMMAND}`, review what it changes, and commit it"))
}

/// Writes what differs: surfaces first, so that the lock never names a file that is not there, and what it no longer names
/// goes last.
fn carry_out(plan: &Plan) -> Result<(), Diagnostic> {
    let failed = |path: &Path, error: &std::io::Error| {
        Diagnostic::error(Code::OutputUnwritable, format!("`{}` cannot be written: {error}", path.display()))
            .help("make it writable, and run this again; what was there before is whole")
    };
    let is_first = !plan.lock.exists();
    for (path, text) in plan.files.iter().chain([(&plan.lock, &plan.text)]) {
        if differs(path, text) {
            let folder = path.parent().unwrap_or(Path::new("/"));
            std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
            file::replace(path, text.as_bytes()).map_err(|error| failed(path, &error))?;
        }
    }
    for path in &plan.stale {
        std::fs::remove_file(path).map_err(|error| failed(path, &error))?;
    }
    if is_first {
        tywrap_contract::lock::announce(&plan.lock).map_err(|error| failed(&plan.lock, &error))?;
    }
    Ok(())
}
