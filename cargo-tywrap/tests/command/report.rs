//! `cargo tywrap report`, on files that a log and a build have written.

use std::time::{Duration, SystemTime};

use tywrap_contract::build_events::{BuildEvent, BuildEventKind, BuildEvents, FORMAT};
use tywrap_contract::manifest::VERSION;
use tywrap_policy::{Code, SecurityError};
use tywrap_runtime::{EventKind, SecurityEvent, SecurityLogger};

use crate::project::{Project, Ran};

fn report(project: &Project, arguments: &[&str]) -> Ran {
    report_with(project, arguments, "")
}

fn report_with(project: &Project, arguments: &[&str], target_dir: &str) -> Ran {
    let home = project.path("");
    let variables = [("HOME", home.to_str().unwrap()), ("XDG_STATE_HOME", ""), ("CARGO_TARGET_DIR", target_dir)];
    project.run("", &[&["report"], arguments].concat(), &variables)
}

/// A chain of a refusal two days ago and three of today, with checks.
fn chain(project: &Project, path: &str) {
    let path = project.path(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let logger = SecurityLogger::with_file(&path).unwrap();
    for (at, days) in [2, 0, 0, 0].into_iter().enumerate() {
        let mut refusal = SecurityError::new(Code::CommandRefused, format!("command `rm` is refused, time {at}"));
        refusal.timestamp = SystemTime::now() - Duration::from_secs(days * 86_400);
        logger.record(SecurityEvent::refusal(EventKind::CommandRefused, &refusal));
    }
    logger.count_validation(true, Duration::from_micros(20));
    logger.count_command(true);
}

/// What a build would have left.
fn built(project: &Project, target_dir: &str, package: &str) {
    let mut denied =
        BuildEvent::new(BuildEventKind::AnnotationDenied, Code::ModuleBlocked, "`os` is blocked by policy");
    denied.place = Some("src/main.rs:1:16".to_owned());
    let mut left_out = BuildEvent::new(BuildEventKind::MemberLeftOut, Code::MemberBlocked, "blocked by policy");
    (left_out.module, left_out.member) = (Some("pandas".to_owned()), Some("eval".to_owned()));
    let events = BuildEvents {
        format: FORMAT,
        version: VERSION.to_owned(),
        package: package.to_owned(),
        policy: "tywrap.toml".to_owned(),
        events: vec![denied, left_out],
    };
    assert!(events.write(&BuildEvents::path(&project.path(target_dir), package)).unwrap());
}

fn json(ran: &Ran) -> serde_json::Value {
    serde_json::from_str(&ran.output).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

#[test]
fn builds_and_audit_files_are_one_report() {
    let project = Project::package("");
    chain(&project, "logs/audit.jsonl");
    built(&project, "target", "app");
    built(&project, "target", "not-of-this-workspace");
    for audit in ["logs", "logs/audit.jsonl"] {
        let ran = report(&project, &["--audit", audit, "--format", "json"]);
        let document = json(&ran);
        assert_eq!((ran.code, ran.messages.as_str()), (0, ""));
        assert_eq!(document["chains"][0]["state"], "whole");
        assert_eq!(document["by_kind"]["command-refused"], 3, "one is older than a day");
        assert_eq!(document["measured"]["checks"], 1);
        assert_eq!(document["builds"].as_array().unwrap().len(), 1);
        assert_eq!(document["builds"][0]["counts"]["annotation-denied"], 1);
    }
    let ran = report(&project, &["--audit", "logs", "--since", "3d", "--format", "json"]);
    assert_eq!(json(&ran)["by_kind"]["command-refused"], 4);
    let ran = report(&project, &["--audit", "logs"]);
    assert!(ran.output.starts_with("security report: 24 h until "), "{ran:?}");
    assert!(ran.output.contains("every line is as it was written (5 lines in all)"), "{ran:?}");
    assert!(ran.output.contains("    high src/main.rs:1:16: `os` is blocked by policy [module-blocked]\n"), "{ran:?}");
    let ran = report(&project, &["--audit", "logs", "--format", "html", "--output", "report.html"]);
    assert_eq!((ran.code, ran.output.as_str(), ran.messages.as_str()), (0, "", ""));
    let page = project.read("report.html");
    assert!(page.starts_with("<!doctype html>") && page.contains("pandas") && !page.contains("<script"), "{page}");
}

#[test]
fn a_chain_that_was_changed_is_said_first_and_is_exit_code_1() {
    let project = Project::package("");
    chain(&project, "logs/audit.jsonl");
    assert_eq!(report(&project, &["--audit", "logs"]).code, 0, "the control");
    // The day's end may have come between them.
    let files = std::fs::read_dir(project.path("logs")).unwrap().map(|entry| entry.unwrap().path());
    for path in files.filter(|path| path.extension().unwrap() == "jsonl") {
        let text = std::fs::read_to_string(&path).unwrap().replace("time 2", "time 7");
        std::fs::write(path, text).unwrap();
    }
    let ran = report(&project, &["--audit", "logs"]);
    assert_eq!(ran.code, 1);
    assert!(ran.output.starts_with("BROKEN: the audit log `"), "{ran:?}");
    assert!(ran.output.contains(", event 3: its hash is not that of its text\n"), "{ran:?}");
    assert_eq!(json(&report(&project, &["--audit", "logs", "--format", "json"]))["chains"][0]["broken"]["event"], 3);
    let page = report(&project, &["--audit", "logs", "--format", "html"]).output;
    let body = page.split_once("<main>\n").unwrap().1;
    assert!(body.starts_with("<p role=\"alert\" class=\"banner broken\">"), "{page}");
}

#[test]
fn audit_files_are_found_where_hosts_write_them() {
    let project = Project::package("");
    chain(&project, ".local/state/tywrap/audit.jsonl");
    let of = |ran: Ran| json(&ran)["chains"][0]["path"].as_str().map(str::to_owned);
    let found = of(report(&project, &["--format", "json"])).unwrap();
    assert!(found.ends_with(".local/state/tywrap/audit.jsonl"), "{found}");
    project.write("tywrap.toml", "[monitoring]\naudit-log = \"logs/own.jsonl\"\n");
    assert_eq!(of(report(&project, &["--format", "json", "--audit", ".local/state/tywrap"])).unwrap(), found);
    let ran = report(&project, &[]);
    assert!(ran.code == 2 && ran.messages.contains("no audit file is found"), "{ran:?}");
    chain(&project, "logs/own.jsonl");
    let found = of(report(&project, &["--format", "json"])).unwrap();
    assert!(found.ends_with("logs/own.jsonl"), "{found}");
}

#[test]
fn builds_alone_are_a_report_that_knows_nothing_of_hosts() {
    let project = Project::package("");
    built(&project, "target", "app");
    let ran = report(&project, &[]);
    assert!(ran.code == 0 && ran.messages.contains("what hosts did is not known"), "{ran:?}");
    assert!(ran.output.contains("last build of app under tywrap.toml"), "{ran:?}");
    let unknown = ran.output.lines().filter(|line| line.ends_with(": unknown")).count();
    assert_eq!(unknown, 4, "nothing is shown as 0 that nobody has counted: {ran:?}");
    // The target directory may be elsewhere.
    built(&project, "elsewhere", "app");
    std::fs::remove_dir_all(project.path("target")).unwrap();
    assert_eq!(report(&project, &[]).code, 2);
    assert_eq!(report(&project, &["--target-dir", "elsewhere"]).code, 0);
    assert_eq!(report_with(&project, &[], "elsewhere").code, 0);
}

#[test]
fn what_cannot_be_told_is_exit_code_2() {
    let project = Project::package("");
    project.write("empty/readme", "");
    chain(&project, "logs/audit.jsonl");
    let closed = "logs/audit.000000000001.2026-11-28T10-00-00Z.jsonl";
    std::fs::copy(project.path("logs/audit.jsonl"), project.path(closed)).unwrap();
    for (arguments, said) in [
        (&["--audit", "nowhere.jsonl"][..], ""),
        (&["--audit", "empty"], "there is none in it"),
        (&["--audit", closed], "name the one that is written"),
        (&["--audit", "logs", "--since", "yesterday"], "expected how long ago"),
        (&["--audit", "logs", "--since", "2999-01-01"], "`--since` lies ahead"),
        (&["--audit", "logs", "--format", "pdf"], "possible values: text, json, html"),
        (&["--audit", "logs", "--output", "no/such/folder/x"], "cannot be written"),
        (&["--audit", "logs", "--manifest-path", "nowhere/Cargo.toml"], "there is no manifest"),
    ] {
        let ran = report(&project, arguments);
        assert!(ran.code == 2 && ran.messages.contains(said), "{arguments:?}: {ran:?}");
    }
    let ran = report(&project, &["--audit", "nowhere.jsonl"]);
    assert!(ran.output.starts_with("UNREADABLE: ") && ran.output.contains("nowhere.jsonl"), "{ran:?}");
    std::fs::remove_file(project.path(closed)).unwrap();
    project.write("target/tywrap/app-security.json", "{");
    let ran = report(&project, &["--audit", "logs"]);
    assert!(ran.code == 2 && ran.messages.contains("app-security.json` is damaged at line 1"), "{ran:?}");
    assert!(ran.output.contains("command-refused"), "the rest is told all the same: {ran:?}");
}

#[test]
fn whoever_can_write_the_build_file_cannot_write_on_the_terminal() {
    let project = Project::package("");
    let event = r#"{"kind":"guard-off","code":"\u001b[2J","severity":"none","place":"\u0007",
        "message":"<script>\u202ex\n\u009b1A"}"#;
    let text = format!(
        r#"{{"format":1,"version":"\u001b[31m","package":"a\u001b]0;x\u0007","policy":"\r","events":[{event}]}}"#
    );
    project.write("target/tywrap/app-security.json", &text);
    for format in ["text", "json", "html"] {
        let ran = report(&project, &["--format", format]);
        assert_eq!(ran.code, 0);
        let control = |character: char| (character.is_control() && character != '\n') || character == '\u{202e}';
        assert!(!ran.output.contains(control), "{ran:?}");
        assert!(ran.output.contains("critical"), "a severity that is none is the worst: {ran:?}");
        assert!(format != "html" || !ran.output.contains("<script"), "{ran:?}");
    }
}
