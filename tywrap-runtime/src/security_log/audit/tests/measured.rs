//! What checkpoints say of checks and programs.

use serde_json::Value;

use super::*;
use crate::security_log::memory::Memory;

fn checked(memory: &Memory) {
    memory.lock().validation(true, Duration::from_micros(7), SystemTime::now());
}

#[test]
fn the_last_checkpoint_says_what_was_measured_and_the_last_head_is_of_it() {
    let (_directory, path) = written(2);
    let memory = Arc::new(Memory::new());
    let audit = open(&path).measuring(Arc::clone(&memory));
    checked(&memory);
    audit.close().unwrap();
    let lines = lines(&path);
    let checkpoint: Value = serde_json::from_str(&lines[2]).unwrap();
    assert_eq!((lines.len(), &checkpoint["kind"]), (3, &Value::from("log-checkpoint")));
    assert_eq!(
        (&checkpoint["context"]["checks"], &checkpoint["context"]["checks-mean-ns"]),
        (&"1".into(), &"7000".into())
    );
    let heads = super::super::heads::read(&path.with_file_name("audit.jsonl.heads")).unwrap();
    assert_eq!(heads.last(), verify(&path).head.as_ref());
    assert!(!memory.has_unsaid());
}

#[test]
fn a_log_in_which_nothing_was_measured_gets_no_line_for_it() {
    let (_directory, path) = written(2);
    open(&path).measuring(Arc::new(Memory::new())).close().unwrap();
    assert_eq!(verify(&path).lines, 2);
}

#[cfg(target_os = "linux")]
#[test]
fn what_the_disk_refuses_is_said_the_next_time() {
    let (_directory, path) = written(2);
    let memory = Arc::new(Memory::new());
    checked(&memory);
    open(&path).measuring(Arc::clone(&memory)).refuse_writes().unwrap().close().unwrap_err();
    assert!(memory.has_unsaid(), "it is given back");
    open(&path).measuring(Arc::clone(&memory)).close().unwrap();
    assert!(lines(&path)[2].contains("\"checks\":\"1\""));
}
