//! Reading the surface of a module from stubs, as text: no Python runs, and no type checker is involved.
//!
//! A module is read by a resolver over parsed stubs (`resolve`), which follows each name to where it is defined. What is
//! found is lowered from the syntax tree to the model (`lower`, `func`, `class`); lowering asks for names through one
//! trait (`program`) and does nothing else with files.

mod class;
mod dist;
mod docs;
mod error;
mod func;
mod infer;
mod literal;
mod lower;
mod members;
mod program;
mod resolve;
mod scope;
mod search;
mod surface;
mod synthesise;
mod target;
mod what;

use std::path::PathBuf;

use resolve::{Loaded, Resolver};

pub use dist::Distribution;
pub use error::AnalyzeError;
pub use search::SearchPath;
pub use target::Target;

use crate::model::Surface;

/// Reads surfaces for one target and search path. What one surface needed is kept for the next.
pub struct Analyzer {
    resolver: Resolver,
}

impl Analyzer {
    /// An analyser of the modules on `path`, as Python `target` sees them.
    #[must_use]
    pub fn new(target: Target, path: SearchPath) -> Self {
        Self { resolver: Resolver::new(target, path) }
    }

    /// The surface of `module`, a dotted name.
    ///
    /// # Errors
    ///
    /// When there is no such module, it states no types, or its file cannot be read or parsed.
    pub fn surface(&self, module: &str) -> Result<Surface, AnalyzeError> {
        match self.resolver.load(module) {
            Loaded::Module(found) => Ok(surface::build(&self.resolver, &found)),
            Loaded::Missing => Err(AnalyzeError::missing(module, self.resolver.finder())),
            Loaded::Untyped(path) => Err(AnalyzeError::Untyped { module: module.to_owned(), path }),
            Loaded::Unreadable { path, reason } => Err(AnalyzeError::Unreadable { path, reason }),
            Loaded::Syntax { path, line, message } => Err(AnalyzeError::Syntax { path, line, message }),
        }
    }

    /// The distribution that provides `module`; `None` for the standard library and for what no installer recorded.
    #[must_use]
    pub fn distribution(&self, module: &str) -> Option<Distribution> {
        dist::find(self.resolver.finder().search_path(), module)
    }

    /// Every file of an installed package that was read so far, sorted: what a surface depends on.
    #[must_use]
    pub fn files_read(&self) -> Vec<PathBuf> {
        self.resolver.files().into_iter().collect()
    }
}
