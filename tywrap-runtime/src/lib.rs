//! The tywrap host: the grant table, the hardened Python worker and the security logger.

mod arguments;
mod grants;
mod host;
mod policy;
mod sandbox;
mod security_log;
mod subprocess;
mod value;
mod wire;
mod worker;

pub use grants::{Callable, CallableKind, Field, Literal, Module, Param, ParamKind, Schema, SchemaId, Signature};
pub use host::{CallError, CallErrorKind, Endpoint, Host, HostBuilder, HostError, PythonError};
pub use policy::CompiledPolicy;
pub use sandbox::{Layer, NotEnforced, SandboxSpec, State, Status};
pub use security_log::{
    Area, AuditError, EventKind, Filter, Indicator, SecurityEvent, SecurityLogger, SecurityReport, Verified,
    verify_audit_file,
};
pub use subprocess::{Child, Ending, Exit, Outcome, Program, ProgramRefused, Signal, SpawnError, Stream, Subprocess};
pub use value::{ArrayError, BigInt, Buffer, Dtype, Handle, NdArray, Value, WrongType};
pub use worker::{PrintStream, PythonOutput};
