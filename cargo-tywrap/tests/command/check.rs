//! `cargo tywrap check` on real projects.

use serde_json::Value;

use crate::project::{MANIFEST, Project, Ran, annotated, venv};

/// What describes a package that may change.
const STUB: &str = r#"from missing_package import Thing
class Box:
    size: int
    def __init__(self, size: int) -> None: ...
    def open(self, key: str = "a") -> bytes: ...
    def shut(self) -> None: ...
    class Lid: ...
def make(size: int) -> Box: ...
def thing(of: Thing, much) -> list[Thing]: ...
def gone(x: int) -> int: ...
LIMIT: int
"#;

/// A policy that allows what is wrapped here.
const ALLOWING: &str = "[module-whitelist]\nallowed-modules = [\"box\", \"math\", \"json\", \"untyped\"]\n";

/// A project that wraps the package `box`, of a version, as a stub describes it.
fn boxed(version: &str, stub: &str) -> Project {
    let project =
        Project::package("#[tywrap::wrap(\"box\")] mod b {}\n#[tywrap::wrap(\"math\", only = [\"sqrt\"])] mod m {}\n");
    project.write("tywrap.toml", ALLOWING);
    install(&project, version, stub);
    project
}

pub(crate) fn install(project: &Project, version: &str, stub: &str) {
    let packages = project.path(".venv/lib/python3.11/site-packages");
    let _ = std::fs::remove_dir_all(&packages);
    project.write(".venv/pyvenv.cfg", "version = 3.11.7\n");
    let write = |name: &str, text: &str| project.write(&format!(".venv/lib/python3.11/site-packages/{name}"), text);
    write("box/__init__.pyi", stub);
    let info = format!("box-{version}.dist-info");
    write(&format!("{info}/METADATA"), &format!("Metadata-Version: 2.1\nName: box\nVersion: {version}\n"));
    write(&format!("{info}/WHEEL"), "Wheel-Version: 1.0\nTag: py3-none-any\n");
    let digest = format!("{:064x}", stub.len());
    write(&format!("{info}/RECORD"), &format!("box/__init__.pyi,sha256={digest},{}\n", stub.len()));
}

#[test]
fn tells_what_each_module_gets_and_what_is_missing() {
    let project = boxed("1.0", STUB);
    assert!(project.lock(&[]).0);
    let before = project.written();
    let Ran { code, output, messages } = project.check(&[]);
    assert_eq!(code, 0, "{output}{messages}");
    insta::assert_snapshot!("check", output);
    insta::assert_snapshot!("check_verbose", project.check(&["--verbose"]).output);
    assert_eq!(project.written(), before, "nothing is written");
}

#[test]
fn a_changed_package_is_a_readable_difference() {
    let project = boxed("1.0", STUB);
    assert!(project.lock(&[]).0);
    let changed = STUB
        .replace(
            "def gone(x: int) -> int: ...",
            "@overload\ndef come(x: int) -> int: ...\n@overload\ndef come(x: str) -> str: ...",
        )
        .replace("from missing_package", "from typing import overload\nfrom missing_package")
        .replace("key: str = \"a\"", "key: str | bytes = \"a\"")
        .replace("    def shut(self) -> None: ...\n", "    \"\"\"A box.\"\"\"\n")
        .replace("LIMIT: int", "LIMIT: float");
    install(&project, "1.1", &changed);
    let before = project.written();
    let Ran { code, output, messages } = project.check(&[]);
    assert_eq!(code, 1, "{output}{messages}");
    let (_, difference) = output.split_once("\n1 module is not as in").unwrap();
    insta::assert_snapshot!("difference", difference);
    assert!(messages.contains("[lock-mismatch]") && messages.contains("cargo tywrap lock"), "{messages}");
    assert_eq!(project.written(), before, "nothing is written");

    let Ran { code, output, .. } = project.check(&["--json"]);
    assert_eq!(code, 1);
    let document: Value = serde_json::from_str(&output).unwrap();
    insta::assert_snapshot!("json", format!("{document:#}"));
    assert!(project.lock(&[]).0);
    assert_eq!(project.check(&[]).code, 0, "the control: locked anew");
}

#[test]
fn whatever_makes_the_lock_another_is_said() {
    let project = boxed("1.0", STUB);
    let first = project.check(&[]);
    assert_eq!(first.code, 1, "there is no lock yet");
    assert!(first.output.contains("+ box (box 1.0) is not locked") && first.output.contains("+ math is not locked"));
    assert!(project.lock(&[]).0);
    assert_eq!(project.check(&[]).code, 0);
    let (lock, surface) = (project.read("tywrap.lock"), project.read(".tywrap/box.json"));
    let says = |what: &str, module: &str| {
        let Ran { code, output, messages } = project.check(&[]);
        assert_eq!(code, 1, "{what}: {output}{messages}");
        assert!(output.contains(what) && output.contains(module), "{what}: {output}");
    };

    // Other files of the same version.
    install(&project, "1.0", STUB.trim_end());
    says("~ box: the installed files are not the locked ones, and the version is the same", "its surface is the same");
    install(&project, "1.0", STUB);
    project.write("tywrap.lock", &lock.replace("py3-none-any", "py2-none-any"));
    says("~ box: the lock has no files for py3-none-any", "its surface is the same");
    install(&project, "1.0.1", STUB);
    project.write("tywrap.lock", &lock);
    says("~ box: box 1.0 is now box 1.0.1", "its surface is the same");
    install(&project, "1.0", STUB);

    project.write(".tywrap/box.json", &surface.replace("bytes", "str"));
    says("[surface-digest]", "box.json");
    project.write(".tywrap/box.json", &surface);
    project.write("tywrap.lock", &format!("{lock}\n# mine\n"));
    says("is not as `cargo tywrap lock` writes it, and says the same", "tywrap.lock");
    project.write("tywrap.lock", &lock);
    project.write("src/main.rs", &annotated(&["box"]));
    says("- math is locked, and no longer annotated", "1 module is not");
    project.write("src/main.rs", &annotated(&["box", "math", "json"]));
    says("+ json is not locked", "1 module is not");
    project.write("src/main.rs", &annotated(&["box", "math"]));
    assert_eq!(project.check(&[]).code, 0, "the control: everything is as it was");
}

#[test]
fn what_cannot_be_checked_is_another_exit_code() {
    let project = Project::package(&annotated(&["math", "numpy"]));
    let Ran { code, output, messages } = project.check(&["--json"]);
    assert_eq!(code, 2);
    let document: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(document["errors"][0]["code"], "module-not-found", "{output}");
    assert!(messages.contains("pip install numpy"), "{messages}");
    for (path, text, expected) in [
        ("tywrap.toml", "[module-whitelst]\n", "tywrap.toml:1:"),
        ("tywrap.lock", "format = 99\nfuture = true\n", "newer"),
    ] {
        let project = Project::package(&annotated(&["math"]));
        assert!(project.lock(&[]).0);
        project.write(path, text);
        let Ran { code, messages, .. } = project.check(&[]);
        assert!(code == 2 && messages.contains(expected), "{code}: {messages}");
    }
    let project = Project::new(&[("Cargo.toml", MANIFEST), ("src/main.rs", &annotated(&["math"]))]);
    assert_eq!(project.check(&[]).code, 2, "no policy");
}

#[test]
fn what_the_policy_refuses_stands_beside_the_table() {
    let project = Project::package(
        "#[tywrap::wrap(\"os\")] mod o {}\n#[tywrap::wrap(\"json\", only = [\"load\", \"lod\"])] mod j {}\n#[tywrap::wrap(\"math\", except = [\"pi\"])] mod m {}\n",
    );
    assert!(project.lock(&[]).0);
    let Ran { code, output, messages } = project.check(&["--verbose"]);
    assert_eq!(code, 0, "the lock is what is installed: {output}{messages}");
    assert!(output.contains("nothing is emitted for `wrap(\"os\")` at src/main.rs:1:"), "{output}");
    assert!(
        output.contains("[module-blocked]") && output.contains("lod") && output.contains("math (except)"),
        "{output}"
    );
    assert!(output.contains("left out by annotations: 1") && output.contains("math.pi"), "{output}");
}

#[test]
fn members_of_a_workspace_are_checked_together() {
    let project = Project::new(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\"]"),
        ("a/Cargo.toml", MANIFEST),
        ("a/tywrap.toml", ""),
        ("a/src/main.rs", &annotated(&["math"])),
        ("b/Cargo.toml", &MANIFEST.replace("app", "b")),
        ("b/tywrap.toml", ""),
        ("b/src/lib.rs", &annotated(&["json"])),
    ]);
    assert!(project.lock(&[]).0);
    let Ran { code, output, .. } = project.check(&["--json"]);
    let document: Value = serde_json::from_str(&output).unwrap();
    let policies = document["projects"].as_array().unwrap().iter().map(|project| project["policy"].as_str().unwrap());
    assert_eq!((code, policies.collect::<Vec<_>>()), (0, vec!["a/tywrap.toml", "b/tywrap.toml"]));
    project.write("b/src/lib.rs", &annotated(&["json", "csv"]));
    assert_eq!(project.check(&[]).code, 1);
    assert_eq!(project.check(&["--manifest-path", "a/Cargo.toml"]).code, 0);
}

#[test]
fn untyped_sources_are_told_as_such() {
    let project = Project::package(&annotated(&["untyped"]));
    project.write("tywrap.toml", ALLOWING);
    assert!(project.lock(&["--venv", &venv()]).0);
    let Ran { code, output, messages } = project.check(&["--venv", &venv()]);
    assert!(code == 0 && output.contains("unknown: not annotated"), "{output}{messages}");
}
