//! How programs are started, and what the kernel keeps the worker from.

use tywrap_policy::section::{Enforcement, Network};
use tywrap_runtime::SandboxSpec;

use super::facts::Facts;
use super::line::Line;
use crate::doctor::attacks;

pub(super) fn line(facts: &Facts<'_>) -> Line {
    let mut line = Line::new(&["`cargo tywrap doctor --attack`", "`[subprocess]`", "`[sandbox]`"]);
    let (subprocess, sandbox) = (facts.policy.subprocess(), facts.policy.sandbox());
    line.switch("subprocess.environment-cleaning", subprocess.environment_cleaning.is_on());
    match &sandbox.enforcement {
        Enforcement::Required => line.pass("`sandbox.enforcement` is required"),
        Enforcement::AcceptDegraded(_) => line.warn("`sandbox.enforcement` accepts a weaker sandbox"),
    }
    if let Network::AllowTcp(ports) = &sandbox.network {
        let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
        line.warn(format!("`sandbox.network` allows TCP to {}", ports.join(", ")));
    }
    let status = SandboxSpec::new(sandbox).status();
    let missing: Vec<String> = status
        .iter()
        .filter(|(property, _)| !status.holds(*property))
        .map(|(property, _)| format!("`{property}`"))
        .collect();
    if missing.is_empty() {
        line.pass(format!("{} properties are enforced on this machine", status.iter().count()));
    } else {
        line.fail(format!("this machine does not enforce {}", missing.join(", ")));
    }
    match attacks::self_test(&facts.policy, facts.venv.map(|venv| facts.around.here.join(venv)).as_deref()) {
        Err(errors) => errors.iter().for_each(|error| line.fail(format!("{} [{}]", error.message, error.code))),
        Ok(tested) if tested.through.is_empty() => line.pass(format!(
            "none of {} attacks gets through; {} do without the sandbox",
            tested.attacks, tested.unguarded
        )),
        Ok(tested) => {
            for attack in tested.through {
                line.fail(format!("an attack gets through: {attack}"));
            }
        }
    }
    line
}
