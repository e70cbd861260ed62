//! What tywrap needs to know of a package's `Cargo.toml`.

use std::path::{Path, PathBuf};

use toml::{Table, Value};
use tywrap_policy::{Code, Diagnostic};

use crate::read;

/// Name of the façade package on the registry; a project may give it another one.
pub const FACADE: &str = "tywrap";

/// A package, as far as its `Cargo.toml` says.
#[derive(Debug)]
pub struct Package {
    dir: PathBuf,
    table: Table,
}

/// The root of the workspace a package belongs to.
#[derive(Debug)]
pub struct Workspace {
    /// Directory of the root manifest; the package's own directory if it belongs to no other.
    pub dir: PathBuf,
    /// Every manifest that was read to find it, the package's own left out.
    pub read: Vec<PathBuf>,
    table: Option<Table>,
}

impl Package {
    /// Reads `Cargo.toml` in a package's directory (`CARGO_MANIFEST_DIR`).
    ///
    /// # Errors
    /// If there is none or it is no TOML, which Cargo would have said before.
    pub fn read(dir: &Path) -> Result<Self, Diagnostic> {
        let path = dir.join("Cargo.toml");
        let missing = || Diagnostic::error(Code::PackageUnreadable, format!("there is no `{}`", path.display()));
        let text = read::text(&path, Code::PackageUnreadable)?.ok_or_else(missing)?;
        let table = text.parse::<Table>().map_err(|error| {
            let message = format!("`{}` is not TOML: {}", path.display(), error.message());
            let place = read::place(&path, &text, error.span().unwrap_or_default());
            Diagnostic::error(Code::PackageUnreadable, message).at(place)
        })?;
        Ok(Self { dir: dir.to_owned(), table })
    }

    /// The package's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The manifest that was read.
    pub fn manifest_path(&self) -> PathBuf {
        self.dir.join("Cargo.toml")
    }

    /// The manifest as a table.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Whether Cargo runs a build script for the package. Only then is `OUT_DIR` of Cargo's making; otherwise it would be
    /// whatever the caller's shell says.
    pub fn has_build_script(&self) -> bool {
        match self.section("package").and_then(|package| package.get("build")) {
            None | Some(Value::Boolean(true)) => self.dir.join("build.rs").is_file(),
            Some(Value::Boolean(false)) => false,
            Some(_) => true,
        }
    }

    /// The name under which the package's sources reach the façade: `tywrap`, unless its dependency is renamed.
    /// The second value lists further manifests that were read to find out.
    pub fn facade(&self) -> (String, Vec<PathBuf>) {
        let dependencies: Vec<(&str, &Value)> = self.dependencies().collect();
        if dependencies.iter().any(|(name, value)| *name == FACADE && renamed(value).is_none_or(|of| of == FACADE)) {
            return (FACADE.to_owned(), Vec::new());
        }
        let mut read = Vec::new();
        let mut workspace = None;
        for (name, value) in dependencies {
            let is_facade = if inherited(value) {
                let workspace = workspace.get_or_insert_with(|| {
                    let found = self.workspace();
                    read.extend(found.read.iter().cloned());
                    found
                });
                let shared = workspace.table.as_ref().unwrap_or(&self.table);
                let shared = table(shared.get("workspace")).and_then(|shared| table(shared.get("dependencies")));
                shared.and_then(|shared| renamed(shared.get(name)?)) == Some(FACADE)
            } else {
                renamed(value) == Some(FACADE)
            };
            if is_facade {
                return (name.replace('-', "_"), read);
            }
        }
        (FACADE.to_owned(), read)
    }

    /// The workspace the package belongs to, found as Cargo finds it: the package itself, or where `package.workspace`
    /// points, or the nearest ancestor with a `[workspace]` that does not exclude the package.
    pub fn workspace(&self) -> Workspace {
        let mut read = Vec::new();
        let own = |read| Workspace { dir: self.dir.clone(), read, table: None };
        if self.table.contains_key("workspace") {
            return own(read);
        }
        if let Some(Value::String(root)) = self.section("package").and_then(|package| package.get("workspace")) {
            let dir = normalised(&self.dir.join(root));
            let table = manifest(&dir, &mut read);
            return Workspace { dir, read, table };
        }
        for dir in self.dir.ancestors().skip(1) {
            let Some(root) = manifest(dir, &mut read) else { continue };
            let Some(workspace) = table(root.get("workspace")) else { continue };
            let lists = |key| paths(workspace, key).any(|path| self.dir.starts_with(normalised(&dir.join(path))));
            if lists("exclude") && !lists("members") {
                return own(read);
            }
            return Workspace { dir: dir.to_owned(), read, table: Some(root) };
        }
        own(read)
    }

    fn section(&self, name: &str) -> Option<&Table> {
        table(self.table.get(name))
    }

    /// Dependencies of the code itself, for every target.
    fn dependencies(&self) -> impl Iterator<Item = (&str, &Value)> {
        let targets = self.section("target").into_iter().flat_map(Table::values).filter_map(Value::as_table);
        std::iter::once(&self.table)
            .chain(targets)
            .flat_map(|table| [table.get("dependencies"), table.get("dev-dependencies")])
            .filter_map(table)
            .flat_map(|section| section.iter().map(|(name, value)| (name.as_str(), value)))
    }
}

fn table(value: Option<&Value>) -> Option<&Table> {
    value.and_then(Value::as_table)
}

/// The package a dependency really names, if it says so.
fn renamed(dependency: &Value) -> Option<&str> {
    dependency.get("package")?.as_str()
}

fn inherited(dependency: &Value) -> bool {
    dependency.get("workspace").and_then(Value::as_bool) == Some(true)
}

fn paths<'a>(workspace: &'a Table, key: &str) -> impl Iterator<Item = &'a str> {
    workspace.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// A manifest on the way up. One that is missing, unreadable or malformed is no workspace root: Cargo stops with its own
/// error before any of our code runs.
fn manifest(dir: &Path, read: &mut Vec<PathBuf>) -> Option<Table> {
    let path = dir.join("Cargo.toml");
    let text = std::fs::read_to_string(&path).ok()?;
    read.push(path);
    text.parse().ok()
}

/// Without `.` and `..`, by components: what is compared here are paths that Cargo has already resolved.
fn normalised(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn write(dir: &Path, path: &str, text: &str) {
        let path = dir.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn finds_the_workspace_as_cargo_does() {
        let cases = [
            // (root manifest, package manifest, package directory, is the root its workspace)
            ("[workspace]\nmembers = [\"app\"]", "[package]\nname = \"app\"", "app", true),
            ("[workspace]\nexclude = [\"app\"]", "[package]\nname = \"app\"", "app", false),
            ("[workspace]\nexclude = [\"deep\"]", "[package]\nname = \"app\"", "deep/app", false),
            (
                "[workspace]\nexclude = [\"deep\"]\nmembers = [\"deep/app\"]",
                "[package]\nname = \"app\"",
                "deep/app",
                true,
            ),
            ("[workspace]", "[package]\nname = \"app\"\n[workspace]", "app", false),
            ("[package]\nname = \"outer\"", "[package]\nname = \"app\"", "app", false),
        ];
        for (root, package, dir, expected) in cases {
            let temp = tempfile::tempdir().unwrap();
            write(temp.path(), "Cargo.toml", root);
            write(temp.path(), &format!("{dir}/Cargo.toml"), package);
            let package_dir = temp.path().join(dir);
            let workspace = Package::read(&package_dir).unwrap().workspace();
            assert_eq!(workspace.dir, if expected { temp.path() } else { &package_dir }, "{root} / {package}");
        }
    }

    #[test]
    fn follows_package_workspace() {
        let temp = tempfile::tempdir().unwrap();
        write(temp.path(), "root/Cargo.toml", "[workspace]");
        write(temp.path(), "app/Cargo.toml", "[package]\nname = \"app\"\nworkspace = \"../root\"");
        assert_eq!(Package::read(&temp.path().join("app")).unwrap().workspace().dir, temp.path().join("root"));
    }

    #[test]
    fn knows_the_facade_by_any_name() {
        let cases = [
            ("[dependencies]\ntywrap = \"1\"", "tywrap"),
            ("[dependencies]\npython-bridge = { package = \"tywrap\", version = \"1\" }", "python_bridge"),
            ("[target.'cfg(unix)'.dependencies]\nty = { package = \"tywrap\", path = \"x\" }", "ty"),
            ("[dependencies]\npy = { workspace = true }", "py"),
            ("[dependencies]\nserde = \"1\"", "tywrap"),
            ("[dependencies]\ntywrap = { package = \"other\" }\nty = { package = \"tywrap\" }", "ty"),
        ];
        for (text, expected) in cases {
            let temp = tempfile::tempdir().unwrap();
            write(
                temp.path(),
                "Cargo.toml",
                "[workspace]\nmembers = [\"app\"]\n[workspace.dependencies]\npy = { package = \"tywrap\", version = \"1\" }",
            );
            write(temp.path(), "app/Cargo.toml", &format!("[package]\nname = \"app\"\n{text}"));
            assert_eq!(Package::read(&temp.path().join("app")).unwrap().facade().0, expected, "{text}");
        }
    }

    #[test]
    fn knows_a_build_script() {
        for (key, file, expected) in [
            ("", false, false),
            ("", true, true),
            ("build = false", true, false),
            ("build = true", true, true),
            ("build = \"make.rs\"", false, true),
        ] {
            let temp = tempfile::tempdir().unwrap();
            write(temp.path(), "Cargo.toml", &format!("[package]\nname = \"app\"\n{key}"));
            if file {
                write(temp.path(), "build.rs", "fn main() {}");
            }
            assert_eq!(Package::read(temp.path()).unwrap().has_build_script(), expected, "{key}, {file}");
        }
    }

    #[test]
    fn a_broken_manifest_is_named_with_its_line() {
        let temp = tempfile::tempdir().unwrap();
        write(temp.path(), "Cargo.toml", "[package]\nname = \n");
        let error = Package::read(temp.path()).unwrap_err();
        assert!(error.message.contains("Cargo.toml"), "{error}");
        assert_eq!(error.place.unwrap().line, 2);
    }
}
