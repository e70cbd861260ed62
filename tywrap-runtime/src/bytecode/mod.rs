//! The byte code of what workers import: compiled ahead, kept for one user, verified before it is used.
//!
//! Python would take the `__pycache__` beside each source. Whoever can write there decides what runs, and no digest of a
//! distribution covers it. So workers read byte code from here alone, and Python compiles in memory what is not here.
//!
//! An entry is a directory `<key>/code` in Python's own layout (`-X pycache_prefix`), and `<key>/index` with the SHA-256 of each
//! file. It is made aside and renamed, and no worker can write to it.

mod fill;
mod program;
mod tree;

use std::collections::BTreeMap;
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
pub(crate) use program::MODULE;
use tree::Unit;

/// Where Python looks for byte code when there is none: below something that is no directory.
pub(crate) const NOWHERE: &str = "/dev/null";

/// Entries that are kept: of the interpreters and sets of modules that were used last.
const KEPT: usize = 16;

/// What the names of entries that are being made, or thrown away, begin with.
const ASIDE: &str = ".aside-";

/// Byte code that workers may read.
#[derive(Debug)]
pub(crate) struct ByteCode {
    /// For `-X pycache_prefix`.
    pub(crate) prefix: PathBuf,
    /// The directory with the worker's own program.
    pub(crate) program: PathBuf,
    pub(crate) files: usize,
    pub(crate) obtained: Obtained,
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

/// What is wrong with an entry.
enum Wrong {
    Absent,
    /// A source has changed since.
    Stale,
    Damaged(String),
}

/// Finds the byte code of what these modules import, or compiles it.
///
/// # Errors
/// Why there is none. Workers do without, slower.
pub(crate) fn prepare(
    root: &Path,
    policy: &Policy,
    interpreter: &Interpreter,
    modules: &[&str],
) -> Result<ByteCode, String> {
    let began = Instant::now();
    private::make_directory(root).map_err(|error| format!("{}: {error}", root.display()))?;
    if !private::is_directory(root) || root.to_str().is_none() {
        return Err(format!("others can write to {}, or its name is not UTF-8", root.display()));
    }
    let failed = |error: io::Error| format!("{}: {error}", root.display());
    let program = program::place(root, worker::SOURCE).map_err(failed)?;
    let key = key(interpreter, modules).map_err(|error| format!("the interpreter cannot be read: {error}"))?;
    let entry = root.join(key);
    let made = |obtained, files| ByteCode { prefix: entry.join("code"), program: program.clone(), files, obtained };
    let wrong = match verify(&entry) {
        Ok(files) => {
            // What was used last is kept longest. Not to know it costs a compilation.
            let _ = fs::File::open(&entry).and_then(|entry| entry.set_modified(SystemTime::now()));
            return Ok(made(Obtained::Kept, files));
        }
        Err(wrong) => wrong,
    };

    let aside = aside(root).map_err(failed)?;
    let code = aside.path().join("code");
    private::make_directory(&code).map_err(failed)?;
    fill::fill(policy, interpreter, modules, &program, &code)?;
    let units = tree::read(&code).map_err(failed)?;
    fs::write(aside.path().join("index"), index(&units)).map_err(failed)?;
    if !matches!(wrong, Wrong::Absent) {
        remove(root, &entry).map_err(failed)?;
    }
    let made_path = aside.keep();
    if fs::rename(&made_path, &entry).is_err() {
        // Another host was faster.
        let _ = fs::remove_dir_all(&made_path);
        verify(&entry).map_err(|_| format!("{} is in the way", entry.display()))?;
    }
    prune(root);
    let obtained = match wrong {
        Wrong::Absent | Wrong::Stale => Obtained::Compiled(began.elapsed()),
        Wrong::Damaged(why) => Obtained::Replaced(why, began.elapsed()),
    };
    Ok(made(obtained, units.len()))
}

/// Everything that decides which files are imported, by name.
fn key(interpreter: &Interpreter, modules: &[&str]) -> io::Result<String> {
    let program = fs::metadata(interpreter.program.resolved())?;
    let mut modules = modules.to_vec();
    modules.sort_unstable();
    let mut hash = Sha256::new();
    let mut add = |part: &[u8]| {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    };
    add(&program::digest(worker::SOURCE));
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

/// How many files an entry has, if it is whole, nobody else's, and of the sources that are there now.
fn verify(entry: &Path) -> Result<usize, Wrong> {
    let damaged = |error: io::Error| Wrong::Damaged(error.to_string());
    match fs::symlink_metadata(entry) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Wrong::Absent),
        Err(error) => return Err(damaged(error)),
        Ok(_) if !private::is_directory(entry) => return Err(Wrong::Damaged("others can write to it".to_owned())),
        Ok(_) => {}
    }
    let units = tree::read(&entry.join("code")).map_err(damaged)?;
    let listed = private::read(&entry.join("index")).map_err(damaged)?;
    if listed != index(&units) {
        return Err(Wrong::Damaged("the files are not those of its index".to_owned()));
    }
    let fresh = |(path, unit): (&PathBuf, &Unit)| tree::source_of(path).is_some_and(|source| unit.is_of(&source));
    if units.iter().all(fresh) { Ok(units.len()) } else { Err(Wrong::Stale) }
}

/// The digest and the path of each file, a line each.
fn index(units: &BTreeMap<PathBuf, Unit>) -> Vec<u8> {
    let mut text = Vec::new();
    for (path, unit) in units {
        text.extend(unit.digest.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()));
        text.push(b' ');
        text.extend(path.as_os_str().as_encoded_bytes());
        text.push(b'\n');
    }
    text
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
