//! The host against real Python: over sockets as a client sees it, and from Rust.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stderr, reason = "a test that cannot run says so")]

mod audit;
mod bytecode;
mod callbacks;
mod calls;
mod client;
mod failures;
mod grants;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "http")]
mod http_peer;
mod members;
mod methods;
#[cfg(feature = "metrics")]
mod metrics;
mod numpy;
mod objects;
mod protocol;
mod rows;
mod rust_client;
mod sandbox;
mod scalars;
#[cfg(target_os = "linux")]
mod shared_memory;
mod sinks;
mod soak;
mod sockets;
mod tables;
mod tasks;
