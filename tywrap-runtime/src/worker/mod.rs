//! A Python worker: a process that calls what it is told to, in order. What is waited for in it is answered when it is there.

mod asked;
mod ending;
mod greeting;
mod launch;
mod memory;
mod output;
mod received;
mod scratch;

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use tywrap_policy::{Code, Severity};

use crate::grants::{CallableKind, Integers};
use crate::host::{Answer, Ask, Call, CallError, CallErrorKind, OBJECTS, Origin, Shared, TAKE};
use crate::metrics::Restart;
use crate::security_log::EventKind;
use crate::subprocess::{Child, SpawnError};
use crate::value::{self, Arguments, Value};
use crate::wire::{Decoder, Header, Kind, Outbox};

use asked::Asked;
pub(crate) use greeting::{field, wire_version};
pub(crate) use launch::{Launcher, SOURCE, command, python};
use memory::Memory;
use output::Output;
pub use output::{PrintStream, PythonOutput};
pub(crate) use scratch::Scratch;

/// Most calls a worker is sent before it has answered the first: enough for it to answer many with one write, few
/// enough that little is lost when it dies.
const AHEAD: usize = 128;

/// Most calls it is sent while it waits for a function of a client's: those that come of that function go between the others.
const NESTED: usize = 2 * AHEAD;

/// A worker is sent no further call while this many bytes wait for it.
const WAITING: usize = 1 << 20;

/// Audit events of one worker that are recorded, so that it cannot push others out of the log.
const MOST_REPORTS: u32 = 200;

/// Bytes read in one turn, so that nobody else waits long.
const TURN: usize = 4 << 20;

/// A worker process and what it has to do.
#[derive(Debug)]
pub(crate) struct Worker {
    id: u32,
    child: Child,
    stdin: OwnedFd,
    stdout: OwnedFd,
    stderr: OwnedFd,
    decoder: Decoder,
    outbox: Outbox,
    /// By position among the host's modules: whether the worker knows it.
    opened: Vec<bool>,
    /// What was sent and has not been answered. The first is what runs, or waits.
    pending: VecDeque<Pending>,
    /// The calls of clients' functions that it waits for.
    asked: Asked,
    /// What it asked and nobody has looked at.
    asks: Vec<Ask>,
    state: State,
    /// Whether it has ever been ready.
    greeted: bool,
    last_request: u32,
    /// Arguments that have been written, to be dropped once the worker has them: that takes time, too.
    written: Vec<Arguments>,
    /// Answers it has given.
    answered: u64,
    /// Whether it is to make way for a new one, by the policy's `recycle-calls` or `recycle-memory`.
    is_spent: bool,
    /// Whether a call was cancelled and the process has not been interrupted for it.
    interrupting: bool,
    output: Output,
    /// How many audit events are still recorded.
    reports: u32,
    /// What the last events said.
    pub(crate) ready: Ready,
    memory: Option<Memory>,
    /// Behind the child, which is ended first.
    scratch: Option<Scratch>,
}

/// What can be done with a worker's descriptors without waiting.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ready {
    pub(crate) stdin: bool,
    pub(crate) stdout: bool,
    /// Its output is closed. That comes with the event of the last bytes, and not again.
    pub(crate) closed: bool,
    pub(crate) stderr: bool,
    pub(crate) exit: bool,
}

#[derive(Debug)]
struct Pending {
    request: u32,
    origin: Origin,
    module: usize,
    callable: u32,
    /// When it will have taken too long, once it has been the first.
    due: Option<Instant>,
    /// Whether the result may lie in the worker's memory.
    may_share: bool,
    /// When it must have ended, once its caller took it back.
    cancelled: Option<Instant>,
}

impl Pending {
    /// Whether a result in plain form goes to the caller as it is: no integer in that is wider than any caller takes.
    fn is_passed_on(&self, shared: &Shared) -> bool {
        let callable = &shared.modules[self.module].callables[self.callable as usize];
        matches!(self.origin, Origin::Client { .. }) && callable.integers != Integers::Bigint
    }

    /// Whether it takes an object as data, of which tables may come.
    fn is_take(&self, shared: &Shared) -> bool {
        std::ptr::eq(shared.modules[self.module], &OBJECTS) && self.callable == TAKE
    }
}

#[derive(Debug)]
enum State {
    /// It has not been greeted: what it may read is still being verified.
    Held,
    /// It has not answered the greeting.
    Starting,
    Ready,
    /// It is being ended. What it says counts no more.
    Ending {
        why: Why,
        /// When SIGKILL follows; nothing once it has.
        kill: Option<Instant>,
    },
}

/// Why a worker is ended.
#[derive(Debug)]
enum Why {
    Timeout,
    Cancelled,
    /// It broke the wire.
    Protocol(String),
    /// It closed its standard output.
    Closed,
    /// It refused the greeting.
    Refused(CallError),
    /// It has done what the policy asks of one worker.
    Spent,
}

impl Why {
    /// As it is counted.
    fn restart(&self) -> Restart {
        match self {
            Self::Timeout => Restart::Timeout,
            Self::Cancelled => Restart::Cancelled,
            Self::Protocol(_) => Restart::Protocol,
            Self::Closed => Restart::Crashed,
            Self::Refused(_) => Restart::Refused,
            Self::Spent => Restart::Recycled,
        }
    }
}

impl Worker {
    /// Starts a worker, which waits to be greeted. It dies with the thread that calls this. If it `may_share`, it gets memory for results.
    pub(crate) fn start(
        id: u32,
        shared: &Shared,
        launcher: &Launcher,
        may_share: bool,
        now: Instant,
    ) -> Result<Self, SpawnError> {
        shared.logger.count_command(true);
        let made = shared.settings.worker_memory.filter(|_| may_share).map(Memory::new);
        let memory = made.and_then(|made| made.inspect_err(|error| shared.note_no_memory(error)).ok());
        let command = memory.iter().fold(launcher.command.clone(), |command, memory| memory.given_to(command));
        let launched = launch::launch(&command, shared.settings.scratch).inspect_err(|error| {
            let (kind, code) = match error {
                SpawnError::Refused(refusal) => (EventKind::CommandRefused, refusal.code),
                SpawnError::NotEnforced(_) => (EventKind::SandboxNotEnforced, Code::NotEnforced),
                _ => (EventKind::SubprocessFailed, Code::SpawnFailed),
            };
            shared.record(kind, code, &format!("a Python worker could not be started: {error}"));
        })?;
        let mut decoder = Decoder::new(shared.settings.frame);
        if let Some(memory) = &memory {
            decoder.share(Kind::Result, memory.shared());
        }
        let worker = Self {
            id,
            child: launched.child,
            stdin: launched.stdin,
            stdout: launched.stdout,
            stderr: launched.stderr,
            decoder,
            outbox: Outbox::default(),
            opened: vec![false; shared.modules.len()],
            pending: VecDeque::new(),
            asked: Asked::default(),
            asks: Vec::new(),
            state: State::Held,
            greeted: false,
            last_request: 1,
            written: Vec::new(),
            answered: 0,
            is_spent: false,
            interrupting: false,
            output: Output::new(now),
            reports: MOST_REPORTS,
            ready: Ready { stdin: true, ..Ready::default() },
            memory,
            scratch: launched.scratch,
        };
        shared.note(
            EventKind::SubprocessStarted,
            Severity::Low,
            &format!("Python worker {} was started", worker.child.id()),
        );
        Ok(worker)
    }

    /// Greets it, unless it has been.
    pub(crate) fn greet(&mut self, launcher: &Launcher) {
        if matches!(self.state, State::Held) {
            self.state = State::Starting;
            let mut fields = launcher.hello.clone();
            fields.extend(self.memory.iter().map(Memory::described));
            self.outbox.push(Header::new(Kind::Hello).request(1), |text, buffers| {
                value::write(&Value::Dict(fields), text, buffers)
            });
        }
    }

    /// Names the worker among those of the host.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Standard input, output and error, and what becomes readable when the process exits.
    pub(crate) fn descriptors(&self) -> [BorrowedFd<'_>; 4] {
        [self.stdin.as_fd(), self.stdout.as_fd(), self.stderr.as_fd(), self.child.pidfd()]
    }

    /// What is left to remove once it has been reaped.
    pub(crate) fn into_scratch(self) -> Option<Scratch> {
        self.scratch
    }

    /// Whether it is not being ended.
    pub(crate) fn is_alive(&self) -> bool {
        !matches!(self.state, State::Ending { .. })
    }

    /// Whether it is to make way for a new one.
    pub(crate) fn is_spent(&self) -> bool {
        self.is_spent
    }

    /// Ends a worker that has nothing to do.
    pub(crate) fn retire(&mut self, shared: &Shared, now: Instant) {
        if self.is_alive() && self.pending.is_empty() {
            self.end(Why::Spent, shared, now);
        }
    }

    /// Calls sent and not answered.
    pub(crate) fn load(&self) -> usize {
        self.pending.len()
    }

    /// Whether it can be sent another call now. What is sent behind a call that was cancelled would be lost if that call
    /// did not end.
    pub(crate) fn has_room(&self, nested: bool) -> bool {
        if self.pending.front().is_some_and(|pending| pending.cancelled.is_some()) {
            return false;
        }
        let most = if nested { NESTED } else { AHEAD };
        self.is_alive() && self.pending.len() < most && (self.outbox.len() < WAITING || self.pending.is_empty())
    }

    /// Whether it may be sent calls of this client: while it waits for a function of one, it may not be sent those of others.
    pub(crate) fn takes(&self, client: Option<u32>) -> bool {
        !self.asked.waits() || self.waits_for(client)
    }

    /// Whether it waits for a function of this client's.
    pub(crate) fn waits_for(&self, client: Option<u32>) -> bool {
        client.is_some_and(|client| self.asked.waits_for(client))
    }

    /// Whether a call of this client is open here, which its caller wants answered.
    pub(crate) fn works_for(&self, client: u32) -> bool {
        self.pending.iter().any(|pending| pending.origin.client() == Some(client) && pending.cancelled.is_none())
    }

    /// What it asked since this was called last.
    pub(crate) fn take_asks(&mut self) -> Vec<Ask> {
        std::mem::take(&mut self.asks)
    }

    /// Says that a function it called was found, and whose it is.
    pub(crate) fn asks(&mut self, request: u32, client: u32) {
        self.asked.goes_to(request, client);
    }

    /// Answers a call of a function, unless nobody waits for it any more.
    pub(crate) fn answer(&mut self, request: u32, reply: Result<Value, CallError>, shared: &Shared) {
        if !self.asked.close(request) {
            return;
        }
        let pushed = reply.and_then(|value| {
            let header = Header::new(Kind::Result).request(request);
            let limit = shared.settings.frame;
            self.outbox.push_within(limit, header, |text, buffers| value::write(&value, text, buffers)).map_err(
                |length| {
                    let message =
                        format!("what a function gave has {length} bytes, over `wire.max-frame`, which is {limit}");
                    CallError::new(CallErrorKind::Validation, Code::FrameTooLarge, message)
                },
            )
        });
        if let Err(error) = pushed {
            self.outbox.push(Header::new(Kind::Error).request(request), |text, _| {
                error.write(text);
                false
            });
        }
    }

    /// Sends a call. If it does not fit a frame, the answer says so.
    pub(crate) fn send(&mut self, call: Call, shared: &Shared, now: Instant) -> Option<Answer> {
        let slot = call.module as u16 + 1;
        if let Some(opened) = self.opened.get_mut(call.module)
            && !std::mem::replace(opened, true)
        {
            let module = shared.modules[call.module];
            self.outbox.push(Header::new(Kind::Open).slot(slot), |text, buffers| {
                let callables = module.callables.iter().map(|callable| {
                    let kind = match callable.kind {
                        CallableKind::Function => "f",
                        CallableKind::Attribute => "a",
                        CallableKind::Method => "m",
                        CallableKind::Getter => "g",
                        CallableKind::Setter => "s",
                    };
                    let result = callable.result.map_or(Value::None, Value::from);
                    Value::List(vec![callable.path.into(), kind.into(), result])
                });
                let is_objects = std::ptr::eq(module, &OBJECTS);
                let (name, classes) = if is_objects {
                    (Value::None, shared.classes().map(Value::from).collect())
                } else {
                    (module.name.into(), module.classes.iter().map(|class| class.name.into()).collect())
                };
                // An argument may be a member of an enum of another module.
                let members = |members: &[&str]| Value::List(members.iter().map(|&member| member.into()).collect());
                let enums = shared.enums().map(|(class, names)| (class.into(), members(names))).collect();
                let fields = vec![
                    ("module".into(), name),
                    ("classes".into(), Value::List(classes)),
                    ("enums".into(), Value::Dict(enums)),
                    ("callables".into(), Value::List(callables.collect())),
                ];
                value::write(&Value::Dict(fields), text, buffers)
            });
        }
        let request = self.next_request();
        let nested = self.waits_for(call.origin.client());
        let may_share = call.shared && self.memory.is_some();
        let header = Header::new(Kind::Call).slot(slot).request(request).callable(call.callable);
        let header = header.nested(nested).shared(may_share);
        let pushed = self.outbox.push_within(shared.settings.frame, header, |text, buffers| {
            value::write_call(&call.args, &call.kwargs, false, text, buffers)
        });
        if let Err(length) = pushed {
            let message =
                format!("a call of {length} bytes is over `wire.max-frame`, which is {}", shared.settings.frame);
            let error = CallError::new(CallErrorKind::Validation, Code::FrameTooLarge, message);
            return Some(Answer { origin: call.origin, worker: self.id, reply: Err(error), kept: None });
        }
        self.written.push((call.args, call.kwargs));
        self.pending.push_back(Pending {
            request,
            origin: call.origin,
            module: call.module,
            callable: call.callable,
            due: None,
            may_share,
            cancelled: None,
        });
        self.start_clock(shared, now);
        None
    }

    /// The time of a call counts from when it is the first that the worker has to do.
    fn start_clock(&mut self, shared: &Shared, now: Instant) {
        if let Some(first) = self.pending.front_mut() {
            first.due.get_or_insert(now + shared.settings.timeout);
        }
    }

    fn next_request(&mut self) -> u32 {
        self.last_request = self.last_request.checked_add(1).unwrap_or(1);
        self.last_request
    }

    /// Says that the result of a call is no longer needed where the worker put it.
    pub(crate) fn taken(&mut self, request: u32) {
        self.outbox.push(Header::new(Kind::Taken).request(request), |text, _| {
            text.extend_from_slice(b"null");
            false
        });
    }

    /// Lets objects go that the worker keeps.
    pub(crate) fn release(&mut self, ids: &[u32]) {
        self.outbox.push(Header::new(Kind::Release), |text, buffers| {
            let ids = ids.iter().map(|&id| Value::from(id)).collect();
            value::write(&Value::List(ids), text, buffers)
        });
    }

    /// Cancels the calls that `which` picks. Each is still answered. A caller that is gone gets no answer.
    pub(crate) fn cancel(&mut self, now: Instant, grace: Duration, mut which: impl FnMut(&mut Origin) -> bool) -> bool {
        let mut any = false;
        for pending in &mut self.pending {
            if which(&mut pending.origin) && pending.cancelled.is_none() {
                any = true;
                self.interrupting = true;
                pending.cancelled = Some(now + grace);
                self.outbox.push(Header::new(Kind::Cancel).request(pending.request), |text, _| {
                    text.extend_from_slice(b"null");
                    false
                });
            }
        }
        any
    }

    /// Writes what waits, as far as it can be, and interrupts the call that runs if one was cancelled.
    pub(crate) fn flush(&mut self) {
        if self.ready.stdin && !self.outbox.is_empty() {
            match self.outbox.flush(&self.stdin) {
                Ok(all) => self.ready.stdin = all,
                // It is gone, or has closed its input, which comes to the same: the exit or the deadline will tell.
                Err(_) => self.outbox = Outbox::default(),
            }
        }
        self.written.clear();
        // The worker asks its input which call was cancelled, so that has to be written before. And Python would die of
        // an interrupt that comes before it can handle one.
        if self.interrupting && self.outbox.is_empty() && matches!(self.state, State::Ready) {
            self.interrupting = false;
            self.child.interrupt();
        }
    }
}
