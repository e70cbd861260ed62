//! What one sandbox is to allow.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Property;

/// What a sandboxed process may use: nothing, until it is added here.
#[derive(Clone, Debug)]
pub struct SandboxSpec {
    pub(crate) read: Vec<PathBuf>,
    pub(crate) scratch: Option<PathBuf>,
    pub(crate) network: Network,
    pub(crate) limits: Limits,
    pub(crate) enforcement: Enforcement,
}

impl SandboxSpec {
    /// A sandbox that allows what every dynamically linked program needs, and no more.
    pub fn new(network: Network, limits: Limits, enforcement: Enforcement) -> Self {
        Self { read: Vec::new(), scratch: None, network, limits, enforcement }
    }

    /// Lets a file, or a directory with all below it, be read. A path that does not exist is left out.
    #[must_use]
    pub fn read(mut self, path: impl Into<PathBuf>) -> Self {
        self.read.push(path.into());
        self
    }

    /// Lets files and directories be made, changed and removed below this directory. It must exist.
    #[must_use]
    pub fn scratch(mut self, path: impl Into<PathBuf>) -> Self {
        self.scratch = Some(path.into());
        self
    }

    /// The scratch directory, if there is one.
    pub fn scratch_directory(&self) -> Option<&Path> {
        self.scratch.as_deref()
    }
}

/// What may be reached over the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Network {
    /// Nothing.
    Deny,
    /// Outgoing TCP to these ports, on any address. Names are not resolved: DNS is UDP.
    AllowTcp(Vec<u16>),
}

/// Resource limits of one process.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Limits {
    /// Bytes of address space.
    pub memory: Option<u64>,
    /// Processor time over the whole life of the process; rounded up to seconds.
    pub cpu_time: Option<Duration>,
    /// Open descriptors.
    pub open_files: Option<u64>,
    /// Bytes of the largest file it may write.
    pub file_size: Option<u64>,
}

/// What to do about a property that the machine cannot enforce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Enforcement {
    /// Refuse to start.
    Required,
    /// Start without these, and without these only.
    AcceptDegraded(Vec<Property>),
}

impl Enforcement {
    pub(crate) fn accepted(&self) -> &[Property] {
        match self {
            Enforcement::Required => &[],
            Enforcement::AcceptDegraded(properties) => properties,
        }
    }
}
