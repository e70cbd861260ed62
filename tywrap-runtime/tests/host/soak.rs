//! Many callers at once, while their workers are killed: each call ends once, with its own result or a typed error.
//!
//! `TYWRAP_SOAK=1000000 cargo test -p tywrap-runtime --release --test host soak -- --nocapture` makes it a million calls, and looks at
//! the memory of the process as well, which other tests would disturb.

use std::collections::HashMap;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use tywrap_runtime::{Endpoint, EventKind, Filter, Host};

use crate::client::{CALL, CANCEL, Client, ERROR, RELEASE, RESULT, frame};
use crate::grants::{BUILTINS, host};

const SAME: u32 = 1;
const EVALUATED: u32 = 13;

/// Callers, each with a connection and a thread of its own.
const CLIENTS: u64 = 8;
/// Calls that each has open at a time.
const OPEN_CALLS: usize = 32;
/// A worker is killed this often.
const KILL: Duration = Duration::from_millis(500);

/// Calls that are made in a usual run.
const CALLS: u64 = 60_000;

/// What a caller waits for.
enum Expected {
    /// This very value.
    Value(serde_json::Value),
    /// This value in a buffer.
    Buffer(Vec<u8>),
    /// An object, which is used once and let go.
    Object,
    /// An exception of Python's.
    Exception,
    /// The end of a call that was taken back, one way or the other.
    Either(serde_json::Value),
}

#[derive(Debug, Default)]
struct Tally {
    results: u64,
    exceptions: u64,
    cancelled: u64,
    crashed: u64,
}

/// One caller: as many calls as it is told, and what came of each.
fn caller(name: u64, stream: UnixStream, calls: u64) -> Tally {
    let mut client = Client::new(stream);
    client.open(1, &BUILTINS);
    let mut random = fastrand::Rng::with_seed(name);
    let (mut open, mut tally) = (HashMap::new(), Tally::default());
    let mut sent = 0;
    while sent < calls || !open.is_empty() {
        while sent < calls && open.len() < OPEN_CALLS {
            sent += 1;
            let request = sent as u32 + 1;
            let own = json!([name, sent, "x".repeat(random.usize(..40))]);
            let (text, tagged, buffer, expected) = match random.u32(..100) {
                0..60 => (format!("[[{own}],{{}}]"), false, None, Expected::Value(own)),
                60..75 => {
                    let bytes: Vec<u8> = (0..random.usize(..5000)).map(|_| random.u8(..)).collect();
                    ("[[[\"bytes\",0]],{}]".to_owned(), true, Some(bytes.clone()), Expected::Buffer(bytes))
                }
                75..85 => (json!([["object()"], {}]).to_string(), false, None, Expected::Object),
                85..95 => (json!([["1/0"], {}]).to_string(), false, None, Expected::Exception),
                _ => (format!("[[{own}],{{}}]"), false, None, Expected::Either(own)),
            };
            let callable = if matches!(expected, Expected::Object | Expected::Exception) { EVALUATED } else { SAME };
            let buffers: Vec<&[u8]> = buffer.iter().map(Vec::as_slice).collect();
            client.send(&frame(CALL, tagged, 1, request, callable, &text, &buffers));
            if matches!(expected, Expected::Either(_)) {
                client.send(&frame(CANCEL, false, 0, request, 0, "null", &[]));
            }
            assert!(open.insert(request, expected).is_none());
        }
        let answer = client.receive();
        // Each is answered once: it is taken out of the table.
        let expected = open.remove(&answer.request).expect("an answer to a call that is open");
        match (answer.kind, expected) {
            (RESULT, Expected::Value(value) | Expected::Either(value)) => {
                assert_eq!(answer.value, value);
                tally.results += 1;
            }
            (RESULT, Expected::Buffer(bytes)) => {
                assert_eq!(answer.buffers, [bytes]);
                tally.results += 1;
            }
            (RESULT, Expected::Object) => {
                assert_eq!(answer.value[0], "handle");
                let release = json!([answer.value[1]]).to_string();
                client.send(&frame(RELEASE, false, 0, 0, 0, &release, &[]));
                tally.results += 1;
            }
            (ERROR, Expected::Exception) if answer.error().0 == "python" => tally.exceptions += 1,
            (ERROR, Expected::Either(_)) if answer.error().0 == "cancelled" => tally.cancelled += 1,
            (ERROR, _) => {
                assert_eq!(answer.error().0, "worker-crashed", "{answer:?}");
                tally.crashed += 1;
            }
            _ => panic!("{answer:?}"),
        }
    }
    tally
}

/// The process that was started last, and was not killed before.
fn newest_worker(host: &Host, killed: &[i32]) -> Option<i32> {
    let started = host.logger().events(Filter { kind: Some(EventKind::SubprocessStarted), ..Filter::default() });
    let pids = started.iter().rev().filter_map(|event| event.message().split(' ').nth(2)?.parse().ok());
    pids.into_iter().find(|pid| !killed.contains(pid))
}

fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    status.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[test]
fn every_call_ends_once_while_workers_are_killed() {
    let long: Option<u64> = std::env::var("TYWRAP_SOAK").ok().map(|calls| calls.parse().unwrap());
    let calls = long.unwrap_or(CALLS) / CLIENTS;
    let fixture = host("[subprocess]\ntimeout = \"20s\"\n[wire]\nworkers = 2\n");
    let path = fixture.directory.path().join("socket/s");
    let host = Arc::new(fixture.host);
    let server = std::thread::spawn({
        let (host, path) = (Arc::clone(&host), path.clone());
        move || host.serve(Endpoint::Unix(path))
    });
    let connect = || {
        let mut tries =
            (0..500).map(|_| UnixStream::connect(&path).inspect_err(|_| std::thread::sleep(Duration::from_millis(10))));
        tries.find_map(Result::ok).expect("the socket")
    };
    // What allocators and caches take at first is no leak.
    caller(100, connect(), calls.min(20_000));
    let before = memory();

    let done = Arc::new(AtomicBool::new(false));
    let killer = std::thread::spawn({
        let (host, done) = (Arc::clone(&host), Arc::clone(&done));
        move || {
            let mut killed = Vec::new();
            while !done.load(Ordering::Relaxed) {
                std::thread::sleep(KILL);
                if let Some(pid) = newest_worker(&host, &killed) {
                    let pid = rustix::process::Pid::from_raw(pid).unwrap();
                    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
                    killed.push(pid.as_raw_nonzero().get());
                }
            }
            killed.len()
        }
    });
    let callers: Vec<_> = (0..CLIENTS).map(|name| (name, connect())).collect();
    let callers = callers.into_iter().map(|(name, stream)| std::thread::spawn(move || caller(name, stream, calls)));
    let tallies: Vec<Tally> = callers.collect::<Vec<_>>().into_iter().map(|caller| caller.join().unwrap()).collect();
    done.store(true, Ordering::Relaxed);
    let killed = killer.join().unwrap();
    let grown = memory().saturating_sub(before);

    let sum = |count: fn(&Tally) -> u64| tallies.iter().map(count).sum::<u64>();
    let (results, crashed) = (sum(|tally| tally.results), sum(|tally| tally.crashed));
    let (exceptions, cancelled) = (sum(|tally| tally.exceptions), sum(|tally| tally.cancelled));
    eprintln!(
        "{results} results, {exceptions} exceptions, {cancelled} cancelled, {crashed} with their worker; {killed} workers killed; {grown} bytes more"
    );
    assert_eq!(results + exceptions + cancelled + crashed, calls * CLIENTS);
    assert!(results > calls * CLIENTS / 2, "most calls have a result");
    if long.is_some() {
        assert!(killed > 0 && grown < 32 << 20, "{killed} workers killed, {grown} bytes more");
    }

    // Nothing is held for callers that are gone.
    let stats = || host.stats().unwrap();
    let gone = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        stats().clients == 0
    });
    assert!(gone && (stats().objects, stats().running, stats().waiting) == (0, 0, 0), "{:?}", stats());
    let mut client = Client::new(connect());
    client.open(1, &BUILTINS);
    let held = json!(["len(sys.modules['tywrap_worker'].handles.objects)"]).to_string();
    assert_eq!(client.call(1, EVALUATED, &held).result(), &json!(0));
    drop(client);
    host.stop();
    server.join().unwrap().unwrap();
}
