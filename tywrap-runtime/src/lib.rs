//! The tywrap host: the grant table, the hardened Python worker and the security logger.

mod grants;
mod sandbox;
mod subprocess;

pub use grants::{Callable, CallableKind, Field, Literal, Module, Param, ParamKind, Schema, SchemaId, Signature};
pub use sandbox::{Layer, NotEnforced, SandboxSpec, State, Status, status};
pub use subprocess::{Child, Ending, Exit, Outcome, Program, ProgramRefused, Signal, SpawnError, Stream, Subprocess};
