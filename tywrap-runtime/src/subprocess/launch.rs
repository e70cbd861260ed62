//! Making a process on Linux. Everything is prepared before; the child makes raw system calls only, up to its exec.

#![expect(unsafe_code, reason = "clone(2), and the system calls between it and execveat(2)")]

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsRawFd, FromRawFd as _, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;

use libc::c_int;

use super::child::Launched;
use super::error::SpawnError;
use super::program::Program;
use crate::sandbox::linux::{ExecArguments, Failure, Kernel, Sandbox, Stage, check};
use crate::sandbox::{SandboxSpec, Status};

/// What is to be started.
pub(super) struct Launch<'a> {
    pub(super) program: &'a Program,
    /// Without the program's own name, which is its path.
    pub(super) arguments: Vec<CString>,
    /// `NAME=value`.
    pub(super) environment: Vec<CString>,
    pub(super) sandbox: Option<&'a SandboxSpec>,
    pub(super) pipe_stdin: bool,
    /// Stay open in the program.
    pub(super) inherited: &'a [Arc<OwnedFd>],
}

pub(super) fn launch(launch: Launch<'_>) -> Result<Launched, SpawnError> {
    let system = SpawnError::system;
    let kernel = launch.sandbox.map_or_else(Kernel::probe, Kernel::for_spec);
    let status = match launch.sandbox {
        Some(spec) => {
            let status = spec.status();
            status.require(&spec.enforcement)?;
            status
        }
        None => Status::nothing("the command runs without a sandbox"),
    };

    let mut argv = vec![c_string(launch.program.path())?];
    argv.extend(launch.arguments);
    let arguments = ExecArguments::new(argv, launch.environment).map_err(system("mapping the arguments"))?;
    let sandbox = match launch.sandbox {
        Some(spec) => Sandbox::worker(kernel, spec, launch.program.resolved(), launch.program.loader(), &arguments),
        None => Sandbox::command(kernel),
    };
    let sandbox = sandbox.map_err(system("building the sandbox"))?;
    let directory = match launch.sandbox.and_then(SandboxSpec::scratch_directory) {
        Some(scratch) => c_string(scratch)?,
        None => c"/".to_owned(),
    };

    let (stdin, parent_stdin) = if launch.pipe_stdin {
        let (read, write) = pipe().map_err(system("making a pipe"))?;
        (read, Some(write))
    } else {
        (above_stdio(File::open("/dev/null").map_err(system("opening /dev/null"))?.into())?, None)
    };
    let (parent_stdout, stdout) = pipe().map_err(system("making a pipe"))?;
    let (parent_stderr, stderr) = pipe().map_err(system("making a pipe"))?;
    let (failures, report) = pipe().map_err(system("making a pipe"))?;

    let mut child = Prepared {
        stdio: [stdin.as_raw_fd(), stdout.as_raw_fd(), stderr.as_raw_fd()],
        inherited: launch.inherited.iter().map(|descriptor| descriptor.as_raw_fd()).collect(),
        report: report.as_raw_fd(),
        program: launch.program.file().as_raw_fd(),
        directory,
        arguments,
        sandbox,
        // The pid as the child's own namespace sees it, which is the one it will compare with.
        parent: std::process::id() as i32,
        most_descriptors: rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(1 << 20),
    };
    let (pid, pidfd) = clone_exec(&mut child).map_err(system("making a process"))?;
    drop((stdin, stdout, stderr, report));

    let mut bytes = Vec::new();
    // The pipe closes when the exec succeeds, or when the child has said why it did not and exits.
    let read = File::from(failures).read_to_end(&mut bytes);
    if let (Ok(_), Some((stage, errno))) = (read, decode(&bytes)) {
        reap(&pidfd);
        return Err(SpawnError::Start {
            action: stage.action(),
            program: launch.program.path().to_owned(),
            error: io::Error::from_raw_os_error(errno),
        });
    }
    Ok(Launched { pid, pidfd, stdin: parent_stdin, stdout: parent_stdout, stderr: parent_stderr, status })
}

fn c_string(path: &Path) -> Result<CString, SpawnError> {
    CString::new(path.as_os_str().as_bytes())
        .map_err(|error| SpawnError::System { action: "preparing a path", error: error.into() })
}

/// A pipe that no other program inherits, with both ends above the three that the child will replace.
fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    Ok((move_up(read)?, move_up(write)?))
}

fn above_stdio(fd: OwnedFd) -> Result<OwnedFd, SpawnError> {
    move_up(fd).map_err(SpawnError::system("duplicating a descriptor"))
}

fn move_up(fd: OwnedFd) -> io::Result<OwnedFd> {
    if fd.as_raw_fd() > 2 { Ok(fd) } else { Ok(rustix::io::fcntl_dupfd_cloexec(&fd, 3)?) }
}

struct Prepared {
    stdio: [RawFd; 3],
    inherited: Vec<RawFd>,
    report: RawFd,
    program: RawFd,
    directory: CString,
    arguments: ExecArguments,
    sandbox: Sandbox,
    parent: i32,
    most_descriptors: u64,
}

/// Bytes of the child's stack. The steps between here and the exec need some kilobytes of it, without optimisation too.
const STACK: usize = 256 << 10;

/// Makes a process and executes the program in it. A failure there is read from the pipe.
///
/// As posix_spawn(3) does it, the child borrows the memory of this process until it executes, on a stack of its own, and this
/// thread waits for that: to copy the page tables of a host with 2 GiB takes five times as long as all the rest.
fn clone_exec(child: &mut Prepared) -> io::Result<(i32, OwnedFd)> {
    // A signal handler of the host must not run in the child, which has the memory and not the threads that go with it.
    let everything = full_signal_set();
    let mut before = everything;
    // SAFETY: both sets live for the call.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &everything, &mut before) };

    // Blocks of 16 bytes, the alignment that both architectures ask of a stack. It grows down from its end.
    let mut stack = vec![0_u128; STACK / size_of::<u128>()];
    let top = stack.as_mut_ptr_range().end;
    let mut pidfd: c_int = -1;
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_PIDFD | libc::SIGCHLD;
    // SAFETY: the stack, `child` and `pidfd` outlive the child's use of them, since `CLONE_VFORK` keeps this thread here until the
    // child has executed or exited, and no other thread has them. Signal handlers, descriptors, limits, credentials and filters are
    // the child's own without further flags. It calls nothing but `Prepared::run`, which never returns and leaves the heap alone.
    let pid = unsafe { libc::clone(run, top.cast(), flags, (&raw mut *child).cast(), &raw mut pidfd) };
    let error = io::Error::last_os_error();
    // SAFETY: as above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &before, std::ptr::null_mut()) };
    if pid < 0 {
        return Err(error);
    }
    // SAFETY: the kernel has just made this descriptor, and nobody else knows of it.
    Ok((pid, unsafe { OwnedFd::from_raw_fd(pidfd) }))
}

/// Where the child begins.
extern "C" fn run(child: *mut libc::c_void) -> c_int {
    // SAFETY: `clone_exec` passes a `Prepared`, and waits with it in hand.
    unsafe { (*child.cast::<Prepared>()).run() }
}

fn full_signal_set() -> libc::sigset_t {
    let mut set = std::mem::MaybeUninit::uninit();
    // SAFETY: sigfillset(3) initialises the set.
    unsafe {
        libc::sigfillset(set.as_mut_ptr());
        set.assume_init()
    }
}

impl Prepared {
    /// The child. It reports the step that failed, and never returns.
    fn run(&mut self) -> ! {
        let failure = match self.exec() {
            Ok(never) => match never {},
            Err(failure) => failure,
        };
        let bytes = encode(failure);
        // SAFETY: the buffer lives for the call; what the parent does not read is lost either way.
        unsafe {
            libc::write(self.report, bytes.as_ptr().cast(), bytes.len());
            libc::_exit(127)
        }
    }

    fn exec(&mut self) -> Result<std::convert::Infallible, Failure> {
        // SAFETY: system calls with integers, or with buffers prepared before that outlive the calls. The
        // signal functions of the C library are async-signal-safe.
        unsafe {
            check(Stage::Session, libc::setsid())?;
            check(Stage::ParentDeath, libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0))?;
            // Had the host died before that call, nobody would ever kill this process.
            if libc::getppid() != self.parent {
                return Err(Failure { stage: Stage::ParentDeath, errno: libc::ESRCH });
            }
            // The exec keeps ignored signals ignored: SIGPIPE, which Rust ignores, among them.
            // Raw, because the C library keeps two signals to itself and would refuse them. All zeros is the default action,
            // and no kernel structure of the call is larger.
            let default = [0_u64; 4];
            for signal in 1..=64 {
                // SIGKILL and SIGSTOP refuse, which is fine.
                libc::syscall(libc::SYS_rt_sigaction, signal, default.as_ptr(), std::ptr::null::<u64>(), 8);
            }
            for (target, source) in self.stdio.iter().enumerate() {
                check(Stage::Descriptors, libc::dup2(*source, target as RawFd))?;
            }
            self.close_rest()?;
            for descriptor in &self.inherited {
                check(Stage::Descriptors, libc::fcntl(*descriptor, libc::F_SETFD, 0))?;
            }
            libc::umask(0o077);
            check(Stage::Directory, libc::chdir(self.directory.as_ptr()))?;
            let mut none: libc::sigset_t = std::mem::zeroed();
            libc::sigemptyset(&mut none);
            self.sandbox.enter()?;
            libc::sigprocmask(libc::SIG_SETMASK, &none, std::ptr::null_mut());
            // By descriptor: the file that was checked is executed, whatever its name means now. A script would fail.
            let result = libc::syscall(
                libc::SYS_execveat,
                self.program,
                self.arguments.path(),
                self.arguments.argv(),
                self.arguments.envp(),
                libc::AT_EMPTY_PATH,
            );
            check(Stage::Exec, result as c_int)?;
        }
        Err(Failure { stage: Stage::Exec, errno: libc::EINVAL })
    }

    /// Marks every descriptor above the three to be closed by the exec. They stay open until then: one is needed for
    /// the exec, one to report.
    fn close_rest(&self) -> Result<(), Failure> {
        // SAFETY: integers only; no descriptor is closed here that another part of the child still uses.
        unsafe {
            let result = libc::syscall(libc::SYS_close_range, 3, u32::MAX, libc::CLOSE_RANGE_CLOEXEC);
            if result == 0 {
                return Ok(());
            }
            // Before Linux 5.11.
            let most = self.most_descriptors.min(1 << 20) as RawFd;
            for descriptor in 3..most {
                let flags = libc::fcntl(descriptor, libc::F_GETFD);
                if flags >= 0 {
                    check(Stage::Descriptors, libc::fcntl(descriptor, libc::F_SETFD, flags | libc::FD_CLOEXEC))?;
                }
            }
        }
        Ok(())
    }
}

fn encode(failure: Failure) -> [u8; 5] {
    let [a, b, c, d] = failure.errno.to_ne_bytes();
    [failure.stage as u8, a, b, c, d]
}

fn decode(bytes: &[u8]) -> Option<(Stage, c_int)> {
    let [stage, errno @ ..] = <[u8; 5]>::try_from(bytes).ok()?;
    let stage = Stage::ALL.iter().copied().find(|known| *known as u8 == stage)?;
    Some((stage, c_int::from_ne_bytes(errno)))
}

fn reap(pidfd: &OwnedFd) {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    use std::os::fd::AsFd as _;
    // It is exiting, or has; there is nothing to learn from how.
    while let Err(rustix::io::Errno::INTR) = waitid(WaitId::PidFd(pidfd.as_fd()), WaitIdOptions::EXITED) {}
}
