//! Strings of JSON.

use std::borrow::Cow;

use super::JsonErrorKind;

/// Reads the string whose opening quote precedes `text`. Says how many bytes it has, the closing quote among them; an
/// error says at which byte it was found.
pub(super) fn read(text: &str, limit: u64) -> Result<(Cow<'_, str>, usize), (JsonErrorKind, usize)> {
    let bytes = text.as_bytes();
    let mut owned: Option<String> = None;
    // What has been read and not copied begins here.
    let mut start = 0;
    let mut at = 0;
    loop {
        // Bytes of one character are never taken apart: what ends the run is ASCII, and no byte of another character is.
        at += bytes[at..].iter().take_while(|&&byte| byte >= 0x20 && byte != b'"' && byte != b'\\').count();
        let length = owned.as_ref().map_or(0, String::len) + (at - start);
        let over = u64::try_from(length).unwrap_or(u64::MAX).saturating_sub(limit);
        if over > 0 {
            // The first byte past the limit, so far as this run has it.
            let back = usize::try_from(over).unwrap_or(usize::MAX).saturating_sub(1);
            return Err((JsonErrorKind::StringTooLong { limit }, at.saturating_sub(back).max(start)));
        }
        match bytes.get(at) {
            None => return Err((JsonErrorKind::Ends, at)),
            Some(b'"') => {
                let plain = &text[start..at];
                let string = match owned {
                    Some(string) => Cow::Owned(string + plain),
                    None => Cow::Borrowed(plain),
                };
                return Ok((string, at + 1));
            }
            Some(b'\\') => {
                let (character, length) = escape(&text[at..]).map_err(|kind| (kind, at))?;
                let string = owned.get_or_insert_default();
                string.push_str(&text[start..at]);
                string.push(character);
                at += length;
                start = at;
            }
            // The run ends at nothing else.
            Some(&control) => return Err((JsonErrorKind::Control(char::from(control)), at)),
        }
    }
}

/// Reads the escape that `text` starts with.
fn escape(text: &str) -> Result<(char, usize), JsonErrorKind> {
    let simple = match text.as_bytes().get(1) {
        None => return Err(JsonErrorKind::Ends),
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode(text),
        Some(_) => return Err(JsonErrorKind::Escape),
    };
    Ok((simple, 2))
}

fn unicode(text: &str) -> Result<(char, usize), JsonErrorKind> {
    let first = unit(text)?;
    match first {
        0xd800..=0xdbff => {
            let rest = &text[6..];
            let second = if rest.starts_with("\\u") { unit(rest)? } else { return Err(JsonErrorKind::LoneSurrogate) };
            let pair = char::decode_utf16([first, second]).next();
            pair.and_then(Result::ok).map(|character| (character, 12)).ok_or(JsonErrorKind::LoneSurrogate)
        }
        _ => char::from_u32(u32::from(first)).map(|character| (character, 6)).ok_or(JsonErrorKind::LoneSurrogate),
    }
}

/// Reads the four digits after `\u`.
fn unit(text: &str) -> Result<u16, JsonErrorKind> {
    let digits = text.get(2..6).ok_or(JsonErrorKind::Escape)?;
    // `from_str_radix` would take a sign.
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(JsonErrorKind::Escape);
    }
    u16::from_str_radix(digits, 16).map_err(|_| JsonErrorKind::Escape)
}
