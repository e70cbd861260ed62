//! A generator crate of the fixtures, built: its host and the npm package that it emitted.

use std::io;
use std::path::{Path, PathBuf};

use crate::{Built, Fixture, Run, SetupError, Venv, scratch};

const HELP: &str = "see tests/fixtures/, and what the build says below";

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
    /// When it cannot be copied or started, and when its build fails: then the error has what Cargo said.
    pub fn build(
        fixture: &str,
        as_name: &str,
        program: &str,
        venv: &Venv,
        variables: &[(&str, &str)],
    ) -> Result<Self, SetupError> {
        Self::build_in(["build"].as_slice(), fixture, as_name, program, venv, &[], variables)
    }

    /// As [`Generator::build`], optimised, and with other texts replaced in the policy.
    ///
    /// # Errors
    ///
    /// As [`Generator::build`].
    pub fn build_release(
        fixture: &str,
        as_name: &str,
        program: &str,
        venv: &Venv,
        replaced: &[(&str, &str)],
    ) -> Result<Self, SetupError> {
        Self::build_in(["build", "--release"].as_slice(), fixture, as_name, program, venv, replaced, &[])
    }

    fn build_in(
        command: &[&str],
        fixture: &str,
        as_name: &str,
        program: &str,
        venv: &Venv,
        replaced: &[(&str, &str)],
        variables: &[(&str, &str)],
    ) -> Result<Self, SetupError> {
        let failed = |error: io::Error| SetupError::new(format!("cannot build `{fixture}`: {error}"), HELP);
        let copied = Fixture::copy(fixture, as_name).map_err(failed)?;
        let policy = copied.read("tywrap.toml").map_err(failed)?;
        let policy = policy.replace("@VENV@", &venv.path.display().to_string());
        let policy = replaced.iter().fold(policy, |policy, (from, to)| policy.replace(from, to));
        copied.write("tywrap.toml", &policy).map_err(failed)?;
        let built = copied.cargo_with(command.iter().copied(), variables).map_err(failed)?;
        let Some(host) = built.executable(program).filter(|_| built.success()) else {
            let what = format!("the crate `{fixture}` does not build");
            return Err(SetupError::new(what, HELP).with_output(built.report()));
        };
        let package = Run::new(&host).arg("package").run().map_err(failed)?;
        if !package.success() {
            let what = format!("`{program}` does not tell its package");
            return Err(SetupError::new(what, HELP).with_output(package.report()));
        }
        Ok(Self { host, package: PathBuf::from(package.stdout.trim_end()), built })
    }

    /// What came of the build: `target/tywrap/<package>-report.json`.
    ///
    /// # Errors
    ///
    /// When there is none, or it is no JSON.
    pub fn report(&self) -> io::Result<serde_json::Value> {
        let name = self.package.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let bytes = std::fs::read(self.package.with_file_name(format!("{name}-report.json")))?;
        Ok(serde_json::from_slice(&bytes)?)
    }

    /// Where hosts keep their audit files and byte code, instead of in the home of whoever runs the tests: variables and their values.
    #[must_use]
    pub fn homes() -> [(&'static str, PathBuf); 2] {
        ["XDG_STATE_HOME", "XDG_CACHE_HOME"].map(|variable| (variable, scratch().join(variable)))
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
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => std::os::unix::fs::symlink(&self.package, &link),
        }
    }
}
