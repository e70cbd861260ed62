//! The surface as data: the one description of a Python module that everything else reads.
//!
//! Aliases are never expanded here and names are never guessed: a type either says what the stub says, or
//! [`Type::Unknown`] with the reason. What cannot be described is listed in [`Surface::omitted`], never dropped.

use std::collections::BTreeMap;
use std::fmt;

/// Version of the surface format. Files of another version are refused with the command that renews them.
pub const FORMAT: u32 = 2;

/// Everything one Python module exports.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surface {
    /// Dotted name, such as `numpy.linalg`.
    pub module: String,
    /// The exported names, in the order the stub exports them.
    pub items: Vec<Item>,
    /// Every type alias that the items refer to, directly or through another alias.
    pub aliases: BTreeMap<QName, Alias>,
    /// Every class that the items or aliases refer to, exported or not.
    pub classes: BTreeMap<QName, Class>,
    /// Docstrings by the exported name of the item (`mean`), and those of members by where they are defined
    /// (`collections:Counter.most_common`).
    pub docs: BTreeMap<String, String>,
    /// Public names that are not in `items`, and `Class.name` for those that are not in a class, each with the reason.
    pub omitted: Vec<Omitted>,
}

/// A name in the place where it is defined: `module` and the qualified name in it. Written `numpy:ndarray`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QName {
    /// Dotted name of the defining module.
    pub module: String,
    /// Qualified name in that module, such as `Outer.Inner`.
    pub name: String,
}

impl QName {
    /// Joins a module and a name in it.
    pub fn new(module: impl Into<String>, name: impl Into<String>) -> Self {
        Self { module: module.into(), name: name.into() }
    }
}

impl fmt::Display for QName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.module, self.name)
    }
}

/// One exported name.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A function, a callable instance or a bound method.
    Func(Func),
    /// A class defined here or re-exported; its description is in [`Surface::classes`].
    Class {
        /// Exported name.
        name: String,
        /// Where it is defined.
        def: QName,
    },
    /// A module-level value.
    Const(Const),
    /// A type alias; its description is in [`Surface::aliases`].
    Alias {
        /// Exported name.
        name: String,
        /// Where it is defined.
        def: QName,
    },
    /// A type variable.
    TypeVar(TypeParam),
    /// A submodule or another module exported under a name.
    Module {
        /// Exported name.
        name: String,
        /// Dotted name of the module.
        module: String,
    },
}

/// A function, with one signature for each overload.
#[derive(Clone, Debug, PartialEq)]
pub struct Func {
    /// Exported name.
    pub name: String,
    /// Where it is defined.
    pub def: QName,
    /// What it is bound to.
    pub bind: Bind,
    /// How it was found to be callable.
    pub via: Via,
    /// One signature, or one for each overload, in source order; never empty.
    pub sigs: Vec<Sig>,
    /// Decorators that were not understood; the undecorated signature was kept.
    pub decorators: Vec<String>,
    /// Marked `@abstractmethod`.
    pub is_abstract: bool,
}

/// What the first parameter of a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bind {
    /// Nothing: a module-level function.
    Free,
    /// An instance.
    Instance,
    /// A class.
    Class,
    /// Nothing, in a class.
    Static,
}

/// How a function was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// A `def`.
    Def,
    /// The `__call__` of an instance, such as one of numpy's ufuncs.
    Call,
    /// A bound method under a module-level name, such as `numpy.random.normal`.
    BoundMethod,
    /// Made by the language, such as a dataclass's `__init__`.
    Synthesised,
}

/// One signature.
#[derive(Clone, Debug, PartialEq)]
pub struct Sig {
    /// Type parameters it is generic over.
    pub vars: Vec<TypeParam>,
    /// The annotation of `self` or `cls`, where it has one that says more than the class does.
    pub this: Option<Type>,
    /// Parameters without `self` or `cls`, in source order.
    pub params: Vec<Param>,
    /// What it returns; for an `async def`, what awaiting it gives.
    pub ret: Type,
    /// Declared with `async def`.
    pub is_async: bool,
    /// The message of `@deprecated`.
    pub deprecated: Option<String>,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Python's name.
    pub name: String,
    /// How it may be passed.
    pub kind: ParamKind,
    /// Its type; for `*args: T` and `**kwargs: T` the type of one.
    pub ty: Type,
    /// Its default, if it may be omitted.
    pub default: Option<DefaultValue>,
}

/// How a parameter may be passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ParamKind {
    /// By position only.
    PosOnly,
    /// By position or by keyword.
    PosOrKw,
    /// `*args`.
    VarPos,
    /// By keyword only.
    KwOnly,
    /// `**kwargs`.
    VarKw,
}

/// The default of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum DefaultValue {
    /// A literal.
    Lit(Literal),
    /// An expression, as source text. Documentation only, never evaluated.
    Source(String),
    /// `...`: there is one, the stub does not say which.
    Elided,
}

/// A literal value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Literal {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer, in decimal, of any size.
    Int(String),
    /// A float, as Python's `repr` writes it.
    Float(String),
    /// A string.
    Str(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A member of an enum.
    Enum(QName, String),
}

/// A module-level value.
#[derive(Clone, Debug, PartialEq)]
pub struct Const {
    /// Exported name.
    pub name: String,
    /// Where it is defined.
    pub def: QName,
    /// Its type.
    pub ty: Type,
    /// Its value, where the stub states it.
    pub value: Option<Literal>,
}

/// A type alias.
#[derive(Clone, Debug, PartialEq)]
pub struct Alias {
    /// Type parameters.
    pub vars: Vec<TypeParam>,
    /// What it stands for.
    pub ty: Type,
}

/// A type parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeParam {
    /// Its name.
    pub name: String,
    /// What it ranges over.
    pub kind: TypeParamKind,
    /// Upper bound.
    pub bound: Option<Type>,
    /// Constraints; empty if there are none.
    pub constraints: Vec<Type>,
    /// Default.
    pub default: Option<Type>,
}

/// What a type parameter ranges over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeParamKind {
    /// One type.
    TypeVar,
    /// A parameter list.
    ParamSpec,
    /// A sequence of types.
    TypeVarTuple,
}

/// A class: its own members only; inherited ones are found along `mro`.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// Where it is defined.
    pub def: QName,
    /// What sort of class it is.
    pub kind: ClassKind,
    /// Type parameters.
    pub vars: Vec<TypeParam>,
    /// Bases as written.
    pub bases: Vec<Type>,
    /// Method resolution order without the class itself, and without `Generic` and `Protocol`; type arguments substituted.
    pub mro: Vec<Type>,
    /// Its members are listed: an instance of it can come out of the module, or a class with one inherits from it. A
    /// class that only parameters name is not described, but a protocol says what it asks for all the same.
    pub is_described: bool,
    /// Own methods, constants and nested classes, in source order. Constructors are among them under their Python names,
    /// `__new__` and `__init__`; see [`Surface::constructors`].
    pub members: Vec<Item>,
    /// Own properties and instance variables, in source order.
    pub props: Vec<Prop>,
    /// Fields of a dataclass, `NamedTuple`, `TypedDict` or model, in order; members of an enum.
    pub fields: Vec<Field>,
    /// Has abstract members.
    pub is_abstract: bool,
    /// Marked `@final`.
    pub is_final: bool,
}

/// What sort of class a class is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassKind {
    /// An ordinary class.
    Plain,
    /// An `enum.Enum`.
    Enum,
    /// A dataclass, or a model made by `dataclass_transform`.
    Dataclass,
    /// A `typing.NamedTuple`.
    NamedTuple,
    /// A `typing.TypedDict`.
    TypedDict,
    /// A `typing.Protocol`.
    Protocol,
}

/// A property.
#[derive(Clone, Debug, PartialEq)]
pub struct Prop {
    /// Its name.
    pub name: String,
    /// What reading it gives.
    pub ty: Type,
    /// What may be assigned, if it can be.
    pub setter: Option<Type>,
}

/// A field of a dataclass-like class, or a member of an enum.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Must be present.
    pub required: bool,
    /// May be given by keyword only.
    pub kw_only: bool,
    /// Its value, where the stub states it.
    pub value: Option<Literal>,
}

/// A public name that has no item, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Omitted {
    /// The name.
    pub name: String,
    /// The reason, as a sentence fragment.
    pub reason: String,
}

/// A type, as the stub states it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// `Any`, stated.
    Any,
    /// Not stated, or not understood; with the reason.
    Unknown(String),
    /// `Never` or `NoReturn`.
    Never,
    /// `None`.
    None,
    /// `Self`.
    SelfType,
    /// One literal.
    Lit(Literal),
    /// A union, flattened, in source order, never of fewer than two.
    Union(Vec<Type>),
    /// A tuple of fixed length; an element may be [`Type::Unpack`].
    Tuple(Vec<Type>),
    /// `tuple[T, ...]`.
    TupleOf(Box<Type>),
    /// A callable: its parameters ([`Type::ParamList`], a `ParamSpec`, or [`Type::Any`] for `...`) and return type.
    Callable(Box<Type>, Box<Type>),
    /// A class with its type arguments. `object` is `builtins:object`.
    Class(QName, Vec<Type>),
    /// A type alias with its arguments; described in [`Surface::aliases`].
    Alias(QName, Vec<Type>),
    /// A `NewType`, with what it is made of.
    NewType(QName, Box<Type>),
    /// A type variable in scope.
    Var(String),
    /// `type[T]`.
    TypeOf(Box<Type>),
    /// `TypeGuard[T]` or `TypeIs[T]`: a `bool`.
    Guard(Box<Type>),
    /// `*Ts` or `Unpack[T]`.
    Unpack(Box<Type>),
    /// `Annotated[T, …]`, with the metadata as source text.
    Annotated(Box<Type>, Vec<String>),
    /// A parameter list: the argument of a `ParamSpec`, or the parameters of a `Callable`. Of a `Concatenate[A, P]`, the
    /// `P` is a nameless [`ParamKind::VarPos`] of type [`Type::Unpack`]; so are `*args: P.args` and `**kwargs: P.kwargs` in
    /// a signature. A `...` is [`Type::Any`].
    ParamList(Vec<CallableParam>),
}

/// A parameter in a [`Type::ParamList`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallableParam {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// How it may be passed.
    pub kind: ParamKind,
    /// Its type.
    pub ty: Type,
    /// May be omitted.
    pub optional: bool,
}
