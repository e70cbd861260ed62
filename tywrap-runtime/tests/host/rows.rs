//! Lists of dicts with the same keys: by their columns to and from a client, and what they are to everybody else.

use serde_json::json;
use tywrap_runtime::Value;

use crate::client::{CALL, Client, RESULT, frame, serve};
use crate::grants::{BUILTINS, COLLECTIONS, host};

const REPR_OF: u32 = 0;
const SAME: u32 = 1;
const EVALUATED: u32 = 13;
const NUMBER: u32 = 15;
const BIGINT: u32 = 16;
const CALLED: u32 = 19;

/// What reaches Python of a value in tagged form.
fn seen(client: &mut Client, value: &str, buffers: &[&[u8]]) -> String {
    client.call_tagged(1, REPR_OF, &format!("[{value}]"), buffers).result().as_str().unwrap().to_owned()
}

fn packed(numbers: &[f64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

#[test]
fn rows_reach_python_as_the_list_that_they_are() {
    let fixture = host("");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    let mixed = packed(&[1.0, -0.0, 0.5, 9_007_199_254_740_992.0]);
    let got = seen(
        &mut client,
        r#"["rows",4,["n","f","b","j","l"],["numbers",2],["floats",0],["bools",1],["json",1,1.0,[null],"é"],["list",["tuple",1],["int","5"],["list"],null]]"#,
        &[&packed(&[1.0, 2.0, f64::NAN, f64::INFINITY]), &[0, 1, 1, 0], &mixed],
    );
    let rows = "[{'n': 1, 'f': 1.0, 'b': False, 'j': 1, 'l': (1,)}, {'n': -0.0, 'f': 2.0, 'b': True, 'j': 1.0, 'l': 5}, \
                {'n': 0.5, 'f': nan, 'b': True, 'j': [None], 'l': []}, {'n': 9007199254740992.0, 'f': inf, 'b': False, 'j': 'é', 'l': None}]";
    assert_eq!(got, format!("(({rows},), {{}})"));
    // Within other values, and rows within rows.
    let inner = r#"["rows",1,["x"],["ints",0]]"#;
    let got = seen(
        &mut client,
        &format!(r#"["dict",1,["tuple",["rows",2,["a"],["list",{inner},["plain",[{{}}]]]]]]"#),
        &[&packed(&[7.0])],
    );
    assert_eq!(got, "(({1: ([{'a': [{'x': 7}]}, {'a': [{}]}],)},), {})");
    drop(client);
    served.end();
}

#[test]
fn rows_are_no_way_around_the_limits() {
    let fixture = host("[input-validation]\nmax-input-size = \"4KiB\"\n[wire]\nmax-depth = 4\nmax-frame = \"64KiB\"");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    let pid = r#"["os.getpid()"]"#;
    let first = client.call(1, EVALUATED, pid).result().clone();
    // 2 bytes a row, 3 and the key's own a cell: 600 rows of a key of a letter are 3,600 bytes.
    let bools = vec![1; 700];
    let rows = |count: usize, key: &str| format!(r#"["rows",{count},["{key}"],["bools",0]]"#);
    assert!(seen(&mut client, &rows(600, "k"), &[&bools[..600]]).len() > 600 * 11);
    for (count, key) in [(700, "k"), (40, &*"k".repeat(100)), (400, &*"é".repeat(4))] {
        let answer = client.call_tagged(1, REPR_OF, &format!("[{}]", rows(count, key)), &[&bools[..count]]);
        let (kind, code, message) = answer.error();
        assert_eq!((kind, code), ("validation", "input-too-large"), "{message}");
        assert!(message.contains("which is 4096"), "{message}");
    }
    // All rows of a call count.
    let four = vec![rows(200, "k"); 4].join(",").replace("\"bools\",0", "\"list\",0").replace("0]", "0,1]");
    let answer = client.call_tagged(1, REPR_OF, &format!("[{four}]"), &[]);
    assert_eq!(answer.error().1, "json-refused", "{answer:?}");
    let four: Vec<String> = (0..4)
        .map(|at| rows(200, "k").replace('0', "\0").replace("2\0\0", "200").replace('\0', &at.to_string()))
        .collect();
    let buffers = [&bools[..200]; 4];
    assert_eq!(client.call_tagged(1, REPR_OF, &format!("[{}]", four[..3].join(",")), &buffers[..3]).kind, RESULT);
    assert_eq!(client.call_tagged(1, REPR_OF, &format!("[{}]", four.join(",")), &buffers).error().1, "input-too-large");
    // A list, a dict, and what is in it.
    let deep = |value: &str| format!(r#"["rows",1,["k"],["json",{value}]]"#);
    assert_eq!(seen(&mut client, &deep("[[1]]"), &[]), "(([{'k': [[1]]}],), {})");
    for value in [deep("[[[1]]]"), format!(r#"["list",["list",["list",{}]]]"#, deep("1"))] {
        let answer = client.call_tagged(1, REPR_OF, &format!("[{value}]"), &[]);
        assert!(answer.error().2.contains("`wire.max-depth`, which is 4"), "{answer:?}");
    }
    // The worker keeps to them as well, so nobody ends it.
    for (text, message) in [
        ("[{'k' * 1000: True}] * 100", "a result of 101529 bytes of text is over the limit of 65536"),
        ("[{'k': 'x' * 500}] * 130", "is over the limit of 65536"),
        ("[{'k': [[[]]]}] * 20", "nested deeper than `wire.max-depth`, which is 4"),
        ("([[[{'k': 1}] * 20]],)", "nested deeper than `wire.max-depth`, which is 4"),
        ("[[[[{'k': 1}] * 20]]]", "nested deeper than `wire.max-depth`, which is 4"),
    ] {
        let answer = client.call(1, EVALUATED, &format!("[{}]", json!(text)));
        let (kind, _, said) = answer.error();
        assert_eq!(kind, "unsupported", "{said}");
        assert!(said.contains(message), "{text}: {said}");
    }
    let most = client.call(1, EVALUATED, r#"["[{'k': 'x' * 493}] * 130"]"#);
    assert!(most.text.starts_with(r#"["rows",130,["k"],["json","xxx"#), "{most:?}");
    assert_eq!(client.call(1, EVALUATED, pid).result(), &first);
    drop(client);
    served.end();
}

#[test]
fn what_is_no_row_like_the_others_comes_as_it_is() {
    let fixture = host("");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    let mut evaluated = |text: &str| client.call(1, EVALUATED, &format!("[{}]", json!(text)));
    for text in [
        "[{'a': 1}] * 15",
        "[{}] * 16",
        "[{'a': n, 'b': 2} if n else {'b': 2, 'a': n} for n in range(16)]",
        "[{'a': n} if n else {} for n in range(16)]",
        "[{'a': n, 'b': 1} if n else {'a': n} for n in range(16)]",
        "[{'a': n} if n else [n] for n in range(16)]",
        "[{'a': 1, 'b': 2}] * 14 + [{'a': 1}, {'b': 2}]",
    ] {
        let made = evaluated(text);
        assert!(!made.tagged && made.result().is_array(), "{text}");
    }
    for (text, start) in [
        ("[{1: n} for n in range(16)]", r#"["list",["dict",1,0],"#),
        ("[{'__proto__': n} for n in range(16)]", r#"["list",["dict","__proto__",0],"#),
        ("[collections.OrderedDict(a=n) for n in range(16)]", r#"["list",["handle","#),
        ("[collections.OrderedDict(a=n) if n else {'a': n} for n in range(16)]", r#"["list",{"a":0},["handle","#),
        ("tuple({'a': n} for n in range(16))", r#"["tuple",{"a":0},"#),
        // Equal, and not the same objects.
        ("[{''.join(['a', 'b']): n} for n in range(16)]", r#"["rows",16,["ab"],["ints",0]]"#),
        ("[{'a': True if n else 1} for n in range(16)]", r#"["rows",16,["a"],["json",1,true,"#),
        ("[{'a': 1.0 if n else 1} for n in range(16)]", r#"["rows",16,["a"],["json",1,1.0,"#),
        (
            "[{'a': 2 ** 53 - n} for n in range(16)]",
            r#"["rows",16,["a"],["list",["int","9007199254740992"],9007199254740991,"#,
        ),
        ("[{'a': [float('nan')]} for n in range(16)]", r#"["rows",16,["a"],["list",["list",["float","nan"]],"#),
        ("[{'a': type('S', (str,), {})('x')} for n in range(16)]", r#"["rows",16,["a"],["json","x","x","#),
        ("{'r': [{'a': n} for n in range(16)], 'p': [1, [2]]}", r#"{"r":["rows",16,["a"],["ints",0]],"p":["#),
        ("[{'a': 2 ** 53 + n} for n in range(16)]", r#"["rows",16,["a"],["list",["int","9007199254740992"],["int","#),
        ("([{'a': n} for n in range(16)], {1: 2})", r#"["tuple",["rows",16,["a"],["ints",0]],["dict",1,2]]"#),
    ] {
        let made = evaluated(text);
        assert!(made.tagged && made.text.starts_with(start), "{text}: {}", made.text);
    }
    let wide = evaluated("[{str(n): n for n in range(1100)}] * 16");
    assert_eq!((wide.buffers.len(), wide.result().as_array().unwrap().len()), (1024, 1103));
    // A key of a class of its own runs nothing, and is none of theirs.
    let key = "type('K', (str,), {'__eq__': lambda s, o: 1 / 0, '__hash__': lambda s: hash('a')})('a')";
    let odd = evaluated(&format!("[{{{key}: 1}} if n else {{'a': 1}} for n in range(16)]"));
    assert!(odd.text.starts_with(r#"[{"a":1},"#), "{odd:?}");
    let half = client.call(1, EVALUATED, r#"["[{chr(0xd800): 1}] * 16"]"#);
    assert_eq!(half.error().0, "unsupported");
    drop(client);
    served.end();
}

#[test]
fn integers_and_objects_in_rows_are_what_they_are_elsewhere() {
    let fixture = host("[wire]\nmax-handles = 40");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    client.open(2, &COLLECTIONS);
    let ints = packed(&[1.0; 16]);
    let rows = r#"["rows",16,["a","b"],["ints",0],["json",1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,0.5]]"#;
    let big = client.call_tagged(1, BIGINT, &format!("[{rows}]"), &[&ints]);
    let tagged = |from: i64| (from..from + 15).map(|int| json!(["int", int.to_string()]));
    let one = std::iter::repeat_n(json!(["int", "1"]), 16);
    let column = |cells: Vec<serde_json::Value>| [vec![json!("list")], cells].concat();
    let second = tagged(1).chain([json!(0.5)]).collect();
    assert_eq!(big.result(), &json!(["rows", 16, ["a", "b"], column(one.collect()), column(second)]));
    let wide = r#"["rows",16,["a"],["list",1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,["int","9007199254740992"]]]"#;
    let answer = client.call_tagged(1, NUMBER, &format!("[{wide}]"), &[]);
    assert_eq!(answer.error().1, "result-integer");
    assert_eq!(client.call_tagged(1, NUMBER, &format!("[{rows}]"), &[&ints]).text, rows);

    let objects = |count: usize| format!(r#"["[{{'n': n, 'o': collections.Counter()}} for n in range({count})]"]"#);
    let first = client.call(1, EVALUATED, &objects(16));
    let handles: Vec<_> = first.result()[4].as_array().unwrap()[1..].to_vec();
    let numbers: Vec<_> = handles.iter().map(|handle| handle[1].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=16).collect::<Vec<u64>>());
    // They are the client's, and go back in rows as well.
    let back = format!(
        r#"["rows",16,["o"],["list",{}]]"#,
        handles.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    );
    assert_eq!(seen(&mut client, &back, &[]).matches("Counter()").count(), 16);
    let answer = client.call_tagged(1, SAME, r#"[["rows",1,["o"],["list",["handle",99,"x"]]]]"#, &[]);
    assert_eq!(answer.error().1, "handle-refused");
    // What cannot be kept is not.
    assert_eq!(client.call(1, EVALUATED, &objects(30)).error().0, "unsupported");
    let enumeration = client.call_tagged(1, SAME, r#"[["rows",1,["e"],["list",["enum","m:E","A"]]]]"#, &[]);
    assert_eq!(enumeration.error().1, "call-type");
    drop(client);
    served.end();
}

#[test]
fn rust_gets_lists() {
    let fixture = host("");
    let dict = |n: i64| {
        let float = Value::Float(n as f64 / 2.0);
        let text = Value::List(vec![Value::None, n.to_string().into()]);
        Value::Dict(vec![
            ("n".into(), n.into()),
            ("f".into(), float),
            ("b".into(), (n == 3).into()),
            ("l".into(), text),
        ])
    };
    let list = Value::List((0..20).map(dict).collect());
    let text = "[{'n': n, 'f': n / 2, 'b': n == 3, 'l': [None, str(n)]} for n in range(20)]";
    let evaluated = |text: &str| fixture.host.call(&BUILTINS, "evaluated", vec![text.into()], vec![]).unwrap();
    assert_eq!(evaluated(text), list);
    let within = Value::Dict(vec![(1.into(), Value::Tuple(vec![list]))]);
    assert_eq!(evaluated(&format!("{{1: ({text},)}}")), within);
    assert_eq!(fixture.host.call(&BUILTINS, "same", vec![within.clone()], vec![]).unwrap(), within);
}

#[test]
fn functions_take_and_give_rows() {
    let fixture = host("");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    let ints = packed(&[1.0; 16]);
    let rows = r#"["rows",16,["a"],["ints",0]]"#;
    client.start(1, CALLED, true, &format!(r#"[[["callback",7],{rows}],{{}}]"#), &[&ints]);
    let asked = client.receive();
    assert_eq!((asked.kind, &*asked.text, &asked.buffers), (CALL, &*format!("[[{rows}],{{}}]"), &vec![ints.clone()]));
    // The function has to give a `float`.
    client.send(&frame(RESULT, true, 0, asked.request, 0, rows, &[&ints]));
    let mut answer = client.receive();
    if answer.kind == crate::client::RELEASE {
        answer = client.receive();
    }
    let (_, _, message) = answer.error();
    assert!(message.contains("gave list where Python expects float"), "{message}");
    drop(client);
    served.end();
}
