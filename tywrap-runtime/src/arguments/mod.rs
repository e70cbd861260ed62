//! Arguments against signatures, before Python sees them: what `inspect.Signature.bind` does, and types.

mod bind;
mod describe;
mod fit;
mod returned;
mod rows;
#[cfg(test)]
mod tests;

use std::fmt;

use tywrap_policy::Code;

pub(crate) use bind::bind;
pub(crate) use returned::returned;

/// Why a call fits no signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallRefused {
    pub(crate) code: Code,
    /// One line that names the callable, and the parameter where there is one.
    pub(crate) message: String,
}

impl fmt::Display for CallRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
