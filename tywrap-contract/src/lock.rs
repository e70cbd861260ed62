//! `tywrap.lock`: which Python surface was reviewed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tywrap_policy::{Code, Diagnostic};

use crate::{locate, read};

/// Version of the lock's format.
pub const FORMAT: u32 = 1;

/// Name of the lock, beside the policy.
pub const FILE: &str = "tywrap.lock";

/// Folder of the reviewed surfaces, beside the policy.
pub const SURFACES: &str = ".tywrap";

/// The command that writes all of it.
pub const COMMAND: &str = "cargo tywrap lock";

/// The lock file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lock {
    /// [`FORMAT`] of the writer.
    pub format: u32,
    /// Python versions the surfaces hold for, such as `>=3.10`.
    pub requires_python: String,
    /// Locked modules by dotted name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub module: BTreeMap<String, LockedModule>,
}

/// One locked module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LockedModule {
    /// Name of its distribution; absent for the standard library.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<String>,
    /// Version of its distribution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Normalised SHA-256 of the distribution's RECORD, by platform and ABI tag.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub record: BTreeMap<String, String>,
    /// SHA-256 of the bytes of `.tywrap/<module>.json`, in lower-case hex.
    pub surface: String,
    /// SHA-256 of the bytes of `.tywrap/<module>.docs.json`, in lower-case hex; absent where there are no docs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
}

/// The reviewed surface of a locked module, found to be the one that was locked.
#[derive(Debug)]
pub struct LockedSurface {
    /// The surface.
    pub surface: LockedFile,
    /// Its docs, where it has any.
    pub docs: Option<LockedFile>,
}

/// A file that is the one that was locked.
#[derive(Debug)]
pub struct LockedFile {
    /// Absolute path.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// SHA-256 of the text in lower-case hex.
    pub digest: String,
}

impl Lock {
    /// Reads a lock; `None` if there is none.
    ///
    /// # Errors
    /// If it cannot be read, is of a newer format, or was edited into something else, with line and next step.
    pub fn read(path: &Path) -> Result<Option<Self>, Diagnostic> {
        let Some(text) = read::text(path, Code::LockMalformed)? else { return Ok(None) };
        Self::parse(path, &text).map(Some)
    }

    /// Parses a lock's text; the path is for messages.
    ///
    /// # Errors
    /// As [`Lock::read`].
    pub fn parse(path: &Path, text: &str) -> Result<Self, Diagnostic> {
        let malformed = |message: String, span: Option<std::ops::Range<usize>>| -> Diagnostic {
            let place = read::place(path, text, span.unwrap_or_default());
            Diagnostic::error(Code::LockMalformed, format!("`{}` line {}: {message}", path.display(), place.line))
                .help(format!("run `{COMMAND}` to write it anew; it is not meant to be edited by hand"))
                .at(place)
        };
        let toml = |error: toml::de::Error| malformed(error.message().trim_end().to_owned(), error.span());
        let header: Header = toml::from_str(text).map_err(toml)?;
        if header.format != FORMAT {
            let (older, help) = if header.format < FORMAT {
                ("an older", format!("run `{COMMAND}` to write it anew"))
            } else {
                (
                    "a newer",
                    "update `tywrap`, `tywrap-build` and `cargo-tywrap` to the version that wrote it".to_owned(),
                )
            };
            let message = format!(
                "`{}` has {older} format {}; this version reads format {FORMAT}",
                path.display(),
                header.format
            );
            return Err(Diagnostic::error(Code::LockVersion, message).help(help).at(read::start(path.to_owned())));
        }
        let lock: Self = toml::from_str(text).map_err(toml)?;
        for (name, module) in &lock.module {
            let span = || text.find(name.as_str()).map(|start| start..start + name.len());
            if !is_dotted_name(name) {
                return Err(malformed(format!("`{}` is no module name", name.escape_debug()), span()));
            }
            if !is_sha256(&module.surface) {
                return Err(malformed(format!("the surface of `{name}` is no SHA-256 in lower-case hex"), span()));
            }
            if module.docs.as_ref().is_some_and(|docs| !is_sha256(docs)) {
                return Err(malformed(format!("the docs of `{name}` are no SHA-256 in lower-case hex"), span()));
            }
            if let Some((tag, _)) = module.record.iter().find(|(_, digest)| !is_sha256(digest)) {
                return Err(malformed(
                    format!("the record of `{name}` for `{tag}` is no SHA-256 in lower-case hex"),
                    span(),
                ));
            }
        }
        Ok(lock)
    }

    /// The text of the file: the same lock gives the same bytes.
    ///
    /// # Errors
    /// Never for a lock that [`Lock::parse`] accepts.
    pub fn to_toml(&self) -> Result<String, Diagnostic> {
        let body = toml::to_string(self)
            .map_err(|error| Diagnostic::error(Code::LockMalformed, format!("the lock cannot be written: {error}")))?;
        Ok(format!("# Written by `{COMMAND}`. Commit it; do not edit it.\n\n{body}"))
    }

    /// Reads the surface of a locked module and verifies that it is the reviewed one. `None` if the module is not locked.
    ///
    /// # Errors
    /// If the file is missing, unreadable, or not the one that was locked.
    pub fn surface(&self, policy: &Path, module: &str) -> Result<Option<LockedSurface>, Diagnostic> {
        let Some(locked) = self.module.get(module) else { return Ok(None) };
        let surface = verified(policy, module, locate::surface(policy, module), &locked.surface)?;
        let docs = locked.docs.as_ref();
        let docs = docs.map(|digest| verified(policy, module, locate::docs(policy, module), digest)).transpose()?;
        Ok(Some(LockedSurface { surface, docs }))
    }
}

/// Reads a file and compares it with its digest in the lock.
fn verified(policy: &Path, module: &str, path: PathBuf, digest: &str) -> Result<LockedFile, Diagnostic> {
    let renew = format!("run `{COMMAND} {module}`, review the difference and commit it");
    let missing = || {
        Diagnostic::error(Code::SurfaceDigest, format!("`{module}` is locked, but `{}` is missing", path.display()))
            .help(renew.clone())
    };
    let text = read::text(&path, Code::SurfaceMalformed)?.ok_or_else(missing)?;
    let actual = sha256(text.as_bytes());
    if actual != digest {
        let message = format!("`{}` is not the file that was reviewed and locked", path.display());
        return Err(Diagnostic::error(Code::SurfaceDigest, message)
            .note(format!("note: `{}` says {digest}, the file has {actual}", locate::lock(policy).display()))
            .help(renew)
            .at(read::start(path)));
    }
    Ok(LockedFile { path, text, digest: actual })
}

/// Makes the policy beside a lock look new, so that Cargo runs build scripts again. To be called when a lock appears where
/// there was none: Cargo cannot watch for that, since it takes a file that is not there for changed at every build.
///
/// # Errors
/// If the policy's time of modification cannot be set. A policy that is not there is none.
pub fn announce(lock: &Path) -> std::io::Result<()> {
    let policy = lock.with_file_name(locate::POLICY);
    match std::fs::File::options().write(true).open(policy) {
        Ok(file) => file.set_modified(std::time::SystemTime::now()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// SHA-256 in lower-case hex.
pub fn sha256(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        for half in [byte >> 4, byte & 15] {
            text.push(char::from_digit(half.into(), 16).unwrap_or('0'));
        }
    }
    text
}

/// What a lock of any version has.
#[derive(Deserialize)]
struct Header {
    format: u32,
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The name becomes part of a path, so nothing but a dotted identifier will do.
fn is_dotted_name(name: &str) -> bool {
    name.split('.').all(|part| {
        let mut bytes = part.bytes();
        bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn lock(surface: &[u8]) -> Lock {
        let module = LockedModule {
            distribution: Some("numpy".to_owned()),
            version: Some("2.4.0".to_owned()),
            record: BTreeMap::from([("linux_x86_64-cp311".to_owned(), sha256(b"record"))]),
            surface: sha256(surface),
            docs: None,
        };
        Lock {
            format: FORMAT,
            requires_python: ">=3.10".to_owned(),
            module: BTreeMap::from([("numpy.linalg".to_owned(), module)]),
        }
    }

    fn parse(text: &str) -> Result<Lock, Diagnostic> {
        Lock::parse(Path::new("tywrap.lock"), text)
    }

    #[test]
    fn reads_what_it_writes() {
        let lock = lock(b"{}");
        assert_eq!(parse(&lock.to_toml().unwrap()).unwrap(), lock);
    }

    #[test]
    fn every_damage_is_an_error_with_line_and_next_step() {
        let good = lock(b"{}").to_toml().unwrap();
        let cases = [
            String::new(),
            "format = ".to_owned(),
            good[..good.len() / 2].to_owned(),
            good.replace("requires-python", "requires-pyton"),
            good.replace("numpy.linalg", "../../etc/passwd"),
            good.replace("numpy.linalg", "numpy..linalg"),
            good.replace(&sha256(b"{}"), "abc"),
            good.replace(&sha256(b"{}"), &sha256(b"{}").to_uppercase()),
            good.replace(&sha256(b"record"), "abc"),
        ];
        for text in cases {
            let error = parse(&text).unwrap_err();
            assert_eq!(error.code, Code::LockMalformed, "{text}");
            assert!(error.message.contains("`tywrap.lock` line "), "{error}");
            assert!(error.help[0].contains(COMMAND), "{error}");
        }
    }

    #[test]
    fn a_newer_lock_says_what_to_update() {
        let error = parse("format = 2\nnew-key = 1").unwrap_err();
        assert_eq!(error.code, Code::LockVersion);
        assert!(error.help[0].contains("update `tywrap`"), "{error}");
        assert!(parse("format = 0").unwrap_err().help[0].contains(COMMAND));
    }

    #[test]
    fn only_the_reviewed_surface_is_read() {
        let temp = tempfile::tempdir().unwrap();
        let policy = temp.path().join(locate::POLICY);
        let lock = lock(b"{}");
        assert!(lock.surface(&policy, "math").unwrap().is_none());
        assert_eq!(lock.surface(&policy, "numpy.linalg").unwrap_err().code, Code::SurfaceDigest);

        let path = locate::surface(&policy, "numpy.linalg");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "{}").unwrap();
        assert_eq!(lock.surface(&policy, "numpy.linalg").unwrap().unwrap().surface.text, "{}");

        std::fs::write(&path, "{ }").unwrap();
        let error = lock.surface(&policy, "numpy.linalg").unwrap_err();
        assert!(error.message.contains("numpy.linalg.json"), "{error}");
        assert!(error.help[0].contains("cargo tywrap lock numpy.linalg"), "{error}");
    }

    #[test]
    fn digests_are_lower_case_hex() {
        assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
