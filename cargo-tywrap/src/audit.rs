//! `cargo tywrap audit`.

mod json;
mod text;

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tywrap_runtime::{AuditError, AuditHead, AuditSeries, Broken, Verified, audit_directory, verify_audit_file};

use crate::{AuditCommand, AuditFiles, AuditVerifyArguments, Surroundings, terminal};

/// Exit code of a chain that is not as it was written.
const BROKEN: u8 = 1;
/// Exit code of what could not be looked at.
const FAILED: u8 = 2;

/// One chain, and what came of looking at it.
struct Chain {
    path: PathBuf,
    found: Result<Verified, Broken>,
}

pub(crate) fn run(command: &AuditCommand, around: Surroundings<'_>) -> ExitCode {
    let code = match command {
        AuditCommand::Verify(options) => verify(options, around.here),
        AuditCommand::Heads(files) => heads(files, around.here),
    };
    ExitCode::from(code.unwrap_or_else(|message| {
        terminal::error(&message);
        FAILED
    }))
}

fn verify(options: &AuditVerifyArguments, here: &Path) -> Result<u8, String> {
    let kept = kept(options, here)?;
    let paths = paths(&options.files, here)?;
    if !kept.is_empty() && paths.len() != 1 {
        let count = paths.len();
        return Err(format!("a head is of one chain, and there are {count}; name the file of the chain that it is of"));
    }
    let mut code = 0;
    let (mut chains, mut errors) = (Vec::new(), Vec::new());
    for path in paths {
        let found = if AuditSeries::is_closed_file(&path) && kept.is_empty() {
            // One that was written before stands for itself; it may have been kept apart from the others.
            verify_audit_file(&path)
        } else {
            AuditSeries::of(&path).verify(&kept)
        };
        match found {
            Ok(verified) => chains.push(Chain { path, found: Ok(verified) }),
            Err(AuditError::Broken(broken)) => {
                code = code.max(BROKEN);
                chains.push(Chain { path, found: Err(broken) });
            }
            Err(error) => {
                code = FAILED;
                errors.push(error.to_string());
            }
        }
    }
    terminal::output(&if options.json { json::of(&chains, &errors) } else { text::of(&chains) });
    errors.iter().for_each(|error| terminal::error(error));
    Ok(code)
}

fn heads(files: &AuditFiles, here: &Path) -> Result<u8, String> {
    let mut code = 0;
    for path in paths(files, here)? {
        match AuditSeries::of(&path).head() {
            Ok(Some(head)) => terminal::output(&format!("{head} {}\n", path.display())),
            Ok(None) => terminal::detail(&format!("`{}` has no event", path.display())),
            Err(error) => {
                code = code.max(if matches!(error, AuditError::Broken(_)) { BROKEN } else { FAILED });
                terminal::error(&error.to_string());
            }
        }
    }
    Ok(code)
}

/// The heads that were kept elsewhere.
fn kept(options: &AuditVerifyArguments, here: &Path) -> Result<Vec<AuditHead>, String> {
    let mut kept = options.head.clone();
    for path in &options.heads {
        let path = here.join(path);
        let unusable = |why: String| format!("the heads in `{}` cannot be used: {why}", path.display());
        let text = std::fs::read_to_string(&path).map_err(|error| unusable(error.to_string()))?;
        let before = kept.len();
        for (at, line) in text.lines().enumerate() {
            let Some(head) = line.split_whitespace().next() else { continue };
            kept.push(head.parse().map_err(|error| unusable(format!("line {} has none: {error}", at + 1)))?);
        }
        if kept.len() == before {
            return Err(unusable("there are none".to_owned()));
        }
    }
    Ok(kept)
}

/// The files that hosts write, or one written before.
fn paths(files: &AuditFiles, here: &Path) -> Result<Vec<PathBuf>, String> {
    if !files.files.is_empty() {
        return Ok(files.files.iter().map(|path| here.join(path)).collect());
    }
    let directory = match &files.dir {
        Some(directory) => here.join(directory),
        None => audit_directory()
            .ok_or("neither XDG_STATE_HOME nor HOME names a directory with audit files; name a file")?,
    };
    let found = AuditSeries::in_directory(&directory);
    let found =
        found.and_then(|found| if found.is_empty() { Err(io::Error::other("there is none in it")) } else { Ok(found) });
    let found = found.map_err(|error| format!("no audit file is found in `{}`: {error}", directory.display()))?;
    Ok(found.iter().map(|series| series.path().to_owned()).collect())
}
