//! The audit file and whoever is refused: what a caller was told is in the file.

use std::fs;
use std::io::Read as _;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;

use tywrap_runtime::{AuditSeries, EventKind, Severity, Value};

use crate::client::{CALL, ERROR, frame, serve};
use crate::grants::{MATH, host};

/// How many refusals of a call with so many arguments are in the file at this moment.
fn refusals(directory: &Path, text: &str) -> usize {
    fs::read_to_string(directory.join("audit.jsonl")).unwrap().lines().filter(|line| line.contains(text)).count()
}

#[test]
fn what_a_client_was_told_is_in_the_file() {
    let fixture = host("");
    let directory = fixture.directory;
    let (served, mut client) = serve(fixture.host);
    client.open(1, &MATH);
    assert_eq!(client.call(1, 0, "[4]").result(), 2.0, "the control");
    for round in 1..=200 {
        assert_eq!(client.call(1, 99, "[]").error().1, "call-unknown");
        assert_eq!(refusals(directory.path(), "\"call-unknown\""), round);
    }
    // Many at once share a write, and none is told before it.
    let calls: Vec<u32> = (0..200).map(|_| client.start(1, 98, false, "[[],{}]", &[])).collect();
    let good = client.start(1, 0, false, "[[9],{}]", &[]);
    // A result waits for nothing, and may come before them.
    let mut told = Vec::new();
    for _ in 0..=calls.len() {
        let answer = client.receive();
        match answer.request {
            request if request == good => assert_eq!(answer.result(), 3.0),
            request => {
                assert_eq!(answer.error().1, "call-unknown");
                told.push(request);
            }
        }
    }
    assert_eq!(told, calls);
    assert_eq!(refusals(directory.path(), "number 98 of"), 200);
    // The last words before a connection is closed, too.
    client.send(&frame(CALL, false, 1, 0, 0, "[[],{}]", &[]));
    assert_eq!(client.receive().error().1, "frame-malformed");
    assert_eq!(refusals(directory.path(), "\"protocol-violation\""), 1);
    assert!(client.try_receive().is_none(), "it is closed");
    served.end();
    assert_eq!(AuditSeries::of(directory.path().join("audit.jsonl")).verify(&[]).unwrap().lost, 0);
}

#[test]
fn what_a_thread_of_the_program_was_told_is_in_the_file() {
    let fixture = host("");
    let host = Arc::new(fixture.host);
    assert!(host.call(&MATH, "sqrt", vec![Value::Float(4.0)], Vec::new()).is_ok(), "the control");
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let (host, directory) = (Arc::clone(&host), fixture.directory.path().to_owned());
            std::thread::spawn(move || {
                for round in 1..=25 {
                    let name = format!("nothing_{thread}_");
                    host.call(&MATH, &name, Vec::new(), Vec::new()).unwrap_err();
                    assert_eq!(refusals(&directory, &name), round);
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(host.report().by_kind()[&EventKind::CallRefused], 100);
}

#[test]
fn who_has_closed_its_own_direction_is_still_told() {
    let fixture = host("");
    let (ours, theirs) = UnixStream::pair().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| fixture.host.serve(tywrap_runtime::Endpoint::Connection(theirs.into())).unwrap());
        let mut stream = ours;
        std::io::Write::write_all(&mut stream, &frame(CALL, false, 1, 7, 0, "[[],{}]", &[])).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        assert_eq!(answer.get(4), Some(&ERROR), "{answer:?}");
        assert_eq!(refusals(fixture.directory.path(), "before the `HELLO`"), 1);
    });
}

#[test]
fn files_are_as_large_as_the_policy_says() {
    let fixture = host("[monitoring]\nlog-size = \"64KiB\"");
    let directory = fixture.directory;
    let (served, mut client) = serve(fixture.host);
    client.open(1, &MATH);
    let calls: Vec<u32> = (0..1000).map(|_| client.start(1, 99, false, "[[],{}]", &[])).collect();
    for call in calls {
        assert_eq!(client.answer(call).error().1, "call-unknown");
    }
    drop(client);
    served.end();
    let verified = AuditSeries::of(directory.path().join("audit.jsonl")).verify(&[]).unwrap();
    assert!(verified.files > 3 && verified.lines > 1000 && verified.lost == 0, "{verified:?}");
}

#[test]
fn the_level_of_the_policy_decides_what_is_recorded() {
    for (level, expected) in [
        ("debug", [true, true, true]),
        ("info", [true, true, true]),
        ("warn", [false, true, true]),
        ("error", [false, false, true]),
    ] {
        let fixture = host(&format!("[monitoring]\nlog-level = \"{level}\"\n"));
        let refused =
            |value: Value| fixture.host.call(&MATH, "sqrt", vec![value], vec![]).unwrap_err().code().to_owned();
        assert_eq!(refused("text".into()), "call-type");
        let unknown = fixture.host.call(&MATH, "nothing", vec![], vec![]).unwrap_err();
        assert_eq!(unknown.code(), "call-unknown");
        let events = fixture.host.logger().events(tywrap_runtime::Filter::default());
        let any = |severity| events.iter().any(|event| event.severity() == severity);
        assert_eq!([Severity::Low, Severity::Medium, Severity::High].map(any), expected, "{level}");
    }
}
