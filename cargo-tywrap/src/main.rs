//! `cargo tywrap`: what a project does with its wrapped Python modules beside building them.

mod audit;
mod check;
mod doctor;
mod environment;
mod inspect;
mod lock;
mod locked;
mod plan;
mod project;
mod report;
mod table;
mod terminal;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tywrap_runtime::AuditHead;

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
    /// Tell what of each module is emitted and how well it is typed, and whether the lock is what is installed
    ///
    /// Writes nothing and runs no Python. Exits with 0 if the lock is what is installed, with 1 if it is not, and with 2
    /// if that cannot be told.
    Check(CheckArguments),
    /// Tell what the sandbox enforces on this machine, by which layer of the kernel
    ///
    /// Exits with 0 if everything that the policy requires holds, with 1 if it does not, and with 2 if that cannot be told.
    Doctor(DoctorArguments),
    /// Tell what happened in the last day, or since some time, from the audit files of hosts and the last builds
    ///
    /// Every line of the audit files is verified, and if one is not as it was written, that is said first. Exits with 0
    /// if all are as they were written, with 1 if one is not, and with 2 if that, or anything else that was asked for,
    /// cannot be told.
    Report(ReportArguments),
    /// Look at the audit files that hosts write: whether they are as they were written, and up to where they go
    #[command(subcommand)]
    Audit(AuditCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Check every line, every link and every head, and name the first line that is not as it was written
    ///
    /// Exits with 0 if all is as it was written, with 1 if it is not, and with 2 if that cannot be told.
    Verify(AuditVerifyArguments),
    /// Print the last event of each chain as `<number>:<hash>`, to keep elsewhere and give to `verify --head`
    Heads(AuditFiles),
}

/// Where the project and its packages are.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Places {
    /// The `Cargo.toml` of the package, or of a workspace; by default the nearest one
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,
    /// The virtual environment with the packages; by default what the policy names, else `.venv` beside it
    #[arg(long, value_name = "PATH")]
    pub(crate) venv: Option<PathBuf>,
}

/// The options of `cargo tywrap lock`.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct LockArguments {
    /// Lock only these modules, and leave the others as they are
    pub(crate) modules: Vec<String>,
    #[command(flatten)]
    pub(crate) places: Places,
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

/// The options of `cargo tywrap check`.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    pub(crate) places: Places,
    /// Print JSON, as `docs/check.md` describes it
    #[arg(long)]
    pub(crate) json: bool,
    /// List every name that is missing or not typed, and what the policy or the annotation leaves out
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

/// The options of `cargo tywrap doctor`.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct DoctorArguments {
    #[command(flatten)]
    pub(crate) places: Places,
    /// Run twenty real attacks in Python, with no guard, with each layer alone and with all of them; they harm nothing but files,
    /// sockets and a process that are made for them
    #[arg(long, conflicts_with = "checklist")]
    pub(crate) attack: bool,
    /// Go through what has to hold before the project is deployed, fifteen topics, and tell of each whether it does and
    /// what proves it. Exits with 1 if one does not
    #[arg(long)]
    pub(crate) checklist: bool,
    /// Print the checklist as JSON, as `docs/checklist.md` describes it
    #[arg(long, requires = "checklist")]
    pub(crate) json: bool,
    /// The folder of the project whose checklist it is; by default the nearest one with a `Cargo.toml`
    #[arg(long, value_name = "DIR", requires = "checklist", conflicts_with = "manifest_path")]
    pub(crate) project: Option<PathBuf>,
}

/// The options of `cargo tywrap report`.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ReportArguments {
    /// The `Cargo.toml` of the package, or of a workspace, whose builds to report on; by default the nearest one
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,
    /// Cargo's target directory; by default what CARGO_TARGET_DIR says, else `target` in the workspace
    #[arg(long, value_name = "DIR")]
    pub(crate) target_dir: Option<PathBuf>,
    /// A file that a host writes, or a directory of such files. May be given several times; by default, where hosts of
    /// these policies write
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) audit: Vec<PathBuf>,
    /// When the report begins: how long ago, as `7d`, or a time (UTC), as `2026-11-28T10:00:00Z`
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = report::parse_since)]
    pub(crate) since: report::Since,
    /// How it is written
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: report::Format,
    /// Write it to a file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Which audit files to look at.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct AuditFiles {
    /// Files that hosts write, as the policy names them; those written before stand beside them and are found. By
    /// default, where hosts without `monitoring.audit-log` write
    pub(crate) files: Vec<PathBuf>,
    /// Look at every chain of this directory
    #[arg(long, value_name = "DIR", conflicts_with = "files")]
    pub(crate) dir: Option<PathBuf>,
}

/// The options of `cargo tywrap audit verify`.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct AuditVerifyArguments {
    #[command(flatten)]
    pub(crate) files: AuditFiles,
    /// A head that was kept elsewhere, `<number>:<hash>`: the chain must have that event. May be given several times
    #[arg(long, value_name = "SEQ:HASH")]
    pub(crate) head: Vec<AuditHead>,
    /// A file of heads that was kept elsewhere, one a line; what stands behind a head does not matter
    #[arg(long, value_name = "FILE")]
    pub(crate) heads: Vec<PathBuf>,
    /// Print JSON, as `docs/audit.md` describes it
    #[arg(long)]
    pub(crate) json: bool,
}

/// What the command finds around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surroundings<'a> {
    /// What relative paths on the command line start from.
    pub(crate) here: &'a Path,
    /// `PATH`.
    pub(crate) search_path: Option<&'a OsStr>,
    /// `CARGO_TARGET_DIR`.
    pub(crate) target_dir: Option<&'a OsStr>,
    /// `CARGO`: the Cargo that runs this as a subcommand.
    pub(crate) cargo: Option<&'a OsStr>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse_from(own_arguments(std::env::args_os()));
    let here = match std::env::current_dir() {
        Ok(here) => here,
        Err(error) => {
            terminal::error(&format!("the working directory cannot be read: {error}; change to an existing one"));
            return ExitCode::FAILURE;
        }
    };
    let [search_path, cargo, target_dir] = ["PATH", "CARGO", "CARGO_TARGET_DIR"].map(std::env::var_os);
    let target_dir = target_dir.filter(|path| !path.is_empty());
    let around = Surroundings {
        here: &here,
        search_path: search_path.as_deref(),
        target_dir: target_dir.as_deref(),
        cargo: cargo.as_deref(),
    };
    match arguments.command {
        Command::Lock(options) => lock::run(&options, around),
        Command::Check(options) => check::run(&options, around),
        Command::Doctor(options) => doctor::run(&options, around),
        Command::Report(options) => report::run(&options, around),
        Command::Audit(command) => audit::run(&command, around),
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
            let arguments = Arguments::parse_from(own_arguments(words.iter().map(OsString::from)));
            let Command::Lock(lock) = arguments.command else { panic!("{arguments:?}") };
            assert_eq!(lock.modules, ["numpy"]);
            assert!(lock.check);
        }
    }
}
