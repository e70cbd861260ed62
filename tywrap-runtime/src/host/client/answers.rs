//! What a client is answered.

use tywrap_policy::Code;

use super::{Client, INSIDE, OpenCall, WAITING};
use crate::grants::{Callable, Integers, Module};
use crate::host::handles::{self, RemoteObject};
use crate::host::{Answer, CallError, CallErrorKind, Kept, Left, Reply, Shared};
use crate::security_log::EventKind;
use crate::value;
use crate::wire::{Header, Kind};

impl Client {
    /// Passes an answer on.
    pub(in crate::host) fn answer(&mut self, request: u32, slot: u16, mut answer: Answer, shared: &Shared) -> Left {
        let mut kept = answer.kept.take();
        let call = self.open.remove(&request);
        self.open_bytes -= call.map_or(0, |call| call.bytes);
        let passed = self.pass_on(request, slot, call, answer, &mut kept, shared);
        self.end_if_unread(shared);
        let (error, objects) = match passed {
            Ok(()) => (None, Vec::new()),
            Err((error, objects)) => (Some(error), objects),
        };
        if let Some(error) = &error {
            self.fail(request, slot, error, shared);
        }
        if let Some(call) = call {
            shared.metrics.call(call.module, call.stopwatch, error.as_ref());
        }
        Left { objects, kept }
    }

    /// Writes a result; else what to say instead, and what has to be released.
    fn pass_on(
        &mut self,
        request: u32,
        slot: u16,
        call: Option<OpenCall>,
        answer: Answer,
        kept: &mut Option<Kept>,
        shared: &Shared,
    ) -> Result<(), (CallError, Vec<RemoteObject>)> {
        // One that takes nothing out gets what is large in frames, as soon as it would have more than it can have called for.
        let is_shared = kept.is_some() && self.untaken.len() < 2 * shared.settings.queue + INSIDE;
        let header = Header::new(Kind::Result).request(request).slot(slot).shared(is_shared);
        let mut read = match answer.reply {
            Ok(Reply::Value(read)) => read,
            Ok(Reply::Plain(text)) => {
                let pushed = self.outbox.push_within(shared.settings.frame, header, |frame, _| {
                    frame.extend_from_slice(&text);
                    false
                });
                return pushed.map(drop).map_err(|length| (too_long(length, shared), Vec::new()));
            }
            Err(error) => return Err((error, Vec::new())),
        };
        let granted = call.map(|call| {
            let module = shared.modules[call.module];
            (module, &module.callables[call.callable as usize])
        });
        if let Some((module, callable)) = granted
            && callable.integers == Integers::Number
            && let Some(digits) = read.value.unsafe_integer()
        {
            let ids = if read.handles { handles::numbers(&mut read.value) } else { Vec::new() };
            let objects = ids.into_iter().map(|id| RemoteObject { worker: answer.worker, id }).collect();
            return Err((too_wide(module, callable, digits), objects));
        }
        if read.handles {
            self.handles.adopt(&mut read.value, answer.worker, shared.settings.handles)?;
        }
        let write = match granted.map(|(_, callable)| callable.integers) {
            Some(Integers::Bigint) => value::write_bigint,
            Some(Integers::Number | Integers::Either) | None => value::write,
        };
        let pushed =
            self.outbox.push_within(shared.settings.frame, header, |text, buffers| write(&read.value, text, buffers));
        match pushed {
            Ok(true) => self.untaken.extend(kept.take().map(|kept| (request, kept))),
            Ok(false) => {}
            Err(length) => {
                // The client will never know the numbers of the objects in it.
                let lost = self.handles.release(handles::numbers(&mut read.value).into_iter());
                return Err((too_long(length, shared), lost));
            }
        }
        Ok(())
    }

    /// A worker runs a bounded number of calls ahead, so this ends only one that asks for much and does not read. Waiting for it would
    /// make everybody else wait.
    fn end_if_unread(&mut self, shared: &Shared) {
        if self.outbox.len() as u64 > 4 * u64::from(shared.settings.frame) + WAITING as u64 {
            let message = "a client does not read its answers; its connection was closed";
            shared.record(EventKind::ProtocolViolation, Code::QueueFull, message);
            self.gone = true;
        }
    }
}

fn too_long(length: u64, shared: &Shared) -> CallError {
    let message = format!("a result of {length} bytes is over `wire.max-frame`, which is {}", shared.settings.frame);
    CallError::new(CallErrorKind::Unsupported, Code::FrameTooLarge, message)
}

/// What a caller is told whose result has an integer of so many digits where its type says `number`.
fn too_wide(module: &Module, callable: &Callable, digits: usize) -> CallError {
    let name = format!("{}.{}", module.name, callable.path);
    let message = format!(
        "the result of `{name}` has an integer of {digits} digits, which a `number` cannot hold exactly; \
         write `integers = {{ default = \"number\", \"{name}\" = \"bigint\" }}` under `[code-generation]` in the policy, \
         then build again"
    );
    CallError::new(CallErrorKind::Unsupported, Code::ResultInteger, message)
}
