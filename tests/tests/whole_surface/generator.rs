//! The generator crate `tests/fixtures/whole-surface`, built once for all tests.

use std::sync::OnceLock;

use tywrap_tests::{Generator, Packages, Venv};

/// The name of the emitted package.
pub(crate) const PACKAGE: &str = "whole-surface-python";

/// Builds it, the first time.
pub(crate) fn generator() -> &'static Generator {
    static GENERATOR: OnceLock<Generator> = OnceLock::new();
    GENERATOR.get_or_init(|| build("whole-surface", "0"))
}

/// Builds the crate in a folder of its own. The seed of Python's hashes must not show in what is emitted.
pub(crate) fn build(as_name: &str, seed: &str) -> Generator {
    Generator::build("whole-surface", as_name, "whole-surface", venv(), &[("PYTHONHASHSEED", seed)]).unwrap()
}

/// The virtual environment with every package.
pub(crate) fn venv() -> &'static Venv {
    static VENV: OnceLock<Venv> = OnceLock::new();
    VENV.get_or_init(|| Venv::get(&Packages::ALL).unwrap())
}

/// The modules that were emitted, with what the build says of each.
pub(crate) fn modules() -> Vec<(String, serde_json::Value)> {
    let report = generator().report().unwrap();
    let modules = report["modules"].as_array().unwrap();
    modules.iter().map(|module| (module["name"].as_str().unwrap().to_owned(), module.clone())).collect()
}
