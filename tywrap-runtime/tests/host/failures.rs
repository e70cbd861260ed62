use std::time::{Duration, Instant};

use serde_json::json;
use tywrap_runtime::{CallErrorKind, CompiledPolicy, EventKind, Host, Value};

use crate::client::{CANCEL, RELEASE, frame, serve};
use crate::grants::{BUILTINS, MATH, TIME, host};

const SAME: u32 = 1;
const EXIT: u32 = 2;
const STUBBORN: u32 = 6;
const STOP: u32 = 7;
const FORGE: u32 = 9;
const EVALUATED: u32 = 13;

#[test]
fn a_call_that_takes_too_long_is_ended_with_its_worker() {
    let fixture = host("[subprocess]\ntimeout = \"700ms\"");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &TIME);
    client.open(2, &BUILTINS);
    // Warm, so that the time is the call's own.
    assert_eq!(client.call(2, SAME, "[1]").result(), &json!(1));
    let started = Instant::now();
    let slow = client.start(1, 0, false, "[[30.0],{}]", &[]);
    let behind = client.start(2, SAME, false, "[[2],{}]", &[]);
    let answer = client.answer(slow);
    let (kind, code, message) = answer.error();
    assert_eq!((kind, code), ("timeout", "timeout"));
    assert_eq!(message, "`time.sleep` took longer than `subprocess.timeout`, which is 700ms; its worker was ended");
    assert_eq!(client.answer(behind).error().0, "worker-crashed");
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(690) && took < Duration::from_secs(3), "{took:?}");
    assert_eq!(client.call(2, SAME, "[3]").result(), &json!(3));
    // One that has stopped itself can't even act on the signal that asks it to end.
    let started = Instant::now();
    assert_eq!(client.call(2, STOP, "[]").error().0, "timeout");
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    // Several calls that are quick enough each may take longer together.
    let calls: Vec<u32> = (0..4).map(|_| client.start(1, 0, false, "[[0.3],{}]", &[])).collect();
    for call in calls {
        assert_eq!(client.answer(call).result(), &json!(null));
    }
    drop(client);
    served.end();
}

#[test]
fn a_worker_that_dies_is_replaced() {
    let fixture = host("");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    let dying = client.start(1, EXIT, false, "[[0],{}]", &[]);
    let behind = client.start(1, SAME, false, "[[1],{}]", &[]);
    let answer = client.answer(dying);
    let (kind, code, message) = answer.error();
    // Exit code 0 is no success.
    assert_eq!((kind, code), ("worker-crashed", "worker-crashed"));
    assert_eq!(message, "the Python worker exited with code 0 during `tests_builtins.exit_now`");
    assert_eq!(client.answer(behind).error().0, "worker-crashed");
    assert_eq!(client.call(1, SAME, "[2]").result(), &json!(2));
    assert!(client.call(1, EXIT, "[7]").error().2.contains("exited with code 7"));
    let crashes = served.host.report().by_kind()[&tywrap_runtime::EventKind::SubprocessCrashed];
    assert_eq!(crashes, 2);
    drop(client);
    served.end();
}

#[test]
fn a_worker_makes_way_for_a_new_one_once_nobody_holds_an_object_in_it() {
    let fixture = host("[wire]\nrecycle-calls = 10\n");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    let mut pid = || client.call(1, EVALUATED, r#"["os.getpid()"]"#).result().as_u64().unwrap();
    let pids: Vec<u64> = (0..40).map(|_| pid()).collect();
    let mut different = pids.clone();
    different.dedup();
    assert_eq!(different.len(), 4, "{pids:?}");
    // One that an object is in stays, and answers what is asked of the object; what is new goes to another.
    let object = client.call(1, EVALUATED, r#"["[__import__('collections').deque([os.getpid()])]"]"#);
    let object = object.result()[1].clone();
    let text = client.call_tagged(0, 4, &format!("[{object}]"), &[]).result().as_str().unwrap().to_owned();
    let of_object: u64 = text.trim_start_matches("deque([").trim_end_matches("])").parse().unwrap();
    let mut pid = || client.call(1, EVALUATED, r#"["os.getpid()"]"#).result().as_u64().unwrap();
    assert!((0..30).map(|_| pid()).filter(|pid| *pid == of_object).count() < 10);
    assert_eq!(client.call_tagged(0, 4, &format!("[{object}]"), &[]).result(), &json!(text));
    let alive = || std::path::Path::new(&format!("/proc/{of_object}")).exists();
    assert!(alive());
    client.send(&frame(RELEASE, false, 0, 0, 0, &format!("[{}]", object[1]), &[]));
    let gone = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        !alive()
    });
    assert!(gone, "it is ended once the object is let go");
    assert_eq!(served.host.report().by_kind().get(&EventKind::SubprocessCrashed), None);
    drop(client);
    served.end();
}

#[test]
fn a_worker_that_takes_much_memory_makes_way_for_a_new_one() {
    let fixture = host("[wire]\nrecycle-memory = \"200MiB\"\n");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    let mut call = |text: &str| client.call(1, EVALUATED, &json!([text]).to_string()).result().as_u64().unwrap();
    let first = call("os.getpid()");
    assert_eq!([call("os.getpid()"), call("os.getpid()")], [first, first], "the control");
    assert_eq!(call("globals().__setitem__('kept', b'x' * (300 << 20)) or os.getpid()"), first);
    assert_ne!(call("os.getpid()"), first);
    drop(client);
    served.end();
}

#[test]
fn a_cancelled_call_that_goes_on_costs_its_worker() {
    let fixture = host("[subprocess]\nkill-grace = \"300ms\"");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    assert_eq!(client.call(1, SAME, "[1]").result(), &json!(1));
    let started = Instant::now();
    let stubborn = client.start(1, STUBBORN, false, "[[20],{}]", &[]);
    std::thread::sleep(Duration::from_millis(100));
    client.send(&frame(CANCEL, false, 0, stubborn, 0, "null", &[]));
    assert_eq!(client.answer(stubborn).error().0, "cancelled");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert_eq!(client.call(1, SAME, "[2]").result(), &json!(2));
    drop(client);
    served.end();
}

#[test]
fn a_client_that_leaves_takes_its_calls_along() {
    let fixture = host("[subprocess]\nkill-grace = \"300ms\"");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    assert_eq!(client.call(1, SAME, "[1]").result(), &json!(1));
    client.start(1, STUBBORN, false, "[[20],{}]", &[]);
    std::thread::sleep(Duration::from_millis(100));
    let host = std::sync::Arc::clone(&served.host);
    drop(client);
    served.end();
    let started = Instant::now();
    // Another worker, as the first is ended.
    assert_eq!(host.call(&MATH, "sqrt", vec![4.into()], vec![]).unwrap(), Value::Float(2.0));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

/// What Python code in the worker could do to the host, were it to find the pipe: nothing but end itself.
#[test]
fn a_worker_that_breaks_the_wire_is_ended() {
    let result = |request: u32| frame(4, false, 2, request, 0, "1", &[]);
    let forged: [(&str, Vec<u8>); 12] = [
        ("an answer to another request", result(77)),
        ("an answer to a request that is to come", result(4)),
        ("garbage", vec![0xff; 64]),
        ("a length of 4 GiB", vec![0xff, 0xff, 0xff, 0xff]),
        ("text that is no JSON", frame(4, false, 2, 3, 0, "{", &[])),
        ("text that is not UTF-8", {
            let mut bytes = result(3);
            *bytes.last_mut().unwrap() = 0xff;
            bytes
        }),
        ("a frame of the host's", frame(3, false, 2, 3, 0, "[[],{}]", &[])),
        ("a table", frame(4, true, 2, 3, 0, "[\"list\",[\"series\",[\"list\"],null,null]]", &[])),
        ("a column that lies", frame(4, true, 2, 3, 0, "[\"column\",\"Int8\",[\"list\",300]]", &[])),
        ("rows that lie", frame(4, true, 2, 3, 0, "[\"rows\",2,[\"a\"],[\"bools\",0]]", &[&[1]])),
        ("rows of longer text than there may be", {
            let value = format!("[\"rows\",100000,[\"{}\"],[\"bools\",0]]", "k".repeat(1000));
            frame(4, true, 2, 3, 0, &value, &[&[1; 100_000]])
        }),
        ("a second greeting", frame(1, false, 0, 1, 0, "{\"wire\":1}", &[])),
    ];
    let fixture = host("");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    for (what, bytes) in forged {
        // The first request of a worker is 2.
        assert_eq!(client.call(1, SAME, "[1]").result(), &json!(1), "before {what}");
        let answer = client.call_tagged(1, FORGE, r#"[["bytes",0]]"#, &[&bytes]);
        let (kind, code, _) = answer.error();
        assert_eq!((kind, code), ("worker-crashed", "worker-protocol"), "{what}");
    }
    assert_eq!(client.call(1, SAME, "[1]").result(), &json!(1));
    drop(client);
    served.end();
}

/// What is taken of an object is a table that the host checks, and not what a worker says that it is.
#[test]
fn a_worker_that_lies_of_a_table_is_ended() {
    let series = |index: &str| format!(r#"["series",["list",1],["index",{index}],null]"#);
    let forged = [
        series(r#"["range",0,2,1],["list",null],null"#),
        series(r#"["range",0,1,0],["list",null],null"#),
        series(r#"["levels",["list",1],["list"]],["list",null,null],null"#),
        series(r#"["list",1],["list","a","b"],null"#),
        series(r#"["list",1],["list",["list"]],null"#),
        series(r#"["column","datetime64[ns]",["list",1]],["list",null],"__import__('os')""#),
        series(r#"["list",1],["list",null],"D""#),
        r#"["series",["column","period[os]",["list",1]],null,null]"#.to_owned(),
        r#"["frame",["list"],["list"],["index",["range",0,1000000000000,1],["list",null],null]]"#.to_owned(),
        r#"["frame",["list","a"],["list",["list",1],["list",1]],null]"#.to_owned(),
        r#"["frame",["list","a","a"],["list",["list"],["list"]],null]"#.to_owned(),
    ];
    let fixture = host("");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    for text in forged {
        let bytes = frame(4, true, 0, 3, 0, &text, &[]);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let object = format!("type('T', (dict,), {{'__iter__': lambda self: forge(bytes.fromhex('{hex}'))}})()");
        let object = client.call(1, EVALUATED, &json!([object]).to_string()).result().clone();
        // Position of `take` among the operations on objects.
        let answer = client.call_tagged(0, 3, &format!("[{object}]"), &[]);
        let (kind, code, message) = answer.error();
        assert_eq!((kind, code), ("worker-crashed", "worker-protocol"), "{text}");
        assert!(!message.contains("due"), "{text}: {message}");
    }
    drop(client);
    served.end();
}

#[test]
fn an_interpreter_that_fails_at_start_says_so() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("bin")).unwrap();
    std::fs::write(directory.path().join("pyvenv.cfg"), "").unwrap();
    // In another process: were the copy open for writing in this one, a child that another test has just forked would have it
    // open until its exec, and nobody could execute it.
    let copy =
        std::process::Command::new("/bin/cp").arg("/usr/bin/false").arg(directory.path().join("bin/python3")).status();
    assert!(copy.unwrap().success());
    let builder = crate::grants::builder("").module(&MATH).venv(directory.path());
    let host = builder.audit_log(directory.path().join("audit.jsonl")).build().unwrap();
    for _ in 0..2 {
        let error = host.call(&MATH, "sqrt", vec![1.into()], vec![]).unwrap_err();
        assert_eq!(error.kind(), CallErrorKind::WorkerCrashed);
        assert_eq!(error.message(), "the Python worker exited with code 1 before it was ready");
    }
}

#[test]
fn relative_paths_of_the_policy_are_meant_from_its_directory() {
    let directory = tempfile::tempdir().unwrap();
    let venv = crate::grants::make_venv(directory.path());
    let name = venv.file_name().unwrap().to_str().unwrap();
    let policy = |venv: &str| {
        let text = format!("[subprocess]\nvenv = \"{venv}\"\n[monitoring]\naudit-log = \"audit.jsonl\"\n");
        let directory = directory.path().to_str().unwrap().to_owned().leak();
        CompiledPolicy { path: "app/tywrap.toml", directory, ..crate::grants::compiled(&text) }
    };
    let host = Host::builder(policy(name)).module(&MATH).build().unwrap();
    assert!(host.call(&MATH, "sqrt", vec![4.into()], vec![]).is_ok());
    assert!(directory.path().join("audit.jsonl").is_file());

    let error = Host::builder(policy("elsewhere")).module(&MATH).build().unwrap_err().to_string();
    let meant = directory.path().join("elsewhere");
    assert!(error.contains(&format!("`{}` is no virtual environment", meant.display())), "{error}");
}
