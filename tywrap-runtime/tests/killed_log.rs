//! A program that records a million events and answers its denials is killed, again and again; the next goes on with
//! its audit file. Afterwards every denial that was answered is there, every chain holds, and what was torn is said.
//!
//! Fewer events and rounds by default; `TYWRAP_KILL_ROUNDS` and `TYWRAP_KILL_EVENTS` (of each round) say how many. A
//! million is `TYWRAP_KILL_ROUNDS=40 TYWRAP_KILL_EVENTS=1000000`, in a release build.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "it is its own harness")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tywrap_policy::Severity;
use tywrap_runtime::{AuditHead, AuditOptions, AuditSeries, EventKind, SecurityEvent, SecurityLogger, Verified};

/// What the program is started with, before the path of its audit file, its round, and how many events it is to record.
const VICTIM: &str = "--victim";

/// Threads that record.
const THREADS: u64 = 4;

/// Denials that a thread records before it waits for the disk and answers them.
const TOGETHER: u64 = 16;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).is_some_and(|argument| argument == VICTIM) {
        let number = |at: usize| arguments[at].parse().unwrap();
        return victim(Path::new(&arguments[2]), number(3), number(4));
    }
    let number = |name: &str, default: u64| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    kill_again_and_again(number("TYWRAP_KILL_ROUNDS", 30), number("TYWRAP_KILL_EVENTS", 40_000));
}

/// Records events, one in eight a denial, and answers each denial once it is on the disk, by writing its number to
/// standard output.
fn victim(path: &Path, round: u64, events: u64) {
    let options = AuditOptions::new(path).size(256 << 10);
    let logger = SecurityLogger::with_audit(options).unwrap();
    // Not through the buffer of `stdout()`, which writes in parts.
    let output = Mutex::new(fs::File::from(io::stdout().as_fd().try_clone_to_owned().unwrap()));
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (logger, output) = (&logger, &output);
            scope.spawn(move || {
                let mut denials = Vec::new();
                for at in 0..events / THREADS {
                    let number = (round << 32) | (at * THREADS + thread);
                    let is_denial = at % 8 == 0;
                    let severity = if is_denial { Severity::High } else { Severity::Low };
                    let event = SecurityEvent::new(EventKind::CallRefused, severity, "a call was refused");
                    logger.record(event.with("number", &number.to_string()).with("round", &round.to_string()));
                    if is_denial {
                        denials.push(number);
                    }
                    if denials.len() as u64 == TOGETHER {
                        assert!(logger.settle(Duration::from_secs(60)) && logger.lost() == 0);
                        let answers: Vec<u8> = denials.drain(..).flat_map(u64::to_le_bytes).collect();
                        output.lock().unwrap().write_all(&answers).unwrap();
                    }
                }
            });
        }
    });
}

fn kill_again_and_again(rounds: u64, events: u64) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let mut random = fastrand::Rng::new();
    println!("seed {}", random.get_seed());
    let (mut answered, mut ended) = (BTreeSet::new(), 0);
    let mut heads: Vec<AuditHead> = Vec::new();
    for round in 1..=rounds {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args([VICTIM, path.to_str().unwrap(), &round.to_string(), &events.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = victim.stdout.take().unwrap();
        // Round by round later into its life, and in some rounds before it has done anything. An event takes about ten
        // microseconds where the disk is waited for.
        let after = Duration::from_micros(random.u64(0..(round % 10 + 1) * events));
        let started = Instant::now();
        let reader = std::thread::spawn(move || {
            let mut answers = Vec::new();
            output.read_to_end(&mut answers).unwrap();
            answers
        });
        while started.elapsed() < after && victim.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(200));
        }
        victim.kill().unwrap();
        ended += u64::from(victim.wait().unwrap().success());
        // A write of less than a page to a pipe is whole or not there.
        let answers = reader.join().unwrap();
        assert_eq!(answers.len() % 8, 0);
        answered.extend(answers.chunks_exact(8).map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap())));
        // The next program goes on where this one was killed; what was there then has to stay.
        heads.extend(AuditSeries::of(&path).head().unwrap());
    }
    // One that is not killed closes off what the last one left.
    drop(SecurityLogger::with_file(&path).unwrap());
    let verified = AuditSeries::of(&path).verify(&heads).unwrap();
    judge(&path, &verified, &answered);
    println!(
        "{rounds} rounds of {events} events, {ended} came to their end: {} lines in {} files, {} torn, {} denials answered",
        verified.lines,
        verified.files,
        verified.torn.len(),
        answered.len()
    );
    let is_early = answered.len() as u64 <= rounds * TOGETHER || heads.is_empty();
    assert!(!is_early && verified.files > 2, "it was killed too early to show anything");
}

/// Whether all that was answered is there, and of each thread's events a beginning and nothing else.
fn judge(path: &Path, verified: &Verified, answered: &BTreeSet<u64>) {
    let mut missing = answered.clone();
    let mut by_thread: BTreeMap<(u64, u64), u64> = BTreeMap::new();
    for entry in fs::read_dir(path.parent().unwrap()).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        for line in BufReader::new(fs::File::open(file).unwrap()).split(b'\n') {
            let Ok(value) = serde_json::from_slice::<serde_json::Value>(&line.unwrap()) else { continue };
            let Some(number) = value["context"]["number"].as_str() else { continue };
            let number: u64 = number.parse().unwrap();
            missing.remove(&number);
            let (round, at) = (number >> 32, number & 0xffff_ffff);
            *by_thread.entry((round, at % THREADS)).or_default() += 1;
            let last = by_thread.entry((round, THREADS + at % THREADS)).or_default();
            *last = (*last).max(at / THREADS + 1);
        }
    }
    assert!(missing.is_empty(), "{} denials were answered and are not in the file: {missing:?}", missing.len());
    assert_eq!(verified.lost, 0);
    assert!(verified.torn.iter().all(|torn| torn.sealed), "{:?}", verified.torn);
    for ((round, thread), last) in by_thread.iter().filter(|((_, thread), _)| *thread >= THREADS) {
        let count = by_thread[&(*round, thread - THREADS)];
        assert_eq!(count, *last, "round {round}: what was lost is what came last, with no gap before it");
    }
}
