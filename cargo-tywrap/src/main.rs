//! `cargo tywrap`: what a project does with its wrapped Python modules beside building them.

mod environment;
mod lock;
mod plan;
mod problem;
mod project;
mod report;
mod terminal;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Wraps Python for TypeScript under a policy: the commands beside `cargo build`.
#[derive(Debug, Parser)]
#[command(name = "cargo tywrap", bin_name = "cargo tywrap", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write down what the annotated Python modules offer, for review: `tywrap.lock` and `.tywrap/<module>.json`
    ///
    /// Reads stubs and typed sources as text and runs no Python. It works while the crate does not compile, and locks
    /// what is annotated under any `#[cfg(…)]`.
    Lock(LockArguments),
}

/// The options of `cargo tywrap lock`.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct LockArguments {
    /// Lock only these modules, and leave the others as they are
    pub(crate) modules: Vec<String>,
    /// The `Cargo.toml` of the package, or of a workspace; by default the nearest one
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,
    /// The virtual environment with the packages; by default what the policy names, else `.venv` beside it
    #[arg(long, value_name = "PATH")]
    pub(crate) venv: Option<PathBuf>,
    /// The oldest Python that the lock is for, such as 3.11; by default what it is for already, else the environment's
    #[arg(long, value_name = "VERSION", value_parser = environment::parse_version)]
    pub(crate) python: Option<(u8, u8)>,
    /// Write nothing, and fail if something would change
    #[arg(long)]
    pub(crate) check: bool,
    /// List what is omitted, with the reasons
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse_from(own_arguments(std::env::args_os()));
    let Command::Lock(options) = arguments.command;
    match std::env::current_dir() {
        Ok(here) => lock::run(&options, &here, std::env::var_os("PATH").as_deref()),
        Err(error) => {
            terminal::error(&format!("the working directory cannot be read: {error}; change to an existing one"));
            ExitCode::FAILURE
        }
    }
}

/// Cargo passes the name of the subcommand on: `cargo tywrap lock` runs `cargo-tywrap tywrap lock`.
fn own_arguments(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.collect();
    if arguments.get(1).is_some_and(|argument| argument == "tywrap") {
        arguments.remove(1);
    }
    arguments
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn runs_under_cargo_and_by_itself() {
        for words in
            [&["cargo-tywrap", "tywrap", "lock", "numpy", "--check"][..], &["cargo-tywrap", "lock", "numpy", "--check"]]
        {
            let Command::Lock(lock) = Arguments::parse_from(own_arguments(words.iter().map(OsString::from))).command;
            assert_eq!(lock.modules, ["numpy"]);
            assert!(lock.check);
        }
    }
}
