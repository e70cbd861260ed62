//! What every caller may do with the objects it holds: go through them, and take them as data.

use serde_json::{Value as Json, json};

use crate::client::{Client, OPEN, RELEASE, Received, Served, frame, serve};
use crate::grants::{BUILTINS, host_of};

const ITERATE: u32 = 0;
const NEXT: u32 = 1;
const CLOSE: u32 = 2;
const TAKE: u32 = 3;
const STR: u32 = 4;
const REPR: u32 = 5;
const LEAVE: u32 = 6;

/// `evaluated` of [`BUILTINS`].
const EVALUATED: u32 = 13;

/// A client of a host, and the directory that both need.
struct Connection {
    client: Client,
    served: Served,
    _directory: tempfile::TempDir,
}

impl Connection {
    fn new(policy: &str) -> Self {
        let fixture = host_of(policy, &[&BUILTINS]);
        let (served, mut client) = serve(fixture.host);
        client.open(1, &BUILTINS);
        Self { client, served, _directory: fixture.directory }
    }

    /// What a Python expression evaluates to.
    fn python(&mut self, expression: &str) -> Json {
        self.client.call(1, EVALUATED, &json!([expression]).to_string()).result().clone()
    }

    /// An object that a Python expression makes, as it is passed on.
    fn object(&mut self, expression: &str) -> String {
        let object = self.python(expression);
        assert_eq!(object[0], "handle", "{expression}: {object}");
        object.to_string()
    }

    fn on(&mut self, operation: u32, object: &str, rest: &str) -> Received {
        self.client.call_tagged(0, operation, &format!("[{object}{rest}]"), &[])
    }

    fn iterator(&mut self, object: &str) -> String {
        self.on(ITERATE, object, "").result().to_string()
    }

    /// Whether those were the last, and the items.
    fn next(&mut self, iterator: &str, count: u32) -> (bool, Vec<Json>) {
        let answer = self.on(NEXT, iterator, &format!(",{count}"));
        let mut parts = answer.result().as_array().unwrap().clone();
        if answer.tagged {
            assert_eq!(parts.remove(0), "list");
        }
        let mut items = parts[1].as_array().unwrap().clone();
        if answer.tagged {
            assert_eq!(items.remove(0), "list");
        }
        (parts[0].as_bool().unwrap(), items)
    }

    fn end(self) {
        drop(self.client);
        self.served.end();
    }
}

#[test]
fn objects_are_gone_through_in_batches() {
    let mut connection = Connection::new("");
    let object = connection.object("collections.deque('abcde')");
    let iterator = connection.iterator(&object);
    assert_eq!(connection.next(&iterator, 2), (false, vec![json!("a"), json!("b")]));
    assert_eq!(connection.next(&iterator, 0), (false, vec![json!("c")]));
    assert_eq!(connection.next(&iterator, 4_000_000_000), (true, vec![json!("d"), json!("e")]));
    assert_eq!(connection.next(&iterator, 1), (true, vec![]));
    // A slow iterator is seen as it goes, however many are asked for.
    let slow = connection.object("(time.sleep(0.02) or n for n in range(3))");
    assert_eq!(connection.next(&slow, 100), (false, vec![json!(0)]));
    // One without an end ends no call.
    let endless = connection.object("(n for n in iter(int, 1))");
    let (done, items) = connection.next(&endless, 4_000_000_000);
    assert!(!done && items.len() <= 1024);
    // Items are values like others, objects among them.
    let objects = connection.object("iter([object(), 2 ** 60])");
    let (_, items) = connection.next(&objects, 2);
    assert_eq!((&items[0][0], &items[1]), (&json!("handle"), &json!(["int", "1152921504606846976"])));
    connection.end();
}

#[test]
fn dicts_are_gone_through_by_key_and_async_generators_item_by_item() {
    let mut connection = Connection::new("");
    for (expression, items) in [
        ("collections.Counter('aab')", vec![json!("a"), json!("b")]),
        ("collections.OrderedDict(x=1).items()", vec![json!(["tuple", "x", 1])]),
        ("counted()", (0..10).map(Json::from).collect()),
        ("counted_async()", (0..10).map(Json::from).collect()),
        ("zip('ab', [1, 2])", vec![json!(["tuple", "a", 1]), json!(["tuple", "b", 2])]),
    ] {
        let object = connection.object(expression);
        let iterator = connection.iterator(&object);
        // In as many answers as it takes: one leaves after a while with the items there are.
        let mut came = Vec::new();
        loop {
            let (done, batch) = connection.next(&iterator, 100);
            came.extend(batch);
            if done {
                break;
            }
        }
        assert_eq!(came, items, "{expression}");
    }
    // What is one value after another can be gone through only once; what holds them, as often as one likes.
    let counter = connection.object("collections.Counter('a')");
    for _ in 0..2 {
        let iterator = connection.iterator(&counter);
        assert_eq!(connection.next(&iterator, 5), (true, vec![json!("a")]));
    }
    connection.end();
}

#[test]
fn an_error_comes_behind_the_items_before_it() {
    let mut connection = Connection::new("");
    let failing = connection.object("(1 // n for n in (1, 1, 0, 1))");
    assert_eq!(connection.next(&failing, 10), (false, vec![json!(1), json!(1)]));
    let failed = connection.on(NEXT, &failing, ",10");
    assert_eq!((failed.error().0, &failed.value["type"]), ("python", &json!("ZeroDivisionError")));
    // A generator that raised has ended.
    assert_eq!(connection.next(&failing, 10), (true, vec![]));
    connection.end();
}

#[test]
fn a_generator_that_is_closed_runs_to_its_end() {
    let mut connection = Connection::new("");
    for made in ["counted", "counted_async"] {
        connection.python("events.clear()");
        let generator = connection.object(&format!("{made}()"));
        let iterator = connection.iterator(&generator);
        assert_eq!(connection.next(&iterator, 1), (false, vec![json!(0)]), "{made}");
        assert_eq!(connection.python("list(events)"), json!([]), "{made}");
        assert_eq!(connection.on(CLOSE, &iterator, "").result(), &Json::Null, "{made}");
        assert_eq!(connection.python("list(events)"), json!(["closed"]), "{made}");
        assert_eq!(connection.next(&iterator, 1), (true, vec![]), "{made}");
    }
    // What has no end to run is closed without more.
    let list = connection.object("iter([1])");
    assert_eq!(connection.on(CLOSE, &list, "").result(), &Json::Null);
    assert_eq!(connection.python("later(20)"), 21, "an `async def` gives what it returns");
    connection.end();
}

#[test]
fn objects_are_taken_as_data() {
    let mut connection = Connection::new("");
    for (expression, expected) in [
        ("Part('wheel', [Part('spoke', [])])", json!({"name": "wheel", "parts": [{"name": "spoke", "parts": []}]})),
        ("collections.Counter('aab')", json!({"a": 2, "b": 1})),
        ("collections.OrderedDict(x=[Part('p', [])])", json!({"x": [{"name": "p", "parts": []}]})),
        ("Colour.RED", json!("red")),
        ("collections.deque([1])", json!([1])),
        ("range(3)", json!([0, 1, 2])),
    ] {
        let object = connection.object(expression);
        let taken = connection.on(TAKE, &object, "");
        assert!(!taken.tagged, "{expression}");
        assert_eq!(taken.result(), &expected, "{expression}");
    }
    let set = connection.object("{1: 2}.keys()");
    assert_eq!(connection.on(TAKE, &set, "").result(), &json!(["set", 1]));
    let refused = connection.object("object()");
    let refused = connection.on(TAKE, &refused, "");
    assert_eq!(refused.error().0, "unsupported");
    assert_eq!(refused.error().2, "an object of builtins.object has no form as data; call its methods");
    connection.end();
}

#[test]
fn there_are_seven_operations_on_what_is_held() {
    let mut connection = Connection::new("");
    let object = connection.object("collections.deque('ab')");
    let stats = connection.served.host.stats().unwrap();
    assert_eq!((stats.clients, stats.workers, stats.running, stats.waiting, stats.objects), (1, 1, 0, 0, 1));
    assert_eq!(connection.on(TAKE, &object, "").result(), &json!(["a", "b"]), "the control");
    assert_eq!(connection.on(STR, &object, "").result(), "deque(['a', 'b'])");
    assert_eq!(connection.on(REPR, &object, "").result(), "deque(['a', 'b'])");
    // What goes by its text has one, too, and is data already. No `__exit__` of it is granted either.
    let fraction = connection.python("__import__('fractions').Fraction(1, 3)").to_string();
    assert_eq!(connection.on(TAKE, &fraction, "").result().to_string(), fraction);
    assert_eq!(connection.on(LEAVE, &fraction, ",null,false").error().1, "call-receiver");
    assert_eq!(connection.on(STR, &fraction, "").result(), "1/3");
    assert_eq!(connection.on(REPR, &fraction, "").result(), "Fraction(1, 3)");
    assert_eq!(
        connection.on(LEAVE, &object, ",null,false").error().1,
        "call-receiver",
        "no `__exit__` of it is granted"
    );
    assert_eq!(connection.on(LEAVE + 1, &object, "").error().1, "call-unknown");
    assert_eq!(connection.on(ITERATE, "3", "").error().1, "call-type");
    assert_eq!(connection.on(ITERATE, "[\"list\",1]", "").error().1, "call-type");
    assert_eq!(connection.on(NEXT, &object, ",\"many\"").error().1, "call-type");
    assert_eq!(connection.on(TAKE, &object, ",1").error().1, "call-arity");
    assert_eq!(connection.on(NEXT, &object, ",1").error().0, "python", "a deque is no iterator");
    let id = serde_json::from_str::<Json>(&object).unwrap()[1].to_string();
    connection.client.send(&frame(RELEASE, false, 0, 0, 0, &format!("[{id}]"), &[]));
    assert_eq!(connection.on(TAKE, &object, "").error().1, "handle-refused");
    // They have no name by which they could be opened.
    let open = json!({"module": "tywrap", "digest": ""}).to_string();
    connection.client.send(&frame(OPEN, false, 9, 0, 0, &open, &[]));
    assert_eq!(connection.client.receive().error().1, "module-not-opened");
    connection.end();
}
