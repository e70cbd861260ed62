//! When a report begins.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A time, or how long ago it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// So long before the report ends.
    Before(Duration),
    /// Then.
    At(SystemTime),
}

/// Reads `7d`, `90min`, `2026-11-28` or `2026-11-28T10:00:00Z`.
pub(crate) fn parse(text: &str) -> Result<Since, String> {
    let midnight = || humantime::parse_rfc3339(&format!("{text}T00:00:00Z"));
    if let Ok(time) = humantime::parse_rfc3339(text).or_else(|_| midnight()) {
        return Ok(Since::At(time));
    }
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("a report of no time has nothing in it".to_owned()),
        Ok(time) => Ok(Since::Before(time)),
        Err(_) => {
            Err("expected how long ago, as `24h` or `7d`, or a time, as `2026-11-28T10:00:00Z` or `2026-11-28`".into())
        }
    }
}

impl Since {
    /// The time, for a report that ends then; none if it lies ahead. What is longer ago than 1970 is 1970.
    pub(crate) fn before(self, until: SystemTime) -> Option<SystemTime> {
        match self {
            Since::Before(time) => Some(until.checked_sub(time).unwrap_or(UNIX_EPOCH).max(UNIX_EPOCH)),
            Since::At(time) => (time < until).then_some(time),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_spans_and_times() {
        let at = |seconds| Ok(Since::At(UNIX_EPOCH + Duration::from_secs(seconds)));
        for (text, expected) in [
            ("7d", Ok(Since::Before(Duration::from_secs(7 * 86_400)))),
            ("90min", Ok(Since::Before(Duration::from_secs(5400)))),
            ("2026-11-28", at(1_795_824_000)),
            ("2026-11-28T10:00:00Z", at(1_795_860_000)),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        for wrong in ["", "7", "yesterday", "0s", "2026-13-01", "-1d"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        let now = UNIX_EPOCH + Duration::from_secs(1_000_000);
        assert_eq!(Since::Before(Duration::from_secs(u64::MAX)).before(now), Some(UNIX_EPOCH));
        assert_eq!(Since::At(now + Duration::from_secs(1)).before(now), None);
    }
}
