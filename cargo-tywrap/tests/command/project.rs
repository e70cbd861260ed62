//! A project in a temporary folder, and the command run on it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub(crate) const MANIFEST: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

pub(crate) struct Project(tempfile::TempDir);

/// What a run of the command printed, and its exit code.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) output: String,
    pub(crate) messages: String,
}

impl Project {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    pub(crate) fn package(main: &str) -> Self {
        Self::new(&[("Cargo.toml", MANIFEST), ("tywrap.toml", ""), ("src/main.rs", main)])
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    pub(crate) fn run(&self, folder: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_cargo-tywrap"))
            .arg("tywrap")
            .args(arguments)
            .current_dir(self.path(folder))
            .env("PATH", "")
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let [output, messages] = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        Ran { code: status.code().unwrap(), output, messages }
    }

    pub(crate) fn lock_with(&self, folder: &str, arguments: &[&str], variables: &[(&str, &str)]) -> (bool, String) {
        let Ran { code, output, messages } = self.run(folder, &[&["lock"], arguments].concat(), variables);
        assert_eq!(output, "", "what is locked is in files");
        (code == 0, messages)
    }

    pub(crate) fn lock_in(&self, folder: &str, arguments: &[&str]) -> (bool, String) {
        self.lock_with(folder, arguments, &[])
    }

    pub(crate) fn lock(&self, arguments: &[&str]) -> (bool, String) {
        self.lock_in("", arguments)
    }

    pub(crate) fn check(&self, arguments: &[&str]) -> Ran {
        self.run("", &[&["check"], arguments].concat(), &[])
    }

    /// Everything that locking writes, by path.
    pub(crate) fn written(&self) -> BTreeMap<String, String> {
        let mut written = BTreeMap::new();
        let surfaces =
            std::fs::read_dir(self.path(".tywrap")).into_iter().flatten().flatten().map(|entry| entry.path());
        for path in surfaces.chain([self.path("tywrap.lock")]) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            written.extend(std::fs::read_to_string(&path).ok().map(|text| (name, text)));
        }
        written
    }
}

/// The environment with packages that the tests of the reader use.
pub(crate) fn venv() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tywrap-surface/tests/fixtures/venv").to_str().unwrap().to_owned()
}

/// A source that wraps modules, one on each two lines.
pub(crate) fn annotated(modules: &[&str]) -> String {
    modules
        .iter()
        .enumerate()
        .map(|(at, module)| format!("#[tywrap::wrap(\"{module}\")]\npub mod m{at} {{}}\n"))
        .collect()
}
