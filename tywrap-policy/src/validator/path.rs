//! Paths that come from input.

use std::path::{Component, Path, PathBuf};

use super::logged;
use super::text::{self, Checked, is_bidi_control};
use crate::{Code, Policy, SecurityError};

/// Linux's `PATH_MAX`, with its NUL.
const LONGEST_PATH: usize = 4096;
/// `NAME_MAX` of the usual file systems.
const LONGEST_NAME: usize = 255;

/// A path that lies in its root as far as its text tells.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckedPath {
    /// The directory it lies in.
    pub root: PathBuf,
    /// The path from there: plain names only. Open it beneath a descriptor of `root`, following no symbolic link, and use
    /// the descriptor: a check by name alone can be overtaken.
    pub relative: PathBuf,
}

impl CheckedPath {
    /// The two joined, for messages.
    pub fn display(&self) -> String {
        self.root.join(&self.relative).display().to_string()
    }
}

/// Which platform's rules hold. An argument so that every platform tests both.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Platform {
    Unix,
    Windows,
}

const HERE: Platform = if cfg!(windows) { Platform::Windows } else { Platform::Unix };

pub(super) fn check<'p>(
    policy: &Policy,
    root: &Path,
    path: &'p str,
) -> Result<Checked<'p, CheckedPath>, SecurityError> {
    let relative =
        within(root, path, HERE).map_err(|why| refused(path, why).with("root", root.display().to_string()))?;
    let mut checked = Checked::new(CheckedPath { root: root.to_owned(), relative });
    checked.warnings.extend(text::patterns(policy, Code::PathRefused, "the path", path)?);
    Ok(checked)
}

pub(super) fn file<'p>(
    policy: &Policy,
    policy_directory: &Path,
    temporary: &Path,
    path: &'p str,
) -> Result<Checked<'p, CheckedPath>, SecurityError> {
    let filesystem = policy.filesystem();
    let list = &filesystem.allowed_directories;
    let directories: Vec<PathBuf> = if filesystem.path_validation.is_on() {
        extension(policy, path)?;
        list.iter().map(|entry| entry.value.resolve(policy_directory, temporary)).collect()
    } else {
        vec![PathBuf::from("/"), policy_directory.to_owned()]
    };
    let mut absolute = directories.into_iter().filter(|directory| directory.is_absolute());
    let found = if path.starts_with(['/', '\\']) {
        absolute.find_map(|root| within(&root, path, HERE).ok().map(|relative| CheckedPath { root, relative }))
    } else {
        // A path that is relative is meant from the directory of the policy, whichever allowed directory it then lies in.
        let whole = policy_directory.join(&check(policy, policy_directory, path)?.value.relative);
        absolute.find_map(|root| {
            let relative = whole.strip_prefix(&root).ok().filter(|relative| *relative != Path::new(""))?.to_owned();
            Some(CheckedPath { root, relative })
        })
    };
    let Some(value) = found else {
        // An absolute path has its own reasons to be refused, which say more than that it lies nowhere.
        let why = within(Path::new("/"), path, HERE).err().unwrap_or("it lies in none of `allowed-directories`");
        return Err(refused(path, why).with("rule", policy.rule("allowed-directories", list.place())));
    };
    let mut checked = Checked::new(value);
    checked.warnings.extend(text::patterns(policy, Code::PathRefused, "the path", path)?);
    Ok(checked)
}

/// Whether the name ends in an allowed extension. `.ts` allows `x.d.ts` too.
fn extension(policy: &Policy, path: &str) -> Result<(), SecurityError> {
    let filesystem = policy.filesystem();
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let allowed = filesystem
        .allowed_extensions
        .iter()
        .any(|entry| name.strip_suffix(entry.value.as_str()).is_some_and(|stem| !stem.is_empty()));
    if allowed {
        return Ok(());
    }
    let error = refused(path, "its extension is none of `allowed-extensions`");
    Err(error.with("rule", policy.rule("allowed-extensions", filesystem.allowed_extensions.place())))
}

fn refused(path: &str, why: &str) -> SecurityError {
    SecurityError::new(Code::PathRefused, format!("path `{}` is refused: {why}", logged(path)))
        .with("path", logged(path))
}

/// The path from `root`, by components.
fn within(root: &Path, path: &str, platform: Platform) -> Result<PathBuf, &'static str> {
    if path.is_empty() {
        return Err("it is empty");
    }
    if path.contains('\0') {
        return Err("it has a NUL");
    }
    if path.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || is_bidi_control(c)) {
        return Err("it has a control character");
    }
    if path.len() >= LONGEST_PATH {
        return Err("it is longer than a path can be");
    }
    if path.starts_with('~') {
        return Err("`~` is not expanded");
    }
    if path.starts_with('$') || path.starts_with('%') {
        return Err("variables are not expanded");
    }
    if path.starts_with("\\\\") || path.starts_with("//?/") || path.starts_with("//./") {
        return Err("it names a share or a device");
    }
    // `C:` and `file:` alike. On Unix a later colon is a character of a name; on Windows it names a stream.
    let scheme = path.split(['/', '\\']).next().and_then(|first| first.split_once(':')).map(|(scheme, _)| scheme);
    let is_scheme = |scheme: &str| scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && !scheme.contains('.');
    if scheme.is_some_and(is_scheme) || (platform == Platform::Windows && path.contains(':')) {
        return Err("it names a drive, a stream or a URL");
    }
    // A backslash separates on Windows, and a path made there may be used here: it is a separator, so that no name has one.
    let mut names: Vec<&str> = Vec::new();
    for name in path.split(['/', '\\']) {
        match name {
            "" | "." => {}
            ".." => return Err("it has `..`"),
            name if name.len() > LONGEST_NAME => return Err("a name in it is longer than a name can be"),
            name if platform == Platform::Windows && name.ends_with(['.', ' ']) => {
                return Err("a name in it ends in a dot or a blank, which Windows drops");
            }
            name => names.push(name),
        }
    }
    let relative = if path.starts_with(['/', '\\']) {
        below(root, &names).ok_or("it lies outside")?
    } else if path.starts_with('-') {
        return Err("it could be taken for an option; write `./` before it");
    } else {
        &names[..]
    };
    if relative.is_empty() {
        return Err("it is the directory itself");
    }
    Ok(relative.iter().collect())
}

/// The names that are left of an absolute path once those of `root` are taken away. Names are compared byte by byte: two
/// that look alike, or that a file system would fold, are two.
fn below<'n, 'p>(root: &Path, names: &'n [&'p str]) -> Option<&'n [&'p str]> {
    let mut rest = names;
    for component in root.components() {
        match component {
            Component::Prefix(_) | Component::RootDir | Component::CurDir => {}
            // A root is the program's own, not input; one that climbs contains nothing.
            Component::ParentDir => return None,
            Component::Normal(name) => {
                let (first, others) = rest.split_first()?;
                if name != std::ffi::OsStr::new(first) {
                    return None;
                }
                rest = others;
            }
        }
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::path::Path;

    use super::{Platform, within};

    fn unix(path: &str) -> Result<String, &'static str> {
        within(Path::new("/app/safe"), path, Platform::Unix).map(|path| path.to_str().unwrap().to_owned())
    }

    #[test]
    fn what_lies_inside_is_accepted() {
        for (path, relative) in [
            ("/app/safe/x", "x"),
            ("/app/safe//x", "x"),
            ("/app/safe/./a/./x/", "a/x"),
            ("/app//safe/x", "x"),
            ("x", "x"),
            ("./x", "x"),
            ("./-rf", "-rf"),
            ("a\\b", "a/b"),
            ("/app/safe/%2e%2e/etc", "%2e%2e/etc"),
            ("/app/safe/...", "..."),
            ("/app/safe/..a", "..a"),
            ("/app/safe/12:30.json", "12:30.json"),
            ("/app/safe/\u{e4}", "\u{e4}"),
        ] {
            assert_eq!(unix(path).as_deref(), Ok(relative), "{path}");
        }
    }

    #[test]
    fn what_does_not_is_refused() {
        for path in [
            "../../../../etc/passwd",
            "../../../home/user/.ssh/id_rsa",
            "..\\..\\..\\windows\\system32\\config\\sam",
            "/etc/shadow",
            "~/.bashrc",
            "~root/x",
            "$HOME/x",
            "%APPDATA%/x",
            "",
            ".",
            "/",
            "/app/safe",
            "/app/safe/",
            "/app/safe/.",
            "/app/safe-evil",
            "/app/safe-evil/x",
            "/app/safe/../etc/passwd",
            "/app/safe/x/..",
            "/app/safe/a/../../safe-evil",
            "/app/safe/..\\..\\etc",
            "/APP/safe/x",
            "/app/sa\u{308}fe/x",
            "/app/safe/\0/../etc",
            "/app/safe/x\n/etc/passwd",
            "/app/safe/x\u{85}",
            "/app/safe/\u{202e}x",
            "\\\\?\\C:\\app\\safe\\..\\x",
            "\\\\server\\share\\x",
            "//?/C:/x",
            "C:\\x",
            "c:x",
            "file:///app/safe/x",
            "https://example.org/x",
            "-rf",
        ] {
            assert!(unix(path).is_err(), "{path}");
        }
        assert!(unix(&format!("/app/safe/{}", "a".repeat(256))).is_err());
        assert!(unix(&format!("/app/safe{}/", "/d".repeat(2100))).is_err());
        assert!(within(Path::new("/app/../etc"), "/app/../etc/x", Platform::Unix).is_err());
        assert!(within(Path::new("/app/.."), "/x", Platform::Unix).is_err());
    }

    #[test]
    fn windows_has_more_ways_out() {
        for path in ["/app/safe/x:stream", "/app/safe/x.", "/app/safe/x /y"] {
            assert!(within(Path::new("/app/safe"), path, Platform::Windows).is_err(), "{path}");
            assert!(unix(path).is_ok(), "{path}");
        }
    }
}
