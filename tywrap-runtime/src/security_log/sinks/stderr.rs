//! Events on standard error, for people or for a collector that reads it.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write};
use std::sync::Arc;

use tywrap_policy::Severity;

use super::{Sink, SinkError};
use crate::security_log::{Filter, SecurityEvent};

/// How events look on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StderrFormat {
    /// A line for people: time, severity, message, code, facts. With colours if it goes to a terminal.
    Pretty,
    /// [`SecurityEvent::to_json`], a line each.
    Json,
}

/// Writes events to standard error.
#[derive(Debug)]
pub struct StderrSink {
    format: StderrFormat,
    filter: Filter,
}

impl StderrSink {
    /// Writes every event in this format.
    pub fn new(format: StderrFormat) -> Self {
        Self { format, filter: Filter::default() }
    }

    /// Writes only what a filter takes.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }
}

impl Sink for StderrSink {
    fn name(&self) -> &'static str {
        "stderr"
    }

    fn filter(&self) -> Filter {
        self.filter
    }

    fn deliver(&mut self, events: &[Arc<SecurityEvent>]) -> Result<(), SinkError> {
        let stderr = io::stderr();
        let text = lines(self.format, stderr.is_terminal(), events);
        // In one write and not under the lock while it is made, so that lines of others are not held up.
        Ok(stderr.lock().write_all(text.as_bytes())?)
    }
}

fn lines(format: StderrFormat, colours: bool, events: &[Arc<SecurityEvent>]) -> String {
    let mut text = String::new();
    for event in events {
        match format {
            StderrFormat::Json => text.push_str(&event.to_json()),
            StderrFormat::Pretty => pretty(event, colours, &mut text),
        }
        text.push('\n');
    }
    text
}

/// Texts of events have nothing in them that a terminal acts on, so the only colours are these.
fn pretty(event: &SecurityEvent, colours: bool, text: &mut String) {
    let (on, off) = match event.severity() {
        _ if !colours => ("", ""),
        Severity::Low => ("\x1b[2m", "\x1b[0m"),
        Severity::Medium => ("\x1b[33m", "\x1b[0m"),
        Severity::High => ("\x1b[31m", "\x1b[0m"),
        Severity::Critical => ("\x1b[1;31m", "\x1b[0m"),
    };
    let time = humantime::format_rfc3339_millis(event.timestamp());
    let severity = event.severity().to_string();
    // Writing to a string does not fail.
    let _ = write!(text, "{time} {on}{severity:<8}{off} {}: {}", event.kind(), event.message());
    if let Some(code) = event.refusal_code() {
        let _ = write!(text, " [{code}]");
    }
    for (name, value) in event.context() {
        let _ = write!(text, " {name}={value:?}");
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use tywrap_policy::{Code, SecurityError};

    use super::*;
    use crate::security_log::EventKind;

    fn events() -> Vec<Arc<SecurityEvent>> {
        let mut refusal = SecurityError::new(Code::CommandRefused, "command `rm\n\x1b[2J` is refused");
        refusal.timestamp = UNIX_EPOCH;
        let refusal = SecurityEvent::refusal(EventKind::CommandRefused, &refusal).with("command", "rm \"-rf\"");
        vec![Arc::new(refusal)]
    }

    #[test]
    fn a_line_for_people() {
        let plain = "1970-01-01T00:00:00.000Z high     command-refused: command `rm\\u{a}\\u{1b}[2J` is refused [command-refused] command=\"rm \\\"-rf\\\"\"\n";
        assert_eq!(lines(StderrFormat::Pretty, false, &events()), plain);
        let coloured = lines(StderrFormat::Pretty, true, &events());
        assert_eq!(coloured, plain.replace("high    ", "\x1b[31mhigh    \x1b[0m"));
    }

    #[test]
    fn a_line_for_programs() {
        let line = "{\"code\":\"command-refused\",\"context\":{\"command\":\"rm \\\"-rf\\\"\"},\"kind\":\"command-refused\",\"message\":\"command `rm\\\\u{a}\\\\u{1b}[2J` is refused\",\"owasp\":\"authz_fail\",\"severity\":\"high\",\"time\":\"1970-01-01T00:00:00.000000Z\"}\n";
        assert_eq!(lines(StderrFormat::Json, true, &events()), line);
    }
}
