//! Arguments of a call that Rust makes.

use std::fmt;

use tywrap_policy::Code;

use super::{CallError, CallErrorKind};
use crate::grants::Module;
use crate::value::Value;

/// The arguments of [`Host::call_as`](super::Host::call_as): a tuple of the positional ones, or those and keywords.
///
/// ```
/// use tywrap_runtime::Args;
///
/// let both: Args = (1.0, 1.001).into();
/// let tolerant = Args::from((1.0, 1.001)).keyword("rel_tol", 0.01);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Args {
    pub(crate) positional: Vec<Value>,
    pub(crate) keywords: Vec<(String, Value)>,
}

impl Args {
    /// One more positional argument.
    #[must_use]
    pub fn arg(mut self, value: impl Into<Value>) -> Self {
        self.positional.push(value.into());
        self
    }

    /// One more keyword argument.
    #[must_use]
    pub fn keyword(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.keywords.push((name.into(), value.into()));
        self
    }
}

/// A result as a type of Rust's.
pub(crate) fn result_as<T>(module: &Module, path: &str, value: Value) -> Result<T, CallError>
where
    T: TryFrom<Value, Error: fmt::Display>,
{
    T::try_from(value).map_err(|wrong| {
        let message = format!("the result of `{}.{path}` is of another type: {wrong}", module.name);
        CallError::new(CallErrorKind::Unsupported, Code::ValueUnsupported, message)
    })
}

macro_rules! tuples {
    ($(($($name:ident),*))+) => {
        $(impl<$($name: Into<Value>),*> From<($($name,)*)> for Args {
            #[allow(non_snake_case, unused_variables, reason = "a variable for each type")]
            fn from(($($name,)*): ($($name,)*)) -> Self {
                Self { positional: vec![$($name.into()),*], keywords: Vec::new() }
            }
        })+
    };
}

tuples! {
    () (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F)
}
