//! What the sandbox refuses and gives, as a caller meets it.

use std::path::PathBuf;

use tywrap_runtime::{EventKind, Filter, Host, SecurityEvent};

use crate::client::{Client, RESULT, serve};
use crate::grants::{BUILTINS, host};

const EVALUATED: u32 = 13;

/// Evaluates an expression in the worker.
fn evaluate(client: &mut Client, expression: &str) -> Result<serde_json::Value, String> {
    let arguments = serde_json::json!([expression]).to_string();
    let answer = client.call(1, EVALUATED, &arguments);
    if answer.kind == RESULT { Ok(answer.value.clone()) } else { Err(answer.error().2.to_owned()) }
}

#[test]
fn a_refused_socket_names_the_key_of_the_policy() {
    for (policy, hint) in [
        ("", "the sandbox has no network: `network` under `[sandbox]` in the policy can allow TCP ports"),
        (
            "[sandbox]\nnetwork = { allow-tcp = [443, 8443] }",
            "the sandbox reaches the TCP ports 443, 8443 only, and looks no names up: see `network` under `[sandbox]` in the policy",
        ),
    ] {
        let fixture = host(policy);
        let (served, mut client) = serve(fixture.host);
        client.open(1, &BUILTINS);
        for refused in [
            "__import__('socket').create_connection(('127.0.0.1', 9))",
            "__import__('socket').getaddrinfo('tywrap.invalid', 80)",
            "__import__('urllib.request', fromlist=['x']).urlopen('http://tywrap.invalid/')",
            "__import__('http.client', fromlist=['x']).HTTPConnection('127.0.0.1', 9).request('GET', '/')",
        ] {
            let message = evaluate(&mut client, refused).unwrap_err();
            assert!(message.ends_with(hint), "{refused}: {message}");
        }
        // The control: another refusal says nothing of a network.
        let message = evaluate(&mut client, "open('/etc/shadow')").unwrap_err();
        assert!(!message.contains("network"), "{message}");
        drop(client);
        served.end();
    }
}

#[test]
fn each_worker_has_a_scratch_directory_of_its_own_while_it_lives() {
    let fixture = host("[sandbox]\nscratch = \"private\"");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    let written = evaluate(&mut client, "__import__('tempfile').mkstemp()[1]").unwrap();
    let written = PathBuf::from(written.as_str().unwrap());
    let scratch = written.parent().unwrap().to_owned();
    assert!(written.exists() && scratch.file_name().unwrap().to_str().unwrap().starts_with("tywrap-scratch-"));
    assert!(evaluate(&mut client, "open('/tmp/tywrap-elsewhere', 'w')").is_err(), "the control: nowhere else");
    evaluate(&mut client, "__import__('os').mkdir('closed', 0)").unwrap();
    // A worker that is replaced takes its directory along.
    assert!(evaluate(&mut client, "__import__('os')._exit(3)").is_err());
    let next = evaluate(&mut client, "__import__('os').getcwd()").unwrap();
    let next = PathBuf::from(next.as_str().unwrap());
    assert!(next.exists() && next != scratch);
    drop(client);
    served.end();
    assert!(!next.exists() && !scratch.exists());
}

#[test]
fn without_scratch_nothing_can_be_written() {
    let fixture = host("");
    let (served, mut client) = serve(fixture.host);
    client.open(1, &BUILTINS);
    assert!(evaluate(&mut client, "__import__('tempfile').mkstemp()").is_err());
    drop(client);
    served.end();
}

fn audit_events(host: &Host) -> Vec<SecurityEvent> {
    let events = host.logger().events(Filter::default());
    events.into_iter().filter(|event| event.kind() == EventKind::PythonAudit).collect()
}

#[test]
fn what_python_reports_is_recorded_as_advice() {
    let fixture = host("");
    let attempt = |expression: &str| {
        let _ = fixture.host.call(&BUILTINS, "evaluated", vec![expression.into()], vec![]);
    };
    attempt("[__import__('json').dumps([1]), open('/proc/self/status').read(), __import__('ctypes')]");
    assert!(audit_events(&fixture.host).is_empty(), "the control: what libraries do all the time is no report");
    for (expression, operation, detail) in [
        ("__import__('os').system('echo hunter2')", "os.system", ""),
        ("__import__('subprocess').run(['/bin/echo', 'hunter2'])", "subprocess.Popen", "/bin/echo"),
        ("__import__('socket').create_connection(('127.0.0.1', 9))", "socket.getaddrinfo", "127.0.0.1"),
        ("open('/tmp/tywrap-planted', 'w')", "open", "/tmp/tywrap-planted"),
        ("__import__('os').fork()", "os.fork", ""),
        ("__import__('os').kill(1, 9)", "os.kill", "1"),
        ("__import__('os').remove(b'/etc/shadow')", "os.remove", "/etc/shadow"),
        ("__import__('ctypes').CDLL('libc.so.6')", "ctypes.dlopen", "libc.so.6"),
    ] {
        attempt(expression);
        let events = audit_events(&fixture.host);
        let event = events
            .iter()
            .find(|event| event.context()["operation"] == operation)
            .unwrap_or_else(|| panic!("{expression}: {events:?}"));
        assert_eq!((event.context()["detail"].as_str(), event.context()["advisory"].as_str()), (detail, "true"));
        assert!(!format!("{event:?}").contains("hunter2"), "a secret: {event:?}");
    }
}

#[test]
fn a_worker_cannot_flood_the_log_with_reports() {
    let fixture = host("");
    let flood = "[__import__('sys').audit('os.chmod' + str(i % 500), '/x') for i in range(5000)] and 1";
    fixture.host.call(&BUILTINS, "evaluated", vec![flood.into()], vec![]).unwrap();
    let events = audit_events(&fixture.host);
    assert_eq!(events.len(), 200);
    assert!(events.iter().any(|event| event.message().starts_with("no further audit event")));
}

#[test]
fn writing_to_scratch_is_nothing_to_report() {
    let fixture = host("[sandbox]\nscratch = \"private\"");
    let inside = "__import__('tempfile').NamedTemporaryFile().name";
    fixture.host.call(&BUILTINS, "evaluated", vec![inside.into()], vec![]).unwrap();
    assert!(audit_events(&fixture.host).is_empty(), "{:?}", audit_events(&fixture.host));
    let outside = "open('/tmp/tywrap-planted', 'w')";
    assert!(fixture.host.call(&BUILTINS, "evaluated", vec![outside.into()], vec![]).is_err());
    assert_eq!(audit_events(&fixture.host).len(), 1);
}

#[test]
fn the_report_says_what_the_kernel_enforces() {
    let report = host("").host.report();
    let status = report.sandbox().unwrap();
    assert!(status.iter().all(|(property, _)| status.holds(property)), "{status}");
    assert!(report.to_string().contains("    network: enforced by seccomp"), "{report}");
}
