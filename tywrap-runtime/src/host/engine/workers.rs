//! The workers: when one is started, read from and removed.

use std::thread::JoinHandle;
use std::time::Instant;

use mio::Interest;

use super::{ByteCodeState, Engine, Role};
use crate::worker::{Launcher, Scratch, Worker};

impl Engine {
    pub(super) fn start_first_worker(&mut self, now: Instant) {
        if self.workers.is_empty() && self.byte_code != ByteCodeState::Awaited {
            let _ = self.start_worker(now);
        }
    }

    /// Greets the worker that waits for it, or starts another in its place. No call has been sent to it.
    pub(super) fn verified(&mut self, changed: Option<Box<Launcher>>, now: Instant) {
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

    pub(super) fn start_worker(&mut self, now: Instant) -> Result<usize, String> {
        let id = self.next_id();
        if self.byte_code == ByteCodeState::Unverified {
            self.byte_code = ByteCodeState::Awaited;
        }
        let mut worker = Worker::start(id, &self.shared, &self.launcher, self.may_share(), now)
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

    /// Takes answers, ends what takes too long, buries what has ended. Whether there is more to read.
    pub(super) fn serve_workers(&mut self, now: Instant) -> bool {
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
    pub(super) fn retire_workers(&mut self, now: Instant) {
        let (local, clients) = (&self.local, &self.clients);
        let is_held = |worker: u32| local.holds(worker) || clients.iter().any(|client| client.holds(worker));
        for worker in self.workers.iter_mut().filter(|worker| worker.is_spent() && !is_held(worker.id())) {
            worker.retire(&self.shared, now);
        }
    }
}

/// Removes a scratch directory beside the loop: there may be a million files in it. Where no thread is to be had, it is gone when this
/// returns.
fn remove(scratch: Scratch) -> Option<JoinHandle<()>> {
    std::thread::Builder::new().name("tywrap-scratch".to_owned()).spawn(move || drop(scratch)).ok()
}
