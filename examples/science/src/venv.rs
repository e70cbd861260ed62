//! The virtual environment: made once under the target directory, from a pinned list with hashes.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What to install, by hash.
const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// Where the environment is, after making it if it isn't there or was made from another list.
pub(crate) fn ready() -> Result<PathBuf, Box<dyn Error>> {
    let venv = Path::new(env!("TYWRAP_PACKAGE_DIR")).with_file_name("science-venv");
    // Written last, so an interrupted set-up is done again.
    let stamp = venv.join("installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == REQUIREMENTS) {
        return Ok(venv);
    }
    println!("Setting up numpy and pandas in {} (once)", venv.display());
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv), "Debian keeps this in `python3-venv`")?;
    let list = venv.join("requirements.txt");
    fs::write(&list, REQUIREMENTS)?;
    run(
        Command::new(venv.join("bin/python"))
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(["--require-hashes", "--only-binary", ":all:", "--requirement"])
            .arg(&list),
        "a package registry must be in reach the first time",
    )?;
    fs::write(&stamp, REQUIREMENTS)?;
    Ok(venv)
}

fn run(command: &mut Command, hint: &str) -> Result<(), Box<dyn Error>> {
    let shown = format!("{command:?}");
    let status = command.status().map_err(|error| format!("could not start {shown}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{shown} ended with {status} ({hint})").into()) }
}
