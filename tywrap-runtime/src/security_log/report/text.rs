//! The report for people: what it says on a terminal.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::{BuildFindings, ChainState, FindingKind, SecurityReport};
use crate::security_log::event::SecurityEvent;

/// Denials and findings that are told one by one; the page and the JSON have more.
const MOST_LINES: usize = 10;

impl fmt::Display for SecurityReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nobody should read a number before knowing that it cannot be trusted.
        for chain in &self.chains {
            match (chain.state(), chain.wrong()) {
                (ChainState::Broken(_), Some(wrong)) => {
                    writeln!(f, "BROKEN: {wrong}")?;
                    writeln!(f, "  what stands before that line is counted, and nothing after it")?;
                }
                (_, Some(wrong)) => writeln!(f, "UNREADABLE: {wrong}")?,
                (_, None) => {}
            }
        }
        writeln!(f, "security report: {} until {}", window(self.window()), time(self.until))?;
        self.audit(f)?;
        writeln!(f, "  events: {}", self.total())?;
        for (severity, count) in self.by_severity().iter().rev() {
            writeln!(f, "    {:<26} {count:>8}", severity.to_string())?;
        }
        for (kind, count) in self.by_kind() {
            writeln!(f, "    {:<26} {count:>8}", kind.as_str())?;
        }
        if self.unknown > 0 {
            writeln!(f, "    {:<26} {:>8}", "of a newer version", self.unknown)?;
        }
        writeln!(f, "  indicators:")?;
        for indicator in self.indicators() {
            writeln!(
                f,
                "    {:<26} {:>16}  limit {}, objective {}: {}",
                indicator.name, indicator.value, indicator.limit, indicator.objective, indicator.verdict
            )?;
        }
        self.builds.iter().try_for_each(|found| build(found, f))?;
        if !self.latest.is_empty() {
            writeln!(f, "  latest denials:")?;
            self.latest.iter().take(MOST_LINES).try_for_each(|event| writeln!(f, "    {}", line(event)))?;
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

impl SecurityReport {
    fn audit(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chain in &self.chains {
            if let ChainState::Whole(verified) = chain.state() {
                let lines = verified.lines;
                writeln!(f, "  audit file {}: every line is as it was written ({lines} lines in all)", chain.shown())?;
                if let Some(remark) = chain.remark() {
                    writeln!(f, "    {remark}")?;
                }
            }
        }
        Ok(())
    }
}

fn build(build: &BuildFindings, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(f, "  last build of {} under {}:", build.package(), build.policy())?;
    for finding in FindingKind::ALL {
        writeln!(f, "    {:<26} {:>8}", finding.as_str(), build.count(*finding))?;
    }
    // What is left out is many, and nobody's fault; it is counted above.
    let told = build.findings().iter().filter(|found| found.finding() != FindingKind::MemberLeftOut);
    for found in told.clone().take(MOST_LINES) {
        let place = if found.place().is_empty() { String::new() } else { format!("{}: ", found.place()) };
        writeln!(f, "    {} {place}{} [{}]", found.severity(), found.message(), found.code())?;
    }
    match told.count().saturating_sub(MOST_LINES) {
        0 => Ok(()),
        more => writeln!(f, "    and {more} more"),
    }
}

fn line(event: &SecurityEvent) -> String {
    let code = event.refusal_code().map(|code| format!(" [{code}]")).unwrap_or_default();
    let facts: Vec<String> = event.context().iter().map(|(name, value)| format!("{name}={value}")).collect();
    let facts = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) };
    format!("{} {} {}: {}{code}{facts}", time(event.timestamp()), event.severity(), event.kind(), event.message())
}

/// A time to the second, UTC.
pub(super) fn time(time: SystemTime) -> String {
    // Other times than those of four-digit years, which only a forged file has, have no such form.
    let last = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    humantime::format_rfc3339_seconds(time.clamp(SystemTime::UNIX_EPOCH, last)).to_string()
}

/// How long a window is, as people say it.
pub(super) fn window(window: Duration) -> String {
    match window.as_secs() {
        seconds if seconds > 0 && seconds % 3600 == 0 => format!("{} h", seconds / 3600),
        seconds => humantime::format_duration(Duration::from_secs(seconds)).to_string(),
    }
}
