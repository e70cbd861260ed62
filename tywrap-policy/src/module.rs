//! Which Python modules may be wrapped.
//!
//! The checks go from what no policy can change to what it says: Python's grammar, the block list, the allow list.
//! Names are compared as they are written, byte for byte, and only ASCII passes: Python folds identifiers by NFKC, so
//! that `oſ` would import `os`, and some file systems ignore case.

use std::fmt;

use crate::edit::{Edit, deciding};
use crate::list::Entry;
use crate::name::ModulePattern;
use crate::near::nearest;
use crate::policy::Policy;
use crate::{Code, Diagnostic};

/// The longest module name, in characters. CPython's own limit is that of a path; no module on PyPI comes near this.
pub(crate) const LONGEST: usize = 100;

/// Python's keywords. The soft ones (`match`, `case`, `type`, `_`) can be imported.
pub(crate) const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del",
    "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
    "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// How many allowed modules a denial names.
const SHOWN: usize = 8;

/// A module that the policy allows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModuleGrant {
    /// Its dotted name.
    pub name: String,
    /// The entry of `allowed-modules` that allows it; absent where the allow list is switched off.
    pub entry: Option<String>,
}

/// Why a text is no module name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Malformed {
    Empty,
    TooLong(usize),
    NotAscii(char),
    Keyword(String),
    Syntax,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::TooLong(length) => write!(f, "it has {length} characters, and {LONGEST} is the most"),
            Self::NotAscii(character) => {
                write!(f, "it has `{}` (U+{:04X}), which is not ASCII", character.escape_debug(), *character as u32)
            }
            Self::Keyword(keyword) => write!(f, "`{keyword}` is a keyword of Python"),
            Self::Syntax => f.write_str("it is not of the form `package.module`"),
        }
    }
}

/// Whether a text is a dotted Python name: `^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$`, of the whole text.
pub(crate) fn syntax(name: &str) -> Result<(), Malformed> {
    if name.is_empty() {
        return Err(Malformed::Empty);
    }
    let length = name.chars().count();
    if length > LONGEST {
        return Err(Malformed::TooLong(length));
    }
    if let Some(character) = name.chars().find(|character| !character.is_ascii()) {
        return Err(Malformed::NotAscii(character));
    }
    if !name.split('.').all(is_identifier) {
        return Err(Malformed::Syntax);
    }
    match name.split('.').find(|segment| KEYWORDS.contains(segment)) {
        Some(keyword) => Err(Malformed::Keyword(keyword.to_owned())),
        None => Ok(()),
    }
}

/// Whether a text is an ASCII identifier of Python; keywords are.
pub(crate) fn is_identifier(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The whole check.
pub(crate) fn check(policy: &Policy, name: &str) -> Result<ModuleGrant, Diagnostic> {
    well_formed(policy, name)?;
    let whitelist = policy.module_whitelist();
    if let Some((first, all)) = deciding(&whitelist.blocked_modules, |pattern| blocks(pattern, name)) {
        return Err(blocked(policy, name, first, &all));
    }
    if !whitelist.enabled.is_on() {
        return Ok(ModuleGrant { name: name.to_owned(), entry: None });
    }
    match whitelist.allowed_modules.iter().find(|entry| entry.value.allows(name)) {
        Some(entry) => Ok(ModuleGrant { name: name.to_owned(), entry: Some(entry.value.to_string()) }),
        None => Err(not_allowed(policy, name)),
    }
}

/// Whether a blocked entry blocks a module: by its name, or by that of the module it implements. `posix.system` is
/// `os.system`, and `_pickle.loads` is `pickle.loads`.
pub(crate) fn blocks(pattern: &ModulePattern, module: &str) -> bool {
    pattern.blocks(module) || implemented_by(module).is_some_and(|public| pattern.blocks(public))
}

/// The public module that a module of CPython implements.
fn implemented_by(module: &str) -> Option<&str> {
    let (top, _) = module.split_once('.').unwrap_or((module, ""));
    match top {
        "posix" | "nt" | "posixpath" | "ntpath" => Some("os"),
        "_posixsubprocess" | "_winapi" => Some("subprocess"),
        "_thread" => Some("threading"),
        "_posixshmem" => Some("multiprocessing"),
        "imp" | "_imp" | "_frozen_importlib" | "_frozen_importlib_external" => Some("importlib"),
        other => other.strip_prefix('_').filter(|public| !public.starts_with('_')),
    }
}

fn well_formed(policy: &Policy, name: &str) -> Result<(), Diagnostic> {
    let malformed = |why: &dyn fmt::Display| {
        let message = format!("Python module name `{}` is malformed: {why}", shortened(name));
        Diagnostic::error(Code::ModuleMalformed, message)
    };
    if let Err(why) = syntax(name) {
        let mut diagnostic =
            malformed(&why).note("rule: a module is named by ASCII identifiers with dots between them");
        // What precedes the first character that no name has is often the module that was meant.
        let start: String = name.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == '.').collect();
        if let Some(meant) = allowed_names(policy).find(|allowed| *allowed == start.trim_matches('.')) {
            diagnostic = diagnostic.help(format!("did you mean `{meant}`?"));
        }
        return Err(diagnostic.help("nothing can allow it"));
    }
    let input = policy.input_validation();
    if !input.enabled.is_on() {
        return Ok(());
    }
    let mut edit = Edit::default();
    if !input.allowed_characters.is_match(name) {
        let why = format!("`allowed-characters` is `{}`", input.allowed_characters.as_str());
        edit.step(format!("widen `allowed-characters` under `[input-validation]` in {}", policy.path().display()));
        edit.allow(policy, name);
        return Err(malformed(&why).note(policy.rule("allowed-characters", None)).help(edit.help(policy)));
    }
    if let Some((first, all)) = deciding(&input.reject_patterns, |pattern| pattern.is_match(name)) {
        let why = format!("`reject-patterns` has `{}`", first.value.as_str());
        edit.unblock(policy, "reject-patterns", &all);
        edit.allow(policy, name);
        let rule = policy.rule("reject-patterns", first.place.as_ref());
        return Err(malformed(&why).note(rule).help(edit.help(policy)));
    }
    Ok(())
}

fn blocked(policy: &Policy, name: &str, first: &Entry<ModulePattern>, all: &[&Entry<ModulePattern>]) -> Diagnostic {
    let mut rule = policy.rule("blocked-modules", first.place.as_ref());
    if first.value.to_string() != name {
        rule.push_str(&format!(", by its entry `{}`", first.value));
    }
    let message = format!("Python module `{name}` is blocked by policy");
    let mut diagnostic = Diagnostic::error(Code::ModuleBlocked, message).note(rule);
    if let Some(reason) = &first.reason {
        diagnostic = diagnostic.note(format!("note: the policy's reason: {reason}"));
    }
    let mut edit = Edit::default();
    edit.unblock(policy, "blocked-modules", all);
    edit.allow(policy, name);
    diagnostic.help(allowed_here(policy)).help(edit.help(policy))
}

fn not_allowed(policy: &Policy, name: &str) -> Diagnostic {
    let message = format!("Python module `{name}` is not allowed by policy");
    let rule = policy.rule("allowed-modules", policy.module_whitelist().allowed_modules.place());
    let mut diagnostic = Diagnostic::error(Code::ModuleNotAllowed, message).note(rule);
    if let Some(near) = nearest(name, allowed_names(policy)).first() {
        diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
    }
    let mut edit = Edit::default();
    edit.allow(policy, name);
    diagnostic.help(allowed_here(policy)).help(edit.help(policy))
}

fn allowed_here(policy: &Policy) -> String {
    let whitelist = policy.module_whitelist();
    let names: Vec<String> = whitelist
        .allowed_modules
        .iter()
        .filter(|entry| !whitelist.blocked_modules.iter().any(|blocked| blocks(&blocked.value, entry.value.name())))
        .map(|entry| format!("`{}`", entry.value))
        .collect();
    match names.len() {
        0 => "allowed here: nothing".to_owned(),
        all if all <= SHOWN => format!("allowed here: {}", names.join(", ")),
        all => format!("allowed here: {} and {} more", names[..SHOWN].join(", "), all - SHOWN),
    }
}

fn allowed_names(policy: &Policy) -> impl Iterator<Item = &str> {
    policy.module_whitelist().allowed_modules.iter().map(|entry| entry.value.name())
}

/// A name as a message shows it: on one line, and not longer than a line.
fn shortened(name: &str) -> String {
    const LINE: usize = 60;
    let escaped: String = name.chars().take(LINE).flat_map(char::escape_debug).collect();
    if name.chars().count() > LINE { format!("{escaped}…") } else { escaped }
}
