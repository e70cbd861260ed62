//! The kinds of text that lists of the policy hold, each valid from the moment it is read.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::module::syntax;
use crate::source::Reading;
use crate::value::{Raw, Value, quoted, wrong_type, wrong_value};

/// Reads a string that `parse` makes a value of.
fn text<T: Value>(
    raw: &Raw<'_>,
    reading: &mut Reading<'_>,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    let Some(text) = raw.get_ref().as_str() else {
        wrong_type::<T>(raw, reading);
        return None;
    };
    parse(text).map_err(|why| wrong_value::<T>(raw, reading, why)).ok()
}

/// A text that is not empty and has no control character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(String);

impl Text {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn of(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Value for Text {
    fn expected() -> String {
        "a string".to_owned()
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        text(raw, reading, |text| plain(text).map(|()| Self::of(text)))
    }

    fn write(&self) -> String {
        quoted(&self.0)
    }
}

fn plain(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.chars().any(char::is_control) {
        return Err("it has a control character".to_owned());
    }
    Ok(())
}

/// A module (`numpy`), or with `.*` the tree below one (`numpy.*`, which does not include `numpy`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ModulePattern {
    name: String,
    below: bool,
}

impl ModulePattern {
    /// For defaults, which a test parses.
    pub(crate) fn of(text: &str) -> Self {
        let (name, below) = text.strip_suffix(".*").map_or((text, false), |name| (name, true));
        Self { name: name.to_owned(), below }
    }

    /// The module, without `.*`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// As an allowed entry: exactly itself, or with `.*` exactly the tree below.
    pub fn allows(&self, module: &str) -> bool {
        if self.below { self.is_below(module) } else { module == self.name }
    }

    /// As a blocked entry: itself and the tree below, or with `.*` only the tree below. Anchored at the left, so `signal`
    /// does not touch `scipy.signal`.
    pub fn blocks(&self, module: &str) -> bool {
        (!self.below && module == self.name) || self.is_below(module)
    }

    fn is_below(&self, module: &str) -> bool {
        module.strip_prefix(self.name.as_str()).is_some_and(|rest| rest.starts_with('.'))
    }
}

impl fmt::Display for ModulePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, if self.below { ".*" } else { "" })
    }
}

impl Value for ModulePattern {
    fn expected() -> String {
        "a module, such as `\"numpy\"`, or the tree below one, `\"numpy.*\"`".to_owned()
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        text(raw, reading, |text| {
            let pattern = Self::of(text);
            syntax(&pattern.name).map(|()| pattern).map_err(|why| why.to_string())
        })
    }

    fn write(&self) -> String {
        quoted(&self.to_string())
    }
}

/// The name of a program: no path, no option, no shell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Command(String);

impl Command {
    pub(crate) fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for Command {
    fn expected() -> String {
        "the name of a program, such as `\"python3\"`".to_owned()
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        text(raw, reading, |text| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte);
            match text.as_bytes() {
                [first, ..] if !first.is_ascii_alphanumeric() => Err("it does not start with a letter or digit".into()),
                [] => Err("it is empty".into()),
                bytes if !bytes.iter().copied().all(allowed) => Err("it is a plain name, not a path".into()),
                _ => Ok(Self::of(text)),
            }
        })
    }

    fn write(&self) -> String {
        quoted(&self.0)
    }
}

/// The name of an environment variable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnvironmentName(String);

impl EnvironmentName {
    pub(crate) fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a program could be given it: ASCII letters, digits and `_`, not starting with a digit.
    pub(crate) fn is_valid(text: &str) -> bool {
        let mut bytes = text.bytes();
        bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    }
}

impl Value for EnvironmentName {
    fn expected() -> String {
        "the name of an environment variable".to_owned()
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        text(raw, reading, |text| {
            if !Self::is_valid(text) {
                return Err("a name has ASCII letters, digits and `_`, and does not start with a digit".into());
            }
            Ok(Self::of(text))
        })
    }

    fn write(&self) -> String {
        quoted(&self.0)
    }
}

/// The end of a file name, such as `.d.ts`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Extension(String);

impl Extension {
    pub(crate) fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The extension with its dot.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for Extension {
    fn expected() -> String {
        "an extension with its dot, such as `\".json\"`".to_owned()
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        text(raw, reading, |text| match text.strip_prefix('.') {
            None => Err("it does not start with a dot".into()),
            Some(rest) if rest.split('.').any(str::is_empty) => Err("a part of it is empty".into()),
            Some(rest) if !rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)) => {
                Err("it has ASCII letters, digits, `-`, `_` and `.` only".into())
            }
            Some(_) => Ok(Self::of(text)),
        })
    }

    fn write(&self) -> String {
        quoted(&self.0)
    }
}

/// A path of the policy: absolute, or relative to the directory of the policy file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyPath(String);

impl PolicyPath {
    pub(crate) fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// As it is written.
    pub fn as_path(&self) -> &Path {
        Path::new(&self.0)
    }

    /// Absolute, if the directory of the policy is.
    pub fn resolve(&self, policy_directory: &Path) -> PathBuf {
        policy_directory.join(&self.0)
    }
}

impl Value for PolicyPath {
    fn expected() -> String {
        "a path, absolute or relative to the directory of the policy".to_owned()
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        text(raw, reading, |text| {
            plain(text)?;
            if text.starts_with('~') || text.contains('$') {
                return Err("`~` and `$` are not expanded".into());
            }
            Ok(Self::of(text))
        })
    }

    fn write(&self) -> String {
        quoted(&self.0)
    }
}

/// A directory that paths from input may lie in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Directory {
    /// Absolute, or relative to the directory of the policy.
    At(PolicyPath),
    /// A directory below the system's directory for temporary files.
    Temporary(PolicyPath),
}

impl Directory {
    /// The directory, given that of the policy and the system's one for temporary files.
    pub fn resolve(&self, policy_directory: &Path, temporary: &Path) -> PathBuf {
        match self {
            Self::At(path) => path.resolve(policy_directory),
            Self::Temporary(path) => path.resolve(temporary),
        }
    }
}

impl Value for Directory {
    fn expected() -> String {
        "a path, or `{ temporary = \"…\" }` for one in the system's temporary directory".to_owned()
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let (path, temporary) = match raw.get_ref().as_table() {
            None if raw.get_ref().is_str() => (PolicyPath::read(raw, reading)?, false),
            None => {
                wrong_type::<Self>(raw, reading);
                return None;
            }
            Some(table) => match table.get("temporary") {
                Some(path) if table.len() == 1 => (PolicyPath::read(path, reading)?, true),
                _ => {
                    wrong_value::<Self>(raw, reading, "the table has the one key `temporary`");
                    return None;
                }
            },
        };
        if path.0.split(['/', '\\']).any(|part| part == "..") {
            wrong_value::<Self>(raw, reading, "no path from input can lie in a directory that has `..`");
            return None;
        }
        if temporary && path.as_path().is_absolute() {
            wrong_value::<Self>(raw, reading, "it leaves the temporary directory");
            return None;
        }
        Some(if temporary { Self::Temporary(path) } else { Self::At(path) })
    }

    fn write(&self) -> String {
        match self {
            Self::At(path) => path.write(),
            Self::Temporary(path) => format!("{{ temporary = {} }}", path.write()),
        }
    }
}
