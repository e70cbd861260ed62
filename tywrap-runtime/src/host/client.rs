//! One connection: what a client says, judged, and what it is answered.

mod answers;
mod calls;
mod functions;
mod greeting;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use tywrap_policy::Code;

pub(super) use functions::Given;
use functions::Lent;

use super::handles::{Handles, RemoteObject};
use super::stream::Stream;
use super::{Call, CallError, CallErrorKind, Kept, Shared};
use crate::metrics::Stopwatch;
use crate::security_log::{EventKind, PATIENCE};
use crate::shared_memory::SharedMemory;
use crate::value::{self, Value};
use crate::wire::{Decoder, Frame, FrameError, Header, Kind, Outbox};

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

#[cfg(all(test, target_os = "linux"))]
mod tests;
