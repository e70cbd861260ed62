//! What `take` gives of an instance.

use std::collections::BTreeSet;

use tywrap_surface::model::{ClassKind, Type};

use super::enclosing::Enclosing;
use crate::emit::lower::Lower;
use crate::emit::module::Builder;
use crate::emit::shape::Way;
use crate::emit::ts::{Element, LocalType, Property, Ts};
use crate::emit::typescript::Reading;

impl<'i> Builder<'i> {
    /// What an instance holds, as data: the fields of what is made of fields, and what containers contain.
    pub(super) fn data(&mut self, enclosing: &Enclosing<'i>) -> Option<Ts> {
        let Enclosing { surface, class, .. } = *enclosing;
        let integers = self.integers(&class.def.name);
        let reading = Reading { in_alias: true, ..enclosing.reading(Way::Out, integers) };
        match (class.def.module.as_str(), class.def.name.as_str()) {
            (module, "DataFrame") if module.starts_with("pandas.") => return Some(Ts::client("PyTable")),
            (module, "Series") if module.starts_with("pandas.") => return Some(Ts::client("PyColumn")),
            _ => {}
        }
        if class.kind == ClassKind::Dataclass {
            let mut lower = Lower::new(surface, &mut self.aliases, &mut self.objects, integers);
            // What is only given to the constructor is kept nowhere.
            let contents = surface.contents(class);
            let kept: BTreeSet<&str> = contents.props.iter().map(|prop| prop.stated.name.as_str()).collect();
            let bases = class.mro.iter().rev().filter_map(|base| match base {
                Type::Class(name, _) => surface.classes.get(name),
                _ => None,
            });
            let mut properties: Vec<Property> = Vec::new();
            let fields =
                bases.chain([class]).filter(|class| class.kind == ClassKind::Dataclass).flat_map(|class| &class.fields);
            for field in fields.filter(|field| kept.contains(field.name.as_str())) {
                let ty = taken(&reading.ts(&enclosing.lower(&field.ty, Way::Out, &mut lower)));
                let property = Property { name: field.name.clone(), ty, optional: false, readonly: false };
                match properties.iter_mut().find(|there| there.name == field.name) {
                    Some(there) => *there = property,
                    None => properties.push(property),
                }
            }
            return Some(Ts::Object { properties, index: None });
        }
        let container = class.mro.iter().find_map(|base| match base {
            Type::Class(name, args) if name.module == "typing" => match name.name.as_str() {
                "Mapping" | "AbstractSet" | "Sequence" => Some(Type::Class(name.clone(), args.clone())),
                _ => None,
            },
            _ => None,
        })?;
        let mut lower = Lower::new(surface, &mut self.aliases, &mut self.objects, integers);
        Some(taken(&reading.ts(&enclosing.lower(&container, Way::Out, &mut lower))))
    }
}

/// What `take` makes of a type: objects that have a form as data come as such.
fn taken(ty: &Ts) -> Ts {
    match ty {
        Ts::Local(LocalType::Instance(at), args) => Ts::Local(LocalType::Data(*at), args.clone()),
        Ts::Local(id, args) => Ts::Local(*id, args.iter().map(taken).collect()),
        Ts::Global(name, args) => Ts::Global(name, args.iter().map(taken).collect()),
        Ts::Union(all) => Ts::union(all.iter().map(taken)),
        Ts::Array { readonly, of } => Ts::array(taken(of), *readonly),
        Ts::Tuple { readonly, elements } => Ts::Tuple {
            readonly: *readonly,
            elements: elements.iter().map(|element| Element { ty: taken(&element.ty), ..element.clone() }).collect(),
        },
        other => other.clone(),
    }
}
