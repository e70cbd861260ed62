//! The last events, in memory.

use std::collections::VecDeque;
use std::sync::Arc;

use super::event::SecurityEvent;

/// Keeps a fixed number of events; a new one pushes the oldest out.
#[derive(Debug)]
pub(super) struct Ring {
    events: VecDeque<Arc<SecurityEvent>>,
    capacity: usize,
    evicted: u64,
}

impl Ring {
    pub(super) fn new(capacity: usize) -> Self {
        Self { events: VecDeque::new(), capacity, evicted: 0 }
    }

    /// In constant time, but for growing up to the capacity.
    pub(super) fn push(&mut self, event: Arc<SecurityEvent>) {
        if self.events.len() == self.capacity {
            self.events.pop_front();
            self.evicted += 1;
        }
        self.events.push_back(event);
    }

    /// From the oldest to the newest.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<SecurityEvent>> {
        self.events.iter()
    }

    /// How many have been pushed out.
    pub(super) fn evicted(&self) -> u64 {
        self.evicted
    }
}

#[cfg(test)]
mod tests {
    use tywrap_policy::Severity;

    use super::*;
    use crate::security_log::EventKind;

    #[test]
    fn keeps_the_newest_and_counts_the_rest() {
        let mut ring = Ring::new(3);
        for index in 0..5 {
            ring.push(Arc::new(SecurityEvent::new(EventKind::Lifecycle, Severity::Low, &index.to_string())));
        }
        let kept: Vec<&str> = ring.iter().map(|event| event.message()).collect();
        assert_eq!(kept, ["2", "3", "4"]);
        assert_eq!(ring.evicted(), 2);
    }
}
