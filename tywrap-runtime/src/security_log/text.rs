//! Text that is safe to log: one line, printable, of bounded length.

// With eight facts an event has at most 3 KiB of text, so the 10,000 in memory have at most 30 MiB, whoever provokes them.

use super::secret;

/// Bytes of a message.
pub(super) const MOST_MESSAGE: usize = 512;
/// Bytes of a fact.
pub(super) const MOST_VALUE: usize = 256;
/// Bytes of a fact's name.
pub(super) const MOST_NAME: usize = 64;

/// Escapes what a terminal, a log viewer or a reader could be deceived by, and cuts what is too long, saying so.
///
/// What it escapes does not occur in what it writes, so a text that was escaped where it came from stays as it is. That
/// is why it is not [`tywrap_policy::escape::log_line`], which doubles backslashes and is for raw text.
pub(crate) fn sanitise(text: &str, most: usize) -> String {
    let mut safe = String::with_capacity(text.len().min(most));
    for (at, character) in text.char_indices() {
        let before = safe.len();
        if deceives(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
        if safe.len() > most {
            safe.truncate(before);
            safe.push_str(&format!("[{} bytes more]", text.len() - at));
            break;
        }
    }
    safe
}

/// The same, with secrets masked before anything is cut.
pub(super) fn loggable(text: &str, most: usize) -> String {
    sanitise(&secret::mask(text), most)
}

/// Controls (C0, DEL and C1, so CR, LF, ESC and the one-character CSI), line and paragraph separators, marks that set
/// the direction of text, and characters without width.
fn deceives(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_deceives_is_shown_as_an_escape() {
        for (raw, safe) in [
            ("a\r\nb", "a\\u{d}\\u{a}b"),
            ("\u{1b}[31m", "\\u{1b}[31m"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("\u{202e}txt.exe", "\\u{202e}txt.exe"),
            ("a\u{2028}b", "a\\u{2028}b"),
            ("%s%n{}", "%s%n{}"),
            ("${jndi:ldap://x}", "${jndi:ldap://x}"),
            ("naïve 日本", "naïve 日本"),
        ] {
            assert_eq!(sanitise(raw, MOST_MESSAGE), safe);
        }
    }

    #[test]
    fn a_long_text_is_cut_at_a_character_and_says_by_how_much() {
        assert_eq!(sanitise(&"é".repeat(10), 7), "ééé[14 bytes more]");
        assert_eq!(sanitise("exactly", 7), "exactly");
        // An escape is never cut in half.
        assert_eq!(sanitise("abc\u{1b}x", 7), "abc[2 bytes more]");
    }

    proptest! {
        #[test]
        fn nothing_that_deceives_is_left(text in any::<String>(), most in 8_usize..200) {
            let safe = sanitise(&text, most);
            prop_assert!(!safe.chars().any(deceives));
            prop_assert_eq!(sanitise(&safe, safe.len()), safe.clone());
            prop_assert!(safe.len() <= most + "[18446744073709551615 bytes more]".len());
        }

        #[test]
        fn nothing_secret_is_left_and_nothing_is_masked_twice(
            before in "[a-z :=\"'\u{1b}\u{202e}\n-]{0,30}",
            form in 0..7_usize,
            secret in "[A-Za-z0-9]{8,24}",
            after in any::<String>(),
            most in 40_usize..200,
        ) {
            // So that it is no part of anything else.
            let secret = format!("{secret}Zq9");
            let text = match form {
                0 => format!("https://me:{secret}@host/"),
                1 => format!("Authorization: Bearer {secret} "),
                2 => format!("password={secret} "),
                3 => format!("\"api_key\": \"{secret}\""),
                4 => format!("bearer {secret} "),
                5 => format!("--token {secret} "),
                _ => format!("AKIA{}{secret} ", "0123456789ABCDEF"),
            };
            let raw = format!("{before} {text}{after}");
            let safe = loggable(&raw, most);
            prop_assert!(!safe.contains(&secret), "{}", safe);
            prop_assert!(!safe.chars().any(deceives));
            prop_assert!(safe.len() <= most + "[18446744073709551615 bytes more]".len());
            prop_assert_eq!(loggable(&safe, safe.len()), safe);
        }

        #[test]
        fn any_text_is_masked_once_and_for_all(text in any::<String>(), most in 8_usize..200) {
            let safe = loggable(&text, most);
            prop_assert_eq!(loggable(&safe, safe.len()), safe);
        }
    }
}
