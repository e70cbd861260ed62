//! What no client sends: frames made by hand. Nothing that was not granted is reached, and nothing that does not fit a
//! signature gets to Python.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::generator::Generator;
use crate::wire::{CALL, ERROR, HELLO, Peer, RESULT, frame};

const PROBE: &str = "tywrap_probe";

/// A peer with the probe open under slot 1.
fn probe(generator: &Generator) -> Peer {
    let mut peer = Peer::start(&generator.host);
    peer.open(1, PROBE, &generator.digest(PROBE));
    peer
}

/// What Python says was called.
fn reached(generator: &Generator, peer: &mut Peer) -> Value {
    let answer = peer.call(1, generator.index(PROBE, "calls"), &json!([]), &json!({}));
    assert_eq!(answer.kind, RESULT, "{answer:?}");
    answer.value
}

#[test]
fn what_was_not_granted_has_no_index() {
    let generator = Generator::get();
    let granted = generator.callables(PROBE);
    assert!(!granted.iter().any(|name| name == "hidden") && granted.iter().any(|name| name == "add"), "{granted:?}");

    let mut peer = probe(generator);
    let count = u32::try_from(granted.len()).unwrap();
    let mut runner = TestRunner::deterministic();
    let beyond = (count..=u32::MAX).new_tree(&mut runner).unwrap();
    let mut indices = vec![count, count + 1, u32::MAX, u32::MAX - 1, 1 << 31, 1 << 16, 1 << 8 | count];
    for _ in 0..200 {
        indices.push((count..=u32::MAX).new_tree(&mut runner).unwrap().current());
    }
    indices.push(beyond.current());
    for index in indices {
        let answer = peer.call(1, index, &json!([]), &json!({}));
        assert_eq!((answer.kind, &answer.value["kind"]), (ERROR, &json!("policy")), "{index}: {answer:?}");
    }
    // No slot but the open one has callables, whatever the index.
    for slot in [0, 2, 3, 255, 256, 257, u16::MAX] {
        for index in [0, 1, count - 1, count] {
            let answer = peer.call(slot, index, &json!([]), &json!({}));
            assert_eq!(answer.kind, ERROR, "slot {slot}, index {index}: {answer:?}");
        }
    }
    // The control: an index that is granted reaches Python, and it is the first call that did.
    let answer = peer.call(1, generator.index(PROBE, "add"), &json!([1, 2]), &json!({}));
    assert_eq!((answer.kind, &answer.value), (RESULT, &json!(3)), "{answer:?}");
    assert_eq!(reached(generator, &mut peer), json!(["add"]));
    assert!(peer.close().success());
}

#[test]
fn a_module_opens_only_by_its_own_digest() {
    let generator = Generator::get();
    let mut peer = Peer::start(&generator.host);
    let digest = generator.digest(PROBE);
    let flipped = format!("{}{}", if digest.starts_with('0') { '1' } else { '0' }, &digest[1..]);
    for (slot, (module, digest)) in (1..).zip([
        (PROBE, flipped.as_str()),
        (PROBE, ""),
        (PROBE, &digest[1..]),
        (PROBE, &generator.digest("math")),
        ("math", &digest),
        ("os", &digest),
        ("tywrap_probe.os", &digest),
        ("Tywrap_probe", &digest),
        ("", &digest),
    ]) {
        peer.open(slot, module, digest);
        let answer = peer.call(slot, generator.index(PROBE, "add"), &json!([1, 2]), &json!({}));
        assert_eq!(answer.kind, ERROR, "{module} {digest}: {answer:?}");
    }
    peer.open(100, PROBE, &digest);
    let answer = peer.call(100, generator.index(PROBE, "add"), &json!([1, 2]), &json!({}));
    assert_eq!((answer.kind, &answer.value), (RESULT, &json!(3)), "{answer:?}");
}

#[test]
fn slots_keep_modules_apart() {
    let generator = Generator::get();
    let mut peer = probe(generator);
    peer.open(2, "json", &generator.digest("json"));
    let json_count = u32::try_from(generator.callables("json").len()).unwrap();
    let probe_count = u32::try_from(generator.callables(PROBE).len()).unwrap();
    assert!(json_count < probe_count, "the test needs an index that only one of them has");
    for index in json_count..probe_count {
        let answer = peer.call(2, index, &json!([]), &json!({}));
        assert_eq!((answer.kind, &answer.value["kind"]), (ERROR, &json!("policy")), "{index}: {answer:?}");
    }
    assert_eq!(reached(generator, &mut peer), json!([]));
}

#[test]
fn what_fits_no_signature_never_gets_to_python() {
    let generator = Generator::get();
    let mut peer = probe(generator);
    for (callable, args, kwargs) in [
        ("add", json!(["1"]), json!({})),
        ("add", json!([1.5]), json!({})),
        ("add", json!([null]), json!({})),
        ("add", json!([1, 2, "3"]), json!({})),
        ("add", json!([]), json!({})),
        // Positional only.
        ("add", json!([]), json!({ "a": 1 })),
        ("add", json!([1]), json!({ "b": 1 })),
        ("greet", json!([]), json!({})),
        ("greet", json!(["you"]), json!({ "unknown": 1 })),
        ("greet", json!(["you"]), json!({ "__class__": 1 })),
        ("greet", json!(["you"]), json!({ "times": "2" })),
        ("greet", json!(["you"]), json!({ "name": "twice" })),
        // Keyword only.
        ("greet", json!(["you", "Hi"]), json!({})),
        ("calls", json!([1]), json!({})),
        ("calls", json!([]), json!({ "x": 1 })),
        ("describe", json!([[]]), json!({})),
        ("describe", json!([{ "width": "wide" }]), json!({})),
        ("describe", json!([{ "other": 1 }]), json!({})),
        ("fail", json!([1]), json!({})),
    ] {
        let answer = peer.call(1, generator.index(PROBE, callable), &args, &kwargs);
        assert_eq!(
            (answer.kind, &answer.value["kind"]),
            (ERROR, &json!("validation")),
            "{callable} {args} {kwargs}: {answer:?}"
        );
    }
    assert_eq!(reached(generator, &mut peer), json!([]), "a refused call got to Python");

    // The control: the same callables with what they take.
    for (callable, args, kwargs, result) in [
        ("add", json!([1, 2, 3]), json!({}), json!(6)),
        ("greet", json!(["you"]), json!({ "times": 2 }), json!("Hello you, Hello you")),
        ("describe", json!([{ "width": 3 }]), json!({}), json!("[('width', 3)]")),
    ] {
        let answer = peer.call(1, generator.index(PROBE, callable), &args, &kwargs);
        assert_eq!((answer.kind, &answer.value), (RESULT, &result), "{callable}: {answer:?}");
    }
    assert_eq!(reached(generator, &mut peer), json!(["add", "greet", "describe"]));
}

#[test]
fn a_call_that_is_no_call_is_an_error() {
    let generator = Generator::get();
    let add = generator.index(PROBE, "add");
    for value in
        [json!(null), json!([]), json!([[1, 2]]), json!([[1, 2], {}, {}]), json!([{}, []]), json!("x"), json!({})]
    {
        let mut peer = probe(generator);
        peer.write(&frame(CALL, 1, 1000, add, &value));
        // An error for the call, or for the whole connection: never a result.
        while let Some(answer) = peer.receive() {
            assert_ne!(answer.kind, RESULT, "{value}: {answer:?}");
            if answer.kind == ERROR {
                break;
            }
        }
    }
}

#[test]
fn the_first_frame_is_hello() {
    let generator = Generator::get();
    let mut peer = Peer::silent(&generator.host);
    peer.write(&frame(CALL, 1, 1, 0, &json!([[], {}])));
    while let Some(answer) = peer.receive() {
        assert_eq!(answer.kind, ERROR, "{answer:?}");
    }
    // A version that does not exist is refused by name.
    let mut peer = Peer::silent(&generator.host);
    peer.write(&frame(HELLO, 0, 0, 0, &json!({ "wire": 99, "peer": "tywrap-tests" })));
    let answer = peer.receive().expect("the host says why");
    assert_eq!(answer.kind, ERROR, "{answer:?}");
    assert!(answer.value["message"].as_str().is_some_and(|message| message.contains("99")), "{answer:?}");
}

#[test]
fn a_client_that_leaves_at_once_leaves_no_host_behind() {
    let generator = Generator::get();
    for _ in 0..20 {
        // The last bytes and the end of the stream arrive together.
        let mut peer = probe(generator);
        peer.write(&frame(CALL, 1, 7, u32::MAX, &json!([[], {}])));
        assert!(peer.close().success());
    }
}

#[test]
fn bytes_at_random_are_refused_and_the_host_stays_whole() {
    let generator = Generator::get();
    let mut runner = TestRunner::deterministic();
    let random = proptest::collection::vec(proptest::num::u8::ANY, 1..200);
    let call = frame(CALL, 1, 7, generator.index(PROBE, "add"), &json!([[1, 2], {}]));
    for round in 0..30 {
        let mut peer = probe(generator);
        let mut bytes = random.new_tree(&mut runner).unwrap().current();
        if round % 2 == 0 {
            // A good frame with a few bytes changed gets further than noise.
            let changes = bytes.clone();
            bytes.clone_from(&call);
            for pair in changes.chunks_exact(2).take(1 + round / 6) {
                let at = usize::from(pair[0]) % bytes.len();
                bytes[at] = pair[1];
            }
        }
        peer.write(&bytes);
        let status = peer.close();
        assert!(status.code().is_some(), "the host was ended by a signal: {status}, for {bytes:?}");
        assert_ne!(status.code(), Some(101), "the host panicked for {bytes:?}");
    }
}
