//! Where there is no host yet: programs compile, and building a host says what would not be enforced.

#[allow(dead_code, reason = "nothing takes them")]
mod args;
#[allow(dead_code, reason = "there is no wire to read errors from")]
mod call_error;
#[allow(dead_code, reason = "nothing is started that could fail")]
mod error;
mod stats;

use std::path::PathBuf;

use tywrap_policy::{Code, Diagnostic};

use crate::grants::Module;
use crate::policy::CompiledPolicy;
use crate::sandbox::{SandboxSpec, Status};
use crate::security_log::{SecurityLogger, SecurityReport, Sink};
use crate::value::{Handle, Value};
use crate::worker::PythonOutput;

pub use args::Args;
pub use call_error::{CallError, CallErrorKind, PythonError};
pub use error::HostError;
pub use stats::HostStats;

/// Where a host serves.
#[derive(Debug)]
#[non_exhaustive]
pub enum Endpoint {
    /// Standard input and output, for a client that starts the host.
    Stdio,
    /// A Unix socket, which this system does not have.
    Unix(PathBuf),
}

/// What a [`Host`] would be made of.
#[derive(Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct HostBuilder {
    policy: CompiledPolicy,
}

impl HostBuilder {
    /// As on Unix.
    pub fn module(self, _module: &'static Module) -> Self {
        self
    }

    /// As on Unix.
    pub fn venv(self, _path: impl Into<PathBuf>) -> Self {
        self
    }

    /// As on Unix.
    pub fn audit_log(self, _path: impl Into<PathBuf>) -> Self {
        self
    }

    /// As on Unix.
    pub fn cache_directory(self, _path: impl Into<PathBuf>) -> Self {
        self
    }

    /// As on Unix.
    pub fn sink(self, _sink: impl Sink) -> Self {
        self
    }

    /// As on Unix.
    pub fn on_output(self, _sink: impl FnMut(PythonOutput<'_>) + Send + 'static) -> Self {
        self
    }

    /// Builds nothing.
    ///
    /// # Errors
    /// What is wrong with the policy; else every property of it that is not enforced here.
    pub fn build(self) -> Result<Host, HostError> {
        let (policy, _) = self.policy.parse()?;
        let status = SandboxSpec::new(policy.sandbox()).status();
        let missing: Vec<String> = status
            .iter()
            .filter(|(property, _)| !status.holds(*property))
            .map(|(property, _)| format!("`{property}`"))
            .collect();
        let os = std::env::consts::OS;
        let message =
            format!("tywrap hosts no Python on {os} yet: nothing would enforce {}; use Linux", missing.join(", "));
        Err(Diagnostic::error(Code::NotEnforced, message).into())
    }
}

/// A host, of which this system can have none.
#[derive(Debug)]
pub enum Host {}

impl Host {
    /// Begins a host under the policy that is compiled into this binary.
    pub fn builder(policy: CompiledPolicy) -> HostBuilder {
        HostBuilder { policy }
    }

    /// As on Unix.
    ///
    /// # Errors
    /// None: there is no host to ask.
    pub fn serve(&self, _endpoint: Endpoint) -> Result<(), HostError> {
        match *self {}
    }

    /// As on Unix.
    pub fn stop(&self) {
        match *self {}
    }

    /// As on Unix.
    ///
    /// # Errors
    /// None: there is no host to ask.
    pub fn call(
        &self,
        _module: &'static Module,
        _path: &str,
        _args: Vec<Value>,
        _kwargs: Vec<(String, Value)>,
    ) -> Result<Value, CallError> {
        match *self {}
    }

    /// As on Unix.
    ///
    /// # Errors
    /// None: there is no host to ask.
    pub fn call_as<T>(&self, _module: &'static Module, _path: &str, _args: impl Into<Args>) -> Result<T, CallError>
    where
        T: TryFrom<Value, Error: std::fmt::Display>,
    {
        match *self {}
    }

    /// As on Unix.
    pub fn release(&self, _handles: impl IntoIterator<Item = Handle>) {
        match *self {}
    }

    /// As on Unix.
    pub fn report(&self) -> SecurityReport {
        match *self {}
    }

    /// As on Unix.
    pub fn logger(&self) -> &SecurityLogger {
        match *self {}
    }

    /// As on Unix.
    ///
    /// # Errors
    /// None: there is no host to ask.
    pub fn stats(&self) -> Result<HostStats, HostError> {
        match *self {}
    }

    /// As on Unix.
    ///
    /// # Errors
    /// None: there is no host to ask.
    #[cfg(feature = "metrics")]
    pub fn metrics(&self) -> Result<String, HostError> {
        match *self {}
    }

    /// As on Unix.
    pub fn sandbox(&self) -> &Status {
        match *self {}
    }
}
