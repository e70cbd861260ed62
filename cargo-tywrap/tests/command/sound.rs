//! A project in which all is well, with what it takes to break it.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tywrap_contract::lock::sha256;
use tywrap_policy::Severity;
use tywrap_runtime::{AuditOptions, EventKind, SecurityEvent, SecurityLogger};

use crate::project::{Project, Ran};

const MANIFEST: &str = r#"[package]
name = "app"
version = "0.1.0"
edition = "2024"

[workspace]

[dependencies]
tywrap = { version = "0.2", features = ["metrics", "syslog"] }

[build-dependencies]
tywrap-build = "0.2"

[dev-dependencies]
trybuild = "1"
"#;

const POLICY: &str = r#"[input-validation]
strict-mode = true
[module-whitelist]
allowed-modules = ["math", "box"]
[subprocess]
interpreter = "/usr/bin/python3"
command-whitelist = ["python3"]
environment-cleaning = true
timeout = "30s"
allowed-environment-vars = ["PATH"]
[sandbox]
memory = "1GiB"
[filesystem]
allowed-directories = ["data"]
[code-generation]
output-validation = true
[monitoring]
audit-log = "logs/audit.jsonl"
log-retention = "30d"
alert-command = ["/usr/bin/python3", "-V"]
"#;

const PAGE: &str = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'self'\"><title>App</title>\n";

/// What `cargo audit --json` prints where it finds nothing.
const NO_ADVISORY: &str = r#"{"vulnerabilities":{"found":false,"count":0,"list":[]}}"#;

/// A project in which all is well: locked, built, logged and committed.
pub(crate) fn sound() -> Project {
    let project = Project::new(&[
        ("Cargo.toml", MANIFEST),
        ("tywrap.toml", POLICY),
        ("build.rs", "fn main() {\n    tywrap_build::build();\n}\n"),
        ("src/main.rs", "#[tywrap::wrap(\"math\")]\nmod math {}\nfn main() {}\n"),
        ("tests/calls.rs", "#[test]\nfn calls() {}\n"),
        ("app/index.html", PAGE),
        ("SECURITY.md", "1. Assess\n2. Contain\n3. Investigate\n4. Recover\n5. Learn\n"),
        (".gitignore", "/target\n/logs\n/bin\n"),
    ]);
    assert!(project.lock(&[]).0);
    build(&project.path(""), "app", &project.path("target"));
    log(&project, "logs");
    scanner(&project, "cargo-audit", NO_ADVISORY, "", 0);
    std::os::unix::fs::symlink(git(), project.path("bin/git")).unwrap();
    git_in(&project, &["init", "--quiet"]);
    commit(&project);
    project
}

/// Where git is on this machine.
pub(crate) fn git() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).map(|folder| folder.join("git")).find(|path| path.is_file()).unwrap()
}

/// Does what the build script of a package does, in a process of its own, whose environment is that of a build script.
pub(crate) fn build(package: &Path, name: &str, target: &Path) {
    let out = target.join("debug/build/package/out");
    std::fs::create_dir_all(&out).unwrap();
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sound::a_build_script", "--ignored"])
        .env("CARGO_MANIFEST_DIR", package)
        .env("CARGO_PKG_NAME", name)
        .env("CARGO_PKG_VERSION", "0.1.0")
        .env("OUT_DIR", out)
        .env("TYWRAP_LOCKED", "1")
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    assert!(ran.status.success() && target.join("tywrap").join(name).is_dir(), "{ran:?}");
}

#[test]
#[ignore = "a build script: `build` starts it as one"]
fn a_build_script() {
    let report = tywrap_build::try_build().unwrap();
    assert!(!report.modules.is_empty() && report.denied.is_empty(), "{report:?}");
}

/// Writes the list of what was emitted for what lies there.
pub(crate) fn list(project: &Project) {
    let folder = project.path("target/tywrap/app");
    let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: BTreeMap<String, String> = names
        .filter(|name| !name.starts_with('.'))
        .map(|name| {
            let digest = sha256(&std::fs::read(folder.join(&name)).unwrap());
            (name, digest)
        })
        .collect();
    let text = serde_json::json!({ "package": "app", "files": files }).to_string();
    project.write("target/tywrap/app/.tywrap-files.json", &text);
}

/// Has a log write what a host would.
pub(crate) fn log(project: &Project, folder: &str) {
    project.write(&format!("{folder}/readme"), "");
    let path = project.path(&format!("{folder}/audit.jsonl"));
    let logger = SecurityLogger::with_audit(AuditOptions::new(path)).unwrap();
    for number in 1..=3 {
        logger.record(SecurityEvent::new(EventKind::CallRefused, Severity::High, &format!("event {number}")));
    }
    logger.flush();
}

/// Installs a program that prints two texts, and ends.
pub(crate) fn scanner(project: &Project, name: &str, stdout: &str, stderr: &str, code: u8) {
    let script = format!("#!/bin/sh\necho '{stdout}'\necho '{stderr}' >&2\nexit {code}\n");
    project.write(&format!("bin/{name}"), &script);
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(project.path(&format!("bin/{name}")), executable).unwrap();
}

pub(crate) fn edit(project: &Project, path: &str, from: &str, to: &str) {
    let text = project.read(path);
    assert!(text.contains(from), "{path} has no {from}: {text}");
    project.write(path, &text.replacen(from, to, 1));
}

pub(crate) fn remove(project: &Project, path: &str) {
    std::fs::remove_file(project.path(path)).unwrap();
}

fn git_in(project: &Project, arguments: &[&str]) {
    let identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
    let ran = Command::new("git").args(identity).args(arguments).current_dir(project.path("")).output().unwrap();
    assert!(ran.status.success(), "{arguments:?}: {ran:?}");
}

pub(crate) fn commit(project: &Project) {
    git_in(project, &["add", "--all"]);
    git_in(project, &["commit", "--quiet", "--allow-empty", "--message", "Review"]);
}

/// Runs any command with nothing of this machine's on its `PATH` but git and what is installed in the project.
pub(crate) fn run_any(project: &Project, arguments: &[&str]) -> Ran {
    let [home, bin, target] = ["", "bin", "target"].map(|path| project.path(path));
    let variables = [
        ("CARGO", env!("CARGO")),
        ("PATH", bin.to_str().unwrap()),
        ("HOME", home.to_str().unwrap()),
        ("XDG_STATE_HOME", ""),
        ("CARGO_TARGET_DIR", target.to_str().unwrap()),
        ("GIT_CONFIG_NOSYSTEM", "1"),
    ];
    project.run("", arguments, &variables)
}
