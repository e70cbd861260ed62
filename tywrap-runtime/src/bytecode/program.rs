//! The worker's own program, as a module: what is given on the command line is compiled at every start, which takes longer than all that
//! it imports.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::private;

/// What it is called in Python.
pub(crate) const MODULE: &str = "tywrap_worker";

/// What the names of the directories begin with that hold such programs.
pub(super) const PREFIX: &str = "program-";

/// Puts the program where it is expected, unless it is there as it must be; says in which directory.
pub(super) fn place(root: &Path, source: &str) -> io::Result<PathBuf> {
    let digest: String = digest(source).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let directory = root.join(format!("{PREFIX}{digest}"));
    private::make_directory(&directory)?;
    if !private::is_directory(&directory) {
        return Err(io::Error::other(format!("others can write to {}", directory.display())));
    }
    let file = directory.join(MODULE).with_extension("py");
    if private::read(&file).is_ok_and(|there| there == source.as_bytes()) {
        return Ok(directory);
    }
    // Renamed into its place, so that no worker finds half of it. Byte code of what was there is stale from now on.
    let mut written = tempfile::NamedTempFile::new_in(root)?;
    written.write_all(source.as_bytes())?;
    fs::rename(written.path(), &file)?;
    Ok(directory)
}

/// What tells one program from another.
pub(super) fn digest(source: &str) -> [u8; 32] {
    Sha256::digest(source.as_bytes()).into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use super::*;

    #[test]
    fn it_is_written_once_and_anew_where_it_was_changed() {
        let root = tempfile::tempdir().unwrap();
        let directory = place(root.path(), "print()\n").unwrap();
        let file = directory.join("tywrap_worker.py");
        let number = || fs::symlink_metadata(&file).unwrap().ino();
        let first = number();
        assert_eq!(place(root.path(), "print()\n").unwrap(), directory);
        assert_eq!(number(), first);
        assert_ne!(place(root.path(), "print(1)\n").unwrap(), directory);
        fs::write(&file, "evil()\n").unwrap();
        place(root.path(), "print()\n").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "print()\n");
        fs::remove_file(&file).unwrap();
        std::os::unix::fs::symlink(root.path().join("other.py"), &file).unwrap();
        fs::write(root.path().join("other.py"), "print()\n").unwrap();
        place(root.path(), "print()\n").unwrap();
        assert!(fs::symlink_metadata(&file).unwrap().is_file(), "through no link");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 3, "nothing is left over");
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(place(root.path(), "print()\n").is_err());
    }
}
