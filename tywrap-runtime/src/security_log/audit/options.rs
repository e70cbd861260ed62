//! Where an audit file is, and how much of it is kept.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where an audit file is, how large it becomes, and how long it is kept. The defaults are those of the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditOptions {
    path: PathBuf,
    size: u64,
    retention: Duration,
}

impl AuditOptions {
    /// The file that is written. It is made if it is not there; its directory must exist. Files that were written
    /// before it carry its name with a number and a time, and stand beside it, as do a `.lock` and a `.heads` file.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), size: 64 << 20, retention: Duration::from_secs(30 * 24 * 60 * 60) }
    }

    /// Bytes from which on another file is begun (`monitoring.log-size`). A file is larger only where what is written
    /// at once is. Another file is begun each day (UTC) anyway.
    #[must_use]
    pub fn size(mut self, bytes: u64) -> Self {
        self.size = bytes;
        self
    }

    /// How long after its last event a file is removed (`monitoring.log-retention`). The one that is written never is.
    #[must_use]
    pub fn retention(mut self, retention: Duration) -> Self {
        self.retention = retention;
        self
    }

    /// The file that is written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn most_bytes(&self) -> u64 {
        self.size
    }

    pub(super) fn kept(&self) -> Duration {
        self.retention
    }
}
