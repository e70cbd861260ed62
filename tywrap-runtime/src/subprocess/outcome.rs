//! How a program ended, and what it printed until then.

use std::fmt;
use std::time::Duration;

/// What came of a program that ran once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub ending: Ending,
    /// What it wrote to its standard output, as raw bytes, up to the limit.
    pub stdout: Vec<u8>,
    /// What it wrote to its standard error, as raw bytes, up to the limit.
    pub stderr: Vec<u8>,
    /// From the start of the program to its being reaped.
    pub duration: Duration,
}

impl Outcome {
    /// Whether it exited by itself, with code 0.
    pub fn success(&self) -> bool {
        self.ending == Ending::Exited(Exit::Code(0))
    }
}

/// Why a program that ran once is no longer running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It ended by itself, or by a signal that did not come from here.
    Exited(Exit),
    /// It took longer than its timeout and was ended.
    TimedOut {
        /// The timeout.
        after: Duration,
        /// What it took: the policy's `kill-signal`, or SIGKILL when that did not end it within `kill-grace`.
        signal: Signal,
    },
    /// It printed more than its limit and was killed.
    OutputLimit {
        /// Where.
        stream: Stream,
        /// The limit in bytes; that many are kept.
        limit: u64,
    },
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Exited(exit) => exit.fmt(f),
            Ending::TimedOut { after, signal } => write!(f, "timed out after {after:?} and was ended by {signal}"),
            Ending::OutputLimit { stream, limit } => write!(f, "wrote more than {limit} bytes to {stream}"),
        }
    }
}

/// What the kernel says of an ended process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It exited with this code, 0 to 255.
    Code(i32),
    /// A signal ended it.
    Signal(Signal),
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exit::Code(code) => write!(f, "exited with code {code}"),
            Exit::Signal(signal) => write!(f, "was ended by {signal}"),
        }
    }
}

/// A signal's number on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal(pub i32);

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.0 {
            1 => "SIGHUP",
            2 => "SIGINT",
            3 => "SIGQUIT",
            4 => "SIGILL",
            6 => "SIGABRT",
            8 => "SIGFPE",
            9 => "SIGKILL",
            11 => "SIGSEGV",
            13 => "SIGPIPE",
            15 => "SIGTERM",
            // The numbers from here on are Linux's; other systems count differently.
            #[cfg(target_os = "linux")]
            7 => "SIGBUS",
            #[cfg(target_os = "linux")]
            24 => "SIGXCPU",
            #[cfg(target_os = "linux")]
            25 => "SIGXFSZ",
            #[cfg(target_os = "linux")]
            31 => "SIGSYS",
            other => return write!(f, "signal {other}"),
        };
        f.write_str(name)
    }
}

/// One of the two outputs of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        })
    }
}
