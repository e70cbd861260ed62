#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod rows;

use tywrap_policy::Code;

use super::bind;
use super::bind::Arguments;
use crate::grants::{
    Callable, CallableKind, Field, Integers, Literal, Module, Param, ParamKind, Schema, SchemaId, Signature,
};
use crate::value::{BigInt, Column, DataFrame, Dtype, Handle, NdArray, Series, Value};

const SCHEMAS: &[Schema] = &[
    Schema::Any,                                                                   // 0
    Schema::Never,                                                                 // 1
    Schema::None,                                                                  // 2
    Schema::Bool,                                                                  // 3
    Schema::Int,                                                                   // 4
    Schema::Float,                                                                 // 5
    Schema::Complex,                                                               // 6
    Schema::Str,                                                                   // 7
    Schema::Bytes,                                                                 // 8
    Schema::Literal(&[Literal::Str("r"), Literal::Int("2"), Literal::Bool(true)]), // 9
    Schema::Union(&[5, 2]),                                                        // 10: float | None
    Schema::List(5),                                                               // 11
    Schema::Sequence(5),                                                           // 12
    Schema::Iterable(7),                                                           // 13
    Schema::Tuple(&[4, 5]),                                                        // 14
    Schema::TupleOf(4),                                                            // 15
    Schema::Set(4),                                                                // 16
    Schema::Dict(7, 5),                                                            // 17
    Schema::Record(&[Field { name: "a", schema: 4, required: true }, Field { name: "b", schema: 5, required: false }]), // 18
    Schema::ArrayLike(b"f"),                       // 19
    Schema::Array(b"if"),                          // 20
    Schema::Handle("collections:Counter"),         // 21
    Schema::Union(&[15, 11]),                      // 22: tuple[int, ...] | list[float]
    Schema::Union(&[4, 5]),                        // 23: int | float
    Schema::Union(&[24, 7]),                       // 24: itself | str
    Schema::Union(&[26, 27, 28, 5]),               // 25: nested lists, three ways
    Schema::List(25),                              // 26
    Schema::Sequence(25),                          // 27
    Schema::Iterable(25),                          // 28
    Schema::List(14),                              // 29: list[tuple[int, float]]
    Schema::Handle("pandas.core.frame:DataFrame"), // 30
    Schema::Handle("pandas.core.series:Series"),   // 31
    Schema::Handle("pandas.core.generic:NDFrame"), // 32
];

const fn param(name: &'static str, kind: ParamKind, optional: bool, schema: SchemaId) -> Param {
    Param { name, kind, optional, schema }
}

/// `(value)`, one signature for each schema: signature and callable `n` have schema `n`.
const fn single(schema: SchemaId) -> Param {
    param("value", ParamKind::PosOrKw, false, schema)
}

const PARAMS: &[Param] = &{
    use ParamKind::{KwOnly, PosOnly, PosOrKw, VarKw, VarPos};
    [
        // 0: (a, /, b: float = …, *, c: str = …)
        param("a", PosOnly, false, 4),
        param("b", PosOrKw, true, 5),
        param("c", KwOnly, true, 7),
        // 3: (a=…, b=…, /)
        param("a", PosOnly, true, 4),
        param("b", PosOnly, true, 4),
        // 5: (a=…, *rest: float, **extra: int)
        param("a", PosOrKw, true, 4),
        param("rest", VarPos, true, 5),
        param("extra", VarKw, true, 4),
        // 8: (*, key) required
        param("key", KwOnly, false, 4),
        // 9: (x: int, y: int), (x: str, y: int)
        param("x", PosOrKw, false, 4),
        param("y", PosOrKw, false, 4),
        param("x", PosOrKw, false, 7),
        param("y", PosOrKw, false, 4),
        // 13: (x: float)
        param("x", PosOrKw, false, 5),
        // 14: (x: int)
        param("x", PosOrKw, false, 4),
        // 15: one for each schema
        single(0),
        single(1),
        single(2),
        single(3),
        single(4),
        single(5),
        single(6),
        single(7),
        single(8),
        single(9),
        single(10),
        single(11),
        single(12),
        single(13),
        single(14),
        single(15),
        single(16),
        single(17),
        single(18),
        single(19),
        single(20),
        single(21),
        single(22),
        single(23),
        single(24),
        single(25),
        single(26),
        single(27),
        single(28),
        single(29),
        single(30),
        single(31),
        single(32),
        single(999),
    ]
};

const fn signature(first: u32, count: u32) -> Signature {
    Signature { first, count }
}

static MODULE: Module = Module {
    name: "m",
    package: "test",
    digest: "00",
    policy_digest: "00",
    classes: &[],
    callables: &[],
    signatures: &[
        signature(0, 3),
        signature(3, 2),
        signature(5, 3),
        signature(8, 1),
        signature(9, 2),
        signature(11, 2),
        signature(13, 1),
        signature(14, 1),
        signature(u32::MAX, 9),
    ],
    params: PARAMS,
    schemas: SCHEMAS,
};

static CALLABLES: &[Callable] = &{
    use CallableKind::{Attribute, Function};
    [
        Callable { path: "f", kind: Function, signatures: &[0], integers: Integers::Number, result: None },
        Callable { path: "positional", kind: Function, signatures: &[1], integers: Integers::Number, result: None },
        Callable { path: "variadic", kind: Function, signatures: &[2], integers: Integers::Number, result: None },
        Callable { path: "keyword", kind: Function, signatures: &[3], integers: Integers::Number, result: None },
        Callable { path: "overloaded", kind: Function, signatures: &[4, 5], integers: Integers::Number, result: None },
        Callable { path: "number", kind: Function, signatures: &[6, 7], integers: Integers::Number, result: None },
        Callable { path: "constant", kind: Attribute, signatures: &[], integers: Integers::Number, result: None },
        Callable { path: "none", kind: Function, signatures: &[], integers: Integers::Number, result: None },
        Callable { path: "broken", kind: Function, signatures: &[8, 77], integers: Integers::Number, result: None },
    ]
};

fn call(path: &str, args: Vec<Value>, kwargs: &[(&str, Value)]) -> Result<Arguments, String> {
    let callable = CALLABLES.iter().find(|callable| callable.path == path).unwrap();
    let kwargs = kwargs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    bind(&MODULE, callable, args, kwargs).map_err(|refused| format!("{}: {}", refused.code, refused.message))
}

#[test]
fn calls_are_bound_like_python_binds_them() {
    use Value::{Float, Int, Omitted};
    type Case<'a> = (&'a str, Vec<Value>, &'a [(&'a str, Value)], Vec<Value>, &'a [(&'a str, Value)]);
    let cases: Vec<Case<'_>> = vec![
        ("f", vec![Int(1)], &[], vec![Int(1)], &[]),
        ("f", vec![Int(1), Int(2)], &[], vec![Int(1), Float(2.0)], &[]),
        ("f", vec![Int(1), Omitted, Omitted], &[], vec![Int(1)], &[]),
        ("f", vec![Int(1), Omitted], &[("b", Int(2))], vec![Int(1)], &[("b", Float(2.0))]),
        ("variadic", vec![], &[("a", Int(1)), ("z", Int(2))], vec![], &[("a", Int(1)), ("z", Int(2))]),
        ("variadic", vec![Int(1), Int(2), Int(3)], &[], vec![Int(1), Float(2.0), Float(3.0)], &[]),
        ("variadic", vec![Omitted], &[("rest", Int(1))], vec![], &[("rest", Int(1))]),
        ("keyword", vec![], &[("key", Int(1))], vec![], &[("key", Int(1))]),
        ("overloaded", vec!["a".into(), Int(1)], &[], vec!["a".into(), Int(1)], &[]),
        ("overloaded", vec![Int(1)], &[("y", Int(1))], vec![Int(1)], &[("y", Int(1))]),
        // Both overloads take it, and the second as it is.
        ("number", vec![Int(3)], &[], vec![Int(3)], &[]),
        ("number", vec![Float(3.5)], &[], vec![Float(3.5)], &[]),
        ("constant", vec![], &[], vec![], &[]),
    ];
    for (path, args, kwargs, bound_args, bound_kwargs) in cases {
        let bound_kwargs = bound_kwargs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        assert_eq!(call(path, args.clone(), kwargs), Ok((bound_args, bound_kwargs)), "{path} {args:?} {kwargs:?}");
    }
    // A hole in the middle: what stands behind it goes by keyword.
    static HOLE: Callable = Callable {
        path: "hole",
        kind: CallableKind::Function,
        signatures: &[0],
        integers: Integers::Number,
        result: None,
    };
    static OPTIONAL: Module = Module {
        params: &[
            param("a", ParamKind::PosOnly, true, 0),
            param("b", ParamKind::PosOrKw, true, 0),
            param("c", ParamKind::PosOrKw, true, 15),
        ],
        signatures: &[signature(0, 3)],
        ..MODULE_PARTS
    };
    let bound = bind(&OPTIONAL, &HOLE, vec![Int(1), Omitted, vec![Int(2)].into()], vec![]).unwrap();
    assert_eq!(bound, (vec![Int(1)], vec![("c".into(), Value::Tuple(vec![Int(2)]))]));
}

const MODULE_PARTS: Module = Module {
    name: "m",
    package: "test",
    digest: "00",
    policy_digest: "00",
    classes: &[],
    callables: &[],
    signatures: &[],
    params: &[],
    schemas: SCHEMAS,
};

#[test]
fn calls_that_do_not_bind_say_why() {
    use Value::{Int, Omitted};
    type Case<'a> = (&'a str, Vec<Value>, &'a [(&'a str, Value)], &'a str);
    let text = [("z", Value::from("x"))];
    let cases: Vec<Case<'_>> = vec![
        ("f", vec![], &[], "call-arity: `m.f` needs the argument `a`: int"),
        ("f", vec![Omitted], &[], "call-arity: `m.f` needs the argument `a`: int"),
        ("f", vec![Int(1), Int(2), Int(3)], &[], "call-arity: `m.f` takes at most 2 positional arguments, got 3"),
        ("f", vec![], &[("a", Int(1))], "call-keyword: `m.f` takes `a` by position only"),
        ("f", vec![Int(1)], &[("d", Int(1))], "call-keyword: `m.f` has no keyword \"d\"; its keywords are `b`, `c`"),
        ("f", vec![Int(1), Int(1)], &[("b", Int(1))], "call-keyword: `m.f` got `b` both by position and by keyword"),
        ("f", vec!["1".into()], &[], "call-type: `m.f` expected `a` to be int, got str \"1\""),
        ("f", vec![Int(1)], &[("c", Value::None)], "call-type: `m.f` expected `c` to be str, got None"),
        (
            "positional",
            vec![Omitted, Int(1)],
            &[],
            "call-arity: `m.positional` cannot omit `a` and pass `b`, which has no keyword; pass both or neither",
        ),
        (
            "positional",
            vec![],
            &[("q", Int(1))],
            "call-keyword: `m.positional` has no keyword \"q\"; it takes no keywords",
        ),
        (
            "variadic",
            vec![Omitted, Int(1)],
            &[],
            "call-arity: `m.variadic` cannot omit `a` and pass more positional arguments; pass it by keyword",
        ),
        (
            "variadic",
            vec![Int(1), Omitted, Int(1)],
            &[],
            "call-arity: `m.variadic` cannot omit one of its variadic arguments; leave it out of the call",
        ),
        (
            "variadic",
            vec![Int(1), "x".into()],
            &[],
            "call-type: `m.variadic` expected `rest` to be float, got str \"x\"",
        ),
        ("variadic", vec![], &text, "call-type: `m.variadic` expected `extra` to be int, got str \"x\" (as `z`)"),
        ("keyword", vec![], &[], "call-arity: `m.keyword` needs the argument `key`: int"),
        ("keyword", vec![Int(1)], &[], "call-arity: `m.keyword` takes at most 0 positional arguments, got 1"),
        (
            "keyword",
            vec![],
            &[("kez", Int(1))],
            "call-keyword: `m.keyword` has no keyword \"kez\"; did you mean `key`?",
        ),
        (
            "overloaded",
            vec!["a".into(), "b".into()],
            &[],
            "call-type: `m.overloaded` expected `y` to be int, got str \"b\" (the nearest of 2 signatures)",
        ),
        ("constant", vec![Int(1)], &[], "call-arity: `m.constant` is a value; it is read without arguments"),
        ("constant", vec![], &[("a", Int(1))], "call-arity: `m.constant` is a value; it is read without arguments"),
        ("none", vec![], &[], "call-unknown: `m.none` has no signature that could be called"),
        (
            "broken",
            vec![Int(1)],
            &[],
            "call-arity: `m.broken` takes at most 0 positional arguments, got 1 (the nearest of 2 signatures)",
        ),
    ];
    for (path, args, kwargs, message) in cases {
        assert_eq!(call(path, args.clone(), kwargs).unwrap_err(), message, "{path} {args:?} {kwargs:?}");
    }
}

/// Binds one argument against one schema: what is sent, or the message.
fn one(schema: SchemaId, value: Value) -> Result<Value, String> {
    let position = PARAMS.iter().rposition(|param| param.name == "value" && param.schema == schema).unwrap();
    let signatures: &'static [Signature] = Box::leak(Box::new([signature(position as u32, 1)]));
    let module: &'static Module = Box::leak(Box::new(Module { signatures, params: PARAMS, ..MODULE_PARTS }));
    static CALLABLE: Callable = Callable {
        path: "f",
        kind: CallableKind::Function,
        signatures: &[0],
        integers: Integers::Number,
        result: None,
    };
    let (mut args, _) = bind(module, &CALLABLE, vec![value], vec![]).map_err(|refused| {
        assert_eq!(refused.code, Code::CallType);
        refused.message.trim_start_matches("`m.f` expected ").to_owned()
    })?;
    Ok(args.remove(0))
}

fn array(dtype: &str, shape: &[usize]) -> Value {
    let dtype = Dtype::new(dtype).unwrap();
    let length = shape.iter().product::<usize>() * dtype.item_size();
    NdArray::new(dtype, shape, vec![0; length]).unwrap().into()
}

#[test]
fn values_fit_their_schemas() {
    use Value::{Bool, Float, Int, List, None, Set, Tuple};
    let big = Value::from(BigInt::new("100000000000000000000").unwrap());
    let handle = Value::Handle(Handle { id: 1, class: "a:B".into() });
    let dict = |items: &[(&str, Value)]| Value::Dict(items.iter().map(|(k, v)| ((*k).into(), v.clone())).collect());
    let same: Vec<(SchemaId, Value)> = vec![
        (0, None),
        (0, List(vec![Int(1)])),
        (2, None),
        (3, Bool(true)),
        (4, Int(1)),
        (4, Bool(true)),
        (4, big.clone()),
        (5, Float(f64::NAN)),
        (6, Int(1)),
        (6, Value::Complex(1.0, 2.0)),
        (7, "x".into()),
        (8, Value::from(b"x".as_slice())),
        (9, "r".into()),
        (9, Int(2)),
        (9, Bool(true)),
        (10, None),
        (11, List(vec![])),
        (12, Tuple(vec![Float(1.0)])),
        (12, array("<f8", &[3])),
        (12, array("<i4", &[3])),
        (13, "abc".into()),
        (13, List(vec!["a".into()])),
        (13, Set(vec!["a".into()])),
        (13, dict(&[("a", Int(1))])),
        (14, Tuple(vec![Int(1), Float(2.0)])),
        (16, Value::FrozenSet(vec![Int(1)])),
        (17, dict(&[("a", Float(1.0))])),
        (18, dict(&[("a", Int(1))])),
        (19, array("<f4", &[2, 2])),
        (19, List(vec![List(vec![Int(1), Float(2.0)]), List(vec![Bool(true)])])),
        (19, Int(1)),
        (20, array("<i8", &[])),
        (21, handle.clone()),
        (17, handle.clone()),
        (19, handle.clone()),
        (22, List(vec![Float(1.5)])),
        (23, Int(1)),
        (24, "x".into()),
    ];
    for (schema, value) in same {
        let got = one(schema, value.clone());
        assert_eq!(format!("{got:?}"), format!("{:?}", Ok::<_, String>(value)), "schema {schema}");
    }
    let converted: Vec<(SchemaId, Value, Value)> = vec![
        (5, Int(3), Float(3.0)),
        (5, big, Float(1e20)),
        (10, Int(3), Float(3.0)),
        (11, List(vec![Int(1), Float(2.0)]), List(vec![Float(1.0), Float(2.0)])),
        (14, List(vec![Int(1), Int(2)]), Tuple(vec![Int(1), Float(2.0)])),
        (15, List(vec![Int(1)]), Tuple(vec![Int(1)])),
        (17, dict(&[("a", Int(1))]), dict(&[("a", Float(1.0))])),
        (18, dict(&[("a", Int(1)), ("b", Int(2))]), dict(&[("a", Int(1)), ("b", Float(2.0))])),
        (29, List(vec![List(vec![Int(1), Int(2)])]), List(vec![Tuple(vec![Int(1), Float(2.0)])])),
        // Neither takes it as it is; the tuple stands first.
        (22, List(vec![Int(1)]), Tuple(vec![Int(1)])),
    ];
    for (schema, value, sent) in converted {
        assert_eq!(one(schema, value), Ok(sent), "schema {schema}");
    }
}

#[test]
fn values_that_do_not_fit_are_described() {
    use Value::{Bool, Float, Int, List, None, Set, Tuple};
    let dict = |items: &[(&str, Value)]| Value::Dict(items.iter().map(|(k, v)| ((*k).into(), v.clone())).collect());
    let huge = Value::from(BigInt::new(&"9".repeat(400)).unwrap());
    let cases: Vec<(SchemaId, Value, &str)> = vec![
        (1, None, "`value` to be Never, got None"),
        (2, Int(0), "`value` to be None, got int 0"),
        (3, Int(0), "`value` to be bool, got int 0"),
        (4, Float(1.0), "`value` to be int, got float"),
        (5, huge, "`value` to be float, got int"),
        (7, Value::from(b"x".as_slice()), "`value` to be str, got bytes"),
        (9, "x".into(), "`value` to be \"r\" | 2 | True, got str \"x\""),
        (9, Int(1), "`value` to be \"r\" | 2 | True, got int 1"),
        (10, Bool(true), ""),
        (10, "x".into(), "`value` to be float | None, got str \"x\""),
        (11, Tuple(vec![]), "`value` to be list[float], got tuple"),
        (11, List(vec![Int(1), "x".into()]), "`value` at [1] to be float, got str \"x\""),
        (12, "abc".into(), "`value` to be Sequence[float], got str \"abc\""),
        (12, array("<c16", &[3]), "`value` to be Sequence[float], got numpy.ndarray of <c16"),
        (12, array("<f8", &[2, 2]), "`value` to be Sequence[float], got numpy.ndarray of <f8"),
        (13, Int(1), "`value` to be Iterable[str], got int 1"),
        (14, List(vec![Int(1)]), "`value` to be tuple[int, float], got list"),
        (14, List(vec![Int(1), None]), "`value` at [1] to be float, got None"),
        (15, List(vec!["a".into()]), "`value` at [0] to be int, got str \"a\""),
        (16, List(vec![]), "`value` to be set[int], got list"),
        (16, Set(vec!["a".into()]), "`value` to be set[int], got set"),
        (17, dict(&[("a", "x".into())]), "`value` at [\"a\"] to be float, got str \"x\""),
        (18, dict(&[]), "`value` to be {a: int, b?: float}, got dict"),
        (18, dict(&[("a", Int(1)), ("c", Int(1))]), "`value` to be {a: int, b?: float}, got dict"),
        (19, array("<c16", &[1]), "`value` to be ArrayLike[float], got numpy.ndarray of <c16"),
        (19, "x".into(), "`value` to be ArrayLike[float], got str \"x\""),
        (20, List(vec![]), "`value` to be numpy.ndarray[int | float], got list"),
        (21, dict(&[]), "`value` to be collections:Counter, got dict"),
        (24, Int(1), ""),
        (999, Int(1), "`value` to be Never, got int 1"),
    ];
    for (schema, value, message) in cases {
        match message {
            // What these say is of no interest; that they end is.
            "" => drop(one(schema, value)),
            _ => assert_eq!(one(schema, value).unwrap_err(), message, "schema {schema}"),
        }
    }
}

#[test]
fn tables_fit_the_classes_that_they_are() {
    let column: Value = Column::new("Int64", vec![1.into()]).unwrap().into();
    let frame: Value = DataFrame::new(vec![("a".into(), column.clone())], None).unwrap().into();
    let series: Value = Series::new(column.clone(), None, Value::None).unwrap().into();
    for (schema, value) in [(0, &frame), (30, &frame), (32, &frame), (0, &series), (19, &series), (31, &series)] {
        assert_eq!(one(schema, value.clone()), Ok(value.clone()), "schema {schema}");
    }
    for (schema, value, message) in [
        (31, &frame, "`value` to be pandas.core.series:Series, got pandas.DataFrame"),
        (30, &series, "`value` to be pandas.core.frame:DataFrame, got pandas.Series"),
        (21, &frame, "`value` to be collections:Counter, got pandas.DataFrame"),
        (17, &frame, "`value` to be dict[str, float], got pandas.DataFrame"),
        (19, &frame, "`value` to be ArrayLike[float], got pandas.DataFrame"),
        (20, &series, "`value` to be numpy.ndarray[int | float], got pandas.Series"),
        (12, &series, "`value` to be Sequence[float], got pandas.Series"),
        (0, &column, "`value` to be Any, got a column of a table"),
        (30, &column, "`value` to be pandas.core.frame:DataFrame, got a column of a table"),
    ] {
        assert_eq!(one(schema, value.clone()).unwrap_err(), message, "schema {schema}");
    }
}

#[test]
fn a_check_that_would_take_for_ever_is_given_up() {
    let mut value = Value::from("no float");
    for _ in 0..60 {
        value = Value::List(vec![value]);
    }
    let started = std::time::Instant::now();
    let message = one(25, value).unwrap_err();
    assert_eq!(message, "the arguments of `m.f` are too many to be checked against its types");
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
