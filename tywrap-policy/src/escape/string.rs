//! String literals.

use std::fmt::Write;

/// A text as a string literal of JavaScript and TypeScript that is also a string of JSON, with its quotes.
///
/// It holds no quote of any kind but its own two, no `<`, `>`, `&`, backtick or `$`, no `*/` or `//`, no line break and no
/// character that is not seen: so it stays one literal wherever its line is pasted, be it a template, a comment or a
/// `<script>`.
pub fn string_literal(text: &str) -> String {
    let mut literal = Literal::with_capacity(text.len());
    text.chars().for_each(|character| literal.push(character));
    literal.finish()
}

/// As [`string_literal`], for a text in UTF-16 that may hold half a surrogate pair, as strings of Python and JavaScript may.
pub fn string_literal_utf16(units: &[u16]) -> String {
    let mut literal = Literal::with_capacity(units.len());
    for unit in char::decode_utf16(units.iter().copied()) {
        match unit {
            Ok(character) => literal.push(character),
            Err(lone) => literal.unit(lone.unpaired_surrogate()),
        }
    }
    literal.finish()
}

struct Literal {
    text: String,
    previous: char,
}

impl Literal {
    fn with_capacity(bytes: usize) -> Self {
        let mut text = String::with_capacity(bytes + 2);
        text.push('"');
        Self { text, previous: '"' }
    }

    fn push(&mut self, character: char) {
        match character {
            '\\' => self.text.push_str("\\\\"),
            '\n' => self.text.push_str("\\n"),
            '\r' => self.text.push_str("\\r"),
            '\t' => self.text.push_str("\\t"),
            // `*/` would end a comment the line is pasted into; `//#` is looked for by tools that read no JavaScript.
            '/' if matches!(self.previous, '*' | '/') => self.text.push_str("\\/"),
            '"' | '\'' | '`' | '$' | '<' | '>' | '&' => self.number(character),
            ' '..='~' => self.text.push(character),
            _ if !character.is_ascii() && super::is_shown(character) => self.text.push(character),
            _ => self.number(character),
        }
        self.previous = character;
    }

    fn number(&mut self, character: char) {
        for unit in character.encode_utf16(&mut [0; 2]) {
            self.unit(*unit);
        }
    }

    fn unit(&mut self, unit: u16) {
        // Writing to a `String` cannot fail.
        let _ = write!(self.text, "\\u{unit:04x}");
        self.previous = '\\';
    }

    fn finish(mut self) -> String {
        self.text.push('"');
        self.text
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::{string_literal, string_literal_utf16};

    /// Reads a string literal of JavaScript, by the productions of ECMA-262's `DoubleStringCharacter`.
    fn evaluate(literal: &str) -> Vec<u16> {
        let inner = literal.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
        let mut units = Vec::new();
        let mut characters = inner.chars();
        while let Some(character) = characters.next() {
            assert!(!matches!(character, '"' | '\n' | '\r' | '\u{2028}' | '\u{2029}'), "ends the literal: {literal}");
            if character != '\\' {
                units.extend_from_slice(character.encode_utf16(&mut [0; 2]));
                continue;
            }
            match characters.next().unwrap() {
                'n' => units.push(u16::from(b'\n')),
                'r' => units.push(u16::from(b'\r')),
                't' => units.push(u16::from(b'\t')),
                'u' => {
                    let digits: String = characters.by_ref().take(4).collect();
                    assert!(digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()), "{literal}");
                    units.push(u16::from_str_radix(&digits, 16).unwrap());
                }
                other @ ('\\' | '/') => units.push(other as u16),
                other => unreachable!("no escape is written as \\{other}"),
            }
        }
        units
    }

    fn assert_inert(literal: &str) {
        let inner = &literal[1..literal.len() - 1];
        for forbidden in ["<", ">", "&", "`", "$", "'", "*/", "//", "\n", "\r", "\u{2028}", "\u{2029}", "\0"] {
            assert!(!inner.contains(forbidden), "{forbidden:?} in {literal}");
        }
        assert!(!inner.replace("\\\\", "").contains('"'), "{literal}");
        assert!(inner.chars().all(|c| c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric()), "{literal}");
    }

    #[test]
    fn the_literals_of_the_security_suite_are_inert() {
        for (text, literal) in [
            (r#"alert("xss")"#, r#""alert(\u0022xss\u0022)""#),
            ("${evil_code}", r#""\u0024{evil_code}""#),
            ("`command_injection`", r#""\u0060command_injection\u0060""#),
            ("'; DROP TABLE users; --", r#""\u0027; DROP TABLE users; --""#),
            ("\\", r#""\\""#),
            ("\\${x}", r#""\\\u0024{x}""#),
            ("a\u{2028}b\u{202e}c", r#""a\u2028b\u202ec""#),
            ("*/ //# sourceMappingURL=x", r#""*\/ /\/# sourceMappingURL=x""#),
            ("zażółć 数 😀", r#""zażółć 数 \ud83d\ude00""#),
        ] {
            assert_eq!(string_literal(text), literal);
            assert_inert(literal);
            assert_eq!(serde_json::from_str::<String>(literal).unwrap(), text);
        }
    }

    #[test]
    fn half_a_surrogate_pair_is_escaped() {
        assert_eq!(string_literal_utf16(&[0xd800]), r#""\ud800""#);
        assert_eq!(string_literal_utf16(&[0xdc00, 0xd83d, 0xde00]), r#""\udc00\ud83d\ude00""#);
    }

    fn hostile() -> impl Strategy<Value = String> {
        let parts = prop_oneof![
            any::<String>(),
            proptest::sample::select(vec![
                "\\",
                "*",
                "/",
                "*/",
                "//",
                "${",
                "`",
                "'",
                "\"",
                "<",
                "</script>",
                "<!--",
                "\n",
                "\r\n",
                "\u{2028}",
                "\u{2029}",
                "\u{202e}",
                "\u{feff}",
                "\0",
                "\u{7f}",
                "\u{9b}",
                "\\u0024",
                "#",
                "@",
                "\u{10ffff}",
                "\u{3164}",
                "__proto__",
            ])
            .prop_map(str::to_owned),
        ];
        proptest::collection::vec(parts, 0..8).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn a_literal_is_inert_and_evaluates_to_its_text(text in hostile()) {
            let literal = string_literal(&text);
            assert_inert(&literal);
            prop_assert_eq!(evaluate(&literal), text.encode_utf16().collect::<Vec<_>>());
            prop_assert_eq!(serde_json::from_str::<String>(&literal).unwrap(), text);
        }

        #[test]
        fn a_literal_of_any_utf16_is_inert_and_evaluates_to_it(units in proptest::collection::vec(any::<u16>(), 0..40)) {
            let literal = string_literal_utf16(&units);
            assert_inert(&literal);
            prop_assert_eq!(evaluate(&literal), units);
        }
    }
}
