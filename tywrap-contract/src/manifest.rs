//! What build.rs tells the macro: one JSON file in `OUT_DIR`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tywrap_policy::{Code, Diagnostic};

use crate::package::Package;
use crate::read;

/// Version of the manifest's format. A macro of another version refuses it and says which crate to update.
pub const FORMAT: u32 = 1;

/// Name of the manifest in `OUT_DIR`.
pub const FILE: &str = "tywrap-manifest.json";

/// Version of the crates that speak this format; they are released together.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Everything the macro needs to know of a run of build.rs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`] of the writer.
    pub format: u32,
    /// Version of `tywrap-build` that wrote it.
    pub version: String,
    /// Package whose build script wrote it. Tells an annotation that build.rs cannot see from a missing build.rs.
    pub package: String,
    /// The policy that was applied.
    pub policy: AppliedPolicy,
    /// Absolute path of the lock, if there is one.
    pub lock: Option<PathBuf>,
    /// What became of each annotation that build.rs saw, by the text of its [`crate::annotation::Wish`].
    pub annotations: BTreeMap<String, Outcome>,
}

/// The policy that build.rs applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppliedPolicy {
    /// Absolute path.
    pub path: PathBuf,
    /// The path as messages show it.
    pub shown: String,
    /// SHA-256 of its bytes, in lower-case hex.
    pub digest: String,
    /// Named by the build script, rather than found where policies are looked for.
    pub named: bool,
}

/// What became of one annotation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Files were emitted.
    Emitted(Emitted),
    /// Nothing was emitted, for these reasons.
    Refused(Vec<Refusal>),
}

/// What was emitted for one annotation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Emitted {
    /// Absolute path of the grants: a Rust expression of type `tywrap::Module`.
    pub grants: PathBuf,
    /// Absolute path of the emitted `.ts`.
    pub ts: PathBuf,
    /// Absolute path of the emitted `.js`.
    pub js: PathBuf,
    /// Absolute path of the emitted `.d.ts`.
    pub dts: PathBuf,
}

/// Why nothing was emitted, to be shown at a literal of the annotation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The entry of `only` or `except` that is wrong; the module's name if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// Code of the diagnostic.
    pub code: String,
    /// Its message.
    pub message: String,
    /// Its notes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Its next steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub help: Vec<String>,
}

impl Refusal {
    /// A refusal of the module.
    pub fn new(diagnostic: &Diagnostic) -> Self {
        Self {
            member: None,
            code: diagnostic.code.as_str().to_owned(),
            message: diagnostic.message.clone(),
            notes: diagnostic.notes.clone(),
            help: diagnostic.help.clone(),
        }
    }

    /// A refusal of an entry of `only` or `except`.
    pub fn of_member(member: &str, diagnostic: &Diagnostic) -> Self {
        Self { member: Some(member.to_owned()), ..Self::new(diagnostic) }
    }

    /// The text to show, as [`Diagnostic`] shows itself.
    pub fn text(&self) -> String {
        let mut text = format!("{} [{}]", self.message, self.code);
        if !self.notes.is_empty() || !self.help.is_empty() {
            text.push('\n');
        }
        for note in &self.notes {
            text.push('\n');
            text.push_str(note);
        }
        for help in &self.help {
            text.push_str("\nhelp: ");
            text.push_str(help);
        }
        text
    }
}

impl Manifest {
    /// Where the macro finds the manifest of a package: in `OUT_DIR` if Cargo made it, that is if the package has a build
    /// script; otherwise beside `Cargo.toml`, where `tywrap_build::ui_tests` hands it to the projects that trybuild makes.
    /// An inherited `OUT_DIR` is never trusted.
    pub fn path(package: &Package, out_dir: Option<&Path>) -> Option<PathBuf> {
        if package.has_build_script() {
            return out_dir.map(|dir| dir.join(FILE));
        }
        Some(package.dir().join(FILE))
    }

    /// Reads a manifest; `None` if there is none.
    ///
    /// # Errors
    /// If it is of another version, or damaged.
    pub fn read(path: &Path) -> Result<Option<Self>, Diagnostic> {
        let Some(text) = read::text(path, Code::ManifestMalformed)? else { return Ok(None) };
        let damaged = |error: serde_json::Error| -> Diagnostic {
            Diagnostic::error(
                Code::ManifestMalformed,
                format!("`{}` is damaged at line {}: {error}", path.display(), error.line()),
            )
            .help("build.rs writes it anew: run `cargo clean --package` with this package's name, then build")
        };
        let header: Header = serde_json::from_str(&text).map_err(damaged)?;
        if header.format != FORMAT || header.version != VERSION {
            return Err(header.mismatch());
        }
        serde_json::from_str(&text).map(Some).map_err(damaged)
    }

    /// The text of the file.
    ///
    /// # Errors
    /// If a path is not UTF-8.
    pub fn to_json(&self) -> Result<String, Diagnostic> {
        serde_json::to_string_pretty(self).map_err(|error| {
            Diagnostic::error(Code::ManifestMalformed, format!("the manifest cannot be written: {error}"))
                .help("build in a directory whose path is UTF-8")
        })
    }
}

/// What a manifest of any version has.
#[derive(Deserialize)]
struct Header {
    format: u32,
    version: String,
}

impl Header {
    fn mismatch(&self) -> Diagnostic {
        let older = (self.format, numbers(&self.version)) < (FORMAT, numbers(VERSION));
        let update = if older { "tywrap-build" } else { "tywrap" };
        Diagnostic::error(
            Code::ManifestVersion,
            format!("`tywrap-build` {} and `tywrap` {VERSION} are of different versions", self.version),
        )
        .help(format!("update `{update}` in Cargo.toml; the two must be the same"))
    }
}

/// The numbers of a version, for telling older from newer.
fn numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            format: FORMAT,
            version: VERSION.to_owned(),
            package: "app".to_owned(),
            policy: AppliedPolicy {
                path: "/w/tywrap.toml".into(),
                shown: "tywrap.toml".to_owned(),
                digest: "00".to_owned(),
                named: false,
            },
            lock: None,
            annotations: BTreeMap::from([
                (
                    "\"math\"".to_owned(),
                    Outcome::Emitted(Emitted {
                        grants: "/o/g".into(),
                        ts: "/o/t".into(),
                        js: "/o/j".into(),
                        dts: "/o/d".into(),
                    }),
                ),
                (
                    "\"json\", only = [\"x\"]".to_owned(),
                    Outcome::Refused(vec![Refusal::of_member(
                        "x",
                        &Diagnostic::error(Code::MemberUnknown, "`json` has no member `x`").help("did you mean `y`?"),
                    )]),
                ),
            ]),
        }
    }

    fn read(text: &str) -> Result<Option<Manifest>, Diagnostic> {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join(FILE);
        std::fs::write(&path, text).unwrap();
        Manifest::read(&path)
    }

    #[test]
    fn reads_what_it_writes() {
        assert_eq!(read(&manifest().to_json().unwrap()).unwrap(), Some(manifest()));
        assert_eq!(Manifest::read(Path::new("/nonexistent/tywrap-manifest.json")).unwrap(), None);
    }

    #[test]
    fn another_version_is_one_error_that_says_what_to_update() {
        for (format, version, update) in [(0, "0.1.9", "tywrap-build"), (2, "0.9.0", "tywrap"), (1, "99.0.0", "tywrap")]
        {
            let error = read(&format!("{{\"format\":{format},\"version\":\"{version}\",\"new\":1}}")).unwrap_err();
            assert_eq!(error.code, Code::ManifestVersion);
            assert!(error.help[0].starts_with(&format!("update `{update}` ")), "{error}");
        }
    }

    #[test]
    fn a_damaged_manifest_is_named() {
        for text in
            ["", "{", "[]", "{\"format\":1}", &manifest().to_json().unwrap().replace("\"package\"", "\"pakage\"")]
        {
            assert_eq!(read(text).unwrap_err().code, Code::ManifestMalformed, "{text}");
        }
    }

    #[test]
    fn an_inherited_out_dir_is_not_trusted() {
        let temp = tempfile::tempdir().unwrap();
        std::fs::write(temp.path().join("Cargo.toml"), "[package]\nname = \"app\"").unwrap();
        let path = |dir: &Path| Manifest::path(&Package::read(dir).unwrap(), Some(Path::new("/from/the/shell")));
        assert_eq!(path(temp.path()), Some(temp.path().join(FILE)));
        std::fs::write(temp.path().join("build.rs"), "").unwrap();
        assert_eq!(path(temp.path()), Some(Path::new("/from/the/shell").join(FILE)), "Cargo sets it then");
    }

    #[test]
    fn a_refusal_reads_like_its_diagnostic() {
        let diagnostic = Diagnostic::error(Code::MemberUnknown, "m").note("rule: x").help("do y");
        assert_eq!(Refusal::new(&diagnostic).text(), diagnostic.to_string());
    }
}
