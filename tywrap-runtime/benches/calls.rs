//! What monitoring costs a small call, from a client's socket to Python and back: two hosts in turn, one with every
//! switch of `[monitoring]` off, one with the defaults. `cargo bench -p tywrap-runtime --bench calls`, and again with
//! `--features metrics`, which counts in both and measures in one. The last row is of processor time, of client and
//! host without Python: other programs are hardly in it. One by one, the host looks for the next call instead of
//! sleeping, so its processor time says nothing there.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program for people, which may fail loudly")]

use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sha2::Digest as _;
use tywrap_runtime::{
    Callable, CallableKind, CompiledPolicy, Endpoint, Host, HostError, Integers, Module, Param, ParamKind, Schema,
    Signature,
};

/// Rounds of so many calls each.
const ROUNDS: usize = 60;
const CALLS: u32 = 2000;

const HELLO: u8 = 1;
const OPEN: u8 = 2;
const CALL: u8 = 3;

const OFF: &str = "[monitoring]\naudit-logging = false\nsecurity-events = false\nperformance-monitoring = false\n\
                   error-tracking = false\n";

static MATH: Module = Module {
    name: "math",
    package: "bench",
    digest: "1",
    policy_digest: "",
    classes: &[],
    callables: &[Callable {
        path: "sqrt",
        kind: CallableKind::Function,
        signatures: &[0],
        integers: Integers::Number,
        result: None,
    }],
    signatures: &[Signature { first: 0, count: 1 }],
    params: &[Param { name: "x", kind: ParamKind::PosOnly, optional: false, schema: 0 }],
    schemas: &[Schema::Float],
};

fn main() {
    let scratch = tempfile::tempdir().unwrap();
    let mut hosts = [OFF, ""].map(|monitoring| Caller::new(monitoring, scratch.path()));
    let counted = if cfg!(feature = "metrics") { "with the feature `metrics`" } else { "without metrics" };
    println!("| small calls, {counted} | switches off | defaults | ratio |\n|---|---|---|---|");
    for (what, ahead) in [("one by one", 1), ("64 in flight", 64)] {
        let mut times: [Vec<Duration>; 2] = Default::default();
        let mut processor: [Vec<Duration>; 2] = Default::default();
        for _ in 0..ROUNDS {
            for (at, host) in hosts.iter_mut().enumerate() {
                let before = processor_time();
                times[at].push(host.round(ahead));
                processor[at].push((processor_time() - before) / CALLS);
            }
        }
        row(what, times);
        if ahead > 1 {
            row(&format!("{what}, processor time"), processor);
        }
    }
    hosts.into_iter().for_each(Caller::end);
}

fn row(what: &str, times: [Vec<Duration>; 2]) {
    let [off, on] = times.map(|mut times| {
        times.sort();
        times[ROUNDS / 2]
    });
    println!("| {what} | {off:.2?} | {on:.2?} | {:.3} |", on.as_secs_f64() / off.as_secs_f64());
}

/// What all threads of this process have used; the kernel counts it in nanoseconds.
fn processor_time() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let used = threads.map(|thread| {
        let text = std::fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
        text.split(' ').next().unwrap().parse::<u64>().unwrap()
    });
    Duration::from_nanos(used.sum())
}

/// A host and its only client.
struct Caller {
    stream: UnixStream,
    serving: JoinHandle<Result<(), HostError>>,
}

impl Caller {
    fn new(monitoring: &str, scratch: &Path) -> Self {
        let builder = Host::builder(policy(monitoring)).module(&MATH).cache_directory(scratch);
        let host = Arc::new(builder.audit_log(scratch.join("audit.jsonl")).build().unwrap());
        let (stream, theirs) = UnixStream::pair().unwrap();
        let serving = std::thread::spawn(move || host.serve(Endpoint::Connection(OwnedFd::from(theirs))));
        let mut caller = Self { stream, serving };
        caller.send(HELLO, 0, 1, r#"{"wire":1,"peer":"bench"}"#);
        caller.receive();
        caller.send(OPEN, 1, 0, r#"{"module":"math","digest":"1"}"#);
        caller.round(1);
        caller
    }

    /// The time of one call, of as many as a round has, of which `ahead` are in flight.
    fn round(&mut self, ahead: u32) -> Duration {
        let began = Instant::now();
        for request in 0..CALLS {
            self.send(CALL, 1, request + 2, "[[2.5],{}]");
            if request + 1 >= ahead {
                self.receive();
            }
        }
        for _ in 1..ahead {
            self.receive();
        }
        began.elapsed() / CALLS
    }

    fn send(&mut self, kind: u8, slot: u16, request: u32, value: &str) {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend((value.len() as u32 + 20).to_le_bytes());
        bytes.extend([kind, 0]);
        bytes.extend(slot.to_le_bytes());
        bytes.extend(request.to_le_bytes());
        bytes.extend(0_u32.to_le_bytes());
        bytes.extend((value.len() as u32).to_le_bytes());
        bytes.extend(0_u32.to_le_bytes());
        bytes.extend(value.as_bytes());
        self.stream.write_all(&bytes).unwrap();
    }

    fn receive(&mut self) {
        let mut length = [0; 4];
        self.stream.read_exact(&mut length).unwrap();
        let mut rest = vec![0; u32::from_le_bytes(length) as usize];
        self.stream.read_exact(&mut rest).unwrap();
        assert!(matches!(rest[0], HELLO | 4), "{}", String::from_utf8_lossy(&rest));
    }

    fn end(self) {
        drop(self.stream);
        self.serving.join().unwrap().unwrap();
    }
}

fn policy(monitoring: &str) -> CompiledPolicy {
    let text = format!("[subprocess]\ninterpreter = \"/usr/bin/python3\"\n{monitoring}");
    let digest: String = sha2::Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
    CompiledPolicy { path: "/nowhere/tywrap.toml", directory: "/nowhere", digest: digest.leak(), text: text.leak() }
}
