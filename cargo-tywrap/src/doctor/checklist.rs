//! `cargo tywrap doctor --checklist`: what has to hold before a project is deployed, looked at in the project itself.

mod csp;
mod dependencies;
mod environment;
mod facts;
mod hardening;
mod incident;
mod injection;
mod input;
mod json;
mod limits;
mod line;
mod logging;
mod manifests;
mod modules;
mod monitoring;
mod output;
mod paths;
mod program;
mod reviews;
mod suite;
mod tests;
mod text;

use std::process::ExitCode;

use tywrap_contract::locate;

use self::facts::Facts;
use self::line::{Line, State};
use crate::project::{self, Project};
use crate::{DoctorArguments, Surroundings, terminal};

/// Exit code of a project in which something failed.
const FAILED: u8 = 1;
/// Exit code where no project was found.
const NO_PROJECT: u8 = 2;

/// Looks at one topic.
type Check = fn(&Facts<'_>) -> Line;

/// The topics in the order of the table, each with what looks at it.
const TOPICS: [(&str, Check); 15] = [
    ("vulnerabilities addressed", suite::line),
    ("input validation", input::line),
    ("module list", modules::line),
    ("subprocess hardening", hardening::line),
    ("path traversal", paths::line),
    ("injection", injection::line),
    ("logging", logging::line),
    ("incident procedures", incident::line),
    ("tests", tests::line),
    ("dependency scan", dependencies::line),
    ("CSP", csp::line),
    ("environment", environment::line),
    ("limits and timeouts", limits::line),
    ("metrics and alerts", monitoring::line),
    ("reviews", reviews::line),
];

/// A project, and what was found out about it.
struct Checked {
    /// The policy, as messages show it.
    policy: String,
    /// One for each topic, in their order.
    lines: Vec<(&'static str, Line)>,
}

impl Checked {
    /// How many lines are in a state.
    fn count(&self, state: State) -> usize {
        self.lines.iter().filter(|(_, line)| line.state() == state).count()
    }
}

/// Looks at every project that the manifest leads to. Exits with 1 if a line of one failed.
pub(super) fn run(options: &DoctorArguments, around: Surroundings<'_>) -> ExitCode {
    let manifest = options.project.as_ref().map(|folder| folder.join("Cargo.toml"));
    let manifest = manifest.as_deref().or(options.places.manifest_path.as_deref());
    let projects = match project::find(manifest, around.here) {
        Ok(projects) => projects,
        Err(error) => {
            terminal::diagnostic(&error);
            return ExitCode::from(NO_PROJECT);
        }
    };
    let checked: Vec<Checked> = projects.iter().map(|project| check(project, options, around)).collect();
    if options.json {
        terminal::output(&json::of(&checked));
    } else {
        checked.iter().for_each(|checked| terminal::output(&text::of(checked, terminal::is_coloured())));
    }
    let failed = checked.iter().any(|checked| checked.count(State::Fail) > 0);
    if failed { ExitCode::from(FAILED) } else { ExitCode::SUCCESS }
}

fn check(project: &Project, options: &DoctorArguments, around: Surroundings<'_>) -> Checked {
    let lines = match Facts::gather(project, options.places.venv.as_deref(), around) {
        Ok(facts) => TOPICS.iter().map(|(topic, check)| (*topic, check(&facts))).collect(),
        Err(errors) => {
            errors.iter().for_each(terminal::diagnostic);
            TOPICS.iter().map(|(topic, _)| (*topic, not_looked_at())).collect()
        }
    };
    Checked { policy: locate::shown(&project.policy, &project.root), lines }
}

/// The line of every topic where the policy cannot be read: without it nothing is known, so nothing passes.
fn not_looked_at() -> Line {
    let mut line = Line::new(&["`cargo tywrap check`"]);
    line.fail("the policy is not valid, so this was not looked at");
    line
}
