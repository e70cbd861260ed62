//! The crate being compiled: its package, what build.rs said about it, and the policy that rules it.

use std::path::{Path, PathBuf};

use tywrap_contract::locate;
use tywrap_contract::lock::Lock;
use tywrap_contract::manifest::Manifest;
use tywrap_contract::package::Package;
use tywrap_policy::{Code, Diagnostic, Policy};

use crate::watch::Watch;

/// What is wrong, in the order to report it.
pub(crate) type Complaints = Vec<Diagnostic>;

/// The crate being compiled.
pub(crate) struct Context<'a> {
    watch: &'a Watch,
    package: Package,
    /// Name of the package.
    pub(crate) name: String,
    /// build.rs's manifest, if it is there and of this package.
    pub(crate) manifest: Result<Option<(PathBuf, Manifest)>, Diagnostic>,
}

/// The policy that rules the crate.
pub(crate) struct Ruling {
    /// The policy.
    pub(crate) policy: Policy,
    /// Absolute path.
    pub(crate) path: PathBuf,
    /// The path as messages show it.
    pub(crate) shown: String,
}

impl<'a> Context<'a> {
    /// Reads what Cargo and build.rs left for the crate.
    pub(crate) fn read(watch: &'a Watch) -> Result<Self, Diagnostic> {
        let variable = |name| {
            watch.variable(name).ok_or_else(|| {
                let message = format!("`{name}` is not set: tywrap needs Cargo to build the crate");
                Diagnostic::error(Code::PackageUnreadable, message)
            })
        };
        let package = Package::read(Path::new(&variable("CARGO_MANIFEST_DIR")?))?;
        watch.file(&package.manifest_path());
        let name = variable("CARGO_PKG_NAME")?;
        let manifest = Manifest::path(&package, watch.variable("OUT_DIR").as_deref().map(Path::new));
        let manifest = manifest.map_or(Ok(None), |path| {
            watch.file(&path);
            Ok(Manifest::read(&path)?.filter(|manifest| manifest.package == name).map(|manifest| (path, manifest)))
        });
        Ok(Self { watch, package, name, manifest })
    }

    /// The name under which the crate reaches the façade.
    pub(crate) fn facade(&self) -> String {
        let (name, read) = self.package.facade();
        read.iter().for_each(|path| self.watch.file(path));
        name
    }

    /// Whether Cargo runs a build script for the package, and told us where its output is.
    pub(crate) fn build_script(&self) -> BuildScript {
        match (self.package.has_build_script(), self.watch.variable("OUT_DIR").is_some()) {
            (false, _) => BuildScript::None,
            (true, false) => BuildScript::NotRun,
            (true, true) => BuildScript::Silent,
        }
    }

    /// Finds and reads the policy.
    pub(crate) fn ruling(&self) -> Result<Ruling, Complaints> {
        let (path, shown) = self.policy_path().map_err(|error| vec![error])?;
        let text = self.watch.read(&path, Code::PolicyUnreadable).map_err(|error| vec![error])?;
        let policy = Policy::parse(&text, Path::new(&shown))?.policy;
        Ok(Ruling { policy, path, shown })
    }

    /// The lock beside the policy.
    pub(crate) fn lock(&self, ruling: &Ruling) -> Result<Option<Lock>, Diagnostic> {
        let path = locate::lock(&ruling.path);
        self.watch.file(&path);
        Lock::read(&path)
    }

    /// Whether `TYWRAP_LOCKED` asks for a lock. It can only tighten: no value of it lifts what the policy demands.
    pub(crate) fn locked_by_variable(&self) -> bool {
        self.watch.variable("TYWRAP_LOCKED").is_some_and(|value| value != "0")
    }

    /// Where the policy is. A build script that names one is believed, since its manifest lies where only Cargo puts it;
    /// one that found its policy is followed unless a nearer policy has appeared, which then rules.
    fn policy_path(&self) -> Result<(PathBuf, String), Diagnostic> {
        if let Ok(Some((_, manifest))) = &self.manifest {
            let applied = &manifest.policy;
            let nearest = self.package.dir().join(locate::POLICY);
            if applied.path.is_file() && (applied.named || applied.path == nearest || !nearest.exists()) {
                return Ok((applied.path.clone(), applied.shown.clone()));
            }
        }
        let search = locate::policy(&self.package);
        search.read.iter().for_each(|path| self.watch.file(path));
        match &search.found {
            Some(path) => Ok((path.clone(), locate::shown(path, &search.root))),
            None => Err(search.missing()),
        }
    }
}

/// Why there may be no manifest.
pub(crate) enum BuildScript {
    /// The package has no build script.
    None,
    /// It has one, but it has not run: an editor that runs no build scripts, for example.
    NotRun,
    /// It has one that left no manifest.
    Silent,
}
