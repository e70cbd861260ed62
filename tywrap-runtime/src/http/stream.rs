//! The response that carries what the host says.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body_util::{Either, Full};
use hyper::body::{Body, Frame};

use super::session::{Session, Sessions};

/// The body of any response.
pub(super) type Answer = Either<Full<Bytes>, Frames>;

/// Read from the engine at once, at most.
const CHUNK: usize = 64 * 1024;

/// Every frame from the host to one client, until either end closes. The session ends with it.
#[derive(Debug)]
pub(super) struct Frames {
    session: Arc<Session>,
    sessions: Arc<Sessions>,
    buffer: BytesMut,
}

impl Frames {
    pub(super) fn new(session: Arc<Session>, sessions: Arc<Sessions>) -> Self {
        Self { session, sessions, buffer: BytesMut::new() }
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let Self { session, buffer, .. } = self.get_mut();
        loop {
            ready!(session.socket.poll_read_ready(cx))?;
            buffer.reserve(CHUNK);
            match session.socket.try_read_buf(buffer) {
                // What the engine closes with unread bytes of ours ends with an error, behind everything it has said.
                Ok(0) => return Poll::Ready(None),
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Poll::Ready(None),
                Ok(_) => return Poll::Ready(Some(Ok(Frame::data(buffer.split().freeze())))),
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        self.sessions.end(&self.session);
    }
}
