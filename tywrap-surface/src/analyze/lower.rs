//! From an annotation's syntax tree to a [`Type`].

use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_python_ast::{Expr, ExprSubscript, Operator};
use ruff_text_size::Ranged;

use super::literal;
use super::program::{Def, Inferred, Place, Program, Symbol, What, collapse};
use super::scope::Binding;
use super::what::{is_typing, special_form};
use crate::model::{Alias, CallableParam, Literal, ParamKind, QName, Type, TypeParam, TypeParamKind};

/// How deep annotations may nest, and how many dots a name may have. No real one comes near; what was made to exhaust the
/// stack is unknown.
const MAX_DEPTH: usize = 64;

/// The alternatives of `A | B | C`, which the tree has one inside the other.
pub(crate) fn alternatives(expr: &Expr) -> Vec<&Expr> {
    let mut found = Vec::new();
    let mut rest = expr;
    while let Expr::BinOp(op) = rest
        && op.op == Operator::BitOr
    {
        found.push(&*op.right);
        rest = &op.left;
    }
    found.push(rest);
    found.reverse();
    found
}

/// What an expression of names and dots means.
pub(crate) fn lookup(program: &dyn Program, place: &Place, expr: &Expr) -> Option<Symbol> {
    if dots(expr) > MAX_DEPTH { None } else { lookup_dotted(program, place, expr) }
}

fn dots(expr: &Expr) -> usize {
    let mut dots = 0;
    let mut rest = expr;
    while let Expr::Attribute(attribute) = rest {
        dots += 1;
        rest = &attribute.value;
    }
    dots
}

fn lookup_dotted(program: &dyn Program, place: &Place, expr: &Expr) -> Option<Symbol> {
    match expr {
        Expr::Name(name) => lookup_name(program, place, name.id.as_str()),
        Expr::Attribute(attribute) => match lookup_dotted(program, place, &attribute.value)? {
            Symbol::Module(module) => program.member(&module, attribute.attr.as_str()),
            Symbol::Def(class) => match program.what(&class) {
                What::Class(_) => inherited_member(program, &class, attribute.attr.as_str()),
                _ => None,
            },
        },
        _ => None,
    }
}

/// A name in the body of a class or of one it inherits from.
fn inherited_member(program: &dyn Program, class: &Rc<Def>, name: &str) -> Option<Symbol> {
    program.class_member(class, name).or_else(|| {
        program.class(class).mro.iter().find_map(|base| match base {
            Type::Class(base, _) => program.class_member(&program.def(base)?, name),
            _ => None,
        })
    })
}

fn lookup_name(program: &dyn Program, place: &Place, name: &str) -> Option<Symbol> {
    let mut class = place.class.as_ref();
    while let Some(around) = class {
        // A method does not hide a type of the same name from the annotations beside it.
        if let Some(Symbol::Def(def)) = program.class_member(around, name)
            && matches!(
                program.what(&def),
                What::Class(_) | What::MadeClass(_) | What::Alias | What::TypeVar | What::NewType
            )
        {
            return Some(Symbol::Def(def));
        }
        class = around.class.as_ref();
    }
    program.global(&place.module, name)
}

/// Lowers annotations that stand in one place, and collects the type variables they use.
pub(crate) struct Lower<'p> {
    pub(crate) program: &'p dyn Program,
    pub(crate) place: Place,
    /// Type variables met, in order of appearance.
    pub(crate) vars: Vec<TypeParam>,
    /// The text of the string annotation being lowered.
    quoted: Option<Rc<str>>,
    depth: usize,
}

impl<'p> Lower<'p> {
    pub(crate) fn new(program: &'p dyn Program, place: Place) -> Self {
        Self { program, place, vars: Vec::new(), quoted: None, depth: 0 }
    }

    /// Declares the type parameters of a `def f[T]`, `class C[T]` or `type X[T]`.
    pub(crate) fn declare(&mut self, params: Option<&ast::TypeParams>) -> Vec<TypeParam> {
        let Some(params) = params else { return Vec::new() };
        for param in params.iter() {
            self.place.params.insert(param.name().as_str().to_owned(), kind_of(param));
        }
        params.iter().map(|param| self.declared(param)).collect()
    }

    fn declared(&mut self, param: &ast::TypeParam) -> TypeParam {
        let name = param.name().as_str().to_owned();
        let kind = kind_of(param);
        let default = param.default().map(|default| self.argument(default));
        let (bound, constraints) = match param {
            ast::TypeParam::TypeVar(var) => match var.bound.as_deref() {
                Some(Expr::Tuple(tuple)) => (None, tuple.elts.iter().map(|ty| self.ty(ty)).collect()),
                Some(bound) => (Some(self.ty(bound)), Vec::new()),
                None => (None, Vec::new()),
            },
            ast::TypeParam::ParamSpec(_) | ast::TypeParam::TypeVarTuple(_) => (None, Vec::new()),
        };
        TypeParam { name, kind, bound, constraints, default }
    }

    /// An annotation.
    pub(crate) fn ty(&mut self, expr: &Expr) -> Type {
        if self.depth >= MAX_DEPTH {
            return Type::Unknown("the annotation nests too deeply".to_owned());
        }
        self.depth += 1;
        let ty = self.shallow(expr);
        self.depth -= 1;
        ty
    }

    fn shallow(&mut self, expr: &Expr) -> Type {
        match expr {
            Expr::NoneLiteral(_) => Type::None,
            Expr::Name(_) | Expr::Attribute(_) => self.name(expr, None),
            Expr::Subscript(subscript) => self.subscript(subscript),
            Expr::BinOp(op) if op.op == Operator::BitOr => {
                Type::union(alternatives(expr).into_iter().map(|ty| self.ty(ty)).collect())
            }
            Expr::StringLiteral(text) => self.text(text.value.to_str()),
            Expr::Starred(starred) => Type::Unpack(Box::new(self.ty(&starred.value))),
            Expr::List(list) => Type::ParamList(self.positional(&list.elts)),
            other => Type::Unknown(format!("`{}` is not a type", self.source(other))),
        }
    }

    /// A string annotation is an expression of its own.
    fn text(&mut self, text: &str) -> Type {
        let Ok(parsed) = ruff_python_parser::parse_expression(text.trim()) else {
            return Type::Unknown(format!("the annotation '{text}' is not an expression"));
        };
        let outer = self.quoted.replace(Rc::from(text.trim()));
        let ty = self.ty(parsed.expr());
        self.quoted = outer;
        ty
    }

    /// The source text of an expression that is being lowered.
    fn source(&self, expr: &Expr) -> String {
        match &self.quoted {
            Some(text) => collapse(text.get(expr.range().to_std_range()).unwrap_or_default()),
            None => self.place.module.text(expr),
        }
    }

    /// A name, with the arguments that are applied to it.
    fn name(&mut self, expr: &Expr, args: Option<&[Expr]>) -> Type {
        if let Expr::Name(name) = expr
            && self.place.params.contains_key(name.id.as_str())
        {
            return Type::Var(name.id.as_str().to_owned());
        }
        if let Expr::Attribute(attribute) = expr
            && matches!(attribute.attr.as_str(), "args" | "kwargs")
            && let Some(var) = self.param_spec(&attribute.value)
        {
            return Type::Unpack(Box::new(var));
        }
        match lookup(self.program, &self.place, expr) {
            Some(Symbol::Def(def)) => self.def(&def, expr, args),
            Some(Symbol::Module(module)) => Type::Unknown(format!("module `{module}` is not a type")),
            None => Type::Unknown(self.why(expr)),
        }
    }

    /// `P` of `P.args`.
    fn param_spec(&mut self, expr: &Expr) -> Option<Type> {
        if let Expr::Name(name) = expr
            && let Some(kind) = self.place.params.get(name.id.as_str())
        {
            return (*kind == TypeParamKind::ParamSpec).then(|| Type::Var(name.id.as_str().to_owned()));
        }
        match lookup(self.program, &self.place, expr)? {
            Symbol::Def(def) if matches!(self.program.what(&def), What::TypeVar) => Some(self.var(&def)),
            _ => None,
        }
    }

    fn def(&mut self, def: &Rc<Def>, expr: &Expr, args: Option<&[Expr]>) -> Type {
        if let Some(form) = special_form(self.program, def) {
            return self.special(form, args.unwrap_or_default(), expr);
        }
        match self.program.what(def) {
            What::Class(_) | What::MadeClass(_) => self.class(def, args.unwrap_or_default()),
            What::Alias => {
                let args = self.arguments(args.unwrap_or_default());
                Type::Alias(def.place.clone(), args)
            }
            What::TypeVar => self.var(def),
            What::NewType => new_type(self.program, def),
            What::Func => Type::Unknown(format!("function `{}` is not a type", def.place)),
            // The embedded typeshed says `Top[C[Any]]` where it means a `C` of whatever arguments.
            What::Special if def.place.module == "ty_extensions" && matches!(def.name(), "Top" | "Bottom") => {
                match args {
                    Some([ty]) => self.ty(ty),
                    _ => Type::Unknown(format!("`{}` is not understood", self.source(expr))),
                }
            }
            What::Special => Type::Unknown(format!("special form `{}` is not understood", def.place)),
            What::Value | What::Same(_) => match self.program.infer(&self.place, expr) {
                // A variable that holds a class, `X: type[C]`.
                Inferred::Value(Type::TypeOf(ty), _) => *ty,
                _ => Type::Unknown(format!("variable `{}` is not a type", def.place)),
            },
        }
    }

    fn class(&mut self, def: &Rc<Def>, args: &[Expr]) -> Type {
        if def.place.module == "builtins" {
            match (def.place.name.as_str(), args) {
                ("tuple", [_, ..]) => return self.tuple(args),
                ("type", [ty]) => return Type::TypeOf(Box::new(self.ty(ty))),
                _ => {}
            }
        }
        let args = self.arguments(args);
        Type::Class(def.place.clone(), args)
    }

    fn var(&mut self, def: &Rc<Def>) -> Type {
        let name = match self.program.type_param(def) {
            Some(param) => {
                let name = param.name.clone();
                if self.vars.iter().all(|var| var.name != name) {
                    self.vars.push(param);
                }
                name
            }
            None => return Type::Unknown(format!("type variable `{}` is not understood", def.place)),
        };
        Type::Var(name)
    }

    fn subscript(&mut self, subscript: &ExprSubscript) -> Type {
        let args: &[Expr] = match &*subscript.slice {
            // `tuple[()]` has one argument, the empty tuple.
            Expr::Tuple(tuple) if !tuple.elts.is_empty() => &tuple.elts,
            single => std::slice::from_ref(single),
        };
        match &*subscript.value {
            base @ (Expr::Name(_) | Expr::Attribute(_)) => self.name(base, Some(args)),
            other => Type::Unknown(format!("`{}` is not a type", self.source(other))),
        }
    }

    /// Arguments of a class or alias.
    fn arguments(&mut self, args: &[Expr]) -> Vec<Type> {
        args.iter().map(|arg| self.argument(arg)).collect()
    }

    fn argument(&mut self, arg: &Expr) -> Type {
        match arg {
            // The argument of a `ParamSpec`: any parameters.
            Expr::EllipsisLiteral(_) => Type::Any,
            arg => self.ty(arg),
        }
    }

    fn tuple(&mut self, args: &[Expr]) -> Type {
        match args {
            [Expr::Tuple(empty)] if empty.elts.is_empty() => Type::Tuple(Vec::new()),
            [ty, Expr::EllipsisLiteral(_)] => Type::TupleOf(Box::new(self.ty(ty))),
            args => Type::Tuple(args.iter().map(|ty| self.ty(ty)).collect()),
        }
    }

    /// Parameters without names, as in `Callable[[A, B], R]`.
    fn positional(&mut self, types: &[Expr]) -> Vec<CallableParam> {
        types
            .iter()
            .map(|ty| {
                let ty = self.ty(ty);
                let kind = if matches!(ty, Type::Unpack(_)) { ParamKind::VarPos } else { ParamKind::PosOnly };
                CallableParam { name: None, kind, ty, optional: false }
            })
            .collect()
    }

    fn special(&mut self, form: &str, args: &[Expr], expr: &Expr) -> Type {
        match (form, args) {
            ("Any", _) => Type::Any,
            ("Never" | "NoReturn", _) => Type::Never,
            ("Self", _) => Type::SelfType,
            ("LiteralString", _) => Type::Class(QName::new("builtins", "str"), Vec::new()),
            ("Optional", [ty]) => Type::union(vec![self.ty(ty), Type::None]),
            ("Union", types @ [_, ..]) => Type::union(types.iter().map(|ty| self.ty(ty)).collect()),
            ("Literal", values @ [_, ..]) => Type::union(values.iter().map(|value| self.literal(value)).collect()),
            ("Tuple", []) => Type::Class(QName::new("builtins", "tuple"), Vec::new()),
            ("Tuple", types) => self.tuple(types),
            ("Type", []) => Type::Class(QName::new("builtins", "type"), Vec::new()),
            ("Type", [ty]) => Type::TypeOf(Box::new(self.ty(ty))),
            ("Callable", []) => Type::Callable(Box::new(Type::Any), Box::new(Type::Any)),
            ("Callable", [params, ret]) => {
                let params = self.argument(params);
                Type::Callable(Box::new(params), Box::new(self.ty(ret)))
            }
            ("Concatenate", [first @ .., rest]) => {
                let mut params = self.positional(first);
                match self.argument(rest) {
                    Type::Any => {
                        let rest = |kind| CallableParam { name: None, kind, ty: Type::Any, optional: false };
                        params.extend([rest(ParamKind::VarPos), rest(ParamKind::VarKw)]);
                    }
                    // The rest is unpacked where it stands; substitution puts its parameters there.
                    rest => params.push(CallableParam {
                        name: None,
                        kind: ParamKind::VarPos,
                        ty: Type::Unpack(Box::new(rest)),
                        optional: false,
                    }),
                }
                Type::ParamList(params)
            }
            ("Annotated", [ty, notes @ ..]) => {
                let ty = self.ty(ty);
                let notes = notes.iter().map(|note| self.source(note)).collect();
                Type::Annotated(Box::new(ty), notes)
            }
            ("TypeGuard" | "TypeIs", [ty]) => Type::Guard(Box::new(self.ty(ty))),
            ("Unpack", [ty]) => Type::Unpack(Box::new(self.ty(ty))),
            ("Final" | "ClassVar" | "Required" | "NotRequired" | "ReadOnly", [ty]) => self.ty(ty),
            ("Generic" | "Protocol", args) => {
                let args = self.arguments(args);
                Type::Class(QName::new("typing", form), args)
            }
            ("TypedDict", _) => Type::Class(QName::new("typing", "TypedDict"), Vec::new()),
            ("TypeForm", _) => Type::Class(QName::new("builtins", "object"), Vec::new()),
            _ => Type::Unknown(format!("`{}` is not understood", self.source(expr))),
        }
    }

    /// An element of `Literal[…]`.
    fn literal(&mut self, expr: &Expr) -> Type {
        if let Some(literal) = literal::plain(expr) {
            return if literal == Literal::None { Type::None } else { Type::Lit(literal) };
        }
        match expr {
            Expr::Attribute(_) => match self.program.infer(&self.place, expr) {
                Inferred::Value(_, Some(member @ Literal::Enum(..))) => Type::Lit(member),
                _ => Type::Unknown(format!("`{}` is not a literal", self.source(expr))),
            },
            // `Literal[OtherLiteralAlias]`, and `Literal[Literal[1], 2]`.
            Expr::Subscript(_) | Expr::Name(_) => self.ty(expr),
            other => Type::Unknown(format!("`{}` is not a literal", self.source(other))),
        }
    }

    fn why(&self, expr: &Expr) -> String {
        let mut root = expr;
        while let Expr::Attribute(attribute) = root {
            root = &attribute.value;
        }
        match root {
            Expr::Name(name) => match lookup(self.program, &self.place, root) {
                Some(Symbol::Module(_)) => match expr {
                    Expr::Attribute(_) => {
                        format!("`{}` was not found", super::scope::dotted(expr).unwrap_or_default())
                    }
                    _ => self.program.explain(&self.place.module, name.id.as_str()),
                },
                Some(Symbol::Def(_)) => format!("`{}` was not found", super::scope::dotted(expr).unwrap_or_default()),
                None => self.program.explain(&self.place.module, name.id.as_str()),
            },
            _ => "not a name".to_owned(),
        }
    }
}

/// What an alias stands for, with its type parameters.
pub(super) fn alias(program: &dyn Program, def: &Rc<Def>) -> Option<Alias> {
    if !matches!(program.what(def), What::Alias) {
        return None;
    }
    let mut lower = Lower::new(program, def.around());
    match def.bindings.last()? {
        Binding::TypeAlias(alias) => {
            let vars = lower.declare(alias.type_params.as_deref());
            let ty = lower.ty(&alias.value);
            Some(Alias { vars, ty })
        }
        Binding::Assign(assign) => {
            let value = match assign.value.as_ref()? {
                // `X = TypeAliasType("X", value, type_params=(T,))`
                Expr::Call(call) if assign.annotation.is_none() => {
                    // Arguments go by the order stated here, which need not be that of the value.
                    if let Some(keyword) = call.arguments.find_keyword("type_params")
                        && let Expr::Tuple(params) = &keyword.value
                    {
                        params.elts.iter().for_each(|param| _ = lower.ty(param));
                    }
                    call.arguments.args.get(1)?
                }
                value => value,
            };
            let ty = lower.ty(value);
            Some(Alias { vars: lower.vars, ty })
        }
        _ => None,
    }
}

/// The type parameter that `T = TypeVar("T", …)` declares.
pub(super) fn declared_type_param(program: &dyn Program, def: &Rc<Def>) -> Option<TypeParam> {
    let Some(Binding::Assign(assign)) = def.bindings.last() else { return None };
    let Some(Expr::Call(call)) = &assign.value else { return None };
    let Some(Symbol::Def(func)) = lookup(program, &def.around(), &call.func) else { return None };
    let kind = match func.name() {
        "TypeVar" => TypeParamKind::TypeVar,
        "ParamSpec" => TypeParamKind::ParamSpec,
        "TypeVarTuple" => TypeParamKind::TypeVarTuple,
        _ => return None,
    };
    let mut lower = Lower::new(program, def.around());
    let mut param =
        TypeParam { name: def.name().to_owned(), kind, bound: None, constraints: Vec::new(), default: None };
    param.constraints.extend(call.arguments.args.iter().skip(1).map(|ty| lower.ty(ty)));
    for keyword in &call.arguments.keywords {
        match keyword.arg.as_ref().map(|name| name.as_str()) {
            Some("bound") => param.bound = Some(lower.ty(&keyword.value)),
            Some("default") => {
                param.default = Some(match lower.argument(&keyword.value) {
                    // A `TypeVarTuple` stands for the tuple that is unpacked.
                    Type::Unpack(inner) => *inner,
                    default => default,
                });
            }
            _ => {}
        }
    }
    Some(param)
}

/// The type of a `NewType`.
pub(crate) fn new_type(program: &dyn Program, def: &Rc<Def>) -> Type {
    let Some(Binding::Assign(assign)) = def.bindings.last() else { return Type::Unknown("not a `NewType`".to_owned()) };
    let base = match &assign.value {
        Some(Expr::Call(call)) => call.arguments.args.get(1),
        _ => None,
    };
    let mut lower = Lower::new(program, def.around());
    let base = base.map_or_else(|| Type::Unknown("the base is not stated".to_owned()), |base| lower.ty(base));
    Type::NewType(def.place.clone(), Box::new(base))
}

/// Whether an annotation says `Final` or `ClassVar` and nothing else, so that the value tells the type.
pub(crate) fn is_bare_final(program: &dyn Program, place: &Place, annotation: &Expr) -> bool {
    match lookup(program, place, annotation) {
        Some(Symbol::Def(def)) => is_typing(&def, "Final") || is_typing(&def, "ClassVar"),
        _ => false,
    }
}

/// Whether an annotation is `Final[…]`: only then is the value that is stated the value for good.
pub(crate) fn is_final(program: &dyn Program, place: &Place, annotation: &Expr) -> bool {
    let Expr::Subscript(subscript) = annotation else { return false };
    matches!(lookup(program, place, &subscript.value), Some(Symbol::Def(def)) if is_typing(&def, "Final"))
}

fn kind_of(param: &ast::TypeParam) -> TypeParamKind {
    match param {
        ast::TypeParam::TypeVar(_) => TypeParamKind::TypeVar,
        ast::TypeParam::ParamSpec(_) => TypeParamKind::ParamSpec,
        ast::TypeParam::TypeVarTuple(_) => TypeParamKind::TypeVarTuple,
    }
}
