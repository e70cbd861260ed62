//! The members of instances: methods and properties.

use std::borrow::Cow;
use std::collections::BTreeMap;

use tywrap_surface::model::{Bind, Class, Func, Item, ParamKind, Prop, QName, Surface};

use super::enclosing::Enclosing;
use super::slots::{What, is_special};
use crate::emit::call::overloads;
use crate::emit::doc::Doc;
use crate::emit::file::{Access, MemberKind};
use crate::emit::grants::Kind;
use crate::emit::lower::Lower;
use crate::emit::module::{Builder, Place};
use crate::emit::shape::{Replacement, Shape, Way};
use crate::emit::signature::{self, Signature};
use crate::emit::ts::Ts;
use crate::select::{ClassNames, Judged};

impl<'i> Builder<'i> {
    /// Lowers a member, and grants it unless that has been done.
    pub(super) fn member(
        &mut self,
        enclosing: &Enclosing<'i>,
        names: &ClassNames<'i>,
        place: &Place<'_>,
        key: String,
        what: What<'i>,
        granted: Option<Access>,
    ) -> Option<(Access, MemberKind)> {
        let class = enclosing.class;
        let own = enclosing.surface.classes.get(place.owner).unwrap_or(class);
        match what {
            What::Item(member) => match member.stated {
                Item::Func(func) => {
                    let exported = self.exported.contains_key(&class.def);
                    if func.bind != Bind::Instance && exported {
                        return None;
                    }
                    let bound = member.bound();
                    let item = self.judged(names, own, place, &bound)?;
                    let Item::Func(func) = &*item else { return None };
                    self.method(enclosing, place, key, func, granted)
                }
                Item::Const(constant) if !self.exported.contains_key(&class.def) && !is_special(&constant.name) => {
                    self.judged_name(names, own, place)?;
                    let bound = member.bound();
                    let Item::Const(constant) = &*bound else { return None };
                    let prop = Prop { name: constant.name.clone(), ty: constant.ty.clone(), setter: None };
                    self.property(enclosing, place, key, &prop, granted)
                }
                _ => None,
            },
            What::Prop(prop) => {
                self.judged_name(names, own, place)?;
                self.property(enclosing, place, key, &prop.bound(), granted)
            }
        }
    }

    fn method(
        &mut self,
        enclosing: &Enclosing<'i>,
        place: &Place<'_>,
        key: String,
        func: &Func,
        granted: Option<Access>,
    ) -> Option<(Access, MemberKind)> {
        let Enclosing { surface, class, .. } = *enclosing;
        let integers = self.integers(&place.integers_path(&self.exported));
        let path = place.path();
        let mut lower = Lower::new(surface, &mut self.aliases, &mut self.objects, integers);
        let signatures: Vec<Signature> = func
            .sigs
            .iter()
            .flat_map(|sig| signature::lower(&enclosing.of_this(sig), enclosing.outer(), integers, &mut lower))
            .collect();
        let reasons = lower.take_reasons();
        if signatures.is_empty() {
            self.uncover(&path, "it has no signature");
            return None;
        }
        let undecorated = func.decorators.iter().map(|name| format!("decorator `{name}` is not understood"));
        if granted.is_none() {
            reasons.into_iter().chain(undecorated).for_each(|reason| self.uncover(&path, &reason));
        }
        let kind = MemberKind::Method(key, overloads(&signatures, integers));
        let access = granted.unwrap_or_else(|| {
            let signatures: Vec<Signature> =
                signatures.into_iter().map(|signature| with_receiver(signature, &class.def)).collect();
            let path = format!("{}.{}", class.def, func.name);
            Access::Method(self.grants.callable(Kind::Method, path, &signatures, integers, &self.aliases))
        });
        Some((access, kind))
    }

    fn property(
        &mut self,
        enclosing: &Enclosing<'i>,
        place: &Place<'_>,
        key: String,
        prop: &Prop,
        granted: Option<Access>,
    ) -> Option<(Access, MemberKind)> {
        let Enclosing { surface, class, .. } = *enclosing;
        let integers = self.integers(&place.integers_path(&self.exported));
        let mut lower = Lower::new(surface, &mut self.aliases, &mut self.objects, integers);
        let read = enclosing.lower(&prop.ty, Way::Out, &mut lower);
        let assigned = prop.setter.as_ref().map(|ty| enclosing.lower(ty, Way::In, &mut lower));
        let reasons = lower.take_reasons();
        if granted.is_none() {
            reasons.into_iter().for_each(|reason| self.uncover(&place.path(), &reason));
        }
        let read_ts = enclosing.reading(Way::Out, integers).ts(&read);
        let assigned_ts = assigned.as_ref().map(|shape| enclosing.reading(Way::In, integers).ts(shape));
        let ty = match assigned_ts {
            None => Ts::Client("PythonConstant", vec![read_ts]),
            Some(assigned) if assigned == read_ts => Ts::Client("PythonProperty", vec![read_ts]),
            Some(assigned) => Ts::Client("PythonProperty", vec![read_ts, assigned]),
        };
        let access = granted.unwrap_or_else(|| {
            let path = || format!("{}.{}", class.def, prop.name);
            let signature = |params: Vec<signature::Param>, ret: Shape| {
                let signature = Signature {
                    params,
                    ret,
                    this: None,
                    vars: BTreeMap::new(),
                    outer: BTreeMap::new(),
                    deprecated: None,
                };
                [with_receiver(signature, &class.def)]
            };
            let get = self.grants.callable(Kind::Getter, path(), &signature(Vec::new(), read), integers, &self.aliases);
            let set = assigned.map(|shape| {
                let erased = shape.substitute(&|_| Some(Replacement::anything()));
                let value = signature::Param {
                    name: "value".to_owned(),
                    kind: ParamKind::PosOnly,
                    optional: false,
                    shape: erased.clone(),
                    erased,
                };
                let signature = signature(vec![value], Shape::None);
                self.grants.callable(Kind::Setter, path(), &signature, integers, &self.aliases)
            });
            Access::Property(get, set)
        });
        Some((access, MemberKind::Property(key, ty)))
    }

    pub(super) fn member_doc(&self, surface: &Surface, place: &Place<'_>, kind: &MemberKind) -> Doc {
        let key = format!("{}.{}", place.owner, place.name);
        let deprecated = match kind {
            MemberKind::Method(_, overloads) => overloads.first().and_then(|overload| overload.deprecated.as_deref()),
            _ => None,
        };
        let path = format!("{}.{}.{}", place.owner.module, place.owner.name, place.name);
        Doc::of(surface.docs.get(&key).map(String::as_str), &path, deprecated)
    }

    pub(super) fn judged<'c>(
        &mut self,
        names: &ClassNames<'i>,
        class: &Class,
        place: &Place<'_>,
        item: &'c Item,
    ) -> Option<Cow<'c, Item>> {
        let judged = self.input.rules.judge(names, class, item);
        self.noted(&place.path(), judged)
    }

    /// What the policy leaves, with what it took in the report; nothing if it leaves nothing.
    pub(super) fn noted<T>(&mut self, path: &str, judged: Result<Judged<T>, String>) -> Option<T> {
        match judged {
            Ok(Judged { what, taken }) => {
                for (parameter, rule) in taken {
                    self.uncover(
                        &format!("{path}({parameter})"),
                        &format!("the parameter is blocked by policy; {rule}"),
                    );
                }
                Some(what)
            }
            Err(reason) => {
                self.uncover(path, &reason);
                None
            }
        }
    }

    pub(super) fn judged_name(&mut self, names: &ClassNames<'i>, class: &Class, place: &Place<'_>) -> Option<()> {
        self.input
            .rules
            .judge_name(names, class, place.name)
            .map_err(|reason| self.uncover(&place.path(), &reason))
            .ok()
    }
}

/// The signature with the instance before its parameters.
fn with_receiver(mut signature: Signature, class: &QName) -> Signature {
    let receiver = Shape::Handle(class.to_string());
    let receiver = signature::Param {
        name: "self".to_owned(),
        kind: ParamKind::PosOnly,
        optional: false,
        shape: receiver.clone(),
        erased: receiver,
    };
    signature.params.insert(0, receiver);
    signature
}
