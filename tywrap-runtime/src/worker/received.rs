//! What a worker says.

use std::time::Instant;

use rustix::io::Errno;
use tywrap_policy::Severity;

use super::greeting::{field, wire_version};
use super::output::PrintStream;
use super::{State, TURN, Why, Worker};
use crate::host::{Answer, Ask, CallError, Kept, Reply, Shared};
use crate::security_log::{EventKind, SecurityEvent};
use crate::value::{self, Buffer, Value};
use crate::wire::{Decoder, Frame, Header, Kind, VERSION};

impl Worker {
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
                if header.shared && pending.is_some_and(|pending| !pending.may_share) {
                    return Err("a result came in shared memory whose caller has none".to_owned());
                }
                if !tagged && buffers.is_empty() && pending.is_some_and(|pending| pending.is_passed_on(shared)) {
                    value::check_plain(text, limits).map_err(|error| error.to_string())?;
                    Ok(Reply::Plain(text.to_vec()))
                } else {
                    let read = value::read_result(text, tagged, buffers, limits).map_err(|error| error.to_string())?;
                    if read.callbacks {
                        return Err("a result is a function of a client's".to_owned());
                    }
                    if read.tables && read.value.has_table() && !pending.is_some_and(|pending| pending.is_take(shared))
                    {
                        return Err("a result that nobody took as data is a table".to_owned());
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
        let memory = self.memory.as_ref().filter(|_| header.shared);
        let kept = memory.map(|memory| Kept::new(self.id, header.request, memory.shared()));
        self.start_clock(shared, now);
        self.answered += 1;
        self.is_spent |= shared.settings.recycle_calls.is_some_and(|most| self.answered >= most);
        if let Some(most) = shared.settings.recycle_memory
            && self.pending.is_empty()
        {
            self.is_spent |= resident(self.child.id()).is_some_and(|memory| memory >= most);
        }
        answers.push(Answer { origin: pending.origin, worker: self.id, reply, kept });
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
}

/// Resident memory of a process, in bytes; nothing where it is not to be had.
fn resident(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let pages: u64 = status.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// The stream and the text of a `LOG`; no stream for what the interpreter says of itself.
fn log_line(value: &Value) -> Option<(Option<PrintStream>, String)> {
    let Some(Value::Str(stream)) = field(value, "stream") else { return None };
    let Some(Value::Str(text)) = field(value, "text") else { return None };
    let stream = if stream == "audit" { None } else { Some(PrintStream::new(stream)?) };
    Some((stream, text.clone()))
}
