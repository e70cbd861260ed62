//! Rows are bound as the lists that they are.

use proptest::prelude::*;

use super::super::{bind, returned};
use super::{signature, single};
use crate::grants::{Callable, CallableKind, Field, Integers, Literal, Module, Param, Schema, SchemaId, Signature};
use crate::value::{Callback, Cells, Returns, Rows, Value};

const SCHEMAS: [Schema; 44] = [
    Schema::Any,                                                             // 0
    Schema::Int,                                                             // 1
    Schema::Float,                                                           // 2
    Schema::Str,                                                             // 3
    Schema::Bool,                                                            // 4
    Schema::None,                                                            // 5
    Schema::Literal(&[Literal::Int("1"), Literal::Str("x"), Literal::None]), // 6
    Schema::Union(&[2, 5]),                                                  // 7: float | None
    Schema::Union(&[6, 2]),                                                  // 8: Literal | float
    Schema::Union(&[1, 2, 3]),                                               // 9: int | float | str
    Schema::Dict(3, 0),                                                      // 10: dict[str, Any]
    Schema::Dict(3, 1),                                                      // 11: dict[str, int]
    Schema::Dict(3, 2),                                                      // 12: dict[str, float]
    Schema::Dict(3, 6),                                                      // 13: dict[str, Literal]
    Schema::Dict(3, 7),                                                      // 14: dict[str, float | None]
    Schema::Dict(3, 8),                                                      // 15
    Schema::Dict(3, 9),                                                      // 16
    Schema::Dict(18, 0),                                                     // 17: dict[Literal["a", "b"], Any]
    Schema::Literal(&[Literal::Str("a"), Literal::Str("b")]),                // 18
    Schema::Dict(1, 0),                                                      // 19: dict[int, Any]
    Schema::Record(&[
        Field { name: "a", schema: 2, required: true },
        Field { name: "b", schema: 7, required: false },
        Field { name: "c", schema: 0, required: false },
    ]), // 20
    Schema::Union(&[11, 12]),                                                // 21
    Schema::Union(&[20, 10]),                                                // 22
    Schema::Union(&[21, 5]),                                                 // 23
    Schema::Handle("builtins:dict"),                                         // 24
    Schema::List(0),                                                         // 25
    Schema::TupleOf(12),                                                     // 26
    Schema::Tuple(&[12, 0]),                                                 // 27
    Schema::Set(0),                                                          // 28
    Schema::ArrayLike(b"f"),                                                 // 29
    Schema::Union(&[3, 32]),                                                 // 30: str | list[dict[str, float]]
    Schema::Union(&[33, 32]),                                                // 31
    Schema::List(12),                                                        // 32
    Schema::Sequence(11),                                                    // 33
    Schema::Union(&[26, 33]),                // 34: a tuple, or a list that fits as it is
    Schema::NamedTuple("m:Pair", &[10, 12]), // 35
    Schema::Dict(3, 32),                     // 36: rows in a dict
    Schema::Function { returns: 1, asynchronous: false, integers: Integers::Either }, // 37
    Schema::Dict(3, 37),                     // 38: dict[str, Callable]
    Schema::Never,                           // 39
    Schema::Dict(3, 29),                     // 40
    Schema::Dict(3, 4),                      // 41
    Schema::Dict(3, 26),                     // 42
    Schema::Union(&[24, 10]),                // 43: what is none of the host's, or dict[str, Any]
];

/// Schemas by themselves, and as what the items of a list, a sequence and anything iterable are.
const ALL: usize = SCHEMAS.len() * 4;

fn schema(at: usize) -> Schema {
    let item = (at / 4) as SchemaId;
    match at % 4 {
        0 => Schema::Union(Box::leak(Box::new([item]))),
        1 => Schema::List(item),
        2 => Schema::Sequence(item),
        _ => Schema::Iterable(item),
    }
}

static CALLABLE: Callable =
    Callable { path: "f", kind: CallableKind::Function, signatures: &[0, 1], integers: Integers::Number, result: None };

/// What has two overloads, of these schemas.
fn module(one: usize, other: usize) -> &'static Module {
    let mut schemas = Vec::from(SCHEMAS);
    schemas.extend([schema(one), schema(other)]);
    let schemas = Box::leak(schemas.into_boxed_slice());
    let [one, other] = [SCHEMAS.len() as SchemaId, SCHEMAS.len() as SchemaId + 1];
    let params: &'static [Param] = Box::leak(Box::new([single(one), single(other)]));
    static SIGNATURES: [Signature; 2] = [signature(0, 1), signature(1, 1)];
    Box::leak(Box::new(Module { signatures: &SIGNATURES, params, schemas, ..super::MODULE }))
}

/// A column in both forms.
fn column(count: usize) -> impl Strategy<Value = (Cells, Vec<Value>)> {
    let bytes = |numbers: &[f64]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>().into();
    let number = prop_oneof![
        2 => (-3..3i64).prop_map(|int| (int as f64, Value::Int(int))),
        1 => prop_oneof![Just(-0.0), Just(f64::NAN), Just(0.5), Just(1e300)].prop_map(|float| (float, Value::Float(float))),
    ];
    let value = prop_oneof![
        Just(Value::None),
        Just(Value::Int(1)),
        Just(Value::Float(1.5)),
        Just(Value::from("x")),
        Just(Value::List(vec![])),
        Just(Value::List(vec![Value::Dict(vec![("k".into(), 1.into())])])),
        Just(Value::Callback(Callback::new(7))),
        Just(Value::Tuple(vec![])),
    ];
    prop_oneof![
        prop::collection::vec(number, count).prop_map(move |numbers| {
            let (floats, values): (Vec<f64>, Vec<Value>) = numbers.into_iter().unzip();
            (Cells::numbers(bytes(&floats)), values)
        }),
        prop::collection::vec(-2..2i64, count).prop_map(move |ints| {
            let floats: Vec<f64> = ints.iter().map(|&int| int as f64).collect();
            (Cells::Ints(bytes(&floats)), ints.into_iter().map(Value::Int).collect())
        }),
        prop::collection::vec(-2..2i64, count).prop_map(move |ints| {
            let floats: Vec<f64> = ints.iter().map(|&int| int as f64).collect();
            (Cells::Floats(bytes(&floats)), floats.into_iter().map(Value::Float).collect())
        }),
        prop::collection::vec(any::<bool>(), count).prop_map(|bools| {
            let bytes: Vec<u8> = bools.iter().map(|&bool| bool.into()).collect();
            (Cells::Bools(bytes.into()), bools.into_iter().map(Value::Bool).collect())
        }),
        (value.clone(), Just(count)).prop_map(|(value, count)| {
            let values = vec![value; count];
            (Cells::Values(values.clone()), values)
        }),
        prop::collection::vec(value, count).prop_map(|values| (Cells::Values(values.clone()), values)),
    ]
}

/// Rows, and the list that they are.
fn both() -> impl Strategy<Value = (Value, Value)> {
    let keys = prop::sample::subsequence(vec!["a", "b", "c", "d"], 1..=3);
    (1..4usize, keys).prop_flat_map(|(count, keys)| {
        prop::collection::vec(column(count), keys.len()).prop_map(move |columns| {
            let list = (0..count).map(|row| {
                Value::Dict(
                    keys.iter().zip(&columns).map(|(&key, (_, values))| (key.into(), values[row].clone())).collect(),
                )
            });
            let list = Value::List(list.collect());
            let cells = columns.into_iter().map(|(cells, _)| cells).collect();
            let rows = Rows::new(count, keys.iter().map(|&key| key.into()).collect(), cells);
            (Value::Rows(Box::new(rows)), list)
        })
    })
}

/// What comes of a value, written as a list where it is rows.
fn shown<E: std::fmt::Debug>(result: Result<Value, E>) -> String {
    let result = result.map(|mut value| {
        value.expand_rows();
        value
    });
    format!("{result:?}")
}

fn bound(module: &'static Module, value: Value) -> String {
    shown(bind(module, &CALLABLE, vec![value], vec![]).map(|(mut args, _)| args.remove(0)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn rows_are_bound_as_lists_are((rows, list) in both(), one in 0..ALL, other in 0..ALL, in_dict: bool) {
        let module = module(one, other);
        let within = |value: Value| if in_dict { Value::Dict(vec![("r".into(), value)]) } else { value };
        let expected = bound(module, within(list.clone()));
        prop_assert_eq!(bound(module, within(rows.clone())), expected, "{:?} {:?}", schema(one), schema(other));
        let returns = [one, other].map(|at| Returns { module, schema: SCHEMAS.len() as SchemaId + SchemaId::from(at == other) });
        prop_assert_eq!(shown(returned(&returns, rows)), shown(returned(&returns, list)));
    }
}

fn numbers(numbers: [f64; 2]) -> Cells {
    Cells::numbers(numbers.map(f64::to_le_bytes).concat().into())
}

fn rows(a: Cells, b: Cells) -> Value {
    Value::Rows(Box::new(Rows::new(2, vec!["a".into(), "b".into()], vec![a, b])))
}

/// The common cases stay what they are.
#[test]
fn rows_that_columns_decide_about_are_not_taken_apart() {
    let texts = || Cells::Values(vec!["x".into(), Value::None]);
    let list = |item: usize| item * 4 + 1;
    // `dict[str, Any]`, `dict[str, float | None]`, the record, unions of dicts, and one with a tuple.
    for (schema, a, b, converted) in [
        (list(10), numbers([1.0, 2.0]), texts(), false),
        (list(16), numbers([1.0, 2.5]), numbers([1.0, 2.0]), false),
        (list(14), numbers([1.0, 2.5]), numbers([0.5, 2.5]), true),
        (list(20), numbers([1.0, 2.0]), Cells::Values(vec![Value::None; 2]), true),
        (list(22), numbers([1.5, 2.5]), texts(), false),
        (list(43), numbers([1.0, 2.0]), texts(), false),
        (34 * 4, numbers([1.0, 2.0]), numbers([1.0, 2.0]), false),
    ] {
        let (args, _) = bind(module(schema, schema), &CALLABLE, vec![rows(a.clone(), b.clone())], vec![]).unwrap();
        let Value::Rows(got) = &args[0] else { unreachable!("{schema}: {:?}", args[0]) };
        assert_eq!(args[0] != rows(a.clone(), b), converted, "{schema}");
        let is_float = |cells: Option<&Cells>| matches!(cells, Some(Cells::Floats(_)));
        assert_eq!(is_float(got.columns().next().map(|(_, cells)| cells)), converted || is_float(Some(&a)), "{schema}");
    }
}

/// Which of two overloads takes them may depend on their values.
#[test]
fn overloads_are_chosen_by_values() {
    for (a, chosen) in [([1.0, 1.0], true), ([1.0, 2.0], false)] {
        let module = module(13 * 4 + 1, 14 * 4 + 1);
        let bound = bound(module, rows(numbers(a), numbers([1.0, 1.0])));
        assert_eq!(bound.contains("Int(1)"), chosen, "{bound}");
    }
}
