//! Answers on their way back, and what is left of them.

use super::Engine;
use crate::host::handles::RemoteObject;
use crate::host::{Answer, CallError, Kept, Left, Origin, Reply};
use crate::value::{self, Read, Value};

impl Engine {
    pub(super) fn fail(&mut self, origin: Origin, error: CallError) {
        self.deliver(Answer { origin, worker: 0, reply: Err(error), kept: None });
    }

    pub(super) fn deliver(&mut self, answer: Answer) {
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
    pub(super) fn taken(&mut self, kept: &Kept) {
        if let Some(worker) = self.workers.iter_mut().find(|worker| worker.id() == kept.worker) {
            worker.taken(kept.request);
        }
    }

    pub(super) fn answer_local(&mut self, answer: Answer) -> Left {
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

    pub(super) fn release(&mut self, objects: &[RemoteObject]) {
        for worker in self.workers.iter_mut().filter(|worker| worker.is_alive()) {
            let ids: Vec<u32> =
                objects.iter().filter(|object| object.worker == worker.id()).map(|object| object.id).collect();
            if !ids.is_empty() {
                worker.release(&ids);
            }
        }
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
