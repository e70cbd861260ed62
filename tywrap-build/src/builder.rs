//! What a build script calls.

use std::fmt;
use std::path::PathBuf;

use tywrap_policy::Diagnostic;

use crate::report::Report;
use crate::{cargo, driver};

/// Does all of a build script's work, with the policy where policies are looked for. On an error it prints one line for
/// Cargo to show and ends the process with status 1.
pub fn build() {
    Builder::new().build();
}

/// Like [`build`], for a build script that does more: it returns instead of ending the process, and leaves it to the caller
/// to print the error.
///
/// # Errors
/// What no span in the sources can show: a missing or malformed policy, a lock that cannot be understood, an output that
/// cannot be written. A denied annotation is none: the macro refuses it.
pub fn try_build() -> Result<Report, BuildError> {
    Builder::new().try_build()
}

/// Like [`build`], and makes the annotations in UI tests known that trybuild compiles. `pattern` is relative to the package,
/// with `*` in its last part only, as in `tests/ui/*.rs`.
///
/// trybuild compiles a test in a package of its own, without this build script and without the policy. Both are handed
/// over in the folder of that package, below the target directory.
pub fn ui_tests(pattern: &str) {
    Builder::new().ui_tests(pattern).build();
}

/// A build with choices of its own.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    pub(crate) policy: Option<PathBuf>,
    pub(crate) out_dir: Option<PathBuf>,
    pub(crate) ui_tests: Vec<String>,
}

impl Builder {
    /// The same as [`build`].
    pub fn new() -> Self {
        Self::default()
    }

    /// The policy, relative to the package. Without it, `tywrap.toml` in the package or in the root of its workspace.
    #[must_use]
    pub fn policy(mut self, path: impl Into<PathBuf>) -> Self {
        self.policy = Some(path.into());
        self
    }

    /// Where the npm package goes, relative to the package; it wins over the policy's `code-generation.out-dir`. A folder
    /// among the package's sources is refused: only the policy may name one.
    #[must_use]
    pub fn out_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(path.into());
        self
    }

    /// Makes the annotations in UI tests known, as [`ui_tests`] does.
    #[must_use]
    pub fn ui_tests(mut self, pattern: impl Into<String>) -> Self {
        self.ui_tests.push(pattern.into());
        self
    }

    /// Builds. On an error it prints one line for Cargo to show and ends the process with status 1.
    pub fn build(self) {
        if let Err(error) = self.try_build() {
            error.diagnostics.iter().for_each(cargo::show);
            std::process::exit(1);
        }
    }

    /// Builds, and returns what came of it. Directives for Cargo are printed to standard output all the same.
    ///
    /// # Errors
    /// As [`try_build`].
    pub fn try_build(self) -> Result<Report, BuildError> {
        driver::run(&self).map_err(|diagnostics| BuildError { diagnostics })
    }
}

/// Why a build failed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BuildError {
    /// The errors, and the warnings that came with them.
    pub diagnostics: Vec<Diagnostic>,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.diagnostics.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n\n" };
            match &diagnostic.place {
                Some(place) => write!(f, "{separator}{place}: {diagnostic}")?,
                None => write!(f, "{separator}{diagnostic}")?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for BuildError {}
