//! Where events go besides memory and the audit file: sinks, each with a queue and a thread of its own, and
//! subscriptions.
//!
//! Recording puts an event into the queues and goes on; it waits for nobody. A queue has room that only denials may
//! take, so a flood of low events costs no denial. What finds no room, or what a sink fails to deliver, is counted, and
//! the count is an event of the log, a line for the sink itself once it delivers again, and a metric.

#[cfg(unix)]
mod alert;
mod json;
mod outlet;
mod queue;
mod stderr;
mod subscription;
#[cfg(feature = "syslog")]
mod syslog;
#[cfg(feature = "tracing")]
mod trace;
#[cfg(feature = "webhook")]
mod webhook;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::event::SecurityEvent;
use super::{Filter, WeakLogger};

#[cfg(unix)]
pub(crate) use alert::AlertCommand;
pub use stderr::{StderrFormat, StderrSink};
pub use subscription::Subscription;
#[cfg(feature = "syslog")]
pub use syslog::{Facility, SyslogSink};
#[cfg(feature = "tracing")]
pub use trace::TracingSink;
#[cfg(feature = "webhook")]
pub use webhook::WebhookSink;

use outlet::Outlet;

/// How long the end of a log waits, for all sinks together, until they have delivered what is queued.
const FAREWELL: Duration = Duration::from_secs(5);

/// Takes events somewhere. It is called on a thread of its own, so it may take its time; while it does, events queue
/// up, as far as there is room.
pub trait Sink: Send + 'static {
    /// What it is called in messages and metrics: kebab case, and the same for every sink of its kind.
    fn name(&self) -> &'static str;

    /// The events it wants; all, unless it says otherwise.
    fn filter(&self) -> Filter {
        Filter::default()
    }

    /// How long it rests after a delivery. What comes meanwhile is delivered at once after it.
    fn rest(&self) -> Duration {
        Duration::ZERO
    }

    /// Delivers events, from the oldest to the newest; there is at least one. What it records in the log itself does
    /// not come back to it.
    ///
    /// # Errors
    /// Why they were not delivered, or not all: [`SinkError::after`]. The rest is counted as dropped; a sink that wants
    /// to try again does so itself.
    fn deliver(&mut self, events: &[Arc<SecurityEvent>]) -> Result<(), SinkError>;
}

impl<S: Sink + ?Sized> Sink for Box<S> {
    fn name(&self) -> &'static str {
        (**self).name()
    }

    fn filter(&self) -> Filter {
        (**self).filter()
    }

    fn rest(&self) -> Duration {
        (**self).rest()
    }

    fn deliver(&mut self, events: &[Arc<SecurityEvent>]) -> Result<(), SinkError> {
        (**self).deliver(events)
    }
}

/// Why a sink could not be made, or could not deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkError {
    message: String,
    /// How many events were delivered before.
    delivered: usize,
}

impl SinkError {
    /// What went wrong, in one line.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), delivered: 0 }
    }

    /// Says that so many events had been delivered before, the oldest ones.
    #[must_use]
    pub fn after(mut self, delivered: usize) -> Self {
        self.delivered = delivered;
        self
    }
}

impl fmt::Display for SinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SinkError {}

impl From<std::io::Error> for SinkError {
    fn from(error: std::io::Error) -> Self {
        Self::new(error.to_string())
    }
}

/// The sinks and subscriptions of a log.
#[derive(Debug, Default)]
pub(super) struct Sinks {
    outlets: RwLock<Outlets>,
}

#[derive(Debug, Default)]
struct Outlets {
    open: Vec<Outlet>,
    /// What outlets have dropped that are gone, by name.
    gone: BTreeMap<&'static str, u64>,
}

impl Sinks {
    /// Starts a sink's thread.
    pub(super) fn add(&self, sink: Box<dyn Sink>, log: WeakLogger) -> std::io::Result<()> {
        let outlet = Outlet::start(sink, log)?;
        self.write(|outlets| outlets.open.push(outlet));
        Ok(())
    }

    pub(super) fn subscribe(&self, filter: Filter) -> Subscription {
        let (outlet, subscription) = subscription::open(filter);
        self.write(|outlets| outlets.open.push(outlet));
        subscription
    }

    /// Offers an event to all. Returns what there is to say of drops, of which the log's other readers are to know.
    pub(super) fn send(&self, event: &SecurityEvent) -> Vec<SecurityEvent> {
        let outlets = self.outlets.read().unwrap_or_else(PoisonError::into_inner);
        if outlets.open.is_empty() {
            return Vec::new();
        }
        self.offer(&outlets.open, event, None);
        let reports = self.report(&outlets.open);
        let any_closed = outlets.open.iter().any(Outlet::is_closed);
        drop(outlets);
        if any_closed {
            self.write(Outlets::forget_closed);
        }
        reports
    }

    /// What there is to say of drops.
    pub(super) fn report_drops(&self) -> Vec<SecurityEvent> {
        self.report(&self.outlets.read().unwrap_or_else(PoisonError::into_inner).open)
    }

    /// Whose drops an event reports, it is not offered to.
    fn report(&self, outlets: &[Outlet]) -> Vec<SecurityEvent> {
        let now = Instant::now();
        let reports: Vec<_> = outlets.iter().filter_map(|outlet| Some((outlet, outlet.report_drops(now)?))).collect();
        for (outlet, report) in &reports {
            self.offer(outlets, report, Some(outlet));
        }
        reports.into_iter().map(|(_, report)| report).collect()
    }

    fn offer(&self, outlets: &[Outlet], event: &SecurityEvent, except: Option<&Outlet>) {
        let mut shared = None;
        let wanting = outlets.iter().filter(|outlet| outlet.takes(event));
        for outlet in wanting.filter(|outlet| except.is_none_or(|except| !std::ptr::eq(*outlet, except))) {
            outlet.push(Arc::clone(shared.get_or_insert_with(|| Arc::new(event.clone()))));
        }
    }

    /// How many events each has dropped, by name.
    pub(super) fn dropped(&self) -> BTreeMap<&'static str, u64> {
        let outlets = self.outlets.read().unwrap_or_else(PoisonError::into_inner);
        let mut dropped = outlets.gone.clone();
        for outlet in &outlets.open {
            *dropped.entry(outlet.name()).or_default() += outlet.dropped();
        }
        dropped
    }

    /// Waits until every sink has delivered what is queued, or has dropped it; whether that came about in time.
    pub(super) fn flush(&self, timeout: Duration) -> bool {
        let until = Instant::now() + timeout;
        let outlets = self.outlets.read().unwrap_or_else(PoisonError::into_inner);
        let queues: Vec<_> = outlets.open.iter().filter_map(Outlet::queue_of_a_sink).collect();
        drop(outlets);
        queues.iter().all(|queue| queue.wait_until_idle(until))
    }

    /// Lets every sink deliver what is queued, and leaves those alone that do not. Returns what there is left to say of
    /// drops, however short ago the last was said.
    pub(super) fn end(&self) -> Vec<SecurityEvent> {
        let outlets = self.outlets.read().unwrap_or_else(PoisonError::into_inner);
        outlets.open.iter().for_each(Outlet::close);
        let until = Instant::now() + FAREWELL;
        outlets.open.iter().filter_map(|outlet| outlet.end(until)).collect()
    }

    fn write(&self, change: impl FnOnce(&mut Outlets)) {
        change(&mut self.outlets.write().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Outlets {
    fn forget_closed(&mut self) {
        let Self { open, gone } = self;
        open.retain(|outlet| {
            let stays = !outlet.is_closed();
            if !stays {
                *gone.entry(outlet.name()).or_default() += outlet.dropped();
            }
            stays
        });
    }
}

#[cfg(test)]
mod tests;
