//! The way into the engine for a front: a server in this process that has clients of its own and hands each one over as
//! a socket.
//!
//! A front is no shortcut. What it hands over is a connection like any other, and everything that a connection may do
//! is judged by the engine; the front only decides who gets one.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::channel;

use tokio::sync::{oneshot, watch};

use super::engine::Command;
use super::{HostError, HostStats, Inbox};

/// Where a front sends its clients.
#[derive(Clone)]
pub(crate) struct Gate {
    inbox: Inbox,
}

/// Why a client does not get in.
#[derive(Debug)]
pub(crate) enum NoEntry {
    /// The host serves no front any more.
    Stopped,
    /// There are as many connections as there may be.
    Full(usize),
    /// What the system refused.
    System(io::Error),
}

/// The engine's end of the agreement that a front serves. Dropping it ends the front.
#[derive(Debug)]
pub(crate) struct Lease(watch::Sender<bool>);

/// The front's end.
#[derive(Clone, Debug)]
pub(crate) struct Tenancy(watch::Receiver<bool>);

impl Gate {
    pub(super) fn new(inbox: Inbox) -> Self {
        Self { inbox }
    }

    /// Asks that the front with the other end of the lease may serve, and waits until it no longer may. If it never
    /// may, the lease is dropped and the error says why.
    pub(crate) fn serve(&self, lease: Lease) -> Result<(), HostError> {
        let (done, wait) = channel();
        self.inbox.send(Command::ServeFront(lease, done))?;
        wait.recv().map_err(|_| HostError::stopped())?
    }

    /// Ends what is being served.
    pub(crate) fn stop(&self) {
        // If the host has ended, nothing is served any more.
        let _ = self.inbox.send(Command::StopServing);
    }

    /// A new connection to the engine: the client's end of it, which does not block.
    pub(crate) async fn enter(&self) -> Result<UnixStream, NoEntry> {
        let (ours, theirs) = UnixStream::pair().map_err(NoEntry::System)?;
        ours.set_nonblocking(true).map_err(NoEntry::System)?;
        let (asked, answer) = oneshot::channel();
        self.inbox.send(Command::Enter(OwnedFd::from(theirs), asked)).map_err(|_| NoEntry::Stopped)?;
        answer.await.map_err(|_| NoEntry::Stopped)??;
        Ok(ours)
    }

    /// What the host has at this moment; nothing if it has been stopped.
    pub(crate) async fn stats(&self) -> Option<HostStats> {
        let (asked, answer) = oneshot::channel();
        self.inbox.send(Command::CountForFront(asked)).ok()?;
        answer.await.ok()
    }
}

impl Lease {
    /// Both ends of an agreement that has not begun.
    pub(crate) fn new() -> (Self, Tenancy) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Tenancy(receiver))
    }

    /// Lets the front begin.
    pub(super) fn begin(&self) {
        // A front that has ended by now finds its lease dropped soon.
        let _ = self.0.send(true);
    }
}

impl Tenancy {
    /// Waits until the front may serve. `false` if it never may.
    pub(crate) async fn begun(&mut self) -> bool {
        self.0.wait_for(|begun| *begun).await.is_ok()
    }

    /// Waits until it no longer may.
    pub(crate) async fn ended(&mut self) {
        while self.0.changed().await.is_ok() {}
    }

    /// Whether it no longer may.
    pub(crate) fn has_ended(&self) -> bool {
        self.0.has_changed().is_err()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::Lease;

    #[test]
    fn a_front_serves_from_when_it_may_until_the_lease_is_dropped() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (lease, mut tenancy) = Lease::new();
        lease.begin();
        assert!(runtime.block_on(tenancy.begun()) && !tenancy.has_ended());
        drop(lease);
        runtime.block_on(tenancy.ended());
        assert!(tenancy.has_ended());
        let (refused, mut tenancy) = Lease::new();
        drop(refused);
        assert!(!runtime.block_on(tenancy.begun()));
    }
}
