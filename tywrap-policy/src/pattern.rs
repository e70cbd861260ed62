//! Regular expressions of the policy.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

use crate::Code;
use crate::source::Reading;
use crate::value::{Raw, Value, quoted, wrong_type, wrong_value};

/// A regular expression of bounded size, compiled once. The engine takes time linear in what it searches.
#[derive(Clone, Debug)]
pub struct Pattern(Compiled);

#[derive(Clone, Debug)]
enum Compiled {
    Given(Regex),
    Constant(&'static Constant),
}

/// An expression of this file. To compile those takes longer than everything else that a host does with its policy, and few texts need it.
#[derive(Debug)]
struct Constant {
    expression: &'static str,
    /// Every match has one of these in it.
    needs: &'static [&'static str],
    regex: OnceLock<Regex>,
}

impl Constant {
    const fn new(expression: &'static str, needs: &'static [&'static str]) -> Self {
        Self { expression, needs, regex: OnceLock::new() }
    }

    /// The expression, if it could match.
    #[expect(clippy::expect_used, reason = "the expressions are constants of this file, and a test compiles them")]
    fn regex(&self, text: &str) -> Option<&Regex> {
        let may_match = self.needs.iter().any(|needed| text.contains(needed));
        may_match.then(|| self.regex.get_or_init(|| compile(self.expression).expect("a constant expression compiles")))
    }
}

/// The defaults of `reject-patterns`.
static REJECTED: [Constant; 5] = [
    Constant::new(r"[;&|`$<>]", &[";", "&", "|", "`", "$", "<", ">"]),
    Constant::new(r"\.\.", &[".."]),
    Constant::new(r"__(import|eval|exec)__", &["__"]),
    Constant::new(r"(?i)<script", &["<"]),
    Constant::new(r"(?i)javascript:", &[":"]),
];

/// Bytes that a compiled expression may take: some hundred times what the defaults need, and far below what
/// `a{1000}{1000}` would.
const SIZE: usize = 1 << 20;

fn compile(expression: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(expression).size_limit(SIZE).dfa_size_limit(SIZE).build()
}

impl Pattern {
    /// Compiles an expression.
    ///
    /// # Errors
    /// What is wrong with it, or that it is too large.
    pub fn new(expression: &str) -> Result<Self, String> {
        compile(expression).map(|regex| Self(Compiled::Given(regex))).map_err(|error| match error {
            regex::Error::CompiledTooBig(limit) => format!("it takes more than {limit} bytes when it is compiled"),
            // The library draws the expression with a caret over several lines; the last line says what is wrong.
            other => other.to_string().lines().last().unwrap_or("it is malformed").trim_start_matches("error: ").into(),
        })
    }

    /// Whether it occurs in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex(text).is_some_and(|regex| regex.is_match(text))
    }

    /// The first occurrence.
    pub fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.regex(text)?.find(text).map(|found| found.as_str())
    }

    /// The expression.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Compiled::Given(regex) => regex.as_str(),
            Compiled::Constant(constant) => constant.expression,
        }
    }

    fn regex(&self, text: &str) -> Option<&Regex> {
        match &self.0 {
            Compiled::Given(regex) => Some(regex),
            Compiled::Constant(constant) => constant.regex(text),
        }
    }

    /// The defaults of `reject-patterns`: what shells read as more than a name, what climbs directories, what evaluates
    /// code in Python and what runs script in a page.
    pub(crate) fn rejected() -> Vec<Self> {
        REJECTED.iter().map(|constant| Self(Compiled::Constant(constant))).collect()
    }
}

impl Value for Pattern {
    fn expected() -> String {
        "a regular expression".to_owned()
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let Some(text) = raw.get_ref().as_str() else {
            wrong_type::<Self>(raw, reading);
            return None;
        };
        match Self::new(text) {
            Ok(pattern) => Some(pattern),
            Err(why) => {
                let message = format!("bad regular expression in `{}`: {why}", reading.key);
                let error = reading.error(Code::PolicyPattern, raw.span(), message);
                error
                    .help
                    .push("the syntax is that of Rust's `regex`; in TOML, '…' keeps backslashes as they are".into());
                None
            }
        }
    }

    fn write(&self) -> String {
        quoted(self.as_str())
    }
}

/// A regular expression that must match the whole of a text, whether or not it has anchors: without them it would pass
/// anything that contains a match.
#[derive(Clone, Debug)]
pub struct WholePattern {
    expression: String,
    /// None of the default, which is a list of characters.
    anchored: Option<Pattern>,
}

/// The default of `allowed-characters`.
const ALLOWED: &str = r"^[a-zA-Z0-9._-]+$";

/// What [`ALLOWED`] says, without compiling it.
fn is_allowed(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

impl WholePattern {
    /// Compiles an expression.
    ///
    /// # Errors
    /// As [`Pattern::new`].
    pub fn new(expression: &str) -> Result<Self, String> {
        // Compiled alone first: `)|(` would close the group it is put in. An expression in verbose mode may end in a
        // comment, which would swallow the parenthesis; it does not compile then, and nothing is let through.
        Pattern::new(expression)?;
        let anchored = Pattern::new(&format!(r"\A(?:{expression})\z"))?;
        Ok(Self { expression: expression.to_owned(), anchored: Some(anchored) })
    }

    /// Whether it matches the whole of `text`.
    pub fn is_match(&self, text: &str) -> bool {
        self.anchored.as_ref().map_or_else(|| is_allowed(text), |anchored| anchored.is_match(text))
    }

    /// The expression.
    pub fn as_str(&self) -> &str {
        &self.expression
    }

    /// The default of `allowed-characters`.
    pub(crate) fn allowed_characters() -> Self {
        Self { expression: ALLOWED.to_owned(), anchored: None }
    }
}

impl Value for WholePattern {
    fn expected() -> String {
        Pattern::expected()
    }

    fn read(raw: &Raw<'_>, reading: &mut Reading<'_>) -> Option<Self> {
        let pattern = Pattern::read(raw, reading)?;
        Self::new(pattern.as_str()).map_err(|why| wrong_value::<Self>(raw, reading, why)).ok()
    }

    fn write(&self) -> String {
        quoted(&self.expression)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Texts of what the constants look for, and of what is almost that.
    fn texts() -> impl Strategy<Value = String> {
        let parts = [
            "",
            "a",
            "Z",
            "9",
            ".",
            "..",
            "-",
            "_",
            "__",
            "import",
            "eval",
            "__exec__",
            ";",
            "&",
            "|",
            "`",
            "$",
            "<",
            ">",
            "<",
            "script",
            "\u{17f}CRIPT",
            "javaScript",
            "java\u{17f}cript",
            ":",
            "\n",
            " ",
            "\u{e9}",
            "\u{212a}",
        ];
        prop::collection::vec(prop::sample::select(parts.to_vec()), 0..6).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn constants_find_what_their_expressions_do(text in texts()) {
            for pattern in Pattern::rejected() {
                let given = Pattern::new(pattern.as_str()).map_err(TestCaseError::fail)?;
                prop_assert!(matches!(given.0, Compiled::Given(_)));
                prop_assert_eq!(pattern.find(&text), given.find(&text), "{}", pattern.as_str());
                prop_assert_eq!(pattern.is_match(&text), given.is_match(&text));
            }
            let given = WholePattern::new(ALLOWED).map_err(TestCaseError::fail)?;
            prop_assert_eq!(WholePattern::allowed_characters().is_match(&text), given.is_match(&text));
        }
    }
}
