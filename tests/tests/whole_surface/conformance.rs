//! Python has what is granted, and takes what TypeScript lets through.

use std::collections::BTreeSet;

use serde_json::Value;
use tywrap_tests::{Ended, Run, workspace};

use crate::generator::{generator, venv};

/// What differs between stub and run time, each with its reason, one a line.
const DIFFERENCES: &str = include_str!("../../whole_surface/differences.txt");

#[test]
fn python_has_every_grant_and_takes_what_it_takes() {
    let grants = Run::new(&generator().host).arg("grants").run().unwrap();
    assert!(grants.success(), "{}", grants.report());
    let count = grants.stdout.lines().filter(|line| !line.contains("\",\"c\",\"")).count();
    assert!(count > 2_000, "there is something to resolve");
    let problems = problems(&conform(&grants.stdout), count);

    let mut needed = BTreeSet::new();
    let mut found = Vec::new();
    for (key, what) in problems {
        match differences().find(|difference| difference.key == key) {
            Some(difference) => drop(needed.insert(difference.key)),
            None => found.push(format!("{key}: {what}")),
        }
    }
    assert!(found.is_empty(), "{} grants do not conform:\n{}", found.len(), found.join("\n"));
    let idle: Vec<String> = differences()
        .filter(|difference| !difference.depends_on_python && !needed.contains(&difference.key))
        .map(|difference| difference.key)
        .collect();
    assert!(idle.is_empty(), "differences.txt lists what does not differ: {idle:#?}");
}

/// The control: the script finds what is missing and what does not fit, and nothing else.
#[test]
fn the_script_finds_misfits() {
    let grants = r#"["math", "f", "sqrt", [[["x", "p", false]]]]
["math", "f", "no_such", []]
["math", "f", "pi", []]
["json", "f", "loads", [[["s", "k", false], ["strict", "o", true], ["kwds", "**", false]]]]
["textwrap", "f", "dedent", [[["text", "k", false], ["kwds", "**", false]]]]
["json", "f", "dump", [[["obj", "k", false], ["fp", "k", true]]]]
["json", "f", "load", [[["fp", "p", false], ["rest", "*", false]]]]
["textwrap", "c", "textwrap:TextWrapper", ["textwrap:OfStubs"], []]
["textwrap", "m", "textwrap:TextWrapper.fill", [[["self", "p", false], ["text", "k", false]]]]
["textwrap", "m", "textwrap:TextWrapper.wrap", [[["self", "p", false], ["txt", "o", false]]]]
["textwrap", "m", "textwrap:OfStubs.wrap", [[["self", "p", false], ["text", "p", false]]]]
["textwrap", "m", "textwrap:OfStubs.unwrap", []]
["textwrap", "m", "textwrap:Missing.wrap", []]
["textwrap", "g", "textwrap:TextWrapper.width", []]
["textwrap", "g", "textwrap:TextWrapper.height", []]
["fractions", "g", "fractions:Fraction.numerator", []]
["fractions", "s", "fractions:Fraction.nominator", []]
"#;
    let found: Vec<String> = problems(&conform(grants), 16).into_iter().map(|(key, _)| key).collect();
    assert_eq!(
        found,
        [
            "missing math.no_such",
            "missing math.pi",
            "misfit textwrap.dedent",
            "misfit json.dump",
            "misfit json.load",
            "misfit textwrap:TextWrapper.wrap",
            "missing textwrap:OfStubs.unwrap",
            "unseen textwrap:Missing",
            "missing textwrap:TextWrapper.height",
            "missing fractions:Fraction.nominator",
        ]
    );
}

/// What Python says of grants.
fn conform(grants: &str) -> Ended {
    let script = workspace().join("tests/whole_surface/conformance.py");
    Run::new(venv().python()).arg("-I").arg(script).input(grants).run().unwrap()
}

/// The problems: which, of what, and in what way; several ways of one grant are one problem.
fn problems(ended: &Ended, grants: usize) -> Vec<(String, String)> {
    assert!(ended.success(), "{}", ended.report());
    let mut problems: Vec<(String, String)> = Vec::new();
    let mut told = 0;
    for line in ended.stdout.lines() {
        let problem: Value = serde_json::from_str(line).unwrap();
        if problem[0] == "told" {
            told = problem[1].as_u64().unwrap();
            continue;
        }
        let text = |at: usize| problem[at].as_str().unwrap();
        // A class is the same in every module; what is no member of one is a module's.
        let path = if text(3).contains(':') { text(3).to_owned() } else { format!("{}.{}", text(1), text(3)) };
        let key = format!("{} {path}", text(0));
        match problems.iter_mut().find(|(known, _)| *known == key) {
            Some((_, what)) => *what = format!("{what}; {}", text(4)),
            None => problems.push((key, text(4).to_owned())),
        }
    }
    assert_eq!(told, grants as u64, "every grant was looked at");
    problems
}

/// A difference that is known.
struct Difference {
    /// The problem, and the path.
    key: String,
    /// Whether it is there in some releases or builds of Python only.
    depends_on_python: bool,
}

/// The listed differences.
fn differences() -> impl Iterator<Item = Difference> {
    DIFFERENCES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| {
        let (key, reason) = line.split_once(" — ").expect("a difference has its reason");
        assert!(!reason.is_empty(), "{key}");
        Difference { key: key.replacen("? ", " ", 1), depends_on_python: key.contains("? ") }
    })
}
