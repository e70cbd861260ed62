//! A call on its way to a worker, and its answer on the way back.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use tywrap_policy::{Code, nearest};

use super::handles::RemoteObject;
use super::{CallError, CallErrorKind};
use crate::arguments::bind;
use crate::grants::Module;
use crate::shared_memory::SharedMemory;
use crate::value::{Arguments, Read, Value};

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
    /// The client's numbers of the functions among the arguments.
    pub(crate) functions: Vec<u32>,
    /// Whether the result may lie in shared memory.
    pub(crate) shared: bool,
}

impl Call {
    /// Every argument.
    pub(crate) fn values(&mut self) -> impl Iterator<Item = &mut Value> {
        self.args.iter_mut().chain(self.kwargs.iter_mut().map(|(_, value)| value))
    }
}

/// Finds what is called by its name, and binds and checks its arguments, of which each must be one that `allows` takes. For a call that
/// Rust makes, which has names; a client of the wire has numbers.
pub(crate) fn prepare(
    module: &'static Module,
    path: &str,
    args: Vec<Value>,
    kwargs: Vec<(String, Value)>,
    allows: impl Fn(&Value) -> Result<(), String>,
) -> Result<(u32, Arguments), (Code, CallError)> {
    let Some(index) = module.callables.iter().position(|callable| callable.path == path) else {
        let near = nearest(path, module.callables.iter().map(|callable| callable.path));
        let advice = near.first().map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        let message = format!("`{}` grants no {path:?}{advice}", module.name);
        return Err((Code::CallUnknown, CallError::new(CallErrorKind::Policy, Code::CallUnknown, message)));
    };
    args.iter()
        .chain(kwargs.iter().map(|(_, value)| value))
        .try_for_each(allows)
        .map_err(|message| (Code::CallType, CallError::new(CallErrorKind::Validation, Code::CallType, message)))?;
    let bound = bind(module, &module.callables[index], args, kwargs)
        .map_err(|refused| (refused.code, CallError::from(refused)))?;
    Ok((index as u32, bound))
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

impl Origin {
    /// The connection.
    pub(crate) fn client(&self) -> Option<u32> {
        match self {
            Self::Client { client, .. } => Some(*client),
            Self::Local(_) | Self::Gone => None,
        }
    }
}

/// What a worker asks while it works: something about functions of clients'.
#[derive(Debug)]
pub(crate) enum Ask {
    /// To call one.
    Call {
        /// The worker's own number of the call.
        request: u32,
        /// The host's number of the function.
        function: u32,
        args: Read<Arguments>,
    },
    /// To let go of some, which nothing in the worker refers to any more.
    Release(Vec<u32>),
}

/// What a worker answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) origin: Origin,
    /// The worker that owns the handles in the reply.
    pub(crate) worker: u32,
    pub(crate) reply: Result<Reply, CallError>,
    /// What the reply keeps there, if some of it lies in the worker's memory.
    pub(crate) kept: Option<Kept>,
}

/// What a result keeps in a worker's memory until it is taken out.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    /// Whose memory it is.
    pub(crate) worker: u32,
    /// The worker's own number of the call.
    pub(crate) request: u32,
    /// Its client opens it by its descriptor, though the worker may have ended.
    _memory: Arc<SharedMemory>,
}

impl Kept {
    pub(crate) fn new(worker: u32, request: u32, memory: &Arc<SharedMemory>) -> Self {
        Self { worker, request, _memory: Arc::clone(memory) }
    }
}

/// What is left of an answer that nobody took, or took in part.
#[derive(Debug, Default)]
pub(crate) struct Left {
    /// To be released.
    pub(crate) objects: Vec<RemoteObject>,
    /// To be taken out.
    pub(crate) kept: Option<Kept>,
}

/// A result.
#[derive(Debug)]
pub(crate) enum Reply {
    /// A value, which is written anew.
    Value(Read<Value>),
    /// Text of the plain form, which has been read whole: there is nothing in it that this side has to know of, so it is passed on.
    Plain(Vec<u8>),
}
