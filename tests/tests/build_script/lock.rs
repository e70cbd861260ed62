//! From the first build of a new annotation to a locked one.

use std::collections::BTreeMap;

use tywrap_contract::lock::{FORMAT, Lock, LockedModule, announce, sha256};
use tywrap_surface::analyze::{Analyzer, SearchPath, Target};

use crate::project::{Project, of_build_script};

const STATISTICS: &str = "#[tywrap::wrap(\"statistics\")]\npub mod statistics {}";
const ALLOWED: &str = "[module-whitelist]\nallowed-modules = [\"statistics\"]\n";
const REQUIRED: &str = "[module-whitelist]\nallowed-modules = [\"statistics\"]\n[lock]\nrequired = true\n";

/// Writes what the lock command writes.
fn lock(project: &Project) {
    let surface = Analyzer::new(Target::default(), SearchPath::stdlib()).surface("statistics").unwrap();
    let (json, docs) = (surface.to_json(), surface.docs_to_json());
    let module = LockedModule {
        distribution: None,
        version: None,
        record: BTreeMap::new(),
        surface: sha256(json.as_bytes()),
        docs: Some(sha256(docs.as_bytes())),
    };
    let lock = Lock {
        format: FORMAT,
        requires_python: ">=3.10".to_owned(),
        module: BTreeMap::from([("statistics".to_owned(), module)]),
    };
    project.write(".tywrap/statistics.json", &json);
    project.write(".tywrap/statistics.docs.json", &docs);
    project.write("tywrap.lock", &lock.to_toml().unwrap());
}

#[test]
fn a_newcomers_module_builds_with_one_warning() {
    let project = Project::new("lock-newcomer", STATISTICS);
    project.write("tywrap.toml", ALLOWED);
    let built = project.builds();
    let warnings: Vec<&str> = of_build_script(&built, "warning").collect();
    assert_eq!(warnings.len(), 1, "{}", built.report());
    assert!(warnings[0].contains("cargo tywrap lock statistics"), "{}", warnings[0]);
    assert!(project.emitted().contains(&"statistics.ts".to_owned()));
    assert_eq!(project.report()["modules"][0]["locked"], false);

    // The lock appears, and nothing else changes.
    lock(&project);
    announce(&project.fixture.dir().join("tywrap.lock")).unwrap();
    let built = project.builds();
    assert_eq!(of_build_script(&built, "warning").count(), 0, "{}", built.report());
    assert_eq!(project.report()["modules"][0]["locked"], true);
}

/// Each is one warning that names file and line; the rest of the module is emitted, and a build that keeps it says it again.
#[test]
fn what_is_wrong_with_stubs_is_said_in_every_build() {
    let project = Project::new("lock-broken-stubs", "#[tywrap::wrap(\"shapes\")]\npub mod shapes {}");
    project.write(
        "tywrap.toml",
        "[module-whitelist]\nallowed-modules = [\"shapes\"]\n[subprocess]\nvenv = \"sub/../venv\"\n",
    );
    project.write("sub/empty", "");
    project.write("venv/pyvenv.cfg", "version = 3.11.7\n");
    let stub = "venv/lib/python3.11/site-packages/shapes/__init__.pyi";
    let broken = "from elsewhere import Shape\ndef area(of: Shape) -> float: ...\ndef broken(: ...\n";
    project.write(stub, broken);
    let warnings = || -> Vec<String> {
        let built = project.builds();
        let warnings = of_build_script(&built, "warning").filter(|line| !line.contains("cargo tywrap lock"));
        warnings.map(str::to_owned).collect()
    };
    let first = warnings();
    assert_eq!(first.len(), 2, "{first:#?}");
    for (code, place) in [("[stub-malformed]", ":3;"), ("[stub-dependency]", ":1;")] {
        let file = format!("{}{place}", project.fixture.dir().canonicalize().unwrap().join(stub).display());
        let said = first.iter().any(|line| line.contains(code) && line.contains(&file));
        assert!(said, "{code} at {file}: {first:#?}");
    }
    let text = std::fs::read_to_string(project.package().join("shapes.ts")).unwrap();
    assert!(text.contains("function area(") && !text.contains("function broken("));

    project.main("#[tywrap::wrap(\"shapes\")]\npub mod shapes {}\npub mod more {}");
    assert_eq!(warnings(), first, "kept, and said again");
    project.write(stub, "def area(of: int) -> float: ...\n");
    assert_eq!(warnings(), Vec::<String>::new(), "the control: mended");
}

#[test]
fn where_a_lock_is_required_the_command_is_named_and_then_it_builds() {
    let project = Project::new("lock-required", STATISTICS);
    project.write("tywrap.toml", REQUIRED);
    let found = project.complains();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].line, "Python module `statistics` is not in `tywrap.lock` [module-not-locked]");
    assert_eq!(found[0].place.as_ref().unwrap().3, "\"statistics\"");
    assert!(found[0].text.contains("cargo tywrap lock statistics"), "{}", found[0].text);

    lock(&project);
    let built = project.builds();
    assert_eq!(of_build_script(&built, "warning").count(), 0, "{}", built.report());
    assert_eq!(project.report()["modules"][0]["locked"], true);
}

#[test]
fn locked_and_unlocked_builds_emit_the_same() {
    let project = Project::new("lock-same", STATISTICS);
    project.write("tywrap.toml", ALLOWED);
    project.builds();
    let read = || {
        ["ts", "js", "d.ts"].map(|kind| std::fs::read(project.package().join(format!("statistics.{kind}"))).unwrap())
    };
    let unlocked = read();
    lock(&project);
    project.write("tywrap.toml", REQUIRED);
    project.builds();
    assert_eq!(read(), unlocked);
}

#[test]
fn an_edited_surface_is_refused_and_the_output_kept() {
    let project = Project::new("lock-edited", STATISTICS);
    project.write("tywrap.toml", REQUIRED);
    lock(&project);
    project.builds();
    let before = std::fs::read(project.package().join("statistics.ts")).unwrap();
    let surface = project.fixture.read(".tywrap/statistics.json").unwrap();
    project.write(".tywrap/statistics.json", &surface.replacen("fmean", "evil_", 1));
    let found = project.complains();
    assert!(found[0].line.ends_with("[surface-digest]"), "{}", found[0].line);
    assert!(found[0].line.contains(".tywrap/statistics.json"), "{}", found[0].line);
    assert!(found[0].text.contains("cargo tywrap lock statistics"), "{}", found[0].text);
    assert_eq!(std::fs::read(project.package().join("statistics.ts")).unwrap(), before);

    project.write(".tywrap/statistics.json", &surface);
    project.builds();
}

#[test]
fn a_damaged_or_newer_lock_is_one_error() {
    let project = Project::new("lock-damaged", STATISTICS);
    project.write("tywrap.toml", REQUIRED);
    lock(&project);
    let good = project.fixture.read("tywrap.lock").unwrap();
    let cases = [
        (good[..good.len() / 2].to_owned(), "[lock-malformed]", "cargo tywrap lock"),
        (good.replace("[module.statistics]", "[modul.statistics]"), "[lock-malformed]", "cargo tywrap lock"),
        (good.replace("format = 1", "format = 2"), "[lock-version]", "update `tywrap`"),
    ];
    for (text, code, step) in cases {
        project.write("tywrap.lock", &text);
        let built = project.build();
        assert!(!built.success());
        let lines: Vec<&str> = of_build_script(&built, "error").collect();
        assert_eq!(lines.len(), 1, "{}", built.report());
        assert!(lines[0].contains("tywrap.lock") && lines[0].contains(code) && lines[0].contains(step), "{}", lines[0]);
    }
}
