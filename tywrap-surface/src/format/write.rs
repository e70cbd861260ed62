//! Types, literals and signatures as text.

use super::names::Names;
use super::quote;
use crate::model::{CallableParam, DefaultValue, Field, Literal, ParamKind, Prop, Sig, Type, TypeParam, TypeParamKind};
use crate::walk::Named;

/// Writes text with the short names of one surface.
pub(super) struct Writer<'a> {
    pub(super) names: &'a Names<'a>,
    pub(super) out: String,
    /// Whether the notes of `Annotated` and the reasons of what is unknown are left out.
    is_brief: bool,
}

impl<'a> Writer<'a> {
    pub(super) fn new(names: &'a Names<'a>) -> Self {
        Self { names, out: String::new(), is_brief: false }
    }

    /// A writer of what people compare, and that nobody reads back.
    pub(super) fn brief(names: &'a Names<'a>) -> Self {
        Self { is_brief: true, ..Self::new(names) }
    }

    /// What was written since the last time.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.out)
    }

    /// A type, such as `list[int] | None`.
    pub(super) fn ty(&mut self, ty: &'a Type) {
        match ty {
            Type::Union(types) => self.separated(types, " | ", Self::operand),
            ty => self.operand(ty),
        }
    }

    /// A type that may stand beside a `|`.
    fn operand(&mut self, ty: &'a Type) {
        match ty {
            Type::Union(_) => {
                self.out.push('(');
                self.ty(ty);
                self.out.push(')');
            }
            Type::Any => self.out.push_str("Any"),
            Type::Never => self.out.push_str("Never"),
            Type::None => self.out.push_str("None"),
            Type::SelfType => self.out.push_str("Self"),
            Type::Unknown(_) if self.is_brief => self.out.push_str("Unknown"),
            Type::Annotated(ty, _) if self.is_brief => self.ty(ty),
            Type::Unknown(why) => {
                self.out.push_str("Unknown[");
                quote::python(&mut self.out, why, '\'');
                self.out.push(']');
            }
            // `None` as a type is not `Literal[None]`, and an enum's member would read as a class.
            Type::Lit(literal @ (Literal::None | Literal::Enum(..))) => {
                self.out.push_str("Literal[");
                self.literal(literal);
                self.out.push(']');
            }
            Type::Lit(literal) => self.literal(literal),
            Type::Tuple(types) if types.is_empty() => self.out.push_str("tuple[()]"),
            Type::Tuple(types) => self.applied("tuple", types),
            Type::TupleOf(ty) => {
                self.out.push_str("tuple[");
                self.ty(ty);
                self.out.push_str(", ...]");
            }
            Type::Callable(params, ret) => {
                self.out.push_str("Callable[");
                match **params {
                    Type::Any => self.out.push_str("..."),
                    ref params => self.ty(params),
                }
                self.out.push_str(", ");
                self.ty(ret);
                self.out.push(']');
            }
            Type::Class(name, args) => self.applied(self.names.short(Named::Class, name), args),
            Type::Alias(name, args) => self.applied(self.names.short(Named::Alias, name), args),
            Type::NewType(name, ty) => {
                self.out.push_str("NewType[");
                self.out.push_str(self.names.short(Named::NewType, name));
                self.out.push_str(", ");
                self.ty(ty);
                self.out.push(']');
            }
            Type::Var(name) => {
                self.out.push('~');
                self.out.push_str(name);
            }
            Type::TypeOf(ty) => self.applied("type", std::slice::from_ref(&**ty)),
            Type::Guard(ty) => self.applied("TypeGuard", std::slice::from_ref(&**ty)),
            Type::Unpack(ty) => {
                self.out.push('*');
                self.operand(ty);
            }
            Type::Annotated(ty, notes) => {
                self.out.push_str("Annotated[");
                self.ty(ty);
                for note in notes {
                    self.out.push_str(", ");
                    quote::python(&mut self.out, note, '\'');
                }
                self.out.push(']');
            }
            Type::ParamList(params) => self.param_list(params),
        }
    }

    fn applied(&mut self, name: &str, args: &'a [Type]) {
        self.out.push_str(name);
        if !args.is_empty() {
            self.out.push('[');
            self.separated(args, ", ", Self::ty);
            self.out.push(']');
        }
    }

    /// `[int, x: str, /, *, y: bool = ...]`: a parameter without a name is positional-only, and written without a `:`.
    fn param_list(&mut self, params: &'a [CallableParam]) {
        self.out.push('[');
        let mut list = Separators::default();
        for param in params {
            let nameless = param.kind == ParamKind::PosOnly && param.name.is_none();
            list.before((!nameless).then_some(param.kind), &mut self.out);
            self.out.push_str(stars(param.kind));
            match &param.name {
                Some(name) => {
                    self.out.push_str(name);
                    self.out.push_str(": ");
                }
                None if param.kind == ParamKind::PosOnly => {}
                None => self.out.push_str("?: "),
            }
            self.ty(&param.ty);
            if param.optional {
                self.out.push_str(" = ...");
            }
        }
        list.end(&mut self.out);
        self.out.push(']');
    }

    /// A signature, such as `async def f[T](x: ~T, /, *, key: str = 'a') -> ~T`.
    pub(super) fn sig(&mut self, name: &str, sig: &'a Sig) {
        if let Some(message) = &sig.deprecated {
            self.out.push_str("@deprecated(");
            quote::python(&mut self.out, message, '\'');
            self.out.push_str(") ");
        }
        if sig.is_async {
            self.out.push_str("async ");
        }
        self.out.push_str("def ");
        self.out.push_str(name);
        self.vars(&sig.vars);
        self.out.push('(');
        if let Some(this) = &sig.this {
            self.out.push_str("on ");
            self.ty(this);
            self.out.push_str("; ");
        }
        let mut list = Separators::default();
        for param in &sig.params {
            list.before(Some(param.kind), &mut self.out);
            self.out.push_str(stars(param.kind));
            self.out.push_str(&param.name);
            self.out.push_str(": ");
            self.ty(&param.ty);
            match &param.default {
                None => {}
                Some(DefaultValue::Elided) => self.out.push_str(" = ..."),
                Some(DefaultValue::Lit(literal)) => {
                    self.out.push_str(" = ");
                    self.literal(literal);
                }
                Some(DefaultValue::Source(source)) => {
                    self.out.push_str(" = ");
                    quote::python(&mut self.out, source, '`');
                }
            }
        }
        list.end(&mut self.out);
        self.out.push_str(") -> ");
        self.ty(&sig.ret);
    }

    /// Type parameters in brackets, or nothing.
    pub(super) fn vars(&mut self, vars: &'a [TypeParam]) {
        if !vars.is_empty() {
            self.out.push('[');
            self.separated(vars, ", ", Self::var);
            self.out.push(']');
        }
    }

    /// A type parameter, such as `T: int = bool`, `*Ts` or `**P`; constraints stand after `of`.
    pub(super) fn var(&mut self, var: &'a TypeParam) {
        self.out.push_str(match var.kind {
            TypeParamKind::TypeVar => "",
            TypeParamKind::TypeVarTuple => "*",
            TypeParamKind::ParamSpec => "**",
        });
        self.out.push_str(&var.name);
        if let Some(bound) = &var.bound {
            self.out.push_str(": ");
            self.ty(bound);
        }
        if !var.constraints.is_empty() {
            self.out.push_str(" of (");
            self.separated(&var.constraints, ", ", Self::ty);
            self.out.push(')');
        }
        if let Some(default) = &var.default {
            self.out.push_str(" = ");
            self.ty(default);
        }
    }

    /// A field of a class, such as `optional keyword x: int = 3`.
    pub(super) fn field(&mut self, field: &'a Field) {
        if !field.required {
            self.out.push_str("optional ");
        }
        if field.kw_only {
            self.out.push_str("keyword ");
        }
        if is_identifier(&field.name) {
            self.valued(&field.name, &field.ty, field.value.as_ref());
        } else {
            // The keys of a `TypedDict` made by a call may be any text.
            let mut name = String::new();
            quote::python(&mut name, &field.name, '\'');
            self.valued(&name, &field.ty, field.value.as_ref());
        }
    }

    /// A property, such as `x: int` or `x: int; set: int | str`.
    pub(super) fn prop(&mut self, prop: &'a Prop) {
        self.valued(&prop.name, &prop.ty, None);
        if let Some(setter) = &prop.setter {
            self.out.push_str("; set: ");
            self.ty(setter);
        }
    }

    /// A name with its type and perhaps its value.
    pub(super) fn valued(&mut self, name: &str, ty: &'a Type, value: Option<&'a Literal>) {
        self.out.push_str(name);
        self.out.push_str(": ");
        self.ty(ty);
        if let Some(value) = value {
            self.out.push_str(" = ");
            self.literal(value);
        }
    }

    fn literal(&mut self, literal: &'a Literal) {
        match literal {
            Literal::None => self.out.push_str("None"),
            Literal::Bool(true) => self.out.push_str("True"),
            Literal::Bool(false) => self.out.push_str("False"),
            Literal::Int(digits) => self.out.push_str(digits),
            Literal::Float(text) if is_plain_float(text) => self.out.push_str(text),
            Literal::Float(text) => {
                self.out.push_str("Float[");
                quote::python(&mut self.out, text, '\'');
                self.out.push(']');
            }
            Literal::Str(text) => quote::python(&mut self.out, text, '\''),
            Literal::Bytes(bytes) => quote::bytes(&mut self.out, bytes),
            Literal::Enum(class, member) => {
                self.out.push_str(self.names.short(Named::Class, class));
                self.out.push('.');
                self.out.push_str(member);
            }
        }
    }

    fn separated<T>(&mut self, items: &'a [T], separator: &str, mut write: impl FnMut(&mut Self, &'a T)) {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.out.push_str(separator);
            }
            write(self, item);
        }
    }
}

/// Puts commas, `/` and `*` between parameters.
#[derive(Default)]
struct Separators {
    started: bool,
    in_pos_only: bool,
    starred: bool,
}

impl Separators {
    /// Before a parameter of the given kind; `None` for one that says what it is by itself.
    fn before(&mut self, kind: Option<ParamKind>, out: &mut String) {
        if self.in_pos_only && kind.is_some_and(|kind| kind != ParamKind::PosOnly) {
            out.push_str(", /");
            self.in_pos_only = false;
        }
        if kind == Some(ParamKind::KwOnly) && !self.starred {
            self.comma(out);
            out.push('*');
        }
        self.in_pos_only |= kind == Some(ParamKind::PosOnly);
        self.starred |= matches!(kind, Some(ParamKind::VarPos | ParamKind::KwOnly));
        self.comma(out);
    }

    fn end(&mut self, out: &mut String) {
        if self.in_pos_only {
            out.push_str(", /");
        }
    }

    fn comma(&mut self, out: &mut String) {
        if std::mem::replace(&mut self.started, true) {
            out.push_str(", ");
        }
    }
}

fn stars(kind: ParamKind) -> &'static str {
    match kind {
        ParamKind::PosOnly | ParamKind::PosOrKw | ParamKind::KwOnly => "",
        ParamKind::VarPos => "*",
        ParamKind::VarKw => "**",
    }
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Whether a float reads back as a float and not as an integer or a name.
fn is_plain_float(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.contains(['.', 'e'])
        && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'+' | b'-'))
}
