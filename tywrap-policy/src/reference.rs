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
            default(&mut text, &key.default);
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// Writes a default; a long list as a block.
fn default(text: &mut String, default: &str) {
    const WIDTH: usize = 100;
    // Writing to a `String` cannot fail.
    let _ = match default {
        "none" => writeln!(text, "- Default: none"),
        short if short.len() <= WIDTH && short.contains('`') => writeln!(text, "- Default: `` {short} ``"),
        short if short.len() <= WIDTH => writeln!(text, "- Default: `{short}`"),
        long => {
            text.push_str("- Default:\n\n  ```toml\n");
            let mut line = String::new();
            for item in long.split_inclusive(", ") {
                if line.len() + item.len() > WIDTH {
                    let _ = writeln!(text, "  {}", line.trim_end());
                    line = String::from(" ");
                }
                line.push_str(item);
            }
            writeln!(text, "  {line}\n  ```")
        }
    };
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
