//! `cargo tywrap lock`.

use std::ffi::OsStr;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::process::ExitCode;

use tywrap_contract::file;
use tywrap_contract::locate;
use tywrap_contract::lock::{COMMAND, Lock};
use tywrap_policy::{Code, Diagnostic, Policy};
use tywrap_surface::analyze::Analyzer;

use crate::plan::{Plan, differs, plan};
use crate::project::{self, Project};
use crate::{LockArguments, environment, report, terminal};

/// Locks every project that the manifest leads to. `here` is what relative paths on the command line start from, and
/// `variable` is `PATH`.
pub(crate) fn run(options: &LockArguments, here: &Path, variable: Option<&OsStr>) -> ExitCode {
    let projects = match project::find(options.manifest_path.as_deref(), here) {
        Ok(projects) => projects,
        Err(error) => {
            terminal::diagnostic(&error);
            return ExitCode::FAILURE;
        }
    };
    let mut failed = false;
    for project in &projects {
        match lock(project, options, here, variable) {
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
fn lock(
    project: &Project,
    options: &LockArguments,
    here: &Path,
    variable: Option<&OsStr>,
) -> Result<bool, Vec<Diagnostic>> {
    let policy = Policy::load(&project.policy)?.policy;
    for (path, reason) in &project.unreadable {
        let message = format!("`{}` cannot be read, so its annotations are not seen", path.display());
        terminal::diagnostic(&Diagnostic::warning(Code::SourceMalformed, message).note(format!("note: {reason}")));
    }
    let old = match Lock::read(&locate::lock(&project.policy)) {
        Ok(old) => old,
        Err(error) if error.code == Code::LockMalformed => {
            // It is this command that mends it.
            terminal::diagnostic(&Diagnostic { level: tywrap_policy::Level::Warning, help: Vec::new(), ..error });
            None
        }
        Err(error) => return Err(vec![error]),
    };
    let path =
        environment::search_path(options.venv.as_deref(), here, &policy, variable).map_err(|error| vec![error])?;
    let target = environment::target(options.python, old.as_ref(), &path);
    // The command ends soon after: to free every syntax tree one by one would be a tenth of its time.
    let analyzer = ManuallyDrop::new(Analyzer::new(target.clone(), path));
    let plan = plan(project, &policy, old, &analyzer, &target, &options.modules)?;
    plan.problems.iter().for_each(terminal::diagnostic);
    let up_to_date = is_up_to_date(&plan);
    if options.check {
        report::show(&plan, "Differs", options.verbose);
        if !up_to_date {
            let message = format!("`{}` is not up to date", locate::shown(&plan.lock, &project.root));
            let help = format!("run `{COMMAND}`, review what it changes, and commit it");
            terminal::diagnostic(&Diagnostic::error(Code::LockMismatch, message).help(help));
        }
    } else {
        carry_out(&plan).map_err(|error| vec![error])?;
        report::show(&plan, "Locked", options.verbose);
    }
    Ok(up_to_date)
}

fn is_up_to_date(plan: &Plan) -> bool {
    plan.stale.is_empty()
        && !differs(&plan.lock, &plan.text)
        && plan.files.iter().all(|(path, text)| !differs(path, text))
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
