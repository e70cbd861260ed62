//! One client of the front: a socket into the engine, and what has been sent through it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;
use std::net::Shutdown;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hyper::header::{HeaderName, HeaderValue};
use hyper::http::StatusCode;
use socket2::SockRef;
use tokio::net::UnixStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tywrap_policy::Code;

use super::refusal::Refusal;
use crate::host::{Gate, NoEntry};

/// Which of the bodies of a connection a request has, from 1; the first one came with the request that made the
/// connection.
pub(super) const SEQUENCE: HeaderName = HeaderName::from_static("tywrap-sequence");

/// Names a session to those who have been told: 128 random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct SessionId([u8; 16]);

impl SessionId {
    fn random() -> io::Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        Ok(Self(bytes))
    }

    /// Reads what [`SessionId::to_text`] writes, and nothing else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        let pairs = text.as_bytes().as_chunks::<2>();
        if pairs.0.len() != bytes.len() || !pairs.1.is_empty() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(pairs.0) {
            let digit = |digit: u8| match digit {
                b'0'..=b'9' => Some(digit - b'0'),
                b'a'..=b'f' => Some(digit - b'a' + 10),
                _ => None,
            };
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }

    /// 32 hexadecimal digits.
    pub(super) fn to_text(self) -> String {
        self.0.iter().fold(String::with_capacity(32), |mut text, byte| {
            // A string takes everything.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

/// A client.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: SessionId,
    pub(super) socket: UnixStream,
    /// The page that made it. No other page may use it, even one that is allowed and knows its name.
    origin: Option<HeaderValue>,
    turn: Mutex<Turn>,
    _permit: OwnedSemaphorePermit,
}

/// Whose turn it is to send.
#[derive(Debug)]
struct Turn {
    /// The number of the body that comes next.
    next: u64,
    /// Whether it is on its way.
    taken: bool,
    /// Whether one broke off. Nothing comes behind it.
    broken: bool,
}

impl Turn {
    fn first() -> Self {
        Self { next: 1, taken: false, broken: false }
    }
}

/// The clients there are.
#[derive(Debug)]
pub(super) struct Sessions {
    open: Mutex<HashMap<SessionId, Arc<Session>>>,
    most: usize,
    permits: Arc<Semaphore>,
}

impl Sessions {
    pub(super) fn new(most: usize) -> Self {
        let permits = Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        Self { open: Mutex::default(), most, permits }
    }

    /// Begins one, if there is room for it here and in the engine.
    pub(super) async fn begin(&self, gate: &Gate, origin: Option<HeaderValue>) -> Result<Arc<Session>, Refusal> {
        let full = |message: String| Refusal::peer(StatusCode::SERVICE_UNAVAILABLE, Code::HttpLimit, message);
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            return Err(full(format!("a client was turned away: {} are connected over HTTP", self.most)));
        };
        let failed = |error: &io::Error| full(format!("a client could not be connected to the host: {error}"));
        let socket = gate.enter().await.map_err(|refused| match refused {
            NoEntry::Stopped => full("the host is being stopped".to_owned()).unrecorded(),
            NoEntry::Full(most) => full(format!("a client was turned away: the host has {most} connections")),
            NoEntry::System(error) => failed(&error),
        })?;
        let socket = UnixStream::from_std(socket).map_err(|error| failed(&error))?;
        let id = SessionId::random().map_err(|error| failed(&error))?;
        let turn = Mutex::new(Turn::first());
        let session = Arc::new(Session { id, socket, origin, turn, _permit: permit });
        self.open().insert(id, Arc::clone(&session));
        Ok(session)
    }

    /// The session of this name, for the page that made it.
    pub(super) fn find(&self, id: Option<SessionId>, origin: Option<&HeaderValue>) -> Result<Arc<Session>, Refusal> {
        let open = self.open();
        let session = id.and_then(|id| open.get(&id)).filter(|session| session.origin.as_ref() == origin);
        session.cloned().ok_or_else(gone)
    }

    /// Ends a session: its calls are cancelled, and what it holds is released.
    pub(super) fn end(&self, session: &Session) {
        self.open().remove(&session.id);
        session.shut(Shutdown::Both);
    }

    fn open(&self) -> MutexGuard<'_, HashMap<SessionId, Arc<Session>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What those are told whose session is not there.
fn gone() -> Refusal {
    // A client that lets go of a connection races with a host that closes it.
    let message = "there is no such connection, or it has ended; make a new one";
    Refusal::protocol(StatusCode::NOT_FOUND, Code::HttpConnectionUnknown, message).unrecorded()
}

impl Session {
    /// Takes the turn for the body of this number.
    pub(super) fn take_turn(&self, number: u64) -> Result<SendingTurn<'_>, Refusal> {
        let mut turn = self.turn();
        if turn.broken {
            return Err(gone());
        }
        if turn.taken || number != turn.next {
            let (next, state) = (turn.next, if turn.taken { "on its way" } else { "next" });
            let message = format!("body {number} of a connection came, and body {next} is {state}");
            let refusal = Refusal::protocol(StatusCode::CONFLICT, Code::HttpSequence, message);
            return Err(refusal.with(SEQUENCE, HeaderValue::from(next)));
        }
        turn.taken = true;
        Ok(SendingTurn { session: self, whole: false })
    }

    /// Hands bytes to the engine, as fast as it takes them.
    pub(super) async fn write(&self, mut bytes: &[u8]) -> Result<(), Refusal> {
        while !bytes.is_empty() {
            self.socket.writable().await.map_err(|_| gone())?;
            match self.socket.try_write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
                Err(_) => return Err(gone()),
            }
        }
        Ok(())
    }

    fn shut(&self, how: Shutdown) {
        // It may have been closed from the other end.
        let _ = SockRef::from(&self.socket).shutdown(how);
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to send one body. If it is given up before the body was whole, the session ends: nobody could say what the
/// engine has of it.
#[derive(Debug)]
pub(super) struct SendingTurn<'a> {
    session: &'a Session,
    whole: bool,
}

impl SendingTurn<'_> {
    /// The body was whole; the next may come.
    pub(super) fn pass_on(mut self) {
        self.whole = true;
    }
}

impl Drop for SendingTurn<'_> {
    fn drop(&mut self) {
        let mut turn = self.session.turn();
        turn.taken = false;
        if self.whole {
            turn.next += 1;
        } else {
            turn.broken = true;
            // The engine reads the end, and closes; the stream of answers sees that, and removes the session.
            self.session.shut(Shutdown::Write);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::host::CallErrorKind;

    #[test]
    fn names_are_read_as_they_are_written() {
        let id = SessionId::random().unwrap();
        let text = id.to_text();
        assert_eq!((text.len(), SessionId::parse(&text)), (32, Some(id)));
        assert_ne!(SessionId::random().unwrap(), id);
        for other in
            ["", &text[1..], &format!("{text}0"), "g0000000000000000000000000000000", &"A".repeat(32), &"é".repeat(16)]
        {
            assert_eq!(SessionId::parse(other), None, "{other}");
        }
    }

    #[test]
    fn bodies_come_one_after_the_other() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let _entered = runtime.enter();
        let (socket, _other) = UnixStream::pair().unwrap();
        let permit = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let turn = Mutex::new(Turn::first());
        let session = Session { id: SessionId::random().unwrap(), socket, origin: None, turn, _permit: permit };
        let expected = |outcome: Result<SendingTurn<'_>, Refusal>| {
            let refusal = outcome.unwrap_err();
            assert_eq!((refusal.status, refusal.kind), (StatusCode::CONFLICT, CallErrorKind::Protocol));
            refusal.header.unwrap().1.to_str().unwrap().to_owned()
        };
        assert_eq!(expected(session.take_turn(2)), "1");
        let first = session.take_turn(1).unwrap();
        assert_eq!(expected(session.take_turn(1)), "1");
        first.pass_on();
        assert_eq!(expected(session.take_turn(1)), "2");
        session.take_turn(2).unwrap().pass_on();
        drop(session.take_turn(3).unwrap());
        for number in [3, 4] {
            assert_eq!(
                session.take_turn(number).unwrap_err().status,
                StatusCode::NOT_FOUND,
                "behind one that broke off"
            );
        }
    }
}
