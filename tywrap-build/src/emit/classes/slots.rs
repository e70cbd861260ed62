//! What classes have under which name, and which class it is granted of.

use std::borrow::Cow;
use std::collections::BTreeMap;

use tywrap_surface::model::{Class, ClassKind, Item, Prop, QName, Surface, Type};

use crate::emit::file::Access;
use crate::emit::module::Builder;
use crate::emit::objects::{Object, is_folded};

/// What a class has under a name.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// The class whose body has it.
    pub(super) owner: QName,
    /// The described class that it is granted of.
    pub(super) by: QName,
    /// Its type names the class of the instance, so each heir has another one.
    pub(super) is_selfish: bool,
}

/// Something that an instance has.
pub(super) enum What<'s> {
    Item(Cow<'s, Item>),
    Prop(Cow<'s, Prop>),
}

impl What<'_> {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Item(item) => item.name(),
            Self::Prop(prop) => &prop.name,
        }
    }

    pub(super) fn names_self(&self) -> bool {
        let mut found = false;
        let mut look = |ty: &Type| ty.each(&mut |ty| found |= *ty == Type::SelfType);
        match self {
            Self::Item(item) => {
                if let Item::Func(func) = &**item {
                    for sig in &func.sigs {
                        sig.params.iter().for_each(|param| look(&param.ty));
                        look(&sig.ret);
                    }
                }
            }
            Self::Prop(prop) => {
                look(&prop.ty);
                prop.setter.iter().for_each(&mut look);
            }
        }
        found
    }
}

/// What the members of the classes that were looked at come from.
#[derive(Default)]
pub(in crate::emit) struct Slots(BTreeMap<QName, BTreeMap<String, Slot>>);

/// Special methods that are no members here: what makes, copies and frees objects, what the client serves for every object, and what
/// only the interpreter calls. No policy lets through what leads from an object to its class or to attributes by name.
const PLUMBING: [&str; 49] = [
    "__aiter__",
    "__anext__",
    "__buffer__",
    "__class__",
    "__class_getitem__",
    "__copy__",
    "__deepcopy__",
    "__del__",
    "__delattr__",
    "__dict__",
    "__dir__",
    "__doc__",
    "__format__",
    "__get__",
    "__getattr__",
    "__getattribute__",
    "__getnewargs__",
    "__getnewargs_ex__",
    "__getstate__",
    "__hash__",
    "__init__",
    "__init_subclass__",
    "__instancecheck__",
    "__iter__",
    "__length_hint__",
    "__match_args__",
    "__module__",
    "__name__",
    "__new__",
    "__next__",
    "__post_init__",
    "__prepare__",
    "__qualname__",
    "__reduce__",
    "__reduce_ex__",
    "__release_buffer__",
    "__replace__",
    "__repr__",
    "__set__",
    "__set_name__",
    "__setattr__",
    "__setstate__",
    "__sizeof__",
    "__slots__",
    "__str__",
    "__subclasscheck__",
    "__subclasshook__",
    "__type_params__",
    "__weakref__",
];

impl<'i> Builder<'i> {
    /// What a class has under which name.
    pub(super) fn slots(&mut self, object: Object<'i>) -> BTreeMap<String, Slot> {
        let Object { surface, class } = object;
        if let Some(slots) = self.slots.0.get(&class.def) {
            return slots.clone();
        }
        let bases = if class.kind == ClassKind::Enum { Vec::new() } else { self.objects.bases(object) };
        let inherited: Vec<BTreeMap<String, Slot>> =
            bases.iter().map(|base| self.slots(Object { surface, class: base })).collect();
        let mut slots = BTreeMap::new();
        for (owner, what) in owned_members_of(surface, class) {
            let name = what.name();
            if !is_served(name) || !is_public(name) {
                continue;
            }
            // The client has those of every member of an enum.
            if class.kind == ClassKind::Enum && matches!(name, "name" | "value") {
                continue;
            }
            let is_open = self.objects.is_open(owner);
            let by = match inherited.iter().find_map(|slots| slots.get(name).filter(|slot| slot.owner == owner.def)) {
                Some(slot) => slot.by.clone(),
                None if is_open && class.kind != ClassKind::Enum => owner.def.clone(),
                // Of classes that are not described themselves only those that all heirs have in common are written here.
                None if is_folded(&owner.def) => class.def.clone(),
                None if owner.def == class.def => class.def.clone(),
                None => continue,
            };
            slots.insert(name.to_owned(), Slot { owner: owner.def.clone(), by, is_selfish: what.names_self() });
        }
        self.slots.0.insert(class.def.clone(), slots.clone());
        slots
    }

    /// How a member is reached that another described class has been granted.
    pub(super) fn granted(&self, by: &QName, key: &str) -> Option<Access> {
        self.access.get(by)?.get(key).copied()
    }
}

/// Everything a class has, its own first, each with the class whose body has it.
fn owned_members_of<'s>(surface: &'s Surface, class: &'s Class) -> Vec<(&'s Class, What<'s>)> {
    let items = surface.members(class).into_iter().map(|member| (member.owner, What::Item(member.what)));
    let props = surface.props(class).into_iter().map(|member| (member.owner, What::Prop(member.what)));
    items.chain(props).collect()
}

pub(super) fn members_of<'s>(surface: &'s Surface, class: &'s Class) -> Vec<What<'s>> {
    owned_members_of(surface, class).into_iter().map(|(_, what)| what).collect()
}

pub(in crate::emit) fn is_special(name: &str) -> bool {
    name.len() > 4 && name.starts_with("__") && name.ends_with("__")
}

/// Whether a member of this name can be one here, and is not what makes, copies and frees objects.
pub(in crate::emit) fn is_served(name: &str) -> bool {
    PLUMBING.binary_search(&name).is_err()
}

/// Whether a name of a class is for its users, as far as the name tells.
pub(in crate::emit) fn is_public(name: &str) -> bool {
    const NAMED_TUPLE: [&str; 5] = ["_asdict", "_field_defaults", "_fields", "_make", "_replace"];
    !name.starts_with('_') || is_special(name) || NAMED_TUPLE.contains(&name)
}

#[cfg(test)]
mod tests {
    #[test]
    fn plumbing_is_sorted() {
        assert!(super::PLUMBING.is_sorted());
    }
}
