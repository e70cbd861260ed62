//! The evidence that a wrapper is as good as its types: every module that the project promises in one crate, built once,
//! its package counted and checked by TypeScript's compilers, its grants resolved by Python, and called.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot be set up has failed")]

mod bytes;
mod calls;
mod conformance;
mod count;
mod coverage;
mod generator;
mod stated;
mod torture;
mod types;
