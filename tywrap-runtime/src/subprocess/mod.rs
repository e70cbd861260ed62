//! Programs, started the one way the policy allows.
//!
//! There is no shell and no search by the kernel: a [`Program`] is looked up once, checked and pinned. The environment
//! starts empty. The program leads a session and a process group of its own, which is ended as one.

mod child;
mod environment;
mod error;
#[cfg(target_os = "linux")]
mod launch;
mod outcome;
mod program;
mod run;

use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Duration;

use rustix::process::Signal as KernelSignal;
use tywrap_policy::section::KillSignal;
use tywrap_policy::{Code, Policy, SecurityError};

pub use child::Child;
pub(crate) use environment::state_directory;
pub use error::{ProgramRefused, SpawnError};
pub use outcome::{Ending, Exit, Outcome, Signal, Stream};
pub use program::Program;

use crate::sandbox::SandboxSpec;
use child::EndBy;
use environment::Environment;

/// A command, built up and then run once or spawned.
#[derive(Clone, Debug)]
pub struct Subprocess {
    policy: Policy,
    program: Chosen,
    arguments: Vec<Argument>,
    environment: Environment,
    input: Vec<u8>,
    timeout: Duration,
    sandbox: Option<SandboxSpec>,
    search_path: Option<OsString>,
}

#[derive(Clone, Debug)]
enum Chosen {
    Named(String),
    Pinned(Program),
}

#[derive(Clone, Debug)]
enum Argument {
    /// From a caller: the policy judges it.
    Given(OsString),
    /// From tywrap itself, such as the source of the worker.
    Fixed(OsString),
}

impl Subprocess {
    /// A command that runs a program of the policy's `command-whitelist`, by its exact name. The program is looked up
    /// in the policy's `interpreter` or `venv` if it is Python, else on PATH.
    pub fn new(policy: &Policy, program: &str) -> Self {
        Self::with(policy, Chosen::Named(program.to_owned()))
    }

    /// A command that runs a program which [`Subprocess::resolve`] has found before.
    pub fn pinned(policy: &Policy, program: &Program) -> Self {
        Self::with(policy, Chosen::Pinned(program.clone()))
    }

    fn with(policy: &Policy, program: Chosen) -> Self {
        Self {
            policy: policy.clone(),
            program,
            arguments: Vec::new(),
            environment: Environment::default(),
            input: Vec::new(),
            timeout: policy.subprocess().timeout,
            sandbox: None,
            search_path: None,
        }
    }

    /// Adds an argument, which the policy will judge.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(Argument::Given(argument.into()));
        self
    }

    /// Adds arguments, which the policy will judge.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| Argument::Given(argument.into())));
        self
    }

    /// Adds an argument of tywrap's own. It is never made from input.
    #[must_use]
    pub(crate) fn fixed_arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(Argument::Fixed(argument.into()));
        self
    }

    /// Offers a variable. The program sees it if `allowed-environment-vars` names it.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.offer(name.into(), value.into());
        self
    }

    /// Offers every variable of this process.
    #[must_use]
    pub fn inherit_env(mut self) -> Self {
        for (name, value) in environment::of_this_process() {
            self.environment.offer(name, value);
        }
        self
    }

    /// Sets a variable of tywrap's own, whatever was offered under its name. It is never made from input.
    #[must_use]
    pub(crate) fn fixed_env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.fix(name, value.into());
        self
    }

    /// What the program reads from its standard input when it is run. Without it, there is nothing to read.
    #[must_use]
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = bytes.into();
        self
    }

    /// Shortens the policy's timeout. A longer one has no effect.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = self.timeout.min(timeout);
        self
    }

    /// Runs the program in a sandbox. Without one it still cannot leave its process group, gain privileges or inherit
    /// descriptors.
    #[must_use]
    pub fn sandbox(mut self, spec: SandboxSpec) -> Self {
        self.sandbox = Some(spec);
        self
    }

    /// Looks the program up here instead of on this process's PATH. Relative and empty entries are passed over.
    #[must_use]
    pub fn search_path(mut self, directories: impl Into<OsString>) -> Self {
        self.search_path = Some(directories.into());
        self
    }

    /// What the sandbox will enforce on this machine, and whether that is what the policy requires.
    pub(crate) fn sandbox_status(&self) -> Result<crate::sandbox::Status, SpawnError> {
        let Some(spec) = &self.sandbox else {
            return Ok(crate::sandbox::Status::nothing("the command runs without a sandbox"));
        };
        let status = spec.status();
        status.require(&spec.enforcement)?;
        Ok(status)
    }

    /// Looks the program up and pins it, so that it can be started many times by [`Subprocess::pinned`].
    ///
    /// # Errors
    /// That the policy does not list it, or why no file of that name can be trusted.
    pub fn resolve(&self) -> Result<Program, SpawnError> {
        match &self.program {
            Chosen::Pinned(program) => {
                self.check_command(program.name())?;
                program.verify()?;
                Ok(program.clone())
            }
            Chosen::Named(name) => {
                self.check_command(name)?;
                Ok(self.look_up(name)?)
            }
        }
    }

    /// Starts the program and runs it to its end.
    ///
    /// # Errors
    /// Why it could not be started. That it failed, took too long or printed too much is an [`Outcome`].
    pub fn run(&self) -> Result<Outcome, SpawnError> {
        let child = self.start(!self.input.is_empty())?;
        let bounds = run::Bounds { timeout: self.timeout, output: self.policy.subprocess().max_buffer.bytes() };
        run::run(child, &self.input, &bounds).map_err(SpawnError::system("watching a program"))
    }

    /// Starts the program and leaves it running, with pipes to its three standard streams. The `input` is not used.
    ///
    /// The program is killed when the thread that called this ends.
    ///
    /// # Errors
    /// Why it could not be started.
    pub fn spawn(&self) -> Result<Child, SpawnError> {
        self.start(true)
    }

    fn start(&self, pipe_stdin: bool) -> Result<Child, SpawnError> {
        let program = self.resolve()?;
        let mut arguments = Vec::with_capacity(self.arguments.len());
        for argument in &self.arguments {
            let text = match argument {
                Argument::Given(text) => {
                    self.check_argument(text)?;
                    text
                }
                Argument::Fixed(text) => text,
            };
            arguments.push(c_string(text)?);
        }
        let (environment, _dropped) = self.environment.build(&self.policy)?;
        #[cfg(target_os = "linux")]
        {
            let launched = launch::launch(launch::Launch {
                program: &program,
                arguments,
                environment,
                sandbox: self.sandbox.as_ref(),
                pipe_stdin,
            })?;
            let settings = self.policy.subprocess();
            let end_by = EndBy { signal: kernel_signal(settings.kill_signal), grace: settings.kill_grace };
            Child::new(launched, end_by).map_err(SpawnError::system("watching a program"))
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = (program, arguments, environment, pipe_stdin);
            Err(SpawnError::Unsupported { os: std::env::consts::OS })
        }
    }
}

impl Subprocess {
    fn check_command(&self, name: &str) -> Result<(), SecurityError> {
        let allowed = &self.policy.subprocess().command_whitelist;
        if allowed.iter().any(|entry| entry.value.as_str() == name) {
            return Ok(());
        }
        let message = format!("the program `{}` is not in `command-whitelist`", name.escape_debug());
        Err(SecurityError::new(Code::CommandRefused, message).with("command", name))
    }

    fn check_argument(&self, argument: &OsStr) -> Result<(), SecurityError> {
        let settings = self.policy.subprocess();
        let most = settings.max_argument_length.get() as usize;
        let refused = |why: String| Err(SecurityError::new(Code::ArgumentRefused, format!("an argument {why}")));
        if argument.len() > most {
            return refused(format!("has {} bytes, and `max-argument-length` is {most}", argument.len()));
        }
        let Some(text) = argument.to_str() else { return refused("is not UTF-8".to_owned()) };
        if text.starts_with('-') {
            return refused("starts with `-` and would be read as an option; write a file as `./-name`".to_owned());
        }
        if let Some(control) = text.chars().find(|character| character.is_control()) {
            return refused(format!("has the control character `{}`", control.escape_debug()));
        }
        if settings.argument_validation.is_on()
            && let Some(pattern) =
                self.policy.input_validation().reject_patterns.iter().find(|entry| entry.value.is_match(text))
        {
            return refused(format!("has what `reject-patterns` forbids: `{}`", pattern.value.as_str()));
        }
        Ok(())
    }

    /// The policy's interpreter or virtual environment for Python, PATH for the rest.
    fn look_up(&self, name: &str) -> Result<Program, ProgramRefused> {
        let settings = self.policy.subprocess();
        let directory = self.policy.path().parent().unwrap_or(Path::new("/"));
        if name.starts_with("python") {
            if let Some(interpreter) = &settings.interpreter {
                return Program::at(name, &interpreter.resolve(directory));
            }
            if let Some(venv) = &settings.venv {
                return Program::at(name, &venv.resolve(directory).join("bin").join(name));
            }
        }
        let (program, _refused) =
            Program::find(name, &self.search_path.clone().unwrap_or_else(environment::search_path))?;
        Ok(program)
    }
}

fn kernel_signal(signal: KillSignal) -> KernelSignal {
    match signal {
        KillSignal::Term => KernelSignal::TERM,
        KillSignal::Int => KernelSignal::INT,
        KillSignal::Hup => KernelSignal::HUP,
        KillSignal::Quit => KernelSignal::QUIT,
        KillSignal::Kill => KernelSignal::KILL,
    }
}

fn c_string(text: &OsStr) -> Result<CString, SecurityError> {
    CString::new(text.as_bytes())
        .map_err(|_| SecurityError::new(Code::ArgumentRefused, "an argument has a NUL; remove it"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
