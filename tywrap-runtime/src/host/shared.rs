//! What every part of a host reads.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tywrap_policy::section::{ByteSize, LogLevel, Scratch};
use tywrap_policy::{Code, Policy, SecurityValidator, Severity};

use super::{CallError, CallErrorKind, LEAVE, OBJECTS};
use crate::grants::{Callable, Module};
use crate::metrics::{Check, Metrics};
use crate::security_log::{EventKind, PATIENCE, SecurityEvent, SecurityLogger};
use crate::value::{DataFrame, EnumMember, Limits, Series, Value};
use crate::worker::{PrintStream, PythonOutput};

/// Where lines that Python printed go.
pub(super) type OutputSink = Box<dyn FnMut(PythonOutput<'_>) + Send>;

/// What does not change while a host lives.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    /// The registered modules, and [`OBJECTS`] behind them.
    pub(crate) modules: Vec<&'static Module>,
    pub(crate) logger: SecurityLogger,
    pub(crate) metrics: Arc<Metrics>,
    /// The classes that each class inherits from, itself among them, as far as any module grants their methods.
    lineages: HashMap<&'static str, HashSet<&'static str>>,
    /// Each `__exit__` and `__aexit__` that is granted: its class and its name.
    exits: HashSet<(&'static str, &'static str)>,
    /// The members of each enum, in order.
    enums: HashMap<&'static str, &'static [&'static str]>,
    validator: SecurityValidator,
    sink: Mutex<OutputSink>,
}

/// Most bytes of text in a result. A value in memory takes up to sixteen times its text, so this is well below the largest
/// frame; what is larger is an array, or too large.
const RESULT_TEXT: usize = 64 << 20;

/// The policy's settings, in the types they are used in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// `wire.max-frame`.
    pub(crate) frame: u32,
    /// Of a value from a client.
    pub(crate) input: Limits,
    /// Of a value from a worker.
    pub(crate) result: Limits,
    /// `wire.workers`.
    pub(crate) workers: usize,
    /// `wire.recycle-calls`.
    pub(crate) recycle_calls: Option<u64>,
    /// `wire.recycle-memory`, in bytes.
    pub(crate) recycle_memory: Option<u64>,
    /// `wire.queue`: calls of one connection that may be open.
    pub(crate) queue: usize,
    /// `wire.max-handles`.
    pub(crate) handles: usize,
    /// `wire.shared-memory`: the size of the memory that a worker writes results to. A worker may write no larger file.
    pub(crate) worker_memory: Option<u64>,
    /// `sandbox.scratch`: whether each worker has a directory to write in.
    pub(crate) scratch: bool,
    /// `subprocess.timeout`, for each call.
    pub(crate) timeout: Duration,
    /// `subprocess.kill-grace`.
    pub(crate) grace: Duration,
    /// `monitoring.security-events`.
    events: bool,
    /// `monitoring.log-level`, as the least severity that is recorded.
    least: Severity,
    /// `monitoring.performance-monitoring`.
    durations: bool,
}

impl Settings {
    pub(crate) fn new(policy: &Policy) -> Self {
        let (wire, monitoring) = (policy.wire(), policy.monitoring());
        let frame = u32::try_from(wire.max_frame.bytes()).unwrap_or(u32::MAX);
        let depth = wire.max_depth.get() as usize;
        let size = usize::try_from(policy.input_validation().max_input_size.bytes()).unwrap_or(usize::MAX);
        Self {
            frame,
            input: Limits { depth, size },
            result: Limits { depth, size: (frame as usize).min(RESULT_TEXT) },
            workers: wire.workers.get() as usize,
            recycle_calls: wire.recycle_calls.map(|calls| calls.get().into()),
            recycle_memory: wire.recycle_memory.map(ByteSize::bytes),
            queue: wire.queue.get() as usize,
            handles: wire.max_handles.get() as usize,
            worker_memory: wire.shared_memory.is_on().then(|| policy.sandbox().file_size.bytes().min(frame.into())),
            scratch: policy.sandbox().scratch == Scratch::Private,
            timeout: policy.subprocess().timeout,
            grace: policy.subprocess().kill_grace,
            events: monitoring.security_events.is_on(),
            least: match monitoring.log_level {
                LogLevel::Debug | LogLevel::Info => Severity::Low,
                LogLevel::Warn => Severity::Medium,
                LogLevel::Error => Severity::High,
            },
            durations: monitoring.performance_monitoring.is_on(),
        }
    }
}

impl Shared {
    pub(super) fn new(
        policy: &Policy,
        mut modules: Vec<&'static Module>,
        logger: SecurityLogger,
        metrics: Arc<Metrics>,
        sink: OutputSink,
    ) -> Self {
        let lineages = lineages(&modules);
        let methods = modules.iter().flat_map(|module| module.callables).filter_map(Callable::method);
        let exits = methods.filter(|(_, name)| matches!(*name, "__exit__" | "__aexit__")).collect();
        let classes = modules.iter().flat_map(|module| module.classes);
        let enums =
            classes.filter(|class| !class.members.is_empty()).map(|class| (class.name, class.members)).collect();
        modules.push(&OBJECTS);
        Self {
            settings: Settings::new(policy),
            lineages,
            exits,
            enums,
            modules,
            logger,
            metrics,
            validator: SecurityValidator::new(policy),
            sink: Mutex::new(sink),
        }
    }

    /// Where among the modules a client's slot leads that is never opened: to [`OBJECTS`].
    pub(super) fn objects(&self) -> usize {
        self.modules.len() - 1
    }

    /// Every class of which an instance can be held.
    pub(crate) fn classes(&self) -> impl Iterator<Item = &'static str> {
        self.modules.iter().flat_map(|module| module.classes).map(|class| class.name)
    }

    /// Whether the receiver of a method is an instance of the class that has it. Python looks a name up in whatever object it is
    /// given, so this is what keeps a method that is granted of one class from being called on another.
    pub(crate) fn judge_receiver(&self, callable: &Callable, args: &[Value]) -> Result<(), CallError> {
        if OBJECTS.callables.get(LEAVE).is_some_and(|leave| std::ptr::eq(leave, callable)) {
            return self.judge_leaving(args);
        }
        let Some((class, name)) = callable.method() else { return Ok(()) };
        let refused = |what: String| {
            let message = format!("`{name}` of `{class}` was called on {what}");
            Err(CallError::new(CallErrorKind::Validation, Code::CallReceiver, message))
        };
        let Some(of) = args.first().and_then(class_of) else { return refused("no object".to_owned()) };
        match self.lineages.get(of) {
            Some(lineage) if lineage.contains(class) => Ok(()),
            Some(_) => refused(format!("an object of `{of}`, which is no such class")),
            None => refused(format!("an object of `{of:.200}`, of which no methods are granted")),
        }
    }

    /// Whether an object is a context manager as far as the grants say: leaving one is calling its `__exit__`, or its `__aexit__`.
    fn judge_leaving(&self, args: &[Value]) -> Result<(), CallError> {
        let of = args.first().and_then(class_of).unwrap_or("object");
        let method = if args.get(2) == Some(&Value::Bool(true)) { "__aexit__" } else { "__exit__" };
        if self
            .lineages
            .get(of)
            .is_some_and(|lineage| lineage.iter().any(|&class| self.exits.contains(&(class, method))))
        {
            return Ok(());
        }
        let message = format!("an object of `{of:.200}` was left, and no `{method}` of its class is granted");
        Err(CallError::new(CallErrorKind::Validation, Code::CallReceiver, message))
    }

    /// Whether the members of enums in a value are granted ones; else the first that is not.
    pub(crate) fn judge_enums(&self, value: &Value) -> Result<(), String> {
        let is_known =
            |member: &EnumMember| self.enums.get(member.class()).is_some_and(|members| member.is_of(members));
        match value.find_enum(&is_known) {
            None => Ok(()),
            Some(member) => {
                Err(format!("{:.100?} is no granted member of an enum {:.100?}", member.name(), member.class()))
            }
        }
    }

    /// Whether a value may have the tables that it has: nothing makes a worker import what was not granted.
    pub(crate) fn judge_tables(&self, value: &Value) -> Result<(), String> {
        if value.any(&|value| matches!(value, Value::Column(_))) {
            return Err("a column of a table came by itself; pass it in a `DataFrame` or a `Series`".to_owned());
        }
        let is_pandas = |module: &&Module| module.name == "pandas" || module.name.starts_with("pandas.");
        if value.has_table() && !self.modules.iter().any(is_pandas) {
            return Err("a table was passed, and this host has no module of pandas that could make it; \
                 wrap `pandas` and register it with `Host::builder`"
                .to_owned());
        }
        Ok(())
    }

    /// Every enum, with its members.
    pub(crate) fn enums(&self) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
        self.enums.iter().map(|(&class, &members)| (class, members))
    }

    /// The callable, as `module.path`.
    pub(crate) fn name(&self, module: usize, callable: u32) -> String {
        let module = self.modules.get(module);
        let callable = module.and_then(|module| module.callables.get(callable as usize));
        match (module, callable) {
            (Some(module), Some(callable)) => module.shown(callable),
            _ => "?".to_owned(),
        }
    }

    /// Records a refusal, or something else that has a code.
    pub(crate) fn record(&self, kind: EventKind, code: Code, message: &str) {
        self.record_as(kind, code, code.severity(), message);
    }

    pub(crate) fn record_as(&self, kind: EventKind, code: Code, severity: Severity, message: &str) {
        self.record_event(SecurityEvent::new(kind, severity, message).code(code));
    }

    /// Records something that has no code.
    pub(crate) fn note(&self, kind: EventKind, severity: Severity, message: &str) {
        self.record_event(SecurityEvent::new(kind, severity, message));
    }

    /// Says why large arrays go through frames.
    pub(crate) fn note_no_memory(&self, error: &std::io::Error) {
        let message = format!("there is no memory to share, so large arrays take longer: {error}");
        self.note(EventKind::Lifecycle, Severity::Low, &message);
    }

    /// Says that denials were answered for whose record the disk took too long.
    pub(super) fn note_unsettled(&self, count: usize) {
        let message = format!(
            "{count} denials were answered before they were in the audit file: its disk took more than {} s",
            PATIENCE.as_secs()
        );
        self.note(EventKind::LogDamaged, Severity::High, &message);
    }

    pub(crate) fn record_event(&self, event: SecurityEvent) {
        if self.settings.events && event.severity() >= self.settings.least {
            self.logger.record(event);
        }
    }

    /// Counts the check of a call.
    pub(crate) fn count(&self, passed: bool, started: std::time::Instant) {
        if self.settings.durations {
            self.logger.count_check(Check::Call, passed, started.elapsed());
        }
    }

    /// Passes a line on that Python printed, and looks it over. Nothing that is printed is ever an error.
    pub(crate) fn print(&self, worker: u32, stream: PrintStream, text: &str) {
        for advisory in self.validator.output(text) {
            let message = format!(
                "what Python printed to {} looks like {}; nothing was refused",
                stream.as_str(),
                advisory.suspicion.as_str()
            );
            self.record(EventKind::OutputSuspicious, Code::OutputSuspicious, &message);
        }
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        sink(PythonOutput { worker, stream, text });
    }
}

/// What the host knows an object's class by, which is what the worker said, or what goes by value says.
fn class_of(object: &Value) -> Option<&str> {
    match object {
        Value::Handle(handle) => Some(handle.class()),
        Value::Enum(member) => Some(member.class()),
        Value::Scalar(scalar) => Some(scalar.class().name()),
        Value::DataFrame(_) => Some(DataFrame::CLASS),
        Value::Series(_) => Some(Series::CLASS),
        _ => None,
    }
}

fn lineages(modules: &[&'static Module]) -> HashMap<&'static str, HashSet<&'static str>> {
    let mut lineages: HashMap<_, HashSet<_>> = HashMap::new();
    for module in modules {
        for class in module.classes {
            let bases = class.bases.iter().filter_map(|&base| module.classes.get(base as usize));
            lineages.entry(class.name).or_default().extend(std::iter::once(class).chain(bases).map(|class| class.name));
        }
    }
    lineages
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("settings", &self.settings).finish_non_exhaustive()
    }
}
