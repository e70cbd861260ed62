use std::collections::BTreeMap;

use serde_json::json;
use tywrap_runtime::{Args, BigInt, CallErrorKind, PrintStream, Value};

use crate::client::{CANCEL, RELEASE, frame, serve};
use crate::grants::{BUILTINS, COLLECTIONS, JSON, MATH, TIME, URLLIB, host};

const SAME: u32 = 1;
const ODD: u32 = 4;

#[test]
fn rust_calls_python() {
    let fixture = host("");
    let host = &fixture.host;
    assert_eq!(host.call(&MATH, "sqrt", vec![2.into()], vec![]).unwrap(), Value::Float(2f64.sqrt()));
    assert_eq!(host.call(&MATH, "pi", vec![], vec![]).unwrap(), Value::Float(std::f64::consts::PI));
    let factorial = host.call(&MATH, "factorial", vec![30.into()], vec![]).unwrap();
    assert_eq!(factorial, Value::BigInt(BigInt::new("265252859812191058636308480000000").unwrap()));
    let dumped = host.call(&JSON, "dumps", vec![vec![1, 2].into()], vec![("indent".into(), 1.into())]).unwrap();
    assert_eq!(dumped, "[\n 1,\n 2\n]".into());
    let quoted = host.call(&URLLIB, "quote", vec!["a b/c".into(), "".into()], vec![]).unwrap();
    assert_eq!(quoted, "a%20b%2Fc".into());

    let error = host.call(&MATH, "sqrt", vec![(-1).into()], vec![]).unwrap_err();
    assert_eq!(
        (error.kind(), error.code(), error.message()),
        (CallErrorKind::Python, "python-error", "math domain error")
    );
    let python = error.python().unwrap();
    assert_eq!(python.type_name, "ValueError");
    assert_eq!(python.traceback, "ValueError: math domain error\n");
    let error = host.call(&MATH, "sqrt", vec!["2".into()], vec![]).unwrap_err();
    assert_eq!((error.kind(), error.code()), (CallErrorKind::Validation, "call-type"));
    let error = host.call(&MATH, "sqrtt", vec![], vec![]).unwrap_err();
    assert_eq!((error.kind(), error.code()), (CallErrorKind::Policy, "call-unknown"));
    assert!(error.message().ends_with("did you mean `sqrt`?"), "{error}");
    let error = host.call(&crate::grants::NUMPY, "arange", vec![], vec![]).unwrap_err();
    assert_eq!((error.kind(), error.code()), (CallErrorKind::Policy, "module-not-opened"));
    // Granted, and not there: the surface was another version's.
    let error = host.call(&MATH, "gone", vec![], vec![]).unwrap_err();
    assert_eq!(error.python().unwrap().type_name, "AttributeError");
    // A member that is a module is none, whatever was granted.
    let error = host.call(&JSON, "decoder.scanner", vec![], vec![]).unwrap_err();
    assert!(error.message().contains("is another module"), "{error}");
    assert!(host.report().total() >= 3);
}

#[test]
fn values_go_both_ways_unchanged() {
    let fixture = host("");
    let same = |value: &Value| fixture.host.call(&BUILTINS, "same", vec![value.clone()], vec![]).unwrap();
    let big = Value::BigInt(BigInt::new("-123456789012345678901234567890").unwrap());
    let values = [
        Value::None,
        true.into(),
        0.into(),
        (1i64 << 53).into(),
        i64::MIN.into(),
        big.clone(),
        1.0.into(),
        (-0.0).into(),
        1e300.into(),
        5e-324.into(),
        f64::INFINITY.into(),
        Value::Complex(1.5, f64::NEG_INFINITY),
        "".into(),
        "a\"\\\n\0\u{1f}é€😀\u{2028}".into(),
        b"\0\xff".as_slice().into(),
        b"".as_slice().into(),
        vec![7u8; 200_000].as_slice().into(),
        Value::List(vec![]),
        Value::List(vec![1.into(), "a".into(), Value::List(vec![Value::None])]),
        Value::Tuple(vec![]),
        Value::Tuple(vec![1.into(), vec![2].into(), Value::Tuple(vec![3.into()])]),
        Value::Set(vec!["only".into()]),
        Value::FrozenSet(vec![Value::Tuple(vec![1.into(), 2.into()])]),
        Value::Dict(vec![]),
        Value::Dict(vec![("a".into(), 1.into()), ("b".into(), Value::Dict(vec![]))]),
        Value::Dict(vec![(1.into(), "int".into()), (Value::Tuple(vec![]), big), (Value::None, Value::List(vec![]))]),
        Value::Dict(vec![("__proto__".into(), 1.into()), ("constructor".into(), 2.into())]),
        Value::List(vec![
            b"x".as_slice().into(),
            f64::NEG_INFINITY.into(),
            Value::Dict(vec![("k".into(), Value::Tuple(vec![]))]),
        ]),
    ];
    for value in &values {
        assert_eq!(format!("{:?}", same(value)), format!("{value:?}"));
    }
    assert!(matches!(same(&f64::NAN.into()), Value::Float(float) if float.is_nan()));
}

#[test]
fn python_sees_what_was_sent() {
    let fixture = host("");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    let repr = |client: &mut crate::client::Client, value: &str| client.call_tagged(1, 0, value, &[]).result().clone();
    assert_eq!(repr(&mut client, r#"[1,1.0,["float","-0.0"],["int","2"]]"#), "((1, 1.0, -0.0, 2), {})");
    assert_eq!(repr(&mut client, r#"[["dict","__proto__",["tuple",1]]]"#), "(({'__proto__': (1,)},), {})");
    assert_eq!(client.call(1, 0, "[[1,[2.5]],{\"a\":null}]").result(), "(([1, [2.5]], {'a': None}), {})");
    let request = client.start(1, 0, false, r#"[[],{"key":"é"}]"#, &[]);
    assert_eq!(client.answer(request).result(), "((), {'key': 'é'})");
    // An array becomes the tuple that the signature asks for.
    assert_eq!(client.call(1, 10, "[[1,2]]").result(), "(1, 2)");
    assert_eq!(client.call(1, 12, "[]").result(), &json!(null));
    // Omitted arguments in the middle: what stands behind them goes by keyword.
    client.open(2, &URLLIB);
    assert_eq!(client.call_tagged(2, 0, r#"["é",["omitted"],"latin-1"]"#, &[]).result(), "%E9");
    drop(client);
    served.end();
}

#[test]
fn integers_are_what_the_type_of_the_result_says() {
    const NUMBER: u32 = 15;
    const BIGINT: u32 = 16;
    fn refused(answer: &crate::client::Received) -> (&str, &str) {
        let (kind, code, _) = answer.error();
        (kind, code)
    }
    let fixture = host("[wire]\nmax-handles = 2");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    client.open(2, &COLLECTIONS);
    for (callable, small, large) in [
        (SAME, json!(7), Some(json!(["int", "9007199254740992"]))),
        (NUMBER, json!(7), None),
        (BIGINT, json!(["int", "7"]), Some(json!(["int", "9007199254740992"]))),
    ] {
        assert_eq!(client.call(1, callable, "[7]").result(), &small);
        let answer = client.call_tagged(1, callable, r#"[["int","9007199254740992"]]"#, &[]);
        match large {
            Some(large) => assert_eq!(answer.result(), &large),
            None => assert_eq!(refused(&answer), ("unsupported", "result-integer")),
        }
    }
    assert_eq!(client.call(1, NUMBER, "[9007199254740991]").result(), &json!(9_007_199_254_740_991_i64));
    // Wherever it stands, and whatever its size or sign.
    for value in [
        r#"["list",1,["tuple",["int","-9007199254740992"]]]"#,
        r#"{"a":["dict",["int","9223372036854775808"],null]}"#,
        r#"["set",["int","123456789012345678901234567890"]]"#,
    ] {
        let answer = client.call_tagged(1, NUMBER, &format!("[{value}]"), &[]);
        assert_eq!(refused(&answer), ("unsupported", "result-integer"), "{value}");
    }
    // Objects that the client never hears of are not kept for it.
    client.call(2, 0, r#"["abca"]"#).result();
    for _ in 0..5 {
        let both = r#"[["list",["handle",1,"collections:Counter"],["int","9007199254740992"]]]"#;
        assert_eq!(refused(&client.call_tagged(1, NUMBER, both, &[])), ("unsupported", "result-integer"));
    }
    client.call_tagged(1, NUMBER, r#"[["handle",1,"collections:Counter"]]"#, &[]).result();
    let answer = client.call_tagged(1, NUMBER, r#"[["int","123456789012345678901234567890"]]"#, &[]);
    assert_eq!(
        answer.error().2,
        "the result of `tests_builtins.same` has an integer of 30 digits, which a `number` cannot hold exactly; write \
         `integers = { default = \"number\", \"tests_builtins.same\" = \"bigint\" }` under `[code-generation]` in the policy, then build again"
    );
    drop(client);
    served.end();
}

#[test]
fn odd_results_are_tagged_or_refused() {
    let fixture = host("");
    let odd = |what: &str| fixture.host.call(&BUILTINS, "odd", vec![what.into()], vec![]);
    for (what, message) in [
        ("deep", "nested deeper than `wire.max-depth`, which is 64, or containing itself"),
        ("recursive", "nested deeper than `wire.max-depth`, which is 64, or containing itself"),
        ("surrogate", "a str with half a surrogate pair can't be sent"),
        ("huge", "an int of more than 4300 digits can't be sent"),
        ("text", "a result of 70210001 bytes of text is over the limit of 67108864; return an array"),
        ("module", "the result is the module `os`, and modules stay where they are"),
    ] {
        let error = odd(what).unwrap_err();
        assert_eq!((error.kind(), error.message()), (CallErrorKind::Unsupported, message), "{what}");
    }
    for (what, name, message) in [
        ("exception", "RuntimeError", "lone ? surrogate"),
        ("keyboard", "KeyboardInterrupt", ""),
        ("exit", "SystemExit", "3"),
        ("unknown", "KeyError", "'unknown'"),
        ("bad str", "tests_builtins.odd.<locals>.Bad", "the exception's own text could not be made"),
    ] {
        let error = odd(what).unwrap_err();
        assert_eq!((error.python().unwrap().type_name.as_str(), error.message()), (name, message), "{what}");
        assert!(!error.python().unwrap().traceback.contains("<string>"), "{}", error.python().unwrap().traceback);
    }
    assert!(odd("unknown").unwrap_err().python().unwrap().traceback.contains("in odd\n    raise KeyError(what)"));
    assert_eq!(
        odd("proto").unwrap(),
        Value::Dict(vec![("__proto__".into(), Value::Dict(vec![("polluted".into(), true.into())]))])
    );
    let Value::Dict(mixed) = odd("mixed").unwrap() else { panic!() };
    assert_eq!(mixed[1], (Value::None, Value::Tuple(vec![1.into(), 2.5.into()])));
    assert_eq!(mixed[3], (b"b".as_slice().into(), Value::FrozenSet(vec![Value::Complex(0.0, 1.0)])));
    let Value::List(floats) = odd("nan").unwrap() else { panic!() };
    assert_eq!(format!("{floats:?}"), "[Float(NaN), Float(-inf), Float(-0.0), Float(1e16)]");
    assert_eq!(
        odd("subclasses").unwrap(),
        Value::List(vec![
            (1i64 << 60).into(),
            "s".into(),
            Value::Tuple(vec![1.into(), 2.into()]),
            b"b".as_slice().into(),
            true.into()
        ])
    );
    let Value::Bytes(large) = odd("large").unwrap() else { panic!() };
    assert_eq!((large.len(), large.iter().all(|&byte| byte == b'x')), (3_000_000, true));
    // The worker is the same, and well.
    assert_eq!(fixture.host.call(&BUILTINS, "same", vec![1.into()], vec![]).unwrap(), 1.into());
}

#[test]
fn objects_stay_and_are_named_by_handles() {
    let fixture = host("[wire]\nmax-handles = 3");
    let lines = fixture.lines.clone();
    let (served, mut client) = serve(fixture.host);
    client.open(1, &COLLECTIONS);
    client.open(2, &BUILTINS);
    let counter = client.call(1, 0, r#"["abca"]"#);
    assert_eq!(counter.result(), &json!(["handle", 1, "collections:Counter"]));
    let seen = client.call_tagged(2, 0, r#"[["list",["handle",1,"whatever"]]]"#, &[]);
    assert_eq!(seen.result(), "(([Counter({'a': 2, 'b': 1, 'c': 1})],), {})");
    for handle in ["2", "0", "4294967295"] {
        let refused = client.call_tagged(2, 0, &format!(r#"[["handle",{handle},"x"]]"#), &[]);
        assert_eq!(refused.error().1, "handle-refused");
    }
    // Another caller of the same worker does not have it.
    let error = served.host.call(&COLLECTIONS, "Counter", vec!["x".into()], vec![]).unwrap();
    let Value::Handle(handle) = error else { panic!() };
    assert_eq!(handle.class(), "collections:Counter");
    client.send(&frame(RELEASE, false, 0, 0, 0, "[1,77,-1,9007199254740991]", &[]));
    assert_eq!(client.call_tagged(2, 0, r#"[["handle",1,"x"]]"#, &[]).error().1, "handle-refused");
    served.host.release([handle.clone()]);
    let error = served.host.call(&BUILTINS, "same", vec![Value::Handle(handle)], vec![]).unwrap_err();
    assert_eq!(error.code(), "handle-refused");
    // Released, so that there is room for three.
    for _ in 0..3 {
        assert_eq!(client.call(2, ODD, r#"["object"]"#).kind, crate::client::RESULT);
    }
    let refused = client.call(2, ODD, r#"["object"]"#);
    assert_eq!(refused.error().0, "unsupported");
    assert!(lines.lock().unwrap().is_empty());
    drop(client);
    served.end();
}

#[test]
fn prints_are_lines_of_the_log_and_never_frames() {
    let fixture = host("");
    let lines = fixture.lines.clone();
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    let printed = client.call(1, 3, r#"["two\nlines of eval( text\u001b[0m"]"#);
    assert_eq!(printed.result(), &json!(27));
    // Standard error comes through another pipe.
    for _ in 0..100 {
        if lines.lock().unwrap().len() >= 4 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let mut seen = lines.lock().unwrap().clone();
    seen.sort_by(|a, b| a.1.cmp(&b.1));
    let stderr = PrintStream::Stderr;
    let expected = [
        (PrintStream::Stdout, "lines of eval( text\u{1b}[0m"),
        (stderr, "raw to 1"),
        (stderr, "to stderr"),
        (PrintStream::Stdout, "two"),
    ];
    assert_eq!(seen, expected.map(|(stream, text)| (stream, text.to_owned())));
    let events = served.host.logger().events(Default::default());
    assert!(events.iter().any(|event| event.message().contains("evaluation")), "{events:?}");
    drop(client);
    served.end();
}

#[test]
fn calls_in_flight_are_answered_each_to_its_own() {
    let fixture = host("[wire]\nworkers = 2");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    let mut bytes = Vec::new();
    for request in 100..600u32 {
        bytes.extend(frame(3, false, 1, request, SAME, &format!("[[{request}],{{}}]"), &[]));
    }
    client.send(&bytes);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 100..600 {
        let answer = client.receive();
        assert_eq!(answer.result(), &json!(answer.request));
        assert!(seen.insert(answer.request));
    }
    drop(client);
    served.end();
}

#[test]
fn a_call_is_cancelled_and_the_worker_lives_on() {
    let fixture = host("[subprocess]\ntimeout = \"60s\"");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &TIME);
    client.open(2, &BUILTINS);
    assert_eq!(client.call(2, SAME, "[1]").result(), &json!(1));
    let started = std::time::Instant::now();
    let sleeping = client.start(2, 11, false, "[[30],{}]", &[]);
    let behind = client.start(2, SAME, false, "[[\"behind\"],{}]", &[]);
    let also = client.start(2, SAME, false, "[[\"also cancelled\"],{}]", &[]);
    std::thread::sleep(std::time::Duration::from_millis(200));
    client.send(&frame(CANCEL, false, 0, also, 0, "null", &[]));
    client.send(&frame(CANCEL, false, 0, sleeping, 0, "null", &[]));
    assert_eq!(client.answer(sleeping).error().0, "cancelled");
    assert_eq!(client.answer(behind).result(), "behind");
    assert_eq!(client.answer(also).error().0, "cancelled");
    assert!(started.elapsed().as_secs() < 4, "{:?}", started.elapsed());
    // The same worker: it remembers the interruption. One that is answered already is cancelled without effect.
    client.send(&frame(CANCEL, false, 0, behind, 0, "null", &[]));
    assert_eq!(client.call(2, 11, "[]").result(), &json!(1));
    drop(client);
    served.end();
}

/// The examples that the TypeScript client is tested against, as Python sees and makes them.
pub(crate) fn check_vectors(client: &mut crate::client::Client, slot: u16, with_arrays: bool) {
    let all: serde_json::Value = serde_json::from_str(include_str!("../../../docs/wire-vectors.json")).unwrap();
    let mut checked = 0;
    for vector in all["values"].as_array().unwrap() {
        let text = |name: &str| vector[name].as_str().unwrap_or_default();
        let (json, python, only) = (text("json"), text("python"), text("only"));
        let tagged = vector["tagged"].as_bool().unwrap();
        let buffers: Vec<Vec<u8>> = vector["buffers"].as_array().unwrap().iter().map(hex).collect();
        let is_array = json.contains("\"array\"");
        if is_array != with_arrays || (!tagged && json.contains("__proto__")) {
            continue;
        }
        let borrowed: Vec<&[u8]> = buffers.iter().map(Vec::as_slice).collect();
        let request = client.start(slot, 14, tagged, &format!("[[{json},{}],{{}}]", json!(python)), &borrowed);
        assert_eq!(client.answer(request).result(), &json!(true), "{json} as {python}");
        let made = client.call(slot, 13, &format!("[{}]", json!(python)));
        // A set has no order, and neither spelling here is the one that is written.
        if matches!(only, "to-python" | "accepted") || json.contains("\"set\",1,") {
            continue;
        }
        // Where plain form will do, an array of the tagged form comes as one of the plain form.
        if only != "from-python" || made.tagged {
            let expected: serde_json::Value = serde_json::from_str(json).unwrap();
            assert_eq!((made.tagged, made.result(), &made.buffers), (tagged, &expected, &buffers), "{python}");
        }
        checked += 1;
    }
    assert!(checked > 10, "{checked}");
}

fn hex(text: &serde_json::Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn python_reads_and_writes_the_vectors() {
    let fixture = host("");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    check_vectors(&mut client, 1, false);
    drop(client);
    served.end();
}

#[test]
fn rust_calls_with_its_own_types() {
    let host = host("").host;
    assert_eq!(host.call_as::<f64>(&MATH, "sqrt", (4,)).unwrap(), 2.0);
    assert_eq!(host.call_as::<f64>(&MATH, "pi", ()).unwrap(), std::f64::consts::PI);
    let sorted = Args::from((BTreeMap::from([("b".to_owned(), 1), ("a".to_owned(), 2)]),)).keyword("sort_keys", true);
    assert_eq!(host.call_as::<String>(&JSON, "dumps", sorted).unwrap(), r#"{"a": 2, "b": 1}"#);
    let back: BTreeMap<String, Vec<i64>> = host.call_as(&JSON, "loads", (r#"{"a": [1, 2]}"#,)).unwrap();
    assert_eq!(back, BTreeMap::from([("a".to_owned(), vec![1, 2])]));
    assert_eq!(host.call_as::<Value>(&JSON, "loads", Args::default().arg("null")).unwrap(), Value::None);
    let wrong = host.call_as::<String>(&MATH, "sqrt", (4,)).unwrap_err();
    assert_eq!((wrong.kind(), wrong.code()), (CallErrorKind::Unsupported, "value-unsupported"));
    assert!(wrong.message().contains("`math.sqrt` is of another type: expected `str`, got `float`"), "{wrong}");
    let refused = host.call_as::<f64>(&MATH, "sqrt", ("4",)).unwrap_err();
    assert_eq!(refused.kind(), CallErrorKind::Validation);
}

#[test]
fn keys_that_fail_to_be_compared_are_objects_like_others() {
    let fixture = host("");
    let key = "type('Key', (), {'__hash__': lambda self: 1, '__eq__': lambda self, other: 1 / 0})()";
    let evaluated = |text: String| fixture.host.call_as::<Vec<Value>>(&BUILTINS, "evaluated", (text,));
    let dicts = evaluated(format!("[{{{key}: 1}}, {{{key}: 2}}]")).unwrap();
    assert!(dicts.iter().all(|dict| matches!(dict, Value::Dict(items) if matches!(items[0].0, Value::Handle(_)))));
}

/// Whatever Python gives comes back to it as it was.
pub(crate) fn check_round_trips(client: &mut crate::client::Client, slot: u16, seeds: u32, with_arrays: bool) {
    const ANYTHING: u32 = 17;
    const IS_SAME: u32 = 18;
    let (mut tagged, mut rows) = (0, 0);
    for seed in 0..seeds {
        let made = client.call(slot, ANYTHING, &json!([seed, with_arrays]).to_string());
        let (value, _) = (&made.text, made.result());
        tagged += u32::from(made.tagged);
        rows += u32::from(value.contains("[\"rows\","));
        let buffers: Vec<&[u8]> = made.buffers.iter().map(Vec::as_slice).collect();
        let back =
            client.start(slot, IS_SAME, made.tagged, &format!("[[{value},{seed},{with_arrays}],{{}}]"), &buffers);
        assert_eq!(client.answer(back).result(), &json!(true), "seed {seed}: {value}");
    }
    assert!(rows > seeds / 20, "{rows} of {seeds} values have rows");
    assert!(tagged > seeds / 4, "{tagged} of {seeds} values have more than JSON");
}

#[test]
fn what_python_gives_comes_back_to_it_as_it_was() {
    let fixture = host("");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    check_round_trips(&mut client, 1, 3000, false);
    drop(client);
    served.end();
}
