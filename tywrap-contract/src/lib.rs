//! What the build script, the macro and the command must agree on, written once: how an annotation reads, where the
//! policy and the lock are found, what build.rs tells the macro and the report, and the lock file.
//!
//! Nothing here reads the environment or the working directory. Where a path decides something, the caller passes it in,
//! and every function that reads a file says which, so that the caller can have Cargo watch it.

pub mod annotation;
pub mod build_events;
pub mod file;
pub mod locate;
pub mod lock;
pub mod manifest;
pub mod package;

mod read;
