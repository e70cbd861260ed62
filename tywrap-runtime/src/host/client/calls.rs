//! What a client calls, judged.

use std::time::Instant;

use tywrap_policy::Code;

use super::{Action, Client, OpenCall, Slot};
use crate::arguments::bind;
use crate::host::{Call, CallError, CallErrorKind, Origin, Shared};
use crate::metrics::Stopwatch;
use crate::security_log::EventKind;
use crate::value;
use crate::wire::Frame;

impl Client {
    pub(super) fn call(&mut self, frame: Frame<'_>, shared: &Shared) -> Option<Action> {
        let header = frame.header;
        let is_open = self.open.contains_key(&header.request) || self.untaken.contains_key(&header.request);
        if header.request == 0 || is_open {
            let message = format!("request {} of a call is 0, or open already", header.request);
            self.break_off(shared, header.request, Code::FrameMalformed, &message);
            return None;
        }
        let bytes = frame.value.len() + frame.buffers.iter().map(|buffer| buffer.len()).sum::<usize>();
        let started = Instant::now();
        let mut functions = Vec::new();
        let judged = self.judge(frame, &mut functions, shared);
        shared.count(judged.is_ok(), started);
        match judged {
            Ok(call) => {
                let stopwatch = Stopwatch::since(started);
                let open = OpenCall { bytes, module: call.module, callable: call.callable, stopwatch };
                self.open.insert(header.request, open);
                self.open_bytes += bytes;
                Some(Action::Call(call))
            }
            Err((code, error)) => {
                let kind = match code {
                    Code::JsonRefused | Code::InputTooLarge => EventKind::ValidationFailure,
                    _ => EventKind::CallRefused,
                };
                shared.record(kind, code, error.message());
                let at = match self.slots.get(&header.slot) {
                    None if header.slot == 0 => Some(shared.objects()),
                    Some(Slot::Granted(at)) => Some(*at),
                    Some(Slot::Refused(_)) | None => None,
                };
                shared.metrics.refused(at, &error);
                self.fail(header.request, header.slot, &error, shared);
                self.give_back(&functions);
                None
            }
        }
    }

    /// Whether a call may be made: there is such a callable, and the arguments are values that fit one of its
    /// signatures. Python has not seen anything of it yet.
    fn judge(
        &mut self,
        frame: Frame<'_>,
        functions: &mut Vec<u32>,
        shared: &Shared,
    ) -> Result<Call, (Code, CallError)> {
        let header = frame.header;
        let policy = |code, message| (code, CallError::new(CallErrorKind::Policy, code, message));
        let at = match self.slots.get(&header.slot) {
            None if header.slot == 0 => shared.objects(),
            Some(Slot::Granted(at)) => *at,
            Some(Slot::Refused(error)) => return Err((Code::ModuleNotOpened, error.clone())),
            None => {
                return Err(policy(
                    Code::ModuleNotOpened,
                    format!("a call on slot {}, which is not open", header.slot),
                ));
            }
        };
        let module = shared.modules[at];
        let Some(callable) = module.callables.get(header.callable as usize) else {
            let message = format!(
                "a call of number {} of `{}`, which grants {}",
                header.callable,
                module.name,
                module.callables.len()
            );
            return Err(policy(Code::CallUnknown, message));
        };
        let read = value::read_call(frame.value, frame.tagged, frame.buffers, shared.settings.input)
            .map_err(|error| (error.code(), CallError::value(&error)))?;
        let (mut args, mut kwargs) = read.value;
        args.iter()
            .chain(kwargs.iter().map(|(_, value)| value))
            .try_for_each(|value| {
                if read.enums {
                    shared.judge_enums(value)?;
                }
                if read.tables {
                    shared.judge_tables(value)?;
                }
                Ok(())
            })
            .map_err(|message: String| {
                (Code::CallType, CallError::new(CallErrorKind::Validation, Code::CallType, message))
            })?;
        if read.callbacks {
            let values = args.iter_mut().chain(kwargs.iter_mut().map(|(_, value)| value));
            *functions = self.lend(values, shared).map_err(|error| (Code::HandleRefused, error))?;
        }
        let worker = if read.handles {
            let values = args.iter_mut().chain(kwargs.iter_mut().map(|(_, value)| value));
            self.handles.resolve(values).map_err(|error| (Code::HandleRefused, error))?
        } else {
            None
        };
        let (args, kwargs) =
            bind(module, callable, args, kwargs).map_err(|refused| (refused.code, CallError::from(refused)))?;
        shared.judge_receiver(callable, &args).map_err(|error| (Code::CallReceiver, error))?;
        let origin = Origin::Client { client: self.id, request: header.request, slot: header.slot };
        let functions = std::mem::take(functions);
        let shared = header.shared;
        Ok(Call { origin, module: at, callable: header.callable, args, kwargs, worker, functions, shared })
    }
}
