//! What was checked, for programs. `docs/check.md` describes it; whoever changes it changes [`FORMAT`] too.

use serde_json::{Value, json};
use tywrap_build::{Coverage, Hole, Missing, Positions, Typed};
use tywrap_contract::manifest::VERSION;
use tywrap_policy::Diagnostic;
use tywrap_surface::{Change, ChangeKind};

use super::changes::{Compared, Files, ModuleChange, SurfaceIs, Version, What};
use super::{Checked, Refused, Row};

/// Version of the format.
const FORMAT: u32 = 1;

/// The document, with a line break at its end.
pub(super) fn of(checked: &[Checked], errors: &[Diagnostic]) -> String {
    let document = json!({
        "format": FORMAT,
        "version": VERSION,
        "projects": checked.iter().map(project).collect::<Vec<_>>(),
        "errors": errors.iter().map(diagnostic).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

fn project(checked: &Checked) -> Value {
    json!({
        "policy": checked.policy,
        "lock": checked.lock,
        "up_to_date": checked.out_of_date.is_none(),
        "modules": checked.rows.iter().map(row).collect::<Vec<_>>(),
        "refused": checked.refused.iter().map(refused).collect::<Vec<_>>(),
        "changes": checked.changes.iter().map(change).collect::<Vec<_>>(),
    })
}

fn row(row: &Row) -> Value {
    let Coverage { functions, classes, methods, properties, constants, parameters, returns, missing, holes, .. } =
        &row.coverage;
    json!({
        "module": row.wish.module,
        "annotation": row.wish.to_string(),
        "place": row.place,
        "distribution": version(Version::installed(row.distribution.as_ref()).as_ref()),
        "emitted": {
            "callables": row.coverage.callables(),
            "functions": functions,
            "classes": classes,
            "methods": methods,
            "properties": properties,
            "constants": constants,
        },
        "parameters": positions(*parameters),
        "returns": positions(*returns),
        "missing_callables": row.coverage.missing_callables(),
        "missing": missing.iter().map(self::missing).collect::<Vec<_>>(),
        "untyped": holes.iter().map(hole).collect::<Vec<_>>(),
    })
}

fn positions(positions: Positions) -> Value {
    let Positions { typed, partly, unknown, .. } = positions;
    json!({ "typed": typed, "partly": partly, "unknown": unknown })
}

fn missing(missing: &Missing) -> Value {
    json!({
        "name": missing.name,
        "kind": missing.kind.as_str(),
        "cause": missing.cause.as_str(),
        "reason": missing.reason,
    })
}

fn hole(hole: &Hole) -> Value {
    let typed = if hole.typed == Typed::Not { "unknown" } else { "partly" };
    json!({ "name": hole.name, "position": hole.position, "typed": typed, "reasons": hole.reasons })
}

fn refused(refused: &Refused) -> Value {
    json!({
        "module": refused.wish.module,
        "annotation": refused.wish.to_string(),
        "place": refused.place,
        "refusals": refused.refusals,
    })
}

fn version(version: Option<&Version>) -> Value {
    version.map_or(Value::Null, |version| json!({ "name": version.name, "version": version.version }))
}

fn change(change: &ModuleChange) -> Value {
    let module = &change.module;
    match &change.what {
        What::Added { installed } => {
            json!({ "module": module, "change": "added", "installed": version(installed.as_ref()) })
        }
        What::Removed => json!({ "module": module, "change": "removed" }),
        What::Changed { version: versions, files, surface } => {
            let mut value = json!({ "module": module, "change": "changed" });
            if let Some((locked, installed)) = versions {
                value["locked"] = version(locked.as_ref());
                value["installed"] = version(installed.as_ref());
            }
            match files {
                Files::Same => {}
                Files::Differ => value["files"] = "differ".into(),
                Files::NotLocked(_) => value["files"] = "not-locked".into(),
            }
            match surface {
                Compared::Same(SurfaceIs::Identical) => value["surface"] = "same".into(),
                Compared::Same(SurfaceIs::WrittenOtherwise) => value["surface"] = "written-otherwise".into(),
                Compared::Unreadable(error) => {
                    value["surface"] = "unreadable".into();
                    value["error"] = diagnostic(error);
                }
                Compared::Differs(diff) => {
                    value["surface"] = "differs".into();
                    value["names"] = diff.changes.iter().map(name).collect();
                    value["docs"] = diff.docs.clone().into();
                }
            }
            value
        }
    }
}

fn name(change: &Change) -> Value {
    let kind = match change.kind() {
        ChangeKind::Added => "added",
        ChangeKind::Removed => "removed",
        ChangeKind::Changed => "changed",
    };
    json!({ "name": change.name, "change": kind, "locked": change.before, "installed": change.after })
}

fn diagnostic(diagnostic: &Diagnostic) -> Value {
    json!({
        "code": diagnostic.code.as_str(),
        "message": diagnostic.message,
        "notes": diagnostic.notes,
        "help": diagnostic.help,
    })
}
