//! `tywrap.lock`: which Python surface was reviewed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Version of the lock's format.
pub const FORMAT: u32 = 1;

/// Name of the lock, beside the policy.
pub const FILE: &str = "tywrap.lock";

/// Folder of the reviewed surfaces, beside the policy.
pub const SURFACES: &str = ".tywrap";

/// The lock file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lock {
    /// [`FORMAT`] of the writer.
    pub format: u32,
    /// Python versions the surfaces hold for, such as `>=3.10`.
    pub requires_python: String,
    /// Locked modules by dotted name.
    #[serde(default)]
    pub module: BTreeMap<String, LockedModule>,
}

/// One locked module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LockedModule {
    /// Name of its distribution; absent for the standard library.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<String>,
    /// Version of its distribution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Normalised SHA-256 of the distribution's RECORD, by platform and ABI tag.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub record: BTreeMap<String, String>,
    /// SHA-256 of the bytes of `.tywrap/<module>.json`, in lower-case hex.
    pub surface: String,
}
