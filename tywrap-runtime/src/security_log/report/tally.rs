//! The counts that the log keeps in memory.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tywrap_policy::Severity;

use super::{Measured, SecurityReport};
use crate::security_log::event::{EventKind, SecurityEvent};

/// What is kept: a day.
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Counts by minute, so that a window slides and memory stays bounded however many events there are.
#[derive(Debug, Default)]
pub(in crate::security_log) struct Tally {
    minutes: BTreeMap<u64, Minute>,
}

#[derive(Debug, Default)]
struct Minute {
    events: BTreeMap<(EventKind, Severity), u64>,
    measured: Measured,
}

impl Tally {
    pub(in crate::security_log) fn event(&mut self, event: &SecurityEvent) {
        *self.minute(event.timestamp()).events.entry((event.kind(), event.severity())).or_default() += 1;
    }

    pub(in crate::security_log) fn validation(&mut self, passed: bool, took: Duration, now: SystemTime) {
        self.minute(now).measured.check(passed, took);
    }

    pub(in crate::security_log) fn command(&mut self, validated: bool, now: SystemTime) {
        self.minute(now).measured.command(validated);
    }

    fn minute(&mut self, time: SystemTime) -> &mut Minute {
        let number = minute_of(time);
        // Seconds of clock skew do not matter to a report, so the newest minute decides what is too old.
        let newest = self.minutes.last_key_value().map_or(number, |(newest, _)| number.max(*newest));
        let oldest = newest.saturating_sub(DAY.as_secs() / 60);
        while self.minutes.first_key_value().is_some_and(|(first, _)| *first < oldest) {
            self.minutes.pop_first();
        }
        self.minutes.entry(number.max(oldest)).or_default()
    }

    pub(in crate::security_log) fn report(&self, window: Duration, now: SystemTime, lost: u64) -> SecurityReport {
        let since = now.checked_sub(window.min(DAY)).unwrap_or(UNIX_EPOCH);
        let mut report = SecurityReport::new(since, now);
        report.lost = lost;
        let mut measured = Measured::default();
        for (number, minute) in self.minutes.range(minute_of(since)..) {
            // The minute in which the window begins counts whole; its time may be before the first bar's.
            let time = (UNIX_EPOCH + Duration::from_secs(number * 60)).max(since);
            for ((kind, severity), count) in &minute.events {
                report.count_events(*kind, *severity, time, *count);
            }
            measured.add(&minute.measured);
        }
        report.measured = Some(measured);
        report
    }
}

fn minute_of(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / 60
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_later_the_counts_are_gone() {
        let mut tally = Tally::default();
        for _ in 0..3 {
            tally.event(&SecurityEvent::new(EventKind::Lifecycle, Severity::Low, "m"));
        }
        assert_eq!(tally.report(DAY, SystemTime::now(), 0).total(), 3);
        let tomorrow = SystemTime::now() + DAY + Duration::from_secs(120);
        assert_eq!(tally.report(DAY, tomorrow, 0).total(), 0);
        tally.command(true, tomorrow);
        assert_eq!(tally.minutes.len(), 1, "and so is their memory");
    }
}
