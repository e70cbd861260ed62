//! Where the policy and the lock are.
//!
//! In the package's directory, else in the root of its workspace, and no further up. An environment variable never
//! decides: a shell could swap the policy under a build.

use std::path::{Path, PathBuf};

use tywrap_policy::{Code, Diagnostic};

use crate::package::Package;

/// Name of the policy file.
pub const POLICY: &str = "tywrap.toml";

/// The places where a policy is looked for, and what was found there.
#[derive(Debug)]
pub struct Search {
    /// The policy, if there is one.
    pub found: Option<PathBuf>,
    /// Every place that was looked at, in order.
    pub places: Vec<PathBuf>,
    /// Root of the package's workspace: paths in messages are relative to it.
    pub root: PathBuf,
    /// Manifests that were read on the way.
    pub read: Vec<PathBuf>,
}

/// Looks for the policy that rules a package.
pub fn policy(package: &Package) -> Search {
    let workspace = package.workspace();
    let mut places = vec![package.dir().join(POLICY)];
    if workspace.dir != package.dir() {
        places.push(workspace.dir.join(POLICY));
    }
    Search {
        found: places.iter().find(|path| exists(path)).cloned(),
        places,
        root: workspace.dir,
        read: workspace.read,
    }
}

impl Search {
    /// The error of a policy that is nowhere.
    pub fn missing(&self) -> Diagnostic {
        let places: Vec<String> = self.places.iter().map(|place| format!("`{}`", place.display())).collect();
        Diagnostic::error(Code::PolicyMissing, format!("there is no policy: no `{POLICY}` was found"))
            .note(format!("looked for {}", places.join(", then ")))
            .help(format!(
                "make one with `cargo tywrap init`, or create an empty `{}`: an empty policy means the built-in defaults",
                self.places[0].display()
            ))
    }
}

/// The lock that belongs to a policy.
pub fn lock(policy: &Path) -> PathBuf {
    policy.with_file_name(crate::lock::FILE)
}

/// The surface of a locked module.
pub fn surface(policy: &Path, module: &str) -> PathBuf {
    policy.with_file_name(crate::lock::SURFACES).join(format!("{module}.json"))
}

/// The docs of a locked module.
pub fn docs(policy: &Path, module: &str) -> PathBuf {
    policy.with_file_name(crate::lock::SURFACES).join(format!("{module}.docs.json"))
}

/// A path as messages show it: relative to the workspace and with `/` where it lies inside, else as it is.
pub fn shown(path: &Path, root: &Path) -> String {
    match path.strip_prefix(root) {
        Ok(inside) => inside.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"),
        Err(_) => path.display().to_string(),
    }
}

/// Whether something is there. What cannot be looked at counts: reading it will say why.
fn exists(path: &Path) -> bool {
    !matches!(path.symlink_metadata(), Err(error) if error.kind() == std::io::ErrorKind::NotFound)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
        let temp = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = temp.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        temp
    }

    const ROOT: (&str, &str) = ("ws/Cargo.toml", "[workspace]\nmembers = [\"app\"]");
    const APP: (&str, &str) = ("ws/app/Cargo.toml", "[package]\nname = \"app\"");

    #[test]
    fn the_nearer_policy_wins_and_nothing_above_the_workspace_counts() {
        type Files = &'static [(&'static str, &'static str)];
        let cases: [(Files, Option<&str>); 4] = [
            (&[ROOT, APP, ("ws/tywrap.toml", ""), ("ws/app/tywrap.toml", "")], Some("ws/app/tywrap.toml")),
            (&[ROOT, APP, ("ws/tywrap.toml", "")], Some("ws/tywrap.toml")),
            (&[ROOT, APP, ("tywrap.toml", "")], None),
            (&[APP, ("ws/tywrap.toml", "")], None),
        ];
        for (files, expected) in cases {
            let temp = project(files);
            let package = Package::read(&temp.path().join("ws/app")).unwrap();
            assert_eq!(policy(&package).found, expected.map(|path| temp.path().join(path)), "{files:?}");
        }
    }

    #[test]
    fn a_missing_policy_says_where_to_put_one() {
        let temp = project(&[ROOT, APP]);
        let package = Package::read(&temp.path().join("ws/app")).unwrap();
        let text = policy(&package).missing().to_string();
        assert!(text.contains("ws/app/tywrap.toml") && text.contains("ws/tywrap.toml"), "{text}");
        assert!(text.contains("cargo tywrap init"), "{text}");
    }

    #[test]
    fn paths_are_shown_from_the_workspace() {
        assert_eq!(shown(Path::new("/w/app/tywrap.toml"), Path::new("/w")), "app/tywrap.toml");
        assert_eq!(shown(Path::new("/elsewhere/tywrap.toml"), Path::new("/w")), "/elsewhere/tywrap.toml");
    }
}
