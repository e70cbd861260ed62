use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use tywrap_runtime::{EventKind, Host, SecurityEvent, Severity, Value};

use crate::client::serve;
use crate::grants::{BUILTINS, JSON, MATH, TIME, host};

const SAME: u32 = 1;
const EXIT: u32 = 2;
const ODD: u32 = 4;

/// The samples of an exposition: `name{labels}` and the value. What is no line of the format fails.
fn read(text: &str) -> BTreeMap<String, f64> {
    let mut types = BTreeMap::new();
    let mut helped = BTreeSet::new();
    let mut samples = BTreeMap::new();
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').unwrap();
            assert!(help.ends_with('.'), "{line}");
            helped.insert(name.to_owned());
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert!(helped.contains(name), "{line}");
            assert_eq!(types.insert(name.to_owned(), kind.to_owned()), None, "{line}");
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            let histogram = ["_bucket", "_sum", "_count"].into_iter().find_map(|end| name.strip_suffix(end));
            let kind = types.get(name).or_else(|| types.get(histogram?));
            assert!(kind.is_some(), "{line}");
            assert_eq!(samples.insert(series.to_owned(), value.parse().unwrap()), None, "{line}");
        }
    }
    samples
}

fn scrape(host: &Host) -> BTreeMap<String, f64> {
    read(&host.metrics().unwrap())
}

#[test]
fn calls_are_counted_by_module_and_outcome() {
    let fixture = host("");
    let (served, mut client) = serve(fixture.host);
    let before = scrape(&served.host);
    // Series that may rise are there before they do, so that the first rise is one.
    assert_eq!(before[r#"tywrap_calls_total{module="math",outcome="ok"}"#], 0.0);
    assert_eq!(before[r#"tywrap_input_validation_failures_total{severity="high",type="call-unknown"}"#], 0.0);
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(before[&format!(r#"tywrap_build_info{{version="{version}"}}"#)], 1.0);

    client.open(1, &MATH);
    client.open(2, &BUILTINS);
    for _ in 0..3 {
        client.call(1, 0, "[4.0]").result();
    }
    client.call(1, 0, "[-4.0]").error();
    client.call(1, 0, r#"["four"]"#).error();
    client.call(1, 99, "[]").error();
    client.call(7, 0, "[]").error();
    client.call(2, ODD, r#"["bad str"]"#).error();
    client.call(2, EXIT, "[3]").error();
    assert_eq!(client.call(2, SAME, "[1]").result(), &json!(1));
    served.host.call(&MATH, "sqrt", vec![Value::Float(2.0)], Vec::new()).unwrap();
    served.host.call(&MATH, "nope", Vec::new(), Vec::new()).unwrap_err();
    served.host.call(&BUILTINS, "odd", vec!["object".into()], Vec::new()).unwrap();

    let after = scrape(&served.host);
    for (series, count) in [
        (r#"tywrap_calls_total{module="math",outcome="ok"}"#, 4.0),
        (r#"tywrap_calls_total{module="math",outcome="python"}"#, 1.0),
        (r#"tywrap_calls_total{module="math",outcome="validation"}"#, 1.0),
        (r#"tywrap_calls_total{module="math",outcome="policy"}"#, 2.0),
        (r#"tywrap_calls_total{module="other",outcome="policy"}"#, 1.0),
        (r#"tywrap_calls_total{module="tests_builtins",outcome="python"}"#, 1.0),
        (r#"tywrap_calls_total{module="tests_builtins",outcome="worker-crashed"}"#, 1.0),
        (r#"tywrap_calls_total{module="tests_builtins",outcome="ok"}"#, 2.0),
        (r#"tywrap_call_duration_seconds_count{module="math"}"#, 5.0),
        (r#"tywrap_python_errors_total{type="ValueError"}"#, 1.0),
        (r#"tywrap_python_errors_total{type="other"}"#, 1.0),
        (r#"tywrap_input_validation_failures_total{severity="high",type="call-unknown"}"#, 2.0),
        (r#"tywrap_input_validation_failures_total{severity="medium",type="call-type"}"#, 1.0),
        (r#"tywrap_security_events_total{severity="high",type="call-refused"}"#, 3.0),
        (r#"tywrap_security_events_total{severity="high",type="subprocess-crashed"}"#, 1.0),
        (r#"tywrap_subprocess_security_events_total{command="python3",event_type="subprocess-crashed"}"#, 1.0),
        (r#"tywrap_worker_restarts_total{reason="crashed"}"#, 1.0),
        (r#"tywrap_code_generation_security_events_total"#, 0.0),
        (r#"tywrap_log_dropped_events_total{sink="audit-file"}"#, 0.0),
        (r#"tywrap_security_validation_duration_seconds_count{validation_type="call"}"#, 13.0),
        ("tywrap_clients", 1.0),
        ("tywrap_workers", 1.0),
        ("tywrap_calls_running", 0.0),
        ("tywrap_queue_depth", 0.0),
        ("tywrap_remote_objects", 1.0),
    ] {
        assert_eq!(after.get(series), Some(&count), "{series}\n{after:#?}");
    }
    drop(client);
    served.end();
}

#[test]
fn calls_of_a_client_that_left_are_cancelled_and_time_is_measured() {
    let fixture = host("");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &TIME);
    client.call(1, 0, "[0.05]").result();
    let after = scrape(&served.host);
    assert_eq!(after[r#"tywrap_call_duration_seconds_bucket{module="time",le="0.05"}"#], 0.0);
    assert_eq!(after[r#"tywrap_call_duration_seconds_bucket{module="time",le="30"}"#], 1.0);
    assert!(after[r#"tywrap_call_duration_seconds_sum{module="time"}"#] >= 0.05);
    client.start(1, 0, false, "[[5.0],{}]", &[]);
    let running = "tywrap_calls_running";
    while scrape(&served.host)[running] < 1.0 {
        std::thread::yield_now();
    }
    let host = &served.host;
    drop(client);
    let cancelled = r#"tywrap_calls_total{module="time",outcome="cancelled"}"#;
    while scrape(host)[cancelled] < 1.0 {
        std::thread::yield_now();
    }
    assert_eq!(scrape(host)["tywrap_clients"], 0.0);
    served.end();
}

#[test]
fn nobody_outside_can_make_series() {
    let fixture = host("");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    let log = served.host.logger();
    let attempt = |client: &mut crate::client::Client, number: usize| {
        client.call(1, ODD, &format!(r#"["key {number}"]"#)).error();
        client.call(1, 13, &format!(r#"["type('E{number}', (Exception,), {{}})()._ "]"#)).error();
        client.call(900 + number as u16, number as u32, "[]").error();
        let event = SecurityEvent::new(EventKind::CommandRefused, Severity::High, "m");
        log.record(event.with("command", &format!("/tmp/evil-{number}")));
    };
    attempt(&mut client, 0);
    let before = scrape(&served.host);
    for number in 1..50 {
        attempt(&mut client, number);
    }
    let after = scrape(&served.host);
    assert!(before.keys().eq(after.keys()), "{:?}", after.keys().filter(|key| !before.contains_key(*key)));
    let others = r#"tywrap_subprocess_security_events_total{command="other",event_type="command-refused"}"#;
    assert_eq!(after[others], 50.0);
    drop(client);
    served.end();
}

#[test]
fn switches_of_the_policy_leave_histograms_and_errors_out() {
    let fixture = host("[monitoring]\nperformance-monitoring = false\nerror-tracking = false\n");
    fixture.host.call(&JSON, "loads", vec!["{".into()], Vec::new()).unwrap_err();
    let text = fixture.host.metrics().unwrap();
    assert!(!text.contains("_bucket") && !text.contains("python_errors"), "{text}");
    assert_eq!(read(&text)[r#"tywrap_calls_total{module="json",outcome="python"}"#], 1.0);
    // With them on, both are there.
    let fixture = host("");
    fixture.host.call(&JSON, "loads", vec!["{".into()], Vec::new()).unwrap_err();
    let text = fixture.host.metrics().unwrap();
    assert!(text.contains("_bucket") && text.contains(r#"python_errors_total{type="other"} 1"#), "{text}");
}
