//! Crates of users, built with Cargo: what build.rs and the macro do together, and when Cargo runs them again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test fails by panicking")]

mod lock;
mod output;
mod project;
mod rebuild;
mod refusal;
mod security;
