//! The classes of a file: what their instances have, and what the classes themselves are as values.

mod data;
mod enclosing;
mod extends;
mod member;
pub(super) mod slots;
mod value;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use tywrap_policy::escape::identifier;
use tywrap_surface::model::ClassKind;

use self::enclosing::Enclosing;
pub(super) use self::slots::Slots;
use self::slots::members_of;
use super::file::{Access, DescribedClass, Interface, InterfaceMember};
use super::grants;
use super::module::{Builder, Place};
use super::names::member_key;
use super::objects::Object;
use super::ts::Ts;
use crate::select::ClassNames;

/// Why a class in a class is not there.
pub(crate) const CLASS_IN_CLASS: &str = "classes in classes are not exported";

/// A described class, lowered.
pub(super) struct Described {
    pub(super) class: DescribedClass,
    pub(super) params: Vec<String>,
    pub(super) interface: Interface,
    /// What an instance holds, as data, where that is more than some value.
    pub(super) data: Option<Ts>,
    /// The members of an enum.
    pub(super) enumerated: Vec<String>,
}

impl<'i> Builder<'i> {
    /// Lowers every class that has been referred to, and those that they refer to.
    pub(super) fn describe(&mut self) -> Vec<Described> {
        let mut all = Vec::new();
        while let Some(object) = self.objects.get(all.len()) {
            let names = self.class_names(object.surface);
            let described = self.describe_one(all.len(), object, &names);
            all.push(described);
        }
        all
    }

    fn describe_one(&mut self, at: usize, object: Object<'i>, names: &ClassNames<'i>) -> Described {
        let Object { surface, class } = object;
        let bases = if class.kind == ClassKind::Enum { Vec::new() } else { self.objects.bases(object) };
        let positions: Vec<usize> = bases.iter().filter_map(|base| self.objects.position(&base.def)).collect();
        let enclosing = Enclosing::new(surface, class);
        let slots = self.slots(object);
        let mut members: Vec<(String, Access)> = Vec::new();
        let mut interface = Interface::default();
        let mut keys: BTreeSet<String> = BTreeSet::new();
        for what in members_of(surface, class) {
            let name = what.name();
            let Some(slot) = slots.get(name) else { continue };
            let is_own = *slot.by == class.def;
            if !is_own && !slot.is_selfish {
                continue;
            }
            let place = Place { owner: slot.owner, name };
            if let Err(error) = identifier(name) {
                self.uncover(&place.path(), &error.to_string());
                continue;
            }
            let key = member_key(name);
            if !keys.insert(key.clone()) {
                self.uncover(&place.path(), "another member has its name in TypeScript");
                continue;
            }
            let granted = if is_own { None } else { self.granted(slot.by, &key) };
            if !is_own && granted.is_none() {
                continue;
            }
            let Some((access, kind)) = self.member(&enclosing, names, &place, key.clone(), what, granted) else {
                keys.remove(&key);
                continue;
            };
            if is_own {
                members.push((key, access));
            }
            let doc = self.member_doc(surface, &place, &kind);
            interface.members.push(InterfaceMember { doc, kind });
        }
        self.access.insert(class.def.clone(), members.iter().cloned().collect());
        let data = self.data(&enclosing);
        interface.extends = self.extends(at, &enclosing, &bases, &slots, &keys, data.is_some());
        let enumerated = class.fields.iter().filter(|_| class.kind == ClassKind::Enum);
        Described {
            class: DescribedClass { name: class.def.to_string(), bases: positions, members },
            params: enclosing.params.clone(),
            interface,
            data,
            enumerated: enumerated.map(|field| field.name.clone()).collect(),
        }
    }

    /// The grants of the described classes.
    pub(super) fn grant_classes(&mut self, described: &[Described]) {
        let classes = described.iter().enumerate().map(|(at, described)| grants::Class {
            name: described.class.name.clone(),
            path: self.objects.get(at).and_then(|object| self.exported.get(&object.class.def)).cloned(),
            bases: described.class.bases.clone(),
            members: described.enumerated.clone(),
        });
        let classes = classes.collect();
        self.grants.classes(classes);
    }
}
