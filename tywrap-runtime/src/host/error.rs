//! Why there is no host, or why it no longer serves.

use std::fmt;
use std::io;

use tywrap_policy::{Code, Diagnostic};

/// Why a host could not be built, or not serve. Each [`Diagnostic`] says what, where and what to do next.
///
/// `Debug` shows the same text as `Display`, so that `fn main() -> Result<(), HostError>` reads well.
pub struct HostError {
    diagnostics: Vec<Diagnostic>,
}

impl HostError {
    /// Everything that is wrong.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// What the system refused.
    pub(crate) fn system(action: &str, error: &io::Error) -> Self {
        Diagnostic::error(Code::SocketUnusable, format!("{action} failed: {error}")).into()
    }

    /// The host's thread has ended.
    pub(crate) fn stopped() -> Self {
        Diagnostic::error(Code::SocketUnusable, "the host has been stopped").into()
    }
}

impl From<Diagnostic> for HostError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { diagnostics: vec![diagnostic] }
    }
}

impl From<Vec<Diagnostic>> for HostError {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics }
    }
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, diagnostic) in self.diagnostics.iter().enumerate() {
            if i > 0 {
                f.write_str("\n\n")?;
            }
            diagnostic.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Debug for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for HostError {}
