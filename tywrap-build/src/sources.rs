//! Which files are the sources of a package: its crate roots, and where `mod name;` leads.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use toml::{Table, Value};
use tywrap_contract::package::Package;

/// The roots of the library and the binaries of a package, in the order of their paths, as Cargo finds them.
/// Build script, tests, examples and benches are none: what they wrap is no part of the package.
pub(crate) fn roots(package: &Package) -> Vec<PathBuf> {
    let table = package.table();
    let dir = package.dir();
    let mut roots = BTreeSet::new();
    let lib = table.get("lib").and_then(Value::as_table);
    roots.insert(lib.and_then(path).map_or_else(|| dir.join("src/lib.rs"), |path| dir.join(path)));
    let bins = table.get("bin").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_table);
    for bin in bins {
        match (path(bin), bin.get("name").and_then(Value::as_str)) {
            (Some(path), _) => {
                roots.insert(dir.join(path));
            }
            (None, Some(name)) => roots.extend([
                dir.join(format!("src/bin/{name}.rs")),
                dir.join(format!("src/bin/{name}/main.rs")),
                dir.join("src/main.rs"),
            ]),
            (None, None) => {}
        }
    }
    let automatic = table.get("package").and_then(|package| package.get("autobins")).and_then(Value::as_bool);
    if automatic != Some(false) {
        roots.insert(dir.join("src/main.rs"));
        for entry in std::fs::read_dir(dir.join("src/bin")).into_iter().flatten().flatten() {
            let path = entry.path();
            roots.extend([path.join("main.rs")].into_iter().chain(is_rust(&path).then_some(path)));
        }
    }
    roots.into_iter().filter(|path| path.is_file()).collect()
}

/// Where the modules of a file are.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    /// Directory of the file itself: a `#[path]` outside an inline module is relative to it.
    file_dir: PathBuf,
    /// Directory of the modules declared here.
    modules: PathBuf,
    /// Whether an inline module is around, so that a `#[path]` is relative to [`Folder::modules`].
    inline: bool,
}

impl Folder {
    /// For a file that owns its directory: a crate root, `mod.rs`, or one named by `#[path]`.
    pub(crate) fn of_root(file: &Path) -> Self {
        let dir = file.parent().unwrap_or(Path::new("")).to_owned();
        Self { file_dir: dir.clone(), modules: dir, inline: false }
    }

    /// For the file of a module that `mod name;` led to.
    fn of_module(file: &Path) -> Self {
        let root = Self::of_root(file);
        match file.file_stem() {
            Some(stem) if stem != "mod" => Self { modules: root.modules.join(stem), ..root },
            _ => root,
        }
    }

    /// Inside `mod name { … }`, which `#[path]` may give another directory.
    pub(crate) fn enter(&self, name: &str, path: Option<&str>) -> Self {
        let modules = match path {
            Some(path) => self.attribute_base().join(path),
            None => self.modules.join(name),
        };
        Self { file_dir: self.file_dir.clone(), modules, inline: true }
    }

    /// The files `mod name;` may lead to, each with the folder of its own modules; rustc takes the one that exists.
    pub(crate) fn files(&self, name: &str, path: Option<&str>) -> Vec<(PathBuf, Self)> {
        if let Some(path) = path {
            let file = normalised(&self.attribute_base().join(path));
            let folder = Self::of_root(&file);
            return vec![(file, folder)];
        }
        [self.modules.join(format!("{name}.rs")), self.modules.join(name).join("mod.rs")]
            .into_iter()
            .map(|file| {
                let folder = Self::of_module(&file);
                (file, folder)
            })
            .collect()
    }

    fn attribute_base(&self) -> &Path {
        if self.inline { &self.modules } else { &self.file_dir }
    }
}

fn path(target: &Table) -> Option<&str> {
    target.get("path").and_then(Value::as_str)
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

/// Without `.` and `..`, so that a file has one name.
fn normalised(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if out.file_name().is_some() => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}
