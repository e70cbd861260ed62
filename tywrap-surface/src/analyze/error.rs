//! Why a surface cannot be read.

use std::fmt;
use std::path::PathBuf;

use super::search::Finder;

/// A module whose surface cannot be read, with what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnalyzeError {
    /// There is no such module.
    Missing {
        /// Its dotted name.
        module: String,
        /// Names that look like it, best first.
        near: Vec<String>,
        /// Folders of packages that were searched, after the standard library.
        searched: Vec<PathBuf>,
        /// The environment they belong to.
        environment: Option<PathBuf>,
    },
    /// The module is compiled, and no stubs say what is in it.
    Compiled {
        /// Its dotted name.
        module: String,
        /// Its file.
        path: PathBuf,
    },
    /// A file cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl AnalyzeError {
    pub(super) fn missing(module: &str, finder: &Finder) -> Self {
        let (parent, last) = module.rsplit_once('.').map_or(("", module), |(parent, last)| (parent, last));
        let candidates: Vec<String> = if parent.is_empty() || finder.find(parent).is_none() {
            finder.top_level()
        } else {
            finder.submodules(parent)
        };
        let wanted = if candidates.iter().any(|name| parent.is_empty() || name == last) { last } else { module };
        let mut near: Vec<(usize, String)> = candidates
            .into_iter()
            .map(|name| (strsim::levenshtein(wanted.split('.').next_back().unwrap_or(wanted), &name), name))
            .filter(|(distance, name)| *distance <= (name.len() / 3).max(1))
            .collect();
        near.sort();
        near.truncate(3);
        let prefix =
            if parent.is_empty() || finder.find(parent).is_none() { String::new() } else { format!("{parent}.") };
        Self::Missing {
            module: module.to_owned(),
            near: near.into_iter().map(|(_, name)| format!("{prefix}{name}")).collect(),
            searched: finder.search_path().roots().to_vec(),
            environment: finder.search_path().environment().map(PathBuf::from),
        }
    }
}

impl AnalyzeError {
    /// What is wrong, as a sentence fragment.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Missing { module, searched, environment, .. } => match (environment, searched.as_slice()) {
                (Some(environment), _) => format!("module `{module}` is not installed in {}", environment.display()),
                (None, []) => format!(
                    "module `{module}` is not in the standard library, and no environment with packages was found"
                ),
                (None, [first, ..]) => format!("module `{module}` is not installed in {}", first.display()),
            },
            Self::Compiled { module, path } => {
                format!("module `{module}` is compiled and has no stubs: {} tells nothing", path.display())
            }
            Self::Unreadable { path, reason } => format!("cannot read {}: {reason}", path.display()),
        }
    }

    /// What to do next, as a sentence fragment.
    #[must_use]
    pub fn help(&self) -> String {
        let top = |module: &str| module.split('.').next().unwrap_or_default().to_owned();
        match self {
            Self::Missing { module, near, .. } => {
                let install = format!("install it with `pip install {}`", top(module));
                let names: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
                if names.is_empty() {
                    install
                } else {
                    format!("did you mean {}? If not, {install}", names.join(" or "))
                }
            }
            Self::Compiled { module, .. } => {
                let top = top(module);
                format!(
                    "install stubs for it, if there are any: they are often called `types-{top}` or `{top}-stubs`; see \
                     first who publishes them"
                )
            }
            Self::Unreadable { .. } => "make it readable, or install the package again".to_owned(),
        }
    }
}

/// The message and the next step, with a semicolon between them.
impl fmt::Display for AnalyzeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.message(), self.help())
    }
}

impl std::error::Error for AnalyzeError {}
