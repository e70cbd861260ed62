//! The audit file: that it is written, kept, and as it was written.

use std::path::PathBuf;
use std::time::Duration;

use tywrap_policy::section::LogLevel;
use tywrap_runtime::{AuditError, AuditSeries, audit_directory};

use super::facts::Facts;
use super::line::Line;
use crate::locked::plural;

/// For how long files are kept at least. An incident is seldom noticed on the day it happens; the default of
/// `monitoring.log-retention` is the same.
const RETENTION: Duration = Duration::from_secs(30 * 24 * 60 * 60);

pub(super) fn line(facts: &Facts<'_>) -> Line {
    let mut line = Line::new(&["`cargo tywrap audit verify`", "`cargo tywrap audit heads`", "`[monitoring]`"]);
    let monitoring = facts.policy.monitoring();
    line.switch("monitoring.audit-logging", monitoring.audit_logging.is_on());
    match monitoring.log_level {
        LogLevel::Debug | LogLevel::Info => line.pass(format!("`log-level` is {}", monitoring.log_level)),
        level => line.fail(format!("`log-level` is {level}: less important events are not recorded")),
    }
    let kept = days(monitoring.log_retention);
    if monitoring.log_retention >= RETENTION {
        line.pass(format!("files are kept for {kept}"));
    } else {
        line.fail(format!("files are kept for {kept}, less than {}", days(RETENTION)));
    }
    if monitoring.audit_logging.is_on() {
        chains(&mut line, facts);
    }
    line.by_hand("keep a head of each chain on another machine: only that shows a cut end");
    line
}

/// A time in days, or exactly where it is not a whole number of them.
fn days(time: Duration) -> String {
    const DAY: u64 = 24 * 60 * 60;
    match usize::try_from(time.as_secs() / DAY) {
        Ok(days) if time == Duration::from_secs(time.as_secs() / DAY * DAY) => plural(days, "day"),
        _ => humantime::format_duration(time).to_string(),
    }
}

/// Verifies every chain that hosts of this policy write.
fn chains(line: &mut Line, facts: &Facts<'_>) {
    let paths = match paths(facts) {
        Ok(paths) => paths,
        Err(error) => return line.fail(error),
    };
    if paths.is_empty() {
        line.warn("no host of this user has written an audit file yet: start one, and run this again");
    }
    for path in paths {
        let shown = path.display();
        match AuditSeries::of(&path).verify(&[]) {
            Ok(verified) => {
                line.pass(format!("`{shown}`: {} as written", plural(verified.lines as usize, "event")));
                if verified.lost > 0 {
                    line.warn(format!("`{shown}`: {} never written", plural(verified.lost as usize, "event")));
                }
            }
            Err(AuditError::Broken(broken)) => line.fail(broken.to_string()),
            Err(error) => line.fail(error.to_string()),
        }
    }
}

/// The file that the policy names, if it is there; else those where hosts write by themselves.
fn paths(facts: &Facts<'_>) -> Result<Vec<PathBuf>, String> {
    if let Some(path) = &facts.policy.monitoring().audit_log {
        let path = path.resolve(facts.folder());
        return Ok(if path.exists() { vec![path] } else { Vec::new() });
    }
    let directory = audit_directory().ok_or("neither `XDG_STATE_HOME` nor `HOME` says where hosts write")?;
    match AuditSeries::in_directory(&directory) {
        Ok(found) => Ok(found.iter().map(|series| series.path().to_owned()).collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(format!("`{}` cannot be read: {error}", directory.display())),
    }
}
