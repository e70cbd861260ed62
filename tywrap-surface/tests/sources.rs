//! Sources where there is no stub, and sources beside stubs.

#![cfg(feature = "analyze")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

use tywrap_surface::Surface;
use tywrap_surface::analyze::{Analyzer, ProblemKind, SearchPath, Target};
use tywrap_surface::model::Item;

fn read(module: &str, files: &[(&str, &str)]) -> (Surface, Vec<ProblemKind>) {
    let temp = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = temp.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let analyzer = Analyzer::new(Target::default(), SearchPath::from_site_packages(vec![temp.path().to_owned()]));
    let surface = analyzer.surface(module).unwrap();
    (surface, analyzer.problems().iter().map(|problem| problem.kind).collect())
}

fn names(surface: &Surface) -> Vec<&str> {
    surface.items.iter().map(Item::name).collect()
}

fn omitted(surface: &Surface) -> Vec<(&str, &str)> {
    surface.omitted.iter().map(|omitted| (omitted.name.as_str(), omitted.reason.as_str())).collect()
}

const UNTYPED: &[(&str, &str)] = &[
    (
        "algebra/__init__.py",
        "import os\nfrom .core import Symbol, symbols as symbols\nfrom .lazy import *\nfrom . import core\n__version__ = '1'\n",
    ),
    (
        "algebra/core.py",
        "def cacheit(f): return f\n\n\nclass Basic:\n    is_number = False\n    def __new__(cls, *args): pass\n    \
         @property\n    def args(self): return ()\n    @cacheit\n    def subs(self, old, new=None, *, strict=True, \
         **hints):\n        '''Substitute.'''\n    @classmethod\n    def make(cls, n: int) -> 'Basic': pass\n\n\nclass \
         Symbol(Basic):\n    _private = 1\n    def __add__(self, other): return Symbol()\n\n\ndef symbols(names, \
         cls=Symbol, /, *args, key=None): pass\n",
    ),
    ("algebra/lazy.py", "from os import path\n__all__ = ['solve', 'made']\ndef solve(f, x=1.5): pass\nmade = solve\n"),
];

#[test]
fn a_source_without_types_is_read_as_a_last_resort() {
    let (surface, problems) = read("algebra", UNTYPED);
    assert_eq!(problems, [ProblemKind::Untyped]);
    insta::assert_snapshot!("untyped.json", surface.to_json());
    assert!(surface.docs.values().any(|doc| doc == "Substitute."));
    // What other packages made is theirs.
    assert!(!names(&surface).contains(&"os") && !names(&surface).contains(&"path"));
}

#[test]
fn stubs_and_the_marker_win_over_sources() {
    let mut files = UNTYPED.to_vec();
    files.push(("algebra-stubs/__init__.pyi", "def symbols(names: str) -> int: ...\n"));
    let (surface, problems) = read("algebra", &files);
    assert!(surface.to_json().contains("def symbols(names: str) -> int"));
    assert_eq!(problems, []);

    let mut files = UNTYPED.to_vec();
    files.push(("algebra/py.typed", ""));
    let (surface, problems) = read("algebra", &files);
    assert_eq!(problems, []);
    assert!(
        names(&surface).contains(&"symbols") && !names(&surface).contains(&"Symbol"),
        "it says `as`, or it is private"
    );
}

#[test]
fn what_a_stub_lacks_is_taken_from_the_source() {
    let files = [
        ("m/__init__.pyi", "from .sub import stated as stated\ndef own() -> int: ...\n"),
        ("m/sub.pyi", "def stated() -> int: ...\n"),
        (
            "m/__init__.py",
            "from m.sub import stated, Flags, new\nfrom .made import nowhere\n__all__ = ['own', 'stated', 'Flags', 'new', 'nowhere', 'dynamic']\ndef own(): pass\n",
        ),
        (
            "m/sub.py",
            "def stated(): pass\nclass Flags:\n    def allow(self, x: int) -> 'Flags':\n        '''Allow it.'''\ndef new(a, *, b=1): pass\n",
        ),
        ("m/made.py", "x = 1\n"),
    ];
    let (surface, _) = read("m", &files);
    assert_eq!(names(&surface), ["stated", "own", "Flags", "new"]);
    let json = surface.to_json();
    assert!(json.contains("def stated() -> int") && json.contains("def allow(x: int) -> Flags"), "{json}");
    assert_eq!(surface.docs.get("m.sub:Flags.allow").map(String::as_str), Some("Allow it."));
    let reason = "the module exports it, but its stub does not";
    assert_eq!(omitted(&surface), [("nowhere", reason), ("dynamic", reason)]);
}

#[test]
fn what_only_the_stub_has_is_left_out_where_the_source_tells() {
    let stub = "def own() -> int: ...\ndef newer() -> int: ...\nfrom . import sub as sub\n";
    let leaf = "__all__ = ['own']\ndef own(): pass\n";
    for (source, left_out) in [
        ("from .sub import *\n", true),
        ("from .sub import *\n__all__ = sub.__all__\n", true),
        // These may make any name.
        ("from .sub import *\nglobals().update(more())\n", false),
        ("from .sub import *\ndef __getattr__(name): ...\n", false),
        ("from .sub import *\n__all__ = [name for name in dir()]\n", false),
        ("from .sub import *\nfrom .compiled import *\n", false),
    ] {
        let files = [("m/__init__.pyi", stub), ("m/__init__.py", source), ("m/sub.py", leaf)];
        let (surface, _) = read("m", &files);
        let expected: &[(&str, &str)] =
            if left_out { &[("newer", "the stub has it, and the installed module does not")] } else { &[] };
        assert_eq!(omitted(&surface), expected, "{source}");
        assert!(names(&surface).contains(&"own") && names(&surface).contains(&"sub"), "{source}");
    }
}
