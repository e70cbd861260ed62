//! One queue that the log fills, and what it knows of who empties it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use tywrap_policy::Severity;

use super::queue::Queue;
use super::{Sink, SinkError};
use crate::security_log::{EventKind, Filter, SecurityEvent, WeakLogger};

/// Events delivered at once.
const BATCH: usize = 256;

/// Drops of one outlet are reported at once, and then this seldom, with all that came between.
const REPORT_AGAIN: Duration = Duration::from_secs(60);

/// A sink or a subscription, seen from the log.
#[derive(Debug)]
pub(super) struct Outlet {
    name: &'static str,
    filter: Filter,
    queue: Arc<Queue>,
    /// The thread of a sink. A subscription is read by whoever likes.
    thread: Option<ThreadId>,
    reported: Mutex<Reported>,
}

/// The drops that the log knows of.
#[derive(Debug, Default)]
struct Reported {
    count: u64,
    at: Option<Instant>,
}

impl Outlet {
    pub(super) fn new(name: &'static str, filter: Filter, queue: Arc<Queue>) -> Self {
        Self { name, filter, queue, thread: None, reported: Mutex::default() }
    }

    /// Starts the thread of a sink.
    pub(super) fn start(sink: Box<dyn Sink>, log: WeakLogger) -> std::io::Result<Self> {
        let queue = Arc::new(Queue::default());
        let mut outlet = Self::new(sink.name(), sink.filter(), Arc::clone(&queue));
        // The kernel shows 15 bytes of it.
        let name = format!("tywrap-{}", outlet.name);
        let thread = std::thread::Builder::new().name(name).spawn(move || run(sink, &queue, &log))?;
        outlet.thread = Some(thread.thread().id());
        Ok(outlet)
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it wants an event. What a sink records itself would come back for ever.
    pub(super) fn takes(&self, event: &SecurityEvent) -> bool {
        self.filter.takes(event) && !self.is_this_thread()
    }

    pub(super) fn push(&self, event: Arc<SecurityEvent>) {
        self.queue.push(event);
    }

    pub(super) fn dropped(&self) -> u64 {
        self.queue.dropped()
    }

    pub(super) fn queue_of_a_sink(&self) -> Option<Arc<Queue>> {
        self.thread.map(|_| Arc::clone(&self.queue))
    }

    pub(super) fn close(&self) {
        self.queue.close();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }

    /// Waits for the end of a sink's thread. One that does not end is left to itself, and what it has not delivered
    /// counts as dropped. Returns what the log is to be told.
    pub(super) fn end(&self, until: Instant) -> Option<SecurityEvent> {
        self.thread?;
        // The last owner of a log may be a sink that is about to record something; it will end after this.
        if !self.is_this_thread() && !self.queue.wait_until_ended(until) {
            self.queue.abandon();
        }
        self.report(None)
    }

    /// What the log is to be told of drops, if it is time.
    pub(super) fn report_drops(&self, now: Instant) -> Option<SecurityEvent> {
        self.report(Some(now))
    }

    /// What the log does not know of drops; nothing, if it is too early to say.
    fn report(&self, now: Option<Instant>) -> Option<SecurityEvent> {
        let dropped = self.queue.dropped();
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        let is_early = |now: Instant| reported.at.is_some_and(|at| now.duration_since(at) < REPORT_AGAIN);
        if dropped == reported.count || now.is_some_and(is_early) {
            return None;
        }
        let report = report(self.name, dropped - reported.count, &self.queue.why());
        *reported = Reported { count: dropped, at: now.or(reported.at) };
        Some(report)
    }

    fn is_this_thread(&self) -> bool {
        self.thread.is_some_and(|thread| thread == std::thread::current().id())
    }
}

fn report(name: &str, count: u64, why: &str) -> SecurityEvent {
    let (events, were) = if count == 1 { ("event", "was") } else { ("events", "were") };
    let message = format!("{count} {events} {were} not delivered to `{name}`: {why}");
    SecurityEvent::new(EventKind::LogDamaged, Severity::High, &message)
        .with("sink", name)
        .with("events", &count.to_string())
}

/// The thread of a sink: delivers what has queued up, at once.
fn run(mut sink: Box<dyn Sink>, queue: &Queue, log: &WeakLogger) {
    let name = sink.name();
    let mut told = 0;
    while let Some(mut events) = queue.take(BATCH, None) {
        let count = events.len();
        // What was dropped since the last delivery, the receiver is told behind what it has missed it before.
        let dropped = queue.dropped();
        if dropped > told {
            events.push(Arc::new(report(name, dropped - told, &queue.why())));
        }
        // A sink that panics has not delivered. The next events are another chance.
        let delivered = catch_unwind(AssertUnwindSafe(|| sink.deliver(&events)));
        match delivered.unwrap_or_else(|_| Err(SinkError::new("it panicked"))) {
            Ok(()) => told = dropped,
            Err(error) => {
                queue.lose(count.saturating_sub(error.delivered), error.to_string());
                log.report_drops();
            }
        }
        queue.rest(sink.rest());
    }
    queue.end();
}
