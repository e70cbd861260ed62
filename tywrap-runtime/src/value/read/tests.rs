//! What is read, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::value::MAX_SAFE_INT;
use proptest::prelude::*;

const LIMITS: Limits = Limits { depth: 8, size: 1000 };

fn plain(text: &str) -> Result<Value, Problem> {
    read(text.as_bytes(), false, Vec::new(), LIMITS).map(|read| read.value).map_err(|error| error.problem)
}

fn tagged(text: &str, buffers: &[&[u8]]) -> Result<Value, Problem> {
    let buffers = buffers.iter().map(|&bytes| bytes.into()).collect();
    read(text.as_bytes(), true, buffers, LIMITS).map(|read| read.value).map_err(|error| error.problem)
}

#[test]
fn plain_text_is_read_as_written() {
    let dict = |items: &[(&str, Value)]| {
        Value::Dict(items.iter().map(|(key, value)| (Value::from(*key), value.clone())).collect())
    };
    let cases: &[(&str, Value)] = &[
        ("null", Value::None),
        (" true ", Value::Bool(true)),
        ("-9007199254740991", Value::Int(-9_007_199_254_740_991)),
        ("0", Value::Int(0)),
        ("-0", Value::Float(-0.0)),
        ("-0.0", Value::Float(-0.0)),
        ("1.0", Value::Float(1.0)),
        ("0.1e1", Value::Float(1.0)),
        ("1E2", Value::Float(100.0)),
        ("5e-324", Value::Float(5e-324)),
        (r#""\u0000""#, Value::from("\0")),
        (r#""a\"\\\/\b\f\n\r\t\ud83d\ude00é""#, Value::from("a\"\\/\u{8}\u{c}\n\r\t😀é")),
        ("[]", Value::List(vec![])),
        ("[1,[\"x\"]]", Value::List(vec![Value::Int(1), Value::List(vec!["x".into()])])),
        (
            r#"{"constructor":{"prototype":{"x":1}}}"#,
            dict(&[("constructor", dict(&[("prototype", dict(&[("x", 1.into())]))]))]),
        ),
        (r#"{"toJSON":"x"}"#, dict(&[("toJSON", "x".into())])),
        (r#"{"hasOwnProperty":1,"length":-1}"#, dict(&[("hasOwnProperty", 1.into()), ("length", (-1).into())])),
    ];
    for (text, value) in cases {
        assert_eq!(format!("{:?}", plain(text)), format!("{:?}", Ok::<_, Problem>(value)), "{text}");
    }
}

#[test]
fn what_parsers_disagree_on_is_refused() {
    let syntax: &[&str] = &[
        "",
        " ",
        "\u{feff}{}",
        "{} {}",
        "{\"a\":1,}",
        "[1,]",
        "{'a':1}",
        "01",
        "-",
        "-01",
        "+1",
        ".5",
        "1.",
        "1.e5",
        "1e",
        "0x10",
        "NaN",
        "Infinity",
        "-Infinity",
        "nul",
        "nulll",
        "True",
        "undefined",
        "\"a",
        "\"\\x41\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        r#""\ud800""#,
        r#""\udc00""#,
        r#""\ud800\u0041""#,
        "\"\n\"",
        "\"\u{1}\"",
        "[1 2]",
        "{\"a\" 1}",
        "{1:2}",
        "]",
        "[",
        "{",
        "// x\n1",
        "1//",
        "\u{a0}1",
    ];
    for text in syntax {
        assert!(matches!(plain(text), Err(Problem::Syntax(_))), "{text:?}: {:?}", plain(text));
    }
    let nested = |open: &str, count: usize| open.repeat(count);
    let cases: &[(&str, Problem)] = &[
        (&nested("[", 900), Problem::Depth { limit: 8 }),
        (&nested("{\"a\":", 150), Problem::Depth { limit: 8 }),
        (&" ".repeat(1001), Problem::Size { length: 1001, limit: 1000 }),
        ("1e400", Problem::NotFinite),
        ("-1e400", Problem::NotFinite),
        ("9007199254740992", Problem::IntRange),
        ("9007199254740993", Problem::IntRange),
        ("-9007199254740992", Problem::IntRange),
        ("123456789012345678901234567890", Problem::IntRange),
        (r#"{"a":1,"a":1}"#, Problem::DuplicateKey("a".into())),
        (r#"{"a":1,"\u0061":1}"#, Problem::DuplicateKey("a".into())),
        (r#"{"__proto__":{}}"#, Problem::ProtoKey),
        (r#"[{"x":{"\u005f_proto__":1}}]"#, Problem::ProtoKey),
    ];
    for (text, problem) in cases {
        assert_eq!(plain(text).unwrap_err(), *problem, "{text}");
    }
    let many: Vec<String> = (0..40).map(|i| format!("\"k{}\":0", i % 39)).collect();
    assert_eq!(plain(&format!("{{{}}}", many.join(","))).unwrap_err(), Problem::DuplicateKey("k0".into()));
    let text = [b'"', 0xff, b'"'];
    assert_eq!(read(&text, false, Vec::new(), LIMITS).unwrap_err().problem, Problem::Utf8);
}

#[test]
fn depth_counts_containers() {
    let check = |text: &str| check_plain(text.as_bytes(), LIMITS).map_err(|error| error.problem);
    assert_eq!(check(&format!("{}1{}", "[".repeat(8), "]".repeat(8))), Ok(()));
    assert_eq!(check(&format!("{}1{}", "[".repeat(9), "]".repeat(9))), Err(Problem::Depth { limit: 8 }));
    assert!(plain(&format!("{}1{}", "[".repeat(8), "]".repeat(8))).is_ok());
    assert!(plain(&format!("{}1{}", "[".repeat(9), "]".repeat(9))).is_err());
    let wrap = |count: usize| format!("{}[\"float\",\"nan\"]{}", "[\"tuple\",".repeat(count), "]".repeat(count));
    assert!(tagged(&wrap(8), &[]).is_ok());
    assert_eq!(tagged(&wrap(9), &[]).unwrap_err(), Problem::Depth { limit: 8 });
    // What belongs to the form and not to the value does not count, and is as deep as it gets here.
    let call = |count: usize| {
        let text =
            format!("[[{}[\"complex\",1,[\"float\",\"nan\"]]{}],{{}}]", "[\"tuple\",".repeat(count), "]".repeat(count));
        read_call(text.as_bytes(), true, Vec::new(), LIMITS).map(drop).map_err(|error| error.problem)
    };
    assert_eq!(call(8), Ok(()));
    assert_eq!(call(9), Err(Problem::Depth { limit: 8 }));
}

#[test]
fn tags_are_read() {
    let f8 = Dtype::new("<f8").unwrap();
    let cases: &[(&str, &[&[u8]], Value)] = &[
        (r#"["list"]"#, &[], Value::List(vec![])),
        (r#"["tuple",1,["list",2]]"#, &[], Value::Tuple(vec![1.into(), Value::List(vec![2.into()])])),
        (r#"["set",1]"#, &[], Value::Set(vec![1.into()])),
        (r#"["frozenset",["tuple"]]"#, &[], Value::FrozenSet(vec![Value::Tuple(vec![])])),
        (
            r#"["dict",1,"a","__proto__",null]"#,
            &[],
            Value::Dict(vec![(1.into(), "a".into()), ("__proto__".into(), Value::None)]),
        ),
        (r#"["int","9007199254740993"]"#, &[], Value::Int(9_007_199_254_740_993)),
        (r#"["float","-inf"]"#, &[], Value::Float(f64::NEG_INFINITY)),
        (r#"["float","1.0"]"#, &[], Value::Float(1.0)),
        (r#"["float","-1e2"]"#, &[], Value::Float(-100.0)),
        (r#"["complex",1,["float","inf"]]"#, &[], Value::Complex(1.0, f64::INFINITY)),
        (r#"["bytes",0]"#, &[b"ab"], Value::Bytes(b"ab".as_slice().into())),
        (r#"["array",0,"<f8",[1]]"#, &[&[0; 8]], NdArray::new(f8, [1], vec![0; 8]).unwrap().into()),
        (r#"["handle",7,"a:B"]"#, &[], Value::Handle(Handle { id: 7, class: "a:B".into() })),
        (r#"{"a":["tuple"]}"#, &[], Value::Dict(vec![("a".into(), Value::Tuple(vec![]))])),
    ];
    for (text, buffers, value) in cases {
        assert_eq!(tagged(text, buffers).unwrap(), *value, "{text}");
    }
}

#[test]
fn tags_that_lie_are_refused() {
    let eight: &[u8] = &[0; 8];
    let cases: &[(&str, &[&[u8]], Problem)] = &[
        (r#"["object","x"]"#, &[], Problem::Tag("object".into())),
        (r#"["set",["list"]]"#, &[], Problem::Unhashable),
        (r#"["dict",["tuple",["set"]],1]"#, &[], Problem::Unhashable),
        (r#"["int","1.5"]"#, &[], Problem::Int),
        (r#"["int","0x10"]"#, &[], Problem::Int),
        (r#"["float","1"]"#, &[], Problem::Float),
        (r#"["float","-0"]"#, &[], Problem::Float),
        (r#"["float"," 1.0"]"#, &[], Problem::Float),
        (r#"["float","1.0\n"]"#, &[], Problem::Float),
        (r#"["float","1.0,2.0"]"#, &[], Problem::Float),
        (r#"["float","infinity"]"#, &[], Problem::Float),
        (r#"["float","1e999"]"#, &[], Problem::Float),
        (r#"["bytes",0]"#, &[], Problem::Buffer),
        (r#"["bytes",1]"#, &[eight], Problem::Buffer),
        (r#"["list",["bytes",0],["bytes",0]]"#, &[eight], Problem::Buffer),
        (r#"["list",["bytes",0]]"#, &[eight, eight], Problem::UnusedBuffer),
        ("1", &[eight], Problem::UnusedBuffer),
        (r#"["bytes",-1]"#, &[eight], Problem::IntRange),
        (r#"["handle",4294967296,"a"]"#, &[], Problem::IntRange),
        (r#"["array",0,"|O",[1]]"#, &[eight], Problem::Dtype("|O".into())),
        (r#"["array",0,"<f8",[2]]"#, &[eight], Problem::Array(ArrayError::Length)),
        (r#"["array",0,"<f8",[-1]]"#, &[eight], Problem::IntRange),
        (r#"["array",0,"<f8",[9007199254740991,9007199254740991]]"#, &[eight], Problem::Array(ArrayError::Length)),
        (r#"["omitted"]"#, &[], Problem::Omitted),
        (r#"["list",["omitted"]]"#, &[], Problem::Omitted),
    ];
    for (text, buffers, problem) in cases {
        assert_eq!(tagged(text, buffers).unwrap_err(), *problem, "{text}");
    }
    for text in
        ["[]", "[1]", r#"["dict",1]"#, r#"["int"]"#, r#"["int","1","2"]"#, r#"["bytes",0.0]"#, r#"["omitted",1]"#]
    {
        assert!(matches!(tagged(text, &[]), Err(Problem::Form(_))), "{text}");
    }
}

#[test]
fn rows_are_columns_and_count_as_the_text_of_dicts() {
    let bools: &[u8] = &[1; 100];
    let rows = |count: usize| format!(r#"["rows",{count},["kéy"],["bools",0]]"#);
    let read_rows = |count: usize| tagged(&rows(count), &[&bools[..count]]);
    // Its own text, and for each of the rows 2 bytes, 3 and the key's 4.
    let most = (LIMITS.size - rows(10).len()) / 9;
    let Value::Rows(all) = read_rows(most.min(99)).unwrap() else { unreachable!("rows") };
    assert_eq!((all.count(), all.keys()), (99, &["kéy".into()][..]));
    let long = format!(r#"["rows",{},["{}"],["bools",0]]"#, 20, "k".repeat(46));
    assert_eq!(tagged(&long, &[&bools[..20]]).unwrap_err(), Problem::Size { length: 1020 + long.len(), limit: 1000 });
    let far = format!(r#"["rows",{MAX_SAFE_INT},["k"],["bools",0]]"#);
    assert!(matches!(tagged(&far, &[bools]).unwrap_err(), Problem::Size { .. }));
    // What follows a column in plain form is tagged again.
    let both = r#"["list",["rows",1,["a","b"],["list",["tuple"]],["json",["tuple"]]],["plain",["tuple"]],["tuple"]]"#;
    let mut both = tagged(both, &[]).unwrap();
    both.expand_rows();
    let text = Value::List(vec!["tuple".into()]);
    let row = Value::Dict(vec![("a".into(), Value::Tuple(vec![])), ("b".into(), text.clone())]);
    assert_eq!(both, Value::List(vec![Value::List(vec![row]), text, Value::Tuple(vec![])]));
    // They are a list and a dict deep.
    let deep =
        |count: usize| format!(r#"{}["rows",1,["a"],["json",1]]{}"#, "[\"tuple\",".repeat(count), "]".repeat(count));
    assert!(tagged(&deep(6), &[]).is_ok());
    assert_eq!(tagged(&deep(7), &[]).unwrap_err(), Problem::Depth { limit: 8 });
}

#[test]
fn what_is_passed_on_is_what_is_read() {
    for text in [
        r#"["rows",2,["a","b"],["json", [1,{"x":"\u00e9"}] ,null],["list",["tuple",1.5],["int","7"]]]"#,
        r#"["rows",1,["a"],["json",{"a":[[[[[[]]]]]]}]]"#,
        r#"["rows",1,["a"],["json",1]"#,
        r#"["rows",1,["a"],["json",]]"#,
        r#"["rows",1,["a"],["json",{"a":1,"a":2}]]"#,
        r#"["rows",1,["a"],["json",{"__proto__":2}]]"#,
        r#"["rows",2,["a"],["json",1]]"#,
    ] {
        let list = |read: Result<Read<Value>, ReadError>| {
            read.map(|mut read| {
                read.value.expand_rows();
                read.value
            })
        };
        let passed = list(read_result(text.as_bytes(), true, Vec::new(), LIMITS));
        assert_eq!(passed, list(read(text.as_bytes(), true, Vec::new(), LIMITS)), "{text}");
    }
}

#[test]
fn calls_have_arguments_and_keywords() {
    let call = |text: &str, tagged| {
        read_call(text.as_bytes(), tagged, Vec::new(), LIMITS).map(|read| read.value).map_err(|error| error.problem)
    };
    assert_eq!(call("[[1],{\"axis\":0}]", false).unwrap(), (vec![1.into()], vec![("axis".into(), 0.into())]));
    assert_eq!(
        call(r#"[[["omitted"],["tuple"]],{}]"#, true).unwrap(),
        (vec![Value::Omitted, Value::Tuple(vec![])], vec![])
    );
    assert_eq!(call(r#"[[],{"a":["omitted"]}]"#, true).unwrap_err(), Problem::Omitted);
    assert_eq!(call("[[],{\"a\":1,\"a\":2}]", false).unwrap_err(), Problem::DuplicateKey("a".into()));
    for text in ["[]", "[[]]", "[[],[]]", "[{},{}]", "{}", "[[],{},1]", "null", "[[],{}", r#"["list",["list"],{}]"#] {
        assert!(matches!(call(text, false), Err(Problem::Form(_) | Problem::Syntax(_))), "{text}");
    }
}

proptest! {
    #[test]
    fn it_agrees_with_serde_json_where_both_accept(text in r#"[\[\]{}",:0-9eE+.\\ntrufalsu-]{0,24}"#) {
        let reference = serde_json::from_str::<serde_json::Value>(&text);
        if let Ok(value) = plain(&text) {
            prop_assert!(reference.is_ok(), "{text} was read as {value:?}");
        }
    }

    #[test]
    fn what_is_checked_is_what_is_read(text in r#"[\[\]{}",:0-9eE+.\\ntrufalsu-]{0,24}"#) {
        let checked = check_plain(text.as_bytes(), LIMITS).map_err(|error| error.problem);
        prop_assert_eq!(checked, plain(&text).map(drop), "{}", text);
    }

    #[test]
    fn any_text_gives_a_value_or_an_error(text in ".{0,60}", is_tagged: bool) {
        let _ = read(text.as_bytes(), is_tagged, Vec::new(), LIMITS);
        let _ = read_call(text.as_bytes(), is_tagged, Vec::new(), LIMITS);
    }

    #[test]
    fn any_tagged_nonsense_gives_a_value_or_an_error(
        text in r#"(\["(list|dict|set|int|float|bytes|array|complex|handle|tuple)"|,|\]|1|"1"|"<f8"|\[1\]|\{\}){0,12}"#
    ) {
        let _ = read(text.as_bytes(), true, vec![Buffer::from(vec![0; 8])], LIMITS);
    }
}
