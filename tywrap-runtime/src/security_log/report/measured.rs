//! What checks and programs come to: the numbers behind the indicators, which no event says.

use std::time::Duration;

use crate::security_log::event::SecurityEvent;

// The facts of a checkpoint. They are part of the audit file's format (docs/audit.md).
const CHECKS: &str = "checks";
const FAILED: &str = "checks-failed";
const MEAN: &str = "checks-mean-ns";
const GREATEST: &str = "checks-greatest-ns";
const COMMANDS: &str = "commands";
const UNVALIDATED: &str = "commands-unvalidated";

/// Checks of input and programs started, within some time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Measured {
    /// Checks of input, whatever came of them.
    pub checks: u64,
    /// Those that refused it.
    pub failed: u64,
    /// How long all of them took together.
    pub spent: Duration,
    /// How long the slowest took.
    pub slowest: Duration,
    /// Programs that were about to be started.
    pub commands: u64,
    /// Those that the policy had not judged before.
    pub unvalidated: u64,
}

impl Measured {
    pub(in crate::security_log) fn check(&mut self, passed: bool, took: Duration) {
        self.checks = self.checks.saturating_add(1);
        self.failed = self.failed.saturating_add(u64::from(!passed));
        self.spent = self.spent.saturating_add(took);
        self.slowest = self.slowest.max(took);
    }

    pub(in crate::security_log) fn command(&mut self, validated: bool) {
        self.commands = self.commands.saturating_add(1);
        self.unvalidated = self.unvalidated.saturating_add(u64::from(!validated));
    }

    /// Adds another time's.
    pub(in crate::security_log) fn add(&mut self, other: &Self) {
        self.checks = self.checks.saturating_add(other.checks);
        self.failed = self.failed.saturating_add(other.failed);
        self.spent = self.spent.saturating_add(other.spent);
        self.slowest = self.slowest.max(other.slowest);
        self.commands = self.commands.saturating_add(other.commands);
        self.unvalidated = self.unvalidated.saturating_add(other.unvalidated);
    }

    /// Whether nothing was measured.
    pub(in crate::security_log) fn is_empty(&self) -> bool {
        self.checks == 0 && self.commands == 0
    }

    /// How long a check took on average; none where there was none.
    pub fn mean(&self) -> Option<Duration> {
        let mean = self.spent.as_nanos().checked_div(u128::from(self.checks))?;
        Some(Duration::from_nanos(u64::try_from(mean).unwrap_or(u64::MAX)))
    }

    /// Says it in a checkpoint.
    pub(in crate::security_log) fn note(&self, event: SecurityEvent) -> SecurityEvent {
        let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).to_string();
        event
            .with(CHECKS, &self.checks.to_string())
            .with(FAILED, &self.failed.to_string())
            .with(MEAN, &nanoseconds(self.mean().unwrap_or_default()))
            .with(GREATEST, &nanoseconds(self.slowest))
            .with(COMMANDS, &self.commands.to_string())
            .with(UNVALIDATED, &self.unvalidated.to_string())
    }

    /// Reads what a checkpoint says; nothing where one says nothing, as those of earlier versions.
    pub(super) fn noted(number: impl Fn(&str) -> Option<u64>) -> Option<Self> {
        let checks = number(CHECKS)?;
        let spent = u128::from(number(MEAN)?).saturating_mul(u128::from(checks));
        Some(Self {
            checks,
            failed: number(FAILED)?.min(checks),
            spent: Duration::from_nanos(u64::try_from(spent).unwrap_or(u64::MAX)),
            slowest: Duration::from_nanos(number(GREATEST)?),
            commands: number(COMMANDS)?,
            unvalidated: number(UNVALIDATED)?.min(number(COMMANDS)?),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use tywrap_policy::Severity;

    use super::*;
    use crate::security_log::event::EventKind;

    #[test]
    fn a_checkpoint_says_all_of_it() {
        let mut measured = Measured::default();
        assert!(measured.is_empty() && measured.mean().is_none());
        for (passed, took) in [(true, 1), (false, 5), (true, 3)] {
            measured.check(passed, Duration::from_micros(took));
        }
        measured.command(true);
        measured.command(false);
        let event =
            measured.note(SecurityEvent::new(EventKind::LogCheckpoint, Severity::Low, "m").with("head", "1:ab"));
        assert_eq!(event.context().len(), 7, "none is omitted");
        let number = |name: &str| event.context().get(name)?.parse().ok();
        assert_eq!(Measured::noted(number), Some(measured));
        assert_eq!(Measured::noted(|_| None), None);
    }
}
