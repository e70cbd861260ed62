//! Tries the sandbox on this machine: real attacks, with no guard, with each layer alone, and with all of them.

mod attacks;

use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tywrap_policy::Policy;
use tywrap_policy::section::{Enforcement, Property};

pub use attacks::{ATTACKS, Attack};

use crate::host::{HostError, Interpreter, find_interpreter};
use crate::sandbox::SandboxSpec;
use crate::subprocess::{Child, Ending, Exit, SpawnError, Subprocess};

/// How long an attack may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What an attack has at hand, and how its result is told.
const FRAME: &str = r"
import os, ctypes
C = ctypes.CDLL(None, use_errno=True)
def sc(number, *arguments):
    result = C.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if result < 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
def attack():
    names = dict(globals())
    try:
        exec(compile(SOURCE, 'attack', 'exec'), names)
    except BaseException as error:
        print('STOPPED', type(error).__name__, error, flush=True)
    else:
        print('GOT' if names.get('result') is not None else 'STOPPED', flush=True)
attack()
";

/// Which layers guard an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// None.
    Off,
    /// Landlock alone.
    Landlock,
    /// seccomp alone.
    Seccomp,
    /// Resource limits alone.
    Limits,
    /// Everything, as a worker has it.
    All,
}

impl Guard {
    /// Every one, from none to all.
    pub const ALL: [Guard; 5] = [Guard::Off, Guard::Landlock, Guard::Seccomp, Guard::Limits, Guard::All];
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It got through.
    Through,
    /// It did not, for this reason.
    Stopped(String),
}

/// A place to attack: files, sockets and a process that may be harmed, and the interpreter to do it with.
pub struct Range {
    policy: Policy,
    interpreter: Interpreter,
    directory: tempfile::TempDir,
    port: TcpListener,
    _socket: UnixListener,
    victim: Child,
}

impl Range {
    /// Sets everything up in a directory of its own.
    ///
    /// # Errors
    /// That no interpreter was found, or what the system refused.
    pub fn new(policy: &Policy, venv: Option<&Path>) -> Result<Self, HostError> {
        let interpreter = find_interpreter(policy, venv)?;
        let system = |error: io::Error| HostError::system("setting up what is attacked", &error);
        let directory = tempfile::Builder::new().prefix("tywrap-doctor-").tempdir().map_err(system)?;
        for file in ["secret", "spare"] {
            fs::write(directory.path().join(file), "a secret").map_err(system)?;
        }
        let socket = UnixListener::bind(directory.path().join("socket")).map_err(system)?;
        let victim = Subprocess::pinned(policy, &interpreter.program);
        let victim = ["-I", "-S", "-c", "import time; time.sleep(600)"].into_iter().fold(victim, Subprocess::fixed_arg);
        let victim = victim.spawn().map_err(|error| not_started(&error))?;
        Ok(Self {
            policy: policy.clone(),
            interpreter,
            directory,
            port: TcpListener::bind("127.0.0.1:0").map_err(system)?,
            _socket: socket,
            victim,
        })
    }

    /// The interpreter.
    pub fn interpreter(&self) -> PathBuf {
        self.interpreter.program.path().to_owned()
    }

    /// Attacks.
    ///
    /// # Errors
    /// That Python could not be started.
    pub fn attempt(&self, attack: &Attack, guard: Guard) -> Result<Attempt, HostError> {
        // What an earlier attempt has taken away.
        for file in ["secret", "spare"] {
            let _ = fs::write(self.directory.path().join(file), "a secret");
        }
        let port = self.port.local_addr().map_err(|error| HostError::system("asking for a port", &error))?.port();
        let memory = self.policy.sandbox().memory.bytes().saturating_add(1 << 30);
        let source = attack
            .source
            .replace("@ROOT@", &self.directory.path().to_string_lossy())
            .replace("@PORT@", &port.to_string())
            .replace("@VICTIM@", &self.victim.id().to_string())
            .replace("@MEMORY@", &memory.to_string());
        let program = format!("SOURCE = {}\n{FRAME}", serde_json::Value::from(source));
        let command = Subprocess::pinned(&self.policy, &self.interpreter.program);
        let command = ["-I", "-S", "-B", "-c"].into_iter().fold(command, Subprocess::fixed_arg);
        let command = command.fixed_arg(program).timeout(PATIENCE);
        let command = match guard {
            Guard::Off => command,
            guard => command.sandbox(self.sandbox(guard)),
        };
        let outcome = command.run().map_err(|error| not_started(&error))?;
        let said = String::from_utf8_lossy(&outcome.stdout);
        if said.starts_with("GOT") {
            return Ok(Attempt::Through);
        }
        let reason = match said.strip_prefix("STOPPED") {
            Some(reason) => reason.trim().to_owned(),
            None if outcome.ending == Ending::Exited(Exit::Code(0)) => "it ended without a result".to_owned(),
            None => outcome.ending.to_string(),
        };
        Ok(Attempt::Stopped(reason))
    }

    fn sandbox(&self, guard: Guard) -> SandboxSpec {
        let mut spec = self.interpreter.read.iter().fold(SandboxSpec::new(self.policy.sandbox()), SandboxSpec::read);
        // What is missing is what is looked at.
        spec.enforcement = Enforcement::accept_degraded(Property::ALL.iter().copied().collect());
        if !matches!(guard, Guard::Landlock | Guard::All) {
            spec = spec.landlock_up_to(0);
        }
        spec.seccomp = matches!(guard, Guard::Seccomp | Guard::All);
        spec.limited = matches!(guard, Guard::Limits | Guard::All);
        spec
    }
}

fn not_started(error: &SpawnError) -> HostError {
    HostError::system("starting Python", &io::Error::other(error.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn every_attack_is_stopped_by_all_layers_and_most_get_through_without_any() {
        let text = "[subprocess]\ninterpreter = \"/usr/bin/python3\"\n[sandbox]\nmemory = \"1GiB\"";
        let policy = Policy::parse(text, Path::new("/app/tywrap.toml")).unwrap().policy;
        let range = Range::new(&policy, None).unwrap();
        let mut through = 0;
        for attack in &ATTACKS {
            let guarded = range.attempt(attack, Guard::All).unwrap();
            assert!(matches!(guarded, Attempt::Stopped(_)), "{}: {guarded:?}", attack.what);
            match range.attempt(attack, Guard::Off).unwrap() {
                Attempt::Through => through += 1,
                // io_uring may be switched off by the system.
                Attempt::Stopped(reason) => assert_eq!(attack.what, "make an io_uring", "{reason}"),
            }
        }
        assert!(through >= 19, "{through}");
        // No layer does it alone.
        for guard in [Guard::Landlock, Guard::Seccomp, Guard::Limits] {
            let missed = ATTACKS.iter().filter(|attack| range.attempt(attack, guard).unwrap() == Attempt::Through);
            assert!(missed.count() > 0, "{guard:?}");
        }
    }
}
