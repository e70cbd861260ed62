//! A running program, with its pipes. Whatever happens to the handle, its whole process group is killed and reaped.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{self, Pid, WaitId, WaitIdOptions, waitid};

use super::outcome::{Exit, Signal};
use crate::sandbox::Status;

/// A program that was started and has not been forgotten: dropping the handle kills and reaps it.
///
/// The program dies when the *thread* that started it does, so start it from one that lives as long as the host.
#[derive(Debug)]
pub struct Child {
    group: Pid,
    pidfd: OwnedFd,
    stdin: Option<OwnedFd>,
    stdout: Option<OwnedFd>,
    stderr: Option<OwnedFd>,
    kill_signal: process::Signal,
    kill_grace: Duration,
    sandbox: Status,
    started: Instant,
    exit: Option<Exit>,
}

impl Child {
    pub(super) fn new(launched: Launched, ending: EndBy) -> io::Result<Self> {
        let group = Pid::from_raw(launched.pid).ok_or_else(|| io::Error::other("a child has no pid"))?;
        Ok(Self {
            group,
            pidfd: launched.pidfd,
            stdin: launched.stdin,
            stdout: Some(launched.stdout),
            stderr: Some(launched.stderr),
            kill_signal: ending.signal,
            kill_grace: ending.grace,
            sandbox: launched.status,
            started: Instant::now(),
            exit: None,
        })
    }

    /// The process's id, for messages. To watch or signal it, use the descriptor or the methods here: ids are reused.
    pub fn id(&self) -> u32 {
        self.group.as_raw_nonzero().get().unsigned_abs()
    }

    /// Becomes readable when the process has exited.
    pub fn pidfd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }

    /// The writing end of its standard input, if it was asked for and not taken before.
    pub fn take_stdin(&mut self) -> Option<OwnedFd> {
        self.stdin.take()
    }

    /// The reading end of its standard output, if not taken before.
    pub fn take_stdout(&mut self) -> Option<OwnedFd> {
        self.stdout.take()
    }

    /// The reading end of its standard error, if not taken before.
    pub fn take_stderr(&mut self) -> Option<OwnedFd> {
        self.stderr.take()
    }

    /// What its sandbox enforces.
    pub fn sandbox(&self) -> &Status {
        &self.sandbox
    }

    /// When it was started.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// Asks the whole group to end, with the policy's `kill-signal`. It does nothing once the process is reaped.
    pub fn terminate(&self) {
        self.signal_group(self.kill_signal);
    }

    /// Kills the whole group. It does nothing once the process is reaped. It does not wait.
    pub fn kill(&self) {
        self.signal_group(process::Signal::KILL);
    }

    /// Interrupts the process, and it alone, with SIGINT.
    pub(crate) fn interrupt(&self) {
        // Until it is reaped, its pid is its own. An error says that it is gone.
        if self.exit.is_none() {
            let _ = process::kill_process(self.group, process::Signal::INT);
        }
    }

    /// Lets a stopped group go on, so that it can act on a signal that asks it to end.
    pub(crate) fn resume(&self) {
        self.signal_group(process::Signal::CONT);
    }

    /// How it ended, if it has; it is reaped then, and so is every process that was left of its group.
    ///
    /// # Errors
    /// That somebody else in this program has reaped it, so that its status is lost.
    pub fn try_wait(&mut self) -> io::Result<Option<Exit>> {
        if self.exit.is_none() && self.has_exited()? {
            self.exit = Some(self.reap()?);
        }
        Ok(self.exit)
    }

    /// Waits until it has ended by itself. Its pipes are not read here: it may wait for that.
    ///
    /// # Errors
    /// As [`Child::try_wait`].
    pub fn wait(&mut self) -> io::Result<Exit> {
        loop {
            if let Some(exit) = self.try_wait()? {
                return Ok(exit);
            }
            self.wait_readable(None)?;
        }
    }

    /// Ends it: asks, waits for the policy's `kill-grace`, kills, reaps. The signal is the one that did it.
    ///
    /// # Errors
    /// As [`Child::try_wait`].
    pub fn shut_down(&mut self) -> io::Result<(Exit, Signal)> {
        self.terminate();
        // None where the clock cannot express a moment that late: then there is no end to the grace.
        let deadline = Instant::now().checked_add(self.kill_grace);
        loop {
            if let Some(exit) = self.try_wait()? {
                return Ok((exit, Signal(self.kill_signal.as_raw())));
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                self.kill();
                return Ok((self.wait()?, Signal(process::Signal::KILL.as_raw())));
            }
            self.wait_readable(left)?;
        }
    }

    pub(super) fn ending(&self) -> EndBy {
        EndBy { signal: self.kill_signal, grace: self.kill_grace }
    }

    /// The group's number is the leader's pid, which is not reused while the leader is a zombie. So until it is reaped
    /// a signal reaches this group or nobody.
    fn signal_group(&self, signal: process::Signal) {
        if self.exit.is_none() {
            // An error says that nobody is left.
            let _ = process::kill_process_group(self.group, signal);
        }
    }

    #[cfg(target_os = "linux")]
    fn wait_id(&self) -> WaitId<'_> {
        WaitId::PidFd(self.pidfd.as_fd())
    }

    /// Until it is reaped, which only this handle does, its pid is its own.
    #[cfg(not(target_os = "linux"))]
    fn wait_id(&self) -> WaitId<'_> {
        WaitId::Pid(self.group)
    }

    fn has_exited(&self) -> io::Result<bool> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        loop {
            match waitid(self.wait_id(), options) {
                Ok(status) => return Ok(status.is_some()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Takes what is left of the group along before the leader's pid becomes free.
    fn reap(&self) -> io::Result<Exit> {
        self.signal_group(process::Signal::KILL);
        loop {
            match waitid(self.wait_id(), WaitIdOptions::EXITED) {
                Ok(Some(status)) => {
                    return Ok(match (status.exit_status(), status.terminating_signal()) {
                        (Some(code), _) => Exit::Code(code),
                        (None, Some(signal)) => Exit::Signal(Signal(signal)),
                        (None, None) => return Err(io::Error::other("a process ended by neither exit nor signal")),
                    });
                }
                Ok(None) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn wait_readable(&self, timeout: Option<Duration>) -> io::Result<()> {
        let timeout = timeout.map(timespec);
        let mut descriptors = [PollFd::new(&self.pidfd, PollFlags::IN)];
        match poll(&mut descriptors, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.exit.is_none() {
            self.kill();
            // SIGKILL ends even a stopped process, so this does not wait for long. An error means that it is gone.
            let _ = self.wait();
        }
    }
}

/// A process that has just executed its program.
pub(super) struct Launched {
    pub(super) pid: i32,
    pub(super) pidfd: OwnedFd,
    pub(super) stdin: Option<OwnedFd>,
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
    pub(super) status: Status,
}

/// How a process is ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct EndBy {
    pub(super) signal: process::Signal,
    pub(super) grace: Duration,
}

pub(super) fn timespec(duration: Duration) -> Timespec {
    // A poll that is a little late is fine, one that is early would spin.
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}
