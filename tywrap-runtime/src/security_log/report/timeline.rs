//! When events happened.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tywrap_policy::Severity;

/// At most so many bars, and one more where the first and the last are not whole.
const MOST: u64 = 31;

/// Widths that people think in, in seconds: a minute, 5, 10 and 30 of them, an hour, 3, 6 and 12, a day, a week.
const WIDTHS: &[u64] = &[60, 300, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400, 7 * 86_400];

/// Counts of events, by severity, in bars of the same width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    first: u64,
    width: u64,
    bars: Vec<[u64; Severity::ALL.len()]>,
}

impl Timeline {
    pub(super) fn new(from: SystemTime, until: SystemTime) -> Self {
        let (from, until) = (seconds(from), seconds(until).max(seconds(from)));
        let fits = |width: &u64| (until - from).div_ceil(*width) <= MOST;
        let mut width = WIDTHS.iter().copied().find(fits).unwrap_or(7 * 86_400);
        while !fits(&width) {
            width = width.saturating_mul(2);
        }
        let first = from - from % width;
        let count = (until - first) / width + 1;
        Self { first, width, bars: vec![Default::default(); usize::try_from(count).unwrap_or_default()] }
    }

    /// Counts events of a time; of another than the report's, they are left out.
    pub(super) fn add(&mut self, time: SystemTime, severity: Severity, count: u64) {
        let Some(after) = seconds(time).checked_sub(self.first) else { return };
        let at = usize::try_from(after / self.width).unwrap_or(usize::MAX);
        if let Some(sum) = self.bars.get_mut(at).and_then(|bar| bar.get_mut(severity as usize)) {
            *sum = sum.saturating_add(count);
        }
    }

    /// Adds another of the same window.
    pub(super) fn merge(&mut self, other: &Self) {
        for (bar, counts) in self.bars.iter_mut().zip(&other.bars) {
            for (sum, count) in bar.iter_mut().zip(counts) {
                *sum = sum.saturating_add(*count);
            }
        }
    }

    /// How much time a bar is of.
    pub fn width(&self) -> Duration {
        Duration::from_secs(self.width)
    }

    /// When each bar begins, and its counts by severity, in the order of [`Severity::ALL`].
    pub fn bars(&self) -> impl Iterator<Item = (SystemTime, [u64; Severity::ALL.len()])> + '_ {
        let begins = (0..).map(|at| UNIX_EPOCH + Duration::from_secs(self.first + at * self.width));
        begins.zip(self.bars.iter().copied())
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_cover_the_window_and_stay_few() {
        let until = UNIX_EPOCH + Duration::from_secs(1_795_860_123);
        let hour = 3600;
        for (window, width) in [
            (0, 60),
            (600, 60),
            (hour, 300),
            (24 * hour, hour),
            (7 * 24 * hour, 6 * hour),
            (30 * 24 * hour, 24 * hour),
            (1_795_860_123, 7 * 24 * hour * 128),
        ] {
            let from = until - Duration::from_secs(window);
            let mut timeline = Timeline::new(from, until);
            assert_eq!(timeline.width, width, "{window}");
            timeline.add(from, Severity::Low, 1);
            timeline.add(until, Severity::Critical, 2);
            timeline.add(UNIX_EPOCH + Duration::from_secs(u64::from(u32::MAX) * 8), Severity::Critical, 4);
            let bars: Vec<_> = timeline.bars().collect();
            assert!(bars.len() <= 33, "{window}: {}", bars.len());
            assert!(bars[0].0 <= from && until < bars[bars.len() - 1].0 + timeline.width());
            assert_eq!(bars.iter().map(|(_, bar)| bar.iter().sum::<u64>()).sum::<u64>(), 3);
            assert_eq!((bars[0].1[0], bars[bars.len() - 1].1[3]), (1, 2));
        }
    }
}
