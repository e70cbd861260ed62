//! Classes as values: what makes an instance, what is called on the class, and the members of enums.

use std::collections::{BTreeMap, BTreeSet};

use tywrap_policy::escape::identifier;
use tywrap_surface::model::{Bind, ClassKind, Const, Item, Literal, Param, ParamKind, QName, Sig, Type, TypeParam};

use super::CLASS_IN_CLASS;
use super::enclosing::Enclosing;
use super::slots::{What, is_public, is_special, members_of};
use crate::emit::Part;
use crate::emit::call::{Overload, overloads};
use crate::emit::doc::Doc;
use crate::emit::file::{Access, ClassValue, Interface, InterfaceMember, MemberKind, ValueKind};
use crate::emit::grants::Kind;
use crate::emit::lower::Lower;
use crate::emit::module::{Builder, Place, literal_value, path_in};
use crate::emit::names::member_key;
use crate::emit::print::literal_type;
use crate::emit::shape::{Instance, Shape, Way};
use crate::emit::signature::{self, Outer, Signature};
use crate::emit::ts::{LocalType, Ts};
use crate::select::ClassNames;

impl<'i> Builder<'i> {
    /// A class that the module exports: its constructor, and what is called on the class itself.
    pub(in crate::emit) fn class(&mut self, part: &Part<'i>, name: &str, def: &QName) -> Option<()> {
        let surface = part.surface;
        let Some(class) = surface.classes.get(def) else {
            self.uncover(&path_in(part, name), "the surface does not describe it");
            return None;
        };
        match class.kind {
            ClassKind::TypedDict => {
                self.uncover(&path_in(part, name), "a `TypedDict` is a plain object here");
                return None;
            }
            _ if matches!(def.module.as_str(), "typing" | "typing_extensions") => {
                self.uncover(&path_in(part, name), "it is a form of type annotations");
                return None;
            }
            _ => {}
        }
        let path = self.path(part, name)?;
        let enclosing = Enclosing::new(surface, class);
        let integers = self.integers(&path);
        let mut lower = Lower::new(surface, &mut self.aliases, &mut self.objects, integers);
        let instance = lower.lower(&enclosing.this, Way::Out, &class.vars.iter().collect::<Vec<_>>());
        let names = self.class_names(surface);
        let constructor = self.constructor(&enclosing, &names, &path);
        let doc = self.doc(part, name, None);
        let Shape::Object(Instance { at, .. }) = instance else {
            match constructor {
                Some((index, overloads)) => self.add(part, name, doc, ValueKind::Function { index, overloads }),
                None => self.uncover(&path, "it makes no instances"),
            }
            return Some(());
        };
        let mut statics: Vec<(String, Access)> = Vec::new();
        let mut interface = Interface::default();
        let mut index = None;
        if let Some((at, overloads)) = constructor {
            index = Some(at);
            // (The value carries the documentation of the class.)
            let doc = Doc::default();
            interface.members.push(InterfaceMember { doc, kind: MemberKind::Call(overloads) });
        }
        let mut keys = BTreeSet::new();
        for what in members_of(surface, class) {
            let Some((key, access, member)) = self.static_member(&enclosing, &names, &path, what) else {
                continue;
            };
            if keys.insert(key.clone()) {
                statics.push((key, access));
                interface.members.push(member);
            }
        }
        let enumerated = (class.kind == ClassKind::Enum).then(|| {
            let instance = Ts::Local(LocalType::Instance(at), Vec::new());
            let mut members = Vec::new();
            for field in &class.fields {
                let key = member_key(&field.name);
                if !is_public(&field.name) || identifier(&field.name).is_err() || !keys.insert(key.clone()) {
                    self.uncover(&format!("{path}.{}", field.name), "it has no name in TypeScript");
                    continue;
                }
                let value = self.enum_value(&field.name, field.value.as_ref());
                let class = Ts::Str(class.def.to_string());
                let one = Ts::Client("PyEnum", vec![class, Ts::Str(field.name.clone()), value]);
                let ty = Ts::Intersection(vec![instance.clone(), one]);
                let doc = Doc::default();
                interface.members.push(InterfaceMember { doc, kind: MemberKind::Property(key, ty) });
                let literal = field.value.as_ref().and_then(|value| literal_value(value, integers));
                members.push((field.name.clone(), literal));
            }
            members
        });
        let unknown = enclosing.params.iter().map(|_| Ts::client("PyValue")).collect();
        interface.extends.push(Ts::Client("PyClass", vec![Ts::Local(LocalType::Instance(at), unknown)]));
        self.class_values.insert(at, interface);
        let value = ClassValue { class: at, constructor: index, statics, enumerated };
        self.add(part, name, doc, ValueKind::Class(value));
        Some(())
    }

    /// Grants making an instance.
    fn constructor(
        &mut self,
        enclosing: &Enclosing<'i>,
        names: &ClassNames<'i>,
        path: &str,
    ) -> Option<(usize, Vec<Overload>)> {
        let Enclosing { surface, class, .. } = *enclosing;
        if class.is_abstract || class.kind == ClassKind::Protocol {
            return None;
        }
        let mut sigs = surface.constructors(class);
        if class.kind == ClassKind::Enum {
            // An enum is called with the value of a member.
            sigs = vec![plain_sig(vec![Param {
                name: "value".to_owned(),
                kind: ParamKind::PosOnly,
                ty: Type::Any,
                default: None,
            }])];
        } else if sigs.is_empty() {
            sigs = vec![plain_sig(Vec::new())];
        }
        // What `__new__` gives is an instance, unless it says that it is of some other class.
        let sigs: Vec<Sig> = sigs
            .into_iter()
            .map(|sig| {
                let ret = if sig.ret == Type::Any || matches!(sig.ret, Type::Unknown(_) | Type::None) {
                    Type::SelfType
                } else {
                    sig.ret.clone()
                };
                Sig { ret, this: None, ..sig }
            })
            .collect();
        let judged = self.input.rules.judge_constructor(names, class, &sigs);
        let sigs = self.noted(path, judged)?;
        Some(self.called_on_class(enclosing, path, &sigs, &[]))
    }

    /// Grants a function of the class itself; gives its index.
    fn called_on_class(
        &mut self,
        enclosing: &Enclosing<'i>,
        path: &str,
        sigs: &[Sig],
        decorators: &[String],
    ) -> (usize, Vec<Overload>) {
        let Enclosing { surface, class, .. } = *enclosing;
        let integers = self.integers(path);
        let mut lower = Lower::new(surface, &mut self.aliases, &mut self.objects, integers);
        let mut signatures: Vec<Signature> = Vec::new();
        for sig in sigs {
            let mut sig = enclosing.of_this(sig).into_owned();
            sig.this = None;
            // Arguments decide what the parameters of the class are.
            let missing = class.vars.iter().filter(|var| sig.vars.iter().all(|own| own.name != var.name));
            let missing: Vec<TypeParam> = missing.cloned().collect();
            sig.vars.extend(missing);
            signatures.extend(signature::lower(&sig, Outer::default(), integers, &mut lower));
        }
        let reasons = lower.take_reasons();
        let undecorated = decorators.iter().map(|name| format!("decorator `{name}` is not understood"));
        reasons.into_iter().chain(undecorated).for_each(|reason| self.uncover(path, &reason));
        let overloads = overloads(&signatures, integers);
        let index = self.grants.callable(Kind::Function, path.to_owned(), &signatures, integers, &self.aliases);
        (index, overloads)
    }

    /// A member of the class itself: a class method, a static method or a constant.
    fn static_member(
        &mut self,
        enclosing: &Enclosing<'i>,
        names: &ClassNames<'i>,
        path: &str,
        what: What<'i>,
    ) -> Option<(String, Access, InterfaceMember)> {
        let Enclosing { surface, class, .. } = *enclosing;
        let What::Item(member) = what else { return None };
        let name = member.stated.name().to_owned();
        if is_special(&name) || !is_public(&name) || identifier(&name).is_err() {
            return None;
        }
        let key = member_key(&name);
        let below = format!("{path}.{name}");
        let owner = match member.stated {
            Item::Func(func) => func.def.clone(),
            Item::Const(constant) => constant.def.clone(),
            _ => class.def.clone(),
        };
        let owner =
            QName::new(owner.module, owner.name.rsplit_once('.').map_or(String::new(), |(class, _)| class.to_owned()));
        let own = surface.classes.get(&owner).unwrap_or(class);
        let place = Place { owner: &own.def, name: &name };
        let item = member.bound();
        match &*item {
            Item::Func(func) if func.bind != Bind::Instance => {
                let item = self.judged(names, own, &place, &item)?;
                let Item::Func(judged) = &*item else { return None };
                let (index, overloads) = self.called_on_class(enclosing, &below, &judged.sigs, &func.decorators);
                let kind = MemberKind::Method(key.clone(), overloads);
                let doc = self.member_doc(surface, &place, &kind);
                Some((key, Access::Method(index), InterfaceMember { doc, kind }))
            }
            Item::Const(constant) => {
                self.judged_name(names, own, &place)?;
                let (index, ty) = self.class_constant(enclosing, &below, constant);
                let kind = MemberKind::Property(key.clone(), Ts::Client("PythonConstant", vec![ty]));
                let doc = self.member_doc(surface, &place, &kind);
                Some((key, Access::Property(index, None), InterfaceMember { doc, kind }))
            }
            Item::Class { .. } => {
                self.uncover(&below, CLASS_IN_CLASS);
                None
            }
            _ => None,
        }
    }

    fn class_constant(&mut self, enclosing: &Enclosing<'i>, path: &str, constant: &Const) -> (usize, Ts) {
        let integers = self.integers(path);
        let mut lower = Lower::new(enclosing.surface, &mut self.aliases, &mut self.objects, integers);
        // What is of the class itself has no arguments.
        let bare = Enclosing { vars: BTreeMap::new(), ..enclosing.clone() };
        let shape = bare.lower(&constant.ty, Way::Out, &mut lower);
        let reasons = lower.take_reasons();
        reasons.into_iter().for_each(|reason| self.uncover(path, &reason));
        let ty = bare.reading(Way::Out, integers).ts(&shape);
        (self.grants.attribute(path.to_owned(), &shape, integers, &self.aliases), ty)
    }

    /// The type of the value of a member of an enum.
    pub(super) fn enum_value(&self, path: &str, value: Option<&Literal>) -> Ts {
        let literal = value.and_then(|value| literal_value(value, self.integers(path)));
        literal.map_or(Ts::client("PyValue"), |literal| literal_type(&literal))
    }
}

fn plain_sig(params: Vec<Param>) -> Sig {
    Sig { vars: Vec::new(), this: None, params, ret: Type::SelfType, is_async: false, deprecated: None }
}
