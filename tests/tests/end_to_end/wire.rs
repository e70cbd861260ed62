//! A peer that speaks the wire of docs/wire.md by itself, so that it can say what no client would.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub(crate) const HELLO: u8 = 1;
pub(crate) const OPEN: u8 = 2;
pub(crate) const CALL: u8 = 3;
pub(crate) const RESULT: u8 = 4;
pub(crate) const ERROR: u8 = 5;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A frame, as it was received.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) request: u32,
    pub(crate) value: Value,
}

/// A connection to a host of its own, over its standard streams.
pub(crate) struct Peer {
    child: Child,
    stdin: Option<ChildStdin>,
    frames: Receiver<Frame>,
    next: u32,
}

impl Peer {
    /// Starts the host and says hello.
    pub(crate) fn start(host: &Path) -> Self {
        let mut peer = Self::silent(host);
        peer.write(&frame(HELLO, 0, 0, 0, &json!({ "wire": 1, "peer": "tywrap-tests" })));
        assert_eq!(peer.receive().expect("the host says hello").kind, HELLO);
        peer
    }

    /// Starts the host and says nothing.
    pub(crate) fn silent(host: &Path) -> Self {
        let mut child = Command::new(host)
            .arg("serve")
            .envs(tywrap_tests::Generator::homes())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let mut stdout = child.stdout.take().unwrap();
        let (sender, frames) = channel();
        std::thread::spawn(move || {
            while let Some(frame) = read(&mut stdout) {
                if sender.send(frame).is_err() {
                    return;
                }
            }
        });
        Self { child, stdin, frames, next: 1 }
    }

    /// Opens a module under a slot.
    pub(crate) fn open(&mut self, slot: u16, module: &str, digest: &str) {
        let request = self.request();
        self.write(&frame(OPEN, slot, request, 0, &json!({ "module": module, "digest": digest })));
    }

    /// Calls and waits for the answer.
    pub(crate) fn call(&mut self, slot: u16, callable: u32, args: &Value, kwargs: &Value) -> Frame {
        let request = self.request();
        self.write(&frame(CALL, slot, request, callable, &json!([args, kwargs])));
        self.answer(request)
    }

    /// The answer to a request; answers to others are passed over.
    pub(crate) fn answer(&mut self, request: u32) -> Frame {
        loop {
            let frame = self.receive().expect("the host answers");
            if frame.request == request {
                return frame;
            }
        }
    }

    /// The next frame, or `None` if the host has closed the connection.
    pub(crate) fn receive(&mut self) -> Option<Frame> {
        match self.frames.recv_timeout(PATIENCE) {
            Ok(frame) => Some(frame),
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => None,
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("the host said nothing for {PATIENCE:?}"),
        }
    }

    /// Sends bytes. A host that has closed the connection does not read them.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        if let Some(stdin) = &mut self.stdin {
            let _ = stdin.write_all(bytes).and_then(|()| stdin.flush());
        }
    }

    /// Closes the connection and waits for the host to end by itself.
    pub(crate) fn close(mut self) -> std::process::ExitStatus {
        drop(self.stdin.take());
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begin.elapsed() < PATIENCE, "the host did not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn request(&mut self) -> u32 {
        self.next += 1;
        self.next
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // A test that fails leaves no host behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A frame without buffers.
pub(crate) fn frame(kind: u8, slot: u16, request: u32, callable: u32, value: &Value) -> Vec<u8> {
    let value = value.to_string();
    let value_length = u32::try_from(value.len()).unwrap();
    let mut bytes = (20 + value_length).to_le_bytes().to_vec();
    bytes.extend([kind, 0]);
    bytes.extend(slot.to_le_bytes());
    bytes.extend(request.to_le_bytes());
    bytes.extend(callable.to_le_bytes());
    bytes.extend(value_length.to_le_bytes());
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend(value.as_bytes());
    bytes
}

fn read(from: &mut impl Read) -> Option<Frame> {
    let mut length = [0; 4];
    from.read_exact(&mut length).ok()?;
    let mut body = vec![0; usize::try_from(u32::from_le_bytes(length)).ok()?];
    from.read_exact(&mut body).ok()?;
    let word = |at: usize| Some(u32::from_le_bytes(body.get(at..at + 4)?.try_into().ok()?));
    let end = 20 + usize::try_from(word(12)?).ok()?;
    let value = serde_json::from_slice(body.get(20..end)?).unwrap_or(Value::Null);
    Some(Frame { kind: *body.first()?, request: word(4)?, value })
}
