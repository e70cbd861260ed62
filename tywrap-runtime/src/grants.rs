//! The grant table of one Python module: what exists for a caller, compiled into the host.
//!
//! build.rs writes a [`Module`] as Rust. Types and signatures are interned into flat tables, since numpy's 110 ufuncs
//! share a handful of signatures and `rustc` compiles a flat table of constants much faster than a tree.

/// A granted Python module: the only way to a callable is an index into [`Module::callables`].
#[derive(Debug)]
pub struct Module {
    /// Dotted Python name.
    pub name: &'static str,
    /// Package that granted it.
    pub package: &'static str,
    /// SHA-256 of the grants in lower-case hex. The client must name the same.
    pub digest: &'static str,
    /// SHA-256 of the policy file under which it was granted, in lower-case hex.
    pub policy_digest: &'static str,
    /// Classes whose instances can come out of the module. Their methods are called on such instances only.
    pub classes: &'static [Class],
    /// What can be called or read; a frame's callable index is a position in here.
    pub callables: &'static [Callable],
    /// Signatures, each used by one callable or more.
    pub signatures: &'static [Signature],
    /// Parameters; a signature is a range of them.
    pub params: &'static [Param],
    /// Schemas; parameters and schemas refer to them by position.
    pub schemas: &'static [Schema],
}

/// Position in [`Module::schemas`].
pub type SchemaId = u32;

/// A class whose instances can come out of a module.
#[derive(Debug)]
pub struct Class {
    /// Where the stub defines it: `collections:Counter`.
    pub name: &'static str,
    /// The name under which the module exports it, if it does: `Counter`.
    pub path: Option<&'static str>,
    /// The classes it inherits from, as far as they have granted methods: positions in [`Module::classes`].
    pub bases: &'static [u32],
    /// Of an enum: its members, in the order of their definition. They go by value. Empty for what is none.
    pub members: &'static [&'static str],
}

/// One granted name.
#[derive(Debug)]
pub struct Callable {
    /// Path below the module, such as `mean` or `linalg.norm`; of what an instance has, the class that defines it and the
    /// name there, `collections:Counter.most_common`.
    pub path: &'static str,
    /// What granting it means.
    pub kind: CallableKind,
    /// Positions in [`Module::signatures`]; a call must fit at least one. Empty for an attribute.
    pub signatures: &'static [u32],
    /// What the integers of its results are to a client.
    pub integers: Integers,
    /// The class of the result, where it is always an instance of one or `None`. An instance of a class that exists in stubs
    /// only is known by it.
    pub result: Option<&'static str>,
}

impl Module {
    /// What a person calls a callable: `numpy.linalg.norm`, and of what an instance has, its class and it: `datetime.date.weekday`.
    pub(crate) fn shown(&self, callable: &Callable) -> String {
        match callable.method() {
            Some(_) => callable.path.replacen(':', ".", 1),
            None => format!("{}.{}", self.name, callable.path),
        }
    }
}

impl Callable {
    /// The class on whose instances it is called, and the name there; `None` where it is called on no instance.
    pub(crate) fn method(&self) -> Option<(&'static str, &'static str)> {
        match self.kind {
            CallableKind::Function | CallableKind::Attribute => None,
            CallableKind::Method | CallableKind::Getter | CallableKind::Setter => self.path.rsplit_once('.'),
        }
    }
}

/// What the integers of a result are in JavaScript. `integers` in the policy's `code-generation` decides, and for results
/// whose type does not say where integers stand, their size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integers {
    /// A `number`. The emitted type says so, so a result with an integer beyond ±(2^53 − 1) is an error, and never a value
    /// of another type.
    Number,
    /// A `bigint`, whatever its size.
    Bigint,
    /// A `number` within ±(2^53 − 1) and a `bigint` beyond: the emitted type, such as `PyValue`, allows for both.
    Either,
}

/// What a grant permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallableKind {
    /// Calling it.
    Function,
    /// Reading its value, with no arguments.
    Attribute,
    /// Calling it on an instance, which is the first argument.
    Method,
    /// Reading it from an instance, the only argument.
    Getter,
    /// Assigning the second argument to it, of the instance that is the first.
    Setter,
}

/// One overload.
#[derive(Debug)]
pub struct Signature {
    /// First parameter, a position in [`Module::params`].
    pub first: u32,
    /// How many parameters there are.
    pub count: u32,
}

/// One parameter.
#[derive(Debug)]
pub struct Param {
    /// Python's name.
    pub name: &'static str,
    /// How it may be passed.
    pub kind: ParamKind,
    /// May be omitted.
    pub optional: bool,
    /// What it accepts; for `*args` and `**kwargs`, what each accepts.
    pub schema: SchemaId,
}

/// How a parameter may be passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// What an argument must be like.
#[derive(Debug)]
pub enum Schema {
    /// Anything the wire carries.
    Any,
    /// Nothing; no argument fits.
    Never,
    /// `None`.
    None,
    /// A `bool`.
    Bool,
    /// An `int` (and a `bool`, which is one).
    Int,
    /// A `float`, or an `int`, which Python takes for one. An `int` is sent as `float`.
    Float,
    /// A `complex`, `float` or `int`.
    Complex,
    /// A `str`.
    Str,
    /// `bytes`.
    Bytes,
    /// One of these literals.
    Literal(&'static [Literal]),
    /// Any one of these.
    Union(&'static [SchemaId]),
    /// A `list` of these.
    List(SchemaId),
    /// A `list`, `tuple` or one-dimensional array of these.
    Sequence(SchemaId),
    /// Any iterable the wire carries: list, tuple, set, the keys of a dict, an array, a string if the element may be one.
    Iterable(SchemaId),
    /// A tuple of exactly these. A JavaScript array of the right length fits and is sent as a tuple.
    Tuple(&'static [SchemaId]),
    /// A tuple of any length. A JavaScript array fits and is sent as a tuple.
    TupleOf(SchemaId),
    /// A `set` or `frozenset` of these.
    Set(SchemaId),
    /// A `dict`.
    Dict(SchemaId, SchemaId),
    /// A `dict` with these keys, such as a `TypedDict`.
    Record(&'static [Field]),
    /// A numpy array, or a scalar or nested lists that numpy makes one of, of one of these kinds of dtype
    /// (numpy's `dtype.kind`: `b`, `i`, `u`, `f`, `c`, …); any if empty.
    ArrayLike(&'static [u8]),
    /// A numpy array of one of these kinds of dtype; any if empty.
    Array(&'static [u8]),
    /// A remote object; the text is the class the stub names, for messages. The worker checks no more than Python does. Also the
    /// member of an enum that is this class or inherits from it.
    Handle(&'static str),
    /// A function of the caller's, or a remote object that can be called. Functions are checked for nothing when they are passed, and for
    /// what they give when they have been called.
    Function {
        /// What calling it has to give.
        returns: SchemaId,
        /// Whether Python awaits that.
        asynchronous: bool,
        /// What the integers of its arguments are in JavaScript.
        integers: Integers,
    },
    /// A tuple of exactly these, which reaches Python as an instance of this class, named as in [`Class::name`].
    NamedTuple(&'static str, &'static [SchemaId]),
}

/// A literal that an argument may be.
#[derive(Debug, PartialEq)]
pub enum Literal {
    /// `None`.
    None,
    /// A `bool`.
    Bool(bool),
    /// An `int`, in decimal.
    Int(&'static str),
    /// A `str`.
    Str(&'static str),
    /// `bytes`.
    Bytes(&'static [u8]),
}

/// A key of a [`Schema::Record`].
#[derive(Debug)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// What its value must be like.
    pub schema: SchemaId,
    /// Must be present.
    pub required: bool,
}
