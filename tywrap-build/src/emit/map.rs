//! The source map of an emitted `.js` file.

use oxc_sourcemap::{SourceMap, Token};

use super::print::Printed;

/// The map from a module's `.js` to its `.ts`, both in one folder. It names no other file and holds no text of one.
pub(super) fn source_map(module: &str, ts: &Printed, js: &Printed) -> String {
    let tokens = ts.marks.iter().zip(&js.marks).map(|(&(ts_line, ts_column), &(js_line, js_column))| {
        Token::new(js_line, js_column, ts_line, ts_column, Some(0), None)
    });
    SourceMap::new(
        Some(format!("{module}.js").into()),
        Vec::new(),
        None,
        vec![format!("{module}.ts").into()],
        Vec::new(),
        tokens.collect(),
        None,
    )
    .to_json_string()
}
