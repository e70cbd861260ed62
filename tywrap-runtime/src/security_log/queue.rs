//! What waits for the audit file, and how far it has come.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::event::SecurityEvent;

/// Events other than denials that may wait. Beyond, they are dropped and counted.
const MOST: usize = 4096;

/// Denials that may wait. The host takes nothing more from its clients from half of it on, and a thread that calls
/// waits until its own is written, so none of theirs is ever dropped. An event has at most 3 KiB of text.
const MOST_DENIALS: usize = 16_384;

/// Calls whoever waits for denials to be written, from the thread that has written them.
type Call = Box<dyn Fn() + Send + Sync>;

/// The events between those who record them and the thread that writes them.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    /// Tells the thread that something waits.
    filled: Condvar,
    /// Tells others that something was written.
    done: Condvar,
    /// The number of the last denial that was put in; 0 for none.
    last_denial: AtomicU64,
    /// The number of the last event that was written, or counted as lost.
    settled: AtomicU64,
    is_full: AtomicBool,
    lost: AtomicU64,
    on_settled: OnceLock<Call>,
}

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Arc<SecurityEvent>>,
    denials: usize,
    /// The number of the last event that was put in.
    last: u64,
    /// Whether the thread sleeps: being woken is a system call.
    is_idle: bool,
    is_closed: bool,
}

/// What the thread is to do.
pub(super) enum Taken {
    /// Write what was taken. The last of it has this number.
    Batch(u64),
    /// Nothing came in time.
    Nothing,
    /// Nothing is left, and nothing comes any more.
    End,
}

impl Queue {
    /// Puts an event in, unless there is no room for it.
    pub(super) fn push(&self, event: Arc<SecurityEvent>) {
        let is_denial = event.is_denial();
        let mut waiting = self.waiting();
        let has_room =
            if is_denial { waiting.denials < MOST_DENIALS } else { waiting.events.len() - waiting.denials < MOST };
        if !has_room || waiting.is_closed {
            drop(waiting);
            self.lose(1);
            return;
        }
        waiting.events.push_back(event);
        waiting.last += 1;
        if is_denial {
            waiting.denials += 1;
            self.last_denial.store(waiting.last, Ordering::Release);
            if waiting.denials > MOST_DENIALS / 2 {
                self.is_full.store(true, Ordering::Release);
            }
        }
        let is_idle = std::mem::replace(&mut waiting.is_idle, false);
        drop(waiting);
        if is_idle {
            self.filled.notify_one();
        }
    }

    /// Takes what waits, at most so much, or waits for it so long.
    pub(super) fn take(&self, batch: &mut Vec<Arc<SecurityEvent>>, most: usize, patience: Duration) -> Taken {
        let until = Instant::now() + patience;
        let mut waiting = self.waiting();
        while waiting.events.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if waiting.is_closed {
                return Taken::End;
            }
            if left.is_zero() {
                return Taken::Nothing;
            }
            waiting.is_idle = true;
            waiting = self.filled.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0;
            waiting.is_idle = false;
        }
        let count = waiting.events.len().min(most);
        let before = batch.len();
        batch.extend(waiting.events.drain(..count));
        waiting.denials -= batch[before..].iter().filter(|event| event.is_denial()).count();
        if waiting.denials < MOST_DENIALS / 4 {
            self.is_full.store(false, Ordering::Release);
        }
        Taken::Batch(waiting.last - waiting.events.len() as u64)
    }

    /// Says that everything up to an event was written, or counted as lost.
    pub(super) fn settle(&self, number: u64, has_denials: bool) {
        {
            // Whoever is about to wait looks at the number under this lock.
            let _waiting = self.waiting();
            self.settled.store(number, Ordering::Release);
        }
        self.done.notify_all();
        if has_denials && let Some(call) = self.on_settled.get() {
            call();
        }
    }

    /// Takes nothing more; what is in it is still written.
    pub(super) fn close(&self) {
        self.waiting().is_closed = true;
        self.filled.notify_one();
    }

    /// Waits until everything was settled that is in it now. Whether it was, in time.
    pub(super) fn wait(&self, patience: Duration) -> bool {
        let last = self.waiting().last;
        self.wait_for(last, patience)
    }

    /// The same for an event and those before it.
    pub(super) fn wait_for(&self, number: u64, patience: Duration) -> bool {
        if self.is_settled(number) {
            return true;
        }
        let waiting = self.waiting();
        let is_open = |_: &mut Waiting| !self.is_settled(number);
        let waited = self.done.wait_timeout_while(waiting, patience, is_open);
        drop(waited);
        self.is_settled(number)
    }

    /// The number of the last denial, if it is not settled.
    pub(super) fn open_denial(&self) -> Option<u64> {
        Some(self.last_denial.load(Ordering::Acquire)).filter(|number| !self.is_settled(*number))
    }

    pub(super) fn is_settled(&self, number: u64) -> bool {
        number <= self.settled.load(Ordering::Acquire)
    }

    /// Whether so many denials wait that no more should be caused.
    pub(super) fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Acquire)
    }

    /// Has `call` called each time that denials were settled. The first one stays.
    pub(super) fn on_settled(&self, call: Call) {
        // There is one host to a log, which asks once.
        let _ = self.on_settled.set(call);
    }

    /// Counts events that will never be in the file.
    pub(super) fn lose(&self, events: u64) {
        self.lost.fetch_add(events, Ordering::Relaxed);
    }

    /// How many were lost.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Nothing under this lock leaves it half changed, so a panic elsewhere is no reason to stop logging.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").field("waiting", &self.waiting).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use tywrap_policy::Severity;

    use super::*;
    use crate::security_log::EventKind;

    fn event(severity: Severity) -> Arc<SecurityEvent> {
        Arc::new(SecurityEvent::new(EventKind::Lifecycle, severity, "m"))
    }

    #[test]
    fn a_flood_of_others_leaves_room_for_denials() {
        let queue = Queue::default();
        for _ in 0..MOST + 10 {
            queue.push(event(Severity::Low));
        }
        assert_eq!(queue.lost(), 10);
        for _ in 0..MOST_DENIALS {
            queue.push(event(Severity::High));
        }
        assert_eq!(queue.lost(), 10);
        assert!(queue.is_full());
        queue.push(event(Severity::High));
        assert_eq!(queue.lost(), 11, "memory is bounded all the same");
        let mut batch = Vec::new();
        while !matches!(queue.take(&mut batch, 1000, Duration::ZERO), Taken::Nothing) {}
        assert_eq!(batch.len(), MOST + MOST_DENIALS);
        assert!(!queue.is_full());
    }

    #[test]
    fn numbers_say_what_was_written() {
        let queue = Queue::default();
        assert!(queue.wait(Duration::ZERO), "nothing is in it");
        queue.push(event(Severity::High));
        queue.push(event(Severity::Low));
        let denial = queue.open_denial();
        assert_eq!(denial, Some(1));
        let mut batch = Vec::new();
        assert!(matches!(queue.take(&mut batch, 1, Duration::ZERO), Taken::Batch(1)));
        assert!(!queue.wait_for(1, Duration::from_millis(1)), "taken is not written");
        queue.settle(1, true);
        assert_eq!(queue.open_denial(), None);
        assert!(queue.wait_for(1, Duration::ZERO));
        assert!(!queue.wait(Duration::from_millis(1)));
    }
}
