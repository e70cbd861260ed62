//! Calls on their way to a worker.

use std::time::Instant;

use tywrap_policy::Code;

use super::{ByteCodeState, Engine};
use crate::host::{Call, CallError, CallErrorKind, Origin};
use crate::worker::Worker;

impl Engine {
    /// Sends a call to a worker, or lets it wait for one.
    pub(super) fn submit(&mut self, call: Call, now: Instant) {
        if !self.queue.is_empty() {
            self.queue.push_back(call);
        } else if let Some(call) = self.place(call, now) {
            self.queue.push_back(call);
        }
    }

    pub(super) fn send_queued(&mut self, now: Instant) {
        for _ in 0..self.queue.len() {
            let Some(call) = self.queue.pop_front() else { return };
            if let Some(call) = self.place(call, now) {
                self.queue.push_back(call);
            }
        }
    }

    /// Sends a call to a worker; gives it back if it has to wait.
    pub(super) fn place(&mut self, mut call: Call, now: Instant) -> Option<Call> {
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
    pub(super) fn choose_worker(&mut self, client: Option<u32>, now: Instant) -> Result<Option<usize>, CallError> {
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

    pub(super) fn cancel(&mut self, client: u32, request: u32, now: Instant) {
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
}
