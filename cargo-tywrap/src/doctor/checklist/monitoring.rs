//! Whether somebody would notice: metrics for machines, alerts for people.

use super::facts::Facts;
use super::line::Line;

/// Features of the façade that send events somewhere.
const SINKS: [&str; 3] = ["syslog", "webhook", "tracing"];

pub(super) fn line(facts: &Facts<'_>) -> Line {
    let mut line = Line::new(&["`[monitoring]`", "features of `tywrap` in `Cargo.toml`", "`examples/monitoring/`"]);
    let monitoring = facts.policy.monitoring();
    line.switch("monitoring.security-events", monitoring.security_events.is_on());
    line.switch("monitoring.performance-monitoring", monitoring.performance_monitoring.is_on());
    line.switch("monitoring.error-tracking", monitoring.error_tracking.is_on());
    let features: Vec<&str> = match &facts.manifests {
        Ok(manifests) => manifests.iter().flat_map(|manifest| manifest.features_of("tywrap")).collect(),
        Err(error) => {
            line.fail(error.clone());
            return line;
        }
    };
    if features.contains(&"metrics") {
        line.pass("the feature `metrics` is on");
    } else {
        line.warn("the feature `metrics` of `tywrap` is off, so no machine watches");
    }
    let sinks: Vec<String> =
        SINKS.iter().filter(|sink| features.contains(sink)).map(|sink| format!("`{sink}`")).collect();
    match &monitoring.alert_command {
        Some(program) if program.path().is_file() => line.pass("`alert-command` is there"),
        Some(program) => line.fail(format!("`alert-command` is not there: `{}`", program.path().display())),
        None if sinks.is_empty() => {
            line.warn("neither `alert-command` nor a feature for sinks is set, so no person is alerted");
        }
        None => {}
    }
    if !sinks.is_empty() {
        line.pass(format!("features for sinks are on: {}", sinks.join(", ")));
        line.by_hand("see that `HostBuilder::sink` is called, and that an alert arrives");
    }
    line
}
