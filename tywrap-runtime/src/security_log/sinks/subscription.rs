//! Events as they come, for a program that looks at them itself.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::outlet::Outlet;
use super::queue::Queue;
use crate::security_log::{Filter, SecurityEvent};

/// Events from the moment of [`SecurityLogger::subscribe`](crate::SecurityLogger::subscribe) on. As an iterator it
/// waits for the next one, and ends with the log. Who does not keep up loses events, denials last;
/// [`Subscription::dropped`] counts them. Dropping it unsubscribes.
#[derive(Debug)]
pub struct Subscription {
    queue: Arc<Queue>,
    /// What was taken and not looked at yet.
    taken: VecDeque<Arc<SecurityEvent>>,
}

pub(super) fn open(filter: Filter) -> (Outlet, Subscription) {
    let queue = Arc::new(Queue::default());
    (Outlet::new("subscription", filter, Arc::clone(&queue)), Subscription { queue, taken: VecDeque::new() })
}

impl Subscription {
    /// The next event, if there is one already.
    pub fn try_next(&mut self) -> Option<Arc<SecurityEvent>> {
        self.next_before(Some(Instant::now()))
    }

    /// The next event, if it comes in time.
    pub fn next_within(&mut self, timeout: Duration) -> Option<Arc<SecurityEvent>> {
        self.next_before(Some(Instant::now() + timeout))
    }

    /// How many events were lost because too many waited.
    pub fn dropped(&self) -> u64 {
        self.queue.dropped()
    }

    fn next_before(&mut self, until: Option<Instant>) -> Option<Arc<SecurityEvent>> {
        if self.taken.is_empty() {
            self.taken = self.queue.take(usize::MAX, until)?.into();
        }
        self.taken.pop_front()
    }
}

impl Iterator for Subscription {
    type Item = Arc<SecurityEvent>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_before(None)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.queue.close();
    }
}
