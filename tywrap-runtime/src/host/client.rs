//! One connection: what a client says, judged, and what it is answered.

mod functions;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use tywrap_policy::Code;

pub(super) use functions::Given;
use functions::Lent;

use super::handles::{self, Handles, RemoteObject};
use super::stream::Stream;
use super::{Answer, Call, CallError, CallErrorKind, Kept, Left, Origin, PEER, Reply, Shared};
use crate::arguments::bind;
use crate::grants::{Callable, Integers, Module};
use crate::metrics::Stopwatch;
use crate::security_log::{EventKind, PATIENCE};
use crate::shared_memory::SharedMemory;
use crate::value::{self, Value};
use crate::wire::{Decoder, Frame, FrameError, Header, Kind, Outbox, VERSION};
use crate::worker::{field, wire_version};

/// While this many bytes wait for a client, nothing of it is read and none of its calls is sent to a worker.
const WAITING: usize = 4 << 20;

/// Bytes read in one turn, so that nobody else waits long.
const TURN: usize = 1 << 20;

/// Calls that may be open beyond twice the queue while a function of the client's is called: as many as may wait for one another.
const INSIDE: usize = 32;

/// How long a client whose connection is being closed may take to read the reason.
const FAREWELL: Duration = Duration::from_secs(1);

/// A request that has not been answered.
#[derive(Clone, Copy, Debug)]
struct OpenCall {
    /// Bytes of its arguments.
    bytes: usize,
    /// Position among the host's modules.
    module: usize,
    /// Position among the module's callables.
    callable: u32,
    stopwatch: Stopwatch,
}

/// A connection.
#[derive(Debug)]
pub(super) struct Client {
    id: u32,
    stream: Stream,
    decoder: Decoder,
    outbox: Outbox,
    greeted: bool,
    slots: BTreeMap<u16, Slot>,
    /// Requests that have not been answered.
    open: HashMap<u32, OpenCall>,
    /// The sum of those bytes.
    open_bytes: usize,
    handles: Handles,
    lent: Lent,
    /// Where it puts what is large, if that was offered.
    memory: Option<Arc<SharedMemory>>,
    /// Results of which some is still in the memory of a worker, by request.
    untaken: HashMap<u32, Kept>,
    /// Whether frames may be left that were not looked at because too much was open or waiting.
    held: bool,
    /// Errors that are not told before the denials behind them are on the disk, oldest first.
    untold: VecDeque<Untold>,
    closing: Option<Instant>,
    gone: bool,
    /// Whether there may be something to read.
    pub(super) readable: bool,
    /// Whether the other end has closed. That comes with the event of the last bytes, and not again.
    pub(super) closed: bool,
    /// Whether the stream takes something.
    pub(super) writable: bool,
}

/// An error that waits for the audit file.
#[derive(Debug)]
struct Untold {
    request: u32,
    slot: u16,
    error: CallError,
    /// The number of the denial.
    denial: u64,
    /// When it is told all the same.
    until: Instant,
}

#[derive(Debug)]
enum Slot {
    /// Position among the host's modules.
    Granted(usize),
    /// Every call is answered so.
    Refused(CallError),
}

/// What a client wants that it cannot do itself.
#[derive(Debug)]
pub(super) enum Action {
    Call(Call),
    Cancel(u32),
    Release(Vec<RemoteObject>),
    Taken(Kept),
    Given(Given),
}

impl Client {
    pub(super) fn new(id: u32, stream: Stream, shared: &Shared) -> Self {
        Self {
            id,
            stream,
            decoder: Decoder::new(shared.settings.frame),
            outbox: Outbox::default(),
            greeted: false,
            slots: BTreeMap::new(),
            open: HashMap::new(),
            open_bytes: 0,
            handles: Handles::default(),
            lent: Lent::default(),
            memory: None,
            untaken: HashMap::new(),
            held: false,
            untold: VecDeque::new(),
            closing: None,
            gone: false,
            readable: true,
            closed: false,
            writable: true,
        }
    }

    /// Lets it put what is large into memory that it can open.
    pub(super) fn offer(mut self, memory: Arc<SharedMemory>) -> Self {
        self.decoder.share(Kind::Call, &memory);
        self.memory = Some(memory);
        self
    }

    pub(super) fn id(&self) -> u32 {
        self.id
    }

    /// What is read from, and what is written to where that is another descriptor.
    pub(super) fn descriptors(&self) -> (BorrowedFd<'_>, Option<BorrowedFd<'_>>) {
        self.stream.descriptors()
    }

    /// Whether the connection is over.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        let is_told = self.outbox.is_empty() && self.untold.is_empty();
        self.gone || self.closing.is_some_and(|until| is_told || until <= now)
    }

    /// When [`Client::is_over`] or [`Client::tell`] will do something else by itself.
    pub(super) fn next_tick(&self) -> Option<Instant> {
        self.untold.front().map(|untold| untold.until).or(self.closing)
    }

    /// Queues the errors whose denials are on the disk by now, and those that have waited long enough. How many these
    /// are.
    pub(super) fn tell(&mut self, shared: &Shared, now: Instant) -> usize {
        let mut unsettled = 0;
        while let Some(first) = self.untold.front() {
            let is_settled = shared.logger.is_settled(first.denial);
            if !is_settled && first.until > now {
                break;
            }
            unsettled += usize::from(!is_settled);
            let Some(untold) = self.untold.pop_front() else { break };
            self.push_error(untold.request, untold.slot, &untold.error);
            // Only now there is something to read.
            if self.closing.is_some() {
                self.closing = Some(now + FAREWELL);
            }
        }
        unsettled
    }

    /// Whether it has not read enough of its answers to get more.
    pub(super) fn is_slow(&self) -> bool {
        self.outbox.len() > WAITING
    }

    /// Whether [`Client::next`] would do something without a new event.
    pub(super) fn has_work(&self, shared: &Shared) -> bool {
        (self.held || self.readable) && self.may_go_on(shared)
    }

    fn may_go_on(&self, shared: &Shared) -> bool {
        let settings = &shared.settings;
        // One frame more than the limit may be let in, so a client holds at most twice that; and as much again while it is asked
        // something, as what it answers may be behind calls that it makes to find the answer.
        let (calls, bytes) = match self.is_asked() {
            true => (2 * settings.queue + INSIDE, 2 * settings.frame as usize),
            false => (settings.queue, settings.frame as usize),
        };
        // A call that was refused is open until its error may be told.
        let has_room = self.open.len() + self.untold.len() < calls && self.open_bytes < bytes;
        self.closing.is_none() && !self.gone && !self.is_slow() && has_room && !shared.logger.is_full()
    }

    /// Reads, and does what it can, until there is an action for somebody else, or nothing. `budget` is what may still
    /// be read in this turn.
    pub(super) fn next(&mut self, shared: &Shared, budget: &mut usize) -> Option<Action> {
        loop {
            let mut decoder = std::mem::replace(&mut self.decoder, Decoder::new(0));
            let action = self.next_of(&mut decoder, shared);
            self.decoder = decoder;
            if action.is_some() || !self.may_go_on(shared) || !self.readable || *budget == 0 {
                return action;
            }
            self.read(shared, budget);
        }
    }

    /// What may be read in one turn.
    pub(super) fn budget() -> usize {
        TURN
    }

    fn read(&mut self, shared: &Shared, budget: &mut usize) {
        let room = self.decoder.room();
        let spare = room.capacity() - room.len();
        match rustix::io::read(self.stream.input(), rustix::buffer::spare_capacity(room)) {
            Ok(0) => {
                if !self.decoder.is_empty() {
                    let message = "a client closed its connection in the middle of a frame";
                    shared.record(EventKind::ProtocolViolation, Code::FrameMalformed, message);
                }
                // It may have closed one direction only, and still read why its last calls were refused.
                if self.untold.is_empty() {
                    self.gone = true;
                } else {
                    self.closing = Some(Instant::now() + PATIENCE + FAREWELL);
                }
            }
            Ok(count) => {
                *budget = budget.saturating_sub(count);
                // Less than there was room for: nothing is left but the end, and the next arrival is a new event.
                self.readable = count == spare || self.closed;
            }
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => self.readable = false,
            Err(_) => self.gone = true,
        }
    }

    fn next_of(&mut self, decoder: &mut Decoder, shared: &Shared) -> Option<Action> {
        loop {
            self.held = !self.may_go_on(shared);
            if self.held {
                return None;
            }
            match decoder.next() {
                Ok(None) => return None,
                Ok(Some(frame)) => {
                    let action = self.take(frame, shared);
                    if action.is_some() {
                        self.held = true;
                        return action;
                    }
                }
                Err(error) => {
                    let code = match error {
                        FrameError::TooLong { .. } => Code::FrameTooLarge,
                        _ => Code::FrameMalformed,
                    };
                    self.break_off(shared, 0, code, &error.to_string());
                    return None;
                }
            }
        }
    }

    fn take(&mut self, frame: Frame<'_>, shared: &Shared) -> Option<Action> {
        let header = frame.header;
        if !self.greeted && header.kind != Kind::Hello {
            let message = format!("a `{}` frame came before the `HELLO`", header.kind.name());
            self.break_off(shared, header.request, Code::FrameMalformed, &message);
            return None;
        }
        match header.kind {
            Kind::Hello if !self.greeted => self.greet(&frame, shared),
            Kind::Open => self.open(&frame, shared),
            Kind::Call if !header.nested => return self.call(frame, shared),
            Kind::Result | Kind::Error => return self.given(frame, shared),
            Kind::Cancel => return self.open.contains_key(&header.request).then_some(Action::Cancel(header.request)),
            Kind::Release => return self.release(&frame, shared),
            Kind::Taken => return self.taken(header.request, shared),
            kind => {
                let message = format!("a `{}` frame came from a client where none may", kind.name());
                self.break_off(shared, header.request, Code::FrameMalformed, &message);
            }
        }
        None
    }

    fn greet(&mut self, frame: &Frame<'_>, shared: &Shared) {
        let header = frame.header;
        let hello = match value::read(frame.value, frame.tagged, Vec::new(), shared.settings.input) {
            Ok(hello) => hello.value,
            Err(error) => return self.break_off(shared, header.request, error.code(), &error.to_string()),
        };
        match wire_version(&hello) {
            Some(VERSION) => {}
            Some(other) => {
                let message = format!("the client speaks wire {other} and this host {VERSION}; update the older one");
                return self.break_off(shared, header.request, Code::WireVersion, &message);
            }
            None => {
                let message = "a `HELLO` does not say which wire it speaks";
                return self.break_off(shared, header.request, Code::FrameMalformed, message);
            }
        }
        self.greeted = true;
        let wants_memory = field(&hello, "shared-memory") == Some(&Value::Bool(true));
        let memory = self.memory.as_ref().filter(|_| wants_memory).and_then(|memory| description(memory, shared));
        let settings = &shared.settings;
        self.outbox.push(Header::new(Kind::Hello).request(header.request), |text, buffers| {
            let mut fields = vec![
                ("wire".into(), VERSION.into()),
                ("peer".into(), PEER.into()),
                ("max-frame".into(), settings.frame.into()),
                ("max-depth".into(), (settings.input.depth as u64).into()),
                ("max-input-size".into(), (settings.input.size as u64).into()),
                ("queue".into(), (settings.queue as u64).into()),
            ];
            fields.extend(memory.map(|memory| ("shared-memory".into(), memory)));
            value::write(&Value::Dict(fields), text, buffers)
        });
    }

    fn open(&mut self, frame: &Frame<'_>, shared: &Shared) {
        let header = frame.header;
        if header.slot == 0 || self.slots.contains_key(&header.slot) {
            let message = format!("slot {} cannot be opened: it is 0, or open already", header.slot);
            return self.break_off(shared, header.request, Code::FrameMalformed, &message);
        }
        let wanted = value::read(frame.value, frame.tagged, Vec::new(), shared.settings.input).ok();
        let Some((name, digest)) = wanted.and_then(|read| module_and_digest(read.value)) else {
            let message = "an `OPEN` does not say module and digest";
            return self.break_off(shared, header.request, Code::FrameMalformed, message);
        };
        let found = shared.modules[..shared.objects()].iter().position(|module| module.name == name);
        let slot = match found {
            Some(at) if shared.modules[at].digest == digest => Slot::Granted(at),
            Some(_) => Slot::Refused(CallError::new(
                CallErrorKind::Policy,
                Code::DigestMismatch,
                format!(
                    "the wrapper of `{name}` was emitted from other grants than this host has; build again, then restart both"
                ),
            )),
            None => Slot::Refused(CallError::new(
                CallErrorKind::Policy,
                Code::ModuleNotOpened,
                format!("this host has no module {name:.100?}; annotate it and register it with `Host::builder`"),
            )),
        };
        if let Slot::Refused(error) = &slot {
            let code = if found.is_some() { Code::DigestMismatch } else { Code::ModuleNotOpened };
            shared.record(EventKind::CallRefused, code, error.message());
            self.fail(header.request, header.slot, error, shared);
        }
        self.slots.insert(header.slot, slot);
    }

    fn call(&mut self, frame: Frame<'_>, shared: &Shared) -> Option<Action> {
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
        if read.enums {
            args.iter()
                .chain(kwargs.iter().map(|(_, value)| value))
                .try_for_each(|value| shared.judge_enums(value))
                .map_err(|message| {
                    (Code::CallType, CallError::new(CallErrorKind::Validation, Code::CallType, message))
                })?;
        }
        if read.tables {
            args.iter()
                .chain(kwargs.iter().map(|(_, value)| value))
                .try_for_each(|value| shared.judge_tables(value))
                .map_err(|message| {
                    (Code::CallType, CallError::new(CallErrorKind::Validation, Code::CallType, message))
                })?;
        }
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

    fn release(&mut self, frame: &Frame<'_>, shared: &Shared) -> Option<Action> {
        let ids = match value::read(frame.value, frame.tagged, Vec::new(), shared.settings.input) {
            Ok(read) => read.value,
            Err(error) => {
                self.break_off(shared, 0, error.code(), &error.to_string());
                return None;
            }
        };
        let Value::List(ids) = ids else {
            self.break_off(shared, 0, Code::FrameMalformed, "a `RELEASE` is a list of numbers");
            return None;
        };
        // One that is not held may have been lost with its worker, so it is no breach.
        let ids = ids.iter().filter_map(|id| if let Value::Int(id) = id { u32::try_from(*id).ok() } else { None });
        let objects = self.handles.release(ids);
        (!objects.is_empty()).then_some(Action::Release(objects))
    }

    /// The client has what it wanted of a result in the memory of a worker.
    fn taken(&mut self, request: u32, shared: &Shared) -> Option<Action> {
        let kept = self.untaken.remove(&request);
        if kept.is_none() {
            let message = format!("nothing of request {request} is in shared memory");
            self.break_off(shared, request, Code::FrameMalformed, &message);
        }
        kept.map(Action::Taken)
    }

    /// Passes an answer on.
    pub(super) fn answer(&mut self, request: u32, slot: u16, mut answer: Answer, shared: &Shared) -> Left {
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

    /// Writes what waits, as far as it can be.
    pub(super) fn flush(&mut self) {
        if !self.writable || self.outbox.is_empty() {
            return;
        }
        match self.outbox.flush(self.stream.output()) {
            Ok(all) => self.writable = all,
            Err(_) => self.gone = true,
        }
    }

    /// How many objects it holds.
    pub(super) fn held(&self) -> usize {
        self.handles.len()
    }

    /// Whether it holds an object of a worker.
    pub(super) fn holds(&self, worker: u32) -> bool {
        self.handles.holds(worker)
    }

    /// Forgets the objects of a worker that has ended.
    pub(super) fn forget(&mut self, worker: u32) {
        self.handles.forget(worker);
    }

    /// What the client held, and what it has not taken out. What it was waiting for counts as cancelled.
    pub(super) fn into_left(mut self, shared: &Shared) -> (Vec<RemoteObject>, Vec<Kept>) {
        for call in self.open.values() {
            shared.metrics.call(call.module, call.stopwatch, Some(&CallError::cancelled()));
        }
        (self.handles.release_all(), self.untaken.into_values().collect())
    }

    /// Tells an error. If a denial was recorded that is not on the disk yet, which may be what the error is about, it
    /// waits for that: what a client knows of is in the audit file, whatever happens to this process.
    fn fail(&mut self, request: u32, slot: u16, error: &CallError, shared: &Shared) {
        match shared.logger.open_denial() {
            Some(denial) => {
                let until = Instant::now() + PATIENCE;
                self.untold.push_back(Untold { request, slot, error: error.clone(), denial, until });
            }
            None => self.push_error(request, slot, error),
        }
    }

    fn push_error(&mut self, request: u32, slot: u16, error: &CallError) {
        self.outbox.push(Header::new(Kind::Error).request(request).slot(slot), |text, _| {
            error.write(text);
            false
        });
    }

    /// Says what the client did wrong, and closes the connection.
    fn break_off(&mut self, shared: &Shared, request: u32, code: Code, message: &str) {
        shared.record(EventKind::ProtocolViolation, code, message);
        self.fail(request, 0, &CallError::new(CallErrorKind::Protocol, code, message), shared);
        let patience = if self.untold.is_empty() { Duration::ZERO } else { PATIENCE };
        self.closing = Some(Instant::now() + patience + FAREWELL);
    }
}

/// How a client finds memory that it is offered: by its descriptor in this process, and what stands at its beginning.
fn description(memory: &SharedMemory, shared: &Shared) -> Option<Value> {
    let proof = memory.prove().inspect_err(|error| shared.note_no_memory(error)).ok()?;
    let proof: String = proof.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(Value::Dict(vec![
        ("process".into(), std::process::id().into()),
        ("descriptor".into(), memory.number().unsigned_abs().into()),
        ("size".into(), memory.size().into()),
        ("proof".into(), proof.into()),
    ]))
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

fn module_and_digest(open: Value) -> Option<(String, String)> {
    let Value::Dict(fields) = open else { return None };
    let (mut module, mut digest) = (None, None);
    for field in fields {
        match field {
            (Value::Str(key), Value::Str(text)) if key == "module" => module = Some(text),
            (Value::Str(key), Value::Str(text)) if key == "digest" => digest = Some(text),
            _ => return None,
        }
    }
    Some((module?, digest?))
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
