//! One escaper for each place that foreign text goes to. None of them serves two: what is harmless in a string is not in a
//! comment.

mod doc;
mod html;
mod identifier;
mod log;
mod string;

pub use doc::doc_comment;
pub use html::html_text;
pub use identifier::{IdentifierError, export_name, identifier, property_access, property_key, type_identifier};
pub use log::log_line;
pub use string::{string_literal, string_literal_utf16};

/// Whether a character outside ASCII is shown as itself: letters and digits, but for those that have no ink. Anything
/// else (controls, marks, format characters such as the bidi controls of CVE-2021-42574, private use, unassigned) is
/// shown by its number.
fn is_shown(character: char) -> bool {
    /// The Hangul fillers are letters to Unicode and blank on screen.
    const BLANK: [char; 4] = ['\u{115f}', '\u{1160}', '\u{3164}', '\u{ffa0}'];
    character.is_alphanumeric() && !BLANK.contains(&character)
}
