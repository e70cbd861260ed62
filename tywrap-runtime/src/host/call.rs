//! A call on its way to a worker, and its answer on the way back.

use std::sync::mpsc::Sender;

use super::CallError;
use crate::value::{Read, Value};

/// A call whose arguments have been bound and checked.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) origin: Origin,
    /// Position among the host's modules.
    pub(crate) module: usize,
    /// Position in the module's grant table.
    pub(crate) callable: u32,
    /// Handles in here are the worker's own.
    pub(crate) args: Vec<Value>,
    pub(crate) kwargs: Vec<(String, Value)>,
    /// The worker that owns the handles, if there are any.
    pub(crate) worker: Option<u32>,
}

/// Who called.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// A connection.
    Client { client: u32, request: u32, slot: u16 },
    /// A thread of the host's own program, which waits.
    Local(Sender<Result<Value, CallError>>),
    /// Nobody any more: the connection has been closed.
    Gone,
}

/// What a worker answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) origin: Origin,
    /// The worker that owns the handles in the reply.
    pub(crate) worker: u32,
    pub(crate) reply: Result<Reply, CallError>,
}

/// A result.
#[derive(Debug)]
pub(crate) enum Reply {
    /// A value, which is written anew.
    Value(Read<Value>),
    /// Text of the plain form, which has been read whole: there is nothing in it that this side has to know of, so it is passed on.
    Plain(Vec<u8>),
}
