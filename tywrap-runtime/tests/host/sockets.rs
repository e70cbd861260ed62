use tywrap_runtime::{Endpoint, Host};

use crate::grants::{BUILTINS, JSON, MATH, builder, compiled, host};

fn refusal(builder: tywrap_runtime::HostBuilder) -> String {
    builder.build().map(drop).unwrap_err().to_string()
}

#[test]
fn a_host_that_cannot_be_built_says_why() {
    let text = refusal(Host::builder(compiled("")).module(&MATH).module(&BUILTINS).module(&JSON).module(&MATH));
    assert!(text.contains("`tests_builtins`") && text.contains("[module-not-allowed]"), "{text}");
    assert!(text.contains("granted by the package `tests`"), "{text}");
    assert!(text.contains("`math` is registered twice"), "{text}");
    let text = refusal(builder("[module-whitelist]\nblocked-members = [\"math.sqrt\"]\n").module(&MATH));
    assert!(text.contains("[policy-malformed]"), "{text}");
    let policy = "[module-whitelist]\nallowed-modules = [\"math\"]\nblocked-members = [\"math.sqrt\"]\n";
    let text = refusal(Host::builder(compiled(policy)).module(&MATH));
    assert!(text.contains("`math.sqrt` is blocked by policy [member-blocked]"), "{text}");
    let mut changed = compiled("");
    changed.digest = "00";
    assert!(refusal(Host::builder(changed)).contains("[policy-changed]"));
    assert!(refusal(Host::builder(compiled("[wire]\nworkes = 1"))).contains("did you mean `workers`?"));
    let text = refusal(Host::builder(compiled("[subprocess]\ninterpreter = \"/nowhere/python3\"")));
    assert!(text.contains("/nowhere") && text.contains("[interpreter-missing]"), "{text}");
    let text = refusal(Host::builder(compiled("")).venv("relative/venv"));
    assert!(text.contains("not an absolute path"), "{text}");
    let text = refusal(Host::builder(compiled("")).venv("/nowhere/venv"));
    assert!(text.contains("no `pyvenv.cfg`") && text.contains("python3 -m venv"), "{text}");
    let text = refusal(Host::builder(compiled("")).audit_log("/nowhere/audit.jsonl"));
    assert!(text.contains("[audit-unwritable]"), "{text}");
}

#[test]
fn a_socket_that_cannot_be_used_says_why_and_leaves_the_host_well() {
    let fixture = host("");
    let path = fixture.directory.path().join("occupied");
    std::fs::write(&path, "x").unwrap();
    std::fs::set_permissions(fixture.directory.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let error = fixture.host.serve(Endpoint::Unix(path)).unwrap_err().to_string();
    assert!(error.contains("exists and is no socket") && error.contains("[socket-unusable]"), "{error}");
    assert!(fixture.host.call(&MATH, "sqrt", vec![1.into()], vec![]).is_ok());
}
