//! The tywrap host: the grant table, the hardened Python worker and the security logger.

mod grants;

pub use grants::{Callable, CallableKind, Field, Literal, Module, Param, ParamKind, Schema, SchemaId, Signature};
