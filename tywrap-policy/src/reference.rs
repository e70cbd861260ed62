//! The reference documentation, made from the tables that do the work.

use std::fmt::Write;

use crate::Code;
use crate::settings::Settings;

/// Markdown of every section and key of the policy.
pub(crate) fn policy() -> String {
    let mut text = String::new();
    for section in Settings::reference() {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "## `[{}]`\n\n{}\n", section.name, section.meaning.trim());
        for key in section.keys {
            let _ = write!(text, "\n### `{}`\n\n{}\n\n", key.name, key.meaning.trim());
            let _ = writeln!(text, "- Value: {}", key.expected);
            let _ = match key.default.as_str() {
                "none" => writeln!(text, "- Default: none"),
                default if default.contains('`') => writeln!(text, "- Default: `` {default} ``"),
                default => writeln!(text, "- Default: `{default}`"),
            };
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// Markdown of every code.
pub(crate) fn codes() -> String {
    let mut text = String::from("| code | severity | meaning |\n|---|---|---|\n");
    for code in Code::ALL {
        let meaning = code.explanation().replace('|', "\\|");
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "| `{code}` | {} | {meaning} |", code.severity());
    }
    text
}
