//! Classes as the emitter writes them, from surfaces as a lock has them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::path::Path;

use tywrap_surface::model::{Literal, QName, Surface};

use crate::emit::EmittedModule;
use crate::emit::tests::{HOSTILE, body, emit_under, part};

/// Containers and the base of all things, which real surfaces describe too.
const BUILTINS: &str = r#"
"builtins:dict": {"kind": "plain", "vars": "[_KT, _VT]", "bases": ["Mapping[~_KT, ~_VT]"], "mro": ["Mapping[~_KT, ~_VT]", "object"], "described": true, "members": [
  {"func": "get", "def": "builtins:dict.get", "bind": "instance", "sig": "def get(key: ~_KT, default: ~_VT | None = None) -> ~_VT | None"},
  {"func": "copy", "def": "builtins:dict.copy", "bind": "instance", "sig": "def copy() -> Self"},
  {"func": "__len__", "def": "builtins:dict.__len__", "bind": "instance", "sig": "def __len__() -> int"},
  {"func": "__iter__", "def": "builtins:dict.__iter__", "bind": "instance", "sig": "def __iter__() -> Iterator[~_KT]"}
]}"#;

/// The surface of module `m` that exports these classes.
fn surface(exports: &[&str], classes: &str) -> Surface {
    let items: Vec<String> =
        exports.iter().map(|name| format!(r#"{{"class": "{name}", "def": "m:{name}"}}"#)).collect();
    let names = r#""Iterator": "class typing:Iterator", "Mapping": "class typing:Mapping", "Iterable": "class typing:Iterable",
        "dict": "class builtins:dict", "list": "class builtins:list", "int": "class builtins:int", "str": "class builtins:str",
        "bool": "class builtins:bool", "float": "class builtins:float", "object": "class builtins:object",
        "tuple": "class builtins:tuple", "Generic": "class typing:Generic", "Enum": "class enum:Enum", "NamedTuple": "class typing:NamedTuple""#;
    let own: Vec<String> = classes
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("\"m:")?.split_once('"'))
        .map(|(name, _)| format!(r#""{name}": "class m:{name}""#))
        .collect();
    let text = format!(
        r#"{{"format": 2, "module": "m", "names": {{{names}, {}}}, "items": [{}], "aliases": {{}}, "classes": {{{classes}}}, "omitted": []}}"#,
        own.join(", "),
        items.join(", "),
    );
    Surface::from_json(&text, Path::new("m.json")).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn emitted(surface: &Surface) -> EmittedModule {
    emit_under("", vec![part("", surface)])
}

#[test]
fn classes_have_constructors_members_and_what_is_of_the_class() {
    let mut surface = surface(
        &["Box"],
        r#"
"m:Box": {"kind": "plain", "vars": "[_T]", "bases": ["Generic[~_T]"], "mro": ["object"], "described": true,
  "props": ["item: ~_T", "size: int; set: int | None"], "members": [
  {"const": "LARGEST: int", "def": "m:Box.LARGEST"},
  {"func": "__init__", "def": "m:Box.__init__", "bind": "instance", "sigs": ["def __init__(item: ~_T) -> None", "def __init__(*, size: int) -> None"]},
  {"func": "empty", "def": "m:Box.empty", "bind": "class", "sig": "def empty() -> Self"},
  {"func": "weigh", "def": "m:Box.weigh", "bind": "static", "sig": "def weigh(boxes: Iterable[Box[int]]) -> float"},
  {"func": "open", "def": "m:Box.open", "bind": "instance", "sig": "def open(slowly: bool = False) -> ~_T"},
  {"func": "sum", "def": "m:Box.sum", "bind": "instance", "sigs": ["def sum(on Box[int];) -> int", "def sum(on Box[str];) -> str"]},
  {"func": "__add__", "def": "m:Box.__add__", "bind": "instance", "sig": "def __add__(other: Self) -> Self"},
  {"func": "__iter__", "def": "m:Box.__iter__", "bind": "instance", "sig": "def __iter__() -> Iterator[~_T]"},
  {"func": "__del__", "def": "m:Box.__del__", "bind": "instance", "sig": "def __del__() -> None"},
  {"func": "_secret", "def": "m:Box._secret", "bind": "instance", "sig": "def _secret() -> int"}
]}"#,
    );
    surface.docs.insert("m:Box.open".to_owned(), "Open it.\n\nGive what is in it.".to_owned());
    surface.docs.insert("Box".to_owned(), "Something to put things in.".to_owned());
    let emitted = emitted(&surface);
    insta::assert_snapshot!("box.d.ts", body(&emitted.dts));
    insta::assert_snapshot!("box.js", emitted.js);
    insta::assert_snapshot!("box.grants", emitted.grants);
    insta::assert_debug_snapshot!("box.uncovered", emitted.uncovered);
}

#[test]
fn heirs_have_what_they_inherit_and_say_what_differs() {
    let classes = format!(
        r#"{BUILTINS},
"m:Counter": {{"kind": "plain", "vars": "[_T]", "bases": ["dict[~_T, int]"], "mro": ["dict[~_T, int]", "Mapping[~_T, int]", "object"], "described": true, "members": [
  {{"func": "get", "def": "m:Counter.get", "bind": "instance", "sig": "def get(key: ~_T) -> int"}},
  {{"func": "most_common", "def": "m:Counter.most_common", "bind": "instance", "sig": "def most_common(n: int | None = None) -> list[tuple[~_T, int]]"}}
]}},
"m:Letters": {{"kind": "plain", "bases": ["Counter[str]"], "mro": ["Counter[str]", "dict[str, int]", "Mapping[str, int]", "object"], "described": true, "members": [
  {{"func": "most_common", "def": "m:Letters.most_common", "bind": "instance", "sig": "def most_common() -> str"}}
]}}"#
    );
    let emitted = emitted(&surface(&["Letters", "Counter"], &classes));
    insta::assert_snapshot!("heirs.d.ts", body(&emitted.dts));
    insta::assert_snapshot!("heirs.js", emitted.js);
    assert_eq!(emitted.grants.matches("path: \"builtins:dict.get\"").count(), 1, "{}", emitted.grants);
    assert_eq!(emitted.grants.matches("path: \"m:Letters.get\"").count(), 0, "what is inherited is not granted again");
}

#[test]
fn enums_are_values_by_name() {
    let emitted = emitted(&surface(
        &["Colour"],
        r#"
"m:Colour": {"kind": "enum", "bases": ["Enum"], "mro": ["Enum", "object"], "fields": ["RED: str = 'red'", "BLUE: str", "constructor: int = 3"], "described": true, "members": [
  {"func": "next", "def": "m:Colour.next", "bind": "instance", "sig": "def next() -> Colour"}
]}"#,
    ));
    insta::assert_snapshot!("enums.d.ts", body(&emitted.dts));
    insta::assert_snapshot!("enums.js", emitted.js);
}

#[test]
fn what_is_made_of_fields_can_be_taken_as_data() {
    let emitted = emitted(&surface(
        &["Point", "Segment", "Pair", "Size"],
        r#"
"m:Point": {"kind": "dataclass", "mro": ["object"], "fields": ["x: float", "optional y: float = 0.0", "seed: int"], "described": true, "props": ["x: float; set: float", "y: float; set: float"], "members": [
  {"func": "__init__", "def": "m:Point.__init__", "bind": "instance", "sig": "def __init__(x: float, y: float = 0.0, seed: int = 0) -> None"}
]},
"m:Segment": {"kind": "dataclass", "bases": ["Point"], "mro": ["Point", "object"], "fields": ["end: Point"], "described": true, "props": ["end: Point; set: Point"], "members": []},
"m:Pair": {"kind": "named-tuple", "bases": ["NamedTuple"], "mro": ["NamedTuple", "object"], "fields": ["left: int", "right: str"], "described": true, "props": ["left: int", "right: str"], "members": [
  {"func": "swapped", "def": "m:Pair.swapped", "bind": "instance", "sig": "def swapped() -> Size"}
]},
"m:Size": {"kind": "named-tuple", "bases": ["NamedTuple"], "mro": ["NamedTuple", "object"], "fields": ["width: int", "height: int"], "described": true, "props": ["width: int", "height: int"], "members": []}"#,
    ));
    insta::assert_snapshot!("fields.d.ts", body(&emitted.dts));
}

#[test]
fn members_give_way_to_what_the_client_and_the_language_have() {
    let method = |name: &str| {
        format!(r#"{{"func": "{name}", "def": "m:Odd.{name}", "bind": "instance", "sig": "def {name}() -> int"}}"#)
    };
    let names = ["constructor", "then", "__proto__", "dispose", "className", "toString", "delete", "Name", "name"];
    let members: Vec<String> = names.iter().map(|name| method(name)).collect();
    let emitted = emitted(&surface(
        &["Odd"],
        &format!(
            r#"
"m:Odd": {{"kind": "plain", "mro": ["object"], "described": true, "members": [{}]}}"#,
            members.join(", ")
        ),
    ));
    insta::assert_snapshot!("odd.d.ts", body(&emitted.dts));
    insta::assert_snapshot!("odd.js", emitted.js);
}

#[test]
fn a_blocked_member_of_a_class_is_nowhere() {
    let surface = surface(
        &["Table"],
        r#"
"m:Table": {"kind": "plain", "mro": ["object"], "described": true, "props": ["plan: str"], "members": [
  {"func": "__init__", "def": "m:Table.__init__", "bind": "instance", "sig": "def __init__(rows: int, **options: object) -> None"},
  {"func": "run", "def": "m:Table.run", "bind": "instance", "sig": "def run(text: str) -> object"},
  {"func": "save", "def": "m:Table.save", "bind": "instance", "sig": "def save(name: str, **options: object) -> None"}
]}"#,
    );
    let allowed = emit_under("", vec![part("", &surface)]);
    let policy = "[module-whitelist]\nblocked-members = [\"m.Table.run\", \"m.Table.plan\", \"m.Table(engine)\", \"m.Table.save(engine)\"]";
    let blocked = emit_under(policy, vec![part("", &surface)]);
    for name in ["run", "plan"] {
        assert!(allowed.dts.contains(&format!("  {name}(")) || allowed.dts.contains(&format!(" {name}: ")), "{name}");
        assert!(!blocked.dts.contains(&format!("  {name}(")) && !blocked.dts.contains(&format!(" {name}: ")), "{name}");
        assert!(!blocked.grants.contains(&format!("Table.{name}")), "{name}");
        assert!(blocked.uncovered.iter().any(|uncovered| uncovered.path == format!("m:Table.{name}")), "{name}");
    }
    // What has no name in the signature could still be passed by its name.
    assert_eq!(allowed.dts.matches("[key: string]").count(), 2, "{}", allowed.dts);
    assert_eq!(blocked.dts.matches("[key: string]").count(), 0, "{}", blocked.dts);
    assert!(blocked.dts.contains("  save(name: string): Promise<null>;"), "{}", blocked.dts);
}

#[test]
fn a_hostile_class_stays_within_its_words() {
    let mut surface = surface(
        &["Fine"],
        r#"
"m:Fine": {"kind": "enum", "bases": ["Enum"], "mro": ["Enum", "object"], "fields": ["A: str", "B: int = 1"], "described": true, "props": ["first: int"], "members": [
  {"func": "second", "def": "m:Fine.second", "bind": "instance", "sig": "def second() -> int"}
]}"#,
    );
    surface.docs.insert("m:Fine.second".to_owned(), HOSTILE.to_owned());
    let class = surface.classes.get_mut(&QName::new("m", "Fine")).unwrap();
    class.fields[0].value = Some(Literal::Str(HOSTILE.to_owned()));
    class.fields[1].name = HOSTILE.to_owned();
    class.props[0].name = HOSTILE.to_owned();
    // The emitter reads back what it wrote, and nothing may be found in it that was not meant.
    let emitted = emitted(&surface);
    insta::assert_snapshot!("hostile_class.d.ts", body(&emitted.dts));
    insta::assert_snapshot!("hostile_class.js", emitted.js);
    insta::assert_debug_snapshot!("hostile_class.uncovered", emitted.uncovered);
}
