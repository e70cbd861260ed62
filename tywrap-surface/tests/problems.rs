//! Bad input: each is one problem with a file and a line, and the rest of the module is read.

#![cfg(feature = "analyze")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

use std::path::Path;

use tywrap_surface::Surface;
use tywrap_surface::analyze::{AnalyzeError, Analyzer, Problem, ProblemKind, SearchPath, Target};
use tywrap_surface::model::Item;

/// Reads `module` in a folder with these files.
fn read(module: &str, files: &[(&str, &str)]) -> (Result<Surface, AnalyzeError>, Vec<Problem>) {
    let temp = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = temp.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let path = SearchPath::from_site_packages(vec![temp.path().to_owned()]);
    let analyzer = Analyzer::new(Target::default(), path);
    let surface = analyzer.surface(module);
    let mut problems = analyzer.problems();
    for problem in &mut problems {
        problem.path = problem.path.strip_prefix(temp.path()).unwrap_or(&problem.path).to_owned();
    }
    (surface, problems)
}

fn names(surface: &Surface) -> Vec<&str> {
    surface.items.iter().map(Item::name).collect()
}

fn omitted(surface: &Surface) -> Vec<(&str, &str)> {
    surface.omitted.iter().map(|omitted| (omitted.name.as_str(), omitted.reason.as_str())).collect()
}

/// The one problem, as kind, file and line.
fn only(problems: &[Problem]) -> (ProblemKind, &str, usize) {
    match problems {
        [problem] => (problem.kind, problem.path.to_str().unwrap(), problem.line),
        other => panic!("{other:#?}"),
    }
}

#[test]
fn what_is_not_python_is_left_out_alone() {
    let broken = "its definition is not valid Python";
    // Module, text, the line that is wrong, what is read, and what is left out.
    type Case = (&'static str, &'static str, usize, &'static [&'static str], &'static [&'static str]);
    let cases: [Case; 15] = [
        ("unclosed", "def a() -> None: ...\ndef b( -> None: ...\ndef c() -> None: ...\n", 2, &["a", "c"], &["b"]),
        ("annotation", "x: int\ny: list[ = 1\nz: str\n", 2, &["x", "z"], &["y"]),
        ("no_body", "def a(x: int) -> int\ndef b() -> None: ...\n", 1, &["b"], &["a"]),
        ("between", "def a() -> None: ...\n\n) ] what is this\ndef b() -> None: ...\n", 3, &["a", "b"], &[]),
        (
            "method",
            "class C:\n  def m(self) -> None: ...\n  def n(self,, x) -> None: ...\n  p: int\n",
            3,
            &["C"],
            &["C.n"],
        ),
        ("header", "class C(int:\n  def m(self) -> None: ...\nx: int\n", 1, &["x"], &["C"]),
        ("value", "a = 1 +\nb = 2\n", 1, &["b"], &["a"]),
        ("list", "y: dict[str, = 1\nz: str\nw: int\n", 1, &["z", "w"], &["y"]),
        ("call", "x = foo(1,\ndef f(): ...\ny: int\n", 1, &["f", "y"], &["x"]),
        ("display", "x = {'a': 1\nz: int\ndef g(): ...\n", 2, &["z", "g"], &["x"]),
        ("quotes", "x = \'\'\'abc\nz: int\ndef g(): ...\n", 1, &["z", "g"], &["x"]),
        ("field", "class A:\n  x: list[ = 1\n  y: int\nz: int\n", 2, &["A", "z"], &["A.x"]),
        (
            "decorated",
            "import typing\n@typing.final\ndef f(\n  x: int,,\n) -> int: ...\ndef g(): ...\n",
            4,
            &["g"],
            &["f"],
        ),
        ("twice", "def a(: ...\nb: int\ndef c(: ...\n", 1, &["b"], &["a", "c"]),
        (
            "branch",
            "import sys\nif sys.platform == 'linux':\n  def a() -> None: ...\n  def b() -> -> x: ...\n",
            4,
            &["a"],
            &["b"],
        ),
    ];
    for (module, text, line, read_names, left_out) in cases {
        let file = format!("{module}.pyi");
        let (surface, problems) = read(module, &[(&file, text)]);
        let surface = surface.unwrap();
        assert_eq!(only(&problems), (ProblemKind::Syntax, file.as_str(), line), "{module}");
        assert_eq!(names(&surface), read_names, "{module}");
        assert_eq!(omitted(&surface), left_out.iter().map(|name| (*name, broken)).collect::<Vec<_>>(), "{module}");
    }
    let (surface, problems) = read("fine", &[("fine.pyi", "def a() -> None: ...\n")]);
    assert_eq!((names(&surface.unwrap()), problems), (vec!["a"], vec![]), "the control");
}

#[test]
fn bodies_that_are_not_python_leave_the_signatures() {
    let files = [
        ("m/py.typed", ""),
        ("m/__init__.py", "def a(x: int) -> int:\n    return x\n    print 'two'\ndef b() -> None: pass\n"),
    ];
    let (surface, problems) = read("m", &files);
    assert_eq!(names(&surface.unwrap()), ["a", "b"]);
    assert_eq!(only(&problems), (ProblemKind::Syntax, "m/__init__.py", 3));
}

#[test]
fn circles_are_told_from_imports_of_each_other() {
    let files = [
        ("m/__init__.pyi", "from m.a import lost as lost, kept as kept\ndef own() -> None: ...\n"),
        ("m/a.pyi", "from m.b import lost as lost\nfrom m.b import Other\ndef kept() -> Other: ...\n"),
        ("m/b.pyi", "from m.a import kept\n\nfrom m.a import lost as lost\nclass Other: ...\n"),
    ];
    let (surface, problems) = read("m", &files);
    let surface = surface.unwrap();
    assert_eq!(names(&surface), ["kept", "own"]);
    let reason = "it is imported in a circle: `m.lost`, from `m.a.lost`, from `m.b.lost`, from `m.a.lost`";
    assert_eq!(omitted(&surface), [("lost", reason)]);
    assert_eq!(only(&problems), (ProblemKind::Circular, "m/b.pyi", 3));

    let (surface, problems) = read("m", &[("m.pyi", "def own() -> None: ...\na = b\nb = a\n")]);
    assert!(names(&surface.unwrap()).contains(&"own"));
    assert!(problems.len() <= 1, "{problems:?}");
}

#[test]
fn a_dependency_that_is_missing_is_said_once() {
    let files = [
        (
            "m/__init__.pyi",
            "from .sub import f as f, g as g\nfrom absent.types import Thing\n\ndef own(x: Thing) -> Thing: ...\n",
        ),
        ("m/sub.pyi", "import os\nfrom absent import A, B\ndef f(a: A) -> B: ...\ndef g(b: B) -> int: ...\n"),
    ];
    let (surface, problems) = read("m", &files);
    let surface = surface.unwrap();
    assert_eq!(names(&surface), ["f", "g", "own"]);
    assert_eq!(only(&problems), (ProblemKind::Missing, "m/sub.pyi", 2));
    assert!(surface.to_json().contains("Unknown['module `absent` is not installed']"), "{}", surface.to_json());

    // Nothing came through it that could be missed.
    let (_, problems) = read("m", &[("m.pyi", "import absent\nx: int\n")]);
    assert_eq!(problems, []);

    let (surface, problems) = read("m", &[("m.pyi", "from absent import *\nx: int\n")]);
    assert_eq!(names(&surface.unwrap()), ["x"]);
    assert_eq!(only(&problems), (ProblemKind::Missing, "m.pyi", 1));
}

#[test]
fn compiled_modules_need_stubs() {
    let so = "m/_fast.cpython-311-x86_64-linux-gnu.so";
    let files = [(so, ""), ("m/__init__.pyi", "def own() -> None: ...\nfrom m._fast import quick as quick\n")];
    let (surface, problems) = read("m", &files);
    let surface = surface.unwrap();
    assert_eq!(names(&surface), ["own"]);
    assert_eq!(omitted(&surface), [("quick", "module `m._fast` is compiled and has no stubs")]);
    assert_eq!(only(&problems), (ProblemKind::Compiled, "m/__init__.pyi", 2));

    match read("m._fast", &files).0.unwrap_err() {
        AnalyzeError::Compiled { module, path } => {
            assert_eq!(module, "m._fast");
            assert!(path.ends_with(so));
        }
        other => panic!("{other}"),
    }
    let with_stub = [files[0], files[1], ("m/_fast.pyi", "def quick() -> int: ...")];
    let (surface, problems) = read("m", &with_stub);
    assert_eq!((names(&surface.unwrap()), problems), (vec!["own", "quick"], vec![]), "the control");
}

#[test]
fn names_beyond_ascii_are_left_out() {
    let text = "a: int\nµ: int\ndef grün(größe: int) -> int: ...\nclass C:\n  ω: float\n  def π(self) -> int: ...\n  def p(self) -> int: ...\n";
    let (surface, problems) = read("m", &[("m.pyi", text)]);
    let surface = surface.unwrap();
    assert_eq!(names(&surface), ["a", "C"]);
    // Python folds the micro sign into the Greek letter.
    let left_out: Vec<&str> = surface.omitted.iter().map(|omitted| omitted.name.as_str()).collect();
    assert_eq!(left_out, ["μ", "grün", "C.π", "C.ω"]);
    let found: Vec<(ProblemKind, usize)> = problems.iter().map(|problem| (problem.kind, problem.line)).collect();
    assert_eq!(found, [2, 3, 5, 6].map(|line| (ProblemKind::Name, line)));
    assert!(problems[0].message.contains("`µ`") || problems[0].message.contains("`μ`"), "{}", problems[0].message);
    assert_eq!(surface.classes.values().find(|class| class.def.name == "C").unwrap().members.len(), 1);

    // What parameters are called is not looked up by anyone.
    let (surface, problems) = read("m", &[("m.pyi", "def f(größe: int, /) -> int: ...\n")]);
    let surface = surface.unwrap();
    assert_eq!((names(&surface), &problems), (vec!["f"], &vec![]));
    let read_back = Surface::from_json(&surface.to_json(), Path::new("m.json")).unwrap();
    assert_eq!(read_back, surface);
}

#[test]
fn names_that_python_folds_are_one() {
    let text = "def fit() -> int: ...\n\ndef ﬁt() -> str: ...\ndef other() -> None: ...\n";
    let (surface, problems) = read("m", &[("m.pyi", text)]);
    let surface = surface.unwrap();
    assert_eq!(names(&surface), ["fit", "other"]);
    assert!(surface.to_json().contains("def fit() -> str"), "the later one counts, as in Python");
    assert_eq!(only(&problems), (ProblemKind::SameName, "m.pyi", 3));
    assert!(problems[0].message.starts_with("`ﬁt` is the same name as `fit`"), "{}", problems[0].message);

    // Upper and lower case are different names, to Python and to JavaScript.
    let (surface, problems) = read("m", &[("m.pyi", "def fit() -> int: ...\nclass Fit: ...\nFIT: int\n")]);
    assert_eq!((names(&surface.unwrap()), problems), (vec!["fit", "Fit", "FIT"], vec![]));
}

#[test]
fn a_file_of_10_mb_is_read_as_far_as_8() {
    let mut text = String::from("def first() -> int: ...\n");
    let mut count = 0;
    while text.len() < 10_000_000 {
        text.push_str(&format!("def f{count}(\n    x: int,\n) -> int:\n    '''\nNot a statement.\n'''\n"));
        count += 1;
    }
    text.push_str("def last() -> int: ...\n");
    let (surface, problems) = read("big", &[("big.pyi", &text)]);
    let surface = surface.unwrap();
    let (kind, file, line) = only(&problems);
    assert_eq!((kind, file), (ProblemKind::TooLarge, "big.pyi"));
    let lines = text.get(..8 << 20).unwrap().lines().count();
    assert!((lines - 7..=lines).contains(&line), "{line} of {lines}");
    let names = names(&surface);
    assert!(names.contains(&"first") && !names.contains(&"last"));
    assert!(names.len() > count / 10 * 8 && surface.omitted.len() <= 1, "{} of {count}", names.len());
}

#[test]
fn text_that_is_no_text_is_an_error_of_that_file_alone() {
    let temp = tempfile::tempdir().unwrap();
    std::fs::write(temp.path().join("latin.pyi"), b"x: int # \xe9\n").unwrap();
    std::fs::write(temp.path().join("m.pyi"), "from latin import x as x\ny: int\n").unwrap();
    let path = SearchPath::from_site_packages(vec![temp.path().to_owned()]);
    let analyzer = Analyzer::new(Target::default(), path);
    assert_eq!(names(&analyzer.surface("m").unwrap()), ["y"]);
    let problems = analyzer.problems();
    assert_eq!((problems.len(), problems[0].kind, problems[0].line), (1, ProblemKind::Unreadable, 1));
    assert!(matches!(analyzer.surface("latin"), Err(AnalyzeError::Unreadable { .. })));
}
