//! Runs the TypeScript program beside the emitted package.

use std::error::Error;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

/// `app/app.ts`, compiled by `tsc`; a test keeps the two equal.
const APP: &str = include_str!("../app/app.js");

/// Lays the program beside the package as npm would, and runs it with this very binary as its host.
pub(crate) fn run(venv: &Path) -> Result<(), Box<dyn Error>> {
    let package = Path::new(env!("TYWRAP_PACKAGE_DIR"));
    let modules = package.with_file_name("science-app").join("node_modules");
    fs::create_dir_all(&modules)?;
    link(package, &modules.join("science-python"))?;
    let program = modules.with_file_name("app.mjs");
    fs::write(&program, APP)?;
    let host = std::env::current_exe()?;
    let status = Command::new("node")
        .arg(&program)
        .arg(&host)
        .arg("serve")
        .arg(venv)
        .status()
        .map_err(|error| format!("could not start Node, version 20 or later: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("the TypeScript program ended with {status}").into()) }
}

/// What `npm install <folder>` does.
fn link(package: &Path, link: &Path) -> io::Result<()> {
    if fs::read_link(link).is_ok_and(|target| target == package) {
        return Ok(());
    }
    match fs::remove_file(link) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    #[cfg(unix)]
    return std::os::unix::fs::symlink(package, link);
    #[cfg(windows)]
    return std::os::windows::fs::symlink_dir(package, link);
}
