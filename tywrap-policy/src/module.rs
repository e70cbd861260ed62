//! Which Python modules may be wrapped.
//!
//! The checks go from what no policy can change to what it says: Python's grammar, the block list, the allow list.
//! Names are compared as they are written, byte for byte, and only ASCII passes: Python folds identifiers by NFKC, so
//! that `oſ` would import `os`, and some file systems ignore case.

use std::fmt;

use crate::list::Entry;
use crate::name::ModulePattern;
use crate::near::nearest;
use crate::policy::Policy;
use crate::value::{Value, quoted};
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
    if let Some(entry) = whitelist.blocked_modules.iter().find(|entry| entry.value.blocks(name)) {
        return Err(blocked(policy, name, entry));
    }
    if !whitelist.enabled.is_on() {
        return Ok(ModuleGrant { name: name.to_owned(), entry: None });
    }
    match whitelist.allowed_modules.iter().find(|entry| entry.value.allows(name)) {
        Some(entry) => Ok(ModuleGrant { name: name.to_owned(), entry: Some(entry.value.to_string()) }),
        None => Err(not_allowed(policy, name)),
    }
}

fn well_formed(policy: &Policy, name: &str) -> Result<(), Diagnostic> {
    let malformed = |why: &dyn fmt::Display| {
        Diagnostic::error(
            Code::ModuleMalformed,
            format!("Python module name `{}` is malformed: {why}", shortened(name)),
        )
    };
    syntax(name).map_err(|why| {
        let diagnostic = malformed(&why).note("rule: a module is named by ASCII identifiers with dots between them");
        // What precedes the first character that no name has is often the module that was meant.
        let start: String = name.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == '.').collect();
        let allowed = allowed_names(policy).find(|allowed| *allowed == start.trim_matches('.'));
        let diagnostic = match allowed {
            Some(allowed) => diagnostic.help(format!("did you mean `{allowed}`?")),
            None => diagnostic,
        };
        diagnostic.help("nothing can allow it")
    })?;
    let input = policy.input_validation();
    if !input.enabled.is_on() {
        return Ok(());
    }
    if !input.allowed_characters.is_match(name) {
        let why = format!("`allowed-characters` is `{}`", input.allowed_characters.as_str());
        let rule = policy.rule("allowed-characters", None);
        return Err(malformed(&why).note(rule).help(format!(
            "to allow it, widen `allowed-characters` under `[input-validation]` in {}",
            policy.path().display()
        )));
    }
    if let Some(entry) = input.reject_patterns.iter().find(|entry| entry.value.is_match(name)) {
        let why = format!("`reject-patterns` has `{}`", entry.value.as_str());
        let edit = policy.unblock_edit(&[(entry.value.write(), entry.place.as_ref())], "reject-patterns");
        return Err(malformed(&why).note(policy.rule("reject-patterns", entry.place.as_ref())).help(edit));
    }
    Ok(())
}

fn blocked(policy: &Policy, name: &str, entry: &Entry<ModulePattern>) -> Diagnostic {
    let whitelist = policy.module_whitelist();
    let message = format!("Python module `{name}` is blocked by policy");
    let mut rule = policy.rule("blocked-modules", entry.place.as_ref());
    if entry.value.to_string() != name {
        rule.push_str(&format!(", by its entry `{}`", entry.value));
    }
    let mut diagnostic = Diagnostic::error(Code::ModuleBlocked, message).note(rule);
    if let Some(reason) = &entry.reason {
        diagnostic = diagnostic.note(format!("note: the policy's reason: {reason}"));
    }
    let entries: Vec<_> = whitelist
        .blocked_modules
        .iter()
        .filter(|entry| entry.value.blocks(name))
        .map(|entry| (entry.value.write(), entry.place.as_ref()))
        .collect();
    diagnostic = diagnostic.help(allowed_here(policy));
    diagnostic = diagnostic.help(policy.unblock_edit(&entries, "blocked-modules"));
    if whitelist.enabled.is_on() && !whitelist.allowed_modules.iter().any(|entry| entry.value.allows(name)) {
        diagnostic = diagnostic.help(format!("and {}", allow_edit(policy, name)));
    }
    diagnostic
}

fn not_allowed(policy: &Policy, name: &str) -> Diagnostic {
    let message = format!("Python module `{name}` is not allowed by policy");
    let rule = policy.rule("allowed-modules", policy.module_whitelist().allowed_modules.place());
    let mut diagnostic = Diagnostic::error(Code::ModuleNotAllowed, message).note(rule);
    for near in nearest(name, allowed_names(policy)).into_iter().take(1) {
        diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
    }
    diagnostic.help(allowed_here(policy)).help(format!("to allow it, {}", allow_edit(policy, name)))
}

fn allowed_here(policy: &Policy) -> String {
    let whitelist = policy.module_whitelist();
    let names: Vec<String> = whitelist
        .allowed_modules
        .iter()
        .filter(|entry| !whitelist.blocked_modules.iter().any(|blocked| blocked.value.blocks(entry.value.name())))
        .map(|entry| format!("`{}`", entry.value))
        .collect();
    match names.len() {
        0 => "allowed here: nothing".to_owned(),
        all if all <= SHOWN => format!("allowed here: {}", names.join(", ")),
        all => format!("allowed here: {} and {} more", names[..SHOWN].join(", "), all - SHOWN),
    }
}

/// The edit of `allowed-modules`. The list replaces its default, so where only the default holds, the edit writes it out.
fn allow_edit(policy: &Policy, name: &str) -> String {
    let list = &policy.module_whitelist().allowed_modules;
    match list.place() {
        Some(place) => format!("add {} to `allowed-modules` at {place}", quoted(name)),
        None => {
            let names = list.iter().map(|entry| entry.value.write()).chain([quoted(name)]);
            let line = format!("allowed-modules = [{}]", names.collect::<Vec<_>>().join(", "));
            format!(
                "{}\n    (the list replaces the built-in one, so it names what is to stay)",
                policy.write_edit(&line)
            )
        }
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
