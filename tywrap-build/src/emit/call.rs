//! The two ways to call a Python function from TypeScript: everything by position, or keywords in `kw({ … })` right
//! after the required parameters.

use std::collections::{BTreeMap, BTreeSet};

use tywrap_policy::section::IntegerMode;
use tywrap_surface::model::ParamKind;

use super::names::Parameters;
use super::shape::Way;
use super::signature::{Param, Signature};
use super::ts::{Element, Index, Property, Ts};
use super::typescript::{Reading, TypeVar, rest_of};

/// One overload of the emitted function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Overload {
    pub(super) generics: Vec<Generic>,
    /// What it must be called on, where that is more than an instance of its class.
    pub(super) this: Option<Ts>,
    pub(super) params: Vec<Parameter>,
    /// What the promise gives.
    pub(super) ret: Ts,
    pub(super) deprecated: Option<String>,
}

/// A type parameter of an overload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Generic {
    pub(super) name: String,
    pub(super) extends: Option<Ts>,
    pub(super) default: Option<Ts>,
}

/// A parameter of an overload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) ty: Ts,
    pub(super) place: Place,
}

/// How a parameter is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `a: T`.
    Required,
    /// `a?: T`.
    Optional,
    /// `...a: T`.
    Rest,
}

/// The overloads for all signatures of a function, in Python's order. Those that take the same are one, which gives
/// what any of them gives: TypeScript would only ever see the first.
///
/// A signature for some instances only comes a second time, behind all others and for every instance: Python's `Any` is an instance of
/// each of them, and TypeScript's `PyValue` of none.
pub(super) fn overloads(signatures: &[Signature], integers: IntegerMode) -> Vec<Overload> {
    let mut all: Vec<Overload> = Vec::new();
    for signature in signatures {
        for overload in (Caller { signature, integers, is_for_all: false }).overloads() {
            add(&mut all, overload);
        }
    }
    for signature in signatures.iter().filter(|signature| signature.this.is_some()) {
        for overload in (Caller { signature, integers, is_for_all: true }).overloads() {
            add(&mut all, overload);
        }
    }
    all
}

fn add(all: &mut Vec<Overload>, overload: Overload) {
    match all.iter_mut().find(|there| there.takes_the_same(&overload)) {
        Some(there) => {
            there.ret = Ts::union([there.ret.clone(), overload.ret]);
            if overload.deprecated.is_none() {
                there.deprecated = None;
            }
        }
        None => all.push(overload),
    }
}

impl Overload {
    fn takes_the_same(&self, other: &Self) -> bool {
        self.generics == other.generics
            && self.this == other.this
            && self.params.len() == other.params.len()
            && self.params.iter().zip(&other.params).all(|(one, two)| one.ty == two.ty && one.place == two.place)
    }
}

struct Caller<'a> {
    signature: &'a Signature,
    integers: IntegerMode,
    /// Whatever the signature says that it must be called on.
    is_for_all: bool,
}

impl<'a> Caller<'a> {
    fn overloads(&self) -> Vec<Overload> {
        let of_kind = |wanted: ParamKind| self.signature.params.iter().filter(move |param| param.kind == wanted);
        let positional: Vec<&Param> = self
            .signature
            .params
            .iter()
            .filter(|param| matches!(param.kind, ParamKind::PosOnly | ParamKind::PosOrKw))
            .collect();
        // Python lets no required parameter follow an optional one, but a signature that was made up may do so: then
        // what comes before the last required one must be given, if only as `undefined`.
        let required = positional.iter().rposition(|param| !param.optional).map_or(0, |last| last + 1);
        let (leading, trailing) = positional.split_at(required);
        let leading: Vec<(&Param, Given)> = leading.iter().map(|param| (*param, Given::Must)).collect();
        let only: Vec<&Param> = of_kind(ParamKind::KwOnly).collect();
        let variadic = of_kind(ParamKind::VarPos).next();
        let extra = of_kind(ParamKind::VarKw).next();
        let named: Vec<&Param> = trailing.iter().copied().filter(|param| param.kind == ParamKind::PosOrKw).collect();
        let nameless: Vec<&Param> = trailing.iter().copied().filter(|param| param.kind == ParamKind::PosOnly).collect();
        let keywords: Vec<&Param> = named.iter().chain(&only).copied().collect();

        let mut all = Vec::new();
        if only.iter().all(|param| param.optional) {
            let optional = trailing.iter().map(|param| (*param, Given::May));
            let params: Vec<_> = leading.iter().copied().chain(optional).collect();
            all.push(self.overload(&params, variadic.map(|param| Rest { args: param, kw: None }), None));
        }
        if !keywords.is_empty() || extra.is_some() {
            let kw = Keywords { params: keywords, extra };
            // Behind `*args` only what has no place may be named; without trailing parameters that is everything.
            if variadic.is_none() || !trailing.is_empty() {
                all.push(self.overload(&leading, None, Some(&kw)));
            }
            if !nameless.is_empty() && variadic.is_none() {
                let given = nameless.iter().map(|param| (*param, Given::Must));
                let params: Vec<_> = leading.iter().copied().chain(given).collect();
                all.push(self.overload(&params, None, Some(&kw)));
            }
        }
        if let Some(args) = variadic
            && (!only.is_empty() || extra.is_some())
        {
            let kw = Keywords { params: only, extra };
            let given = trailing.iter().map(|param| (*param, Given::Must));
            let params: Vec<_> = leading.iter().copied().chain(given).collect();
            all.push(self.overload(&params, Some(Rest { args, kw: Some(&kw) }), None));
        }
        // A parameter that takes anything at all would take `kw({ … })` for its value, so the others are tried first.
        let takes_keywords = |parameter: &Parameter| {
            parameter.place != Place::Required && matches!(parameter.ty, Ts::Var(_) | Ts::UNKNOWN)
                || matches!(&parameter.ty, Ts::Array { of, .. } if matches!(**of, Ts::Var(_) | Ts::UNKNOWN))
        };
        if all.first().is_some_and(|first| first.params.iter().any(takes_keywords)) {
            all.rotate_left(1);
        }
        all
    }

    fn overload(
        &self,
        params: &[(&'a Param, Given)],
        rest: Option<Rest<'_, 'a>>,
        kw: Option<&Keywords<'a>>,
    ) -> Overload {
        let own = self.signature.vars.iter().map(|(name, var)| (name.clone(), var.read.clone()));
        let vars: BTreeMap<String, TypeVar> = self.signature.outer.clone().into_iter().chain(own).collect();
        let reading = Reading { way: Way::In, integers: self.integers, vars: &vars, in_alias: false };
        let mut names = Parameters::default();
        let mut parameters: Vec<Parameter> = Vec::new();
        for (param, given) in params {
            let ty = reading.ts(&param.shape);
            let (ty, place) = match given {
                Given::May => (ty, Place::Optional),
                Given::Must if param.optional => (Ts::union([ty, Ts::UNDEFINED]), Place::Required),
                Given::Must => (ty, Place::Required),
            };
            parameters.push(Parameter { name: names.take(&param.name), ty, place });
        }
        if let Some(kw) = kw {
            parameters.push(Parameter { name: names.take("options"), ty: kw.ts(&reading), place: Place::Required });
        }
        if let Some(rest) = rest {
            let of = reading.ts(&rest.args.shape);
            let ty = match rest.kw {
                None => Ts::array(of, false),
                Some(kw) => Ts::Tuple {
                    readonly: false,
                    elements: vec![rest_of(of), Element { label: None, ty: kw.ts(&reading), rest: false }],
                },
            };
            parameters.push(Parameter { name: names.take(&rest.args.name), ty, place: Place::Rest });
        }
        self.finish(parameters)
    }

    /// What the signature must be called on.
    fn this(&self) -> Option<Ts> {
        let this = self.signature.this.as_ref().filter(|_| !self.is_for_all)?;
        let own = self.signature.vars.iter().map(|(name, var)| (name.clone(), var.read.clone()));
        let vars: BTreeMap<String, TypeVar> = self.signature.outer.clone().into_iter().chain(own).collect();
        Some(Reading { way: Way::Out, integers: self.integers, vars: &vars, in_alias: false }.ts(this))
    }

    /// Adds the result and the type parameters. One that no parameter of this overload decides is replaced, and one
    /// that only optional parameters decide has a default.
    fn finish(&self, params: Vec<Parameter>) -> Overload {
        let mut decided: BTreeSet<&str> = BTreeSet::new();
        let mut mentioned: BTreeSet<&str> = BTreeSet::new();
        for param in &params {
            param.ty.walk(&mut |ty| {
                if let Ts::Var(name) = ty {
                    mentioned.insert(name);
                }
            });
            if param.place == Place::Required {
                decide(&param.ty, &mut decided);
            }
        }
        let this = self.this();
        if let Some(this) = &this {
            decide(this, &mut decided);
            decide(this, &mut mentioned);
        }
        let own = self.signature.vars.iter();
        let own = own
            .filter(|(_, var)| mentioned.contains(var.read.name.as_str()))
            .map(|(name, var)| (name.clone(), var.read.clone()));
        let vars: BTreeMap<String, TypeVar> = self.signature.outer.clone().into_iter().chain(own).collect();
        let generics = self
            .signature
            .vars
            .values()
            .filter(|var| mentioned.contains(var.read.name.as_str()))
            .map(|var| Generic {
                name: var.read.name.clone(),
                extends: var.extends.clone(),
                default: (!decided.contains(var.read.name.as_str())).then(|| var.default.clone()),
            })
            .collect::<Vec<_>>();
        let reading = Reading { way: Way::Out, integers: self.integers, vars: &vars, in_alias: false };
        let mut generics = generics;
        // TypeScript wants those with a default last.
        generics.sort_by_key(|generic| generic.default.is_some());
        Overload {
            generics,
            this,
            params,
            ret: reading.ts(&self.signature.ret),
            deprecated: self.signature.deprecated.clone(),
        }
    }
}

/// Collects the type parameters that an argument of this type decides: not those of keywords that may be left out.
fn decide<'t>(ty: &'t Ts, decided: &mut BTreeSet<&'t str>) {
    match ty {
        Ts::Client("Kw", keywords) => {
            for keywords in keywords {
                if let Ts::Object { properties, .. } = keywords {
                    properties
                        .iter()
                        .filter(|property| !property.optional)
                        .for_each(|property| decide(&property.ty, decided));
                }
            }
        }
        ty => ty.walk(&mut |ty| {
            if let Ts::Var(name) = ty {
                decided.insert(name);
            }
        }),
    }
}

/// Whether a type is a part of `PyArgument` at first sight.
fn is_plain(ty: &Ts) -> bool {
    [Ts::NULL, Ts::BOOLEAN, Ts::NUMBER, Ts::BIGINT, Ts::STRING].contains(ty)
        || matches!(ty, Ts::Str(_) | Ts::Number(_) | Ts::BigInt(_) | Ts::Bool(_))
        || matches!(ty, Ts::Client("PyArgument" | "PyObject", _))
}

/// Whether a positional parameter must be given in an overload.
#[derive(Clone, Copy)]
enum Given {
    Must,
    May,
}

/// `...args: T[]`, or with keywords after them `...args: [...T[], Kw<…>]`.
struct Rest<'r, 'a> {
    args: &'a Param,
    kw: Option<&'r Keywords<'a>>,
}

/// What stands in `Kw<…>`.
struct Keywords<'a> {
    params: Vec<&'a Param>,
    /// `**kwargs`.
    extra: Option<&'a Param>,
}

impl Keywords<'_> {
    fn ts(&self, reading: &Reading<'_>) -> Ts {
        let mut properties: Vec<Property> = Vec::new();
        for param in &self.params {
            if properties.iter().all(|property| property.name != param.name) {
                let ty = reading.ts(&param.shape);
                properties.push(Property { name: param.name.clone(), ty, optional: param.optional, readonly: false });
            }
        }
        let index = self.extra.map(|extra| {
            // An index signature covers the named properties too, also those of which `PyArgument` says less.
            let absent = properties.iter().any(|property| property.optional).then_some(Ts::UNDEFINED);
            let mut all = match reading.ts(&extra.shape) {
                Ts::Union(all) => all,
                one => vec![one],
            };
            let is_all = all.contains(&Ts::client("PyArgument"));
            let named = properties.iter().flat_map(|property| match &property.ty {
                Ts::Union(all) => all.as_slice(),
                one => std::slice::from_ref(one),
            });
            for ty in named.chain(&absent) {
                let is_said = all.contains(ty) || is_all && is_plain(ty);
                if !is_said {
                    all.push(ty.clone());
                }
            }
            let ty = if all.contains(&Ts::UNKNOWN) || !is_all { Ts::union(all) } else { Ts::Union(all) };
            Index { ty: Box::new(ty), readonly: false }
        });
        Ts::Client("Kw", vec![Ts::Object { properties, index }])
    }
}
