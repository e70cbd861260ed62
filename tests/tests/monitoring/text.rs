use std::collections::BTreeSet;

use tywrap_tests::{Monitoring, Run, workspace};

use crate::host::Monitored;

/// The names of the metrics in an exposition.
pub(crate) fn names(text: &str) -> BTreeSet<String> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
}

/// The text of a host that has been used, so that every metric has a series.
pub(crate) fn exposition() -> String {
    let monitored = Monitored::start();
    monitored.use_it();
    monitored.deny(1);
    monitored.host.metrics().unwrap()
}

#[test]
fn promtool_has_nothing_to_say_about_the_metrics() {
    let promtool = Monitoring::get().unwrap().promtool;
    let check = |text: &str| Run::new(&promtool).args(["check", "metrics"]).input(text).run().unwrap();
    let text = exposition();
    let checked = check(&text);
    assert!(checked.success() && checked.stdout.is_empty() && checked.stderr.is_empty(), "{}", checked.report());
    // It would say so.
    let checked = check(&text.replace("tywrap_calls_total", "tywrap_calls"));
    assert!(!checked.success() && checked.report().contains("_total"), "{}", checked.report());
}

#[test]
fn the_documentation_names_every_metric_and_no_other() {
    let document = std::fs::read_to_string(workspace().join("docs/metrics.md")).unwrap();
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `tywrap_"));
    let mut documented = BTreeSet::new();
    let text = exposition();
    for row in rows {
        let (name, rest) = row.split_once("` | ").unwrap();
        let (kind, rest) = rest.split_once(" |").unwrap();
        assert!(text.contains(&format!("# TYPE tywrap_{name} {kind}\n")), "{name} is no {kind}");
        let labels = rest.split_once('|').unwrap().0.split(',').map(|label| label.trim().trim_matches('`'));
        for label in labels.filter(|label| !label.is_empty()) {
            let mut series = text.lines().filter(|line| line.starts_with(&format!("tywrap_{name}")));
            assert!(series.all(|line| line.contains(&format!("{label}=\""))), "{name} has no label {label}");
        }
        documented.insert(format!("tywrap_{name}"));
    }
    assert_eq!(documented, names(&text));
}
