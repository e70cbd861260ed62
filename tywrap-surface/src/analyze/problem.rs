//! What is wrong with stubs and sources: each cost a surface something, and the rest of it was read all the same.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Something that a surface could not be given, and where the reason stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What kind of thing.
    pub kind: ProblemKind,
    /// The file; of the standard library, its path in the embedded typeshed.
    pub path: PathBuf,
    /// One-based line.
    pub line: usize,
    /// The module that the file describes.
    pub module: String,
    /// What is wrong, as a sentence fragment without the place.
    pub message: String,
}

/// What kind of thing a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ProblemKind {
    /// The file is not valid Python in places; what stands there was left out.
    Syntax,
    /// The file cannot be read.
    Unreadable,
    /// The file is larger than is read; its end was left out.
    TooLarge,
    /// Names are defined by each other in a circle, so that there is no definition.
    Circular,
    /// A module that is imported is not installed; the types from it are unknown.
    Missing,
    /// A module that is imported is compiled and has no stubs; what comes from it is unknown.
    Compiled,
    /// The module that was asked for has neither stubs nor a `py.typed` marker, and was read from its source.
    Untyped,
    /// A name has letters beyond ASCII, which Python folds and JavaScript does not.
    Name,
    /// Two names of the file are one name to Python, which folds them by NFKC.
    SameName,
}

impl Problem {
    pub(crate) fn new(kind: ProblemKind, module: &str, path: &Path, line: usize, message: impl Into<String>) -> Self {
        Self { kind, path: path.to_owned(), line, module: module.to_owned(), message: message.into() }
    }

    /// What to do next, as a sentence fragment.
    #[must_use]
    pub fn help(&self) -> String {
        match self.kind {
            ProblemKind::Syntax | ProblemKind::Unreadable => {
                "install the package again, or tell its authors; the rest of the module is there".to_owned()
            }
            ProblemKind::TooLarge => "stubs of a smaller module have it all".to_owned(),
            ProblemKind::Circular => "tell the authors of the stubs; the rest of the module is there".to_owned(),
            ProblemKind::Missing => "install it to have its types; without it they are unknown".to_owned(),
            ProblemKind::Compiled | ProblemKind::Untyped => "install stubs for it, if there are any: they are often \
                 called `types-…` or `…-stubs`; see first who publishes them"
                .to_owned(),
            ProblemKind::Name => "use another name for it in Python".to_owned(),
            ProblemKind::SameName => "rename one of them; Python takes the later one for both".to_owned(),
        }
    }
}

/// By place, so that the order of reading does not show.
impl Ord for Problem {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |problem: &Self| (problem.path.clone(), problem.line, problem.kind, problem.message.clone());
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Problem {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The one-based line of a position in a text.
pub(crate) fn line_at(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

/// The one-based line on which `word` stands first as a word; the first line if it does not.
pub(crate) fn line_of(text: &str, word: &str) -> usize {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    let found = text.match_indices(word).find(|(at, _)| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(is_letter) && !after.is_some_and(is_letter)
    });
    found.map_or(1, |(at, _)| line_at(text, at))
}
