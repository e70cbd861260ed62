//! An entry of the cache: two trees of byte code, and an index of each.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::tree::{self, Unit};
use crate::private;

/// A part of an entry.
#[derive(Clone, Copy, Debug)]
pub(super) enum Tree {
    /// What is imported before a worker is greeted.
    Start,
    /// Everything else.
    Code,
}

impl Tree {
    const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Code => "code",
        }
    }
}

/// What is wrong with an entry.
#[derive(Debug)]
pub(super) enum Wrong {
    Absent,
    /// A source has changed since.
    Stale,
    Damaged(String),
}

/// The directory of an entry.
#[derive(Debug)]
pub(super) struct Entry(PathBuf);

impl Entry {
    pub(super) fn at(path: PathBuf) -> Self {
        Self(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Where the files of a tree are.
    pub(super) fn tree(&self, tree: Tree) -> PathBuf {
        self.0.join(tree.name())
    }

    fn index(&self, tree: Tree) -> PathBuf {
        self.tree(tree).with_extension("index")
    }

    /// How many files a tree has, if it is whole, nobody else's, and of the sources that are there now.
    pub(super) fn verify(&self, tree: Tree) -> Result<usize, Wrong> {
        let damaged = |error: io::Error| Wrong::Damaged(error.to_string());
        match fs::symlink_metadata(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Wrong::Absent),
            Err(error) => return Err(damaged(error)),
            Ok(_) if !private::is_directory(&self.0) => {
                return Err(Wrong::Damaged("others can write to it".to_owned()));
            }
            Ok(_) => {}
        }
        let read = match tree {
            Tree::Start => tree::read_alone,
            Tree::Code => tree::read,
        };
        let units = read(&self.tree(tree)).map_err(damaged)?;
        let listed = private::read(&self.index(tree)).map_err(damaged)?;
        if listed != index(units.iter()) {
            return Err(Wrong::Damaged("the files are not those of its index".to_owned()));
        }
        let fresh = |(path, unit): (&PathBuf, &Unit)| tree::source_of(path).is_some_and(|source| unit.is_of(&source));
        if units.iter().all(fresh) { Ok(units.len()) } else { Err(Wrong::Stale) }
    }

    /// Makes an entry of what was compiled into [`Tree::Code`]: the byte code of `start`, a list of sources, goes into the other tree, and
    /// both get their index. Says how many files there are.
    pub(super) fn finish(&self, start: &HashSet<PathBuf>) -> io::Result<usize> {
        let code = self.tree(Tree::Code);
        let units = tree::read(&code)?;
        let is_of_start = |path: &Path| tree::source_of(path).is_some_and(|source| start.contains(&source));
        let (first, rest): (BTreeMap<_, _>, BTreeMap<_, _>) =
            units.into_iter().partition(|(path, _)| is_of_start(path));
        let directory = self.tree(Tree::Start);
        private::make_directory(&directory)?;
        for path in first.keys() {
            let to = directory.join(path);
            private::make_directory(to.parent().unwrap_or(&directory))?;
            fs::rename(code.join(path), to)?;
        }
        fs::write(self.index(Tree::Start), index(first.iter()))?;
        fs::write(self.index(Tree::Code), index(rest.iter()))?;
        Ok(first.len() + rest.len())
    }
}

/// The digest and the path of each file, a line each.
fn index<'u>(units: impl Iterator<Item = (&'u PathBuf, &'u Unit)>) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = Vec::new();
    for (path, unit) in units {
        text.extend(unit.digest.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| DIGITS[usize::from(digit)]));
        text.push(b' ');
        text.extend(path.as_os_str().as_encoded_bytes());
        text.push(b'\n');
    }
    text
}
