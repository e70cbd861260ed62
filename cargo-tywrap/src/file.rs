//! Writing files so that a reader never sees half of one.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

/// Replaces a file by way of a new one beside it that is renamed.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = folder.join(name);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&temporary)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        // What is left of a failed write is only in the way; the error that counts is the first.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}
