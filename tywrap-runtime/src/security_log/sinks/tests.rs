#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tywrap_policy::{Code, Severity};

use super::queue::{ROOM, ROOM_FOR_OTHERS};
use super::{Sink, SinkError};
use crate::security_log::{EventKind, Filter, SecurityEvent, SecurityLogger};

/// Long enough for anything that works.
const PATIENCE: Duration = Duration::from_secs(20);

fn low(message: &str) -> SecurityEvent {
    SecurityEvent::new(EventKind::Lifecycle, Severity::Low, message)
}

fn denial(message: &str) -> SecurityEvent {
    SecurityEvent::new(EventKind::CallRefused, Severity::Medium, message).code(Code::CallType)
}

/// Passes on what it is given, and waits each time until it may go on.
struct Gate {
    filter: Filter,
    may_go_on: Receiver<Result<(), &'static str>>,
    delivered: Sender<Vec<String>>,
}

struct Held {
    delivered: Receiver<Vec<String>>,
    go_on: SyncSender<Result<(), &'static str>>,
}

fn gate(filter: Filter) -> (Gate, Held) {
    let (go_on, may_go_on) = sync_channel(10_000);
    let (sender, delivered) = channel();
    (Gate { filter, may_go_on, delivered: sender }, Held { delivered, go_on })
}

impl Sink for Gate {
    fn name(&self) -> &'static str {
        "gate"
    }

    fn filter(&self) -> Filter {
        self.filter
    }

    fn deliver(&mut self, events: &[Arc<SecurityEvent>]) -> Result<(), SinkError> {
        let messages = events.iter().map(|event| event.message().to_owned()).collect();
        let _ = self.delivered.send(messages);
        match self.may_go_on.recv() {
            Ok(Ok(())) => Ok(()),
            Ok(Err("panic")) => panic!("as asked"),
            Ok(Err(why)) => Err(SinkError::new(why)),
            Err(_) => Err(SinkError::new("the test is over")),
        }
    }
}

impl Held {
    fn next(&self) -> Vec<String> {
        self.delivered.recv_timeout(PATIENCE).unwrap()
    }
}

fn kinds(logger: &SecurityLogger, kind: EventKind) -> Vec<String> {
    let filter = Filter { kind: Some(kind), ..Filter::default() };
    logger.events(filter).iter().map(|event| event.message().to_owned()).collect()
}

#[test]
fn a_sink_gets_what_it_wants_in_order() {
    let logger = SecurityLogger::in_memory();
    let (sink, held) = gate(Filter { severity: Some(Severity::Medium), ..Filter::default() });
    logger.add_sink(sink).unwrap();
    for index in 0..5 {
        logger.record(low("unwanted"));
        logger.record(denial(&index.to_string()));
    }
    let mut got = Vec::new();
    while got.len() < 5 {
        got.extend(held.next());
        held.go_on.send(Ok(())).unwrap();
    }
    assert_eq!(got, ["0", "1", "2", "3", "4"]);
    assert!(logger.flush_sinks(PATIENCE));
    assert_eq!(logger.dropped()["gate"], 0);
}

#[test]
fn a_dead_sink_holds_nobody_up_and_a_flood_costs_no_denial() {
    let logger = SecurityLogger::in_memory();
    let (sink, held) = gate(Filter::default());
    logger.add_sink(sink).unwrap();
    let mut reports = logger.subscribe(Filter { kind: Some(EventKind::LogDamaged), ..Filter::default() });
    logger.record(denial("first"));
    assert_eq!(held.next(), ["first"]);
    // It is stuck now. A hundred thousand events cost what it takes to keep them in memory, not what it takes to
    // deliver them.
    let began = Instant::now();
    for _ in 0..100_000 {
        logger.record(low("flood"));
    }
    for index in 0..ROOM - ROOM_FOR_OTHERS {
        logger.record(denial(&format!("denial {index}")));
    }
    let took = began.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
    // The report of the drops went to the log and not to the sink whose they are.
    let lost = 100_000 - ROOM_FOR_OTHERS as u64;
    assert_eq!(logger.dropped()["gate"], lost);
    assert!(!logger.flush_sinks(Duration::from_millis(10)));
    assert_eq!(reports.try_next().unwrap().message(), "1 event was not delivered to `gate`: it does not keep up");
    assert!(reports.try_next().is_none());
    assert_eq!(logger.report(Duration::from_secs(60)).by_kind()[&EventKind::LogDamaged], 1);
    // There is no room left at all; then denials are counted, too.
    logger.record(denial("one too many"));
    assert_eq!(logger.dropped()["gate"], lost + 1);

    // It comes back to life: it gets everything there was room for, and is told what it missed.
    for _ in 0..ROOM {
        held.go_on.send(Ok(())).unwrap();
    }
    assert!(logger.flush_sinks(PATIENCE));
    let mut got: Vec<String> = held.delivered.try_iter().flatten().collect();
    let missed = format!("{} events were not delivered to `gate`: it does not keep up", lost + 1);
    got.retain(|message| message != "flood");
    let mut wanted: Vec<String> = (0..ROOM - ROOM_FOR_OTHERS).map(|index| format!("denial {index}")).collect();
    assert!(got.contains(&missed), "{:?}", got.last());
    got.retain(|message| *message != missed);
    wanted.sort();
    got.sort();
    assert_eq!(got, wanted);
}

#[test]
fn what_a_sink_fails_to_deliver_is_counted_reported_and_told_to_it() {
    for (how, why) in [("connection refused", "connection refused"), ("panic", "it panicked")] {
        let logger = SecurityLogger::in_memory();
        let (sink, held) = gate(Filter::default());
        logger.add_sink(sink).unwrap();
        logger.record(denial("lost"));
        assert_eq!(held.next(), ["lost"]);
        held.go_on.send(Err(how)).unwrap();
        assert!(logger.flush_sinks(PATIENCE));
        let report = format!("1 event was not delivered to `gate`: {why}");
        assert_eq!(kinds(&logger, EventKind::LogDamaged), [report.as_str()]);
        assert_eq!(logger.dropped()["gate"], 1);
        // What it recorded itself, by way of the log, has not come back to it; the next delivery tells.
        logger.record(denial("next"));
        assert_eq!(held.next(), ["next", report.as_str()]);
        held.go_on.send(Ok(())).unwrap();
        logger.record(denial("last"));
        assert_eq!(held.next(), ["last"]);
        held.go_on.send(Ok(())).unwrap();
    }
}

#[test]
fn other_sinks_hear_of_drops() {
    let logger = SecurityLogger::in_memory();
    let (dead, stuck) = gate(Filter::default());
    logger.add_sink(dead).unwrap();
    let mut others = logger.subscribe(Filter { kind: Some(EventKind::LogDamaged), ..Filter::default() });
    logger.record(denial("stuck"));
    stuck.next();
    stuck.go_on.send(Err("no route to host")).unwrap();
    let heard = others.next_within(PATIENCE).unwrap();
    assert_eq!(heard.message(), "1 event was not delivered to `gate`: no route to host");
    assert_eq!(heard.context()["sink"], "gate");
}

#[test]
fn the_end_of_a_log_waits_for_its_sinks_and_not_for_dead_ones() {
    let (sink, held) = gate(Filter::default());
    let logger = SecurityLogger::in_memory();
    logger.add_sink(sink).unwrap();
    for index in 0..10 {
        logger.record(denial(&index.to_string()));
        held.go_on.send(Ok(())).unwrap();
    }
    drop(logger);
    assert_eq!(held.delivered.try_iter().flatten().count(), 10);

    let (sink, stuck) = gate(Filter::default());
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("audit.jsonl");
    let logger = SecurityLogger::with_file(&file).unwrap();
    logger.add_sink(sink).unwrap();
    logger.record(denial("stuck"));
    stuck.next();
    logger.record(denial("queued"));
    let began = Instant::now();
    drop(logger);
    let took = began.elapsed();
    assert!(took >= super::FAREWELL && took < super::FAREWELL + Duration::from_secs(3), "{took:?}");
    // The file has what became of them.
    let file = std::fs::read_to_string(file).unwrap();
    let lost = "2 events were not delivered to `gate`: it had not delivered them when the log ended";
    assert!(file.lines().last().unwrap().contains(lost), "{file}");
}

/// Records on its own thread, as a sink does that starts a program.
struct Echo {
    log: Mutex<Option<SecurityLogger>>,
    seen: Sender<String>,
}

impl Sink for Echo {
    fn name(&self) -> &'static str {
        "echo"
    }

    fn deliver(&mut self, events: &[Arc<SecurityEvent>]) -> Result<(), SinkError> {
        for event in events {
            let _ = self.seen.send(event.message().to_owned());
            if let Some(log) = &*self.log.lock().unwrap() {
                log.record(denial("echo"));
            }
        }
        Ok(())
    }
}

#[test]
fn what_a_sink_records_does_not_come_back_to_it() {
    let logger = SecurityLogger::in_memory();
    let (seen, sights) = channel();
    let other = SecurityLogger::in_memory();
    logger.add_sink(Echo { log: Mutex::new(Some(other.clone())), seen: seen.clone() }).unwrap();
    other.add_sink(Echo { log: Mutex::new(None), seen }).unwrap();
    logger.record(denial("a"));
    assert!(logger.flush_sinks(PATIENCE) && other.flush_sinks(PATIENCE));
    // The log of another host does get it.
    assert_eq!(sights.try_iter().collect::<Vec<_>>(), ["a", "echo"]);

    let logger = SecurityLogger::in_memory();
    let (seen, sights) = channel();
    logger.add_sink(Echo { log: Mutex::new(Some(logger.clone())), seen }).unwrap();
    logger.record(denial("a"));
    assert!(logger.flush_sinks(PATIENCE));
    assert_eq!(sights.try_iter().collect::<Vec<_>>(), ["a"]);
    assert_eq!(kinds(&logger, EventKind::CallRefused), ["a", "echo"]);
}

#[test]
fn a_subscription_has_what_comes_after_it() {
    let logger = SecurityLogger::in_memory();
    logger.record(denial("before"));
    let mut all = logger.subscribe(Filter::default());
    let mut bad = logger.subscribe(Filter { severity: Some(Severity::High), ..Filter::default() });
    logger.record(low("a"));
    logger.record(denial("b"));
    assert_eq!(all.try_next().unwrap().message(), "a");
    assert_eq!(all.next().unwrap().message(), "b");
    assert!(all.try_next().is_none() && bad.try_next().is_none());
    assert!(all.next_within(Duration::from_millis(20)).is_none());
    let waiting = std::thread::spawn(move || all.map(|event| event.message().to_owned()).collect::<Vec<_>>());
    logger.record(low("c"));
    drop(logger);
    // With the log, the iterator ends, after what was left.
    assert_eq!(waiting.join().unwrap(), ["c"]);
    assert!(bad.next().is_none());
}

#[test]
fn who_reads_too_slowly_loses_counted_events_and_no_denials() {
    let logger = SecurityLogger::in_memory();
    let mut slow = logger.subscribe(Filter::default());
    for _ in 0..ROOM_FOR_OTHERS + 7 {
        logger.record(low("flood"));
    }
    logger.record(denial("d"));
    assert_eq!(slow.dropped(), 7);
    assert_eq!(logger.dropped()["subscription"], 7);
    let rest: Vec<_> = std::iter::from_fn(|| slow.try_next()).collect();
    assert_eq!(rest.iter().filter(|event| event.message() == "d").count(), 1);
    // What a subscription lost that is gone stays counted.
    drop(slow);
    logger.record(low("x"));
    logger.record(low("y"));
    assert_eq!(logger.dropped()["subscription"], 7);
}
