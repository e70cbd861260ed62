//! What a denied annotation says: the plain form, which the macro hands to the compiler.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use tywrap_policy::{Code, Policy};

fn policy(text: &str) -> Policy {
    Policy::parse(text, Path::new("app/tywrap.toml")).unwrap().policy
}

#[test]
fn denials_under_the_defaults() {
    let policy = policy("");
    let names =
        ["os", "os.path", "numpyy", "urllib.request", "statistics", "math; import os", "o\u{17f}", "__import__"];
    let said: Vec<String> = names.iter().map(|name| policy.module(name).unwrap_err().to_string()).collect();
    insta::assert_snapshot!(said.join("\n\n\n"));
}

#[test]
fn denials_under_a_policy_of_its_own() {
    let policy = policy(
        r#"[module-whitelist]
allowed-modules = ["math", "json", "numpy"]
blocked-modules = [
  "os",
  { name = "json.tool", reason = "it is a program" },
]
unblock = [{ name = "glob", reason = "a test" }]
"#,
    );
    let names = ["os", "json.tool", "numpyy", "NumPy", "socket", "glob"];
    let mut said: Vec<String> = names.iter().map(|name| policy.module(name).unwrap_err().to_string()).collect();
    said.push(policy.member("pandas", "DataFrame.eval").unwrap_err().to_string());
    said.push(policy.member("math", "__class__").unwrap_err().to_string());
    insta::assert_snapshot!(said.join("\n\n\n"));
}

/// The edit that a denial ends with is tried: it must allow what was denied.
#[test]
fn the_edit_that_a_denial_names_allows_the_module() {
    for name in ["os", "os.path", "statistics", "urllib.request", "http.client"] {
        let denied = policy("").module(name).unwrap_err();
        let lines: Vec<&str> = denied
            .help
            .iter()
            .flat_map(|help| help.lines())
            .map(str::trim)
            .filter(|line| line.starts_with("allowed-modules = ") || line.starts_with("unblock = "))
            .collect();
        let edited = format!("[module-whitelist]\n{}\n", lines.join("\n"));
        assert!(policy(&edited).module(name).is_ok(), "{name}: {edited}");
        assert!(policy(&edited).module("numpy.linalg").is_ok(), "the rest stays allowed");
    }
}

#[test]
fn names_are_judged_in_order_and_byte_for_byte() {
    use Code::{ModuleBlocked as Blocked, ModuleMalformed as Malformed, ModuleNotAllowed as NotAllowed};
    let policy = policy("");
    for name in
        ["math", "numpy", "numpy.linalg", "numpy.lib.npyio", "scipy.signal", "urllib.parse", "xml.etree.ElementTree"]
    {
        assert!(policy.module(name).is_ok(), "{name}");
    }
    for (name, code) in [
        // Malformed.
        ("", Malformed),
        ("math\n", Malformed),
        ("math ", Malformed),
        ("math\0", Malformed),
        ("math.", Malformed),
        (".math", Malformed),
        ("math..os", Malformed),
        ("1math", Malformed),
        ("numpy.*", Malformed),
        ("ma-th", Malformed),
        ("ma\u{442}h", Malformed),
        ("\u{ff4d}ath", Malformed),
        ("o\u{17f}", Malformed),
        ("\u{202e}math", Malformed),
        ("class", Malformed),
        ("numpy.lambda", Malformed),
        ("None", Malformed),
        ("os; import sys", Malformed),
        ("__import__", Malformed),
        // Blocked, itself and below.
        ("os", Blocked),
        ("os.path", Blocked),
        ("http.client", Blocked),
        ("urllib.request", Blocked),
        ("__builtins__", Blocked),
        ("signal", Blocked),
        ("asyncio.subprocess", Blocked),
        // What implements a blocked module is blocked with it.
        ("posix", Blocked),
        ("_pickle", Blocked),
        ("_posixsubprocess", Blocked),
        ("_ctypes.x", Blocked),
        ("_frozen_importlib_external", Blocked),
        // Not allowed: others, those above, those below, other cases.
        ("statistics", NotAllowed),
        ("urllib", NotAllowed),
        ("http", NotAllowed),
        ("xml", NotAllowed),
        ("json.tool", NotAllowed),
        ("urllib.parse.socket", NotAllowed),
        ("numpyy", NotAllowed),
        ("numpy_", NotAllowed),
        ("NumPy", NotAllowed),
        ("OS", NotAllowed),
        ("osx", NotAllowed),
        ("__main__", NotAllowed),
        ("_statistics", NotAllowed),
        ("__os", NotAllowed),
        ("constructor", NotAllowed),
        ("match", NotAllowed),
    ] {
        assert_eq!(policy.module(name).unwrap_err().code, code, "{name}");
    }
    let longest = format!("numpy.{}", "a".repeat(94));
    assert!(policy.module(&longest).is_ok());
    assert_eq!(policy.module(&format!("{longest}a")).unwrap_err().code, Malformed);
}

#[test]
fn pandas_signal_is_not_the_blocked_signal() {
    let policy = policy("[module-whitelist]\nallowed-modules = [\"pandas.*\", \"my.os\"]\n");
    assert!(policy.module("pandas.signal").is_ok());
    assert!(policy.module("my.os").is_ok());
    assert_eq!(policy.module("pandas").unwrap_err().code, Code::ModuleNotAllowed);
    assert!(policy.is_blocked_module("os").is_some());
    assert!(policy.is_blocked_module("os.path").is_some());
    assert!(policy.is_blocked_module("my.os").is_none());
}

#[test]
fn a_module_that_implements_a_blocked_one_is_unblocked_with_it() {
    let switched_off = policy("[module-whitelist]\nenabled = false\n");
    assert_eq!(switched_off.module("posix").unwrap_err().code, Code::ModuleBlocked);
    assert!(switched_off.module("_statistics").is_ok());
    let text =
        "[module-whitelist]\nallowed-modules = [\"posix\"]\nunblock = [{ name = \"os\", reason = \"a test\" }]\n";
    assert!(policy(text).module("posix").is_ok());
}

#[test]
fn members_that_run_code_are_blocked_wherever_they_are_found() {
    let policy = policy("");
    for (module, path) in [
        ("numpy", "mean"),
        ("numpy", "linalg.norm"),
        ("pandas", "DataFrame.describe"),
        ("pandas", "evaluate"),
        ("collections", "namedtuple"),
        ("numpy", "f2pyx"),
        ("scipy.io", "loadmat"),
    ] {
        assert!(policy.member(module, path).is_ok(), "{module}.{path}");
    }
    for (module, path) in [
        ("pandas", "eval"),
        ("pandas", "read_pickle"),
        ("pandas", "DataFrame.eval"),
        ("pandas", "DataFrame.query"),
        ("pandas.core.frame", "DataFrame.eval"),
        ("pandas", "Series.to_pickle"),
        ("pandas.io.pickle", "read_pickle"),
        ("pandas.io.formats.style", "Styler.from_custom_template"),
        ("pandas.core.computation.eval", "eval"),
        ("numpy", "ndarray.dumps"),
        ("numpy.f2py", "compile"),
        ("numpy.f2py.crackfortran", "crackfortran"),
        ("numpy.ctypeslib", "load_library"),
        ("numpy.testing", "runstring"),
        ("numpy.testing", "measure"),
        ("numpy", "test"),
        ("numpy.linalg", "test"),
        ("scipy", "LowLevelCallable"),
        ("scipy", "LowLevelCallable.from_cython"),
        ("pydantic", "TypeAdapter"),
        ("pydantic", "TypeAdapter.validate_python"),
        ("pydantic", "create_model"),
        ("pydantic.v1", "create_model"),
        ("timeit", "timeit"),
    ] {
        assert_eq!(policy.member(module, path).unwrap_err().code, Code::MemberBlocked, "{module}.{path}");
    }
    for (module, path, parameter) in [
        ("numpy", "load", "allow_pickle"),
        ("numpy.lib.format", "read_array", "allow_pickle"),
        ("pydantic", "BaseModel.parse_raw", "allow_pickle"),
    ] {
        assert!(policy.blocked_parameter(module, path, parameter).is_some(), "{module}.{path}({parameter})");
        assert!(policy.blocked_parameter(module, path, "file").is_none());
        assert!(policy.member(module, path).is_ok(), "only the parameter is blocked");
        assert_eq!(policy.blocked_parameters(module, path).len(), 1);
    }
    assert_eq!(policy.blocked_parameters("numpy", "mean"), [], "a callable without it is left alone");
}

#[test]
fn paths_of_members_are_public_names() {
    let policy = policy("");
    for path in [
        "",
        ".",
        "mean.",
        ".mean",
        "__class__",
        "sqrt.__globals__",
        "_private",
        "linalg._umath",
        "_make",
        "_asdict.mean",
        "a b",
        "a;b",
        "a-b",
        "class",
        "mean\n",
        "m\u{435}an",
        "DataFrame.lambda",
    ] {
        assert_eq!(policy.member("numpy", path).unwrap_err().code, Code::MemberMalformed, "{path:?}");
    }
    assert!(policy.member("numpy", &"a".repeat(201)).is_err());
    // What every named tuple has, which only looks private.
    for path in ["Point._make", "Point._fields"] {
        assert!(policy.member("numpy", path).is_ok(), "{path:?}");
    }
}

#[test]
fn members_of_classes_are_what_belongs_to_an_object() {
    let policy = policy("[module-whitelist]\nblocked-members = [\"collections.Counter.total\"]");
    for (class, name) in [
        ("Counter", "most_common"),
        ("Counter", "__add__"),
        ("Counter", "__getitem__"),
        ("Outer.Inner", "value"),
        // What a function returns may be of a class with a private name.
        ("_Reader", "line"),
        ("NamedTuple", "_asdict"),
    ] {
        assert!(policy.class_member("collections", class, name).is_ok(), "{class}.{name}");
    }
    for (class, name, code) in [
        ("Counter", "_keep", Code::MemberMalformed),
        ("Counter", "__class__", Code::MemberMalformed),
        ("Counter", "__dict__", Code::MemberMalformed),
        ("Counter", "__globals__", Code::MemberMalformed),
        ("Counter", "__reduce_ex__", Code::MemberMalformed),
        ("Counter", "__getattribute__", Code::MemberMalformed),
        ("Counter", "__", Code::MemberMalformed),
        ("Counter", "____", Code::MemberMalformed),
        ("Counter", "a b", Code::MemberMalformed),
        ("Counter", "class", Code::MemberMalformed),
        ("Counter", "", Code::MemberMalformed),
        ("", "total", Code::MemberMalformed),
        ("Counter; import os", "total", Code::MemberMalformed),
        ("Counter", &"x".repeat(201), Code::MemberMalformed),
        ("Counter", "total", Code::MemberBlocked),
    ] {
        assert_eq!(policy.class_member("collections", class, name).unwrap_err().code, code, "{class}.{name}");
    }
}

#[test]
fn a_blocked_member_is_unblocked_by_its_entry() {
    let policy =
        policy("[module-whitelist]\nunblock = [{ name = \"pandas.*.query\", reason = \"expressions are ours\" }]\n");
    assert!(policy.member("pandas", "DataFrame.query").is_ok());
    assert!(policy.member("pandas", "DataFrame.eval").is_err());
}
