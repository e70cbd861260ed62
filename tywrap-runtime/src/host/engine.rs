//! The one loop of a host: clients, workers and time, in one thread, so that a call passes from one to the other without
//! waiting for a scheduler.

mod answers;
mod asks;
mod calls;
mod serving;
mod workers;

use std::collections::VecDeque;
use std::io;
#[cfg(feature = "http")]
use std::os::fd::OwnedFd;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use tywrap_policy::{Code, Severity};

use super::client::{Action, Client};
use super::endpoint::Endpoint;
use super::functions::Functions;
#[cfg(feature = "http")]
use super::gate::{Lease, NoEntry};
use super::handles::Handles;
use super::{Answer, Call, CallError, CallErrorKind, HostError, HostStats, Origin, Shared};
use crate::security_log::EventKind;
use crate::worker::{Launcher, Worker};
use serving::{Serving, Source};

/// How long the loop keeps looking before it sleeps. A call that is answered at once takes about 50 µs to the worker and back, and as
/// much to the client and back; benches/README.md has the numbers.
const WATCH: Duration = Duration::from_micros(100);

/// What other threads ask of the loop.
#[derive(Debug)]
pub(super) enum Command {
    /// Serves until the client has gone or [`Command::StopServing`] comes.
    Serve(Endpoint, Sender<Result<(), HostError>>),
    /// Lets a front in this process serve, until [`Command::StopServing`] comes. It holds the other end of the lease.
    #[cfg(feature = "http")]
    ServeFront(Lease, Sender<Result<(), HostError>>),
    /// Takes a client of that front, by a socket that is connected.
    #[cfg(feature = "http")]
    Enter(OwnedFd, tokio::sync::oneshot::Sender<Result<(), NoEntry>>),
    /// As [`Command::Count`], for a front, which must not block while it waits.
    #[cfg(feature = "http")]
    CountForFront(tokio::sync::oneshot::Sender<HostStats>),
    /// All byte code is verified. With a launcher it is not the one that the first worker was started with.
    Verified(Option<Box<Launcher>>),
    /// A call whose handles are still the caller's.
    Call(Call),
    /// Lets objects go that a local caller holds.
    Release(Vec<u32>),
    /// Counts what there is.
    Count(Sender<HostStats>),
    StopServing,
    End,
}

/// What a descriptor is to the loop, in the low bits of its token.
#[derive(Clone, Copy, Debug)]
enum Role {
    Waker,
    Listener,
    Client,
    ClientOutput,
    WorkerInput,
    WorkerOutput,
    WorkerError,
    WorkerExit,
}

const ROLES: [Role; 8] = [
    Role::Waker,
    Role::Listener,
    Role::Client,
    Role::ClientOutput,
    Role::WorkerInput,
    Role::WorkerOutput,
    Role::WorkerError,
    Role::WorkerExit,
];

/// The token of the waker.
pub(super) const WAKER: Token = Token(Role::Waker as usize);

fn token(role: Role, id: u32) -> Token {
    Token((id as usize) << 3 | role as usize)
}

/// What is known of the byte code that workers are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByteCodeState {
    /// Nothing, and no worker has been started.
    Unverified,
    /// Likewise, and the first one has. No other is: should it end by itself, calls wait until more is known.
    Awaited,
    /// It is what it should be.
    Verified,
}

/// The state of the loop.
pub(super) struct Engine {
    poll: Poll,
    shared: Arc<Shared>,
    launcher: Launcher,
    byte_code: ByteCodeState,
    inbox: Receiver<Command>,
    serving: Option<Serving>,
    clients: Vec<Client>,
    workers: Vec<Worker>,
    /// Calls that no worker has room for.
    queue: VecDeque<Call>,
    /// What callers in this process hold.
    local: Handles,
    /// What clients have lent to workers.
    functions: Functions,
    /// Clients and workers are never given the same number twice.
    last_id: u32,
    /// Reused from turn to turn.
    answers: Vec<Answer>,
    /// Whether there is a processor to spare for looking: with one, it would be the one that the others need.
    watchful: bool,
    /// Scratch directories of workers that have ended, on their way out.
    removals: Vec<JoinHandle<()>>,
}

impl Drop for Engine {
    fn drop(&mut self) {
        // What a host made is gone when the host is.
        for removal in self.removals.drain(..) {
            let _ = removal.join();
        }
    }
}

impl Engine {
    /// Workers are greeted when `byte_code` says so.
    pub(super) fn new(
        poll: Poll,
        shared: Arc<Shared>,
        launcher: Launcher,
        byte_code: ByteCodeState,
        inbox: Receiver<Command>,
    ) -> Self {
        Self {
            poll,
            shared,
            launcher,
            byte_code,
            inbox,
            serving: None,
            clients: Vec::new(),
            workers: Vec::new(),
            queue: VecDeque::new(),
            local: Handles::default(),
            functions: Functions::default(),
            last_id: 0,
            answers: Vec::new(),
            watchful: std::thread::available_parallelism().is_ok_and(|processors| processors.get() > 1),
            removals: Vec::new(),
        }
    }

    /// Runs until [`Command::End`], or until the host is gone.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(256);
        let mut busy = false;
        loop {
            match self.wait(&mut events, busy) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    let message = format!("the host ends: waiting for events failed: {error}");
                    self.shared.note(EventKind::SubprocessFailed, Severity::Critical, &message);
                    return;
                }
                _ => {}
            }
            for event in &events {
                let closed = event.is_read_closed() || event.is_error();
                self.mark(event.token(), event.is_readable() || closed, event.is_writable() || event.is_error());
                if closed {
                    self.mark_closed(event.token());
                }
            }
            let now = Instant::now();
            if !self.take_commands(now) {
                return;
            }
            self.accept();
            busy = self.serve_workers(now);
            self.serve_clients(now);
            self.send_queued(now);
            self.retire_workers(now);
            self.tell_errors(now);
            self.flush();
            self.remove_clients(now);
            busy |= self.clients.iter().any(|client| client.has_work(&self.shared));
            busy |= self.serving.as_ref().is_some_and(|serving| serving.waiting);
        }
    }

    /// Waits for something to do. While at most one call is on its way, it looks a few times before it sleeps: then the next thing is
    /// about to come, and being woken takes longer than the rest of what is done for a call.
    fn wait(&mut self, events: &mut Events, busy: bool) -> io::Result<()> {
        if busy {
            return self.poll.poll(events, Some(Duration::ZERO));
        }
        let on_their_way = self.queue.len() + self.workers.iter().map(Worker::load).sum::<usize>();
        // While byte code is verified, the processors have enough to do.
        if self.watchful && on_their_way <= 1 && self.byte_code == ByteCodeState::Verified {
            let until = Instant::now() + WATCH;
            while Instant::now() < until {
                self.poll.poll(events, Some(Duration::ZERO))?;
                if !events.is_empty() {
                    return Ok(());
                }
                std::thread::yield_now();
            }
        }
        let timeout = self.timeout();
        self.poll.poll(events, timeout)
    }

    fn timeout(&self) -> Option<Duration> {
        let workers = self.workers.iter().filter_map(Worker::next_tick);
        let clients = self.clients.iter().filter_map(Client::next_tick);
        let due = workers.chain(clients).min()?;
        // The system's clock is coarser than ours: a turn too early would spin.
        Some(due.saturating_duration_since(Instant::now()) + Duration::from_millis(1))
    }

    fn mark(&mut self, token: Token, readable: bool, writable: bool) {
        let id = (token.0 >> 3) as u32;
        match ROLES[token.0 & 7] {
            Role::Waker => {}
            Role::Listener => {
                if let Some(serving) = &mut self.serving {
                    serving.waiting = true;
                }
            }
            role @ (Role::Client | Role::ClientOutput) => {
                if let Some(client) = self.clients.iter_mut().find(|client| client.id() == id) {
                    client.readable |= readable && matches!(role, Role::Client);
                    client.writable |= writable;
                }
            }
            role => {
                let Some(worker) = self.workers.iter_mut().find(|worker| worker.id() == id) else { return };
                match role {
                    Role::WorkerInput => worker.ready.stdin |= writable,
                    Role::WorkerOutput => worker.ready.stdout |= readable,
                    Role::WorkerError => worker.ready.stderr |= readable,
                    _ => worker.ready.exit |= readable,
                }
            }
        }
    }

    fn mark_closed(&mut self, token: Token) {
        let id = (token.0 >> 3) as u32;
        match ROLES[token.0 & 7] {
            Role::Client => {
                if let Some(client) = self.clients.iter_mut().find(|client| client.id() == id) {
                    client.closed = true;
                }
            }
            Role::WorkerOutput => {
                if let Some(worker) = self.workers.iter_mut().find(|worker| worker.id() == id) {
                    worker.ready.closed = true;
                }
            }
            _ => {}
        }
    }

    /// Whether the loop goes on.
    fn take_commands(&mut self, now: Instant) -> bool {
        loop {
            match self.inbox.try_recv() {
                Ok(Command::Serve(endpoint, done)) => self.serve(done, |engine| engine.open(endpoint)),
                #[cfg(feature = "http")]
                Ok(Command::ServeFront(lease, done)) => self.serve(done, |_| {
                    lease.begin();
                    Ok(Source::Front { _lease: lease })
                }),
                // A front that has stopped waiting has closed its end of the socket.
                #[cfg(feature = "http")]
                Ok(Command::Enter(socket, asked)) => drop(asked.send(self.enter(socket))),
                #[cfg(feature = "http")]
                Ok(Command::CountForFront(asked)) => drop(asked.send(self.stats())),
                Ok(Command::Verified(changed)) => self.verified(changed, now),
                Ok(Command::Call(mut call)) => {
                    let module = self.shared.modules[call.module];
                    let callable = &module.callables[call.callable as usize];
                    let resolved = self.local.resolve(call.values());
                    match resolved.and_then(|worker| {
                        self.shared.judge_receiver(callable, &call.args)?;
                        Ok(worker)
                    }) {
                        Ok(worker) => {
                            call.worker = worker;
                            self.submit(call, now);
                        }
                        Err(error) => self.fail(call.origin, error),
                    }
                }
                Ok(Command::Release(ids)) => {
                    let objects = self.local.release(ids.into_iter());
                    self.release(&objects);
                }
                Ok(Command::Count(asked)) => {
                    // Whoever asked may have stopped waiting.
                    let _ = asked.send(self.stats());
                }
                Ok(Command::StopServing) => self.stop_serving(now),
                Err(TryRecvError::Empty) => return true,
                Ok(Command::End) | Err(TryRecvError::Disconnected) => {
                    self.stop_serving(now);
                    return false;
                }
            }
        }
    }

    fn stats(&self) -> HostStats {
        HostStats {
            clients: self.clients.len(),
            workers: self.workers.iter().filter(|worker| worker.is_alive()).count(),
            running: self.workers.iter().map(Worker::load).sum(),
            waiting: self.queue.len(),
            objects: self.local.len() + self.clients.iter().map(Client::held).sum::<usize>(),
            functions: self.functions.len(),
        }
    }

    fn next_id(&mut self) -> u32 {
        self.last_id = self.last_id.wrapping_add(1);
        self.last_id
    }

    /// A worker's descriptors leave the watch when they are closed: nobody else has them.
    fn watch(&self, fd: BorrowedFd<'_>, role: Role, id: u32, interest: Interest) -> io::Result<()> {
        self.poll.registry().register(&mut SourceFd(&fd.as_raw_fd()), token(role, id), interest)
    }

    fn serve_clients(&mut self, now: Instant) {
        for at in 0..self.clients.len() {
            let mut budget = Client::budget();
            while let Some(action) = self.clients[at].next(&self.shared, &mut budget) {
                match action {
                    Action::Call(call) => self.submit(call, now),
                    Action::Cancel(request) => self.cancel(self.clients[at].id(), request, now),
                    Action::Release(objects) => self.release(&objects),
                    Action::Taken(kept) => self.taken(&kept),
                    Action::Given(given) => self.take_given(self.clients[at].id(), given),
                }
            }
        }
    }

    /// Lets the errors out that have waited for the audit file.
    fn tell_errors(&mut self, now: Instant) {
        let unsettled: usize = self.clients.iter_mut().map(|client| client.tell(&self.shared, now)).sum();
        if unsettled > 0 {
            self.shared.note_unsettled(unsettled);
        }
    }

    fn flush(&mut self) {
        self.workers.iter_mut().for_each(Worker::flush);
        self.clients.iter_mut().for_each(Client::flush);
    }

    /// Removes connections that are over, with everything they were waiting for.
    fn remove_clients(&mut self, now: Instant) {
        let mut at = 0;
        while at < self.clients.len() {
            if self.clients[at].is_over(now) {
                let client = self.clients.swap_remove(at);
                self.remove(client, now);
            } else {
                at += 1;
            }
        }
        if self.clients.is_empty() && matches!(self.serving, Some(Serving { source: Source::Single, .. })) {
            self.stop_serving(now);
        }
    }

    fn remove(&mut self, client: Client, now: Instant) {
        let id = client.id();
        let (input, output) = client.descriptors();
        for fd in [Some(input), output].into_iter().flatten() {
            // Standard input stays open when this copy of it is closed, and would stay watched. An error says that it
            // was not.
            let _ = self.poll.registry().deregister(&mut SourceFd(&fd.as_raw_fd()));
        }
        let is_its = |origin: &Origin| matches!(origin, Origin::Client { client, .. } if *client == id);
        self.queue.retain(|call| !is_its(&call.origin));
        let grace = self.shared.settings.grace;
        for worker in &mut self.workers {
            worker.cancel(now, grace, |origin| {
                let its = is_its(origin);
                if its {
                    *origin = Origin::Gone;
                }
                its
            });
        }
        for (worker, request) in client.asked() {
            if let Some(worker) = self.workers.iter_mut().find(|other| other.id() == worker) {
                let error = CallError::new(
                    CallErrorKind::Callback,
                    Code::CallbackRefused,
                    "the connection of a function is gone",
                );
                worker.answer(request, Err(error), &self.shared);
            }
        }
        let (objects, kept) = client.into_left(&self.shared);
        self.release(&objects);
        kept.iter().for_each(|kept| self.taken(kept));
        self.workers.iter_mut().for_each(Worker::flush);
    }
}
