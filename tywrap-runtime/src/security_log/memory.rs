//! What the log keeps in memory: the last events, and the counts of a day.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::event::SecurityEvent;
use super::report::Tally;
use super::ring::Ring;

/// Events kept.
pub(super) const CAPACITY: usize = 10_000;

/// Everything that is recorded passes here, also what the audit file says of itself.
#[derive(Debug)]
pub(super) struct Memory(Mutex<Kept>);

#[derive(Debug)]
pub(super) struct Kept {
    pub(super) ring: Ring,
    pub(super) tally: Tally,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Kept { ring: Ring::new(CAPACITY), tally: Tally::default() }))
    }

    pub(super) fn keep(&self, event: Arc<SecurityEvent>) {
        let mut kept = self.lock();
        kept.tally.event(&event);
        kept.ring.push(event);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Kept> {
        // Nothing under this lock leaves the log half changed, so a panic elsewhere is no reason to stop logging.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
