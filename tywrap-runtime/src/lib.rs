//! The tywrap host: the grant table, the hardened Python worker and the security logger.

mod arguments;
mod grants;
mod value;
mod wire;

pub use grants::{Callable, CallableKind, Field, Literal, Module, Param, ParamKind, Schema, SchemaId, Signature};
pub use value::{ArrayError, BigInt, Buffer, Dtype, Handle, NdArray, Value, WrongType};
