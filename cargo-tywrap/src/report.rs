//! `cargo tywrap report`.

mod builds;
mod chains;
mod since;

use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

use tywrap_contract::file;
use tywrap_runtime::{ChainState, SecurityReport};

use crate::{ReportArguments, Surroundings, terminal};

pub(crate) use since::{Since, parse as parse_since};

/// Exit code of an audit file that is not as it was written.
const BROKEN: u8 = 1;
/// Exit code of what could not be told.
const FAILED: u8 = 2;

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// To read on a terminal
    #[default]
    Text,
    /// For programs, as `docs/report.md` describes it
    Json,
    /// One page for browsers and printers, without script
    Html,
}

pub(crate) fn run(options: &ReportArguments, around: Surroundings<'_>) -> ExitCode {
    ExitCode::from(report(options, around).unwrap_or_else(|message| {
        terminal::error(&message);
        FAILED
    }))
}

fn report(options: &ReportArguments, around: Surroundings<'_>) -> Result<u8, String> {
    let until = SystemTime::now();
    let since = options.since.before(until).ok_or("`--since` lies ahead; name a time that is past, or `24h`")?;
    let mut code = 0;
    let builds = builds::find(options, around).unwrap_or_else(|errors| {
        errors.iter().for_each(terminal::diagnostic);
        code = FAILED;
        builds::Found::default()
    });
    builds.unusable.iter().for_each(|error| {
        terminal::diagnostic(error);
        code = FAILED;
    });
    let chains = chains::find(&options.audit, &builds.policies, around.here)?;
    if chains.is_empty() && builds.builds.is_empty() {
        return Err(format!("{}; build a crate, start its host, or name a file with `--audit`", chains::NONE));
    }
    if chains.is_empty() {
        terminal::detail(chains::NONE);
    }
    let mut report = SecurityReport::from_audit(&chains, since, until);
    for build in builds.builds {
        report = report.with_build(build);
    }
    let text = match options.format {
        Format::Text => format!("{report}\n"),
        Format::Json => report.to_json(),
        Format::Html => report.to_html(),
    };
    match &options.output {
        Some(path) => write(&around.here.join(path), &text)?,
        None => terminal::output(&text),
    }
    for chain in report.chains() {
        code = code.max(match chain.state() {
            ChainState::Whole(_) => 0,
            ChainState::Broken(_) => BROKEN,
            ChainState::Unreadable(_) => FAILED,
        });
    }
    Ok(code)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let unwritable =
        |error| format!("the report cannot be written to `{}`: {error}; name another file", path.display());
    file::replace(path, text.as_bytes()).map(|_| ()).map_err(unwritable)
}
