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
pub use tywrap_runtime::{
    Area, Args, ArrayError, AuditError, BigInt, Buffer, CallError, CallErrorKind, Column, CompiledPolicy, DataFrame,
    Dtype, Endpoint, EventKind, Filter, Handle, Host, HostBuilder, HostError, HostStats, Indicator, Layer, Module,
    NdArray, NotEnforced, PrintStream, PythonError, PythonOutput, SandboxSpec, Scalar, ScalarClass, SecurityEvent,
    SecurityLogger, SecurityReport, Series, State, Status, TableError, Value, Verified, WrongType, verify_audit_file,
};
#[cfg(unix)]
pub use tywrap_runtime::{
    Child, Client, Ending, Exit, InputFile, InputFiles, Outcome, Program, ProgramRefused, Signal, SpawnError, Stream,
    Subprocess,
};

/// The grant table as data. Generated code writes it; programs rarely need it.
pub mod grants {
    pub use tywrap_runtime::{
        Callable, CallableKind, Class, Field, Integers, Literal, Param, ParamKind, Schema, SchemaId, Signature,
    };
}

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
