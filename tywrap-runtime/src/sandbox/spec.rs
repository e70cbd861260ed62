//! What one sandbox is to allow.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tywrap_policy::section::{self, Enforcement, Network};

use super::Status;

/// What a sandboxed process may use: what every dynamically linked program needs and the policy's `[sandbox]` allows,
/// until more is added here.
#[derive(Clone, Debug)]
pub struct SandboxSpec {
    pub(crate) read: Vec<PathBuf>,
    pub(crate) scratch: Option<PathBuf>,
    pub(crate) network: Network,
    pub(crate) limits: Limits,
    pub(crate) enforcement: Enforcement,
    /// Whether system calls are allowed by a list, beside the list of refused ones.
    pub(crate) strict_syscalls: bool,
    /// The newest Landlock interface to use, although the kernel may have a newer one.
    pub(crate) most_landlock: u32,
    /// Whether filters are installed where the kernel has them.
    pub(crate) seccomp: bool,
    /// Whether its limits hold.
    pub(crate) limited: bool,
}

impl SandboxSpec {
    /// The sandbox of a policy. Its `scratch` is a choice, not a place: give the place to [`SandboxSpec::scratch`].
    pub fn new(policy: &section::Sandbox) -> Self {
        Self {
            read: Vec::new(),
            scratch: None,
            network: policy.network.clone(),
            limits: Limits {
                memory: policy.memory.bytes(),
                cpu_time: policy.cpu_time,
                open_files: u64::from(policy.open_files.get()),
                file_size: policy.file_size.bytes(),
            },
            enforcement: policy.enforcement.clone(),
            strict_syscalls: policy.strict_syscalls,
            most_landlock: u32::MAX,
            seccomp: true,
            limited: true,
        }
    }

    /// Lets a file, or a directory with all below it, be read. A path that does not exist is left out.
    #[must_use]
    pub fn read(mut self, path: impl Into<PathBuf>) -> Self {
        self.read.push(path.into());
        self
    }

    /// Lets files and directories be made, changed and removed below this directory. It must exist, and the process
    /// starts in it.
    #[must_use]
    pub fn scratch(mut self, path: impl Into<PathBuf>) -> Self {
        self.scratch = Some(path.into());
        self
    }

    /// Uses no newer Landlock interface than `abi`, as on an older kernel: to see what such a kernel would enforce. 0 is none.
    #[must_use]
    pub fn landlock_up_to(mut self, abi: u32) -> Self {
        self.most_landlock = abi;
        self
    }

    /// What this sandbox would enforce on this machine, found by asking the kernel; nothing is started.
    pub fn status(&self) -> Status {
        #[cfg(target_os = "linux")]
        {
            super::linux::assess(super::linux::Kernel::for_spec(self), self)
        }
        #[cfg(not(target_os = "linux"))]
        {
            Status::nothing("tywrap has no sandbox for this operating system")
        }
    }

    /// The scratch directory, if there is one.
    pub fn scratch_directory(&self) -> Option<&Path> {
        self.scratch.as_deref()
    }
}

/// Resource limits of one process.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// Bytes of address space.
    pub(crate) memory: u64,
    /// Processor time over the whole life of the process; rounded up to seconds.
    pub(crate) cpu_time: Option<Duration>,
    /// Open descriptors.
    pub(crate) open_files: u64,
    /// Bytes of the largest file it may write.
    pub(crate) file_size: u64,
}
