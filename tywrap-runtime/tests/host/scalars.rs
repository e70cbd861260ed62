//! What goes by its text: into Python, out of it, as the object whose method is called, and where a text would not say everything.

use serde_json::json;
use tywrap_runtime::{
    Callable, CallableKind, Class, Integers, Module, Param, ParamKind, Scalar, ScalarClass, Schema, Signature, Value,
};

use crate::client::serve;
use crate::grants::{BUILTINS, host, host_of};

/// `evaluated` of [`BUILTINS`].
const EVALUATED: u32 = 13;

static DATETIME: Module = Module {
    name: "datetime",
    package: "host-tests",
    digest: "scalars",
    policy_digest: "",
    classes: &[
        Class { name: "datetime:date", path: Some("date"), bases: &[], members: &[] },
        Class { name: "datetime:datetime", path: Some("datetime"), bases: &[0], members: &[] },
    ],
    callables: &[
        method("datetime:date.weekday", 0),
        Callable { path: "datetime.combine", ..function("datetime:datetime", 1) },
    ],
    signatures: &[Signature { first: 0, count: 1 }, Signature { first: 1, count: 2 }],
    params: &[
        Param { name: "self", kind: ParamKind::PosOnly, optional: false, schema: 0 },
        Param { name: "date", kind: ParamKind::PosOrKw, optional: false, schema: 0 },
        Param { name: "time", kind: ParamKind::PosOrKw, optional: false, schema: 1 },
    ],
    schemas: &[Schema::Handle("datetime:date"), Schema::Handle("datetime:time"), Schema::Handle("datetime:timedelta")],
};

const fn function(result: &'static str, signature: u32) -> Callable {
    const SIGNATURES: [&[u32]; 2] = [&[0], &[1]];
    Callable {
        path: "",
        kind: CallableKind::Function,
        signatures: SIGNATURES[signature as usize],
        integers: Integers::Either,
        result: Some(result),
    }
}

const fn method(path: &'static str, signature: u32) -> Callable {
    Callable { path, kind: CallableKind::Method, ..function("builtins:int", signature) }
}

#[test]
fn a_date_is_an_argument_and_a_receiver_and_what_is_none_is_refused() {
    let fixture = host_of("", &[&DATETIME]);
    let (served, mut client) = serve(fixture.host);
    client.open(1, &DATETIME);
    let date = r#"["scalar","datetime:date","2026-11-28"]"#;
    let time = r#"["scalar","datetime:time","09:30:00+01:00"]"#;
    let moment = r#"["scalar","datetime:datetime","2026-11-28T09:30:00+01:00"]"#;
    let combined = client.call_tagged(1, 1, &format!("[{date},{time}]"), &[]);
    assert_eq!(combined.result().to_string(), moment);
    assert_eq!(client.call_tagged(1, 0, &format!("[{date}]"), &[]).result(), &json!(5));
    assert_eq!(client.call_tagged(1, 0, &format!("[{moment}]"), &[]).result(), &json!(5), "it inherits");
    let other = client.call_tagged(1, 1, &format!("[{time},{date}]"), &[]);
    assert_eq!(other.error().1, "call-type");
    assert!(other.error().2.contains("datetime:date"), "{other:?}");
    // A method is called on what it is granted of, and on nothing else.
    assert_eq!(client.call_tagged(1, 0, &format!("[{time}]"), &[]).error().1, "call-type");
    let wrong = client.call_tagged(1, 0, r#"[["scalar","datetime:date","2026-02-30"]]"#, &[]);
    assert_eq!(wrong.error().1, "json-refused");
    drop(client);
    served.end();
}

#[test]
fn rust_says_and_gets_them() {
    let fixture = host("");
    let scalar = |class, text| Value::Scalar(Scalar::new(class, text).unwrap());
    for value in [
        scalar(ScalarClass::DateTime, "2026-10-25T02:30:00+01:00[Europe/Berlin]"),
        scalar(ScalarClass::TimeDelta, "-86399999913600000000"),
        scalar(ScalarClass::Decimal, "sNaN123"),
        scalar(ScalarClass::Uuid, "12345678-1234-5678-9abc-def012345678"),
    ] {
        let same = fixture.host.call(&BUILTINS, "same", vec![value.clone()], Vec::new());
        assert_eq!(same.unwrap(), value);
    }
}

#[test]
fn what_a_text_would_not_say_stays_an_object() {
    let fixture = host("");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    let mut made = |expression: &str| {
        let expression = expression
            .replace("dt.", "__import__('datetime').")
            .replace("zi.", "__import__('zoneinfo').")
            .replace("dec.", "__import__('decimal').");
        client.call(1, EVALUATED, &json!([expression]).to_string()).result()[0].clone()
    };
    for scalar in ["dt.datetime(2026, 1, 1, fold=0)", "dec.Decimal(1)", "dt.time(1, tzinfo=dt.timezone.utc)"] {
        assert_eq!(made(scalar), "scalar", "the control: {scalar}");
    }
    for object in [
        "dt.datetime(2026, 1, 1, fold=1)",
        "dt.time(1, fold=1)",
        "dt.datetime(2026, 1, 1, tzinfo=zi.ZoneInfo('Europe/Berlin'), fold=1)",
        "dt.datetime(2026, 1, 1, tzinfo=zi.ZoneInfo.no_cache('Europe/Berlin'))",
        "dt.datetime(2026, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1), 'CET'))",
        "dt.datetime(2026, 1, 1, tzinfo=type('Zone', (dt.tzinfo,), {'utcoffset': lambda self, at: dt.timedelta(0)})())",
        "dt.time(1, tzinfo=zi.ZoneInfo('Europe/Berlin'))",
        "type('Day', (dt.date,), {})(2026, 1, 1)",
        "dec.Decimal('1' * 9000)",
        "__import__('fractions').Fraction(1, 3 ** 10000)",
        "type('UUID', (), {'__module__': 'uuid'})()",
    ] {
        assert_eq!(made(object), "handle", "{object}");
    }
    drop(client);
    served.end();
}

#[test]
fn a_moment_that_a_zone_does_not_have_is_python_s_to_refuse() {
    let fixture = host("");
    let at = |text: &str| {
        let value = Value::Scalar(Scalar::new(ScalarClass::DateTime, text).unwrap());
        fixture.host.call(&BUILTINS, "same", vec![value], Vec::new())
    };
    assert!(at("2026-07-01T12:00:00+02:00[Europe/Berlin]").is_ok(), "the control");
    let error = at("2026-07-01T12:00:00+01:00[Europe/Berlin]").unwrap_err();
    assert!(error.message().contains("has no offset of +01:00"), "{error}");
    let error = at("2026-07-01T12:00:00+01:00[Europe/Nowhere]").unwrap_err();
    assert_eq!(error.python().map(|python| python.type_name.as_str()), Some("zoneinfo._common.ZoneInfoNotFoundError"));
}
