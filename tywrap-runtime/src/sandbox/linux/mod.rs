//! The sandbox on Linux: what the host builds, and the child enters before its exec.

mod allowed;
mod enter;
mod filesystem;
mod seccomp;
mod secret;

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

pub(crate) use enter::{Failure, Stage, check};
pub(crate) use secret::ExecArguments;

use tywrap_policy::section::{Network, Property};

use super::spec::Limits;
use super::{Layer, SandboxSpec, State, Status};
use seccomp::Filters;

/// What the running kernel offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kernel {
    /// The version of Landlock's interface; 0 without Landlock.
    pub(crate) landlock: u32,
    /// Whether filters can be installed.
    pub(crate) seccomp: bool,
}

impl Kernel {
    pub(crate) fn probe() -> Self {
        Self { landlock: enter::landlock_version(), seccomp: enter::seccomp_available() }
    }

    /// The kernel as far as a specification wants to use it.
    pub(crate) fn for_spec(spec: &SandboxSpec) -> Self {
        let probed = Self::probe();
        Self { landlock: probed.landlock.min(spec.most_landlock), seccomp: probed.seccomp && spec.seccomp }
    }
}

/// Which properties hold on a kernel, and by which layers. A pure function, so that it can be tested for kernels that
/// are not at hand.
pub(crate) fn assess(kernel: Kernel, spec: &SandboxSpec) -> Status {
    let landlock = (kernel.landlock > 0).then_some(Layer::Landlock(kernel.landlock));
    let seccomp = kernel.seccomp.then_some(Layer::Seccomp);
    let from = |abi: u32| landlock.filter(|_| kernel.landlock >= abi);
    let state = |layers: &[Option<Layer>], missing: Option<&str>| {
        let by = layers.iter().flatten().copied().collect();
        match missing {
            None => State::Enforced(by),
            Some(reason) => State::Degraded { by, reason: reason.to_owned() },
        }
    };
    let no_seccomp = |reason| (!kernel.seccomp).then_some(reason);

    let network_gap = match spec.network {
        Network::AllowTcp(_) if kernel.landlock < 4 => {
            Some("single TCP ports need Landlock ABI 4, which Linux 6.7 has")
        }
        _ => no_seccomp("Landlock mediates TCP only, and seccomp is not available"),
    };
    let filesystem_gap = if kernel.landlock == 0 {
        Some(
            "Landlock is not available; Linux has it from 5.13 on, where the kernel's parameter `lsm=` names `landlock`",
        )
    } else {
        no_seccomp("Landlock does not mediate modes, owners, times and attributes, and seccomp is not available")
    };
    let memory_gap = match spec.limited {
        true => no_seccomp("shared memory and memory files are not counted, and seccomp is not available"),
        false => Some("its limits are switched off"),
    };
    Status::new([
        (Property::Network, state(&[seccomp, from(4)], network_gap)),
        (Property::Filesystem, state(&[landlock, seccomp], filesystem_gap)),
        (Property::Exec, state(&[seccomp, landlock], no_seccomp("the interpreter could be run again without seccomp"))),
        (Property::Signals, state(&[seccomp, from(6)], no_seccomp("seccomp is not available"))),
        (Property::Memory, state(&[spec.limited.then_some(Layer::Rlimit), seccomp], memory_gap)),
    ])
}

/// A sandbox that is ready to be entered. It allocates nothing any more.
pub(crate) struct Sandbox {
    landlock: Option<OwnedFd>,
    filters: Option<Filters>,
    limits: Vec<(libc::__rlimit_resource_t, libc::rlimit)>,
    /// Whether to give up root's capabilities.
    confined: bool,
}

impl Sandbox {
    /// The whole sandbox around a worker. The exec needs the program and its loader.
    pub(crate) fn worker(
        kernel: Kernel,
        spec: &SandboxSpec,
        program: &Path,
        loader: Option<&Path>,
        arguments: &ExecArguments,
    ) -> io::Result<Self> {
        let landlock =
            if kernel.landlock > 0 { Some(filesystem::ruleset(kernel, spec, program, loader)?) } else { None };
        let filters = if kernel.seccomp {
            Some(Filters::worker(&spec.network, spec.strict_syscalls, arguments.gate())?)
        } else {
            None
        };
        Ok(Self { landlock, filters, limits: limits(spec.limited.then_some(&spec.limits)), confined: true })
    }

    /// What every command gets, also without a sandbox: no core files, no way out of its group.
    pub(crate) fn command(kernel: Kernel) -> io::Result<Self> {
        let filters = if kernel.seccomp { Some(Filters::group()?) } else { None };
        Ok(Self { landlock: None, filters, limits: limits(None), confined: false })
    }
}

fn limits(limits: Option<&Limits>) -> Vec<(libc::__rlimit_resource_t, libc::rlimit)> {
    let mut wanted = vec![(libc::RLIMIT_CORE, 0)];
    if let Some(limits) = limits {
        wanted.extend([
            (libc::RLIMIT_AS, limits.memory),
            (libc::RLIMIT_NOFILE, limits.open_files),
            (libc::RLIMIT_FSIZE, limits.file_size),
            (libc::RLIMIT_MSGQUEUE, 0),
        ]);
        // Rounded up: a limit of half a second must not become none.
        let seconds = limits.cpu_time.map(|time| time.as_secs() + u64::from(time.subsec_nanos() > 0));
        wanted.extend(seconds.map(|seconds| (libc::RLIMIT_CPU, seconds)));
    }
    wanted.into_iter().map(|(resource, limit)| (resource, libc::rlimit { rlim_cur: limit, rlim_max: limit })).collect()
}
