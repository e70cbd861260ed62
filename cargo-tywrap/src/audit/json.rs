//! What was verified, for programs. `docs/audit.md` describes it; whoever changes it changes [`FORMAT`] too.

use serde_json::{Value, json};
use tywrap_contract::manifest::VERSION;

use super::Chain;

/// Version of the format.
const FORMAT: u32 = 1;

/// The document, with a line break at its end.
pub(super) fn of(chains: &[Chain], errors: &[String]) -> String {
    let document = json!({
        "format": FORMAT,
        "version": VERSION,
        "chains": chains.iter().map(chain).collect::<Vec<_>>(),
        "errors": errors,
    });
    format!("{document:#}\n")
}

fn chain(chain: &Chain) -> Value {
    let path = chain.path.to_string_lossy();
    match &chain.found {
        Ok(verified) => json!({
            "path": path,
            "ok": true,
            "files": verified.files,
            "events": verified.lines,
            "first": verified.first,
            "head": verified.head.as_ref().map(ToString::to_string),
            "removed": verified.removed,
            "lost": verified.lost,
            "torn": verified.torn.iter().map(|torn| json!({
                "path": torn.path.to_string_lossy(),
                "line": torn.line,
                "sealed": torn.sealed,
            })).collect::<Vec<_>>(),
        }),
        Err(broken) => json!({
            "path": path,
            "ok": false,
            "broken": {
                "path": broken.path.to_string_lossy(),
                "line": broken.line,
                "event": broken.seq,
                "damage": broken.damage.as_str(),
                "missing": broken.damage.missing(),
                "message": broken.to_string(),
            },
        }),
    }
}
