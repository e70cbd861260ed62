//! Tables as arguments, and back, against a real pandas.

use serde_json::{Value as Json, json};
use tywrap_runtime::{CallErrorKind, Column, DataFrame, Module, NdArray, Series, Value};

use crate::client::{Client, Received, serve};
use crate::grants::{BUILTINS, function, host_in, module};
use crate::numpy::{TABLES, venv};

static TABLES_MODULE: Module = module(
    "tests_tables",
    "d20",
    &[function("made", &[1]), function("is_like", &[1]), function("table", &[1]), function("shown", &[1])],
);
/// What lets tables be made; nothing of it is called.
static PANDAS: Module = module("pandas", "d21", &[]);

const MADE: u32 = 0;
const IS_LIKE: u32 = 1;
const TABLE: u32 = 2;

/// Position of `take` among the operations on objects.
const TAKE: u32 = 3;

/// What makes tables by a text or a seed, and compares them.
pub(crate) const SOURCE: &str = r#"
import random

def made(text):
    import numpy as np, pandas as pd
    return eval(text)

def is_like(got, text):
    import pandas as pd
    expected = table(text) if type(text) is int else made(text)
    if isinstance(expected, pd.Series):
        pd.testing.assert_series_equal(got, expected, check_names=type(text) is not int)
    else:
        pd.testing.assert_frame_equal(got, expected, check_names=False)
        for label in expected.columns:
            if expected[label].dtype == object:
                # Of these, pandas' comparison takes one way of missing for another.
                assert list(map(type, got[label])) == list(map(type, expected[label])), label
    return True

def shown(*values): return [type(value).__module__ + "." + type(value).__qualname__ for value in values]

def table(seed):
    """A table that a seed gives again."""
    import numpy as np, pandas as pd
    pick = random.Random(seed)
    rows = pick.choice([0, 1, 2, 5])
    def some(make, missing=None):
        return [missing if pick.random() < 0.3 else make() for _ in range(rows)]
    def text(): return "".join(pick.choice(["a", "\u00e9", "\U0001f600", "\0", "\n", '"', "__proto__"]) for _ in range(pick.randrange(4)))
    def moments(zone, unit):
        hours = pd.to_datetime(some(lambda: pick.choice(["2026-10-25T00:30", "2026-10-25T01:30", "2026-03-29T01:00:00.25", "1969-01-01"])), format="ISO8601")
        return pd.Series(hours, dtype="datetime64[ns]").dt.as_unit(unit).dt.tz_localize("UTC").dt.tz_convert(zone)
    def category():
        known = pick.choice([["z", "x", "y"], [3, 1, 2], [1.5, -0.0], list(pd.to_datetime(["2024-01-01", "2023-01-01"]))])
        return pd.Categorical(some(lambda: pick.choice(known)), categories=known + ["unused"] * (type(known[0]) is str), ordered=pick.random() < 0.5)
    def nullable():
        dtype = pick.choice("Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64".split())
        most = 2 ** int(dtype.strip("UInt")) - 1
        return pd.array(some(lambda: pick.choice([0, 1, most if dtype[0] == "U" else -(most + 1) // 2])), dtype=dtype)
    kinds = [
        lambda: np.array([pick.randrange(100) for _ in range(rows)]).astype(pick.choice("i1 u2 i4 i8 u8 f4 f8 ? c16 m8[s] M8[ns] M8[s]".split())),
        lambda: np.array(some(lambda: pick.random(), float("nan")), dtype="f8"),
        nullable,
        lambda: pd.array(some(lambda: pick.random() < 0.5), dtype="boolean"),
        lambda: pd.array(some(lambda: pick.randrange(8) / 4), dtype=pick.choice(["Float32", "Float64"])),
        lambda: pd.array(some(text), dtype="string"),
        lambda: pd.Series(some(text), dtype=object),
        lambda: pd.Series(some(text, float("nan")), dtype=object),
        category,
        lambda: pd.cut(np.arange(rows), [0, 1.5, 9]),
        lambda: pd.Series([pd.Timestamp("2024-01-01T00:00:00.000000001", tz="Europe/Berlin")] * rows, dtype="datetime64[ns, Europe/Berlin]"),
        lambda: moments(pick.choice(["Europe/Berlin", "America/New_York", "UTC"]), pick.choice(["s", "ms", "us", "ns"])),
    ]
    indexes = [
        lambda: pd.RangeIndex(rows),
        lambda: pd.Index([pick.choice(["x", "y"]) for _ in range(rows)], dtype=object),
        lambda: pd.Index(category()),
        lambda: pd.DatetimeIndex(moments("Europe/Berlin", "ns")),
        lambda: pd.Index(nullable()),
        lambda: pd.MultiIndex.from_arrays([[pick.choice("ab") for _ in range(rows)], [pick.choice([1, 2]) for _ in range(rows)]]) if rows else pd.RangeIndex(0),
    ]
    columns = {f"c{at}": pick.choice(kinds)() for at in range(pick.randrange(1, 7))}
    return pd.DataFrame({label: pd.Series(values) for label, values in columns.items()}).set_axis(pick.choice(indexes)())
"#;

fn fixture(modules: &[&'static Module]) -> Option<crate::grants::Fixture> {
    Some(host_in("", modules, tempfile::tempdir().unwrap(), &venv("tables", TABLES)?))
}

/// Calls with what an answer held, written as a table, and with another argument.
fn compared(client: &mut Client, table: &str, buffers: &[Vec<u8>], other: &Json) -> Received {
    let buffers: Vec<&[u8]> = buffers.iter().map(Vec::as_slice).collect();
    let request = client.start(1, IS_LIKE, true, &format!("[[{table},{other}],{{}}]"), &buffers);
    client.answer(request)
}

#[test]
fn python_makes_the_tables_of_the_vectors_and_takes_their_columns() {
    let Some(fixture) = fixture(&[&TABLES_MODULE, &PANDAS]) else { return };
    let (served, mut client) = serve(fixture.host);
    client.open(1, &TABLES_MODULE);
    let all: Json = serde_json::from_str(include_str!("../../../docs/wire-vectors.json")).unwrap();
    let hex = |text: &Json| {
        let text = text.as_str().unwrap();
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect::<Vec<u8>>()
    };
    let buffers = |vector: &Json| vector["buffers"].as_array().unwrap().iter().map(hex).collect::<Vec<_>>();
    for vector in all["tables"].as_array().unwrap() {
        let answer = compared(&mut client, vector["json"].as_str().unwrap(), &buffers(vector), &vector["python"]);
        assert_eq!(answer.result(), &json!(true), "{}", vector["python"]);
    }
    for vector in all["columns"].as_array().unwrap() {
        let python = format!("pd.Series({})", vector["python"].as_str().unwrap());
        let object = client.call(1, MADE, &json!([python]).to_string()).result().clone();
        let taken = client.call_tagged(0, TAKE, &format!("[{object}]"), &[]);
        let column = &taken.result()["values"];
        let expected: Json = serde_json::from_str(vector["json"].as_str().unwrap()).unwrap();
        // In front of them stands the index.
        let shifted = expected.to_string().replace("[\"array\",0,", "[\"array\",1,");
        assert_eq!(column.to_string(), shifted, "{python}");
        assert_eq!(taken.buffers[1..], buffers(vector), "{python}");
    }
    drop(client);
    served.end();
}

#[test]
fn what_is_taken_of_a_table_makes_the_same_table() {
    let Some(fixture) = fixture(&[&TABLES_MODULE, &PANDAS]) else { return };
    let (served, mut client) = serve(fixture.host);
    client.open(1, &TABLES_MODULE);
    let (mut named, mut objects) = (0, 0);
    for seed in 0..600 {
        let object = client.call(1, TABLE, &json!([seed]).to_string()).result().clone();
        let taken = client.call_tagged(0, TAKE, &format!("[{object}]"), &[]);
        let columns = taken.result()["columns"].as_object().unwrap();
        named += columns.values().filter(|column| column[0] == "column").count();
        let parts: Vec<String> = columns.iter().map(|(label, column)| format!(",{},{column}", json!(label))).collect();
        let table = format!("[\"frame\",[\"dict\"{}],{}]", parts.concat(), taken.result()["index"]);
        let answer = compared(&mut client, &table, &taken.buffers, &json!(seed));
        assert_eq!(answer.result(), &json!(true), "seed {seed}: {table}");
        if table.contains("[\"handle\"") {
            // Taken again, an object has another number.
            objects += 1;
            continue;
        }
        // Also of a table that is made here.
        let again: Vec<&[u8]> = taken.buffers.iter().map(Vec::as_slice).collect();
        let retaken = client.call_tagged(0, TAKE, &format!("[{table}]"), &again);
        assert_eq!((retaken.result(), &retaken.buffers), (taken.result(), &taken.buffers), "seed {seed}");
    }
    assert!(named > 600 && objects > 50, "{named} {objects}");
    drop(client);
    served.end();
}

#[test]
fn tables_from_rust_reach_python_as_what_they_are() {
    let Some(fixture) = fixture(&[&TABLES_MODULE, &PANDAS]) else { return };
    let numbers: Value = NdArray::from([1.5, 2.5].as_slice()).into();
    let column = Column::new("Int64", vec![1.into(), Value::None]).unwrap();
    let frame: Value =
        DataFrame::new(vec![("a".into(), numbers.clone()), ("b".into(), column.clone().into())], None).unwrap().into();
    let series: Value =
        Series::new(numbers, Some(Value::List(vec!["x".into(), "y".into()])), "n".into()).unwrap().into();
    let call = |path: &str, args| fixture.host.call(&TABLES_MODULE, path, args, vec![]);
    let names = Value::List(vec!["pandas.core.frame.DataFrame".into(), "pandas.core.series.Series".into()]);
    assert_eq!(call("shown", vec![frame.clone(), series.clone()]).unwrap(), names);
    let text = "pd.DataFrame({'a': [1.5, 2.5], 'b': pd.array([1, None], dtype='Int64')})";
    assert_eq!(call("is_like", vec![frame.clone(), text.into()]).unwrap(), true.into());
    assert_eq!(
        call("is_like", vec![series, "pd.Series([1.5, 2.5], index=['x', 'y'], name='n')".into()]).unwrap(),
        true.into()
    );
    // The comparison can fail.
    assert_eq!(
        call("is_like", vec![frame, "pd.DataFrame({'a': [1]})".into()]).unwrap_err().kind(),
        CallErrorKind::Python
    );
    let alone = call("shown", vec![Value::List(vec![column.into()])]).unwrap_err();
    assert!(alone.kind() == CallErrorKind::Validation && alone.message().contains("by itself"), "{alone}");
    let unknown = Column::categories(vec!["q".into()], Value::List(vec!["a".into()]), false).unwrap();
    let unknown = call("shown", vec![Series::new(unknown.into(), None, Value::None).unwrap().into()]).unwrap_err();
    assert!(unknown.message().contains("none of them"), "{unknown}");
}

#[test]
fn tables_are_refused_by_the_host_where_they_cannot_be() {
    // Without pandas among the modules, nothing makes the worker import it; with it, the same table arrives.
    let Some(without) = fixture(&[&TABLES_MODULE, &BUILTINS]) else { return };
    let Some(with) = fixture(&[&TABLES_MODULE, &PANDAS]) else { return };
    let frame: Value = DataFrame::new(vec![], None).unwrap().into();
    let refused = without.host.call(&TABLES_MODULE, "shown", vec![frame.clone()], vec![]).unwrap_err();
    assert!(
        refused.kind() == CallErrorKind::Validation && refused.message().contains("no module of pandas"),
        "{refused}"
    );
    assert!(with.host.call(&TABLES_MODULE, "shown", vec![frame], vec![]).is_ok());
    let (served, mut client) = serve(without.host);
    client.open(1, &TABLES_MODULE);
    let call = |client: &mut Client, value: &str| client.call_tagged(1, 3, &format!("[{value}]"), &[]);
    let nested = call(&mut client, r#"["list",["series",["list",1],null,null]]"#);
    assert!(nested.error().0 == "validation" && nested.error().2.contains("no module of pandas"), "{nested:?}");
    client.open(2, &BUILTINS);
    let imported = client.call(2, 13, r#"["'pandas' in __import__('sys').modules"]"#);
    assert_eq!(imported.result(), &json!(false));
    drop(client);
    served.end();

    let (served, mut client) = serve(with.host);
    client.open(1, &TABLES_MODULE);
    for (value, code, message) in [
        (r#"["column","Int64",["list",1]]"#, "call-type", "by itself"),
        (
            r#"["frame",["dict","a",["list",1],"b",["list"]],null]"#,
            "call-type",
            r#"the column "b" of a table has 0 values"#,
        ),
        (r#"["frame",["dict","a",["list",1]],["list"]]"#, "call-type", "where the others have 0"),
        (r#"["frame",["dict","a",["list"],"a",["list"]],null]"#, "call-type", "stands twice"),
        (r#"["frame",{"a":["list"]},null]"#, "json-refused", "tagged `dict`"),
        (r#"["series",["list",1],["list",1,2],null]"#, "call-type", "the index of a table has 2 values"),
        (r#"["series",["column","Int65",["list",1]],null,null]"#, "value-unsupported", "Int65"),
        (r#"["series",["column","Int8",["list",300]],null,null]"#, "call-type", "value 0 of a column of dtype `Int8`"),
        (r#"["series",["column","datetime64[ns, ../../x]",["list"]],null,null]"#, "value-unsupported", "no dtype"),
        (r#"["series",["callback",1],null,null]"#, "call-type", "and here `function`"),
    ] {
        let refused = call(&mut client, value);
        let (kind, got, text) = refused.error();
        assert!((kind, got) == ("validation", code) && text.contains(message), "{value}: {refused:?}");
    }
    let fine = call(&mut client, r#"["series",["column","Int8",["list",-128]],["list","x"],null]"#);
    assert_eq!(fine.result(), &json!(["pandas.core.series.Series"]));
    drop(client);
    served.end();
}
