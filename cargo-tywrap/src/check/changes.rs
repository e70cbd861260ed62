//! What differs between the lock and what is installed.

use std::path::Path;

use tywrap_contract::lock::{Lock, LockedModule};
use tywrap_policy::{Code, Diagnostic};
use tywrap_surface::analyze::Distribution;
use tywrap_surface::{Surface, SurfaceDiff};

use crate::plan::{Module, Plan};

/// What differs of one module.
pub(super) struct ModuleChange {
    pub(super) module: String,
    pub(super) what: What,
}

/// How a module differs.
pub(super) enum What {
    /// It is annotated, and not in the lock.
    Added {
        /// What it is from.
        installed: Option<Version>,
    },
    /// It is in the lock, and no longer annotated.
    Removed,
    /// It is in both.
    Changed {
        /// What it was from, and what it is from; nothing if that is the same.
        version: Option<(Option<Version>, Option<Version>)>,
        files: Files,
        surface: Compared,
    },
}

/// The name and version of a distribution.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) name: String,
    pub(super) version: String,
}

/// The files of a distribution, by the digest of its record.
pub(super) enum Files {
    /// They are those of the lock, as far as it says.
    Same,
    /// They are others, although name, version and wheel are the same.
    Differ,
    /// The lock has none for this wheel, such as `cp311-cp311-manylinux_2_28_x86_64`.
    NotLocked(String),
}

/// The surface in the lock, compared with the one that is installed.
pub(super) enum Compared {
    Same(SurfaceIs),
    Differs(SurfaceDiff),
    /// The one in the lock cannot be read.
    Unreadable(Diagnostic),
}

/// How the files of two surfaces that say the same compare.
pub(super) enum SurfaceIs {
    Identical,
    /// They are not the same bytes: another version wrote them, or a hand.
    WrittenOtherwise,
}

impl Version {
    fn locked(module: &LockedModule) -> Option<Self> {
        Some(Self { name: module.distribution.clone()?, version: module.version.clone()? })
    }

    pub(super) fn installed(distribution: Option<&Distribution>) -> Option<Self> {
        distribution.map(|distribution| Self { name: distribution.name.clone(), version: distribution.version.clone() })
    }
}

/// Everything that differs, in the order of the modules' names.
pub(super) fn between(policy: &Path, lock: Option<&Lock>, plan: &Plan) -> Vec<ModuleChange> {
    let mut changes = Vec::new();
    for module in plan.modules.iter().filter(|module| module.changed) {
        let name = &module.surface.module;
        let locked = lock.and_then(|lock| Some((lock, lock.module.get(name)?)));
        let what = match locked {
            None => What::Added { installed: Version::installed(module.distribution.as_ref()) },
            Some((lock, locked)) => changed(policy, lock, locked, module),
        };
        changes.push(ModuleChange { module: name.clone(), what });
    }
    for module in lock.into_iter().flat_map(|lock| lock.module.keys()) {
        if !plan.keeps(module) {
            changes.push(ModuleChange { module: module.clone(), what: What::Removed });
        }
    }
    changes.sort_by(|left, right| left.module.cmp(&right.module));
    changes
}

fn changed(policy: &Path, lock: &Lock, locked: &LockedModule, module: &Module) -> What {
    let (old, new) = (Version::locked(locked), Version::installed(module.distribution.as_ref()));
    let is_same = old == new;
    What::Changed {
        files: if is_same { files(locked, module.distribution.as_ref()) } else { Files::Same },
        version: (!is_same).then_some((old, new)),
        surface: compared(policy, lock, module),
    }
}

fn files(locked: &LockedModule, distribution: Option<&Distribution>) -> Files {
    let installed = distribution.and_then(|distribution| Some((distribution.tag(), distribution.record.as_ref()?)));
    match installed {
        None => Files::Same,
        Some((tag, record)) => match locked.record.get(&tag) {
            None => Files::NotLocked(tag),
            Some(locked) if locked == record => Files::Same,
            Some(_) => Files::Differ,
        },
    }
}

fn compared(policy: &Path, lock: &Lock, module: &Module) -> Compared {
    let old = match read(policy, lock, &module.surface.module) {
        Ok(old) => old,
        Err(diagnostic) => return Compared::Unreadable(diagnostic),
    };
    let diff = SurfaceDiff::between(&old, &module.surface);
    match diff.is_empty() {
        false => Compared::Differs(diff),
        true if module.is_written => Compared::Same(SurfaceIs::Identical),
        true => Compared::Same(SurfaceIs::WrittenOtherwise),
    }
}

/// The surface of a module that is in the lock.
fn read(policy: &Path, lock: &Lock, module: &str) -> Result<Surface, Diagnostic> {
    let malformed = |error: tywrap_surface::FormatError| Diagnostic::error(Code::SurfaceMalformed, error.to_string());
    let missing = || Diagnostic::error(Code::SurfaceMalformed, format!("the lock has no surface of `{module}`"));
    let locked = lock.surface(policy, module)?.ok_or_else(missing)?;
    let mut surface = Surface::from_json(&locked.surface.text, &locked.surface.path).map_err(malformed)?;
    if let Some(docs) = &locked.docs {
        surface.docs = Surface::docs_from_json(&docs.text, &docs.path).map_err(malformed)?;
    }
    Ok(surface)
}
