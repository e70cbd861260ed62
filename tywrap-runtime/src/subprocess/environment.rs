//! The environment of a program: empty, then what the policy allows of what was offered, then tywrap's own values.

use std::collections::BTreeMap;
use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::OsStringExt as _;

use tywrap_policy::{DropReason, SecurityValidator};

use super::error::SpawnError;
use super::program;

/// The variables of this process: the one place where the crate reads them.
pub(crate) fn of_this_process() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os()
}

/// The search path of this process; empty if it has none.
pub(crate) fn search_path() -> OsString {
    std::env::var_os("PATH").unwrap_or_default()
}

/// Where programs of this user keep what they write for themselves, as the XDG base directories have it.
pub(crate) fn state_directory() -> Option<std::path::PathBuf> {
    base_directory("XDG_STATE_HOME", ".local/state")
}

/// Likewise for what can be made again.
pub(crate) fn cache_directory() -> Option<std::path::PathBuf> {
    base_directory("XDG_CACHE_HOME", ".cache")
}

fn base_directory(variable: &str, below_home: &str) -> Option<std::path::PathBuf> {
    let absolute = |name| std::env::var_os(name).map(std::path::PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute(variable).or_else(|| Some(absolute("HOME")?.join(below_home)))?;
    Some(base.join("tywrap"))
}

/// What a program is to see.
#[derive(Clone, Debug, Default)]
pub(super) struct Environment {
    offered: BTreeMap<OsString, OsString>,
    fixed: BTreeMap<String, OsString>,
}

impl Environment {
    pub(super) fn offer(&mut self, name: OsString, value: OsString) {
        self.offered.insert(name, value);
    }

    pub(super) fn fix(&mut self, name: &str, value: OsString) {
        self.fixed.insert(name.to_owned(), value);
    }

    /// `NAME=value` for every variable the program gets, and the names of those that were dropped. A sandboxed program
    /// starts no other and is told by the host what to import, so it gets neither `PATH` nor `PYTHON…`.
    pub(super) fn build(
        &self,
        validator: &SecurityValidator,
        sandboxed: bool,
    ) -> Result<(Vec<CString>, Vec<Dropped>), SpawnError> {
        let mut dropped = Vec::new();
        let mut offered = Vec::new();
        for (name, value) in &self.offered {
            match (name.to_str(), value.to_str()) {
                (Some(name), Some(value)) => offered.push((name, value)),
                // No list names such a variable, and no check can read such a value.
                _ => dropped.push(Dropped { name: name.to_string_lossy().into_owned(), loads_code: false }),
            }
        }
        let judged = if sandboxed { validator.worker_environment(offered) } else { validator.environment(offered) };
        dropped.extend(
            judged
                .dropped
                .into_iter()
                .map(|variable| Dropped { loads_code: variable.reason == DropReason::LoadsCode, name: variable.name }),
        );
        let mut kept: BTreeMap<&str, OsString> = BTreeMap::new();
        for (name, value) in &judged.kept {
            let value = if name == "PATH" { trusted_search_path(OsStr::new(value)) } else { value.into() };
            kept.insert(name, value);
        }
        for (name, value) in &self.fixed {
            kept.insert(name, value.clone());
        }
        let variables = kept.into_iter().map(|(name, value)| variable(name, value)).collect::<Result<_, _>>()?;
        Ok((variables, dropped))
    }
}

/// A variable that the program does not get.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dropped {
    pub(super) name: String,
    /// It would have made the program load code.
    pub(super) loads_code: bool,
}

fn variable(name: &str, value: OsString) -> Result<CString, SpawnError> {
    let mut bytes = name.as_bytes().to_vec();
    bytes.push(b'=');
    bytes.extend(value.into_vec());
    // What was offered has no NUL: the validator drops that.
    CString::new(bytes).map_err(|error| SpawnError::System { action: "preparing the environment", error: error.into() })
}

/// The absolute entries whose directories nobody else can write: what the program looks up there is not an attacker's.
fn trusted_search_path(value: &OsStr) -> OsString {
    let trusted = std::env::split_paths(value).filter(|directory| program::trusted_directory(directory));
    // Entries come from splitting at the separator, so they can be joined.
    std::env::join_paths(trusted).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::path::Path;

    use tywrap_policy::Policy;

    use super::*;

    fn validator() -> SecurityValidator {
        SecurityValidator::new(&Policy::parse("", Path::new("/app/tywrap.toml")).unwrap().policy)
    }

    #[test]
    fn starts_empty_keeps_what_is_allowed_and_names_the_rest() {
        let mut environment = Environment::default();
        for (name, value) in
            [("PATH", "/usr/bin"), ("MALICIOUS_VAR", "x"), ("LD_PRELOAD", "/tmp/x.so"), ("PYTHONPATH", "/safe/path")]
        {
            environment.offer(name.into(), value.into());
        }
        environment.offer(OsString::from_vec(vec![b'A', 0xff]), "x".into());
        environment.fix("PYTHONUTF8", "1".into());
        let (kept, dropped) = environment.build(&validator(), false).unwrap();
        let kept: Vec<&str> = kept.iter().map(|variable| variable.to_str().unwrap()).collect();
        assert_eq!(kept, ["PATH=/usr/bin", "PYTHONPATH=/safe/path", "PYTHONUTF8=1"]);
        let dropped: Vec<(&str, bool)> = dropped.iter().map(|it| (it.name.as_str(), it.loads_code)).collect();
        assert_eq!(dropped, [("A\u{fffd}", false), ("LD_PRELOAD", true), ("MALICIOUS_VAR", false)]);
    }

    #[test]
    fn a_sandboxed_program_gets_no_search_path_of_any_kind() {
        let mut environment = Environment::default();
        for name in ["PATH", "PYTHONPATH", "LANG"] {
            environment.offer(name.into(), "/usr".into());
        }
        let (kept, dropped) = environment.build(&validator(), true).unwrap();
        assert_eq!((kept, dropped.len()), (vec![c"LANG=/usr".to_owned()], 2));
    }

    #[test]
    fn a_search_path_keeps_only_absolute_directories_that_others_cannot_write() {
        let open = tempfile::tempdir().unwrap();
        std::fs::set_permissions(open.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        let value = format!("{}::.:bin:/usr/bin", open.path().display());
        assert_eq!(trusted_search_path(OsStr::new(&value)), "/usr/bin");
    }

    #[test]
    fn a_value_no_program_could_be_given_is_dropped_or_an_error() {
        for value in ["a\nb", "a\0b", &"x".repeat(200_000)] {
            let mut environment = Environment::default();
            environment.offer("LANG".into(), value.into());
            let (kept, dropped) = environment.build(&validator(), false).unwrap();
            assert!(kept.is_empty() && dropped.len() == 1);
        }
        let mut environment = Environment::default();
        environment.fix("A", "a\0b".into());
        assert!(matches!(environment.build(&validator(), false), Err(SpawnError::System { .. })));
    }
}
