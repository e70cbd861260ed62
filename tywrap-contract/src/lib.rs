//! What the build script, the macro and the command must agree on, written once: how an annotation reads, where the
//! policy and the lock are found, what build.rs tells the macro, and the lock file.

pub mod lock;
pub mod manifest;
