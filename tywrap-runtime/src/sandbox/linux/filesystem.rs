//! The Landlock rules: which files may be read, written and executed, which ports reached.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, NetPort, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreated, RulesetCreatedAttr, Scope,
};

use super::Kernel;
use tywrap_policy::section::Network;

use crate::sandbox::SandboxSpec;

/// The newest interface whose rights are decided here. With an older one, less is handled, and [`super::assess`] has said before
/// whether that is enough.
const NEWEST: u32 = 6;

/// Directories of the libraries that an interpreter and its extension modules load.
const LIBRARIES: &[&str] = &["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64"];

/// What the loader, the C library, OpenSSL and OpenBLAS read at their start, and time zones. None of it holds a secret.
const SYSTEM: &[&str] = &[
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/ssl/openssl.cnf",
    "/usr/share/zoneinfo",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
    "/dev/random",
    "/dev/urandom",
    "/dev/zero",
];

pub(super) fn ruleset(
    kernel: Kernel,
    spec: &SandboxSpec,
    program: &Path,
    loader: Option<&Path>,
) -> io::Result<OwnedFd> {
    let interface = ABI::from(kernel.landlock.min(NEWEST) as i32);
    let mut handled = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(interface))
        .map_err(io::Error::other)?;
    // A set without any rights is an error.
    if kernel.landlock >= 4 {
        handled = handled.handle_access(AccessNet::from_all(interface)).map_err(io::Error::other)?;
    }
    if kernel.landlock >= 6 {
        handled = handled.scope(Scope::from_all(interface)).map_err(io::Error::other)?;
    }
    let mut ruleset = handled.create().map_err(io::Error::other)?;

    // A rule may give no right that is not handled.
    let allow = |ruleset, path: &Path, access| allow(ruleset, path, access & AccessFs::from_all(interface));
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    for path in LIBRARIES.iter().chain(SYSTEM).map(Path::new).chain(spec.read.iter().map(PathBuf::as_path)) {
        ruleset = allow(ruleset, path, read)?;
    }
    // An interpreter outside `/usr` brings its standard library and shared library along: `bin/python3`, `lib/…`.
    if let Some(prefix) = program.parent().filter(|directory| directory.ends_with("bin")).and_then(Path::parent) {
        for libraries in ["lib", "lib64"] {
            ruleset = allow(ruleset, &prefix.join(libraries), read)?;
        }
    }
    for program in [Some(program), loader].into_iter().flatten() {
        ruleset = allow(ruleset, program, AccessFs::Execute | AccessFs::ReadFile)?;
    }
    ruleset = allow(ruleset, Path::new("/dev/null"), AccessFs::ReadFile | AccessFs::WriteFile)?;
    if let Some(scratch) = &spec.scratch {
        // A missing directory is an error here: without it every write of the worker would fail for no visible reason.
        std::fs::metadata(scratch)?;
        // No links, FIFOs, sockets or devices: whoever reads the directory afterwards finds files and directories.
        let write = AccessFs::WriteFile
            | AccessFs::Truncate
            | AccessFs::MakeReg
            | AccessFs::MakeDir
            | AccessFs::RemoveFile
            | AccessFs::RemoveDir;
        ruleset = allow(ruleset, scratch, read | write)?;
    }
    if let Network::AllowTcp(ports) = &spec.network
        && kernel.landlock >= 4
    {
        for port in ports {
            ruleset = ruleset.add_rule(NetPort::new(*port, AccessNet::ConnectTcp)).map_err(io::Error::other)?;
        }
    }
    Option::<OwnedFd>::from(ruleset)
        .ok_or_else(|| io::Error::other("the kernel said that it has Landlock, and then made no ruleset"))
}

fn allow(ruleset: RulesetCreated, path: &Path, access: BitFlags<AccessFs>) -> io::Result<RulesetCreated> {
    let Ok(metadata) = std::fs::metadata(path) else {
        return Ok(ruleset);
    };
    // The kernel refuses a rule that gives a file a right which only directories have.
    let of_files = AccessFs::Execute | AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate;
    let access = if metadata.is_dir() { access } else { access & of_files };
    let path = PathFd::new(path).map_err(io::Error::other)?;
    ruleset.add_rule(PathBeneath::new(path, access)).map_err(io::Error::other)
}
