//! `cargo tywrap audit`, on files that a log has written.

use std::path::PathBuf;

use tywrap_policy::Severity;
use tywrap_runtime::{AuditOptions, EventKind, SecurityEvent, SecurityLogger};

use crate::project::{Project, Ran};

fn audit(project: &Project, arguments: &[&str]) -> Ran {
    let home = project.path("");
    let variables = [("HOME", home.to_str().unwrap()), ("XDG_STATE_HOME", "")];
    project.run("", &[&["audit"], arguments].concat(), &variables)
}

/// A directory with a chain of some files of some events, in order.
fn chain(project: &Project, directory: &str, events: usize) -> Vec<PathBuf> {
    let path = project.path(directory);
    std::fs::create_dir_all(&path).unwrap();
    let logger = SecurityLogger::with_audit(AuditOptions::new(path.join("audit.jsonl")).size(4096)).unwrap();
    for number in 1..=events {
        logger.record(SecurityEvent::new(EventKind::CallRefused, Severity::High, &format!("event {number}")));
        logger.flush();
    }
    drop(logger);
    let mut files: Vec<PathBuf> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().unwrap() == "jsonl");
    files.sort();
    assert!(files.len() > 1);
    files
}

/// Replaces the lines of a file by some of them.
fn keep(path: &PathBuf, kept: impl Fn(usize) -> bool) {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.split_inclusive('\n').enumerate().filter(|(at, _)| kept(*at)).map(|(_, line)| line);
    std::fs::write(path, lines.collect::<String>()).unwrap();
}

#[test]
fn a_chain_as_it_was_written_is_found_so() {
    let project = Project::new(&[("readme", "")]);
    let files = chain(&project, "logs", 40);
    for arguments in [&["verify", "--dir", "logs"][..], &["verify", "logs/audit.jsonl"]] {
        let Ran { code, output, messages } = audit(&project, arguments);
        assert_eq!((code, messages.as_str()), (0, ""), "{output}");
        assert!(output.starts_with("ok ") && output.contains("  40 events in "), "{output}");
        assert!(output.contains(&format!("{} files, from 1 to 40\n", files.len())), "{output}");
    }
    // One file by itself.
    let name = format!("logs/{}", files[1].file_name().unwrap().to_str().unwrap());
    let Ran { code, output, .. } = audit(&project, &["verify", &name]);
    assert!(code == 0 && output.contains(" in 1 file, from "), "{output}");
    // Where hosts write by themselves.
    chain(&project, ".local/state/tywrap", 30);
    let Ran { code, output, messages } = audit(&project, &["verify"]);
    assert!(code == 0 && output.contains("30 events"), "{output}{messages}");
}

#[test]
fn the_first_line_that_is_not_is_named_and_what_is_missing_counted() {
    let project = Project::new(&[("readme", "")]);
    let files = chain(&project, "logs", 40);
    keep(&files[1], |at| at != 1 && at != 2);
    let Ran { code, output, .. } = audit(&project, &["verify", "--dir", "logs"]);
    let expected = format!("`{}` was changed at line 2, event ", files[1].display());
    assert_eq!(code, 1);
    assert!(output.contains(&expected) && output.contains("2 events are missing before it"), "{output}");
    let Ran { code, output, .. } = audit(&project, &["verify", "--dir", "logs", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&output).unwrap();
    let broken = &document["chains"][0]["broken"];
    assert_eq!((code, &broken["line"], &broken["missing"]), (1, &2.into(), &2.into()));
    assert_eq!((&broken["damage"], broken["path"].as_str()), (&"dropped".into(), files[1].to_str()));
}

#[test]
fn a_head_tells_what_was_cut_off() {
    let project = Project::new(&[("readme", "")]);
    let files = chain(&project, "logs", 40);
    let Ran { code, output, .. } = audit(&project, &["heads", "--dir", "logs"]);
    let (head, path) = output.trim_end().split_once(' ').unwrap();
    assert!(code == 0 && head.starts_with("40:") && path.ends_with("logs/audit.jsonl"), "{output}");
    assert_eq!(audit(&project, &["verify", "logs/audit.jsonl", "--head", head]).code, 0, "the control");
    project.write("kept", &format!("{head} and whatever\n\n"));
    // Whoever cuts the end off does so to the heads beside it, too.
    std::fs::remove_file(project.path("logs/audit.jsonl.heads")).unwrap();
    keep(files.last().unwrap(), |at| at == 0);
    assert_eq!(audit(&project, &["verify", "logs/audit.jsonl"]).code, 0, "nothing else shows it");
    for arguments in [["--head", head], ["--heads", "kept"]] {
        let Ran { code, output, .. } = audit(&project, &[&["verify", "logs/audit.jsonl"], &arguments[..]].concat());
        assert!(code == 1 && output.contains("the end was cut off: "), "{output}");
        let left: u64 = output.split_once(", event ").unwrap().1.split_once(':').unwrap().0.parse().unwrap();
        let missing = format!("{} event{} missing", 40 - left, if left == 39 { " is" } else { "s are" });
        assert!(left < 40 && output.contains(&missing), "{output}");
    }
}

#[test]
fn what_cannot_be_looked_at_is_said() {
    let project = Project::new(&[("readme", ""), ("empty/readme", ""), ("kept", "not a head\n")]);
    let head = format!("1:{}", "0".repeat(64));
    chain(&project, "logs", 40);
    std::fs::copy(project.path("logs/audit.jsonl"), project.path("logs/audit-2.jsonl")).unwrap();
    for (arguments, said) in [
        (&["verify", "nowhere.jsonl"][..], "nowhere.jsonl"),
        (&["verify", "--dir", "empty"], "there is none in it"),
        (&["verify"], "no audit file is found in"),
        (&["verify", "--dir", "logs", "--head", &head], "name the file of the chain"),
        (&["verify", "logs/audit.jsonl", "--heads", "kept"], "line 1 has none: a head is the number of an event"),
        (&["verify", "logs/audit.jsonl", "--head", "7"], "a head is the number of an event"),
        (&["verify", "logs/audit.jsonl", "--dir", "logs"], "cannot be used with"),
    ] {
        let Ran { code, messages, .. } = audit(&project, arguments);
        assert!(code == 2 && messages.contains(said), "{arguments:?}: {code} {messages}");
    }
}
