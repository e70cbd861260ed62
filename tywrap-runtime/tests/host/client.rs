//! A client, written from docs/wire.md and sharing nothing with the host's own reader and writer.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tywrap_runtime::{Endpoint, Host, HostError, Module};

pub(crate) const HELLO: u8 = 1;
pub(crate) const OPEN: u8 = 2;
pub(crate) const CALL: u8 = 3;
pub(crate) const RESULT: u8 = 4;
pub(crate) const ERROR: u8 = 5;
pub(crate) const CANCEL: u8 = 6;
pub(crate) const RELEASE: u8 = 7;
pub(crate) const TAKEN: u8 = 9;

/// What was received.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) kind: u8,
    pub(crate) tagged: bool,
    pub(crate) slot: u16,
    pub(crate) request: u32,
    pub(crate) callable: u32,
    pub(crate) value: Json,
    /// The text of the value, as it came.
    pub(crate) text: String,
    pub(crate) buffers: Vec<Vec<u8>>,
    /// Whether the table says where each buffer is.
    pub(crate) shared: bool,
}

pub(crate) fn frame(
    kind: u8,
    tagged: bool,
    slot: u16,
    request: u32,
    callable: u32,
    value: &str,
    buffers: &[&[u8]],
) -> Vec<u8> {
    let mut bytes = vec![0; 4];
    bytes.extend([kind, u8::from(tagged)]);
    bytes.extend(slot.to_le_bytes());
    bytes.extend(request.to_le_bytes());
    bytes.extend(callable.to_le_bytes());
    bytes.extend((value.len() as u32).to_le_bytes());
    bytes.extend((buffers.len() as u32).to_le_bytes());
    bytes.extend(value.as_bytes());
    if !buffers.is_empty() {
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        buffers.iter().for_each(|buffer| bytes.extend((buffer.len() as u64).to_le_bytes()));
        for buffer in buffers {
            bytes.resize(bytes.len().next_multiple_of(8), 0);
            bytes.extend(*buffer);
        }
    }
    let length = (bytes.len() - 4) as u32;
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    bytes
}

pub(crate) struct Client {
    stream: UnixStream,
    request: u32,
}

impl Client {
    /// A client that has been greeted.
    pub(crate) fn new(stream: UnixStream) -> Self {
        Self::greeted(stream, r#"{"wire":1,"peer":"tests"}"#).0
    }

    /// A client that has said this `HELLO`, and what the host's says.
    pub(crate) fn greeted(stream: UnixStream, hello: &str) -> (Self, Json) {
        let mut client = Self::raw(stream);
        client.send(&frame(HELLO, false, 0, 1, 0, hello, &[]));
        let hello = client.receive();
        assert_eq!((hello.kind, hello.request, &hello.value["wire"]), (HELLO, 1, &json!(1)));
        (client, hello.value)
    }

    /// A client that has said nothing.
    pub(crate) fn raw(stream: UnixStream) -> Self {
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self { stream, request: 1 }
    }

    /// The same connection, to read from in another thread.
    pub(crate) fn share(other: &Self) -> Self {
        Self::raw(other.stream.try_clone().unwrap())
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    pub(crate) fn open(&mut self, slot: u16, module: &Module) {
        let value = json!({"module": module.name, "digest": module.digest}).to_string();
        self.send(&frame(OPEN, false, slot, 0, 0, &value, &[]));
    }

    /// Sends a call and says its request.
    pub(crate) fn start(&mut self, slot: u16, callable: u32, tagged: bool, value: &str, buffers: &[&[u8]]) -> u32 {
        self.request += 1;
        self.send(&frame(CALL, tagged, slot, self.request, callable, value, buffers));
        self.request
    }

    /// Calls in plain form, and waits.
    pub(crate) fn call(&mut self, slot: u16, callable: u32, args: &str) -> Received {
        let request = self.start(slot, callable, false, &format!("[{args},{{}}]"), &[]);
        self.answer(request)
    }

    /// Calls in tagged form, and waits.
    pub(crate) fn call_tagged(&mut self, slot: u16, callable: u32, args: &str, buffers: &[&[u8]]) -> Received {
        let request = self.start(slot, callable, true, &format!("[{args},{{}}]"), buffers);
        self.answer(request)
    }

    pub(crate) fn answer(&mut self, request: u32) -> Received {
        let received = self.receive();
        assert_eq!(received.request, request, "{received:?}");
        received
    }

    pub(crate) fn receive(&mut self) -> Received {
        self.try_receive().expect("a frame")
    }

    /// A frame, or nothing at the end of the stream.
    pub(crate) fn try_receive(&mut self) -> Option<Received> {
        let mut length = [0; 4];
        if let Err(error) = self.stream.read_exact(&mut length) {
            assert_ne!(error.kind(), std::io::ErrorKind::WouldBlock, "nothing came in time");
            return None;
        }
        let mut bytes = vec![0; u32::from_le_bytes(length) as usize + 4];
        bytes[..4].copy_from_slice(&length);
        self.stream.read_exact(&mut bytes[4..]).unwrap();
        let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let mut end = 24 + u32_at(16) as usize;
        let text = String::from_utf8(bytes[24..end].to_vec()).unwrap();
        let value = serde_json::from_str(&text).unwrap();
        let count = u32_at(20) as usize;
        let shared = bytes[5] & 4 != 0;
        let mut buffers = Vec::new();
        if count > 0 {
            let table = end.next_multiple_of(8);
            let width = if shared { 16 } else { 8 };
            end = table + width * count;
            for entry in 0..count {
                let at = table + width * entry;
                let length = u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
                if shared && u32_at(at + 8) != u32::MAX {
                    buffers.push(memory(u32_at(at + 8), u32_at(at + 12), length));
                    continue;
                }
                let start = end.next_multiple_of(8);
                end = start + length;
                buffers.push(bytes[start..end].to_vec());
            }
        }
        assert_eq!(end, bytes.len());
        Some(Received {
            kind: bytes[4],
            tagged: bytes[5] & 1 != 0,
            shared,
            slot: u16::from_le_bytes([bytes[6], bytes[7]]),
            request: u32_at(8),
            callable: u32_at(12),
            value,
            text,
            buffers,
        })
    }
}

impl Received {
    pub(crate) fn error(&self) -> (&str, &str, &str) {
        assert_eq!(self.kind, ERROR, "{self:?}");
        let text = |name: &str| self.value[name].as_str().unwrap();
        (text("kind"), text("code"), text("message"))
    }

    pub(crate) fn result(&self) -> &Json {
        assert_eq!(self.kind, RESULT, "{self:?}");
        &self.value
    }
}

/// What shared memory holds. The host is in this process.
fn memory(descriptor: u32, offset: u32, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let file = File::open(format!("/proc/self/fd/{descriptor}")).unwrap();
    file.read_exact_at(&mut bytes, offset.into()).unwrap();
    bytes
}

/// A host that serves one client over a socket pair, as it would over standard input and output.
pub(crate) struct Served {
    pub(crate) host: Arc<Host>,
    thread: Option<JoinHandle<Result<(), HostError>>>,
}

pub(crate) fn serve(host: Host) -> (Served, Client) {
    let (served, ours) = connect(host);
    (served, Client::new(ours))
}

/// As [`serve`], of a client that has said nothing.
pub(crate) fn connect(host: Host) -> (Served, UnixStream) {
    let host = Arc::new(host);
    let (ours, theirs) = UnixStream::pair().unwrap();
    let thread = std::thread::spawn({
        let host = Arc::clone(&host);
        move || host.serve(Endpoint::Connection(OwnedFd::from(theirs)))
    });
    (Served { host, thread: Some(thread) }, ours)
}

impl Served {
    /// Waits for the host to see that its client has gone.
    pub(crate) fn end(mut self) {
        self.thread.take().unwrap().join().unwrap().unwrap();
    }
}
