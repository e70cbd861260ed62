//! The whole way: a crate with annotations is built with Cargo, its package is type-checked and run by Node, and its
//! host calls real Python. Refusals are proved with a Python module that says whether it was reached.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot be set up has failed")]

mod calls;
mod frames;
mod generator;
mod http;
mod socket;
mod types;
mod wire;
