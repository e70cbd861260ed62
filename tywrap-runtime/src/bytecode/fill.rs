//! Filling the cache: which files a worker's modules take, and their byte code.
//!
//! Two programs, both in the sandbox. The first imports the modules and names their files; it may be hostile, has nothing to write in, and
//! what it says is a list of names. The second compiles what it is given and imports nothing but the standard library, so that no
//! package has a say in the byte code of another.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tywrap_policy::Policy;

use super::program::MODULE;
use crate::host::Interpreter;
use crate::subprocess::{Outcome, Subprocess};
use crate::worker;

/// How long each of the two programs may take. All 39 modules of the project's tests take 5 s.
const PATIENCE: Duration = Duration::from_secs(60);

/// The most files that are compiled. All 39 modules of the project's tests take 2,000.
const MOST_FILES: usize = 20_000;

/// Compiles everything that importing these modules takes into `directory`, which is empty. Says of which sources a worker takes the byte
/// code before anything else.
pub(super) fn fill(
    policy: &Policy,
    interpreter: &Interpreter,
    modules: &[&str],
    program: &Path,
    directory: &Path,
) -> Result<HashSet<PathBuf>, String> {
    let asked = serde_json::json!({ "site": interpreter.site, "worker": worker::SOURCE, "modules": modules });
    let survey = worker::python(policy, interpreter, None, include_str!("survey.py")).input(asked.to_string());
    let surveyed = run(survey, "importing the modules")?;
    let mut sources: Vec<String> = serde_json::from_slice(&surveyed.stdout)
        .map_err(|error| format!("importing the modules gave no list of files: {error}"))?;
    if sources.len() > MOST_FILES {
        return Err(format!("the modules take {} files, and {MOST_FILES} are compiled at most", sources.len()));
    }
    // Whatever the modules say, it is this one.
    let own = program.join(MODULE).with_extension("py");
    sources.extend(own.to_str().map(str::to_owned));
    let compile = worker::python(policy, interpreter, Some(directory), include_str!("compile.py"))
        .input(serde_json::json!(sources).to_string())
        .reading(program)
        .scratch(directory);
    let compiled = run(compile, "compiling")?;
    let mut start: HashSet<PathBuf> = serde_json::from_slice(&compiled.stdout)
        .map_err(|error| format!("compiling gave no list of files: {error}"))?;
    start.insert(own);
    Ok(start)
}

fn run(program: Subprocess, what: &str) -> Result<Outcome, String> {
    let outcome = program.within(PATIENCE).run().map_err(|error| format!("{what} failed: {error}"))?;
    if outcome.success() {
        return Ok(outcome);
    }
    let printed = String::from_utf8_lossy(&outcome.stderr);
    let last = printed.trim_end().lines().next_back().unwrap_or_default();
    Err(format!("{what} failed: Python {} {last}", outcome.ending).trim_end().to_owned())
}
