//! `cargo tywrap doctor`, on this machine.

use crate::project::{Project, Ran, annotated};

/// Where Python is on every machine that the tests run on; the command is run without a `PATH`.
const POLICY: &str = "[subprocess]\ninterpreter = \"/usr/bin/python3\"\n[sandbox]\nmemory = \"1GiB\"\n";

fn doctor(project: &Project, arguments: &[&str]) -> Ran {
    project.run("", &[&["doctor"], arguments].concat(), &[])
}

#[test]
fn tells_each_property_and_the_layers_that_meet_it() {
    let project = Project::package(&annotated(&["math"]));
    let Ran { code, output, messages } = doctor(&project, &[]);
    assert_eq!(code, 0, "{output}{messages}");
    assert!(output.starts_with("policy: tywrap.toml\n"), "{output}");
    for property in ["network", "filesystem", "signals", "exec", "memory"] {
        let line = output.lines().find(|line| line.starts_with(property)).unwrap();
        assert!(line.contains("enforced") && (line.contains("seccomp") || line.contains("landlock")), "{line}");
    }
}

#[test]
fn attacks_get_through_without_a_guard_and_not_with_all_layers() {
    let project = Project::package(&annotated(&["math"]));
    project.write("tywrap.toml", POLICY);
    let Ran { code, output, messages } = doctor(&project, &["--attack"]);
    assert_eq!(code, 0, "{output}{messages}");
    let (_, table) = output.split_once("attacks with /usr/bin/python3:\n\n").unwrap();
    assert_eq!(table.lines().count(), 22, "twenty between a header and a total: {table}");
    let total: Vec<usize> =
        table.lines().last().unwrap().split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [off, landlock, seccomp, limits, all] = total[..] else { panic!("{table}") };
    // The system may have switched io_uring off.
    assert!(off >= 19 && all == 0, "{table}");
    assert!((1..off).contains(&landlock) && (1..off).contains(&seccomp) && (1..off).contains(&limits), "{table}");
}

#[test]
fn without_a_project_the_defaults_are_looked_at() {
    let nowhere = Project::new(&[("readme", "")]);
    let Ran { code, output, messages } = doctor(&nowhere, &[]);
    assert!(code == 0 && output.starts_with("policy: the defaults\n"), "{output}{messages}");
    let Ran { code, messages, .. } = doctor(&nowhere, &["--manifest-path", "nowhere/Cargo.toml"]);
    assert!(code == 2 && messages.contains("nowhere/Cargo.toml"), "{messages}");
    let project = Project::package(&annotated(&["math"]));
    project.write("tywrap.toml", "[subprocess]\ninterpreter = \"/nowhere/python3\"\n");
    let Ran { code, messages, .. } = doctor(&project, &["--attack"]);
    assert!(code == 2 && messages.contains("[interpreter-missing]"), "{messages}");
}
