//! What the checks of a call cost: `cargo bench -p tywrap-runtime --features fuzzing --bench checks`; with `--features
//! fuzzing,metrics` also what counting it costs.

#![allow(clippy::expect_used, reason = "the defaults are a policy")]

use std::hint::black_box;
use std::path::Path;

use divan::Bencher;
use tywrap_policy::{Policy, SecurityValidator, escape};
use tywrap_runtime::{Callable, CallableKind, Integers, Module, Param, ParamKind, Schema, Signature, fuzzing};

fn main() {
    divan::main();
}

static MODULE: Module = Module {
    name: "math",
    package: "benches",
    digest: "",
    policy_digest: "",
    classes: &[],
    callables: &[Callable {
        path: "isclose",
        kind: CallableKind::Function,
        signatures: &[0],
        integers: Integers::Either,
        result: None,
    }],
    signatures: &[Signature { first: 0, count: 3 }],
    params: &[
        Param { name: "a", kind: ParamKind::PosOrKw, optional: false, schema: 0 },
        Param { name: "b", kind: ParamKind::PosOrKw, optional: false, schema: 0 },
        Param { name: "rel_tol", kind: ParamKind::KwOnly, optional: true, schema: 0 },
    ],
    schemas: &[Schema::Float],
};

/// `math.isclose(1, 1.001, rel_tol=0.01)`, from the text of its frame to the text for the worker.
#[divan::bench]
fn small_call(bencher: Bencher<'_, '_>) {
    bencher.bench(|| fuzzing::judged(&MODULE, 0, black_box(br#"[[1,1.001],{"rel_tol":0.01}]"#)));
}

/// What counting adds to each call.
#[cfg(feature = "metrics")]
#[divan::bench]
fn counted_call(bencher: Bencher<'_, '_>) {
    let policy = Policy::parse("", Path::new("/app/tywrap.toml")).expect("the defaults").policy;
    let metrics = fuzzing::CallMetrics::new(&policy, &MODULE).expect("metrics");
    let (read, checked) = (std::time::Instant::now(), std::time::Duration::from_micros(3));
    bencher.bench(|| metrics.count(black_box(read), black_box(checked)));
}

#[divan::bench(args = ["numpy.linalg", "os", "../etc/passwd"])]
fn module_name(bencher: Bencher<'_, '_>, name: &str) {
    let policy = Policy::parse("", Path::new("/app/tywrap.toml")).expect("the defaults").policy;
    let validator = SecurityValidator::new(&policy);
    bencher.bench(|| validator.module_name(black_box(name)).is_ok());
}

fn validator() -> SecurityValidator {
    SecurityValidator::new(&Policy::parse("", Path::new("/app/tywrap.toml")).expect("the defaults").policy)
}

/// A path below a root, by its text; opening it is the kernel's.
#[divan::bench(args = ["generated/numpy.linalg.d.ts", "../../../../etc/passwd"])]
fn path(bencher: Bencher<'_, '_>, path: &str) {
    let validator = validator();
    bencher.bench(|| validator.path(black_box(Path::new("/app")), black_box(path)).is_ok());
}

/// The name of a program, and its arguments.
#[divan::bench(args = ["python3", "bash"])]
fn command(bencher: Bencher<'_, '_>, program: &str) {
    let validator = validator();
    let arguments = ["tool.py", "--sort-keys", "input.json"];
    bencher
        .bench(|| validator.command(black_box(program)).is_ok() && validator.arguments(black_box(&arguments)).is_ok());
}

/// What is left of twenty variables.
#[divan::bench]
fn environment(bencher: Bencher<'_, '_>) {
    let validator = validator();
    let variables: Vec<(String, String)> = (0..18).map(|at| (format!("VARIABLE_{at}"), "value".to_owned())).collect();
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .chain([("PATH", "/usr/bin"), ("LD_PRELOAD", "/tmp/evil.so")])
        .collect();
    bencher.bench(|| validator.environment(black_box(variables.iter().copied())));
}

/// A kilobyte of JSON, and of what Python printed.
#[divan::bench(args = ["json", "output"])]
fn a_kilobyte(bencher: Bencher<'_, '_>, of: &str) {
    let validator = validator();
    let text = format!("[{}]", vec![r#"{"name": "value", "number": 1.5}"#; 30].join(", "));
    match of {
        "json" => bencher.bench(|| validator.json(black_box(&text)).is_ok()),
        _ => bencher.bench(|| validator.output(black_box(&text)).len()),
    }
}

#[divan::bench(args = ["numpy.linalg", "\"; process.exit(1); //\u{2028}</script>"])]
fn string_literal(bencher: Bencher<'_, '_>, text: &str) {
    bencher.bench(|| escape::string_literal(black_box(text)));
}
