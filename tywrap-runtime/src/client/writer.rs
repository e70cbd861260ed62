//! What goes to the host: one frame after another, whichever thread sends it.

use std::collections::HashMap;
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tywrap_policy::Code;

use super::greeting::Greeting;
use super::requests::ended;
use super::timed_out;
use crate::grants::Module;
use crate::host::{CallError, CallErrorKind};
use crate::value::{self, Value};
use crate::wire::{Header, Kind, Outbox};

/// How long the host may take to read a frame where a call has no time of its own. It reads whatever is small enough for it, so one
/// that takes longer has stopped.
const PATIENCE: Duration = Duration::from_secs(60);

/// The writing end of a connection.
#[derive(Debug)]
pub(super) struct Writer(Mutex<State>);

#[derive(Debug)]
struct State {
    stream: UnixStream,
    /// The slot of each module that was opened, by where it stands in memory.
    slots: HashMap<usize, u16>,
}

/// Why a frame was not sent.
pub(super) enum NotSent {
    /// It cannot be; others can.
    Refused(CallError),
    /// The connection is over.
    Broken(CallError),
}

impl Writer {
    pub(super) fn new(stream: UnixStream) -> Self {
        Self(Mutex::new(State { stream, slots: HashMap::new() }))
    }

    /// Sends a call, and before it what opens its module if it is the first of that.
    pub(super) fn call(
        &self,
        greeting: &Greeting,
        module: &'static Module,
        header: Header,
        args: &[Value],
        kwargs: &[(String, Value)],
        due: Option<Instant>,
    ) -> Result<(), NotSent> {
        let mut state = self.lock();
        let mut outbox = Outbox::default();
        let at = std::ptr::from_ref(module).addr();
        let known = state.slots.get(&at).copied();
        let slot = match known {
            Some(slot) => slot,
            None => u16::try_from(state.slots.len() + 1).map_err(|_| {
                let message = "a connection opens at most 65,535 modules";
                NotSent::Refused(CallError::new(CallErrorKind::Unsupported, Code::ModuleNotOpened, message))
            })?,
        };
        if known.is_none() {
            outbox.push(Header::new(Kind::Open).slot(slot), |text, buffers| {
                let fields = vec![("module".into(), module.name.into()), ("digest".into(), module.digest.into())];
                value::write(&Value::Dict(fields), text, buffers)
            });
        }
        let write = |text: &mut Vec<u8>, buffers: &mut _| value::write_call(args, kwargs, false, text, buffers);
        if let Err(length) = outbox.push_within(greeting.frame, header.slot(slot), write) {
            let message = format!(
                "the arguments have {length} bytes, over the host's `wire.max-frame`, which is {}",
                greeting.frame
            );
            return Err(NotSent::Refused(CallError::new(CallErrorKind::Validation, Code::FrameTooLarge, message)));
        }
        state.slots.insert(at, slot);
        let left = due.map_or(PATIENCE, |due| due.saturating_duration_since(Instant::now()));
        flush(&state, &mut outbox, left).map_err(NotSent::Broken)
    }

    /// Sends a frame that is small.
    pub(super) fn send(&self, header: Header, value: &Value) -> Result<(), CallError> {
        let mut outbox = Outbox::default();
        outbox.push(header, |text, buffers| value::write(value, text, buffers));
        flush(&self.lock(), &mut outbox, PATIENCE)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn flush(state: &State, outbox: &mut Outbox, left: Duration) -> Result<(), CallError> {
    // A time of 0 would be none at all.
    let left = left.max(Duration::from_millis(1));
    state.stream.set_write_timeout(Some(left)).map_err(|error| ended(&error.to_string()))?;
    match outbox.flush(&state.stream) {
        Ok(true) => Ok(()),
        Ok(false) => Err(timed_out()),
        Err(error) => Err(ended(&error.to_string())),
    }
}
