//! One value against one schema.

use crate::grants::{Class, Field, Literal, Module, Schema, SchemaId};
use crate::value::{DataFrame, Returns, ScalarClass, Series, Value};

/// How well a value fits a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// It does not.
    No,
    /// It does once [`convert`] has changed it.
    Converted,
    /// It does as it is.
    Exact,
}

impl From<bool> for Fit {
    fn from(fits: bool) -> Self {
        if fits { Self::Exact } else { Self::No }
    }
}

/// Most schemas that one call may visit. Unions of recursive schemas can ask for exponentially many; a megabyte of
/// arguments against a union of ten members asks for a few millions.
const MAX_STEPS: u32 = 10_000_000;

/// Unions may nest, but a union that holds only itself must end.
const MAX_UNIONS: u32 = 32;

/// The check of one call.
pub(super) struct Check {
    pub(super) module: &'static Module,
    steps: u32,
    /// Whether a schema was met that columns do not decide about, so that [`Fit::No`] means nothing.
    pub(super) is_open: bool,
}

impl Check {
    pub(super) fn new(module: &'static Module) -> Self {
        Self { module, steps: 0, is_open: false }
    }

    /// Whether the check was given up, so that [`Fit::No`] means nothing.
    pub(super) fn exhausted(&self) -> bool {
        self.steps >= MAX_STEPS
    }

    /// The schema; nothing fits one that is not in the table.
    pub(super) fn schema(&self, id: SchemaId) -> &'static Schema {
        self.module.schemas.get(id as usize).unwrap_or(&Schema::Never)
    }

    /// How well the value fits.
    pub(super) fn fit(&mut self, id: SchemaId, value: &Value) -> Fit {
        self.fit_schema(self.schema(id), value, 0)
    }

    fn fit_schema(&mut self, schema: &'static Schema, value: &Value, unions: u32) -> Fit {
        self.steps = self.steps.saturating_add(1);
        if self.exhausted() {
            return Fit::No;
        }
        match (schema, value) {
            // What is named already was bound before; no caller can say so.
            (_, Value::Omitted | Value::Named(..)) | (Schema::Never, _) => Fit::No,
            // A column by itself is nothing that Python has.
            (_, Value::Column(_)) => Fit::No,
            (Schema::Any, _) => Fit::Exact,
            (Schema::None, Value::None)
            | (Schema::Bool, Value::Bool(_))
            | (Schema::Int, Value::Int(_) | Value::BigInt(_) | Value::Bool(_))
            | (Schema::Float, Value::Float(_) | Value::Bool(_))
            | (
                Schema::Complex,
                Value::Complex(..) | Value::Float(_) | Value::Int(_) | Value::BigInt(_) | Value::Bool(_),
            )
            | (Schema::Str, Value::Str(_))
            | (Schema::Bytes, Value::Bytes(_)) => Fit::Exact,
            (Schema::Float, Value::Int(_)) => Fit::Converted,
            (Schema::Float, Value::BigInt(int)) => match int.as_str().parse::<f64>() {
                Ok(float) if float.is_finite() => Fit::Converted,
                _ => Fit::No,
            },
            (Schema::Literal(literals), value) => literals.iter().any(|literal| is_literal(literal, value)).into(),
            (Schema::Union(members), value) => self.union(members, value, unions),
            (schema, Value::Rows(rows)) => self.fit_rows(schema, rows),
            // A handle may be a subclass of a container, or behave like one; Python decides.
            (
                Schema::List(_)
                | Schema::Sequence(_)
                | Schema::Iterable(_)
                | Schema::Tuple(_)
                | Schema::TupleOf(_)
                | Schema::Set(_)
                | Schema::Dict(..)
                | Schema::Record(_)
                | Schema::ArrayLike(_)
                | Schema::Array(_)
                | Schema::Handle(_)
                | Schema::Function { .. }
                | Schema::NamedTuple(..),
                Value::Handle(_),
            ) => Fit::Exact,
            // It is told what it has to give.
            (Schema::Function { .. }, Value::Callback(_)) => Fit::Converted,
            (Schema::Handle(class), Value::Enum(member)) => self.is_instance(member.class(), class).into(),
            (Schema::Handle(class), Value::DataFrame(_)) => self.is_table(DataFrame::CLASS, class).into(),
            (Schema::Handle(class), Value::Series(_)) => self.is_table(Series::CLASS, class).into(),
            // Of any other class Python decides, as of remote objects.
            (Schema::Handle(class), Value::Scalar(scalar)) => {
                (ScalarClass::from_name(class).is_none() || scalar.class().inherits(class)).into()
            }
            (Schema::NamedTuple(_, schemas), Value::Tuple(items) | Value::List(items)) => {
                self.each(schemas, items).min(Fit::Converted)
            }
            (Schema::List(item), Value::List(items))
            | (Schema::TupleOf(item), Value::Tuple(items))
            | (Schema::Set(item), Value::Set(items) | Value::FrozenSet(items))
            | (Schema::Sequence(item), Value::List(items) | Value::Tuple(items))
            | (
                Schema::Iterable(item),
                Value::List(items) | Value::Tuple(items) | Value::Set(items) | Value::FrozenSet(items),
            ) => self.all(*item, items),
            (Schema::TupleOf(item), Value::List(items)) => self.all(*item, items).min(Fit::Converted),
            (Schema::Iterable(item), Value::Dict(items)) => self.every(items.iter().map(|(key, _)| (*item, key))),
            (Schema::Iterable(item), Value::Str(_)) => self.text_items(*item, unions),
            (Schema::Iterable(item), Value::Bytes(_)) => self.accepts(*item, &Value::Int(0)),
            (Schema::Sequence(item), Value::Array(array)) if array.shape().len() == 1 => {
                self.accepts_elements(*item, array.dtype().kind())
            }
            (Schema::Iterable(item), Value::Array(array)) => match array.shape().len() {
                0 => Fit::No,
                1 => self.accepts_elements(*item, array.dtype().kind()),
                _ => matches!(self.schema(*item), Schema::Any | Schema::ArrayLike(_) | Schema::Array(_)).into(),
            },
            (Schema::Tuple(schemas), Value::Tuple(items)) => self.each(schemas, items),
            (Schema::Tuple(schemas), Value::List(items)) => self.each(schemas, items).min(Fit::Converted),
            (Schema::Dict(key, item), Value::Dict(items)) => {
                self.every(items.iter().flat_map(|(k, v)| [(*key, k), (*item, v)]))
            }
            (Schema::Record(fields), Value::Dict(items)) => self.record(fields, items),
            (Schema::ArrayLike(kinds) | Schema::Array(kinds), Value::Array(array)) => {
                (kinds.is_empty() || kinds.contains(&array.dtype().kind())).into()
            }
            (Schema::ArrayLike(kinds), value) => self.makes_array(kinds, value).into(),
            _ => Fit::No,
        }
    }

    /// Whether a table's class is another or inherits from it.
    fn is_table(&self, class: &str, of: &str) -> bool {
        self.is_instance(class, of) || of == "pandas.core.generic:NDFrame"
    }

    /// Whether a class is another or inherits from it, as far as the module's grants say.
    fn is_instance(&self, class: &str, of: &str) -> bool {
        let classes = self.module.classes;
        let inherits = |class: &Class| {
            class.bases.iter().any(|&base| classes.get(base as usize).is_some_and(|base| base.name == of))
        };
        class == of
            || matches!(of, "object" | "builtins:object")
            || classes.iter().filter(|known| known.name == class).any(inherits)
    }

    fn union(&mut self, members: &[SchemaId], value: &Value, unions: u32) -> Fit {
        if unions == MAX_UNIONS {
            return Fit::No;
        }
        let (mut best, open) = (Fit::No, self.is_open);
        for &member in members {
            best = best.max(self.fit_schema(self.schema(member), value, unions + 1));
            if best == Fit::Exact {
                // Then the others don't matter.
                self.is_open = open;
                break;
            }
        }
        best
    }

    pub(super) fn all(&mut self, item: SchemaId, items: &[Value]) -> Fit {
        match self.schema(item) {
            // The step of each item is what bounds the check, and this asks nothing of an item.
            Schema::Any => Fit::Exact,
            _ => self.every(items.iter().map(|value| (item, value))),
        }
    }

    fn each(&mut self, schemas: &[SchemaId], items: &[Value]) -> Fit {
        if schemas.len() != items.len() {
            return Fit::No;
        }
        self.every(schemas.iter().copied().zip(items))
    }

    fn every<'v>(&mut self, pairs: impl Iterator<Item = (SchemaId, &'v Value)>) -> Fit {
        let mut worst = Fit::Exact;
        for (id, value) in pairs {
            worst = worst.min(self.fit(id, value));
            if worst == Fit::No {
                break;
            }
        }
        worst
    }

    fn record(&mut self, fields: &'static [Field], items: &[(Value, Value)]) -> Fit {
        let mut required = fields.iter().filter(|field| field.required).count();
        let mut worst = Fit::Exact;
        for (key, value) in items {
            let Some(field) = named(fields, key) else { return Fit::No };
            required -= usize::from(field.required);
            worst = worst.min(self.fit(field.schema, value));
        }
        if required > 0 { Fit::No } else { worst }
    }

    /// Whether the characters of a string fit. A character is a string again, so this counts as a union does.
    fn text_items(&mut self, item: SchemaId, unions: u32) -> Fit {
        if unions == MAX_UNIONS {
            return Fit::No;
        }
        (self.fit_schema(self.schema(item), &Value::Str(String::new()), unions + 1) != Fit::No).into()
    }

    /// Whether a value like `sample` fits, where the real one is not at hand or need not be converted.
    fn accepts(&mut self, id: SchemaId, sample: &Value) -> Fit {
        (self.fit(id, sample) != Fit::No).into()
    }

    /// Whether the elements of an array of this kind fit.
    fn accepts_elements(&mut self, id: SchemaId, kind: u8) -> Fit {
        let sample = match kind {
            b'b' => Value::Bool(false),
            b'i' | b'u' => Value::Int(0),
            b'f' => Value::Float(0.0),
            b'c' => Value::Complex(0.0, 0.0),
            b'U' => Value::Str(String::new()),
            b'S' => Value::Bytes(b"".as_slice().into()),
            _ => return matches!(self.schema(id), Schema::Any).into(),
        };
        self.accepts(id, &sample)
    }

    /// Whether numpy makes an array of these kinds of a scalar or of nested sequences.
    fn makes_array(&mut self, kinds: &[u8], value: &Value) -> bool {
        self.steps = self.steps.saturating_add(1);
        // numpy widens: an array of floats may be made of ints and bools.
        let wider: &[u8] = match value {
            Value::Bool(_) => b"biufcO",
            Value::Int(_) | Value::BigInt(_) => b"iufcO",
            Value::Float(_) => b"fcO",
            Value::Complex(..) => b"cO",
            Value::Str(_) => b"UTO",
            Value::Bytes(_) => b"SO",
            Value::None => b"O",
            Value::List(items) | Value::Tuple(items) => {
                return !self.exhausted() && items.iter().all(|item| self.makes_array(kinds, item));
            }
            Value::Array(array) => return kinds.is_empty() || kinds.contains(&array.dtype().kind()),
            Value::Handle(_) | Value::Scalar(_) | Value::Series(_) => return true,
            _ => return false,
        };
        kinds.is_empty() || kinds.iter().any(|kind| wider.contains(kind))
    }

    /// Makes a value that fits into what the schema asks for.
    pub(super) fn convert(&mut self, id: SchemaId, value: &mut Value) {
        match (self.schema(id), &mut *value) {
            (Schema::Float, Value::Int(int)) => *value = Value::Float(*int as f64),
            (Schema::Float, Value::BigInt(int)) => {
                if let Ok(float) = int.as_str().parse() {
                    *value = Value::Float(float);
                }
            }
            (Schema::Union(members), value) => {
                let fits =
                    |check: &mut Self, best| members.iter().copied().find(|&member| check.fit(member, value) == best);
                // One that fits as it is needs nothing.
                if fits(self, Fit::Exact).is_none()
                    && let Some(member) = fits(self, Fit::Converted)
                {
                    self.convert(member, value);
                }
            }
            (Schema::Tuple(schemas), Value::List(items) | Value::Tuple(items)) => {
                for (&schema, item) in schemas.iter().zip(items.iter_mut()) {
                    self.convert(schema, item);
                }
                *value = Value::Tuple(std::mem::take(items));
            }
            (Schema::Function { returns, asynchronous, integers }, Value::Callback(callback)) => {
                callback.returns = vec![Returns { module: self.module, schema: *returns }];
                callback.asynchronous = *asynchronous;
                callback.integers = *integers;
            }
            (Schema::NamedTuple(class, schemas), Value::List(items) | Value::Tuple(items)) => {
                for (&schema, item) in schemas.iter().zip(items.iter_mut()) {
                    self.convert(schema, item);
                }
                *value = Value::Named(class, std::mem::take(items));
            }
            (Schema::TupleOf(item), Value::List(items) | Value::Tuple(items)) => {
                items.iter_mut().for_each(|value| self.convert(*item, value));
                *value = Value::Tuple(std::mem::take(items));
            }
            (
                Schema::List(item) | Schema::Sequence(item) | Schema::Iterable(item) | Schema::Set(item),
                Value::List(items) | Value::Tuple(items) | Value::Set(items) | Value::FrozenSet(items),
            ) => items.iter_mut().for_each(|value| self.convert(*item, value)),
            (Schema::List(item) | Schema::Sequence(item) | Schema::Iterable(item), Value::Rows(rows)) => {
                self.convert_rows(*item, rows);
            }
            (Schema::Iterable(item), Value::Dict(items)) => {
                items.iter_mut().for_each(|(key, _)| self.convert(*item, key));
            }
            (Schema::Dict(key, item), Value::Dict(items)) => {
                for (k, v) in items {
                    self.convert(*key, k);
                    self.convert(*item, v);
                }
            }
            (Schema::Record(fields), Value::Dict(items)) => {
                for (key, value) in items {
                    if let Some(field) = named(fields, key) {
                        self.convert(field.schema, value);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The field that a key names.
pub(super) fn named(fields: &'static [Field], key: &Value) -> Option<&'static Field> {
    if let Value::Str(key) = key { field(fields, key) } else { None }
}

/// The field of a name.
pub(super) fn field(fields: &'static [Field], name: &str) -> Option<&'static Field> {
    fields.iter().find(|field| field.name == name)
}

fn is_literal(literal: &Literal, value: &Value) -> bool {
    match (literal, value) {
        (Literal::None, Value::None) => true,
        (Literal::Bool(a), Value::Bool(b)) => a == b,
        (Literal::Str(a), Value::Str(b)) => a == b,
        (Literal::Bytes(a), Value::Bytes(b)) => **a == **b,
        (Literal::Int(a), Value::Int(b)) => a.parse() == Ok(*b),
        (Literal::Int(a), Value::BigInt(b)) => *a == b.as_str(),
        _ => false,
    }
}
