use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;
use tywrap_tests::{Ended, Monitoring, Run, scratch, workspace};

use crate::text::{exposition, names};

fn folder() -> PathBuf {
    workspace().join("examples/monitoring")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

fn run(program: &PathBuf, arguments: &[&str]) -> Ended {
    Run::new(program).args(arguments).dir(folder()).run().unwrap()
}

/// The values of a key in a YAML file of ours, one to a line.
fn values<'t>(yaml: &'t str, key: &str) -> BTreeSet<&'t str> {
    let lines = yaml.lines().map(|line| line.trim_start_matches([' ', '-']));
    lines.filter_map(|line| Some(line.strip_prefix(key)?.strip_prefix(": ")?.trim())).collect()
}

#[test]
fn prometheus_and_alertmanager_take_the_files() {
    let tools = Monitoring::get().unwrap();
    for (program, arguments) in [
        (&tools.promtool, ["check", "config", "prometheus.yml"].as_slice()),
        (&tools.promtool, &["check", "rules", "rules.yml"]),
        (&tools.amtool, &["check-config", "alertmanager.yml"]),
    ] {
        let ended = run(program, arguments);
        assert!(ended.success(), "{arguments:?}: {}", ended.report());
    }
}

#[test]
fn every_alert_fires_where_it_is_to_and_not_where_it_is_not() {
    let promtool = Monitoring::get().unwrap().promtool;
    let ended = run(&promtool, &["test", "rules", "rules_test.yml"]);
    assert!(ended.success(), "{}", ended.report());
    let (rules, tests) = (read("rules.yml"), read("rules_test.yml"));
    let alerts = values(&rules, "alert");
    assert!(alerts.len() >= 10, "{alerts:?}");
    for alert in alerts {
        for what in ["fires", "does not fire"] {
            assert!(tests.contains(&format!("name: {alert} {what}\n")), "no test says where {alert} {what}");
        }
    }
    // The tests notice when a rule is wrong.
    let broken = scratch().join("monitoring-broken");
    std::fs::create_dir_all(&broken).unwrap();
    std::fs::write(broken.join("rules.yml"), rules.replace("[5m])) > 5", "[5m])) > 500")).unwrap();
    std::fs::write(broken.join("rules_test.yml"), tests).unwrap();
    let ended = Run::new(&promtool).args(["test", "rules", "rules_test.yml"]).dir(&broken).run().unwrap();
    assert!(!ended.success() && ended.report().contains("TywrapDenialBurst"), "{}", ended.report());
}

/// Names of metrics in an expression, without what a histogram appends.
fn used(expression: &str, known: &BTreeSet<String>) -> BTreeSet<String> {
    let words = expression.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    let of_ours = words.filter(|word| word.starts_with("tywrap_"));
    let base = |word: &str| {
        let stem = ["_bucket", "_sum", "_count"].iter().find_map(|end| word.strip_suffix(end));
        stem.filter(|stem| known.contains(*stem)).unwrap_or(word).to_owned()
    };
    of_ours.map(base).collect()
}

#[test]
fn rules_and_dashboard_use_metrics_that_there_are_and_the_dashboard_all_of_them() {
    let known = names(&exposition());
    let rules = used(&read("rules.yml"), &known);
    assert!(!rules.is_empty() && rules.is_subset(&known), "{:?}", rules.difference(&known));

    let dashboard: Value = serde_json::from_str(&read("dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let expressions: Vec<&str> = targets.map(|target| target["expr"].as_str().unwrap()).collect();
    assert!(expressions.len() >= panels.len() && panels.len() >= 10);
    let shown: BTreeSet<String> = expressions.iter().flat_map(|expression| used(expression, &known)).collect();
    assert_eq!(shown, known);

    // Each expression is one that Prometheus understands, once Grafana has put values for its variables.
    let promtool = Monitoring::get().unwrap().promtool;
    let rules: Vec<Value> = expressions
        .iter()
        .enumerate()
        .map(|(number, expression)| {
            let expression = expression.replace("$__rate_interval", "1m").replace("$instance", ".*");
            assert!(!expression.contains('$'), "{expression}");
            serde_json::json!({"record": format!("panel:{number}"), "expr": expression})
        })
        .collect();
    // JSON is YAML.
    let file = tempfile::Builder::new().suffix(".yml").tempfile().unwrap();
    let text = serde_json::json!({"groups": [{"name": "dashboard", "rules": rules}]}).to_string();
    std::fs::write(file.path(), text).unwrap();
    let checked = Run::new(&promtool).args(["check", "rules"]).arg(file.path()).run().unwrap();
    assert!(checked.success() && checked.stdout.contains(&expressions.len().to_string()), "{}", checked.report());

    // No panel lies on another, and none has the number of another.
    let ids: BTreeSet<i64> = panels.iter().map(|panel| panel["id"].as_i64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len());
    let mut taken = BTreeSet::new();
    for panel in panels {
        let at = |name: &str| panel["gridPos"][name].as_u64().unwrap();
        for x in at("x")..at("x") + at("w") {
            for y in at("y")..at("y") + at("h") {
                assert!(x < 24 && taken.insert((x, y)), "{}", panel["title"]);
            }
        }
    }
}
