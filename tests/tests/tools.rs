//! The harness itself: each tool does what the other tests rely on, and says so when it fails.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::time::Duration;

use tywrap_tests::{Interpreter, Node, Packages, Run, SetupError, Tsc, TypeScript, Venv, project, scratch};

#[test]
fn the_interpreter_is_the_program_itself() -> Result<(), SetupError> {
    let python = Interpreter::find()?;
    // A shim is a script; an interpreter starts with the magic number of a program.
    let head = std::fs::read(&python.path).unwrap();
    assert_ne!(&head[..2], b"#!", "{}", python.path.display());
    Ok(())
}

#[test]
fn the_virtual_environment_has_its_packages() -> Result<(), SetupError> {
    let venv = Venv::get(&Packages::FEW)?;
    let script = "import numpy, pandas; print(float(numpy.mean([1, 2, 6])), pandas.DataFrame({'a': [1]}).shape)";
    let ended = Run::new(venv.python()).args(["-I", "-c", script]).run().unwrap();
    assert!(ended.success(), "{}", ended.report());
    assert_eq!(ended.stdout, "3.0 (1, 1)\n");
    Ok(())
}

#[test]
fn node_runs_modules() -> Result<(), SetupError> {
    let node = Node::find()?;
    let ended = node.script(&scratch().join("node"), "console.log(import.meta.url.endsWith('.mjs'))").unwrap();
    assert_eq!(ended.stdout, "true\n", "{}", ended.report());
    let ended = node.script(&scratch().join("node"), "process.exitCode = 3").unwrap();
    assert!(!ended.success());
    Ok(())
}

#[test]
fn both_compilers_accept_and_refuse() -> Result<(), SetupError> {
    for version in TypeScript::ALL {
        let tsc = Tsc::get(version)?;
        let dir = scratch().join(format!("tools-{version:?}"));
        project(&dir, &[("index.ts", "export const n: number = 1;\n")]).unwrap();
        let ended = tsc.check(&dir).unwrap();
        assert!(ended.success(), "{version:?}: {}", ended.report());
        project(&dir, &[("index.ts", "export const n: number = \"1\";\n")]).unwrap();
        let ended = tsc.check(&dir).unwrap();
        assert!(!ended.success() && ended.stdout.contains("TS2322"), "{version:?}: {}", ended.report());
    }
    Ok(())
}

#[test]
fn a_program_that_hangs_is_ended() {
    let ended = Run::new("sleep").arg("60").limit(Duration::from_millis(100)).run().unwrap();
    assert!(ended.status.is_none());
    assert!(ended.took < Duration::from_secs(30));
}
