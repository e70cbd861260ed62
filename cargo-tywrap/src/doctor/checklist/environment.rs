//! The variables that programs may see.

use std::path::Path;

use tywrap_policy::{DropReason, Policy, SecurityValidator};

use super::facts::Facts;
use super::line::Line;
use crate::locked::plural;

pub(super) fn line(facts: &Facts<'_>) -> Line {
    let mut line = Line::new(&["`subprocess.allowed-environment-vars`", "`subprocess.environment-cleaning`"]);
    let subprocess = facts.policy.subprocess();
    line.switch("subprocess.environment-cleaning", subprocess.environment_cleaning.is_on());
    let validator = SecurityValidator::new(&facts.policy);
    let defaults = defaults();
    let mut further = 0;
    for entry in subprocess.allowed_environment_vars.iter() {
        let name = entry.value.as_str();
        let loads_code = || {
            let dropped = validator.environment([(name, "1")]).dropped;
            let loads = dropped.iter().any(|dropped| dropped.reason == DropReason::LoadsCode);
            loads || (name.starts_with("PYTHON") && name != "PYTHONPATH")
        };
        if defaults.iter().any(|default| default == name) {
            continue;
        }
        further += 1;
        match &entry.reason {
            _ if loads_code() => line.fail(format!("`{name}` changes what programs load or how Python runs")),
            None => line.fail(format!("`{name}` is not in the default list, and no reason is given")),
            Some(reason) => line.warn(format!("`{name}` is let through: {reason}")),
        }
    }
    if further == 0 {
        let count = plural(subprocess.allowed_environment_vars.len(), "variable");
        line.pass(format!("{count} let through, all of the default list"));
    }
    line.by_hand("keep secrets out of the variables that are let through; Python reads them");
    line
}

/// What an empty policy lets through.
fn defaults() -> Vec<String> {
    let names = |policy: &Policy| {
        let names = policy.subprocess().allowed_environment_vars.iter();
        names.map(|entry| entry.value.as_str().to_owned()).collect()
    };
    Policy::parse("", Path::new("tywrap.toml")).map_or(Vec::new(), |parsed| names(&parsed.policy))
}
