//! `cargo tywrap doctor --checklist`, on a project in which all is well, and on ones in which something is not.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tywrap_contract::lock::sha256;
use tywrap_policy::Severity;
use tywrap_runtime::{AuditOptions, EventKind, SecurityEvent, SecurityLogger};

use crate::check::install;
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

pub(crate) const TOPICS: [&str; 15] = [
    "vulnerabilities addressed",
    "input validation",
    "module list",
    "subprocess hardening",
    "path traversal",
    "injection",
    "logging",
    "incident procedures",
    "tests",
    "dependency scan",
    "CSP",
    "environment",
    "limits and timeouts",
    "metrics and alerts",
    "reviews",
];

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
        .args(["--exact", "checklist::a_build_script", "--ignored"])
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
fn list(project: &Project) {
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
fn scanner(project: &Project, name: &str, stdout: &str, stderr: &str, code: u8) {
    let script = format!("#!/bin/sh\necho '{stdout}'\necho '{stderr}' >&2\nexit {code}\n");
    project.write(&format!("bin/{name}"), &script);
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(project.path(&format!("bin/{name}")), executable).unwrap();
}

fn edit(project: &Project, path: &str, from: &str, to: &str) {
    let text = project.read(path);
    assert!(text.contains(from), "{path} has no {from}: {text}");
    project.write(path, &text.replacen(from, to, 1));
}

fn remove(project: &Project, path: &str) {
    std::fs::remove_file(project.path(path)).unwrap();
}

fn git_in(project: &Project, arguments: &[&str]) {
    let identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"];
    let ran = Command::new("git").args(identity).args(arguments).current_dir(project.path("")).output().unwrap();
    assert!(ran.status.success(), "{arguments:?}: {ran:?}");
}

fn commit(project: &Project) {
    git_in(project, &["add", "--all"]);
    git_in(project, &["commit", "--quiet", "--allow-empty", "--message", "Review"]);
}

fn run(project: &Project, arguments: &[&str]) -> Ran {
    run_any(project, &[&["doctor", "--checklist"], arguments].concat())
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

/// The checklist of a project: the exit code, and by topic the state with everything that was said.
fn checklist(project: &Project) -> (i32, BTreeMap<String, (String, String)>) {
    let Ran { code, output, messages } = run(project, &["--json"]);
    let document: Value = serde_json::from_str(&output).unwrap_or_else(|error| panic!("{error}: {output}{messages}"));
    let lines = document["projects"][0]["lines"].as_array().unwrap();
    let topics: Vec<&str> = lines.iter().map(|line| line["topic"].as_str().unwrap()).collect();
    assert_eq!(topics, TOPICS);
    let line = |line: &Value| {
        let text = |key: &str| line[key].as_str().unwrap().to_owned();
        (text("topic"), (text("state"), format!("{}\n{}", line["found"], line["by_hand"])))
    };
    (code, lines.iter().map(line).collect())
}

/// Expects of some topics a state and a part of what is said, and of all others that they pass.
#[track_caller]
fn expect(project: &Project, expected: &[(&str, &str, &str)]) {
    let (code, lines) = checklist(project);
    for topic in TOPICS {
        let (state, said) = &lines[topic];
        let all: Vec<_> = expected.iter().filter(|(of, ..)| *of == topic).collect();
        assert_eq!(state, all.first().map_or("pass", |(_, state, _)| state), "{topic}: {said}");
        for (_, _, part) in all {
            assert!(said.contains(part), "{topic} says no {part:?}: {said}");
        }
    }
    let fails = expected.iter().any(|(_, state, _)| *state == "fail");
    assert_eq!(code, i32::from(fails));
}

#[test]
fn a_sound_project_passes_every_line() {
    let project = sound();
    expect(
        &project,
        &[
            ("module list", "pass", "1 module locked"),
            ("subprocess hardening", "pass", "none of 20 attacks gets through"),
            ("path traversal", "pass", "3 files of 1 module name nothing outside"),
            ("injection", "pass", "3 files of 1 module match the grammar"),
            ("injection", "pass", "`app`: 1 module as policy and lock make them"),
            ("logging", "pass", "events as written"),
            ("logging", "pass", "keep a head"),
            ("dependency scan", "pass", "`cargo audit` found nothing"),
            ("dependency scan", "pass", "no Python package is wrapped"),
        ],
    );
    let Ran { code, output, messages } = run(&project, &[]);
    assert_eq!(code, 0, "{output}{messages}");
    assert!(output.starts_with("policy: tywrap.toml\n\nstate "), "{output}");
    assert!(output.ends_with("\n15 pass, 0 warn, 0 fail, 0 manual\n"), "{output}");
    assert!(output.lines().all(|line| line.chars().count() <= 80) && !output.contains('\u{1b}'), "{output}");
}

#[test]
fn each_line_fails_by_what_it_is_about() {
    let project = sound();
    edit(&project, "tywrap.toml", "[\"python3\"]", "[\"python3\", \"bash\"]");
    edit(&project, "src/main.rs", "fn main", "#[tywrap::wrap(\"os\")]\nmod os {}\nfn main");
    edit(&project, "tywrap.toml", "[\"data\"]", "[\"data\", \".\"]");
    edit(&project, "tywrap.toml", "\"30d\"", "\"7d\"");
    remove(&project, "tests/calls.rs");
    edit(&project, "app/index.html", "'self'", "'self' 'unsafe-inline'");
    edit(&project, "tywrap.toml", "\"30s\"", "\"20m\"");
    expect(
        &project,
        &[
            ("vulnerabilities addressed", "fail", "program `bash` is accepted"),
            ("module list", "fail", "src/main.rs:3: Python module `os` is blocked by policy"),
            ("path traversal", "fail", "which holds the policy"),
            ("logging", "fail", "files are kept for 7days, less than 30days"),
            ("tests", "fail", "no package has a target in `tests/`"),
            ("CSP", "fail", "`app/index.html`: scripts are allowed by `'unsafe-inline'`"),
            ("limits and timeouts", "fail", "`subprocess.timeout` is 20m, longer than the 15 minutes"),
            ("reviews", "fail", "1 file of the policy, the lock and `.tywrap/` differ"),
        ],
    );
    let project = sound();
    edit(&project, "tywrap.toml", "strict-mode = true", "strict-mode = false");
    edit(&project, "tywrap.toml", "interpreter = \"/usr/bin/python3\"", "interpreter = \"/nowhere/python3\"");
    edit(&project, "target/tywrap/app/math.js", "export {", "globalThis.stolen = 1;\nexport {");
    list(&project);
    edit(&project, "SECURITY.md", "Learn", "Forget");
    let advisory = r#"{"package":{"name":"openssl"},"advisory":{"id":"RUSTSEC-2000-0001"}}"#;
    scanner(&project, "cargo-audit", &format!(r#"{{"vulnerabilities":{{"list":[{advisory}]}}}}"#), "", 1);
    edit(&project, "tywrap.toml", "[\"PATH\"]", "[\"PATH\", \"SECRET\", \"PYTHONSTARTUP\"]");
    edit(&project, "tywrap.toml", "[\"/usr/bin/python3\", \"-V\"]", "[\"/nowhere/python3\"]");
    commit(&project);
    expect(
        &project,
        &[
            ("vulnerabilities addressed", "warn", "`input-validation.strict-mode` is switched off"),
            ("input validation", "fail", "`input-validation.strict-mode` is off"),
            ("subprocess hardening", "fail", "[interpreter-missing]"),
            ("injection", "fail", "`app`: `math.js`: "),
            ("incident procedures", "fail", "`SECURITY.md` does not say how to learn"),
            ("dependency scan", "fail", "`cargo audit` found 1 advisory: openssl (RUSTSEC-2000-0001)"),
            ("environment", "fail", "`SECRET` is not in the default list, and no reason is given"),
            ("environment", "fail", "`PYTHONSTARTUP` changes what programs load"),
            ("metrics and alerts", "fail", "`alert-command` is not there: `/nowhere/python3`"),
        ],
    );
}

#[test]
fn each_line_has_more_than_one_way_to_fail() {
    let project = sound();
    edit(&project, "tywrap.toml", "environment-cleaning = true", "environment-cleaning = false");
    edit(&project, "tywrap.toml", "strict-mode = true", "allowed-characters = \"^.+$\"");
    remove(&project, "tywrap.lock");
    edit(&project, "target/tywrap/app/math.js.map", "math.ts", "../../../secret.ts");
    edit(&project, "logs/audit.jsonl", "event 2", "event 7");
    edit(&project, "app/index.html", "default-src", "img-src");
    edit(&project, "tywrap.toml", "\"30s\"", "\"3s\"");
    expect(
        &project,
        &[
            ("vulnerabilities addressed", "fail", "variable `MALICIOUS_VAR` is accepted"),
            ("input validation", "fail", "`allowed-characters` lets "),
            ("module list", "fail", "there is no `tywrap.lock`"),
            ("subprocess hardening", "fail", "`subprocess.environment-cleaning` is off"),
            ("path traversal", "fail", "`math.js.map`: it names `../../../secret.ts`, outside the package"),
            ("injection", "fail", "`math.js.map`: it was changed after it was written"),
            ("logging", "fail", "was changed at line 2"),
            ("CSP", "fail", "so any script may run"),
            ("environment", "fail", "`subprocess.environment-cleaning` is off"),
            ("limits and timeouts", "fail", "`subprocess.kill-grace` is 5s, longer than the call itself"),
            ("reviews", "fail", "differ"),
        ],
    );
}

#[test]
fn a_literal_that_was_changed_is_seen_although_the_grammar_takes_it() {
    let project = sound();
    edit(&project, "target/tywrap/app/math.js", "\"sqrt\"", "\"exp\"");
    list(&project);
    let said = "`app`: `math` not as policy and lock make it now: build again";
    expect(&project, &[("injection", "fail", said), ("injection", "fail", "3 files of 1 module match the grammar")]);
    build(&project.path(""), "app", &project.path("target"));
    expect(&project, &[("injection", "pass", "1 module as policy and lock make them")]);
}

#[test]
fn what_only_a_person_can_see_is_never_passed() {
    let project = sound();
    for path in ["app/index.html", "SECURITY.md", "bin/cargo-audit", "bin/git", "logs/audit.jsonl"] {
        remove(&project, path);
    }
    std::fs::remove_dir_all(project.path("target")).unwrap();
    edit(&project, "Cargo.toml", ", features = [\"metrics\", \"syslog\"]", "");
    edit(&project, "tywrap.toml", "[\"PATH\"]", "[{ name = \"OMP_NUM_THREADS\", reason = \"four cores\" }]");
    edit(&project, "tywrap.toml", "\"30s\"", "\"5m\"");
    edit(&project, "tywrap.toml", "\"1GiB\"", "\"1GiB\"\nnetwork = { allow-tcp = [443] }");
    expect(
        &project,
        &[
            ("subprocess hardening", "warn", "allows TCP to 443"),
            ("path traversal", "warn", "`app` was not built yet"),
            ("injection", "warn", "`app` was not built yet"),
            ("logging", "warn", "no host of this user has written an audit file yet"),
            ("incident procedures", "manual", "write down the five steps"),
            ("dependency scan", "manual", "neither `cargo audit` nor `cargo deny` is installed"),
            ("CSP", "manual", "no page is in the project"),
            ("environment", "warn", "`OMP_NUM_THREADS` is let through: four cores"),
            ("limits and timeouts", "warn", "`subprocess.timeout` is 5m, more than 4 times its default of 30s"),
            ("metrics and alerts", "warn", "the feature `metrics` of `tywrap` is off"),
            ("reviews", "manual", "git is not installed"),
        ],
    );
}

#[test]
fn scanners_are_believed_by_what_they_print() {
    let project = sound();
    edit(&project, "src/main.rs", "fn main", "#[tywrap::wrap(\"box\")]\nmod packed {}\nfn main");
    install(&project, "1.0", "def open(size: int) -> int: ...\n");
    edit(&project, "tywrap.toml", "[subprocess]\n", "[subprocess]\nvenv = \".venv\"\n");
    let python = ".venv/bin/python3";
    project.write(".venv/bin/readme", "");
    std::os::unix::fs::symlink("/usr/bin/python3", project.path(python)).unwrap();
    project.write(".gitignore", "/target\n/logs\n/bin\n/.venv\n");
    assert!(project.lock(&[]).0);
    commit(&project);
    let scan = |state: &str, said: &str| {
        let (_, lines) = checklist(&project);
        let (found, text) = &lines["dependency scan"];
        assert!(found == state && text.contains(said), "{found}: {text}");
    };
    scan("manual", "`pip-audit` is not installed, and `box` not scanned");
    let package = |vulns: &str| format!(r#"{{"dependencies":[{{"name":"box","version":"1.0","vulns":[{vulns}]}}]}}"#);
    scanner(&project, "pip-audit", &package(""), "", 0);
    scan("pass", "`pip-audit` found nothing");
    scanner(&project, "pip-audit", &package(r#"{"id":"PYSEC-2000-1"}"#), "", 1);
    scan("fail", "`pip-audit` found 1 advisory: box (PYSEC-2000-1)");
    // It ends well where it could not look anything up.
    let skipped = r#"{"dependencies":[{"name":"box","skip_reason":"not found"}]}"#;
    scanner(&project, "pip-audit", skipped, "", 0);
    scan("warn", "`pip-audit` knows nothing of 1 package: box");
    scanner(&project, "pip-audit", "", "no network", 1);
    scan("warn", "`pip-audit` did not finish, so nothing is known: no network");
    scanner(&project, "pip-audit", &package(""), "", 0);
    // `cargo deny` is asked where there is no `cargo audit`; its exit code alone says nothing.
    remove(&project, "bin/cargo-audit");
    scanner(&project, "cargo-deny", "", r#"{"type":"summary","fields":{}}"#, 0);
    scan("pass", "`cargo deny` found nothing");
    let fields = r#"{"severity":"error","advisory":{"id":"RUSTSEC-2000-0001","package":"openssl"}}"#;
    scanner(&project, "cargo-deny", "", &format!(r#"{{"type":"diagnostic","fields":{fields}}}"#), 1);
    scan("fail", "`cargo deny` found 1 advisory: openssl (RUSTSEC-2000-0001)");
    let fields = r#"{"severity":"error","code":"yanked","message":"detected yanked crate"}"#;
    scanner(&project, "cargo-deny", "", &format!(r#"{{"type":"diagnostic","fields":{fields}}}"#), 1);
    scan("fail", "`cargo deny` found 1 advisory: detected yanked crate");
    scanner(&project, "cargo-deny", "", "the database cannot be fetched", 1);
    scan("warn", "`cargo deny` did not finish, so nothing is known: the database cannot be fetched");
}

#[test]
fn without_a_valid_policy_nothing_passes() {
    let project = sound();
    edit(&project, "tywrap.toml", "strict-mode = true", "strictmode = true");
    let (code, lines) = checklist(&project);
    assert!(code == 1 && lines.values().all(|(state, _)| state == "fail"), "{lines:?}");
    assert!(run(&project, &[]).messages.contains("[policy-unknown-key]"));
}

#[test]
fn a_wrong_command_line_is_told_from_a_failure() {
    let project = Project::new(&[("readme", "")]);
    let run = |arguments: &[&str]| project.run("", &[&["doctor"], arguments].concat(), &[]);
    for (arguments, said) in [
        (&["--json"][..], "--checklist"),
        (&["--project", "."], "--checklist"),
        (&["--checklist", "--attack"], "cannot be used with"),
        (&["--checklist", "--project", ".", "--manifest-path", "Cargo.toml"], "cannot be used with"),
        (&["--checklist"], "there is no `Cargo.toml`"),
        (&["--checklist", "--project", "nowhere"], "nowhere/Cargo.toml"),
    ] {
        let Ran { code, messages, .. } = run(arguments);
        assert!(code == 2 && messages.contains(said), "{arguments:?}: {code} {messages}");
    }
}
