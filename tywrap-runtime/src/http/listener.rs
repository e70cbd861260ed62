//! What the front listens on.

use std::io;
use std::net::{SocketAddr, TcpListener as StdTcpListener};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixListener as StdUnixListener;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tywrap_policy::{Code, Diagnostic};

use super::front::Address;
use crate::host::{HostError, Socket, peer_is_this_user};

/// A peer that has gone without a word is noticed after a minute and four questions.
const KEEPALIVE: Duration = Duration::from_secs(60);
const KEEPALIVE_AGAIN: Duration = Duration::from_secs(15);

/// Bytes that the kernel may keep unsent before a connection takes no more. With its default of some megabytes, a slow
/// reader would look like one that does not read at all.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 128 * 1024;

/// Listens, and is in no runtime yet.
#[derive(Debug)]
pub(super) enum Bound {
    Tcp(StdTcpListener),
    Unix(Socket),
}

/// Listens.
pub(super) enum Listener {
    Tcp(TcpListener),
    Unix {
        listener: UnixListener,
        /// It is removed from its directory when this is dropped.
        _socket: Socket,
    },
}

/// A connection, and what the log calls whoever made it.
pub(super) enum Accepted {
    Tcp(TcpStream, SocketAddr),
    Unix(UnixStream),
    /// A peer that may not connect, and why.
    Refused(String),
}

impl Bound {
    /// Listens at an address.
    pub(super) fn new(address: &Address) -> Result<Self, HostError> {
        match address {
            Address::Unix(path) => Socket::listen(path).map(Self::Unix),
            Address::Tcp(address) => {
                let listener = StdTcpListener::bind(address).and_then(|listener| {
                    listener.set_nonblocking(true)?;
                    Ok(listener)
                });
                listener.map(Self::Tcp).map_err(|error| {
                    let message = format!("the address `{address}` cannot be listened on: {error}");
                    let help = "choose another port, or 0 for one that is free";
                    Diagnostic::error(Code::SocketUnusable, message).help(help).into()
                })
            }
        }
    }

    /// Begins to listen in the runtime that this is called in.
    pub(super) fn enter(self) -> io::Result<Listener> {
        Ok(match self {
            Self::Tcp(listener) => Listener::Tcp(TcpListener::from_std(listener)?),
            Self::Unix(socket) => {
                let listener = StdUnixListener::from(socket.listener.as_fd().try_clone_to_owned()?);
                Listener::Unix { listener: UnixListener::from_std(listener)?, _socket: socket }
            }
        })
    }
}

impl Listener {
    /// The address, if it is one of TCP.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            Self::Unix { .. } => None,
        }
    }

    /// The next connection.
    pub(super) async fn accept(&self) -> io::Result<Accepted> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                stream.set_nodelay(true)?;
                let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE_AGAIN);
                let socket = SockRef::from(&stream);
                socket.set_tcp_keepalive(&keepalive)?;
                #[cfg(target_os = "linux")]
                socket.set_tcp_notsent_lowat(UNSENT)?;
                Ok(Accepted::Tcp(stream, peer))
            }
            Self::Unix { listener, .. } => {
                let (stream, _) = listener.accept().await?;
                Ok(match peer_is_this_user(stream.as_fd()) {
                    Ok(()) => Accepted::Unix(stream),
                    Err(message) => Accepted::Refused(message),
                })
            }
        }
    }
}
