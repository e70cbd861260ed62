//! Writing files so that a reader never sees half of one.

use std::io;
use std::path::Path;

/// Writes a file by way of another one that is renamed. Does nothing if the file has these bytes already, so that its time
/// of modification stays. Returns whether it was written.
///
/// # Errors
/// When the folder or the file cannot be written; then the old file is as it was.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    if std::fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(false);
    }
    let dir = path.parent().unwrap_or(Path::new("/"));
    let mut name = path.file_name().unwrap_or_default().to_owned();
    // Two builds may write the same file; the process tells their temporary files apart.
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = dir.join(name);
    let result = std::fs::write(&temporary, bytes).and_then(|()| std::fs::rename(&temporary, path));
    if result.is_err() {
        // What is left of a failed write is only in the way; the error that counts is the first.
        let _ = std::fs::remove_file(&temporary);
    }
    result.map(|()| true)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn writes_only_what_changed_and_leaves_nothing_behind() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("a.ts");
        assert!(replace(&path, b"one").unwrap());
        assert!(!replace(&path, b"one").unwrap());
        assert!(replace(&path, b"two").unwrap());
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("dir");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("inside"), "x").unwrap();
        replace(&path, b"a file cannot replace a folder").unwrap_err();
        assert_eq!(std::fs::read(path.join("inside")).unwrap(), b"x");
        assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 1);
    }
}
