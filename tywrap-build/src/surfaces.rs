//! Where the surface of a module comes from: the lock, or stubs that are read on the spot.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tywrap_contract::lock::{self, Lock, LockedFile};
use tywrap_policy::{Code, Diagnostic};
use tywrap_surface::model::Surface;

use crate::select;

/// Where stubs are read, if they may be.
pub(crate) enum Stubs {
    /// They may not be, for this reason.
    Forbidden(Forbidden),
    /// They are read into a folder of `OUT_DIR`.
    #[cfg(feature = "analyze")]
    Read(Box<crate::stubs::Reader>),
}

/// Why only locked modules are built.
#[derive(Clone, Debug)]
pub(crate) enum Forbidden {
    /// The policy, shown as here, requires a lock.
    ByPolicy(String),
    /// `TYWRAP_LOCKED` does.
    ByVariable,
    /// The feature `analyze` is off.
    #[cfg_attr(feature = "analyze", expect(dead_code, reason = "the feature is on"))]
    NoReader,
}

/// The surfaces of one run, each read at most once.
pub(crate) struct Surfaces {
    policy: PathBuf,
    lock: Option<Lock>,
    stubs: Stubs,
    sources: BTreeMap<String, Source>,
    parsed: BTreeMap<String, Arc<Surface>>,
}

/// A surface that has not been parsed yet.
enum Source {
    Locked {
        surface: LockedFile,
        docs: Option<LockedFile>,
    },
    #[cfg(feature = "analyze")]
    Read(crate::stubs::Text),
}

impl Surfaces {
    /// Surfaces under the policy at an absolute path, with the lock beside it.
    pub(crate) fn new(policy: &Path, lock: Option<Lock>, stubs: Stubs) -> Self {
        Self { policy: policy.to_owned(), lock, stubs, sources: BTreeMap::new(), parsed: BTreeMap::new() }
    }

    /// SHA-256 of the surface of a module, docs included. It is found without parsing anything.
    pub(crate) fn digest(&mut self, module: &str) -> Result<String, Diagnostic> {
        Ok(match self.source(module)? {
            Source::Locked { surface, docs: None } => surface.digest.clone(),
            Source::Locked { surface, docs: Some(docs) } => format!("{}+{}", surface.digest, docs.digest),
            #[cfg(feature = "analyze")]
            Source::Read(text) => text.digest.clone(),
        })
    }

    /// Whether a module is in the lock.
    pub(crate) fn is_locked(&self, module: &str) -> bool {
        self.lock.as_ref().is_some_and(|lock| lock.module.contains_key(module))
    }

    /// The modules that were read from stubs although they could be locked.
    pub(crate) fn unlocked(&self) -> BTreeSet<&str> {
        let unlocked = self.sources.keys().map(String::as_str).filter(|module| !self.is_locked(module));
        unlocked.collect()
    }

    /// What was wrong with stubs that were read.
    pub(crate) fn warnings(&self) -> Vec<Diagnostic> {
        match &self.stubs {
            Stubs::Forbidden(_) => Vec::new(),
            #[cfg(feature = "analyze")]
            Stubs::Read(reader) => crate::problem::stub_warnings(&reader.problems().cloned().collect::<Vec<_>>()),
        }
    }

    /// Files that the surfaces depend on.
    pub(crate) fn files(&self) -> BTreeSet<PathBuf> {
        let mut files = BTreeSet::new();
        for source in self.sources.values() {
            match source {
                Source::Locked { surface, docs } => {
                    files.insert(surface.path.clone());
                    files.extend(docs.iter().map(|docs| docs.path.clone()));
                }
                #[cfg(feature = "analyze")]
                Source::Read(text) => files.extend(text.files.iter().cloned()),
            }
        }
        files
    }

    fn source(&mut self, module: &str) -> Result<&Source, Diagnostic> {
        if !self.sources.contains_key(module) {
            let source = self.find(module)?;
            self.sources.insert(module.to_owned(), source);
        }
        self.sources.get(module).ok_or_else(|| select::not_found(module))
    }

    fn find(&mut self, module: &str) -> Result<Source, Diagnostic> {
        let locked = match &self.lock {
            Some(lock) => lock.surface(&self.policy, module)?,
            None => None,
        };
        if let Some(locked) = locked {
            return Ok(Source::Locked { surface: locked.surface, docs: locked.docs });
        }
        match &mut self.stubs {
            Stubs::Forbidden(why) => Err(not_locked(module, why)),
            #[cfg(feature = "analyze")]
            Stubs::Read(reader) => reader.read(module).map(Source::Read),
        }
    }
}

impl select::Surfaces for Surfaces {
    fn surface(&mut self, module: &str) -> Result<Arc<Surface>, Diagnostic> {
        if let Some(surface) = self.parsed.get(module) {
            return Ok(Arc::clone(surface));
        }
        let (surface, docs) = match self.source(module)? {
            Source::Locked { surface, docs } => {
                ((&surface.text, surface.path.clone()), docs.as_ref().map(|docs| (&docs.text, docs.path.clone())))
            }
            #[cfg(feature = "analyze")]
            Source::Read(text) => ((&text.surface, text.path.clone()), Some((&text.docs, text.path.clone()))),
        };
        let malformed = |error: tywrap_surface::FormatError| {
            Diagnostic::error(Code::SurfaceMalformed, error.to_string())
                .help(format!("run `{} {module}` to write it anew", lock::COMMAND))
        };
        let mut parsed = Surface::from_json(surface.0, &surface.1).map_err(malformed)?;
        if let Some((text, path)) = docs {
            parsed.docs = Surface::docs_from_json(text, &path).map_err(malformed)?;
        }
        let parsed = Arc::new(parsed);
        self.parsed.insert(module.to_owned(), Arc::clone(&parsed));
        Ok(parsed)
    }
}

/// The error of a module that must be locked and is not.
fn not_locked(module: &str, why: &Forbidden) -> Diagnostic {
    let rule = match why {
        Forbidden::ByPolicy(policy) => format!("rule: `lock.required` in {policy}"),
        Forbidden::ByVariable => "rule: the environment variable `TYWRAP_LOCKED` is set".to_owned(),
        Forbidden::NoReader => {
            "note: `tywrap-build` is built without its feature `analyze`, so it reads no stubs".to_owned()
        }
    };
    Diagnostic::error(Code::ModuleNotLocked, format!("Python module `{module}` is not in `{}`", lock::FILE))
        .note(rule)
        .help(format!("run `{} {module}`, review what it writes, and commit it", lock::COMMAND))
}
