//! The steps between clone and exec. Nothing here allocates, locks or reads what was not prepared: the child has
//! borrowed the host's memory, and of its threads there is only this one.

#![expect(unsafe_code, reason = "raw system calls, the only ones allowed between clone and exec")]

use std::os::fd::AsRawFd;

use libc::{c_int, c_long, c_ulong};

use super::Sandbox;

/// A step, named to the parent when it fails. The numbers travel through a pipe within one program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Stage {
    Session = 1,
    ParentDeath,
    Descriptors,
    Directory,
    Limits,
    NoNewPrivileges,
    Capabilities,
    Landlock,
    Seccomp,
    Exec,
}

impl Stage {
    pub(crate) const ALL: &'static [Stage] = &[
        Stage::Session,
        Stage::ParentDeath,
        Stage::Descriptors,
        Stage::Directory,
        Stage::Limits,
        Stage::NoNewPrivileges,
        Stage::Capabilities,
        Stage::Landlock,
        Stage::Seccomp,
        Stage::Exec,
    ];

    /// What was being done.
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Stage::Session => "starting a session",
            Stage::ParentDeath => "tying the process to the host's life",
            Stage::Descriptors => "arranging its descriptors",
            Stage::Directory => "changing its directory",
            Stage::Limits => "setting its resource limits",
            Stage::NoNewPrivileges => "forbidding new privileges",
            Stage::Capabilities => "giving up capabilities",
            Stage::Landlock => "entering the Landlock domain",
            Stage::Seccomp => "installing the system call filter",
            Stage::Exec => "executing the program",
        }
    }
}

/// A step that failed, with `errno`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    pub(crate) stage: Stage,
    pub(crate) errno: c_int,
}

impl Sandbox {
    /// Gives up, for good, what the sandbox says. To be called in the child, before the exec.
    pub(crate) fn enter(&mut self) -> Result<(), Failure> {
        for (resource, limit) in &self.limits {
            set_limit(*resource, *limit)?;
        }
        // SAFETY: prctl(2) with integer arguments only.
        check(Stage::NoNewPrivileges, unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) })?;
        if self.confined {
            drop_capabilities()?;
        }
        if let Some(ruleset) = &self.landlock {
            // SAFETY: a valid ruleset descriptor and no flags.
            let result = unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0) };
            check(Stage::Landlock, result as c_int)?;
        }
        if let Some(filters) = &mut self.filters {
            // SAFETY: getpid(2) has no arguments and cannot fail.
            filters.set_own_pid(unsafe { libc::syscall(libc::SYS_getpid) } as u32);
            for program in filters.programs() {
                install(program)?;
            }
        }
        Ok(())
    }
}

fn set_limit(resource: libc::__rlimit_resource_t, wanted: libc::rlimit) -> Result<(), Failure> {
    let mut current = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both structures live for the call.
    check(Stage::Limits, unsafe { libc::getrlimit(resource, &mut current) })?;
    // A host that is itself limited more tightly stays so: only root may raise a hard limit.
    let limit = wanted.rlim_max.min(current.rlim_max);
    let limit = libc::rlimit { rlim_cur: limit, rlim_max: limit };
    // SAFETY: as above.
    check(Stage::Limits, unsafe { libc::setrlimit(resource, &limit) })
}

/// Empties every capability set, and keeps the coming exec from filling them again because the user is root.
fn drop_capabilities() -> Result<(), Failure> {
    /// `_LINUX_CAPABILITY_VERSION_3`
    const VERSION_3: u32 = 0x2008_0522;
    /// `SECBIT_NOROOT`, `SECBIT_NO_SETUID_FIXUP`, `SECBIT_NO_CAP_AMBIENT_RAISE`, each with its lock.
    const NO_ROOT: c_ulong = 0b1100_1111;
    #[repr(C)]
    struct Header {
        version: u32,
        pid: c_int,
    }
    #[repr(C)]
    #[derive(Clone, Copy, Default)]
    struct Set {
        effective: u32,
        permitted: u32,
        inheritable: u32,
    }
    let header = Header { version: VERSION_3, pid: 0 };
    let mut sets = [Set::default(); 2];
    // SAFETY: version 3 reads and writes two sets, and both structures live for the call.
    let result = unsafe { libc::syscall(libc::SYS_capget, &header, sets.as_mut_ptr()) };
    check(Stage::Capabilities, result as c_int)?;
    if sets.iter().all(|set| set.permitted == 0 && set.inheritable == 0) {
        return Ok(());
    }
    // SAFETY: prctl(2) with integer arguments only. Without CAP_SETPCAP these two fail, and NO_NEW_PRIVS alone keeps the
    // exec from granting anything, so their results are not looked at.
    unsafe {
        for capability in 0..64 as c_ulong {
            libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0);
        }
        libc::prctl(libc::PR_SET_SECUREBITS, NO_ROOT, 0, 0, 0);
        libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    }
    let none = [Set::default(); 2];
    // SAFETY: as for capget(2).
    let result = unsafe { libc::syscall(libc::SYS_capset, &header, none.as_ptr()) };
    check(Stage::Capabilities, result as c_int)
}

fn install(program: &[seccompiler::sock_filter]) -> Result<(), Failure> {
    let program = libc::sock_fprog { len: program.len() as u16, filter: program.as_ptr() as *mut libc::sock_filter };
    // SAFETY: `sock_filter` has the layout of the kernel's structure in both crates; the kernel copies the program.
    let result = unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &program) };
    check(Stage::Seccomp, result as c_int)
}

pub(crate) fn check(stage: Stage, result: c_int) -> Result<(), Failure> {
    if result < 0 {
        // SAFETY: errno is the calling thread's own.
        Err(Failure { stage, errno: unsafe { *libc::__errno_location() } })
    } else {
        Ok(())
    }
}

/// The version of Landlock's interface, 0 where there is none.
pub(super) fn landlock_version() -> u32 {
    const ASK_VERSION: c_long = 1;
    // SAFETY: with this flag the kernel reads no structure.
    let version = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, 0, 0, ASK_VERSION) };
    u32::try_from(version).unwrap_or(0)
}

/// Whether a filter that answers with an error can be installed.
pub(super) fn seccomp_available() -> bool {
    const GET_ACTION_AVAILABLE: c_long = 2;
    let action = libc::SECCOMP_RET_ERRNO;
    // SAFETY: the kernel reads one word, which lives for the call.
    unsafe { libc::syscall(libc::SYS_seccomp, GET_ACTION_AVAILABLE, 0, &raw const action) == 0 }
}
