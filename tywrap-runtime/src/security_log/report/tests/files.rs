//! From audit files.

use std::path::Path;

use super::*;
use crate::security_log::SecurityLogger;
use crate::security_log::audit::{AuditOptions, AuditSeries};

const HOUR: Duration = Duration::from_secs(60 * 60);

fn ago(time: Duration) -> SystemTime {
    SystemTime::now() - time
}

fn record(logger: &SecurityLogger, message: &str, time: SystemTime) {
    let event = SecurityEvent::new(EventKind::CallRefused, Severity::High, message);
    logger.record(event.code(tywrap_policy::Code::CommandRefused).at(time));
}

/// A chain with an event three hours ago, 30 an hour ago, and checks.
fn written(path: &Path) {
    let logger = SecurityLogger::with_audit(AuditOptions::new(path).size(4096)).unwrap();
    record(&logger, "event 0", ago(3 * HOUR));
    for number in 1..=30 {
        record(&logger, &format!("event {number}"), ago(HOUR));
        logger.flush();
    }
    for number in 0..1000 {
        logger.count_validation(number > 0, Duration::from_micros(if number == 7 { 900 } else { 10 }));
    }
    logger.count_command(true);
    drop(logger);
}

fn report(path: &Path, window: Duration) -> SecurityReport {
    SecurityReport::from_audit(&[AuditSeries::of(path)], ago(window), SystemTime::now())
}

#[test]
fn a_window_takes_what_happened_in_it_and_the_rest_is_verified_as_well() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    written(&path);
    for (window, events) in [(2 * HOUR, 30), (4 * HOUR, 31), (400 * 24 * HOUR, 31)] {
        let report = report(&path, window);
        assert_eq!(report.by_kind()[&EventKind::CallRefused], events, "{window:?}");
        // With the checkpoint at the end.
        assert_eq!(report.total(), events + 1);
        assert_eq!(report.latest()[0].message(), "event 30");
        let ChainState::Whole(verified) = report.chains()[0].state() else { panic!("{:?}", report.chains()) };
        assert_eq!(verified.lines, 32);
        assert!(verified.files > 1);
    }
}

#[test]
fn checkpoints_say_what_no_event_does() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    written(&path);
    let report = report(&path, 2 * HOUR);
    let measured = report.measured().unwrap();
    assert_eq!((measured.checks, measured.failed, measured.commands, measured.unvalidated), (1000, 1, 1, 0));
    assert_eq!(measured.slowest, Duration::from_micros(900));
    assert_eq!(measured.mean(), Some(Duration::from_nanos(10_890)));
    let verdicts: Vec<Verdict> = report.indicators().iter().map(|indicator| indicator.verdict).collect();
    // One in a thousand is over the limit.
    assert_eq!(verdicts, [Verdict::Ok, Verdict::OverLimit, Verdict::Ok, Verdict::Ok]);
    assert_eq!(report.indicators()[1].value, "0.100 % of 1000");
}

#[test]
fn without_checkpoints_what_they_would_say_is_unknown() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let logger = SecurityLogger::with_file(&path).unwrap();
    record(&logger, "event", SystemTime::now());
    drop(logger);
    let report = report(&path, HOUR);
    assert_eq!((report.total(), report.measured()), (1, None));
    let verdicts: Vec<Verdict> = report.indicators().iter().map(|indicator| indicator.verdict).collect();
    assert_eq!(verdicts, [Verdict::Ok, Verdict::Unknown, Verdict::Unknown, Verdict::Unknown]);
    assert!(report.to_string().contains("unknown") && report.to_html().contains("? unknown"));
}

#[test]
fn what_stands_after_an_edited_line_is_not_counted_and_that_is_said_first() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let logger = SecurityLogger::with_file(&path).unwrap();
    for number in 1..=5 {
        record(&logger, &format!("event {number}"), SystemTime::now());
    }
    drop(logger);
    assert_eq!(report(&path, HOUR).total(), 5, "the control");
    let text = std::fs::read_to_string(&path).unwrap().replace("event 3", "event X");
    std::fs::write(&path, text).unwrap();
    let report = report(&path, HOUR);
    assert_eq!(report.total(), 2);
    let ChainState::Broken(broken) = report.chains()[0].state() else { panic!("{:?}", report.chains()) };
    assert_eq!(broken.line, 3);
    assert!(report.to_string().starts_with("BROKEN: the audit log "), "{report}");
    let page = report.to_html();
    let body = page.split_once("<main>").unwrap().1;
    assert!(body.starts_with("\n<p role=\"alert\" class=\"banner broken\"><strong>Broken: "), "{page}");
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!((&json["chains"][0]["state"], &json["chains"][0]["broken"]["line"]), (&"broken".into(), &3.into()));
    assert!(report.recommendations()[0].contains("evidence"));
    assert!(report.indicators().iter().all(|indicator| indicator.verdict == Verdict::Unknown), "the rest may be worse");
}

#[test]
fn a_line_that_is_not_whole_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let logger = SecurityLogger::with_file(&path).unwrap();
    record(&logger, "event 1", SystemTime::now());
    record(&logger, "event 2", SystemTime::now());
    drop(logger);
    assert!(!report(&path, HOUR).to_string().contains("torn"), "the control");
    std::fs::remove_file(directory.path().join("audit.jsonl.heads")).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
    let report = report(&path, HOUR);
    assert_eq!(report.total(), 1);
    for form in [report.to_string(), report.to_json(), report.to_html()] {
        assert!(form.contains("its last line was torn by a crash, or is being written"), "{form}");
    }
}

#[test]
fn chains_add_up_and_one_that_is_not_there_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let paths = ["audit.jsonl", "audit-2.jsonl", "audit-3.jsonl"].map(|name| directory.path().join(name));
    written(&paths[0]);
    written(&paths[1]);
    let series: Vec<AuditSeries> = paths.iter().map(AuditSeries::of).collect();
    let report = SecurityReport::from_audit(&series, ago(2 * HOUR), SystemTime::now());
    assert_eq!(report.by_kind()[&EventKind::CallRefused], 60);
    assert_eq!(report.measured().map(|measured| (measured.checks, measured.failed)), Some((2000, 2)));
    assert_eq!(report.latest().len(), MOST_LATEST);
    assert!(report.latest().is_sorted_by(|a, b| a.timestamp() >= b.timestamp()));
    assert!(matches!(report.chains()[2].state(), ChainState::Unreadable(why) if why.contains("audit-3.jsonl")));
    assert!(report.to_string().starts_with("UNREADABLE: "), "{report}");
}

#[test]
fn events_of_a_newer_version_are_counted_as_such() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    written(&path);
    // Written with other names, and a hash that is right: the chain does not judge what events say.
    let text = std::fs::read_to_string(&path).unwrap();
    let (first, _) = text.split_once(",\"prev\":").unwrap();
    let body = format!("{},\"prev\":\"{}\"", first.replace("call-refused", "call-repelled"), "0".repeat(64));
    let body = body.replacen(&body[..body.find(',').unwrap()], "{\"seq\":1", 1);
    let other = directory.path().join("other.jsonl");
    std::fs::write(&other, format!("{body},\"hash\":\"{}\"}}\n", digest(&body))).unwrap();
    let report = report(&other, 2 * HOUR);
    assert!(matches!(report.chains()[0].state(), ChainState::Whole(_)), "{:?}", report.chains());
    assert_eq!((report.total(), report.unknown), (1, 1));
    assert!(report.to_string().contains("of a newer version"));
}

fn digest(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn memory_and_files_tell_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let logger = SecurityLogger::with_file(&path).unwrap();
    record(&logger, "event", SystemTime::now());
    logger.flush();
    logger.count_validation(true, Duration::from_micros(3));
    let report_of_memory = logger.report(HOUR);
    drop(logger);
    assert_eq!(report(&path, HOUR).measured(), report_of_memory.measured());
    assert_eq!(report_of_memory.latest()[0].message(), "event");
}
