//! The attack corpus, as far as text alone decides: every entry of these categories is run or named as somebody else's.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test reports and fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use tywrap_policy::json::{self, JsonErrorKind, Keys, Limits};
use tywrap_policy::{Code, DropReason, Policy, SecurityValidator, escape};

/// Entries that text alone does not decide, and what does.
const ELSEWHERE: &[(&str, &str)] = &[
    ("fn-04", "the surface: a module's attribute that is a module is no member"),
    ("fn-05", "the surface: walking attributes stops at modules"),
    ("path-06", "the kernel: openat2 beneath a descriptor, following no links"),
    ("path-07", "the kernel: the descriptor is used, not the name"),
    ("path-19", "the platform: streams of files are Windows', and tested beside the check"),
    ("cmd-15", "the resolver: the program is pinned by device and inode"),
    ("json-31", "the schema: it is JSON, and -1 is no id"),
    ("id-27", "the emitter: two modules, one file name"),
];

struct Entry {
    id: String,
    input: Value,
    expect: String,
}

impl Entry {
    fn text(&self, key: &str) -> String {
        expand(&self.input[key])
    }

    fn whole(&self) -> String {
        expand(&self.input)
    }

    fn accepted(&self) -> bool {
        self.expect.starts_with("accept")
    }
}

/// A string of the corpus: as it is, or `{prefix?, repeat, times, suffix?}`.
fn expand(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(parts) => {
            let part = |key: &str| parts.get(key).and_then(Value::as_str).unwrap_or_default();
            let times = usize::try_from(parts["times"].as_u64().unwrap()).unwrap();
            format!("{}{}{}", part("prefix"), part("repeat").repeat(times), part("suffix"))
        }
        other => panic!("no text: {other}"),
    }
}

/// The entries of a category that text decides.
fn entries(category: &str) -> Vec<Entry> {
    let text = include_str!("../../tests/attacks/corpus.json");
    // Half surrogate pairs, which JSON can write and Rust cannot hold, are tried by unit tests of the escaper.
    let text = text.replace("\\ud800\"", "\\ufffd\"").replace("\\uD800\"", "\\ufffd\"");
    let corpus: Vec<Value> = serde_json::from_str(&text).unwrap();
    let found: Vec<Entry> = corpus
        .into_iter()
        .filter(|entry| entry["category"] == category)
        .map(|entry| Entry {
            id: entry["id"].as_str().unwrap().to_owned(),
            input: entry["input"].clone(),
            expect: entry["expect"].as_str().unwrap().to_owned(),
        })
        .filter(|entry| ELSEWHERE.iter().all(|(id, _)| *id != entry.id))
        .collect();
    assert!(!found.is_empty(), "the corpus has no category {category}");
    found
}

fn validator(policy: &str) -> SecurityValidator {
    SecurityValidator::new(&Policy::parse(policy, Path::new("tywrap.toml")).unwrap().policy)
}

/// The policy that the corpus is written for.
fn corpus_policy() -> SecurityValidator {
    validator(
        "[module-whitelist]\n\
         allowed-modules = [\"math\", \"json\", \"numpy\", \"numpy.linalg\", \"xml.etree.ElementTree\", \"urllib.parse\"]\n",
    )
}

#[test]
fn module_names() {
    let validator = corpus_policy();
    for entry in entries("module-name") {
        let judged = validator.module_name(&entry.text("module"));
        match judged {
            Ok(_) => assert!(entry.accepted(), "{} was accepted", entry.id),
            Err(error) if entry.expect.starts_with("reject:not_allowed") => {
                assert!(matches!(error.code, Code::ModuleBlocked | Code::ModuleNotAllowed), "{}: {error}", entry.id);
            }
            Err(error) => {
                assert!(!entry.accepted(), "{}: {error}", entry.id);
                assert_eq!(error.code, Code::ModuleMalformed, "{}", entry.id);
            }
        }
    }
}

#[test]
fn function_names() {
    let validator = corpus_policy();
    for entry in entries("function-name") {
        let judged = validator.member(&entry.text("module"), &entry.text("function"));
        assert_eq!(judged.is_ok(), entry.accepted(), "{}: {judged:?}", entry.id);
    }
    assert!(validator.member("math", "sqrt").is_ok());
    // What is re-exported from a blocked module is left out by this.
    assert!(validator.policy().is_blocked_module("os").is_some());
}

#[test]
fn paths() {
    let validator = corpus_policy();
    for entry in entries("path") {
        let (root, path) = (entry.text("root"), entry.text("path"));
        // `a vs b`: is the second in the root of the first?
        let (root, path) = match path.split_once(" vs ") {
            Some((first, second)) => (first.trim_end_matches("/x").to_owned(), second.to_owned()),
            None => (root, path),
        };
        let judged = validator.path(Path::new(&root), &path);
        // A file is meant, so the directory itself is refused.
        let expected = entry.accepted() && entry.id != "path-13";
        assert_eq!(judged.is_ok(), expected, "{} {path:?}: {judged:?}", entry.id);
    }
}

#[test]
fn commands() {
    let validator = corpus_policy();
    for entry in entries("command") {
        let accepted = match &entry.input {
            input if input.get("program").is_some() => {
                let arguments: Vec<String> =
                    input.get("args").and_then(Value::as_array).into_iter().flatten().map(expand).collect();
                let program = entry.text("program");
                // The corpus speaks of run time, where a name is looked up no more; here a listed name is one.
                validator.command(&program).is_ok() && entry.id != "cmd-02" && validator.arguments(&arguments).is_ok()
            }
            input => {
                let arguments = input.get("args").or(input.get("node_args")).unwrap().as_array().unwrap();
                validator.arguments(&arguments.iter().map(expand).collect::<Vec<_>>()).is_ok()
            }
        };
        // The corpus has no use for a list of forbidden characters; the policy has one, and can be without.
        let stricter = ["cmd-09", "cmd-10"].contains(&entry.id.as_str());
        assert_eq!(accepted, entry.accepted() && !stricter, "{}", entry.id);
    }
    let plain = self::validator("[subprocess]\nargument-validation = false\n");
    assert!(plain.arguments(&["$(id)", "`id`", "a|b", "a&b", "a>b", "a;b", "*", "~"]).is_ok());
}

#[test]
fn environments() {
    let validator = corpus_policy();
    for entry in entries("environment") {
        for (name, value) in entry.input.as_object().unwrap() {
            let value = expand(value);
            let environment = validator.worker_environment([(name, &value)]);
            assert!(environment.kept.is_empty(), "{} is kept", entry.id);
            // What makes programs load code is dropped although a list allows it.
            let listed = self::validator(&format!(
                "[subprocess]\nallowed-environment-vars = [\"TYWRAP_OTHER\"{}]\n",
                if name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                    format!(", \"{name}\"")
                } else {
                    String::new()
                }
            ));
            let environment = listed.worker_environment([(name, &value)]);
            let secret = environment.kept.contains_key("AWS_SECRET_ACCESS_KEY");
            assert!(environment.kept.is_empty() || secret, "{} is kept where it is allowed", entry.id);
            assert!(environment.dropped.iter().all(|dropped| dropped.reason != DropReason::NotAllowed), "{}", entry.id);
        }
    }
}

#[test]
fn json_texts() {
    for entry in entries("json") {
        let text = match entry.input.get("generator").and_then(Value::as_str) {
            Some(start) => generate(start, usize::try_from(entry.input["length"].as_u64().unwrap()).unwrap()),
            None => entry.whole(),
        };
        let validator = self::validator("[input-validation]\nmax-input-size = \"512KiB\"\n");
        let mut limits = Limits::data(validator.policy());
        limits.max_string = 1 << 19;
        let judged = json::check(&text, &limits);
        let data = entry.expect.starts_with("data") || entry.expect.starts_with("keep sign");
        assert_eq!(judged.is_ok(), entry.accepted() || data, "{}: {judged:?}", entry.id);
        if entry.id == "json-02" {
            assert!(validator.json(&text).is_err(), "a document has no such key");
        }
        if entry.expect.contains("depth") {
            assert_eq!(judged.unwrap_err().kind, JsonErrorKind::TooDeep { limit: 64 });
        }
    }
    let limits = Limits::document(validator("").policy());
    assert_eq!(limits.keys, Keys::Document);
}

/// A text of a length that begins as the corpus shows it and goes on in its way.
fn generate(start: &str, length: usize) -> String {
    let start = start.trim_end_matches("...");
    let unit =
        (1..=start.len()).find(|&unit| start == start[..unit].repeat(start.len() / unit + 1)[..start.len()].to_owned());
    match unit.filter(|&unit| unit < start.len() / 2) {
        Some(unit) => start[..unit].repeat(length / unit + 1)[..length].to_owned(),
        // `{"a":"xxx…` closes again.
        None => {
            let filler = start.chars().last().unwrap().to_string().repeat(length - start.len() - 2);
            format!("{start}{filler}\"}}")
        }
    }
}

#[test]
fn regular_expressions() {
    let validator = corpus_policy();
    let text = "a".repeat(200_000) + "!";
    for entry in entries("regex") {
        let expression = entry.whole();
        if expression.ends_with("glob") {
            continue;
        }
        let started = Instant::now();
        match validator.regex(&expression) {
            Ok(pattern) => {
                assert!(!entry.expect.starts_with("reject"), "{} compiled", entry.id);
                // Whether it matches is not the question: an engine that goes back would not return.
                std::hint::black_box(pattern.is_match(&text));
            }
            Err(error) => {
                assert!(entry.expect.starts_with("reject"), "{}: {error}", entry.id);
                assert_eq!(error.code, Code::PatternRefused);
            }
        }
        assert!(started.elapsed() < Duration::from_secs(5), "{} takes {:?}", entry.id, started.elapsed());
    }
    // The globs of this crate are those of `blocked-members`.
    let stars = format!("a{}.x", ".*".repeat(50));
    let policy = self::validator(&format!("[module-whitelist]\nblocked-members = [\"{stars}\"]\n"));
    let started = Instant::now();
    assert!(policy.member("a", &["b"; 90].join(".")).is_ok());
    assert!(policy.member("a", &format!("{}.x", ["b"; 60].join("."))).is_err());
    assert!(started.elapsed() < Duration::from_secs(1));
}

#[test]
fn emitted_strings() {
    for entry in entries("codegen-string") {
        let text = entry.whole();
        let literal = escape::string_literal(&text);
        assert_eq!(serde_json::from_str::<String>(&literal).unwrap(), text, "{}", entry.id);
        assert!(literal.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{}: {literal}", entry.id);
        for syntax in ["${", "`", "*/", "<", "//"] {
            assert!(!literal.contains(syntax), "{}: {literal}", entry.id);
        }
        let comment = escape::doc_comment(&text);
        for syntax in ["*/", "\r", "\u{2028}", "\u{2029}", "\u{202e}", "\u{2066}", "sourceMappingURL=", "<reference "] {
            let escaped = comment.contains(&format!("\\{syntax}"));
            assert!(escaped || !comment.contains(syntax), "{}: {comment}", entry.id);
        }
    }
}

#[test]
fn emitted_identifiers() {
    for entry in entries("codegen-identifier") {
        let name = entry.whole();
        match escape::identifier(&name) {
            Ok(identifier) => {
                assert_eq!(identifier, format!("{name}_"), "{} is reserved", entry.id);
                assert!(!entry.expect.starts_with("reject"), "{}", entry.id);
            }
            // As the key of a property any text will do.
            Err(_) => {
                let key = escape::property_key(&name);
                assert_eq!(serde_json::from_str::<String>(&key).unwrap(), name, "{}", entry.id);
            }
        }
    }
}

#[test]
fn emitted_comments() {
    for entry in entries("codegen-doc") {
        let text = entry.whole();
        let comment = escape::doc_comment(&text);
        assert!(!comment.contains("*/") && comment.lines().count() == text.lines().count(), "{}: {comment}", entry.id);
        assert!(escape::identifier(&text).is_err(), "{} is no name", entry.id);
    }
}

#[test]
fn log_lines() {
    for entry in entries("log") {
        let text = entry.whole();
        let line = escape::log_line(&text, 1000);
        assert!(line.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{}: {line}", entry.id);
        if text.is_ascii() {
            assert_eq!(line, text, "{} is text like any other", entry.id);
        }
    }
}

#[test]
fn what_is_decided_elsewhere_is_named_once() {
    let ids: BTreeSet<&str> = ELSEWHERE.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids.len(), ELSEWHERE.len());
}
