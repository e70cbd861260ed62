//! What a client is told while the disk of the audit file is slow.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{ErrorKind, Read as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use tywrap_policy::Policy;

use super::*;
use crate::metrics::Metrics;
use crate::security_log::SecurityLogger;

struct Fixture {
    shared: Shared,
    client: Client,
    peer: UnixStream,
    /// Lets the disk do what it is waited for.
    disk: Sender<()>,
    _directory: tempfile::TempDir,
}

/// A client that has called before it has greeted, which is refused, and a disk that takes its time.
fn refused() -> Fixture {
    let directory = tempfile::tempdir().unwrap();
    let (disk, wait) = channel();
    let logger = SecurityLogger::with_slow_disk(&directory.path().join("audit.jsonl"), move || {
        // The fixture is gone: nobody waits any more.
        let _ = wait.recv();
    })
    .unwrap();
    let policy = Policy::parse("", Path::new("/nowhere/tywrap.toml")).unwrap().policy;
    let metrics = Arc::new(Metrics::new(&policy, &[], "python3").unwrap());
    let shared = Shared::new(&policy, Vec::new(), logger, metrics, Box::new(|_| {}));
    let (ours, peer) = UnixStream::pair().unwrap();
    peer.set_nonblocking(true).unwrap();
    let mut client = Client::new(1, Stream::socket(ours.into()).unwrap(), &shared);
    let mut call = Outbox::default();
    call.push(Header::new(Kind::Call).request(7).slot(1), |text, _| {
        text.extend_from_slice(b"[[],{}]");
        false
    });
    assert_eq!(call.flush(&peer), Ok(true));
    assert!(client.next(&shared, &mut Client::budget()).is_none());
    client.flush();
    Fixture { shared, client, peer, disk, _directory: directory }
}

impl Fixture {
    /// How many errors went out because they had waited long enough.
    fn tell(&mut self, now: Instant) -> usize {
        let unsettled = self.client.tell(&self.shared, now);
        self.client.flush();
        unsettled
    }

    /// The kind of the frame that has arrived.
    fn told(&mut self) -> Option<u8> {
        let mut bytes = [0; 256];
        match self.peer.read(&mut bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            read => Some(bytes[..read.unwrap()][4]),
        }
    }
}

#[test]
fn an_error_is_told_when_the_disk_has_the_denial() {
    let mut fixture = refused();
    assert_eq!(fixture.tell(Instant::now()), 0);
    assert_eq!(fixture.told(), None, "the disk has not got it");
    assert!(!fixture.client.is_over(Instant::now()), "though it has been broken off");
    fixture.disk.send(()).unwrap();
    assert!(fixture.shared.logger.settle(PATIENCE));
    assert_eq!(fixture.tell(Instant::now()), 0);
    assert_eq!(fixture.told(), Some(Kind::Error as u8));
    assert!(fixture.client.is_over(Instant::now()));
    drop(fixture.disk);
}

#[test]
fn a_disk_that_hangs_does_not_keep_an_error_back_for_ever() {
    let mut fixture = refused();
    let due = fixture.client.next_tick().unwrap();
    assert!(due <= Instant::now() + PATIENCE);
    assert_eq!((fixture.tell(due - Duration::from_millis(1)), fixture.told()), (0, None));
    assert_eq!(fixture.tell(due), 1, "it is counted");
    assert_eq!(fixture.told(), Some(Kind::Error as u8));
    drop(fixture.disk);
}
