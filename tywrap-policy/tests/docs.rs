//! The documentation is what the tables say. `TYWRAP_UPDATE_DOCS=1` writes it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use tywrap_policy::{Code, Policy};

const BEGIN: &str = "<!-- Written from the code by `cargo test -p tywrap-policy --test docs`; edit there. -->\n";
const END: &str = "<!-- End of what is written from the code. -->\n";

fn in_sync(name: &str, generated: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) =
        text.split_once(BEGIN).unwrap_or_else(|| panic!("{name} has no line that begins the generated part"));
    let (now, after) =
        rest.split_once(END).unwrap_or_else(|| panic!("{name} has no line that ends the generated part"));
    let wanted = format!("\n{generated}\n");
    if now == wanted {
        return;
    }
    assert!(
        std::env::var_os("TYWRAP_UPDATE_DOCS").is_some(),
        "docs/{name} is behind the code; TYWRAP_UPDATE_DOCS=1 writes it"
    );
    fs::write(&path, format!("{before}{BEGIN}{wanted}{END}{after}")).unwrap();
}

#[test]
fn the_reference_of_the_policy_is_in_sync() {
    in_sync("policy.md", &Policy::reference());
}

#[test]
fn the_table_of_codes_is_in_sync() {
    in_sync("diagnostics.md", &Code::reference());
}

#[test]
fn the_example_of_the_policy_is_a_policy() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/policy.md")).unwrap();
    let example = text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let parsed = Policy::parse(example, Path::new("docs/policy.md")).unwrap();
    assert_eq!(parsed.warnings, []);
    assert!(parsed.policy.module("statistics").is_ok());
}
