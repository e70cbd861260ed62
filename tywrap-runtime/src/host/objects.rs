//! What every caller may do with the objects it holds, whatever their class: go through them, and take them as data.

use crate::grants::{Callable, CallableKind, Integers, Module, Param, ParamKind, Schema, Signature};

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
    ],
    signatures: &[Signature { first: 0, count: 1 }, Signature { first: 0, count: 2 }],
    params: &[
        Param { name: "object", kind: ParamKind::PosOnly, optional: false, schema: 0 },
        Param { name: "count", kind: ParamKind::PosOnly, optional: false, schema: 1 },
    ],
    schemas: &[Schema::Handle("object"), Schema::Int],
};

const fn operation(path: &'static str, signatures: &'static [u32]) -> Callable {
    Callable { path, kind: CallableKind::Function, signatures, integers: Integers::Either, result: None }
}
