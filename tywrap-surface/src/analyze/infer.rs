//! One step of inference: what a value is, told by how it is written.

use std::rc::Rc;

use ruff_python_ast::{Expr, ExprCall, Operator, UnaryOp};

use super::class;
use super::func;
use super::literal;
use super::lower::{Lower, is_bare_final, is_final, lookup};
use super::program::{Def, Inferred, Place, Program, Symbol, What};
use super::scope::Binding;
use super::search::FileKind;
use crate::model::{ClassKind, Func, Literal, QName, Type};

pub(super) fn infer(program: &dyn Program, place: &Place, expr: &Expr) -> Inferred {
    if let Some(literal) = literal::plain(expr) {
        return Inferred::Value(literal_type(&literal), Some(literal));
    }
    match expr {
        Expr::Name(_) => match lookup(program, place, expr) {
            Some(symbol) => named(program, symbol),
            None => unknown("the name it is made from was not found"),
        },
        Expr::Attribute(attribute) => match lookup(program, place, expr) {
            Some(symbol) => named(program, symbol),
            None => match program.infer(place, &attribute.value) {
                Inferred::Value(receiver, _) => attribute_of(program, &receiver, attribute.attr.as_str()),
                Inferred::Symbol(_) | Inferred::Method { .. } => unknown("the attribute it is made from was not found"),
            },
        },
        Expr::Call(call) => Inferred::Value(called(program, place, call), None),
        Expr::Tuple(tuple) => value(Type::Tuple(tuple.elts.iter().map(|elt| type_of(program, place, elt)).collect())),
        Expr::List(list) => value(collection("list", vec![elements(program, place, list.elts.iter())])),
        Expr::Set(set) => value(collection("set", vec![elements(program, place, set.elts.iter())])),
        Expr::Dict(dict) => {
            let keys = elements(program, place, dict.items.iter().filter_map(|item| item.key.as_ref()));
            let values = elements(program, place, dict.items.iter().map(|item| &item.value));
            value(collection("dict", vec![keys, values]))
        }
        Expr::FString(_) => value(builtin("str")),
        Expr::Compare(_) => value(builtin("bool")),
        Expr::UnaryOp(op) if op.op == UnaryOp::Not => value(builtin("bool")),
        Expr::UnaryOp(op) => value(type_of(program, place, &op.operand)),
        Expr::BinOp(op) => {
            let (left, right) = (type_of(program, place, &op.left), type_of(program, place, &op.right));
            if op.op == Operator::Div && left == builtin("int") && right == left {
                value(builtin("float"))
            } else if left == right {
                value(left)
            } else {
                unknown("the value is computed")
            }
        }
        Expr::If(either) => {
            value(Type::union(vec![type_of(program, place, &either.body), type_of(program, place, &either.orelse)]))
        }
        _ => unknown("the value is computed"),
    }
}

/// What a definition is as a value.
pub(crate) fn value_of(program: &dyn Program, def: &Rc<Def>) -> Inferred {
    let Some(Binding::Assign(assign)) = def.bindings.last() else {
        return Inferred::Symbol(Symbol::Def(Rc::clone(def)));
    };
    let place = def.around();
    if let Some(member) = enum_member(program, def) {
        return member;
    }
    match (&assign.annotation, &assign.value) {
        (Some(annotation), value) if !is_bare_final(program, &place, annotation) => {
            let ty = class::in_body(program, def).ty(annotation);
            let stated = match &ty {
                Type::Lit(literal) => Some(literal.clone()),
                Type::None => Some(Literal::None),
                _ if !is_final(program, &place, annotation) => None,
                _ => value.as_ref().and_then(|value| stated_value(program, &place, value)),
            };
            Inferred::Value(ty, stated)
        }
        (annotation, Some(value)) => match (program.infer(&place, value), assign.element) {
            (inferred, None) => {
                // In a source without types, what a class or `None` starts with tells nothing.
                let is_guess = annotation.is_none() && def.module.kind == FileKind::Untyped;
                match inferred {
                    Inferred::Value(ty, _) if is_guess && (def.class.is_some() || ty == Type::None) => {
                        unknown("not annotated")
                    }
                    inferred => settled(def, annotation.is_some(), inferred),
                }
            }
            (Inferred::Value(Type::Tuple(types), _), Some(at)) => {
                types.get(at).map_or_else(|| unknown("the value is unpacked"), |ty| Inferred::Value(ty.clone(), None))
            }
            (_, Some(_)) => unknown("the value is unpacked"),
        },
        (_, None) => unknown("neither type nor value is stated"),
    }
}

/// Without `Final`, what a source file assigns need not be what it holds when it is used.
fn settled(def: &Def, is_annotated: bool, inferred: Inferred) -> Inferred {
    match inferred {
        Inferred::Value(ty, _) if !is_annotated && def.module.kind != FileKind::Stub => Inferred::Value(ty, None),
        inferred => inferred,
    }
}

/// The value of an annotated name, if it is a literal or a member of an enum.
fn stated_value(program: &dyn Program, place: &Place, value: &Expr) -> Option<Literal> {
    match literal::plain(value) {
        Some(literal) => Some(literal),
        None if matches!(value, Expr::Attribute(_)) => match program.infer(place, value) {
            Inferred::Value(_, Some(literal @ Literal::Enum(..))) => Some(literal),
            _ => None,
        },
        None => None,
    }
}

/// A member of an enum as a value: names assigned in its body, but for private ones.
fn enum_member(program: &dyn Program, def: &Rc<Def>) -> Option<Inferred> {
    let class = def.class.as_ref()?;
    if program.class(class).kind != ClassKind::Enum || !class::is_enum_member(def.name(), &def.bindings) {
        return None;
    }
    let ty = Type::Class(class.place.clone(), Vec::new());
    Some(Inferred::Value(ty, Some(Literal::Enum(class.place.clone(), def.name().to_owned()))))
}

fn named(program: &dyn Program, symbol: Symbol) -> Inferred {
    match &symbol {
        Symbol::Def(def) if matches!(program.what(def), What::Value) => value_of(program, def),
        _ => Inferred::Symbol(symbol),
    }
}

/// An attribute of an instance: a method, or what is annotated.
fn attribute_of(program: &dyn Program, receiver: &Type, name: &str) -> Inferred {
    if func::method(program, receiver, name).is_some() {
        return Inferred::Method { receiver: receiver.clone(), name: name.to_owned() };
    }
    for (class, bindings) in class::linearised(program, receiver) {
        let Some(Symbol::Def(def)) = program.class_member(&class, name) else { continue };
        return match value_of(program, &def) {
            Inferred::Value(ty, literal) => Inferred::Value(ty.substitute(&bindings, Some(receiver)), literal),
            inferred => inferred,
        };
    }
    unknown("the attribute it is made from was not found")
}

/// The type of a call: an instance of the class, or what the one signature returns.
fn called(program: &dyn Program, place: &Place, call: &ExprCall) -> Type {
    if let Expr::Subscript(_) = &*call.func {
        return Lower::new(program, place.clone()).ty(&call.func);
    }
    let returned = |func: &Func| match func.sigs.as_slice() {
        [sig] if sig.vars.is_empty() && !sig.is_async => sig.ret.clone(),
        _ => Type::Unknown("the value is what a generic or overloaded function returns".to_owned()),
    };
    match program.infer(place, &call.func) {
        Inferred::Symbol(Symbol::Def(def)) => match program.what(&def) {
            What::Class(_) | What::MadeClass(_) => Type::Class(def.place.clone(), Vec::new()),
            What::Func => func::lower(program, &def, def.name())
                .map_or_else(|_| Type::Unknown("the value is computed".to_owned()), |func| returned(&func)),
            _ => Type::Unknown("the value is computed".to_owned()),
        },
        Inferred::Method { receiver, name } => func::method(program, &receiver, &name)
            .map_or_else(|| Type::Unknown("the value is computed".to_owned()), |func| returned(&func)),
        Inferred::Symbol(Symbol::Module(_)) | Inferred::Value(..) => Type::Unknown("the value is computed".to_owned()),
    }
}

/// The type of what an expression evaluates to.
pub(super) fn type_of(program: &dyn Program, place: &Place, expr: &Expr) -> Type {
    match program.infer(place, expr) {
        Inferred::Value(ty, _) => ty,
        Inferred::Symbol(Symbol::Def(def)) if matches!(program.what(&def), What::Class(_)) => {
            Type::TypeOf(Box::new(Type::Class(def.place.clone(), Vec::new())))
        }
        Inferred::Symbol(_) | Inferred::Method { .. } => Type::Unknown("the value is computed".to_owned()),
    }
}

/// The type of the elements of a display.
fn elements<'e>(program: &dyn Program, place: &Place, exprs: impl Iterator<Item = &'e Expr>) -> Type {
    let types: Vec<Type> = exprs.map(|expr| type_of(program, place, expr)).collect();
    if types.is_empty() { Type::Unknown("nothing tells what is in it".to_owned()) } else { Type::union(types) }
}

/// The class of a literal.
fn literal_type(literal: &Literal) -> Type {
    match literal {
        Literal::None => Type::None,
        Literal::Bool(_) => builtin("bool"),
        Literal::Int(_) => builtin("int"),
        Literal::Float(_) => builtin("float"),
        Literal::Str(_) => builtin("str"),
        Literal::Bytes(_) => builtin("bytes"),
        Literal::Enum(class, _) => Type::Class(class.clone(), Vec::new()),
    }
}

fn builtin(name: &str) -> Type {
    collection(name, Vec::new())
}

fn collection(name: &str, args: Vec<Type>) -> Type {
    Type::Class(QName::new("builtins", name), args)
}

fn value(ty: Type) -> Inferred {
    Inferred::Value(ty, None)
}

fn unknown(why: &str) -> Inferred {
    value(Type::Unknown(why.to_owned()))
}
