//! The typed surface of a Python module: what it exports, with parameters, kinds, defaults, overloads and docs.
//!
//! [`model`] is the surface as data. With the feature `analyze`, the crate also reads a surface from stubs, as text,
//! without running Python.

pub mod model;

pub use model::Surface;
