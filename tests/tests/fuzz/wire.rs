//! What comes over a socket or out of a worker's pipe.

use tywrap_runtime::fuzzing;

use super::{fuzz, text};

/// A stream gives the same frames however it is cut, and nothing in it makes the host fall over.
#[test]
fn frames() {
    fuzz("frames", |bytes| {
        let Some((&piece, stream)) = bytes.split_first() else { return };
        let whole = fuzzing::frames(stream, stream.len().max(1));
        assert_eq!(fuzzing::frames(stream, usize::from(piece) + 1), whole);
    });
}

/// A value that is read, written and read again is the same.
#[test]
fn values() {
    fuzz("values", |bytes| {
        for tagged in [false, true] {
            let Some((text, tagged)) = fuzzing::rewritten(bytes, tagged) else { continue };
            let again = fuzzing::rewritten(&text, tagged);
            assert_eq!(again, Some((text, tagged)), "{:?}", super::text(bytes));
        }
    });
}

/// JSON that is accepted is JSON to a parser that the world uses.
#[test]
fn json() {
    let policy = super::texts::policy();
    let validator = tywrap_policy::SecurityValidator::new(&policy);
    fuzz("json", move |bytes| {
        let text = text(bytes);
        if validator.json(&text).is_ok() {
            serde_json::from_str::<serde_json::Value>(&text).unwrap();
        }
    });
}
