//! Files and directories that are this user's alone.

use std::fs::{DirBuilder, File, Permissions};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::{Mode, OFlags};

/// Of a directory that nobody else can enter.
const MODE: u32 = 0o700;

/// Likewise.
pub(crate) fn mode() -> Permissions {
    Permissions::from_mode(MODE)
}

/// Makes a directory, and those above it that are missing. One that is there stays as it is.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(MODE).create(path)
}

/// Whether only this user, and root, can put something into a directory or another in its place.
pub(crate) fn is_directory(path: &Path) -> bool {
    let mine = std::fs::symlink_metadata(path).is_ok_and(|metadata| {
        metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o022 == 0
    });
    mine && crate::subprocess::trusted_directory(path)
}

/// Reads a file, through no link.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a file that nobody but this user can read or write, through no link. What is looked at is what is read.
///
/// An error says what is wrong with a file that is of another user, open to others, larger than `limit` bytes or no
/// file.
#[cfg(feature = "http")]
pub(crate) fn read_secret(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let metadata = file.metadata()?;
    let ours = rustix::process::geteuid().as_raw();
    if !metadata.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    if metadata.uid() != ours {
        return Err(io::Error::other(format!("it belongs to user {}, and this is user {ours}", metadata.uid())));
    }
    if metadata.mode() & 0o077 != 0 {
        let mode = metadata.mode() & 0o7777;
        return Err(io::Error::other(format!("others can use it (mode {mode:o}); run `chmod 600 {}`", path.display())));
    }
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("it has more than {limit} bytes")));
    }
    Ok(bytes)
}

/// Not to be held up by a FIFO.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}
