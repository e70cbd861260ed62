//! The first frames of a connection: which wire both sides speak, and what the host takes.

use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use tywrap_policy::Code;

use super::requests::{broken_wire, ended};
use crate::host::{CallError, CallErrorKind};
use crate::value::{self, Limits, Value};
use crate::wire::{Decoder, Header, Kind, Outbox, VERSION};
use crate::worker::{field, wire_version};

/// How long a host may take to answer: it may be starting its first worker.
const PATIENCE: Duration = Duration::from_secs(10);

/// How this client names itself.
const PEER: &str = concat!("tywrap-rust ", env!("CARGO_PKG_VERSION"));

/// Largest greeting, in bytes.
const GREETING: u32 = 64 * 1024;

/// Deepest nesting that is believed. The policy allows no more.
const DEPTH: u64 = 1024;

/// Most bytes of text in a result, as the host has it of its workers.
const TEXT: usize = 64 << 20;

/// What a host said of itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Greeting {
    /// Most bytes of a frame.
    pub(super) frame: u32,
    /// Deepest nesting of a value.
    depth: usize,
    /// Calls that may be open.
    pub(super) queue: usize,
}

impl Greeting {
    /// Of a result.
    pub(super) fn limits(&self) -> Limits {
        Limits { depth: self.depth, size: (self.frame as usize).min(TEXT) }
    }

    fn read(hello: &Value) -> Option<Self> {
        let number = |name| match field(hello, name) {
            Some(Value::Int(number)) => u64::try_from(*number).ok().filter(|number| *number > 0),
            _ => None,
        };
        Some(Self {
            frame: u32::try_from(number("max-frame")?).ok()?,
            depth: number("max-depth")?.min(DEPTH) as usize,
            queue: usize::try_from(number("queue")?).ok()?,
        })
    }
}

/// Greets a host; also gives what reads the frames behind its greeting.
pub(super) fn greet(stream: &UnixStream) -> Result<(Greeting, Decoder), CallError> {
    let until = Instant::now() + PATIENCE;
    let mut outbox = Outbox::default();
    outbox.push(Header::new(Kind::Hello).request(1), |text, buffers| {
        let fields = vec![("wire".into(), VERSION.into()), ("peer".into(), PEER.into())];
        value::write(&Value::Dict(fields), text, buffers)
    });
    stream.set_write_timeout(Some(PATIENCE)).map_err(|error| ended(&error.to_string()))?;
    if !outbox.flush(stream).map_err(|error| ended(&error.to_string()))? {
        return Err(silent());
    }
    let mut decoder = Decoder::new(GREETING);
    let greeting = loop {
        if let Some(frame) = decoder.next().map_err(|error| broken_wire(&error.to_string()))? {
            let limits = Limits { depth: 8, size: GREETING as usize };
            if frame.header.kind == Kind::Error {
                let error = CallError::read(frame.value, frame.tagged, frame.buffers, limits);
                return Err(error.unwrap_or_else(|| broken_wire("its `ERROR` is not as it must be")));
            }
            if frame.header.kind != Kind::Hello || frame.header.request != 1 {
                return Err(broken_wire("it does not answer a `HELLO`"));
            }
            let hello = value::read(frame.value, frame.tagged, frame.buffers, limits)
                .map_err(|error| broken_wire(&error.to_string()))?
                .value;
            match wire_version(&hello) {
                Some(VERSION) => {}
                Some(other) => {
                    let message = format!("it speaks wire {other} and this client {VERSION}; update the older one");
                    return Err(CallError::new(CallErrorKind::Protocol, Code::WireVersion, message));
                }
                None => return Err(broken_wire("its `HELLO` does not say which wire it speaks")),
            }
            break Greeting::read(&hello).ok_or_else(|| broken_wire("its `HELLO` does not say what it takes"))?;
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(silent());
        }
        stream.set_read_timeout(Some(left)).map_err(|error| ended(&error.to_string()))?;
        match rustix::io::read(stream, rustix::buffer::spare_capacity(decoder.room())) {
            Ok(0) => return Err(ended("it closed the connection")),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::AGAIN) => return Err(silent()),
            Err(error) => return Err(ended(&error.to_string())),
        }
    };
    stream.set_read_timeout(None).map_err(|error| ended(&error.to_string()))?;
    // A host that speaks before it is asked has nothing to say.
    if !decoder.is_empty() {
        return Err(broken_wire("it sent more than its `HELLO`"));
    }
    Ok((greeting, Decoder::new(greeting.frame)))
}

fn silent() -> CallError {
    let message = format!("it did not answer within {} seconds", PATIENCE.as_secs());
    CallError::new(CallErrorKind::Timeout, Code::Timeout, message)
}
