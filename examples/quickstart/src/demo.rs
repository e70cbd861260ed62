//! What `cargo run -p quickstart` shows: what was built, the calls from TypeScript (or, without Node, from Rust), what is
//! refused, and the security report.

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use tywrap::{CallError, Module, Value};

/// The emitted npm package; build.rs names it.
const PACKAGE: &str = env!("TYWRAP_PACKAGE_DIR");

/// The TypeScript program, compiled: `app/app.ts` by `tsc`, kept equal by a test.
const APP: &str = include_str!("../app/app.js");

/// Oldest Node that the emitted package supports.
const NODE: u32 = 20;

/// Shows everything.
pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    println!("Built under the policy examples/quickstart/tywrap.toml:");
    for module in [
        &crate::math::MODULE,
        &crate::json::MODULE,
        &crate::statistics::MODULE,
        &crate::textwrap::MODULE,
        &crate::urllib::MODULE,
        &crate::datetime::MODULE,
    ] {
        println!("  {:<14} {:>3} callables granted", module.name, module.callables.len());
    }
    println!("  emitted to {PACKAGE}\n");
    match node() {
        Ok(version) => {
            println!("TypeScript calls Python, on Node {version}:");
            from_typescript()
        }
        Err(reason) => {
            println!("{reason}, so the calls are made from Rust.\n");
            from_rust()
        }
    }
}

/// The version of Node on this machine, or why it can't be used.
fn node() -> Result<String, String> {
    let output = Command::new("node").arg("--version").output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!("Node is not installed (version {NODE} or later is needed)"),
        _ => format!("Node did not start ({error})"),
    })?;
    let version = String::from_utf8_lossy(&output.stdout).trim().trim_start_matches('v').to_owned();
    match version.split('.').next().and_then(|major| major.parse::<u32>().ok()) {
        Some(major) if major >= NODE => Ok(version),
        _ => Err(format!("Node {version} is too old (version {NODE} or later is needed)")),
    }
}

/// Lays the program beside the package as npm would, and runs it with this very binary as its host.
fn from_typescript() -> Result<(), Box<dyn Error>> {
    let package = Path::new(PACKAGE);
    let app = package.with_file_name("quickstart-app");
    let link = app.join("node_modules").join("quickstart-python");
    install(package, &link).map_err(|error| format!("could not link {} to {PACKAGE}: {error}", link.display()))?;
    let program = app.join("app.mjs");
    fs::write(&program, APP).map_err(|error| format!("could not write {}: {error}", program.display()))?;

    let host = std::env::current_exe()?;
    let status = Command::new("node").arg(&program).arg(&host).status()?;
    if status.success() { Ok(()) } else { Err(format!("the TypeScript program ended with {status}").into()) }
}

/// What `npm install <folder>` does with a package in a folder: a link in `node_modules`.
fn install(package: &Path, link: &PathBuf) -> io::Result<()> {
    if fs::read_link(link).is_ok_and(|target| target == package) {
        return Ok(());
    }
    if let Some(parent) = link.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::remove_file(link) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    #[cfg(unix)]
    return std::os::unix::fs::symlink(package, link);
    #[cfg(windows)]
    return std::os::windows::fs::symlink_dir(package, link);
}

/// The same calls through the same checks, without TypeScript.
fn from_rust() -> Result<(), Box<dyn Error>> {
    let host = crate::host()?;
    let call = |module: &'static Module, name: &str, args: Vec<Value>| -> Result<Value, CallError> {
        let start = Instant::now();
        let result = host.call(module, name, args, Vec::new());
        let micros = start.elapsed().as_micros();
        match &result {
            Ok(value) => println!("{micros:>7} µs  {}.{name:<20} {value:?}", module.name),
            Err(error) => println!("{micros:>7} µs  {}.{name:<20} refused: {error}", module.name),
        }
        result
    };
    println!("   (the first call also starts Python)");
    call(&crate::math::MODULE, "sqrt", vec![Value::from(2.0)])?;
    call(&crate::math::MODULE, "sqrt", vec![Value::from(2.0)])?;
    call(&crate::math::MODULE, "factorial", vec![Value::from(18)])?;
    call(&crate::statistics::MODULE, "mean", vec![Value::List((1..=4).map(Value::from).collect())])?;
    call(&crate::urllib::MODULE, "quote", vec![Value::from("straße & co")])?;
    if call(&crate::math::MODULE, "sqrt", vec![Value::from("two")]).is_ok() {
        return Err("`math.sqrt(\"two\")` was expected to be refused".into());
    }
    println!("\n{}", host.report());
    Ok(())
}
