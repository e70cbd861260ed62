//! What it takes from nothing to the first answer: Python alone, as its user would start it, and a host with its worker, in the sandbox.
//! `cargo bench -p tywrap-runtime --bench start -- <venv> <module> <callable>`, such as `… .venv pandas isna`; without
//! arguments the system's Python and `asyncio.iscoroutine`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program for people, which may fail loudly")]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use sha2::Digest as _;
use tywrap_runtime::{
    Callable, CallableKind, CompiledPolicy, Host, Integers, Module, Param, ParamKind, Schema, Signature,
};

/// Rounds; each has all of the ways.
const ROUNDS: usize = 40;

fn main() {
    // Cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let (venv, module, callable) = match arguments.as_slice() {
        [venv, module, callable] => (Some(std::path::absolute(venv).unwrap()), module.clone(), callable.clone()),
        _ => (None, "asyncio".to_owned(), "iscoroutine".to_owned()),
    };
    let python = venv.as_ref().map_or("/usr/bin/python3".into(), |venv| venv.join("bin/python3"));
    let module: &'static Module = Box::leak(Box::new(grants(module.leak(), callable.leak())));
    let scratch = tempfile::tempdir().unwrap();

    let plain = || {
        let source = format!("import {0}; {0}.{1}(1)", module.name, module.callables[0].path);
        assert!(Command::new(&python).args(["-I", "-c", &source]).status().unwrap().success());
    };
    let host = |cache: &Path| {
        let builder = Host::builder(policy(module.name)).module(module);
        let builder = builder.cache_directory(cache).audit_log(scratch.path().join("audit.jsonl"));
        let builder = venv.iter().fold(builder, |builder, venv| builder.venv(venv));
        let host = builder.build().unwrap();
        host.call(module, module.callables[0].path, vec![1.into()], vec![]).unwrap();
    };
    let (kept, nowhere) = (scratch.path().join("cache"), Path::new("/proc/nowhere"));
    let first = timed(&|| host(&kept));
    plain();

    let ways: [&dyn Fn(); 3] = [&plain, &|| host(&kept), &|| host(nowhere)];
    let mut times: [Vec<Duration>; 3] = Default::default();
    for _ in 0..ROUNDS {
        for (way, times) in ways.iter().zip(&mut times) {
            times.push(timed(way));
        }
    }
    let [plain, with, without] = times.map(|mut times| {
        times.sort();
        times.get(times.len() / 2).copied().unwrap_or_default()
    });
    println!("| to the first answer of `{}` | time | ratio |\n|---|---|---|", module.name);
    for (what, time) in [
        ("plain Python, with the byte code beside its sources", plain),
        ("host and worker, with kept byte code", with),
        ("host and worker, without", without),
        ("host and worker, the very first time", first),
    ] {
        println!("| {what} | {time:.1?} | {:.2} |", time.as_secs_f64() / plain.as_secs_f64());
    }
}

fn timed(way: &dyn Fn()) -> Duration {
    let began = Instant::now();
    way();
    began.elapsed()
}

fn policy(module: &str) -> CompiledPolicy {
    // `asyncio` is refused by default, for what can be called there; here it is what takes long to import.
    let text = format!(
        "[subprocess]\ninterpreter = \"/usr/bin/python3\"\n[module-whitelist]\nallowed-modules = [\"{module}\"]\n\
         unblock = [{{ name = \"asyncio\", reason = \"a benchmark\" }}]\n"
    );
    let digest: String = sha2::Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
    CompiledPolicy { path: "/nowhere/tywrap.toml", directory: "/nowhere", digest: digest.leak(), text: text.leak() }
}

fn grants(name: &'static str, path: &'static str) -> Module {
    Module {
        name,
        package: "bench",
        digest: "1",
        policy_digest: "",
        classes: &[],
        callables: vec![Callable {
            path,
            kind: CallableKind::Function,
            signatures: &[0],
            integers: Integers::Number,
            result: None,
        }]
        .leak(),
        signatures: &[Signature { first: 0, count: 1 }],
        params: &[Param { name: "x", kind: ParamKind::PosOnly, optional: false, schema: 0 }],
        schemas: &[Schema::Any],
    }
}
