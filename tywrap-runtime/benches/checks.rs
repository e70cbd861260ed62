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

#[divan::bench(args = ["numpy.linalg", "\"; process.exit(1); //\u{2028}</script>"])]
fn string_literal(bencher: Bencher<'_, '_>, text: &str) {
    bencher.bench(|| escape::string_literal(black_box(text)));
}
