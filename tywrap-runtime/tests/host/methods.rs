//! Methods of objects: on which they are called, and on which not.

use serde_json::{Value as Json, json};
use tywrap_runtime::{
    Callable, CallableKind, Class, Host, Integers, Module, Param, ParamKind, Schema, Signature, Value,
};

use crate::client::{Client, Received, Served, serve};
use crate::grants::{compiled, host_of};

/// The module whose grants are below.
pub(crate) const SOURCE: &str = r#"
class Account:
    opened = []
    def __init__(self, owner):
        self.owner, self._balance = owner, 0
    def deposit(self, amount, *, note=""):
        self._balance += amount
        return self
    @property
    def balance(self): return self._balance
    @balance.setter
    def balance(self, value):
        if value < 0: raise ValueError("no debts")
        self._balance = value
    def wipe(self): Account.opened.append("wiped")
    def __len__(self): return 7
    def __contains__(self, item): return item == self.owner
    def __add__(self, other): return NotImplemented
    def __eq__(self, other): return isinstance(other, Account) and self.owner == other.owner
    def __hash__(self): return 1
    async def later(self): return 1

class Savings(Account):
    def interest(self): return 0.5
    def __enter__(self): return self
    async def __aexit__(self, kind, error, place): Account.opened.append("left asynchronously")
    def __exit__(self, kind, error, place):
        Account.opened.append(f"left with {error!r}")
        return kind is RuntimeError and "forget" in str(error)

class Vault:
    """Has methods of the same names, which are not granted."""
    def deposit(self, amount, *, note=""): Account.opened.append("vault")
    def wipe(self): Account.opened.append("vault")

class Liar:
    """Says that it is an account."""
    __class__ = Account
    def deposit(self, amount, *, note=""): Account.opened.append("liar")

class Pretender:
    """Passes for an account by its name."""
    def deposit(self, amount, *, note=""): Account.opened.append("pretender")
Pretender.__qualname__ = "Account"

class Reflected:
    def __radd__(self, other): return "reflected"

class _reader:
    """Stubs call it `_Reader`, which does not exist."""
    def line(self): return "a line"

def account(kind="Account"): return globals()[kind]("me") if kind in ("Account", "Savings") else globals()[kind]()
def reader(): return _reader()
def opened(): return Account.opened
"#;

const ANY: u32 = 0;
const ACCOUNT: u32 = 1;
const SAVINGS: u32 = 2;
const INT: u32 = 3;
const READER: u32 = 4;

const fn param(name: &'static str, kind: ParamKind, optional: bool, schema: u32) -> Param {
    Param { name, kind, optional, schema }
}

const fn callable(path: &'static str, kind: CallableKind, signature: &'static [u32]) -> Callable {
    Callable { path, kind, signatures: signature, integers: Integers::Either, result: None }
}

const CALLABLES: &[Callable] = &{
    use CallableKind::{Function, Getter, Method, Setter};
    [
        callable("account", Function, &[0]),
        callable("tests_classes:Account.deposit", Method, &[1]),
        callable("tests_classes:Account.balance", Getter, &[2]),
        callable("tests_classes:Account.balance", Setter, &[3]),
        callable("tests_classes:Savings.interest", Method, &[4]),
        callable("tests_classes:Account.__len__", Method, &[2]),
        callable("tests_classes:Account.__contains__", Method, &[5]),
        callable("tests_classes:Account.__add__", Method, &[5]),
        callable("tests_classes:_Reader.line", Method, &[6]),
        Callable { result: Some("tests_classes:_Reader"), ..callable("reader", Function, &[7]) },
        callable("opened", Function, &[7]),
        callable("tests_classes:Account.__eq__", Method, &[5]),
        callable("tests_classes:Savings.__exit__", Method, &[4]),
    ]
};

const NEW: u32 = 0;
const DEPOSIT: u32 = 1;
const BALANCE: u32 = 2;
const SET_BALANCE: u32 = 3;
const INTEREST: u32 = 4;
const LEN: u32 = 5;
const CONTAINS: u32 = 6;
const ADD: u32 = 7;
const LINE: u32 = 8;
const NEW_READER: u32 = 9;
const OPENED: u32 = 10;
const EQ: u32 = 11;

static CLASSES: Module = Module {
    name: "tests_classes",
    package: "tests",
    digest: "d8",
    policy_digest: "",
    classes: &[
        Class { name: "tests_classes:Account", path: Some("Account"), bases: &[], members: &[] },
        Class { name: "tests_classes:Savings", path: Some("Savings"), bases: &[0], members: &[] },
        Class { name: "tests_classes:_Reader", path: None, bases: &[], members: &[] },
    ],
    callables: CALLABLES,
    signatures: &[
        Signature { first: 0, count: 1 },
        Signature { first: 1, count: 3 },
        Signature { first: 1, count: 1 },
        Signature { first: 4, count: 2 },
        Signature { first: 6, count: 1 },
        Signature { first: 7, count: 2 },
        Signature { first: 9, count: 1 },
        Signature { first: 0, count: 0 },
    ],
    params: &{
        use ParamKind::{KwOnly, PosOnly, PosOrKw};
        [
            // 0: account(kind=…)
            param("kind", PosOrKw, true, ANY),
            // 1: deposit(self, amount: int, *, note=…)
            param("self", PosOnly, false, ACCOUNT),
            param("amount", PosOrKw, false, INT),
            param("note", KwOnly, true, ANY),
            // 4: the setter of `balance`
            param("self", PosOnly, false, ACCOUNT),
            param("value", PosOnly, false, INT),
            // 6: interest(self)
            param("self", PosOnly, false, SAVINGS),
            // 7: operators
            param("self", PosOnly, false, ACCOUNT),
            param("other", PosOnly, false, ANY),
            // 9: line(self)
            param("self", PosOnly, false, READER),
        ]
    },
    schemas: &[
        Schema::Any,
        Schema::Handle("tests_classes:Account"),
        Schema::Handle("tests_classes:Savings"),
        Schema::Int,
        Schema::Handle("tests_classes:_Reader"),
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
        let fixture = host_of("", &[&CLASSES, &crate::grants::BUILTINS]);
        let (served, mut client) = serve(fixture.host);
        client.open(1, &CLASSES);
        client.open(2, &crate::grants::BUILTINS);
        Self { client, served, _directory: fixture.directory }
    }

    /// A new object of a class, as it is passed on.
    fn made(&mut self, kind: &str) -> String {
        handle(self.client.call(1, NEW, &format!("[{kind:?}]")).result())
    }

    /// Calls a method on an object, with more arguments behind a comma.
    fn on(&mut self, method: u32, receiver: &str, rest: &str) -> Received {
        self.client.call_tagged(1, method, &format!("[{receiver}{rest}]"), &[])
    }

    fn with_keywords(&mut self, method: u32, args: &str, kwargs: &str) -> Received {
        let request = self.client.start(1, method, true, &format!("[[{args}],{{{kwargs}}}]"), &[]);
        self.client.answer(request)
    }

    fn end(self) {
        drop(self.client);
        self.served.end();
    }
}

fn handle(result: &Json) -> String {
    assert_eq!(result[0], "handle", "{result}");
    result.to_string()
}

#[test]
fn methods_are_called_on_their_objects() {
    let mut connection = Connection::new();
    let account = connection.made("Account");
    assert!(account.ends_with(r#""tests_classes:Account"]"#), "{account}");
    let same = handle(connection.on(DEPOSIT, &account, ",12").result());
    assert_eq!(connection.on(BALANCE, &same, "").result(), 12);
    let named = connection.with_keywords(DEPOSIT, &account, r#""amount":1,"note":"x""#);
    handle(named.result());
    assert_eq!(connection.on(SET_BALANCE, &account, ",40").result(), &Json::Null);
    assert_eq!(connection.on(BALANCE, &account, "").result(), 40);
    let debts = connection.on(SET_BALANCE, &account, ",-1");
    assert_eq!((debts.error().0, debts.error().2), ("python", "no debts"));
    // An heir has the methods of its base, and its own.
    let savings = connection.made("Savings");
    assert!(savings.ends_with(r#""tests_classes:Savings"]"#), "{savings}");
    handle(connection.on(DEPOSIT, &savings, ",1").result());
    assert_eq!(connection.on(INTEREST, &savings, "").result(), &json!(0.5));
    // A class that exists in stubs only is known by what its function returns.
    let reader = handle(connection.client.call(1, NEW_READER, "[]").result());
    assert!(reader.ends_with(r#""tests_classes:_Reader"]"#), "{reader}");
    assert_eq!(connection.on(LINE, &reader, "").result(), "a line");
    connection.end();
}

#[test]
fn what_has_an_exit_that_is_granted_is_left_and_nothing_else() {
    const LEAVE: u32 = 6;
    let mut connection = Connection::new();
    let savings = connection.made("Savings");
    let mut leave = |object: &str, failure: &str| {
        connection.client.call_tagged(0, LEAVE, &format!("[{object},{failure},false]"), &[])
    };
    assert_eq!(leave(&savings, "null").result(), &json!(false));
    assert_eq!(leave(&savings, "\"TypeError: x\"").result(), &json!(false));
    assert_eq!(leave(&savings, "\"Error: forget it\"").result(), &json!(true));
    assert_eq!(leave(&savings, "1").error().1, "call-type");
    // Its `__aexit__` exists as well, and is not granted.
    let left = connection.client.call_tagged(0, LEAVE, &format!("[{savings},null,true]"), &[]);
    assert_eq!(left.error().1, "call-receiver", "{left:?}");
    for other in ["Account", "Vault"] {
        let object = connection.made(other);
        let left = connection.client.call_tagged(0, LEAVE, &format!("[{object},null,false]"), &[]);
        assert_eq!(left.error().1, "call-receiver", "{other}: {left:?}");
    }
    let opened = connection.client.call(1, OPENED, "[]");
    let expected =
        ["left with None", "left with RuntimeError('TypeError: x')", "left with RuntimeError('Error: forget it')"];
    assert_eq!(opened.result(), &json!(expected));
    connection.end();
}

#[test]
fn operators_are_those_of_python() {
    let mut connection = Connection::new();
    let account = connection.made("Account");
    assert_eq!(connection.on(LEN, &account, "").result(), 7);
    assert_eq!(connection.on(CONTAINS, &account, r#","me""#).result(), true);
    assert_eq!(connection.on(CONTAINS, &account, r#","you""#).result(), false);
    let other = connection.made("Savings");
    assert_eq!(connection.on(EQ, &account, &format!(",{other}")).result(), true);
    // What an object does not know, the other operand may.
    let reflected = connection.made("Reflected");
    assert_eq!(connection.on(ADD, &account, &format!(",{reflected}")).result(), "reflected");
    let refused = connection.on(ADD, &account, ",1");
    assert!(refused.error().2.starts_with("unsupported operand type"), "{:?}", refused.error());
    connection.end();
}

#[test]
fn a_method_is_called_on_no_other_object() {
    let mut connection = Connection::new();
    let account = connection.made("Account");
    // The control: with the right object, the same frame is a call.
    handle(connection.on(DEPOSIT, &account, ",1").result());
    for (kind, says) in [
        ("Vault", "an object of `tests_classes:Vault`, of which no methods are granted"),
        ("Liar", "an object of `tests_classes:Liar`, of which no methods are granted"),
    ] {
        let object = connection.made(kind);
        let refused = connection.on(DEPOSIT, &object, ",1");
        assert_eq!((refused.error().0, refused.error().1), ("validation", "call-receiver"), "{kind}");
        assert!(refused.error().2.ends_with(says), "{}", refused.error().2);
        // What a client says of an object is no evidence.
        let claimed =
            format!(r#"["handle",{},"tests_classes:Account"]"#, serde_json::from_str::<Json>(&object).unwrap()[1]);
        assert_eq!(connection.on(DEPOSIT, &claimed, ",1").error().1, "call-receiver", "{kind}");
    }
    // A base has not what its heir has.
    let refused = connection.on(INTEREST, &account, "");
    assert!(refused.error().2.ends_with("an object of `tests_classes:Account`, which is no such class"));
    // One that passes for an account by its name gets as far as the worker, which asks the class itself.
    let pretender = connection.made("Pretender");
    assert!(pretender.ends_with(r#""tests_classes:Account"]"#), "{pretender}");
    let refused = connection.on(DEPOSIT, &pretender, ",1");
    assert_eq!(refused.value["type"], "TypeError");
    // An account stays one, whichever module's call gave it.
    let foreign = connection.client.call_tagged(2, 1, &format!("[{account}]"), &[]);
    let foreign = handle(foreign.result());
    handle(connection.on(DEPOSIT, &foreign, ",1").result());
    for (receiver, code) in [("3", "call-type"), (r#"["handle",99,"tests_classes:Account"]"#, "handle-refused")] {
        assert_eq!(connection.on(DEPOSIT, receiver, ",1").error().1, code, "{receiver}");
    }
    // Without a receiver, or with it by keyword.
    assert_eq!(connection.client.call(1, BALANCE, "[]").error().1, "call-arity");
    let keyword = connection.with_keywords(BALANCE, "", &format!(r#""self":{account}"#));
    assert_eq!(keyword.error().0, "validation");
    // Nothing of it reached Python.
    assert_eq!(connection.client.call(1, OPENED, "[]").result(), &json!([]));
    connection.end();
}

#[test]
fn rust_calls_methods_too() {
    let fixture = host_of("", &[&CLASSES]);
    let host = &fixture.host;
    let account = host.call(&CLASSES, "account", vec![], vec![]).unwrap();
    let deposit = |receiver: &Value| {
        host.call(&CLASSES, "tests_classes:Account.deposit", vec![receiver.clone(), 3.into()], vec![])
    };
    assert!(matches!(deposit(&account), Ok(Value::Handle(_))));
    let vault = host.call(&CLASSES, "account", vec!["Vault".into()], vec![]).unwrap();
    assert_eq!(deposit(&vault).unwrap_err().code(), "call-receiver");
}

#[test]
fn the_policy_of_the_host_rules_over_methods() {
    let directory = tempfile::tempdir().unwrap();
    let venv = crate::grants::make_venv(directory.path());
    let build = |blocked: &str| {
        let text =
            format!("[module-whitelist]\nallowed-modules = [\"tests_classes\"]\nblocked-members = [{blocked:?}]\n");
        let log = directory.path().join("audit.jsonl");
        Host::builder(compiled(&text)).venv(&venv).audit_log(log).module(&CLASSES).build()
    };
    assert!(build("tests_classes.Account.wipe").is_ok(), "what is blocked is not granted: the control");
    for (blocked, says) in [
        ("tests_classes.Account.deposit", "`tests_classes.Account.deposit` is blocked by policy [member-blocked]"),
        // Inherited: the one grant is under `Account`.
        ("tests_classes.Savings.deposit", "`tests_classes.Savings.deposit` is blocked by policy [member-blocked]"),
        ("tests_classes.Account.balance", "`tests_classes.Account.balance` is blocked by policy [member-blocked]"),
        ("tests_classes.Account.deposit(note)", "the parameter `note` of `tests_classes.Account.deposit` is blocked"),
    ] {
        let error = build(blocked).map(drop).unwrap_err().to_string();
        assert!(error.contains(says), "{blocked}: {error}");
    }
}
