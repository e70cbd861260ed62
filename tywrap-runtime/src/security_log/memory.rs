//! What the log keeps in memory: the last events, and the counts of a day.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use super::event::SecurityEvent;
use super::report::{Measured, Tally};
use super::ring::Ring;
use super::sinks::Sinks;
use crate::metrics::Metrics;

/// Events kept.
pub(super) const CAPACITY: usize = 10_000;

/// Everything that is recorded passes here, also what the audit file says of itself.
#[derive(Debug)]
pub(super) struct Memory {
    kept: Mutex<Kept>,
    /// Where events go besides.
    pub(super) sinks: Sinks,
    /// What counts them for a host.
    pub(super) metrics: OnceLock<Arc<Metrics>>,
}

#[derive(Debug)]
pub(super) struct Kept {
    pub(super) ring: Ring,
    pub(super) tally: Tally,
    /// What the audit file has not been told yet.
    unsaid: Measured,
}

impl Kept {
    /// Counts a check of input.
    pub(super) fn validation(&mut self, passed: bool, took: Duration, now: SystemTime) {
        self.tally.validation(passed, took, now);
        self.unsaid.check(passed, took);
    }

    /// Counts a program that is about to be started.
    pub(super) fn command(&mut self, validated: bool, now: SystemTime) {
        self.tally.command(validated, now);
        self.unsaid.command(validated);
    }
}

impl Memory {
    pub(super) fn new() -> Self {
        let kept = Mutex::new(Kept { ring: Ring::new(CAPACITY), tally: Tally::default(), unsaid: Measured::default() });
        Self { kept, sinks: Sinks::default(), metrics: OnceLock::new() }
    }

    pub(super) fn keep(&self, event: Arc<SecurityEvent>) {
        if let Some(metrics) = self.metrics.get() {
            metrics.event(&event);
        }
        let mut kept = self.lock();
        kept.tally.event(&event);
        kept.ring.push(event);
    }

    /// Whether there is something that the audit file has not been told.
    pub(super) fn has_unsaid(&self) -> bool {
        !self.lock().unsaid.is_empty()
    }

    /// What checks and programs came to since this was asked last.
    pub(super) fn take_unsaid(&self) -> Measured {
        std::mem::take(&mut self.lock().unsaid)
    }

    /// Takes back what could not be written.
    pub(super) fn give_back(&self, unsaid: &Measured) {
        self.lock().unsaid.add(unsaid);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Kept> {
        // Nothing under this lock leaves the log half changed, so a panic elsewhere is no reason to stop logging.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
