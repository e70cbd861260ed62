//! The front's thread: it accepts connections, and has each one served.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::runtime::Runtime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tywrap_policy::{Code, Diagnostic};

use super::front::{Address, HttpFront, Limits, OnListening, Secret};
use super::guard::Guard;
use super::listener::{Accepted, Bound};
use super::origins::Origins;
use super::service::Service;
use super::token::Token;
use super::watched::{Arrived, Watched};
use crate::host::{Gate, HostError, Shared, Tenancy};
use crate::security_log::EventKind;

/// Most bytes of the head of a request. Ours have some hundred; browsers add cookies of other services of the same
/// host.
const HEAD: usize = 16 * 1024;

/// Most headers of a request.
const HEADERS: usize = 64;

/// Most bytes that a connection buffers, in each direction.
const BUFFER: usize = 128 * 1024;

/// How long clients may take to read what the host said before it stopped.
const FAREWELL: Duration = Duration::from_secs(1);

/// Until the next attempt, where the system has no descriptors left.
const BREATH: Duration = Duration::from_millis(100);

/// A front that listens and has not begun to serve.
pub(super) struct Server {
    runtime: Runtime,
    bound: Bound,
    service: Arc<Service>,
    limits: Limits,
    on_listening: Option<OnListening>,
    gate: Gate,
}

impl Server {
    /// Checks what the front is asked to be, and listens.
    pub(super) fn new(front: HttpFront, shared: Arc<Shared>, gate: Gate) -> Result<Self, HostError> {
        let HttpFront { address, token, origins, limits, on_listening } = front;
        let token = match token {
            None => None,
            Some(Secret::Text(text)) => Some(Token::new(&text)?),
            Some(Secret::File(path)) => Some(Token::read(&path)?),
        };
        let is_loopback = match &address {
            Address::Tcp(address) => address.ip().to_canonical().is_loopback(),
            Address::Unix(_) => true,
        };
        if token.is_none() && !is_loopback {
            return Err(no_token(&address));
        }
        let guard = Guard {
            only_loopback_names: token.is_none() && matches!(address, Address::Tcp(_)),
            origins: Origins::new(origins)?,
            token,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(|error| HostError::system("making the event loop of the HTTP front", &error))?;
        let bound = Bound::new(&address)?;
        let service = Arc::new(Service::new(shared, gate.clone(), guard, limits));
        Ok(Self { runtime, bound, service, limits, on_listening, gate })
    }

    /// Serves while it may.
    pub(super) fn run(self, tenancy: Tenancy) -> Result<(), HostError> {
        let Self { runtime, bound, service, limits, on_listening, gate } = self;
        // Whatever ends this thread, nobody waits for it in vain.
        let _stops = Stops { gate, tenancy: tenancy.clone() };
        // With the runtime go all connections, and with them what they carried.
        runtime.block_on(serve(bound, service, limits, on_listening, tenancy))
    }
}

async fn serve(
    bound: Bound,
    service: Arc<Service>,
    limits: Limits,
    on_listening: Option<OnListening>,
    mut tenancy: Tenancy,
) -> Result<(), HostError> {
    if !tenancy.begun().await {
        return Ok(());
    }
    let listener = bound.enter().map_err(|error| HostError::system("watching the socket of the HTTP front", &error))?;
    if let Some(listening) = on_listening {
        listening(listener.address());
    }
    let connections = Connections {
        service,
        limits,
        permits: Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS))),
        graceful: GracefulShutdown::new(),
    };
    {
        let mut ended = pin!(tenancy.ended());
        while let Some(accepted) = unless(ended.as_mut(), listener.accept()).await {
            if !connections.take(accepted) && unless(ended.as_mut(), tokio::time::sleep(BREATH)).await.is_none() {
                break;
            }
        }
    }
    drop(listener);
    // The engine has closed its ends by now. Who does not read the rest in time does not get it.
    let _ = tokio::time::timeout(FAREWELL, connections.graceful.shutdown()).await;
    Ok(())
}

/// What `work` comes to, unless `ended` does so before.
async fn unless<T>(mut ended: Pin<&mut impl Future>, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    poll_fn(|cx| match ended.as_mut().poll(cx) {
        Poll::Ready(_) => Poll::Ready(None),
        Poll::Pending => work.as_mut().poll(cx).map(Some),
    })
    .await
}

/// Ends what the host serves when the front's thread ends by itself.
struct Stops {
    gate: Gate,
    tenancy: Tenancy,
}

impl Drop for Stops {
    fn drop(&mut self) {
        if !self.tenancy.has_ended() {
            self.gate.stop();
        }
    }
}

/// The connections there are.
struct Connections {
    service: Arc<Service>,
    limits: Limits,
    permits: Arc<Semaphore>,
    graceful: GracefulShutdown,
}

impl Connections {
    /// Has a connection served. `false` if the next had better wait.
    fn take(&self, accepted: io::Result<Accepted>) -> bool {
        match accepted {
            Ok(Accepted::Tcp(stream, peer)) => self.begin(stream, Some(peer)),
            Ok(Accepted::Unix(stream)) => self.begin(stream, None),
            Ok(Accepted::Refused(message)) => {
                self.service.record(EventKind::PeerRefused, Code::PeerRefused, &message, None);
            }
            // The peer was gone before it was accepted.
            Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) => {
            }
            Err(error) => {
                let message = format!("a connection over HTTP could not be accepted: {error}");
                self.service.record(EventKind::PeerRefused, Code::HttpLimit, &message, None);
                return false;
            }
        }
        true
    }

    fn begin<S>(&self, stream: S, peer: Option<SocketAddr>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(permit) => {
                let connection = Connection {
                    service: Arc::clone(&self.service),
                    limits: self.limits,
                    peer,
                    watcher: self.graceful.watcher(),
                    _permit: permit,
                };
                tokio::spawn(connection.serve(stream));
            }
            Err(_) => {
                let message = format!("a connection was turned away: {} are open over HTTP", self.limits.connections);
                self.service.record(EventKind::PeerRefused, Code::HttpLimit, &message, peer);
                tokio::spawn(turn_away(stream, self.limits.header_timeout));
            }
        }
    }
}

/// Tells a peer, without reading what it wants, that it is one too many.
async fn turn_away(mut stream: impl AsyncWrite + Unpin, timeout: Duration) {
    const TEXT: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    // It may have gone, or not read.
    let _ = tokio::time::timeout(timeout, stream.write_all(TEXT)).await;
}

/// One connection, over which one request follows another.
struct Connection {
    service: Arc<Service>,
    limits: Limits,
    peer: Option<SocketAddr>,
    watcher: Watcher,
    _permit: OwnedSemaphorePermit,
}

impl Connection {
    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let arrived = Arrived::default();
        let stream = Watched::new(stream, self.limits.stall_timeout, arrived.clone());
        let requests = service_fn(|request| {
            let (service, arrived, peer) = (Arc::clone(&self.service), arrived.clone(), self.peer);
            async move {
                let response = service.answer(request, peer).await;
                arrived.forget();
                Ok::<_, std::convert::Infallible>(response)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.header_timeout)
            .max_header_size(HEAD)
            .max_headers(HEADERS)
            .max_buf_size(BUFFER)
            .serve_connection(TokioIo::new(stream), requests);
        if let Err(error) = self.watcher.watch(connection).await
            && let Some((kind, code, message)) = judge(&error, arrived.has_something())
        {
            self.service.record(kind, code, &message, self.peer);
        }
    }
}

/// What the log says of a connection that ended with an error. That a peer has gone is none of its business.
fn judge(error: &hyper::Error, arrived: bool) -> Option<(EventKind, Code, String)> {
    if error.is_parse() {
        let message = format!("what came over HTTP is no request: {error}");
        return Some((EventKind::ProtocolViolation, Code::HttpRequestRefused, message));
    }
    if error.is_timeout() {
        let message = "the head of a request did not come in time".to_owned();
        return arrived.then_some((EventKind::PeerRefused, Code::HttpLimit, message));
    }
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<io::Error>());
    if cause.is_some_and(|cause| cause.kind() == io::ErrorKind::TimedOut) {
        let message = "a response was not read in time, and its connection was closed".to_owned();
        return Some((EventKind::PeerRefused, Code::HttpLimit, message));
    }
    None
}

fn no_token(address: &Address) -> HostError {
    let shown = match address {
        Address::Tcp(address) => address.to_string(),
        Address::Unix(path) => path.display().to_string(),
    };
    let message = format!("the HTTP front would serve whoever reaches `{shown}`, which is beyond loopback");
    let help = "give it a token, `HttpFront::token_file(…)`, or listen on `127.0.0.1` or a Unix socket";
    Diagnostic::error(Code::HttpTokenMissing, message).help(help).into()
}
