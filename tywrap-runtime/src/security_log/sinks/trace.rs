//! Events as events of the crate `tracing`.

use std::sync::Arc;

use tracing::{Dispatch, Level, dispatcher, event};
use tywrap_policy::Severity;

use super::{Sink, SinkError};
use crate::security_log::{Filter, SecurityEvent};

/// Passes events on to `tracing`, with the target `tywrap`: critical and high ones as errors, medium ones as warnings,
/// low ones as information. The fields are `kind`, `severity`, `code` and `context`, which is JSON, and the message.
#[derive(Debug, Default)]
pub struct TracingSink {
    filter: Filter,
    dispatch: Option<Dispatch>,
}

impl TracingSink {
    /// Passes them to the global subscriber, whichever it is when they come.
    pub fn new() -> Self {
        Self::default()
    }

    /// Passes them to this subscriber. The one of a thread has no meaning for a sink, which has a thread of its own.
    pub fn with_dispatch(dispatch: Dispatch) -> Self {
        Self { dispatch: Some(dispatch), ..Self::default() }
    }

    /// Passes on only what a filter takes.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }
}

impl Sink for TracingSink {
    fn name(&self) -> &'static str {
        "tracing"
    }

    fn filter(&self) -> Filter {
        self.filter
    }

    fn deliver(&mut self, events: &[Arc<SecurityEvent>]) -> Result<(), SinkError> {
        let all = || events.iter().for_each(|event| emit(event));
        match &self.dispatch {
            Some(dispatch) => dispatcher::with_default(dispatch, all),
            None => all(),
        }
        Ok(())
    }
}

fn emit(event: &SecurityEvent) {
    // The level and the names of the fields are part of what a place in the program is to `tracing`.
    macro_rules! at {
        ($level:expr) => {
            event!(
                target: "tywrap",
                $level,
                kind = event.kind().as_str(),
                severity = %event.severity(),
                code = event.refusal_code().map(|code| code.as_str()),
                context = %super::json::context(event),
                "{}",
                event.message()
            )
        };
    }
    match event.severity() {
        Severity::High | Severity::Critical => at!(Level::ERROR),
        Severity::Medium => at!(Level::WARN),
        Severity::Low => at!(Level::INFO),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fmt;
    use std::sync::Mutex;
    use std::time::Duration;

    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Metadata, Subscriber};
    use tywrap_policy::Code;

    use super::*;
    use crate::security_log::{EventKind, SecurityLogger};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<String>>>);

    struct Line(String);

    impl Visit for Line {
        fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
            self.0.push_str(&format!(" {}={value:?}", field.name()));
        }
    }

    impl Subscriber for Lines {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            metadata.target() == "tywrap"
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn event(&self, event: &Event<'_>) {
            let mut line = Line(event.metadata().level().to_string());
            event.record(&mut line);
            self.0.lock().unwrap().push(line.0);
        }

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn events_have_the_level_of_their_severity() {
        let lines = Lines::default();
        let logger = SecurityLogger::in_memory();
        logger.add_sink(TracingSink::with_dispatch(Dispatch::new(lines.clone()))).unwrap();
        for (severity, code) in [
            (Severity::Low, None),
            (Severity::Medium, Some(Code::CallType)),
            (Severity::High, None),
            (Severity::Critical, None),
        ] {
            let event = SecurityEvent::new(EventKind::CallRefused, severity, "text {} %s").with("who", "a\"b");
            logger.record(code.into_iter().fold(event, SecurityEvent::code));
        }
        assert!(logger.flush_sinks(Duration::from_secs(20)));
        let line = |level: &str, severity: &str, code: &str| {
            format!(
                "{level} message=text {{}} %s kind=\"call-refused\" severity={severity}{code} context={{\"who\":\"a\\\"b\"}}"
            )
        };
        let wanted = [
            line("INFO", "low", ""),
            line("WARN", "medium", " code=\"call-type\""),
            line("ERROR", "high", ""),
            line("ERROR", "critical", ""),
        ];
        assert_eq!(*lines.0.lock().unwrap(), wanted);
    }
}
