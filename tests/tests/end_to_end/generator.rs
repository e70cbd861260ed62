//! The generator crate `tests/fixtures/end-to-end`, built once for all tests.

use std::ops::Deref;
use std::path::Path;
use std::sync::OnceLock;

use tywrap_tests::{Packages, Venv};

/// The built crate.
pub(crate) struct Generator(tywrap_tests::Generator);

impl Deref for Generator {
    type Target = tywrap_tests::Generator;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Generator {
    /// Builds it, the first time.
    pub(crate) fn get() -> &'static Self {
        static GENERATOR: OnceLock<Generator> = OnceLock::new();
        GENERATOR.get_or_init(|| {
            let venv = Venv::get(&Packages::FEW).unwrap();
            Self(tywrap_tests::Generator::build("end-to-end", "end-to-end", "calculator", &venv, &[]).unwrap())
        })
    }

    /// The digest that the emitted module names.
    pub(crate) fn digest(&self, module: &str) -> String {
        self.0.digest(module).expect("the module is described")
    }

    /// The position of a callable in the module's grant table.
    pub(crate) fn index(&self, module: &str, callable: &str) -> u32 {
        let names = self.callables(module);
        let position = names.iter().position(|name| name == callable).expect("the callable is granted");
        u32::try_from(position).unwrap()
    }

    /// The granted callables, as the emitted module lists them.
    pub(crate) fn callables(&self, module: &str) -> Vec<String> {
        self.0.callables(module).expect("the module is described")
    }

    /// The text of an emitted file.
    pub(crate) fn emitted(&self, name: &str) -> String {
        self.0.emitted(name).unwrap()
    }

    /// Puts the package where `dir` finds it by its name, as `npm install` does.
    pub(crate) fn install(&self, dir: &Path) {
        self.0.install(dir, "calculator-python").unwrap();
    }
}
