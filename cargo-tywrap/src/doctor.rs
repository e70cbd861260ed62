//! `cargo tywrap doctor`.

#[cfg_attr(not(target_os = "linux"), path = "doctor/no_attacks.rs")]
mod attacks;
mod checklist;

use std::path::Path;
use std::process::ExitCode;

use tywrap_contract::locate;
use tywrap_policy::{Diagnostic, Policy};
use tywrap_runtime::{Layer, SandboxSpec, State, Status};

use crate::{DoctorArguments, Surroundings, project, table, terminal};

/// Exit code of a machine on which something the policy requires does not hold.
const NOT_ENFORCED: u8 = 1;
/// Exit code of what could not be looked at.
const FAILED: u8 = 2;

/// Looks at the machine under every policy that the manifest leads to; without one, under the defaults.
pub(crate) fn run(options: &DoctorArguments, around: Surroundings<'_>) -> ExitCode {
    if options.checklist {
        return checklist::run(options, around);
    }
    let mut code = 0;
    for (shown, policy) in policies(options, around) {
        let looked = policy.and_then(|policy| look(&shown, &policy, options, around));
        code = code.max(looked.unwrap_or_else(|errors| {
            errors.iter().for_each(terminal::diagnostic);
            FAILED
        }));
    }
    ExitCode::from(code)
}

/// The policies, each with how it is called.
fn policies(options: &DoctorArguments, around: Surroundings<'_>) -> Vec<(String, Result<Policy, Vec<Diagnostic>>)> {
    let load = |path: &Path| Policy::load(path).map(|loaded| loaded.policy);
    match project::find(options.places.manifest_path.as_deref(), around.here) {
        Ok(projects) => projects
            .iter()
            .map(|project| (locate::shown(&project.policy, &project.root), load(&project.policy)))
            .collect(),
        // The machine can be looked at from anywhere; whoever names a manifest means it.
        Err(error) if options.places.manifest_path.is_some() => vec![(String::new(), Err(vec![error]))],
        Err(_) => {
            let policy = Policy::parse("", &around.here.join(locate::POLICY));
            vec![("the defaults".to_owned(), policy.map(|parsed| parsed.policy))]
        }
    }
}

fn look(
    shown: &str,
    policy: &Policy,
    options: &DoctorArguments,
    around: Surroundings<'_>,
) -> Result<u8, Vec<Diagnostic>> {
    let found = SandboxSpec::new(policy.sandbox()).status();
    terminal::output(&format!("policy: {shown}\n\n{}", properties(&found)));
    let mut code = 0;
    if let Err(missing) = found.require(&policy.sandbox().enforcement) {
        terminal::error(&missing.to_string());
        code = NOT_ENFORCED;
    }
    if options.attack {
        let venv = options.places.venv.as_deref().map(|venv| around.here.join(venv));
        let (through, of) = attacks::run(policy, venv.as_deref())?;
        if through > 0 {
            terminal::error(&format!("{through} of {of} attacks got through all layers"));
            code = NOT_ENFORCED;
        }
    }
    Ok(code)
}

fn properties(status: &Status) -> String {
    let mut table = table::plain();
    table.set_header(["property", "state", "by", ""]);
    for (property, state) in status.iter() {
        let join = |by: &[Layer]| by.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let (state, by, reason) = match state {
            State::Enforced(by) => ("enforced", join(by), ""),
            State::Degraded { by, reason } if by.is_empty() => ("not enforced", String::new(), reason.as_str()),
            State::Degraded { by, reason } => ("degraded", join(by), reason.as_str()),
        };
        table.add_row([&property.to_string(), state, &by, reason]);
    }
    table::text(table)
}
