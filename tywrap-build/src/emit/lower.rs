//! From the surface's types to shapes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use tywrap_policy::section::IntegerMode;
use tywrap_surface::model::{
    CallableParam, Class, ClassKind, Field, Literal, ParamKind, QName, Surface, Type, TypeParam, TypeParamKind,
};

use super::alias::{Aliases, Found};
use super::class::{self, Args};
use super::dtype::{self, Dtypes, is_numpy};
use super::objects::{Objects, is_plain_tuple, kept_params};
use super::protocol::{self, Asks};
use super::shape::{Entry, Function, Instance, Replacement, Shape, Way};
use super::signature::Param;

/// Deeper types are given up as unknown: no stub written by a person nests like this, and everything that walks a type
/// recurses.
const MAX_DEPTH: usize = 48;

/// Lowers the types of one module.
pub(super) struct Lower<'s, 'l> {
    surface: &'s Surface,
    aliases: &'l mut Aliases,
    objects: &'l mut Objects<'s>,
    integers: IntegerMode,
    /// Why types became unknown since this was last taken.
    reasons: BTreeSet<String>,
    depth: usize,
}

impl<'s, 'l> Lower<'s, 'l> {
    pub(super) fn new(
        surface: &'s Surface,
        aliases: &'l mut Aliases,
        objects: &'l mut Objects<'s>,
        integers: IntegerMode,
    ) -> Self {
        Self { surface, aliases, objects, integers, reasons: BTreeSet::new(), depth: 0 }
    }

    /// Takes the reasons why types became unknown.
    pub(super) fn take_reasons(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.reasons)
    }

    /// The shape of a type whose values go `way`, with these type variables in scope.
    pub(super) fn lower(&mut self, ty: &Type, way: Way, scope: &[&TypeParam]) -> Shape {
        if self.depth == MAX_DEPTH {
            return self.unknown(format!("nests deeper than {MAX_DEPTH}"));
        }
        self.depth += 1;
        let shape = self.lower_inner(ty, way, scope);
        self.depth -= 1;
        shape
    }

    /// What stands for a type variable where it is not kept: its bound, the union of its constraints, or anything.
    pub(super) fn erase(&mut self, param: &TypeParam, way: Way, scope: &[&TypeParam]) -> Replacement {
        // A bound may not name the variable itself; if it does, that is anything.
        let outer: Vec<&TypeParam> = scope.iter().copied().filter(|other| other.name != param.name).collect();
        let dtypes = match (&param.bound, param.constraints.as_slice()) {
            (Some(bound), _) => self.dtypes(bound, &outer),
            (None, constraints) => constraints
                .iter()
                .map(|constraint| self.dtypes(constraint, &outer))
                .reduce(|one, two| one.union(&two).unwrap_or(Dtypes::ANY))
                .unwrap_or(Dtypes::ANY),
        };
        let dtypes = if matches!(dtypes, Dtypes::Var(_)) { Dtypes::ANY } else { dtypes };
        let shape = match (&param.bound, param.constraints.as_slice()) {
            (Some(bound), _) => self.lower(bound, way, &outer),
            (None, []) => Shape::Value,
            (None, constraints) => {
                Shape::union(constraints.iter().map(|ty| self.lower(ty, way, &outer)).collect::<Vec<_>>())
            }
        };
        // What remains are variables of other variables' bounds.
        let anything = Replacement::anything();
        Replacement { shape: shape.substitute(&|_| Some(anything.clone())), dtypes }
    }

    /// The keywords that `**kwargs: Unpack[D]` stands for, if `D` is a `TypedDict`.
    pub(super) fn keywords(&self, shape: &Shape) -> Option<Vec<Param>> {
        let Shape::Named(at, _) = shape else { return None };
        let Shape::Record(entries) = &self.aliases.get(*at)?.shape else { return None };
        let param = |entry: &Entry| Param {
            name: entry.name.clone(),
            kind: ParamKind::KwOnly,
            optional: !entry.required,
            shape: entry.shape.clone(),
            erased: entry.shape.clone(),
        };
        Some(entries.iter().map(param).collect())
    }

    fn lower_inner(&mut self, ty: &Type, way: Way, scope: &[&TypeParam]) -> Shape {
        match ty {
            Type::Any => Shape::Value,
            Type::Unknown(why) => self.unknown(why.clone()),
            Type::Never => Shape::Never,
            Type::None => Shape::None,
            Type::SelfType => self.unknown("`Self` outside a class".to_owned()),
            Type::Lit(Literal::Enum(class, _)) => self.class(class, &[], way, scope),
            Type::Lit(literal) => literal_shape(literal),
            Type::Union(members) => {
                match Shape::union(members.iter().map(|member| self.lower(member, way, scope)).collect::<Vec<_>>()) {
                    Shape::Union(members) if way == Way::In => {
                        Shape::union(protocol::array_like(members, self.aliases))
                    }
                    shape => shape,
                }
            }
            Type::Tuple(elements) => self.tuple(elements, way, scope),
            Type::TupleOf(of) => Shape::tuple_of(self.inside(of, way, scope)),
            Type::Callable(params, ret) => {
                let object = Shape::Structural("typing:Callable".to_owned());
                match way {
                    Way::In => Shape::union([self.function(params, ret, scope), object]),
                    Way::Out => object,
                }
            }
            Type::TypeOf(_) => Shape::Structural("builtins:type".to_owned()),
            Type::Guard(_) => Shape::Bool,
            Type::Annotated(inner, _) | Type::NewType(_, inner) => self.lower(inner, way, scope),
            Type::Class(def, args) => self.class(def, args, way, scope),
            Type::Alias(def, args) => self.alias(def, args, way, scope),
            Type::Var(name) => self.variable(name, scope),
            Type::Unpack(inner) => self.lower(inner, way, scope),
            Type::ParamList(_) => self.unknown("a parameter list where a type belongs".to_owned()),
        }
    }

    /// A function that a caller passes: what it is called with comes from Python, and what it gives goes there.
    fn function(&mut self, params: &Type, ret: &Type, scope: &[&TypeParam]) -> Shape {
        let params = match params {
            Type::ParamList(params) => params.as_slice(),
            // A `...`, or a parameter specification, which has no counterpart here.
            _ => return self.function_of(&[], true, ret, scope),
        };
        let is_positional = |param: &&CallableParam| matches!(param.kind, ParamKind::PosOnly | ParamKind::PosOrKw);
        let known = params.iter().take_while(is_positional).count();
        self.function_of(&params[..known], known < params.len(), ret, scope)
    }

    fn function_of(&mut self, params: &[CallableParam], is_open: bool, ret: &Type, scope: &[&TypeParam]) -> Shape {
        let lower = |param: &CallableParam| (param.name.clone(), self.inside(&param.ty, Way::Out, scope));
        let params = params.iter().map(lower).collect();
        let (ret, asynchronous) = match ret {
            Type::Class(def, args) if def.name == "Awaitable" => (args.first().unwrap_or(&Type::Any), true),
            Type::Class(def, args) if matches!(def.name.as_str(), "Coroutine" | "CoroutineType") => {
                (args.get(2).unwrap_or(&Type::Any), true)
            }
            ret => (ret, false),
        };
        let returns = self.inside(ret, Way::In, scope);
        Shape::Function(Box::new(Function { params, is_open, returns, asynchronous, integers: self.integers }))
    }

    /// Lowers a type that stands in a container.
    fn inside(&mut self, ty: &Type, way: Way, scope: &[&TypeParam]) -> Shape {
        self.aliases.enter();
        let shape = self.lower(ty, way, scope);
        self.aliases.leave();
        shape
    }

    fn tuple(&mut self, elements: &[Type], way: Way, scope: &[&TypeParam]) -> Shape {
        if elements.iter().any(|element| matches!(element, Type::Unpack(_))) {
            let members: Vec<Shape> = elements
                .iter()
                .map(|element| match element {
                    Type::Unpack(inner) => match self.inside(inner, way, scope) {
                        Shape::TupleOf(of) => *of,
                        Shape::Tuple(all) => Shape::union(all),
                        _ => Shape::Value,
                    },
                    element => self.inside(element, way, scope),
                })
                .collect();
            return Shape::tuple_of(Shape::union(members));
        }
        Shape::Tuple(elements.iter().map(|element| self.inside(element, way, scope)).collect())
    }

    fn variable(&mut self, name: &str, scope: &[&TypeParam]) -> Shape {
        match scope.iter().find(|param| param.name == name) {
            Some(param) if param.kind == TypeParamKind::TypeVar => Shape::Var(name.to_owned()),
            // A parameter specification or a variadic variable has no counterpart on the wire: anything fits.
            Some(_) => Shape::Value,
            None => self.unknown(format!("the type variable `{name}` is not in scope")),
        }
    }

    fn class(&mut self, def: &QName, args: &[Type], way: Way, scope: &[&TypeParam]) -> Shape {
        if is_numpy(&def.module)
            && let Some(shape) = self.numpy_class(def, args, way, scope)
        {
            return shape;
        }
        let described = self.surface.classes.get(def);
        if let Some(described) = described.filter(|class| class.kind == ClassKind::TypedDict) {
            return self.typed_dict(described, args, way, scope);
        }
        if let Some(described) = described.filter(|class| is_plain_tuple(self.surface, class)) {
            return self.named_tuple(described, args, way, scope);
        }
        if let Some(shape) = described.and_then(|class| self.protocol(class, args, way, scope)) {
            return shape;
        }
        let lowered: Vec<Shape> = args.iter().map(|arg| self.inside(arg, way, scope)).collect();
        let lowered = Args(lowered);
        if let Some(shape) = class::known(def, &lowered, way) {
            // A string is a sequence of strings.
            if let (Shape::Sequence(of), Way::In) = (&shape, way)
                && self.takes_text(of, scope)
            {
                return Shape::union([shape, Shape::Str]);
            }
            return shape;
        }
        match (class::other(def, described), described) {
            (Shape::Value, _) => Shape::Value,
            (Shape::Structural(_), Some(class)) if way == Way::Out => self.object(class, &lowered, way),
            (Shape::Handle(_), Some(class)) => self.object(class, &lowered, way),
            (other, _) => other,
        }
    }

    /// Whether strings are among the values of a shape.
    fn takes_text(&mut self, shape: &Shape, scope: &[&TypeParam]) -> bool {
        match shape {
            Shape::Str | Shape::Value => true,
            Shape::Union(members) => members.iter().any(|member| self.takes_text(member, scope)),
            Shape::Var(name) => {
                let param = scope.iter().find(|param| param.name == *name);
                let erased = param.map(|param| self.erase(param, Way::In, scope).shape);
                // (What stands for a variable names none.)
                erased.is_some_and(|shape| !shape.is_generic() && self.takes_text(&shape, scope))
            }
            _ => false,
        }
    }

    /// The data that meet a protocol, where there are such, beside the objects that do.
    fn protocol(&mut self, class: &'s Class, args: &[Type], way: Way, scope: &[&TypeParam]) -> Option<Shape> {
        match (Asks::of(class)?, way) {
            (Asks::Array(dtype), _) => {
                let dtypes = self.dtypes(&expand(dtype, &class.vars, args), scope);
                Some(Shape::union([Shape::Array(dtypes), Shape::Structural(class.def.to_string())]))
            }
            (Asks::Sequence { elements, nested }, Way::In) => {
                let elements = elements.into_iter().map(|ty| self.inside(&expand(ty, &class.vars, args), way, scope));
                let mut elements: Vec<Shape> = elements.collect();
                if nested {
                    elements.push(Shape::sequence(Shape::Value));
                }
                Some(Shape::sequence(Shape::union(elements)))
            }
            (Asks::Call(sig), Way::In) => {
                let within: Vec<&TypeParam> = scope.iter().copied().chain(&sig.vars).collect();
                let expanded = |ty: &Type| expand(ty, &class.vars, args);
                let params: Vec<CallableParam> = sig
                    .params
                    .iter()
                    .take_while(|param| matches!(param.kind, ParamKind::PosOnly | ParamKind::PosOrKw))
                    .map(|param| CallableParam {
                        name: Some(param.name.clone()),
                        kind: param.kind,
                        ty: expanded(&param.ty),
                        optional: param.default.is_some(),
                    })
                    .collect();
                let is_open = params.len() < sig.params.len();
                let function = self.function_of(&params, is_open, &expanded(&sig.ret), &within);
                Some(Shape::union([function, Shape::Structural(class.def.to_string())]))
            }
            (Asks::Sequence { .. } | Asks::Call(_), Way::Out) => None,
        }
    }

    /// An instance of a class that the file describes. A parameter that takes one does not need the description: what is passed came from
    /// a result, unless arguments decide the result by it.
    fn object(&mut self, class: &'s Class, args: &Args, way: Way) -> Shape {
        let args: Vec<Shape> = kept_params(self.surface, class).into_iter().map(|at| args.get(at)).collect();
        if !self.objects.is_open(class) || way == Way::In && !args.iter().any(Shape::is_generic) {
            return class::other(&class.def, Some(class));
        }
        let at = self.objects.open(self.surface, class);
        Shape::Object(Instance { class: class.def.to_string(), at, args })
    }

    /// A tuple whose elements have names. Like a `TypedDict`, it may hold others of its class.
    fn named_tuple(&mut self, class: &'s Class, args: &[Type], way: Way, scope: &[&TypeParam]) -> Shape {
        // A type parameter may be the dtype of an array, which has no form in TypeScript by itself.
        if !class.vars.is_empty() {
            return self.tuple_of_fields(class, args, way, scope);
        }
        let found = self.aliases.open(&class.def, way, self.integers, []);
        if let Found::New(at) = found {
            let shape = self.tuple_of_fields(class, &[], way, &[]);
            self.aliases.close(at, shape);
        }
        self.reference(found, &class.vars, args, way, scope)
    }

    fn tuple_of_fields(&mut self, class: &Class, args: &[Type], way: Way, scope: &[&TypeParam]) -> Shape {
        let lower = |field: &Field| {
            let ty = expand(&field.ty, &class.vars, args);
            (field.name.clone(), self.inside(&ty, way, scope))
        };
        Shape::NamedTuple(class.def.to_string(), class.fields.iter().map(lower).collect())
    }

    /// What stands for a named type.
    fn reference(&mut self, found: Found, vars: &[TypeParam], args: &[Type], way: Way, scope: &[&TypeParam]) -> Shape {
        match found {
            Found::New(at) | Found::Done(at) | Found::Recursive(at) => {
                Shape::Named(at, self.arguments(vars, args, way, scope))
            }
            Found::Circular => Shape::Never,
        }
    }

    fn numpy_class(&mut self, def: &QName, args: &[Type], way: Way, scope: &[&TypeParam]) -> Option<Shape> {
        if let Some(shape) = class::numpy_scalar(def, args, way) {
            return Some(shape);
        }
        Some(match def.name.as_str() {
            "ndarray" => Shape::Array(args.get(1).map_or(Dtypes::ANY, |dtype| self.dtypes(dtype, scope))),
            _ => return None,
        })
    }

    /// The dtypes that a type argument stands for: `dtype[S]`, a scalar class, a variable, or a union of them.
    fn dtypes(&mut self, ty: &Type, scope: &[&TypeParam]) -> Dtypes {
        match ty {
            Type::Class(def, args) if is_numpy(&def.module) && def.name == "dtype" => {
                args.first().map_or(Dtypes::ANY, |scalar| self.dtypes(scalar, scope))
            }
            // numpy's `StringDType` holds strings of any length.
            Type::Class(def, _) if is_numpy(&def.module) && def.name == "StringDType" => Dtypes::STR,
            Type::Class(def, args) if is_numpy(&def.module) => dtype::of_scalar(def, args).unwrap_or(Dtypes::ANY),
            Type::Union(members) => members
                .iter()
                .map(|member| self.dtypes(member, scope))
                .reduce(|one, two| one.union(&two).unwrap_or(Dtypes::ANY))
                .unwrap_or(Dtypes::ANY),
            Type::Alias(def, args) => match self.surface.aliases.get(def) {
                Some(alias) if self.depth < MAX_DEPTH => {
                    self.depth += 1;
                    let expanded = expand(&alias.ty, &alias.vars, args);
                    let dtypes = self.dtypes(&expanded, scope);
                    self.depth -= 1;
                    dtypes
                }
                _ => Dtypes::ANY,
            },
            Type::Annotated(inner, _) => self.dtypes(inner, scope),
            Type::Var(name) => match scope.iter().find(|param| param.name == *name) {
                Some(param) => match &param.bound {
                    // A variable over a whole `dtype` is not one over scalars; its name can't stand in `NDArray<…>`.
                    Some(Type::Class(def, args)) if def.name == "dtype" => {
                        args.first().map_or(Dtypes::ANY, |scalar| self.dtypes(scalar, &[]))
                    }
                    _ => Dtypes::Var(name.clone()),
                },
                None => Dtypes::ANY,
            },
            _ => Dtypes::ANY,
        }
    }

    fn typed_dict(&mut self, class: &'s Class, args: &[Type], way: Way, scope: &[&TypeParam]) -> Shape {
        let names = class.vars.iter().map(|var| var.name.clone());
        let found = self.aliases.open(&class.def, way, self.integers, names);
        if let Found::New(at) = found {
            let mut entries: Vec<Entry> = Vec::new();
            let own: Vec<&TypeParam> = class.vars.iter().collect();
            // Fields of the bases come first, and a class may declare one again.
            let bases = class.mro.iter().rev().filter_map(|base| match base {
                Type::Class(def, _) => self.surface.classes.get(def),
                _ => None,
            });
            for declared in bases.chain([class]).filter(|class| class.kind == ClassKind::TypedDict) {
                for field in &declared.fields {
                    let shape = self.inside(&field.ty, way, &own);
                    let entry = Entry { name: field.name.clone(), shape, required: field.required };
                    match entries.iter_mut().find(|there| there.name == field.name) {
                        Some(there) => *there = entry,
                        None => entries.push(entry),
                    }
                }
            }
            self.aliases.close(at, Shape::Record(entries));
        }
        self.reference(found, &class.vars, args, way, scope)
    }

    fn alias(&mut self, def: &QName, args: &[Type], way: Way, scope: &[&TypeParam]) -> Shape {
        if is_numpy(&def.module)
            && let Some(shape) = self.numpy_alias(def, args, scope)
        {
            return shape;
        }
        let Some(alias) = self.surface.aliases.get(def) else {
            return self.unknown(format!("the alias `{def}` is not in the surface"));
        };
        let found = self.aliases.open(def, way, self.integers, alias.vars.iter().map(|var| var.name.clone()));
        if let Found::New(at) = found {
            let shape = self.lower(&alias.ty, way, &alias.vars.iter().collect::<Vec<_>>());
            self.aliases.close(at, shape);
        }
        match found {
            Found::New(at) | Found::Done(at) if self.aliases.is_inline(at) => {
                if alias.vars.is_empty() {
                    self.aliases.get(at).map_or(Shape::Never, |named| named.shape.clone())
                } else {
                    self.lower(&expand(&alias.ty, &alias.vars, args), way, scope)
                }
            }
            // (An alias that is itself and nothing else adds nothing to a union.)
            found => self.reference(found, &alias.vars, args, way, scope),
        }
    }

    /// numpy's names for what it makes an array of.
    fn numpy_alias(&mut self, def: &QName, args: &[Type], scope: &[&TypeParam]) -> Option<Shape> {
        let dtypes = |this: &mut Self| args.first().map_or(Dtypes::ANY, |dtype| this.dtypes(dtype, scope));
        Some(match def.name.as_str() {
            "NDArray" => Shape::Array(dtypes(self)),
            "ArrayLike" => Shape::ArrayLike(Dtypes::ANY),
            "_ArrayLike" | "_DualArrayLike" => Shape::ArrayLike(dtypes(self)),
            _ => return None,
        })
    }

    /// The arguments of a named type, one for each of its parameters.
    fn arguments(&mut self, vars: &[TypeParam], args: &[Type], way: Way, scope: &[&TypeParam]) -> Vec<Shape> {
        self.aliases.enter();
        let shapes = vars
            .iter()
            .enumerate()
            .map(|(at, var)| match args.get(at).or(var.default.as_ref()) {
                Some(arg) => self.lower(arg, way, scope),
                None => Shape::Value,
            })
            .collect();
        self.aliases.leave();
        shapes
    }

    fn unknown(&mut self, why: String) -> Shape {
        self.reasons.insert(why);
        Shape::Unknown
    }
}

/// The type with the parameters of an alias replaced by its arguments; parameters without one are anything.
pub(super) fn expand(ty: &Type, vars: &[TypeParam], args: &[Type]) -> Type {
    let replacements = vars
        .iter()
        .enumerate()
        .map(|(at, var)| {
            let arg = args.get(at).or(var.default.as_ref()).cloned().unwrap_or(Type::Any);
            (var.name.as_str(), arg)
        })
        .collect();
    replace(ty, &replacements).into_owned()
}

/// The type with these variables replaced.
pub(super) fn replace<'t>(ty: &'t Type, with: &BTreeMap<&str, Type>) -> Cow<'t, Type> {
    if with.is_empty() { Cow::Borrowed(ty) } else { Cow::Owned(replaced(ty, with)) }
}

fn replaced(ty: &Type, with: &BTreeMap<&str, Type>) -> Type {
    let boxed = |ty: &Type| Box::new(replaced(ty, with));
    let each = |all: &[Type]| all.iter().map(|ty| replaced(ty, with)).collect();
    match ty {
        Type::Var(name) => with.get(name.as_str()).unwrap_or(ty).clone(),
        Type::Union(all) => Type::Union(each(all)),
        Type::Tuple(all) => Type::Tuple(each(all)),
        Type::TupleOf(of) => Type::TupleOf(boxed(of)),
        Type::Callable(params, ret) => Type::Callable(boxed(params), boxed(ret)),
        Type::Class(def, args) => Type::Class(def.clone(), each(args)),
        Type::Alias(def, args) => Type::Alias(def.clone(), each(args)),
        Type::NewType(def, inner) => Type::NewType(def.clone(), boxed(inner)),
        Type::TypeOf(inner) => Type::TypeOf(boxed(inner)),
        Type::Guard(inner) => Type::Guard(boxed(inner)),
        Type::Unpack(inner) => Type::Unpack(boxed(inner)),
        Type::Annotated(inner, metadata) => Type::Annotated(boxed(inner), metadata.clone()),
        _ => ty.clone(),
    }
}

fn literal_shape(literal: &Literal) -> Shape {
    match literal {
        Literal::None => Shape::None,
        Literal::Float(_) => Shape::Float,
        // Those are of their class, which the caller has looked up.
        Literal::Enum(class, _) => Shape::Handle(class.to_string()),
        literal => Shape::Literal(literal.clone()),
    }
}
