//! Python: the interpreter of the machine, and a virtual environment with numpy and pandas.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::setup::{announce, cannot, once};
use crate::{Run, SetupError, env};

/// What goes into the virtual environment: exact versions, each with the digests of its wheels.
const REQUIREMENTS: &str = include_str!("../python/requirements.txt");

/// A distribution of the tests' own, whose functions tell whether they were reached. It is written as pip would.
const PROBE: [(&str, &str); 6] = [
    ("tywrap_probe/__init__.py", include_str!("../python/tywrap_probe/__init__.py")),
    ("tywrap_probe/__init__.pyi", include_str!("../python/tywrap_probe/__init__.pyi")),
    ("tywrap_probe/py.typed", ""),
    ("tywrap_probe-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tywrap-probe\nVersion: 1.0\n"),
    ("tywrap_probe-1.0.dist-info/INSTALLER", "tywrap-tests\n"),
    (
        "tywrap_probe-1.0.dist-info/RECORD",
        "tywrap_probe/__init__.py,,\ntywrap_probe/__init__.pyi,,\ntywrap_probe/py.typed,,\n\
         tywrap_probe-1.0.dist-info/INSTALLER,,\ntywrap_probe-1.0.dist-info/METADATA,,\n\
         tywrap_probe-1.0.dist-info/RECORD,,\n",
    ),
];

/// Asks an interpreter for its own path: behind a shim or in a virtual environment, that of the program itself.
const WHO: &str = "import os, sys; print('%d.%d' % sys.version_info[:2]); \
    print(os.path.realpath(getattr(sys, '_base_executable', None) or sys.executable))";

/// A Python interpreter: the program itself, no shim.
#[derive(Clone, Debug)]
pub struct Interpreter {
    /// Its resolved path.
    pub path: PathBuf,
    /// Major and minor version, such as `3.11`.
    pub version: String,
}

impl Interpreter {
    /// The first Python 3.10 or newer on `PATH`.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn find() -> Result<Self, SetupError> {
        let mut older = Vec::new();
        for folder in env::path() {
            for name in ["python3", "python"] {
                let program = folder.join(name);
                if !program.is_file() {
                    continue;
                }
                match ask(&program) {
                    Some(found) if is_supported(&found.version) => return Ok(found),
                    Some(found) => older.push(found.version),
                    None => {}
                }
            }
        }
        let found = if older.is_empty() { String::from("none") } else { older.join(", ") };
        Err(SetupError::new(
            format!("no Python 3.10 or newer is on `PATH` (found: {found})"),
            "install Python, on Debian with `apt install python3 python3-venv`",
        ))
    }
}

/// A virtual environment with the packages of `tests/python/requirements.txt` and the module `tywrap_probe`.
#[derive(Clone, Debug)]
pub struct Venv {
    /// Its folder.
    pub path: PathBuf,
    /// The interpreter it was made with.
    pub interpreter: Interpreter,
}

impl Venv {
    /// Makes it, the first time; it takes about a minute and the network.
    ///
    /// # Errors
    ///
    /// When Python is missing or cannot make virtual environments, or the packages cannot be fetched or are not the ones listed.
    pub fn get() -> Result<Self, SetupError> {
        let interpreter = Interpreter::find()?;
        let list = format!("{} {}\n{REQUIREMENTS}", interpreter.version, interpreter.path.display());
        let path = once("venv", &list, |folder| fill(folder, &interpreter))?;
        let venv = Self { path, interpreter };
        let probe: String = PROBE.iter().map(|(name, text)| format!("{name}\n{text}")).collect();
        once("probe", &format!("{list}{probe}"), |_| venv.write_probe())?;
        Ok(venv)
    }

    /// Where its packages are.
    #[must_use]
    pub fn site_packages(&self) -> PathBuf {
        self.path.join(format!("lib/python{}/site-packages", self.interpreter.version))
    }

    fn write_probe(&self) -> Result<(), SetupError> {
        for (name, text) in PROBE {
            let path = self.site_packages().join(name);
            let folder = path.parent().unwrap_or(&self.path);
            std::fs::create_dir_all(folder).map_err(|error| cannot("create", folder, &error))?;
            std::fs::write(&path, text).map_err(|error| cannot("write", &path, &error))?;
        }
        Ok(())
    }

    /// Its `python`.
    #[must_use]
    pub fn python(&self) -> PathBuf {
        self.path.join("bin/python")
    }
}

fn ask(program: &Path) -> Option<Interpreter> {
    let asked = Run::new(program).args(["-I", "-c", WHO]).limit(Duration::from_secs(20)).run().ok()?;
    let mut lines = asked.stdout.lines();
    let (version, path) = (lines.next()?.to_owned(), PathBuf::from(lines.next()?));
    (asked.success() && path.is_file()).then_some(Interpreter { path, version })
}

fn is_supported(version: &str) -> bool {
    version.strip_prefix("3.").and_then(|minor| minor.parse::<u32>().ok()).is_some_and(|minor| minor >= 10)
}

fn fill(folder: &Path, interpreter: &Interpreter) -> Result<(), SetupError> {
    announce(&format!("making a virtual environment with numpy and pandas for Python {}", interpreter.version));
    let python = interpreter.path.display();
    let made = Run::new(&interpreter.path).args(["-I", "-m", "venv"]).arg(folder).run();
    let made =
        made.map_err(|error| SetupError::new(format!("cannot run `{python}`: {error}"), "install Python anew"))?;
    if !made.success() {
        return Err(SetupError::new(
            format!("`{python}` cannot make a virtual environment"),
            "install the rest of Python, on Debian with `apt install python3-venv`",
        )
        .with_output(made.report()));
    }
    let list = folder.join("requirements.txt");
    std::fs::write(&list, REQUIREMENTS).map_err(|error| cannot("write", &list, &error))?;
    let pip = Run::new(folder.join("bin/python"))
        .args(["-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"])
        .args(["--require-hashes", "--only-binary", ":all:", "--no-deps", "--requirement"])
        .arg(&list)
        .limit(Duration::from_mins(10))
        .run();
    let pip = pip.map_err(|error| SetupError::new(format!("cannot run pip: {error}"), "install Python anew"))?;
    if pip.success() {
        return Ok(());
    }
    Err(SetupError::new(
        "pip could not install the packages of tests/python/requirements.txt",
        "the first run needs the network, or a package index that pip is set up for; see what pip says below",
    )
    .with_output(pip.report()))
}
