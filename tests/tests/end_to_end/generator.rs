//! The generator crate `tests/fixtures/end-to-end`, built once for all tests.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tywrap_tests::{Fixture, Run, Venv, scratch};

/// The built crate.
pub(crate) struct Generator {
    /// The host's program.
    pub(crate) host: PathBuf,
    /// The emitted package.
    pub(crate) package: PathBuf,
}

impl Generator {
    /// Builds it, the first time.
    pub(crate) fn get() -> &'static Self {
        static GENERATOR: OnceLock<Generator> = OnceLock::new();
        GENERATOR.get_or_init(|| {
            let venv = Venv::get().unwrap();
            let fixture = Fixture::copy("end-to-end", "end-to-end").unwrap();
            let policy = fixture.read("tywrap.toml").unwrap();
            fixture.write("tywrap.toml", &policy.replace("@VENV@", &venv.path.display().to_string())).unwrap();
            let built = fixture.cargo(["build"]).unwrap();
            assert!(built.success(), "{}", built.report());
            let host = built.executable("calculator").expect("the host was built");
            let package = Run::new(&host).arg("package").run().unwrap();
            assert!(package.success(), "{}", package.report());
            Generator { host, package: PathBuf::from(package.stdout.trim_end()) }
        })
    }

    /// Where hosts keep their audit files, instead of in the home of whoever runs the tests: a variable and its value.
    pub(crate) fn state() -> (&'static str, PathBuf) {
        ("XDG_STATE_HOME", scratch().join("state"))
    }

    /// The digest that the emitted module names.
    pub(crate) fn digest(&self, module: &str) -> String {
        let text = self.emitted(&format!("{module}.js"));
        let (_, after) = text.split_once(&format!("describe(\"{module}\", \"")).expect("the module is described");
        after.split_once('"').expect("the digest ends").0.to_owned()
    }

    /// The position of a callable in the module's grant table.
    pub(crate) fn index(&self, module: &str, callable: &str) -> u32 {
        let names = self.callables(module);
        let position = names.iter().position(|name| name == callable).expect("the callable is granted");
        u32::try_from(position).unwrap()
    }

    /// The granted callables, as the emitted module lists them.
    pub(crate) fn callables(&self, module: &str) -> Vec<String> {
        let text = self.emitted(&format!("{module}.js"));
        let (_, after) = text.split_once(&format!("describe(\"{module}\", \"")).expect("the module is described");
        let (_, list) = after.split_once('[').expect("the names are listed");
        let (list, _) = list.split_once(']').expect("the names end");
        list.split(',').map(|name| name.trim().trim_matches('"').to_owned()).filter(|name| !name.is_empty()).collect()
    }

    /// The text of an emitted file.
    pub(crate) fn emitted(&self, name: &str) -> String {
        std::fs::read_to_string(self.package.join(name)).unwrap()
    }

    /// Puts the package where `dir` finds it by its name, as `npm install` does.
    pub(crate) fn install(&self, dir: &Path) {
        let modules = dir.join("node_modules");
        std::fs::create_dir_all(&modules).unwrap();
        let link = modules.join("calculator-python");
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink(&self.package, &link).unwrap();
    }
}
