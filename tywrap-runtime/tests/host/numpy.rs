//! Arrays against a real numpy.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use tywrap_runtime::{Buffer, CallErrorKind, Dtype, NdArray, Value};

use crate::client::serve;
use crate::grants::{self, BUILTINS, host_in, make_venv};

const NUMPY: &[&str] = &["numpy"];
pub(crate) const TABLES: &[&str] = &["numpy", "pandas", "scipy", "python-dateutil", "pytz", "tzdata", "six"];

/// Exact versions with digests, of the list that the tests of the whole surface have.
const LIST: &str = include_str!("../../../tests/python/whole-surface.txt");

/// The part of the list that is about these packages.
fn listed(packages: &[&str]) -> String {
    let mut wanted = false;
    let lines = LIST.lines().filter(|line| {
        if !line.starts_with(' ') {
            wanted =
                packages.iter().any(|package| line.strip_prefix(package).is_some_and(|rest| rest.starts_with("==")));
        }
        wanted
    });
    lines.map(|line| format!("{line}\n")).collect()
}

/// A virtual environment with these packages, made once under the target directory. Without a package index there is none, and
/// the tests that need it say loudly that they did not run.
pub(crate) fn venv(name: &str, requirements: &[&str]) -> Option<PathBuf> {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&home).unwrap();
    let list = listed(requirements);
    let lock = File::create(home.join("lock")).unwrap();
    lock.lock().unwrap();
    let done = home.join("done");
    if std::fs::read_to_string(&done).is_ok_and(|done| done == list) {
        // The tests' own modules may be others than last time.
        return Some(make_venv(&home));
    }
    let _ = std::fs::remove_dir_all(home.join("venv"));
    let file = home.join("requirements.txt");
    std::fs::write(&file, &list).unwrap();
    let venv = make_venv(&home);
    let packages = std::fs::read_dir(venv.join("lib")).unwrap().next().unwrap().unwrap().path().join("site-packages");
    let version =
        packages.parent().unwrap().file_name().unwrap().to_str().unwrap().trim_start_matches("python").to_owned();
    let installed = Command::new("python3")
        .args(["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--python-version", &version])
        .args([
            "--require-hashes".as_ref(),
            "--target".as_ref(),
            packages.as_os_str(),
            "--requirement".as_ref(),
            file.as_os_str(),
        ])
        .status();
    if !installed.is_ok_and(|status| status.success()) {
        eprintln!("NOT TESTED: {requirements:?} could not be installed into {}", packages.display());
        return None;
    }
    std::fs::write(done, list).unwrap();
    Some(venv)
}

pub(crate) fn fixture() -> Option<crate::grants::Fixture> {
    Some(host_in("", &[&grants::NUMPY, &BUILTINS], tempfile::tempdir().unwrap(), &venv("numpy", NUMPY)?))
}

fn array(dtype: &str, shape: &[usize], data: impl Into<Buffer>) -> Value {
    NdArray::new(Dtype::new(dtype).unwrap(), shape, data).unwrap().into()
}

#[test]
fn arrays_go_both_ways() {
    let Some(fixture) = fixture() else { return };
    let host = &fixture.host;
    let numbers: Vec<f64> = (0..1_000_000).map(f64::from).collect();
    let large: Value = NdArray::from(numbers.as_slice()).into();
    // The first call imports numpy.
    host.call(&grants::NUMPY, "multiply", vec![2.into(), 3.into()], vec![]).unwrap();
    let doubled = host.call(&grants::NUMPY, "multiply", vec![large, 2.0.into()], vec![]).unwrap();
    let Value::Array(doubled) = doubled else { panic!("{doubled:?}") };
    assert_eq!((&*doubled.dtype().name(), doubled.shape()), ("<f8", &[1_000_000][..]));
    for (i, item) in doubled.data().as_chunks::<8>().0.iter().enumerate() {
        assert_eq!(f64::from_le_bytes(*item), 2.0 * i as f64);
    }

    let same = |value: Value| host.call(&BUILTINS, "same", vec![value], vec![]);
    for value in [
        array("<f8", &[2, 3], vec![7; 48]),
        array("|b1", &[2], vec![0, 1]),
        array("<c16", &[], vec![1; 16]),
        array("<M8[ns]", &[1], vec![1; 8]),
        array("<m8[D]", &[2, 0], vec![]),
        array("<f2", &[3], vec![2; 6]),
        array("|u1", &[40_000], vec![9; 40_000]),
        Value::List(vec![array("<i4", &[1], vec![0; 4]), b"x".as_slice().into(), array("<i4", &[1], vec![1; 4])]),
    ] {
        assert_eq!(same(value.clone()).unwrap(), value);
    }
    // Scalars of numpy are plain.
    let norm = host.call(&grants::NUMPY, "linalg.norm", vec![vec![3, 4].into()], vec![]).unwrap();
    assert_eq!(norm, Value::Float(5.0));
    // What is not in C order, or big-endian, arrives as it should.
    let evaluated = |text: &str| host.call(&BUILTINS, "evaluated", vec![text.into()], vec![]);
    let transposed = evaluated("__import__('numpy').array([[1, 2], [3, 4]], dtype='>i2').T").unwrap();
    assert_eq!(transposed, array("<i2", &[2, 2], vec![1, 0, 3, 0, 2, 0, 4, 0]));
    for (text, what) in [
        ("numpy.array([object()])", "object"),
        ("numpy.zeros(1, dtype='i4,f8')", "f0"),
        ("numpy.zeros(1, dtype='longdouble')", "float128"),
    ] {
        let error = evaluated(&format!("__import__('numpy') and {text}")).unwrap_err();
        assert_eq!(error.kind(), CallErrorKind::Unsupported, "{text}: {error}");
        assert!(error.message().contains(what) && error.message().contains("astype"), "{error}");
    }
    let strings = evaluated("__import__('numpy').array([['a', 'bc']], dtype='>U2').T").unwrap();
    assert_eq!(
        strings,
        array("<U2", &[2, 1], "a\0bc".chars().flat_map(|it| u32::from(it).to_le_bytes()).collect::<Vec<_>>())
    );
    let half = evaluated("__import__('numpy').array([chr(0xd800)])").unwrap_err();
    assert!(half.kind() == CallErrorKind::Unsupported && half.message().contains("surrogate"), "{half}");
    assert!(evaluated("__import__('numpy').array([1])").is_ok(), "the worker lives on");
    // What is not on the path that was granted is another module, and none of numpy's.
    let error = host.call(&grants::NUMPY, "linalg.sys.exit", vec![], vec![]).unwrap_err();
    assert_eq!(error.python().unwrap().type_name, "AttributeError");
}

#[test]
fn python_reads_and_writes_the_arrays_of_the_vectors() {
    let Some(fixture) = fixture() else { return };
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    client.open(2, &grants::NUMPY);
    crate::calls::check_vectors(&mut client, 1, true);
    crate::calls::check_round_trips(&mut client, 1, 1500, true);
    // An array that changes after it was returned: what was sent is what it was.
    let first = client.call_tagged(2, 3, "[[\"list\",1.5,2.5]]", &[]);
    assert_eq!(first.result(), &json!(["array", 0, "<f8", [2]]));
    assert_eq!(first.buffers, [[1.5f64.to_le_bytes(), 2.5f64.to_le_bytes()].concat()]);
    drop(client);
    served.end();
}

/// What an expression makes, gone through or taken as data. Arrays are shown by their dtype and shape.
fn on(client: &mut crate::client::Client, operation: u32, expression: &str, rest: &str) -> serde_json::Value {
    let text = json!([format!("__import__('numpy') and {expression}")]).to_string();
    let object = client.call(1, 13, &text).result().clone();
    assert_eq!(object[0], "handle", "{expression}: {object}");
    let answer = client.call_tagged(0, operation, &format!("[{object}{rest}]"), &[]);
    answer.result().clone()
}

#[test]
fn tables_and_sparse_matrices_are_taken_as_data() {
    let Some(venv) = venv("tables", TABLES) else { return };
    let fixture = host_in("", &[&BUILTINS], tempfile::tempdir().unwrap(), &venv);
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    let pandas = "__import__('pandas')";
    for (expression, expected) in [
        (
            format!("{pandas}.DataFrame({{'a': [1, 2], 'b': [1.5, float('nan')], 'c': ['x', None]}})"),
            json!([
                "frame",
                ["column", "object", ["list", "a", "b", "c"]],
                ["list", ["array", 0, "<i8", [2]], ["array", 1, "<f8", [2]], ["column", "object", ["list", "x", null]]],
                ["index", ["range", 0, 2, 1], ["list", null], null],
            ]),
        ),
        (
            format!(
                "{pandas}.DataFrame({{'a': {pandas}.Categorical(['x', None]), 'b': {pandas}.array([1, None], dtype='Int64')}})"
            ),
            json!([
                "frame",
                ["column", "object", ["list", "a", "b"]],
                [
                    "list",
                    ["column", "category", ["list", "x", null], ["column", "object", ["list", "x"]], false],
                    ["column", "Int64", ["list", 1, null]],
                ],
                ["index", ["range", 0, 2, 1], ["list", null], null],
            ]),
        ),
        (
            format!(
                "{pandas}.DataFrame({{1: [True]}}, index={pandas}.MultiIndex.from_tuples([('a', float('nan'))], names=['k', 'l']))"
            ),
            json!([
                "frame",
                ["column", "int64", ["list", 1]],
                ["list", ["array", 0, "|b1", [1]]],
                [
                    "index",
                    ["levels", ["column", "object", ["list", "a"]], ["column", "object", ["list", null]]],
                    ["list", "k", "l"],
                    null,
                ]
            ]),
        ),
        (
            format!("{pandas}.DataFrame([[1]], columns={pandas}.MultiIndex.from_tuples([('a', 'b')]))"),
            json!([
                "frame",
                [
                    "index",
                    ["levels", ["column", "object", ["list", "a"]], ["column", "object", ["list", "b"]]],
                    ["list", null, null],
                    null
                ],
                ["list", ["array", 0, "<i8", [1]]],
                ["index", ["range", 0, 1, 1], ["list", null], null],
            ]),
        ),
        (
            format!("{pandas}.Series({pandas}.to_datetime(['2024-01-01', None]), index=['a', 'b'])"),
            json!(["series", ["array", 0, "<M8[ns]", [2]], ["column", "object", ["list", "a", "b"]], null]),
        ),
    ] {
        assert_eq!(on(&mut client, 3, &expression, ""), expected, "{expression}");
    }
    let sparse = "__import__('scipy.sparse').sparse";
    for (format, parts) in [
        ("csr", json!({"indices": ["array", 1, "<i4", [2]], "indptr": ["array", 2, "<i4", [4]]})),
        ("csc", json!({"indices": ["array", 1, "<i4", [2]], "indptr": ["array", 2, "<i4", [3]]})),
        ("coo", json!({"row": ["array", 1, "<i4", [2]], "col": ["array", 2, "<i4", [2]]})),
    ] {
        let mut expected = json!({"format": format, "shape": ["list", 3, 2], "data": ["array", 0, "<f8", [2]]});
        expected.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
        for kind in ["matrix", "array"] {
            let expression =
                format!("{sparse}.{format}_{kind}(numpy.eye(3, 2))").replace("numpy", "__import__('numpy')");
            assert_eq!(on(&mut client, 3, &expression, ""), expected, "{expression}");
        }
    }
    // A format that consists of no such arrays, though it is a dict.
    let dok = on(&mut client, 3, &format!("{sparse}.dok_matrix((3, 2))"), "");
    assert_eq!(dok["format"], "coo");
    let twice = json!([format!("{pandas}.DataFrame([[1, 2]], columns=['a', 'a'])")]).to_string();
    let twice = client.call(1, 13, &twice).result().clone();
    let refused = client.call_tagged(0, 3, &format!("[{twice}]"), &[]);
    assert_eq!(refused.error().0, "unsupported");
    assert!(refused.error().2.contains("two columns of one label"), "{}", refused.error().2);
    // An array is gone through by its first axis; its scalars are plain.
    let iterator =
        on(&mut client, 0, "__import__('numpy').arange(3).view(type('Own', (__import__('numpy').ndarray,), {}))", "");
    let items = client.call_tagged(0, 1, &format!("[{iterator},10]"), &[]);
    assert_eq!(items.result(), &json!([true, [0, 1, 2]]));
    drop(client);
    served.end();
}
