//! Attacks on the sandbox, each run inside and, as a positive control, outside of any. What an attack says of itself counts, and so does
//! what can be seen of it from outside.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "what a machine could not be attacked with is worth reading")]

#[cfg(target_arch = "x86_64")]
mod beyond;
#[cfg(target_arch = "x86_64")]
mod corpus;
mod properties;
mod target;

use std::path::Path;
use std::process::{Command, Stdio};

use tywrap_policy::Policy;

use super::*;
use crate::subprocess::{Outcome, Subprocess};
use target::Target;

const PYTHON: &str = "/usr/bin/python3";
const PRELUDE: &str = include_str!("../../../../tests/attacks/prelude.py");

/// Runs the attack and says what came of it in one line.
const RUNNER: &str = "
import sys
def attack():
    names = {}
    try:
        exec(compile(SOURCE, 'attack', 'exec'), names)
    except BaseException as error:
        print('DENIED', type(error).__name__, error)
    else:
        print('GOT', repr(names['result'])[:80]) if names.get('result') is not None else print('DENIED no result')
    sys.stdout.flush()
attack()
";

fn policy() -> Policy {
    let text = format!(
        "[subprocess]\ninterpreter = \"{PYTHON}\"\ntimeout = \"3s\"\nkill-grace = \"100ms\"\n\
         [sandbox]\nmemory = \"2GiB\"\nfile-size = \"16MiB\"\ncpu-time = \"10s\""
    );
    Policy::parse(&text, Path::new("/app/tywrap.toml")).expect("a valid policy").policy
}

fn script(source: &str) -> String {
    format!("SOURCE = {}\n{RUNNER}", serde_json::to_string(source).unwrap())
}

fn inside(target: &Target, source: &str) -> Outcome {
    inside_of(target, source, &|spec| spec)
}

/// Inside of a sandbox that `change` makes of the usual one.
fn inside_of(target: &Target, source: &str, change: &dyn Fn(SandboxSpec) -> SandboxSpec) -> Outcome {
    let policy = policy();
    let spec = change(SandboxSpec::new(policy.sandbox()).scratch(target.scratch()));
    Subprocess::new(&policy, "python3")
        .fixed_arg("-I")
        .fixed_arg("-S")
        .fixed_arg("-B")
        .fixed_arg("-c")
        .fixed_arg(script(&target.fill(source)))
        .sandbox(spec)
        .run()
        .expect("the sandbox starts")
}

/// Without any guard: no group, no filter, no limits. `timeout` is coreutils'.
fn outside(target: &Target, source: &str) -> String {
    let output = Command::new("/usr/bin/timeout")
        .args(["--signal=KILL", "2", PYTHON, "-I", "-S", "-B", "-c"])
        .arg(script(&target.fill(source)))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if said.is_empty() { format!("ENDED {}", output.status) } else { said }
}

/// What got out: the attack's own line, or the line that a program it started printed.
fn succeeded(said: &str) -> bool {
    said.contains("GOT ") || said.contains("\"ok\"") || said.contains("{ok:")
}

fn said(outcome: &Outcome) -> String {
    String::from_utf8_lossy(&outcome.stdout).into_owned()
}

fn strict(spec: SandboxSpec) -> SandboxSpec {
    SandboxSpec { strict_syscalls: true, ..spec }
}

/// Attacks that must fail inside, and how many of them work outside.
#[derive(Default)]
struct Trials {
    through: Vec<String>,
    controlled: usize,
    /// Controls that left something to be seen from outside.
    seen: usize,
    without_control: Vec<String>,
}

impl Trials {
    fn denied(&mut self, id: &str, source: &str) {
        let target = Target::new();
        let before = target.state();
        let outcome = inside(&target, source);
        let effects = target.changes(&before);
        if succeeded(&said(&outcome)) || !effects.is_empty() {
            let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
            let (ending, said) = (outcome.ending, said(&outcome));
            self.through.push(format!("{id}: {ending:?} {} {} {effects:?}", said.trim(), stderr.trim()));
        }
        let control = outside(&target, source);
        // Without a guard nothing ends it but this test's patience.
        let endless = source.contains("while True: pass") || source.contains("(a+)+$");
        if succeeded(&control) || (endless && control.starts_with("ENDED")) {
            self.controlled += 1;
        } else {
            self.without_control.push(format!("{id}: {}", control.trim()));
        }
        self.seen += usize::from(!target.changes(&before).is_empty());
    }

    /// Fails if one got through, or if so few work without the guard that this says little about the guard.
    fn judge(&self, least: usize) {
        let Self { through, controlled, seen, without_control } = self;
        eprintln!(
            "{controlled} attacks are denied inside and succeed outside; {seen} of those can be seen from outside"
        );
        eprintln!("no control on this machine, so not counted:\n  {}", without_control.join("\n  "));
        assert!(through.is_empty(), "got through:\n{}", through.join("\n"));
        assert!(*controlled >= least && *seen >= 4, "too few attacks work without the guard: {controlled}, {seen}");
    }
}
