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
    # By all that pandas compares unless it is told otherwise, and more.
    if isinstance(expected, pd.Series):
        pd.testing.assert_series_equal(got, expected, check_freq=True, check_names=True, check_index_type="equiv")
    else:
        pd.testing.assert_frame_equal(got, expected, check_freq=True, check_names=True)
        for at in range(expected.shape[1]):
            if expected.iloc[:, at].dtype == object:
                # Of these, pandas' comparison takes one way of missing for another.
                assert list(map(type, got.iloc[:, at])) == list(map(type, expected.iloc[:, at])), at
    same_index(pd, got.index, expected.index, isinstance(expected, pd.Series) or expected.shape[1] > 0)
    if isinstance(expected, pd.DataFrame):
        same_index(pd, got.columns, expected.columns, True)
    return True

def same_index(pd, got, expected, counted):
    """What the comparison of tables leaves out."""
    pd.testing.assert_index_equal(got, expected, exact=True if counted else "equiv", check_names=True)
    # An empty range has nothing but its numbers, in which any two are as good.
    if type(expected) is pd.RangeIndex and counted:
        assert (got.start, got.stop, got.step) == (expected.start, expected.stop, expected.step)
    assert getattr(got, "freq", None) == getattr(expected, "freq", None)
    if type(expected) is pd.MultiIndex:
        assert [level.dtype for level in got.levels] == [level.dtype for level in expected.levels]

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
    def stepped(count):
        freq = pick.choice("D -1D 2D h 90min s ns W-WED B ME 2MS QE-FEB BQS-JAN YE-JUN bh SME".split())
        if pick.random() < 0.3:
            return pd.timedelta_range("1D", periods=count, freq=pick.choice(["D", "90min", "3s", "ns"]))
        return pd.date_range("2024-03-29 10:00", periods=count, freq=freq, tz=pick.choice([None, "Europe/Berlin", "UTC"]))
    def levels(count):
        def level():
            known = pick.choice([
                pd.Index([3, 1, 2], dtype=pick.choice(["int64", "int8", "uint32"])), pd.Index([1.5, -0.5, 2.0]), pd.Index(["z", "x", "y"]),
                pd.to_datetime(["2024-01-01", "1969-07-20T20:17:40.25", "2030-01-01"], format="ISO8601").as_unit(pick.choice(["s", "ms", "ns"])),
                pd.to_datetime(["2024-01-01", "2025-01-01", "2023-01-01"]).tz_localize("Europe/Berlin"), pd.to_timedelta([5, 3600, 1], unit="s"), pd.to_datetime([1, 5, -7]), pd.to_timedelta([10 ** 15 + 1, -7, 0]),
                pd.CategoricalIndex(["b", "a", "c"], categories=["c", "b", "a"], ordered=True), pd.Index([7, 8, 9], dtype="Int16"),
                pd.Index([True, False]), pd.Index(["u", "v", "w"], dtype="string"),
            ])
            return known, [pick.choice([-1, *range(len(known))]) for _ in range(count)]
        made = [level() for _ in range(pick.choice([1, 2, 3]))]
        return pd.MultiIndex([known for known, _ in made], [codes for _, codes in made]).remove_unused_levels()
    def named(index):
        name = lambda: pick.choice([None, None, "k", 5, ("t", 1), 1.5, "\U0001f600", __import__("datetime").date(2024, 1, 1)])
        return index.set_names([name() for _ in range(index.nlevels)])
    def intervals():
        closed, ends = pick.choice(["left", "right", "both", "neither"]), pick.choice([[1, 2, 5], [0.5, 1.0, 1e9], list(pd.to_datetime(["2024-01-01", "2024-01-02", "2025-01-01"]).tz_localize(pick.choice([None, "UTC"])))])
        missing = float("nan") if type(ends[0]) is not int else (ends[0], ends[1])
        tuples = [missing if pick.random() < 0.3 else tuple(sorted(pick.sample(ends, 2))) for _ in range(rows)]
        return pd.arrays.IntervalArray.from_tuples(tuples, closed=closed) if tuples else pd.arrays.IntervalArray.from_breaks(ends, closed=closed)[:0]
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
        lambda: pd.PeriodIndex(some(lambda: pick.choice(["2024-01-01", "1969-12-31"])), freq=pick.choice("M D 2D W-WED Q-FEB Y-DEC h 15min ns B".split())),
        lambda: pd.Categorical(pd.PeriodIndex(some(lambda: pick.choice(["2024-01", "2023-01"])), freq="M")),
        intervals,
        lambda: pd.arrays.SparseArray(np.array([pick.choice([0, 0, 3]) for _ in range(rows)], dtype=pick.choice(["i1", "u2", "i8"])), fill_value=pick.choice([0, 7])),
        lambda: pd.arrays.SparseArray(np.array(some(lambda: pick.choice([0.0, -1.5]), float("nan")), dtype=pick.choice(["f4", "f8"])), fill_value=pick.choice([0.0, float("nan")])),
        lambda: pd.arrays.SparseArray(np.array([pick.random() < 0.5 for _ in range(rows)], dtype=bool), fill_value=pick.random() < 0.5),
        lambda: pd.Series(some(lambda: pick.choice([1, "x", 2.5, True, 10 ** 20])), dtype=object),
        lambda: pd.DatetimeIndex(some(lambda: pick.choice([1, 10 ** 18 + 1])), tz=pick.choice(["Europe/Berlin", "UTC"])) if rows else moments("UTC", "ns"),
        lambda: pd.DatetimeIndex(some(lambda: pick.choice([1, 10 ** 18 + 1]))),
        lambda: pd.TimedeltaIndex(some(lambda: pick.choice([1, -(10 ** 15) - 1]))),
        lambda: pd.Series([pd.Timestamp("2024-01-01T00:00:00.000000001", tz="Europe/Berlin")] * rows, dtype="datetime64[ns, Europe/Berlin]"),
        lambda: moments(pick.choice(["Europe/Berlin", "America/New_York", "UTC"]), pick.choice(["s", "ms", "us", "ns"])),
    ]
    indexes = [
        lambda: pd.RangeIndex(rows),
        lambda: pd.RangeIndex(5, 5 - 3 * rows + (rows > 0), -3),
        lambda: stepped(rows),
        lambda: levels(rows),
        lambda: pd.Index(intervals()),
        lambda: pd.PeriodIndex(["2024-01-01"] * rows, freq=pick.choice(["M", "W-SUN"])),
        lambda: pd.Index([pick.choice([1, "x", (1, 2)]) for _ in range(rows)], dtype=object, tupleize_cols=False),
        lambda: pd.Index([pick.choice(["x", "y"]) for _ in range(rows)], dtype=object),
        lambda: pd.Index(category()),
        lambda: pd.DatetimeIndex(moments("Europe/Berlin", "ns")),
        lambda: pd.Index(nullable()),
        lambda: pd.MultiIndex.from_arrays([[pick.choice("ab") for _ in range(rows)], [pick.choice([1, 2]) for _ in range(rows)]]) if rows else pd.RangeIndex(0),
    ]
    columns = {f"c{at}": pick.choice(kinds)() for at in range(pick.randrange(0, 7))}
    index = named(pick.choice(indexes)())
    if pick.random() < 0.2:
        values = pick.choice(kinds)()
        return pd.Series(values, name=pick.choice([None, "n", 3, ("a", 1)])).set_axis(index)
    count = len(columns)
    axis = pick.choice([
        lambda: pd.Index(list(columns), dtype=object), lambda: pd.RangeIndex(2, 2 + count), lambda: pd.Index([9 - at for at in range(count)]),
        lambda: stepped(count), lambda: pd.Index([at + 0.5 for at in range(count)]), lambda: pd.CategoricalIndex(list(columns)),
        lambda: pd.MultiIndex.from_arrays([range(count), pd.to_datetime(["2024-01-01"] * count), ["x"] * count]) if count else pd.RangeIndex(0),
        lambda: pd.Index([str(10 - at) for at in range(count)], dtype="string"),
    ])
    frame = pd.DataFrame({label: pd.Series(values) for label, values in columns.items()})
    frame = frame.set_axis(index) if count else pd.DataFrame(index=index)
    return frame.set_axis(named(axis()), axis="columns")
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
        let expected: Json = serde_json::from_str(vector["json"].as_str().unwrap()).unwrap();
        assert_eq!(taken.result()[1], expected, "{python}");
        assert_eq!(taken.buffers, buffers(vector), "{python}");
    }
    drop(client);
    served.end();
}

#[test]
fn what_is_taken_of_a_table_makes_the_same_table() {
    let Some(fixture) = fixture(&[&TABLES_MODULE, &PANDAS]) else { return };
    let (served, mut client) = serve(fixture.host);
    client.open(1, &TABLES_MODULE);
    let mut named = 0;
    for seed in 0..1200 {
        let object = client.call(1, TABLE, &json!([seed]).to_string()).result().clone();
        let taken = client.call_tagged(0, TAKE, &format!("[{object}]"), &[]);
        let table = taken.result().to_string();
        named += table.matches("[\"column\"").count();
        let answer = compared(&mut client, &table, &taken.buffers, &json!(seed));
        assert_eq!(answer.result(), &json!(true), "seed {seed}: {table}");
        // Nothing of it is left behind as an object.
        assert!(!table.contains("[\"handle\""), "seed {seed}: {table}");
        // Also of a table that is made here.
        let again: Vec<&[u8]> = taken.buffers.iter().map(Vec::as_slice).collect();
        let retaken = client.call_tagged(0, TAKE, &format!("[{table}]"), &again);
        assert_eq!((retaken.result(), &retaken.buffers), (taken.result(), &taken.buffers), "seed {seed}");
    }
    assert!(named > 3000, "{named}");
    // A table within a table, which is data as well.
    let object = client.call(1, MADE, r#"["pd.Series([pd.Series(['x']), 2])"]"#).result().clone();
    let taken = client.call_tagged(0, TAKE, &format!("[{object}]"), &[]);
    let index = |count: u8| json!(["index", ["range", 0, count, 1], ["list", null], null]);
    let inner = json!(["series", ["column", "object", ["list", "x"]], index(1), null]);
    assert_eq!(taken.result(), &json!(["series", ["column", "object[any]", ["list", inner, 2]], index(2), null]));
    drop(client);
    served.end();
}

#[test]
fn the_comparison_of_tables_sees_what_is_dropped() {
    let Some(fixture) = fixture(&[&TABLES_MODULE, &PANDAS]) else { return };
    let (served, mut client) = serve(fixture.host);
    client.open(1, &TABLES_MODULE);
    let named = "pd.DataFrame({'a': [1, 2]}, index=pd.date_range('2024', periods=2, freq='D', name='k')).rename_axis(columns='c')";
    let levels = "pd.Series([1], index=pd.MultiIndex.from_arrays([pd.Index([1], dtype='int8'), ['x']], names=['k', 'l']), name='n')";
    let range = "pd.DataFrame({'a': [1, 2]}, index=pd.RangeIndex(2, 6, 2))";
    let several = "pd.DataFrame({'a': pd.arrays.SparseArray([0, 1]), 'b': pd.PeriodIndex(['2024', '2025'], freq='Y')})";
    for (python, from, to) in [
        (named, r#"["list","k"]"#, r#"["list",null]"#),
        (named, r#"["list","c"]"#, r#"["list",null]"#),
        (named, r#","D"]"#, ",null]"),
        (levels, r#"["list","k","l"]"#, r#"["list",null,"l"]"#),
        (levels, r#""int8""#, r#""int16""#),
        (levels, r#","n"]"#, ",null]"),
        (range, r#""range",2,6,2"#, r#""range",0,2,1"#),
        (several, r#""Sparse",["array",0,"<i8",[2]],0"#, r#""Sparse",["array",0,"<i8",[2]],1"#),
        (several, "period[Y-DEC]", "period[Y-JUN]"),
    ] {
        let object = client.call(1, MADE, &json!([python]).to_string()).result().clone();
        let taken = client.call_tagged(0, TAKE, &format!("[{object}]"), &[]);
        let table = taken.result().to_string();
        assert_eq!(compared(&mut client, &table, &taken.buffers, &json!(python)).result(), &json!(true), "{table}");
        let changed = table.replace(from, to);
        assert_ne!(table, changed, "{from}");
        let answer = compared(&mut client, &changed, &taken.buffers, &json!(python));
        assert_eq!(answer.error().0, "python", "{changed}");
    }
    drop(client);
    served.end();
}

#[test]
fn what_does_not_belong_together_is_refused_by_python() {
    let Some(fixture) = fixture(&[&TABLES_MODULE, &PANDAS]) else { return };
    let (served, mut client) = serve(fixture.host);
    client.open(1, &TABLES_MODULE);
    let days = [0i64, 3].iter().flat_map(|day| (day * 86_400_000_000_000).to_le_bytes()).collect::<Vec<u8>>();
    for (value, buffers, message) in [
        (
            r#"["series",["list",1,2],["index",["array",0,"<M8[ns]",[2]],["list",null],"D"],null]"#,
            &[&*days][..],
            "the frequency 'D' of an index is not that of its values",
        ),
        (
            r#"["series",["column","interval",["column","int64",["list",3]],["column","int64",["list",1]],"left"],null,null]"#,
            &[],
            "left side of interval must be <= right side",
        ),
        (
            r#"["series",["column","category",["list",["tuple",1,3]],["column","interval",["column","int64",["list",1]],["column","int64",["list",2]],"left"],false],null,null]"#,
            &[],
            "is none of them",
        ),
        (r#"["frame",["column","float64",["list",1,1.0]],["list",["list"],["list"]],null]"#, &[], "stands twice"),
    ] {
        let refused = client.call_tagged(1, 3, &format!("[{value}]"), buffers);
        let (kind, _, text) = refused.error();
        assert!(kind == "python" && text.contains(message), "{value}: {refused:?}");
    }
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
            r#"["frame",["list","a","b"],["list",["list",1],["list"]],null]"#,
            "call-type",
            r#"the column "b" of a table has 0 values"#,
        ),
        (r#"["frame",["list","a"],["list",["list",1]],["list"]]"#, "call-type", "where the others have 0"),
        (r#"["frame",["list","a","a"],["list",["list"],["list"]],null]"#, "call-type", "stands twice"),
        (r#"["frame",{"a":["list"]},["list"],null]"#, "json-refused", "labels are"),
        (
            r#"["frame",["list"],["list"],["index",["range",0,1000000000000,1],["list",null],null]]"#,
            "call-type",
            "others have 0",
        ),
        (
            r#"["series",["list"],["index",["column","datetime64[ns]",["list"]],["list",null],"__import__('os')"],null]"#,
            "call-type",
            "no frequency",
        ),
        (r#"["series",["list"],["index",["list"],["list",["list"]],null],null]"#, "call-type", "a name of an index"),
        (r#"["series",["column","period[os.system]",["list"]],null,null]"#, "value-unsupported", "no dtype"),
        (r#"["series",["list",["index",["list"],["list",null],null]],null,null]"#, "json-refused", "is no tag"),
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
