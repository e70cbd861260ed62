//! What a definition is: a function, a class, an alias, a type variable, another name for something, or a value.

use std::rc::Rc;

use ruff_python_ast::{Expr, ExprCall, Operator};

use super::lower::{alternatives, lookup};
use super::program::{Def, Made, Place, Program, Symbol, What};
use super::scope::{Assign, Binding};

/// Modules whose special forms are known by name.
const TYPING: &[&str] = &["typing", "typing_extensions"];

/// Special forms that typeshed writes as something else than `_SpecialForm`.
const SPECIAL: &[&str] = &["Any", "Generic", "Protocol", "TypeAlias", "LiteralString", "NoReturn", "Never", "Self"];

/// Old names for classes, which typeshed states in a way of its own.
const OLD_NAMES: &[(&str, &str, &str)] = &[
    ("List", "builtins", "list"),
    ("Dict", "builtins", "dict"),
    ("Set", "builtins", "set"),
    ("FrozenSet", "builtins", "frozenset"),
    ("DefaultDict", "collections", "defaultdict"),
    ("OrderedDict", "collections", "OrderedDict"),
    ("Counter", "collections", "Counter"),
    ("ChainMap", "collections", "ChainMap"),
    ("Deque", "collections", "deque"),
];

/// The name of the special form of `typing` that a definition is, whichever module it was imported from.
pub(crate) fn special_form<'d>(program: &dyn Program, def: &'d Rc<Def>) -> Option<&'d str> {
    if !TYPING.contains(&def.place.module.as_str()) {
        return None;
    }
    let name = def.place.name.as_str();
    (SPECIAL.contains(&name) || matches!(program.what(def), What::Special)).then_some(name)
}

/// Whether a definition is `name` of `typing` or `typing_extensions`.
pub(crate) fn is_typing(def: &Def, name: &str) -> bool {
    def.place.name == name && TYPING.contains(&def.place.module.as_str())
}

pub(super) fn classify(program: &dyn Program, def: &Rc<Def>) -> What {
    match def.bindings.last() {
        Some(Binding::Func(_)) => What::Func,
        Some(Binding::Class(node)) => What::Class(Rc::clone(node)),
        Some(Binding::TypeAlias(_)) => What::Alias,
        Some(Binding::Assign(assign)) => classify_assign(program, def, assign),
        Some(Binding::Module { .. } | Binding::From { .. } | Binding::Broken { .. }) | None => What::Value,
    }
}

fn classify_assign(program: &dyn Program, def: &Rc<Def>, assign: &Assign) -> What {
    let place = def.around();
    if TYPING.contains(&def.place.module.as_str())
        && let Some((_, module, name)) = OLD_NAMES.iter().find(|(old, ..)| *old == def.place.name)
        && let Some(symbol) = program.member(module, name)
    {
        return What::Same(symbol);
    }
    if let Some(annotation) = &assign.annotation {
        return match lookup(program, &place, annotation) {
            Some(Symbol::Def(annotation)) if is_typing(&annotation, "TypeAlias") => What::Alias,
            Some(Symbol::Def(annotation)) if annotation.place.name == "_SpecialForm" => What::Special,
            _ if def.class.is_none()
                && TYPING.contains(&def.place.module.as_str())
                && SPECIAL.contains(&def.name()) =>
            {
                What::Special
            }
            _ => What::Value,
        };
    }
    let (Some(value), None) = (&assign.value, assign.element) else { return What::Value };
    match value {
        Expr::Call(call) => classify_call(program, def, &place, call),
        // `__radd__ = __add__` in a class body.
        Expr::Name(name) if let Some(method) = own_method(program, def, name.id.as_str()) => What::Same(method),
        Expr::Name(_) => match lookup(program, &place, value) {
            Some(Symbol::Def(other)) if other.place == def.place => What::Value,
            Some(symbol) => What::Same(symbol),
            None => What::Value,
        },
        Expr::Attribute(attribute) => match lookup(program, &place, &attribute.value) {
            Some(Symbol::Module(module)) => {
                program.member(&module, attribute.attr.as_str()).map_or(What::Value, What::Same)
            }
            // What a class holds is the class's: only nested types have another name outside.
            Some(Symbol::Def(class)) => match program.class_member(&class, attribute.attr.as_str()) {
                Some(Symbol::Def(nested))
                    if matches!(program.what(&nested), What::Class(_) | What::Alias | What::MadeClass(_)) =>
                {
                    What::Same(Symbol::Def(nested))
                }
                _ => What::Value,
            },
            None => What::Value,
        },
        Expr::Subscript(_) | Expr::BinOp(_) if is_type(program, &place, value) => What::Alias,
        _ => What::Value,
    }
}

/// A method of the class around a definition.
fn own_method(program: &dyn Program, def: &Rc<Def>, name: &str) -> Option<Symbol> {
    match program.class_member(def.class.as_ref()?, name)? {
        Symbol::Def(method) if method.place != def.place && matches!(program.what(&method), What::Func) => {
            Some(Symbol::Def(method))
        }
        _ => None,
    }
}

fn classify_call(program: &dyn Program, def: &Rc<Def>, place: &Place, call: &ExprCall) -> What {
    // `f = decorator(f)` after a `def f`, whatever the decorator is.
    if wraps_itself(def, call) {
        return What::Func;
    }
    let Some(Symbol::Def(func)) = lookup(program, place, &call.func) else { return What::Value };
    let (module, name) = (func.place.module.as_str(), func.place.name.as_str());
    match name {
        "TypeVar" | "ParamSpec" | "TypeVarTuple" if TYPING.contains(&module) => What::TypeVar,
        "NewType" if TYPING.contains(&module) => What::NewType,
        "TypeAliasType" if TYPING.contains(&module) => What::Alias,
        "TypedDict" if TYPING.contains(&module) => What::MadeClass(Made::TypedDict),
        "NamedTuple" if TYPING.contains(&module) => What::MadeClass(Made::NamedTuple),
        "namedtuple" if module == "collections" => What::MadeClass(Made::NamedTuple),
        "Enum" | "IntEnum" | "StrEnum" | "Flag" | "IntFlag" if module == "enum" && call.arguments.args.len() > 1 => {
            What::MadeClass(Made::Enum)
        }
        _ => What::Value,
    }
}

/// Whether `call` is given the function that its result replaces.
fn wraps_itself(def: &Def, call: &ExprCall) -> bool {
    def.bindings.iter().any(|binding| matches!(binding, Binding::Func(_)))
        && call.arguments.args.iter().any(|arg| matches!(arg, Expr::Name(name) if name.id.as_str() == def.name()))
}

/// Whether an expression is one that a type checker takes for an alias.
fn is_type(program: &dyn Program, place: &Place, expr: &Expr) -> bool {
    match expr {
        Expr::NoneLiteral(_) | Expr::StringLiteral(_) => true,
        // What is applied to arguments has a name.
        Expr::Subscript(subscript) => match &*subscript.value {
            base @ (Expr::Name(_) | Expr::Attribute(_)) => is_type(program, place, base),
            _ => false,
        },
        Expr::BinOp(op) if op.op == Operator::BitOr => {
            alternatives(expr).into_iter().all(|part| !matches!(part, Expr::BinOp(_)) && is_type(program, place, part))
        }
        Expr::Name(_) | Expr::Attribute(_) => match lookup(program, place, expr) {
            Some(Symbol::Def(def)) => match program.what(&def) {
                What::Class(_) | What::MadeClass(_) | What::Alias | What::TypeVar | What::NewType | What::Special => {
                    true
                }
                What::Func | What::Same(_) | What::Value => false,
            },
            Some(Symbol::Module(_)) | None => false,
        },
        _ => false,
    }
}
