//! The Rust client: against a host that is served at a Unix socket, and against hosts that break the wire.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tywrap_runtime::{Args, CallErrorKind, Client, Column, Endpoint, Host, HostError, Module, NdArray, Series, Value};

use crate::client::{CALL, Client as Peer, ERROR, HELLO, RESULT, frame};
use crate::grants::{BUILTINS, COLLECTIONS, Fixture, JSON, MATH, NUMPY, TIME, function, host, module};

/// A host at a socket, until this is dropped.
pub(crate) struct Served {
    host: Arc<Host>,
    pub(crate) path: PathBuf,
    thread: Option<JoinHandle<Result<(), HostError>>>,
    _directory: tempfile::TempDir,
}

pub(crate) fn served(fixture: Fixture) -> Served {
    let path = fixture.directory.path().join("run/host.sock");
    let host = Arc::new(fixture.host);
    let thread = std::thread::spawn({
        let (host, path) = (Arc::clone(&host), path.clone());
        move || host.serve(Endpoint::Unix(path))
    });
    let started = Instant::now();
    while !path.exists() {
        assert!(started.elapsed() < Duration::from_secs(10), "the host does not serve");
        std::thread::sleep(Duration::from_millis(5));
    }
    Served { host, path, thread: Some(thread), _directory: fixture.directory }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.host.stop();
        self.thread.take().unwrap().join().unwrap().unwrap();
    }
}

/// What answers as a host would not: it greets, and does with the first call what it is told. Another call would find it gone.
fn fake(hello: &'static str, on_call: impl FnOnce(&mut Peer, u32) + Send + 'static) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("host.sock");
    let listener = UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || {
        let mut peer = Peer::raw(listener.accept().unwrap().0);
        let greeting = peer.receive();
        assert_eq!((greeting.kind, &greeting.value["wire"]), (HELLO, &1.into()));
        peer.send(&frame(HELLO, false, 0, greeting.request, 0, hello, &[]));
        while let Some(received) = peer.try_receive() {
            if received.kind == CALL {
                return on_call(&mut peer, received.request);
            }
        }
    });
    (directory, path)
}

const GREETING: &str =
    r#"{"wire":1,"peer":"fake","max-frame":1000000,"max-depth":64,"max-input-size":100000,"queue":4}"#;

#[test]
fn rust_calls_over_the_wire_with_its_own_types() {
    let served = served(host(""));
    let client = Client::connect(&served.path).unwrap();
    assert_eq!(client.call_as::<f64>(&MATH, "sqrt", (4,)).unwrap(), 2.0);
    assert_eq!(client.call_as::<f64>(&MATH, "pi", ()).unwrap(), std::f64::consts::PI);
    let sorted = Args::from((BTreeMap::from([("b".to_owned(), 1), ("a".to_owned(), 2)]),)).keyword("sort_keys", true);
    assert_eq!(client.call_as::<String>(&JSON, "dumps", sorted).unwrap(), r#"{"a": 2, "b": 1}"#);
    let back: BTreeMap<String, Vec<i64>> = client.call_as(&JSON, "loads", (r#"{"a": [1, 2]}"#,)).unwrap();
    assert_eq!(back, BTreeMap::from([("a".to_owned(), vec![1, 2])]));
    for value in [
        Value::from(u64::MAX),
        Value::Float(f64::NEG_INFINITY),
        Value::Tuple(vec![Value::Set(vec!["x".into()]), Value::Complex(1.0, -0.0)]),
        Value::Dict(vec![("__proto__".into(), 1.into()), (1.into(), b"bytes".as_slice().into())]),
        // Python says it as rows.
        Value::Dict(vec![(
            1.into(),
            Value::List((0..20).map(|n| Value::Dict(vec![("n".into(), n.into())])).collect()),
        )]),
    ] {
        let got = client.call(&BUILTINS, "same", vec![value.clone()], vec![]).unwrap();
        assert_eq!(format!("{got:?}"), format!("{value:?}"));
    }
}

#[test]
fn errors_are_those_of_a_host_in_this_process() {
    let served = served(host(""));
    let client = Client::connect(&served.path).unwrap();
    let calls: Vec<(&'static Module, &str, Vec<Value>)> = vec![
        (&MATH, "sqrt", vec!["4".into()]),
        (&MATH, "sqrt", vec![]),
        (&MATH, "sqr", vec![4.into()]),
        (&MATH, "sqrt", vec![(-1).into()]),
        (&JSON, "loads", vec!["{".into()]),
        (&BUILTINS, "odd", vec!["module".into()]),
        (&BUILTINS, "exit_now", vec![3.into()]),
        (&BUILTINS, "same", vec![Value::Column(Box::new(Column::new("Int8", vec![]).unwrap()))]),
        (&BUILTINS, "same", vec![Series::new(Value::List(vec![]), None, Value::None).unwrap().into()]),
    ];
    for (module, path, args) in calls {
        let here = served.host.call(module, path, args.clone(), vec![]).unwrap_err();
        let there = client.call(module, path, args, vec![]).unwrap_err();
        assert_eq!((here.kind(), here.code(), here.message()), (there.kind(), there.code(), there.message()));
        let type_name = |error: &tywrap_runtime::CallError| error.python().map(|python| python.type_name.clone());
        assert_eq!(type_name(&here), type_name(&there), "{path}");
    }
    let wrong = client.call_as::<String>(&MATH, "sqrt", (4,)).unwrap_err();
    assert!(wrong.message().contains("`math.sqrt` is of another type: expected `str`, got `float`"), "{wrong}");
    let long = Value::from("x".repeat(2 << 20));
    let refused = client.call(&BUILTINS, "same", vec![long], vec![]).unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (CallErrorKind::Validation, "input-too-large"));
    assert_eq!(client.call_as::<f64>(&MATH, "sqrt", (9,)).unwrap(), 3.0, "the connection goes on");
}

#[test]
fn threads_share_a_connection_and_get_their_own_answers() {
    let served = served(host("[wire]\nqueue = 4\n"));
    let client = Client::connect(&served.path).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let client = &client;
            scope.spawn(move || {
                for at in 0..300 {
                    let number = f64::from(thread * 1000 + at);
                    assert_eq!(client.call_as::<f64>(&MATH, "sqrt", (number * number,)).unwrap(), number);
                    let text = format!("{thread} {at}");
                    assert_eq!(client.call_as::<String>(&JSON, "dumps", (&*text,)).unwrap(), format!("\"{text}\""));
                }
            });
        }
    });
}

#[test]
fn large_arrays_go_both_ways_at_the_same_time() {
    let Some(fixture) = crate::numpy::fixture() else { return };
    let served = served(fixture);
    let client = Client::connect(&served.path).unwrap();
    // The first call imports numpy.
    client.call_as::<Value>(&NUMPY, "multiply", (2, 3)).unwrap();
    std::thread::scope(|scope| {
        for thread in 1..=4 {
            let client = &client;
            scope.spawn(move || {
                let numbers: Vec<f64> = (0..1_000_000).map(f64::from).collect();
                let array = NdArray::from(numbers.as_slice());
                for _ in 0..3 {
                    let made: NdArray = client.call_as(&NUMPY, "multiply", (array.clone(), f64::from(thread))).unwrap();
                    let items = made.data().as_chunks::<8>().0;
                    assert_eq!(items.len(), 1_000_000);
                    for (at, item) in items.iter().enumerate().step_by(997) {
                        assert_eq!(f64::from_le_bytes(*item), at as f64 * f64::from(thread));
                    }
                }
            });
        }
    });
}

#[test]
fn objects_are_held_until_they_are_released() {
    let served = served(host(""));
    let client = Client::connect(&served.path).unwrap();
    let counter = client.call(&COLLECTIONS, "Counter", vec!["aab".into()], vec![]).unwrap();
    let Value::Handle(handle) = &counter else { panic!("{counter:?}") };
    assert_eq!(handle.class(), "collections:Counter");
    let shown = client.call_as::<String>(&BUILTINS, "repr_of", (counter.clone(),)).unwrap();
    assert!(shown.contains("Counter({'a': 2, 'b': 1})"), "{shown}");
    assert_eq!(served.host.stats().unwrap().objects, 1);
    client.release([handle.clone()]);
    let refused = client.call(&BUILTINS, "repr_of", vec![counter], vec![]).unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (CallErrorKind::Validation, "handle-refused"));
    client.call(&COLLECTIONS, "Counter", vec!["x".into()], vec![]).unwrap();
    drop(client);
    let started = Instant::now();
    while served.host.stats().unwrap().objects > 0 {
        assert!(started.elapsed() < Duration::from_secs(10), "objects outlive their connection");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_module_of_other_grants_is_refused_and_no_other() {
    static OTHER: Module = module("math", "other", &[function("sqrt", &[0])]);
    static UNKNOWN: Module = module("cmath", "d1", &[function("sqrt", &[0])]);
    let served = served(host(""));
    let client = Client::connect(&served.path).unwrap();
    for _ in 0..2 {
        let refused = client.call(&OTHER, "sqrt", vec![4.into()], vec![]).unwrap_err();
        assert_eq!((refused.kind(), refused.code()), (CallErrorKind::Policy, "digest-mismatch"));
        let unknown = client.call(&UNKNOWN, "sqrt", vec![4.into()], vec![]).unwrap_err();
        assert_eq!((unknown.kind(), unknown.code()), (CallErrorKind::Policy, "module-not-opened"));
    }
    assert_eq!(client.call_as::<f64>(&MATH, "sqrt", (4,)).unwrap(), 2.0);
}

#[test]
fn a_call_that_takes_too_long_is_given_up_and_the_next_is_answered() {
    let served = served(host(""));
    let client = Client::connect(&served.path).unwrap();
    client.call(&TIME, "sleep", vec![0.into()], vec![]).unwrap();
    let client = client.with_timeout(Duration::from_millis(300));
    let started = Instant::now();
    let error = client.call(&TIME, "sleep", vec![20.into()], vec![]).unwrap_err();
    assert_eq!((error.kind(), error.code()), (CallErrorKind::Timeout, "timeout"));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    // It was cancelled, so its worker is free.
    let client = client.with_timeout(Duration::from_secs(15));
    assert_eq!(client.call_as::<f64>(&MATH, "sqrt", (4,)).unwrap(), 2.0);
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
}

#[test]
fn what_nobody_waits_for_any_more_is_let_go() {
    let (_directory, path) = fake(GREETING, |peer, request| {
        std::thread::sleep(Duration::from_millis(300));
        peer.send(&frame(RESULT, true, 1, request, 0, r#"["handle",7,"a:B"]"#, &[]));
        let cancel = peer.receive();
        assert_eq!((cancel.kind, cancel.request), (crate::client::CANCEL, request));
        let release = peer.receive();
        assert_eq!((release.kind, &*release.text), (crate::client::RELEASE, "[7]"));
        let next = peer.receive();
        peer.send(&frame(RESULT, false, 1, next.request, 0, "2.0", &[]));
        assert!(peer.try_receive().is_none());
    });
    let client = Client::connect(&path).unwrap().with_timeout(Duration::from_millis(100));
    assert_eq!(client.call(&MATH, "sqrt", vec![4.into()], vec![]).unwrap_err().kind(), CallErrorKind::Timeout);
    std::thread::sleep(Duration::from_millis(500));
    let client = client.with_timeout(Duration::from_secs(10));
    assert_eq!(client.call_as::<f64>(&MATH, "sqrt", (4,)).unwrap(), 2.0);
}

/// How many calls of threads a host gets at once that says this of itself, each with 400 bytes of arguments.
fn sent_at_once(hello: &'static str) -> usize {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("host.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let host = std::thread::spawn(move || {
        let stream = listener.accept().unwrap().0;
        let probe = stream.try_clone().unwrap();
        let mut peer = Peer::raw(stream);
        let greeting = peer.receive();
        peer.send(&frame(HELLO, false, 0, greeting.request, 0, hello, &[]));
        let mut first = None;
        let mut answered = 0;
        let mut open = std::collections::VecDeque::new();
        while answered < 8 {
            // All that are going to be sent have had their time, at first; then each answer lets one follow.
            let wait = match first {
                None => Timespec { tv_sec: 1, tv_nsec: 0 },
                Some(_) => Timespec { tv_sec: 0, tv_nsec: 20_000_000 },
            };
            let more = poll(&mut [PollFd::new(&probe, PollFlags::IN)], Some(&wait)).unwrap() > 0;
            if more {
                let received = peer.receive();
                if received.kind == CALL {
                    open.push_back(received.request);
                }
                continue;
            }
            first.get_or_insert(open.len());
            let request = open.pop_front().unwrap();
            peer.send(&frame(RESULT, false, 1, request, 0, "null", &[]));
            answered += 1;
        }
        first.unwrap()
    });
    let client = Client::connect(&path).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| client.call(&BUILTINS, "same", vec!["x".repeat(400).into()], vec![]).unwrap());
        }
    });
    host.join().unwrap()
}

#[test]
fn no_more_is_sent_than_the_host_reads() {
    let by_queue = r#"{"wire":1,"max-frame":100000,"max-depth":64,"queue":3}"#;
    let by_bytes = r#"{"wire":1,"max-frame":1000,"max-depth":64,"queue":100}"#;
    let by_nothing = r#"{"wire":1,"max-frame":100000,"max-depth":64,"queue":100}"#;
    assert_eq!([by_queue, by_bytes, by_nothing].map(sent_at_once), [3, 3, 8]);
    let (_directory, path) = fake(by_bytes, |_, _| ());
    let client = Client::connect(path).unwrap();
    let refused = client.call(&BUILTINS, "same", vec!["x".repeat(2000).into()], vec![]).unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (CallErrorKind::Validation, "frame-too-large"));
}

#[test]
fn a_host_that_dies_ends_the_calls_that_wait_and_all_that_follow() {
    let served = served(host(""));
    let client = Client::connect(&served.path).unwrap();
    client.call(&TIME, "sleep", vec![0.into()], vec![]).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| client.call(&TIME, "sleep", vec![20.into()], vec![]).unwrap_err());
        std::thread::sleep(Duration::from_millis(200));
        served.host.stop();
        let error = waiting.join().unwrap();
        assert_eq!(error.kind(), CallErrorKind::WorkerCrashed, "{error}");
    });
    let error = client.call(&MATH, "sqrt", vec![4.into()], vec![]).unwrap_err();
    assert!(error.kind() == CallErrorKind::WorkerCrashed && error.message().contains("the host has gone"), "{error}");
    assert!(Client::connect(&served.path).unwrap_err().to_string().contains("[socket-unusable]"));
}

#[test]
fn a_host_that_breaks_the_wire_is_left() {
    type Answer = fn(u32) -> Vec<u8>;
    let answers: [(&str, Answer); 12] = [
        ("no frame", |_| vec![0xff; 64]),
        ("no JSON", |request| frame(RESULT, false, 1, request, 0, "{", &[])),
        ("an unknown tag", |request| frame(RESULT, true, 1, request, 0, r#"["nope"]"#, &[])),
        ("a function", |request| frame(RESULT, true, 1, request, 0, r#"["callback",1]"#, &[])),
        ("a table", |request| frame(RESULT, true, 1, request, 0, r#"["series",["list"],null,null]"#, &[])),
        ("a buffer too many", |request| frame(RESULT, false, 1, request, 0, "1", &[b"x"])),
        ("an answer to nothing", |request| frame(RESULT, false, 1, request + 1, 0, "1", &[])),
        ("an error that is none", |request| frame(ERROR, false, 1, request, 0, r#"{"kind":"odd"}"#, &[])),
        ("a second greeting", |request| frame(HELLO, false, 0, request, 0, GREETING, &[])),
        ("a call", |request| frame(CALL, false, 0, request, 1, "[[],{}]", &[])),
        ("half a frame", |request| frame(RESULT, false, 1, request, 0, "1", &[])[..10].to_vec()),
        ("a frame that is too large", |_| (2_000_000u32).to_le_bytes().to_vec()),
    ];
    for (what, answer) in answers {
        let (_directory, path) = fake(GREETING, move |peer, request| peer.send(&answer(request)));
        let client = Client::connect(&path).unwrap().with_timeout(Duration::from_secs(10));
        for _ in 0..2 {
            let error = client.call(&MATH, "sqrt", vec![4.into()], vec![]).unwrap_err();
            assert_eq!((error.kind(), error.code()), (CallErrorKind::Protocol, "frame-malformed"), "{what}: {error}");
        }
    }
    // The same host answers well.
    let (_directory, path) =
        fake(GREETING, |peer, request| peer.send(&frame(RESULT, false, 1, request, 0, "2.0", &[])));
    assert_eq!(Client::connect(&path).unwrap().call_as::<f64>(&MATH, "sqrt", (4,)).unwrap(), 2.0);
}

#[test]
fn a_host_of_another_wire_is_refused() {
    let connect = |hello| {
        let (_directory, path) = fake(hello, |_, _| ());
        Client::connect(path).map(drop).map_err(|error| error.to_string())
    };
    let other = connect(r#"{"wire":2,"peer":"later"}"#).unwrap_err();
    assert!(other.contains("it speaks wire 2 and this client 1") && other.contains("[wire-version]"), "{other}");
    for hello in [r#"{"peer":"x"}"#, r#"{"wire":1}"#, r#"{"wire":1,"max-frame":1000,"max-depth":0,"queue":1}"#, "1"] {
        assert!(connect(hello).unwrap_err().contains("broke the wire"), "{hello}");
    }
    assert_eq!(connect(GREETING), Ok(()));
    // A host that refuses this client says why.
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("host.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let refusing = std::thread::spawn(move || {
        let mut peer = Peer::raw(listener.accept().unwrap().0);
        let hello = peer.receive();
        let error = r#"{"kind":"protocol","code":"wire-version","message":"the client speaks wire 1 and this host 9"}"#;
        peer.send(&frame(ERROR, false, 0, hello.request, 0, error, &[]));
    });
    let refused = Client::connect(&path).unwrap_err().to_string();
    assert!(refused.contains("this host 9") && refused.contains("[wire-version]"), "{refused}");
    refusing.join().unwrap();
    let missing = Client::connect("/nowhere/host.sock").unwrap_err().to_string();
    assert!(missing.contains("/nowhere/host.sock") && missing.contains("start it"), "{missing}");
}

#[test]
fn a_host_of_another_user_is_turned_away() {
    if !is_root() {
        eprintln!("NOT TESTED: only root can serve as another user");
        return;
    }
    let connect = |uid: Option<u32>| {
        let directory = tempfile::tempdir().unwrap();
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let path = directory.path().join("host.sock");
        let program = "import os, socket, sys\nserver = socket.socket(socket.AF_UNIX)\nserver.bind(sys.argv[1])\n\
                       os.chmod(sys.argv[1], 0o777)\nserver.listen()\nprint(flush=True)\nserver.accept()";
        let mut command = Command::new("/usr/bin/python3");
        command.args(["-I", "-c", program]).arg(&path).stdout(Stdio::piped());
        if let Some(uid) = uid {
            command.uid(uid);
        }
        let mut child = command.spawn().unwrap();
        let _ = std::io::Read::read(&mut child.stdout.take().unwrap(), &mut [0; 1]).unwrap();
        let error = Client::connect(&path).unwrap_err().to_string();
        child.kill().unwrap();
        child.wait().unwrap();
        error
    };
    let error = connect(Some(65_534));
    assert!(error.contains("a host of user 65534 was turned away"), "{error}");
    // The same of one's own gets as far as the greeting.
    let error = connect(None);
    assert!(error.contains("the connection to the host has ended"), "{error}");
}

fn is_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(Path::new("/proc/self")).unwrap()) == 0
}
