//! The report over the last day, and the counts behind it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tywrap_policy::Severity;

use super::event::{Area, EventKind, SecurityEvent};
use crate::sandbox::Status;

/// What is kept: a day.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

// Where a recommendation starts, and what the indicators are held to.
const MOST_SEVERE: u64 = 5;
const MOST_VALIDATION_FAILURES: u64 = 10;
const MOST_SUBPROCESS_ERRORS: u64 = 3;
const MOST_FAILURE_RATE: f64 = 0.001;
const FAILURE_RATE_OBJECTIVE: f64 = 0.0005;
const MOST_OVERHEAD: Duration = Duration::from_millis(50);
const OVERHEAD_OBJECTIVE: Duration = Duration::from_millis(25);

/// Counts by minute, so that a window slides and memory stays bounded however many events there are.
#[derive(Debug, Default)]
pub(super) struct Tally {
    minutes: BTreeMap<u64, Minute>,
}

#[derive(Debug, Default)]
struct Minute {
    events: BTreeMap<(EventKind, Severity), u64>,
    validations: u64,
    failures: u64,
    slowest: Duration,
    spent: Duration,
    commands: u64,
    unvalidated: u64,
}

impl Tally {
    pub(super) fn event(&mut self, event: &SecurityEvent) {
        *self.minute(event.timestamp()).events.entry((event.kind(), event.severity())).or_default() += 1;
    }

    pub(super) fn validation(&mut self, passed: bool, took: Duration, now: SystemTime) {
        let minute = self.minute(now);
        minute.validations += 1;
        minute.failures += u64::from(!passed);
        minute.slowest = minute.slowest.max(took);
        minute.spent += took;
    }

    pub(super) fn command(&mut self, validated: bool, now: SystemTime) {
        let minute = self.minute(now);
        minute.commands += 1;
        minute.unvalidated += u64::from(!validated);
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

    pub(super) fn report(&self, window: Duration, now: SystemTime, lost: u64) -> SecurityReport {
        let window = window.min(DAY);
        let from = minute_of(now.checked_sub(window).unwrap_or(UNIX_EPOCH));
        let mut report = SecurityReport {
            window,
            until: now,
            events: BTreeMap::new(),
            validations: 0,
            failures: 0,
            slowest_validation: Duration::ZERO,
            commands: 0,
            unvalidated_commands: 0,
            lost,
            sandbox: None,
        };
        for minute in self.minutes.range(from..).map(|(_, minute)| minute) {
            for (key, count) in &minute.events {
                *report.events.entry(*key).or_default() += count;
            }
            report.validations += minute.validations;
            report.failures += minute.failures;
            report.slowest_validation = report.slowest_validation.max(minute.slowest);
            report.commands += minute.commands;
            report.unvalidated_commands += minute.unvalidated;
        }
        report
    }
}

fn minute_of(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / 60
}

/// What happened within a window, to the minute. Its `Display` is the text to read.
#[derive(Clone, Debug)]
pub struct SecurityReport {
    window: Duration,
    until: SystemTime,
    events: BTreeMap<(EventKind, Severity), u64>,
    validations: u64,
    failures: u64,
    slowest_validation: Duration,
    commands: u64,
    unvalidated_commands: u64,
    lost: u64,
    sandbox: Option<Status>,
}

/// A number that is held to a limit.
#[derive(Clone, Debug, PartialEq)]
pub struct Indicator {
    /// What is measured.
    pub name: &'static str,
    /// The number, with its unit.
    pub value: String,
    /// What it must keep to.
    pub limit: &'static str,
    /// What it should keep to.
    pub objective: &'static str,
    /// Whether it keeps to the limit.
    pub within_limit: bool,
    /// Whether it keeps to the objective.
    pub within_objective: bool,
}

impl SecurityReport {
    /// Adds what the sandbox of the workers enforces.
    #[must_use]
    pub fn with_sandbox(mut self, status: Status) -> Self {
        self.sandbox = Some(status);
        self
    }

    /// What the sandbox of the workers enforces and by which layer, in the report of a host.
    pub fn sandbox(&self) -> Option<&Status> {
        self.sandbox.as_ref()
    }

    /// All events.
    pub fn total(&self) -> u64 {
        self.events.values().sum()
    }

    /// Events by kind, in the order of [`EventKind::ALL`], without those that did not happen.
    pub fn by_kind(&self) -> BTreeMap<EventKind, u64> {
        self.sum(|kind, _| kind)
    }

    /// Events by severity, without those that did not happen.
    pub fn by_severity(&self) -> BTreeMap<Severity, u64> {
        self.sum(|_, severity| severity)
    }

    fn sum<K: Ord>(&self, key: impl Fn(EventKind, Severity) -> K) -> BTreeMap<K, u64> {
        let mut sums = BTreeMap::new();
        for ((kind, severity), count) in &self.events {
            *sums.entry(key(*kind, *severity)).or_default() += count;
        }
        sums
    }

    fn count(&self, matches: impl Fn(EventKind, Severity) -> bool) -> u64 {
        self.events.iter().filter(|((kind, severity), _)| matches(*kind, *severity)).map(|(_, count)| count).sum()
    }

    /// What to do about it, one step each; empty when there is nothing to do.
    pub fn recommendations(&self) -> Vec<String> {
        let mut steps = Vec::new();
        let severe = self.count(|_, severity| severity >= Severity::High);
        if severe > MOST_SEVERE {
            steps.push(format!("{severe} high or critical events: find their source in the audit log, and cut it off"));
        }
        let failures = self.count(|kind, _| kind.area() == Area::Validation);
        if failures > MOST_VALIDATION_FAILURES {
            steps.push(format!(
                "{failures} validation failures: either a client is broken or somebody is probing; the audit log has the codes"
            ));
        }
        let errors = self.count(|kind, _| is_subprocess_error(kind));
        if errors > MOST_SUBPROCESS_ERRORS {
            steps.push(format!(
                "{errors} subprocess errors: check the interpreter, its packages and the limits of the policy"
            ));
        }
        let degraded = self.count(|kind, _| kind == EventKind::SandboxDegraded);
        if degraded > 0 {
            steps.push("the sandbox runs degraded: move to a kernel that enforces what the policy wants".to_owned());
        }
        if self.lost > 0 {
            let (events, were) = if self.lost == 1 { ("event", "was") } else { ("events", "were") };
            steps.push(format!("{} {events} {were} not written to the file: check its disk", self.lost));
        }
        steps
    }

    /// The numbers that are held to a limit.
    pub fn indicators(&self) -> Vec<Indicator> {
        let critical = self.count(|_, severity| severity == Severity::Critical);
        let rate = if self.validations == 0 { 0.0 } else { self.failures as f64 / self.validations as f64 };
        let validated = self.commands - self.unvalidated_commands;
        let overhead = self.slowest_validation;
        vec![
            Indicator {
                name: "critical events",
                value: critical.to_string(),
                limit: "0 a day",
                objective: "0 a day",
                within_limit: critical == 0,
                within_objective: critical == 0,
            },
            Indicator {
                name: "validation failure rate",
                value: format!("{:.3} % of {}", rate * 100.0, self.validations),
                limit: "< 0.1 %",
                objective: "0.05 %",
                within_limit: rate < MOST_FAILURE_RATE,
                within_objective: rate <= FAILURE_RATE_OBJECTIVE,
            },
            Indicator {
                name: "validated commands",
                value: format!("{validated} of {}", self.commands),
                limit: "100 %",
                objective: "100 %",
                within_limit: self.unvalidated_commands == 0,
                within_objective: self.unvalidated_commands == 0,
            },
            Indicator {
                name: "slowest validation",
                value: format!("{:.3} ms", overhead.as_secs_f64() * 1000.0),
                limit: "< 50 ms",
                objective: "25 ms",
                within_limit: overhead < MOST_OVERHEAD,
                within_objective: overhead <= OVERHEAD_OBJECTIVE,
            },
        ]
    }
}

fn is_subprocess_error(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::CommandRefused
            | EventKind::SubprocessFailed
            | EventKind::SubprocessTimeout
            | EventKind::SubprocessOutputLimit
            | EventKind::SubprocessCrashed
            | EventKind::SandboxNotEnforced
    )
}

impl fmt::Display for SecurityReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let window = match self.window.as_secs() {
            seconds if seconds % 3600 == 0 => format!("{} h", seconds / 3600),
            seconds => humantime::format_duration(Duration::from_secs(seconds)).to_string(),
        };
        let until = humantime::format_rfc3339_seconds(self.until);
        writeln!(f, "security report: {window} until {until}")?;
        writeln!(f, "  events: {}", self.total())?;
        for (severity, count) in self.by_severity().iter().rev() {
            writeln!(f, "    {:<26} {count:>8}", severity.to_string())?;
        }
        for (kind, count) in self.by_kind() {
            writeln!(f, "    {:<26} {count:>8}", kind.as_str())?;
        }
        writeln!(f, "  indicators:")?;
        for indicator in self.indicators() {
            let verdict = match (indicator.within_limit, indicator.within_objective) {
                (false, _) => "over the limit",
                (true, false) => "over the objective",
                (true, true) => "ok",
            };
            writeln!(
                f,
                "    {:<26} {:>16}  limit {}, objective {}: {verdict}",
                indicator.name, indicator.value, indicator.limit, indicator.objective
            )?;
        }
        if let Some(status) = &self.sandbox {
            writeln!(f, "  sandbox:")?;
            for line in status.to_string().lines() {
                writeln!(f, "    {line}")?;
            }
        }
        let steps = self.recommendations();
        if steps.is_empty() {
            return write!(f, "  recommendations: none");
        }
        write!(f, "  recommendations:")?;
        for step in steps {
            write!(f, "\n    - {step}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tywrap_policy::section::Property;

    use super::*;
    use crate::sandbox::{Layer, State};

    fn tally(events: &[(EventKind, Severity, u64)]) -> Tally {
        let mut tally = Tally::default();
        for (kind, severity, count) in events {
            for _ in 0..*count {
                tally.event(&SecurityEvent::new(*kind, *severity, "m"));
            }
        }
        tally
    }

    fn steps(events: &[(EventKind, Severity, u64)]) -> usize {
        tally(events).report(DAY, SystemTime::now(), 0).recommendations().len()
    }

    #[test]
    fn recommendations_start_above_their_thresholds() {
        for (kind, severity, most) in [
            (EventKind::GuardOff, Severity::Critical, MOST_SEVERE),
            (EventKind::ValidationFailure, Severity::Medium, MOST_VALIDATION_FAILURES),
            (EventKind::SubprocessTimeout, Severity::Medium, MOST_SUBPROCESS_ERRORS),
        ] {
            assert_eq!(steps(&[(kind, severity, most)]), 0, "{kind}");
            assert_eq!(steps(&[(kind, severity, most + 1)]), 1, "{kind}");
        }
    }

    #[test]
    fn totals_add_up() {
        let report = tally(&[
            (EventKind::Lifecycle, Severity::Low, 3),
            (EventKind::CommandRefused, Severity::High, 2),
            (EventKind::PeerRefused, Severity::Critical, 1),
        ])
        .report(DAY, SystemTime::now(), 0);
        assert_eq!(report.total(), 6);
        assert_eq!(report.by_kind().values().sum::<u64>(), 6);
        assert_eq!(report.by_severity()[&Severity::High], 2);
        assert!(!report.indicators()[0].within_limit);
    }

    #[test]
    fn a_day_later_the_counts_are_gone() {
        let mut tally = tally(&[(EventKind::Lifecycle, Severity::Low, 3)]);
        let tomorrow = SystemTime::now() + DAY + Duration::from_secs(120);
        assert_eq!(tally.report(DAY, tomorrow, 0).total(), 0);
        tally.command(true, tomorrow);
        assert_eq!(tally.minutes.len(), 1, "and so is their memory");
    }

    #[test]
    fn indicators_know_limit_and_objective() {
        let verdict = |failures: u64, took: u64| {
            let mut tally = Tally::default();
            for index in 0..10_000 {
                tally.validation(index >= failures, Duration::from_millis(took), SystemTime::now());
            }
            tally.command(true, SystemTime::now());
            let indicators = tally.report(DAY, SystemTime::now(), 0).indicators();
            [&indicators[1], &indicators[3]].map(|indicator| (indicator.within_limit, indicator.within_objective))
        };
        assert_eq!(verdict(5, 25), [(true, true), (true, true)]);
        assert_eq!(verdict(6, 26), [(true, false), (true, false)]);
        assert_eq!(verdict(10, 50), [(false, false), (false, false)]);
        let mut unvalidated = Tally::default();
        unvalidated.command(false, SystemTime::now());
        assert!(!unvalidated.report(DAY, SystemTime::now(), 0).indicators()[2].within_limit);
    }

    #[test]
    fn the_text_says_it_all() {
        let mut tally =
            tally(&[(EventKind::CommandRefused, Severity::High, 6), (EventKind::Lifecycle, Severity::Low, 1)]);
        tally.command(true, SystemTime::now());
        let mut report = tally.report(DAY, SystemTime::now(), 2);
        report.until = UNIX_EPOCH;
        let degraded = State::Degraded { by: Vec::new(), reason: "there is none".to_owned() };
        let status = Status::new([
            (Property::Network, State::Enforced(vec![Layer::Landlock(4), Layer::Seccomp])),
            (Property::Memory, degraded),
        ]);
        report = report.with_sandbox(status);
        insta::assert_snapshot!(report.to_string());
    }
}
