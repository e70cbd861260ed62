//! The generator crate `tests/fixtures/whole-surface`, built once for all tests.

use std::sync::OnceLock;

use tywrap_tests::{Generator, Packages, Venv};

/// Builds it, the first time.
pub(crate) fn generator() -> &'static Generator {
    static GENERATOR: OnceLock<Generator> = OnceLock::new();
    GENERATOR.get_or_init(|| {
        // The seed of Python's hashes must not show in the bytes; another build of the same crate has another.
        Generator::build("whole-surface", "whole-surface", "whole-surface", venv(), &[("PYTHONHASHSEED", "0")]).unwrap()
    })
}

/// The virtual environment with every package.
pub(crate) fn venv() -> &'static Venv {
    static VENV: OnceLock<Venv> = OnceLock::new();
    VENV.get_or_init(|| Venv::get(&Packages::ALL).unwrap())
}

#[test]
fn builds() {
    let g = generator();
    println!("{:?} {:?}", g.host, g.built.ended.took);
}
