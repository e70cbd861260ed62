//! Which packages a lock is for: all those that the policy beside it rules.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tywrap_build::scan;
use tywrap_contract::annotation::Wish;
use tywrap_contract::locate;
use tywrap_contract::package::Package;
use tywrap_policy::{Code, Diagnostic};

/// One policy, with everything that is annotated under it.
#[derive(Debug)]
pub(crate) struct Project {
    /// Absolute path of the policy.
    pub(crate) policy: PathBuf,
    /// Root of the workspace: paths are shown relative to it.
    pub(crate) root: PathBuf,
    /// Folders of the packages that the policy rules, in order.
    pub(crate) packages: Vec<PathBuf>,
    /// What is asked for, each with the first place that asks.
    pub(crate) wishes: BTreeMap<Wish, (PathBuf, usize)>,
    /// Sources that could not be read, with the reason.
    pub(crate) unreadable: Vec<(PathBuf, String)>,
}

/// A workspace and its packages, whether they wrap anything or not.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) packages: Vec<Package>,
}

/// The workspace that a manifest belongs to.
///
/// # Errors
/// If there is no manifest, or it cannot be read.
pub(crate) fn workspace(manifest_path: Option<&Path>, here: &Path) -> Result<Workspace, Diagnostic> {
    let dir = match manifest_path {
        Some(path) => manifest_dir(&here.join(path))?,
        None => nearest(here)?,
    };
    let root = Package::read(&dir)?.workspace().dir;
    let packages = packages_below(&root);
    Ok(Workspace { root, packages })
}

/// The name of a package.
pub(crate) fn name(package: &Package) -> Option<&str> {
    package.table().get("package")?.get("name")?.as_str()
}

/// The projects that a manifest belongs to: one for a package; for a workspace without a package of its own, one for each
/// policy in it.
///
/// # Errors
/// If there is no manifest or no policy.
pub(crate) fn find(manifest_path: Option<&Path>, here: &Path) -> Result<Vec<Project>, Diagnostic> {
    let dir = match manifest_path {
        Some(path) => manifest_dir(&here.join(path))?,
        None => nearest(here)?,
    };
    let package = Package::read(&dir)?;
    let packages = if package.table().contains_key("package") { vec![package] } else { packages_below(&dir) };
    let mut projects: BTreeMap<PathBuf, Project> = BTreeMap::new();
    for package in packages {
        let search = locate::policy(&package);
        let Some(policy) = search.found else {
            // A package that wraps nothing needs no policy.
            if scan::all(package.dir())?.annotations.is_empty() && package.dir() != dir {
                continue;
            }
            return Err(search.missing());
        };
        if projects.contains_key(&policy) {
            continue;
        }
        let project = gather(policy.clone(), search.root, &package)?;
        projects.insert(policy, project);
    }
    if projects.is_empty() {
        let message = format!("no package in `{}` has an annotation", dir.display());
        return Err(Diagnostic::error(Code::PackageUnreadable, message)
            .help("annotate a module, such as `#[tywrap::wrap(\"math\")] pub mod math {}`, and run this again"));
    }
    Ok(projects.into_values().collect())
}

/// Scans every package that the policy rules: a policy in the root of a workspace has one lock for all its members.
fn gather(policy: PathBuf, root: PathBuf, package: &Package) -> Result<Project, Diagnostic> {
    let shared = policy.parent() != Some(package.dir());
    let packages = if shared || policy.parent() == Some(&root) { packages_below(&root) } else { Vec::new() };
    let mut dirs: Vec<PathBuf> = packages
        .iter()
        .filter(|other| locate::policy(other).found.as_deref() == Some(&policy))
        .map(|other| other.dir().to_owned())
        .collect();
    if !dirs.iter().any(|dir| dir == package.dir()) {
        dirs.push(package.dir().to_owned());
    }
    dirs.sort();
    let mut project = Project { policy, root, packages: dirs, wishes: BTreeMap::new(), unreadable: Vec::new() };
    for dir in &project.packages {
        let scan = scan::all(dir)?;
        for found in scan.annotations {
            project.wishes.entry(found.wish).or_insert((found.file, found.line));
        }
        project.unreadable.extend(scan.unreadable);
    }
    Ok(project)
}

fn manifest_dir(path: &Path) -> Result<PathBuf, Diagnostic> {
    match path.parent() {
        Some(dir) if path.file_name().is_some_and(|name| name == "Cargo.toml") && path.is_file() => absolute(dir),
        _ => Err(Diagnostic::error(Code::PackageUnreadable, format!("there is no manifest at `{}`", path.display()))
            .help("give the path of a `Cargo.toml`")),
    }
}

fn nearest(here: &Path) -> Result<PathBuf, Diagnostic> {
    match here.ancestors().find(|dir| dir.join("Cargo.toml").is_file()) {
        Some(dir) => absolute(dir),
        None => {
            let message = format!("there is no `Cargo.toml` in `{}` or above", here.display());
            Err(Diagnostic::error(Code::PackageUnreadable, message)
                .help("change to a package's directory, or name it with `--manifest-path`"))
        }
    }
}

fn absolute(dir: &Path) -> Result<PathBuf, Diagnostic> {
    std::fs::canonicalize(dir).map_err(|error| {
        Diagnostic::error(Code::PackageUnreadable, format!("`{}` cannot be read: {error}", dir.display()))
    })
}

/// Every package in a folder and below, but for what Cargo and others make there.
fn packages_below(root: &Path) -> Vec<Package> {
    let mut packages = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        if let Ok(package) = Package::read(&folder)
            && package.table().contains_key("package")
        {
            packages.push(package);
        }
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let skipped = name.to_string_lossy().starts_with('.') || name == "target" || name == "node_modules";
            // A link may lead back up.
            if !skipped && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(entry.path());
            }
        }
    }
    packages.sort_by(|left, right| left.dir().cmp(right.dir()));
    packages
}
