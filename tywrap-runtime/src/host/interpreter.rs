//! Which Python runs, and where its packages lie. Found by reading directories; nothing is started.

use std::path::{Path, PathBuf};

use tywrap_policy::{Code, Diagnostic, Policy};

use super::HostError;
use crate::subprocess::{Program, ProgramRefused, SpawnError, Subprocess};

/// The interpreter of the workers.
#[derive(Clone, Debug)]
pub(crate) struct Interpreter {
    pub(crate) program: Program,
    /// Directories for `sys.path`, behind the standard library.
    pub(crate) site: Vec<PathBuf>,
    /// What the interpreter reads at its start, besides what every program does.
    pub(crate) read: Vec<PathBuf>,
}

/// The name that the policy's `command-whitelist` must have.
const PROGRAM: &str = "python3";

/// Finds the interpreter: that of `venv`, else what the policy names, else that of a `.venv` beside the policy, else
/// the first that can be trusted on PATH.
pub(crate) fn find(policy: &Policy, venv: Option<&Path>) -> Result<Interpreter, HostError> {
    let directory = policy.path().parent().unwrap_or(Path::new("/"));
    let named = policy.subprocess().venv.as_ref().map(|venv| venv.resolve(directory));
    let beside = || Some(directory.join(".venv")).filter(|venv| directory.is_absolute() && is_venv(venv));
    let venv = match venv.map(Path::to_owned).or(named) {
        Some(venv) if !venv.is_absolute() => {
            let message = format!("the virtual environment `{}` is not an absolute path", venv.display());
            let help = "build it from `env!(\"CARGO_MANIFEST_DIR\")`, or from where the program is installed";
            return Err(Diagnostic::error(Code::InterpreterMissing, message).help(help).into());
        }
        Some(venv) if !is_venv(&venv) => {
            let message = format!("`{}` is no virtual environment: it has no `pyvenv.cfg`", venv.display());
            let help = format!("make it with `python3 -m venv {}`", venv.display());
            return Err(Diagnostic::error(Code::InterpreterMissing, message).help(help).into());
        }
        Some(venv) => Some(venv),
        None => beside(),
    };
    let program = match (&venv, &policy.subprocess().interpreter) {
        (Some(venv), None) => Program::at(PROGRAM, &venv.join("bin").join(PROGRAM)).map_err(SpawnError::from),
        _ => Subprocess::new(policy, PROGRAM).resolve(),
    };
    let program = program.map_err(|error| missing(&error))?;
    // `<prefix>/bin/python3.11`
    let prefix = program.resolved().parent().and_then(Path::parent).unwrap_or(Path::new("/")).to_owned();
    let mut read = vec![prefix.join("lib"), prefix.join("lib64")];
    let site = match &venv {
        Some(venv) => {
            read.push(venv.clone());
            venv_packages(venv, program.resolved())
        }
        None => system_packages(&prefix, program.resolved()),
    };
    read.extend(site.iter().cloned());
    Ok(Interpreter { program, site, read })
}

fn is_venv(path: &Path) -> bool {
    path.join("pyvenv.cfg").is_file()
}

/// `python3.11` of a path that ends so.
fn versioned_name(program: &Path) -> Option<&str> {
    let name = program.file_name()?.to_str()?;
    let minor = name.strip_prefix("python3.")?;
    (!minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit())).then_some(name)
}

/// `lib/python3.X/site-packages` of a virtual environment.
fn venv_packages(venv: &Path, program: &Path) -> Vec<PathBuf> {
    let of = |name: &str| Some(venv.join("lib").join(name).join("site-packages")).filter(|path| path.is_dir());
    if let Some(path) = versioned_name(program).and_then(of) {
        return vec![path];
    }
    // The interpreter is called just `python3`; an environment has one version, so there is one directory.
    let Ok(entries) = std::fs::read_dir(venv.join("lib")) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str().filter(|name| name.starts_with("python3")).and_then(of))
        .collect();
    found.sort();
    found.truncate(1);
    found
}

/// The directories that `site` would add for an interpreter without a virtual environment, Debian's among them.
fn system_packages(prefix: &Path, program: &Path) -> Vec<PathBuf> {
    let Some(name) = versioned_name(program) else { return Vec::new() };
    let mut directories = vec![
        prefix.join("local/lib").join(name).join("dist-packages"),
        prefix.join("lib").join(name).join("site-packages"),
        prefix.join("lib/python3/dist-packages"),
        prefix.join("lib").join(name).join("dist-packages"),
    ];
    directories.retain(|path| path.is_dir());
    directories
}

fn missing(error: &SpawnError) -> HostError {
    let code = match error {
        SpawnError::Program(ProgramRefused::Shim { .. }) => Code::InterpreterShim,
        SpawnError::Refused(refusal) => refusal.code,
        _ => Code::InterpreterMissing,
    };
    let help =
        "install Python 3.10 or newer, or name it in tywrap.toml: `[subprocess]` `interpreter = \"/usr/bin/python3\"`";
    Diagnostic::error(code, format!("no Python interpreter for the workers: {error}")).help(help).into()
}
