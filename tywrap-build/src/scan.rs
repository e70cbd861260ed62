//! Finds the annotations of a package in its sources.
//!
//! Sources are read as text and parsed; no macro is expanded. An annotation that this cannot see (made by a macro, in an
//! `include!`d file) is refused by the `wrap` macro itself, so overlooking one is an error and never a hole.

pub(crate) mod cfg;
mod names;
mod visit;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tywrap_contract::annotation::Wish;
use tywrap_contract::package::Package;
use tywrap_policy::Diagnostic;

use crate::sources;
use cfg::Cfg;
use visit::Reader;

/// What the sources of a package say.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Scan {
    /// The annotations, in the order of files and lines.
    pub annotations: Vec<Found>,
    /// Every source file that was read.
    pub files: BTreeSet<PathBuf>,
    /// Files that could not be read or parsed, with the reason. rustc will say the same.
    pub unreadable: Vec<(PathBuf, String)>,
}

/// One annotation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found {
    /// What it asks for.
    pub wish: Wish,
    /// The file it stands in.
    pub file: PathBuf,
    /// Line of the module's name, from 1.
    pub line: usize,
    /// Column of the module's name in characters, from 1.
    pub column: usize,
    /// Whether it is certain to be compiled; `false` under a `#[cfg(…)]` that the build script cannot decide.
    pub certain: bool,
}

/// Finds the annotations of the package in `dir` (the directory of its `Cargo.toml`), over the union of all `cfg`s. It
/// works while the package does not compile: files with syntax errors are listed in [`Scan::unreadable`].
///
/// # Errors
/// If `Cargo.toml` cannot be read.
pub fn all(dir: &Path) -> Result<Scan, Diagnostic> {
    let package = Package::read(dir)?;
    Ok(package_sources(&package, &Cfg::Any))
}

/// Finds the annotations of a package that are compiled under `cfg`.
pub(crate) fn package_sources(package: &Package, cfg: &Cfg) -> Scan {
    let facade = package.facade().0;
    let mut scan = Scan::default();
    for root in sources::roots(package) {
        crate_root(&root, &facade, cfg, &mut scan);
    }
    scan
}

/// Finds the annotations of the crate with the given root file.
pub(crate) fn crate_root(root: &Path, facade: &str, cfg: &Cfg, scan: &mut Scan) {
    Reader::new(facade, cfg, scan).read(root);
}

#[cfg(test)]
mod tests;
