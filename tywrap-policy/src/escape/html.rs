//! Text on a page.

use std::fmt::Write;

/// A text as the content of an element, or of an attribute in double quotes: no markup, no control of a terminal or of
/// writing direction, and at most `limit` characters of the text.
///
/// It is not for scripts, styles, addresses, comments or the names of anything: what is harmless here is not there.
/// Controls and what has no ink are shown by their number. Backslashes stay single, since what a log has escaped
/// already comes here as well, so a text may look like the escape of another.
pub fn html_text(text: &str, limit: usize) -> String {
    let mut html = String::with_capacity(text.len().min(limit));
    for character in text.chars().take(limit) {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            // Neither ends an attribute in double quotes. Where somebody forgets those, they would.
            '\'' => html.push_str("&#39;"),
            '`' => html.push_str("&#96;"),
            ' '..='~' => html.push(character),
            _ if !character.is_ascii() && super::is_shown(character) => html.push(character),
            // Writing to a `String` cannot fail.
            _ => _ = write!(html, "\\u{{{:x}}}", character as u32),
        }
    }
    let omitted = text.chars().skip(limit).count();
    if omitted > 0 {
        // Writing to a `String` cannot fail.
        let _ = write!(html, "… ({omitted} more characters)");
    }
    html
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::html_text;

    /// What a browser makes of it.
    fn read(html: &str) -> String {
        let mut text = html.to_owned();
        for (entity, character) in
            [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#96;", "`"), ("&amp;", "&")]
        {
            text = text.replace(entity, character);
        }
        text
    }

    #[test]
    fn markup_is_text() {
        for (text, html) in [
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("\" onload=\"x", "&quot; onload=&quot;x"),
            ("' onload='x", "&#39; onload=&#39;x"),
            ("</style>&lt;", "&lt;/style&gt;&amp;lt;"),
            ("\u{1b}[31m\u{9b}31m\u{202e}a\nb\0", "\\u{1b}[31m\\u{9b}31m\\u{202e}a\\u{a}b\\u{0}"),
            ("\\u{1b}", "\\u{1b}"),
            ("naïve 日本", "naïve 日本"),
        ] {
            assert_eq!(html_text(text, 1000), html);
        }
        assert_eq!(html_text("<<<<", 3), "&lt;&lt;&lt;… (1 more characters)");
        assert!(html_text(&"<".repeat(1 << 20), 100).len() < 450);
    }

    proptest! {
        #[test]
        fn nothing_ends_an_element_or_an_attribute(text in any::<String>(), limit in 0..50_usize) {
            let html = html_text(&text, limit);
            prop_assert!(!html.contains(['<', '>', '"', '\'', '`']));
            // Every `&` begins one of the entities.
            let bare = html.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "").replace("&quot;", "");
            prop_assert!(!bare.replace("&#39;", "").replace("&#96;", "").contains('&'), "{}", html);
            let control = |c: char| c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c);
            prop_assert!(!html.contains(control));
        }

        #[test]
        fn a_browser_reads_the_text_it_is_of(text in r#"[ -~éß日]{0,60}"#) {
            prop_assert_eq!(read(&html_text(&text, 100)), text);
        }
    }
}
