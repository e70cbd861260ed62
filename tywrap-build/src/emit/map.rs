//! The source map of an emitted `.js` file, in the format of ECMA-426.

use serde_json::json;

use super::print::Printed;

/// A line and a column, from 0.
type Mark = (u32, u32);

/// The map from a module's `.js` to its `.ts`, both in one folder. It names no other file and holds no text of one.
pub(super) fn source_map(module: &str, ts: &Printed, js: &Printed) -> String {
    let (file, source) = (format!("{module}.js"), format!("{module}.ts"));
    let mappings = mappings(&ts.marks, &js.marks);
    json!({ "version": 3, "file": file, "names": [], "sources": [source], "mappings": mappings }).to_string()
}

/// Where each mark of the `.js` stands in the `.ts`: lines end with `;`, segments of a line are parted by `,`, and each number
/// but the first column of a line is the difference from the one before.
fn mappings(ts: &[Mark], js: &[Mark]) -> String {
    let mut text = Vec::new();
    let (mut line, mut column) = (0, 0);
    let mut original = (0, 0);
    for (&(ts_line, ts_column), &(js_line, js_column)) in ts.iter().zip(js) {
        if js_line > line {
            text.resize(text.len() + (js_line - line) as usize, b';');
            (line, column) = (js_line, 0);
        } else if !text.is_empty() {
            text.push(b',');
        }
        let difference = |new: u32, old: u32| i64::from(new) - i64::from(old);
        // The source is always the first, and names are not recorded.
        let segment =
            [difference(js_column, column), 0, difference(ts_line, original.0), difference(ts_column, original.1)];
        for number in segment {
            // Writing to a vector cannot fail.
            let _ = vlq::encode(number, &mut text);
        }
        column = js_column;
        original = (ts_line, ts_column);
    }
    text.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use oxc_sourcemap::{SourceMap, Token};
    use proptest::prelude::*;

    use super::super::print::Printed;
    use super::{Mark, source_map};

    /// Marks in the order of the text.
    fn marks() -> impl Strategy<Value = Vec<(Mark, Mark)>> {
        let mark = || (0..50_u32, 0..200_u32);
        prop::collection::btree_map(mark(), mark(), 0..40).prop_map(|marks| marks.into_iter().collect())
    }

    proptest! {
        #[test]
        fn another_reader_finds_every_mark(marks in marks()) {
            let printed = |marks: Vec<Mark>| Printed { text: String::new(), literals: Vec::new(), marks };
            let (js, ts): (Vec<Mark>, Vec<Mark>) = marks.into_iter().unzip();
            let text = source_map("numpy.linalg", &printed(ts.clone()), &printed(js.clone()));
            let map = SourceMap::from_json_string(&text).unwrap();
            let tokens = js.iter().zip(&ts).map(|(js, ts)| Token::new(js.0, js.1, ts.0, ts.1, Some(0), None));
            prop_assert_eq!(map.get_tokens().collect::<Vec<_>>(), tokens.collect::<Vec<_>>());
            prop_assert_eq!(map.get_sources().map(AsRef::as_ref).collect::<Vec<&str>>(), ["numpy.linalg.ts"]);
        }
    }
}
