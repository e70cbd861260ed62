//! A bounded queue of events, part of it for denials alone.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::security_log::SecurityEvent;

/// Events that may wait. An event has a few hundred bytes, at most 3 KiB, so this is at most 12 MiB.
pub(super) const ROOM: usize = 4096;

/// Of those, events that are no denials.
pub(super) const ROOM_FOR_OTHERS: usize = 1024;

/// Events in the order of their arrival, until somebody takes them.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// An event has arrived, or the queue was closed.
    arrived: Condvar,
    /// What was taken has been dealt with, or the taker has ended.
    settled: Condvar,
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<Arc<SecurityEvent>>,
    /// How many of them are no denials.
    others: usize,
    /// How many events were taken last and have not been dealt with.
    taken: usize,
    /// Nothing comes any more.
    closed: bool,
    /// Nobody takes any more.
    ended: bool,
    /// Why the last event was lost, if it was not for want of room.
    failure: Option<String>,
}

impl Queue {
    /// Takes an event in, or drops and counts it. It waits for nothing but the lock, which is held for moments.
    pub(super) fn push(&self, event: Arc<SecurityEvent>) {
        let mut state = self.state();
        if state.closed {
            return;
        }
        let is_other = !event.is_denial();
        if state.events.len() >= ROOM || (is_other && state.others >= ROOM_FOR_OTHERS) {
            state.failure = None;
            drop(state);
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        state.others += usize::from(is_other);
        state.events.push_back(event);
        self.arrived.notify_one();
    }

    /// Waits for events and takes up to `most` of them. Nothing, once the queue is closed and empty; none, if `until`
    /// comes first.
    pub(super) fn take(&self, most: usize, until: Option<Instant>) -> Option<Vec<Arc<SecurityEvent>>> {
        let mut state = self.state();
        state.taken = 0;
        self.settled.notify_all();
        loop {
            if !state.events.is_empty() {
                let count = state.events.len().min(most);
                let taken: Vec<_> = state.events.drain(..count).collect();
                state.others -= taken.iter().filter(|event| !event.is_denial()).count();
                state.taken = count;
                return Some(taken);
            }
            if state.closed {
                return None;
            }
            let Some(left) = until.map(|until| until.saturating_duration_since(Instant::now())) else {
                state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            if left.is_zero() {
                return Some(Vec::new());
            }
            (state, _) = self.arrived.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits, but not beyond the closing of the queue.
    pub(super) fn rest(&self, time: Duration) {
        let until = Instant::now() + time;
        let mut state = self.state();
        if !time.is_zero() {
            // What was taken has been dealt with, and what is queued waits for the rest to be over.
            state.taken = 0;
            self.settled.notify_all();
        }
        while !state.closed {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            (state, _) = self.arrived.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Counts events that were taken and reached nobody.
    pub(super) fn lose(&self, count: usize, why: String) {
        self.state().failure = Some(why);
        self.dropped.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// How many events were dropped so far.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Why the last one was.
    pub(super) fn why(&self) -> String {
        self.state().failure.clone().unwrap_or_else(|| "it does not keep up".to_owned())
    }

    /// Ends the arrival of events; what is queued can still be taken.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.arrived.notify_all();
    }

    /// Whether it is closed, from either end.
    pub(super) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Counts what is queued, and what was taken and not dealt with, as dropped: nobody will wait for it.
    pub(super) fn abandon(&self) {
        let mut state = self.state();
        let left = state.events.len() + state.taken;
        state.events.clear();
        state.others = 0;
        state.failure = Some("it had not delivered them when the log ended".to_owned());
        drop(state);
        self.dropped.fetch_add(left as u64, Ordering::Relaxed);
    }

    /// Says that nobody takes any more.
    pub(super) fn end(&self) {
        let mut state = self.state();
        state.ended = true;
        state.taken = 0;
        self.settled.notify_all();
    }

    /// Waits until all that was queued has been dealt with; whether that came about in time.
    pub(super) fn wait_until_idle(&self, until: Instant) -> bool {
        self.wait(until, |state| state.ended || (state.events.is_empty() && state.taken == 0))
    }

    /// Waits until nobody takes any more; whether that came about in time.
    pub(super) fn wait_until_ended(&self, until: Instant) -> bool {
        self.wait(until, |state| state.ended)
    }

    fn wait(&self, until: Instant, done: impl Fn(&State) -> bool) -> bool {
        let mut state = self.state();
        while !done(&state) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            (state, _) = self.settled.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock leaves the queue half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
