//! What Cargo tells a build script, and what a build script tells Cargo. The one place that reads the environment and
//! prints to standard output.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tywrap_contract::manifest::VERSION;
use tywrap_policy::{Code, Diagnostic, Level};

use crate::scan::cfg::Cfg;

/// The variables a build script of tywrap reads that Cargo does not set itself.
const WATCHED: &[&str] = &["CARGO_TARGET_DIR", "TYWRAP_LOCKED"];

/// The environment of the build script.
pub(crate) struct Environment {
    /// Directory of the package.
    pub(crate) manifest_dir: PathBuf,
    /// Directory of this build script's output.
    pub(crate) out_dir: PathBuf,
    /// Name of the package.
    pub(crate) package: String,
    /// Version of the package.
    pub(crate) version: String,
    /// Directory shared by all builds, where the npm packages go.
    pub(crate) target_dir: PathBuf,
    /// The configuration the package is compiled for.
    pub(crate) cfg: Cfg,
    /// Tells this build script from one with another emitter or reader.
    pub(crate) program: String,
    /// `TYWRAP_LOCKED` asks for a lock.
    pub(crate) locked: bool,
    /// `target_os` of the target.
    #[cfg(feature = "analyze")]
    pub(crate) os: String,
}

impl Environment {
    /// Reads the variables that Cargo sets for build scripts.
    pub(crate) fn read() -> Result<Self, Diagnostic> {
        let required = |name: &str| {
            std::env::var(name).map_err(|_| {
                let message = format!("`{name}` is not set");
                Diagnostic::error(Code::PackageUnreadable, message)
                    .help("call `tywrap_build::build()` from a build script that Cargo runs, nowhere else")
            })
        };
        let out_dir = PathBuf::from(required("OUT_DIR")?);
        let triple = std::env::var("TARGET").unwrap_or_default();
        let shared = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        Ok(Self {
            manifest_dir: PathBuf::from(required("CARGO_MANIFEST_DIR")?),
            package: required("CARGO_PKG_NAME")?,
            version: required("CARGO_PKG_VERSION")?,
            target_dir: target_dir(&out_dir, &triple, shared.as_deref()),
            out_dir,
            cfg: cfg(std::env::vars_os()),
            program: program(),
            locked: std::env::var_os("TYWRAP_LOCKED").is_some_and(|value| !value.is_empty() && value != "0"),
            #[cfg(feature = "analyze")]
            os: std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default(),
        })
    }
}

#[cfg(feature = "analyze")]
impl Environment {
    /// A program on `PATH`.
    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
    }
}

/// Has Cargo run the build script again when one of these changes. A path that does not exist counts as changed.
#[expect(clippy::print_stdout, reason = "Cargo reads directives from a build script's standard output")]
pub(crate) fn watch<'a>(paths: impl IntoIterator<Item = &'a Path>) {
    for path in paths {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    for name in WATCHED {
        println!("cargo::rerun-if-env-changed={name}");
    }
}

/// Tells the crate where its npm package is, as `env!("TYWRAP_PACKAGE_DIR")`.
#[expect(clippy::print_stdout, reason = "Cargo reads directives from a build script's standard output")]
pub(crate) fn package_dir(path: &Path) {
    println!("cargo::rustc-env=TYWRAP_PACKAGE_DIR={}", path.display());
}

/// Shows a diagnostic: one line for Cargo to print. Notes and help of an error follow on standard error, which Cargo shows
/// when a build script fails.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "Cargo reads a build script's standard streams")]
pub(crate) fn show(diagnostic: &Diagnostic) {
    let place = diagnostic.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
    let line = format!("{place}{} [{}]", diagnostic.message, diagnostic.code);
    let line = line.replace(['\n', '\r'], " ");
    match diagnostic.level {
        Level::Error => {
            let next = diagnostic.help.first().map(|help| format!("; {}", help.replace('\n', " "))).unwrap_or_default();
            println!("cargo::error={line}{next}");
            eprintln!("error: {place}{diagnostic}\n");
        }
        Level::Warning => {
            let notes = diagnostic.notes.iter().map(|note| note.strip_prefix("note: ").unwrap_or(note));
            let rest: String = notes
                .chain(diagnostic.help.first().map(String::as_str))
                .map(|text| format!("; {}", text.replace('\n', " ")))
                .collect();
            println!("cargo::warning={line}{rest}");
        }
    }
}

/// The folder that all profiles and targets share. `OUT_DIR` is `<target>/[<triple>/]<profile>/build/<…>/out`; with a
/// build directory apart from the target directory, `CARGO_TARGET_DIR` names the latter, if it is absolute (a relative one
/// is relative to wherever Cargo was started, which a build script cannot know).
fn target_dir(out_dir: &Path, triple: &str, variable: Option<&Path>) -> PathBuf {
    if let Some(variable) = variable.filter(|path| path.is_absolute() && !out_dir.starts_with(path)) {
        return variable.to_owned();
    }
    let build = out_dir.ancestors().skip(1).find(|path| path.file_name().is_some_and(|name| name == "build"));
    let Some(above) = build.and_then(Path::parent).and_then(Path::parent) else { return out_dir.to_owned() };
    match above.file_name() {
        Some(name) if !triple.is_empty() && name == triple => above.parent().unwrap_or(above).to_owned(),
        _ => above.to_owned(),
    }
}

/// The version, and the size and time of the running program: whoever works on tywrap itself changes what it emits without
/// changing its version.
fn program() -> String {
    let metadata = std::env::current_exe().and_then(std::fs::metadata);
    let stamp = metadata.ok().and_then(|metadata| {
        let modified = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(format!("{VERSION}-{}-{}", metadata.len(), modified.as_nanos()))
    });
    stamp.unwrap_or_else(|| VERSION.to_owned())
}

fn cfg(variables: impl Iterator<Item = (std::ffi::OsString, std::ffi::OsString)>) -> Cfg {
    let mut values = BTreeMap::new();
    let mut features = Vec::new();
    for (name, value) in variables {
        let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { continue };
        if let Some(name) = name.strip_prefix("CARGO_CFG_") {
            values.insert(name.to_owned(), value.to_owned());
        } else if let Some(name) = name.strip_prefix("CARGO_FEATURE_") {
            features.push(name.to_owned());
        }
    }
    Cfg::Given { values, features }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_directory_is_shared_by_profiles_and_targets() {
        let cases = [
            ("/w/target/debug/build/app-0123/out", None, "/w/target"),
            ("/w/target/release/build/app-0123/out", None, "/w/target"),
            ("/w/target/x86_64-unknown-linux-gnu/debug/build/app-0123/out", None, "/w/target"),
            ("/w/target/debug/build/app/0123/out", None, "/w/target"),
            ("/build/target/debug/build/app-0123/out", None, "/build/target"),
            ("/w/target/debug/build/app-0123/out", Some("/w/target"), "/w/target"),
            ("/cache/b/debug/build/app-0123/out", Some("/w/target"), "/w/target"),
            ("/w/target/debug/build/app-0123/out", Some("target"), "/w/target"),
            ("/odd/out", None, "/odd/out"),
        ];
        for (out_dir, variable, expected) in cases {
            let found = target_dir(Path::new(out_dir), "x86_64-unknown-linux-gnu", variable.map(Path::new));
            assert_eq!(found, Path::new(expected), "{out_dir}, {variable:?}");
        }
    }
}
