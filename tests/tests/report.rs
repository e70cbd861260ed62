//! The report of hostile names, opened in a browser.
//!
//! It takes a Chromium, which is no small thing to ask of whoever runs all tests; `.ci/run` has one.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use tywrap_policy::{Code, SecurityError, Severity};
use tywrap_runtime::{
    AuditSeries, BuildFinding, BuildFindings, EventKind, FindingKind, SecurityEvent, SecurityLogger, SecurityReport,
};
use tywrap_tests::{Browser, Opened, scratch};

fn hostile() -> Vec<String> {
    let corpus = include_str!("../attacks/corpus.json").replace("\\ud800\"", "\"");
    let corpus: Vec<serde_json::Value> = serde_json::from_str(&corpus).unwrap();
    let of_logs = corpus.iter().filter(|entry| entry["category"] == "log");
    let mut names: Vec<String> = of_logs.map(|entry| entry["input"].as_str().unwrap().to_owned()).collect();
    assert!(!names.is_empty());
    names.extend(
        [
            "<script>alert(1)</script>",
            "<img src=http://127.0.0.1/x onerror=alert(1)>",
            "\"><svg onload=alert(1)>",
            "</style><style>body{background:url(http://127.0.0.1/x)}</style>",
            "</td></tr></table><iframe src=http://127.0.0.1/x></iframe>",
            "<meta http-equiv=refresh content=0;url=http://127.0.0.1/x>",
            "<!--",
            "</title></main></body></html><script>alert(1)</script>",
            "&lt;script&gt;alert(1)&lt;/script&gt;",
            "\u{202e}<b>\u{1b}[2J\u{9b}31m\u{0}",
        ]
        .map(str::to_owned),
    );
    names.push("<b onclick=alert(1)>".repeat(50_000));
    names
}

/// A report with an event and a finding for each name.
fn page(names: &[String]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let logger = SecurityLogger::with_file(&path).unwrap();
    for name in names {
        let refusal = SecurityError::new(Code::CommandRefused, name.as_str()).with("command", name.as_str());
        logger.record(SecurityEvent::refusal(EventKind::CommandRefused, &refusal));
    }
    drop(logger);
    let findings =
        names.iter().map(|name| BuildFinding::new(FindingKind::AnnotationDenied, Severity::High, name, name).at(name));
    let since = SystemTime::now() - Duration::from_secs(3600);
    let report = SecurityReport::from_audit(&[AuditSeries::of(&path)], since, SystemTime::now());
    report.with_build(BuildFindings::new(&names[0], &names[0]).with(findings)).to_html()
}

fn open(browser: &Browser, name: &str, text: &str) -> Opened {
    let folder = scratch().join("report");
    std::fs::create_dir_all(&folder).unwrap();
    let path: PathBuf = folder.join(name);
    std::fs::write(&path, text).unwrap();
    browser.open(&path).unwrap()
}

#[test]
#[ignore = "needs Chromium: `apt install chromium`, then `cargo test -p tywrap-tests --test report -- --ignored`"]
fn hostile_names_do_nothing_in_a_browser() {
    let browser = Browser::find().unwrap();
    let names = hostile();
    let harmless: Vec<String> = names.iter().map(|_| "harmless".to_owned()).collect();
    let expected = open(&browser, "harmless.html", &page(&harmless));
    let found = open(&browser, "hostile.html", &page(&names));
    assert!(expected.elements.len() > 100, "{expected:?}");
    assert_eq!(found.elements, expected.elements, "its elements are those it is written with");
    for opened in [&expected, &found] {
        assert_eq!(opened.requests, [""; 0]);
        assert_eq!(opened.violations, [""; 0]);
        assert_eq!(opened.dialogs, [""; 0]);
        assert_eq!(opened.messages, [""; 0]);
    }
}

/// The control: what the test above looks for is seen where it happens, and the page's policy stops it.
#[test]
#[ignore = "needs Chromium: `apt install chromium`, then `cargo test -p tywrap-tests --test report -- --ignored`"]
fn what_would_be_done_is_seen_and_the_policy_of_the_page_stops_it() {
    let browser = Browser::find().unwrap();
    let attack =
        "<main><script>alert(1)</script><img src=\"http://127.0.0.1/x\" onerror=\"alert(2)\"><p style=\"color:red\">";
    let guarded = page(&["harmless".to_owned()]).replacen("<main>", attack, 1);
    let (head, tail) = guarded.split_once("<meta http-equiv").unwrap();
    let unguarded = format!("{head}{}", tail.split_once(">\n").unwrap().1);

    let opened = open(&browser, "unguarded.html", &unguarded);
    assert_eq!(opened.dialogs, ["1", "2"]);
    assert_eq!(opened.requests, ["http://127.0.0.1/x"]);

    let opened = open(&browser, "guarded.html", &guarded);
    assert_eq!(opened.dialogs, [""; 0]);
    for directive in ["script-src-elem inline", "script-src-attr inline", "style-src-attr inline", "img-src http"] {
        assert!(opened.violations.iter().any(|found| found.starts_with(directive)), "{directive}: {opened:?}");
    }
}
