//! Writing, and carrying on after a crash.

use serde_json::Value;

use super::*;
use crate::security_log::verify_audit_file;

#[test]
fn a_chain_is_carried_on_and_verified() {
    let (_directory, path) = written(3);
    let first = verify_audit_file(&path).unwrap();
    assert_eq!((first.lines, first.torn.len()), (3, 0));
    open(&path).append(&[event("a"), event("b")], true).unwrap();
    let second = verify_audit_file(&path).unwrap();
    assert_eq!((second.lines, second.first, second.head.as_ref().unwrap().seq), (5, 1, 5));
    assert_ne!(first.head, second.head);
    assert_eq!(AuditSeries::of(&path).head().unwrap(), second.head);
}

#[test]
fn a_line_holds_one_event_whatever_it_says() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let raw = "x\",\"hash\":\"0\"}\n{\"seq\":9} \u{1b}[31m \u{9b}31m \u{202e} %s%n{} ${jndi:ldap://x}";
    let event = event(raw).as_ref().clone().with("raw\n", raw);
    open(&path).append(&[Arc::new(event)], true).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 1);
    assert!(text.trim_end().chars().all(|character| !character.is_control()), "{text}");
    let value: Value = serde_json::from_str(text.trim_end()).unwrap();
    let expected = raw.replace('\n', "\\u{a}").replace('\u{1b}', "\\u{1b}").replace('\u{9b}', "\\u{9b}");
    assert_eq!(value["message"], expected.replace('\u{202e}', "\\u{202e}"));
    assert_eq!((&value["kind"], &value["code"]), (&Value::from("command-refused"), &Value::from("command-refused")));
    assert_eq!(verify_audit_file(&path).unwrap().lines, 1);
}

#[test]
fn a_torn_last_line_is_closed_off_and_accounted_for() {
    for cut in [2, 40, 200] {
        let (_directory, path) = written(3);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - cut]).unwrap();
        let torn = verify_audit_file(&path).unwrap().torn;
        assert_eq!(torn.iter().map(|torn| (torn.line, torn.sealed)).collect::<Vec<_>>(), [(3, false)], "cut {cut}");
        open(&path).append(&[event("after")], true).unwrap();
        let verified = verify_audit_file(&path).unwrap();
        assert_eq!((verified.torn[0].sealed, verified.lines), (true, 4), "two whole ones, the account and the new one");
        assert!(fs::read_to_string(&path).unwrap().contains("log-damaged"));
    }
}

#[test]
fn a_lost_line_break_is_put_back() {
    let (_directory, path) = written(3);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    open(&path).append(&[event("after")], true).unwrap();
    let verified = verify_audit_file(&path).unwrap();
    assert_eq!((verified.torn.len(), verified.lines), (0, 4));
}

/// A crash while the torn line is closed off tears that, too.
#[test]
fn a_line_that_is_torn_again_and_again_is_closed_off_once() {
    let (_directory, path) = written(3);
    let whole = fs::read(&path).unwrap();
    let torn = &whole[..whole.len() - 40];
    fs::write(&path, torn).unwrap();
    drop(open(&path));
    let sealed = fs::read(&path).unwrap();
    // Every place at which the second crash may have come, from nothing but the line break to all but the last one.
    for cut in (torn.len() + 1..sealed.len()).step_by(7).chain([torn.len() + 1, sealed.len() - 1]) {
        fs::write(&path, &sealed[..cut]).unwrap();
        open(&path).append(&[event("after")], true).unwrap();
        let verified = verify(&path);
        assert_eq!((verified.torn.len(), verified.torn[0].sealed, verified.lines), (1, true, 4), "cut {cut}");
    }
}

#[test]
fn a_file_of_nothing_but_a_torn_line_is_closed_off() {
    let (_directory, path) = written(1);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..50]).unwrap();
    open(&path).append(&[event("after")], true).unwrap();
    let verified = verify(&path);
    assert_eq!((verified.lines, verified.first, verified.torn.len()), (2, 1, 1));
}

#[test]
fn a_last_line_that_was_edited_is_refused_on_opening() {
    let (_directory, path) = written(2);
    let text = fs::read_to_string(&path).unwrap().replace("event 1", "event X");
    fs::write(&path, text).unwrap();
    let Err(AuditError::Broken(broken)) = AuditFile::open(AuditOptions::new(&path)) else { panic!() };
    assert_eq!((broken.line, broken.seq, broken.damage), (2, Some(2), Damage::Edited));
}

#[test]
fn there_is_one_writer() {
    let (_directory, path) = written(1);
    let first = open(&path);
    assert!(matches!(AuditFile::open(AuditOptions::new(&path)), Err(AuditError::Locked { .. })));
    // As a program has it that is being started.
    let copy = first.lock().copy().unwrap();
    drop(first);
    drop(open(&path));
    drop(copy);
}

#[cfg(unix)]
#[test]
fn a_link_a_fifo_and_a_file_of_others_are_refused() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let (directory, path) = written(1);
    let link = directory.path().join("link");
    symlink(&path, &link).unwrap();
    assert!(matches!(AuditFile::open(AuditOptions::new(&link)), Err(AuditError::Io { .. })));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o622)).unwrap();
    assert!(matches!(AuditFile::open(AuditOptions::new(&path)), Err(AuditError::Unsafe { .. })));
    assert_eq!(fs::metadata(&path).unwrap().len(), fs::metadata(&link).unwrap().len(), "nothing was written");
}
