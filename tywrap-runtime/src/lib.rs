//! The tywrap host: the grant table, the hardened Python worker and the security logger.

mod arguments;
mod grants;
mod sandbox;
mod subprocess;
mod value;
mod wire;

pub use grants::{Callable, CallableKind, Field, Literal, Module, Param, ParamKind, Schema, SchemaId, Signature};
pub use sandbox::{Layer, NotEnforced, SandboxSpec, State, Status, status};
pub use subprocess::{Child, Ending, Exit, Outcome, Program, ProgramRefused, Signal, SpawnError, Stream, Subprocess};
pub use value::{ArrayError, BigInt, Buffer, Dtype, Handle, NdArray, Value, WrongType};
