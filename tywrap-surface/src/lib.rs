//! The typed surface of a Python module: what it exports, with parameters, kinds, defaults, overloads and docs.
//!
//! [`model`] is the surface as data, kept in files that are made to be read in a diff ([`Surface::to_json`]). With the
//! feature `analyze`, the crate also reads a surface from stubs, as text, without running Python.

#[cfg(feature = "analyze")]
pub mod analyze;
mod diff;
mod digest;
mod format;
mod inherit;
pub mod model;
mod walk;

pub use diff::{Change, ChangeKind, SurfaceDiff};
pub use format::FormatError;
pub use inherit::{Contents, Member};
pub use model::Surface;
