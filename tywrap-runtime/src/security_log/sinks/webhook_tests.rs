#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use tywrap_policy::Code;

use super::*;
use crate::security_log::{EventKind, SecurityLogger};

const DEADLINE: Duration = Duration::from_secs(30);

/// A server that answers requests so, one after the other, and passes on the head and body of each.
fn server(answers: &'static [&'static str]) -> (SocketAddr, Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        for answer in answers {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert_ne!(reader.read_line(&mut head).unwrap(), 0);
            }
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
            let mut body = vec![0; length.unwrap().parse().unwrap()];
            reader.read_exact(&mut body).unwrap();
            sender.send((head, String::from_utf8(body).unwrap())).unwrap();
            let answer = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
        }
    });
    (address, requests)
}

fn sink(address: SocketAddr) -> WebhookSink {
    let mut sink = WebhookSink::new(&format!("http://{address}/hook")).unwrap();
    sink.pauses = [Duration::from_millis(10); 3];
    sink
}

fn denial(message: &str) -> SecurityEvent {
    SecurityEvent::new(EventKind::CallRefused, Severity::High, message).code(Code::CallUnknown)
}

#[test]
fn only_https_and_this_machine_are_posted_to() {
    for url in [
        "https://alerts.example/hook",
        "http://127.0.0.1:9/x",
        "http://[::1]:9/x",
        "http://localhost/x",
        "http://127.8.8.8/",
    ] {
        assert!(WebhookSink::new(url).is_ok(), "{url}");
    }
    for (url, why) in [
        ("http://alerts.example/hook", "for this machine only"),
        ("http://127.0.0.1.example/x", "for this machine only"),
        ("http://localhost.example/x", "for this machine only"),
        ("http://10.0.0.1/x", "for this machine only"),
        ("https://user:secret@alerts.example/", "a password"),
        ("http://127.0.0.1@alerts.example/", "a password"),
        ("ftp://127.0.0.1/", "neither"),
        ("file:///etc/passwd", "no URL"),
        ("/hook", "no host"),
        ("", "no URL"),
    ] {
        let error = WebhookSink::new(url).unwrap_err().to_string();
        assert!(error.contains(why), "{url}: {error}");
    }
}

#[test]
fn events_are_posted_with_the_secret() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("secret");
    std::fs::write(&file, "Bearer hunter2\n").unwrap();
    let (address, requests) = server(&["204 No Content"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = sink(address).secret_header("Authorization", &file).unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    assert!(sink(address).secret_header("two words", &file).is_err());
    let sink = sink(address).secret_header("Authorization", &file).unwrap();
    assert!(!format!("{sink:?}").contains("hunter2"));
    let logger = SecurityLogger::in_memory();
    logger.add_sink(sink).unwrap();
    logger.record(SecurityEvent::new(EventKind::Lifecycle, Severity::Low, "unwanted"));
    logger.record(denial("`x` is \"refused\""));
    let (head, body) = requests.recv_timeout(DEADLINE).unwrap();
    assert!(head.starts_with("POST /hook HTTP/1.1\r\n"), "{head}");
    assert!(head.to_lowercase().contains("authorization: bearer hunter2\r\n"), "{head}");
    assert!(head.to_lowercase().contains("content-type: application/json"), "{head}");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["source"], "tywrap");
    assert_eq!(body["events"].as_array().unwrap().len(), 1);
    assert_eq!(body["events"][0]["message"], "`x` is \"refused\"");
    assert_eq!(body["events"][0]["code"], "call-unknown");
    assert!(logger.flush_sinks(DEADLINE));
    assert_eq!(logger.dropped()["webhook"], 0);
    for (text, why) in [("", "empty"), ("a\r\nx-other: b\n", "no value of a header")] {
        std::fs::write(&file, text).unwrap();
        let error = self::sink(address).secret_header("Authorization", &file).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn what_may_help_is_tried_again_and_what_would_not_is_given_up() {
    let (address, requests) = server(&["503 Busy", "429 Slow Down", "200 OK"]);
    let logger = SecurityLogger::in_memory();
    logger.add_sink(sink(address)).unwrap();
    logger.record(denial("again"));
    let bodies: Vec<_> = (0..3).map(|_| requests.recv_timeout(DEADLINE).unwrap().1).collect();
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    assert!(logger.flush_sinks(DEADLINE));
    assert_eq!(logger.dropped()["webhook"], 0);

    let why = |logger: &SecurityLogger| {
        let filter = Filter { kind: Some(EventKind::LogDamaged), ..Filter::default() };
        logger.events(filter).iter().map(|event| event.message().to_owned()).collect::<Vec<_>>()
    };
    // The second answer is not asked for.
    let (address, requests) = server(&["403 Forbidden", "200 OK"]);
    let logger = SecurityLogger::in_memory();
    logger.add_sink(sink(address)).unwrap();
    logger.record(denial("given up"));
    assert!(logger.flush_sinks(DEADLINE));
    assert_eq!(requests.try_iter().count(), 1);
    assert_eq!(why(&logger), ["1 event was not delivered to `webhook`: the server answered 403"]);
    assert_eq!(logger.dropped()["webhook"], 1);
}

#[test]
fn redirects_lead_nowhere() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let target = format!("307 Moved\r\nlocation: http://{}/stolen", elsewhere.local_addr().unwrap());
    let (address, requests) = server(vec![&*target.leak()].leak());
    let logger = SecurityLogger::in_memory();
    logger.add_sink(sink(address)).unwrap();
    logger.record(denial("secret"));
    assert!(logger.flush_sinks(DEADLINE));
    assert_eq!(requests.try_iter().count(), 1);
    assert_eq!(logger.dropped()["webhook"], 1);
    assert!(elsewhere.accept().is_err(), "somebody came");
}

#[test]
fn a_server_that_is_not_there_or_does_not_answer_holds_nobody_up() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let logger = SecurityLogger::in_memory();
    logger.add_sink(sink(nobody)).unwrap();
    logger.record(denial("lost"));
    assert!(logger.flush_sinks(DEADLINE));
    assert_eq!(logger.dropped()["webhook"], 1);

    // The kernel takes the connection, and nobody answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let logger = SecurityLogger::in_memory();
    logger.add_sink(sink(silent.local_addr().unwrap())).unwrap();
    let began = Instant::now();
    for index in 0..2000 {
        logger.record(denial(&index.to_string()));
    }
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    assert!(!logger.flush_sinks(Duration::from_millis(50)));
    assert_eq!(logger.dropped()["webhook"], 0);
}
