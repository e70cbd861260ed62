//! Call Python from TypeScript under a security policy that the Rust compiler enforces.
//!
//! A crate names Python modules with [`wrap`]; `cargo build` checks each against `tywrap.toml`, emits typed TypeScript
//! wrappers for what is allowed, and turns what is not into a compile error at the annotation.
//!
//! Rust calls what it wrapped through the same checks, with [`Host::call_as`] where Python runs behind this process, and with a
//! [`Client`] where a host of another process does:
//!
//! ```no_run
//! # static MODULE: tywrap::Module = tywrap::__private::refused("math");
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let client = tywrap::Client::connect("/run/user/1000/my-app/host.sock")?;
//! let root: f64 = client.call_as(&MODULE, "sqrt", (2,))?;
//! # Ok(())
//! # }
//! ```

pub use tywrap_macros::{policy, wrap};
#[cfg(all(unix, feature = "http"))]
pub use tywrap_runtime::HttpFront;
#[cfg(feature = "tracing")]
pub use tywrap_runtime::TracingSink;
#[cfg(feature = "webhook")]
pub use tywrap_runtime::WebhookSink;
pub use tywrap_runtime::{
    Area, Args, ArrayError, AuditError, AuditHead, AuditOptions, AuditSeries, AuditedChain, BigInt, Broken, Buffer,
    BuildFinding, BuildFindings, CallError, CallErrorKind, ChainState, Closed, Code, Column, CompiledPolicy, Damage,
    DataFrame, Dtype, Endpoint, EventKind, Filter, FindingKind, Handle, Host, HostBuilder, HostError, HostStats, Index,
    Indicator, Layer, Measured, Module, NdArray, NotAHead, NotEnforced, PrintStream, PythonError, PythonOutput,
    SandboxSpec, Scalar, ScalarClass, SecurityEvent, SecurityLogger, SecurityReport, Series, Severity, Sink, SinkError,
    State, Status, StderrFormat, StderrSink, Subscription, TableError, Timeline, TornLine, Value, Verdict, Verified,
    WrongType, audit_directory, verify_audit_file,
};
#[cfg(unix)]
pub use tywrap_runtime::{
    Child, Client, Ending, Exit, InputFile, InputFiles, Outcome, Program, ProgramRefused, Signal, SpawnError, Stream,
    Subprocess,
};
#[cfg(feature = "syslog")]
pub use tywrap_runtime::{Facility, SyslogSink};

/// The grant table as data. Generated code writes it; programs rarely need it.
pub mod grants {
    pub use tywrap_runtime::{
        Callable, CallableKind, Class, Field, Integers, Literal, Param, ParamKind, Schema, SchemaId, Signature,
    };
}

/// So that the code in the example is compiled.
#[cfg(all(doctest, unix, feature = "syslog", feature = "webhook"))]
#[doc = include_str!("../examples/monitoring/README.md")]
mod monitoring_example {}

/// Used by the expansion of [`wrap`], and by nothing else.
#[doc(hidden)]
pub mod __private {
    use crate::Module;

    /// What stands in the place of a refused module: it grants nothing.
    pub const fn refused(name: &'static str) -> Module {
        Module {
            name,
            package: "",
            digest: "",
            policy_digest: "",
            classes: &[],
            callables: &[],
            signatures: &[],
            params: &[],
            schemas: &[],
        }
    }
}
