//! A Python worker: a process that calls what it is told to, in order. What is waited for in it is answered when it is there.

mod asked;
mod launch;
mod output;
mod scratch;

use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use tywrap_policy::section::Network;
use tywrap_policy::{Code, Severity};

use crate::grants::{CallableKind, Integers};
use crate::host::{Answer, Ask, Call, CallError, CallErrorKind, OBJECTS, Origin, Reply, Shared};
use crate::metrics::Restart;
use crate::security_log::{EventKind, SecurityEvent};
use crate::subprocess::{Child, Exit, SpawnError};
use crate::value::{self, Arguments, Buffer, Value};
use crate::wire::{Decoder, Frame, Header, Kind, Outbox, VERSION};

use asked::Asked;
pub(crate) use launch::{SOURCE, command, python};
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
    /// When it must have ended, once its caller took it back.
    cancelled: Option<Instant>,
}

impl Pending {
    /// Whether a result in plain form goes to the caller as it is: no integer in that is wider than any caller takes.
    fn is_passed_on(&self, shared: &Shared) -> bool {
        let callable = &shared.modules[self.module].callables[self.callable as usize];
        matches!(self.origin, Origin::Client { .. }) && callable.integers != Integers::Bigint
    }
}

#[derive(Debug)]
enum State {
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
    /// Starts a worker. It dies with the thread that calls this.
    pub(crate) fn start(id: u32, shared: &Shared, now: Instant) -> Result<Self, SpawnError> {
        shared.logger.count_command(true);
        let launched = launch::launch(&shared.command, shared.settings.scratch).inspect_err(|error| {
            let (kind, code) = match error {
                SpawnError::Refused(refusal) => (EventKind::CommandRefused, refusal.code),
                SpawnError::NotEnforced(_) => (EventKind::SandboxNotEnforced, Code::NotEnforced),
                _ => (EventKind::SubprocessFailed, Code::SpawnFailed),
            };
            shared.record(kind, code, &format!("a Python worker could not be started: {error}"));
        })?;
        let mut outbox = Outbox::default();
        outbox.push(Header::new(Kind::Hello).request(1), |text, _| {
            text.extend_from_slice(&shared.hello);
            false
        });
        let worker = Self {
            id,
            child: launched.child,
            stdin: launched.stdin,
            stdout: launched.stdout,
            stderr: launched.stderr,
            decoder: Decoder::new(shared.settings.frame),
            outbox,
            opened: vec![false; shared.modules.len()],
            pending: VecDeque::new(),
            asked: Asked::default(),
            asks: Vec::new(),
            state: State::Starting,
            greeted: false,
            last_request: 1,
            written: Vec::new(),
            answered: 0,
            is_spent: false,
            interrupting: false,
            output: Output::new(now),
            reports: MOST_REPORTS,
            ready: Ready { stdin: true, ..Ready::default() },
            scratch: launched.scratch,
        };
        shared.note(
            EventKind::SubprocessStarted,
            Severity::Low,
            &format!("Python worker {} was started", worker.child.id()),
        );
        Ok(worker)
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
        let header = Header::new(Kind::Call).slot(slot).request(request).callable(call.callable).nested(nested);
        let pushed = self.outbox.push_within(shared.settings.frame, header, |text, buffers| {
            value::write_call(&call.args, &call.kwargs, false, text, buffers)
        });
        if let Err(length) = pushed {
            let message =
                format!("a call of {length} bytes is over `wire.max-frame`, which is {}", shared.settings.frame);
            let error = CallError::new(CallErrorKind::Validation, Code::FrameTooLarge, message);
            return Some(Answer { origin: call.origin, worker: self.id, reply: Err(error) });
        }
        self.written.push((call.args, call.kwargs));
        self.pending.push_back(Pending {
            request,
            origin: call.origin,
            module: call.module,
            callable: call.callable,
            due: None,
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

    /// Reads and takes answers, as far as there are any. Whether there may be more.
    pub(crate) fn receive(&mut self, shared: &Shared, now: Instant, answers: &mut Vec<Answer>) -> bool {
        let mut left = TURN;
        while self.ready.stdout && self.is_alive() && left > 0 {
            let room = self.decoder.room();
            let spare = room.capacity() - room.len();
            match rustix::io::read(&self.stdout, rustix::buffer::spare_capacity(room)) {
                Ok(0) => {
                    self.ready.stdout = false;
                    self.end(Why::Closed, shared, now);
                }
                Ok(count) => {
                    left = left.saturating_sub(count);
                    // Less than there was room for: nothing is left but the end, and the next arrival is a new event.
                    self.ready.stdout = count == spare || self.ready.closed;
                    let mut decoder = std::mem::replace(&mut self.decoder, Decoder::new(0));
                    self.take_frames(&mut decoder, shared, now, answers);
                    self.decoder = decoder;
                }
                Err(Errno::INTR) => {}
                Err(_) => self.ready.stdout = false,
            }
        }
        self.ready.stdout && self.is_alive()
    }

    fn take_frames(&mut self, decoder: &mut Decoder, shared: &Shared, now: Instant, answers: &mut Vec<Answer>) {
        while self.is_alive() {
            let problem = match decoder.next() {
                Ok(None) => return,
                Ok(Some(frame)) => self.take_frame(frame, shared, now, answers),
                Err(error) => Err(error.to_string()),
            };
            if let Err(problem) = problem {
                self.end(Why::Protocol(problem), shared, now);
            }
        }
    }

    /// Takes a frame; an error is a breach of the wire.
    fn take_frame(
        &mut self,
        frame: Frame<'_>,
        shared: &Shared,
        now: Instant,
        answers: &mut Vec<Answer>,
    ) -> Result<(), String> {
        let Frame { header, tagged, value: text, buffers } = frame;
        let limits = shared.settings.result;
        let reply = match (header.kind, &self.state) {
            (Kind::Log, _) => {
                let (stream, text) = value::read(text, tagged, buffers, limits)
                    .ok()
                    .and_then(|read| log_line(&read.value))
                    .ok_or("a `LOG` frame is not as it must be")?;
                let (id, output) = (self.child.id(), &mut self.output);
                match stream {
                    Some(stream) => {
                        output.print(stream, &text, now, &mut |stream, line| shared.print(id, stream, line));
                    }
                    None => self.audit(&text, shared),
                }
                return Ok(());
            }
            (Kind::Hello, State::Starting) if header.request == 1 => {
                let read = value::read(text, tagged, buffers, limits).map_err(|error| error.to_string())?;
                if wire_version(&read.value) != Some(VERSION) {
                    return Err("the worker speaks another wire".to_owned());
                }
                self.state = State::Ready;
                self.greeted = true;
                return Ok(());
            }
            (Kind::Error, State::Starting) if header.request == 1 => {
                let error = CallError::read(text, tagged, buffers, limits).ok_or("an `ERROR` is not as it must be")?;
                self.end(Why::Refused(error), shared, now);
                return Ok(());
            }
            (Kind::Result, State::Ready) => {
                let pending = self.pending.iter().find(|pending| pending.request == header.request);
                if !tagged && buffers.is_empty() && pending.is_some_and(|pending| pending.is_passed_on(shared)) {
                    value::check_plain(text, limits).map_err(|error| error.to_string())?;
                    Ok(Reply::Plain(text.to_vec()))
                } else {
                    let read = value::read(text, tagged, buffers, limits).map_err(|error| error.to_string())?;
                    if read.callbacks {
                        return Err("a result is a function of a client's".to_owned());
                    }
                    if read.tables && read.value.has_table() {
                        return Err("a result is a table for a worker".to_owned());
                    }
                    if read.enums {
                        shared.judge_enums(&read.value)?;
                    }
                    Ok(Reply::Value(read))
                }
            }
            (Kind::Error, State::Ready) => {
                Err(CallError::read(text, tagged, buffers, limits).ok_or("an `ERROR` is not as it must be")?)
            }
            (Kind::Call | Kind::Cancel | Kind::Release, State::Ready) if header.slot == 0 => {
                return self.ask(&header, text, tagged, buffers, shared);
            }
            (kind, _) => return Err(format!("a `{}` frame came where none may", kind.name())),
        };
        let asked = self.pending.iter().position(|pending| pending.request == header.request);
        let Some(pending) = asked.and_then(|at| self.pending.remove(at)) else {
            return Err(format!("an answer to request {} came where none was due", header.request));
        };
        self.start_clock(shared, now);
        self.answered += 1;
        self.is_spent |= shared.settings.recycle_calls.is_some_and(|most| self.answered >= most);
        if let Some(most) = shared.settings.recycle_memory
            && self.pending.is_empty()
        {
            self.is_spent |= resident(self.child.id()).is_some_and(|memory| memory >= most);
        }
        answers.push(Answer { origin: pending.origin, worker: self.id, reply });
        Ok(())
    }

    /// Takes what it asks about clients' functions.
    fn ask(
        &mut self,
        header: &Header,
        text: &[u8],
        tagged: bool,
        buffers: Vec<Buffer>,
        shared: &Shared,
    ) -> Result<(), String> {
        let limits = shared.settings.result;
        match header.kind {
            Kind::Call => {
                let args = value::read_call(text, tagged, buffers, limits).map_err(|error| error.to_string())?;
                let (positional, keywords) = &args.value;
                let mut values = positional.iter().chain(keywords.iter().map(|(_, value)| value));
                let is_omitted = positional.iter().any(|value| matches!(value, Value::Omitted));
                if args.callbacks || is_omitted || args.tables && values.clone().any(Value::has_table) {
                    return Err("an argument of a function is nothing that Python has".to_owned());
                }
                if args.enums {
                    values.try_for_each(|value| shared.judge_enums(value))?;
                }
                self.asked.open(header.request, header.nested)?;
                self.asks.push(Ask::Call { request: header.request, function: header.callable, args });
            }
            Kind::Release => {
                let read = value::read(text, tagged, buffers, limits).map_err(|error| error.to_string())?;
                let Value::List(numbers) = read.value else {
                    return Err("a `RELEASE` is a list of numbers".to_owned());
                };
                let number = |value: &Value| if let Value::Int(int) = value { u32::try_from(*int).ok() } else { None };
                self.asks.push(Ask::Release(numbers.iter().filter_map(number).collect()));
            }
            // It may have been answered meanwhile.
            _ => _ = self.asked.close(header.request),
        }
        Ok(())
    }

    /// Records what the interpreter says of an operation. Anything in the worker can say it, or keep it from being said.
    fn audit(&mut self, text: &str, shared: &Shared) {
        let message = match self.reports {
            0 => return,
            1 => "no further audit event of this worker is recorded",
            _ => "Python reports an operation that a worker has no use for; the kernel decides what comes of it",
        };
        self.reports -= 1;
        let (operation, detail) = text.split_once(' ').unwrap_or((text, ""));
        shared.record_event(
            SecurityEvent::new(EventKind::PythonAudit, Severity::Low, message)
                .with("advisory", "true")
                .with("worker", &self.child.id().to_string())
                .with("operation", operation)
                .with("detail", detail),
        );
    }

    /// Reads what was printed to standard error. Whether there may be more.
    pub(crate) fn receive_prints(&mut self, shared: &Shared, now: Instant) -> bool {
        let mut left = 1 << 18;
        while self.ready.stderr && left > 0 {
            let mut bytes = [0; 16 * 1024];
            match rustix::io::read(&self.stderr, &mut bytes) {
                Ok(0) => self.ready.stderr = false,
                Ok(count) => {
                    left -= count.min(left);
                    self.ready.stderr = count == bytes.len();
                    let (id, output) = (self.child.id(), &mut self.output);
                    output.stderr(&bytes[..count], now, &mut |stream, line| shared.print(id, stream, line));
                }
                Err(Errno::INTR) => {}
                Err(_) => self.ready.stderr = false,
            }
        }
        self.ready.stderr
    }

    /// Does what is due: ends a worker whose call took too long, kills one that does not end.
    pub(crate) fn tick(&mut self, shared: &Shared, now: Instant) {
        match &mut self.state {
            State::Ending { kill, .. } => {
                if kill.is_some_and(|at| at <= now) {
                    *kill = None;
                    self.child.kill();
                }
            }
            State::Starting | State::Ready => {
                let first = self.pending.front();
                if first.and_then(|first| first.cancelled).is_some_and(|at| at <= now) {
                    self.end(Why::Cancelled, shared, now);
                } else if first.and_then(|first| first.due).is_some_and(|at| at <= now) {
                    self.end(Why::Timeout, shared, now);
                }
            }
        }
    }

    /// When [`Worker::tick`] has something to do.
    pub(crate) fn next_tick(&self) -> Option<Instant> {
        match &self.state {
            State::Ending { kill, .. } => *kill,
            State::Starting | State::Ready => {
                let first = self.pending.front()?;
                first.cancelled.into_iter().chain(first.due).min()
            }
        }
    }

    fn end(&mut self, why: Why, shared: &Shared, now: Instant) {
        let pid = self.child.id();
        match &why {
            Why::Timeout => shared.record(
                EventKind::SubprocessTimeout,
                Code::Timeout,
                &format!("Python worker {pid} is ended: a call took longer than {:?}", shared.settings.timeout),
            ),
            Why::Protocol(problem) => shared.record(
                EventKind::ProtocolViolation,
                Code::WorkerProtocol,
                &format!("Python worker {pid} is ended: {problem}"),
            ),
            Why::Spent => shared.note(
                EventKind::Lifecycle,
                Severity::Low,
                &format!("Python worker {pid} makes way for a new one after {} calls", self.answered),
            ),
            Why::Cancelled | Why::Closed | Why::Refused(_) => {}
        }
        // A worker that breaks the wire may be anybody's; it is not asked.
        let kill = if matches!(why, Why::Protocol(_)) {
            self.child.kill();
            None
        } else {
            self.child.terminate();
            self.child.resume();
            Some(now + shared.settings.grace)
        };
        self.state = State::Ending { why, kill };
    }

    /// If the process has ended: reaps it and answers everything that waits.
    pub(crate) fn reap(&mut self, shared: &Shared, now: Instant, answers: &mut Vec<Answer>) -> bool {
        if !self.ready.exit {
            return false;
        }
        let exit = match self.child.try_wait() {
            Ok(None) => {
                self.ready.exit = false;
                return false;
            }
            Ok(Some(exit)) => Some(exit),
            // Another part of the program has reaped it.
            Err(_) => None,
        };
        // What it answered before it ended still counts. Both pipes hold no more than their capacity.
        self.ready.stdout = true;
        while self.receive(shared, now, answers) {}
        self.ready.stderr = true;
        while self.receive_prints(shared, now) {}
        let (id, output) = (self.child.id(), &mut self.output);
        output.finish(now, &mut |stream, line| shared.print(id, stream, line));
        self.answer_rest(exit, shared, answers);
        true
    }

    fn answer_rest(&mut self, exit: Option<Exit>, shared: &Shared, answers: &mut Vec<Answer>) {
        shared.metrics.restart(match &self.state {
            State::Ending { why, .. } => why.restart(),
            State::Starting | State::Ready => Restart::Crashed,
        });
        let how = exit.map_or_else(|| "ended".to_owned(), |exit| exit.to_string());
        let ended_here = matches!(
            self.state,
            State::Ending { why: Why::Timeout | Why::Cancelled | Why::Protocol(_) | Why::Refused(_) | Why::Spent, .. }
        );
        if !ended_here {
            let message = format!("Python worker {} {how} by itself", self.child.id());
            shared.record(EventKind::SubprocessCrashed, Code::WorkerCrashed, &message);
        }
        let tail = match self.output.tail() {
            "" => String::new(),
            tail => format!("; it printed last:\n{tail}"),
        };
        let crashed = |what: &str| {
            CallError::new(CallErrorKind::WorkerCrashed, Code::WorkerCrashed, format!("the Python worker {what}"))
        };
        for (position, pending) in self.pending.drain(..).enumerate() {
            let name = || shared.name(pending.module, pending.callable);
            let error = match &self.state {
                _ if pending.cancelled.is_some() => CallError::cancelled(),
                State::Ending { why: Why::Timeout, .. } if position == 0 => CallError::new(
                    CallErrorKind::Timeout,
                    Code::Timeout,
                    format!(
                        "`{}` took longer than `subprocess.timeout`, which is {:?}; its worker was ended",
                        name(),
                        shared.settings.timeout
                    ),
                ),
                State::Ending { why: Why::Timeout, .. } => {
                    crashed("was ended because a call before this one took too long; call again")
                }
                State::Ending { why: Why::Cancelled, .. } => {
                    crashed("was ended because a call before this one was cancelled and went on; call again")
                }
                State::Ending { why: Why::Protocol(problem), .. } => CallError::new(
                    CallErrorKind::WorkerCrashed,
                    Code::WorkerProtocol,
                    format!("the Python worker broke the wire and was ended: {problem}"),
                ),
                State::Ending { why: Why::Refused(error), .. } => error.clone(),
                _ if !self.greeted => crashed(&format!("{how} before it was ready{tail}")),
                _ if position == 0 => crashed(&format!("{how} during `{}`{tail}", name())),
                _ => crashed(&format!("{how} during a call before this one; call again")),
            };
            answers.push(Answer { origin: pending.origin, worker: self.id, reply: Err(error) });
        }
    }
}

/// Resident memory of a process, in bytes; nothing where it is not to be had.
fn resident(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let pages: u64 = status.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// The version that a `HELLO` says.
pub(crate) fn wire_version(hello: &Value) -> Option<i64> {
    match field(hello, "wire")? {
        Value::Int(version) => Some(*version),
        _ => None,
    }
}

pub(crate) fn field<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let Value::Dict(items) = value else { return None };
    items.iter().find_map(|(key, value)| matches!(key, Value::Str(key) if key == name).then_some(value))
}

/// The stream and the text of a `LOG`; no stream for what the interpreter says of itself.
fn log_line(value: &Value) -> Option<(Option<PrintStream>, String)> {
    let Some(Value::Str(stream)) = field(value, "stream") else { return None };
    let Some(Value::Str(text)) = field(value, "text") else { return None };
    let stream = if stream == "audit" { None } else { Some(PrintStream::new(stream)?) };
    Some((stream, text.clone()))
}

/// What to say behind an exception that comes of a socket.
fn refused_network(network: &Network) -> String {
    const KEY: &str = "`network` under `[sandbox]` in the policy";
    match network {
        Network::Deny => format!("the sandbox has no network: {KEY} can allow TCP ports"),
        Network::AllowTcp(ports) => {
            let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
            let ports = ports.join(", ");
            format!("the sandbox reaches the TCP ports {ports} only, and looks no names up: see {KEY}")
        }
    }
}

/// The value of the `HELLO` that the host sends a worker.
pub(crate) fn hello(
    shared_settings: &crate::host::Settings,
    network: &Network,
    site: &[std::path::PathBuf],
) -> Vec<u8> {
    let count = |count: usize| Value::from(count as u64);
    // A path that is not UTF-8 cannot be written here, and Python could not import from it under `-X utf8` either.
    let site = site.iter().filter_map(|path| path.to_str()).map(Value::from).collect();
    let fields = vec![
        ("wire".into(), VERSION.into()),
        ("peer".into(), crate::host::PEER.into()),
        ("site".into(), Value::List(site)),
        ("max-depth".into(), count(shared_settings.result.depth)),
        ("max-handles".into(), count(shared_settings.handles)),
        ("max-frame".into(), shared_settings.frame.into()),
        ("max-text".into(), count(shared_settings.result.size)),
        ("network".into(), refused_network(network).as_str().into()),
        ("scratch".into(), shared_settings.scratch.into()),
        ("dtypes".into(), Value::List(value::Dtype::of_numbers().map(Value::from).collect())),
        ("column-dtypes".into(), Value::List(value::COLUMN_TYPES.map(Value::from).to_vec())),
    ];
    let mut text = Vec::new();
    value::write(&Value::Dict(fields), &mut text, &mut Vec::new());
    text
}
