//! From the surface's signatures to shapes: what each parameter takes and the call gives.

use std::collections::{BTreeMap, BTreeSet};

use tywrap_policy::section::IntegerMode;
use tywrap_surface::model::{ParamKind, Sig, Type, TypeParam, TypeParamKind};

use super::lower::{Lower, replace};
use super::own;
use super::shape::{Replacement, Shape, Way};
use super::ts::Ts;
use super::typescript::{Reading, TypeVar};

/// A signature whose constrained type variables have more combinations than this gets the unions of the constraints
/// instead.
const MAX_COMBINATIONS: usize = 8;

/// A signature, lowered.
#[derive(Debug)]
pub(super) struct Signature {
    pub(super) params: Vec<Param>,
    pub(super) ret: Shape,
    /// What it must be called on, where that is more than an instance of its class.
    pub(super) this: Option<Shape>,
    /// The type variables that TypeScript infers from the arguments, by Python's name.
    pub(super) vars: BTreeMap<String, Variable>,
    /// Those of the class around it.
    pub(super) outer: BTreeMap<String, TypeVar>,
    pub(super) deprecated: Option<String>,
}

/// A parameter, lowered.
#[derive(Clone, Debug)]
pub(super) struct Param {
    pub(super) name: String,
    pub(super) kind: ParamKind,
    pub(super) optional: bool,
    /// What it takes; type variables stand in it.
    pub(super) shape: Shape,
    /// What it takes, with type variables replaced by what they range over.
    pub(super) erased: Shape,
}

/// A type variable that stays one in TypeScript.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub(super) read: TypeVar,
    /// What stands after `extends`, for a variable that is a dtype.
    pub(super) extends: Option<Ts>,
    /// What it is if no argument decides it.
    pub(super) default: Ts,
}

/// The class around a signature.
#[derive(Clone, Copy, Default)]
pub(super) struct Outer<'a> {
    /// Its type parameters.
    pub(super) scope: &'a [TypeParam],
    /// Those that TypeScript keeps, by Python's name.
    pub(super) vars: Option<&'a BTreeMap<String, TypeVar>>,
}

/// Lowers a signature. One that is generic over constrained variables (`AnyStr`) becomes one for each combination of the
/// constraints, since that is what such a variable means.
pub(super) fn lower(sig: &Sig, outer: Outer<'_>, integers: IntegerMode, lower: &mut Lower<'_, '_>) -> Vec<Signature> {
    let constrained: Vec<&TypeParam> =
        sig.vars.iter().filter(|var| var.kind == TypeParamKind::TypeVar && !var.constraints.is_empty()).collect();
    let count = constrained.iter().try_fold(1_usize, |count, var| count.checked_mul(var.constraints.len()));
    let Some(count) = count.filter(|count| *count > 1 && *count <= MAX_COMBINATIONS) else {
        return vec![one(sig, &BTreeMap::new(), outer, integers, lower)];
    };
    (0..count)
        .map(|mut combination| {
            let mut chosen = BTreeMap::new();
            for var in &constrained {
                chosen.insert(var.name.as_str(), var.constraints[combination % var.constraints.len()].clone());
                combination /= var.constraints.len();
            }
            one(sig, &chosen, outer, integers, lower)
        })
        .collect()
}

fn one(
    sig: &Sig,
    chosen: &BTreeMap<&str, Type>,
    outer: Outer<'_>,
    integers: IntegerMode,
    lower: &mut Lower<'_, '_>,
) -> Signature {
    let own = sig.vars.iter().filter(|var| !chosen.contains_key(var.name.as_str()));
    let around = outer.scope.iter().filter(|var| sig.vars.iter().all(|own| own.name != var.name));
    let scope: Vec<&TypeParam> = own.chain(around).collect();
    let kept: BTreeMap<String, TypeVar> = outer.vars.cloned().unwrap_or_default();
    let mut raw: Vec<Param> = Vec::new();
    for param in &sig.params {
        let ty = replace(&param.ty, chosen);
        let shape = match (&*ty, param.kind) {
            (Type::Unpack(inner), ParamKind::VarPos) => variadic(lower.lower(inner, Way::In, &scope)),
            (Type::Unpack(inner), ParamKind::VarKw) => {
                let shape = lower.lower(inner, Way::In, &scope);
                if let Some(params) = lower.keywords(&shape) {
                    raw.extend(params);
                    continue;
                }
                Shape::Value
            }
            (ty, _) => lower.lower(ty, Way::In, &scope),
        };
        let optional = param.default.is_some() || matches!(param.kind, ParamKind::VarPos | ParamKind::VarKw);
        raw.push(Param { name: param.name.clone(), kind: param.kind, optional, erased: shape.clone(), shape });
    }
    let ret = lower.lower(&replace(&sig.ret, chosen), Way::Out, &scope);
    // Only what it says of the arguments of the class can be told apart by TypeScript.
    let this = sig.this.as_ref().map(|this| lower.lower(&replace(this, chosen), Way::Out, &scope));
    let this = this.filter(|this| matches!(this, Shape::Object(instance) if !instance.args.is_empty()));

    let mut vars = BTreeMap::new();
    let mut erased_in: BTreeMap<&str, Replacement> = BTreeMap::new();
    let mut erased_out: BTreeMap<&str, Replacement> = BTreeMap::new();
    for var in scope.iter().filter(|var| var.kind == TypeParamKind::TypeVar) {
        let replacement = lower.erase(var, Way::In, &scope);
        if kept.contains_key(&var.name) {
            erased_in.insert(&var.name, replacement);
            continue;
        }
        if is_inferred(&var.name, &raw, this.as_ref(), &ret) {
            let name = unique_name(&var.name, &vars, &kept);
            vars.insert(var.name.clone(), variable(name, &var.name, &replacement, integers, &raw));
        }
        erased_in.insert(&var.name, replacement);
        erased_out.insert(&var.name, lower.erase(var, Way::Out, &scope));
    }
    // Without variables there is nothing to replace.
    for param in raw.iter_mut().filter(|_| !erased_in.is_empty()) {
        param.shape = param.shape.substitute(&|name| {
            if vars.contains_key(name) || kept.contains_key(name) { None } else { erased_in.get(name).cloned() }
        });
        param.erased = param.erased.substitute(&|name| erased_in.get(name).cloned());
    }
    // Those that are kept have nothing to be replaced by.
    let result = |shape: Shape| {
        if erased_out.is_empty() {
            return shape;
        }
        shape.substitute(&|name| if vars.contains_key(name) { None } else { erased_out.get(name).cloned() })
    };
    let (ret, this) = (result(ret), this.map(result));
    Signature { params: raw, ret, this, vars, outer: kept, deprecated: sig.deprecated.clone() }
}

/// Whether arguments decide what a variable is of which something is given: the result, or what a function of the caller's is called
/// with. As the dtype of an array it has another meaning than as the type of a value, so one that is both is not kept.
fn is_inferred(name: &str, params: &[Param], this: Option<&Shape>, ret: &Shape) -> bool {
    let (mut taken, mut given) = (Uses::default(), Uses::default());
    for shape in params.iter().map(|param| &param.shape).chain(this) {
        shape.walk(&mut |shape| {
            taken.count(name, shape);
            if let Shape::Function(function) = shape {
                function.params.iter().for_each(|(_, shape)| shape.walk(&mut |shape| given.count(name, shape)));
            }
        });
    }
    ret.walk(&mut |shape| given.count(name, shape));
    let both = |one: usize, other: usize| one > 0 && other > 0;
    both(taken.values, given.values) && taken.arrays + given.arrays == 0
        || both(taken.arrays, given.arrays) && taken.values + given.values == 0
}

/// How often a type variable stands somewhere.
#[derive(Default)]
struct Uses {
    values: usize,
    /// As the dtype of an array.
    arrays: usize,
}

impl Uses {
    fn count(&mut self, name: &str, shape: &Shape) {
        match shape {
            Shape::Var(found) if found == name => self.values += 1,
            Shape::Array(dtypes) if dtypes.is_var(name) => self.arrays += 1,
            _ => {}
        }
    }
}

fn variable(ts_name: String, name: &str, erased: &Replacement, integers: IntegerMode, params: &[Param]) -> Variable {
    let mut is_dtype = false;
    for param in params {
        param.shape.walk(&mut |shape| is_dtype |= matches!(shape, Shape::Array(dtypes) if dtypes.is_var(name)));
    }
    let none = BTreeMap::new();
    let reading = Reading { way: Way::In, integers, vars: &none, in_alias: false };
    if is_dtype {
        let extends = own::dtype_argument(&erased.dtypes).unwrap_or(Ts::client("DType"));
        let read = TypeVar { name: ts_name, bound: None, of_class: false };
        return Variable { read, extends: Some(extends.clone()), default: extends };
    }
    let bound = match &erased.shape {
        Shape::Value | Shape::Unknown => None,
        shape => Some(reading.ts(shape)),
    };
    Variable { read: TypeVar { name: ts_name, bound, of_class: false }, extends: None, default: Ts::client("PyValue") }
}

/// `_T_co` is `T` in TypeScript, where it is not taken.
fn unique_name(name: &str, taken: &BTreeMap<String, Variable>, outer: &BTreeMap<String, TypeVar>) -> String {
    let taken = taken.values().map(|var| &var.read).chain(outer.values());
    let taken: BTreeSet<&str> = taken.map(|read| read.name.as_str()).collect();
    let mut unique = super::names::type_parameter(name);
    while taken.contains(unique.as_str()) {
        unique.push('_');
    }
    unique
}

/// What each of `*args: *tuple[A, …]` takes.
fn variadic(shape: Shape) -> Shape {
    match shape {
        Shape::TupleOf(of) => *of,
        Shape::Tuple(all) => Shape::union(all),
        _ => Shape::Value,
    }
}
