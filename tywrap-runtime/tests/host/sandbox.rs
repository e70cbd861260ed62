//! What the sandbox refuses and gives, as a caller meets it.

use std::path::PathBuf;

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
    assert!(!scratch.exists() && next.exists() && next != scratch);
    drop(client);
    served.end();
    assert!(!next.exists());
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
