//! The host: the only process that knows what can be called. It judges every call and lets a worker make it.

mod args;
mod call;
mod call_error;
mod client;
mod endpoint;
mod engine;
mod error;
mod functions;
#[cfg(feature = "http")]
mod gate;
mod handles;
mod interpreter;
mod objects;
mod peer;
mod shared;
mod stats;
mod stream;

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use mio::{Poll, Waker};
use tywrap_policy::{Code, Diagnostic, Level, Policy, Severity};

use crate::bytecode::{self, Obtained, Prepared, Started, Verified};
use crate::grants::{Callable, Class, Module};
use crate::metrics::{Metrics, Stopwatch};
use crate::policy::CompiledPolicy;
use crate::private;
use crate::sandbox::Status;
use crate::security_log::{
    AlertCommand, AuditOptions, EventKind, PATIENCE, SecurityLogger, SecurityReport, Sink, audit_directory, sanitise,
};
use crate::subprocess::{SpawnError, cache_directory, degraded};
use crate::value::Value;
use crate::worker::{self, Launcher, PythonOutput};

pub use args::Args;
pub(crate) use args::result_as;
pub(crate) use call::{Answer, Ask, Call, Kept, Left, Origin, Reply, prepare};
pub use call_error::{CallError, CallErrorKind, PythonError};
pub use endpoint::Endpoint;
#[cfg(feature = "http")]
pub(crate) use endpoint::Socket;
pub use error::HostError;
#[cfg(feature = "http")]
pub(crate) use gate::{Gate, Lease, NoEntry, Tenancy};
pub(crate) use interpreter::Interpreter;
#[cfg(all(target_os = "linux", any(feature = "doctor", test)))]
pub(crate) use interpreter::find as find_interpreter;
pub(crate) use objects::{LEAVE, OBJECTS, TAKE};
pub(crate) use peer::host_is_this_user;
#[cfg(feature = "http")]
pub(crate) use peer::peer_is_this_user;
pub(crate) use shared::{Settings, Shared};
pub use stats::HostStats;

use engine::{ByteCodeState, Command, Engine};
use shared::OutputSink;

/// How the host names itself in a greeting.
pub(crate) const PEER: &str = concat!("tywrap-host ", env!("CARGO_PKG_VERSION"));

/// Longest line of Python's that is printed, in bytes, after escaping.
const PRINTED: usize = 16 * 1024;

/// Audit files of hosts that run at the same time.
const AUDIT_FILES: usize = 64;

/// What a [`Host`] is made of.
#[must_use = "a builder does nothing until `build`"]
pub struct HostBuilder {
    policy: CompiledPolicy,
    modules: Vec<&'static Module>,
    venv: Option<PathBuf>,
    audit_log: Option<PathBuf>,
    cache: Option<PathBuf>,
    sink: OutputSink,
    sinks: Vec<Box<dyn Sink>>,
}

impl HostBuilder {
    /// Registers a module. Without this nothing of it exists for a client, whatever the policy allows.
    pub fn module(mut self, module: &'static Module) -> Self {
        self.modules.push(module);
        self
    }

    /// Runs Python in this virtual environment, an absolute path, instead of the one the policy names.
    pub fn venv(mut self, path: impl Into<PathBuf>) -> Self {
        self.venv = Some(path.into());
        self
    }

    /// Writes the audit file here, an absolute path, instead of where the policy says.
    pub fn audit_log(mut self, path: impl Into<PathBuf>) -> Self {
        self.audit_log = Some(path.into());
        self
    }

    /// Keeps what can be made again here, an absolute path, instead of in `tywrap` below `XDG_CACHE_HOME` or `~/.cache`: the byte code of what workers
    /// import, so that they need not compile it. Only this user may be able to write there.
    pub fn cache_directory(mut self, path: impl Into<PathBuf>) -> Self {
        self.cache = Some(path.into());
        self
    }

    /// Gives security events to a sink as well, from the first one on. Several sinks each have a queue and a thread of
    /// their own. With `security-events = false` there are no events.
    pub fn sink(mut self, sink: impl Sink) -> Self {
        self.sinks.push(Box::new(sink));
        self
    }

    /// Gives every line that Python prints to `sink`, instead of printing it to standard error. It is called on the
    /// host's own thread: calls wait for it, and it must not make any.
    pub fn on_output(mut self, sink: impl FnMut(PythonOutput<'_>) + Send + 'static) -> Self {
        self.sink = Box::new(sink);
        self
    }

    /// Checks everything that can be checked before the first call: the policy, every module and every granted member
    /// against it, the interpreter, the sandbox. The first time, it also has Python compile what
    /// the modules import, in the sandbox, which takes a second or a few; later, what is kept of that is verified while this
    /// returns and the first worker starts. A worker is started with the first connection, others when calls wait.
    ///
    /// # Errors
    /// Everything that is wrong with modules at once, or the first other thing that is.
    pub fn build(self) -> Result<Host, HostError> {
        let (policy, warnings) = self.policy.parse()?;
        judge_modules(&policy, &self.modules)?;
        let interpreter = interpreter::find(&policy, self.venv.as_deref())?;
        let sandbox = worker::command(&policy, &interpreter, None).sandbox_status().map_err(not_started)?;
        let logger = open_log(&policy, self.audit_log.as_deref())?;
        let byte_code = byte_code(self.cache, &policy, &interpreter, &self.modules);
        let found = byte_code.as_ref().ok().map(Prepared::byte_code);
        let launcher = Launcher::new(&policy, &interpreter, found.as_ref());
        let metrics = Arc::new(Metrics::new(&policy, &self.modules, launcher.name())?);
        logger.count_for(Arc::clone(&metrics));
        add_sinks(&policy, &logger, self.sinks)?;
        let shared = Arc::new(Shared::new(&policy, self.modules, logger, metrics, self.sink));
        let poll = Poll::new().map_err(|error| HostError::system("making an event queue", &error))?;
        let waker = Waker::new(poll.registry(), engine::WAKER)
            .map_err(|error| HostError::system("making an event queue", &error))?;
        let (sender, events) = channel();
        let inbox = Inbox { sender, waker: Arc::new(waker) };
        for warning in warnings {
            shared.record(EventKind::GuardOff, warning.code, &warning.message);
        }
        degraded(&sandbox).for_each(|event| shared.record_event(event));
        let (state, verifying) = match byte_code {
            Ok(Prepared::Start(started)) => {
                let (shared, inbox) = (Arc::clone(&shared), inbox.clone());
                let thread = std::thread::Builder::new()
                    .name("tywrap-verify".to_owned())
                    .spawn(move || verify(started, &shared, &inbox, &policy, &interpreter))
                    .map_err(|error| HostError::system("starting a thread", &error))?;
                (ByteCodeState::Unverified, Some(thread))
            }
            Ok(Prepared::Whole(_, verified)) => {
                note_byte_code(&shared, &Ok(verified));
                (ByteCodeState::Verified, None)
            }
            Err(why) => {
                note_byte_code(&shared, &Err(why));
                (ByteCodeState::Verified, None)
            }
        };
        let on_settled = Arc::clone(&inbox.waker);
        // An error says that the loop has ended, and then nobody is to be answered.
        shared.logger.on_settled(move || drop(on_settled.wake()));
        let engine = Engine::new(poll, Arc::clone(&shared), launcher, state, events);
        // Values are read, checked and written by recursion. A level takes a few hundred bytes in each of half a dozen
        // frames, ten times that without optimisation. What is not used of it costs nothing.
        let stack = (2 << 20) + shared.settings.input.depth * (64 << 10);
        let thread = std::thread::Builder::new()
            .name("tywrap-host".to_owned())
            .stack_size(stack)
            .spawn(move || engine.run())
            .map_err(|error| HostError::system("starting the host's thread", &error))?;
        shared.note(EventKind::Lifecycle, Severity::Low, "the host was started");
        Ok(Host { shared, sandbox, inbox, threads: Some(thread).into_iter().chain(verifying).collect() })
    }
}

/// Serves calls from TypeScript and from Rust. One thread does all of it; Python runs in workers behind it. When this is
/// dropped, the workers are ended.
pub struct Host {
    shared: Arc<Shared>,
    sandbox: Status,
    inbox: Inbox,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Clone)]
struct Inbox {
    sender: Sender<Command>,
    waker: Arc<Waker>,
}

impl Inbox {
    fn send(&self, command: Command) -> Result<(), HostError> {
        self.sender.send(command).map_err(|_| HostError::stopped())?;
        self.waker.wake().map_err(|error| HostError::system("waking the host", &error))
    }
}

impl Host {
    /// Begins a host under the policy that is compiled into this binary. It rules over every module, whatever policy the
    /// package that wraps it has of its own.
    pub fn builder(policy: CompiledPolicy) -> HostBuilder {
        let sink = Box::new(|output: PythonOutput<'_>| {
            use std::io::Write as _;
            let line = sanitise(output.text, PRINTED);
            // Nobody may be there to read.
            let _ = writeln!(std::io::stderr().lock(), "{line}");
        });
        HostBuilder { policy, modules: Vec::new(), venv: None, audit_log: None, cache: None, sink, sinks: Vec::new() }
    }

    /// Serves until the client has gone ([`Endpoint::Stdio`], [`Endpoint::Connection`]) or until [`Host::stop`]. One
    /// endpoint is served at a time.
    ///
    /// # Errors
    /// That the endpoint cannot be used, that another thread serves already, or that the host has been stopped.
    pub fn serve(&self, endpoint: Endpoint) -> Result<(), HostError> {
        #[cfg(feature = "http")]
        let endpoint = match endpoint {
            Endpoint::Http(front) => return front.serve(Arc::clone(&self.shared), Gate::new(self.inbox.clone())),
            other => other,
        };
        let (done, wait) = channel();
        self.inbox.send(Command::Serve(endpoint, done))?;
        wait.recv().map_err(|_| HostError::stopped())?
    }

    /// Makes [`Host::serve`] return, from another thread. Clients are disconnected; workers stay.
    pub fn stop(&self) {
        // If the host has ended, nothing is served any more.
        let _ = self.inbox.send(Command::StopServing);
    }

    /// Calls Python from Rust, through the same checks as a call from TypeScript: `path` is the name below the module,
    /// such as `sqrt` or `linalg.norm`. Waits for the result, and starts a worker if there is none.
    ///
    /// # Errors
    /// Why there is no result.
    pub fn call(
        &self,
        module: &'static Module,
        path: &str,
        args: Vec<Value>,
        kwargs: Vec<(String, Value)>,
    ) -> Result<Value, CallError> {
        let result = self.call_unsettled(module, path, args, kwargs);
        // What was denied is on the disk before anybody knows of it.
        if result.is_err() && !self.shared.logger.settle(PATIENCE) {
            self.shared.note_unsettled(1);
        }
        result
    }

    fn call_unsettled(
        &self,
        module: &'static Module,
        path: &str,
        args: Vec<Value>,
        kwargs: Vec<(String, Value)>,
    ) -> Result<Value, CallError> {
        let started = std::time::Instant::now();
        let judged = self.judge(module, path, args, kwargs);
        self.shared.count(judged.is_ok(), started);
        let mut call = judged
            .inspect_err(|(code, error)| {
                self.shared.record(EventKind::CallRefused, *code, error.message());
                self.shared.metrics.refused(self.position(module), error);
            })
            .map_err(|(_, error)| error)?;
        let at = call.module;
        let (caller, answer) = channel();
        call.origin = Origin::Local(caller);
        let stopped =
            |_| CallError::new(CallErrorKind::WorkerCrashed, Code::WorkerCrashed, "the host has been stopped");
        self.inbox.send(Command::Call(call)).map_err(stopped)?;
        let answer = answer.recv().unwrap_or_else(|_| Err(stopped(HostError::stopped())));
        self.shared.metrics.call(at, Stopwatch::since(started), answer.as_ref().err());
        answer
    }

    /// As [`Host::call`], with arguments and a result of Rust's own types:
    /// `host.call_as::<f64>(&math::MODULE, "sqrt", (2,))`.
    ///
    /// # Errors
    /// Why there is no result, or that it is of another type.
    pub fn call_as<T>(&self, module: &'static Module, path: &str, args: impl Into<Args>) -> Result<T, CallError>
    where
        T: TryFrom<Value, Error: fmt::Display>,
    {
        let Args { positional, keywords } = args.into();
        result_as(module, path, self.call(module, path, positional, keywords)?)
    }

    fn judge(
        &self,
        module: &'static Module,
        path: &str,
        args: Vec<Value>,
        kwargs: Vec<(String, Value)>,
    ) -> Result<Call, (Code, CallError)> {
        let policy = |code, message: String| (code, CallError::new(CallErrorKind::Policy, code, message));
        let Some(at) = self.position(module) else {
            let message =
                format!("`{}` is not registered with this host; add `.module(…)` to its builder", module.name);
            return Err(policy(Code::ModuleNotOpened, message));
        };
        let allows = |value: &Value| self.shared.judge_enums(value).and_then(|()| self.shared.judge_tables(value));
        let (callable, (args, kwargs)) = prepare(module, path, args, kwargs, allows)?;
        let functions = Vec::new();
        Ok(Call { origin: Origin::Gone, module: at, callable, args, kwargs, worker: None, functions, shared: false })
    }

    /// Where a module stands among those of the host.
    fn position(&self, module: &'static Module) -> Option<usize> {
        self.shared.modules.iter().position(|known| std::ptr::eq(*known, module))
    }

    /// Lets go of objects that results of [`Host::call`] named. Without this they live as long as their worker.
    pub fn release(&self, handles: impl IntoIterator<Item = crate::value::Handle>) {
        let ids = handles.into_iter().map(|handle| handle.id).collect();
        // If the host has ended, so have the objects.
        let _ = self.inbox.send(Command::Release(ids));
    }

    /// What happened in the last 24 hours that concerns security, and what the kernel enforces.
    pub fn report(&self) -> SecurityReport {
        self.shared.logger.report(Duration::from_secs(24 * 60 * 60)).with_sandbox(self.sandbox.clone())
    }

    /// The security log.
    pub fn logger(&self) -> &SecurityLogger {
        &self.shared.logger
    }

    /// What the host has at this moment.
    ///
    /// # Errors
    /// That it has been stopped.
    pub fn stats(&self) -> Result<HostStats, HostError> {
        let (sender, stats) = channel();
        self.inbox.send(Command::Count(sender))?;
        stats.recv().map_err(|_| HostError::stopped())
    }

    /// Counters and durations since the host was built, in Prometheus' text format: what an HTTP server answers a
    /// scrape with, as `text/plain; version=0.0.4`. docs/metrics.md names them. Like [`Host::stats`] it asks the host's
    /// thread, and waits for its turn.
    ///
    /// # Errors
    /// That the host has been stopped.
    #[cfg(feature = "metrics")]
    pub fn metrics(&self) -> Result<String, HostError> {
        self.shared.metrics.text(self.stats()?, self.shared.logger.dropped())
    }

    /// What the kernel enforces on workers.
    pub fn sandbox(&self) -> &Status {
        &self.sandbox
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // If its thread has ended, it takes no command and there is nothing to wait for.
        let _ = self.inbox.send(Command::End);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
        self.shared.note(EventKind::Lifecycle, Severity::Low, "the host was ended");
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("shared", &self.shared).finish_non_exhaustive()
    }
}

impl fmt::Debug for HostBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostBuilder").field("policy", &self.policy.path).finish_non_exhaustive()
    }
}

/// Whether the policy allows every module and everything that is granted of it.
fn judge_modules(policy: &Policy, modules: &[&'static Module]) -> Result<(), HostError> {
    let mut errors = Vec::new();
    let mut seen = HashSet::new();
    for module in modules {
        if !seen.insert(module.name) {
            let message = format!("the module `{}` is registered twice", module.name);
            let help = "annotate it once, and register that; two sets of grants would be ambiguous to a client";
            errors.push(Diagnostic::error(Code::NameCollision, message).help(help));
            continue;
        }
        let whose = || format!("granted by the package `{}`", module.package);
        if let Err(refusal) = policy.module(module.name) {
            errors.push(refusal.note(whose()));
            continue;
        }
        for callable in module.callables {
            let names = names(module, callable);
            for (of, class, name) in &names {
                let judged = match class {
                    Some(class) => policy.class_member(of, class, name),
                    None => policy.member(of, name),
                };
                if let Err(refusal) = judged {
                    errors.push(refusal.note(whose()));
                }
            }
            let params = callable.signatures.iter().filter_map(|&signature| {
                let signature = module.signatures.get(signature as usize)?;
                module
                    .params
                    .get(signature.first as usize..(signature.first as usize).checked_add(signature.count as usize)?)
            });
            let params: Vec<&str> = params.flatten().map(|param| param.name).collect();
            for (of, class, name) in &names {
                let path = class.map_or_else(|| (*name).to_owned(), |class| format!("{class}.{name}"));
                for param in &params {
                    let Some(rule) = policy.blocked_parameter(of, &path, param) else { continue };
                    let message = format!("the parameter `{param}` of `{of}.{path}` is blocked by policy");
                    let error = Diagnostic::error(Code::MemberBlocked, message);
                    errors.push(error.note(format!("rule: {rule}")).note(whose()));
                }
            }
        }
        if u16::try_from(modules.len()).is_err() {
            errors.push(Diagnostic::error(Code::NameCollision, "a host has at most 65535 modules"));
        }
    }
    errors.retain(|diagnostic| diagnostic.level == Level::Error);
    errors.dedup();
    if errors.is_empty() { Ok(()) } else { Err(errors.into()) }
}

/// Every name by which the policy may know a callable: its module, its class if instances have it, and the rest. A method has the names
/// of its class and of each class that inherits it, by definition and by export.
fn names(module: &Module, callable: &Callable) -> Vec<(&'static str, Option<&'static str>, &'static str)> {
    let Some((owner, name)) = callable.method() else { return vec![(module.name, None, callable.path)] };
    let has = |class: &&Class| {
        let base = |&at: &u32| module.classes.get(at as usize).is_some_and(|base| base.name == owner);
        class.name == owner || class.bases.iter().any(base)
    };
    let mut names = Vec::new();
    for class in module.classes.iter().filter(has) {
        names.extend(class.name.split_once(':').map(|(of, class)| (of, Some(class), name)));
        names.extend(class.path.map(|path| (module.name, Some(path), name)));
    }
    names
}

fn not_started(error: SpawnError) -> HostError {
    let code = match &error {
        SpawnError::NotEnforced(_) => Code::NotEnforced,
        SpawnError::Refused(refusal) => refusal.code,
        _ => Code::SpawnFailed,
    };
    Diagnostic::error(code, format!("no Python worker could be started: {error}")).into()
}

/// The security log: in memory, and in a file unless the policy says otherwise.
fn open_log(policy: &Policy, chosen: Option<&Path>) -> Result<SecurityLogger, HostError> {
    if !policy.monitoring().audit_logging.is_on() {
        return Ok(SecurityLogger::in_memory());
    }
    let named = policy.monitoring().audit_log.as_ref();
    let named = named.map(|path| path.resolve(policy.path().parent().unwrap_or(Path::new("/"))));
    let monitoring = policy.monitoring();
    let options =
        |path: PathBuf| AuditOptions::new(path).size(monitoring.log_size.bytes()).retention(monitoring.log_retention);
    let unusable = |error: String| {
        let help = "name a file in a directory of your own: `[monitoring]` `audit-log = \"/…/audit.jsonl\"`, or `HostBuilder::audit_log`";
        Err(Diagnostic::error(Code::AuditUnwritable, format!("the audit file cannot be used: {error}"))
            .help(help)
            .into())
    };
    if let Some(path) = chosen.map(Path::to_owned).or(named) {
        if !path.is_absolute() {
            return unusable(format!("{} is not an absolute path", path.display()));
        }
        return SecurityLogger::with_audit(options(path)).or_else(|error| unusable(error.to_string()));
    }
    let Some(directory) = audit_directory() else {
        return unusable("neither XDG_STATE_HOME nor HOME names a directory to write it in".to_owned());
    };
    if let Err(error) = private::make_directory(&directory) {
        return unusable(format!("making {} failed: {error}", directory.display()));
    }
    // Several hosts of one user may run at once, each with a chain of its own.
    for number in 1..=AUDIT_FILES {
        let name = if number == 1 { "audit.jsonl".to_owned() } else { format!("audit-{number}.jsonl") };
        match SecurityLogger::with_audit(options(directory.join(name))) {
            Err(crate::security_log::AuditError::Locked { .. }) => {}
            opened => return opened.or_else(|error| unusable(error.to_string())),
        }
    }
    unusable(format!("{AUDIT_FILES} hosts write one in {} already", directory.display()))
}

/// Starts the sinks, among them the policy's `alert-command`.
fn add_sinks(policy: &Policy, logger: &SecurityLogger, mut sinks: Vec<Box<dyn Sink>>) -> Result<(), HostError> {
    if !policy.monitoring().security_events.is_on() {
        return Ok(());
    }
    let alert = AlertCommand::new(policy, logger.downgrade()).map_err(|error| {
        let code = if let SpawnError::Refused(refusal) = &error { refusal.code } else { Code::CommandRefused };
        let message = format!("the program of `monitoring.alert-command` cannot be used: {error}");
        let help = "name a program that only root or you can change, by an absolute path, and list its file name in \
                    `command-whitelist` under `[subprocess]`, beside those that are there";
        Diagnostic::error(code, message).help(help)
    })?;
    if let Some(alert) = alert {
        sinks.push(Box::new(alert));
    }
    for sink in sinks {
        logger.add_sink(sink).map_err(|error| HostError::system("starting the thread of a sink", &error))?;
    }
    Ok(())
}

/// Finds or makes the byte code of what the modules import.
fn byte_code(
    cache: Option<PathBuf>,
    policy: &Policy,
    interpreter: &Interpreter,
    modules: &[&'static Module],
) -> Result<Prepared, String> {
    let root = cache.or_else(cache_directory);
    let root = root.ok_or("neither XDG_CACHE_HOME nor HOME names a directory to keep it in")?;
    if !root.is_absolute() {
        return Err(format!("{} is not an absolute path", root.display()));
    }
    let modules = modules.iter().map(|module| module.name).collect();
    bytecode::prepare(&root.join("bytecode"), policy, interpreter, modules)
}

/// Verifies what workers will be told of, while the first of them starts.
fn verify(started: Started, shared: &Shared, inbox: &Inbox, policy: &Policy, interpreter: &Interpreter) {
    let found = started.byte_code();
    let verified = started.finish();
    note_byte_code(shared, &verified);
    let launcher = |found| Box::new(Launcher::new(policy, interpreter, found));
    let changed = match verified {
        Ok(Verified { obtained: Obtained::Kept, .. }) => None,
        // Another directory by the same name: the first worker's sandbox does not let it read this one.
        Ok(_) => Some(launcher(Some(&found))),
        Err(_) => Some(launcher(None)),
    };
    // An error says that the loop has ended.
    let _ = inbox.send(Command::Verified(changed));
}

/// Says what workers will have of byte code. Without any they only start slower.
fn note_byte_code(shared: &Shared, byte_code: &Result<Verified, String>) {
    let (kind, severity, message) = match byte_code {
        Ok(Verified { files, obtained }) => {
            let kind = match obtained {
                Obtained::Replaced(..) => EventKind::CacheDamaged,
                Obtained::Kept | Obtained::Compiled(_) => EventKind::Lifecycle,
            };
            let severity = if kind == EventKind::CacheDamaged { Severity::Medium } else { Severity::Low };
            (kind, severity, format!("the byte code of {files} files for the workers was {obtained}"))
        }
        Err(why) => {
            let message = format!("workers have no byte code and compile what they import at each start: {why}");
            (EventKind::Lifecycle, Severity::Low, message)
        }
    };
    shared.note(kind, severity, &message);
}
