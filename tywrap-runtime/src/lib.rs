//! The tywrap host: the grant table, the hardened Python worker and the security logger.

// What only Linux enforces, or only Unix has, stands unused elsewhere.
#![cfg_attr(not(target_os = "linux"), allow(dead_code, unused_imports))]

mod arguments;
#[cfg(unix)]
mod bytecode;
#[cfg(unix)]
mod client;
#[cfg(all(target_os = "linux", any(feature = "doctor", test)))]
pub mod doctor;
#[cfg(all(unix, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod grants;
#[cfg(unix)]
mod host;
#[cfg(not(unix))]
#[path = "host/no_host.rs"]
mod host;
#[cfg(all(unix, feature = "http"))]
mod http;
#[cfg(unix)]
mod input_file;
#[cfg_attr(not(unix), allow(dead_code, unused_imports, reason = "only a host counts"))]
mod metrics;
mod policy;
#[cfg(unix)]
mod private;
mod sandbox;
mod security_log;
#[cfg(target_os = "linux")]
mod shared_memory;
#[cfg(not(target_os = "linux"))]
#[path = "no_shared_memory.rs"]
mod shared_memory;
#[cfg(unix)]
mod subprocess;
mod value;
#[cfg(unix)]
mod wire;
#[cfg(unix)]
mod worker;
#[cfg(not(unix))]
#[path = "worker/output.rs"]
mod worker;

#[cfg(unix)]
pub use client::Client;
pub use grants::{
    Callable, CallableKind, Class, Field, Integers, Literal, Module, Param, ParamKind, Schema, SchemaId, Signature,
};
pub use host::{Args, CallError, CallErrorKind, Endpoint, Host, HostBuilder, HostError, HostStats, PythonError};
#[cfg(all(unix, feature = "http"))]
pub use http::HttpFront;
#[cfg(unix)]
pub use input_file::{InputFile, InputFiles};
pub use policy::CompiledPolicy;
pub use sandbox::{Layer, NotEnforced, SandboxSpec, State, Status};
#[cfg(feature = "tracing")]
pub use security_log::TracingSink;
#[cfg(feature = "webhook")]
pub use security_log::WebhookSink;
pub use security_log::{
    Area, AuditError, AuditHead, AuditOptions, AuditSeries, AuditedChain, Broken, BuildFinding, BuildFindings,
    ChainState, Damage, EventKind, Filter, FindingKind, Indicator, Measured, NotAHead, SecurityEvent, SecurityLogger,
    SecurityReport, Sink, SinkError, StderrFormat, StderrSink, Subscription, Timeline, TornLine, Verdict, Verified,
    audit_directory, verify_audit_file,
};
#[cfg(feature = "syslog")]
pub use security_log::{Facility, SyslogSink};
#[cfg(unix)]
pub use subprocess::{Child, Ending, Exit, Outcome, Program, ProgramRefused, Signal, SpawnError, Stream, Subprocess};
pub use tywrap_policy::{Code, Severity};
pub use value::{
    ArrayError, BigInt, Buffer, Callback, Closed, Column, DataFrame, Dtype, EnumMember, Handle, Index, NdArray, Scalar,
    ScalarClass, Series, TableError, Value, WrongType,
};
pub use worker::{PrintStream, PythonOutput};
