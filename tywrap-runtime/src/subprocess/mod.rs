//! Programs, started the one way the policy allows.
//!
//! There is no shell and no search by the kernel: a [`Program`] is looked up once, checked and pinned. The environment
//! starts empty. The program leads a session and a process group of its own, which is ended as one.

mod child;
mod environment;
mod error;
#[cfg(target_os = "linux")]
mod launch;
#[cfg(not(target_os = "linux"))]
#[path = "no_launch.rs"]
mod launch;
mod outcome;
mod program;
mod record;
mod run;

use std::ffi::{CString, OsString};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::Signal as KernelSignal;
use tywrap_policy::section::KillSignal;
use tywrap_policy::{Policy, SecurityValidator};

pub use child::Child;
pub(crate) use environment::{cache_directory, state_directory};
pub use error::{ProgramRefused, SpawnError};
pub use outcome::{Ending, Exit, Outcome, Signal, Stream};
pub use program::Program;
pub(crate) use program::trusted_directory;
pub(crate) use record::degraded;

use crate::sandbox::SandboxSpec;
use crate::security_log::SecurityLogger;
use child::EndBy;
use environment::Environment;
use record::Recorder;

/// A command, built up and then run once or spawned.
#[derive(Clone, Debug)]
pub struct Subprocess {
    validator: SecurityValidator,
    recorder: Recorder,
    program: Chosen,
    arguments: Vec<Argument>,
    environment: Environment,
    input: Vec<u8>,
    timeout: Duration,
    sandbox: Option<SandboxSpec>,
    search_path: Option<OsString>,
    inherited: Vec<Arc<OwnedFd>>,
}

#[derive(Clone, Debug)]
enum Chosen {
    Named(String),
    Pinned(Program),
}

#[derive(Clone, Debug)]
enum Argument {
    /// From a caller: the policy judges it.
    Given(String),
    /// From tywrap itself, such as the source of the worker.
    Fixed(String),
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
            validator: SecurityValidator::new(policy),
            recorder: Recorder::default(),
            program,
            arguments: Vec::new(),
            environment: Environment::default(),
            input: Vec::new(),
            timeout: policy.subprocess().timeout,
            sandbox: None,
            search_path: None,
            inherited: Vec::new(),
        }
    }

    /// Records what is refused, started and ended.
    #[must_use]
    pub fn logger(mut self, logger: &SecurityLogger) -> Self {
        self.recorder = Recorder::new(logger);
        self
    }

    /// Adds an argument, which the policy will judge.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(Argument::Given(argument.into()));
        self
    }

    /// Adds arguments, which the policy will judge.
    #[must_use]
    pub fn args<A: Into<String>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| Argument::Given(argument.into())));
        self
    }

    /// Adds an argument of tywrap's own. It is never made from input.
    #[must_use]
    pub(crate) fn fixed_arg(mut self, argument: impl Into<String>) -> Self {
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

    /// Offers the variables of this process that the policy allows. Others are not mentioned, so nothing is dropped.
    #[must_use]
    pub(crate) fn allowed_env(mut self) -> Self {
        let allowed = &self.validator.policy().subprocess().allowed_environment_vars;
        let is_allowed = |name: &OsString| allowed.iter().any(|entry| name.to_str() == Some(entry.value.as_str()));
        for (name, value) in environment::of_this_process().filter(|(name, _)| is_allowed(name)) {
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

    /// Sets how long the program may take, whatever the policy says of commands. For programs of tywrap's own.
    #[must_use]
    pub(crate) fn within(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Runs the program in a sandbox. Without one it still cannot leave its process group, gain privileges or inherit
    /// descriptors.
    #[must_use]
    pub fn sandbox(mut self, spec: SandboxSpec) -> Self {
        self.sandbox = Some(spec);
        self
    }

    /// Lets the program's sandbox, if it has one, read what lies below a path.
    pub(crate) fn reading(mut self, path: &Path) -> Self {
        self.sandbox = self.sandbox.map(|spec| spec.read(path));
        self
    }

    /// Leaves a descriptor open in the program, under the number that it has here. It must not be one of the standard streams.
    pub(crate) fn inherit(mut self, descriptor: &Arc<OwnedFd>) -> Self {
        self.inherited.push(Arc::clone(descriptor));
        self
    }

    /// Gives the program's sandbox, if it has one, a directory to write in.
    pub(crate) fn scratch(mut self, directory: &Path) -> Self {
        self.sandbox = self.sandbox.map(|spec| spec.scratch(directory));
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
        self.find().inspect_err(|error| self.recorder.refused(self.name(), error))
    }

    /// Judges the command as a start of it would be, and starts nothing.
    pub(crate) fn check(&self) -> Result<(), SpawnError> {
        self.judge().map(drop)
    }

    /// Starts the program and runs it to its end.
    ///
    /// # Errors
    /// Why it could not be started. That it failed, took too long or printed too much is an [`Outcome`].
    pub fn run(&self) -> Result<Outcome, SpawnError> {
        let child = self.start(!self.input.is_empty())?;
        let output = self.validator.policy().subprocess().max_buffer.bytes();
        let bounds = run::Bounds { timeout: self.timeout, output };
        let outcome = run::run(child, &self.input, &bounds).map_err(SpawnError::system("watching a program"))?;
        self.recorder.ended(self.name(), &outcome, &self.validator);
        Ok(outcome)
    }

    /// Starts the program and leaves it running, with pipes to its three standard streams. The `input` is not used, and
    /// neither are the timeout and the output limit of the policy: they are whoever's who reads the pipes.
    ///
    /// The program is killed when the thread that called this ends.
    ///
    /// # Errors
    /// Why it could not be started.
    pub fn spawn(&self) -> Result<Child, SpawnError> {
        self.start(true)
    }

    /// The program's name.
    pub(crate) fn name(&self) -> &str {
        match &self.program {
            Chosen::Named(name) => name,
            Chosen::Pinned(program) => program.name(),
        }
    }

    fn start(&self, pipe_stdin: bool) -> Result<Child, SpawnError> {
        let child =
            self.prepare_and_launch(pipe_stdin).inspect_err(|error| self.recorder.refused(self.name(), error))?;
        let lengths = self.arguments.iter().map(|argument| match argument {
            Argument::Given(text) | Argument::Fixed(text) => text.as_bytes(),
        });
        self.recorder.started(self.name(), lengths, &child, self.sandbox.is_some());
        Ok(child)
    }

    fn prepare_and_launch(&self, pipe_stdin: bool) -> Result<Child, SpawnError> {
        let began = Instant::now();
        let judged = self.judge();
        self.recorder.validated(judged.is_ok(), began.elapsed());
        let (program, arguments, environment) = judged?;
        let launched = launch::launch(launch::Launch {
            program: &program,
            arguments,
            environment,
            sandbox: self.sandbox.as_ref(),
            pipe_stdin,
            inherited: &self.inherited,
        })?;
        let settings = self.validator.policy().subprocess();
        let end_by = EndBy { signal: kernel_signal(settings.kill_signal), grace: settings.kill_grace };
        Child::new(launched, end_by).map_err(SpawnError::system("watching a program"))
    }

    /// Everything the policy has to say, before anything is started.
    fn judge(&self) -> Result<(Program, Vec<CString>, Vec<CString>), SpawnError> {
        let program = self.find()?;
        let given: Vec<&str> = self
            .arguments
            .iter()
            .filter_map(|argument| match argument {
                Argument::Given(text) => Some(text.as_str()),
                Argument::Fixed(_) => None,
            })
            .collect();
        let checked = self.validator.arguments(&given)?;
        self.recorder.remarkable(self.name(), &checked.warnings);
        let arguments = self
            .arguments
            .iter()
            .map(|argument| match argument {
                Argument::Given(text) | Argument::Fixed(text) => c_string(text),
            })
            .collect::<Result<_, _>>()?;
        let (environment, dropped) = self.environment.build(&self.validator, self.sandbox.is_some())?;
        self.recorder.cleaned(self.name(), &dropped);
        Ok((program, arguments, environment))
    }

    fn find(&self) -> Result<Program, SpawnError> {
        self.validator.command(self.name())?;
        match &self.program {
            Chosen::Pinned(program) => {
                program.verify()?;
                Ok(program.clone())
            }
            Chosen::Named(name) => Ok(self.look_up(name)?),
        }
    }

    /// The policy's interpreter or virtual environment for Python, PATH for the rest.
    fn look_up(&self, name: &str) -> Result<Program, ProgramRefused> {
        let policy = self.validator.policy();
        let settings = policy.subprocess();
        let directory = policy.path().parent().unwrap_or(Path::new("/"));
        if name.starts_with("python") {
            if let Some(interpreter) = &settings.interpreter {
                return Program::at(name, &interpreter.resolve(directory));
            }
            if let Some(venv) = &settings.venv {
                return Program::at(name, &venv.resolve(directory).join("bin").join(name));
            }
        }
        let search_path = self.search_path.clone().unwrap_or_else(environment::search_path);
        let (program, passed_over) = Program::find(name, &search_path)?;
        self.recorder.passed_over(name, &passed_over);
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

fn c_string(text: &str) -> Result<CString, SpawnError> {
    // What was given has no NUL: the validator refuses that.
    CString::new(text).map_err(|error| SpawnError::System { action: "preparing the arguments", error: error.into() })
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
