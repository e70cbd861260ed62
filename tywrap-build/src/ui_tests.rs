//! Hands the policy and this build's output to the package in which trybuild compiles UI tests.

use std::path::{Path, PathBuf};

use tywrap_contract::manifest::{self, Emitted, Manifest, Outcome};
use tywrap_contract::{file, locate, lock};
use tywrap_policy::{Code, Diagnostic};

use crate::cargo::Environment;

/// The files that a pattern names, sorted.
pub(crate) fn files(package: &Path, pattern: &str) -> Result<Vec<PathBuf>, Diagnostic> {
    let (parent, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
    let folder = package.join(parent);
    let (start, end) = match name.split_once('*') {
        None if !parent.contains('*') => return Ok(vec![folder.join(name)]),
        Some((start, end)) if !parent.contains('*') && !end.contains('*') => (start, end),
        _ => {
            let message = format!("`{pattern}` has more than one `*`, or one outside its last part");
            return Err(Diagnostic::error(Code::SourceMalformed, message).help("write one like `tests/ui/*.rs`"));
        }
    };
    let entries = std::fs::read_dir(&folder).map_err(|error| {
        let message = format!("cannot read the UI tests in `{}`: {error}", folder.display());
        Diagnostic::error(Code::SourceMalformed, message).help("correct the path in the build script")
    })?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        })
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    Ok(files)
}

/// Writes the policy, the lock and the manifest into the folder where trybuild makes its package. That package has no build
/// script, so the macro looks for the manifest beside its `Cargo.toml`, and finds the policy there like any other.
pub(crate) fn hand_over(environment: &Environment, policy: &str, mut manifest: Manifest) -> Result<(), Diagnostic> {
    let folder = environment.target_dir.join("tests/trybuild").join(&environment.package);
    std::fs::create_dir_all(&folder).map_err(|error| unwritable(&folder, &error))?;
    let write =
        |path: &Path, bytes: &[u8]| file::replace(path, bytes).map(|_| ()).map_err(|error| unwritable(path, &error));
    let there = folder.join(locate::POLICY);
    write(&there, policy.as_bytes())?;
    manifest.package = format!("{}-tests", environment.package);
    manifest.policy.path = there;
    manifest.policy.named = false;
    if let Some(path) = manifest.lock.take() {
        let there = folder.join(lock::FILE);
        let bytes = std::fs::read(&path).map_err(|error| unwritable(&path, &error))?;
        write(&there, &bytes)?;
        manifest.lock = Some(there);
    }
    for outcome in manifest.annotations.values_mut() {
        if let Outcome::Emitted(Emitted { grants, ts, js, dts }) = outcome {
            for path in [grants, ts, js, dts] {
                *path = environment.out_dir.join(&*path);
            }
        }
    }
    write(&folder.join(manifest::FILE), manifest.to_json()?.as_bytes())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(Code::OutputUnwritable, format!("cannot write `{}` for the UI tests: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_pattern_names_files() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("tests/ui");
        std::fs::create_dir_all(folder.join("folder.rs")).unwrap();
        for name in ["b.rs", "a.rs", "a.stderr"] {
            std::fs::write(folder.join(name), "").unwrap();
        }
        let names = |pattern| {
            let files = files(temp.path(), pattern).unwrap();
            files.iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names("tests/ui/*.rs"), ["a.rs", "b.rs"]);
        assert_eq!(names("tests/ui/a*"), ["a.rs", "a.stderr"]);
        assert_eq!(names("tests/ui/b.rs"), ["b.rs"]);
        files(temp.path(), "tests/*/a.rs").unwrap_err();
        files(temp.path(), "nowhere/*.rs").unwrap_err();
    }
}
