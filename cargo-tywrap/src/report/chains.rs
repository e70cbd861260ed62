//! Which audit files a report is from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tywrap_policy::Policy;
use tywrap_runtime::{AuditSeries, audit_directory};

/// What is said where there is none.
pub(super) const NONE: &str = "no audit file is found, so what hosts did is not known";

/// The chains: those that are named; else those where hosts under these policies write, as far as there are some.
///
/// # Errors
/// If a file that is named cannot be one that a host writes, or a directory has none.
pub(super) fn find(named: &[PathBuf], policies: &BTreeSet<PathBuf>, here: &Path) -> Result<Vec<AuditSeries>, String> {
    let mut chains = BTreeMap::new();
    let mut add = |series: AuditSeries| _ = chains.insert(series.path().to_owned(), series);
    for path in named.iter().map(|path| here.join(path)) {
        if path.is_dir() {
            let unusable = |why: &str| format!("no audit file is found in `{}`: {why}", path.display());
            let found = AuditSeries::in_directory(&path).map_err(|error| unusable(&error.to_string()))?;
            if found.is_empty() {
                return Err(unusable("there is none in it"));
            }
            found.into_iter().for_each(&mut add);
        } else if AuditSeries::is_closed_file(&path) {
            let name = path.display();
            return Err(format!("`{name}` is one file of a chain; name the one that is written, beside it"));
        } else {
            add(AuditSeries::of(path));
        }
    }
    if named.is_empty() {
        for path in places(policies) {
            if path.is_dir() {
                AuditSeries::in_directory(&path).into_iter().flatten().for_each(&mut add);
            } else if path.exists() {
                add(AuditSeries::of(path));
            }
        }
    }
    Ok(chains.into_values().collect())
}

/// Files and directories that hosts write by themselves.
fn places(policies: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
    let mut places: BTreeSet<PathBuf> = BTreeSet::new();
    for path in policies {
        // One that is malformed is the build's to refuse; where its hosts write cannot be known.
        let Ok(loaded) = Policy::load(path) else { continue };
        match &loaded.policy.monitoring().audit_log {
            Some(log) => _ = places.insert(log.resolve(path.parent().unwrap_or(Path::new("/")))),
            None => places.extend(audit_directory()),
        }
    }
    if policies.is_empty() {
        places.extend(audit_directory());
    }
    places
}
