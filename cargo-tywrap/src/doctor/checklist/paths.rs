//! Paths that come from input, and those that the emitted package names.

use std::path::Path;

use super::facts::Facts;
use super::line::Line;
use super::output;

/// Directories of the system. Nothing that a client may name belongs there.
const SYSTEM: [&str; 9] = ["/bin", "/boot", "/dev", "/etc", "/lib", "/proc", "/root", "/sys", "/usr"];

pub(super) fn line(facts: &Facts<'_>) -> Line {
    let mut line = Line::new(&["`cargo build`", "`[filesystem]`", "`code-generation.source-map-sanitization`"]);
    let filesystem = facts.policy.filesystem();
    line.switch("filesystem.path-validation", filesystem.path_validation.is_on());
    line.switch(
        "code-generation.source-map-sanitization",
        facts.policy.code_generation().source_map_sanitization.is_on(),
    );
    let temporary = std::env::temp_dir();
    let mut is_narrow = true;
    for entry in filesystem.allowed_directories.iter() {
        let directory = entry.value.resolve(facts.folder(), &temporary);
        if let Some(why) = too_wide(&directory, facts.folder()) {
            line.fail(format!("`allowed-directories` has `{}`, {why}", directory.display()));
            is_narrow = false;
        }
    }
    if is_narrow {
        line.pass("no allowed directory holds the policy, or is the system's");
    }
    output::tell(&mut line, facts, "name nothing outside the package", |found| &found.outside);
    line
}

/// Why a directory should not be open to paths from input.
fn too_wide(directory: &Path, policy: &Path) -> Option<&'static str> {
    if policy.starts_with(directory) {
        Some("which holds the policy")
    } else if SYSTEM.iter().any(|system| directory.starts_with(system)) {
        Some("which is the system's")
    } else {
        None
    }
}
