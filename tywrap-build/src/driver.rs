//! One run of the build script, from the sources to the npm package.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use tywrap_contract::annotation::{Selection, Wish};
use tywrap_contract::build_events::BuildEvents;
use tywrap_contract::file;
use tywrap_contract::locate;
use tywrap_contract::lock::{self, Lock, sha256};
use tywrap_contract::manifest::{self, AppliedPolicy, Manifest, Outcome, Refusal, VERSION};
use tywrap_contract::package::Package;
use tywrap_policy::{Code, Diagnostic, Policy};
use tywrap_surface::model::Item;

use crate::builder::Builder;
use crate::cargo::{self, Environment};
use crate::emit::{self, ModuleInput};
use crate::out_dir::OutDir;
use crate::parallel;
use crate::report::{Denied, Module, Report};
use crate::scan::{self, Found, Scan};
use crate::security;
use crate::select::{self, ClassRules, LeftOut, Selected};
use crate::store::{Entry, Inputs, Store};
use crate::surfaces::{Forbidden, Stubs, Surfaces};
use crate::ui_tests;

/// Everything that one run knows.
struct Run {
    environment: Environment,
    package: Package,
    facade: String,
    ruling: Ruling,
    surfaces: Surfaces,
    store: Store,
    /// Paths for Cargo to watch.
    watched: BTreeSet<PathBuf>,
    /// What became of each annotation, and what is known of its output.
    outcomes: BTreeMap<Wish, (Outcome, Option<Made>)>,
}

/// The policy and where it is.
struct Ruling {
    policy: Policy,
    text: String,
    path: PathBuf,
    /// As messages show it.
    shown: String,
    named: bool,
    warnings: Vec<Diagnostic>,
}

/// An annotation's output.
struct Made {
    entry: Entry,
    /// By this run.
    now: bool,
}

/// What there is to do for an annotation.
enum Work {
    /// Nothing any more. The error is the macro's to show.
    Done(Result<Made, Vec<Refusal>>),
    Emit(Selected, Inputs),
}

/// An annotation to emit for.
struct Pending {
    wish: Wish,
    selected: Selected,
    inputs: Inputs,
}

impl Pending {
    /// About how much there is to emit.
    fn size(&self) -> usize {
        self.selected.parts.values().map(|part| part.surface.classes.len() + part.surface.items.len()).sum()
    }
}

pub(crate) fn run(builder: &Builder) -> Result<Report, Vec<Diagnostic>> {
    let mut watched = BTreeSet::new();
    let result = try_run(builder, &mut watched);
    if result.is_err() {
        // A build script that fails is run again anyway; what it looked at helps an editor that goes by the list.
        cargo::watch(watched.iter().map(PathBuf::as_path));
    }
    result
}

fn try_run(builder: &Builder, watched: &mut BTreeSet<PathBuf>) -> Result<Report, Vec<Diagnostic>> {
    let one = |diagnostic| vec![diagnostic];
    let environment = Environment::read().map_err(one)?;
    let package = Package::read(&environment.manifest_dir).map_err(one)?;
    watched.insert(package.manifest_path());
    let ruling = ruling(builder, &package, watched)?;
    ruling.warnings.iter().for_each(cargo::show);
    let lock_path = locate::lock(&ruling.path);
    let lock = Lock::read(&lock_path).map_err(one)?;
    if lock.is_some() {
        watched.insert(lock_path.clone());
    }
    let out_dir = out_dir(builder, &environment, &ruling).map_err(one)?;

    let (facade, read) = package.facade();
    watched.extend(read);
    let scan = scan::package_sources(&package, &environment.cfg);
    let mut ui = Scan::default();
    for pattern in &builder.ui_tests {
        for file in ui_tests::files(package.dir(), pattern).map_err(one)? {
            scan::crate_root(&file, &facade, &environment.cfg, &mut ui);
        }
        let folder = pattern.rsplit_once('/').map_or("", |(folder, _)| folder);
        watched.insert(package.dir().join(folder));
    }

    let has_lock = lock.is_some();
    let surfaces = Surfaces::new(&ruling.path, lock, stubs(&environment, &ruling));
    let store = Store::new(&environment.out_dir, &environment.program);
    // The build script ends soon after: to free every surface type by type would only take time.
    let mut run = ManuallyDrop::new(Run {
        environment,
        package,
        facade,
        ruling,
        surfaces,
        store,
        watched: std::mem::take(watched),
        outcomes: BTreeMap::new(),
    });
    let result = run.emit_all(&scan, &ui, &out_dir, has_lock.then_some(lock_path));
    run.watch_sources(&scan, &ui, &out_dir);
    *watched = std::mem::take(&mut run.watched);
    let report = result.map_err(one)?;
    cargo::watch(watched.iter().map(PathBuf::as_path));
    cargo::package_dir(&out_dir.path);
    Ok(report)
}

impl Run {
    fn emit_all(
        &mut self,
        scan: &Scan,
        ui: &Scan,
        out_dir: &OutDir,
        lock: Option<PathBuf>,
    ) -> Result<Report, Diagnostic> {
        let published = choose(&scan.annotations);
        let mut pending: Vec<Pending> = Vec::new();
        for found in scan.annotations.iter().chain(&ui.annotations) {
            let wish = &found.wish;
            if self.outcomes.contains_key(wish) || pending.iter().any(|pending| pending.wish == *wish) {
                continue;
            }
            match self.annotation(wish)? {
                Work::Done(outcome) => self.settle(wish, outcome),
                Work::Emit(selected, inputs) => pending.push(Pending { wish: wish.clone(), selected, inputs }),
            }
        }
        // The largest first, so that none is left for the end.
        pending.sort_by_key(|pending| std::cmp::Reverse(pending.size()));
        let (environment, policy, store) = (&self.environment, &self.ruling.policy, &self.store);
        let outcomes = parallel::map(&pending, |pending| emit(environment, policy, store, pending));
        for (pending, outcome) in pending.iter().zip(outcomes) {
            self.settle(&pending.wish, outcome?);
        }
        for (wish, first) in &published.conflicts {
            let refusal = Refusal::new(&self.wrapped_twice(wish, first));
            self.outcomes.insert((*wish).clone(), (Outcome::Refused(vec![refusal]), None));
        }
        for module in self.surfaces.unlocked() {
            cargo::show(&unlocked(module));
        }
        self.surfaces.warnings().iter().for_each(cargo::show);

        let is_whole =
            scan.annotations.iter().filter(|found| found.certain).all(|found| self.made(&found.wish).is_some());
        if is_whole {
            let mut files = BTreeMap::new();
            for found in published.chosen.values().filter(|found| self.made(&found.wish).is_some()) {
                files.extend(self.store.published(&found.wish)?);
            }
            let name = self.npm_package();
            let prune = scan.unreadable.is_empty();
            let package_files = |modules: &[&str]| emit::package_files(&name, &self.environment.version, modules);
            out_dir.publish(&files, prune, package_files)?.iter().for_each(cargo::show);
        } else {
            // The compiler will refuse the crate. Until it is built again, the package stays as it was.
            self.run_again();
        }

        let report = self.report(scan, &published, out_dir);
        self.write_report(&report)?;
        self.write_events(&report)?;
        let manifest = self.manifest(lock);
        if !ui.annotations.is_empty() {
            ui_tests::hand_over(&self.environment, &self.ruling.text, manifest.clone())?;
        }
        let path = self.environment.out_dir.join(manifest::FILE);
        file::replace(&path, manifest.to_json()?.as_bytes()).map_err(|error| unwritable(&path, &error))?;
        Ok(report)
    }

    fn settle(&mut self, wish: &Wish, outcome: Result<Made, Vec<Refusal>>) {
        let outcome = match outcome {
            Ok(made) => (Outcome::Emitted(Store::emitted(wish)), Some(made)),
            Err(refusals) => (Outcome::Refused(refusals), None),
        };
        self.outcomes.insert(wish.clone(), outcome);
    }

    /// What there is to do for an annotation.
    fn annotation(&mut self, wish: &Wish) -> Result<Work, Diagnostic> {
        let refused = |refusals| Ok(Work::Done(Err(refusals)));
        if let Err(diagnostic) = self.ruling.policy.module(&wish.module) {
            return refused(vec![Refusal::new(&diagnostic)]);
        }
        let kept = self.store.get(wish).filter(|entry| self.has_same_surfaces(entry));
        if let Some(entry) = kept.as_ref().filter(|entry| entry.policy == self.ruling.policy.digest()) {
            return Ok(Work::Done(Ok(Made { entry: entry.clone(), now: false })));
        }
        let selected = match select::select(&self.ruling.policy, wish, &mut self.surfaces) {
            Ok(selected) => selected,
            Err(refusals) => return refused(refusals),
        };
        let inputs = match self.inputs(wish, &selected) {
            Ok(inputs) => inputs,
            Err(diagnostic) => return refused(vec![Refusal::new(&diagnostic)]),
        };
        if let Some(entry) = kept.filter(|entry| entry.inputs == inputs) {
            let entry = self.store.rename_policy(wish, entry, self.ruling.policy.digest())?;
            return Ok(Work::Done(Ok(Made { entry, now: false })));
        }
        Ok(Work::Emit(selected, inputs))
    }

    fn has_same_surfaces(&mut self, entry: &Entry) -> bool {
        let of_crate = entry.inputs.package == self.environment.package && entry.inputs.facade == self.facade;
        of_crate
            && entry
                .inputs
                .surfaces
                .iter()
                .all(|(module, digest)| self.surfaces.digest(module).is_ok_and(|current| current == *digest))
    }

    fn inputs(&mut self, wish: &Wish, selected: &Selected) -> Result<Inputs, Diagnostic> {
        let mut surfaces = BTreeMap::from([(wish.module.clone(), self.surfaces.digest(&wish.module)?)]);
        for part in selected.parts.values() {
            let module = &part.surface.module;
            surfaces.insert(module.clone(), self.surfaces.digest(module)?);
        }
        let integers = format!("{:?}", self.ruling.policy.code_generation().integers);
        let left_out = format!("{:?}\n{}", selected.left_out, ClassRules::fingerprint(&self.ruling.policy));
        Ok(Inputs {
            program: self.environment.program.clone(),
            wish: wish.to_string(),
            package: self.environment.package.clone(),
            facade: self.facade.clone(),
            surfaces,
            selection: sha256(format!("{}\n{integers}\n{left_out}", selected.fingerprint()).as_bytes()),
        })
    }

    fn made(&self, wish: &Wish) -> Option<&Made> {
        self.outcomes.get(wish)?.1.as_ref()
    }

    fn wrapped_twice(&self, wish: &Wish, first: &Found) -> Diagnostic {
        let message = format!("Python module `{}` is wrapped twice, with different members", wish.module);
        Diagnostic::error(Code::ModuleWrappedTwice, message)
            .note(format!("note: first by `wrap({})` at {}", first.wish, self.place(first)))
            .help("wrap it once, with all the members you need, and import that module wherever you use it")
    }

    fn manifest(&self, lock: Option<PathBuf>) -> Manifest {
        Manifest {
            format: manifest::FORMAT,
            version: VERSION.to_owned(),
            package: self.environment.package.clone(),
            policy: AppliedPolicy {
                path: self.ruling.path.clone(),
                shown: self.ruling.shown.clone(),
                digest: self.ruling.policy.digest().to_owned(),
                named: self.ruling.named,
            },
            lock,
            annotations: self.outcomes.iter().map(|(wish, (outcome, _))| (wish.to_string(), outcome.clone())).collect(),
        }
    }

    fn report(&self, scan: &Scan, published: &Published<'_>, out_dir: &OutDir) -> Report {
        let mut modules = Vec::new();
        for (name, found) in &published.chosen {
            let Some(made) = self.made(&found.wish) else { continue };
            modules.push(Module {
                name: (*name).to_owned(),
                place: self.place(found),
                members: made.entry.members,
                digest: made.entry.digest.clone(),
                locked: self.surfaces.is_locked(name),
                emitted: made.now,
                left_out: made.entry.left_out.clone(),
                uncovered: made.entry.uncovered.clone(),
            });
        }
        let mut denied = Vec::new();
        for found in &scan.annotations {
            let Some((Outcome::Refused(refusals), _)) = self.outcomes.get(&found.wish) else { continue };
            denied.extend(refusals.iter().map(|refusal| Denied {
                module: found.wish.module.clone(),
                place: self.place(found),
                member: refusal.member.clone(),
                code: refusal.code.clone(),
                message: refusal.message.clone(),
            }));
        }
        Report {
            package: self.environment.package.clone(),
            npm_package: self.npm_package(),
            out_dir: locate::shown(&out_dir.path, &self.environment.target_dir),
            policy: self.ruling.shown.clone(),
            modules,
            denied,
            switched_off: Report::switches(&self.ruling.warnings),
        }
    }

    fn write_report(&self, report: &Report) -> Result<(), Diagnostic> {
        let path = self.environment.target_dir.join(format!("tywrap/{}-report.json", self.environment.package));
        let write = || {
            std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
            file::replace(&path, report.to_json()?.as_bytes())
        };
        write().map(|_| ()).map_err(|error| unwritable(&path, &error))
    }

    fn write_events(&self, report: &Report) -> Result<(), Diagnostic> {
        let path = BuildEvents::path(&self.environment.target_dir, &self.environment.package);
        let events = security::events(report, &self.ruling.warnings);
        events.write(&path).map(|_| ()).map_err(|error| unwritable(&path, &error))
    }

    fn npm_package(&self) -> String {
        match &self.ruling.policy.code_generation().package_name {
            Some(name) => name.as_str().to_owned(),
            None => format!("{}-python", self.environment.package),
        }
    }

    fn place(&self, found: &Found) -> String {
        format!("{}:{}:{}", locate::shown(&found.file, self.package.dir()), found.line, found.column)
    }

    /// Has Cargo run the build script again, whatever happens: the crate does not compile, and what would heal it (a lock
    /// that is written, a package that is installed) may not be there to be watched.
    fn run_again(&mut self) {
        self.watched.insert(self.environment.out_dir.join("tywrap-run-again"));
    }

    fn watch_sources(&mut self, scan: &Scan, ui: &Scan, out_dir: &OutDir) {
        self.watched.insert(self.ruling.path.clone());
        self.watched.extend(self.surfaces.files());
        // The whole folder is watched, so that a new file of a new binary is noticed; unless output goes there, which
        // would be taken for a change of the sources.
        let folder = self.package.dir().join("src");
        if folder.is_dir() && !out_dir.path.starts_with(&folder) {
            self.watched.insert(folder);
        }
        let inside = |file: &&PathBuf| !self.watched.iter().any(|watched| file.starts_with(watched));
        let files: Vec<PathBuf> = scan.files.iter().chain(&ui.files).filter(inside).cloned().collect();
        self.watched.extend(files);
    }
}

/// Emits for one annotation. The inner error is the macro's to show.
fn emit(
    environment: &Environment,
    policy: &Policy,
    store: &Store,
    pending: &Pending,
) -> Result<Result<Made, Vec<Refusal>>, Diagnostic> {
    let Pending { wish, selected, inputs } = pending;
    let rules = ClassRules::new(policy);
    let input = selected.input(wish, &environment.package, policy, &rules);
    let emitted = match emit::emit(&input) {
        Ok(emitted) => emitted,
        Err(error) => {
            let diagnostic = Diagnostic::error(Code::EmissionRefused, error.to_string())
                .note("note: what was printed is not what may be printed, so it was thrown away")
                .help("report it, with the stubs of the module; `except` leaves the member out until then");
            return Ok(Err(vec![Refusal::new(&diagnostic)]));
        }
    };
    let refusals = not_covered(wish, &input, &emitted);
    if !refusals.is_empty() {
        return Ok(Err(refusals));
    }
    let uncovered = emitted.uncovered.iter().map(|item| LeftOut::new(&item.path, &item.reason));
    let base = selected.parts.get("").filter(|_| wish.selection == Selection::All);
    let omitted = base.into_iter().flat_map(|part| &part.surface.omitted);
    let omitted = omitted.map(|omitted| LeftOut::new(&omitted.name, &omitted.reason));
    let entry = Entry {
        inputs: inputs.clone(),
        policy: policy.digest().to_owned(),
        digest: emitted.digest.clone(),
        members: input.parts.iter().map(|part| part.items.len()).sum(),
        left_out: selected.left_out.clone(),
        uncovered: uncovered.chain(omitted).collect(),
    };
    store.put(wish, &emitted, &entry)?;
    Ok(Ok(Made { entry, now: true }))
}

fn ruling(builder: &Builder, package: &Package, watched: &mut BTreeSet<PathBuf>) -> Result<Ruling, Vec<Diagnostic>> {
    let search = locate::policy(package);
    let path = match &builder.policy {
        Some(path) => package.dir().join(path),
        None => search.found.clone().ok_or_else(|| vec![search.missing()])?,
    };
    watched.insert(path.clone());
    let shown = locate::shown(&path, &search.root);
    let text = std::fs::read_to_string(&path).map_err(|error| {
        let message = format!("the policy `{shown}` cannot be read: {error}");
        vec![Diagnostic::error(Code::PolicyUnreadable, message)]
    })?;
    let parsed = Policy::parse(&text, Path::new(&shown))?;
    let (policy, warnings) = (parsed.policy, parsed.warnings);
    Ok(Ruling { policy, text, path, shown, named: builder.policy.is_some(), warnings })
}

fn out_dir(builder: &Builder, environment: &Environment, ruling: &Ruling) -> Result<OutDir, Diagnostic> {
    let shared = environment.target_dir.join("tywrap");
    let by_policy = ruling.policy.code_generation().out_dir.as_ref();
    let by_policy = by_policy.zip(ruling.path.parent()).map(|(path, beside)| path.resolve(beside));
    let by_builder = builder.out_dir.as_ref().map(|path| environment.manifest_dir.join(path));
    if let Some(path) = &by_builder
        && path.starts_with(&environment.manifest_dir)
        && !path.starts_with(&environment.target_dir)
        && by_policy.as_ref() != Some(path)
    {
        let message = format!("the build script would write into the package's sources, at `{}`", path.display());
        return Err(Diagnostic::error(Code::OutputForeign, message)
            .help("leave `out_dir` out; or, if you want that, write it into the policy as `code-generation.out-dir`"));
    }
    let exclusive = by_builder.is_none() && by_policy.is_none();
    Ok(OutDir {
        path: by_builder.or(by_policy).unwrap_or_else(|| shared.join(&environment.package)),
        guard: shared.join(format!("{}.lock", environment.package)),
        package: environment.package.clone(),
        exclusive,
    })
}

fn stubs(environment: &Environment, ruling: &Ruling) -> Stubs {
    if ruling.policy.lock().required {
        return Stubs::Forbidden(Forbidden::ByPolicy(ruling.shown.clone()));
    }
    if environment.locked {
        return Stubs::Forbidden(Forbidden::ByVariable);
    }
    reader(environment, ruling)
}

#[cfg(feature = "analyze")]
fn reader(environment: &Environment, ruling: &Ruling) -> Stubs {
    let beside = ruling.path.parent().unwrap_or(Path::new("/"));
    let subprocess = ruling.policy.subprocess();
    let interpreter = subprocess.interpreter.as_ref().map(|path| path.resolve(beside));
    let places = crate::stubs::Places {
        named: subprocess.venv.as_ref().map(|path| path.resolve(beside)),
        beside: beside.join(".venv"),
        interpreter: interpreter.or_else(|| environment.program("python3")),
    };
    let folder = environment.out_dir.join(crate::store::FOLDER).join("surfaces");
    Stubs::Read(Box::new(crate::stubs::Reader::new(places, &environment.os, folder, &environment.program)))
}

#[cfg(not(feature = "analyze"))]
fn reader(_: &Environment, _: &Ruling) -> Stubs {
    Stubs::Forbidden(Forbidden::NoReader)
}

/// Which annotation of a module makes its file in the npm package.
struct Published<'a> {
    chosen: BTreeMap<&'a str, &'a Found>,
    /// Other wishes for a module that is chosen already, with the first one.
    conflicts: Vec<(&'a Wish, &'a Found)>,
}

/// A module has one file, so it can be wrapped with one selection only. Of annotations that a `cfg` may exclude, at most one
/// is compiled, as far as anybody knows: the first is taken, unless there is a certain one.
fn choose(annotations: &[Found]) -> Published<'_> {
    let mut chosen: BTreeMap<&str, &Found> = BTreeMap::new();
    let mut conflicts = Vec::new();
    let (certain, uncertain): (Vec<&Found>, Vec<&Found>) = annotations.iter().partition(|found| found.certain);
    for found in certain {
        let first = *chosen.entry(&found.wish.module).or_insert(found);
        if first.wish != found.wish {
            conflicts.push((&found.wish, first));
        }
    }
    for found in uncertain {
        chosen.entry(&found.wish.module).or_insert(found);
    }
    Published { chosen, conflicts }
}

/// Members that `only` names and the emitter does not cover: somebody waits for them, so that is an error.
fn not_covered(wish: &Wish, input: &ModuleInput<'_>, emitted: &emit::EmittedModule) -> Vec<Refusal> {
    let Selection::Only(names) = &wish.selection else { return Vec::new() };
    let items = input.parts.iter().flat_map(|part| part.items.iter().map(move |item| (part.prefix, item)));
    let callable = |item: &Item| matches!(item, Item::Func(_) | Item::Const(_) | Item::Class { .. });
    items
        .filter(|(_, item)| !callable(item))
        .filter_map(|(prefix, item)| {
            let name = select::name(item);
            let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
            let uncovered = emitted.uncovered.iter().find(|uncovered| uncovered.path == path)?;
            let diagnostic = select::not_covered(&wish.module, &path, &uncovered.reason);
            names.contains(&path).then(|| Refusal::of_member(&path, &diagnostic))
        })
        .collect()
}

fn unlocked(module: &str) -> Diagnostic {
    let message = format!("Python module `{module}` is not in `{}`: its stubs were read on the spot", lock::FILE);
    Diagnostic::warning(Code::ModuleNotLocked, message).help(format!("pin it with `{} {module}`", lock::COMMAND))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(Code::OutputUnwritable, format!("cannot write `{}`: {error}", path.display()))
        .help("check its permissions and the space on its disk; what was there before is untouched")
}
