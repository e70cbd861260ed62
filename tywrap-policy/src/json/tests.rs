//! Tests of the whole reader.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::{JsonErrorKind as Kind, Keys, Limits, Value, check, parse};

const LIMITS: Limits = Limits { max_bytes: 1 << 20, max_depth: 64, max_string: 1 << 16, keys: Keys::Document };
const DATA: Limits = Limits { keys: Keys::Data, ..LIMITS };

fn kind(text: &str) -> Kind {
    match check(text, &LIMITS) {
        Ok(()) => panic!("accepted: {text}"),
        Err(error) => error.kind,
    }
}

#[test]
fn what_json_has_is_accepted() {
    for text in [
        "null",
        " true\n",
        "false",
        "0",
        "-0",
        "0.1e1",
        "1E+2",
        "-12.5e-3",
        "9007199254740991",
        "-9007199254740991",
        "1e308",
        "\"\\u0000\"",
        "\"\\ud83d\\ude00\"",
        "\"\u{2028}é\"",
        "[]",
        "[ ]",
        "{}",
        "[1,[2,{\"a\":[]}]]",
        "{\"a\":1,\"b\":{\"a\":2}}",
        "{\"toJSON\":\"x\"}",
        "{\"hasOwnProperty\":1,\"length\":-1}",
        "\"a\\/b\\b\\f\\n\\r\\t\\\"\\\\\"",
    ] {
        assert_eq!(check(text, &LIMITS), Ok(()), "{text}");
    }
}

#[test]
fn what_json_does_not_have_is_refused() {
    for (text, expected) in [
        ("", Kind::Ends),
        ("  ", Kind::Ends),
        ("\u{feff}{}", Kind::ByteOrderMark),
        ("{} {}", Kind::Trailing),
        ("nullx", Kind::Trailing),
        ("nul", Kind::Unexpected('n')),
        ("NaN", Kind::Unexpected('N')),
        ("Infinity", Kind::Unexpected('I')),
        ("-Infinity", Kind::Number),
        ("01", Kind::Number),
        ("-", Kind::Number),
        ("1.", Kind::Number),
        ("1e", Kind::Number),
        (".5", Kind::Unexpected('.')),
        ("+1", Kind::Unexpected('+')),
        ("0x10", Kind::Trailing),
        ("1e400", Kind::NotFinite),
        ("-1e99999999999999999999", Kind::NotFinite),
        ("9007199254740993", Kind::Integer),
        ("123456789012345678901234567890", Kind::Integer),
        ("{\"a\":1,}", Kind::Unexpected('}')),
        ("[1,]", Kind::Unexpected(']')),
        ("[,1]", Kind::Unexpected(',')),
        ("[1 2]", Kind::Unexpected('2')),
        ("[1}", Kind::Unexpected('}')),
        ("{\"a\"]", Kind::Unexpected(']')),
        ("{]", Kind::Unexpected(']')),
        ("{1:2}", Kind::Unexpected('1')),
        ("{'a':1}", Kind::Unexpected('\'')),
        ("{\"a\" 1}", Kind::Unexpected('1')),
        ("[1", Kind::Ends),
        ("{\"a\":", Kind::Ends),
        ("\"a", Kind::Ends),
        ("\"a\nb\"", Kind::Control('\n')),
        ("\"\\x41\"", Kind::Escape),
        ("\"\\u+123\"", Kind::Escape),
        ("\"\\u12\"", Kind::Escape),
        ("\"\\ud800\"", Kind::LoneSurrogate),
        ("\"\\udc00\"", Kind::LoneSurrogate),
        ("\"\\ud800\\ud800\"", Kind::LoneSurrogate),
        ("\"\\ud800\\n\"", Kind::LoneSurrogate),
        ("// c\n1", Kind::Unexpected('/')),
        ("{\"a\":1,\"b\":2,\"a\":3}", Kind::DuplicateKey("a".to_owned())),
        ("{\"a\":1,\"\\u0061\":3}", Kind::DuplicateKey("a".to_owned())),
        ("{\"__proto__\":{}}", Kind::SpecialKey("__proto__".to_owned())),
        ("{\"__pr\\u006fto__\":{}}", Kind::SpecialKey("__proto__".to_owned())),
        ("[{\"constructor\":1}]", Kind::SpecialKey("constructor".to_owned())),
        ("{\"prototype\":1}", Kind::SpecialKey("prototype".to_owned())),
    ] {
        assert_eq!(kind(text), expected, "{text}");
    }
}

#[test]
fn data_may_have_any_key_but_the_prototype() {
    assert_eq!(check("{\"constructor\":{\"prototype\":{\"x\":1}}}", &DATA), Ok(()));
    assert_eq!(check("{\"__proto__\":1}", &DATA).unwrap_err().kind, Kind::SpecialKey("__proto__".to_owned()));
}

#[test]
fn limits_hold_at_their_edge() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(check(&nested(64), &LIMITS), Ok(()));
    assert_eq!(kind(&nested(65)), Kind::TooDeep { limit: 64 });
    // A million opening brackets are refused at the 65th, without recursion.
    assert_eq!(check(&"[".repeat(1 << 20), &LIMITS).unwrap_err().offset, 64);

    let long = |length: usize| format!("\"{}\"", "é".repeat(length / 2));
    assert_eq!(check(&long(1 << 16), &LIMITS), Ok(()));
    assert_eq!(kind(&long((1 << 16) + 2)), Kind::StringTooLong { limit: 1 << 16 });

    // The first byte of it that is too many: after the opening quote, and as many as there may be.
    assert_eq!(check(&format!("\"{}\"", "a".repeat((1 << 16) + 9)), &LIMITS).unwrap_err().offset, (1 << 16) + 2);

    let array = |bytes: usize| format!("[{}1]", " ".repeat(bytes - 3));
    assert_eq!(check(&array(1 << 20), &LIMITS), Ok(()));
    assert_eq!(kind(&array((1 << 20) + 1)), Kind::TooLarge { limit: 1 << 20 });
}

#[test]
fn large_objects_are_checked_for_duplicates_too() {
    let entries = |last: &str| {
        format!("{{{},\"{last}\":0}}", (0..50).map(|n| format!("\"k{n}\":{n}")).collect::<Vec<_>>().join(","))
    };
    assert_eq!(check(&entries("k50"), &LIMITS), Ok(()));
    assert_eq!(kind(&entries("k3")), Kind::DuplicateKey("k3".to_owned()));
    // Those of an object within are its own, and do not outlast it.
    let within = |n: usize, last: &str| format!("{{\"a\":{},\"k0\":{},\"{last}\":0}}", entries("x"), n);
    assert_eq!(check(&within(0, "k1"), &LIMITS), Ok(()));
    assert_eq!(kind(&within(0, "a")), Kind::DuplicateKey("a".to_owned()));
    assert_eq!(check("{\"a\":{\"a\":{\"b\":1},\"b\":{\"a\":2}},\"b\":[{\"a\":1},{\"a\":1}]}", &LIMITS), Ok(()));
    assert_eq!(kind("{\"a\":{\"b\":1,\"c\":2},\"b\":{},\"a\":3}"), Kind::DuplicateKey("a".to_owned()));
}

#[test]
fn trees_keep_order_and_the_kind_of_numbers() {
    let value = parse("{\"b\":[1,1.0,0,-0],\"a\":\"\\u00e9\"}", &LIMITS).unwrap();
    let numbers = Value::Array(vec![Value::Integer(1), Value::Float(1.0), Value::Integer(0), Value::Float(-0.0)]);
    assert_eq!(value.get("b"), Some(&numbers));
    let entries = vec![("b".to_owned(), numbers), ("a".to_owned(), Value::String("é".to_owned()))];
    assert_eq!(value, Value::Object(entries));
}

fn document() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        (-(1_i64 << 53) + 1..1_i64 << 53).prop_map(serde_json::Value::from),
        any::<f64>().prop_filter("finite", |float| float.is_finite()).prop_map(serde_json::Value::from),
        any::<String>().prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::from),
            proptest::collection::hash_map("[a-z\\u{0}-\\u{ff}]{0,6}", inner, 0..5)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn same(ours: &Value, theirs: &serde_json::Value) -> bool {
    match (ours, theirs) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Bool(a), serde_json::Value::Bool(b)) => a == b,
        (Value::Integer(a), serde_json::Value::Number(b)) => b.as_i64() == Some(*a),
        (Value::Float(a), serde_json::Value::Number(b)) => b.as_f64().map(f64::to_bits) == Some(a.to_bits()),
        (Value::String(a), serde_json::Value::String(b)) => a == b,
        (Value::Array(a), serde_json::Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), serde_json::Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => false,
    }
}

proptest! {
    #[test]
    fn any_document_reads_as_serde_json_reads_it(document in document(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) }.unwrap();
        let value = parse(&text, &LIMITS).unwrap();
        prop_assert!(same(&value, &document), "{}", text);
    }

    #[test]
    fn what_is_accepted_is_json_to_serde_json_too(text in r#"[\[\]{}:," \\u0-9aeE.\-+truefalsn]{0,24}"#) {
        if check(&text, &LIMITS).is_ok() {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
        } else if let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) {
            // Stricter only where it says so; within this alphabet: large integers and duplicate keys.
            let stricter = matches!(check(&text, &LIMITS).unwrap_err().kind, Kind::Integer | Kind::DuplicateKey(_));
            prop_assert!(stricter, "{}", value);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = check(&text, &LIMITS);
    }
}
