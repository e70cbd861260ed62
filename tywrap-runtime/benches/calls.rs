//! What a small call takes from a client's socket to Python and back, to see what counting costs:
//! `cargo bench -p tywrap-runtime --bench calls`, and again with `--features metrics`. Run the two by turns; the machine's mood is
//! in every number.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program for people, which may fail loudly")]

use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use sha2::Digest as _;
use tywrap_runtime::{
    Callable, CallableKind, CompiledPolicy, Endpoint, Host, Integers, Module, Param, ParamKind, Schema, Signature,
};

/// Rounds of so many calls each, of which the fastest tells what the call itself takes.
const ROUNDS: usize = 30;
const CALLS: u32 = 2000;
/// Calls in flight in the second table row.
const AHEAD: u32 = 64;

const HELLO: u8 = 1;
const OPEN: u8 = 2;
const CALL: u8 = 3;

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
    let builder = Host::builder(policy()).module(&MATH).cache_directory(scratch.path());
    let host = builder.audit_log(scratch.path().join("audit.jsonl")).build().unwrap();
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    std::thread::scope(|scope| {
        let served = scope.spawn(|| host.serve(Endpoint::Connection(OwnedFd::from(theirs))));
        send(&mut ours, HELLO, 0, 1, r#"{"wire":1,"peer":"bench"}"#);
        receive(&mut ours);
        send(&mut ours, OPEN, 1, 0, r#"{"module":"math","digest":"1"}"#);
        let counted = if cfg!(feature = "metrics") { "with metrics" } else { "without metrics" };
        println!("| small calls {counted} | fastest round | median round |\n|---|---|---|");
        for (what, ahead) in [("one by one", 1), ("64 in flight", AHEAD)] {
            let mut times: Vec<Duration> = (0..ROUNDS).map(|_| round(&mut ours, ahead)).collect();
            times.sort();
            println!("| {what} | {:.2?} | {:.2?} |", times[0], times[ROUNDS / 2]);
        }
        drop(ours);
        served.join().unwrap().unwrap();
    });
}

/// The time of one call, of as many as a round has.
fn round(stream: &mut UnixStream, ahead: u32) -> Duration {
    let began = Instant::now();
    for request in 0..CALLS {
        send(stream, CALL, 1, request + 2, "[[2.5],{}]");
        if request >= ahead - 1 {
            receive(stream);
        }
    }
    for _ in 1..ahead {
        receive(stream);
    }
    began.elapsed() / CALLS
}

fn send(stream: &mut UnixStream, kind: u8, slot: u16, request: u32, value: &str) {
    let mut bytes = Vec::with_capacity(64);
    bytes.extend((value.len() as u32 + 20).to_le_bytes());
    bytes.extend([kind, 0]);
    bytes.extend(slot.to_le_bytes());
    bytes.extend(request.to_le_bytes());
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend((value.len() as u32).to_le_bytes());
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend(value.as_bytes());
    stream.write_all(&bytes).unwrap();
}

fn receive(stream: &mut UnixStream) {
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut rest = vec![0; u32::from_le_bytes(length) as usize];
    stream.read_exact(&mut rest).unwrap();
    assert!(matches!(rest[0], HELLO | 4), "{}", String::from_utf8_lossy(&rest));
}

fn policy() -> CompiledPolicy {
    let text = "[subprocess]\ninterpreter = \"/usr/bin/python3\"\n";
    let digest: String = sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    CompiledPolicy { path: "/nowhere/tywrap.toml", directory: "/nowhere", digest: digest.leak(), text }
}
