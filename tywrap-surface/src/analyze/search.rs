//! Where modules are looked for: the embedded typeshed, then the site-packages of an environment, read as files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::target::Target;

/// The folders with installed packages. The standard library needs none: its stubs are embedded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchPath {
    roots: Vec<PathBuf>,
    environment: Option<PathBuf>,
    python: Option<(u8, u8)>,
}

impl SearchPath {
    /// Only the standard library.
    #[must_use]
    pub fn stdlib() -> Self {
        Self::default()
    }

    /// Packages installed in `roots`, searched in order.
    #[must_use]
    pub fn from_site_packages(roots: Vec<PathBuf>) -> Self {
        Self { roots, environment: None, python: None }
    }

    /// The packages of a virtual environment, found by its layout; `None` if `path` is none.
    #[must_use]
    pub fn from_venv(path: &Path) -> Option<Self> {
        let config = std::fs::read_to_string(path.join("pyvenv.cfg")).ok()?;
        let config: BTreeMap<&str, &str> = config
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(key, value)| (key.trim(), value.trim()))
            .collect();
        let configured = config.get("version").or(config.get("version_info")).and_then(|text| version(text));
        let mut found = site_packages(path, configured);
        found.environment = Some(path.to_owned());
        found.python = found.python.or(configured);
        if config.get("include-system-site-packages").is_some_and(|value| value.eq_ignore_ascii_case("true"))
            && let Some(prefix) = config.get("home").and_then(|home| Path::new(home).parent())
        {
            found.roots.extend(site_packages(prefix, found.python).roots);
        }
        Some(found)
    }

    /// The packages of the environment that the interpreter at `path` belongs to, found by its layout; the interpreter
    /// is not run. `None` if there is no such layout around it.
    #[must_use]
    pub fn from_interpreter(path: &Path) -> Option<Self> {
        // A virtual environment's interpreter is a link to another's, so its own place is asked first.
        if let Some(found) = path.parent().and_then(Path::parent).and_then(Self::from_venv) {
            return Some(found);
        }
        if let Some(found) = from_pyenv_shim(path) {
            return Some(found);
        }
        let real = std::fs::canonicalize(path).ok()?;
        let prefix = real.parent().and_then(Path::parent)?;
        if let Some(found) = Self::from_venv(prefix) {
            return Some(found);
        }
        let named =
            real.file_name().and_then(|name| name.to_str()).and_then(|name| version(name.strip_prefix("python")?));
        let mut found = site_packages(prefix, named);
        if prefix == Path::new("/usr") {
            // Debian keeps what pip installs for the system's interpreter there.
            found.roots.extend(site_packages(Path::new("/usr/local"), found.python).roots);
        }
        found.environment = Some(prefix.to_owned());
        found.python.is_some().then_some(found)
    }

    /// Python's version, where the layout tells.
    #[must_use]
    pub fn python(&self) -> Option<(u8, u8)> {
        self.python
    }

    /// The environment, for messages.
    #[must_use]
    pub fn environment(&self) -> Option<&Path> {
        self.environment.as_deref()
    }

    /// The folders, in the order they are searched.
    #[must_use]
    pub fn roots(&self) -> &[PathBuf] {
        &self.roots
    }
}

/// What a module's name leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A file that tells what is in the module.
    File { location: Location, is_package: bool, kind: FileKind },
    /// A folder without an `__init__`, which only holds modules.
    Namespace,
    /// A compiled module without stubs.
    Compiled(PathBuf),
}

/// What a file is to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// A stub.
    Stub,
    /// A source of a package that says its sources are typed.
    Typed,
    /// Any other source, which is read where there is nothing better.
    Untyped,
}

/// Where text is read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    /// A path in the embedded typeshed.
    Typeshed(String),
    /// A file of an installed package.
    Disk(PathBuf),
}

/// Finds modules for one target.
pub(crate) struct Finder {
    path: SearchPath,
    versions: Versions,
}

impl Finder {
    pub(crate) fn new(path: SearchPath, target: &Target) -> Self {
        let table = ty_vendored::file_system().read_to_string("stdlib/VERSIONS").unwrap_or_default();
        Self { path, versions: Versions::read(&table, target.python) }
    }

    pub(crate) fn search_path(&self) -> &SearchPath {
        &self.path
    }

    /// Whether the standard library has the module in some version of Python.
    pub(crate) fn is_standard(&self, name: &str) -> bool {
        self.versions.knows(name.split('.').next().unwrap_or(name))
    }

    /// The module `name`. The standard library comes first, as it does on `sys.path`, so no package can stand in for it.
    pub(crate) fn find(&self, name: &str) -> Option<Found> {
        let top = name.split('.').next().unwrap_or(name);
        if self.versions.knows(top) {
            return self.typeshed(name);
        }
        let parts: Vec<&str> = name.split('.').collect();
        for root in &self.path.roots {
            let stubs = root.join(format!("{top}-stubs"));
            if stubs.is_dir() {
                let rest = parts.iter().skip(1);
                let place = rest.fold(stubs, |place, part| place.join(part));
                if let Some(found) = stub_at(&place) {
                    return Some(found);
                }
            }
        }
        let mut namespace = false;
        let mut untyped = None;
        let mut compiled = None;
        for root in &self.path.roots {
            let place = parts.iter().fold(root.clone(), |place, part| place.join(part));
            if let Some(found) = stub_at(&place) {
                return Some(found);
            }
            if let Some((path, is_package)) = source_at(&place) {
                let is_typed = is_typed(root, &path);
                let kind = if is_typed { FileKind::Typed } else { FileKind::Untyped };
                let found = Found::File { location: Location::Disk(path), is_package, kind };
                if is_typed {
                    return Some(found);
                }
                untyped = untyped.or(Some(found));
            } else {
                compiled = compiled.or_else(|| compiled_at(&place));
                namespace |= place.is_dir();
            }
        }
        // A stub package may describe a namespace package.
        namespace |= self.path.roots.iter().any(|root| {
            parts.iter().skip(1).fold(root.join(format!("{top}-stubs")), |place, part| place.join(part)).is_dir()
        });
        untyped.or(compiled.map(Found::Compiled)).or(namespace.then_some(Found::Namespace))
    }

    /// The `.py` of a module, with or without stubs, for its docstrings.
    pub(crate) fn source(&self, name: &str) -> Option<PathBuf> {
        self.path.roots.iter().find_map(|root| {
            let place = name.split('.').fold(root.clone(), |place, part| place.join(part));
            source_at(&place).map(|(path, _)| path)
        })
    }

    /// Names of the modules directly inside `name`, sorted.
    pub(crate) fn submodules(&self, name: &str) -> Vec<String> {
        let mut names = Vec::new();
        let relative = name.replace('.', "/");
        let top = name.split('.').next().unwrap_or(name);
        if self.versions.knows(top) {
            for entry in ty_vendored::file_system().read_directory(format!("stdlib/{relative}").as_str()) {
                names.extend(module_stem(entry.path().file_name().unwrap_or_default()));
            }
            names.retain(|part| self.versions.knows(&format!("{name}.{part}")));
        } else {
            for root in &self.path.roots {
                for folder in [root.join(&relative), root.join(relative.replacen(top, &format!("{top}-stubs"), 1))] {
                    let Ok(entries) = std::fs::read_dir(folder) else { continue };
                    for entry in entries.flatten() {
                        let file = entry.file_name();
                        let Some(file) = file.to_str() else { continue };
                        if entry.path().is_dir() {
                            names.extend(
                                stub_at(&entry.path())
                                    .or(source_at(&entry.path()).map(|_| Found::Namespace))
                                    .map(|_| file.to_owned()),
                            );
                        } else {
                            names.extend(module_stem(file));
                        }
                    }
                }
            }
        }
        names.sort();
        names.dedup();
        names
    }

    /// Names of all modules at the top, for "did you mean".
    pub(crate) fn top_level(&self) -> Vec<String> {
        let mut names: Vec<String> = self.versions.top_level().map(str::to_owned).collect();
        for root in &self.path.roots {
            let Ok(entries) = std::fs::read_dir(root) else { continue };
            for entry in entries.flatten() {
                let file = entry.file_name();
                let Some(file) = file.to_str() else { continue };
                if entry.path().join("__init__.py").is_file() {
                    names.push(file.to_owned());
                } else {
                    names.extend(module_stem(file));
                }
            }
        }
        names.retain(|name| !name.starts_with('_'));
        names
    }

    fn typeshed(&self, name: &str) -> Option<Found> {
        if !self.versions.has(name) {
            return None;
        }
        let files = ty_vendored::file_system();
        let place = format!("stdlib/{}", name.replace('.', "/"));
        [(format!("{place}/__init__.pyi"), true), (format!("{place}.pyi"), false)]
            .into_iter()
            .find(|(path, _)| files.exists(path.as_str()))
            .map(|(path, is_package)| Found::File {
                location: Location::Typeshed(path),
                is_package,
                kind: FileKind::Stub,
            })
    }
}

/// Typeshed's table of the Python versions that have a module.
struct Versions {
    python: (u8, u8),
    ranges: BTreeMap<String, (Version, Option<Version>)>,
}

type Version = (u8, u8);

impl Versions {
    fn read(text: &str, python: Version) -> Self {
        let mut ranges = BTreeMap::new();
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let Some((module, range)) = line.split_once(':') else { continue };
            let Some((first, last)) = range.trim().split_once('-') else { continue };
            if let Some(first) = version(first) {
                ranges.insert(module.trim().to_owned(), (first, version(last)));
            }
        }
        Self { python, ranges }
    }

    /// Whether the name is the standard library's, in whatever version.
    fn knows(&self, name: &str) -> bool {
        let top = name.split('.').next().unwrap_or(name);
        self.ranges.contains_key(top) && (top == name || self.has(name))
    }

    /// Whether the target has the module: a submodule lives as long as the closest parent that is listed.
    fn has(&self, name: &str) -> bool {
        let mut name = name;
        loop {
            if let Some((first, last)) = self.ranges.get(name) {
                let below = last.is_none_or(|last| self.python <= last);
                return self.python >= *first && below && self.parent_has(name);
            }
            match name.rsplit_once('.') {
                Some((parent, _)) => name = parent,
                None => return false,
            }
        }
    }

    fn parent_has(&self, name: &str) -> bool {
        name.rsplit_once('.').is_none_or(|(parent, _)| self.has(parent))
    }

    fn top_level(&self) -> impl Iterator<Item = &str> {
        self.ranges.keys().map(String::as_str).filter(|name| !name.contains('.') && self.has(name))
    }
}

/// `3.11`, `3.11.2` or `3.11.2.final.0`.
fn version(text: &str) -> Option<Version> {
    let mut parts = text.trim().split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// `lib/python3.X/site-packages` and the like below `prefix`. With several versions there, `wanted` or the newest.
fn site_packages(prefix: &Path, wanted: Option<Version>) -> SearchPath {
    let mut versions: Vec<Version> = Vec::new();
    for entry in std::fs::read_dir(prefix.join("lib")).into_iter().flatten().flatten() {
        let name = entry.file_name();
        versions.extend(name.to_str().and_then(|name| version(name.strip_prefix("python")?)));
    }
    let chosen = wanted.filter(|wanted| versions.contains(wanted)).or(versions.into_iter().max());
    let mut roots = Vec::new();
    if let Some((major, minor)) = chosen {
        for lib in ["lib", "lib64"] {
            for folder in ["site-packages", "dist-packages"] {
                roots.push(prefix.join(lib).join(format!("python{major}.{minor}")).join(folder));
            }
        }
        roots.push(prefix.join("lib").join(format!("python{major}")).join("dist-packages"));
    }
    // Windows has one folder for all versions.
    roots.push(prefix.join("Lib").join("site-packages"));
    roots.retain(|root| root.is_dir());
    let mut real: Vec<PathBuf> = Vec::new();
    roots.retain(|root| {
        // `lib64` is often a link to `lib`.
        let path = std::fs::canonicalize(root).unwrap_or_else(|_| root.clone());
        let new = !real.contains(&path);
        real.push(path);
        new
    });
    SearchPath { roots, environment: None, python: chosen }
}

/// pyenv's shims are scripts; the version they would choose without a project's file stands in `version`.
fn from_pyenv_shim(path: &Path) -> Option<SearchPath> {
    let folder = path.parent()?;
    if folder.file_name()? != "shims" {
        return None;
    }
    let root = folder.parent()?;
    let chosen = std::fs::read_to_string(root.join("version")).ok()?;
    let prefix = root.join("versions").join(chosen.lines().next()?.trim());
    let mut found = site_packages(&prefix, None);
    found.environment = Some(prefix);
    found.python.is_some().then_some(found)
}

/// The stub at `place.pyi` or `place/__init__.pyi`.
fn stub_at(place: &Path) -> Option<Found> {
    let package = place.join("__init__.pyi");
    if package.is_file() {
        return Some(Found::File { location: Location::Disk(package), is_package: true, kind: FileKind::Stub });
    }
    let module = with_suffix(place, "pyi");
    module.is_file().then_some(Found::File {
        location: Location::Disk(module),
        is_package: false,
        kind: FileKind::Stub,
    })
}

/// The module at `place.py` or `place/__init__.py`, and whether it is a package.
fn source_at(place: &Path) -> Option<(PathBuf, bool)> {
    let package = place.join("__init__.py");
    if package.is_file() {
        return Some((package, true));
    }
    let module = with_suffix(place, "py");
    module.is_file().then_some((module, false))
}

/// The compiled module at `place`, such as `place.cpython-311-x86_64-linux-gnu.so`, or in the package there.
fn compiled_at(place: &Path) -> Option<PathBuf> {
    let inside = place.join("__init__");
    [place, &inside].into_iter().find_map(|place| {
        let name = place.file_name()?.to_str()?;
        let mut found: Vec<PathBuf> = std::fs::read_dir(place.parent()?)
            .ok()?
            .flatten()
            .filter(|entry| {
                let file = entry.file_name();
                let suffix = file.to_str().and_then(|file| file.strip_prefix(name)?.strip_prefix('.'));
                suffix.is_some_and(|suffix| matches!(suffix.rsplit('.').next(), Some("so" | "pyd")))
            })
            .map(|entry| entry.path())
            .collect();
        found.sort();
        found.into_iter().next()
    })
}

/// Whether a package around `file` declares inline types.
fn is_typed(root: &Path, file: &Path) -> bool {
    file.ancestors().skip(1).take_while(|folder| *folder != root).any(|folder| folder.join("py.typed").is_file())
}

fn with_suffix(place: &Path, suffix: &str) -> PathBuf {
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(suffix);
    place.with_file_name(name)
}

/// `name` of `name.pyi`, `name.py` or a package's folder.
fn module_stem(file: &str) -> Option<String> {
    let stem = file.strip_suffix(".pyi").or(file.strip_suffix(".py")).unwrap_or(file).trim_end_matches('/');
    let valid = stem != "__init__" && !stem.is_empty() && stem.chars().all(|c| c.is_alphanumeric() || c == '_');
    (valid && (file.len() > stem.len() || !file.contains('.'))).then(|| stem.to_owned())
}
