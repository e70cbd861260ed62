//! The security log: the last events in memory, all of them in files, and a report over the last day.
//!
//! Recording never waits for the disk. The file is written by a thread of its own, from a queue of bounded length; it
//! takes what has queued up, writes it at once and waits for the disk once, so that a flood of denials costs few waits.
//! Whoever answers a denial waits for that: the host holds the answer back, and a thread that calls is held up. So a
//! denial that somebody knows of is on the disk. Whatever the queue or the disk could not take is counted, and the
//! count is written as soon as something can be. Sinks and subscriptions get events by queues of their own.

mod audit;
mod event;
mod memory;
mod queue;
mod report;
mod ring;
mod secret;
mod sinks;
mod text;
mod writer;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use tywrap_policy::Severity;

pub use audit::{
    AuditError, AuditHead, AuditOptions, AuditSeries, Broken, Damage, NotAHead, TornLine, Verified, verify_audit_file,
};
pub use event::{Area, EventKind, SecurityEvent};
pub use report::{
    AuditedChain, BuildFinding, BuildFindings, ChainState, FindingKind, Indicator, Measured, SecurityReport, Timeline,
    Verdict,
};
#[cfg(unix)]
pub(crate) use sinks::AlertCommand;
#[cfg(feature = "tracing")]
pub use sinks::TracingSink;
#[cfg(feature = "webhook")]
pub use sinks::WebhookSink;
#[cfg(feature = "syslog")]
pub use sinks::{Facility, SyslogSink};
pub use sinks::{Sink, SinkError, StderrFormat, StderrSink, Subscription};
pub(crate) use text::sanitise;

use crate::metrics::{Check, Metrics};
use audit::AuditFile;
use memory::Memory;
use writer::Writer;

/// How long an answer waits at most for the denial behind it to be on the disk. A disk that takes longer is as good as
/// none, and a caller has a right to an answer; it is counted.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Where hosts write their audit files unless the policy says otherwise: `tywrap` below `XDG_STATE_HOME` or
/// `~/.local/state`. None where neither that nor `HOME` is an absolute path.
pub fn audit_directory() -> Option<PathBuf> {
    #[cfg(unix)]
    return crate::subprocess::state_directory();
    #[cfg(not(unix))]
    return None;
}

/// Where security events go. Cloning is cheap; all clones are one log.
#[derive(Clone, Debug)]
pub struct SecurityLogger {
    inner: Arc<Inner>,
}

/// A log as its own sinks know it, who must not keep it from ending.
#[derive(Clone, Debug)]
pub(crate) struct WeakLogger(Weak<Inner>);

#[derive(Debug)]
struct Inner {
    memory: Arc<Memory>,
    file: Option<Writer>,
}

/// Which events to look at; the default is all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// At least this bad.
    pub severity: Option<Severity>,
    /// Of this kind.
    pub kind: Option<EventKind>,
    /// At this time or later.
    pub since: Option<SystemTime>,
}

impl Filter {
    fn takes(&self, event: &SecurityEvent) -> bool {
        self.severity.is_none_or(|severity| event.severity() >= severity)
            && self.kind.is_none_or(|kind| event.kind() == kind)
            && self.since.is_none_or(|since| event.timestamp() >= since)
    }
}

impl Default for SecurityLogger {
    fn default() -> Self {
        Self::in_memory()
    }
}

impl SecurityLogger {
    /// A log that ends with the process.
    pub fn in_memory() -> Self {
        Self { inner: Arc::new(Inner { memory: Arc::new(Memory::new()), file: None }) }
    }

    /// A log that is also written to a file, which is made if it is not there. Its directory must exist.
    ///
    /// # Errors
    /// That the file cannot be used, belongs to another host or was changed.
    pub fn with_file(path: &Path) -> Result<Self, AuditError> {
        Self::with_audit(AuditOptions::new(path))
    }

    /// Likewise, saying how large the file becomes and how long those before it are kept.
    ///
    /// # Errors
    /// As [`SecurityLogger::with_file`].
    pub fn with_audit(options: AuditOptions) -> Result<Self, AuditError> {
        let path = options.path().to_owned();
        let memory = Arc::new(Memory::new());
        let file = AuditFile::open(options)?;
        let writer = Writer::start(file, Arc::clone(&memory)).map_err(|error| AuditError::Io { path, error })?;
        Ok(Self { inner: Arc::new(Inner { memory, file: Some(writer) }) })
    }

    /// One whose disk does something each time before it has what was written.
    #[cfg(test)]
    pub(crate) fn with_slow_disk(path: &Path, before_sync: impl FnMut() + Send + 'static) -> Result<Self, AuditError> {
        Ok(tests::logger(AuditFile::open(AuditOptions::new(path))?.before_sync(before_sync)))
    }

    /// Records an event. It waits neither for a sink nor for the disk; for that, see [`SecurityLogger::settle`].
    pub fn record(&self, event: SecurityEvent) {
        let event = Arc::new(event);
        let reports = self.inner.memory.sinks.send(&event);
        self.inner.keep(event);
        reports.into_iter().for_each(|report| self.inner.keep(Arc::new(report)));
    }

    /// Waits until every denial recorded so far is on the disk, or was counted as lost because the disk refused it; at
    /// most so long. Whether that came about in time. Before somebody is told of a denial, this is what to wait for.
    #[must_use = "`false` says that a denial may not be on the disk"]
    pub fn settle(&self, patience: Duration) -> bool {
        self.open_denial()
            .is_none_or(|number| self.inner.file.as_ref().is_none_or(|file| file.queue.wait_for(number, patience)))
    }

    /// The number of the last denial, if it is neither on the disk nor lost.
    pub(crate) fn open_denial(&self) -> Option<u64> {
        self.inner.file.as_ref()?.queue.open_denial()
    }

    /// Whether a denial is on the disk, or lost, with those before it.
    pub(crate) fn is_settled(&self, number: u64) -> bool {
        self.inner.file.as_ref().is_none_or(|file| file.queue.is_settled(number))
    }

    /// Whether so many denials wait for the disk that no more should be caused.
    pub(crate) fn is_full(&self) -> bool {
        self.inner.file.as_ref().is_some_and(|file| file.queue.is_full())
    }

    /// Has `call` called, by another thread, each time that denials have come to the disk.
    pub(crate) fn on_settled(&self, call: impl Fn() + Send + Sync + 'static) {
        if let Some(file) = &self.inner.file {
            file.queue.on_settled(Box::new(call));
        }
    }

    /// Counts a check of input, whatever came of it: how many pass is what the failures are measured against.
    pub fn count_validation(&self, passed: bool, took: Duration) {
        self.count_check(Check::Other, passed, took);
    }

    /// As [`SecurityLogger::count_validation`], with what was checked.
    pub(crate) fn count_check(&self, check: Check, passed: bool, took: Duration) {
        if let Some(metrics) = self.inner.memory.metrics.get() {
            metrics.check(check, took);
        }
        self.inner.memory.lock().validation(passed, took, SystemTime::now());
    }

    /// Counts what is recorded from now on for a host's metrics, too. A log has one host.
    pub(crate) fn count_for(&self, metrics: Arc<Metrics>) {
        // The second of two hosts would be wrong about the first one's events.
        let _ = self.inner.memory.metrics.set(metrics);
    }

    /// Counts a program that is about to be started, and whether the policy has judged it before.
    pub fn count_command(&self, validated: bool) {
        self.inner.memory.lock().command(validated, SystemTime::now());
    }

    /// The events that a filter takes, from the oldest to the newest, as far as they are still in memory.
    pub fn events(&self, filter: Filter) -> Vec<SecurityEvent> {
        self.inner
            .memory
            .lock()
            .ring
            .iter()
            .filter(|event| filter.takes(event))
            .map(|event| event.as_ref().clone())
            .collect()
    }

    /// How many events have been pushed out of memory by newer ones. They are still counted by the report.
    pub fn evicted(&self) -> u64 {
        self.inner.memory.lock().ring.evicted()
    }

    /// How many events never reached the file, because the queue was full or the disk refused.
    pub fn lost(&self) -> u64 {
        self.inner.file.as_ref().map_or(0, |file| file.queue.lost())
    }

    /// The events that a filter takes, from now on, as they come.
    pub fn subscribe(&self, filter: Filter) -> Subscription {
        self.inner.memory.sinks.subscribe(filter)
    }

    /// Gives events to a sink from now on, on a thread of its own.
    ///
    /// # Errors
    /// That the system has no thread left.
    pub fn add_sink(&self, sink: impl Sink) -> io::Result<()> {
        self.inner.memory.sinks.add(Box::new(sink), self.downgrade())
    }

    /// The log for a sink of its own.
    pub(crate) fn downgrade(&self) -> WeakLogger {
        WeakLogger(Arc::downgrade(&self.inner))
    }

    /// Waits until every sink has delivered what was recorded so far, or has given it up; whether that came about in
    /// time.
    pub fn flush_sinks(&self, timeout: Duration) -> bool {
        self.inner.memory.sinks.flush(timeout)
    }

    /// How many events did not get where they were to go, because a queue was full or what is behind it refused: by
    /// sink, with `audit-file` for the file and `subscription` for all subscriptions together.
    pub fn dropped(&self) -> BTreeMap<&'static str, u64> {
        let mut dropped = self.inner.memory.sinks.dropped();
        dropped.insert("audit-file", self.lost());
        dropped
    }

    /// What happened within a window before now. Windows longer than 24 hours are cut to that.
    pub fn report(&self, window: Duration) -> SecurityReport {
        let lost = self.lost();
        let kept = self.inner.memory.lock();
        let report = kept.tally.report(window, SystemTime::now(), lost);
        let since = report.since();
        let denials = kept.ring.iter().rev().filter(|event| event.is_denial() && event.timestamp() >= since);
        report.with_latest(denials.map(Arc::as_ref))
    }

    /// Waits until everything recorded so far has been written, or counted as lost.
    pub fn flush(&self) {
        if let Some(file) = &self.inner.file {
            // Once the thread has ended, everything counts as settled, so this comes to an end.
            while !file.queue.wait(Duration::from_secs(60)) {}
        }
    }
}

impl Inner {
    /// Keeps an event in memory and in the file.
    fn keep(&self, event: Arc<SecurityEvent>) {
        if let Some(file) = &self.file {
            file.queue.push(Arc::clone(&event));
        }
        self.memory.keep(event);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // What the sinks lost last is not silent either. The file, which writes what it has got, ends after this.
        for report in self.memory.sinks.end() {
            self.keep(Arc::new(report));
        }
    }
}

impl WeakLogger {
    fn upgrade(&self) -> Option<SecurityLogger> {
        self.0.upgrade().map(|inner| SecurityLogger { inner })
    }

    /// Says in the log what its sinks have dropped, if that is due. Once the log has ended, nobody is left to be told.
    fn report_drops(&self) {
        if let Some(SecurityLogger { inner }) = self.upgrade() {
            inner.memory.sinks.report_drops().into_iter().for_each(|report| inner.keep(Arc::new(report)));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn event(kind: EventKind, severity: Severity) -> SecurityEvent {
        SecurityEvent::new(kind, severity, "m")
    }

    #[test]
    fn events_are_found_by_severity_kind_and_time() {
        let logger = SecurityLogger::in_memory();
        logger.record(event(EventKind::Lifecycle, Severity::Low));
        logger.record(event(EventKind::CommandRefused, Severity::High));
        logger.record(event(EventKind::PeerRefused, Severity::Critical));
        let count = |filter| logger.events(filter).len();
        assert_eq!(count(Filter::default()), 3);
        assert_eq!(count(Filter { severity: Some(Severity::High), ..Filter::default() }), 2);
        assert_eq!(count(Filter { kind: Some(EventKind::Lifecycle), ..Filter::default() }), 1);
        let later = SystemTime::now() + Duration::from_secs(1);
        assert_eq!(count(Filter { since: Some(later), ..Filter::default() }), 0);
    }

    #[test]
    fn memory_is_bounded_and_the_report_still_counts_everything() {
        let logger = SecurityLogger::in_memory();
        for _ in 0..memory::CAPACITY + 5 {
            logger.record(event(EventKind::Lifecycle, Severity::Low));
        }
        assert_eq!(logger.events(Filter::default()).len(), memory::CAPACITY);
        assert_eq!(logger.evicted(), 5);
        assert_eq!(logger.report(Duration::from_secs(3600)).total(), memory::CAPACITY as u64 + 5);
    }

    #[test]
    fn everything_is_in_the_file_when_the_log_is_dropped() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.jsonl");
        let logger = SecurityLogger::with_file(&path).unwrap();
        let others: Vec<_> = (0..4)
            .map(|_| {
                let logger = logger.clone();
                std::thread::spawn(move || {
                    for _ in 0..100 {
                        logger.record(event(EventKind::CommandRefused, Severity::High));
                    }
                })
            })
            .collect();
        for other in others {
            other.join().unwrap();
        }
        logger.flush();
        assert_eq!((verify_audit_file(&path).unwrap().lines, logger.lost()), (400, 0));
        logger.record(event(EventKind::Lifecycle, Severity::Low));
        drop(logger);
        assert_eq!(verify_audit_file(&path).unwrap().lines, 401);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_the_disk_refuses_is_counted() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.jsonl");
        let logger = logger(AuditFile::open(AuditOptions::new(path)).unwrap().refuse_writes().unwrap());
        logger.record(event(EventKind::CommandRefused, Severity::High));
        assert!(logger.settle(PATIENCE), "nobody waits for a disk that has refused");
        assert_eq!(logger.lost(), 1);
        let told = || logger.events(Filter { kind: Some(EventKind::LogDamaged), ..Filter::default() });
        logger.record(event(EventKind::CommandRefused, Severity::High));
        logger.flush();
        assert_eq!(told().len(), 1, "it is said once: {:?}", told());
        assert!(logger.report(Duration::from_secs(60)).to_string().contains("2 events were not written to the file"));
    }

    #[test]
    fn a_denial_is_settled_when_the_disk_has_it_and_not_before() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.jsonl");
        let (disk, wait) = std::sync::mpsc::channel::<()>();
        let logger = SecurityLogger::with_slow_disk(&path, move || {
            let _ = wait.recv();
        })
        .unwrap();
        let (told, called) = std::sync::mpsc::channel();
        logger.on_settled(move || told.send(()).unwrap());
        logger.record(event(EventKind::Lifecycle, Severity::Low));
        assert!(logger.settle(Duration::ZERO), "nobody is told of what is no denial");
        logger.record(event(EventKind::CommandRefused, Severity::High));
        let started = std::time::Instant::now();
        assert!(!logger.settle(Duration::from_millis(50)));
        assert!(started.elapsed() >= Duration::from_millis(50));
        let number = logger.open_denial().unwrap();
        assert!(!logger.is_settled(number) && called.try_recv().is_err());
        disk.send(()).unwrap();
        assert!(logger.settle(PATIENCE) && logger.is_settled(number));
        called.recv_timeout(PATIENCE).unwrap();
        assert_eq!(verify_audit_file(&path).unwrap().lines, 2);
        drop(disk);
    }

    #[test]
    fn subscribers_get_the_heads_of_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.jsonl");
        let logger = SecurityLogger::with_file(&path).unwrap();
        let mut heads = logger.subscribe(Filter { kind: Some(EventKind::LogCheckpoint), ..Filter::default() });
        // One is given out every 4,096 lines. Slowly enough for the queue.
        for _ in 0..5 {
            (0..1000).for_each(|_| logger.record(event(EventKind::Lifecycle, Severity::Low)));
            logger.flush();
        }
        let head = heads.next_within(PATIENCE).unwrap();
        let head: AuditHead = head.context()["head"].parse().unwrap();
        drop(logger);
        let heads = [head];
        assert!(AuditSeries::of(path.clone()).verify(&heads).is_ok());
        // With the end cut off, it tells.
        let text = std::fs::read_to_string(&path).unwrap();
        let cut: String = text.lines().take(4000).map(|line| format!("{line}\n")).collect();
        std::fs::write(&path, cut).unwrap();
        assert!(AuditSeries::of(path).verify(&heads).is_err());
    }

    pub(super) fn logger(file: AuditFile) -> SecurityLogger {
        let memory = Arc::new(Memory::new());
        let writer = Writer::start(file, Arc::clone(&memory)).unwrap();
        SecurityLogger { inner: Arc::new(Inner { memory, file: Some(writer) }) }
    }
}
