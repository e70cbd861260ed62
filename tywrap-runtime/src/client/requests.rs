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
    /// Calls that may be open: the host reads no more than that.
    most: usize,
}

#[derive(Debug, Default)]
struct State {
    last: u32,
    /// By request, whoever waits for the answer; nobody, where a call was given up.
    open: HashMap<u32, Option<SyncSender<Reply>>>,
    /// The objects of answers that nobody took.
    lost: Vec<Value>,
    /// Why nothing can be called any more.
    failed: Option<CallError>,
}

impl Requests {
    pub(super) fn new(most: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), most }
    }

    /// Opens a request, once there is room for one.
    pub(super) fn open(&self, due: Option<Instant>) -> Result<(u32, Receiver<Reply>), CallError> {
        let mut state = self.lock();
        loop {
            if let Some(error) = &state.failed {
                return Err(error.clone());
            }
            if state.open.len() < self.most {
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
        state.open.insert(request, Some(sender));
        Ok((request, receiver))
    }

    /// Takes back a request that was not sent.
    pub(super) fn close(&self, request: u32) {
        self.lock().open.remove(&request);
        self.changed.notify_one();
    }

    /// Says that nobody waits for an answer any more, which still comes; whether it has not come.
    pub(super) fn abandon(&self, request: u32) -> bool {
        self.lock().open.get_mut(&request).map(|waiting| *waiting = None).is_some()
    }

    /// Ends every call; gives why, which is what ended the connection first.
    pub(super) fn fail(&self, error: CallError) -> CallError {
        let mut state = self.lock();
        let error = state.failed.get_or_insert(error).clone();
        for waiting in state.open.drain().filter_map(|(_, waiting)| waiting) {
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
        let Some(waiting) = state.open.remove(&request) else { return false };
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
        self.changed.notify_one();
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
            let read = value::read(text, tagged, buffers, limits).map_err(|error| broken_wire(&error.to_string()))?;
            if read.callbacks || read.tables && read.value.has_table() {
                return Err(broken_wire("a result is something that only a client sends"));
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
