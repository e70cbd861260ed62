//! Why an audit file cannot be used, and what was done to one.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::AuditHead;

/// Why the audit file cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum AuditError {
    /// It cannot be opened, read or written.
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Another host writes it.
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// It can be written by others, or is no regular file.
    Unsafe {
        /// The file.
        path: PathBuf,
    },
    /// It is not as it was written.
    Broken(Broken),
}

/// The first place at which an audit file is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Broken {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1; 0 where the file has none.
    pub line: u64,
    /// The number of the event: what the line says, or what it should have said where it
    /// cannot be read. Without it, neither is known.
    pub seq: Option<u64>,
    /// What is wrong with it.
    pub damage: Damage,
}

/// What was done to an audit file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Damage {
    /// The hash of a line is not that of its text.
    Edited,
    /// A line cannot be read, and no line after it says that a crash tore it.
    Unreadable,
    /// A line is longer than any that is written.
    TooLong,
    /// The events before this line are not in any file.
    Dropped {
        /// How many.
        missing: u64,
    },
    /// The event that belongs here stands further down.
    Moved {
        /// The number of that event.
        expected: u64,
    },
    /// An event of this number stands further up.
    Repeated,
    /// The number follows, and `prev` is not the hash of the line before: that one was replaced, or this one is of
    /// another file.
    Unlinked,
    /// The first files are gone, and no event says that they were removed.
    BeginsLate {
        /// How many events were in them.
        missing: u64,
    },
    /// A head that was kept elsewhere has another hash for this event: everything up to it was written anew.
    OtherHead {
        /// What was kept.
        head: AuditHead,
    },
    /// A head that was kept elsewhere is of an event after the last one: the end was cut off.
    Truncated {
        /// How many events are missing up to that one. There may have been more.
        missing: u64,
        /// What was kept.
        head: AuditHead,
    },
}

impl AuditError {
    pub(super) fn io(path: &Path) -> impl Fn(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::Io { path: path.clone(), error }
    }
}

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AuditError::Io { path, error } => write!(f, "the audit log `{}` cannot be used: {error}", path.display()),
            AuditError::Locked { path } => write!(
                f,
                "the audit log `{}` is being written by another host; give each host its own `monitoring.audit-log`",
                path.display()
            ),
            AuditError::Unsafe { path } => write!(
                f,
                "the audit log `{}` is not a regular file that only you can write; move it away, or run `chmod 600` on it",
                path.display()
            ),
            AuditError::Broken(broken) => {
                write!(f, "{broken}; keep the files as evidence, and move them away to start new ones")
            }
        }
    }
}

impl std::error::Error for AuditError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            AuditError::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, seq, damage } = self;
        let event = seq.map_or_else(String::new, |seq| format!(", event {seq}"));
        write!(f, "the audit log `{}` was changed at line {line}{event}: {damage}", path.display())
    }
}

impl Damage {
    /// One word for it, which never changes: for programs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Damage::Edited => "edited",
            Damage::Unreadable => "unreadable",
            Damage::TooLong => "too-long",
            Damage::Dropped { .. } => "dropped",
            Damage::Moved { .. } => "moved",
            Damage::Repeated => "repeated",
            Damage::Unlinked => "unlinked",
            Damage::BeginsLate { .. } => "begins-late",
            Damage::OtherHead { .. } => "other-head",
            Damage::Truncated { .. } => "truncated",
        }
    }

    /// How many events are known to be missing.
    pub const fn missing(&self) -> u64 {
        match self {
            Damage::Dropped { missing } | Damage::BeginsLate { missing } | Damage::Truncated { missing, .. } => {
                *missing
            }
            _ => 0,
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Damage::Edited => f.write_str("its hash is not that of its text"),
            Damage::Unreadable => f.write_str("it cannot be read, and no later line says that a crash tore it"),
            Damage::TooLong => f.write_str("it is longer than any line of a log"),
            Damage::Dropped { missing } => write!(f, "{} before it", are_missing(*missing)),
            Damage::Moved { expected } => write!(f, "event {expected} belongs here and stands further down"),
            Damage::Repeated => f.write_str("an event of that number stands further up"),
            Damage::Unlinked => f.write_str("its `prev` is not the hash of the line before"),
            Damage::BeginsLate { missing } => {
                write!(f, "{} before it, and no event says that they were removed", are_missing(*missing))
            }
            Damage::OtherHead { head } => {
                write!(f, "the head `{head}` has another hash for it, so everything up to it was written anew")
            }
            Damage::Truncated { missing, head } => {
                write!(f, "the end was cut off: {} up to the head `{head}`", are_missing(*missing))
            }
        }
    }
}

fn are_missing(count: u64) -> String {
    if count == 1 { "1 event is missing".to_owned() } else { format!("{count} events are missing") }
}
