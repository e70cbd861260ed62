//! The security events of a build: one JSON file for each package, beside its npm package, for `cargo tywrap report`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tywrap_policy::{Code, Diagnostic, Severity};

use crate::manifest::VERSION;
use crate::{file, read};

/// Version of the file's format. A report of another version leaves the file out, and says so.
pub const FORMAT: u32 = 1;

/// What the build script refused, left out or was told not to check, in the last build that got as far.
///
/// No times and no absolute paths: the same input gives the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildEvents {
    /// [`FORMAT`] of the writer.
    pub format: u32,
    /// Version of `tywrap-build` that wrote it.
    pub version: String,
    /// Name of the package.
    pub package: String,
    /// The policy, as messages show it.
    pub policy: String,
    /// The events: guards that are off first, then each annotation with its members.
    pub events: Vec<BuildEvent>,
}

/// One event of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildEvent {
    /// What it is about.
    pub kind: BuildEventKind,
    /// Stable code of the diagnostic.
    pub code: String,
    /// `low`, `medium`, `high` or `critical`: that of the code, and `low` for a member that nobody asked for by name.
    pub severity: String,
    /// What happened, in one line.
    pub message: String,
    /// The module, as the annotation names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// The member, below the module.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// The annotation, or the line of the policy: `src/main.rs:3:16`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// What an event of a build is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BuildEventKind {
    /// A guard of the policy is switched off.
    GuardOff,
    /// Nothing was emitted for an annotation, because the policy or the lock refuses it.
    AnnotationDenied,
    /// What was printed for an annotation is not what may be printed, and was thrown away.
    EmissionRefused,
    /// The policy leaves a member out, or a parameter of one.
    MemberLeftOut,
}

impl BuildEvent {
    /// An event with the severity of its code.
    pub fn new(kind: BuildEventKind, code: Code, message: impl Into<String>) -> Self {
        Self {
            kind,
            code: code.as_str().to_owned(),
            severity: code.severity().as_str().to_owned(),
            message: message.into(),
            module: None,
            member: None,
            place: None,
        }
    }

    /// The severity, which is none that is known in a damaged file.
    pub fn severity(&self) -> Option<Severity> {
        Severity::parse(&self.severity)
    }
}

impl BuildEvents {
    /// Where the build script of a package writes them, below the target directory.
    pub fn path(target_dir: &Path, package: &str) -> PathBuf {
        target_dir.join(format!("tywrap/{package}-security.json"))
    }

    /// Reads a file; `None` if there is none.
    ///
    /// # Errors
    /// If it cannot be read, is of another version, or is damaged.
    pub fn read(path: &Path) -> Result<Option<Self>, Diagnostic> {
        let Some(text) = read::text(path, Code::ManifestMalformed)? else { return Ok(None) };
        let unusable = |why: String| {
            Diagnostic::error(Code::ManifestMalformed, format!("`{}` {why}", path.display()))
                .help("build the package again with the `tywrap-build` of the same version as this command")
        };
        let header: Header = serde_json::from_str(&text)
            .map_err(|error| unusable(format!("is damaged at line {}: {error}", error.line())))?;
        if header.format != FORMAT {
            return Err(unusable(format!("is of format {}, and {FORMAT} is what {VERSION} reads", header.format)));
        }
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| unusable(format!("is damaged at line {}: {error}", error.line())))
    }

    /// Writes the file, if it is not as it would be already; whether it was.
    ///
    /// # Errors
    /// If the folder or the file cannot be written; the old file is as it was then.
    pub fn write(&self, path: &Path) -> std::io::Result<bool> {
        std::fs::create_dir_all(path.parent().unwrap_or(path))?;
        let text = serde_json::to_string_pretty(self)?;
        file::replace(path, format!("{text}\n").as_bytes())
    }
}

/// What a file of any version has.
#[derive(Deserialize)]
struct Header {
    format: u32,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn events() -> BuildEvents {
        let mut event = BuildEvent::new(BuildEventKind::AnnotationDenied, Code::ModuleBlocked, "`os` is blocked");
        event.module = Some("os".to_owned());
        BuildEvents {
            format: FORMAT,
            version: VERSION.to_owned(),
            package: "app".to_owned(),
            policy: "tywrap.toml".to_owned(),
            events: vec![event],
        }
    }

    #[test]
    fn reads_what_it_writes_and_writes_only_what_changed() {
        let temp = tempfile::tempdir().unwrap();
        let path = BuildEvents::path(temp.path(), "app");
        assert_eq!(BuildEvents::read(&path).unwrap(), None);
        assert!(events().write(&path).unwrap());
        assert!(!events().write(&path).unwrap());
        let read = BuildEvents::read(&path).unwrap().unwrap();
        assert_eq!(read, events());
        assert_eq!(read.events[0].severity(), Some(Code::ModuleBlocked.severity()));
    }

    #[test]
    fn what_is_damaged_or_of_another_version_is_named() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("app-security.json");
        let text = serde_json::to_string(&events()).unwrap();
        for (text, said) in [
            (text[..text.len() - 9].to_owned(), "is damaged at line 1"),
            (text.replace("\"format\":1", "\"format\":2,\"new\":1"), "is of format 2"),
            (text.replace("annotation-denied", "something-else"), "is damaged at line 1"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = BuildEvents::read(&path).unwrap_err();
            assert!(error.message.contains(said), "{error}");
        }
    }
}
