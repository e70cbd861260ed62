//! The command, on real projects.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

mod check;
mod lock;
mod project;
