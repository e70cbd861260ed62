//! The tywrap host: the grant table, the hardened Python worker and the security logger.

#[cfg(unix)]
mod arguments;
#[cfg(unix)]
mod bytecode;
#[cfg(all(target_os = "linux", any(feature = "doctor", test)))]
pub mod doctor;
mod grants;
#[cfg(unix)]
mod host;
#[cfg(unix)]
mod input_file;
mod policy;
#[cfg(unix)]
mod private;
mod sandbox;
mod security_log;
#[cfg(unix)]
mod subprocess;
mod value;
#[cfg(unix)]
mod wire;
#[cfg(unix)]
mod worker;

pub use grants::{
    Callable, CallableKind, Class, Field, Integers, Literal, Module, Param, ParamKind, Schema, SchemaId, Signature,
};
#[cfg(unix)]
pub use host::{CallError, CallErrorKind, Endpoint, Host, HostBuilder, HostError, PythonError};
#[cfg(unix)]
pub use input_file::{InputFile, InputFiles};
pub use policy::CompiledPolicy;
pub use sandbox::{Layer, NotEnforced, SandboxSpec, State, Status};
pub use security_log::{
    Area, AuditError, EventKind, Filter, Indicator, SecurityEvent, SecurityLogger, SecurityReport, Verified,
    verify_audit_file,
};
#[cfg(unix)]
pub use subprocess::{Child, Ending, Exit, Outcome, Program, ProgramRefused, Signal, SpawnError, Stream, Subprocess};
pub use value::{ArrayError, BigInt, Buffer, Dtype, EnumMember, Handle, NdArray, Value, WrongType};
#[cfg(unix)]
pub use worker::{PrintStream, PythonOutput};
