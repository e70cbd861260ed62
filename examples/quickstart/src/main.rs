//! TypeScript calls Python's standard library through a compiled policy.
//!
//! Without an argument the program shows what it can do. With `serve` it is the host that the TypeScript program starts.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to a person")]

mod demo;

use std::process::ExitCode;

use tywrap::{Endpoint, Host, HostError};

// Each annotation is checked against tywrap.toml by the compiler. Change one to "os" and build.
#[tywrap::wrap("math")]
mod math {}

#[tywrap::wrap("json")]
mod json {}

#[tywrap::wrap("statistics")]
mod statistics {}

#[tywrap::wrap("textwrap")]
mod textwrap {}

#[tywrap::wrap("urllib.parse")]
mod urllib {}

#[tywrap::wrap("datetime")]
mod datetime {}

fn host() -> Result<Host, HostError> {
    Host::builder(tywrap::policy!())
        .module(&math::MODULE)
        .module(&json::MODULE)
        .module(&statistics::MODULE)
        .module(&textwrap::MODULE)
        .module(&urllib::MODULE)
        .module(&datetime::MODULE)
        .build()
}

fn main() -> ExitCode {
    let done = match std::env::args().nth(1).as_deref() {
        Some("serve") => serve(),
        _ => demo::run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves the TypeScript program until it closes the connection, then prints what the security log saw.
fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let host = host()?;
    host.serve(Endpoint::Stdio)?;
    eprintln!("\n{}", host.report());
    Ok(())
}
