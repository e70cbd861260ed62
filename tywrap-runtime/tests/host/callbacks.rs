//! Functions of a client's, called by Python.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::{CALL, CANCEL, Client, ERROR, RELEASE, RESULT, Received, Served, frame, serve};
use crate::grants::{BUILTINS, host};

const SAME: u32 = 1;
const EVALUATED: u32 = 13;
const JOINED: u32 = 10;
const CALLED: u32 = 19;
const CALLED_LATER: u32 = 20;
const KEEP: u32 = 21;
const CALL_KEPT: u32 = 22;
const CALLED_ELSEWHERE: u32 = 23;
const CAUGHT: u32 = 24;

struct Callbacks {
    served: Served,
    client: Client,
}

impl Callbacks {
    fn new(policy: &str) -> Self {
        let (served, mut client) = serve(host(policy).host);
        client.open(1, &BUILTINS);
        assert_eq!(client.call(1, EVALUATED, r#"["kept.clear()"]"#).result(), &json!(null));
        Self { served, client }
    }

    fn start(&mut self, callable: u32, args: &str) -> u32 {
        self.client.start(1, callable, true, &format!("[{args},{{}}]"), &[])
    }

    /// The next frame, which calls a function.
    fn asked(&mut self) -> Received {
        let asked = self.client.receive();
        assert_eq!((asked.kind, asked.slot), (CALL, 0), "{asked:?}");
        asked
    }

    fn give(&mut self, asked: &Received, value: &str) {
        self.client.send(&frame(RESULT, value.contains("[\""), 0, asked.request, 0, value, &[]));
    }

    /// The answer of a call, before or behind which a function is let go.
    fn finish(&mut self, request: u32, function: u32) -> Received {
        self.finish_all(request, &[function])
    }

    fn finish_all(&mut self, request: u32, functions: &[u32]) -> Received {
        let (mut result, mut released) = (None, false);
        while result.is_none() || !released {
            let received = self.client.receive();
            if received.kind == RELEASE {
                assert_eq!(received.value, json!(functions));
                released = true;
            } else {
                assert_eq!(received.request, request, "{received:?}");
                result = Some(received);
            }
        }
        result.unwrap()
    }

    fn end(self) {
        drop(self.client);
        self.served.end();
    }
}

#[test]
fn a_function_is_called_and_let_go() {
    let mut callbacks = Callbacks::new("");
    let call = callbacks.start(CALLED, r#"[["callback",7],1,["tuple",2.5,"x"],["int","9007199254740993"]]"#);
    let asked = callbacks.asked();
    assert_eq!(asked.callable, 7);
    assert_eq!(asked.value, json!([[1, ["tuple", 2.5, "x"], ["int", "9007199254740993"]], {}]));
    // An integer is a float to the parameter that asks for one.
    callbacks.give(&asked, "3");
    assert_eq!(callbacks.finish(call, 7).text, "3.0");
    assert_eq!(callbacks.served.host.stats().unwrap().functions, 0);
    // The same number again is another function.
    let call = callbacks.start(CALLED, r#"[["callback",7]]"#);
    let asked = callbacks.asked();
    assert_eq!(asked.value, json!([[], {}]));
    callbacks.give(&asked, "0.5");
    assert_eq!(callbacks.finish(call, 7).result(), &json!(0.5));
    callbacks.end();
}

#[test]
fn what_a_function_gives_is_checked_before_python_sees_it() {
    let mut callbacks = Callbacks::new("");
    for (given, message) in [
        ("\"text\"", "a function that was passed to `tests_builtins` gave str \"text\" where Python expects float"),
        ("[\"handle\",1,\"os:Evil\"]", "an argument is an object that is not held"),
        ("[\"enum\",\"os:Evil\",\"A\"]", "\"A\" is no granted member of an enum \"os:Evil\""),
        ("[\"dict\",1]", "a part is missing"),
        ("{", "not JSON"),
    ] {
        let call = callbacks.start(CAUGHT, r#"[["callback",1]]"#);
        let asked = callbacks.asked();
        callbacks.give(&asked, given);
        let caught = callbacks.finish(call, 1);
        let text = caught.result().as_str().unwrap();
        assert!(text.starts_with("tywrap.CallbackError: ") && text.contains(message), "{given}: {text}");
    }
    let call = callbacks.start(CAUGHT, r#"[["callback",1]]"#);
    let asked = callbacks.asked();
    let error = r#"{"kind":"callback","code":"callback-failed","message":"TypeError: no"}"#;
    callbacks.client.send(&frame(ERROR, false, 0, asked.request, 0, error, &[]));
    assert_eq!(callbacks.finish(call, 1).result(), &json!("tywrap.CallbackError: TypeError: no"));
    callbacks.end();
}

#[test]
fn calls_inside_of_a_function_are_made_while_python_waits_for_it() {
    let mut callbacks = Callbacks::new("");
    let call = callbacks.start(CALLED, r#"[["callback",1],0]"#);
    let behind = callbacks.start(SAME, "[\"behind\"]");
    let asked = callbacks.asked();
    // Deeper and deeper, each inside of the one before.
    let mut all = vec![(call, asked)];
    for level in 2..=32 {
        let call = callbacks.start(CALLED, &format!(r#"[["callback",{level}],{level}]"#));
        let asked = loop {
            let received = callbacks.client.receive();
            // What was sent before Python asked is answered when its turn comes, or meanwhile where it came after.
            if received.kind == CALL {
                break received;
            }
            assert_eq!(received.request, behind);
        };
        all.push((call, asked));
    }
    // Nothing more, and that is no harm.
    let too_deep = callbacks.start(CAUGHT, r#"[["callback",99]]"#);
    let refused = callbacks.finish(too_deep, 99);
    assert!(refused.result().as_str().unwrap().contains("32 functions wait for one another"), "{refused:?}");
    for (call, asked) in all.into_iter().rev() {
        callbacks.give(&asked, "1.5");
        let mut answered = false;
        while !answered {
            let received = callbacks.client.receive();
            answered = received.request == call;
            assert!(answered || received.kind == RELEASE || received.request == behind, "{received:?}");
        }
    }
    callbacks.end();
}

#[test]
fn others_wait_while_a_worker_waits_for_a_function() {
    let mut callbacks = Callbacks::new("");
    let call = callbacks.start(CALLED, r#"[["callback",1]]"#);
    let asked = callbacks.asked();
    let other = std::thread::spawn({
        let host = std::sync::Arc::clone(&callbacks.served.host);
        move || host.call(&BUILTINS, "same", vec![5.into()], vec![]).unwrap()
    });
    std::thread::sleep(Duration::from_millis(200));
    assert!(!other.is_finished());
    callbacks.give(&asked, "1.0");
    callbacks.finish(call, 1);
    assert_eq!(other.join().unwrap(), 5.into());
    callbacks.end();
}

#[test]
fn asynchronous_functions_are_waited_for_side_by_side() {
    let mut callbacks = Callbacks::new("");
    let call = callbacks.start(CALLED_LATER, r#"[["callback",1],"a","b","c"]"#);
    let asked: Vec<Received> = (0..3).map(|_| callbacks.asked()).collect();
    // Other calls go on meanwhile.
    let request = callbacks.start(SAME, "[4]");
    assert_eq!(callbacks.client.answer(request).result(), &json!(4));
    for asked in asked.iter().rev() {
        let value = asked.value[0][0].to_string();
        callbacks.give(asked, &value);
    }
    assert_eq!(callbacks.finish(call, 1).result(), &json!(["a", "b", "c"]));
    callbacks.end();
}

#[test]
fn a_function_is_called_while_a_call_of_its_connection_is_open_and_never_else() {
    let mut callbacks = Callbacks::new("");
    let keep = callbacks.start(KEEP, r#"[["callback",1]]"#);
    assert_eq!(callbacks.client.answer(keep).result(), &json!(null));
    assert_eq!(callbacks.served.host.stats().unwrap().functions, 1);
    // The control.
    let kept = callbacks.start(CALL_KEPT, "[]");
    let asked = callbacks.asked();
    callbacks.give(&asked, "1.0");
    assert_eq!(callbacks.client.answer(kept).text, "1.0");
    // A call of somebody else's.
    let error = callbacks.served.host.call(&BUILTINS, "call_kept", vec![], vec![]).unwrap_err();
    assert_eq!(error.python().unwrap().type_name, "tywrap.CallbackError");
    assert!(error.message().contains("while no call of its connection was open"), "{error}");
    let elsewhere = callbacks.start(CALLED_ELSEWHERE, r#"[["callback",2]]"#);
    let refused = callbacks.finish(elsewhere, 2);
    assert!(refused.result().as_str().unwrap().contains("in the thread that called Python"), "{refused:?}");
    // Nor when its connection is gone.
    let host = std::sync::Arc::clone(&callbacks.served.host);
    callbacks.end();
    let error = host.call(&BUILTINS, "call_kept", vec![], vec![]).unwrap_err();
    assert!(error.message().contains("while no call of its connection was open"), "{error}");
}

#[test]
fn a_call_that_waits_for_a_function_can_be_cancelled_and_takes_no_longer_than_others() {
    let mut callbacks = Callbacks::new("[subprocess]\ntimeout = \"800ms\"\n");
    for _ in 0..20 {
        let call = callbacks.start(CALLED, r#"[["callback",1]]"#);
        let asked = callbacks.asked();
        callbacks.client.send(&frame(CANCEL, false, 0, call, 0, "null", &[]));
        assert_eq!(callbacks.finish(call, 1).error().0, "cancelled");
        // Its answer comes too late.
        callbacks.give(&asked, "1.0");
        assert_eq!(callbacks.client.call(1, SAME, "[1]").result(), &json!(1));
    }
    let started = Instant::now();
    let call = callbacks.start(CALLED, r#"[["callback",1]]"#);
    let asked = callbacks.asked();
    assert_eq!(callbacks.finish(call, 1).error().0, "timeout");
    assert!(started.elapsed() < Duration::from_secs(5));
    callbacks.give(&asked, "1.0");
    assert_eq!(callbacks.client.call(1, SAME, "[1]").result(), &json!(1));
    assert_eq!(callbacks.served.host.stats().unwrap().functions, 0);
    callbacks.end();
}

#[test]
fn a_client_that_leaves_while_python_waits_for_it_holds_nobody_up() {
    let mut callbacks = Callbacks::new("");
    callbacks.start(CALLED, r#"[["callback",1]]"#);
    callbacks.asked();
    let host = std::sync::Arc::clone(&callbacks.served.host);
    callbacks.end();
    let started = Instant::now();
    assert_eq!(host.call(&BUILTINS, "same", vec![5.into()], vec![]).unwrap(), 5.into());
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[test]
fn whoever_waits_for_a_function_is_told_when_its_connection_goes() {
    let mut callbacks = Callbacks::new("");
    let keep = callbacks.start(KEEP, r#"[["callback",1]]"#);
    callbacks.client.answer(keep);
    // Between two calls of the connection one of somebody else's reaches the function that Python has kept.
    let first = callbacks.start(EVALUATED, r#"["spin(0.6)"]"#);
    std::thread::sleep(Duration::from_millis(150));
    let other = std::thread::spawn({
        let host = std::sync::Arc::clone(&callbacks.served.host);
        move || host.call(&BUILTINS, "call_kept", vec![], vec![]).unwrap_err()
    });
    std::thread::sleep(Duration::from_millis(150));
    callbacks.start(SAME, "[1]");
    let both = [callbacks.client.receive(), callbacks.client.receive()];
    assert!(both.iter().any(|one| one.kind == RESULT && one.request == first), "{both:?}");
    assert!(both.iter().any(|one| one.kind == CALL && one.callable == 1), "{both:?}");
    let started = Instant::now();
    callbacks.end();
    let error = other.join().unwrap();
    assert!(error.message().contains("the connection of a function is gone"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[test]
fn functions_that_no_worker_was_given_go_back() {
    let mut callbacks = Callbacks::new("[wire]\nmax-handles = 3\n");
    for (callable, args, code, given) in [
        // Where no function fits, and more than may be lent.
        (JOINED, r#"[["callback",1],["callback",2]]"#, "call-arity", [1, 2].as_slice()),
        (JOINED, r#"[["callback",1]]"#, "call-type", &[1]),
        (CALLED, r#"[["callback",1],["callback",2],["callback",3],["callback",4]]"#, "handle-refused", &[]),
    ] {
        let call = callbacks.start(callable, args);
        if code == "handle-refused" {
            assert_eq!(callbacks.client.answer(call).error().1, code);
        } else {
            assert_eq!(callbacks.finish_all(call, given).error().1, code);
        }
    }
    let refused = callbacks.start(0, r#"[["callback",5],["handle",77,"x"]]"#);
    assert_eq!(callbacks.finish(refused, 5).error().1, "handle-refused");
    let call = callbacks.start(CALLED, r#"[["callback",1],["callback",1]]"#);
    assert_eq!(callbacks.client.answer(call).error().1, "handle-refused");
    assert_eq!(callbacks.served.host.stats().unwrap().functions, 0);
    callbacks.end();
}

#[test]
fn a_client_answers_what_it_was_asked_and_nothing_else() {
    for (kind, value) in [(RESULT, "1"), (ERROR, r#"{"kind":"callback","code":"callback-failed","message":"x"}"#)] {
        let mut callbacks = Callbacks::new("");
        callbacks.client.send(&frame(kind, false, 0, 3, 0, value, &[]));
        let told = callbacks.client.receive();
        assert_eq!((told.error().0, told.error().1), ("protocol", "frame-malformed"));
        assert!(callbacks.client.try_receive().is_none());
        callbacks.end();
    }
    // An error of another kind would be Python's or the host's own.
    let mut callbacks = Callbacks::new("");
    callbacks.start(CALLED, r#"[["callback",1]]"#);
    let asked = callbacks.asked();
    let error = r#"{"kind":"python","code":"python-error","message":"x","type":"SystemExit"}"#;
    callbacks.client.send(&frame(ERROR, false, 0, asked.request, 0, error, &[]));
    assert_eq!(callbacks.client.receive().error().0, "protocol");
    callbacks.end();
}
