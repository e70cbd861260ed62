//! The response that carries what the host says.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{Either, Full};
use hyper::body::{Body, Frame};
use tokio::time::{Instant, Sleep, sleep};

use super::boundaries::Boundaries;
use super::session::{Session, Sessions};

/// The body of any response.
pub(super) type Answer = Either<Full<Bytes>, Frames>;

/// Read from the engine at once, at most.
const CHUNK: usize = 64 * 1024;

/// What is said between two frames where there is nothing to say: a length of 0, which no frame has.
const HEARTBEAT: &[u8] = &[0; 4];

/// Every frame from the host to one client, until either end closes. The session ends with it.
#[derive(Debug)]
pub(super) struct Frames {
    session: Arc<Session>,
    sessions: Arc<Sessions>,
    buffer: BytesMut,
    boundaries: Boundaries,
    interval: Duration,
    silence: Pin<Box<Sleep>>,
}

impl Frames {
    /// The frames for a session, and a heartbeat after each `interval` of silence.
    pub(super) fn new(session: Arc<Session>, sessions: Arc<Sessions>, interval: Duration) -> Self {
        let (buffer, boundaries) = (BytesMut::new(), Boundaries::default());
        Self { session, sessions, buffer, boundaries, interval, silence: Box::pin(sleep(interval)) }
    }

    /// What the engine has said; nothing at its end.
    fn poll_engine(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let Self { session, buffer, .. } = self;
        loop {
            ready!(session.socket.poll_read_ready(cx))?;
            buffer.reserve(CHUNK);
            match session.socket.try_read_buf(buffer) {
                // What the engine closes with unread bytes of ours ends with an error, behind everything it has said.
                Ok(0) => return Poll::Ready(None),
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Poll::Ready(None),
                Ok(_) => return Poll::Ready(Some(Ok(buffer.split().freeze()))),
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
    }

    fn rest(&mut self) {
        let next = Instant::now() + self.interval;
        self.silence.as_mut().reset(next);
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let frames = self.get_mut();
        if let Poll::Ready(said) = frames.poll_engine(cx) {
            return Poll::Ready(said.map(|said| {
                let bytes = said?;
                frames.boundaries.follow(&bytes);
                frames.rest();
                Ok(Frame::data(bytes))
            }));
        }
        loop {
            ready!(frames.silence.as_mut().poll(cx));
            frames.rest();
            if frames.boundaries.are_whole() {
                return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(HEARTBEAT)))));
            }
        }
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        self.sessions.end(&self.session);
    }
}
