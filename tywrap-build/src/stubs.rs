//! Reads stubs on the spot, for a module that is not locked yet, and keeps what was read while the stubs stay the same.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use tywrap_contract::file;
use tywrap_contract::lock::sha256;
use tywrap_policy::{Code, Diagnostic};
pub(crate) use tywrap_surface::analyze::Places;
use tywrap_surface::analyze::{AnalyzeError, Analyzer, Problem, SearchPath, Target};

/// Reads stubs.
pub(crate) struct Reader {
    places: Places,
    /// `sys.platform` of the programs that the stubs are read for.
    platform: &'static str,
    /// Folder of `OUT_DIR` for what was read.
    folder: PathBuf,
    /// Stands for this build script: another one may read differently.
    program: String,
    /// Found when the first module is read: whoever has locked everything needs no packages installed.
    found: Option<Found>,
    /// What was wrong with what was read.
    problems: BTreeSet<Problem>,
}

struct Found {
    path: SearchPath,
    target: Target,
    program: String,
    /// Made when the first module is not in the folder.
    analyzer: Option<Analyzer>,
}

/// A surface as text.
pub(crate) struct Text {
    /// The surface.
    pub(crate) surface: String,
    /// Its docs.
    pub(crate) docs: String,
    /// Where it is kept.
    pub(crate) path: PathBuf,
    /// SHA-256 of both.
    pub(crate) digest: String,
    /// The stubs it was read from.
    pub(crate) files: BTreeSet<PathBuf>,
}

/// What is kept beside a surface.
#[derive(Serialize, Deserialize)]
struct Kept {
    inputs: Inputs,
    /// What was wrong with the stubs: it is said again in every build, as long as it is.
    problems: BTreeSet<Problem>,
}

/// What a kept surface was read from.
#[derive(Serialize, Deserialize, PartialEq)]
struct Inputs {
    program: String,
    python: (u8, u8),
    platform: String,
    files: Vec<Stamp>,
    /// The folders that were searched: a package of stubs that is installed later changes its folder and no file read.
    folders: Vec<Stamp>,
}

/// A file as it was: Cargo, too, goes by the time of modification.
#[derive(Serialize, Deserialize, PartialEq)]
struct Stamp {
    path: PathBuf,
    length: u64,
    nanoseconds: u128,
}

impl Reader {
    /// Reads what is installed in `places`, for programs that run on `os` (Rust's `target_os`).
    pub(crate) fn new(places: Places, os: &str, folder: PathBuf, program: &str) -> Self {
        let platform = match os {
            "macos" => "darwin",
            "windows" => "win32",
            _ => "linux",
        };
        Self { places, platform, folder, program: program.to_owned(), found: None, problems: BTreeSet::new() }
    }

    /// The surface of a module.
    pub(crate) fn read(&mut self, module: &str) -> Result<Text, Diagnostic> {
        let path = self.folder.join(format!("{module}.json"));
        let docs_path = self.folder.join(format!("{module}.docs.json"));
        let inputs_path = self.folder.join(format!("{module}.inputs.json"));
        let found = match &mut self.found {
            Some(found) => found,
            None => self.found.insert(Found::new(&self.places, self.platform, &self.program)?),
        };
        if let Some(kept) = found.unchanged(&inputs_path)
            && let (Ok(surface), Ok(docs)) = (std::fs::read_to_string(&path), std::fs::read_to_string(&docs_path))
        {
            self.problems.extend(kept.problems);
            let files = kept.inputs.files.into_iter().map(|stamp| stamp.path);
            return Ok(Text::new(surface, docs, path, files.collect()));
        }
        let (target, search) = (&found.target, &found.path);
        let analyzer = found.analyzer.get_or_insert_with(|| Analyzer::new(target.clone(), search.clone()));
        let surface = analyzer.surface(module).map_err(|error| unreadable(module, &error))?;
        let files = analyzer.files_read();
        let (json, docs) = (surface.to_json(), surface.docs_to_json());
        std::fs::create_dir_all(&self.folder).map_err(|error| unwritable(&self.folder, &error))?;
        write(&path, json.as_bytes())?;
        write(&docs_path, docs.as_bytes())?;
        // Last, since it vouches for the others. Without it, nothing is kept and the next run reads again.
        let problems: BTreeSet<Problem> = analyzer.problems().into_iter().collect();
        let kept = found.inputs(&files).map(|inputs| Kept { inputs, problems: problems.clone() });
        if let Some(kept) = kept.and_then(|kept| serde_json::to_vec(&kept).ok()) {
            write(&inputs_path, &kept)?;
        }
        self.problems.extend(problems);
        Ok(Text::new(json, docs, path, files.into_iter().collect()))
    }

    /// What was wrong with the stubs that were read, in this run or in the one that a surface was kept from.
    pub(crate) fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter()
    }
}

impl Found {
    fn new(places: &Places, platform: &str, program: &str) -> Result<Self, Diagnostic> {
        let path = places.find().map_err(no_venv)?;
        let python = path.python().unwrap_or(Target::default().python);
        let target = Target { python, platform: platform.to_owned() };
        Ok(Self { path, target, program: program.to_owned(), analyzer: None })
    }

    /// What is kept beside a surface, if all that it was read from is as it was.
    fn unchanged(&self, path: &Path) -> Option<Kept> {
        let kept: Kept = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        let files: Vec<PathBuf> = kept.inputs.files.iter().map(|stamp| stamp.path.clone()).collect();
        (self.inputs(&files)? == kept.inputs).then_some(kept)
    }

    fn inputs(&self, files: &[PathBuf]) -> Option<Inputs> {
        Some(Inputs {
            program: self.program.clone(),
            python: self.target.python,
            platform: self.target.platform.clone(),
            files: files.iter().map(|path| Stamp::of(path)).collect::<Option<_>>()?,
            folders: self.path.roots().iter().map(|path| Stamp::of(path)).collect::<Option<_>>()?,
        })
    }
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Self { path: path.to_owned(), length: metadata.len(), nanoseconds: modified.as_nanos() })
    }
}

impl Text {
    fn new(surface: String, docs: String, path: PathBuf, files: BTreeSet<PathBuf>) -> Self {
        let digest = format!("{}+{}", sha256(surface.as_bytes()), sha256(docs.as_bytes()));
        Self { surface, docs, path, digest, files }
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Diagnostic> {
    file::replace(path, bytes).map(|_| ()).map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(Code::OutputUnwritable, format!("cannot write `{}`: {error}", path.display()))
}

fn no_venv(venv: &Path) -> Diagnostic {
    let message = format!("`{}` is no virtual environment: it has no `pyvenv.cfg`", venv.display());
    Diagnostic::error(Code::ModuleNotFound, message)
        .help("make it with `python3 -m venv`, or correct `subprocess.venv` in the policy")
}

fn unreadable(module: &str, error: &AnalyzeError) -> Diagnostic {
    let code = match error {
        AnalyzeError::Missing { .. } | AnalyzeError::Compiled { .. } => Code::ModuleNotFound,
        AnalyzeError::Unreadable { .. } => Code::SurfaceMalformed,
    };
    Diagnostic::error(code, format!("nothing describes Python module `{module}`: {}", error.message()))
        .help(error.help())
}
