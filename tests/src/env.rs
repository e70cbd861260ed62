//! The one place that reads environment variables.

use std::path::PathBuf;

/// Where programs are looked for, in order.
pub(crate) fn path() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// The Cargo that runs this test, or the one on `PATH`.
pub(crate) fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

/// Names of the variables that Cargo sets for a test and that would mislead a Cargo started by it.
pub(crate) fn inherited_from_cargo() -> Vec<String> {
    std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| {
            (name.starts_with("CARGO_") && !name.starts_with("CARGO_HOME") && !name.starts_with("CARGO_NET"))
                || matches!(name.as_str(), "CARGO" | "RUSTFLAGS" | "RUSTDOCFLAGS" | "RUSTC_WRAPPER")
        })
        .collect()
}
