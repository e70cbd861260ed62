//! The directory that a worker may write in, where the policy gives it one.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, chmodat, openat, renameat, unlinkat};
use rustix::io::Errno;
use tempfile::TempDir;

use crate::private;

/// An empty directory that only this user can enter. It goes when this is dropped, with whatever the worker left in it.
#[derive(Debug)]
pub(crate) struct Scratch(TempDir);

impl Scratch {
    /// Makes one in the system's directory for temporary files.
    pub(super) fn new() -> io::Result<Self> {
        let directory = tempfile::Builder::new().prefix("tywrap-scratch-").permissions(private::mode()).tempdir()?;
        Ok(Self(directory))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // An error leaves a directory behind that nobody else can enter. The rest is up to `TempDir`.
        let _ = empty(self.0.path());
    }
}

/// Removes everything from a directory that a worker wrote in, through descriptors.
///
/// It may hold a million files, or directories in each other deeper than any path or stack is long, closed to their owner. So a directory
/// is never gone down into: those in it are moved up beside it, and two descriptors are open at any time.
fn empty(path: &Path) -> io::Result<()> {
    let top = open(CWD, path.as_os_str())?;
    let mut moved = 0_u64;
    loop {
        let mut found = false;
        for entry in Dir::read_from(&top)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            found = true;
            if entry.file_type() == FileType::Directory {
                flatten(top.as_fd(), name, &mut moved)?;
                unlinkat(&top, name, AtFlags::REMOVEDIR)?;
            } else {
                unlinkat(&top, name, AtFlags::empty())?;
            }
        }
        if !found {
            return Ok(());
        }
    }
}

/// Empties a directory in `top`: removes its files, and moves its directories up.
fn flatten(top: BorrowedFd<'_>, name: &OsStr, moved: &mut u64) -> io::Result<()> {
    open_up(top, name)?;
    let directory = open(top, name)?;
    for entry in Dir::read_from(&directory)? {
        let entry = entry?;
        let inner = OsStr::from_bytes(entry.file_name().to_bytes());
        if inner == "." || inner == ".." {
            continue;
        }
        if entry.file_type() != FileType::Directory {
            unlinkat(&directory, inner, AtFlags::empty())?;
            continue;
        }
        // A directory is moved only by who may write to it.
        open_up(directory.as_fd(), inner)?;
        // The worker may have used the name.
        loop {
            *moved += 1;
            match renameat(&directory, inner, top, format!(".moved-{moved}")) {
                Ok(()) => break,
                Err(Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

/// `mkdir` takes any mode: what the worker has closed to itself is opened. It can make no links, and is gone by now, so a name
/// of a directory is that directory's.
fn open_up(directory: BorrowedFd<'_>, name: &OsStr) -> io::Result<()> {
    Ok(chmodat(directory, name, Mode::RWXU, AtFlags::empty())?)
}

fn open(directory: BorrowedFd<'_>, name: &OsStr) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(directory, name, flags, Mode::empty())?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use rustix::fs::mkdirat;

    use super::*;

    #[test]
    fn nothing_is_left_whatever_the_modes() {
        let scratch = Scratch::new().unwrap();
        let path = scratch.path().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        fs::create_dir_all(path.join("a/b/c")).unwrap();
        fs::create_dir(path.join(".moved-1")).unwrap();
        fs::write(path.join(".moved-2"), "x").unwrap();
        fs::write(path.join("a/b/c/file"), "x").unwrap();
        for closed in ["a/b/c", "a/b", "a"] {
            fs::set_permissions(path.join(closed), fs::Permissions::from_mode(0o0)).unwrap();
        }
        drop(scratch);
        assert!(!path.exists());
    }

    /// Deeper than a path is long (4,096 bytes), than descriptors last (1,024) and than a stack has room for.
    #[test]
    fn nothing_is_left_however_deep() {
        let scratch = Scratch::new().unwrap();
        let path = scratch.path().to_owned();
        let mut inner = open(CWD, path.as_os_str()).unwrap();
        for _ in 0..20_000 {
            mkdirat(&inner, "deeper", Mode::RWXU).unwrap();
            inner = open(inner.as_fd(), OsStr::new("deeper")).unwrap();
        }
        drop(scratch);
        assert!(!path.exists());
    }
}
