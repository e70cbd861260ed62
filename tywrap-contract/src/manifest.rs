//! What build.rs tells the macro: one JSON file in `OUT_DIR`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Version of the manifest's format. A macro of another version refuses it and says which crate to update.
pub const FORMAT: u32 = 1;

/// Name of the manifest in `OUT_DIR`.
pub const FILE: &str = "tywrap-manifest.json";

/// Everything the macro needs to know of a run of build.rs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`] of the writer.
    pub format: u32,
    /// Version of `tywrap-build` that wrote it.
    pub version: String,
    /// Package whose build script wrote it. Tells an annotation that build.rs cannot see from a missing build.rs.
    pub package: String,
    /// Absolute path of the policy that was applied.
    pub policy: String,
    /// SHA-256 of that policy's bytes, in lower-case hex.
    pub policy_digest: String,
    /// Absolute path of the lock, if there is one.
    pub lock: Option<String>,
    /// What was emitted, by [`crate::annotation`] key.
    pub modules: BTreeMap<String, Emitted>,
}

/// What was emitted for one annotation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Emitted {
    /// Dotted Python name.
    pub module: String,
    /// The grants as a Rust expression of type `tywrap::Module`: a file in `OUT_DIR`, by absolute path.
    pub grants: String,
    /// Absolute path of the emitted `.ts`.
    pub ts: String,
    /// Absolute path of the emitted `.js`.
    pub js: String,
    /// Absolute path of the emitted `.d.ts`.
    pub dts: String,
    /// Members named in `only` or `except` that the surface does not have, with near misses.
    pub unknown_members: Vec<UnknownMember>,
}

/// A member that an annotation names and the surface does not have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnknownMember {
    /// As written.
    pub name: String,
    /// Why it is not there: unknown, blocked by policy (with the rule), not covered.
    pub reason: String,
    /// The nearest names, best first.
    pub near: Vec<String>,
}
