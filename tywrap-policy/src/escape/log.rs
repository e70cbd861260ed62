//! Lines of logs and messages.

use std::fmt::Write;

/// A text as part of one line of a log: no line break, no escape sequence of a terminal (7-bit or the C1 controls), no
/// control of writing direction, and at most `limit` characters of the text. A backslash is doubled, so that
/// a text cannot pass for the escape of another.
pub fn log_line(text: &str, limit: usize) -> String {
    let mut line = String::with_capacity(text.len().min(limit));
    for character in text.chars().take(limit) {
        match character {
            '\\' => line.push_str("\\\\"),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            ' '..='~' => line.push(character),
            _ if !character.is_ascii() && super::is_shown(character) => line.push(character),
            // Writing to a `String` cannot fail.
            _ => _ = write!(line, "\\u{{{:x}}}", character as u32),
        }
    }
    let omitted = text.chars().skip(limit).count();
    if omitted > 0 {
        // Writing to a `String` cannot fail.
        let _ = write!(line, "… ({omitted} more characters)");
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::log_line;

    #[test]
    fn a_line_stays_a_line() {
        for (text, line) in [
            ("plain %s%n{} ${jndi:ldap://x}", "plain %s%n{} ${jndi:ldap://x}"),
            ("a\r\nlevel=error forged", "a\\r\\nlevel=error forged"),
            ("\u{1b}[2J\u{9b}31m", "\\u{1b}[2J\\u{9b}31m"),
            ("\u{202e}x\\n", "\\u{202e}x\\\\n"),
        ] {
            assert_eq!(log_line(text, 1000), line);
        }
        assert_eq!(log_line("äöüß", 3), "äöü… (1 more characters)");
    }

    proptest! {
        #[test]
        fn a_line_has_no_control(text in any::<String>(), limit in 0..50_usize) {
            let line = log_line(&text, limit);
            let control = |c: char| c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c);
            prop_assert!(!line.contains(control));
        }

        #[test]
        fn different_texts_are_different_lines(a in r"[\\n\n\ru{}]{0,6}", b in r"[\\n\n\ru{}]{0,6}") {
            prop_assert_eq!(a == b, log_line(&a, 100) == log_line(&b, 100));
        }
    }
}
