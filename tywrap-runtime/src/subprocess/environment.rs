//! The environment of a program: empty, then what the policy allows of what was offered, then tywrap's own values.

use std::collections::BTreeMap;
use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use tywrap_policy::{Code, Policy, SecurityError};

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
    let absolute = |name| std::env::var_os(name).map(std::path::PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
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

    /// `NAME=value` for every variable the program gets, and the names of those that were dropped.
    pub(super) fn build(&self, policy: &Policy) -> Result<(Vec<CString>, Vec<String>), SpawnError> {
        let allowed = &policy.subprocess().allowed_environment_vars;
        let mut kept = BTreeMap::new();
        let mut dropped = Vec::new();
        for (name, value) in &self.offered {
            match name.to_str().filter(|name| allowed.iter().any(|entry| entry.value.as_str() == *name)) {
                Some("PATH") => {
                    kept.insert("PATH", trusted_search_path(value));
                }
                Some(name) => {
                    kept.insert(name, value.clone());
                }
                None => dropped.push(name.to_string_lossy().into_owned()),
            }
        }
        for (name, value) in &self.fixed {
            kept.insert(name, value.clone());
        }
        let variables = kept.iter().map(|(name, value)| variable(name, value)).collect::<Result<_, _>>()?;
        Ok((variables, dropped))
    }
}

fn variable(name: &str, value: &OsStr) -> Result<CString, SpawnError> {
    let refused = |why: &str| {
        let message = format!("the environment variable `{name}` {why}");
        SpawnError::Refused(SecurityError::new(Code::EnvironmentRefused, message).with("name", name))
    };
    // Linux takes no longer string.
    if name.len() + value.len() + 2 > 128 * 1024 {
        return Err(refused("is longer than 128 KiB; shorten it"));
    }
    if value.as_bytes().contains(&b'\n') {
        return Err(refused("has a line break; remove it"));
    }
    let mut bytes = name.as_bytes().to_vec();
    bytes.push(b'=');
    bytes.extend_from_slice(value.as_bytes());
    CString::new(bytes).map_err(|_| refused("has a NUL; remove it"))
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

    use super::*;

    fn policy() -> Policy {
        Policy::parse("", Path::new("/app/tywrap.toml")).unwrap().policy
    }

    #[test]
    fn starts_empty_keeps_what_is_allowed_and_names_the_rest() {
        let mut environment = Environment::default();
        for (name, value) in
            [("PATH", "/usr/bin"), ("MALICIOUS_VAR", "x"), ("LD_PRELOAD", "/tmp/x.so"), ("PYTHONPATH", "/safe/path")]
        {
            environment.offer(name.into(), value.into());
        }
        environment.fix("PYTHONUTF8", "1".into());
        let (kept, dropped) = environment.build(&policy()).unwrap();
        let kept: Vec<&str> = kept.iter().map(|variable| variable.to_str().unwrap()).collect();
        assert_eq!(kept, ["PATH=/usr/bin", "PYTHONPATH=/safe/path", "PYTHONUTF8=1"]);
        assert_eq!(dropped, ["LD_PRELOAD", "MALICIOUS_VAR"]);
    }

    #[test]
    fn a_search_path_keeps_only_absolute_directories_that_others_cannot_write() {
        let open = tempfile::tempdir().unwrap();
        std::fs::set_permissions(open.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        let value = format!("{}::.:bin:/usr/bin", open.path().display());
        assert_eq!(trusted_search_path(OsStr::new(&value)), "/usr/bin");
    }

    #[test]
    fn a_value_no_program_could_be_given_is_refused() {
        for value in ["a\nb", "a\0b", &"x".repeat(200_000)] {
            let mut environment = Environment::default();
            environment.offer("LANG".into(), value.into());
            assert!(matches!(environment.build(&policy()), Err(SpawnError::Refused(_))));
        }
    }
}
