//! Escapers and validators: texts that were accepted or escaped have the property they were accepted or escaped for.

use std::path::{Component, Path};

use tywrap_policy::{Policy, SecurityValidator, escape};

use super::{fuzz, text};

pub(super) fn policy() -> Policy {
    Policy::parse("", Path::new("/app/tywrap.toml")).unwrap().policy
}

/// Whatever is escaped stays within its place.
#[test]
fn escapers() {
    fuzz("escapers", |bytes| {
        let text = text(bytes);

        let literal = escape::string_literal(&text);
        let inner = literal.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
        assert!(!inner.contains(['`', '\'', '<', '>', '&', '$', '\n', '\r', '\u{2028}', '\u{2029}']), "{literal}");
        // A literal of JavaScript without its own escapes is one of JSON.
        assert_eq!(serde_json::from_str::<String>(&literal).unwrap(), text);

        let comment = escape::doc_comment(&text);
        assert!(!format!(" * {}", comment.replace('\n', "\n * ")).contains("*/"), "{comment}");
        assert!(!comment.contains(['\r', '\u{2028}', '\u{2029}', '\0', '\u{1b}', '\u{202e}']), "{comment:?}");

        let line = escape::log_line(&text, 1_000);
        assert!(!line.contains(|it: char| it.is_control()) && line.chars().count() <= 12_000, "{line:?}");

        let names = [escape::identifier(&text), escape::type_identifier(&text), escape::export_name(&text)];
        for name in names.into_iter().flatten() {
            assert!(is_identifier(&name), "{name:?}");
        }
        let key = escape::property_key(&text);
        assert!(is_identifier(&key) || key.starts_with(['"', '[']), "{key}");
        assert!(key != "__proto__" && key != "\"__proto__\"");
    });
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|it: char| it.is_alphabetic() || it == '_' || it == '$')
        && text.chars().all(|it| it.is_alphanumeric() || matches!(it, '_' | '$' | '\u{200c}' | '\u{200d}'))
}

/// Whatever is accepted is what it was accepted as.
#[test]
fn validators() {
    let policy = policy();
    let validator = SecurityValidator::new(&policy);
    fuzz("validators", move |bytes| {
        let text = text(bytes);

        if validator.module_name(&text).is_ok() {
            let parts = text.split('.');
            assert!(parts.into_iter().all(|it| is_identifier(it) && it.is_ascii()) && text.len() <= 100, "{text:?}");
            assert!(!text.starts_with("os") || text.len() > 2, "{text:?}");
        }
        let _ = validator.member("numpy", &text);

        let root = Path::new("/app/safe");
        if let Ok(checked) = validator.path(root, &text) {
            let relative = checked.value.relative;
            assert!(relative.components().all(|it| matches!(it, Component::Normal(_))), "{text:?}");
            // A backslash separates, too: none is left in a name.
            assert!(!relative.as_os_str().is_empty() && !relative.to_str().unwrap().contains(['\0', '\\']), "{text:?}");
        }

        if validator.command(&text).is_ok() {
            assert!(["python3", "python", "node"].contains(&&*text), "{text:?}");
        }
        let arguments: Vec<&str> = text.split('\u{1f}').collect();
        if validator.arguments(&arguments).is_ok() {
            assert!(!text.replace('\u{1f}', "").contains(|it: char| it.is_control() && it != '\t'), "{text:?}");
            assert!(arguments.iter().all(|it| it.chars().count() <= 1_000), "{text:?}");
        }

        let (name, value) = text.split_once('=').unwrap_or((&text, ""));
        for variable in validator.environment([(name, value)]).kept {
            assert!(
                policy.subprocess().allowed_environment_vars.iter().any(|it| it.value.as_str() == variable.0),
                "{text:?}"
            );
            assert!(!variable.1.contains(['\0', '\n']), "{text:?}");
        }
        if let Ok(pattern) = validator.regex(&text) {
            let _ = pattern.is_match(&text);
        }
        let _ = validator.output(&text);
    });
}
