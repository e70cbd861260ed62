//! What a Python worker may do to the rest of the machine, stated as properties and met by layers of the kernel.
//!
//! A policy asks for properties ([`tywrap_policy::section::Property`]). Which [`Layer`] meets one depends on the kernel, so a machine with an older Landlock
//! still qualifies where seccomp closes the gap; [`Status`] says what holds on this machine, and by what. When a
//! property does not hold, nothing is spawned: the caller gets a [`NotEnforced`], unless the policy accepts that very
//! property as degraded.

#[cfg(target_os = "linux")]
pub(crate) mod linux;
mod spec;
mod status;

pub use spec::SandboxSpec;
pub use status::{Layer, NotEnforced, State, Status};

#[cfg(all(test, target_os = "linux"))]
mod tests;
