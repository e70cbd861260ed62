//! What crosses the wire: [`Value`], reading it strictly and writing it.

mod array;
mod buffer;
mod callback;
mod column;
mod convert;
mod frequency;
mod index;
mod integer;
mod items;
mod member;
mod read;
mod rows;
mod scalar;
mod table;
mod write;

pub use array::{ArrayError, Dtype, NdArray};
pub use buffer::Buffer;
pub use callback::Callback;
pub(crate) use callback::Returns;
pub use column::{Closed, Column};
pub use convert::WrongType;
pub(crate) use frequency::{ANCHORS, FREQUENCIES};
pub use index::Index;
pub use integer::BigInt;
pub(crate) use items::COLUMN_TYPES;
pub use member::EnumMember;
pub(crate) use read::{Arguments, Limits, Read, ReadError, check_plain, read, read_call, read_result};
pub(crate) use rows::{Cells, Rows};
pub use scalar::{Scalar, ScalarClass};
pub use table::{DataFrame, Series, TableError};
pub(crate) use write::{write, write_bigint, write_call};

/// Largest integer that plain JSON may carry: JavaScript's `Number.MAX_SAFE_INTEGER`.
pub(crate) const MAX_SAFE_INT: i64 = (1 << 53) - 1;

/// A Python value on its way in or out.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// `None`.
    None,
    /// A `bool`.
    Bool(bool),
    /// An `int` of 64 bits.
    Int(i64),
    /// An `int` that does not fit 64 bits.
    BigInt(BigInt),
    /// A `float`, of any value.
    Float(f64),
    /// A `complex`: its real and its imaginary part.
    Complex(f64, f64),
    /// A `str`. Python's lone surrogates can't be in one, and are refused.
    Str(String),
    /// A `bytes`.
    Bytes(Buffer),
    /// A `list`.
    List(Vec<Value>),
    /// A `list` of `dict`s, on its way between a client and a worker. No other code meets one: what Rust calls and gets has a
    /// [`Value::List`].
    #[doc(hidden)]
    Rows(Box<Rows>),
    /// A `tuple`.
    Tuple(Vec<Value>),
    /// A `set`.
    Set(Vec<Value>),
    /// A `frozenset`.
    FrozenSet(Vec<Value>),
    /// A `dict`, in its order.
    Dict(Vec<(Value, Value)>),
    /// A numpy array.
    Array(Box<NdArray>),
    /// A column of a table whose dtype is none of numpy's, as `take` gives it. As an argument it stands in a table only.
    Column(Box<Column>),
    /// A pandas `DataFrame`, as an argument.
    DataFrame(Box<DataFrame>),
    /// A pandas `Series`, as an argument.
    Series(Box<Series>),
    /// An object that lives in the worker.
    Handle(Handle),
    /// A member of an enum that is granted.
    Enum(EnumMember),
    /// A date, a time, an exact number or a UUID.
    Scalar(Scalar),
    /// A function of the client's that calls. No result is one.
    Callback(Callback),
    /// An instance of this named tuple, made in the worker of these fields. [`Schema::NamedTuple`](crate::Schema::NamedTuple) makes a
    /// tuple one; nothing comes as one.
    Named(&'static str, Vec<Value>),
    /// An argument that is not passed, so that Python's default applies. No value but a direct positional argument.
    Omitted,
}

/// Names an object that lives in a worker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Handle {
    /// Names the object among those of its owner.
    pub(crate) id: u32,
    /// Module and qualified name of its class.
    pub(crate) class: Box<str>,
}

impl Handle {
    /// Module and qualified name of the object's class, such as `collections:Counter`.
    pub fn class(&self) -> &str {
        &self.class
    }
}

impl Value {
    /// Python's name for what it is, for messages.
    pub fn type_name(&self) -> &str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::BigInt(_) => "int",
            Self::Float(_) => "float",
            Self::Complex(..) => "complex",
            Self::Str(_) => "str",
            Self::Bytes(_) => "bytes",
            Self::List(_) | Self::Rows(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Set(_) => "set",
            Self::FrozenSet(_) => "frozenset",
            Self::Dict(_) => "dict",
            Self::Array(_) => "numpy.ndarray",
            Self::Column(_) => "a column of a table",
            Self::DataFrame(_) => "pandas.DataFrame",
            Self::Series(_) => "pandas.Series",
            Self::Handle(handle) => &handle.class,
            Self::Enum(member) => member.class(),
            Self::Scalar(scalar) => scalar.class().name(),
            Self::Callback(_) => "function",
            Self::Named(class, _) => class,
            Self::Omitted => "nothing",
        }
    }

    /// Whether Python could use it as a key of a `dict` or keep it in a `set`.
    pub(crate) fn is_hashable(&self) -> bool {
        match self {
            Self::Tuple(items) | Self::Named(_, items) => items.iter().all(Self::is_hashable),
            Self::List(_) | Self::Set(_) | Self::Dict(_) | Self::Array(_) | Self::Omitted => false,
            Self::Rows(_) | Self::Column(_) | Self::DataFrame(_) | Self::Series(_) => false,
            _ => true,
        }
    }

    /// Whether it may be a label or a name in a table.
    pub(crate) fn is_label(&self) -> bool {
        self.is_hashable() && !self.has_callback()
    }

    /// How many digits the first integer in it has that a JavaScript `number` cannot hold exactly, if there is one.
    pub(crate) fn unsafe_integer(&self) -> Option<usize> {
        match self {
            Self::Int(int) if int.unsigned_abs() > MAX_SAFE_INT.unsigned_abs() => {
                Some(int.unsigned_abs().ilog10() as usize + 1)
            }
            Self::BigInt(int) => Some(int.as_str().trim_start_matches('-').len()),
            Self::List(items) | Self::Tuple(items) | Self::Set(items) | Self::FrozenSet(items) => {
                items.iter().find_map(Self::unsafe_integer)
            }
            Self::Dict(items) => {
                items.iter().find_map(|(key, value)| key.unsafe_integer().or_else(|| value.unsafe_integer()))
            }
            other => other.parts().find_map(Self::unsafe_integer),
        }
    }

    /// The first member of an enum in it that `is_known` does not hold of.
    pub(crate) fn find_enum(&self, is_known: &impl Fn(&EnumMember) -> bool) -> Option<&EnumMember> {
        match self {
            Self::Enum(member) => (!is_known(member)).then_some(member),
            Self::List(items)
            | Self::Tuple(items)
            | Self::Set(items)
            | Self::FrozenSet(items)
            | Self::Named(_, items) => items.iter().find_map(|item| item.find_enum(is_known)),
            Self::Dict(items) => {
                items.iter().find_map(|(key, value)| key.find_enum(is_known).or_else(|| value.find_enum(is_known)))
            }
            other => other.parts().find_map(|part| part.find_enum(is_known)),
        }
    }

    /// Calls `each` with every handle in it, until that fails.
    pub(crate) fn for_each_handle<E>(&mut self, each: &mut impl FnMut(&mut Handle) -> Result<(), E>) -> Result<(), E> {
        self.for_each_leaf(&mut |leaf| if let Self::Handle(handle) = leaf { each(handle) } else { Ok(()) })
    }

    /// Whether there is a function in it.
    pub(crate) fn has_callback(&self) -> bool {
        match self {
            Self::Callback(_) => true,
            Self::List(items)
            | Self::Tuple(items)
            | Self::Set(items)
            | Self::FrozenSet(items)
            | Self::Named(_, items) => items.iter().any(Self::has_callback),
            Self::Dict(items) => items.iter().any(|(key, value)| key.has_callback() || value.has_callback()),
            other => other.parts().any(Self::has_callback),
        }
    }

    /// Whether one of the values in it, itself among them, is such; the parts of tables are not looked at.
    pub(crate) fn any(&self, is: &impl Fn(&Self) -> bool) -> bool {
        is(self)
            || match self {
                Self::List(items)
                | Self::Tuple(items)
                | Self::Set(items)
                | Self::FrozenSet(items)
                | Self::Named(_, items) => items.iter().any(|item| item.any(is)),
                Self::Dict(items) => items.iter().any(|(key, value)| key.any(is) || value.any(is)),
                Self::Rows(rows) => rows.parts().any(|part| part.any(is)),
                _ => false,
            }
    }

    /// Whether there is a table in it.
    pub(crate) fn has_table(&self) -> bool {
        self.any(&|value| matches!(value, Self::DataFrame(_) | Self::Series(_)))
    }

    /// Calls `each` with every function in it.
    pub(crate) fn for_each_callback(&mut self, each: &mut impl FnMut(&mut Callback)) {
        let Ok(()) = self.for_each_leaf(&mut |leaf| {
            if let Self::Callback(callback) = leaf {
                each(callback);
            }
            Ok::<(), std::convert::Infallible>(())
        });
    }

    /// Calls `each` with everything in it that holds no other value, until that fails.
    fn for_each_leaf<E>(&mut self, each: &mut impl FnMut(&mut Self) -> Result<(), E>) -> Result<(), E> {
        match self {
            Self::List(items)
            | Self::Tuple(items)
            | Self::Set(items)
            | Self::FrozenSet(items)
            | Self::Named(_, items) => items.iter_mut().try_for_each(|item| item.for_each_leaf(each)),
            Self::Dict(items) => items.iter_mut().try_for_each(|(key, value)| {
                key.for_each_leaf(each)?;
                value.for_each_leaf(each)
            }),
            Self::Rows(rows) => rows.parts_mut().try_for_each(|part| part.for_each_leaf(each)),
            Self::Column(column) => column.parts_mut().try_for_each(|part| part.for_each_leaf(each)),
            Self::DataFrame(frame) => frame.parts_mut().try_for_each(|part| part.for_each_leaf(each)),
            Self::Series(series) => series.parts_mut().try_for_each(|part| part.for_each_leaf(each)),
            leaf => each(leaf),
        }
    }

    /// Whether there are rows in it.
    pub(crate) fn has_rows(&self) -> bool {
        self.any(&|value| matches!(value, Self::Rows(_)))
    }

    /// Makes lists of all rows in it.
    pub(crate) fn expand_rows(&mut self) {
        if let Self::Rows(rows) = self {
            *self = std::mem::take(&mut **rows).into_list();
        }
        match self {
            Self::List(items)
            | Self::Tuple(items)
            | Self::Set(items)
            | Self::FrozenSet(items)
            | Self::Named(_, items) => items.iter_mut().for_each(Self::expand_rows),
            // A key has none: a list is none.
            Self::Dict(items) => items.iter_mut().for_each(|(_, value)| value.expand_rows()),
            _ => {}
        }
    }

    /// The values that rows, a column or a table consist of, as far as they are values; none of what is neither.
    fn parts(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        match self {
            Self::Rows(rows) => Box::new(rows.parts()),
            Self::Column(column) => Box::new(column.parts()),
            Self::DataFrame(frame) => Box::new(frame.parts()),
            Self::Series(series) => Box::new(series.parts()),
            _ => Box::new(std::iter::empty()),
        }
    }
}
