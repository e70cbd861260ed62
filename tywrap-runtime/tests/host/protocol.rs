use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tywrap_runtime::{Endpoint, EventKind};

use crate::client::{CALL, Client, ERROR, HELLO, OPEN, RESULT, frame, serve};
use crate::grants::{BUILTINS, JSON, MATH, host};

/// Reads until the host closes, and gives the last frame.
fn last(client: &mut Client) -> Option<crate::client::Received> {
    let mut last = None;
    while let Some(received) = client.try_receive() {
        last = Some(received);
    }
    last
}

#[test]
fn what_was_not_granted_cannot_be_reached() {
    let fixture = host("");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &MATH);
    // No such index, no such slot.
    for (slot, callable, code) in [
        (1, MATH.callables.len() as u32, "call-unknown"),
        (1, u32::MAX, "call-unknown"),
        (2, 0, "module-not-opened"),
        (0, 7, "call-unknown"),
        (65535, 0, "module-not-opened"),
    ] {
        let answer = client.call(slot, callable, "[1.0]");
        assert_eq!((answer.error().0, answer.error().1), ("policy", code), "{slot} {callable}");
    }
    // A module that is not registered, one of other grants, one by another spelling: the slot stays closed.
    for (slot, module, digest, code) in [
        (3, "os", "d1", "module-not-opened"),
        (4, "math", "d2", "digest-mismatch"),
        (5, "math.sqrt", "d1", "module-not-opened"),
        (6, "MATH", "d1", "module-not-opened"),
        (7, "math\u{0}", "d1", "module-not-opened"),
    ] {
        let value = json!({"module": module, "digest": digest}).to_string();
        client.send(&frame(OPEN, false, slot, 500 + u32::from(slot), 0, &value, &[]));
        let request = client.start(slot, 0, false, "[[1.0],{}]", &[]);
        let refused = client.receive();
        assert_eq!((refused.request, refused.slot, refused.error().1), (500 + u32::from(slot), slot, code));
        assert_eq!(client.answer(request).error().0, "policy");
    }
    // The positive control.
    assert_eq!(client.call(1, 0, "[4]").result(), &json!(2.0));
    let refused = served.host.report().by_kind()[&EventKind::CallRefused];
    assert_eq!(refused, 5 + 2 * 5);
    drop(client);
    served.end();
}

#[test]
fn bad_arguments_are_refused_before_python() {
    let fixture = host("");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &MATH);
    client.open(2, &JSON);
    let deep = format!("[{}1{}]", "[".repeat(65), "]".repeat(65));
    let large = format!("[\"{}\"]", "x".repeat(1 << 20));
    let cases: &[(u16, &str, &str)] = &[
        (1, "[]", "call-arity"),
        (1, "[1.0,2.0]", "call-arity"),
        (1, "[\"4\"]", "call-type"),
        (1, "[null]", "call-type"),
        (1, "[[4.0]]", "call-type"),
        (1, "[{}]", "call-type"),
        (1, "[1e999]", "json-refused"),
        (1, "[9007199254740993]", "json-refused"),
        (2, "[{\"a\":1,\"a\":2}]", "json-refused"),
        (2, "[{\"__proto__\":1}]", "json-refused"),
        (2, "[NaN]", "json-refused"),
        (2, "[1,]", "json-refused"),
        (2, "[\"\\ud800\"]", "json-refused"),
        (2, &deep, "json-refused"),
        (2, &large, "input-too-large"),
    ];
    for (slot, args, code) in cases {
        let answer = client.call(*slot, 0, args);
        assert_eq!((answer.error().0, answer.error().1), ("validation", *code), "{:.60}", args);
    }
    let request = client.start(2, 0, false, r#"[[1],{"sort_kys":true}]"#, &[]);
    let answer = client.answer(request);
    assert_eq!(answer.error().2, "`json.dumps` has no keyword \"sort_kys\"; did you mean `sort_keys`?");
    for (tagged, buffers) in [
        (r#"[["bytes",0]]"#, &[][..]),
        (r#"[1]"#, &[b"x".as_slice()][..]),
        (r#"[["array",0,"|O",[1]]]"#, &[[0; 8].as_slice()][..]),
        (r#"[["array",0,"<f8",[2]]]"#, &[[0; 8].as_slice()][..]),
        (r#"[["list",["omitted"]]]"#, &[][..]),
        (r#"[["nope"]]"#, &[][..]),
        (r#"[[1]]"#, &[][..]),
        (r#"[["set",["list"]]]"#, &[][..]),
    ] {
        assert_eq!(client.call_tagged(2, 0, tagged, buffers).error().0, "validation", "{tagged}");
    }
    // Python was started for the connection, and for none of this.
    let started = served.host.report().by_kind().get(&EventKind::SubprocessStarted).copied();
    assert_eq!(started, Some(1));
    assert_eq!(client.call(2, 0, "[{\"a\":[1]}]").result(), "{\"a\": [1]}");
    drop(client);
    served.end();
}

#[test]
fn a_client_that_breaks_the_wire_is_told_and_cut_off() {
    let hello = frame(HELLO, false, 0, 1, 0, r#"{"wire":1}"#, &[]);
    let call = |request| frame(CALL, false, 1, request, 0, "[[4],{}]", &[]);
    let open = frame(OPEN, false, 1, 0, 0, r#"{"module":"math","digest":"d1"}"#, &[]);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("a call before the greeting", call(2), "frame-malformed"),
        ("another wire", frame(HELLO, false, 0, 1, 0, r#"{"wire":2}"#, &[]), "wire-version"),
        ("no wire", frame(HELLO, false, 0, 1, 0, "{}", &[]), "frame-malformed"),
        ("a greeting that is no JSON", frame(HELLO, false, 0, 1, 0, "{", &[]), "json-refused"),
        ("two greetings", [hello.clone(), hello.clone()].concat(), "frame-malformed"),
        ("a result", [hello.clone(), frame(RESULT, false, 0, 1, 0, "1", &[])].concat(), "frame-malformed"),
        ("an error", [hello.clone(), frame(ERROR, false, 0, 1, 0, "{}", &[])].concat(), "frame-malformed"),
        ("a log", [hello.clone(), frame(8, false, 0, 0, 0, "{}", &[])].concat(), "frame-malformed"),
        ("an unknown kind", [hello.clone(), frame(9, false, 0, 0, 0, "{}", &[])].concat(), "frame-malformed"),
        ("garbage", [hello.clone(), vec![0xfe; 300]].concat(), "frame-too-large"),
        ("text", [hello.clone(), b"GET / HTTP/1.1\r\n\r\n                 ".to_vec()].concat(), "frame-too-large"),
        ("a short frame", [hello.clone(), vec![1, 0, 0, 0, 0]].concat(), "frame-malformed"),
        ("a slot twice", [hello.clone(), open.clone(), open.clone()].concat(), "frame-malformed"),
        (
            "slot 0",
            [hello.clone(), frame(OPEN, false, 0, 0, 0, r#"{"module":"math","digest":"d1"}"#, &[])].concat(),
            "frame-malformed",
        ),
        (
            "an open without a digest",
            [hello.clone(), frame(OPEN, false, 1, 0, 0, r#"{"module":"math"}"#, &[])].concat(),
            "frame-malformed",
        ),
        ("request 0", [hello.clone(), open.clone(), call(0)].concat(), "frame-malformed"),
        ("a request twice", [hello.clone(), open.clone(), call(5), call(5)].concat(), "frame-malformed"),
        ("a release that is no list", [hello.clone(), frame(7, false, 0, 0, 0, "{}", &[])].concat(), "frame-malformed"),
    ];
    let fixture = host("");
    let host = Arc::new(fixture.host);
    let directory = fixture.directory.path().join("run");
    let path = directory.join("host.sock");
    let serving = std::thread::spawn({
        let (host, path) = (Arc::clone(&host), path.clone());
        move || host.serve(Endpoint::Unix(path))
    });
    let connect = || {
        for _ in 0..500 {
            if let Ok(stream) = UnixStream::connect(&path) {
                return stream;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("no socket");
    };
    let mut good = Client::new(connect());
    good.open(1, &MATH);
    for (what, bytes, code) in cases {
        let mut bad = Client::raw(connect());
        bad.send(&bytes);
        let told = last(&mut bad).unwrap_or_else(|| panic!("{what}: nothing was said"));
        assert_eq!((told.error().0, told.error().1), ("protocol", code), "{what}");
        // Nobody else notices.
        assert_eq!(good.call(1, 0, "[9]").result(), &json!(3.0), "after {what}");
    }
    // One that hangs up in the middle of a frame.
    let mut bad = Client::new(connect());
    bad.send(&hello[..10]);
    drop(bad);
    assert_eq!(good.call(1, 0, "[9]").result(), &json!(3.0));
    host.stop();
    serving.join().unwrap().unwrap();
    assert!(good.try_receive().is_none());
    assert!(!path.exists());
}

#[test]
fn a_client_that_does_not_read_is_held_back_and_nobody_else() {
    let fixture = host("[wire]\nqueue = 2000");
    let host = Arc::new(fixture.host);
    let path = fixture.directory.path().join("run/host.sock");
    let serving = std::thread::spawn({
        let (host, path) = (Arc::clone(&host), path.clone());
        move || host.serve(Endpoint::Unix(path))
    });
    while !path.exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut slow = Client::new(UnixStream::connect(&path).unwrap());
    slow.open(1, &BUILTINS);
    // 60 answers of 3 MB, asked for and not read.
    let mut bytes = Vec::new();
    for request in 10..70 {
        bytes.extend(frame(CALL, false, 1, request, 4, "[[\"large\"],{}]", &[]));
    }
    slow.send(&bytes);
    let mut quick = Client::new(UnixStream::connect(&path).unwrap());
    quick.open(1, &BUILTINS);
    for i in 0..50 {
        assert_eq!(quick.call(1, 1, &format!("[{i}]")).result(), &json!(i));
    }
    for request in 10..70 {
        let answer = slow.receive();
        assert_eq!((answer.request, answer.buffers[0].len()), (request, 3_000_000));
    }
    host.stop();
    serving.join().unwrap().unwrap();
}

#[test]
fn what_a_client_sends_ahead_is_bounded() {
    let fixture = host("[wire]\nmax-frame = \"2MiB\"");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    // Thirty megabytes of arguments behind a call that sleeps. The socket takes a part, the host two frames.
    client.start(1, 5, false, "[[1.0],{}]", &[]);
    let megabyte = vec![1u8; 1 << 20];
    let mut reader = Client::share(&client);
    let writer = std::thread::spawn(move || {
        for _ in 0..30 {
            client.start(1, 1, true, r#"[[["bytes",0]],{}]"#, &[&megabyte]);
        }
        client
    });
    std::thread::sleep(Duration::from_millis(400));
    assert!(!writer.is_finished(), "the host reads without bound");
    let first = reader.receive();
    assert_eq!(first.result(), &json!(1.0));
    for _ in 0..30 {
        assert_eq!(reader.receive().buffers[0].len(), 1 << 20);
    }
    drop((writer.join().unwrap(), reader));
    served.end();
}
