//! The calls that are open, and the thread that reads their answers.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rustix::io::Errno;
use tywrap_policy::Code;

use super::timed_out;
use crate::host::{CallError, CallErrorKind};
use crate::value::{self, Limits, Value};
use crate::wire::{Decoder, Frame, Kind};

type Reply = Result<Value, CallError>;

/// The open calls of a connection.
#[derive(Debug)]
pub(super) struct Requests {
    state: Mutex<State>,
    /// A call was answered, or the connection failed.
    changed: Condvar,
    /// Calls that may be open.
    most: usize,
    /// Bytes of open calls from which on the host reads nothing more.
    most_bytes: usize,
}

#[derive(Debug, Default)]
struct State {
    last: u32,
    /// By request.
    open: HashMap<u32, Open>,
    /// Bytes of all that are open.
    bytes: usize,
    /// The objects of answers that nobody took.
    lost: Vec<Value>,
    /// Why nothing can be called any more.
    failed: Option<CallError>,
}

/// A call that has not been answered.
#[derive(Debug)]
struct Open {
    /// Bytes of its arguments.
    bytes: usize,
    /// Whoever waits for the answer; nobody, where it was given up.
    waiting: Option<SyncSender<Reply>>,
}

impl State {
    fn close(&mut self, request: u32) -> Option<Open> {
        let open = self.open.remove(&request)?;
        self.bytes -= open.bytes;
        Some(open)
    }
}

impl Requests {
    /// For a host that reads no more calls while so many are open, or have so many bytes.
    pub(super) fn new(most: usize, most_bytes: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), most, most_bytes }
    }

    /// Opens a request for a call of so many bytes, once the host will read it.
    pub(super) fn open(&self, bytes: usize, due: Option<Instant>) -> Result<(u32, Receiver<Reply>), CallError> {
        let mut state = self.lock();
        loop {
            if let Some(error) = &state.failed {
                return Err(error.clone());
            }
            if state.open.len() < self.most && state.bytes < self.most_bytes {
                break;
            }
            state = match due.map(|due| due.saturating_duration_since(Instant::now())) {
                Some(left) if left.is_zero() => return Err(timed_out()),
                Some(left) => self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
        let request = loop {
            state.last = state.last.wrapping_add(1);
            if state.last != 0 && !state.open.contains_key(&state.last) {
                break state.last;
            }
        };
        // The one answer never waits for whoever takes it.
        let (sender, receiver) = sync_channel(1);
        state.open.insert(request, Open { bytes, waiting: Some(sender) });
        state.bytes += bytes;
        Ok((request, receiver))
    }

    /// Takes back a request that was not sent.
    pub(super) fn close(&self, request: u32) {
        self.lock().close(request);
        self.changed.notify_all();
    }

    /// Says that nobody waits for an answer any more, which still comes; whether it has not come.
    pub(super) fn abandon(&self, request: u32) -> bool {
        self.lock().open.get_mut(&request).map(|open| open.waiting = None).is_some()
    }

    /// Ends every call; gives why, which is what ended the connection first.
    pub(super) fn fail(&self, error: CallError) -> CallError {
        let mut state = self.lock();
        let error = state.failed.get_or_insert(error).clone();
        for waiting in state.open.drain().filter_map(|(_, open)| open.waiting) {
            // It may have given up meanwhile.
            let _ = waiting.try_send(Err(error.clone()));
        }
        drop(state);
        self.changed.notify_all();
        error
    }

    /// Why the connection ended.
    pub(super) fn failure(&self) -> CallError {
        self.lock().failed.clone().unwrap_or_else(|| ended("it was closed"))
    }

    /// The objects of answers that nobody took, which have to be released.
    pub(super) fn take_lost(&self) -> Vec<Value> {
        std::mem::take(&mut self.lock().lost)
    }

    /// Hands an answer to whoever waits for it; whether one was due.
    fn answer(&self, request: u32, reply: Reply) -> bool {
        let mut state = self.lock();
        let Some(Open { waiting, .. }) = state.close(request) else { return false };
        let unsent = match waiting {
            Some(waiting) => waiting.try_send(reply).err().map(|unsent| match unsent {
                TrySendError::Full(reply) | TrySendError::Disconnected(reply) => reply,
            }),
            None => Some(reply),
        };
        if let Some(Ok(mut value)) = unsent {
            // Whoever calls next tells the host. This thread does not write: the host may be waiting for it to read.
            let Ok(()) = value.for_each_handle(&mut |handle| {
                state.lost.push(handle.id.into());
                Ok::<(), Infallible>(())
            });
        }
        drop(state);
        self.changed.notify_all();
        true
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads until the connection ends.
pub(super) fn read_answers(stream: &UnixStream, mut decoder: Decoder, limits: Limits, requests: &Requests) {
    let error = loop {
        match rustix::io::read(stream, rustix::buffer::spare_capacity(decoder.room())) {
            Ok(0) if decoder.is_empty() => break ended("the host has gone"),
            Ok(0) => break broken_wire("it ended in the middle of a frame"),
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(error) => break ended(&error.to_string()),
        }
        if let Err(error) = take_frames(&mut decoder, limits, requests) {
            break error;
        }
    };
    let _ = stream.shutdown(Shutdown::Both);
    requests.fail(error);
}

fn take_frames(decoder: &mut Decoder, limits: Limits, requests: &Requests) -> Result<(), CallError> {
    while let Some(frame) = decoder.next().map_err(|error| broken_wire(&error.to_string()))? {
        take(frame, limits, requests)?;
    }
    Ok(())
}

fn take(frame: Frame<'_>, limits: Limits, requests: &Requests) -> Result<(), CallError> {
    let Frame { header, tagged, value: text, buffers } = frame;
    let reply = match header.kind {
        Kind::Result => {
            let mut read =
                value::read(text, tagged, buffers, limits).map_err(|error| broken_wire(&error.to_string()))?;
            // Of tables, `take` gives some, which only TypeScript calls.
            if read.callbacks || read.tables && read.value.has_table() {
                return Err(broken_wire("a result is something that only a client sends"));
            }
            if read.rows {
                read.value.expand_rows();
            }
            Ok(read.value)
        }
        Kind::Error => {
            let error = CallError::read(text, tagged, buffers, limits)
                .ok_or_else(|| broken_wire("an `ERROR` is not as it must be"))?;
            match (header.request, header.slot) {
                // What the host says before it closes the connection.
                (0, 0) => return Err(error),
                // A module was refused. So is each call of it.
                (0, _) => return Ok(()),
                _ => Err(error),
            }
        }
        kind => return Err(broken_wire(&format!("a `{}` frame came where none may", kind.name()))),
    };
    if requests.answer(header.request, reply) {
        return Ok(());
    }
    Err(broken_wire(&format!("an answer to request {} came where none was due", header.request)))
}

/// The host did not speak the wire.
pub(super) fn broken_wire(what: &str) -> CallError {
    CallError::new(CallErrorKind::Protocol, Code::FrameMalformed, format!("the host broke the wire: {what}"))
}

/// The connection is over.
pub(super) fn ended(what: &str) -> CallError {
    CallError::new(
        CallErrorKind::WorkerCrashed,
        Code::WorkerCrashed,
        format!("the connection to the host has ended: {what}"),
    )
}
