//! Functions of a client's.

use crate::grants::{Integers, Module, SchemaId};

/// A function of a client's. Python calls it while a call of that client is open.
#[derive(Clone, Debug, PartialEq)]
pub struct Callback {
    /// Names it: among the functions of its client, and on its way to a worker, among those of the host.
    pub(crate) id: u32,
    /// What it has to give, one of these; anything if there is none.
    pub(crate) returns: Vec<Returns>,
    /// Whether Python awaits what it gives.
    pub(crate) asynchronous: bool,
    /// What the integers of its arguments are to the client.
    pub(crate) integers: Integers,
}

/// A schema of a module.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Returns {
    pub(crate) module: &'static Module,
    pub(crate) schema: SchemaId,
}

impl PartialEq for Returns {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.module, other.module) && self.schema == other.schema
    }
}

impl Callback {
    /// A function that nothing is known of but that a client has it.
    pub(crate) fn new(id: u32) -> Self {
        Self { id, returns: Vec::new(), asynchronous: false, integers: Integers::Either }
    }

    /// Adds what another signature asks of it that takes it as well: nobody can tell which of them it was written for.
    pub(crate) fn merge(&mut self, other: Self) {
        if other.returns.is_empty() {
            self.returns.clear();
        } else if !self.returns.is_empty() {
            self.returns.extend(other.returns);
        }
        self.asynchronous &= other.asynchronous;
        if self.integers != other.integers {
            self.integers = Integers::Either;
        }
    }
}
