//! Where clients come from.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Instant;

use mio::Interest;
use tywrap_policy::{Code, Severity};

use super::{Client, Engine, Role, token};
use crate::host::HostError;
use crate::host::endpoint::{Endpoint, Socket};
#[cfg(feature = "http")]
use crate::host::gate::{Lease, NoEntry};
use crate::host::peer::peer_is_this_user;
use crate::host::stream::Stream;
use crate::security_log::EventKind;
use crate::shared_memory::SharedMemory;

/// Most connections of one socket at a time.
const MAX_CLIENTS: usize = 256;

/// What is being served.
pub(super) struct Serving {
    pub(super) source: Source,
    /// Whether a connection may be waiting.
    pub(super) waiting: bool,
    pub(super) done: Sender<Result<(), HostError>>,
}

/// Where clients come from.
pub(super) enum Source {
    /// A socket that is listened on.
    Socket(Socket),
    /// There is one client, and no other follows.
    Single,
    /// A front hands them over. It ends when the lease is dropped.
    #[cfg(feature = "http")]
    Front { _lease: Lease },
}

impl Engine {
    pub(super) fn serve(
        &mut self,
        done: Sender<Result<(), HostError>>,
        open: impl FnOnce(&mut Self) -> Result<Source, HostError>,
    ) {
        let opened = if self.serving.is_some() {
            Err(HostError::system("serving", &io::Error::other("the host serves already")))
        } else {
            open(self)
        };
        match opened {
            Ok(source) => self.serving = Some(Serving { source, waiting: true, done }),
            // Whoever asked may have stopped waiting.
            Err(error) => drop(done.send(Err(error))),
        }
    }

    pub(super) fn open(&mut self, endpoint: Endpoint) -> Result<Source, HostError> {
        let path = match endpoint {
            Endpoint::Unix(path) => path,
            Endpoint::Stdio => {
                let stream = Stream::stdio().map_err(|error| HostError::system("taking standard input", &error))?;
                self.add_only_client(stream).map_err(|error| {
                    HostError::system("watching standard input and output, which must be pipes or sockets,", &error)
                })?;
                return Ok(Source::Single);
            }
            #[cfg(feature = "http")]
            Endpoint::Http(_) => {
                // `Host::serve` sends a lease instead.
                return Err(HostError::system("serving", &io::Error::other("a front was not started")));
            }
            Endpoint::Connection(socket) => {
                let stream = Stream::socket(socket).map_err(|error| HostError::system("preparing a socket", &error))?;
                self.add_only_client(stream).map_err(|error| HostError::system("watching a socket", &error))?;
                return Ok(Source::Single);
            }
        };
        let mut socket = Socket::listen(&path)?;
        self.poll
            .registry()
            .register(&mut socket.listener, token(Role::Listener, 0), Interest::READABLE)
            .map_err(|error| HostError::system("watching the socket", &error))?;
        Ok(Source::Socket(socket))
    }

    /// Takes a client of a front, which has asked who it is.
    #[cfg(feature = "http")]
    pub(super) fn enter(&mut self, socket: OwnedFd) -> Result<(), NoEntry> {
        if !matches!(self.serving, Some(Serving { source: Source::Front { .. }, .. })) {
            return Err(NoEntry::Stopped);
        }
        if self.clients.len() >= MAX_CLIENTS {
            return Err(NoEntry::Full(MAX_CLIENTS));
        }
        Stream::socket(socket).and_then(|stream| self.add_client(stream)).map_err(NoEntry::System)
    }

    /// Memory to share, if there is to be any. Without it what is large takes longer, and that is all.
    pub(super) fn make_memory(&self) -> Option<Arc<SharedMemory>> {
        self.shared.settings.worker_memory?;
        let made = SharedMemory::new(self.shared.settings.frame.into());
        made.inspect_err(|error| self.shared.note_no_memory(error)).ok().map(Arc::new)
    }

    /// Whether a client that shares memory is served, or could still be.
    pub(super) fn may_share(&self) -> bool {
        self.serving.as_ref().is_none_or(|serving| matches!(serving.source, Source::Single))
    }

    /// Adds a client that is on this machine, and beside which there is no other.
    pub(super) fn add_only_client(&mut self, stream: Stream) -> io::Result<()> {
        let client = Client::new(self.next_id(), stream, &self.shared);
        self.add(match self.make_memory() {
            Some(memory) => client.offer(memory),
            None => client,
        })
    }

    pub(super) fn add_client(&mut self, stream: Stream) -> io::Result<()> {
        let client = Client::new(self.next_id(), stream, &self.shared);
        self.add(client)
    }

    pub(super) fn add(&mut self, client: Client) -> io::Result<()> {
        let id = client.id();
        match client.descriptors() {
            (both, None) => self.watch(both, Role::Client, id, Interest::READABLE | Interest::WRITABLE)?,
            (input, Some(output)) => {
                self.watch(input, Role::Client, id, Interest::READABLE)?;
                self.watch(output, Role::ClientOutput, id, Interest::WRITABLE)?;
            }
        }
        self.clients.push(client);
        // Somebody is about to call, so Python starts while they greet. Why it cannot start, the first call is told.
        self.start_first_worker(Instant::now());
        Ok(())
    }

    pub(super) fn accept(&mut self) {
        while let Some(Serving { source: Source::Socket(socket), waiting: waiting @ true, .. }) = &mut self.serving {
            let stream = match socket.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) => {
                    *waiting = error.kind() == io::ErrorKind::Interrupted;
                    if error.kind() != io::ErrorKind::WouldBlock && !*waiting {
                        // Out of descriptors, most likely. The next connection wakes us again.
                        let message = format!("a connection could not be accepted: {error}");
                        self.shared.note(EventKind::PeerRefused, Severity::Medium, &message);
                    }
                    return;
                }
            };
            if let Err(message) = peer_is_this_user(stream.as_fd()) {
                self.shared.record(EventKind::PeerRefused, Code::PeerRefused, &message);
                continue;
            }
            if self.clients.len() >= MAX_CLIENTS {
                let message = format!("a connection was turned away: {MAX_CLIENTS} are open");
                self.shared.record(EventKind::PeerRefused, Code::QueueFull, &message);
                continue;
            }
            if let Err(error) = Stream::socket(OwnedFd::from(stream)).and_then(|stream| self.add_client(stream)) {
                let message = format!("a connection could not be watched: {error}");
                self.shared.note(EventKind::PeerRefused, Severity::Medium, &message);
            }
        }
        if let Some(serving) = &mut self.serving {
            serving.waiting = false;
        }
    }

    pub(super) fn stop_serving(&mut self, now: Instant) {
        let Some(serving) = self.serving.take() else { return };
        self.flush();
        for client in std::mem::take(&mut self.clients) {
            self.remove(client, now);
        }
        drop(serving.source);
        // Whoever asked may have stopped waiting.
        let _ = serving.done.send(Ok(()));
    }
}
