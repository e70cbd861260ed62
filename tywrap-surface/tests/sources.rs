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

/// The properties of a class, as the surface writes them.
fn props(surface: &Surface, class: &str) -> Vec<String> {
    let surface: serde_json::Value = serde_json::from_str(&surface.to_json()).unwrap();
    let props = surface["classes"][format!("m:{class}")]["props"].as_array();
    props.into_iter().flatten().map(|prop| prop.as_str().unwrap().to_owned()).collect()
}

const ATTRIBUTES: &str = r#"
from typing import Final, Generic, TypeVar
LIMIT = 3
T = TypeVar("T")
S = TypeVar("S")

class Base:
    stated: int = 1
    def __init__(self, given: str) -> None:
        self.given = given

class App(Base, Generic[T]):
    own: bytes
    def __init__(self, title: str, of: T, other: S, *names: str, servers: list[str] | None = None, debug=False, **rest: int) -> None:
        """An app."""
        super().__init__(title)
        self.title = title
        self.of = of
        self.other = other
        self.names = names
        self.rest = rest
        self.servers = servers or []
        self.limit = LIMIT
        self.version: str = "1"
        self.fixed: Final = 7
        self.bound: Final[str] = title
        self.debug = debug
        self.later = None
        self.either = title if servers else b""
        if debug:
            self.twice = 1
        else:
            self.twice = "a"
        local = title
        self.local = local
        self.computed = title.upper()
        self.first, self.second = servers
        servers = servers or []
        self.changed = servers
        self.base = Base("x")
        self.given = 1
        self.stated = 2
        self.own = b""
        self._private = title
        self.title += "!"
        def inside(self) -> None:
            self.never = 1
    def method(self) -> None:
        self.elsewhere = 1
"#;

#[test]
fn what_the_constructor_of_a_source_assigns_is_a_property() {
    let files = [("m/__init__.py", ATTRIBUTES), ("m/py.typed", "")];
    let (surface, _) = read("m", &files);
    let expected = [
        "own: bytes; set: bytes",
        "title: str; set: str",
        "of: ~T; set: ~T",
        "other: Unknown['not annotated']; set: Unknown['not annotated']",
        "names: tuple[str, ...]; set: tuple[str, ...]",
        "rest: dict[str, int]; set: dict[str, int]",
        "servers: list[str]; set: list[str]",
        "limit: int; set: int",
        "version: str; set: str",
        "fixed: int",
        "bound: str",
        "debug: Unknown['not annotated']; set: Unknown['not annotated']",
        "later: Unknown['not annotated']; set: Unknown['not annotated']",
        "either: str | bytes; set: str | bytes",
        "twice: int | str; set: int | str",
        "local: Unknown['not annotated']; set: Unknown['not annotated']",
        "computed: Unknown['not annotated']; set: Unknown['not annotated']",
        "first: Unknown['not annotated']; set: Unknown['not annotated']",
        "second: Unknown['not annotated']; set: Unknown['not annotated']",
        "changed: list[str] | None; set: list[str] | None",
        "base: Base; set: Base",
    ];
    assert_eq!(props(&surface, "App"), expected);
    assert_eq!(props(&surface, "Base"), ["stated: int; set: int", "given: str; set: str"]);

    // Without the marker only what is annotated says something.
    let (surface, _) = read("m", &[("m/__init__.py", ATTRIBUTES)]);
    let props = props(&surface, "App");
    assert!(props.contains(&"title: str; set: str".to_owned()), "{props:?}");
    assert!(props.contains(&"limit: Unknown['not annotated']; set: Unknown['not annotated']".to_owned()), "{props:?}");

    // A stub states what there is.
    let (surface, _) = read("m", &[("m/__init__.pyi", ATTRIBUTES)]);
    assert_eq!(self::props(&surface, "App"), ["own: bytes; set: bytes"]);
}

#[test]
fn what_is_assigned_is_no_member_of_an_enum_and_cannot_be_set_if_frozen() {
    let source = r#"
from dataclasses import dataclass
from enum import Enum
class Planet(Enum):
    EARTH = (1, 2)
    def __init__(self, mass: int, radius: int) -> None:
        self.mass = mass
@dataclass(frozen=True)
class Frozen:
    a: int
    def __init__(self, b: str) -> None:
        self.b = b
def get() -> Planet | Frozen: ...
"#;
    let (surface, _) = read("m", &[("m/__init__.py", source), ("m/py.typed", "")]);
    assert_eq!(props(&surface, "Frozen"), ["a: int", "b: str"]);
    assert!(props(&surface, "Planet").is_empty());
}
