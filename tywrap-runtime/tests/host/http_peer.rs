//! A client of the HTTP front, written from docs/wire.md: it says each byte of a request itself, so that it can say
//! wrong ones.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value as Json;
use tywrap_runtime::{Endpoint, EventKind, Filter, Host, HostError, HttpFront};

use crate::client::{Client, HELLO, frame};
use crate::grants::{Fixture, Lines, host};

pub(crate) const TOKEN: &str = "0123456789abcdef0123456789ABCDEF";
pub(crate) const TYPE: &str = "content-type: application/vnd.tywrap.frames\r\n";

/// A host that serves over HTTP.
pub(crate) struct Served {
    pub(crate) host: Arc<Host>,
    pub(crate) peer: Peer,
    /// What Python has printed. The host waits for whoever holds it.
    pub(crate) lines: Lines,
    thread: Option<JoinHandle<Result<(), HostError>>>,
    _directory: tempfile::TempDir,
}

/// How to reach a front, and what to say each time.
#[derive(Clone)]
pub(crate) struct Peer {
    place: Place,
    /// Further lines of each head.
    pub(crate) lines: String,
}

#[derive(Clone)]
enum Place {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A connection to the front.
pub(crate) enum Wire {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// A response that goes on, of which the head has been read.
pub(crate) struct Streaming {
    pub(crate) head: Reply,
    reader: BufReader<Wire>,
    /// What has been read and not asked for.
    held: Vec<u8>,
}

/// Serves on loopback.
pub(crate) fn over_tcp(policy: &str, configure: impl FnOnce(HttpFront) -> HttpFront) -> Served {
    let fixture = host(policy);
    serve(fixture, configure(HttpFront::tcp(([127, 0, 0, 1], 0).into())), None)
}

/// Serves on a Unix socket.
pub(crate) fn over_unix(policy: &str) -> Served {
    let fixture = host(policy);
    let path = fixture.directory.path().join("run/http.sock");
    serve(fixture, HttpFront::unix(&path), Some(path))
}

fn serve(fixture: Fixture, front: HttpFront, path: Option<PathBuf>) -> Served {
    let Fixture { host, directory, lines } = fixture;
    let host = Arc::new(host);
    let (listening, listens) = channel();
    let front = front.on_listening(move |address| listening.send(address).unwrap());
    let thread = std::thread::spawn({
        let host = Arc::clone(&host);
        move || host.serve(Endpoint::Http(front))
    });
    let address = listens.recv_timeout(Duration::from_secs(20)).expect("the front listens");
    let place = address.map_or_else(|| Place::Unix(path.unwrap()), Place::Tcp);
    let peer = Peer { place, lines: String::new() };
    Served { host, peer, lines, thread: Some(thread), _directory: directory }
}

impl Served {
    /// A client that has the token.
    pub(crate) fn with_token(&self) -> Peer {
        self.peer.with(&format!("authorization: Bearer {TOKEN}\r\n"))
    }

    /// Messages of the events of a kind.
    pub(crate) fn events(&self, kind: EventKind) -> Vec<String> {
        let filter = Filter { kind: Some(kind), ..Filter::default() };
        let shown = |event: &tywrap_runtime::SecurityEvent| {
            let code = event.refusal_code().map_or("", tywrap_policy::Code::as_str);
            format!("{} [{code}] {:?}", event.message(), event.context())
        };
        self.host.logger().events(filter).iter().map(shown).collect()
    }

    /// Waits until the host has so many clients.
    pub(crate) fn wait_for_clients(&self, count: usize) {
        for _ in 0..1000 {
            if self.host.stats().unwrap().clients == count {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{:?} instead of {count} clients", self.host.stats());
    }

    pub(crate) fn end(mut self) {
        self.host.stop();
        self.thread.take().unwrap().join().unwrap().unwrap();
    }
}

impl Peer {
    pub(crate) fn with(&self, lines: &str) -> Self {
        Self { place: self.place.clone(), lines: format!("{}{lines}", self.lines) }
    }

    pub(crate) fn connect(&self) -> Wire {
        let patience = Some(Duration::from_secs(30));
        match &self.place {
            Place::Tcp(address) => {
                let stream = TcpStream::connect(address).unwrap();
                stream.set_read_timeout(patience).unwrap();
                Wire::Tcp(stream)
            }
            Place::Unix(path) => {
                let stream = UnixStream::connect(path).unwrap();
                stream.set_read_timeout(patience).unwrap();
                Wire::Unix(stream)
            }
        }
    }

    /// Sends bytes that should be a request, and reads what comes.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Reply {
        let mut wire = self.connect();
        // One that is refused may be cut off while it still sends.
        let _ = wire.write_all(bytes);
        read_reply(&mut BufReader::new(wire))
    }

    pub(crate) fn head(&self, line: &str, lines: &str, length: usize) -> Vec<u8> {
        format!("{line} HTTP/1.1\r\nhost: localhost\r\n{}{lines}content-length: {length}\r\n\r\n", self.lines)
            .into_bytes()
    }

    /// A request with a body of frames.
    pub(crate) fn post(&self, path: &str, lines: &str, body: &[u8]) -> Reply {
        let mut bytes = self.head(&format!("POST {path}"), &format!("{TYPE}{lines}"), body.len());
        bytes.extend(body);
        self.raw(&bytes)
    }

    /// A request without a body.
    pub(crate) fn ask(&self, line: &str) -> Reply {
        self.raw(format!("{line} HTTP/1.1\r\nhost: localhost\r\n{}\r\n", self.lines).as_bytes())
    }

    /// Makes a connection with these frames.
    pub(crate) fn open(&self, frames: &[u8]) -> Streaming {
        let mut wire = self.connect();
        let mut bytes = self.head("POST /v1/connections", TYPE, frames.len());
        bytes.extend(frames);
        wire.write_all(&bytes).unwrap();
        let mut reader = BufReader::new(wire);
        let head = read_head(&mut reader);
        Streaming { head, reader, held: Vec::new() }
    }

    /// A client as over a socket: what it writes is posted, a frame or several at a time, and what is answered is
    /// streamed.
    pub(crate) fn client(&self) -> (Client, String) {
        let streaming = self.open(&hello());
        assert_eq!(streaming.head.status, 200, "{:?}", streaming.head);
        let id = streaming.id();
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut answers = theirs.try_clone().unwrap();
        std::thread::spawn(move || {
            let mut reader = streaming.reader;
            while let Some(chunk) = read_chunk(&mut reader) {
                // A heartbeat is a chunk of its own, and means nothing to a client over a socket.
                if chunk != [0; 4] && answers.write_all(&chunk).is_err() {
                    return;
                }
            }
            let _ = answers.shutdown(Shutdown::Both);
        });
        let (peer, path) = (self.clone(), format!("/v1/connections/{id}"));
        std::thread::spawn(move || {
            let mut frames = BufReader::with_capacity(1 << 20, theirs);
            for number in 1.. {
                let Some(mut body) = read_frame(&mut frames) else {
                    // It may have ended from the other side.
                    peer.ask(&format!("DELETE {path}"));
                    return;
                };
                while frames.buffer().len() >= 4 && body.len() < 1 << 18 {
                    body.extend(read_frame(&mut frames).unwrap());
                }
                let reply = peer.post(&path, &format!("tywrap-sequence: {number}\r\n"), &body);
                if reply.status != 204 {
                    assert_eq!(reply.status, 404, "{reply:?}");
                    return;
                }
            }
        });
        let mut client = Client::raw(ours);
        assert_eq!(client.receive().kind, HELLO);
        (client, id)
    }
}

impl Streaming {
    pub(crate) fn id(&self) -> String {
        self.head.header("tywrap-connection").unwrap().to_owned()
    }

    /// The next frame.
    pub(crate) fn frame(&mut self) -> Vec<u8> {
        let length = |held: &[u8]| held.first_chunk::<4>().map(|length| u32::from_le_bytes(*length) as usize + 4);
        while length(&self.held).is_none_or(|length| length > self.held.len()) {
            let chunk = self.chunk().expect("a whole frame");
            self.held.extend(chunk);
        }
        let rest = self.held.split_off(length(&self.held).unwrap());
        std::mem::replace(&mut self.held, rest)
    }

    /// Everything until the end.
    pub(crate) fn rest(mut self) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.held);
        while let Some(chunk) = read_chunk(&mut self.reader) {
            bytes.extend(chunk);
        }
        bytes
    }

    /// The next bytes.
    pub(crate) fn chunk(&mut self) -> Option<Vec<u8>> {
        read_chunk(&mut self.reader)
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Status and code of a refusal, which is JSON as the value of an `ERROR` frame is.
    pub(crate) fn refusal(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        assert_eq!(
            (self.header("cache-control"), self.header("x-content-type-options")),
            (Some("no-store"), Some("nosniff"))
        );
        let json: Json = serde_json::from_slice(&self.body).unwrap();
        assert!(json["kind"].is_string() && json["message"].is_string(), "{json}");
        (self.status, json["code"].as_str().unwrap().to_owned())
    }
}

pub(crate) fn hello() -> Vec<u8> {
    frame(HELLO, false, 0, 1, 0, r#"{"wire":1,"peer":"tests"}"#, &[])
}

pub(crate) fn read_reply(reader: &mut BufReader<Wire>) -> Reply {
    let mut reply = read_head(reader);
    let length = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
    reply.body = vec![0; length];
    reader.read_exact(&mut reply.body).unwrap();
    reply
}

pub(crate) fn read_head(reader: &mut BufReader<Wire>) -> Reply {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1).unwrap_or_else(|| panic!("no status: {line:?}")).parse().unwrap();
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    Reply { status, headers, body: Vec::new() }
}

fn read_chunk(reader: &mut BufReader<Wire>) -> Option<Vec<u8>> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|&count| count > 0)?;
    let length = usize::from_str_radix(line.trim_end(), 16).unwrap();
    let mut bytes = vec![0; length + 2];
    reader.read_exact(&mut bytes).ok()?;
    bytes.truncate(length);
    (length > 0).then_some(bytes)
}

fn read_frame(reader: &mut impl Read) -> Option<Vec<u8>> {
    let mut bytes = vec![0; 4];
    reader.read_exact(&mut bytes).ok()?;
    let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
    bytes.resize(length + 4, 0);
    reader.read_exact(&mut bytes[4..]).ok()?;
    Some(bytes)
}

impl Read for Wire {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(bytes),
            Self::Unix(stream) => stream.read(bytes),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
