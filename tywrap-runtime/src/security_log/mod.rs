//! The security log: the last events in memory, all of them in a file, and a report over the last day.
//!
//! Recording never waits for the disk. The file is written by a thread of its own, from a queue of bounded length; it
//! takes what has queued up, writes it at once and waits for the disk once, so that a flood of denials costs few waits.
//! Whatever the queue or the disk could not take is counted, and the count is written as soon as something can be.

mod audit;
mod event;
mod report;
mod ring;
mod sinks;
mod text;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use tywrap_policy::Severity;

pub use audit::{AuditError, Verified, verify_audit_file};
pub use event::{Area, EventKind, SecurityEvent};
pub use report::{Indicator, SecurityReport};
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
use report::Tally;
use ring::Ring;
use sinks::Sinks;

/// Events kept in memory.
const CAPACITY: usize = 10_000;

/// Events that may wait for the file.
const QUEUE: usize = 4096;

/// Events written at once.
const BATCH: usize = 256;

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
    sinks: Sinks,
    memory: Mutex<Memory>,
    file: Option<Writer>,
    metrics: OnceLock<Arc<Metrics>>,
}

#[derive(Debug)]
struct Memory {
    ring: Ring,
    tally: Tally,
}

#[derive(Debug)]
struct Writer {
    /// Present until the log is dropped.
    queue: Option<SyncSender<Message>>,
    thread: Option<JoinHandle<()>>,
    lost: Arc<AtomicU64>,
}

enum Message {
    Event(SecurityEvent),
    /// Answers when everything before it is on the disk.
    Flush(SyncSender<()>),
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
        Self::with_writer(None)
    }

    /// A log that is also written to a file, which is made if it is not there. Its directory must exist.
    ///
    /// # Errors
    /// That the file cannot be used, belongs to another host or was changed.
    pub fn with_file(path: &Path) -> Result<Self, AuditError> {
        let file = AuditFile::open(path)?;
        let writer = Writer::start(file).map_err(|error| AuditError::Io { path: path.to_owned(), error })?;
        Ok(Self::with_writer(Some(writer)))
    }

    fn with_writer(file: Option<Writer>) -> Self {
        let memory = Memory { ring: Ring::new(CAPACITY), tally: Tally::default() };
        Self {
            inner: Arc::new(Inner {
                sinks: Sinks::default(),
                memory: Mutex::new(memory),
                file,
                metrics: OnceLock::new(),
            }),
        }
    }

    /// Records an event. It waits neither for the disk nor for a sink.
    pub fn record(&self, event: SecurityEvent) {
        let reports = self.inner.sinks.send(&event);
        self.keep(event);
        reports.into_iter().for_each(|report| self.keep(report));
    }

    fn keep(&self, event: SecurityEvent) {
        if let Some(file) = &self.inner.file {
            file.send(event.clone());
        }
        if let Some(metrics) = self.inner.metrics.get() {
            metrics.event(&event);
        }
        let mut memory = self.memory();
        memory.tally.event(&event);
        memory.ring.push(event);
    }

    /// Counts a check of input, whatever came of it: how many pass is what the failures are measured against.
    pub fn count_validation(&self, passed: bool, took: Duration) {
        self.count_check(Check::Other, passed, took);
    }

    /// As [`SecurityLogger::count_validation`], with what was checked.
    pub(crate) fn count_check(&self, check: Check, passed: bool, took: Duration) {
        if let Some(metrics) = self.inner.metrics.get() {
            metrics.check(check, took);
        }
        self.memory().tally.validation(passed, took, SystemTime::now());
    }

    /// Counts what is recorded from now on for a host's metrics, too. A log has one host.
    pub(crate) fn count_for(&self, metrics: Arc<Metrics>) {
        // The second of two hosts would be wrong about the first one's events.
        let _ = self.inner.metrics.set(metrics);
    }

    /// Counts a program that is about to be started, and whether the policy has judged it before.
    pub fn count_command(&self, validated: bool) {
        self.memory().tally.command(validated, SystemTime::now());
    }

    /// The events that a filter takes, from the oldest to the newest, as far as they are still in memory.
    pub fn events(&self, filter: Filter) -> Vec<SecurityEvent> {
        self.memory().ring.iter().filter(|event| filter.takes(event)).cloned().collect()
    }

    /// How many events have been pushed out of memory by newer ones. They are still counted by the report.
    pub fn evicted(&self) -> u64 {
        self.memory().ring.evicted()
    }

    /// How many events never reached the file, because the queue was full or the disk refused.
    pub fn lost(&self) -> u64 {
        self.inner.file.as_ref().map_or(0, |file| file.lost.load(Ordering::Relaxed))
    }

    /// The events that a filter takes, from now on, as they come.
    pub fn subscribe(&self, filter: Filter) -> Subscription {
        self.inner.sinks.subscribe(filter)
    }

    /// Gives events to a sink from now on, on a thread of its own.
    ///
    /// # Errors
    /// That the system has no thread left.
    pub fn add_sink(&self, sink: impl Sink) -> io::Result<()> {
        self.inner.sinks.add(Box::new(sink), self.downgrade())
    }

    /// The log for a sink of its own.
    pub(crate) fn downgrade(&self) -> WeakLogger {
        WeakLogger(Arc::downgrade(&self.inner))
    }

    /// Waits until every sink has delivered what was recorded so far, or has given it up; whether that came about in
    /// time.
    pub fn flush_sinks(&self, timeout: Duration) -> bool {
        self.inner.sinks.flush(timeout)
    }

    /// How many events did not get where they were to go, because a queue was full or what is behind it refused: by
    /// sink, with `audit-file` for the file and `subscription` for all subscriptions together.
    pub fn dropped(&self) -> BTreeMap<&'static str, u64> {
        let mut dropped = self.inner.sinks.dropped();
        dropped.insert("audit-file", self.lost());
        dropped
    }

    /// What happened within a window before now. Windows longer than 24 hours are cut to that.
    pub fn report(&self, window: Duration) -> SecurityReport {
        self.memory().tally.report(window, SystemTime::now(), self.lost())
    }

    /// Waits until everything recorded so far has been written, or counted as lost.
    pub fn flush(&self) {
        if let Some(queue) = self.inner.file.as_ref().and_then(|file| file.queue.as_ref()) {
            let (answer, answered) = sync_channel(1);
            // An error in either means that the writer is gone, and then there is nothing to wait for.
            if queue.send(Message::Flush(answer)).is_ok() {
                let _ = answered.recv();
            }
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // Nothing under this lock leaves the log half changed, so a panic elsewhere is no reason to stop logging.
        self.inner.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // What the sinks lost last is not silent either. The file, which writes what it has got, ends after this.
        for report in self.sinks.end() {
            if let Some(file) = &self.file {
                file.send(report);
            }
        }
    }
}

impl WeakLogger {
    fn upgrade(&self) -> Option<SecurityLogger> {
        self.0.upgrade().map(|inner| SecurityLogger { inner })
    }

    /// Says in the log what its sinks have dropped, if that is due. Once the log has ended, nobody is left to be told.
    fn report_drops(&self) {
        if let Some(logger) = self.upgrade() {
            logger.inner.sinks.report_drops().into_iter().for_each(|report| logger.keep(report));
        }
    }
}

impl Writer {
    fn start(file: AuditFile) -> io::Result<Self> {
        let (queue, messages) = sync_channel(QUEUE);
        let lost = Arc::new(AtomicU64::new(0));
        let thread = std::thread::Builder::new().name("tywrap-audit".to_owned()).spawn({
            let lost = Arc::clone(&lost);
            move || write(file, &messages, &lost)
        })?;
        Ok(Self { queue: Some(queue), thread: Some(thread), lost })
    }

    fn send(&self, event: SecurityEvent) {
        let Some(queue) = &self.queue else { return };
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = queue.try_send(Message::Event(event)) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Closing the queue ends the thread once it has written what is in it.
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // The thread does not panic; if it did, there would be nothing left to do about it here.
            let _ = thread.join();
        }
    }
}

/// The thread that owns the file.
fn write(mut file: AuditFile, messages: &Receiver<Message>, lost: &AtomicU64) {
    let mut reported = 0;
    let mut batch = Vec::with_capacity(BATCH);
    let mut flushed = Vec::new();
    while let Ok(first) = messages.recv() {
        for message in std::iter::once(first).chain(messages.try_iter().take(BATCH - 1)) {
            match message {
                Message::Event(event) => batch.push(event),
                Message::Flush(answer) => flushed.push(answer),
            }
        }
        let events = batch.len() as u64;
        let all = lost.load(Ordering::Relaxed);
        if all > reported {
            let message =
                format!("{} events were not written, because the queue was full or the disk refused", all - reported);
            batch.push(SecurityEvent::new(EventKind::LogDamaged, Severity::High, &message));
        }
        if !batch.is_empty() {
            match file.append(&batch) {
                Ok(()) => reported = reported.max(all),
                Err(_) => {
                    lost.fetch_add(events, Ordering::Relaxed);
                }
            }
        }
        batch.clear();
        for answer in flushed.drain(..) {
            // Whoever asked may have stopped waiting.
            let _ = answer.send(());
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
        for _ in 0..CAPACITY + 5 {
            logger.record(event(EventKind::Lifecycle, Severity::Low));
        }
        assert_eq!(logger.events(Filter::default()).len(), CAPACITY);
        assert_eq!(logger.evicted(), 5);
        assert_eq!(logger.report(Duration::from_secs(3600)).total(), CAPACITY as u64 + 5);
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
        let file = AuditFile::open(&path).unwrap().refuse_writes().unwrap();
        let logger = SecurityLogger::with_writer(Some(Writer::start(file).unwrap()));
        logger.record(event(EventKind::CommandRefused, Severity::High));
        logger.flush();
        assert_eq!(logger.lost(), 1);
        assert!(logger.report(Duration::from_secs(60)).to_string().contains("1 event was not written to the file"));
    }
}
