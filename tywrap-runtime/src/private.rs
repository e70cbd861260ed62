//! Files and directories that are this user's alone.

use std::fs::{DirBuilder, Permissions};
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
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut bytes = Vec::new();
    std::fs::File::from(rustix::fs::open(path, flags, Mode::empty())?).read_to_end(&mut bytes)?;
    Ok(bytes)
}
