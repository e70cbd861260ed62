//! What a host counts for Prometheus: behind the feature `metrics`. Without it, everything here is nothing and costs
//! nothing.

#[cfg(not(all(unix, feature = "metrics")))]
mod off;
#[cfg(all(unix, feature = "metrics"))]
mod python;
#[cfg(all(unix, feature = "metrics"))]
mod registry;

#[cfg(not(all(unix, feature = "metrics")))]
pub(crate) use off::{Metrics, Stopwatch};
#[cfg(all(unix, feature = "metrics"))]
pub(crate) use registry::{Metrics, Stopwatch};

/// What was checked, as the label `validation_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// A call: its place in the grant table and its arguments.
    Call,
    /// A program, its arguments and its environment.
    Command,
    /// What the program that the host lives in has checked.
    Other,
}

/// Why a worker ended and another takes its place, as the label `reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Restart {
    /// A call took too long.
    Timeout,
    /// A call was cancelled and went on.
    Cancelled,
    /// It broke the wire.
    Protocol,
    /// It refused the greeting.
    Refused,
    /// It has done what the policy asks of one worker.
    Recycled,
    /// It ended by itself.
    Crashed,
}
