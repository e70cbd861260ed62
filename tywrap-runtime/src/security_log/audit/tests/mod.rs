//! The chain as it is written, and as it must not be read.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod chain;
mod measured;
mod rotation;
mod tampering;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tywrap_policy::{Code, SecurityError};

use super::{AuditError, AuditFile, AuditHead, AuditOptions, AuditSeries, Broken, Damage, Verified};
use crate::security_log::event::{EventKind, SecurityEvent};

fn event(message: &str) -> Arc<SecurityEvent> {
    event_at(message, SystemTime::now())
}

fn event_at(message: &str, time: SystemTime) -> Arc<SecurityEvent> {
    let mut refusal = SecurityError::new(Code::CommandRefused, message);
    refusal.timestamp = time;
    Arc::new(SecurityEvent::refusal(EventKind::CommandRefused, &refusal).with("command", "rm"))
}

fn days_ago(days: u64) -> SystemTime {
    SystemTime::now() - Duration::from_secs(days * 86_400)
}

fn open(path: &Path) -> AuditFile {
    AuditFile::open(AuditOptions::new(path)).unwrap()
}

/// A file of so many events, left as by a crash: nothing is said at its end.
fn written(lines: usize) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let mut audit = open(&path);
    for line in 0..lines {
        audit.append(&[event(&format!("event {line}"))], true).unwrap();
    }
    (directory, path)
}

/// Three files of four events, and the names of all: those of today and yesterday, and of the day before.
fn three_files() -> (tempfile::TempDir, PathBuf, Vec<PathBuf>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let mut audit = open(&path);
    for day in (0..3).rev() {
        for line in 0..4 {
            audit.append(&[event_at(&format!("event {day}.{line}"), days_ago(day))], true).unwrap();
        }
    }
    drop(audit);
    let files = files(directory.path());
    assert_eq!(files.len(), 3, "{files:?}");
    (directory, path, files)
}

/// The files of the chain, in order.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().unwrap() == "jsonl").collect();
    // `audit.0…` sorts before `audit.jsonl`.
    files.sort();
    files
}

fn lines(path: &Path) -> Vec<String> {
    fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

fn write(path: &Path, lines: &[String]) {
    fs::write(path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
}

fn verify(path: &Path) -> Verified {
    AuditSeries::of(path).verify(&[]).unwrap()
}

fn broken(path: &Path, heads: &[AuditHead]) -> Broken {
    match AuditSeries::of(path).verify(heads) {
        Err(AuditError::Broken(broken)) => broken,
        other => panic!("{other:?}"),
    }
}
