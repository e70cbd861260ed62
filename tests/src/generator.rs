//! A generator crate of the fixtures, built: its host and the npm package that it emitted.

use std::io;
use std::path::{Path, PathBuf};

use crate::{Built, Fixture, Run, Venv, scratch};

/// A crate that emits a package and prints its folder when it is run with `package`.
#[derive(Debug)]
pub struct Generator {
    /// The host's program.
    pub host: PathBuf,
    /// The emitted package.
    pub package: PathBuf,
    /// What Cargo said.
    pub built: Built,
}

impl Generator {
    /// Builds the fixture `fixture`, whose program is called `program`, in a folder `as_name`. Its policy has the path of
    /// `venv` where it says `@VENV@`.
    ///
    /// # Errors
    ///
    /// When it cannot be copied or started, and when its build fails: then the text is what Cargo said.
    pub fn build(
        fixture: &str,
        as_name: &str,
        program: &str,
        venv: &Venv,
        variables: &[(&str, &str)],
    ) -> io::Result<Self> {
        let fixture = Fixture::copy(fixture, as_name)?;
        let policy = fixture.read("tywrap.toml")?;
        fixture.write("tywrap.toml", &policy.replace("@VENV@", &venv.path.display().to_string()))?;
        let built = fixture.cargo_with(["build"], variables)?;
        let host = built.executable(program).filter(|_| built.success());
        let host = host.ok_or_else(|| io::Error::other(built.report()))?;
        let package = Run::new(&host).arg("package").run()?;
        if !package.success() {
            return Err(io::Error::other(package.report()));
        }
        Ok(Self { host, package: PathBuf::from(package.stdout.trim_end()), built })
    }

    /// Where hosts keep their audit files, instead of in the home of whoever runs the tests: a variable and its value.
    #[must_use]
    pub fn state() -> (&'static str, PathBuf) {
        ("XDG_STATE_HOME", scratch().join("state"))
    }

    /// The text of an emitted file.
    ///
    /// # Errors
    ///
    /// When there is no such file.
    pub fn emitted(&self, name: &str) -> io::Result<String> {
        std::fs::read_to_string(self.package.join(name))
    }

    /// The digest that the emitted module names; `None` if it does not describe itself.
    #[must_use]
    pub fn digest(&self, module: &str) -> Option<String> {
        let text = self.emitted(&format!("{module}.js")).ok()?;
        let (_, after) = text.split_once(&format!("describe(\"{module}\", \""))?;
        Some(after.split_once('"')?.0.to_owned())
    }

    /// The granted callables, as the emitted module lists them; `None` if it does not describe itself.
    #[must_use]
    pub fn callables(&self, module: &str) -> Option<Vec<String>> {
        let text = self.emitted(&format!("{module}.js")).ok()?;
        let (_, after) = text.split_once(&format!("describe(\"{module}\", \""))?;
        let (list, _) = after.split_once('[')?.1.split_once(']')?;
        let names = list.split(',').map(|name| name.trim().trim_matches('"').to_owned());
        Some(names.filter(|name| !name.is_empty()).collect())
    }

    /// Puts the package where `dir` finds it by its name, as `npm install` does.
    ///
    /// # Errors
    ///
    /// When the link cannot be written.
    pub fn install(&self, dir: &Path, name: &str) -> io::Result<()> {
        let modules = dir.join("node_modules");
        std::fs::create_dir_all(&modules)?;
        let link = modules.join(name);
        match std::fs::remove_file(&link) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => std::os::unix::fs::symlink(&self.package, &link),
        }
    }
}
