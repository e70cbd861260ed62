//! Members of modules: which may be wrapped, and which may not although their module may.

use std::fmt;

use crate::edit::{Edit, deciding};
use crate::module::{KEYWORDS, is_identifier};
use crate::policy::Policy;
use crate::source::Reading;
use crate::value::{Raw, Value, quoted, wrong_type, wrong_value};
use crate::{Code, Diagnostic};

/// The longest path of a member, in characters: a module's, twice.
const LONGEST: usize = 200;

/// Whether a member of a module may be wrapped, as far as its name tells.
pub(crate) fn check(policy: &Policy, module: &str, path: &str) -> Result<(), Diagnostic> {
    let shown: String = path.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    let malformed = |why: String| {
        Diagnostic::error(Code::MemberMalformed, format!("`{module}` has no member `{shown}` to wrap: {why}"))
    };
    if path.len() > LONGEST {
        return Err(malformed(format!("the name has more than {LONGEST} characters")));
    }
    for (at, segment) in path.split('.').enumerate() {
        if !is_identifier(segment) || KEYWORDS.contains(&segment) {
            let why = format!("`{}` is no name", segment.escape_debug());
            return Err(malformed(why).help("nothing can allow it"));
        }
        // (The class of a named tuple has them, a module has not.)
        if segment.starts_with('_') && !(at > 0 && NAMED_TUPLE.contains(&segment)) {
            let rule = "rule: names that start with `_` are private to their module";
            return Err(malformed(format!("`{segment}` is private")).note(rule).help("nothing can allow it"));
        }
    }
    judge(policy, module, path)
}

/// Whether what an instance of a class has may be wrapped. Unlike [`check`], it takes what operators and built-in functions call
/// (`__add__`, `__len__`): those names are public, and so is what is private to a module once one of its functions returns it.
pub(crate) fn check_of_class(policy: &Policy, module: &str, class: &str, name: &str) -> Result<(), Diagnostic> {
    let path = format!("{class}.{name}");
    let malformed = |why: String| {
        let shown: String = path.chars().take(LONGEST).flat_map(char::escape_debug).collect();
        let message = format!("`{module}` has no member `{shown}` to wrap: {why}");
        Diagnostic::error(Code::MemberMalformed, message).help("nothing can allow it")
    };
    if path.len() > LONGEST {
        return Err(malformed(format!("the name has more than {LONGEST} characters")));
    }
    if let Some(segment) = path.split('.').find(|segment| !is_identifier(segment) || KEYWORDS.contains(segment)) {
        return Err(malformed(format!("`{}` is no name", segment.escape_debug())));
    }
    let is_special = name.len() > 4 && name.starts_with("__") && name.ends_with("__");
    if name.starts_with('_') && !is_special && !NAMED_TUPLE.contains(&name) {
        let rule = "rule: names that start with `_` are private to their class";
        return Err(malformed(format!("`{name}` is private")).note(rule));
    }
    if INTERNAL.contains(&name) {
        let rule = "rule: what leads from an object to its class, its code or its attributes by name is no member";
        return Err(malformed(format!("`{name}` is the interpreter's")).note(rule));
    }
    judge(policy, module, &path)
}

/// What `typing.NamedTuple` documents in spite of the underscore.
const NAMED_TUPLE: &[&str] = &["_asdict", "_field_defaults", "_fields", "_make", "_replace"];

/// What would let a caller walk from an object to anything: classes, code, globals, and attributes by name. (Python's data
/// model, sections "Special method names" and "The standard type hierarchy".)
const INTERNAL: &[&str] = &[
    "__base__",
    "__bases__",
    "__builtins__",
    "__class__",
    "__closure__",
    "__code__",
    "__delattr__",
    "__dict__",
    "__func__",
    "__getattr__",
    "__getattribute__",
    "__getstate__",
    "__globals__",
    "__init_subclass__",
    "__loader__",
    "__mro__",
    "__reduce__",
    "__reduce_ex__",
    "__self__",
    "__setattr__",
    "__setstate__",
    "__spec__",
    "__subclasses__",
    "__wrapped__",
];

/// Whether `blocked-members` names it.
fn judge(policy: &Policy, module: &str, path: &str) -> Result<(), Diagnostic> {
    let list = &policy.module_whitelist().blocked_members;
    let Some((first, all)) = deciding(list, |pattern| pattern.blocks(module, path)) else { return Ok(()) };
    let mut rule = policy.rule("blocked-members", first.place.as_ref());
    if first.value.to_string() != format!("{module}.{path}") {
        rule.push_str(&format!(", by its entry `{}`", first.value));
    }
    let message = format!("`{module}.{path}` is blocked by policy");
    let mut diagnostic = Diagnostic::error(Code::MemberBlocked, message).note(rule);
    if let Some(reason) = &first.reason {
        diagnostic = diagnostic.note(format!("note: the policy's reason: {reason}"));
    }
    let mut edit = Edit::default();
    edit.unblock(policy, "blocked-members", &all);
    Err(diagnostic.help(edit.help(policy)))
}

/// An entry of `blocked-members`: a member by its full name (`pandas.DataFrame.eval`), where `*` stands for one or more
/// segments (`numpy.f2py.*`), or a parameter of one (`numpy.load(allow_pickle)`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberPattern {
    segments: Vec<String>,
    parameter: Option<String>,
}

impl MemberPattern {
    /// For defaults, which a test parses.
    pub(crate) fn of(text: &str) -> Self {
        let (path, parameter) = match text.strip_suffix(')').and_then(|text| text.split_once('(')) {
            Some((path, parameter)) => (path, Some(parameter.to_owned())),
            None => (text, None),
        };
        Self { segments: path.split('.').map(str::to_owned).collect(), parameter }
    }

    /// Whether it blocks a member as a whole: the member it names, and what is below that.
    pub fn blocks(&self, module: &str, path: &str) -> bool {
        self.parameter.is_none() && self.names(module, path)
    }

    /// The parameter it blocks, if it blocks one.
    pub fn parameter(&self) -> Option<&str> {
        self.parameter.as_deref()
    }

    /// Whether it blocks a parameter of a member.
    pub fn blocks_parameter(&self, module: &str, path: &str, parameter: &str) -> bool {
        self.parameter.as_deref() == Some(parameter) && self.names(module, path)
    }

    /// Matches segments from left to right. The pattern has matched once it is used up, so that it covers what is below.
    /// On a mismatch the last `*` takes one segment more; it never needs an earlier one, so the time is at most the
    /// product of the two lengths.
    fn names(&self, module: &str, path: &str) -> bool {
        // Nearly all patterns are of another package, which is seen at once.
        let package = module.split('.').next();
        if self.segments.first().is_some_and(|first| first != "*" && Some(first.as_str()) != package) {
            return false;
        }
        let name: Vec<&str> = module.split('.').chain(path.split('.')).collect();
        let (mut pattern, mut at) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while let Some(segment) = self.segments.get(pattern) {
            if at < name.len() && segment == "*" {
                star = Some((pattern, at + 1));
                pattern += 1;
                at += 1;
            } else if at < name.len() && segment == name[at] {
                pattern += 1;
                at += 1;
            } else if let Some((star_at, taken)) = star
                && taken < name.len()
            {
                star = Some((star_at, taken + 1));
                pattern = star_at + 1;
                at = taken + 1;
            } else {
                return false;
            }
        }
        true
    }
}

impl fmt::Display for MemberPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.segments.join("."))?;
        match &self.parameter {
            Some(parameter) => write!(f, "({parameter})"),
            None => Ok(()),
        }
    }
}

impl Value for MemberPattern {
    fn expected() -> String {
        "a member, such as `\"pandas.eval\"`, a tree, `\"numpy.f2py.*\"`, or a parameter, `\"numpy.load(allow_pickle)\"`".to_owned()
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let Some(text) = raw.get_ref().as_str() else {
            wrong_type::<Self>(raw, reading);
            return None;
        };
        let pattern = Self::of(text);
        let valid =
            |segment: &String| segment == "*" || (is_identifier(segment) && !KEYWORDS.contains(&segment.as_str()));
        let parameter = pattern.parameter.as_deref().is_none_or(is_identifier);
        if pattern.segments.len() < 2 || !pattern.segments.iter().all(valid) || !parameter {
            wrong_value::<Self>(raw, reading, format_args!("`{}` names no member of a module", text.escape_debug()));
            return None;
        }
        // Every callable that such an entry matched would be said to have the parameter.
        if pattern.parameter.is_some() && pattern.segments.last().is_some_and(|segment| segment == "*") {
            wrong_value::<Self>(raw, reading, "a parameter is one of a callable that has a name");
            return None;
        }
        Some(pattern)
    }

    fn write(&self) -> String {
        quoted(&self.to_string())
    }
}
