//! TypeScript computes with numpy and pandas through a compiled policy.
//!
//! Without an argument the program sets up a virtual environment (once), then runs the TypeScript program. With
//! `serve <venv>` it is the host that the TypeScript program starts.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to a person")]

mod app;
mod venv;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use tywrap::{Endpoint, Host};

#[tywrap::wrap("numpy", only = ["mean", "multiply", "arange", "reshape", "sum", "linalg.norm"])]
mod numpy {}

#[tywrap::wrap("pandas", only = ["DataFrame", "date_range", "infer_freq"])]
mod pandas {}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => venv::ready().and_then(|venv| app::run(&venv)),
        ["serve", venv] => serve(Path::new(venv)),
        _ => Err("usage: science [serve <venv>]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves the TypeScript program until it closes the connection.
fn serve(venv: &Path) -> Result<(), Box<dyn Error>> {
    let host = Host::builder(tywrap::policy!()).module(&numpy::MODULE).module(&pandas::MODULE).venv(venv).build()?;
    host.serve(Endpoint::Stdio)?;
    Ok(())
}
