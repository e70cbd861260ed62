//! Where packages are looked for, and which Python they are for.

use std::path::Path;

use tywrap_contract::lock::Lock;
use tywrap_policy::{Code, Diagnostic, Policy};
use tywrap_surface::analyze::{Places, SearchPath, Target};

use crate::Surroundings;

/// The platform that a lock describes. It is always the same, so that a lock does not depend on who writes it; the sandbox
/// that the calls run in is Linux's.
const PLATFORM: &str = "linux";

/// The packages: of `--venv`, else of the policy's `subprocess.venv`, else of `.venv` beside the policy, else of the
/// interpreter. The layout is read on disk; nothing is run.
///
/// # Errors
/// If an environment was named that is none.
pub(crate) fn search_path(
    option: Option<&Path>,
    around: Surroundings<'_>,
    policy: &Policy,
) -> Result<SearchPath, Diagnostic> {
    let folder = policy.path().parent().unwrap_or(Path::new("/"));
    let subprocess = policy.subprocess();
    let (named, by) = match (option, &subprocess.venv) {
        (Some(venv), _) => (Some(around.here.join(venv)), "--venv"),
        (None, Some(venv)) => (Some(venv.resolve(folder)), "subprocess.venv"),
        (None, None) => (None, ""),
    };
    let interpreter = subprocess.interpreter.as_ref().map(|path| path.resolve(folder));
    let interpreter = interpreter.or_else(|| {
        std::env::split_paths(around.search_path?).map(|folder| folder.join("python3")).find(|path| path.is_file())
    });
    let places = Places { named, beside: folder.join(".venv"), interpreter };
    places.find().map_err(|venv| {
        let message = format!("`{}` is no virtual environment: it has no `pyvenv.cfg`", venv.display());
        let help = format!("make it with `python3 -m venv {}`, or correct `{by}`", venv.display());
        Diagnostic::error(Code::ModuleNotFound, message).help(help)
    })
}

/// The Python that surfaces are read for: as `--python` says, else as the lock says that is there, else that of the
/// environment.
pub(crate) fn target(option: Option<(u8, u8)>, lock: Option<&Lock>, path: &SearchPath) -> Target {
    let locked = lock.and_then(|lock| parse_version(lock.requires_python.strip_prefix(">=")?).ok());
    let python = option.or(locked).or(path.python()).unwrap_or(Target::default().python);
    Target { python, platform: PLATFORM.to_owned() }
}

/// Reads `3.11`.
pub(crate) fn parse_version(text: &str) -> Result<(u8, u8), String> {
    let parsed =
        text.trim().split_once('.').and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    match parsed {
        Some(version @ (3, 9..)) => Ok(version),
        Some(_) => Err("Python 3.9 or newer is needed".to_owned()),
        None => Err("expected a version such as 3.11".to_owned()),
    }
}
