//! The byte code of what workers import: compiled ahead, kept for one user, verified before it is used.
//!
//! Python would take the `__pycache__` beside each source. Whoever can write there decides what runs, and no digest of a
//! distribution covers it. So workers read byte code from here alone, and Python compiles in memory what is not here.
//!
//! An entry is a directory with two trees in Python's own layout (`-X pycache_prefix`), `start` and `code`, and for each the SHA-256 of its
//! files. What Python and the worker's program import before the host says a word is in `start`, and nothing else is; a worker is told of
//! `code` in its greeting. So it can be started when the few files of the one have been verified, while the many of the other are.
//! An entry is made aside and renamed, and no worker can write to it.

mod entry;
mod fill;
mod program;
mod tree;

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tywrap_policy::Policy;

use crate::host::Interpreter;
use crate::private;
use crate::worker;
use entry::{Entry, Tree, Wrong};
pub(crate) use program::MODULE;

/// Where Python looks for byte code when there is none: below something that is no directory.
pub(crate) const NOWHERE: &str = "/dev/null";

/// Entries that are kept: of the interpreters and sets of modules that were used last.
const KEPT: usize = 16;

/// What the names of entries that are being made, or thrown away, begin with.
const ASIDE: &str = ".aside-";

/// Where workers find byte code.
#[derive(Clone, Debug)]
pub(crate) struct ByteCode {
    /// For `-X pycache_prefix`: what is imported before the greeting.
    pub(crate) start: PathBuf,
    /// What takes its place with the greeting.
    pub(crate) code: PathBuf,
    /// The directory with the worker's own program.
    pub(crate) program: PathBuf,
}

/// Byte code that was found or made, and verified.
#[derive(Debug)]
pub(crate) struct Verified {
    pub(crate) files: usize,
    pub(crate) obtained: Obtained,
}

/// What is known of the byte code when a host begins.
#[derive(Debug)]
pub(crate) enum Prepared {
    /// All of it is verified.
    Whole(ByteCode, Verified),
    /// That of the start is. Workers may be started, and wait for the rest.
    Start(Started),
}

impl Prepared {
    pub(crate) fn byte_code(&self) -> ByteCode {
        match self {
            Self::Whole(byte_code, _) => byte_code.clone(),
            Self::Start(started) => started.byte_code(),
        }
    }
}

/// An entry whose `start` is verified, and whose `code` is not.
#[derive(Debug)]
pub(crate) struct Started {
    cache: Cache,
    files: usize,
    began: Instant,
}

impl Started {
    pub(crate) fn byte_code(&self) -> ByteCode {
        self.cache.byte_code()
    }

    /// Verifies the rest. Where it is not what it should be, both are compiled anew, and what was started before is of no use.
    ///
    /// # Errors
    /// As [`prepare`].
    pub(crate) fn finish(self) -> Result<Verified, String> {
        match self.cache.entry.verify(Tree::Code) {
            Ok(files) => {
                // What was used last is kept longest. Not to know it costs a compilation.
                let _ = fs::File::open(self.cache.entry.path()).and_then(|entry| entry.set_modified(SystemTime::now()));
                Ok(Verified { files: self.files + files, obtained: Obtained::Kept })
            }
            Err(wrong) => self.cache.make(&wrong, self.began),
        }
    }
}

/// Where byte code came from.
#[derive(Debug)]
pub(crate) enum Obtained {
    /// It was there.
    Kept,
    /// It was compiled now, which took this long.
    Compiled(Duration),
    /// So it was, in place of what was there and is not to be trusted.
    Replaced(String, Duration),
}

/// Where the byte code of a host is, and what it is made of.
#[derive(Debug)]
struct Cache {
    root: PathBuf,
    policy: Policy,
    interpreter: Interpreter,
    modules: Vec<&'static str>,
    program: PathBuf,
    entry: Entry,
}

/// Finds the byte code of what these modules import, or compiles it.
///
/// # Errors
/// Why there is none. Workers do without, slower.
pub(crate) fn prepare(
    root: &Path,
    policy: &Policy,
    interpreter: &Interpreter,
    modules: Vec<&'static str>,
) -> Result<Prepared, String> {
    let began = Instant::now();
    let cache = Cache::open(root, policy, interpreter, modules)?;
    match cache.entry.verify(Tree::Start) {
        Ok(files) => Ok(Prepared::Start(Started { cache, files, began })),
        Err(wrong) => cache.make(&wrong, began).map(|made| Prepared::Whole(cache.byte_code(), made)),
    }
}

impl Cache {
    fn open(
        root: &Path,
        policy: &Policy,
        interpreter: &Interpreter,
        modules: Vec<&'static str>,
    ) -> Result<Self, String> {
        private::make_directory(root).map_err(|error| format!("{}: {error}", root.display()))?;
        if !private::is_directory(root) || root.to_str().is_none() {
            return Err(format!("others can write to {}, or its name is not UTF-8", root.display()));
        }
        let program = program::place(root, worker::SOURCE).map_err(|error| format!("{}: {error}", root.display()))?;
        let key =
            key(&program, interpreter, &modules).map_err(|error| format!("the interpreter cannot be read: {error}"))?;
        let entry = Entry::at(root.join(key));
        Ok(Self {
            root: root.to_owned(),
            policy: policy.clone(),
            interpreter: interpreter.clone(),
            modules,
            program,
            entry,
        })
    }

    fn byte_code(&self) -> ByteCode {
        ByteCode {
            start: self.entry.tree(Tree::Start),
            code: self.entry.tree(Tree::Code),
            program: self.program.clone(),
        }
    }

    /// Compiles everything, in place of an entry that is wrong.
    fn make(&self, wrong: &Wrong, began: Instant) -> Result<Verified, String> {
        let failed = |error: io::Error| format!("{}: {error}", self.root.display());
        let aside = aside(&self.root).map_err(failed)?;
        let made = Entry::at(aside.path().to_owned());
        let code = made.tree(Tree::Code);
        private::make_directory(&code).map_err(failed)?;
        let start = fill::fill(&self.policy, &self.interpreter, &self.modules, &self.program, &code)?;
        let files = made.finish(&start).map_err(failed)?;
        if !matches!(wrong, Wrong::Absent) {
            remove(&self.root, self.entry.path()).map_err(failed)?;
        }
        let made_path = aside.keep();
        if fs::rename(&made_path, self.entry.path()).is_err() {
            // Another host was faster.
            let _ = fs::remove_dir_all(&made_path);
            let verified = self.entry.verify(Tree::Start).and_then(|_| self.entry.verify(Tree::Code));
            verified.map_err(|_| format!("{} is in the way", self.entry.path().display()))?;
        }
        prune(&self.root);
        let obtained = match wrong {
            Wrong::Absent | Wrong::Stale => Obtained::Compiled(began.elapsed()),
            Wrong::Damaged(why) => Obtained::Replaced(why.clone(), began.elapsed()),
        };
        Ok(Verified { files, obtained })
    }
}

/// Everything that decides which files are imported, by name.
fn key(worker: &Path, interpreter: &Interpreter, modules: &[&str]) -> io::Result<String> {
    let program = fs::metadata(interpreter.program.resolved())?;
    let mut modules = modules.to_vec();
    modules.sort_unstable();
    let mut hash = Sha256::new();
    let mut add = |part: &[u8]| {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    };
    // Named by its digest.
    add(worker.as_os_str().as_encoded_bytes());
    add(interpreter.program.path().as_os_str().as_encoded_bytes());
    add(interpreter.program.resolved().as_os_str().as_encoded_bytes());
    add(&program.size().to_le_bytes());
    add(&program.mtime().to_le_bytes());
    for site in &interpreter.site {
        add(site.as_os_str().as_encoded_bytes());
    }
    for module in modules {
        add(module.as_bytes());
    }
    // Half of it: 128 bits tell entries apart.
    Ok(hash.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A directory of this user beside the entries.
fn aside(root: &Path) -> io::Result<TempDir> {
    tempfile::Builder::new().prefix(ASIDE).permissions(private::mode()).tempdir_in(root)
}

/// Takes an entry away in one step, so that nobody finds half of it.
fn remove(root: &Path, entry: &Path) -> io::Result<()> {
    let aside = aside(root)?;
    match fs::rename(entry, aside.path().join("entry")) {
        // Another host was faster.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        moved => moved,
    }
}

/// Removes the entries that were not used for longest, and what hosts left that were killed while they made one.
fn prune(root: &Path) {
    let used = |path: &Path| fs::symlink_metadata(path).and_then(|metadata| metadata.modified()).ok();
    let paths = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut entries: Vec<_> = paths.filter_map(|path| Some((used(&path)?, path))).collect();
    entries.sort();
    let day_ago = SystemTime::now().checked_sub(Duration::from_secs(24 * 60 * 60));
    let begins = |path: &Path, with: &str| {
        path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(with.as_bytes()))
    };
    let (aside, kept): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(_, path)| begins(path, ASIDE));
    // A program is that of every host of this version, and small.
    let kept: Vec<_> = kept.into_iter().filter(|(_, path)| !begins(path, program::PREFIX)).collect();
    let abandoned = aside.into_iter().filter(|(used, _)| Some(*used) < day_ago);
    let surplus = kept.len().saturating_sub(KEPT);
    for (_, path) in abandoned.chain(kept.into_iter().take(surplus)) {
        // What cannot be removed is tried again with the next entry.
        let _ = fs::remove_dir_all(path);
    }
}

impl fmt::Display for Obtained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Obtained::Kept => f.write_str("verified"),
            Obtained::Compiled(took) => write!(f, "compiled in {took:.1?}"),
            Obtained::Replaced(why, took) => write!(f, "compiled in {took:.1?} in place of what was damaged: {why}"),
        }
    }
}
