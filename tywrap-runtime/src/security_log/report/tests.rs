//! What a report says, from memory and from files.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod files;
mod hostile;

use std::time::UNIX_EPOCH;

use tywrap_policy::section::Property;

use super::tally::DAY;
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
    assert_eq!(report.timeline().bars().map(|(_, bar)| bar.iter().sum::<u64>()).sum::<u64>(), 6);
    assert_eq!(report.indicators()[0].verdict, Verdict::OverLimit);
}

/// One with something in every part.
fn full() -> SecurityReport {
    let mut report = SecurityReport::new(UNIX_EPOCH, UNIX_EPOCH + DAY);
    report.count_events(EventKind::CommandRefused, Severity::High, UNIX_EPOCH, 6);
    report.count_events(EventKind::Lifecycle, Severity::Low, UNIX_EPOCH + DAY / 2, 1);
    let mut measured = Measured::default();
    measured.check(true, Duration::from_micros(12));
    measured.command(true);
    report.measured = Some(measured);
    report.lost = 2;
    let event = SecurityEvent::new(EventKind::CommandRefused, Severity::High, "command `rm` is not allowed");
    let event = event.code(tywrap_policy::Code::CommandRefused).with("command", "rm").at(UNIX_EPOCH);
    let degraded = State::Degraded { by: Vec::new(), reason: "there is none".to_owned() };
    let status = Status::new([
        (Property::Network, State::Enforced(vec![Layer::Landlock(4), Layer::Seccomp])),
        (Property::Memory, degraded),
    ]);
    let finding = |finding, severity, message| BuildFinding::new(finding, severity, "a-code", message);
    let build = BuildFindings::new("app", "tywrap.toml").with([
        finding(FindingKind::MemberLeftOut, Severity::Low, "`pandas.eval` is blocked by policy").at("src/main.rs:1:16"),
        finding(FindingKind::AnnotationDenied, Severity::High, "Python module `os` is blocked by policy"),
    ]);
    report.with_latest([&event].into_iter()).with_sandbox(status).with_build(build)
}

#[test]
fn the_text_says_it_all() {
    insta::assert_snapshot!(full().to_string());
}

#[test]
fn the_json_says_it_all() {
    let mut document: serde_json::Value = serde_json::from_str(&full().to_json()).unwrap();
    assert_eq!(document["version"], env!("CARGO_PKG_VERSION"));
    document["version"] = "…".into();
    let bars = document["timeline"]["bars"].as_array_mut().unwrap();
    assert_eq!(bars.len(), 25);
    bars.truncate(1);
    insta::assert_snapshot!(format!("{document:#}"));
}

#[test]
fn the_page_says_it_all() {
    let page = full().to_html();
    for text in [
        "command `rm` is not allowed".replace('`', "&#96;"),
        "<dt>command</dt><dd>rm</dd>".to_owned(),
        "6 high or critical events".to_owned(),
        "not enforced: there is none".to_owned(),
        "1 annotation-denied".to_owned(),
        "0.012 ms".to_owned(),
    ] {
        assert!(page.contains(&text), "{text}\n{page}");
    }
}
