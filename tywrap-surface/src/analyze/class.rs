//! Classes: type parameters, bases, the method resolution order, kind and fields.

use std::collections::BTreeMap;
use std::rc::Rc;

use ruff_python_ast::{Decorator, Expr, ExprCall};

use super::literal;
use super::lower::{Lower, lookup};
use super::members::{self, Members};
use super::program::{Def, Made, Place, Program, Symbol, What};
use super::scope::{Assign, Binding, ClassNode};
use super::what::is_typing;
use crate::inherit::bind;
use crate::model::{Class, ClassKind, Field, Literal, Omitted, QName, Type, TypeParam, TypeParamKind};

/// What is known of a class without its members.
#[derive(Clone, Debug)]
pub(crate) struct ClassInfo {
    pub(crate) vars: Vec<TypeParam>,
    pub(crate) bases: Vec<Type>,
    /// Without the class itself, and without `Generic` and `Protocol`, which have nothing to inherit.
    pub(crate) mro: Vec<Type>,
    pub(crate) kind: ClassKind,
    /// The metaclass, its own or an inherited one.
    pub(crate) metaclass: Option<QName>,
    /// Whether classes made from this one are dataclasses.
    transforms: bool,
}

impl Default for ClassInfo {
    fn default() -> Self {
        Self {
            vars: Vec::new(),
            bases: Vec::new(),
            mro: Vec::new(),
            kind: ClassKind::Plain,
            metaclass: None,
            transforms: false,
        }
    }
}

/// Finds out everything about a class but its members.
pub(super) fn describe(program: &dyn Program, def: &Rc<Def>) -> ClassInfo {
    let node = match program.what(def) {
        What::Class(node) => node,
        What::MadeClass(made) => return describe_made(program, def, *made),
        _ => return ClassInfo::default(),
    };
    let mut lower = Lower::new(program, def.around());
    let declared = lower.declare(node.def.type_params.as_deref());
    let arguments = node.def.arguments.as_deref();
    let bases: Vec<Type> =
        arguments.iter().flat_map(|arguments| arguments.args.iter()).map(|base| lower_base(&mut lower, base)).collect();
    let vars = if declared.is_empty() { parameters(&bases, &lower.vars) } else { declared };
    let mro = linearise(program, &def.place, &bases);
    let parents: Vec<Rc<ClassInfo>> = mro.iter().filter_map(|base| info_of(program, base)).collect();
    let metaclass = arguments
        .and_then(|arguments| arguments.find_keyword("metaclass"))
        .and_then(|keyword| place_of(program, &def.around(), &keyword.value))
        .or_else(|| parents.iter().find_map(|parent| parent.metaclass.clone()));
    let transforms = decorated(program, def, node, is_transform)
        || parents.iter().any(|parent| parent.transforms)
        || metaclass.as_ref().is_some_and(|metaclass| is_transforming_metaclass(program, metaclass));
    let kind = kind(program, def, node, &bases, &mro, &parents, metaclass.as_ref(), transforms);
    ClassInfo { vars, bases, mro, kind, metaclass, transforms }
}

/// The class as the surface describes it: with its members, or with only what the types that name it need.
pub(crate) fn lower(program: &dyn Program, def: &Rc<Def>, is_described: bool) -> (Class, Vec<Omitted>) {
    let info = program.class(def);
    let node = match program.what(def) {
        What::Class(node) => Some(Rc::clone(node)),
        _ => None,
    };
    let fields = fields(program, def, &info);
    // What a protocol asks for is part of the type; the well-known ones are known by their names.
    let has_members = is_described || (info.kind == ClassKind::Protocol && !is_well_known(&def.place));
    let members = if has_members { members::of(program, def, &info, &fields) } else { Members::default() };
    let class = Class {
        def: def.place.clone(),
        kind: info.kind,
        vars: info.vars.clone(),
        bases: info.bases.clone(),
        mro: info.mro.clone(),
        is_described,
        members: members.items,
        props: members.props,
        fields,
        // A `TypedDict` inherits the methods of `Mapping` without their bodies, and is a `dict` for all that.
        is_abstract: info.kind != ClassKind::TypedDict && is_abstract(program, def),
        is_final: node.is_some_and(|node| decorated(program, def, &node, |_, decorator| is_typing(decorator, "final"))),
    };
    (class, members.omitted)
}

/// Whether a class is one that everybody knows by name: its instances cross the wire as plain values, or it is an iterator, a
/// function or an abstract container.
pub(crate) fn is_well_known(class: &QName) -> bool {
    const MODULES: &[&str] =
        &["abc", "builtins", "collections.abc", "_collections_abc", "types", "typing", "typing_extensions"];
    MODULES.contains(&class.module.as_str()) || class.module == "_typeshed" || class.module.starts_with("_typeshed.")
}

/// The classes along the resolution order of a type, itself first, with their type parameters bound.
pub(crate) fn linearised(program: &dyn Program, ty: &Type) -> Vec<(Rc<Def>, BTreeMap<String, Type>)> {
    let Type::Class(name, args) = ty else { return Vec::new() };
    let Some(def) = program.def(name) else { return Vec::new() };
    let info = program.class(&def);
    let bindings = bind(&info.vars, args);
    let mut classes = vec![(def, bindings.clone())];
    for base in &info.mro {
        let Type::Class(name, args) = base.substitute(&bindings, None) else { continue };
        if let Some(def) = program.def(&name) {
            let bound = bind(&program.class(&def).vars, &args);
            classes.push((def, bound));
        }
    }
    classes
}

/// Lowers annotations where the definition stands; in a class body with the class's type parameters in scope.
pub(crate) fn in_body<'p>(program: &'p dyn Program, def: &Def) -> Lower<'p> {
    let mut lower = Lower::new(program, def.around());
    let mut class = def.class.as_ref();
    while let Some(around) = class {
        if let What::Class(node) = program.what(around) {
            lower.declare(node.def.type_params.as_deref());
        }
        class = around.class.as_ref();
    }
    lower
}

/// Whether what is assigned to a name in an enum's body is one of its members.
pub(crate) fn is_enum_member(name: &str, bindings: &[Binding]) -> bool {
    let assigned = matches!(bindings.last(), Some(Binding::Assign(assign)) if assign.annotation.is_none() && assign.value.is_some());
    assigned && !name.starts_with("__") && !(name.starts_with('_') && name.ends_with('_'))
}

/// Where the function or class that a decorator or call names is defined.
pub(crate) fn callee(program: &dyn Program, place: &Place, expr: &Expr) -> Option<Rc<Def>> {
    let expr = match expr {
        Expr::Call(call) => &call.func,
        other => other,
    };
    match lookup(program, place, expr)? {
        Symbol::Def(def) => Some(def),
        Symbol::Module(_) => None,
    }
}

fn lower_base(lower: &mut Lower<'_>, base: &Expr) -> Type {
    match base {
        // `class C(namedtuple("C", "a b"))`
        Expr::Call(call) => match callee(lower.program, &lower.place, &call.func) {
            Some(def) if made_by(&def) == Some(Made::NamedTuple) => {
                Type::Class(QName::new("typing", "NamedTuple"), Vec::new())
            }
            _ => Type::Unknown("the base is computed".to_owned()),
        },
        base => lower.ty(base),
    }
}

fn made_by(def: &Def) -> Option<Made> {
    match (def.place.module.as_str(), def.place.name.as_str()) {
        ("collections", "namedtuple") => Some(Made::NamedTuple),
        _ if is_typing(def, "NamedTuple") => Some(Made::NamedTuple),
        _ => None,
    }
}

/// The type parameters of a class: what `Generic[…]` or `Protocol[…]` lists, else every variable in order.
fn parameters(bases: &[Type], met: &[TypeParam]) -> Vec<TypeParam> {
    let listed = bases.iter().find_map(|base| match base {
        Type::Class(name, args) if name.module == "typing" && is_generic(name) && !args.is_empty() => Some(args),
        _ => None,
    });
    let Some(args) = listed else { return met.to_vec() };
    let named = |ty: &Type| match ty {
        Type::Var(name) => Some(name.clone()),
        Type::Unpack(inner) => match &**inner {
            Type::Var(name) => Some(name.clone()),
            _ => None,
        },
        _ => None,
    };
    let names: Vec<String> = args.iter().filter_map(named).collect();
    names.iter().filter_map(|name| met.iter().find(|var| var.name == *name)).cloned().collect()
}

fn is_generic(name: &QName) -> bool {
    matches!(name.name.as_str(), "Generic" | "Protocol")
}

/// C3, over bases with their type arguments. Where Python would refuse the order, depth first.
fn linearise(program: &dyn Program, class: &QName, bases: &[Type]) -> Vec<Type> {
    let object = Type::Class(QName::new("builtins", "object"), Vec::new());
    let mut lists: Vec<Vec<Type>> = Vec::new();
    let mut direct: Vec<Type> = Vec::new();
    for base in bases {
        let Some(base) = as_class(program, base, 0) else { continue };
        let mut list = vec![base.clone()];
        if let Type::Class(name, args) = &base
            && let Some(def) = program.def(name)
        {
            let info = program.class(&def);
            let bindings = bind(&info.vars, args);
            list.extend(info.mro.iter().map(|ty| ty.substitute(&bindings, None)));
        }
        direct.push(base);
        lists.push(list);
    }
    if direct.is_empty() {
        return if *class == QName::new("builtins", "object") { Vec::new() } else { vec![object] };
    }
    lists.push(direct);
    let depth_first = lists.concat();
    let mut order: Vec<Type> = Vec::new();
    loop {
        lists.retain(|list| !list.is_empty());
        let candidate = lists
            .iter()
            .filter_map(|list| list.first())
            .find(|first| lists.iter().all(|list| list.iter().skip(1).all(|later| name_of(later) != name_of(first))));
        let Some(next) = candidate.cloned() else { break };
        for list in &mut lists {
            if list.first().and_then(name_of) == name_of(&next) {
                list.remove(0);
            }
        }
        order.push(next);
    }
    if !lists.is_empty() {
        order.clear();
        for ty in depth_first {
            if order.iter().all(|seen| name_of(seen) != name_of(&ty)) {
                order.push(ty);
            }
        }
        order.sort_by_key(|ty| *ty == object);
    }
    order
}

/// A base as the class it is; `None` for what adds nothing that could be inherited.
fn as_class(program: &dyn Program, base: &Type, depth: usize) -> Option<Type> {
    let tuple = |element: Type| Type::Class(QName::new("builtins", "tuple"), vec![element]);
    match base {
        Type::Class(name, _) if name.module == "typing" && is_generic(name) => None,
        Type::Class(name, _) if *name == QName::new("typing", "TypedDict") => {
            Some(Type::Class(QName::new("typing", "_TypedDict"), Vec::new()))
        }
        Type::Class(..) => Some(base.clone()),
        Type::Tuple(types) => Some(tuple(Type::union(types.clone()))),
        Type::TupleOf(ty) => Some(tuple((**ty).clone())),
        Type::TypeOf(_) => Some(Type::Class(QName::new("builtins", "type"), Vec::new())),
        Type::Annotated(ty, _) => as_class(program, ty, depth),
        Type::Alias(name, args) if depth < 16 => {
            let alias = program.alias(&program.def(name)?)?;
            as_class(program, &alias.ty.substitute(&bind(&alias.vars, args), None), depth + 1)
        }
        _ => None,
    }
}

fn name_of(ty: &Type) -> Option<&QName> {
    match ty {
        Type::Class(name, _) => Some(name),
        _ => None,
    }
}

fn info_of(program: &dyn Program, ty: &Type) -> Option<Rc<ClassInfo>> {
    name_of(ty).and_then(|name| program.def(name)).map(|def| program.class(&def))
}

#[expect(clippy::too_many_arguments, reason = "each is one thing that decides the kind")]
fn kind(
    program: &dyn Program,
    def: &Rc<Def>,
    node: &ClassNode,
    bases: &[Type],
    mro: &[Type],
    parents: &[Rc<ClassInfo>],
    metaclass: Option<&QName>,
    transforms: bool,
) -> ClassKind {
    let has_base =
        |name: &str| bases.iter().filter_map(name_of).any(|base| base.module == "typing" && base.name == name);
    let inherits = |kind: ClassKind| parents.iter().any(|parent| parent.kind == kind);
    let is_enum =
        |name: &QName| name.module == "enum" && matches!(name.name.as_str(), "Enum" | "EnumMeta" | "EnumType");
    if mro.iter().filter_map(name_of).any(is_enum) || metaclass.is_some_and(is_enum) {
        ClassKind::Enum
    } else if has_base("NamedTuple") || inherits(ClassKind::NamedTuple) {
        ClassKind::NamedTuple
    } else if has_base("TypedDict") || inherits(ClassKind::TypedDict) {
        ClassKind::TypedDict
    } else if has_base("Protocol") {
        ClassKind::Protocol
    } else if transforms || decorated(program, def, node, makes_dataclass) || inherits(ClassKind::Dataclass) {
        ClassKind::Dataclass
    } else {
        ClassKind::Plain
    }
}

fn describe_made(program: &dyn Program, def: &Rc<Def>, made: Made) -> ClassInfo {
    let (base, kind) = match made {
        Made::NamedTuple => (QName::new("typing", "NamedTuple"), ClassKind::NamedTuple),
        Made::TypedDict => (QName::new("typing", "TypedDict"), ClassKind::TypedDict),
        Made::Enum => {
            let call = made_call(def);
            let base = call.and_then(|call| place_of(program, &def.around(), &call.func));
            (base.unwrap_or_else(|| QName::new("enum", "Enum")), ClassKind::Enum)
        }
    };
    let bases = vec![Type::Class(base, Vec::new())];
    ClassInfo { mro: linearise(program, &def.place, &bases), bases, kind, ..ClassInfo::default() }
}

fn made_call(def: &Def) -> Option<&ExprCall> {
    match def.bindings.last()? {
        Binding::Assign(assign) => match assign.value.as_ref()? {
            Expr::Call(call) => Some(call),
            _ => None,
        },
        _ => None,
    }
}

fn place_of(program: &dyn Program, place: &Place, expr: &Expr) -> Option<QName> {
    callee(program, place, expr).map(|def| def.place.clone())
}

/// Whether a decorator of the class satisfies `test`.
fn decorated(
    program: &dyn Program,
    def: &Rc<Def>,
    node: &ClassNode,
    test: impl Fn(&dyn Program, &Rc<Def>) -> bool,
) -> bool {
    let place = def.around();
    node.def
        .decorator_list
        .iter()
        .filter_map(|decorator: &Decorator| callee(program, &place, &decorator.expression))
        .any(|decorator| test(program, &decorator))
}

fn is_transform(_: &dyn Program, decorator: &Rc<Def>) -> bool {
    is_typing(decorator, "dataclass_transform")
}

/// `@dataclass`, or a decorator that is itself marked by `@dataclass_transform`.
fn makes_dataclass(program: &dyn Program, decorator: &Rc<Def>) -> bool {
    if decorator.place == QName::new("dataclasses", "dataclass") {
        return true;
    }
    let place = decorator.around();
    decorator.bindings.iter().any(|binding| match binding {
        Binding::Func(node) => node
            .def
            .decorator_list
            .iter()
            .filter_map(|decorator| callee(program, &place, &decorator.expression))
            .any(|decorator| is_transform(program, &decorator)),
        _ => false,
    })
}

fn is_transforming_metaclass(program: &dyn Program, metaclass: &QName) -> bool {
    let Some(def) = program.def(metaclass) else { return false };
    match program.what(&def) {
        What::Class(node) => decorated(program, &def, node, is_transform),
        _ => false,
    }
}

/// Whether an abstract method of the class or of a base has no other definition before it in the order.
fn is_abstract(program: &dyn Program, def: &Rc<Def>) -> bool {
    let this = Type::Class(def.place.clone(), Vec::new());
    let classes: Vec<Rc<ClassNode>> = std::iter::once(&this)
        .chain(&program.class(def).mro)
        .filter_map(name_of)
        .filter_map(|name| match program.what(&program.def(name)?) {
            What::Class(node) => Some(Rc::clone(node)),
            _ => None,
        })
        .collect();
    classes.iter().enumerate().any(|(at, class)| {
        class.scope.entries().iter().any(|entry| {
            is_abstract_entry(&entry.bindings)
                && classes.iter().take(at).all(|before| before.scope.get(&entry.name).is_none())
        })
    })
}

fn is_abstract_entry(bindings: &[Binding]) -> bool {
    bindings.iter().any(|binding| match binding {
        Binding::Func(node) => node.def.decorator_list.iter().any(|decorator| match &decorator.expression {
            Expr::Name(name) => name.id.as_str() == "abstractmethod",
            Expr::Attribute(attribute) => attribute.attr.as_str() == "abstractmethod",
            _ => false,
        }),
        _ => false,
    })
}

/// Own and inherited fields, a name at the place where it came first and with the type it has last.
fn fields(program: &dyn Program, def: &Rc<Def>, info: &ClassInfo) -> Vec<Field> {
    if matches!(info.kind, ClassKind::Plain | ClassKind::Protocol) {
        return Vec::new();
    }
    let this = Type::Class(def.place.clone(), info.vars.iter().map(|var| Type::Var(var.name.clone())).collect());
    let mut fields: Vec<Field> = Vec::new();
    for (class, bindings) in linearised(program, &this).into_iter().rev() {
        let class_info = program.class(&class);
        if class_info.kind != info.kind {
            continue;
        }
        for mut field in own_fields(program, &class, &class_info) {
            field.ty = field.ty.substitute(&bindings, None);
            match fields.iter_mut().find(|other| other.name == field.name) {
                Some(other) => *other = field,
                None => fields.push(field),
            }
        }
    }
    fields
}

fn own_fields(program: &dyn Program, class: &Rc<Def>, info: &ClassInfo) -> Vec<Field> {
    match program.what(class) {
        What::Class(node) if info.kind == ClassKind::Enum => enum_fields(program, class, node),
        What::Class(node) => annotated_fields(program, class, node, info.kind),
        What::MadeClass(made) => {
            made_call(class).map(|call| made_fields(program, class, *made, call)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

fn enum_fields(program: &dyn Program, class: &Rc<Def>, node: &ClassNode) -> Vec<Field> {
    let body = body_place(class);
    node.scope
        .entries()
        .iter()
        .filter(|entry| is_enum_member(&entry.name, &entry.bindings))
        .filter_map(|entry| match entry.bindings.last() {
            Some(Binding::Assign(assign)) => {
                let value = assign.value.as_ref();
                let ty = value.map_or(Type::Any, |value| match program.infer(&body, value) {
                    super::program::Inferred::Value(ty, _) => ty,
                    _ => Type::Unknown("the value is computed".to_owned()),
                });
                Some(field(&entry.name, ty, value.and_then(literal::plain)))
            }
            _ => None,
        })
        .collect()
}

fn annotated_fields(program: &dyn Program, class: &Rc<Def>, node: &ClassNode, kind: ClassKind) -> Vec<Field> {
    let mut lower = Lower::new(program, body_place(class));
    lower.declare(node.def.type_params.as_deref());
    let total = node.def.arguments.as_deref().and_then(|arguments| arguments.find_keyword("total"));
    let total = total.is_none_or(|keyword| literal::plain(&keyword.value) != Some(Literal::Bool(false)));
    let mut kw_only = false;
    let mut fields = Vec::new();
    for entry in node.scope.entries() {
        let Some(Binding::Assign(assign)) = entry.bindings.last() else { continue };
        let Some(annotation) = &assign.annotation else { continue };
        let wrapper = wrapper(program, &lower.place, annotation);
        match wrapper.as_deref() {
            Some("ClassVar") => continue,
            Some("KW_ONLY") => {
                kw_only = true;
                continue;
            }
            _ => {}
        }
        let annotation = match annotation {
            // What is given to `__init__`, and kept nowhere.
            Expr::Subscript(given) if wrapper.as_deref() == Some("InitVar") => &*given.slice,
            other => other,
        };
        let mut field = field(&entry.name, lower.ty(annotation), None);
        match kind {
            ClassKind::TypedDict => {
                field.required = match wrapper.as_deref() {
                    Some("Required") => true,
                    Some("NotRequired") => false,
                    _ => total,
                };
            }
            ClassKind::Dataclass if is_private_model_name(&entry.name, program, class) => continue,
            ClassKind::Dataclass => {
                field.kw_only = kw_only;
                if !describe_default(assign, &mut field) {
                    continue;
                }
            }
            _ => {
                field.required = assign.value.is_none();
                field.value = assign.value.as_ref().and_then(literal::plain);
            }
        }
        fields.push(field);
    }
    fields
}

/// A model's metaclass, unlike `@dataclass`, takes names with an underscore for private attributes.
fn is_private_model_name(name: &str, program: &dyn Program, class: &Rc<Def>) -> bool {
    name.starts_with('_') && program.class(class).transforms
}

/// Reads the default of a dataclass's field; `false` if the field is no parameter of `__init__`.
fn describe_default(assign: &Assign, field: &mut Field) -> bool {
    let Some(value) = &assign.value else { return true };
    field.required = false;
    field.value = literal::plain(value);
    let Expr::Call(call) = value else { return true };
    let keyword = |name: &str| call.arguments.find_keyword(name).map(|keyword| &keyword.value);
    let is_field =
        super::scope::dotted(&call.func).is_some_and(|name| matches!(name.rsplit('.').next(), Some("field" | "Field")));
    if !is_field {
        return true;
    }
    if keyword("init").and_then(literal::plain) == Some(Literal::Bool(false)) {
        return false;
    }
    if let Some(Literal::Bool(kw_only)) = keyword("kw_only").and_then(literal::plain) {
        field.kw_only = kw_only;
    }
    let default = keyword("default").or_else(|| call.arguments.args.first());
    field.required = match default {
        Some(Expr::EllipsisLiteral(_)) => true,
        Some(_) => false,
        None => keyword("default_factory").or(keyword("factory")).is_none(),
    };
    field.value = default.and_then(literal::plain);
    true
}

/// The fields of `NamedTuple("N", [("a", int)])`, `namedtuple("N", "a b")`, `TypedDict("D", {"a": int})` and
/// `Enum("E", "A B")`.
fn made_fields(program: &dyn Program, class: &Rc<Def>, made: Made, call: &ExprCall) -> Vec<Field> {
    let mut lower = Lower::new(program, class.around());
    let Some(members) = call.arguments.args.get(1) else { return Vec::new() };
    let total = call.arguments.find_keyword("total").and_then(|keyword| literal::plain(&keyword.value));
    let untyped = || Type::Unknown("not annotated".to_owned());
    let mut fields = Vec::new();
    match members {
        Expr::StringLiteral(names) => {
            let names = names.value.to_str().replace(',', " ");
            fields.extend(names.split_whitespace().map(|name| field(name, untyped(), None)));
        }
        Expr::Dict(dict) => {
            for item in &dict.items {
                if let Some(Expr::StringLiteral(name)) = &item.key {
                    let ty = if made == Made::TypedDict { lower.ty(&item.value) } else { untyped() };
                    let mut field = field(name.value.to_str(), ty, None);
                    field.required = total != Some(Literal::Bool(false));
                    fields.push(field);
                }
            }
        }
        Expr::List(list) => fields.extend(list.elts.iter().filter_map(|elt| pair_field(&mut lower, made, elt))),
        Expr::Tuple(tuple) => fields.extend(tuple.elts.iter().filter_map(|elt| pair_field(&mut lower, made, elt))),
        _ => {}
    }
    if made == Made::Enum {
        for field in &mut fields {
            field.ty = Type::Class(QName::new("builtins", "int"), Vec::new());
        }
    }
    fields
}

fn pair_field(lower: &mut Lower<'_>, made: Made, element: &Expr) -> Option<Field> {
    match element {
        Expr::StringLiteral(name) => Some(field(name.value.to_str(), Type::Unknown("not annotated".to_owned()), None)),
        Expr::Tuple(pair) => match pair.elts.as_slice() {
            [Expr::StringLiteral(name), ty] if made == Made::NamedTuple => {
                Some(field(name.value.to_str(), lower.ty(ty), None))
            }
            [Expr::StringLiteral(name), value] => Some(field(name.value.to_str(), Type::Any, literal::plain(value))),
            _ => None,
        },
        _ => None,
    }
}

fn field(name: &str, ty: Type, value: Option<Literal>) -> Field {
    Field { name: name.to_owned(), ty, required: true, kw_only: false, value }
}

/// The body of a class, where names are looked up in it first.
pub(crate) fn body_place(class: &Rc<Def>) -> Place {
    Place {
        module: Rc::clone(&class.module),
        class: Some(Rc::clone(class)),
        params: BTreeMap::<_, TypeParamKind>::new(),
    }
}

/// `ClassVar`, `Required` and the like around an annotation.
pub(crate) fn wrapper(program: &dyn Program, place: &Place, annotation: &Expr) -> Option<String> {
    let expr = match annotation {
        Expr::Subscript(subscript) => &subscript.value,
        other => other,
    };
    let def = callee(program, place, expr)?;
    let known = matches!(def.place.module.as_str(), "typing" | "typing_extensions" | "dataclasses");
    known.then(|| def.place.name.clone())
}
