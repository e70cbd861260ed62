//! The tywrap policy file, `tywrap.toml`, and every pure check on it.

mod code;
mod diagnostic;
mod error;

pub use code::Code;
pub use diagnostic::{Diagnostic, Level, Place};
pub use error::{SecurityError, Severity};
