use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use tywrap_runtime::{EventKind, Filter, Host, SecurityEvent, Severity, Sink, SinkError, Value};

use crate::grants::{MATH, builder};

/// Long enough for anything that works.
const PATIENCE: Duration = Duration::from_secs(30);

/// Appends what it reads to a file beside it, with the variables it has, and says when it ran beside another.
const PROGRAM: &str = r#"
import os, sys, time
here = os.path.dirname(__file__)
with open(here + "/runs", "a") as runs:
    try: os.close(os.open(here + "/running", os.O_CREAT | os.O_EXCL))
    except FileExistsError: runs.write("at the same time\n")
    runs.write(" ".join(sorted(os.environ)) + " " + sys.argv[1] + "\n")
with open(here + "/lines", "a") as lines: lines.write(sys.stdin.read())
time.sleep(0.2)
os.unlink(here + "/running")
"#;

fn alerting(directory: &Path, program: &str, policy: &str) -> Host {
    let file = directory.join("alert.py");
    std::fs::write(&file, program).unwrap();
    let monitoring = format!(
        "[monitoring]\nalert-command = [\"/usr/bin/python3\", \"-I\", \"{}\", \"a|b\"]\n{policy}",
        file.display()
    );
    builder(&monitoring).module(&MATH).audit_log(directory.join("audit.jsonl")).build().unwrap()
}

fn deny(host: &Host, count: usize) {
    for _ in 0..count {
        host.call(&MATH, "nope", Vec::new(), Vec::new()).unwrap_err();
    }
}

#[test]
fn the_alert_command_reads_high_events_in_batches() {
    let directory = tempfile::tempdir().unwrap();
    let host = alerting(directory.path(), PROGRAM, "");
    // Medium is not high.
    host.call(&MATH, "sqrt", vec!["four".into()], Vec::new()).unwrap_err();
    let began = Instant::now();
    deny(&host, 300);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(host.logger().flush_sinks(PATIENCE));
    let lines = std::fs::read_to_string(directory.path().join("lines")).unwrap();
    let events: Vec<Json> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), 300);
    for event in &events {
        assert_eq!((&event["severity"], &event["code"]), (&"high".into(), &"call-unknown".into()));
    }
    let runs = std::fs::read_to_string(directory.path().join("runs")).unwrap();
    assert!(runs.lines().count() <= 4 && !runs.contains("same time"), "{runs}");
    // Its arguments are the policy's, and its environment what the policy allows.
    let allowed = ["PATH", "PYTHONPATH", "HOME", "USER", "LC_ALL", "LANG", "TZ", "LC_CTYPE", "a|b"];
    assert!(runs.split_whitespace().all(|word| allowed.contains(&word)), "{runs}");
    assert_eq!(host.logger().dropped()["alert-command"], 0);
    // It was started like any other program, so the log has it.
    let started = Filter { kind: Some(EventKind::SubprocessStarted), ..Filter::default() };
    assert!(host.logger().events(started).iter().any(|event| event.message() == "`python3` was started"));
}

#[test]
fn an_alert_command_that_hangs_is_ended_and_holds_nobody_up() {
    let directory = tempfile::tempdir().unwrap();
    let slow = "import time\ntime.sleep(600)";
    let host = alerting(directory.path(), slow, "[subprocess]\ntimeout = \"1s\"\n");
    host.call(&MATH, "sqrt", vec![Value::Float(2.0)], Vec::new()).unwrap();
    let mut damage = host.logger().subscribe(Filter { kind: Some(EventKind::LogDamaged), ..Filter::default() });
    deny(&host, 1);
    // The first alone; the others queue up while it hangs.
    let started = Filter { kind: Some(EventKind::SubprocessStarted), ..Filter::default() };
    while !host.logger().events(started).iter().any(|event| event.message() == "`python3` was started") {
        std::thread::sleep(Duration::from_millis(5));
    }
    let began = Instant::now();
    deny(&host, 500);
    host.call(&MATH, "sqrt", vec![Value::Float(2.0)], Vec::new()).unwrap();
    assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
    let report = damage.next_within(PATIENCE).unwrap();
    assert_eq!(
        report.message(),
        "1 event was not delivered to `alert-command`: `python3` timed out after 1s and was ended by SIGTERM"
    );
    assert_eq!(report.severity(), Severity::High);
    assert_eq!(host.logger().dropped()["alert-command"], 1);
    #[cfg(feature = "metrics")]
    assert!(host.metrics().unwrap().contains("tywrap_log_dropped_events_total{sink=\"alert-command\"} 1\n"));
    // That report is high, and does not bring about the next alert.
    let timeouts = Filter { kind: Some(EventKind::SubprocessTimeout), ..Filter::default() };
    assert_eq!(host.logger().events(timeouts).len(), 1);
}

#[test]
fn an_alert_command_that_the_policy_does_not_list_is_refused_when_the_host_is_built() {
    let refusal = |command: &str| {
        let policy = format!("[monitoring]\nalert-command = [\"{command}\"]\n");
        let directory = tempfile::tempdir().unwrap();
        let built = builder(&policy).module(&MATH).audit_log(directory.path().join("audit.jsonl")).build();
        built.map(drop).unwrap_err().to_string()
    };
    let text = refusal("/usr/bin/env");
    assert!(text.contains("`env` is refused: it is not in `command-whitelist`"), "{text}");
    assert!(text.contains("[command-refused]") && text.contains("list its file name"), "{text}");
    assert!(refusal("/nowhere/python3").contains("/nowhere"), "{text}");
    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("node");
    std::fs::write(&script, "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    assert!(refusal(script.to_str().unwrap()).contains("monitoring.alert-command"), "{text}");
}

struct Passing(Sender<String>);

impl Sink for Passing {
    fn name(&self) -> &'static str {
        "passing"
    }

    fn deliver(&mut self, events: &[Arc<SecurityEvent>]) -> Result<(), SinkError> {
        events.iter().for_each(|event| self.0.send(event.message().to_owned()).unwrap());
        Ok(())
    }
}

fn lived(policy: &str) -> Receiver<String> {
    let (sender, events) = channel();
    let directory = tempfile::tempdir().unwrap();
    let builder = builder(policy).module(&MATH).sink(Passing(sender));
    let host = builder.audit_log(directory.path().join("audit.jsonl")).build().unwrap();
    deny(&host, 1);
    events
}

#[test]
fn a_sink_of_the_builder_has_everything_from_the_first_event_to_the_last() {
    let events: Vec<String> = lived("").into_iter().collect();
    assert!(events.iter().any(|event| event == "the host was started"), "{events:?}");
    assert!(events.iter().any(|event| event.contains("grants no \"nope\"")), "{events:?}");
    assert_eq!(events.last().unwrap(), "the host was ended");
    assert_eq!(lived("[monitoring]\nsecurity-events = false\n").into_iter().count(), 0);
}
