//! The one loop of a host: clients, workers and time, in one thread, so that a call passes from one to the other without
//! waiting for a scheduler.

mod asks;

use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use tywrap_policy::{Code, Severity};

use super::client::{Action, Client};
use super::endpoint::{Endpoint, Socket};
use super::functions::Functions;
#[cfg(feature = "http")]
use super::gate::{Lease, NoEntry};
use super::handles::{Handles, RemoteObject};
use super::peer::peer_is_this_user;
use super::stream::Stream;
use super::{Answer, Call, CallError, CallErrorKind, HostError, HostStats, Kept, Left, Origin, Reply, Shared};
use crate::security_log::EventKind;
use crate::shared_memory::SharedMemory;
use crate::value::{self, Read, Value};
use crate::worker::{Launcher, Scratch, Worker};

/// Most connections of one socket at a time.
const MAX_CLIENTS: usize = 256;

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

/// Removes a scratch directory beside the loop: there may be a million files in it. Where no thread is to be had, it is gone when this
/// returns.
fn remove(scratch: Scratch) -> Option<JoinHandle<()>> {
    std::thread::Builder::new().name("tywrap-scratch".to_owned()).spawn(move || drop(scratch)).ok()
}

/// What is being served.
struct Serving {
    source: Source,
    /// Whether a connection may be waiting.
    waiting: bool,
    done: Sender<Result<(), HostError>>,
}

/// Where clients come from.
enum Source {
    /// A socket that is listened on.
    Socket(Socket),
    /// There is one client, and no other follows.
    Single,
    /// A front hands them over. It ends when the lease is dropped.
    #[cfg(feature = "http")]
    Front { _lease: Lease },
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

    fn serve(
        &mut self,
        done: Sender<Result<(), HostError>>,
        open: impl FnOnce(&mut Self) -> Result<Source, HostError>,
    ) {
        let opened = if self.serving.is_some() {
            Err(HostError::system("serving", &io::Error::other("the host serves already")))
        } else {
            open(self)
        };
        match opened {
            Ok(source) => self.serving = Some(Serving { source, waiting: true, done }),
            // Whoever asked may have stopped waiting.
            Err(error) => drop(done.send(Err(error))),
        }
    }

    fn open(&mut self, endpoint: Endpoint) -> Result<Source, HostError> {
        let path = match endpoint {
            Endpoint::Unix(path) => path,
            Endpoint::Stdio => {
                let stream = Stream::stdio().map_err(|error| HostError::system("taking standard input", &error))?;
                self.add_only_client(stream).map_err(|error| {
                    HostError::system("watching standard input and output, which must be pipes or sockets,", &error)
                })?;
                return Ok(Source::Single);
            }
            #[cfg(feature = "http")]
            Endpoint::Http(_) => {
                // `Host::serve` sends a lease instead.
                return Err(HostError::system("serving", &io::Error::other("a front was not started")));
            }
            Endpoint::Connection(socket) => {
                let stream = Stream::socket(socket).map_err(|error| HostError::system("preparing a socket", &error))?;
                self.add_only_client(stream).map_err(|error| HostError::system("watching a socket", &error))?;
                return Ok(Source::Single);
            }
        };
        let mut socket = Socket::listen(&path)?;
        self.poll
            .registry()
            .register(&mut socket.listener, token(Role::Listener, 0), Interest::READABLE)
            .map_err(|error| HostError::system("watching the socket", &error))?;
        Ok(Source::Socket(socket))
    }

    /// Takes a client of a front, which has asked who it is.
    #[cfg(feature = "http")]
    fn enter(&mut self, socket: OwnedFd) -> Result<(), NoEntry> {
        if !matches!(self.serving, Some(Serving { source: Source::Front { .. }, .. })) {
            return Err(NoEntry::Stopped);
        }
        if self.clients.len() >= MAX_CLIENTS {
            return Err(NoEntry::Full(MAX_CLIENTS));
        }
        Stream::socket(socket).and_then(|stream| self.add_client(stream)).map_err(NoEntry::System)
    }

    fn next_id(&mut self) -> u32 {
        self.last_id = self.last_id.wrapping_add(1);
        self.last_id
    }

    /// Memory to share, if there is to be any. Without it what is large takes longer, and that is all.
    fn make_memory(&self) -> Option<Arc<SharedMemory>> {
        self.shared.settings.worker_memory?;
        let made = SharedMemory::new(self.shared.settings.frame.into());
        made.inspect_err(|error| self.shared.note_no_memory(error)).ok().map(Arc::new)
    }

    /// Adds a client that is on this machine, and beside which there is no other.
    fn add_only_client(&mut self, stream: Stream) -> io::Result<()> {
        let client = Client::new(self.next_id(), stream, &self.shared);
        self.add(match self.make_memory() {
            Some(memory) => client.offer(memory),
            None => client,
        })
    }

    fn add_client(&mut self, stream: Stream) -> io::Result<()> {
        let client = Client::new(self.next_id(), stream, &self.shared);
        self.add(client)
    }

    fn add(&mut self, client: Client) -> io::Result<()> {
        let id = client.id();
        match client.descriptors() {
            (both, None) => self.watch(both, Role::Client, id, Interest::READABLE | Interest::WRITABLE)?,
            (input, Some(output)) => {
                self.watch(input, Role::Client, id, Interest::READABLE)?;
                self.watch(output, Role::ClientOutput, id, Interest::WRITABLE)?;
            }
        }
        self.clients.push(client);
        // Somebody is about to call, so Python starts while they greet. Why it cannot start, the first call is told.
        self.start_first_worker(Instant::now());
        Ok(())
    }

    fn start_first_worker(&mut self, now: Instant) {
        if self.workers.is_empty() && self.byte_code != ByteCodeState::Awaited {
            let _ = self.start_worker(now);
        }
    }

    /// Greets the worker that waits for it, or starts another in its place. No call has been sent to it.
    fn verified(&mut self, changed: Option<Box<Launcher>>, now: Instant) {
        self.byte_code = ByteCodeState::Verified;
        match changed {
            None => self.workers.iter_mut().for_each(|worker| worker.greet(&self.launcher)),
            Some(launcher) => {
                self.launcher = *launcher;
                self.workers.iter_mut().for_each(|worker| worker.retire(&self.shared, now));
                if !self.clients.is_empty() {
                    let _ = self.start_worker(now);
                }
            }
        }
    }

    /// A worker's descriptors leave the watch when they are closed: nobody else has them.
    fn watch(&self, fd: BorrowedFd<'_>, role: Role, id: u32, interest: Interest) -> io::Result<()> {
        self.poll.registry().register(&mut SourceFd(&fd.as_raw_fd()), token(role, id), interest)
    }

    fn accept(&mut self) {
        while let Some(Serving { source: Source::Socket(socket), waiting: waiting @ true, .. }) = &mut self.serving {
            let stream = match socket.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) => {
                    *waiting = error.kind() == io::ErrorKind::Interrupted;
                    if error.kind() != io::ErrorKind::WouldBlock && !*waiting {
                        // Out of descriptors, most likely. The next connection wakes us again.
                        let message = format!("a connection could not be accepted: {error}");
                        self.shared.note(EventKind::PeerRefused, Severity::Medium, &message);
                    }
                    return;
                }
            };
            if let Err(message) = peer_is_this_user(stream.as_fd()) {
                self.shared.record(EventKind::PeerRefused, Code::PeerRefused, &message);
                continue;
            }
            if self.clients.len() >= MAX_CLIENTS {
                let message = format!("a connection was turned away: {MAX_CLIENTS} are open");
                self.shared.record(EventKind::PeerRefused, Code::QueueFull, &message);
                continue;
            }
            if let Err(error) = Stream::socket(OwnedFd::from(stream)).and_then(|stream| self.add_client(stream)) {
                let message = format!("a connection could not be watched: {error}");
                self.shared.note(EventKind::PeerRefused, Severity::Medium, &message);
            }
        }
        if let Some(serving) = &mut self.serving {
            serving.waiting = false;
        }
    }

    /// Takes answers, ends what takes too long, buries what has ended. Whether there is more to read.
    fn serve_workers(&mut self, now: Instant) -> bool {
        let mut more = false;
        let mut answers = std::mem::take(&mut self.answers);
        let mut at = 0;
        while at < self.workers.len() {
            let worker = &mut self.workers[at];
            more |= worker.receive(&self.shared, now, &mut answers);
            more |= worker.receive_prints(&self.shared, now);
            worker.tick(&self.shared, now);
            let (id, asks) = (worker.id(), worker.take_asks());
            if !asks.is_empty() {
                self.ask(id, asks);
            }
            let worker = &mut self.workers[at];
            if worker.reap(&self.shared, now, &mut answers) {
                let worker = self.workers.swap_remove(at);
                let id = worker.id();
                self.clients.iter_mut().for_each(|client| client.forget(id));
                self.local.forget(id);
                let functions = self.functions.forget(id);
                self.give_back(&functions);
                self.removals.extend(worker.into_scratch().and_then(remove));
                self.removals.retain(|removal| !removal.is_finished());
            } else {
                at += 1;
            }
        }
        for answer in answers.drain(..) {
            self.deliver(answer);
        }
        self.answers = answers;
        more
    }

    /// Ends what is to make way for new workers, and has nothing that anybody holds. What this turn answered is held by now, and what
    /// it was told to let go is not.
    fn retire_workers(&mut self, now: Instant) {
        let (local, clients) = (&self.local, &self.clients);
        let is_held = |worker: u32| local.holds(worker) || clients.iter().any(|client| client.holds(worker));
        for worker in self.workers.iter_mut().filter(|worker| worker.is_spent() && !is_held(worker.id())) {
            worker.retire(&self.shared, now);
        }
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

    /// Sends a call to a worker, or lets it wait for one.
    fn submit(&mut self, call: Call, now: Instant) {
        if !self.queue.is_empty() {
            self.queue.push_back(call);
        } else if let Some(call) = self.place(call, now) {
            self.queue.push_back(call);
        }
    }

    fn send_queued(&mut self, now: Instant) {
        for _ in 0..self.queue.len() {
            let Some(call) = self.queue.pop_front() else { return };
            if let Some(call) = self.place(call, now) {
                self.queue.push_back(call);
            }
        }
    }

    /// Sends a call to a worker; gives it back if it has to wait.
    fn place(&mut self, mut call: Call, now: Instant) -> Option<Call> {
        let client = call.origin.client();
        if let Some(client) = client
            && self.clients.iter().any(|other| other.id() == client && other.is_slow())
        {
            return Some(call);
        }
        let at = match call.worker {
            Some(id) => match self.workers.iter().position(|worker| worker.id() == id && worker.is_alive()) {
                Some(at) => at,
                None => {
                    let message = "an argument is an object of a worker that has ended";
                    let error = CallError::new(CallErrorKind::WorkerCrashed, Code::HandleRefused, message);
                    self.refuse(call, error);
                    return None;
                }
            },
            None => match self.choose_worker(client, now) {
                Ok(Some(at)) => at,
                Ok(None) => return Some(call),
                Err(error) => {
                    self.refuse(call, error);
                    return None;
                }
            },
        };
        let worker = &mut self.workers[at];
        if !worker.takes(client) || !worker.has_room(worker.waits_for(client)) {
            return Some(call);
        }
        let id = worker.id();
        let lent = match client {
            Some(client) if !call.functions.is_empty() => self.functions.lend(client, id, call.values()),
            _ => Vec::new(),
        };
        if let Some(answer) = worker.send(call, &self.shared, now) {
            let unused = self.functions.release(id, &lent);
            self.give_back(&unused);
            self.deliver(answer);
        }
        None
    }

    /// The worker with the least to do. One that is idle is preferred to a new one, a new one to one that is busy. None where all wait
    /// for functions of others.
    fn choose_worker(&mut self, client: Option<u32>, now: Instant) -> Result<Option<usize>, CallError> {
        if self.byte_code != ByteCodeState::Verified {
            self.start_first_worker(now);
            return Ok(None);
        }
        let most = self.shared.settings.workers;
        // One that is to make way gets no new work, unless so many are still held that the new ones would be too many.
        let spent = self.workers.iter().filter(|worker| worker.is_alive() && worker.is_spent()).count();
        let usable = |worker: &Worker| worker.is_alive() && (!worker.is_spent() || spent > most);
        let alive = self.workers.iter().filter(|worker| usable(worker)).count();
        let takes = |worker: &Worker| usable(worker) && worker.takes(client);
        let positions = self.workers.iter().enumerate().filter(|(_, worker)| takes(worker));
        let best = positions.min_by_key(|(_, worker)| worker.load()).map(|(at, worker)| (at, worker.load()));
        match best {
            Some((at, 0)) => return Ok(Some(at)),
            _ if alive >= most => return Ok(best.map(|(at, _)| at)),
            _ => {}
        }
        match (self.start_worker(now), best) {
            (Ok(at), _) | (Err(_), Some((at, _))) => Ok(Some(at)),
            (Err(message), None) => Err(CallError::new(CallErrorKind::WorkerCrashed, Code::SpawnFailed, message)),
        }
    }

    fn start_worker(&mut self, now: Instant) -> Result<usize, String> {
        let id = self.next_id();
        if self.byte_code == ByteCodeState::Unverified {
            self.byte_code = ByteCodeState::Awaited;
        }
        let mut worker = Worker::start(id, &self.shared, &self.launcher, now)
            .map_err(|error| format!("a Python worker could not be started: {error}"))?;
        if self.byte_code == ByteCodeState::Verified {
            worker.greet(&self.launcher);
        }
        let roles = [Role::WorkerInput, Role::WorkerOutput, Role::WorkerError, Role::WorkerExit];
        for (fd, role) in worker.descriptors().into_iter().zip(roles) {
            let interest = if matches!(role, Role::WorkerInput) { Interest::WRITABLE } else { Interest::READABLE };
            self.watch(fd, role, id, interest)
                .map_err(|error| format!("a Python worker could not be watched: {error}"))?;
        }
        self.workers.push(worker);
        Ok(self.workers.len() - 1)
    }

    fn cancel(&mut self, client: u32, request: u32, now: Instant) {
        let is_it = |origin: &mut Origin| matches!(origin, Origin::Client { client: c, request: r, .. } if *c == client && *r == request);
        if let Some(at) = self.queue.iter_mut().position(|call| is_it(&mut call.origin)) {
            if let Some(call) = self.queue.remove(at) {
                self.refuse(call, CallError::cancelled());
            }
            return;
        }
        let grace = self.shared.settings.grace;
        let _ = self.workers.iter_mut().any(|worker| worker.cancel(now, grace, is_it));
    }

    fn fail(&mut self, origin: Origin, error: CallError) {
        self.deliver(Answer { origin, worker: 0, reply: Err(error), kept: None });
    }

    fn deliver(&mut self, answer: Answer) {
        let left = match &answer.origin {
            Origin::Client { client, request, slot } => {
                let (request, slot) = (*request, *slot);
                match self.clients.iter_mut().find(|other| other.id() == *client) {
                    Some(client) => client.answer(request, slot, answer, &self.shared),
                    None => left_of(answer),
                }
            }
            Origin::Local(_) => self.answer_local(answer),
            Origin::Gone => left_of(answer),
        };
        self.release(&left.objects);
        if let Some(kept) = left.kept {
            self.taken(&kept);
        }
    }

    /// Tells a worker that something is no longer in its memory.
    fn taken(&mut self, kept: &Kept) {
        if let Some(worker) = self.workers.iter_mut().find(|worker| worker.id() == kept.worker) {
            worker.taken(kept.request);
        }
    }

    fn answer_local(&mut self, answer: Answer) -> Left {
        let Origin::Local(caller) = answer.origin else { return Left::default() };
        let mut left = Left { objects: Vec::new(), kept: answer.kept };
        let limits = self.shared.settings.result;
        let reply = answer.reply.and_then(|reply| {
            let Read { mut value, handles, rows, .. } = match reply {
                Reply::Value(read) => read,
                Reply::Plain(text) => {
                    value::read(&text, false, Vec::new(), limits).map_err(|error| CallError::value(&error))?
                }
            };
            if handles
                && let Err((error, objects)) = self.local.adopt(&mut value, answer.worker, self.shared.settings.handles)
            {
                left.objects = objects;
                return Err(error);
            }
            if rows {
                value.expand_rows();
            }
            Ok(value)
        });
        // The caller waits without a limit, so it takes this.
        let _ = caller.send(reply);
        left
    }

    fn release(&mut self, objects: &[RemoteObject]) {
        for worker in self.workers.iter_mut().filter(|worker| worker.is_alive()) {
            let ids: Vec<u32> =
                objects.iter().filter(|object| object.worker == worker.id()).map(|object| object.id).collect();
            if !ids.is_empty() {
                worker.release(&ids);
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

    fn stop_serving(&mut self, now: Instant) {
        let Some(serving) = self.serving.take() else { return };
        self.flush();
        for client in std::mem::take(&mut self.clients) {
            self.remove(client, now);
        }
        drop(serving.source);
        // Whoever asked may have stopped waiting.
        let _ = serving.done.send(Ok(()));
    }
}

/// All of an answer that nobody takes.
fn left_of(answer: Answer) -> Left {
    let mut objects = Vec::new();
    if let Ok(Reply::Value(Read { mut value, handles: true, .. })) = answer.reply {
        let Ok(()) = Value::for_each_handle(&mut value, &mut |handle| {
            objects.push(RemoteObject { worker: answer.worker, id: handle.id });
            Ok::<(), std::convert::Infallible>(())
        });
    }
    Left { objects, kept: answer.kept }
}
