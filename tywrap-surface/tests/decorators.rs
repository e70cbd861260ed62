//! What decorators make of functions, where their signatures say it.

#![cfg(feature = "analyze")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

use tywrap_surface::Surface;
use tywrap_surface::analyze::{Analyzer, SearchPath, Target};

/// The surface of a typed package with this source, as its JSON.
fn surface(files: &[(&str, &str)]) -> String {
    let temp = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = temp.path().join("m").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let search = SearchPath::from_site_packages(vec![temp.path().to_owned()]);
    let surface: Surface = Analyzer::new(Target::default(), search).surface("m").unwrap();
    surface.to_json()
}

/// The line of the JSON that has the function or property.
fn line<'j>(json: &'j str, what: &str) -> &'j str {
    json.lines().find(|line| line.contains(what)).unwrap_or_else(|| panic!("no {what} in {json}"))
}

const HEAD: &str = "from typing import Any, Awaitable, Callable, Concatenate, Coroutine, ParamSpec, TypeVar\n\
                    P = ParamSpec('P')\nT = TypeVar('T')\nF = TypeVar('F', bound=Callable[..., Any])\n";

#[test]
fn a_decorator_that_says_what_it_does_is_applied() {
    let source = format!(
        "{HEAD}
def listed(f: Callable[P, T]) -> Callable[P, list[T]]: ...
def given(f: Callable[Concatenate[int, P], T]) -> Callable[P, T]: ...
def asked(f: Callable[P, T]) -> Callable[Concatenate[str, P], T]: ...
def waited(f: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]: ...
def waiting(f: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]: ...
def same(f: F) -> F: ...
def made(n: int) -> Callable[[Callable[P, T]], Callable[P, set[T]]]: ...
def closed(f: Callable[[int], T]) -> Callable[[int, int], T]: ...
def strange(f: Callable[P, T]) -> int: ...

@listed
def a(x: int, *, y: str = 'y') -> float: ...
@given
def b(n: int, x: bytes = b'') -> None: ...
@asked
def c(x: int) -> None: ...
@waited
async def d(x: int) -> str: ...
@waiting
def e() -> bool: ...
@same
def f(x: int) -> int: ...
@made(3)
def g(x: int) -> int: ...
@closed
def h(x: int) -> int: ...
@listed
@asked
def i() -> int: ...
@strange
def j() -> int: ...
@given
def k(*, only: int) -> int: ...

class C:
    @listed
    def l(self, x: int) -> int: ...
    @given
    def m(self, n: int) -> int: ...
"
    );
    let json = surface(&[("__init__.py", &source), ("py.typed", "")]);
    for expected in [
        "def a(x: int, *, y: str = 'y') -> list[float]",
        "def b(x: bytes = b'') -> None",
        "def c(arg0: str, /, x: int) -> None",
        "def d(x: int) -> str",
        "async def e() -> bool",
        "def f(x: int) -> int",
        "def g(x: int) -> set[int]",
        "def h(arg0: int, arg1: int, /) -> int",
        "def i(arg0: str, /) -> list[int]",
        "def l(x: int) -> list[int]",
    ] {
        line(&json, &format!("\"{expected}\""));
    }
    for name in ["a", "b", "c", "d", "e", "f", "g", "h", "i", "l"] {
        assert!(!line(&json, &format!("\"func\": \"{name}\"")).contains("decorators"), "{name} in {json}");
    }
    // These do not fit, and what they decorate is taken as it stands.
    for (name, sig) in [("j", "def j() -> int"), ("k", "def k(*, only: int) -> int")] {
        let line = line(&json, &format!("\"func\": \"{name}\""));
        assert!(line.contains(sig) && line.contains("decorators"), "{line}");
    }
    // Here the `int` that is given is `self`: nothing else is taken away.
    line(&json, "\"def m(n: int) -> int\"");
}

#[test]
fn decorators_that_decorate_each_other_end() {
    let source = format!(
        "{HEAD}
@two
def one(f: Callable[P, T]) -> Callable[P, list[T]]: ...
@one
def two(f: Callable[P, T]) -> Callable[P, set[T]]: ...
@one
def a() -> int: ...

class D:
    @D
    def __get__(self, instance: object, owner: type) -> D: ...
    @D
    def __call__(self) -> int: ...
class C:
    @D
    def x(self) -> int: ...
"
    );
    let json = surface(&[("__init__.pyi", &source)]);
    line(&json, "\"def a() -> list[int]\"");
}

#[test]
fn descriptors_and_functions_that_make_properties_are_such() {
    let source = format!(
        "{HEAD}from typing import Generic, overload
def memoized(f): # without a type
    def read(self): return f(self)
    return property(read)
def stated(f: Callable[..., Any]) -> property: ...
class of_class(Generic[T]):
    def __init__(self, f: Callable[[Any], T]) -> None: ...
    @overload
    def __get__(self, instance: None, owner: type) -> T: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
class counted:
    def __init__(self, f: Callable[[Any], Any]) -> None: ...
    def __get__(self, instance: object, owner: type) -> int: ...
class method_like:
    def __init__(self, f: Callable[[Any], Any]) -> None: ...
    def __get__(self, instance: object, owner: type) -> Callable[[], int]: ...
class my_static(staticmethod): ...

class C:
    @memoized
    def a(self) -> str: ...
    @stated
    def b(self) -> bytes: ...
    @of_class
    @classmethod
    def c(cls) -> dict[str, int]: ...
    @counted
    def d(self) -> str: ...
    @method_like
    def e(self) -> str: ...
    @my_static
    def f() -> str: ...
"
    );
    let json = surface(&[("__init__.py", &source), ("py.typed", "")]);
    line(&json, r#""props": ["a: str", "b: bytes", "c: dict[str, int]", "d: int"]"#);
    for name in ["e", "f"] {
        line(&json, &format!("\"func\": \"{name}\""));
    }
}
