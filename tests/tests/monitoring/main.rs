//! What a host tells Prometheus, judged by Prometheus' own tools, and the files of `examples/monitoring/`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod files;
mod host;
mod live;
mod text;
