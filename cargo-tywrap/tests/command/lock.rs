//! `cargo tywrap lock` on real projects.

use crate::project::{MANIFEST, Project, annotated, venv};

#[test]
fn locks_what_is_annotated_although_the_crate_does_not_compile() {
    let project = Project::package(
        "#[tywrap::wrap(\"math\")] mod math {}\n#[cfg(windows)] #[tywrap::wrap(\"json\", only = [\"decoder.JSONDecoder\"])] struct J;\nfn main() { undefined() }",
    );
    let (ok, shown) = project.lock(&[]);
    assert!(ok, "{shown}");
    let written = project.written();
    let names: Vec<&str> = written.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "json.decoder.docs.json",
            "json.decoder.json",
            "json.docs.json",
            "json.json",
            "math.docs.json",
            "math.json",
            "tywrap.lock"
        ]
    );
    assert!(shown.contains("Locked `math`: 55 functions, 5 constants"), "{shown}");
    assert!(project.read("tywrap.lock").contains("requires-python = \">=3.11\""));
    for (name, text) in &written {
        assert!(
            !text.contains(project.path("").to_str().unwrap().trim_end_matches('/')),
            "{name} has an absolute path"
        );
    }
}

#[test]
fn the_same_input_gives_the_same_bytes_in_another_folder() {
    let source = annotated(&["statistics", "collections", "torture"]);
    let (one, two) = (Project::package(&source), Project::package(&source));
    let options = ["--venv", &venv()];
    assert!(one.lock(&options).0 && two.lock(&options).0);
    assert_eq!(one.written(), two.written());
    assert!(one.written()["tywrap.lock"].contains("distribution = \"Torture\"\nversion = \"1.2\""));
    let before = one.path("tywrap.lock").metadata().unwrap().modified().unwrap();
    let (ok, shown) = one.lock(&options);
    assert!(ok && shown.contains("Unchanged `statistics`"), "{shown}");
    assert_eq!(one.path("tywrap.lock").metadata().unwrap().modified().unwrap(), before, "nothing was written again");
}

#[test]
fn neither_the_run_nor_the_hash_seed_shows_in_the_bytes() {
    let source = annotated(&["typing", "xml.etree.ElementTree", "classes", "untyped", "circle", "needy", "folded"]);
    let locked = |seed: &str| {
        let project = Project::package(&source);
        let (ok, shown) = project.lock_with("", &["--venv", &venv()], &[("PYTHONHASHSEED", seed)]);
        assert!(ok, "{shown}");
        // Notes name the policy, which is elsewhere each time.
        (project.written(), shown.replace(project.path("").to_str().unwrap().trim_end_matches('/'), ""))
    };
    let (first, shown) = locked("0");
    assert!(first.len() > 8);
    for seed in ["1", "4294967295"] {
        assert_eq!(locked(seed), (first.clone(), shown.clone()), "warnings come in the same order, too");
    }
}

#[test]
fn check_writes_nothing_and_fails_if_something_would_change() {
    let project = Project::package(&annotated(&["math"]));
    let (ok, shown) = project.lock(&["--check"]);
    assert!(!ok && shown.contains("not up to date") && project.written().is_empty(), "{shown}");
    assert!(project.lock(&[]).0);
    assert!(project.lock(&["--check"]).0, "the control: up to date");
    let surface = project.read(".tywrap/math.json");
    for damaged in [surface.replace("-> float", "-> int"), String::new()] {
        project.write(".tywrap/math.json", &damaged);
        assert!(!project.lock(&["--check"]).0);
    }
    assert!(project.lock(&[]).0);
    assert_eq!(project.read(".tywrap/math.json"), surface, "it is mended");
}

#[test]
fn what_is_no_longer_annotated_goes() {
    let project = Project::package(&annotated(&["math", "json"]));
    assert!(project.lock(&[]).0);
    project.write(".tywrap/notes.txt", "mine");
    project.write("src/main.rs", &annotated(&["math"]));
    assert!(!project.lock(&["--check"]).0);
    let (ok, shown) = project.lock(&[]);
    assert!(ok && shown.contains("Removed `json`"), "{shown}");
    assert!(!project.path(".tywrap/json.json").exists() && !project.read("tywrap.lock").contains("json"));
    assert!(project.path(".tywrap/notes.txt").exists(), "what no lock wrote is left alone");
}

#[test]
fn a_source_that_cannot_be_parsed_removes_nothing() {
    let project = Project::package(&annotated(&["math", "json"]));
    assert!(project.lock(&[]).0);
    let before = project.written();
    project.write("src/main.rs", "#[tywrap::wrap(\"math\")] mod math {");
    let (ok, shown) = project.lock(&[]);
    assert!(ok && shown.contains("main.rs"), "{shown}");
    assert_eq!(project.written(), before);
}

#[test]
fn one_module_is_renewed_alone() {
    let project = Project::package(&annotated(&["math", "json"]));
    assert!(project.lock(&[]).0);
    project.write(".tywrap/json.json", "damaged");
    let (ok, shown) = project.lock(&["math"]);
    assert!(ok && !shown.contains("`json`"), "{shown}");
    assert_eq!(project.read(".tywrap/json.json"), "damaged");
    assert!(project.lock(&["json"]).0);
    assert_ne!(project.read(".tywrap/json.json"), "damaged");
    let (ok, shown) = project.lock(&["maths"]);
    assert!(!ok && shown.contains("did you mean `math`?"), "{shown}");
}

#[test]
fn what_the_policy_blocks_is_skipped_and_what_it_may_still_allow_is_not() {
    let project = Project::package(&annotated(&["os", "math; import os", "statistics", "math"]));
    let (ok, shown) = project.lock(&[]);
    assert!(ok, "{shown}");
    assert!(shown.contains("Skipped") && shown.contains("`os`") && shown.contains("[module-blocked]"), "{shown}");
    assert!(shown.contains("`statistics` is not allowed"), "{shown}");
    let lock = project.read("tywrap.lock");
    assert!(lock.contains("[module.statistics]") && lock.contains("[module.math]") && !lock.contains("os]"), "{lock}");
}

#[test]
fn all_that_is_wrong_is_said_at_once_and_nothing_is_written() {
    let project = Project::package(&annotated(&["math", "numpy", "compiled", "broken"]));
    let (ok, shown) = project.lock(&["--venv", &venv()]);
    assert!(!ok);
    for text in ["pip install numpy", "compiled.cpython-311", "broken/__init__.pyi:2", "annotated at src/main.rs:3"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    assert!(project.written().is_empty());
}

/// Locks one module of the fixtures, and gives what was shown and the surface.
fn lock_bad(module: &str) -> (String, String) {
    let project = Project::package(&annotated(&[module]));
    let (ok, shown) = project.lock(&["--venv", &venv()]);
    assert!(ok, "{module}: {shown}");
    (shown, project.read(&format!(".tywrap/{module}.json")))
}

#[test]
fn bad_stubs_are_one_warning_and_the_rest_is_locked() {
    for (module, code, place, kept, lost) in [
        ("broken", "stub-malformed", "broken/__init__.pyi:2", "fine", Some("broken")),
        ("untyped", "module-untyped", "untyped/__init__.py:1", "f", None),
        ("circle", "stub-circular", "circle/right.pyi:2", "kept", Some("lost")),
        ("needy", "stub-dependency", "needy/__init__.pyi:1", "own", None),
        ("fast", "stub-dependency", "fast/__init__.pyi:1", "own", Some("quick")),
        ("letters", "identifier-refused", "letters/__init__.pyi:2", "plain", Some("μ")),
        ("folded", "name-collision", "folded/__init__.pyi:3", "fit", None),
    ] {
        let (shown, surface) = lock_bad(module);
        assert_eq!(shown.matches("warning:").count(), 1, "{module}: {shown}");
        assert!(shown.contains(code) && shown.contains(place), "{module}: {shown}");
        assert!(surface.contains(&format!("{{\"func\": \"{kept}\"")), "{module}: {surface}");
        let omitted = surface.split("\"omitted\"").nth(1).unwrap_or_default();
        assert_eq!(lost.is_some(), lost.is_some_and(|lost| omitted.contains(lost)), "{module}: {surface}");
    }
    let (shown, _) = lock_bad("torture.nested");
    assert!(!shown.contains("warning:"), "the control: {shown}");
}

#[test]
fn a_stub_of_10_mb_is_one_warning() {
    let project = Project::package(&annotated(&["big"]));
    let packages = "venv/lib/python3.11/site-packages";
    project.write("venv/pyvenv.cfg", "version = 3.11.7\n");
    let text: String = (0..400_000).map(|at| format!("def f{at}() -> int: ...\n")).collect();
    assert!(text.len() > 10_000_000);
    project.write(&format!("{packages}/big.pyi"), &text);
    let (ok, shown) = project.lock(&["--venv", "venv"]);
    assert!(ok && shown.matches("warning:").count() == 1, "{shown}");
    assert!(shown.contains("stub-too-large") && shown.contains("big.pyi:3"), "{shown}");
    assert!(project.read(".tywrap/big.json").contains("\"f300000\""));
}

#[test]
fn modules_that_differ_by_case_are_one_file() {
    let project = Project::package(&annotated(&["case", "Case", "math"]));
    let packages = "venv/lib/python3.11/site-packages";
    project.write("venv/pyvenv.cfg", "version = 3.11.7\n");
    project.write(&format!("{packages}/case.pyi"), "x: int\n");
    project.write(&format!("{packages}/Case.pyi"), "y: int\n");
    let (ok, shown) = project.lock(&["--venv", "venv"]);
    assert!(ok && shown.matches("[name-collision]").count() == 1, "{shown}");
    assert!(shown.contains("src/main.rs:1") && shown.contains("src/main.rs:3"), "{shown}");
    let lock = project.read("tywrap.lock");
    assert!(
        lock.contains("[module.math]") && lock.contains("[module.Case]") != lock.contains("[module.case]"),
        "{lock}"
    );
}

#[test]
fn the_lock_keeps_its_python() {
    let project = Project::package(&annotated(&["math"]));
    assert!(project.lock(&["--python", "3.10"]).0);
    assert!(project.read("tywrap.lock").contains(">=3.10") && !project.read(".tywrap/math.json").contains("cbrt"));
    assert!(project.lock(&["--venv", &venv()]).0, "an environment of Python 3.11");
    assert!(project.read("tywrap.lock").contains(">=3.10"));
    let (ok, shown) = project.lock(&["--python", "2.7"]);
    assert!(!ok && shown.contains("3.9 or newer"), "{shown}");
    let (ok, shown) = project.lock(&["math", "--python", "3.12"]);
    assert!(!ok && shown.contains("leave out the names"), "{shown}");
}

#[test]
fn the_environment_is_the_policys() {
    let policy = format!("[subprocess]\nvenv = {:?}\n", venv());
    let project = Project::package(&annotated(&["torture"]));
    project.write("tywrap.toml", "[module-whitelist]\nallowed-modules = [\"torture\"]\n");
    assert!(!project.lock(&[]).0, "the control: without an environment there is no such package");
    project.write("tywrap.toml", &policy);
    let (ok, shown) = project.lock(&[]);
    assert!(ok && shown.contains("`torture` (Torture 1.2)"), "{shown}");
    project.write("tywrap.toml", "[subprocess]\nvenv = \"missing\"\n");
    let (ok, shown) = project.lock(&[]);
    assert!(!ok && shown.contains("pyvenv.cfg") && shown.contains("python3 -m venv"), "{shown}");
}

#[test]
fn members_of_a_workspace_share_the_lock_of_its_policy() {
    let project = Project::new(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\", \"c\"]"),
        ("tywrap.toml", ""),
        ("a/Cargo.toml", MANIFEST),
        ("a/src/main.rs", &annotated(&["math"])),
        ("b/Cargo.toml", &MANIFEST.replace("app", "b")),
        ("b/src/lib.rs", &annotated(&["json"])),
        ("c/Cargo.toml", &MANIFEST.replace("app", "c")),
        ("c/tywrap.toml", ""),
        ("c/src/lib.rs", &annotated(&["csv"])),
    ]);
    for (folder, has_c) in [("a/src", false), ("b", false), ("", true)] {
        let (ok, shown) = project.lock_in(folder, &[]);
        assert!(ok, "{shown}");
        let lock = project.read("tywrap.lock");
        assert!(lock.contains("module.math") && lock.contains("module.json") && !lock.contains("module.csv"), "{lock}");
        assert_eq!(project.path("c/tywrap.lock").exists(), has_c);
    }
    let (ok, shown) = project.lock(&["--manifest-path", "c/Cargo.toml", "--check"]);
    assert!(ok, "{shown}");
}

#[test]
fn bad_input_is_one_clear_error() {
    let project = Project::new(&[("Cargo.toml", MANIFEST), ("src/main.rs", &annotated(&["math"]))]);
    let (ok, shown) = project.lock(&[]);
    assert!(!ok && shown.contains("[policy-missing]") && shown.contains("cargo tywrap init"), "{shown}");
    project.write("tywrap.toml", "[module-whitelst]\n");
    let (ok, shown) = project.lock(&[]);
    assert!(!ok && shown.contains("tywrap.toml:1:"), "{shown}");
    project.write("tywrap.toml", "");
    project.write("tywrap.lock", "format = 99\nfuture = true\n");
    let (ok, shown) = project.lock(&[]);
    assert!(!ok && shown.contains("newer") && shown.contains("update"), "{shown}");
    project.write("tywrap.lock", "format = ");
    let (ok, shown) = project.lock(&[]);
    assert!(ok && shown.contains("warning") && project.read("tywrap.lock").contains("[module.math]"), "{shown}");
    let (ok, shown) = project.lock(&["--manifest-path", "nowhere/Cargo.toml"]);
    assert!(!ok && shown.contains("nowhere/Cargo.toml"), "{shown}");
}

#[cfg(unix)]
#[test]
fn a_failed_write_leaves_what_was_there() {
    let project = Project::package(&annotated(&["math"]));
    assert!(project.lock(&[]).0);
    let before = project.read("tywrap.lock");
    project.write("src/main.rs", &annotated(&["math", "json"]));
    // A folder where a surface belongs cannot be replaced by a file.
    std::fs::create_dir(project.path(".tywrap/json.json")).unwrap();
    let (ok, shown) = project.lock(&[]);
    assert!(!ok && shown.contains("[output-unwritable]") && shown.contains("json.json"), "{shown}");
    assert_eq!(project.read("tywrap.lock"), before);
    assert!(
        std::fs::read_dir(project.path(".tywrap"))
            .unwrap()
            .flatten()
            .all(|entry| !entry.file_name().to_string_lossy().contains(".tmp"))
    );
}
