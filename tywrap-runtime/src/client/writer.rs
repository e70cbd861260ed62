//! What goes to the host: one frame after another, whichever thread sends it.

use std::collections::HashMap;
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tywrap_policy::Code;

use super::requests::ended;
use crate::grants::Module;
use crate::host::{CallError, CallErrorKind};
use crate::value::{self, Buffer, Value};
use crate::wire::{Header, Kind, Outbox};

/// How long the host may take nothing of a frame. It reads whatever it has room for, and is sent nothing else, so one that takes longer
/// has stopped.
const PATIENCE: Duration = Duration::from_secs(30);

/// The writing end of a connection.
#[derive(Debug)]
pub(super) struct Writer(Mutex<State>);

#[derive(Debug)]
struct State {
    stream: UnixStream,
    /// The slot of each module that was opened, by where it stands in memory.
    slots: HashMap<usize, u16>,
}

/// The arguments of a call, written.
pub(super) struct Arguments {
    text: Vec<u8>,
    buffers: Vec<Buffer>,
    tagged: bool,
}

impl Arguments {
    pub(super) fn new(args: &[Value], kwargs: &[(String, Value)]) -> Self {
        let (mut text, mut buffers) = (Vec::new(), Vec::new());
        let tagged = value::write_call(args, kwargs, false, &mut text, &mut buffers);
        Self { text, buffers, tagged }
    }

    /// How many bytes they are, as the host counts those of open calls.
    pub(super) fn len(&self) -> usize {
        self.text.len() + self.buffers.iter().map(|buffer| buffer.len()).sum::<usize>()
    }
}

/// Why a frame was not sent.
pub(super) enum NotSent {
    /// It cannot be; others can.
    Refused(CallError),
    /// The connection is over.
    Broken(CallError),
}

impl Writer {
    pub(super) fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self(Mutex::new(State { stream, slots: HashMap::new() })))
    }

    /// Sends a call, and before it what opens its module if it is the first of that.
    pub(super) fn call(
        &self,
        module: &'static Module,
        header: Header,
        arguments: Arguments,
        limit: u32,
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
        let Arguments { text, buffers, tagged } = arguments;
        let pushed = outbox.push_within(limit, header.slot(slot), |frame, out| {
            frame.extend_from_slice(&text);
            out.extend(buffers);
            tagged
        });
        if let Err(length) = pushed {
            let message =
                format!("the arguments have {length} bytes, over the host's `wire.max-frame`, which is {limit}");
            return Err(NotSent::Refused(CallError::new(CallErrorKind::Validation, Code::FrameTooLarge, message)));
        }
        state.slots.insert(at, slot);
        flush(&state, &mut outbox).map_err(NotSent::Broken)
    }

    /// Sends a frame that is small.
    pub(super) fn send(&self, header: Header, value: &Value) -> Result<(), CallError> {
        let mut outbox = Outbox::default();
        outbox.push(header, |text, buffers| value::write(value, text, buffers));
        flush(&self.lock(), &mut outbox)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn flush(state: &State, outbox: &mut Outbox) -> Result<(), CallError> {
    match outbox.flush(&state.stream) {
        Ok(true) => Ok(()),
        Ok(false) => Err(ended(&format!("the host read nothing for {} seconds", PATIENCE.as_secs()))),
        Err(error) => Err(ended(&error.to_string())),
    }
}
