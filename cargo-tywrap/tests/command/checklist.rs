//! `cargo tywrap doctor --checklist`, on a project in which all is well, and on ones in which something is not.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::check::install;
use crate::project::{Project, Ran};
use crate::sound::{build, commit, edit, list, remove, run_any, scanner, sound};

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

fn run(project: &Project, arguments: &[&str]) -> Ran {
    run_any(project, &[&["doctor", "--checklist"], arguments].concat())
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
            ("logging", "fail", "files are kept for 7 days, less than 30 days"),
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
