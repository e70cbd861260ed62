//! What locking a project would write. Planning reads and decides everything; carrying it out only writes.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tywrap_contract::annotation::Wish;
use tywrap_contract::locate;
use tywrap_contract::lock::{FORMAT, Lock, LockedModule, sha256};
use tywrap_policy::{Code, Diagnostic, Policy, nearest};
use tywrap_surface::Surface;
use tywrap_surface::analyze::{AnalyzeError, Analyzer, Distribution, Target};

use crate::project::Project;

/// The files as they should be.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Path of the lock.
    pub(crate) lock: PathBuf,
    /// Text of the lock.
    pub(crate) text: String,
    /// The modules that the lock names.
    names: BTreeSet<String>,
    /// Text of each surface and its docs.
    pub(crate) files: BTreeMap<PathBuf, String>,
    /// Files of modules that are no longer annotated.
    pub(crate) stale: Vec<PathBuf>,
    /// The modules that were read, in order.
    pub(crate) modules: Vec<Module>,
    /// What was wrong with the stubs; the rest of them was read.
    pub(crate) problems: Vec<Diagnostic>,
    /// Modules that are left out, with the reason: the policy's, or that another has the same file.
    pub(crate) skipped: BTreeMap<String, Diagnostic>,
    /// Modules that are locked and that the policy does not allow yet.
    pub(crate) not_allowed: BTreeMap<String, Diagnostic>,
}

/// A module that was read.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) surface: Arc<Surface>,
    pub(crate) distribution: Option<Distribution>,
    /// Whether the lock or the files on disk say something else.
    pub(crate) changed: bool,
    /// Whether the files on disk are what would be written.
    pub(crate) is_written: bool,
}

impl Plan {
    /// Whether carrying it out would change nothing.
    pub(crate) fn is_up_to_date(&self) -> bool {
        self.stale.is_empty()
            && !differs(&self.lock, &self.text)
            && self.files.iter().all(|(path, text)| !differs(path, text))
    }

    /// A module that was read.
    pub(crate) fn module(&self, name: &str) -> Option<&Module> {
        self.modules.iter().find(|module| module.surface.module == name)
    }

    /// Whether the lock names a module.
    pub(crate) fn keeps(&self, module: &str) -> bool {
        self.names.contains(module)
    }
}

/// Plans the lock of a project. `only` names the modules to read again; if it is empty, all are.
///
/// # Errors
/// Everything that stands in the way, all at once.
pub(crate) fn plan(
    project: &Project,
    policy: &Policy,
    old: Option<Lock>,
    analyzer: &Analyzer,
    target: &Target,
    only: &[String],
) -> Result<Plan, Vec<Diagnostic>> {
    let requires_python = format!(">={}.{}", target.python.0, target.python.1);
    let old = old.unwrap_or(Lock { format: FORMAT, requires_python: requires_python.clone(), module: BTreeMap::new() });
    if !only.is_empty() && old.requires_python != requires_python && !old.module.is_empty() {
        let message = format!("the lock is for Python {}, not {requires_python}", old.requires_python);
        return Err(vec![
            Diagnostic::error(Code::LockMismatch, message)
                .help("leave out the names of modules to lock all for one version"),
        ]);
    }
    let reader = Reader { analyzer, read: RefCell::default() };
    let Asked { modules, skipped, not_allowed } = asked(project, policy, &reader);
    let chosen = choose(&modules, only)?;

    let mut errors = Vec::new();
    let mut read = Vec::new();
    let mut files = BTreeMap::new();
    let mut locked = BTreeMap::new();
    for (module, place) in &modules {
        if !chosen.contains(module) {
            locked.extend(old.module.get_key_value(module).map(|(name, module)| (name.clone(), module.clone())));
            continue;
        }
        let surface = match reader.surface(module) {
            Ok(surface) => surface,
            Err(diagnostic) => {
                errors.push(diagnostic.note(format!("note: annotated at {place}")));
                continue;
            }
        };
        let distribution = analyzer.distribution(module);
        let (text, docs) = (surface.to_json(), (!surface.docs.is_empty()).then(|| surface.docs_to_json()));
        let entry = entry(old.module.get(module), distribution.as_ref(), &text, docs.as_deref());
        let path = locate::surface(&project.policy, module);
        let mut is_written = !differs(&path, &text);
        files.insert(path, text);
        if let Some(docs) = docs {
            let path = locate::docs(&project.policy, module);
            is_written &= !differs(&path, &docs);
            files.insert(path, docs);
        }
        let changed = !is_written || old.module.get(module) != Some(&entry);
        locked.insert(module.clone(), entry);
        read.push(Module { surface, distribution, changed, is_written });
    }
    // What stands in a source that cannot be parsed is not known, so nothing is taken for removed.
    let complete = project.unreadable.is_empty();
    if !complete {
        for (module, entry) in &old.module {
            locked.entry(module.clone()).or_insert_with(|| entry.clone());
        }
    }
    let lock = Lock { format: FORMAT, requires_python, module: locked };
    let problems: Vec<Diagnostic> = tywrap_build::stub_warnings(&analyzer.problems());
    let text = match lock.to_toml() {
        Ok(text) if errors.is_empty() => text,
        Ok(_) => return Err(problems.into_iter().chain(errors).collect()),
        Err(error) => return Err(vec![error]),
    };
    let stale = if complete { stale(&project.policy, &lock) } else { Vec::new() };
    Ok(Plan {
        lock: locate::lock(&project.policy),
        text,
        names: lock.module.into_keys().collect(),
        files,
        stale,
        modules: read,
        problems,
        skipped,
        not_allowed,
    })
}

/// Whether the file at `path` does not hold `text`.
pub(crate) fn differs(path: &Path, text: &str) -> bool {
    !std::fs::read(path).is_ok_and(|bytes| bytes == text.as_bytes())
}

/// The modules that a project's annotations need, each with the place of an annotation, and those the policy keeps out.
struct Asked {
    modules: BTreeMap<String, String>,
    skipped: BTreeMap<String, Diagnostic>,
    not_allowed: BTreeMap<String, Diagnostic>,
}

fn asked(project: &Project, policy: &Policy, reader: &Reader<'_>) -> Asked {
    let mut asked = Asked { modules: BTreeMap::new(), skipped: BTreeMap::new(), not_allowed: BTreeMap::new() };
    for (wish, (file, line)) in &project.wishes {
        let place = format!("{}:{line}", locate::shown(file, &project.root));
        // What may not be wrapped is not even read: its name need not be one.
        if keep_out(policy, &wish.module, &mut asked) {
            continue;
        }
        for module in needed(wish, reader) {
            if module == wish.module || !keep_out(policy, &module, &mut asked) {
                asked.modules.entry(module).or_insert_with(|| place.clone());
            }
        }
    }
    leave_out_same_files(&mut asked);
    asked
}

/// Leaves out the modules whose names another one has but for case: some systems would keep both in one file.
fn leave_out_same_files(asked: &mut Asked) {
    let mut first: BTreeMap<String, (String, String)> = BTreeMap::new();
    let all = std::mem::take(&mut asked.modules);
    for (module, place) in all {
        let Some((other, other_place)) = first.get(&module.to_ascii_lowercase()) else {
            first.insert(module.to_ascii_lowercase(), (module.clone(), place.clone()));
            asked.modules.insert(module, place);
            continue;
        };
        let message = format!("`{module}` is `{other}` but for case, and both would be kept in one file");
        let diagnostic = Diagnostic::warning(Code::NameCollision, message)
            .note(format!("note: annotated at {place}, and the other at {other_place}"))
            .help("wrap one of them");
        asked.skipped.insert(module, diagnostic);
    }
}

/// Whether a module must not be locked. One that is not on the list of allowed ones may be: it can still be allowed.
fn keep_out(policy: &Policy, module: &str, asked: &mut Asked) -> bool {
    match policy.module(module) {
        Ok(_) => false,
        Err(diagnostic) if diagnostic.code == Code::ModuleNotAllowed => {
            asked.not_allowed.insert(module.to_owned(), diagnostic);
            false
        }
        Err(diagnostic) => {
            asked.skipped.insert(module.to_owned(), diagnostic);
            true
        }
    }
}

fn needed(wish: &Wish, reader: &Reader<'_>) -> BTreeSet<String> {
    tywrap_build::modules_of(wish, &mut |module| reader.surface(module).ok())
}

/// The modules to read again.
fn choose(modules: &BTreeMap<String, String>, only: &[String]) -> Result<BTreeSet<String>, Vec<Diagnostic>> {
    if only.is_empty() {
        return Ok(modules.keys().cloned().collect());
    }
    let unknown = only.iter().filter(|name| !modules.contains_key(*name)).map(|name| {
        let message = format!("no annotation names Python module `{}`", name.escape_debug());
        let diagnostic = Diagnostic::error(Code::ModuleNotFound, message);
        let near: Vec<String> =
            nearest(name, modules.keys().map(String::as_str)).into_iter().map(|near| format!("`{near}`")).collect();
        match near.as_slice() {
            [] => diagnostic.help(format!("annotate it with `#[tywrap::wrap(\"{}\")]` first", name.escape_debug())),
            _ => diagnostic.help(format!("did you mean {}?", near.join(" or "))),
        }
    });
    let unknown: Vec<Diagnostic> = unknown.collect();
    if unknown.is_empty() { Ok(only.iter().cloned().collect()) } else { Err(unknown) }
}

/// What the lock says of a module. Digests for other platforms stay while they are of the same version.
fn entry(
    old: Option<&LockedModule>,
    distribution: Option<&Distribution>,
    surface: &str,
    docs: Option<&str>,
) -> LockedModule {
    let mut entry = LockedModule {
        distribution: distribution.map(|distribution| distribution.name.clone()),
        version: distribution.map(|distribution| distribution.version.clone()),
        record: BTreeMap::new(),
        surface: sha256(surface.as_bytes()),
        docs: docs.map(|docs| sha256(docs.as_bytes())),
    };
    if let Some(old) = old.filter(|old| old.distribution == entry.distribution && old.version == entry.version) {
        entry.record = old.record.clone();
    }
    if let Some(distribution) = distribution
        && let Some(record) = &distribution.record
    {
        entry.record.insert(distribution.tag(), record.clone());
    }
    entry
}

/// Files of surfaces that the lock does not name. Files that no lock would have named are left alone.
fn stale(policy: &Path, lock: &Lock) -> Vec<PathBuf> {
    let folder = policy.with_file_name(tywrap_contract::lock::SURFACES);
    let mut stale: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let Some(stem) = name.to_str().and_then(|name| name.strip_suffix(".json")) else { return false };
            let (module, docs) = stem.strip_suffix(".docs").map_or((stem, false), |module| (module, true));
            !lock.module.get(module).is_some_and(|locked| !docs || locked.docs.is_some())
        })
        .map(|entry| entry.path())
        .collect();
    stale.sort();
    stale
}

/// Reads each surface once.
struct Reader<'a> {
    analyzer: &'a Analyzer,
    read: RefCell<BTreeMap<String, Result<Arc<Surface>, Diagnostic>>>,
}

impl Reader<'_> {
    fn surface(&self, module: &str) -> Result<Arc<Surface>, Diagnostic> {
        if let Some(read) = self.read.borrow().get(module) {
            return read.clone();
        }
        let read = self.analyzer.surface(module).map(Arc::new).map_err(|error| unreadable(&error));
        self.read.borrow_mut().insert(module.to_owned(), read.clone());
        read
    }
}

fn unreadable(error: &AnalyzeError) -> Diagnostic {
    let code = match error {
        AnalyzeError::Missing { .. } | AnalyzeError::Compiled { .. } => Code::ModuleNotFound,
        AnalyzeError::Unreadable { .. } => Code::SurfaceMalformed,
    };
    Diagnostic::error(code, error.message()).help(error.help())
}
