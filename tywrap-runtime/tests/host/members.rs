//! Members of enums, which go by value, and tuples that are more than tuples.

use serde_json::{Value as Json, json};
use tywrap_runtime::{
    Callable, CallableKind, Class, EnumMember, Integers, Module, Param, ParamKind, Schema, Signature, Value,
};

use crate::client::{Client, Received, Served, serve};
use crate::grants::host_of;

/// The module whose grants are below.
pub(crate) const SOURCE: &str = r#"
import collections, enum

class Colour(enum.Enum):
    RED = "red"
    CRIMSON = "red"
    BLUE = 2
    HIDDEN = 3
    def mix(self, other): return f"{self.name}+{other.name}"

class Flags(enum.IntFlag):
    A = 1
    B = 2
    C = 4
    AB = 3

class Secret(enum.Enum):
    KEY = 1

class Pair(tuple, enum.Enum):
    ONE = (1, 2)

class Point(collections.namedtuple("Point", "x y")):
    def length(self): return self.x + self.y

Plain = collections.namedtuple("Plain", "a b")

def evaluated(text): return eval(text)
def described(value): return f"{type(value).__name__} {value!r}"
"#;

const ANY: u32 = 0;
const COLOUR: u32 = 1;
const POINT: u32 = 2;
const INT: u32 = 3;
const POINT_VALUE: u32 = 4;
const ENUM: u32 = 5;

const fn param(name: &'static str, schema: u32) -> Param {
    Param { name, kind: ParamKind::PosOnly, optional: false, schema }
}

const fn callable(path: &'static str, kind: CallableKind, signatures: &'static [u32]) -> Callable {
    Callable { path, kind, signatures, integers: Integers::Either, result: None }
}

const EVALUATED: u32 = 0;
const DESCRIBED: u32 = 1;
const MIX: u32 = 2;
const LENGTH: u32 = 3;
const COLOUR_ONLY: u32 = 4;
const POINT_ONLY: u32 = 5;
const ANY_ENUM: u32 = 6;

static MEMBERS: Module = Module {
    name: "tests_members",
    package: "tests",
    digest: "d9",
    policy_digest: "",
    classes: &[
        Class { name: "tests_members:Colour", path: Some("Colour"), bases: &[4], members: &["RED", "BLUE", "GONE"] },
        Class { name: "tests_members:Flags", path: Some("Flags"), bases: &[4], members: &["A", "B", "C"] },
        Class { name: "tests_members:Point", path: Some("Point"), bases: &[], members: &[] },
        Class { name: "tests_members:Pair", path: Some("Pair"), bases: &[4], members: &["ONE"] },
        Class { name: "enum:Enum", path: None, bases: &[], members: &[] },
    ],
    callables: &{
        use CallableKind::{Function, Method};
        [
            callable("evaluated", Function, &[0]),
            callable("described", Function, &[0]),
            callable("tests_members:Colour.mix", Method, &[1]),
            callable("tests_members:Point.length", Method, &[2]),
            callable("described", Function, &[3]),
            callable("described", Function, &[4]),
            callable("described", Function, &[5]),
        ]
    },
    signatures: &[
        Signature { first: 0, count: 1 },
        Signature { first: 1, count: 2 },
        Signature { first: 3, count: 1 },
        Signature { first: 4, count: 1 },
        Signature { first: 5, count: 1 },
        Signature { first: 6, count: 1 },
    ],
    params: &[
        param("value", ANY),
        param("self", COLOUR),
        param("other", COLOUR),
        param("self", POINT),
        param("colour", COLOUR),
        param("point", POINT_VALUE),
        param("member", ENUM),
    ],
    schemas: &[
        Schema::Any,
        Schema::Handle("tests_members:Colour"),
        Schema::Handle("tests_members:Point"),
        Schema::Int,
        Schema::NamedTuple("tests_members:Point", &[INT, INT]),
        Schema::Handle("enum:Enum"),
    ],
};

/// A client of a host, and the directory that both need.
struct Connection {
    client: Client,
    served: Served,
    _directory: tempfile::TempDir,
}

impl Connection {
    fn new() -> Self {
        let fixture = host_of("", &[&MEMBERS]);
        let (served, mut client) = serve(fixture.host);
        client.open(1, &MEMBERS);
        Self { client, served, _directory: fixture.directory }
    }

    /// What a Python expression evaluates to.
    fn python(&mut self, expression: &str) -> Json {
        self.client.call(1, EVALUATED, &json!([expression]).to_string()).result().clone()
    }

    fn call(&mut self, callable: u32, args: &str) -> Received {
        self.client.call_tagged(1, callable, args, &[])
    }

    fn end(self) {
        drop(self.client);
        self.served.end();
    }
}

#[test]
fn members_come_by_value() {
    let mut connection = Connection::new();
    for (expression, member) in [
        ("Colour.RED", json!(["enum", "tests_members:Colour", "RED"])),
        // Another name of the same member.
        ("Colour.CRIMSON", json!(["enum", "tests_members:Colour", "RED"])),
        ("[Colour.BLUE]", json!(["list", ["enum", "tests_members:Colour", "BLUE"]])),
        ("{Colour.BLUE: 1}", json!(["dict", ["enum", "tests_members:Colour", "BLUE"], 1])),
        ("Flags.B", json!(["enum", "tests_members:Flags", "B"])),
        ("Flags.C | Flags.A", json!(["enum", "tests_members:Flags", "A|C"])),
        ("Flags.AB", json!(["enum", "tests_members:Flags", "A|B"])),
        ("Pair.ONE", json!(["enum", "tests_members:Pair", "ONE"])),
    ] {
        assert_eq!(connection.python(expression), member, "{expression}");
    }
    // One that is not granted, one of an enum that is not, and combinations that no names say.
    for expression in ["Colour.HIDDEN", "Secret.KEY", "Flags(0)", "Flags(8)", "Flags(9)"] {
        assert_eq!(connection.python(expression)[0], "handle", "{expression}");
    }
    connection.end();
}

#[test]
fn members_go_by_value() {
    let mut connection = Connection::new();
    let colour = |name: &str| json!(["enum", "tests_members:Colour", name]).to_string();
    let flags = |name: &str| json!(["enum", "tests_members:Flags", name]).to_string();
    for (value, described) in [
        (colour("RED"), "Colour <Colour.RED: 'red'>"),
        (flags("B"), "Flags <Flags.B: 2>"),
        (flags("A|C"), "Flags <Flags.A|C: 5>"),
        (format!("[\"list\",{}]", colour("BLUE")), "list [<Colour.BLUE: 2>]"),
    ] {
        assert_eq!(connection.call(DESCRIBED, &format!("[{value}]")).result(), described, "{value}");
    }
    // As a receiver, and where a schema names the class or one that it inherits from.
    assert_eq!(connection.call(MIX, &format!("[{},{}]", colour("RED"), colour("BLUE"))).result(), "RED+BLUE");
    assert_eq!(connection.call(COLOUR_ONLY, &format!("[{}]", colour("RED"))).result(), "Colour <Colour.RED: 'red'>");
    assert_eq!(connection.call(ANY_ENUM, &format!("[{}]", flags("A"))).result(), "Flags <Flags.A: 1>");
    assert_eq!(connection.call(COLOUR_ONLY, &format!("[{}]", flags("A"))).error().1, "call-type");
    assert_eq!(connection.call(MIX, &format!("[{},{}]", flags("A"), colour("RED"))).error().1, "call-type");
    // Operations on objects take one, too.
    let said = connection.client.call_tagged(0, 5, &format!("[{}]", colour("RED")), &[]);
    assert_eq!(said.result(), "<Colour.RED: 'red'>");
    let taken = connection.client.call_tagged(0, 3, &format!("[{}]", colour("RED")), &[]);
    assert_eq!(taken.result(), "red");
    connection.end();
}

#[test]
fn what_is_no_granted_member_is_refused() {
    let mut connection = Connection::new();
    let control = connection.call(DESCRIBED, r#"[["enum","tests_members:Colour","RED"]]"#);
    assert_eq!(control.result(), "Colour <Colour.RED: 'red'>");
    for (class, name) in [
        ("tests_members:Colour", "HIDDEN"),
        ("tests_members:Colour", "CRIMSON"),
        ("tests_members:Colour", "mix"),
        ("tests_members:Colour", "__class__"),
        ("tests_members:Colour", ""),
        ("tests_members:Flags", "C|A"),
        ("tests_members:Flags", "A|A"),
        ("tests_members:Flags", "A|AB"),
        ("tests_members:Secret", "KEY"),
        ("tests_members:Point", "x"),
        ("os:environ", "PATH"),
        ("", ""),
    ] {
        let value = json!(["enum", class, name]).to_string();
        for args in [format!("[{value}]"), format!("[[\"list\",{value}]]"), format!("[[\"dict\",{value},1]]")] {
            let refused = connection.call(DESCRIBED, &args);
            assert_eq!((refused.error().0, refused.error().1), ("validation", "call-type"), "{args}");
        }
    }
    // The stub states a member that the installed class has not.
    let gone = connection.call(DESCRIBED, r#"[["enum","tests_members:Colour","GONE"]]"#);
    assert_eq!(gone.value["type"], "KeyError");
    connection.end();
}

#[test]
fn a_tuple_with_methods_is_an_object() {
    let mut connection = Connection::new();
    let point = connection.python("Point(1, 2)");
    assert_eq!((&point[0], &point[2]), (&json!("handle"), &json!("tests_members:Point")));
    assert_eq!(connection.call(LENGTH, &format!("[{point}]")).result(), 3);
    let taken = connection.client.call_tagged(0, 3, &format!("[{point}]"), &[]);
    assert_eq!(taken.result(), &json!(["tuple", 1, 2]));
    let inside = connection.python("[Point(1, 2)]");
    assert_eq!(inside[1][0], "handle");
    assert_eq!(connection.python("Plain(1, 2)"), json!(["tuple", 1, 2]), "a class that is not granted");
    connection.end();
}

#[test]
fn a_tuple_becomes_the_named_one() {
    let mut connection = Connection::new();
    let described = "Point Point(x=1, y=2)";
    assert_eq!(connection.client.call(1, POINT_ONLY, "[[1,2]]").result(), described);
    assert_eq!(connection.call(POINT_ONLY, r#"[["tuple",1,2]]"#).result(), described);
    let point = connection.python("Point(1, 2)");
    assert_eq!(connection.call(POINT_ONLY, &format!("[{point}]")).result(), described);
    for args in ["[[1]]", "[[1,2,3]]", "[[1,\"2\"]]", "[3]"] {
        assert_eq!(connection.client.call(1, POINT_ONLY, args).error().1, "call-type", "{args}");
    }
    // No client says which class.
    let named = connection.call(DESCRIBED, r#"[["named","tests_members:Point",1,2]]"#);
    assert_eq!(named.error().1, "json-refused");
    connection.end();
}

#[test]
fn rust_passes_members_too() {
    let fixture = host_of("", &[&MEMBERS]);
    let call = |value: Value| fixture.host.call(&MEMBERS, "described", vec![value], vec![]);
    let member = |name: &str| Value::Enum(EnumMember::new("tests_members:Colour", name));
    assert_eq!(call(member("RED")).unwrap(), Value::from("Colour <Colour.RED: 'red'>"));
    assert_eq!(call(member("HIDDEN")).unwrap_err().code(), "call-type");
    assert_eq!(call(Value::Named("tests_members:Point", vec![])).unwrap_err().code(), "call-type");
    let came = fixture.host.call(&MEMBERS, "evaluated", vec!["Colour.RED".into()], vec![]).unwrap();
    assert_eq!(came, member("RED"));
}
