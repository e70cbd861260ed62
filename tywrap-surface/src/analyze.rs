//! Reading the surface of a module from stubs, as text: no Python runs, and no type checker is involved.
//!
//! A module is read by a resolver over parsed stubs (`resolve`), which follows each name to where it is defined. What is
//! found is lowered from the syntax tree to the model (`lower`, `func`, `class`); lowering asks for names through one
//! trait (`program`) and does nothing else with files.

mod attributes;
mod class;
mod decorate;
mod dist;
mod docs;
mod error;
mod func;
mod infer;
mod literal;
mod lower;
mod members;
mod parse;
mod places;
mod problem;
mod program;
mod resolve;
mod runtime;
mod scope;
mod search;
mod surface;
mod synthesise;
mod target;
mod what;

use std::path::PathBuf;

use resolve::{Loaded, Resolver};
use search::FileKind;

pub use dist::Distribution;
pub use error::AnalyzeError;
pub use places::Places;
pub use problem::{Problem, ProblemKind};
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

    /// The surface of `module`, a dotted name. What is wrong with the files it is read from is no error: the rest is read,
    /// and [`Analyzer::problems`] says what.
    ///
    /// # Errors
    ///
    /// When there is no such module, it is compiled and has no stubs, or its file cannot be read.
    pub fn surface(&self, module: &str) -> Result<Surface, AnalyzeError> {
        match self.resolver.load(module) {
            Loaded::Module(found) => {
                if found.kind == FileKind::Untyped {
                    let message = format!("module `{module}` has no types of its own: no stubs, no `py.typed` marker");
                    self.resolver
                        .note(module, Problem::new(ProblemKind::Untyped, &found.name, &found.path, 1, message));
                }
                Ok(surface::build(&self.resolver, &found))
            }
            Loaded::Missing => Err(AnalyzeError::missing(module, self.resolver.finder())),
            Loaded::Compiled(path) => Err(AnalyzeError::Compiled { module: module.to_owned(), path }),
            Loaded::Unreadable { path, reason } => Err(AnalyzeError::Unreadable { path, reason }),
        }
    }

    /// What was wrong with the stubs and sources read so far, by place, each thing once.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        self.resolver.problems()
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
