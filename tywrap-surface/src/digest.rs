//! SHA-256 in lower-case hex.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// The digest of `bytes`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut out, byte| {
        // Writing to a string does not fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}
