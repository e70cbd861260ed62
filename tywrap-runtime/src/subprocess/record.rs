//! What the security log learns about programs.

use std::borrow::Cow;
use std::time::Duration;

use tywrap_policy::{Code, SecurityError, SecurityValidator, Severity};

use super::child::Child;
use super::environment::Dropped;
use super::error::{ProgramRefused, SpawnError};
use super::outcome::{Ending, Exit, Outcome, Stream};
use crate::metrics::Check;
use crate::sandbox::{State, Status};
use crate::security_log::{EventKind, SecurityEvent, SecurityLogger};

/// Names of dropped variables that one event shows.
const SHOWN_NAMES: usize = 8;

/// Turns what happens to a command into events, if anybody listens.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorder {
    logger: Option<SecurityLogger>,
}

impl Recorder {
    pub(super) fn new(logger: &SecurityLogger) -> Self {
        Self { logger: Some(logger.clone()) }
    }

    pub(super) fn validated(&self, passed: bool, took: Duration) {
        if let Some(logger) = &self.logger {
            logger.count_check(Check::Command, passed, took);
        }
    }

    /// The command did not come to be a process.
    pub(super) fn refused(&self, command: &str, error: &SpawnError) {
        let event = match error {
            SpawnError::Refused(refusal) => SecurityEvent::refusal(EventKind::CommandRefused, refusal),
            SpawnError::Program(refused) => SecurityEvent::refusal(
                EventKind::CommandRefused,
                &SecurityError::new(code(refused), refused.to_string()),
            ),
            SpawnError::NotEnforced(missing) => {
                SecurityEvent::new(EventKind::SandboxNotEnforced, Severity::High, &missing.to_string())
                    .with("property", missing.property.as_str())
            }
            SpawnError::Start { .. } | SpawnError::System { .. } | SpawnError::Unsupported { .. } => {
                SecurityEvent::new(EventKind::SubprocessFailed, Severity::Medium, &error.to_string())
                    .code(Code::SpawnFailed)
            }
        };
        self.record(event.with("command", command));
    }

    pub(super) fn passed_over(&self, command: &str, refused: &[ProgramRefused]) {
        for refused in refused {
            // A version manager's shim is on many a PATH. A file that others can write is not there by chance.
            let severity = match refused {
                ProgramRefused::Shim { .. } => Severity::Low,
                _ => Severity::Medium,
            };
            let message = format!("passed over on PATH: {refused}");
            self.record(SecurityEvent::new(EventKind::CommandRefused, severity, &message).with("command", command));
        }
    }

    /// Arguments that passed only because the policy is not strict.
    pub(super) fn remarkable(&self, command: &str, found: &[Cow<'_, str>]) {
        for found in found {
            let message = format!("an argument has `{found}`, which `reject-patterns` names");
            self.record(
                SecurityEvent::new(EventKind::ValidationFailure, Severity::Low, &message).with("command", command),
            );
        }
    }

    pub(super) fn cleaned(&self, command: &str, dropped: &[Dropped]) {
        if dropped.is_empty() || self.logger.is_none() {
            return;
        }
        let severity =
            if dropped.iter().any(|variable| variable.loads_code) { Severity::Medium } else { Severity::Low };
        // Those that load code first: they are why one would look.
        let mut names: Vec<&Dropped> = dropped.iter().collect();
        names.sort_by_key(|variable| !variable.loads_code);
        let mut shown: Vec<&str> = names.iter().take(SHOWN_NAMES).map(|variable| variable.name.as_str()).collect();
        if names.len() > SHOWN_NAMES {
            shown.push("…");
        }
        let message = format!("{} environment variables were not passed on", dropped.len());
        let event = SecurityEvent::new(EventKind::EnvironmentCleaned, severity, &message);
        self.record(event.with("command", command).with("names", &shown.join(" ")));
    }

    pub(super) fn started<'a>(
        &self,
        command: &str,
        arguments: impl Iterator<Item = &'a [u8]>,
        child: &Child,
        sandboxed: bool,
    ) {
        let Some(logger) = &self.logger else { return };
        // There is no way here but through the validator.
        logger.count_command(true);
        let message = format!("`{command}` was started");
        self.record(
            SecurityEvent::new(EventKind::SubprocessStarted, Severity::Low, &message)
                .with("command", command)
                .with("pid", &child.id().to_string())
                .with_arguments(arguments),
        );
        if sandboxed {
            degraded(child.sandbox()).for_each(|event| self.record(event.with("command", command)));
        }
    }

    pub(super) fn ended(&self, command: &str, outcome: &Outcome, validator: &SecurityValidator) {
        if self.logger.is_none() {
            return;
        }
        let message = format!("`{command}` {}", outcome.ending);
        let event = match outcome.ending {
            Ending::Exited(Exit::Code(_)) => None,
            Ending::Exited(Exit::Signal(_)) => {
                Some(SecurityEvent::new(EventKind::SubprocessCrashed, Severity::Medium, &message))
            }
            Ending::TimedOut { .. } => Some(
                SecurityEvent::new(EventKind::SubprocessTimeout, Code::Timeout.severity(), &message)
                    .code(Code::Timeout),
            ),
            Ending::OutputLimit { .. } => Some(
                SecurityEvent::new(EventKind::SubprocessOutputLimit, Code::OutputLimit.severity(), &message)
                    .code(Code::OutputLimit),
            ),
        };
        if let Some(event) = event {
            self.record(event.with("command", command));
        }
        for (stream, bytes) in [(Stream::Stdout, &outcome.stdout), (Stream::Stderr, &outcome.stderr)] {
            for advisory in validator.output(&String::from_utf8_lossy(bytes)) {
                let message = format!("what `{command}` wrote to {stream} reads like {}", advisory.suspicion.as_str());
                self.record(
                    SecurityEvent::new(EventKind::OutputSuspicious, Code::OutputSuspicious.severity(), &message)
                        .with("command", command),
                );
            }
        }
    }

    fn record(&self, event: SecurityEvent) {
        if let Some(logger) = &self.logger {
            logger.record(event);
        }
    }
}

fn code(refused: &ProgramRefused) -> Code {
    match refused {
        ProgramRefused::Shim { .. } => Code::InterpreterShim,
        ProgramRefused::NoneLeft { refused, .. } => refused.last().map_or(Code::InterpreterMissing, code),
        _ => Code::CommandRefused,
    }
}

/// An event for each property that a sandbox goes without.
pub(crate) fn degraded(status: &Status) -> impl Iterator<Item = SecurityEvent> {
    status.iter().filter_map(|(property, state)| {
        let State::Degraded { reason, .. } = state else { return None };
        let message = format!("`{property}` is not enforced, which the policy accepts: {reason}");
        let event = SecurityEvent::new(EventKind::SandboxDegraded, Severity::Medium, &message);
        Some(event.with("property", property.as_str()))
    })
}
