//! Where things are.

use std::path::{Path, PathBuf};

/// The root of the workspace.
#[must_use]
pub fn workspace() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// `tywrap-tests/` in Cargo's target directory, for everything that the tests set up and write.
#[must_use]
pub fn scratch() -> PathBuf {
    target().join("tywrap-tests")
}

/// Cargo's target directory: the nearest one above the running test that Cargo has marked as its own.
fn target() -> PathBuf {
    let marked = |dir: &Path| dir.join("CACHEDIR.TAG").is_file();
    std::env::current_exe()
        .ok()
        .and_then(|exe| exe.ancestors().find(|dir| marked(dir)).map(Path::to_path_buf))
        .unwrap_or_else(|| workspace().join("target"))
}
