//! Secrets in text that is about to be logged.
//!
//! The rules go by form: they find what is written as secrets are written, and a password in running text stays. They
//! would rather take a word too much after `token:` than leave one. Digests in hexadecimal stay, since the log is full
//! of them.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex, RegexBuilder, RegexSet, RegexSetBuilder};

/// What stands in a secret's place.
pub(super) const MASKED: &str = "[masked]";

/// Names of what is secret, as a pattern.
const NAMES: &str = concat!(
    "(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key",
    "|signing[_-]?key|credentials?|session[_-]?id|cookie|authorization)"
);

/// What is found, each with an example. The groups `secret`, `quoted` and `single` are replaced. `NAMES` stands for
/// those.
const RULES: [(&str, &str); 7] = [
    // The password of a URL, up to the last `@` before its path.
    ("postgres://me:pa@ss@host/db", r#"[a-z][a-z0-9+.-]*://[^\s/?\#:@"'`]*:(?<secret>[^\s/?\#"'`]+)@"#),
    // What a private key in PEM holds, up to its end or that of the text.
    ("-----BEGIN RSA PRIVATE KEY-----MIIE", r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?<secret>[^-]+)"),
    // A header with a scheme and its credentials.
    (
        "Authorization: Basic bWU6cGFzcw==",
        r#"(?-u:\b)authorization["']?\s*[:=]\s*["']?(?<secret>[a-z]+ +[a-z0-9._~+/=:-]+)"#,
    ),
    // Credentials without their header.
    ("bearer abcdefgh", r"(?-u:\b)bearer\s+(?<secret>[a-z0-9._~+/-]{8,}=*)"),
    // A name and its value: a quoted one up to its quote, another up to what ends a word.
    (
        "\"api_key\": \"abc def\"",
        r#"NAMES["']?\s*[:=]\s*(?:"(?<quoted>[^"]+)|'(?<single>[^']+)|(?<secret>[^\s"'`,;&)}\]]+))"#,
    ),
    // Likewise on a command line.
    ("--db-password hunter2", r#"--[a-z-]*NAMES\s+["']?(?<secret>[^\s"'`-][^\s"'`]*)"#),
    // Keys that say what they are by how they begin: of AWS, GitHub, GitLab, Slack, payment and model services, Google,
    // and JSON Web Tokens.
    (
        "AKIAIOSFODNN7EXAMPLE",
        concat!(
            r"(?-u:\b)(?<secret>(?-i:AKIA|ASIA)[a-z0-9]{16,}|gh[opusr]_[a-z0-9]{20,}|github_pat_[a-z0-9_]{20,}",
            r"|glpat-[a-z0-9_-]{16,}|xox[abeprs]-[a-z0-9-]{10,}|[rs]k[_-][a-z0-9_-]{20,}|(?-i:AIza)[a-z0-9_-]{30,}",
            r"|(?-i:eyJ)[a-z0-9_-]{10,}\.[a-z0-9_-]{4,}(?:\.[a-z0-9_-]*)?)"
        ),
    ),
];

struct Rules {
    /// All of them, to know at once that nothing is to be done.
    all: RegexSet,
    /// In order.
    each: Vec<Regex>,
}

/// None only if a rule were malformed, which a test excludes.
static COMPILED: LazyLock<Option<Rules>> = LazyLock::new(|| {
    let patterns = RULES.map(|(_, pattern)| pattern.replace("NAMES", NAMES));
    Some(Rules {
        all: RegexSetBuilder::new(&patterns).case_insensitive(true).build().ok()?,
        each: patterns.iter().map(|pattern| build(pattern)).collect::<Option<_>>()?,
    })
});

/// A name of what is secret. Apart from the rules, which take ten times as long to compile.
static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| build(&format!("{NAMES}$")));

fn build(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).case_insensitive(true).build().ok()
}

/// The text with [`MASKED`] in the place of each secret.
pub(super) fn mask(text: &str) -> Cow<'_, str> {
    let mut masked = Cow::Borrowed(text);
    // Asked first: the rules take milliseconds to compile, and most hosts never need them.
    let Some(rules) = may_hold_one(text).then(|| COMPILED.as_ref()).flatten() else { return masked };
    if !rules.all.is_match(text) {
        return masked;
    }
    for rule in &rules.each {
        if let Cow::Owned(replaced) = rule.replace_all(&masked, replace) {
            masked = Cow::Owned(replaced);
        }
    }
    masked
}

/// Whether something of that name is secret, whatever it looks like.
pub(super) fn is_secret(name: &str) -> bool {
    NAME.as_ref().is_some_and(|pattern| pattern.is_match(name))
}

/// Whether there is anything that a rule could begin to match with. Most text that is logged has none of it, and the
/// rules take longer than everything else that is done with it.
fn may_hold_one(text: &str) -> bool {
    let (mut word, mut dashes) = (0_u32, 0_u32);
    for byte in text.bytes() {
        if matches!(byte, b':' | b'=') {
            return true;
        }
        dashes = if byte == b'-' { dashes + 1 } else { 0 };
        word = if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.') { word + 1 } else { 0 };
        if dashes == 2 || word == 15 {
            return true;
        }
    }
    // A word of eight behind `bearer`.
    text.len() >= 15 && (text.contains("earer") || text.contains("EARER"))
}

fn replace(found: &Captures<'_>) -> String {
    let whole = found.get(0).map_or(0..0, |all| all.range());
    let text = &found[0];
    let secret = ["secret", "quoted", "single"].iter().find_map(|group| found.name(group));
    match secret {
        Some(secret) if !is_ours(secret.as_str()) => {
            let (start, end) = (secret.start() - whole.start, secret.end() - whole.start);
            format!("{}{MASKED}{}", &text[..start], &text[end..])
        }
        _ => text.to_owned(),
    }
}

/// Whether it is what was put in a secret's place, or says that the text was cut there.
fn is_ours(secret: &str) -> bool {
    let Some(rest) = secret.strip_prefix('[') else { return false };
    let word = rest.split([']', '[', ' ']).next().unwrap_or_default();
    "masked".starts_with(word) || word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn every_rule_finds_its_example_and_is_needed_for_it() {
        let rules = COMPILED.as_ref().unwrap();
        for (at, (example, _)) in RULES.iter().enumerate() {
            assert!(rules.all.matches(example).matched(at), "{example}");
            assert!(mask(example).contains(MASKED), "{example}");
        }
    }

    #[test]
    fn secrets_are_masked_and_the_rest_stays() {
        for (raw, masked) in [
            ("cannot open https://me:pw@host/x?y", "cannot open https://me:[masked]@host/x?y"),
            ("postgres://me:p@ss:w@host:5432/db", "postgres://me:[masked]@host:5432/db"),
            ("redis://:pw@host", "redis://:[masked]@host"),
            ("Authorization: Bearer abc.def-ghi", "Authorization: [masked]"),
            ("authorization=basic bWU6cHc=; x", "authorization=[masked]; x"),
            ("sent BEARER abcdefgh12== twice", "sent BEARER [masked] twice"),
            ("password=hunter2&next=1", "password=[masked]&next=1"),
            ("db_password : hunter2, user: me", "db_password : [masked], user: me"),
            ("{\"api_key\": \"a b c\", \"id\": 1}", "{\"api_key\": \"[masked]\", \"id\": 1}"),
            ("{'client-secret': 'a, b'}", "{'client-secret': '[masked]'}"),
            ("TOKEN=\"never closed", "TOKEN=\"[masked]"),
            ("run --token hunter2 --verbose", "run --token [masked] --verbose"),
            ("run --db-password=hunter2", "run --db-password=[masked]"),
            ("Cookie: sid=1234; theme=dark", "Cookie: [masked]; theme=dark"),
            ("key AKIAIOSFODNN7EXAMPLE was", "key [masked] was"),
            ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "[masked]"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "[masked]"),
            ("-----BEGIN PRIVATE KEY-----\nMIIE\nabc\n-----END", "-----BEGIN PRIVATE KEY-----[masked]-----END"),
        ] {
            assert_eq!(mask(raw), masked);
            assert_eq!(mask(masked), masked, "masked again");
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        let digest = "0123456789abcdef".repeat(4);
        for text in [
            "`math.sqrt` takes 1 argument: 2 were given",
            "`numpy:ndarray` has no `token`",
            "the tokenizer of `json.scanner` stopped at line 3: unexpected end",
            "https://host:8080/path and ssh://git@host/x",
            "the byte code of 12 files for the workers was kept",
            "2026-11-28T10:00:00Z is no secret",
            "mailto:me@example.org",
            "run --tokens 5 --verbose",
            "the bearer of this",
            "tests_classes.VeryLongNamesOfClasses.and_methods_0123456789",
            &digest,
        ] {
            assert_eq!(mask(text), text);
        }
    }

    #[test]
    fn names_tell_what_is_secret() {
        for (name, secret) in [
            ("password", true),
            ("DB_PASSWORD", true),
            ("x-api-key", true),
            ("token", true),
            ("tokens", false),
            ("command", false),
        ] {
            assert_eq!(is_secret(name), secret, "{name}");
        }
    }
}
