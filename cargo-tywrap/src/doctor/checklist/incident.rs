//! Whether the project says what to do when something has happened.

use std::collections::BTreeSet;

use tywrap_contract::locate;

use super::facts::Facts;
use super::line::Line;

/// The five steps, as SECURITY.md of tywrap has them.
const STEPS: [&str; 5] = ["assess", "contain", "investigate", "recover", "learn"];

/// Where procedures are looked for, from the folder of the policy and from the root of the workspace.
const PLACES: [&str; 6] =
    ["SECURITY.md", ".github/SECURITY.md", "docs/SECURITY.md", "docs/incidents.md", "INCIDENTS.md", "RUNBOOK.md"];

pub(super) fn line(facts: &Facts<'_>) -> Line {
    let mut line = Line::new(&["`SECURITY.md` of the project", "`cargo tywrap audit verify`"]);
    let paths = facts.folders().into_iter().flat_map(|folder| PLACES.map(|place| folder.join(place)));
    let found = paths.into_iter().find_map(|path| Some((std::fs::read_to_string(&path).ok()?, path)));
    match found {
        None => line.manual("write down the five steps of SECURITY.md, who takes them, and how they are reached"),
        Some((text, path)) => {
            let text = text.to_lowercase();
            let words: BTreeSet<&str> = text.split(|character: char| !character.is_alphanumeric()).collect();
            let missing: Vec<&str> = STEPS.into_iter().filter(|step| !words.contains(step)).collect();
            let shown = locate::shown(&path, &facts.project.root);
            if missing.is_empty() {
                line.pass(format!("`{shown}` has all five steps"));
            } else {
                line.fail(format!("`{shown}` does not say how to {}", missing.join(", ")));
            }
        }
    }
    line.by_hand("rehearse them: somebody has to be there within 15 minutes of a critical event");
    line
}
