//! A report from audit files.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{MOST_LATEST, Measured, SecurityReport};
use crate::security_log::audit::{AuditError, AuditSeries, Broken, Reader, Record, Verified};
use crate::security_log::event::{EventKind, SecurityEvent};
use crate::security_log::text::{self, sanitise};

/// The audit files of one host, as a report has found them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditedChain {
    path: PathBuf,
    state: ChainState,
}

/// Whether audit files are as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainState {
    /// They are.
    Whole(Verified),
    /// They are not. What stands before the first line that is not is counted, and nothing after it.
    Broken(Broken),
    /// They could not be read, for this reason, and nothing of them is counted.
    Unreadable(String),
}

impl AuditedChain {
    /// The file that is written, or was last.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was found.
    pub fn state(&self) -> &ChainState {
        &self.state
    }

    /// The path as it is safe to print.
    pub(super) fn shown(&self) -> String {
        sanitise(&self.path.to_string_lossy(), text::MOST_MESSAGE)
    }

    /// What is to be known of one that is as it was written.
    pub(super) fn remark(&self) -> Option<&'static str> {
        let ChainState::Whole(verified) = &self.state else { return None };
        let is_open = verified.torn.iter().any(|torn| !torn.sealed);
        is_open.then_some("its last line was torn by a crash, or is being written; only a head tells that from a cut")
    }

    /// What is wrong with it, in a line that is safe to print; nothing if nothing is.
    pub(super) fn wrong(&self) -> Option<String> {
        let line = match &self.state {
            ChainState::Whole(_) => return None,
            ChainState::Broken(broken) => broken.to_string(),
            ChainState::Unreadable(why) => why.clone(),
        };
        Some(sanitise(&line, text::MOST_MESSAGE))
    }
}

impl SecurityReport {
    /// What happened from one time to another, by the audit files of some hosts. Every line of them is read and every
    /// link verified, in memory that does not grow with them; [`SecurityReport::chains`] says what came of it.
    ///
    /// Events count by the time they say. What checks and programs came to is in the checkpoints of the window: in
    /// each, what came to pass since the one before.
    pub fn from_audit(series: &[AuditSeries], since: SystemTime, until: SystemTime) -> Self {
        let mut report = Self::new(since, until);
        for series in series {
            let mut read = Read::new(since, until);
            let state = match series.read(&[], &mut read) {
                Ok(verified) => ChainState::Whole(verified),
                Err(AuditError::Broken(broken)) => ChainState::Broken(broken),
                Err(error) => ChainState::Unreadable(error.to_string()),
            };
            if !matches!(state, ChainState::Unreadable(_)) {
                report.merge(read.report, read.latest);
            }
            report.chains.push(AuditedChain { path: series.path().to_owned(), state });
        }
        report
    }

    fn merge(&mut self, other: Self, latest: VecDeque<SecurityEvent>) {
        for (key, count) in other.events {
            let sum = self.events.entry(key).or_default();
            *sum = sum.saturating_add(count);
        }
        self.timeline.merge(&other.timeline);
        self.unknown = self.unknown.saturating_add(other.unknown);
        self.lost = self.lost.saturating_add(other.lost);
        if let Some(measured) = other.measured {
            self.measured.get_or_insert_default().add(&measured);
        }
        self.latest.extend(latest.into_iter().rev());
        // Stable, so that events of the same time stay as their chain has them.
        self.latest.sort_by_key(|event| std::cmp::Reverse(event.timestamp()));
        self.latest.truncate(MOST_LATEST);
    }
}

/// What was read of one chain so far.
struct Read {
    report: SecurityReport,
    latest: VecDeque<SecurityEvent>,
}

impl Read {
    fn new(since: SystemTime, until: SystemTime) -> Self {
        Self { report: SecurityReport::new(since, until), latest: VecDeque::new() }
    }
}

impl Reader for Read {
    fn begin(&mut self) {
        *self = Self::new(self.report.since, self.report.until);
    }

    fn record(&mut self, record: &Record) {
        let report = &mut self.report;
        let time = record.time();
        if time.is_some_and(|time| !(report.since..=report.until).contains(&time)) {
            return;
        }
        let Some((time, event)) = time.and_then(|time| Some((time, record.event(time)?))) else {
            report.unknown = report.unknown.saturating_add(1);
            return;
        };
        report.count_events(event.kind(), event.severity(), time, 1);
        match event.kind() {
            EventKind::LogDamaged => {
                report.lost = report.lost.saturating_add(record.number("lost").unwrap_or(0));
            }
            EventKind::LogCheckpoint => {
                if let Some(measured) = Measured::noted(|fact| record.number(fact)) {
                    report.measured.get_or_insert_default().add(&measured);
                }
            }
            _ => {}
        }
        if event.is_denial() {
            if self.latest.len() == MOST_LATEST {
                self.latest.pop_front();
            }
            self.latest.push_back(event);
        }
    }
}
