//! Arrays against a real numpy.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use tywrap_runtime::{Buffer, CallErrorKind, Dtype, NdArray, Value};

use crate::client::serve;
use crate::grants::{BUILTINS, NUMPY, host_in, make_venv};

/// The newest release for Python 3.10, which is the oldest that tywrap runs.
const NUMPY_VERSION: &str = "2.2.6";

/// A virtual environment with numpy, made once under the target directory. Without a package index there is none, and
/// the tests that need it say loudly that they did not run.
fn venv() -> Option<PathBuf> {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("numpy-{NUMPY_VERSION}"));
    std::fs::create_dir_all(&home).unwrap();
    let lock = File::create(home.join("lock")).unwrap();
    lock.lock().unwrap();
    if home.join("done").exists() {
        return Some(home.join("venv"));
    }
    let _ = std::fs::remove_dir_all(home.join("venv"));
    let venv = make_venv(&home);
    let packages = std::fs::read_dir(venv.join("lib")).unwrap().next().unwrap().unwrap().path().join("site-packages");
    let version =
        packages.parent().unwrap().file_name().unwrap().to_str().unwrap().trim_start_matches("python").to_owned();
    let installed = Command::new("python3")
        .args(["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--python-version", &version])
        .arg("--target")
        .arg(&packages)
        .arg(format!("numpy=={NUMPY_VERSION}"))
        .status();
    if !installed.is_ok_and(|status| status.success()) {
        eprintln!("NOT TESTED: numpy {NUMPY_VERSION} could not be installed into {}", packages.display());
        return None;
    }
    File::create(home.join("done")).unwrap();
    Some(venv)
}

fn fixture() -> Option<crate::grants::Fixture> {
    Some(host_in("", &[&NUMPY, &BUILTINS], tempfile::tempdir().unwrap(), &venv()?))
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
    host.call(&NUMPY, "multiply", vec![2.into(), 3.into()], vec![]).unwrap();
    let doubled = host.call(&NUMPY, "multiply", vec![large, 2.0.into()], vec![]).unwrap();
    let Value::Array(doubled) = doubled else { panic!("{doubled:?}") };
    assert_eq!((doubled.dtype().as_str(), doubled.shape()), ("<f8", &[1_000_000][..]));
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
    let norm = host.call(&NUMPY, "linalg.norm", vec![vec![3, 4].into()], vec![]).unwrap();
    assert_eq!(norm, Value::Float(5.0));
    // What is not in C order, or big-endian, arrives as it should.
    let evaluated = |text: &str| host.call(&BUILTINS, "evaluated", vec![text.into()], vec![]);
    let transposed = evaluated("__import__('numpy').array([[1, 2], [3, 4]], dtype='>i2').T").unwrap();
    assert_eq!(transposed, array("<i2", &[2, 2], vec![1, 0, 3, 0, 2, 0, 4, 0]));
    for (text, what) in [
        ("numpy.array([object()])", "object"),
        ("numpy.array(['a'])", "<U1"),
        ("numpy.zeros(1, dtype='i4,f8')", "f0"),
        ("numpy.zeros(1, dtype='longdouble')", "float128"),
    ] {
        let error = evaluated(&format!("__import__('numpy') and {text}")).unwrap_err();
        assert_eq!(error.kind(), CallErrorKind::Unsupported, "{text}: {error}");
        assert!(error.message().contains(what) && error.message().contains("astype"), "{error}");
    }
    // What is not on the path that was granted is another module, and none of numpy's.
    let error = host.call(&NUMPY, "linalg.sys.exit", vec![], vec![]).unwrap_err();
    assert_eq!(error.python().unwrap().type_name, "AttributeError");
}

#[test]
fn python_reads_and_writes_the_arrays_of_the_vectors() {
    let Some(fixture) = fixture() else { return };
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    client.open(2, &NUMPY);
    crate::calls::check_vectors(&mut client, 1, true);
    // An array that changes after it was returned: what was sent is what it was.
    let first = client.call_tagged(2, 3, "[[\"list\",1.5,2.5]]", &[]);
    assert_eq!(first.result(), &json!(["array", 0, "<f8", [2]]));
    assert_eq!(first.buffers, [[1.5f64.to_le_bytes(), 2.5f64.to_le_bytes()].concat()]);
    drop(client);
    served.end();
}
