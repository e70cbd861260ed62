//! SECURITY.md, held to what there is: its commands run, its tests exist, its numbers are those of the code.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tywrap_policy::{Code, Policy, Severity};

use crate::checklist::TOPICS;
use crate::project::{Project, Ran};
use crate::sound::{build, git, log, run_any, sound};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn document() -> String {
    std::fs::read_to_string(root().join("SECURITY.md")).unwrap()
}

/// A section of the document, without its heading.
fn section(document: &str, heading: &str) -> String {
    let (_, after) = document.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no {heading:?}"));
    after.split("\n## ").next().unwrap().to_owned()
}

/// The rows of the tables in a text, each as its cells.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let rows = text.lines().filter(|line| line.starts_with("| "));
    rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect()
}

/// What stands between backticks, and each line of a block of shell, without variables that are set before a command.
fn commands(document: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, part) in document.split("```").enumerate() {
        if at % 2 == 1 {
            found.extend(part.strip_prefix("sh\n").into_iter().flat_map(str::lines).map(str::to_owned));
        } else {
            found.extend(part.split('`').skip(1).step_by(2).map(|code| code.replace('\n', " ")));
        }
    }
    let bare = |command: String| command.trim_start_matches("TYWRAP_LOCKED=1 ").trim().to_owned();
    found.into_iter().map(bare).filter(|command| command.starts_with("cargo ")).collect()
}

#[test]
fn every_command_of_the_guide_runs() {
    let project = sound();
    // What the guide speaks of: an audit file where hosts write by themselves, a copy of it, and heads that were kept.
    log(&project, ".local/state/tywrap");
    log(&project, "evidence");
    let heads = run_any(&project, &["audit", "heads", "--dir", "evidence"]).output;
    project.write("kept-heads.txt", &heads);
    let commands = commands(&document());
    let ours: Vec<&str> = commands.iter().filter_map(|command| command.strip_prefix("cargo tywrap ")).collect();
    for expected in ["doctor --checklist", "audit verify", "lock --check", "doctor --attack", "check --verbose"] {
        assert!(ours.contains(&expected), "the guide has no `cargo tywrap {expected}`: {ours:?}");
    }
    for command in ours {
        let arguments: Vec<&str> = command.split(' ').collect();
        let Ran { code, output, messages } = run_any(&project, &arguments);
        assert_eq!(code, 0, "`cargo tywrap {command}`: {output}{messages}");
    }
    let Ran { code, messages, .. } = run_any(&project, &["doctor", "--check-list"]);
    assert!(code == 2 && messages.contains("--check-list"), "the control: {messages}");
}

/// Where tests of a package are looked for: in one target, or in all of it.
fn sources(package: &Path, target: Option<&str>) -> Vec<PathBuf> {
    let starts = match target {
        Some(name) => vec![package.join("tests").join(name), package.join("tests").join(format!("{name}.rs"))],
        None => vec![package.join("src"), package.join("tests")],
    };
    let mut sources = Vec::new();
    let mut left: Vec<PathBuf> = starts.into_iter().filter(|path| path.exists()).collect();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(path);
        }
    }
    sources
}

/// Why a `cargo test …` runs nothing, if it does not.
fn runs_nothing(command: &str) -> Option<String> {
    let mut words = command.split(' ').skip(2);
    let (mut package, mut target, mut name) = (None, None, None);
    while let Some(word) = words.next() {
        match word {
            "-p" => package = words.next(),
            "--test" => target = words.next(),
            "--features" => _ = words.next(),
            "--lib" | "--workspace" | "--all-features" => {}
            word => name = Some(word),
        }
    }
    let folder = match package {
        None => return name.map(|name| format!("which package is `{name}` of?")),
        Some("tywrap-tests") => "tests",
        Some(package) => package,
    };
    let sources = sources(&root().join(folder), target);
    if sources.is_empty() {
        return Some("there is no such package or target".to_owned());
    }
    let name = name?;
    let is_test = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let function = format!("fn {name}(");
        text.split("#[test]").skip(1).any(|test| test.split('{').next().is_some_and(|head| head.contains(&function)))
    };
    let is_module = |path: &PathBuf| {
        path.iter().any(|part| part == name) && std::fs::read_to_string(path).unwrap().contains("#[test]")
    };
    let exists = sources.iter().any(|path| is_test(path) || is_module(path));
    (!exists).then(|| format!("there is no test `{name}`"))
}

#[test]
fn every_test_that_is_named_exists() {
    let commands = commands(&document());
    let tests: Vec<&String> = commands.iter().filter(|command| command.starts_with("cargo test")).collect();
    assert!(tests.len() > 20, "{tests:?}");
    for command in tests {
        assert_eq!(runs_nothing(command), None, "`{command}`");
    }
    for wrong in [
        "cargo test -p tywrap-policy --test security_suite no_such_test",
        "cargo test -p tywrap-policy --test no_such_target programs_that_are_not_listed_are_refused",
        "cargo test -p tywrap-policy --test denials programs_that_are_not_listed_are_refused",
    ] {
        assert!(runs_nothing(wrong).is_some(), "the control: `{wrong}`");
    }
}

#[test]
fn every_line_of_the_checklist_and_the_calendar_names_its_proof() {
    let document = document();
    let checklist = section(&document, "Deployment checklist");
    let lines = rows(&checklist);
    let topics: Vec<&str> = lines[1..].iter().map(|cells| cells[0]).collect();
    assert_eq!(topics, TOPICS);
    let proves = |cell: &str| ["`cargo ", "`pip-audit`"].iter().any(|command| cell.contains(command));
    for cells in &lines[1..] {
        assert!(cells.len() == 4 && proves(cells[2]) && cells[3].starts_with("`cargo test -p "), "{cells:?}");
    }
    let calendar = section(&document, "Maintenance calendar");
    let lines = rows(&calendar);
    assert!(lines.len() > 8);
    for cells in &lines[1..] {
        assert!(cells.len() == 3 && proves(cells[2]), "{cells:?}");
    }
}

#[test]
fn severities_are_those_of_the_codes() {
    let text = section(&document(), "Severities and response times");
    let lines = rows(&text);
    let expected = [
        (Severity::Critical, "at once, within 15 minutes at most"),
        (Severity::High, "within 2 hours"),
        (Severity::Medium, "within 24 hours"),
        (Severity::Low, "within 1 week"),
    ];
    assert_eq!(lines.len(), expected.len() + 1);
    let severities: BTreeMap<&str, Severity> = Code::ALL.iter().map(|code| (code.as_str(), code.severity())).collect();
    for (cells, (severity, time)) in lines[1..].iter().zip(expected) {
        assert_eq!((cells[0], cells[1]), (severity.to_string().as_str(), time));
        let named: BTreeSet<&str> = cells[3].split('`').skip(1).step_by(2).collect();
        for code in &named {
            assert_eq!(severities.get(code), Some(&severity), "`{code}`");
        }
        let all: BTreeSet<&str> =
            severities.iter().filter(|(_, other)| **other == severity).map(|(code, _)| *code).collect();
        assert!(named == all || cells[3].starts_with("such as ") && named.len() >= 3, "{severity}: {all:?}");
    }
}

#[test]
fn the_five_steps_have_their_commands() {
    let text = section(&document(), "Incident response");
    let steps: Vec<&str> = text.split("\n### ").skip(1).collect();
    let names = ["1. Assess", "2. Contain", "3. Investigate", "4. Recover", "5. Learn"];
    assert_eq!(steps.iter().map(|step| step.lines().next().unwrap()).collect::<Vec<_>>(), names);
    for step in steps {
        assert!(commands(step).iter().any(|command| command.starts_with("cargo tywrap ")), "{step}");
    }
}

#[test]
fn the_configuration_is_a_policy_that_weakens_nothing() {
    let text = section(&document(), "Configuration guide");
    let toml = text.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let parsed = Policy::parse(toml, Path::new("tywrap.toml")).unwrap_or_else(|errors| panic!("{errors:?}"));
    assert_eq!(parsed.warnings, []);
    assert!(parsed.policy.module("numpy.linalg").is_ok() && parsed.policy.module("json").is_err());
}

#[test]
fn the_quickstart_has_the_checklist_that_is_shown() {
    let quickstart = std::fs::canonicalize(root().join("examples/quickstart")).unwrap();
    // Nothing is on `PATH` but git and Python, so no scanner of this machine is asked.
    let machine = Project::new(&[("bin/readme", "")]);
    std::os::unix::fs::symlink(git(), machine.path("bin/git")).unwrap();
    std::os::unix::fs::symlink("/usr/bin/python3", machine.path("bin/python3")).unwrap();
    build(&quickstart, "quickstart", &machine.path("target"));
    log(&machine, ".local/state/tywrap");
    let arguments = ["doctor", "--checklist", "--json", "--project", quickstart.to_str().unwrap()];
    let Ran { output, messages, .. } = run_any(&machine, &arguments);
    let ran: Value = serde_json::from_str(&output).unwrap_or_else(|error| panic!("{error}: {output}{messages}"));
    let shown = section(&document(), "Deployment checklist");
    let shown = shown.split("```text\n").nth(1).unwrap().split("\n```").next().unwrap();
    let lines = ran["projects"][0]["lines"].as_array().unwrap();
    let mut fresh = String::from("state   topic                      found\n");
    for line in lines {
        let [state, topic] = ["state", "topic"].map(|key| line[key].as_str().unwrap());
        // A copy of the sources without git, or one that somebody works on, is not a mistake of the document.
        let state = if topic == "reviews" { "pass" } else { state };
        let found = line["found"].as_array().unwrap();
        let worst = found.iter().rfind(|found| found["state"] == state);
        let text = match worst {
            Some(worst) if topic != "reviews" => worst["text"].as_str().unwrap().replace('`', ""),
            _ => "14 files committed and as committed".to_owned(),
        };
        // The audit file is at another place each time, and what comes behind a `;` is this machine's.
        let text = text.replace(machine.path("").to_str().unwrap(), "~/");
        let text = text.split(';').next().unwrap();
        fresh.push_str(&format!("{state:<8}{topic:<27}{text}\n"));
    }
    assert!(lines.iter().all(|line| line["state"] != "fail" || line["topic"] == "reviews"), "{output}");
    assert_eq!(format!("{shown}\n"), fresh);
}
