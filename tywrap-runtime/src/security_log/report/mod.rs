//! The report on what happened within a window: from memory, or from audit files, with the events of builds beside.

mod build;
mod chain;
mod html;
mod indicator;
mod json;
mod measured;
mod tally;
#[cfg(test)]
mod tests;
mod text;
mod timeline;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use tywrap_policy::Severity;

pub use build::{BuildFinding, BuildFindings, FindingKind};
pub use chain::{AuditedChain, ChainState};
pub use indicator::{Indicator, Verdict};
pub use measured::Measured;
pub(super) use tally::Tally;
pub use timeline::Timeline;

use super::event::{Area, EventKind, SecurityEvent};
use crate::sandbox::Status;

// Where a recommendation starts.
const MOST_SEVERE: u64 = 5;
const MOST_VALIDATION_FAILURES: u64 = 10;
const MOST_SUBPROCESS_ERRORS: u64 = 3;

/// Denials that a report shows with all they say: what fits on a page. All are counted.
const MOST_LATEST: usize = 50;

/// What happened within a window: to the minute from memory, to the microsecond from audit files.
///
/// Its `Display` is the text to read; [`SecurityReport::to_json`] and [`SecurityReport::to_html`] are for programs and
/// browsers. All three are inert whatever the events say: no control of a terminal, no markup.
#[derive(Clone, Debug)]
pub struct SecurityReport {
    since: SystemTime,
    until: SystemTime,
    events: BTreeMap<(EventKind, Severity), u64>,
    /// Events of a kind that this version does not know.
    unknown: u64,
    timeline: Timeline,
    /// From the newest to the oldest.
    latest: Vec<SecurityEvent>,
    /// What checks and programs come to, where that is known.
    measured: Option<Measured>,
    lost: u64,
    /// Where it was read from; empty for a report from memory.
    chains: Vec<AuditedChain>,
    builds: Vec<BuildFindings>,
    sandbox: Option<Status>,
}

impl SecurityReport {
    /// One of which nothing is known.
    pub(super) fn new(since: SystemTime, until: SystemTime) -> Self {
        Self {
            since,
            until,
            events: BTreeMap::new(),
            unknown: 0,
            timeline: Timeline::new(since, until),
            latest: Vec::new(),
            measured: None,
            lost: 0,
            chains: Vec::new(),
            builds: Vec::new(),
            sandbox: None,
        }
    }

    /// Adds what the sandbox of the workers enforces.
    #[must_use]
    pub fn with_sandbox(mut self, status: Status) -> Self {
        self.sandbox = Some(status);
        self
    }

    /// Adds what the build of a package refused, left out and was told not to check.
    #[must_use]
    pub fn with_build(mut self, build: BuildFindings) -> Self {
        self.builds.push(build);
        self
    }

    /// Adds denials to show with all they say, from the newest to the oldest; only the first 50 are.
    #[must_use]
    pub(super) fn with_latest<'e>(mut self, events: impl Iterator<Item = &'e SecurityEvent>) -> Self {
        self.latest = events.take(MOST_LATEST).cloned().collect();
        self
    }

    /// What the sandbox of the workers enforces and by which layer, in the report of a host.
    pub fn sandbox(&self) -> Option<&Status> {
        self.sandbox.as_ref()
    }

    /// When the window begins.
    pub fn since(&self) -> SystemTime {
        self.since
    }

    /// When the window ends.
    pub fn until(&self) -> SystemTime {
        self.until
    }

    /// All events of the window; those of builds are not among them.
    pub fn total(&self) -> u64 {
        self.events.values().sum::<u64>() + self.unknown
    }

    /// Events by kind, in the order of [`EventKind::ALL`], without those that did not happen.
    pub fn by_kind(&self) -> BTreeMap<EventKind, u64> {
        self.sum(|kind, _| kind)
    }

    /// Events by severity, without those that did not happen.
    pub fn by_severity(&self) -> BTreeMap<Severity, u64> {
        self.sum(|_, severity| severity)
    }

    /// Events over time.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// The last denials, from the newest to the oldest, at most 50.
    pub fn latest(&self) -> &[SecurityEvent] {
        &self.latest
    }

    /// What checks and programs come to. None where that cannot be known, as from audit files without checkpoints that
    /// say it.
    pub fn measured(&self) -> Option<&Measured> {
        self.measured.as_ref()
    }

    /// The audit files it was read from, and whether they are as they were written; empty for one from memory.
    pub fn chains(&self) -> &[AuditedChain] {
        &self.chains
    }

    /// What builds said.
    pub fn builds(&self) -> &[BuildFindings] {
        &self.builds
    }

    /// What to do about it, one step each; empty when there is nothing to do.
    pub fn recommendations(&self) -> Vec<String> {
        let mut steps = Vec::new();
        for chain in &self.chains {
            match chain.state() {
                ChainState::Whole(_) => {}
                ChainState::Broken(_) => steps.push(format!(
                    "`{}` was changed: keep its files as evidence, find out who could write there, and start new ones",
                    chain.shown()
                )),
                ChainState::Unreadable(_) => steps.push(format!(
                    "`{}` could not be read, so nothing is known of its events: see to that, and report again",
                    chain.shown()
                )),
            }
        }
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
        if self.count(|kind, _| kind == EventKind::SandboxDegraded) > 0 {
            steps.push("the sandbox runs degraded: move to a kernel that enforces what the policy wants".to_owned());
        }
        if self.lost > 0 {
            let (events, were) = if self.lost == 1 { ("event", "was") } else { ("events", "were") };
            steps.push(format!("{} {events} {were} not written to the file: check its disk", self.lost));
        }
        steps.extend(self.builds.iter().flat_map(BuildFindings::recommendations));
        steps
    }

    /// The numbers that are held to a limit.
    pub fn indicators(&self) -> Vec<Indicator> {
        indicator::all(self)
    }

    /// Whether it says anything about events: it is from memory, or from files.
    fn is_of_events(&self) -> bool {
        self.measured.is_some() || !self.chains.is_empty()
    }

    /// How long the window is.
    fn window(&self) -> Duration {
        self.until.duration_since(self.since).unwrap_or_default()
    }

    fn count_events(&mut self, kind: EventKind, severity: Severity, time: SystemTime, count: u64) {
        let sum = self.events.entry((kind, severity)).or_default();
        *sum = sum.saturating_add(count);
        self.timeline.add(time, severity, count);
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
