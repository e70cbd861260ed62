//! What a surface says, name by name, as lines of text that can be compared.

use std::collections::BTreeMap;

use super::names::Names;
use super::write::Writer;
use crate::model::{Bind, Class, Func, Item, QName, Surface, Via};

/// How much the lines say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// What a caller cares for, in short names, without the notes of `Annotated`.
    Short,
    /// Everything that the surface's file says, with every name in full: what is the same here is the same.
    Whole,
}

/// The lines of each name: exported ones as they are (`mean`, `Counter`, `Counter.most_common`), and what is not exported by
/// where it is defined (`numpy:_ArrayLike`).
pub(crate) fn entries(surface: &Surface, detail: Detail) -> BTreeMap<String, Vec<String>> {
    let names = match detail {
        Detail::Short => Names::of(surface),
        Detail::Whole => Names::in_full(surface),
    };
    let text = match detail {
        Detail::Short => Writer::brief(&names),
        Detail::Whole => Writer::new(&names),
    };
    let mut labels: BTreeMap<&QName, &str> = BTreeMap::new();
    for item in &surface.items {
        if let Item::Class { name, def } = item {
            labels.entry(def).or_insert(name);
        }
    }
    let mut entries = Entries { detail, text, all: BTreeMap::new() };
    for item in &surface.items {
        let lines = entries.item(item);
        // An exported class stands where it is described.
        let is_described = |def: &QName| surface.classes.contains_key(def);
        let stands_below = |name: &str, def: &QName| labels.get(def) == Some(&name) && is_described(def);
        if !matches!(item, Item::Class { name, def } if stands_below(name, def)) {
            entries.add(item.name().to_owned(), lines);
        }
    }
    for (def, class) in &surface.classes {
        let label = labels.get(def).map_or_else(|| def.to_string(), |name| (*name).to_owned());
        entries.class(&label, class);
    }
    for (def, alias) in &surface.aliases {
        entries.text.out.push_str("type ");
        entries.text.out.push_str(&def.name);
        entries.text.vars(&alias.vars);
        entries.text.out.push_str(" = ");
        entries.text.ty(&alias.ty);
        let line = entries.text.take();
        entries.add(def.to_string(), vec![line]);
    }
    for omitted in &surface.omitted {
        entries.add(omitted.name.clone(), vec![format!("(left out: {})", omitted.reason)]);
    }
    entries.all
}

struct Entries<'a> {
    detail: Detail,
    text: Writer<'a>,
    all: BTreeMap<String, Vec<String>>,
}

impl<'a> Entries<'a> {
    fn add(&mut self, name: String, lines: Vec<String>) {
        self.all.entry(name).or_default().extend(lines);
    }

    fn item(&mut self, item: &'a Item) -> Vec<String> {
        let (mut line, def) = match item {
            Item::Func(func) => return self.func(func),
            Item::Class { name, def } => (format!("class {name}"), Some(def)),
            Item::Alias { name, def } => (format!("type {name}"), Some(def)),
            Item::Const(constant) => {
                self.text.valued(&constant.name, &constant.ty, constant.value.as_ref());
                (self.text.take(), Some(&constant.def))
            }
            Item::TypeVar(var) => {
                self.text.var(var);
                (format!("TypeVar {}", self.text.take()), None)
            }
            Item::Module { name, module } if name == module => (format!("module {name}"), None),
            Item::Module { name, module } => (format!("module {name} ({module})"), None),
        };
        if let (Detail::Whole, Some(def)) = (self.detail, def) {
            line.push_str(&format!("  # of {def}"));
        }
        vec![line]
    }

    fn func(&mut self, func: &'a Func) -> Vec<String> {
        let mut before = String::new();
        if func.is_abstract {
            before.push_str("@abstractmethod ");
        }
        match func.bind {
            Bind::Class => before.push_str("@classmethod "),
            Bind::Static => before.push_str("@staticmethod "),
            Bind::Free | Bind::Instance => {}
        }
        for decorator in &func.decorators {
            before.push_str(&format!("@{decorator} "));
        }
        let after = match (self.detail, func.via) {
            (Detail::Short, _) => String::new(),
            (Detail::Whole, Via::Def) => format!("  # of {}", func.def),
            (Detail::Whole, via) => format!("  # of {}, {via:?}", func.def),
        };
        let mut lines = Vec::with_capacity(func.sigs.len());
        for sig in &func.sigs {
            self.text.sig(&func.name, sig);
            lines.push(format!("{before}{}{after}", self.text.take()));
        }
        lines
    }

    fn class(&mut self, label: &str, class: &'a Class) {
        let mut line = String::new();
        if class.is_final {
            line.push_str("@final ");
        }
        if class.is_abstract {
            line.push_str("abstract ");
        }
        line.push_str("class ");
        line.push_str(label);
        self.text.vars(&class.vars);
        line.push_str(&self.text.take());
        let types = |entries: &mut Self, types: &'a [crate::model::Type]| {
            let each = types.iter().map(|ty| {
                entries.text.ty(ty);
                entries.text.take()
            });
            each.collect::<Vec<String>>().join(", ")
        };
        if !class.bases.is_empty() {
            line.push_str(&format!("({})", types(self, &class.bases)));
        }
        if self.detail == Detail::Whole {
            let order = types(self, &class.mro);
            line.push_str(&format!("  # of {}, {:?}, {}, [{order}]", class.def, class.kind, class.is_described));
        }
        self.add(label.to_owned(), vec![line]);
        for field in &class.fields {
            self.text.field(field);
            let line = self.text.take();
            self.add(format!("{label}.{}", field.name), vec![line]);
        }
        for prop in &class.props {
            self.text.prop(prop);
            let line = self.text.take();
            self.add(format!("{label}.{}", prop.name), vec![line]);
        }
        for member in &class.members {
            let lines = self.item(member);
            self.add(format!("{label}.{}", member.name()), lines);
        }
    }
}
