//! From the surface's types to shapes.

use std::collections::{BTreeMap, BTreeSet};

use tywrap_policy::section::IntegerMode;
use tywrap_surface::model::{Class, ClassKind, Literal, ParamKind, QName, Surface, Type, TypeParam, TypeParamKind};

use super::alias::{Aliases, Found};
use super::class::{self, Args};
use super::dtype::{self, Dtypes, is_numpy};
use super::shape::{Entry, Replacement, Shape, Way};
use super::signature::Param;

/// Deeper types are given up as unknown: no stub written by a person nests like this, and everything that walks a type
/// recurses.
const MAX_DEPTH: usize = 48;

/// Lowers the types of one module.
pub(super) struct Lower<'s> {
    surface: &'s Surface,
    aliases: &'s mut Aliases,
    integers: IntegerMode,
    /// Why types became unknown since this was last taken.
    reasons: BTreeSet<String>,
    depth: usize,
}

impl<'s> Lower<'s> {
    pub(super) fn new(surface: &'s Surface, aliases: &'s mut Aliases, integers: IntegerMode) -> Self {
        Self { surface, aliases, integers, reasons: BTreeSet::new(), depth: 0 }
    }

    /// Takes the reasons why types became unknown.
    pub(super) fn take_reasons(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.reasons)
    }

    /// The shape of a type whose values go `way`, with these type variables in scope.
    pub(super) fn lower(&mut self, ty: &Type, way: Way, scope: &[TypeParam]) -> Shape {
        if self.depth == MAX_DEPTH {
            return self.unknown(format!("nests deeper than {MAX_DEPTH}"));
        }
        self.depth += 1;
        let shape = self.lower_inner(ty, way, scope);
        self.depth -= 1;
        shape
    }

    /// What stands for a type variable where it is not kept: its bound, the union of its constraints, or anything.
    pub(super) fn erase(&mut self, param: &TypeParam, way: Way, scope: &[TypeParam]) -> Replacement {
        // A bound may not name the variable itself; if it does, that is anything.
        let outer: Vec<TypeParam> = scope.iter().filter(|other| other.name != param.name).cloned().collect();
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
        let anything = Replacement { shape: Shape::Value, dtypes: Dtypes::ANY };
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

    fn lower_inner(&mut self, ty: &Type, way: Way, scope: &[TypeParam]) -> Shape {
        match ty {
            Type::Any => Shape::Value,
            Type::Unknown(why) => self.unknown(why.clone()),
            Type::Never => Shape::Never,
            Type::None => Shape::None,
            Type::SelfType => self.unknown("`Self` outside a class".to_owned()),
            Type::Lit(literal) => literal_shape(literal),
            Type::Union(members) => {
                Shape::union(members.iter().map(|member| self.lower(member, way, scope)).collect::<Vec<_>>())
            }
            Type::Tuple(elements) => self.tuple(elements, way, scope),
            Type::TupleOf(of) => Shape::tuple_of(self.inside(of, way, scope)),
            Type::Callable(..) => Shape::Structural("typing:Callable".to_owned()),
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

    /// Lowers a type that stands in a container.
    fn inside(&mut self, ty: &Type, way: Way, scope: &[TypeParam]) -> Shape {
        self.aliases.enter();
        let shape = self.lower(ty, way, scope);
        self.aliases.leave();
        shape
    }

    fn tuple(&mut self, elements: &[Type], way: Way, scope: &[TypeParam]) -> Shape {
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

    fn variable(&mut self, name: &str, scope: &[TypeParam]) -> Shape {
        match scope.iter().find(|param| param.name == name) {
            Some(param) if param.kind == TypeParamKind::TypeVar => Shape::Var(name.to_owned()),
            // A parameter specification or a variadic variable has no counterpart on the wire: anything fits.
            Some(_) => Shape::Value,
            None => self.unknown(format!("the type variable `{name}` is not in scope")),
        }
    }

    fn class(&mut self, def: &QName, args: &[Type], way: Way, scope: &[TypeParam]) -> Shape {
        if is_numpy(&def.module)
            && let Some(shape) = self.numpy_class(def, args, way, scope)
        {
            return shape;
        }
        let described = self.surface.classes.get(def);
        if let Some(described) = described.filter(|class| class.kind == ClassKind::TypedDict) {
            return self.typed_dict(described, args, way, scope);
        }
        let lowered = Args(args.iter().map(|arg| self.inside(arg, way, scope)).collect());
        class::known(def, &lowered, way).unwrap_or_else(|| class::other(def, described))
    }

    fn numpy_class(&mut self, def: &QName, args: &[Type], way: Way, scope: &[TypeParam]) -> Option<Shape> {
        if let Some(shape) = class::numpy_scalar(def, args, way) {
            return Some(shape);
        }
        Some(match def.name.as_str() {
            "ndarray" => Shape::Array(args.get(1).map_or(Dtypes::ANY, |dtype| self.dtypes(dtype, scope))),
            // What has `__array__` is an array, or becomes one.
            "_SupportsArray" => Shape::Array(args.first().map_or(Dtypes::ANY, |dtype| self.dtypes(dtype, scope))),
            "_NestedSequence" => {
                let element = args.first().map_or(Shape::Value, |element| self.inside(element, way, scope));
                Shape::sequence(Shape::union([element, Shape::sequence(Shape::Value)]))
            }
            _ => return None,
        })
    }

    /// The dtypes that a type argument stands for: `dtype[S]`, a scalar class, a variable, or a union of them.
    fn dtypes(&mut self, ty: &Type, scope: &[TypeParam]) -> Dtypes {
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

    fn typed_dict(&mut self, class: &'s Class, args: &[Type], way: Way, scope: &[TypeParam]) -> Shape {
        let names = class.vars.iter().map(|var| var.name.clone());
        let found = self.aliases.open(&class.def, way, self.integers, names);
        if let Found::New(at) = found {
            let mut entries: Vec<Entry> = Vec::new();
            // Fields of the bases come first, and a class may declare one again.
            let bases = class.mro.iter().rev().filter_map(|base| match base {
                Type::Class(def, _) => self.surface.classes.get(def),
                _ => None,
            });
            for declared in bases.chain([class]).filter(|class| class.kind == ClassKind::TypedDict) {
                for field in &declared.fields {
                    let shape = self.inside(&field.ty, way, &class.vars);
                    let entry = Entry { name: field.name.clone(), shape, required: field.required };
                    match entries.iter_mut().find(|there| there.name == field.name) {
                        Some(there) => *there = entry,
                        None => entries.push(entry),
                    }
                }
            }
            self.aliases.close(at, Shape::Record(entries));
        }
        match found {
            Found::New(at) | Found::Done(at) | Found::Recursive(at) => {
                let args = self.arguments(&class.vars, args, way, scope);
                Shape::Named(at, args)
            }
            Found::Circular => Shape::Never,
        }
    }

    fn alias(&mut self, def: &QName, args: &[Type], way: Way, scope: &[TypeParam]) -> Shape {
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
            let shape = self.lower(&alias.ty, way, &alias.vars);
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
            Found::New(at) | Found::Done(at) | Found::Recursive(at) => {
                Shape::Named(at, self.arguments(&alias.vars, args, way, scope))
            }
            // An alias that is itself and nothing else adds nothing to a union.
            Found::Circular => Shape::Never,
        }
    }

    /// numpy's names for what it makes an array of.
    fn numpy_alias(&mut self, def: &QName, args: &[Type], scope: &[TypeParam]) -> Option<Shape> {
        let dtypes = |this: &mut Self| args.first().map_or(Dtypes::ANY, |dtype| this.dtypes(dtype, scope));
        Some(match def.name.as_str() {
            "NDArray" => Shape::Array(dtypes(self)),
            "ArrayLike" => Shape::ArrayLike(Dtypes::ANY),
            "_ArrayLike" | "_DualArrayLike" => Shape::ArrayLike(dtypes(self)),
            _ => return None,
        })
    }

    /// The arguments of a named type, one for each of its parameters.
    fn arguments(&mut self, vars: &[TypeParam], args: &[Type], way: Way, scope: &[TypeParam]) -> Vec<Shape> {
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
    replace(ty, &replacements)
}

/// The type with these variables replaced.
pub(super) fn replace(ty: &Type, with: &BTreeMap<&str, Type>) -> Type {
    if with.is_empty() {
        return ty.clone();
    }
    let boxed = |ty: &Type| Box::new(replace(ty, with));
    let each = |all: &[Type]| all.iter().map(|ty| replace(ty, with)).collect();
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
        Literal::Enum(class, _) => Shape::Handle(class.to_string()),
        literal => Shape::Literal(literal.clone()),
    }
}
