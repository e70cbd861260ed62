//! What a front is asked to be.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::server::Server;
use crate::host::{Gate, HostError, Lease, Shared};

/// Connections at one time, if the front is not told otherwise. A client has one for its answers and one for what it
/// sends.
const CONNECTIONS: usize = 256;

/// Clients at one time, likewise. The host itself takes no more than 256.
const CLIENTS: usize = 64;

/// How long the head of a request may take, likewise. Browsers and `curl` send it at once.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// After how much silence the host says that it is there, likewise. Proxies commonly give up on a response after a
/// minute without a byte, and Node's `fetch` after five.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// How long a body may stand still, likewise.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Serves over HTTP/1.1, as "Over HTTP" in `docs/wire.md` describes; see [`Endpoint::Http`](crate::Endpoint::Http).
///
/// ```no_run
/// # fn serve(host: &tywrap_runtime::Host) -> Result<(), Box<dyn std::error::Error>> {
/// use tywrap_runtime::{Endpoint, HttpFront};
///
/// let front = HttpFront::tcp("127.0.0.1:8080".parse()?)
///     .token_file("/run/app/token")
///     .allow_origin("https://app.example");
/// host.serve(Endpoint::Http(front))?;
/// # Ok(())
/// # }
/// ```
///
/// There is no TLS: beyond this machine, put a reverse proxy in front that ends it.
#[must_use = "a front serves nothing until `Host::serve`"]
pub struct HttpFront {
    pub(super) address: Address,
    pub(super) token: Option<Secret>,
    pub(super) origins: Vec<String>,
    pub(super) limits: Limits,
    pub(super) on_listening: Option<OnListening>,
}

/// Where a front listens.
#[derive(Clone, Debug)]
pub(super) enum Address {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// Where the token comes from.
pub(super) enum Secret {
    Text(String),
    File(PathBuf),
}

/// What clients may take at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) connections: usize,
    pub(super) clients: usize,
    pub(super) header_timeout: Duration,
    pub(super) stall_timeout: Duration,
    pub(super) heartbeat: Duration,
}

pub(super) type OnListening = Box<dyn FnOnce(Option<SocketAddr>) + Send>;

impl HttpFront {
    /// A front at a TCP address; port 0 is one that is free. Beyond loopback it needs a token. On loopback without one
    /// it serves every user of this machine.
    pub fn tcp(address: SocketAddr) -> Self {
        Self::new(Address::Tcp(address))
    }

    /// A front at a Unix socket, for clients of the same user. What [`Endpoint::Unix`](crate::Endpoint::Unix) says of
    /// the path holds here, too.
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self::new(Address::Unix(path.into()))
    }

    fn new(address: Address) -> Self {
        let limits = Limits {
            connections: CONNECTIONS,
            clients: CLIENTS,
            header_timeout: HEADER_TIMEOUT,
            stall_timeout: STALL_TIMEOUT,
            heartbeat: HEARTBEAT,
        };
        Self { address, token: None, origins: Vec::new(), limits, on_listening: None }
    }

    /// Asks of each request that it carries this token, `Authorization: Bearer <token>`. It has at least 32 characters:
    /// letters, digits and `-._~+/`, and `=` at its end. Keep it out of sources and of the command line, which others
    /// can see.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(Secret::Text(token.into()));
        self
    }

    /// As [`HttpFront::token`], with the token in a file that only this user can read. It is read once, when the front
    /// begins.
    pub fn token_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.token = Some(Secret::File(path.into()));
        self
    }

    /// Lets web pages of an origin call, such as `https://app.example`. Without this no page can, wherever it comes
    /// from.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// Most TCP connections, or connections to the Unix socket, at one time; by default 256. More are answered by 503
    /// and closed.
    pub fn max_connections(mut self, most: usize) -> Self {
        self.limits.connections = most;
        self
    }

    /// Most clients at one time; by default 64. More are answered by 503.
    pub fn max_clients(mut self, most: usize) -> Self {
        self.limits.clients = most;
        self
    }

    /// How long the head of a request may take to come, and a connection may stay open between two requests; by default
    /// 10 seconds.
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.limits.header_timeout = timeout;
        self
    }

    /// How long a body may stand still in either direction: a request of which nothing more comes, or a response of
    /// which nothing is read while there is something to read; by default 60 seconds. Then the connection is closed and
    /// the client ended: one that no longer reads its answers loses its calls and objects.
    pub fn stall_timeout(mut self, timeout: Duration) -> Self {
        self.limits.stall_timeout = timeout;
        self
    }

    /// After how much silence a response says that it goes on, so that nobody in between gives up on it; by default 20
    /// seconds.
    pub fn heartbeat(mut self, interval: Duration) -> Self {
        self.limits.heartbeat = interval;
        self
    }

    /// Calls `listening` once the front listens, with its address; of a Unix socket there is none to tell. It is called
    /// on the front's thread.
    pub fn on_listening(mut self, listening: impl FnOnce(Option<SocketAddr>) + Send + 'static) -> Self {
        self.on_listening = Some(Box::new(listening));
        self
    }

    /// Serves until the host stops.
    pub(crate) fn serve(self, shared: Arc<Shared>, gate: Gate) -> Result<(), HostError> {
        let server = Server::new(self, shared, gate.clone())?;
        let (lease, tenancy) = Lease::new();
        let thread = std::thread::Builder::new()
            .name("tywrap-http".to_owned())
            .spawn(move || server.run(tenancy))
            .map_err(|error| HostError::system("starting the thread of the HTTP front", &error))?;
        let served = gate.serve(lease);
        // What it was asked to end is gone when this returns.
        let ended = thread.join();
        served?;
        ended.unwrap_or_else(|_| Err(HostError::system("serving HTTP", &std::io::Error::other("its thread panicked"))))
    }
}

impl fmt::Debug for HttpFront {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpFront")
            .field("address", &self.address)
            .field("token", &self.token.as_ref().map(|_| "<secret>"))
            .field("origins", &self.origins)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::HttpFront;

    #[test]
    fn a_front_does_not_show_its_token() {
        let front = HttpFront::tcp(([127, 0, 0, 1], 8080).into()).token("0123456789abcdef0123456789abcdef");
        let shown = format!("{front:?}");
        assert!(shown.contains("127.0.0.1:8080") && shown.contains("<secret>") && !shown.contains("0123"), "{shown}");
    }
}
