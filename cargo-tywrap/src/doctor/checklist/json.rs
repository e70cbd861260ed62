//! The checklist for programs. `docs/checklist.md` describes it; whoever changes it changes [`FORMAT`] too.

use serde_json::{Value, json};
use tywrap_contract::manifest::VERSION;

use super::Checked;
use super::line::{Line, State};

/// Version of the format.
const FORMAT: u32 = 1;

/// The document, with a line break at its end.
pub(super) fn of(checked: &[Checked]) -> String {
    let document = json!({
        "format": FORMAT,
        "version": VERSION,
        "projects": checked.iter().map(project).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

fn project(checked: &Checked) -> Value {
    let counts: serde_json::Map<String, Value> =
        State::ALL.into_iter().map(|state| (state.as_str().to_owned(), checked.count(state).into())).collect();
    json!({
        "policy": checked.policy,
        "counts": counts,
        "lines": checked.lines.iter().map(|(topic, line)| self::line(topic, line)).collect::<Vec<_>>(),
    })
}

fn line(topic: &str, line: &Line) -> Value {
    let found = |(state, text): &(State, String)| json!({ "state": state.as_str(), "text": text });
    json!({
        "topic": topic,
        "state": line.state().as_str(),
        "found": line.found.iter().map(found).collect::<Vec<_>>(),
        "by_hand": line.by_hand,
        "proof": line.proof,
    })
}
