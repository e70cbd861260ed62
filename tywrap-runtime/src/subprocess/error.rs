//! Why a program was not started.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use tywrap_policy::SecurityError;

use crate::sandbox::NotEnforced;

/// Why there is no process. In every case none was left behind.
#[derive(Debug)]
#[non_exhaustive]
pub enum SpawnError {
    /// The policy forbids the command, an argument or a variable.
    Refused(SecurityError),
    /// The file that would be executed cannot be trusted, or there is none.
    Program(ProgramRefused),
    /// The policy requires a property that this machine cannot enforce.
    NotEnforced(NotEnforced),
    /// A step failed in the process that was to become the program.
    Start {
        /// What was being done.
        action: &'static str,
        /// The program.
        program: PathBuf,
        /// What the kernel said.
        error: io::Error,
    },
    /// The kernel refused a resource to the host: a pipe, a process, memory.
    System {
        /// What was being done.
        action: &'static str,
        /// What the kernel said.
        error: io::Error,
    },
    /// This operating system has no implementation.
    Unsupported {
        /// Its name.
        os: &'static str,
    },
}

impl SpawnError {
    pub(crate) fn system(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |error| SpawnError::System { action, error }
    }
}

impl fmt::Display for SpawnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SpawnError::Refused(refusal) => refusal.fmt(f),
            SpawnError::Program(refused) => refused.fmt(f),
            SpawnError::NotEnforced(missing) => missing.fmt(f),
            SpawnError::Start { action, program, error } => {
                write!(f, "`{}` could not be started: {action} failed: {error}", program.display())
            }
            SpawnError::System { action, error } => write!(f, "a process could not be started: {action}: {error}"),
            SpawnError::Unsupported { os } => write!(
                f,
                "tywrap starts no subprocess on {os} yet: neither the process group nor the sandbox is implemented there; use Linux"
            ),
        }
    }
}

impl std::error::Error for SpawnError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            SpawnError::Refused(error) => Some(error),
            SpawnError::Program(error) => Some(error),
            SpawnError::NotEnforced(error) => Some(error),
            SpawnError::Start { error, .. } | SpawnError::System { error, .. } => Some(error),
            SpawnError::Unsupported { .. } => None,
        }
    }
}

impl From<SecurityError> for SpawnError {
    fn from(refusal: SecurityError) -> Self {
        SpawnError::Refused(refusal)
    }
}

impl From<ProgramRefused> for SpawnError {
    fn from(refused: ProgramRefused) -> Self {
        SpawnError::Program(refused)
    }
}

impl From<NotEnforced> for SpawnError {
    fn from(missing: NotEnforced) -> Self {
        SpawnError::NotEnforced(missing)
    }
}

/// Why a file is not executed.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProgramRefused {
    /// The path depends on the working directory.
    Relative {
        /// The path.
        path: PathBuf,
    },
    /// It, or a directory on the way to it, cannot be read.
    Unreadable {
        /// What cannot.
        path: PathBuf,
        /// What the kernel said.
        error: io::Error,
    },
    /// Somebody other than root and this user could replace it.
    Writable {
        /// The path that was asked for, or the part of it that was looked at.
        path: PathBuf,
        /// What they can write.
        by: PathBuf,
    },
    /// It is no regular file, or may not be executed.
    NotExecutable {
        /// The file.
        path: PathBuf,
    },
    /// It is a script that some other program interprets, such as the shim of a version manager.
    Shim {
        /// The file.
        path: PathBuf,
    },
    /// It is no program of this machine.
    NotNative {
        /// The file.
        path: PathBuf,
    },
    /// The name is a link to a program of another name.
    OtherProgram {
        /// The name.
        path: PathBuf,
        /// Where it leads.
        resolved: PathBuf,
    },
    /// The name no longer leads to the file that was checked.
    Changed {
        /// The name.
        path: PathBuf,
    },
    /// No file of this name is left.
    NoneLeft {
        /// The name.
        name: String,
        /// What was wrong with those that were found, in the order of the search path.
        refused: Vec<ProgramRefused>,
    },
}

impl fmt::Display for ProgramRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |path: &Path| format!("`{}`", path.display());
        match self {
            ProgramRefused::Relative { path } => {
                write!(f, "{} is a relative path; name the program by an absolute one", show(path))
            }
            ProgramRefused::Unreadable { path, error } => write!(f, "{} cannot be read: {error}", show(path)),
            ProgramRefused::Writable { path, by } if path == by => write!(
                f,
                "{} can be changed by others; it must belong to root or to you, and nobody else may write it",
                show(path)
            ),
            ProgramRefused::Writable { path, by } => {
                write!(f, "{} leads through {}, which somebody else can change", show(path), show(by))
            }
            ProgramRefused::NotExecutable { path } => write!(f, "{} is not an executable file", show(path)),
            ProgramRefused::Shim { path } => write!(
                f,
                "{} is a script (`#!`), not a program; name the real interpreter in the policy, under `[subprocess]`: \
                 `interpreter = \"/usr/bin/python3\"`",
                show(path)
            ),
            ProgramRefused::NotNative { path } => write!(f, "{} is not a 64-bit ELF program", show(path)),
            ProgramRefused::OtherProgram { path, resolved } => {
                write!(f, "{} is a link to another program, {}", show(path), show(resolved))
            }
            ProgramRefused::Changed { path } => write!(
                f,
                "{} is no longer the file that was checked; if it was updated, start the host again",
                show(path)
            ),
            ProgramRefused::NoneLeft { name, refused } if refused.is_empty() => write!(
                f,
                "there is no program `{name}` in any absolute directory of PATH; install it, or name it in the policy: \
                 `interpreter = \"/usr/bin/python3\"` under `[subprocess]`"
            ),
            ProgramRefused::NoneLeft { name, refused } => {
                write!(f, "no program `{name}` on PATH can be used: ")?;
                for (index, refused) in refused.iter().enumerate() {
                    write!(f, "{}{refused}", if index == 0 { "" } else { "; " })?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for ProgramRefused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ProgramRefused::Unreadable { error, .. } => Some(error),
            _ => None,
        }
    }
}
