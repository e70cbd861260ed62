//! High and critical events, given to the program that the policy names.

use std::sync::Arc;
use std::time::Duration;

use tywrap_policy::{Policy, Severity};

use super::{Sink, SinkError};
use crate::security_log::{Filter, SecurityEvent, WeakLogger};
use crate::subprocess::{Program, SpawnError, Subprocess};

/// Between two programs, at least. A burst is one alert and not a thousand processes.
const REST: Duration = Duration::from_secs(1);

/// Starts `monitoring.alert-command` once for all events that wait, and never two at a time. The program reads one line
/// of JSON an event from its standard input.
#[derive(Debug)]
pub(crate) struct AlertCommand {
    command: Subprocess,
    log: WeakLogger,
}

impl AlertCommand {
    /// The policy's command; nothing if it has none.
    ///
    /// # Errors
    /// That `command-whitelist` does not have the program, or that its file cannot be trusted.
    pub(crate) fn new(policy: &Policy, log: WeakLogger) -> Result<Option<Self>, SpawnError> {
        let Some(alert) = &policy.monitoring().alert_command else { return Ok(None) };
        let name = alert.path().file_name().unwrap_or_default().to_string_lossy();
        let program = Program::at(&name, alert.path())?;
        // The arguments stand in the policy, which was reviewed; rules for input are not for them.
        let command = Subprocess::pinned(policy, &program).allowed_env();
        let command = alert.arguments().iter().fold(command, |command, argument| command.fixed_arg(argument));
        command.check()?;
        Ok(Some(Self { command, log }))
    }
}

impl Sink for AlertCommand {
    fn name(&self) -> &'static str {
        "alert-command"
    }

    fn filter(&self) -> Filter {
        Filter { severity: Some(Severity::High), ..Filter::default() }
    }

    fn rest(&self) -> Duration {
        REST
    }

    fn deliver(&mut self, events: &[Arc<SecurityEvent>]) -> Result<(), SinkError> {
        let lines: String = events.iter().map(|event| event.to_json() + "\n").collect();
        let mut command = self.command.clone().input(lines);
        // That it was started and how it ended is in the log like that of any other program.
        if let Some(logger) = self.log.upgrade() {
            command = command.logger(&logger);
        }
        let outcome = command.run().map_err(|error| SinkError::new(error.to_string()))?;
        if outcome.success() {
            return Ok(());
        }
        let name = command.name();
        Err(SinkError::new(format!("`{name}` {}", outcome.ending)))
    }
}
