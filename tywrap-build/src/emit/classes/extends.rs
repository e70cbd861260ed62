//! What the interface of a class extends, and what going through an instance gives.

use std::collections::{BTreeMap, BTreeSet};

use tywrap_surface::model::{Class, ClassKind, Item, Surface, Type};

use super::enclosing::Enclosing;
use super::slots::Slot;
use crate::emit::lower::{Lower, expand};
use crate::emit::module::Builder;
use crate::emit::names::member_key;
use crate::emit::objects::{Object, is_folded, kept_params};
use crate::emit::scalar;
use crate::emit::shape::{Shape, Way};
use crate::emit::ts::{LocalType, Ts};

impl<'i> Builder<'i> {
    /// What the interface of a class extends: those of the classes it inherits from, without what it has otherwise.
    pub(super) fn extends(
        &mut self,
        at: usize,
        enclosing: &Enclosing<'i>,
        bases: &[&'i Class],
        slots: &BTreeMap<&'i str, Slot<'i>>,
        own_keys: &BTreeSet<String>,
        has_data: bool,
    ) -> Vec<Ts> {
        let Enclosing { surface, class, .. } = *enclosing;
        let names = std::iter::once(&class.def).chain(bases.iter().map(|base| &base.def));
        let names = Ts::union(names.map(|name| Ts::Str(name.to_string())));
        let data = Ts::Local(LocalType::Data(at), enclosing.params.iter().cloned().map(Ts::Var).collect());
        let data = has_data.then_some(data);
        let mut extends = Vec::new();
        let scalar = scalar::of_class(&class.def.to_string());
        if class.kind == ClassKind::Enum {
            let members = class.fields.iter().map(|field| Ts::Str(field.name.clone()));
            let values = class.fields.iter().map(|field| self.enum_value(&field.name, field.value.as_ref()));
            let (members, values) = (Ts::union(members), Ts::union(values.collect::<Vec<_>>()));
            let members = if members == Ts::NEVER { Ts::STRING } else { members };
            let values = if values == Ts::NEVER { Ts::client("PyValue") } else { values };
            return vec![Ts::Client("PyEnum", vec![names, members, values])];
        }
        // Which of the direct bases a name comes from: the first that has what the class has.
        let direct: Vec<(&'i Class, &'i [Type])> = class
            .bases
            .iter()
            .filter_map(|base| match base {
                Type::Class(name, args) => Some((surface.classes.get(name)?, args.as_slice())),
                _ => None,
            })
            .filter(|(base, _)| bases.iter().any(|there| there.def == base.def))
            .collect();
        let mut provided: BTreeSet<String> = BTreeSet::new();
        for (base, args) in direct {
            let has = self.slots(Object { surface, class: base });
            let access = self.inherited_keys(Object { surface, class: base });
            // An instance of an heir does not go by its text.
            let conversions = scalar::of_class(&base.def.to_string()).map_or(&[][..], |scalar| scalar.conversions);
            let mut left_out: BTreeSet<String> = conversions.iter().map(|&name| name.to_owned()).collect();
            for (name, slot) in &*has {
                let key = member_key(name);
                if !access.contains(&key) {
                    continue;
                }
                let is_same = slots.get(name).is_some_and(|mine| mine.owner == slot.owner);
                if own_keys.contains(&key) || !is_same || !provided.insert(key.clone()) {
                    left_out.insert(key);
                }
            }
            let args = self.class_args(base, args, enclosing);
            let instance = Ts::Local(LocalType::Instance(self.objects.open(surface, base)), args);
            let left_out = Ts::union(left_out.into_iter().map(Ts::Str));
            let left_out = (left_out != Ts::NEVER || data.is_some()).then_some(left_out);
            let args = [instance, names.clone()].into_iter().chain(left_out).chain(data.clone());
            extends.push(Ts::Client("Inherit", args.collect()));
        }
        if let Some(scalar) = scalar {
            extends.push(Ts::Client(scalar.client, vec![names.clone()]));
        }
        if extends.is_empty() {
            extends.push(Ts::Client("PyObject", [names].into_iter().chain(data).collect()));
        }
        if let Some(item) = self.iterates(enclosing) {
            extends.push(Ts::Client("PyIterable", vec![item]));
        }
        extends
    }

    /// The keys of everything that instances of a class have.
    pub(super) fn inherited_keys(&self, object: Object<'i>) -> BTreeSet<String> {
        let bases = self.objects.bases(object);
        let all = std::iter::once(object.class).chain(bases);
        all.filter_map(|class| self.access.get(&class.def)).flat_map(|keys| keys.keys().cloned()).collect()
    }

    /// The type arguments with which a class inherits from another.
    fn class_args(&mut self, base: &'i Class, args: &[Type], enclosing: &Enclosing<'i>) -> Vec<Ts> {
        let Enclosing { surface, class, .. } = *enclosing;
        let integers = self.integers(&class.def.name);
        let mut lower = Lower::new(surface, &mut self.aliases, &mut self.objects, integers);
        let reading = enclosing.reading(Way::Out, integers);
        let args = kept_params(surface, base).into_iter().map(|at| {
            let arg = args.get(at).or(base.vars.get(at).and_then(|var| var.default.as_ref()));
            reading.ts(&arg.map_or(Shape::Value, |arg| enclosing.lower(arg, Way::Out, &mut lower)))
        });
        args.collect()
    }

    /// What going through an instance gives, if it can be gone through.
    fn iterates(&mut self, enclosing: &Enclosing<'i>) -> Option<Ts> {
        let Enclosing { surface, class, .. } = *enclosing;
        let item = iterated(surface, class, 0)?;
        let integers = self.integers(&class.def.name);
        let mut lower = Lower::new(surface, &mut self.aliases, &mut self.objects, integers);
        let shape = enclosing.lower(&item, Way::Out, &mut lower);
        Some(enclosing.reading(Way::Out, integers).ts(&shape))
    }
}

/// The type of what going through an instance gives.
fn iterated(surface: &Surface, class: &Class, depth: usize) -> Option<Type> {
    const MAX_DEPTH: usize = 4;
    let result = |name: &str| match &*surface.member(class, name)?.bound() {
        Item::Func(func) => func.sigs.first().map(|sig| sig.ret.clone()),
        _ => None,
    };
    if let Some(item) = result("__next__") {
        return Some(item);
    }
    if let Some(item) = result("__anext__") {
        return Some(match item {
            Type::Class(name, args) if matches!(name.name.as_str(), "Awaitable" | "Coroutine") => {
                args.last().cloned().unwrap_or(Type::Any)
            }
            item => item,
        });
    }
    match result("__aiter__").or_else(|| result("__iter__"))? {
        Type::Class(name, args) if is_folded(&name) => Some(args.first().cloned().unwrap_or(Type::Any)),
        Type::Class(name, args) if depth < MAX_DEPTH => {
            let iterator = surface.classes.get(&name)?;
            let item = iterated(surface, iterator, depth + 1)?;
            Some(expand(&item, &iterator.vars, &args))
        }
        _ => Some(Type::Any),
    }
}
