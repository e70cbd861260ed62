//! What came of a build: for the program that prints it, and for whoever reads `target/tywrap/<package>-report.json`.

use serde::{Deserialize, Serialize};
use tywrap_policy::{Code, Diagnostic};

use crate::select::LeftOut;

/// What came of a build.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// Name of the package.
    pub package: String,
    /// Name of the npm package.
    pub npm_package: String,
    /// Folder of the npm package; relative to the target directory where it lies inside.
    pub out_dir: String,
    /// The policy, as messages show it.
    pub policy: String,
    /// Modules that were emitted, by name.
    pub modules: Vec<Module>,
    /// Annotations for which nothing was emitted.
    pub denied: Vec<Denied>,
    /// Guards that the policy switches off.
    pub switched_off: Vec<String>,
}

/// A module that was emitted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Module {
    /// Dotted Python name.
    pub name: String,
    /// The annotation: `src/main.rs:3:16`.
    pub place: String,
    /// How many members the annotation and the policy let through.
    pub members: usize,
    /// SHA-256 of the grants, in lower-case hex.
    pub digest: String,
    /// Whether its surface is the reviewed one of the lock.
    pub locked: bool,
    /// Whether it was emitted by this run, and not kept from an earlier one.
    #[serde(skip)]
    pub emitted: bool,
    /// Members that the policy leaves out.
    pub left_out: Vec<LeftOut>,
    /// Members that are not covered, or not with all their types.
    pub uncovered: Vec<LeftOut>,
}

/// An annotation for which nothing was emitted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Denied {
    /// The module it names, as written.
    pub module: String,
    /// The annotation: `src/main.rs:3:16`.
    pub place: String,
    /// The entry of `only` or `except` that is wrong, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// Stable code of the reason.
    pub code: String,
    /// The reason.
    pub message: String,
}

impl Report {
    /// The text of the file: no times and no absolute paths, so that the same input gives the same bytes.
    pub(crate) fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// The switches among a policy's warnings.
    pub(crate) fn switches(warnings: &[Diagnostic]) -> Vec<String> {
        let off = warnings.iter().filter(|warning| warning.code == Code::PolicySwitchOff);
        off.map(|warning| match &warning.place {
            Some(place) => format!("{} ({place})", warning.message),
            None => warning.message.clone(),
        })
        .collect()
    }
}
