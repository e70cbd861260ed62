//! What an event costs: `cargo bench -p tywrap-runtime --bench log`.

#![allow(clippy::expect_used, reason = "a directory for the files is there")]

use std::hint::black_box;

use divan::Bencher;
use divan::counter::ItemsCount;
use tywrap_policy::{Code, Severity};
use tywrap_runtime::{EventKind, SecurityEvent, SecurityLogger};

/// Events of one measurement with a file: as many as go to it at once, sixteen times.
const MANY: usize = 4096;

fn main() {
    divan::main();
}

/// As the host records most: a refused call.
fn refused() -> SecurityEvent {
    let message = "the argument `x` of `math.sqrt` is a string, and the signature says a number";
    SecurityEvent::new(EventKind::CallRefused, Severity::Medium, black_box(message)).code(Code::CallType)
}

/// What is no denial.
fn noted() -> SecurityEvent {
    SecurityEvent::new(EventKind::SubprocessStarted, Severity::Low, black_box("a Python worker was started"))
}

#[divan::bench]
fn making(bencher: Bencher<'_, '_>) {
    bencher.bench(refused);
}

#[divan::bench]
fn making_with_two_facts(bencher: Bencher<'_, '_>) {
    bencher
        .bench(|| noted().with("command", black_box("python3")).with("arguments", black_box("<15 bytes> <1 bytes>")));
}

/// Text that is looked over for secrets.
#[divan::bench]
fn making_with_a_secret(bencher: Bencher<'_, '_>) {
    bencher.bench(|| noted().with("command", black_box("curl https://me:hunter2@host")));
}

/// Made and recorded, in memory.
#[divan::bench]
fn in_memory(bencher: Bencher<'_, '_>) {
    let logger = SecurityLogger::in_memory();
    bencher.bench(|| logger.record(refused()));
}

/// Made, recorded and in the file when it is over; nobody waits for the disk.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn in_a_file(bencher: Bencher<'_, '_>) {
    let directory = tempfile::tempdir().expect("a directory");
    let logger = SecurityLogger::with_file(&directory.path().join("audit.jsonl")).expect("a file");
    bencher.counter(ItemsCount::new(MANY)).bench(|| {
        for _ in 0..MANY {
            logger.record(noted());
        }
        logger.flush();
    });
    assert_eq!(logger.lost(), 0);
}

/// The same with denials, which are on the disk when it is over.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn denials_on_the_disk(bencher: Bencher<'_, '_>) {
    let directory = tempfile::tempdir().expect("a directory");
    let logger = SecurityLogger::with_file(&directory.path().join("audit.jsonl")).expect("a file");
    bencher.counter(ItemsCount::new(MANY)).bench(|| {
        for _ in 0..MANY {
            logger.record(refused());
        }
        logger.flush();
    });
    assert_eq!(logger.lost(), 0);
}
