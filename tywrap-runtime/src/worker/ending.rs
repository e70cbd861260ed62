//! The end of a worker, and what is answered then.

use std::time::Instant;

use tywrap_policy::{Code, Severity};

use super::{State, Why, Worker};
use crate::host::{Answer, CallError, CallErrorKind, Shared};
use crate::metrics::Restart;
use crate::security_log::EventKind;
use crate::subprocess::Exit;

impl Worker {
    /// Does what is due: ends a worker whose call took too long, kills one that does not end.
    pub(crate) fn tick(&mut self, shared: &Shared, now: Instant) {
        match &mut self.state {
            State::Ending { kill, .. } => {
                if kill.is_some_and(|at| at <= now) {
                    *kill = None;
                    self.child.kill();
                }
            }
            State::Held | State::Starting | State::Ready => {
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
            State::Held | State::Starting | State::Ready => {
                let first = self.pending.front()?;
                first.cancelled.into_iter().chain(first.due).min()
            }
        }
    }

    pub(super) fn end(&mut self, why: Why, shared: &Shared, now: Instant) {
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
            State::Held | State::Starting | State::Ready => Restart::Crashed,
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
            answers.push(Answer { origin: pending.origin, worker: self.id, reply: Err(error), kept: None });
        }
    }
}
