//! A host with something to count, and a server that answers scrapes with it.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use sha2::Digest as _;
use tywrap::grants::{Callable, CallableKind, Integers, Param, ParamKind, Schema, Signature};
use tywrap::{CompiledPolicy, Endpoint, Host, HttpFront, Module, Value};
use tywrap_tests::{Interpreter, scratch};

/// Written by hand as build.rs would write it.
static MATH: Module = Module {
    name: "math",
    package: "tests",
    digest: "1",
    policy_digest: "",
    classes: &[],
    callables: &[Callable {
        path: "sqrt",
        kind: CallableKind::Function,
        signatures: &[0],
        integers: Integers::Number,
        result: None,
    }],
    signatures: &[Signature { first: 0, count: 1 }],
    params: &[Param { name: "x", kind: ParamKind::PosOnly, optional: false, schema: 0 }],
    schemas: &[Schema::Float],
};

/// A host, and the folder of its audit file.
pub(crate) struct Monitored {
    pub(crate) host: Arc<Host>,
    _folder: tempfile::TempDir,
}

impl Monitored {
    pub(crate) fn start() -> Self {
        let python = Interpreter::find().unwrap().path;
        let text = format!("[subprocess]\ninterpreter = {:?}\n", python.to_str().unwrap());
        let mut digest = String::new();
        sha2::Sha256::digest(&text).iter().for_each(|byte| write!(digest, "{byte:02x}").unwrap());
        let policy = CompiledPolicy {
            path: "/nowhere/tywrap.toml",
            directory: "/nowhere",
            digest: digest.leak(),
            text: text.leak(),
        };
        let folder = tempfile::tempdir().unwrap();
        let builder = Host::builder(policy).module(&MATH).cache_directory(scratch().join("monitoring-cache"));
        let host = builder.audit_log(folder.path().join("audit.jsonl")).build().unwrap();
        Self { host: Arc::new(host), _folder: folder }
    }

    /// Calls that work, one that Python answers with an exception, and one that does not fit.
    pub(crate) fn use_it(&self) {
        let call = |value: Value| self.host.call(&MATH, "sqrt", vec![value], Vec::new());
        assert_eq!(call(Value::Float(4.0)).unwrap(), Value::Float(2.0));
        assert!(call(Value::Float(-1.0)).unwrap_err().python().is_some());
        assert_eq!(call("four".into()).unwrap_err().code(), "call-type");
    }

    /// Calls of what is not granted.
    pub(crate) fn deny(&self, count: usize) {
        for _ in 0..count {
            assert_eq!(self.host.call(&MATH, "nope", Vec::new(), Vec::new()).unwrap_err().code(), "call-unknown");
        }
    }

    /// Where the host's own HTTP front answers `GET /metrics`. The rest of the test knows nothing but this address.
    pub(crate) fn endpoint(&self) -> SocketAddr {
        let host = Arc::clone(&self.host);
        let (sender, address) = std::sync::mpsc::channel();
        let front = HttpFront::tcp(([127, 0, 0, 1], 0).into()).on_listening(move |address| {
            let _ = sender.send(address);
        });
        std::thread::spawn(move || host.serve(Endpoint::Http(front)));
        address.recv().unwrap().unwrap()
    }
}

/// Answers requests on loopback, by path and body, as long as the test runs.
pub(crate) fn serve(answer: impl Fn(&str, &str) -> Option<String> + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // Whoever asks may have gone; the next one is answered all the same.
            let _ = stream.and_then(|stream| answer_one(stream, &answer));
        }
    });
    address
}

fn answer_one(stream: std::net::TcpStream, answer: &impl Fn(&str, &str) -> Option<String>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    reader.read_line(&mut head)?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    std::io::Read::read_exact(&mut reader, &mut body)?;
    let path = head.split(' ').nth(1).unwrap_or_default();
    let (status, text) = match answer(path, &String::from_utf8_lossy(&body)) {
        Some(text) => ("200 OK", text),
        None => ("404 Not Found", String::new()),
    };
    let kind = "text/plain; version=0.0.4";
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        text.len()
    );
    reader.get_mut().write_all((head + &text).as_bytes())
}
