//! What workers ask of clients: to call their functions.

use std::collections::BTreeMap;
use tywrap_policy::Code;

use super::Engine;
use crate::host::client::Given;
use crate::host::functions::Function;
use crate::host::{Ask, Call, CallError, CallErrorKind};
use crate::security_log::EventKind;
use crate::value::{Arguments, Read};

impl Engine {
    /// Does what a worker asked.
    pub(super) fn ask(&mut self, worker: u32, asks: Vec<Ask>) {
        for ask in asks {
            match ask {
                Ask::Call { request, function, args } => self.call_function(worker, request, function, args),
                Ask::Release(numbers) => {
                    let released = self.functions.release(worker, &numbers);
                    self.give_back(&released);
                }
            }
        }
    }

    /// Passes a call of a function on to the client that has it. Python may keep a function for longer than it was lent for, so
    /// there has to be a call that its owner waits for.
    fn call_function(&mut self, worker: u32, request: u32, number: u32, args: Read<Arguments>) {
        let function = self.functions.get(worker, number);
        let Some(at) = self.workers.iter().position(|other| other.id() == worker) else { return };
        let function = function.filter(|function| self.workers[at].works_for(function.client));
        let owner = function.as_ref().map(|function| function.client);
        let client = self.clients.iter_mut().find(|other| Some(other.id()) == owner);
        let (Some(function), Some(client)) = (function, client) else {
            let message = "Python called a function of TypeScript while no call of its connection was open";
            self.shared.record(EventKind::CallRefused, Code::CallbackRefused, message);
            let error = CallError::new(CallErrorKind::Callback, Code::CallbackRefused, message);
            self.workers[at].answer(request, Err(error), &self.shared);
            return;
        };
        match client.ask(worker, request, function, args, &self.shared) {
            Ok(()) => self.workers[at].asks(request, client.id()),
            Err((error, lost)) => {
                self.workers[at].answer(request, Err(error), &self.shared);
                self.release(&lost);
            }
        }
    }

    /// Passes on what a function gave.
    pub(super) fn take_given(&mut self, client: u32, given: Given) {
        let Given { worker, request, reply, functions } = given;
        let Some(at) = self.workers.iter().position(|other| other.id() == worker && other.is_alive()) else {
            self.give_back_to(client, &functions);
            return;
        };
        let reply = reply.map(|mut value| {
            if !functions.is_empty() {
                self.functions.lend(client, worker, std::iter::once(&mut value));
            }
            value
        });
        if reply.is_err() {
            self.give_back_to(client, &functions);
        }
        // What had to wait for the function is sent in the same turn.
        self.workers[at].answer(request, reply, &self.shared);
    }

    /// Ends a call that no worker was sent.
    pub(super) fn refuse(&mut self, call: Call, error: CallError) {
        if let Some(client) = call.origin.client() {
            self.give_back_to(client, &call.functions);
        }
        self.fail(call.origin, error);
    }

    /// Tells clients which of their functions nobody holds any more.
    pub(super) fn give_back(&mut self, functions: &[Function]) {
        let mut ids: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        functions.iter().for_each(|function| ids.entry(function.client).or_default().push(function.id));
        ids.iter().for_each(|(&client, ids)| self.give_back_to(client, ids));
    }

    fn give_back_to(&mut self, client: u32, ids: &[u32]) {
        if let Some(client) = self.clients.iter_mut().find(|other| other.id() == client) {
            client.give_back(ids);
        }
    }
}
