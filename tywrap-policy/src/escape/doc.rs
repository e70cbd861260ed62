//! Documentation comments.

use std::fmt::Write;

/// A text as it may stand in a `/** … */` comment, after ` * ` on each of its lines, which are separated by `\n`.
///
/// It is meant to be read as Markdown, where a backslash before punctuation is not shown. It cannot end the comment, and
/// nothing in it is a directive: no `@tag` (`@ts-nocheck`, `@jsx`, `@internal`), no `#__PURE__`, no `sourceMappingURL`, no
/// element of HTML. What is not seen is shown by its number.
pub fn doc_comment(text: &str) -> String {
    let mut comment = String::with_capacity(text.len());
    let mut previous = '\n';
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        let next = rest.as_str();
        match character {
            '\r' if next.starts_with('\n') => continue,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                trim_blanks(&mut comment);
                comment.push('\n');
                previous = '\n';
                continue;
            }
            // The line stands after `*`, and so does a line of the comment that an editor wraps.
            '/' if matches!(previous, '*' | '\n') => comment.push_str("\\/"),
            '@' if !previous.is_alphanumeric() => comment.push_str("\\@"),
            '#' if is_directive(next) => comment.push_str("\\#"),
            '<' if next.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) => {
                comment.push_str("\\<");
            }
            '=' if comment.ends_with("sourceMappingURL") || comment.ends_with("sourceURL") => comment.push_str("\\="),
            '\t' => comment.push_str("    "),
            ' '..='~' => comment.push(character),
            _ if !character.is_ascii() && is_readable(character) => comment.push(character),
            // Writing to a `String` cannot fail.
            _ => _ = write!(comment, "\\u{{{:x}}}", character as u32),
        }
        previous = character;
    }
    trim_blanks(&mut comment);
    comment
}

/// Prose needs more than letters: dashes, quotation marks, arrows and the signs of mathematics, which all have ink.
fn is_readable(character: char) -> bool {
    super::is_shown(character)
        || matches!(character,
            '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{ff}'
            | '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}'
            | '\u{20a0}'..='\u{20c0}' | '\u{2100}'..='\u{23ff}' | '\u{2500}'..='\u{27ff}' | '\u{2900}'..='\u{2bff}')
}

fn is_directive(next: &str) -> bool {
    let next = next.trim_start_matches([' ', '\t']);
    ["__", "sourceMappingURL", "sourceURL"].iter().any(|directive| next.starts_with(directive))
}

fn trim_blanks(comment: &mut String) {
    comment.truncate(comment.trim_end_matches(' ').len());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::doc_comment;

    #[test]
    fn comments_hold_no_directive_and_do_not_end() {
        for (text, comment) in [
            ("Return the sine.\n\n>>> sin(0)\n0.0", "Return the sine.\n\n>>> sin(0)\n0.0"),
            ("*/ evil() /*", "*\\/ evil() /*"),
            ("**/", "**\\/"),
            ("a\r evil()\r\nb\u{2028}c", "a\n evil()\nb\nc"),
            ("@ts-nocheck and me@example.org", "\\@ts-nocheck and me@example.org"),
            ("{@link x} *@internal", "{\\@link x} *\\@internal"),
            ("//# sourceMappingURL=data:x", "\\//\\# sourceMappingURL\\=data:x"),
            ("#__PURE__ # heading", "\\#__PURE__ # heading"),
            ("/// <reference path='x'/>", "\\/// \\<reference path='x'/>"),
            ("</script><!-- a < b <= c", "\\</script>\\<!-- a < b <= c"),
            ("\u{202e} evil \u{202c}\u{1b}[31m", "\\u{202e} evil \\u{202c}\\u{1b}[31m"),
            (
                "x\u{b7}y \u{2264} \u{3c0} \u{2014} \u{201c}q\u{201d}",
                "x\u{b7}y \u{2264} \u{3c0} \u{2014} \u{201c}q\u{201d}",
            ),
            ("trailing  \n\tindent", "trailing\n    indent"),
        ] {
            assert_eq!(doc_comment(text), comment);
        }
    }

    proptest! {
        #[test]
        fn a_comment_never_ends_early(text in r"([*/@#<=\r\n]|sourceMappingURL|__PURE__|\u{2028}|\u{2029}|\u{202e}|.){0,40}") {
            let comment = doc_comment(&text);
            let whole = format!("/**\n * {}\n */", comment.replace('\n', "\n * "));
            prop_assert_eq!(whole.find("*/"), Some(whole.len() - 2));
            prop_assert!(!comment.contains("sourceMappingURL="));
            prop_assert!(comment.lines().all(|line| !line.starts_with('@') && !line.contains(" @")));
            let unseen = |c: char| c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c);
            prop_assert!(!comment.contains(|c| c != '\n' && unseen(c)));
        }
    }
}
