//! Stands in where the feature `metrics` is off, and where there is no host.

use std::time::{Duration, Instant};

use super::{Check, Restart};
use crate::grants::Module;
use crate::host::{CallError, HostError};
use crate::security_log::SecurityEvent;
use tywrap_policy::Policy;

/// No counters.
#[derive(Debug)]
pub(crate) struct Metrics;

/// No start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch;

impl Stopwatch {
    pub(crate) fn since(_: Instant) -> Self {
        Self
    }
}

impl Metrics {
    pub(crate) fn new(_: &Policy, _: &[&'static Module], _: &str) -> Result<Self, HostError> {
        Ok(Self)
    }

    pub(crate) fn call(&self, _: usize, _: Stopwatch, _: Option<&CallError>) {}

    pub(crate) fn refused(&self, _: Option<usize>, _: &CallError) {}

    pub(crate) fn restart(&self, _: Restart) {}

    pub(crate) fn event(&self, _: &SecurityEvent) {}

    pub(crate) fn check(&self, _: Check, _: Duration) {}
}
