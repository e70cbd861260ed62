//! Python: the interpreter of the machine, and virtual environments with pinned packages.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::setup::{announce, cannot, once};
use crate::{Run, SetupError, env};

/// What goes into a virtual environment.
#[derive(Debug)]
pub struct Packages {
    /// The folder below `target/tywrap-tests/`.
    folder: &'static str,
    /// Where the list is, to tell a person.
    file: &'static str,
    /// Exact versions, each with the digests of its wheels.
    list: &'static str,
    /// A distribution of the tests' own: its name and its files. It is written as pip would.
    own: (&'static str, &'static [(&'static str, &'static str)]),
}

impl Packages {
    /// numpy and pandas, and `tywrap_probe`, whose functions tell whether they were reached.
    pub const FEW: Self = Self {
        folder: "venv",
        file: "tests/python/requirements.txt",
        list: include_str!("../python/requirements.txt"),
        own: (
            "tywrap_probe",
            &[
                ("__init__.py", include_str!("../python/tywrap_probe/__init__.py")),
                ("__init__.pyi", include_str!("../python/tywrap_probe/__init__.pyi")),
                ("py.typed", ""),
            ],
        ),
    };

    /// numpy and pandas, and `tywrap_bench`, whose functions are measured.
    pub const BENCH: Self = Self {
        own: ("tywrap_bench", &[("__init__.py", include_str!("../python/tywrap_bench/__init__.py")), ("py.typed", "")]),
        ..Self::FEW
    };

    /// Every package of the whole-surface tests with its stubs, and `tywrap_torture`, which has types of every kind.
    pub const ALL: Self = Self {
        folder: "venv-whole-surface",
        file: "tests/python/whole-surface.txt",
        list: include_str!("../python/whole-surface.txt"),
        own: (
            "tywrap_torture",
            &[
                ("__init__.py", include_str!("../python/tywrap_torture/__init__.py")),
                ("models.py", include_str!("../python/tywrap_torture/models.py")),
                ("newer.py", include_str!("../python/tywrap_torture/newer.py")),
                ("newer.pyi", include_str!("../python/tywrap_torture/newer.pyi")),
                ("py.typed", ""),
            ],
        ),
    };

    /// The files of the own distribution, by their path in site-packages.
    fn own_files(&self) -> Vec<(String, String)> {
        let (name, files) = self.own;
        let mut written: Vec<(String, String)> =
            files.iter().map(|(file, text)| (format!("{name}/{file}"), (*text).to_owned())).collect();
        let info = format!("{name}-1.0.dist-info");
        let project = name.replace('_', "-");
        written.push((format!("{info}/METADATA"), format!("Metadata-Version: 2.1\nName: {project}\nVersion: 1.0\n")));
        written.push((format!("{info}/INSTALLER"), "tywrap-tests\n".to_owned()));
        let listed: String = written.iter().map(|(path, _)| format!("{path},,\n")).collect();
        written.push((format!("{info}/RECORD"), format!("{listed}{info}/RECORD,,\n")));
        written
    }
}

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

/// A virtual environment with pinned packages and a distribution of the tests' own.
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
    pub fn get(packages: &Packages) -> Result<Self, SetupError> {
        let interpreter = Interpreter::find()?;
        let list = format!("{} {}\n{}", interpreter.version, interpreter.path.display(), packages.list);
        let path = once(packages.folder, &list, |folder| fill(folder, &interpreter, packages))?;
        let venv = Self { path, interpreter };
        let files = packages.own_files();
        let own: String = files.iter().map(|(name, text)| format!("{name}\n{text}")).collect();
        once(packages.own.0, &format!("{list}{own}"), |_| venv.write(&files))?;
        Ok(venv)
    }

    /// Where its packages are.
    #[must_use]
    pub fn site_packages(&self) -> PathBuf {
        self.path.join(format!("lib/python{}/site-packages", self.interpreter.version))
    }

    fn write(&self, files: &[(String, String)]) -> Result<(), SetupError> {
        for (name, text) in files {
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

fn fill(folder: &Path, interpreter: &Interpreter, packages: &Packages) -> Result<(), SetupError> {
    announce(&format!(
        "making a virtual environment with the packages of {} for Python {}",
        packages.file, interpreter.version
    ));
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
    std::fs::write(&list, packages.list).map_err(|error| cannot("write", &list, &error))?;
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
        format!("pip could not install the packages of {}", packages.file),
        "the first run needs the network, or a package index that pip is set up for; see what pip says below",
    )
    .with_output(pip.report()))
}
