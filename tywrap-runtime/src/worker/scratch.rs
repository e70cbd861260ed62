//! The directory that a worker may write in, where the policy gives it one.

use std::fs;
use std::io;
use std::path::Path;

use tempfile::TempDir;

use crate::private;

/// An empty directory that only this user can enter. It goes when this is dropped, with whatever the worker left in it.
#[derive(Debug)]
pub(super) struct Scratch(Option<TempDir>);

impl Scratch {
    /// Makes one in the system's directory for temporary files.
    pub(super) fn new() -> io::Result<Self> {
        let directory = tempfile::Builder::new().prefix("tywrap-scratch-").permissions(private::mode()).tempdir()?;
        Ok(Self(Some(directory)))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.as_ref().map_or(Path::new(""), TempDir::path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let Some(directory) = self.0.take() else { return };
        // `mkdir` takes any mode: what the worker has closed to itself is opened before it can be removed.
        open_up(directory.path());
        // An error leaves a directory behind that nobody else can enter.
        let _ = directory.close();
    }
}

/// Lets this user into a directory and all below it. The worker can make neither links nor anything but files and directories, and is
/// gone by now, so a path leads where it seems to.
fn open_up(directory: &Path) {
    let _ = fs::set_permissions(directory, private::mode());
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        // This asks for the entry itself and not for what a link would lead to.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn nothing_is_left_whatever_the_modes() {
        let scratch = Scratch::new().unwrap();
        let path = scratch.path().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        fs::create_dir_all(path.join("a/b/c")).unwrap();
        fs::write(path.join("a/b/c/file"), "x").unwrap();
        for closed in ["a/b/c", "a/b", "a"] {
            fs::set_permissions(path.join(closed), fs::Permissions::from_mode(0o0)).unwrap();
        }
        drop(scratch);
        assert!(!path.exists());
    }
}
