//! Validation of names, paths, commands and arguments.

use std::path::Path;

use tywrap_policy::Policy;

use super::facts::Facts;
use super::line::Line;

/// What a shell gives a meaning to, and what leads up. No name needs one of these.
const NEVER_IN_A_NAME: &str = ";&|`$<>/\\'\"\n ";

pub(super) fn line(facts: &Facts<'_>) -> Line {
    let mut line = Line::new(&["`[input-validation]`", "`subprocess.argument-validation`"]);
    let validation = facts.policy.input_validation();
    line.switch("input-validation.enabled", validation.enabled.is_on());
    line.switch("input-validation.strict-mode", validation.strict_mode.is_on());
    line.switch("subprocess.argument-validation", facts.policy.subprocess().argument_validation.is_on());
    let let_in: String = NEVER_IN_A_NAME
        .chars()
        .filter(|character| validation.allowed_characters.is_match(&format!("a{character}b")))
        .collect();
    if let_in.is_empty() {
        line.pass("`allowed-characters` lets nothing into a name that a shell reads");
    } else {
        line.fail(format!("`allowed-characters` lets `{}` into names", let_in.escape_debug()));
    }
    for pattern in built_in_patterns() {
        if !validation.reject_patterns.iter().any(|entry| entry.value.as_str() == pattern) {
            line.warn(format!("the built-in pattern `{pattern}` is taken out of `reject-patterns`"));
        }
    }
    line
}

/// What an empty policy rejects.
fn built_in_patterns() -> Vec<String> {
    let defaults = Policy::parse("", Path::new("tywrap.toml"));
    let patterns = |policy: &Policy| {
        let patterns = policy.input_validation().reject_patterns.iter();
        patterns.map(|entry| entry.value.as_str().to_owned()).collect()
    };
    defaults.map_or(Vec::new(), |parsed| patterns(&parsed.policy))
}
