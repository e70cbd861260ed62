//! Large buffers in memory that a client, the host and a worker have in common, and what either end could try with it.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::os::unix::net::UnixStream;

use serde_json::{Value as Json, json};

use crate::client::{CALL, Client, ERROR, RESULT, Received, Served, TAKEN, connect, frame, serve};
use crate::grants::{BUILTINS, host};
use crate::rust_client;

const SAME: u32 = 1;
const EXIT_NOW: u32 = 2;
const FORGE: u32 = 9;
const EVALUATED: u32 = 13;

const GREETING: &str = r#"{"wire":1,"peer":"tests","shared-memory":true}"#;

/// Where regions begin.
const START: u32 = 4096;

/// From here on a worker puts a buffer into its memory.
const LARGE: usize = 1 << 18;

/// A client that shares memory with its host.
struct Sharing {
    served: Served,
    client: Client,
    /// The client's memory.
    memory: File,
    /// Its descriptor in the host.
    number: u64,
    size: u64,
    request: u32,
}

/// What the table says of a buffer.
#[derive(Clone, Copy)]
enum Place {
    /// In the frame, as this follows.
    Frame(&'static [u8]),
    /// So many bytes, in the memory of a number, from an offset on.
    Memory(u64, u32, u32),
}

impl Sharing {
    fn new(policy: &str) -> Self {
        let fixture = host(policy);
        let (served, stream) = connect(fixture.host);
        let (mut client, hello) = Client::greeted(stream, GREETING);
        let offer = &hello["shared-memory"];
        assert_eq!(offer["process"], std::process::id());
        let memory = open(&offer["descriptor"]);
        let mut proof = [0; 16];
        memory.read_exact_at(&mut proof, 0).unwrap();
        let proof: String = proof.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(offer["proof"], proof);
        client.open(1, &BUILTINS);
        let number = |name: &str| offer[name].as_u64().unwrap();
        Self { served, client, memory, number: number("descriptor"), size: number("size"), request: 100 }
    }

    /// Sends a call whose answer may be shared.
    fn start(&mut self, callable: u32, args: &str, places: &[Place]) -> u32 {
        self.request += 1;
        self.client.send(&call(self.request, callable, args, places));
        self.request
    }

    fn call(&mut self, callable: u32, args: &str, places: &[Place]) -> Received {
        let request = self.start(callable, args, places);
        self.client.answer(request)
    }

    fn evaluate(&mut self, text: &str) -> Received {
        self.call(EVALUATED, &json!([text]).to_string(), &[])
    }

    fn take(&mut self, request: u32) {
        self.client.send(&frame(TAKEN, false, 0, request, 0, "null", &[]));
    }

    /// How many buffers the worker keeps for somebody.
    fn held(&mut self) -> Json {
        let text = "len((sys.modules.get('tywrap_worker') or sys.modules['__main__']).memory.held)";
        self.evaluate(text).result().clone()
    }

    /// The last frame before the host closed the connection.
    fn last(mut self) -> Received {
        let mut last = None;
        while let Some(received) = self.client.try_receive() {
            last = Some(received);
        }
        drop(self.client);
        self.served.end();
        last.unwrap()
    }
}

fn open(descriptor: &Json) -> File {
    let path = format!("/proc/self/fd/{descriptor}");
    File::options().read(true).write(true).open(path).unwrap()
}

/// A call in tagged form with the flag of shared memory.
fn call(request: u32, callable: u32, args: &str, places: &[Place]) -> Vec<u8> {
    shared(CALL, request, callable, &format!("[{args},{{}}]"), places)
}

fn shared(kind: u8, request: u32, callable: u32, value: &str, places: &[Place]) -> Vec<u8> {
    let mut bytes = frame(kind, true, 1, request, callable, value, &[]);
    bytes[5] |= 4;
    bytes[20..24].copy_from_slice(&(places.len() as u32).to_le_bytes());
    if !places.is_empty() {
        bytes.resize(bytes.len().next_multiple_of(8), 0);
    }
    for place in places {
        let (length, number, offset) = match *place {
            Place::Frame(bytes) => (bytes.len() as u64, u32::MAX, 0),
            Place::Memory(length, number, offset) => (length, number, offset),
        };
        bytes.extend(length.to_le_bytes());
        bytes.extend(number.to_le_bytes());
        bytes.extend(offset.to_le_bytes());
    }
    for place in places {
        if let Place::Frame(buffer) = place {
            bytes.resize(bytes.len().next_multiple_of(8), 0);
            bytes.extend(*buffer);
        }
    }
    let length = (bytes.len() - 4) as u32;
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    bytes
}

fn pattern(length: usize, seed: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 7 + seed + at / 251) as u8).collect()
}

#[test]
fn what_is_large_goes_through_memory_both_ways() {
    let mut sharing = Sharing::new("");
    let large = pattern(3 * LARGE + 5, 1);
    sharing.memory.write_all_at(&large, 8192).unwrap();
    let places = [Place::Frame(b"small"), Place::Memory(large.len() as u64, 0, 8192)];
    let answer = sharing.call(SAME, r#"[["list",["bytes",0],["bytes",1]]]"#, &places);
    assert_eq!(answer.result(), &json!(["list", ["bytes", 0], ["bytes", 1]]));
    assert!(answer.shared);
    assert_eq!(answer.buffers, [b"small".to_vec(), large]);
    // What is small never does, though it may.
    assert_eq!(sharing.held(), 1, "until it has been taken out");
    sharing.take(answer.request);
    assert_eq!(sharing.held(), 0);
    let answer = sharing.evaluate("bytes(10)");
    assert!(!answer.shared && answer.buffers == [vec![0; 10]]);
    drop(sharing.client);
    sharing.served.end();
}

#[test]
fn an_array_that_is_checked_is_a_copy() {
    let mut sharing = Sharing::new("");
    if sharing.evaluate("numpy.__name__").kind == ERROR {
        return eprintln!("this Python has no numpy");
    }
    let bools = vec![1; LARGE];
    sharing.memory.write_all_at(&bools, START.into()).unwrap();
    let place = Place::Memory(LARGE as u64, 0, START);
    let array = r#"[["array",0,"|b1",[262144]]]"#;
    let answer = sharing.call(SAME, array, &[place]);
    assert_eq!(answer.buffers, [bools]);
    assert!(!answer.shared, "the host has looked at it, so it is what the host has seen");
    assert_eq!(sharing.held(), 0, "and nobody else has to take it out");
    sharing.memory.write_all_at(&[2], u64::from(START) + 9).unwrap();
    assert_eq!(sharing.call(SAME, array, &[place]).error().0, "validation");
    drop(sharing.client);
    sharing.served.end();
}

#[test]
fn memory_is_used_again_and_frames_do_where_it_is_full() {
    let mut sharing = Sharing::new("[wire]\nmax-frame = \"1MiB\"\n");
    assert_eq!(sharing.size, 1 << 20);
    let large = "bytes(range(256)) * 1024";
    let expected: Vec<u8> = (0..=255).cycle().take(256 * 1024).collect();
    for _ in 0..50 {
        let answer = sharing.evaluate(large);
        assert!(answer.shared && answer.buffers == [&*expected]);
        sharing.take(answer.request);
    }
    // Three fit beside the page in front.
    let answers: Vec<_> = (0..5).map(|_| sharing.evaluate(large)).collect();
    assert_eq!(answers.iter().map(|answer| answer.shared).collect::<Vec<_>>(), [true, true, true, false, false]);
    assert!(answers.iter().all(|answer| answer.buffers == [&*expected]), "none lies over another");
    // A gap in the middle is found.
    sharing.take(answers[1].request);
    assert!(sharing.evaluate(large).shared);
    assert_eq!(sharing.held(), 3);
    drop(sharing.client);
    sharing.served.end();
}

#[test]
fn a_result_outlives_its_worker() {
    let mut sharing = Sharing::new("");
    sharing.request += 1;
    let request = sharing.request;
    let exit = sharing.request + 1;
    sharing.request += 1;
    let text = r#"["bytes(range(256)) * 1024"]"#;
    sharing.client.send(&[call(request, EVALUATED, text, &[]), call(exit, EXIT_NOW, "[1]", &[])].concat());
    // The worker is gone before anybody has looked at what it left.
    let mut gone = None;
    let mut left = None;
    for _ in 0..2 {
        let received = sharing.client.receive();
        if received.request == exit { gone = Some(received) } else { left = Some(received) }
    }
    assert_eq!(gone.unwrap().error().0, "worker-crashed");
    let left = left.unwrap();
    assert!(left.shared && left.buffers[0].len() == 256 * 1024);
    sharing.take(request);
    assert_eq!(sharing.held(), 0, "the next worker has nothing of it");
    drop(sharing.client);
    sharing.served.end();
}

/// Eight calls at a time, of random sizes, in a worker that is ended again and again: each is answered once, with its own bytes or by the
/// error of a lost worker, and nothing is kept for anybody at the end.
#[test]
fn no_result_is_another_calls() {
    const FLIGHT: u32 = 8;
    const CALLS: u32 = 600;
    let mut sharing = Sharing::new("");
    let mut random = fastrand::Rng::with_seed(7);
    let mut open: BTreeMap<u32, Option<Vec<u8>>> = BTreeMap::new();
    let (mut answered, mut lost, mut shared, mut started) = (0, 0, 0, 0);
    while started < CALLS || !open.is_empty() {
        while started < CALLS && open.len() < FLIGHT as usize {
            started += 1;
            if started % 97 == 0 {
                let request = sharing.start(EXIT_NOW, "[1]", &[]);
                open.insert(request, None);
                continue;
            }
            // A place of its own for each that is open.
            let length = random.usize(1..3 * LARGE);
            let bytes = pattern(length, random.usize(..));
            let used: Vec<u32> = open.keys().map(|request| request % (4 * FLIGHT)).collect();
            let slot = (sharing.request + 1) % (4 * FLIGHT);
            assert!(!used.contains(&slot), "calls are answered in order, but for lost ones");
            let offset = START + slot * (3 * LARGE as u32);
            sharing.memory.write_all_at(&bytes, offset.into()).unwrap();
            let request = sharing.start(SAME, r#"[["bytes",0]]"#, &[Place::Memory(length as u64, 0, offset)]);
            open.insert(request, Some(bytes));
        }
        let answer = sharing.client.receive();
        let expected = open.remove(&answer.request).expect("an answer to a call that is open");
        if answer.kind == ERROR {
            assert_eq!(answer.error().0, "worker-crashed");
            lost += 1;
            continue;
        }
        assert!(answer.buffers == [expected.unwrap()], "the bytes of call {}", answer.request);
        answered += 1;
        if answer.shared {
            shared += 1;
            sharing.take(answer.request);
        }
    }
    assert_eq!(answered + lost, CALLS);
    assert!(
        answered > CALLS / 2 && lost >= CALLS / 97 && shared > 50,
        "{answered} answered, {lost} lost, {shared} shared"
    );
    assert_eq!(sharing.held(), 0);
    drop(sharing.client);
    sharing.served.end();
}

#[test]
fn hostile_frames_of_a_client_end_its_connection() {
    let bytes = r#"[["bytes",0]]"#;
    let same = |place| call(7, SAME, bytes, &[place]);
    let size = Sharing::new("").size;
    let cases: [(&str, Vec<u8>); 10] = [
        ("where the proof is", same(Place::Memory(16, 0, 0))),
        ("across the proof", same(Place::Memory(4096, 0, START - 1))),
        ("behind the end", same(Place::Memory(size, 0, START))),
        ("an end beyond all numbers", same(Place::Memory(u64::MAX, 0, START))),
        ("at the last offset", same(Place::Memory(1, 0, u32::MAX - 1))),
        ("another memory", same(Place::Memory(16, 1, START))),
        ("more in all than a frame may have", {
            let place = Place::Memory(size - u64::from(START), 0, START);
            call(7, SAME, r#"[["bytes",0],["bytes",1],["bytes",2],["bytes",3],["bytes",4]]"#, &[place; 5])
        }),
        ("a frame that is no call", shared(7, 0, 0, "[]", &[])),
        ("a table that does not fit", {
            let mut call = frame(CALL, true, 1, 7, SAME, "[[[\"bytes\",0]],{}]", &[b"12345678"]);
            call[5] |= 4;
            call
        }),
        ("a result that nobody has", frame(TAKEN, false, 0, 7, 0, "null", &[])),
    ];
    for (what, bytes) in cases {
        let mut sharing = Sharing::new("");
        sharing.client.send(&bytes);
        assert_eq!(sharing.last().error().0, "protocol", "{what}");
    }
}

#[test]
fn a_request_is_open_until_its_result_has_been_taken() {
    let mut sharing = Sharing::new("");
    let answer = sharing.evaluate("bytes(1 << 20)");
    assert!(answer.shared);
    sharing.client.send(&call(answer.request, SAME, "[1]", &[]));
    assert_eq!(sharing.last().error().0, "protocol");
}

#[test]
fn a_client_that_was_offered_nothing_cannot_use_it() {
    let fixture = host("[wire]\nshared-memory = false\n");
    let (served, stream) = connect(fixture.host);
    let (mut client, hello) = Client::greeted(stream, GREETING);
    assert_eq!(hello.get("shared-memory"), None, "the policy has it off");
    client.open(1, &BUILTINS);
    assert!(!client.call(1, EVALUATED, r#"["bytes(1 << 20)"]"#).shared);
    client.send(&call(100, SAME, r#"[["bytes",0]]"#, &[Place::Memory(16, 0, START)]));
    assert_eq!(client.receive().error().0, "protocol");
    drop(client);
    served.end();
}

#[test]
fn where_clients_share_a_socket_nobody_shares_memory() {
    let served = rust_client::served(host(""));
    let (mut client, hello) = Client::greeted(UnixStream::connect(&served.path).unwrap(), GREETING);
    assert_eq!(hello.get("shared-memory"), None);
    client.open(1, &BUILTINS);
    let memory = "(sys.modules.get('tywrap_worker') or sys.modules['__main__']).memory.descriptor";
    let args = json!([memory]).to_string();
    assert_eq!(client.call(1, EVALUATED, &args).result(), &Json::Null, "its workers have none either");
    // The positive control.
    let mut sharing = Sharing::new("");
    assert!(sharing.evaluate(memory).result().is_u64());
    drop(sharing.client);
    sharing.served.end();
}

#[test]
fn a_client_that_does_not_ask_gets_frames() {
    let fixture = host("");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    let answer = client.call(1, EVALUATED, r#"["bytes(1 << 20)"]"#);
    assert!(!answer.shared && answer.buffers == [vec![0; 1 << 20]]);
    drop(client);
    served.end();
}

#[test]
fn a_worker_that_lies_about_its_memory_is_ended() {
    let mut sharing = Sharing::new("");
    let size = sharing.size.min(50 << 20);
    for (what, place) in [
        ("where no region is", Place::Memory(16, 0, 0)),
        ("behind the end", Place::Memory(size, 0, START)),
        ("a memory that is not its own", Place::Memory(16, 7, START)),
    ] {
        // The first request of a worker is 2.
        assert_eq!(sharing.call(SAME, "[1]", &[]).result(), &json!(1), "before {what}");
        let forged = shared(RESULT, 3, 0, r#"["bytes",0]"#, &[place]);
        let text = json!(["bytes", 0]).to_string();
        let request = sharing.request + 1;
        sharing.request = request;
        let mut bytes = frame(CALL, true, 1, request, FORGE, &format!("[[{text}],{{}}]"), &[&forged]);
        bytes[5] |= 1;
        sharing.client.send(&bytes);
        let answer = sharing.client.answer(request);
        assert_eq!((answer.error().0, answer.error().1), ("worker-crashed", "worker-protocol"), "{what}");
    }
    // One that lies within is good only for a caller who may have it.
    assert_eq!(sharing.call(SAME, "[1]", &[]).result(), &json!(1));
    let forged = shared(RESULT, 3, 0, r#"["bytes",0]"#, &[Place::Memory(16, 0, START)]);
    sharing.request += 1;
    let request = sharing.request;
    sharing.client.send(&frame(CALL, true, 1, request, FORGE, r#"[[["bytes",0]],{}]"#, &[&forged]));
    assert_eq!(sharing.client.answer(request).error().1, "worker-protocol");
    drop(sharing.client);
    sharing.served.end();
}

#[test]
fn a_worker_can_only_write_to_its_memory() {
    let mut sharing = Sharing::new("");
    let worker = "(sys.modules.get('tywrap_worker') or sys.modules['__main__']).memory";
    for (what, text) in [
        ("cutting it off", format!("os.ftruncate({worker}.descriptor, 0)")),
        ("growing it", format!("os.ftruncate({worker}.descriptor, 1 << 20)")),
        ("writing behind its end", format!("os.pwrite({worker}.descriptor, b'x', 1 << 30)")),
        ("reading", format!("os.pread({worker}.descriptor, 1, 0)")),
        ("mapping it", format!("__import__('mmap').mmap({worker}.descriptor, 4096)")),
        ("opening the client's", format!("os.open('/proc/{}/fd/{}', os.O_RDONLY)", std::process::id(), sharing.number)),
        ("sealing it", format!("__import__('fcntl').fcntl({worker}.descriptor, 1033, 8)")),
    ] {
        let answer = sharing.evaluate(&text);
        assert_eq!(answer.error().0, "python", "{what}: {answer:?}");
    }
    // The positive control.
    assert_eq!(sharing.evaluate(&format!("os.pwrite({worker}.descriptor, b'x', 4096)")).result(), &json!(1));
    drop(sharing.client);
    sharing.served.end();
}

#[test]
fn pages_are_taken_when_they_are_needed() {
    let sharing = Sharing::new("");
    let taken = sharing.memory.metadata().unwrap().blocks() * 512;
    assert!(taken <= 4096, "{taken} bytes");
    assert_eq!(sharing.size, 64 << 20);
    drop(sharing.client);
    sharing.served.end();
}
