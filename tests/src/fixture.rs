//! Crates of users: copied out of `tests/fixtures/`, pointed at this workspace, and built with Cargo as users build.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::{Ended, Run, env, scratch, workspace};

/// Stands for the root of this workspace in a fixture's manifests.
const WORKSPACE: &str = "@WORKSPACE@";

/// A copy of a fixture crate, outside every workspace.
#[derive(Debug)]
pub struct Fixture {
    dir: PathBuf,
}

/// What a run of Cargo did.
#[derive(Debug)]
pub struct Built {
    /// Exit and raw output.
    pub ended: Ended,
    /// Cargo's messages, one JSON object each, in order.
    pub messages: Vec<serde_json::Value>,
}

impl Fixture {
    /// Copies `tests/fixtures/<name>` to a folder of its own, `<as_name>`, and puts this workspace's path where its
    /// files say `@WORKSPACE@`. The workspace's `Cargo.lock` goes with it, so the same dependencies are built.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or written.
    pub fn copy(name: &str, as_name: &str) -> io::Result<Self> {
        let fixture = Self::empty(as_name)?;
        copy_tree(&workspace().join("tests/fixtures").join(name), &fixture.dir)?;
        Ok(fixture)
    }

    /// A folder with nothing but the workspace's `Cargo.lock`, to write a crate into.
    ///
    /// # Errors
    ///
    /// When the folder cannot be emptied or written.
    pub fn empty(as_name: &str) -> io::Result<Self> {
        let dir = scratch().join("fixtures").join(as_name);
        match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(&dir)?,
        }
        fs::copy(workspace().join("Cargo.lock"), dir.join("Cargo.lock"))?;
        Ok(Self { dir })
    }

    /// A crate where it stands, such as an example, built with the fixtures.
    #[must_use]
    pub fn at(dir: &Path) -> Self {
        Self { dir: dir.to_path_buf() }
    }

    /// Its folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes a file, with `@WORKSPACE@` replaced.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, path: &str, text: &str) -> io::Result<()> {
        let path = self.dir.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&self.dir))?;
        fs::write(path, resolved(text))
    }

    /// Reads a file.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn read(&self, path: &str) -> io::Result<String> {
        fs::read_to_string(self.dir.join(path))
    }

    /// Runs `cargo <arguments>` in it. All fixtures share one target directory, so their dependencies are built once.
    ///
    /// # Errors
    ///
    /// When Cargo cannot be started. A build that fails is a [`Built`] that tells so.
    pub fn cargo<'s>(&self, arguments: impl IntoIterator<Item = &'s str>) -> io::Result<Built> {
        self.cargo_with(arguments, &[])
    }

    /// Runs `cargo <arguments>` in it, with further variables in the environment.
    ///
    /// # Errors
    ///
    /// As [`Fixture::cargo`].
    pub fn cargo_with<'s>(
        &self,
        arguments: impl IntoIterator<Item = &'s str>,
        variables: &[(&str, &str)],
    ) -> io::Result<Built> {
        let mut run = Run::new(env::cargo())
            .args(arguments)
            .args(["--message-format", "json", "--target-dir"])
            .arg(Self::target())
            // As in the workspace: full debug information would double the time.
            .args(["--config", "profile.dev.debug='line-tables-only'"])
            .dir(&self.dir)
            .without_env(env::inherited_from_cargo())
            .env("CARGO_TERM_COLOR", "never")
            .limit(Duration::from_mins(15));
        for (name, value) in variables {
            run = run.env(name, value);
        }
        let ended = run.run()?;
        let messages = ended.stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        Ok(Built { ended, messages })
    }

    /// The target directory of the fixtures.
    #[must_use]
    pub fn target() -> PathBuf {
        scratch().join("cargo")
    }
}

impl Built {
    /// The build passed.
    #[must_use]
    pub fn success(&self) -> bool {
        self.ended.success()
    }

    /// The compiler's errors and warnings as it renders them.
    pub fn rendered(&self) -> impl Iterator<Item = &str> {
        self.messages.iter().filter_map(|message| message["message"]["rendered"].as_str())
    }

    /// Path of the program `name`, if it was built.
    #[must_use]
    pub fn executable(&self, name: &str) -> Option<PathBuf> {
        self.messages
            .iter()
            .filter(|message| message["reason"] == "compiler-artifact" && message["target"]["name"] == name)
            .find_map(|message| message["executable"].as_str().map(PathBuf::from))
    }

    /// `OUT_DIR` of the build script of the package `name`.
    #[must_use]
    pub fn out_dir(&self, name: &str) -> Option<PathBuf> {
        self.messages
            .iter()
            .filter(|message| message["reason"] == "build-script-executed")
            .filter(|message| message["package_id"].as_str().is_some_and(|id| id.contains(name)))
            .find_map(|message| message["out_dir"].as_str().map(PathBuf::from))
    }

    /// Everything it said, to show when a test fails.
    #[must_use]
    pub fn report(&self) -> String {
        let rendered: Vec<&str> = self.rendered().collect();
        format!("{:?}\n{}\n--- stderr ---\n{}", self.ended.status, rendered.join("\n"), self.ended.stderr)
    }
}

fn resolved(text: &str) -> String {
    text.replace(WORKSPACE, &workspace().display().to_string())
}

fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
            continue;
        }
        match String::from_utf8(fs::read(entry.path())?) {
            Ok(text) => fs::write(target, resolved(&text))?,
            Err(bytes) => fs::write(target, bytes.into_bytes())?,
        }
    }
    Ok(())
}
