//! Files that only this user writes.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

use super::error::AuditError;

/// Opens a file that only this user can read, through no link.
pub(super) fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // `O_NONBLOCK` so that a FIFO in its place is refused by those who look, instead of waiting for a reader.
        options.mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC | libc::O_NONBLOCK);
    }
    options.open(path)
}

/// Whether a file is one that only this user can write.
pub(super) fn judge(file: &File, path: &Path) -> Result<(), AuditError> {
    let metadata = file.metadata().map_err(AuditError::io(path))?;
    if only_ours(&metadata) { Ok(()) } else { Err(AuditError::Unsafe { path: path.to_owned() }) }
}

#[cfg(unix)]
fn only_ours(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    metadata.is_file() && metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o022 == 0
}

#[cfg(not(unix))]
fn only_ours(metadata: &Metadata) -> bool {
    metadata.is_file()
}
