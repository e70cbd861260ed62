//! Node, the program that users run emitted packages with.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::setup::cannot;
use crate::{Ended, Run, SetupError, env};

/// Node 20 or newer.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its resolved path.
    pub path: PathBuf,
    /// Its version, such as `20.19.0`.
    pub version: String,
}

impl Node {
    /// The first Node 20 or newer on `PATH`.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn find() -> Result<Self, SetupError> {
        let mut older = Vec::new();
        for program in env::path().into_iter().map(|folder| folder.join("node")).filter(|node| node.is_file()) {
            match ask(&program) {
                Some(found) if is_supported(&found.version) => return Ok(found),
                Some(found) => older.push(found.version),
                None => {}
            }
        }
        let found = if older.is_empty() { String::from("none") } else { older.join(", ") };
        Err(SetupError::new(
            format!("no Node 20 or newer is on `PATH` (found: {found})"),
            "install Node 20 or newer, with npm",
        ))
    }

    /// Runs a module given as text, in `dir`. `import "./x.js"` in it is relative to `dir`.
    ///
    /// # Errors
    ///
    /// When the module cannot be written or Node cannot be started. A script that fails is an [`Ended`] that tells so.
    pub fn script(&self, dir: &Path, script: &str) -> std::io::Result<Ended> {
        fs::create_dir_all(dir)?;
        let file = tempfile::Builder::new().prefix("script-").suffix(".mjs").tempfile_in(dir)?;
        fs::write(file.path(), script)?;
        self.run(file.path()).dir(dir).run()
    }

    /// Node with a file to run, for a caller who has more to say.
    #[must_use]
    pub fn run(&self, file: impl AsRef<OsStr>) -> Run {
        Run::new(&self.path).arg(file)
    }

    /// Installs packages into a folder, from the texts of a `package.json` and its lock file, which lie in `from`. None of their
    /// programs is run.
    pub(crate) fn install(&self, folder: &Path, from: &str, lists: &[(&str, &str)]) -> Result<(), SetupError> {
        for (name, text) in lists {
            let path = folder.join(name);
            fs::write(&path, text).map_err(|error| cannot("write", &path, &error))?;
        }
        let npm = self.npm()?;
        let install = Run::new(&npm)
            .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error"])
            .dir(folder)
            .limit(Duration::from_mins(10))
            .run()
            .map_err(|error| SetupError::new(format!("cannot run `{}`: {error}", npm.display()), "install npm anew"))?;
        if install.success() {
            return Ok(());
        }
        Err(SetupError::new(
            format!("npm could not install the packages of {from}/package-lock.json"),
            "the first run needs the network, or a registry that npm is set up for; see what npm says below",
        )
        .with_output(install.report()))
    }

    /// The npm that came with it, or the first on `PATH`.
    pub(crate) fn npm(&self) -> Result<PathBuf, SetupError> {
        let beside = self.path.parent().map(Path::to_path_buf);
        beside
            .into_iter()
            .chain(env::path())
            .map(|folder| folder.join("npm"))
            .find(|npm| npm.is_file())
            .ok_or_else(|| SetupError::new("no npm is on `PATH`", "install npm, on Debian with `apt install npm`"))
    }
}

fn ask(program: &Path) -> Option<Node> {
    let asked = Run::new(program)
        .args(["-p", "process.version.slice(1) + '\\n' + process.execPath"])
        .limit(Duration::from_secs(20))
        .run()
        .ok()?;
    let mut lines = asked.stdout.lines();
    let (version, path) = (lines.next()?.to_owned(), PathBuf::from(lines.next()?));
    (asked.success() && path.is_file()).then_some(Node { path, version })
}

fn is_supported(version: &str) -> bool {
    version.split('.').next().and_then(|major| major.parse::<u32>().ok()).is_some_and(|major| major >= 20)
}
