//! The byte-exact examples of `docs/wire-vectors.json`, which the TypeScript client is tested against, too.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value as Json;

use super::{Decoder, Header, Kind, Outbox};
use crate::value::{Buffer, Limits, read, read_call, write, write_call};

const LIMITS: Limits = Limits { depth: 64, size: 1 << 20 };

fn vectors(of: &str) -> Vec<Json> {
    let all: Json = serde_json::from_str(include_str!("../../../docs/wire-vectors.json")).unwrap();
    assert_eq!(all["wire"], super::VERSION);
    let vectors = all[of].as_array().unwrap().clone();
    assert!(!vectors.is_empty());
    vectors
}

fn bytes(hex: &Json) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn buffers(vector: &Json) -> Vec<Buffer> {
    vector["buffers"].as_array().unwrap().iter().map(|hex| Buffer::from(bytes(hex))).collect()
}

#[test]
fn frames_are_written_and_read_as_the_document_says() {
    for vector in vectors("frames") {
        let number = |name: &str| vector[name].as_u64().unwrap();
        let (value, tagged) = (vector["value"].as_str().unwrap(), vector["tagged"].as_bool().unwrap());
        let header = Header {
            kind: Kind::new(number("kind") as u8).unwrap(),
            slot: number("slot") as u16,
            request: number("request") as u32,
            callable: number("callable") as u32,
            nested: vector["nested"] == true,
            shared: false,
        };
        let mut outbox = Outbox::default();
        outbox.push(header, |text, out| {
            text.extend_from_slice(value.as_bytes());
            out.extend(buffers(&vector));
            tagged
        });
        let frame = bytes(&vector["frame"]);
        assert_eq!(outbox.to_vec(), frame, "{}", vector["name"]);
        let mut decoder = Decoder::new(1 << 20);
        decoder.room().extend_from_slice(&frame);
        let read = decoder.next().unwrap().unwrap();
        assert_eq!((read.header, read.tagged, read.value), (header, tagged, value.as_bytes()), "{}", vector["name"]);
        assert_eq!(read.buffers, buffers(&vector), "{}", vector["name"]);
        if header.kind == Kind::Call {
            read_call(read.value, tagged, read.buffers, LIMITS).unwrap();
        }
        assert!(decoder.is_empty());
    }
}

#[test]
fn malformed_frames_are_refused_in_the_frame_or_in_its_value() {
    for vector in vectors("malformed-frames") {
        let mut decoder = Decoder::new(1 << 20);
        decoder.room().extend_from_slice(&bytes(&vector["frame"]));
        let refused = match decoder.next() {
            Err(_) => true,
            Ok(Some(frame)) => read(frame.value, frame.tagged, frame.buffers, LIMITS).is_err(),
            Ok(None) => false,
        };
        assert!(refused, "{}", vector["name"]);
    }
}

#[test]
fn values_read_and_write_as_the_document_says() {
    for vector in vectors("values") {
        let (json, tagged) = (vector["json"].as_str().unwrap(), vector["tagged"].as_bool().unwrap());
        let read_back = |text: &[u8], tagged, buffers| read(text, tagged, buffers, LIMITS);
        let value = read_back(json.as_bytes(), tagged, buffers(&vector));
        // A client may write this key, and read it; the host refuses it, and itself writes a tagged `dict`.
        if !tagged && json.contains("__proto__") {
            assert!(value.is_err());
            continue;
        }
        let value = value.unwrap_or_else(|error| unreachable!("{json}: {error}")).value;
        let (mut text, mut out) = (Vec::new(), Vec::new());
        let still_tagged = write(&value, &mut text, &mut out);
        assert_eq!(out, buffers(&vector), "{json}");
        let again = read_back(&text, still_tagged, out).unwrap().value;
        assert_eq!(format!("{again:?}"), format!("{value:?}"), "{json}");
        // What can be said in plain form is.
        assert!(tagged || !still_tagged, "{json}");
    }
}

#[test]
fn malformed_values_are_refused() {
    for vector in vectors("malformed-values") {
        let (json, tagged) = (vector["json"].as_str().unwrap(), vector["tagged"].as_bool().unwrap());
        assert!(read(json.as_bytes(), tagged, buffers(&vector), LIMITS).is_err(), "{}", vector["name"]);
    }
}

#[test]
fn tables_are_written_as_they_were_read() {
    for vector in vectors("tables") {
        let call = format!("[[{}],{{}}]", vector["json"].as_str().unwrap());
        let read = read_call(call.as_bytes(), true, buffers(&vector), LIMITS).unwrap();
        assert!(read.tables && read.value.0[0].has_table(), "{call}");
        let (mut text, mut out) = (Vec::new(), Vec::new());
        assert!(write_call(&read.value.0, &read.value.1, false, &mut text, &mut out));
        assert_eq!((String::from_utf8(text).unwrap(), out), (call, buffers(&vector)));
    }
}

#[test]
fn columns_are_written_as_they_were_read() {
    for vector in vectors("columns") {
        let json = vector["json"].as_str().unwrap();
        let read = read(json.as_bytes(), true, buffers(&vector), LIMITS).unwrap();
        assert!(read.tables && !read.value.has_table(), "{json}");
        let (mut text, mut out) = (Vec::new(), Vec::new());
        assert!(write(&read.value, &mut text, &mut out));
        assert_eq!((String::from_utf8(text).unwrap(), out), (json.to_owned(), buffers(&vector)));
    }
}
