//! The numbers that are held to a limit.

use std::fmt;
use std::time::Duration;

use tywrap_policy::Severity;

use super::{ChainState, SecurityReport};

const MOST_FAILURE_RATE: f64 = 0.001;
const FAILURE_RATE_OBJECTIVE: f64 = 0.0005;
const MOST_OVERHEAD: Duration = Duration::from_millis(50);
const OVERHEAD_OBJECTIVE: Duration = Duration::from_millis(25);

/// A number that is held to a limit.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Indicator {
    /// What is measured.
    pub name: &'static str,
    /// The number, with its unit, or `unknown`.
    pub value: String,
    /// The number: a count, percent, or milliseconds, as in `limit`. None where it is unknown.
    pub actual: Option<f64>,
    /// What it must keep to.
    pub limit: &'static str,
    /// What it should keep to.
    pub objective: &'static str,
    /// Whether it does.
    pub verdict: Verdict,
}

/// Whether a number keeps to its limit and its objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// To both.
    Ok,
    /// To the limit alone.
    OverObjective,
    /// To neither.
    OverLimit,
    /// What was read does not say the number, or is not all there is.
    Unknown,
}

impl Verdict {
    fn of(within_limit: bool, within_objective: bool) -> Self {
        match (within_limit, within_objective) {
            (false, _) => Verdict::OverLimit,
            (true, false) => Verdict::OverObjective,
            (true, true) => Verdict::Ok,
        }
    }

    /// The stable text, in kebab case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::OverObjective => "over-objective",
            Verdict::OverLimit => "over-limit",
            Verdict::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Ok => "ok",
            Verdict::OverObjective => "over the objective",
            Verdict::OverLimit => "over the limit",
            Verdict::Unknown => "unknown",
        })
    }
}

/// All of a report.
pub(super) fn all(report: &SecurityReport) -> Vec<Indicator> {
    let critical = report.count(|_, severity| severity == Severity::Critical);
    let measured = report.measured.as_ref();
    let rate = measured.map(|measured| match measured.checks {
        0 => 0.0,
        checks => measured.failed as f64 / checks as f64,
    });
    let slowest = measured.map(|measured| measured.slowest);
    // Where nobody has seen events, that there were none is not known either.
    let critical = report.is_of_events().then_some(critical);
    let validated =
        measured.map(|measured| (measured.commands.saturating_sub(measured.unvalidated), measured.commands));
    let mut all = vec![
        indicator(
            ["critical events", "0 a day", "0 a day"],
            critical,
            |critical| (critical.to_string(), *critical as f64),
            |critical| (*critical == 0, *critical == 0),
        ),
        indicator(
            ["validation failure rate", "< 0.1 %", "0.05 %"],
            rate,
            |rate| {
                let checks = measured.map_or(0, |measured| measured.checks);
                (format!("{:.3} % of {checks}", rate * 100.0), rate * 100.0)
            },
            |rate| (*rate < MOST_FAILURE_RATE, *rate <= FAILURE_RATE_OBJECTIVE),
        ),
        indicator(
            ["validated commands", "100 %", "100 %"],
            validated,
            |(validated, all)| {
                let percent = if *all == 0 { 100.0 } else { 100.0 * *validated as f64 / *all as f64 };
                (format!("{validated} of {all}"), percent)
            },
            |(validated, all)| (validated == all, validated == all),
        ),
        indicator(
            ["slowest validation", "< 50 ms", "25 ms"],
            slowest,
            |slowest| (format!("{:.3} ms", slowest.as_secs_f64() * 1000.0), slowest.as_secs_f64() * 1000.0),
            |slowest| (*slowest < MOST_OVERHEAD, *slowest <= OVERHEAD_OBJECTIVE),
        ),
    ];
    // Of a file that was changed or could not be read, nobody knows what it had. What is over a limit stays over it.
    if report.chains.iter().any(|chain| !matches!(chain.state(), ChainState::Whole(_))) {
        all.iter_mut().filter(|indicator| indicator.verdict != Verdict::OverLimit).for_each(Indicator::forget);
    }
    all
}

impl Indicator {
    fn forget(&mut self) {
        (self.value, self.actual, self.verdict) = ("unknown".to_owned(), None, Verdict::Unknown);
    }
}

/// One, of its name, limit and objective.
fn indicator<T>(
    [name, limit, objective]: [&'static str; 3],
    number: Option<T>,
    show: impl Fn(&T) -> (String, f64),
    judge: impl Fn(&T) -> (bool, bool),
) -> Indicator {
    let (value, actual, verdict) = match &number {
        Some(number) => {
            let (value, actual) = show(number);
            let (within_limit, within_objective) = judge(number);
            (value, Some(actual), Verdict::of(within_limit, within_objective))
        }
        None => ("unknown".to_owned(), None, Verdict::Unknown),
    };
    Indicator { name, value, actual, limit, objective, verdict }
}

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::*;
    use crate::security_log::report::tally::{DAY, Tally};

    #[test]
    fn indicators_know_limit_and_objective() {
        let verdict = |failures: u64, took: u64| {
            let mut tally = Tally::default();
            for index in 0..10_000 {
                tally.validation(index >= failures, Duration::from_millis(took), SystemTime::now());
            }
            tally.command(true, SystemTime::now());
            let indicators = tally.report(DAY, SystemTime::now(), 0).indicators();
            [indicators[1].verdict, indicators[3].verdict]
        };
        assert_eq!(verdict(5, 25), [Verdict::Ok; 2]);
        assert_eq!(verdict(6, 26), [Verdict::OverObjective; 2]);
        assert_eq!(verdict(10, 50), [Verdict::OverLimit; 2]);
        let mut unvalidated = Tally::default();
        unvalidated.command(false, SystemTime::now());
        let indicator = &unvalidated.report(DAY, SystemTime::now(), 0).indicators()[2];
        assert_eq!((indicator.verdict, indicator.actual), (Verdict::OverLimit, Some(0.0)));
    }

    #[test]
    fn what_is_not_known_is_not_zero() {
        let report = SecurityReport::new(UNIX_EPOCH, SystemTime::now());
        for indicator in report.indicators() {
            assert_eq!((indicator.verdict, indicator.actual), (Verdict::Unknown, None));
            assert_eq!(indicator.value, "unknown", "{}", indicator.name);
        }
    }
}
