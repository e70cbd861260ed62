//! Setting something up once, however many test binaries ask for it at the same time.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::{SetupError, scratch};

/// Makes `target/tywrap-tests/<name>` hold what `list` says. `fill` is run when it does not; it finds the folder empty.
/// The stamp is written last, so what was interrupted is started anew.
pub(crate) fn once(
    name: &str,
    list: &str,
    fill: impl FnOnce(&Path) -> Result<(), SetupError>,
) -> Result<PathBuf, SetupError> {
    let folder = scratch().join(name);
    let stamp = scratch().join(format!("{name}.stamp"));
    let _lock = lock(name).map_err(|error| cannot("lock", &folder, &error))?;
    if fs::read_to_string(&stamp).is_ok_and(|stamped| stamped == list) {
        return Ok(folder);
    }
    if let Err(error) = fs::remove_file(&stamp)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(cannot("remove", &stamp, &error));
    }
    remove(&folder)?;
    fs::create_dir_all(&folder).map_err(|error| cannot("create", &folder, &error))?;
    fill(&folder)?;
    fs::write(&stamp, list).map_err(|error| cannot("write", &stamp, &error))?;
    Ok(folder)
}

/// Says what is being done or was measured, past the test runner's capture.
pub fn announce(what: &str) {
    // Nobody to tell is no reason to stop.
    let _ = writeln!(io::stderr(), "tywrap-tests: {what}");
}

/// Holds a lock between processes until it is dropped.
pub(crate) fn lock(name: &str) -> io::Result<File> {
    fs::create_dir_all(scratch())?;
    let file = File::create(scratch().join(format!("{name}.lock")))?;
    file.lock()?;
    Ok(file)
}

/// Removes a folder, if there is one.
pub(crate) fn remove(folder: &Path) -> Result<(), SetupError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(cannot("empty", folder, &error)),
        _ => Ok(()),
    }
}

pub(crate) fn cannot(what: &str, path: &Path, error: &io::Error) -> SetupError {
    SetupError::new(
        format!("cannot {what} `{}`: {error}", path.display()),
        "make Cargo's target directory writable, or remove its folder `tywrap-tests`",
    )
}
