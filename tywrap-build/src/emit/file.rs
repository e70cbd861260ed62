//! One emitted file as data: the list of declarations from which `.ts`, `.js` and `.d.ts` are printed.

use std::collections::BTreeMap;

use super::call::Overload;
use super::doc::Doc;
use super::ts::{LocalType, Ts};

/// A module, ready to be printed.
#[derive(Debug)]
pub(super) struct File {
    /// Dotted name of the Python module.
    pub(super) module: String,
    /// Digest of the module's grants.
    pub(super) digest: String,
    /// Paths of the granted callables, by index.
    pub(super) callables: Vec<String>,
    /// Classes whose instances have members, by their position in the description of the module.
    pub(super) classes: Vec<DescribedClass>,
    /// Types that the file declares, in the order in which they are written.
    pub(super) types: Vec<TypeDeclaration>,
    /// Names of the types that the file declares.
    pub(super) type_names: BTreeMap<LocalType, TypeName>,
    /// Names under which the file imports types of the client, where they are not their own.
    pub(super) client_names: BTreeMap<&'static str, String>,
    /// Types of the client that are used.
    pub(super) client_types: Vec<&'static str>,
    pub(super) values: Vec<Value>,
    /// What the module exports: names of the file, by key.
    pub(super) exports: Vec<(String, Export)>,
}

/// A class, as the client needs to know it.
#[derive(Debug)]
pub(super) struct DescribedClass {
    /// Where Python defines it: `collections:Counter`.
    pub(super) name: String,
    /// Positions of the classes that it inherits from, nearest first.
    pub(super) bases: Vec<usize>,
    /// What it has itself, by key.
    pub(super) members: Vec<(String, Access)>,
}

/// How a member of an instance is reached: by positions in the grant table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// It is called.
    Method(usize),
    /// It is read, and assigned if the second is there.
    Property(usize, Option<usize>),
}

/// A type that the file declares.
#[derive(Debug)]
pub(super) struct TypeDeclaration {
    pub(super) id: LocalType,
    pub(super) exported: bool,
    pub(super) doc: Doc,
    pub(super) params: Vec<String>,
    pub(super) body: TypeBody,
}

#[derive(Debug)]
pub(super) enum TypeBody {
    /// `type Name<T> = …`.
    Alias(Ts),
    /// `interface Name<T = PyValue> extends … { … }`.
    Interface(Interface),
}

/// What an interface says.
#[derive(Clone, Debug, Default)]
pub(super) struct Interface {
    pub(super) extends: Vec<Ts>,
    pub(super) members: Vec<InterfaceMember>,
}

/// A member of an interface.
#[derive(Clone, Debug)]
pub(super) struct InterfaceMember {
    pub(super) doc: Doc,
    pub(super) kind: MemberKind,
}

#[derive(Clone, Debug)]
pub(super) enum MemberKind {
    /// The interface can be called.
    Call(Vec<Overload>),
    /// A method, by its key.
    Method(String, Vec<Overload>),
    /// A property that is not assigned to, by its key.
    Property(String, Ts),
}

/// How a type of the file is referred to.
#[derive(Debug)]
pub(super) struct TypeName {
    pub(super) name: String,
    /// Positions of the arguments that it takes; the others say nothing in TypeScript.
    pub(super) args: Vec<usize>,
}

/// A value that the file declares.
#[derive(Debug)]
pub(super) struct Value {
    /// Its name in the file.
    pub(super) name: String,
    /// Whether it is exported under that name.
    pub(super) exported: bool,
    pub(super) doc: Doc,
    pub(super) kind: ValueKind,
}

#[derive(Debug)]
pub(super) enum ValueKind {
    /// A function of the grant table.
    Function { index: usize, overloads: Vec<Overload> },
    /// An attribute of the grant table, read when it is awaited.
    Constant { index: usize, ty: Ts },
    /// A class, by its position in the description of the module.
    Class(ClassValue),
    /// A value that the stub states.
    Literal(LiteralValue),
    /// Members of a submodule, by key.
    Namespace(Vec<(String, Export)>),
}

/// A class as a value.
#[derive(Debug)]
pub(super) struct ClassValue {
    /// Its position in [`File::classes`].
    pub(super) class: usize,
    /// The position of its constructor in the grant table, if it has one.
    pub(super) constructor: Option<usize>,
    /// What is called on the class or read from it, by key.
    pub(super) statics: Vec<(String, Access)>,
    /// The members of an enum, by Python's names, with the values that the stub states.
    pub(super) enumerated: Option<Vec<(String, Option<LiteralValue>)>>,
}

/// A literal that stands in the file as a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LiteralValue {
    Null,
    Bool(bool),
    /// A number's text, with a leading `-` if it is negative.
    Number(String),
    /// A big integer's decimal digits, with a leading `-` if it is negative.
    BigInt(String),
    Str(String),
}

/// What stands behind a key of an object.
#[derive(Clone, Debug)]
pub(super) enum Export {
    /// A value of the file, by its name.
    Name(String),
    Nested(Vec<(String, Export)>),
}
