//! Protocols that plain data meet: what can be made an array of, and what can be indexed like a list.

use tywrap_surface::model::{Class, ClassKind, Item, Sig, Type};

use super::alias::Aliases;
use super::dtype::{Dtypes, is_numpy};
use super::shape::Shape;

/// What a protocol asks for, where plain data have it.
pub(super) enum Asks<'c> {
    /// `__array__`: an array of this dtype, or what has one.
    Array(&'c Type),
    /// What a list has: these as elements. `nested` if an element may be such a sequence too.
    Sequence { elements: Vec<&'c Type>, nested: bool },
    /// `__call__` and nothing else: a function.
    Call(&'c Sig),
}

impl<'c> Asks<'c> {
    /// What the members of a protocol ask for; nothing if it is none, or asks for more.
    pub(super) fn of(class: &'c Class) -> Option<Self> {
        if class.kind != ClassKind::Protocol || !class.props.is_empty() {
            return None;
        }
        let sig = |name: &str| {
            class.members.iter().find_map(|item| match item {
                Item::Func(func) if func.name == name => func.sigs.first(),
                _ => None,
            })
        };
        let has_only = |names: &[&str]| class.members.iter().all(|item| names.contains(&item.name()));
        if has_only(&["__array__", "__len__"]) {
            return Some(Self::Array(dtype_of(sig("__array__")?)?));
        }
        if has_only(&["__call__"]) {
            return sig("__call__").map(Self::Call);
        }
        if !has_only(&["__contains__", "__getitem__", "__iter__", "__len__", "__reversed__", "count", "index"]) {
            return None;
        }
        sig("__len__")?;
        let element = &sig("__getitem__")?.ret;
        let members = match element {
            Type::Union(members) => members.as_slice(),
            one => std::slice::from_ref(one),
        };
        let is_self = |ty: &&Type| matches!(ty, Type::Class(def, _) if *def == class.def) || **ty == Type::SelfType;
        let elements: Vec<&Type> = members.iter().filter(|ty| !is_self(ty)).collect();
        let nested = elements.len() < members.len();
        Some(Self::Sequence { elements, nested })
    }
}

/// The dtype of the array that `__array__` gives.
fn dtype_of(sig: &Sig) -> Option<&Type> {
    match &sig.ret {
        Type::Class(def, args) if is_numpy(&def.module) && def.name == "ndarray" => args.get(1),
        _ => None,
    }
}

/// The union of what a parameter takes, with an array beside the sequences that numpy makes the same array of as the one type that says
/// both.
pub(super) fn array_like(members: Vec<Shape>, aliases: &Aliases) -> Vec<Shape> {
    let dtypes = members.iter().find_map(|member| match member {
        Shape::Array(dtypes @ Dtypes::Of(_)) => Some(dtypes.clone()),
        _ => None,
    });
    let Some(dtypes) = dtypes else { return members };
    let is_sequence = |member: &Shape| matches!(member, Shape::Sequence(of) if is_element(of, &dtypes, aliases));
    if !members.iter().any(is_sequence) {
        return members;
    }
    let rest = members.iter().filter(|member| !is_sequence(member) && !matches!(member, Shape::Array(_)));
    std::iter::once(Shape::ArrayLike(dtypes.clone())).chain(rest.cloned()).collect()
}

/// Whether numpy makes an array of these dtypes of a list of these.
fn is_element(shape: &Shape, dtypes: &Dtypes, aliases: &Aliases) -> bool {
    let holds = |scalar: &Dtypes| scalar.intersects(dtypes);
    match shape {
        Shape::Bool => holds(&Dtypes::BOOL),
        // An array of floats is made of ints too.
        Shape::Int => holds(&Dtypes::INTEGER) || holds(&Dtypes::FLOAT) || holds(&Dtypes::COMPLEX),
        Shape::Float => holds(&Dtypes::FLOAT) || holds(&Dtypes::COMPLEX),
        Shape::Complex => holds(&Dtypes::COMPLEX),
        Shape::Str => holds(&Dtypes::STR),
        Shape::Bytes => holds(&Dtypes::BYTES),
        Shape::Literal(_) | Shape::Structural(_) | Shape::Value => true,
        Shape::Array(of) | Shape::ArrayLike(of) => of.is_within(dtypes),
        Shape::Sequence(of) => is_element(of, dtypes, aliases),
        Shape::Union(members) => members.iter().all(|member| is_element(member, dtypes, aliases)),
        // One that refers to itself is nothing yet.
        Shape::Named(at, args) if args.is_empty() => {
            aliases.get(*at).is_some_and(|named| !named.recursive && is_element(&named.shape, dtypes, aliases))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::array_like;
    use crate::emit::alias::Aliases;
    use crate::emit::dtype::Dtypes;
    use crate::emit::shape::Shape;

    #[test]
    fn arrays_and_what_is_made_one_are_one_type() {
        let floats = || Shape::Array(Dtypes::FLOAT);
        let like = || Shape::ArrayLike(Dtypes::FLOAT);
        let nested = |of: Shape| Shape::sequence(Shape::union([of, Shape::sequence(Shape::Value)]));
        for (members, expected) in [
            (vec![floats(), Shape::sequence(Shape::Float)], vec![like()]),
            (vec![floats(), nested(Shape::union([Shape::Float, floats()])), Shape::None], vec![like(), Shape::None]),
            // A list of texts is something else than an array of floats.
            (vec![floats(), Shape::sequence(Shape::Str)], vec![floats(), Shape::sequence(Shape::Str)]),
            (vec![Shape::sequence(Shape::Float)], vec![Shape::sequence(Shape::Float)]),
            (vec![floats(), Shape::Float], vec![floats(), Shape::Float]),
        ] {
            assert_eq!(array_like(members, &Aliases::default()), expected);
        }
    }
}
