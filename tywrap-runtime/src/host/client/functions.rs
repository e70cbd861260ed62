//! The functions that a client passes to Python: calling them, and taking what they give.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use tywrap_policy::Code;

use super::{Action, Client};
use crate::arguments::returned;
use crate::grants::Integers;
use crate::host::functions::Function;
use crate::host::handles::{self, RemoteObject};
use crate::host::{CallError, CallErrorKind, Shared};
use crate::security_log::EventKind;
use crate::value::{self, Callback, Read, Returns, Value};
use crate::wire::{Frame, Header, Kind};

/// What a client has lent, and what of it was called.
#[derive(Debug, Default)]
pub(super) struct Lent {
    /// The client's numbers of the functions that workers may hold.
    functions: HashSet<u32>,
    /// The calls of them that the client has not answered.
    calls: HashMap<u32, Asked>,
    last: u32,
}

/// A call of a function.
#[derive(Debug)]
struct Asked {
    worker: u32,
    /// The worker's own number of the call.
    request: u32,
    returns: Vec<Returns>,
}

/// What a client answered a call of a function.
#[derive(Debug)]
pub(in crate::host) struct Given {
    pub(in crate::host) worker: u32,
    /// The worker's own number of the call.
    pub(in crate::host) request: u32,
    pub(in crate::host) reply: Result<Value, CallError>,
    /// The client's numbers of the functions in it.
    pub(in crate::host) functions: Vec<u32>,
}

impl Lent {
    fn next(&mut self) -> u32 {
        loop {
            self.last = self.last.wrapping_add(1);
            if self.last != 0 && !self.calls.contains_key(&self.last) {
                return self.last;
            }
        }
    }
}

impl Client {
    /// Whether a function of this client is being called: then its answer must be read, whatever else is open.
    pub(super) fn is_asked(&self) -> bool {
        !self.lent.calls.is_empty()
    }

    /// The calls of its functions that it has not answered: the worker, and the worker's number of each.
    pub(in crate::host) fn asked(&self) -> impl Iterator<Item = (u32, u32)> {
        self.lent.calls.values().map(|asked| (asked.worker, asked.request))
    }

    /// Notes the functions in values; their numbers are the client's.
    pub(super) fn lend<'v>(
        &mut self,
        values: impl Iterator<Item = &'v mut Value>,
        shared: &Shared,
    ) -> Result<Vec<u32>, CallError> {
        let mut ids = Vec::new();
        for value in values {
            value.for_each_callback(&mut |callback: &mut Callback| ids.push(callback.id));
        }
        let limit = shared.settings.handles;
        if self.lent.functions.len() + ids.len() > limit {
            let message = format!("the connection would lend more functions than `wire.max-handles`, which is {limit}");
            return Err(CallError::new(CallErrorKind::Validation, Code::HandleRefused, message));
        }
        for (at, id) in ids.iter().enumerate() {
            if *id == 0 || !self.lent.functions.insert(*id) {
                for id in &ids[..at] {
                    self.lent.functions.remove(id);
                }
                let message = format!("the number {id} of a function is 0, or lent already");
                return Err(CallError::new(CallErrorKind::Validation, Code::HandleRefused, message));
            }
        }
        Ok(ids)
    }

    /// Says that nobody holds functions any more.
    pub(in crate::host) fn give_back(&mut self, functions: &[u32]) {
        let known = functions.iter().filter(|&id| self.lent.functions.remove(id));
        let ids: Vec<Value> = known.map(|&id| Value::from(id)).collect();
        if ids.is_empty() {
            return;
        }
        self.outbox.push(Header::new(Kind::Release), |text, buffers| value::write(&Value::List(ids), text, buffers));
    }

    /// Calls a function. If it can't be, the objects among its arguments have to be released.
    pub(in crate::host) fn ask(
        &mut self,
        worker: u32,
        request: u32,
        function: Function,
        args: Read<value::Arguments>,
        shared: &Shared,
    ) -> Result<(), (CallError, Vec<RemoteObject>)> {
        let (mut positional, mut keywords) = args.value;
        // One value of all, so that its objects are adopted all or none.
        let count = positional.len();
        positional.extend(keywords.iter_mut().map(|(_, value)| std::mem::replace(value, Value::None)));
        let mut all = Value::List(positional);
        let objects = |all: &mut Value| {
            let ids = if args.handles { handles::numbers(all) } else { Vec::new() };
            ids.into_iter().map(|id| RemoteObject { worker, id }).collect()
        };
        if self.lent.calls.len() >= shared.settings.queue {
            let message = "the connection has too many calls of its functions to answer, see `wire.queue`";
            let error = CallError::new(CallErrorKind::Validation, Code::QueueFull, message);
            return Err((error, objects(&mut all)));
        }
        if function.integers == Integers::Number
            && let Some(digits) = all.unsafe_integer()
        {
            let message = format!(
                "an argument of a function has an integer of {digits} digits, which a `number` cannot hold exactly"
            );
            let error = CallError::new(CallErrorKind::Validation, Code::ResultInteger, message);
            return Err((error, objects(&mut all)));
        }
        if args.handles {
            self.handles.adopt(&mut all, worker, shared.settings.handles)?;
        }
        let adopted = if args.handles { handles::numbers(&mut all) } else { Vec::new() };
        let mut positional = if let Value::List(all) = all { all } else { Vec::new() };
        let rest = positional.split_off(count);
        let keywords: Vec<_> = keywords.into_iter().map(|(name, _)| name).zip(rest).collect();
        let id = self.lent.next();
        let header = Header::new(Kind::Call).request(id).callable(function.id);
        let bigint = function.integers == Integers::Bigint;
        let pushed = self.outbox.push_within(shared.settings.frame, header, |text, buffers| {
            value::write_call(&positional, &keywords, bigint, text, buffers)
        });
        if let Err(length) = pushed {
            let message = format!(
                "the arguments of a function have {length} bytes, over `wire.max-frame`, which is {}",
                shared.settings.frame
            );
            let lost = self.handles.release(adopted.into_iter());
            return Err((CallError::new(CallErrorKind::Validation, Code::FrameTooLarge, message), lost));
        }
        self.lent.calls.insert(id, Asked { worker, request, returns: function.returns });
        Ok(())
    }

    /// Takes what a function gave; nothing if none was called so.
    pub(super) fn given(&mut self, frame: Frame<'_>, shared: &Shared) -> Option<Action> {
        let header = frame.header;
        let Some(asked) = self.lent.calls.remove(&header.request) else {
            let message = format!("a `{}` frame came from a client that was asked nothing", header.kind.name());
            self.break_off(shared, header.request, Code::FrameMalformed, &message);
            return None;
        };
        let started = Instant::now();
        let mut functions = Vec::new();
        let reply = match header.kind {
            Kind::Error => {
                let error = CallError::read_callback(frame.value, frame.tagged, frame.buffers, shared.settings.input);
                let Some(error) = error else {
                    let message = "an `ERROR` from a client is of kind `callback`, and says why";
                    self.break_off(shared, header.request, Code::FrameMalformed, message);
                    return None;
                };
                Err(error)
            }
            _ => self.take_given(frame, &asked, &mut functions, shared).map_err(|(code, error)| {
                shared.record(EventKind::ValidationFailure, code, error.message());
                error
            }),
        };
        shared.count(reply.is_ok(), started);
        let Asked { worker, request, .. } = asked;
        Some(Action::Given(Given { worker, request, reply, functions }))
    }

    fn take_given(
        &mut self,
        frame: Frame<'_>,
        asked: &Asked,
        functions: &mut Vec<u32>,
        shared: &Shared,
    ) -> Result<Value, (Code, CallError)> {
        let refused = |code, message: String| (code, CallError::new(CallErrorKind::Validation, code, message));
        let read = value::read(frame.value, frame.tagged, frame.buffers, shared.settings.input)
            .map_err(|error| (error.code(), CallError::value(&error)))?;
        let mut value = read.value;
        if read.enums {
            shared.judge_enums(&value).map_err(|message| refused(Code::CallType, message))?;
        }
        if read.tables {
            shared.judge_tables(&value).map_err(|message| refused(Code::CallType, message))?;
        }
        if read.callbacks {
            *functions =
                self.lend(std::iter::once(&mut value), shared).map_err(|error| (Code::HandleRefused, error))?;
        }
        if read.handles {
            let worker = self.handles.resolve(std::iter::once(&mut value));
            if worker.map_err(|error| (Code::HandleRefused, error))? != Some(asked.worker) {
                let message = "a function gave an object of another worker; set `wire.workers = 1`";
                return Err(refused(Code::HandleRefused, message.to_owned()));
            }
        }
        returned(&asked.returns, value).map_err(|refusal| (refusal.code, CallError::from(refusal)))
    }
}
