//! A host on standard input and output. Without an argument this is the test, with one it is the host.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "it prints what a test harness prints, and what must not get between frames")]

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use sha2::Digest as _;
use tywrap_runtime::{
    Callable, CallableKind, CompiledPolicy, Endpoint, Host, Integers, Module, Param, ParamKind, Schema, Signature,
    Value,
};

static MATH: Module = Module {
    name: "math",
    package: "tests",
    digest: "d1",
    policy_digest: "",
    classes: &[],
    callables: &[Callable {
        path: "sqrt",
        kind: CallableKind::Function,
        signatures: &[0],
        integers: Integers::Number,
        result: None,
    }],
    signatures: &[Signature { first: 0, count: 1 }],
    params: &[Param { name: "x", kind: ParamKind::PosOnly, optional: false, schema: 0 }],
    schemas: &[Schema::Float],
};

fn main() {
    if let Some(audit_log) = std::env::args().nth(1).filter(|argument| argument.starts_with('/')) {
        return serve(Path::new(&audit_log));
    }
    frames_go_through_standard_input_and_output();
    println!("test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
}

fn serve(audit_log: &Path) {
    let digest: String = sha2::Sha256::digest(b"").iter().map(|byte| format!("{byte:02x}")).collect();
    let policy =
        CompiledPolicy { path: "/nowhere/tywrap.toml", directory: "/nowhere", digest: digest.leak(), text: "" };
    let host = Host::builder(policy).module(&MATH).venv(venv(audit_log)).audit_log(audit_log).build().unwrap();
    std::thread::scope(|scope| {
        let serving = scope.spawn(|| host.serve(Endpoint::Stdio));
        // Calls of the program itself, and its own prints, while it serves.
        let root = host.call(&MATH, "sqrt", vec![Value::from(81)], vec![]).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(200));
        println!("printed while serving: {root:?}");
        serving.join().unwrap().unwrap();
    });
    println!("printed afterwards");
}

/// The interpreter of the system, whatever comes first on PATH.
fn venv(beside: &Path) -> std::path::PathBuf {
    let venv = beside.with_file_name("venv");
    std::fs::create_dir_all(venv.join("bin")).unwrap();
    std::fs::write(venv.join("pyvenv.cfg"), "home = /usr/bin\n").unwrap();
    std::os::unix::fs::symlink("/usr/bin/python3", venv.join("bin/python3")).unwrap();
    venv
}

fn frame(kind: u8, slot: u16, request: u32, value: &str) -> Vec<u8> {
    let mut bytes = (20 + value.len() as u32).to_le_bytes().to_vec();
    bytes.extend([kind, 0]);
    bytes.extend(slot.to_le_bytes());
    bytes.extend(request.to_le_bytes());
    bytes.extend(0u32.to_le_bytes());
    bytes.extend((value.len() as u32).to_le_bytes());
    bytes.extend(0u32.to_le_bytes());
    bytes.extend(value.as_bytes());
    bytes
}

/// By the process that started the host.
#[cfg(target_os = "linux")]
fn shared_memory_can_be_opened(host: u32, hello: &serde_json::Value) {
    let offer = &hello["shared-memory"];
    assert_eq!(offer["process"], host);
    let mut memory = std::fs::File::open(format!("/proc/{host}/fd/{}", offer["descriptor"])).unwrap();
    let mut proof = [0; 16];
    memory.read_exact(&mut proof).unwrap();
    let proof: String = proof.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(offer["proof"], proof);
    assert_eq!(offer["size"], memory.metadata().unwrap().len());
}

fn frames_go_through_standard_input_and_output() {
    let directory = tempfile::tempdir().unwrap();
    let mut host = Command::new(std::env::current_exe().unwrap())
        .arg(directory.path().join("audit.jsonl"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, mut stdout) = (host.stdin.take().unwrap(), host.stdout.take().unwrap());
    let mut receive = || {
        let mut length = [0; 4];
        stdout.read_exact(&mut length).unwrap();
        let mut rest = vec![0; u32::from_le_bytes(length) as usize];
        stdout.read_exact(&mut rest).unwrap();
        (rest[0], String::from_utf8(rest.split_off(20)).unwrap())
    };
    let open = frame(2, 1, 0, r#"{"module":"math","digest":"d1"}"#);
    stdin
        .write_all(
            &[frame(1, 0, 1, r#"{"wire":1,"shared-memory":true}"#), open, frame(3, 1, 2, "[[2.25],{}]")].concat(),
        )
        .unwrap();
    let (kind, hello) = receive();
    assert!(kind == 1 && hello.starts_with(r#"{"wire":1,"peer":"tywrap-host "#), "{hello}");
    assert_eq!(receive(), (4, "1.5".to_owned()));
    #[cfg(target_os = "linux")]
    shared_memory_can_be_opened(host.id(), &serde_json::from_str(&hello).unwrap());
    std::thread::sleep(std::time::Duration::from_millis(400));
    stdin.write_all(&frame(3, 1, 3, "[[4],{}]")).unwrap();
    assert_eq!(receive(), (4, "2.0".to_owned()));
    // The end of the input ends the host, and gives it its standard output back.
    drop(stdin);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    let output = host.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    assert_eq!(rest, "printed afterwards\n");
    assert!(stderr.contains("printed while serving: Float(9.0)"), "{stderr}");
}
