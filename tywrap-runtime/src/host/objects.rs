//! What every caller may do with the objects it holds, whatever their class: go through them, and take them as data.

use crate::grants::{Callable, CallableKind, Integers, Module, Param, ParamKind, Schema, Signature};

/// Position of the operation that takes an object as data.
pub(crate) const TAKE: u32 = 3;

/// Position of the operation that leaves a context manager. It takes the method that it calls to be granted of the object's class.
pub(crate) const LEAVE: usize = 6;

/// The operations, as a module that no annotation names: slot 0 of every connection.
pub(crate) static OBJECTS: Module = Module {
    name: "tywrap",
    package: "tywrap",
    digest: "",
    policy_digest: "",
    classes: &[],
    callables: &[
        operation("iterate", &[0]),
        operation("next", &[1]),
        operation("close", &[0]),
        operation("take", &[0]),
        operation("str", &[0]),
        operation("repr", &[0]),
        operation("leave", &[2]),
    ],
    signatures: &[Signature { first: 0, count: 1 }, Signature { first: 0, count: 2 }, Signature { first: 2, count: 3 }],
    params: &[
        Param { name: "object", kind: ParamKind::PosOnly, optional: false, schema: 0 },
        Param { name: "count", kind: ParamKind::PosOnly, optional: false, schema: 1 },
        Param { name: "object", kind: ParamKind::PosOnly, optional: false, schema: 0 },
        Param { name: "failure", kind: ParamKind::PosOnly, optional: false, schema: 3 },
        Param { name: "asynchronous", kind: ParamKind::PosOnly, optional: false, schema: 5 },
    ],
    schemas: &[Schema::Handle("object"), Schema::Int, Schema::None, Schema::Union(&[2, 4]), Schema::Str, Schema::Bool],
};

const fn operation(path: &'static str, signatures: &'static [u32]) -> Callable {
    Callable { path, kind: CallableKind::Function, signatures, integers: Integers::Either, result: None }
}
