//! The example, run as a user runs it.

#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::process::Command;

#[test]
fn grants_six_modules_and_calls_them() {
    let ran = Command::new(env!("CARGO_BIN_EXE_quickstart")).output().unwrap();
    let [output, messages] = [ran.stdout, ran.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(ran.status.success(), "{output}{messages}");
    assert_eq!(output.matches(" callables granted\n").count(), 6, "{output}");
    assert!(output.contains("1.4142135623730951"), "{output}");
}
