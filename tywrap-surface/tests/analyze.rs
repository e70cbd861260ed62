//! The reader of stubs on a package made to be hard, and on the standard library.

#![cfg(feature = "analyze")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tywrap_surface::Surface;
use tywrap_surface::analyze::{AnalyzeError, Analyzer, SearchPath, Target};
use tywrap_surface::model::{Class, ClassKind, Const, Func, Item, Literal, ParamKind, QName, Type};

fn venv() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/venv")
}

fn fixtures() -> Analyzer {
    Analyzer::new(Target::default(), SearchPath::from_venv(&venv()).unwrap())
}

fn stdlib(python: (u8, u8)) -> Analyzer {
    Analyzer::new(Target::linux(python), SearchPath::stdlib())
}

fn names(surface: &Surface) -> BTreeSet<&str> {
    let named = surface.items.iter().map(|item| match item {
        Item::Func(func) => func.name.as_str(),
        Item::Const(constant) => constant.name.as_str(),
        Item::TypeVar(var) => var.name.as_str(),
        Item::Class { name, .. } | Item::Alias { name, .. } | Item::Module { name, .. } => name.as_str(),
    });
    named.collect()
}

fn func<'s>(surface: &'s Surface, name: &str) -> &'s Func {
    let found = surface.items.iter().find_map(|item| match item {
        Item::Func(func) if func.name == name => Some(func),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("{} has no function {name}", surface.module))
}

fn constant<'s>(surface: &'s Surface, name: &str) -> &'s Const {
    let found = surface.items.iter().find_map(|item| match item {
        Item::Const(constant) if constant.name == name => Some(constant),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("{} has no constant {name}", surface.module))
}

fn class(module: &str, name: &str, args: &[Type]) -> Type {
    Type::Class(QName::new(module, name), args.to_vec())
}

/// Every name in the file is described in the file: the emitter never has to look anywhere else.
fn assert_closed(surface: &Surface) {
    let text = surface.to_json();
    let table = text.split("\"items\"").next().unwrap();
    for line in table.lines() {
        let Some((_, entry)) = line.split_once("\": \"") else { continue };
        let Some((kind, place)) = entry.trim_end_matches(['"', ',']).split_once(' ') else { continue };
        let (module, name) = place.split_once(':').unwrap();
        let place = QName::new(module, name);
        match kind {
            "class" if module == "typing" && matches!(name, "Generic" | "Protocol" | "TypedDict") => {}
            "class" => assert!(surface.classes.contains_key(&place), "{}: {entry}", surface.module),
            "alias" => assert!(surface.aliases.contains_key(&place), "{}: {entry}", surface.module),
            _ => {}
        }
    }
}

#[test]
fn torture() {
    let surface = fixtures().surface("torture").unwrap();
    insta::assert_snapshot!("torture.json", surface.to_json());
    insta::assert_snapshot!("torture.docs.json", surface.docs_to_json());
    assert_closed(&surface);
    let exported: BTreeSet<&str> =
        names(&surface).into_iter().chain(surface.omitted.iter().map(|o| o.name.as_str())).collect();
    for name in [
        "positional",
        "starred",
        "deeper",
        "too_new",
        "windows_only",
        "Thing",
        "nowhere",
        "Optional",
        "only_at_run_time",
    ] {
        assert!(exported.contains(name), "{name} was dropped in silence");
    }
}

#[test]
fn typed_sources() {
    let surface = fixtures().surface("typed").unwrap();
    insta::assert_snapshot!("typed.json", surface.to_json());
    assert_eq!(surface.docs.get("load").map(String::as_str), Some("Load it."));
    let exported = names(&surface);
    assert!(!exported.contains("system") && !exported.contains("_private"), "{exported:?}");
}

#[test]
fn stub_packages_describe_the_package_beside_them() {
    let surface = fixtures().surface("stubbed").unwrap();
    assert_eq!(func(&surface, "from_stubs").def, QName::new("stubbed", "from_stubs"));
    assert_eq!(surface.docs.get("from_stubs").map(String::as_str), Some("The docs stand here."));
}

#[test]
fn surfaces_read_back_and_are_the_same_every_time() {
    for module in ["torture", "torture.nested", "typed"] {
        let surface = fixtures().surface(module).unwrap();
        let text = surface.to_json();
        let mut read = Surface::from_json(&text, Path::new("x.json")).unwrap();
        read.docs.clone_from(&surface.docs);
        assert_eq!(read, surface);
        assert_eq!(fixtures().surface(module).unwrap().to_json(), text);
        let path = env!("CARGO_MANIFEST_DIR");
        assert!(!text.contains(path) && !surface.docs_to_json().contains(path), "{module} has an absolute path");
    }
}

#[test]
fn the_order_of_questions_does_not_matter() {
    let one = fixtures();
    one.surface("torture.nested").unwrap();
    one.surface("typed").unwrap();
    assert_eq!(one.surface("torture").unwrap(), fixtures().surface("torture").unwrap());
}

#[test]
fn errors_say_where_it_was_looked_and_what_to_do() {
    let analyzer = fixtures();
    let shown = |module: &str| analyzer.surface(module).unwrap_err().to_string();
    assert!(shown("tortur").contains("did you mean `torture`"), "{}", shown("tortur"));
    assert!(shown("maths").contains("did you mean `math`"), "{}", shown("maths"));
    assert!(shown("torture.nestd").contains("did you mean `torture.nested`"), "{}", shown("torture.nestd"));
    assert!(
        shown("numpy").contains("pip install numpy") && shown("numpy").contains("fixtures/venv"),
        "{}",
        shown("numpy")
    );
    assert!(matches!(analyzer.surface("math.nothing"), Err(AnalyzeError::Missing { .. })));
}

#[test]
fn no_package_stands_in_for_the_standard_library() {
    let temp = tempfile::tempdir().unwrap();
    std::fs::write(temp.path().join("math.pyi"), "def evil() -> None: ...").unwrap();
    std::fs::create_dir(temp.path().join("json-stubs")).unwrap();
    std::fs::write(temp.path().join("json-stubs/__init__.pyi"), "def evil() -> None: ...").unwrap();
    std::fs::write(temp.path().join("mine.pyi"), "def good() -> None: ...").unwrap();
    let path = SearchPath::from_site_packages(vec![temp.path().to_owned()]);
    let analyzer = Analyzer::new(Target::default(), path);
    assert!(names(&analyzer.surface("mine").unwrap()).contains("good"), "the folder is searched");
    for module in ["math", "json"] {
        assert!(!names(&analyzer.surface(module).unwrap()).contains("evil"), "{module}");
    }
}

#[test]
fn files_that_a_surface_depends_on() {
    let analyzer = fixtures();
    analyzer.surface("torture").unwrap();
    let files = analyzer.files_read();
    for file in ["torture/__init__.pyi", "torture/_impl.pyi", "torture/nested/deep.pyi", "torture/__init__.py"] {
        assert!(files.iter().any(|path| path.ends_with(file)), "{file}: {files:?}");
    }
}

#[test]
fn distributions() {
    let found = fixtures().distribution("torture").unwrap();
    assert_eq!((found.name.as_str(), found.version.as_str()), ("Torture", "1.2"));
    assert_eq!(found.tag(), "cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64");
    assert_eq!(found.record.as_ref().map(String::len), Some(64));
    assert_eq!(fixtures().distribution("torture.nested"), None, "its RECORD does not list that one");
    assert_eq!(fixtures().distribution("math"), None);
}

#[test]
fn environments_are_found_by_their_layout() {
    let from_venv = SearchPath::from_venv(&venv()).unwrap();
    assert_eq!(from_venv.python(), Some((3, 11)));
    assert_eq!(from_venv.roots(), [venv().join("lib/python3.11/site-packages")]);
    assert_eq!(SearchPath::from_venv(Path::new(env!("CARGO_MANIFEST_DIR"))), None);
    // The interpreter of an environment is a link elsewhere; it need not even lead to one.
    assert_eq!(SearchPath::from_interpreter(&venv().join("bin/python3")), Some(from_venv));
    assert_eq!(SearchPath::from_interpreter(Path::new("/nonexistent/bin/python3")), None);
}

#[test]
fn the_standard_library_is_wholly_typed() {
    let analyzer = stdlib((3, 11));
    for module in [
        "math",
        "json",
        "datetime",
        "collections",
        "itertools",
        "functools",
        "statistics",
        "urllib.parse",
        "base64",
        "hashlib",
        "uuid",
        "csv",
        "re",
        "random",
        "string",
        "textwrap",
        "xml.etree.ElementTree",
        "decimal",
        "fractions",
    ] {
        let surface = analyzer.surface(module).unwrap();
        assert!(!surface.items.is_empty(), "{module}");
        assert_eq!(surface.omitted, [], "{module}");
        // The abstract classes of numbers state no types; whatever inherits from them does.
        let json = surface.to_json();
        let unknown = json.lines().find(|line| line.contains("Unknown[") && !line.contains(r#""def": "numbers:"#));
        assert_eq!(unknown, None, "{module} has an unknown type");
        assert_closed(&surface);
    }
}

#[test]
fn versions_decide_what_there_is() {
    let has = |python, module: &str, name: &str| {
        stdlib(python).surface(module).is_ok_and(|surface| names(&surface).contains(name))
    };
    assert!(!has((3, 10), "math", "cbrt") && has((3, 11), "math", "cbrt"));
    assert!(!has((3, 11), "itertools", "batched") && has((3, 12), "itertools", "batched"));
    assert!(!has((3, 10), "tomllib", "loads") && has((3, 11), "tomllib", "loads"));
    assert!(has((3, 11), "asyncore", "loop") && !has((3, 12), "asyncore", "loop"));
}

#[test]
fn known_signatures() {
    let analyzer = stdlib((3, 11));
    let math = analyzer.surface("math").unwrap();
    let isclose = &func(&math, "isclose").sigs[0];
    let kinds: Vec<ParamKind> = isclose.params.iter().map(|param| param.kind).collect();
    assert_eq!(kinds, [ParamKind::PosOrKw, ParamKind::PosOrKw, ParamKind::KwOnly, ParamKind::KwOnly]);
    assert_eq!(constant(&math, "pi").ty, class("builtins", "float", &[]));
    let datetime = analyzer.surface("datetime").unwrap();
    assert_eq!(constant(&datetime, "MINYEAR").value, Some(Literal::Int("1".to_owned())));
    // `cls` is a real parameter there.
    let json = analyzer.surface("json").unwrap();
    assert!(func(&json, "dumps").sigs[0].params.iter().any(|param| param.name == "cls"));
    // Bound methods under names of the module.
    let random = analyzer.surface("random").unwrap();
    assert_eq!(func(&random, "randint").sigs[0].params.len(), 2);
    assert!(math.docs.get("sqrt").unwrap().starts_with("Return the square root"));
}

#[test]
fn orders_of_resolution() {
    let surface = stdlib((3, 11)).surface("collections").unwrap();
    let order = |name: &str| -> Vec<String> {
        let class: &Class = &surface.classes[&QName::new("collections", name)];
        let names = class.mro.iter().map(|ty| match ty {
            Type::Class(name, _) => name.name.clone(),
            other => panic!("{other:?}"),
        });
        names.collect()
    };
    // As `[c.__name__ for c in Counter.__mro__[1:]]` has them, with the protocols that only stubs know between.
    assert_eq!(&order("Counter")[..1], ["dict"]);
    assert_eq!(order("OrderedDict").last().map(String::as_str), Some("object"));
    let counter = &surface.classes[&QName::new("collections", "Counter")];
    let args = vec![Type::Var("_T".to_owned()), class("builtins", "int", &[])];
    assert_eq!(counter.mro[0], Type::Class(QName::new("builtins", "dict"), args));
    assert_eq!(counter.kind, ClassKind::Plain);
}

#[test]
fn hostile_stubs_end() {
    let temp = tempfile::tempdir().unwrap();
    let cases = [
        (
            "own_base",
            "class A(A): ...\nclass B(C): ...\nclass C(B): ...\ndef f(a: A, b: B) -> C: ...",
            &["f", "A", "B", "C"][..],
        ),
        (
            "own_bound",
            "from typing import TypeVar\nT = TypeVar('T', bound='list[T]')\nU = TypeVar('U', bound=U)\ndef f(x: T, y: U) -> T: ...",
            &["f", "T", "U"],
        ),
        (
            "own_alias",
            "from typing import TypeAlias\nA: TypeAlias = 'A'\nB: TypeAlias = 'C | int'\nC: TypeAlias = 'B | str'\ncall: A\ndef f(a: A, b: B) -> None: ...",
            &["f", "A", "B", "C", "call"],
        ),
        (
            "own_value",
            "a = b\nb = a\nc = c\nd = e + 1\ne = d + 1\nclass K:\n  K = K\n  int = int\n  def m(self, x: int) -> None: ...\nf = K.K",
            &["a", "b", "c", "d", "e", "f", "K"],
        ),
        (
            "own_star",
            "from own_star import *\nfrom own_star import x as x\n__all__ = ['x', 'y']\n__all__ += own_star.__all__",
            &["x", "y"],
        ),
        (
            "own_literal",
            "from typing import Literal\nX: Literal[X.a]\ndef f(x: Literal[Literal[f.g]]) -> None: ...",
            &["X", "f"],
        ),
    ];
    for (module, text, expected) in cases {
        std::fs::write(temp.path().join(format!("{module}.pyi")), text).unwrap();
        let path = SearchPath::from_site_packages(vec![temp.path().to_owned()]);
        let surface = Analyzer::new(Target::default(), path).surface(module).unwrap();
        let mut found: BTreeSet<String> = names(&surface).into_iter().map(str::to_owned).collect();
        found.extend(surface.omitted.iter().map(|omitted| omitted.name.clone()));
        for name in expected {
            assert!(found.contains(*name), "{module}: {name} was dropped in silence, there are {found:?}");
        }
    }
}

/// How each annotation is written in a surface: as the type of a parameter, and as a value annotated with it.
fn lowered(annotations: &[&str]) -> Vec<(String, String)> {
    let mut text = "import typing as t\nfrom typing import *\nfrom collections.abc import Callable, Sequence\n\
        import collections.abc, enum\nT = TypeVar('T')\nP = ParamSpec('P')\nclass C(Generic[T]):\n  class Inner: ...\n  \
        def C(self) -> None: ...\nclass E(enum.Enum):\n  A = 1\nAlias: TypeAlias = list[T]\nN = NewType('N', str)\n\
        old: int\ndef f() -> None: ...\n"
        .to_owned();
    for (at, annotation) in annotations.iter().enumerate() {
        text.push_str(&format!("def f{at}(p: {annotation}) -> None: ...\nv{at}: {annotation}\n"));
    }
    let temp = tempfile::tempdir().unwrap();
    std::fs::write(temp.path().join("m.pyi"), text).unwrap();
    let path = SearchPath::from_site_packages(vec![temp.path().to_owned()]);
    // Reading the file as JSON would hide how it is written; only JSON's own backslashes are taken away.
    let json = Analyzer::new(Target::default(), path).surface("m").unwrap().to_json().replace("\\\\", "\\");
    let line = |name: String| json.lines().find(|line| line.contains(&format!("\"def\": \"m:{name}\""))).unwrap();
    let one = |at| {
        let ty = line(format!("f{at}")).split_once("(p: ").unwrap().1.rsplit_once(") -> None").unwrap().0;
        (ty.to_owned(), line(format!("v{at}")).to_owned())
    };
    (0..annotations.len()).map(one).collect()
}

#[test]
fn annotations_are_lowered() {
    let cases = [
        ("int", "int"),
        ("None", "None"),
        ("object", "object"),
        ("Any", "Any"),
        ("'C[int] | None'", "C[int] | None"),
        ("C['C[str]']", "C[C[str]]"),
        ("Optional[Optional[int]]", "int | None"),
        ("Union[int, Union[str, int], None]", "int | str | None"),
        ("Union[int]", "int"),
        ("int | int", "int"),
        ("List[Dict[str, Set[int]]]", "list[dict[str, set[int]]]"),
        ("t.Sequence[int]", "Sequence[int]"),
        ("collections.abc.Sequence[int]", "Sequence[int]"),
        ("tuple[int, ...]", "tuple[int, ...]"),
        ("tuple[()]", "tuple[()]"),
        ("Tuple[int, str]", "tuple[int, str]"),
        ("tuple[int, *tuple[str, ...]]", "tuple[int, *tuple[str, ...]]"),
        ("type[C]", "type[C]"),
        ("Type[C]", "type[C]"),
        ("Type", "builtins.type"),
        ("Literal[1, 'a', None, True, E.A]", "1 | 'a' | None | True | Literal[E.A]"),
        ("Literal[Literal[1, 2], 3]", "1 | 2 | 3"),
        (r"Literal[b'\x00', -1]", r"b'\x00' | -1"),
        ("Annotated[int, 'a', f(1,  2)]", r"Annotated[int, '\'a\'', 'f(1, 2)']"),
        ("'Annotated[int, f( 1 )]'", "Annotated[int, 'f( 1 )']"),
        ("Final[int]", "int"),
        ("ClassVar[C[int]]", "C[int]"),
        ("C.Inner", "Inner"),
        ("Alias[int]", "Alias[int]"),
        ("Alias", "Alias"),
        ("N", "NewType[N, str]"),
        ("TypeGuard[int]", "TypeGuard[int]"),
        ("NoReturn", "Never"),
        ("LiteralString", "str"),
        ("Text", "str"),
        ("C[[int, str]]", "C[[int, str]]"),
        ("C[...]", "C[Any]"),
        ("missing", "Unknown['`missing` is not defined in `m`']"),
        ("t.missing", "Unknown['`t.missing` was not found']"),
        ("t", "Unknown['module `typing` is not a type']"),
        ("f", "Unknown['function `m:f` is not a type']"),
        ("old", "Unknown['variable `m:old` is not a type']"),
        ("1 + 1", "Unknown['`1 + 1` is not a type']"),
        ("sys", "Unknown['`sys` is not defined in `m`']"),
    ];
    let annotations: Vec<&str> = cases.iter().map(|(annotation, _)| *annotation).collect();
    for ((annotation, expected), (found, _)) in cases.iter().zip(lowered(&annotations)) {
        assert_eq!(found, *expected, "{annotation}");
    }
}

#[test]
fn values_that_can_be_called_are_functions() {
    let cases = [
        ("Callable[[int], str]", "(arg0: int, /) -> str"),
        ("Callable[..., None]", "(*args: Any, **kwargs: Any) -> None"),
        ("Callable[Concatenate[int, ...], None]", "(arg0: int, /, *args: Any, **kwargs: Any) -> None"),
    ];
    let annotations: Vec<&str> = cases.iter().map(|(annotation, _)| *annotation).collect();
    for ((annotation, expected), (_, line)) in cases.iter().zip(lowered(&annotations)) {
        assert!(line.contains("\"func\"") && line.contains(expected), "{annotation}: {line}");
    }
}

#[test]
fn what_nests_too_deeply_is_unknown() {
    let temp = tempfile::tempdir().unwrap();
    let union = (0..3000).map(|at| format!("list[{at}]")).collect::<Vec<_>>().join(" | ");
    let cases = [
        ("list[".repeat(1000) + "int" + &"]".repeat(1000), "the annotation nests too deeply"),
        ("Callable[[".repeat(500) + &"], int]".repeat(500), "the annotation nests too deeply"),
        ("a".to_owned() + &".a".repeat(1000), "was not found"),
        (union, "`2999` is not a type"),
    ];
    for (annotation, expected) in cases {
        let text = format!(
            "from typing import Callable\nx: {annotation}\ny = {}1\nif {}x:\n  z = 1\nA = {annotation}\n",
            "- ".repeat(1000),
            "not ".repeat(500)
        );
        std::fs::write(temp.path().join("m.pyi"), text).unwrap();
        let path = SearchPath::from_site_packages(vec![temp.path().to_owned()]);
        let surface = Analyzer::new(Target::default(), path).surface("m").unwrap();
        assert!(surface.to_json().contains(expected), "{expected}");
        assert_eq!(constant(&surface, "y").value, Some(Literal::Int("1".to_owned())));
        assert!(Surface::from_json(&surface.to_json(), Path::new("m.json")).is_ok());
    }
}
