//! What classes have under which name, and which class it is granted of.

use std::collections::BTreeMap;
use std::rc::Rc;

use tywrap_surface::model::{Class, ClassKind, Item, Prop, QName, Sig, Surface, Type};
use tywrap_surface::{Contents, Member};

use crate::emit::file::Access;
use crate::emit::module::Builder;
use crate::emit::objects::{Object, is_folded};

/// What a class has under a name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot<'s> {
    /// The class whose body has it.
    pub(super) owner: &'s QName,
    /// The described class that it is granted of.
    pub(super) by: &'s QName,
    /// Its type names the class of the instance, so each heir has another one.
    pub(super) is_selfish: bool,
}

/// The slots of a class, by name.
pub(super) type ClassSlots<'s> = Rc<BTreeMap<&'s str, Slot<'s>>>;

/// Something that an instance has.
#[derive(Clone, Copy)]
pub(super) enum What<'s> {
    Item(Member<'s, Item>),
    Prop(Member<'s, Prop>),
}

impl<'s> What<'s> {
    pub(super) fn name(self) -> &'s str {
        match self {
            Self::Item(item) => item.stated.name(),
            Self::Prop(prop) => &prop.stated.name,
        }
    }

    fn owner(self) -> &'s Class {
        match self {
            Self::Item(item) => item.owner,
            Self::Prop(prop) => prop.owner,
        }
    }

    fn names_self(self) -> bool {
        match self {
            Self::Item(item) => matches!(item.stated, Item::Func(func) if func.sigs.iter().any(Sig::names_self)),
            Self::Prop(prop) => {
                prop.stated.ty.names_self() || prop.stated.setter.as_ref().is_some_and(Type::names_self)
            }
        }
    }
}

/// What the members of the classes that were looked at come from.
#[derive(Default)]
pub(in crate::emit) struct Slots<'s>(BTreeMap<&'s QName, ClassSlots<'s>>);

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
    pub(super) fn slots(&mut self, object: Object<'i>) -> ClassSlots<'i> {
        let Object { surface, class } = object;
        if let Some(slots) = self.slots.0.get(&class.def) {
            return Rc::clone(slots);
        }
        let bases = if class.kind == ClassKind::Enum { Vec::new() } else { self.objects.bases(object) };
        let inherited: Vec<ClassSlots<'i>> =
            bases.iter().map(|base| self.slots(Object { surface, class: base })).collect();
        let mut slots = BTreeMap::new();
        for what in members_of(surface, class) {
            let (name, owner) = (what.name(), what.owner());
            if !is_served(name) || !is_public(name) {
                continue;
            }
            // The client has those of every member of an enum.
            if class.kind == ClassKind::Enum && matches!(name, "name" | "value") {
                continue;
            }
            let of_base = |slots: &ClassSlots<'i>| slots.get(name).copied().filter(|slot| *slot.owner == owner.def);
            let slot = match inherited.iter().find_map(of_base) {
                Some(slot) => slot,
                None => {
                    let is_open = self.objects.is_open(owner) && class.kind != ClassKind::Enum;
                    let by = if is_open {
                        &owner.def
                    // Of classes that are not described themselves only those that all heirs have in common are written here.
                    } else if is_folded(&owner.def) || owner.def == class.def {
                        &class.def
                    } else {
                        continue;
                    };
                    Slot { owner: &owner.def, by, is_selfish: what.names_self() }
                }
            };
            slots.insert(name, slot);
        }
        let slots = Rc::new(slots);
        self.slots.0.insert(&class.def, Rc::clone(&slots));
        slots
    }

    /// How a member is reached that another described class has been granted.
    pub(super) fn granted(&self, by: &QName, key: &str) -> Option<Access> {
        self.access.get(by)?.get(key).copied()
    }
}

/// Everything a class has, its own first.
pub(super) fn members_of<'s>(surface: &'s Surface, class: &'s Class) -> impl Iterator<Item = What<'s>> {
    let Contents { members, props } = surface.contents(class);
    members.into_iter().map(What::Item).chain(props.into_iter().map(What::Prop))
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
