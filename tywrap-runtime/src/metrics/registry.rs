//! The counters of one host, each looked up once, and their text.
//!
//! Every label has a bounded set of values: modules that are registered, commands that the policy lists, kinds, codes
//! and outcomes that are compiled in. So nobody outside can make series.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use prometheus::core::Collector;
use prometheus::{
    Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};
use tywrap_policy::{Code, Policy, Severity};

use super::python::type_label;
use super::{Check, Restart};
use crate::grants::Module;
use crate::host::{CallError, CallErrorKind, HostError, HostStats, OBJECTS};
use crate::security_log::{Area, EventKind, SecurityEvent};

/// Seconds. A check takes microseconds; 0.025 and 0.05 are what the security report holds the slowest one to.
const CHECK_SECONDS: &[f64] = &[1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 1e-3, 0.01, 0.025, 0.05, 0.1, 1.0];

/// Seconds. The fastest round trip takes some 30 µs, and the default of `subprocess.timeout` is 30 s.
const CALL_SECONDS: &[f64] = &[
    2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

const SEVERITIES: [Severity; 4] = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

/// What a call is refused with while a host runs. They begin at zero, so that the first one is an increase.
const REFUSALS: &[Code] = &[
    Code::CallArity,
    Code::CallKeyword,
    Code::CallReceiver,
    Code::CallType,
    Code::CallUnknown,
    Code::DigestMismatch,
    Code::FrameMalformed,
    Code::FrameTooLarge,
    Code::HandleRefused,
    Code::InputTooLarge,
    Code::JsonRefused,
    Code::ModuleNotOpened,
    Code::PeerRefused,
    Code::QueueFull,
    Code::WireVersion,
    Code::WorkerProtocol,
];

/// The label of a call on no module, and of a command that the policy does not list.
const OTHER: &str = "other";

/// When a call was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn since(start: Instant) -> Self {
        Self(start)
    }
}

/// The counters of a host.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    /// By position among the host's modules, and one more for calls on none.
    calls: Vec<Calls>,
    /// By position in [`EventKind::ALL`], by severity.
    events: Vec<[IntCounter; SEVERITIES.len()]>,
    validation_failures: IntCounterVec,
    subprocess_events: IntCounterVec,
    code_generation_events: IntCounter,
    /// By [`Check`].
    checks: Option<[Histogram; 3]>,
    python_errors: Option<IntCounterVec>,
    restarts: IntCounterVec,
    /// What `command` may be.
    commands: Vec<String>,
    /// The program of the workers.
    worker: String,
    gauges: Gauges,
    dropped: IntCounterVec,
    /// What `dropped` has been told of each sink.
    told: Mutex<BTreeMap<&'static str, u64>>,
}

#[derive(Debug)]
struct Calls {
    ok: IntCounter,
    /// By position in [`CallErrorKind::ALL`].
    failed: [IntCounter; CallErrorKind::ALL.len()],
    duration: Option<Histogram>,
}

#[derive(Debug)]
struct Gauges {
    clients: IntGauge,
    workers: IntGauge,
    running: IntGauge,
    queue: IntGauge,
    objects: IntGauge,
    functions: IntGauge,
}

impl Metrics {
    /// The counters of a host whose modules are these and then [`OBJECTS`], and whose workers run `worker`.
    pub(crate) fn new(policy: &Policy, modules: &[&'static Module], worker: &str) -> Result<Self, HostError> {
        Self::register(policy, modules, worker)
            .map_err(|error| HostError::system("registering the metrics", &io::Error::other(error)))
    }

    fn register(policy: &Policy, modules: &[&'static Module], worker: &str) -> prometheus::Result<Self> {
        let registry = Registry::new();
        let durations = policy.monitoring().performance_monitoring.is_on();
        let made = Maker { registry: &registry };

        let build = made.gauges("tywrap_build_info", "The version of the host, as a label; always 1.", &["version"])?;
        build.get_metric_with_label_values(&[env!("CARGO_PKG_VERSION")])?.set(1);

        let calls = made.counters(
            "tywrap_calls_total",
            "Calls that were answered, by module and by what came of them.",
            &["module", "outcome"],
        )?;
        let call_seconds = made.histograms(
            durations,
            "tywrap_call_duration_seconds",
            "Time from a call being read to its answer, queue and Python included. Refused calls are not in it.",
            &["module"],
            CALL_SECONDS,
        )?;
        let calls = modules
            .iter()
            .map(|module| module.name)
            .chain([OBJECTS.name, OTHER])
            .map(|module| {
                let counter = |outcome: &str| calls.get_metric_with_label_values(&[module, outcome]);
                let duration = |vec: &HistogramVec| vec.get_metric_with_label_values(&[module]);
                Ok(Calls {
                    ok: counter("ok")?,
                    failed: all(CallErrorKind::ALL.map(|kind| counter(kind.as_str())))?,
                    // Nothing runs that is on no module.
                    duration: call_seconds.as_ref().filter(|_| module != OTHER).map(duration).transpose()?,
                })
            })
            .collect::<prometheus::Result<_>>()?;

        let events = made.counters(
            "tywrap_security_events_total",
            "Events of the security log, by kind and severity.",
            &["type", "severity"],
        )?;
        let events = EventKind::ALL
            .iter()
            .map(|kind| {
                all(SEVERITIES
                    .map(|severity| events.get_metric_with_label_values(&[kind.as_str(), severity_label(severity)])))
            })
            .collect::<prometheus::Result<_>>()?;

        let validation_failures = made.counters(
            "tywrap_input_validation_failures_total",
            "What was refused of what came in, by code and severity.",
            &["type", "severity"],
        )?;
        for code in REFUSALS {
            validation_failures.get_metric_with_label_values(&[code.as_str(), severity_label(code.severity())])?;
        }

        let listed = policy.subprocess().command_whitelist.iter().map(|entry| entry.value.as_str().to_owned());
        let mut commands: Vec<String> = listed.collect();
        commands.push(worker.to_owned());
        let subprocess_events = made.counters(
            "tywrap_subprocess_security_events_total",
            "Events of programs, by kind and by the program's file name if the policy lists it.",
            &["event_type", "command"],
        )?;
        for kind in EventKind::ALL.iter().filter(|kind| kind.area() == Area::Subprocess) {
            subprocess_events.get_metric_with_label_values(&[kind.as_str(), worker])?;
        }

        let checks = made.histograms(
            durations,
            "tywrap_security_validation_duration_seconds",
            "Time that a check took, whatever came of it.",
            &["validation_type"],
            CHECK_SECONDS,
        )?;
        let checks = checks.map(|vec| {
            all(["call", "command", OTHER].map(|validation| vec.get_metric_with_label_values(&[validation])))
        });

        let python_errors = policy.monitoring().error_tracking.is_on().then(|| {
            made.counters(
                "tywrap_python_errors_total",
                "Exceptions that calls ended with, by built-in type.",
                &["type"],
            )
        });

        let restarts = made.counters(
            "tywrap_worker_restarts_total",
            "Python workers that ended before the host did, and why.",
            &["reason"],
        )?;
        for reason in Restart::ALL {
            restarts.get_metric_with_label_values(&[reason.as_str()])?;
        }

        Ok(Self {
            calls,
            events,
            validation_failures,
            subprocess_events,
            code_generation_events: made.counter(
                "tywrap_code_generation_security_events_total",
                "Events of what the policy refused to emit.",
            )?,
            checks: checks.transpose()?,
            python_errors: python_errors.transpose()?,
            restarts,
            commands,
            worker: worker.to_owned(),
            gauges: Gauges {
                clients: made.gauge("tywrap_clients", "Connections at this moment.")?,
                workers: made.gauge("tywrap_workers", "Python workers that are not being ended, at this moment.")?,
                running: made.gauge("tywrap_calls_running", "Calls that a worker has and has not answered.")?,
                queue: made.gauge("tywrap_queue_depth", "Calls that wait for a worker.")?,
                objects: made.gauge("tywrap_remote_objects", "Python objects that callers hold.")?,
                functions: made.gauge("tywrap_lent_functions", "Functions of callers that Python holds.")?,
            },
            dropped: made.counters(
                "tywrap_log_dropped_events_total",
                "Events that did not reach the audit file, a sink or a subscription.",
                &["sink"],
            )?,
            told: Mutex::default(),
            registry,
        })
    }

    /// Counts a call that was answered.
    pub(crate) fn call(&self, module: usize, stopwatch: Stopwatch, error: Option<&CallError>) {
        let Some(calls) = self.calls.get(module) else { return };
        match error {
            None => calls.ok.inc(),
            Some(error) => {
                calls.failed[error.kind() as usize].inc();
                if let (Some(errors), Some(python)) = (&self.python_errors, error.python()) {
                    errors.with_label_values(&[type_label(&python.type_name)]).inc();
                }
            }
        }
        if let Some(duration) = &calls.duration {
            duration.observe(stopwatch.0.elapsed().as_secs_f64());
        }
    }

    /// Counts a call that Python never saw; `module` is where it was meant to go, if that is known.
    pub(crate) fn refused(&self, module: Option<usize>, error: &CallError) {
        let calls = module.and_then(|at| self.calls.get(at)).or(self.calls.last());
        if let Some(calls) = calls {
            calls.failed[error.kind() as usize].inc();
        }
    }

    /// Counts a worker that ended.
    pub(crate) fn restart(&self, reason: Restart) {
        self.restarts.with_label_values(&[reason.as_str()]).inc();
    }

    /// Counts an event.
    pub(crate) fn event(&self, event: &SecurityEvent) {
        let kind = event.kind();
        if let Some(counters) = self.events.get(kind as usize) {
            counters[event.severity() as usize].inc();
        }
        match kind.area() {
            Area::Validation => {
                let what = event.refusal_code().map_or(kind.as_str(), Code::as_str);
                self.validation_failures.with_label_values(&[what, severity_label(event.severity())]).inc();
            }
            Area::Subprocess => {
                let command = event.context().get("command").map_or(self.worker.as_str(), |name| self.command(name));
                self.subprocess_events.with_label_values(&[kind.as_str(), command]).inc();
            }
            Area::CodeGeneration => self.code_generation_events.inc(),
            Area::Sandbox | Area::Policy | Area::Lifecycle | Area::Log => {}
        }
    }

    /// A command as a label: whoever is refused a command chooses its name, so only listed ones have a series.
    fn command(&self, name: &str) -> &str {
        let file = name.rsplit('/').next().unwrap_or(name);
        self.commands.iter().find(|known| *known == file).map_or(OTHER, String::as_str)
    }

    /// Counts a check and how long it took.
    pub(crate) fn check(&self, check: Check, took: Duration) {
        if let Some(checks) = &self.checks {
            checks[check as usize].observe(took.as_secs_f64());
        }
    }

    /// Everything, in Prometheus' text format. `dropped` has, by sink, how many events it has lost since the start.
    pub(crate) fn text(
        &self,
        stats: HostStats,
        dropped: impl IntoIterator<Item = (&'static str, u64)>,
    ) -> Result<String, HostError> {
        let failed = |error: prometheus::Error| HostError::system("writing the metrics", &io::Error::other(error));
        // Held to the end, so that no two readers add the same drops.
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        for (sink, count) in dropped {
            let counter = self.dropped.get_metric_with_label_values(&[sink]).map_err(failed)?;
            let before = told.insert(sink, count).unwrap_or(0);
            counter.inc_by(count.saturating_sub(before));
        }
        for (gauge, value) in [
            (&self.gauges.clients, stats.clients),
            (&self.gauges.workers, stats.workers),
            (&self.gauges.running, stats.running),
            (&self.gauges.queue, stats.waiting),
            (&self.gauges.objects, stats.objects),
            (&self.gauges.functions, stats.functions),
        ] {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
        TextEncoder::new().encode_to_string(&self.registry.gather()).map_err(failed)
    }
}

impl Restart {
    const ALL: [Self; 6] =
        [Self::Timeout, Self::Cancelled, Self::Protocol, Self::Refused, Self::Recycled, Self::Crashed];

    fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
            Self::Protocol => "protocol",
            Self::Refused => "refused",
            Self::Recycled => "recycled",
            Self::Crashed => "crashed",
        }
    }
}

fn severity_label(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

/// The array of values, or the first error.
fn all<T, const N: usize>(results: [prometheus::Result<T>; N]) -> prometheus::Result<[T; N]> {
    let values = results.into_iter().collect::<prometheus::Result<Vec<T>>>()?;
    values.try_into().map_err(|_| prometheus::Error::Msg("an array has changed its length".to_owned()))
}

/// Makes metrics and registers them.
struct Maker<'r> {
    registry: &'r Registry,
}

impl Maker<'_> {
    fn registered<M: Collector + Clone + 'static>(&self, metric: M) -> prometheus::Result<M> {
        self.registry.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    fn counter(&self, name: &str, help: &str) -> prometheus::Result<IntCounter> {
        self.registered(IntCounter::new(name, help)?)
    }

    fn counters(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntCounterVec> {
        self.registered(IntCounterVec::new(Opts::new(name, help), labels)?)
    }

    fn gauge(&self, name: &str, help: &str) -> prometheus::Result<IntGauge> {
        self.registered(IntGauge::new(name, help)?)
    }

    fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<IntGaugeVec> {
        self.registered(IntGaugeVec::new(Opts::new(name, help), labels)?)
    }

    /// None where durations are not wanted.
    fn histograms(
        &self,
        wanted: bool,
        name: &str,
        help: &str,
        labels: &[&str],
        buckets: &[f64],
    ) -> prometheus::Result<Option<HistogramVec>> {
        let make = || {
            let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
            self.registered(HistogramVec::new(options, labels)?)
        };
        wanted.then(make).transpose()
    }
}
