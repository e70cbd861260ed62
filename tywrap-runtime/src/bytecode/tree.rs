//! The files of a cache, read through descriptors: no name in it leads anywhere else.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};

use rustix::fs::{Dir, FileType, Mode, OFlags, Stat, fstat, openat};
use sha2::{Digest as _, Sha256};

/// Levels of directories.
const MOST_LEVELS: usize = 64;

/// The most entries of all directories together.
const MOST_ENTRIES: usize = 200_000;

/// Bytes of the largest file. The largest of CPython 3.11 and of the packages in the project's tests has 2 MB.
const LARGEST: u64 = 64 << 20;

/// Threads that read files. Most of the time goes into their digests; more than a few of them wait for the walk.
const MOST_THREADS: usize = 4;

/// Bytes before the code: a magic number, flags, and the source's time and size (PEP 552).
const HEADER: usize = 16;

/// One file of byte code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) digest: [u8; 32],
    /// When its source was last changed, in seconds, as far as 32 bits hold them.
    modified: u32,
    /// Bytes of its source, likewise.
    size: u32,
}

impl Unit {
    /// Whether the source, which Python would compare in the same way, is the one it was compiled from.
    pub(super) fn is_of(&self, source: &Path) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        std::fs::metadata(source)
            .is_ok_and(|source| source.mtime() as u32 == self.modified && source.size() as u32 == self.size)
    }
}

/// The source of `usr/lib/python3.11/json/__init__.cpython-311.pyc`.
pub(super) fn source_of(unit: &Path) -> Option<PathBuf> {
    let name = unit.file_name()?.to_str()?.strip_suffix(".pyc")?;
    let (name, _tag) = name.rsplit_once('.')?;
    Some(Path::new("/").join(unit).with_file_name(format!("{name}.py")))
}

/// Every file below a directory of this user.
///
/// # Errors
/// That something cannot be read, is no file or directory, is somebody else's, or is no byte code.
pub(super) fn read(root: &Path) -> io::Result<BTreeMap<PathBuf, Unit>> {
    // One processor is left to what goes on beside this: Python starts.
    let threads = std::thread::available_parallelism().map_or(1, usize::from).saturating_sub(1).min(MOST_THREADS);
    if threads < 2 {
        return read_alone(root);
    }
    // Bounded, since what waits in it is open.
    let (found, waiting) = sync_channel(64);
    let waiting = Mutex::new(waiting);
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok();
    let read = || {
        let files = std::iter::from_fn(next);
        files.map(|(file, path): (File, PathBuf)| unit(file, &path).map(|unit| (path, unit))).collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..threads).map(|_| scope.spawn(read)).collect();
        let walked = walk(root, |file, path| found.send((file, path)).map_err(io::Error::other));
        // The readers end when nothing can come any more.
        drop(found);
        let read = readers.into_iter().map(|reader| reader.join().map_err(|_| io::Error::other("a reader failed")));
        let read: Vec<_> = read.collect::<io::Result<_>>()?;
        walked?;
        read.into_iter().flatten().collect()
    })
}

/// As [`read`], without other threads: of a few files they would only have to be started.
pub(super) fn read_alone(root: &Path) -> io::Result<BTreeMap<PathBuf, Unit>> {
    let mut units = BTreeMap::new();
    walk(root, |file, path| {
        let unit = unit(file, &path)?;
        units.insert(path, unit);
        Ok(())
    })?;
    Ok(units)
}

/// Finds every file, and opens it.
fn walk(root: &Path, found: impl FnMut(File, PathBuf) -> io::Result<()>) -> io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let root = rustix::fs::open(root, flags, Mode::empty())?;
    Walk { found, entries: 0 }.directory(root, Path::new(""), 0)
}

struct Walk<F> {
    found: F,
    entries: usize,
}

impl<F: FnMut(File, PathBuf) -> io::Result<()>> Walk<F> {
    fn directory(&mut self, directory: OwnedFd, path: &Path, level: usize) -> io::Result<()> {
        judge(&fstat(&directory)?, FileType::Directory, path)?;
        for entry in Dir::read_from(&directory)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            self.entries += 1;
            if self.entries > MOST_ENTRIES || level > MOST_LEVELS {
                return Err(wrong(path, "there is more below it than a cache has"));
            }
            // A FIFO would hold this up without `NONBLOCK`; a link is not followed.
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let opened = openat(directory.as_fd(), name, flags, Mode::empty())?;
            let path = path.join(name);
            if entry.file_type() == FileType::Directory {
                self.directory(opened, &path, level + 1)?;
            } else {
                (self.found)(File::from(opened), path)?;
            }
        }
        Ok(())
    }
}

fn unit(file: File, path: &Path) -> io::Result<Unit> {
    let status = fstat(&file)?;
    judge(&status, FileType::RegularFile, path)?;
    let mut bytes = Vec::with_capacity(status.st_size as usize);
    file.take(LARGEST).read_to_end(&mut bytes)?;
    let word = |at: usize| {
        let word = bytes.get(at..at + 4).and_then(|word| <[u8; 4]>::try_from(word).ok());
        word.map(u32::from_le_bytes)
    };
    // Flags of 0: compiled from a source of this time and size.
    let (Some(0), Some(modified), Some(size), true) = (word(4), word(8), word(12), bytes.len() > HEADER) else {
        return Err(wrong(path, "it is no byte code"));
    };
    Ok(Unit { digest: Sha256::digest(&bytes).into(), modified, size })
}

/// Only what this user made alone, and nobody else can change.
fn judge(status: &Stat, kind: FileType, path: &Path) -> io::Result<()> {
    if FileType::from_raw_mode(status.st_mode) != kind {
        return Err(wrong(path, "it is neither a file nor a directory"));
    }
    if status.st_uid != rustix::process::geteuid().as_raw() {
        return Err(wrong(path, "it is another user's"));
    }
    if status.st_mode & 0o022 != 0 {
        return Err(wrong(path, "others can write it"));
    }
    if kind == FileType::RegularFile && (status.st_nlink != 1 || status.st_size as u64 > LARGEST) {
        return Err(wrong(path, "it has another name, or is too large"));
    }
    Ok(())
}

fn wrong(path: &Path, what: &str) -> io::Error {
    io::Error::other(format!("{}: {what}", path.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn byte_code(modified: u32, size: u32) -> Vec<u8> {
        let mut bytes = vec![0xa7, 0x0d, 0x0d, 0x0a, 0, 0, 0, 0];
        bytes.extend(modified.to_le_bytes());
        bytes.extend(size.to_le_bytes());
        bytes.extend(b"code");
        bytes
    }

    fn world() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir_all(directory.path().join("a/b")).unwrap();
        fs::set_permissions(directory.path().join("a/b"), fs::Permissions::from_mode(0o700)).unwrap();
        fs::set_permissions(directory.path().join("a"), fs::Permissions::from_mode(0o700)).unwrap();
        fs::write(directory.path().join("a/b/m.cpython-311.pyc"), byte_code(7, 3)).unwrap();
        fs::set_permissions(directory.path().join("a/b/m.cpython-311.pyc"), fs::Permissions::from_mode(0o600)).unwrap();
        directory
    }

    #[test]
    fn what_is_there_is_found_with_its_digest() {
        let world = world();
        let units = read(world.path()).unwrap();
        let (path, unit) = units.first_key_value().unwrap();
        assert_eq!((path.to_str(), units.len()), (Some("a/b/m.cpython-311.pyc"), 1));
        assert_eq!(unit.digest, <[u8; 32]>::from(Sha256::digest(byte_code(7, 3))));
        assert_eq!(source_of(path).unwrap(), Path::new("/a/b/m.py"));
    }

    #[test]
    fn a_source_is_known_by_its_time_and_size() {
        let world = world();
        let source = world.path().join("m.py");
        fs::write(&source, "abc").unwrap();
        let at = |seconds| {
            let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            File::options().write(true).open(&source).unwrap().set_modified(time).unwrap();
        };
        let unit = Unit { digest: [0; 32], modified: 7, size: 3 };
        at(7);
        assert!(unit.is_of(&source));
        at(8);
        assert!(!unit.is_of(&source));
        at(7);
        assert!(!Unit { size: 4, ..unit.clone() }.is_of(&source));
        assert!(!unit.is_of(&world.path().join("absent.py")));
    }

    type Damage = fn(&Path);

    #[test]
    fn what_somebody_else_could_have_put_there_is_refused() {
        let damages: &[(&str, Damage)] = &[
            ("Symbolic link|symbolic links", |root| symlink("/etc/passwd", root.join("a/x.cpython-311.pyc")).unwrap()),
            ("symbolic", |root| symlink("/usr/lib", root.join("a/lib")).unwrap()),
            ("others can write", |root| {
                fs::set_permissions(root.join("a/b"), fs::Permissions::from_mode(0o777)).unwrap();
            }),
            ("others can write", |root| {
                let file = root.join("a/b/m.cpython-311.pyc");
                fs::set_permissions(file, fs::Permissions::from_mode(0o666)).unwrap();
            }),
            ("another name", |root| {
                fs::hard_link(root.join("a/b/m.cpython-311.pyc"), root.join("a/n.cpython-311.pyc")).unwrap();
            }),
            ("no byte code", |root| fs::write(root.join("a/b/m.cpython-311.pyc"), b"short").unwrap()),
            ("no byte code", |root| {
                let mut checked = byte_code(7, 3);
                checked[4] = 1;
                fs::write(root.join("a/b/m.cpython-311.pyc"), checked).unwrap();
            }),
            ("neither a file nor a directory", |root| {
                let fifo = root.join("a/f.cpython-311.pyc");
                rustix::fs::mknodat(rustix::fs::CWD, &fifo, FileType::Fifo, Mode::RUSR, 0).unwrap();
            }),
        ];
        for (why, damage) in damages {
            let world = world();
            damage(world.path());
            let error = read(world.path()).unwrap_err().to_string();
            assert!(why.split('|').any(|why| error.contains(why)), "{why}: {error}");
        }
    }
}
