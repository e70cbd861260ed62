//! What is recorded.

use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use tywrap_policy::{Code, SecurityError, Severity};

use super::{secret, text};

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $Variant:ident = $text:literal, $Area:ident, $owasp:literal;)+) => {
        /// What an event is about. Stable: a kind never changes its name or meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum EventKind {
            $($(#[doc = $doc])+ $Variant,)+
        }

        impl EventKind {
            /// Every kind.
            pub const ALL: &'static [EventKind] = &[$(EventKind::$Variant,)+];

            /// The name in the audit file and in metrics, in kebab case.
            pub const fn as_str(self) -> &'static str {
                match self { $(EventKind::$Variant => $text,)+ }
            }

            /// The one of a name, if there is one.
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.as_str() == name)
            }

            /// The nearest event of OWASP's logging vocabulary (its cheat sheet of that name), for systems that sort events by it. Several
            /// kinds may have one, and `lifecycle` is its starts and its ends.
            pub const fn owasp(self) -> &'static str {
                match self { $(EventKind::$Variant => $owasp,)+ }
            }

            /// Which part of the system it comes from.
            pub const fn area(self) -> Area {
                match self { $(EventKind::$Variant => Area::$Area,)+ }
            }
        }
    };
}

kinds! {
    /// A name, path, value or text was refused before it was used.
    ValidationFailure = "validation-failure", Validation, "input_validation_fail";
    /// A call was refused by the grant table or by a signature.
    CallRefused = "call-refused", Validation, "authz_fail";
    /// A frame was no frame of the wire.
    ProtocolViolation = "protocol-violation", Validation, "malicious_extraneous";
    /// A peer was turned away.
    PeerRefused = "peer-refused", Validation, "authn_login_fail";
    /// A command, an argument or a program file was refused.
    CommandRefused = "command-refused", Subprocess, "authz_fail";
    /// Variables were not passed on to a program.
    EnvironmentCleaned = "environment-cleaned", Subprocess, "input_validation_fail";
    /// A program was started.
    SubprocessStarted = "subprocess-started", Subprocess, "sys_startup";
    /// A program could not be started.
    SubprocessFailed = "subprocess-failed", Subprocess, "sys_crash";
    /// A program took too long and was ended.
    SubprocessTimeout = "subprocess-timeout", Subprocess, "sys_crash";
    /// A program printed more than it may and was killed.
    SubprocessOutputLimit = "subprocess-output-limit", Subprocess, "excess_rate_limit_exceeded";
    /// A program ended when it should not have.
    SubprocessCrashed = "subprocess-crashed", Subprocess, "sys_crash";
    /// What a program printed reads like an attack. Nothing was refused.
    OutputSuspicious = "output-suspicious", Subprocess, "malicious_extraneous";
    /// The interpreter of a worker reported an operation. Advisory: code in the worker can keep it from reporting, or report anything.
    PythonAudit = "python-audit", Subprocess, "malicious_extraneous";
    /// A property of the sandbox is not enforced, and the policy accepts that.
    SandboxDegraded = "sandbox-degraded", Sandbox, "sys_monitor_disabled";
    /// A property of the sandbox is not enforced, and nothing was started for it.
    SandboxNotEnforced = "sandbox-not-enforced", Sandbox, "sys_monitor_disabled";
    /// Byte code kept for workers was not as it was left. It was compiled anew.
    CacheDamaged = "cache-damaged", Sandbox, "malicious_extraneous";
    /// The policy refused a module, a member or what would have been emitted for it.
    CodeGenerationRefused = "code-generation-refused", CodeGeneration, "authz_fail";
    /// A guard of the policy is switched off.
    GuardOff = "guard-off", Policy, "sys_monitor_disabled";
    /// Something began or ended as it should.
    Lifecycle = "lifecycle", Lifecycle, "sys_startup";
    /// Events were lost, or the audit file is not as it was left.
    LogDamaged = "log-damaged", Log, "sys_monitor_disabled";
    /// The audit file is on the disk up to an event, whose number and hash it gives: keep them elsewhere.
    LogCheckpoint = "log-checkpoint", Log, "sys_monitor_enabled";
    /// Audit files were removed because they are older than they are kept.
    LogPruned = "log-pruned", Log, "sensitive_delete";
}

/// A part of the system, as the report groups events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// Checks of what comes in.
    Validation,
    /// Programs.
    Subprocess,
    /// What the kernel enforces.
    Sandbox,
    /// What is emitted.
    CodeGeneration,
    /// The policy itself.
    Policy,
    /// Starts and ends.
    Lifecycle,
    /// The log itself.
    Log,
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One event. Its texts are safe to print: whatever could move a cursor, break a line or turn text around is escaped,
/// what is written as secrets are is masked, and everything has a length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityEvent {
    kind: EventKind,
    severity: Severity,
    code: Option<Code>,
    timestamp: SystemTime,
    message: String,
    context: BTreeMap<String, String>,
}

impl SecurityEvent {
    /// The most facts an event carries.
    pub const MOST_FACTS: usize = 8;

    /// An event now.
    pub fn new(kind: EventKind, severity: Severity, message: &str) -> Self {
        Self {
            kind,
            severity,
            code: None,
            timestamp: SystemTime::now(),
            message: text::loggable(message, text::MOST_MESSAGE),
            context: BTreeMap::new(),
        }
    }

    /// A refusal, with its code, severity, time and context.
    pub fn refusal(kind: EventKind, refusal: &SecurityError) -> Self {
        let mut event = Self::new(kind, refusal.severity, &refusal.message);
        event.code = Some(refusal.code);
        event.timestamp = refusal.timestamp;
        for (name, value) in &refusal.context {
            event = event.with(name, value);
        }
        event
    }

    /// Sets the code.
    #[must_use]
    pub fn code(mut self, code: Code) -> Self {
        self.code = Some(code);
        self
    }

    /// Sets the time, of an event that was recorded before.
    pub(super) fn at(mut self, time: SystemTime) -> Self {
        self.timestamp = time;
        self
    }

    /// Adds a fact. Beyond [`SecurityEvent::MOST_FACTS`] it counts them only, in the fact `omitted`.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        let name = text::sanitise(name, text::MOST_NAME);
        if self.context.len() < Self::MOST_FACTS || self.context.contains_key(&name) {
            let value = if secret::is_secret(&name) {
                secret::MASKED.to_owned()
            } else {
                text::loggable(value, text::MOST_VALUE)
            };
            self.context.insert(name, value);
        } else {
            let omitted = self.context.get("omitted").and_then(|count| count.parse::<u64>().ok()).unwrap_or(0);
            self.context.insert("omitted".to_owned(), (omitted + 1).to_string());
        }
        self
    }

    /// Adds how many arguments there were and how long the first three are; never what they say.
    #[must_use]
    pub fn with_arguments<'a>(self, arguments: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let lengths: Vec<usize> = arguments.into_iter().map(<[u8]>::len).collect();
        let mut shown: Vec<String> = lengths.iter().take(3).map(|length| format!("<{length} bytes>")).collect();
        if lengths.len() > shown.len() {
            shown.push(format!("and {} more", lengths.len() - shown.len()));
        }
        self.with("arguments", &shown.join(" "))
    }

    /// What it is about.
    pub fn kind(&self) -> EventKind {
        self.kind
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The code of the refusal, where it is one.
    pub fn refusal_code(&self) -> Option<Code> {
        self.code
    }

    /// When it happened.
    pub fn timestamp(&self) -> SystemTime {
        self.timestamp
    }

    /// What happened, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Facts by name.
    pub fn context(&self) -> &BTreeMap<String, String> {
        &self.context
    }

    /// Whether something was refused or went wrong: such an event is on the disk before whoever caused it is answered.
    /// What only looks suspicious in what a program prints is none, so that printing does not keep the disk busy.
    pub fn is_denial(&self) -> bool {
        (self.code.is_some() && self.kind != EventKind::OutputSuspicious) || self.severity >= Severity::High
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_in_kebab_case() {
        let names: BTreeSet<&str> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(names.len(), EventKind::ALL.len());
        assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
    }

    #[test]
    fn the_documentation_has_the_vocabulary_of_every_kind() {
        let document = include_str!("../../../docs/audit.md");
        for kind in EventKind::ALL {
            let row = format!("| `{kind}` | `{}` |", kind.owasp());
            assert!(document.contains(&row), "docs/audit.md has no {row}");
        }
    }

    #[test]
    fn arguments_are_counted_and_not_shown() {
        let arguments = [b"--token=hunter2".as_slice(), b"a", b"", b"x", b"y"];
        let event = SecurityEvent::new(EventKind::CommandRefused, Severity::High, "m").with_arguments(arguments);
        assert_eq!(event.context()["arguments"], "<15 bytes> <1 bytes> <0 bytes> and 2 more");
    }

    #[test]
    fn secrets_are_masked_in_messages_and_facts() {
        let event = SecurityEvent::new(EventKind::CommandRefused, Severity::High, "https://me:hunter2@host")
            .with("password", "hunter2")
            .with("command", "curl --token hunter2");
        assert!(!format!("{event:?}").contains("hunter2"), "{event:?}");
        assert_eq!(event.context()["command"], "curl --token [masked]");
    }

    #[test]
    fn facts_beyond_the_limit_are_counted() {
        let mut event = SecurityEvent::new(EventKind::Lifecycle, Severity::Low, "m");
        for index in 0..SecurityEvent::MOST_FACTS + 3 {
            event = event.with(&format!("fact{index:02}"), "x");
        }
        assert_eq!(event.context().len(), SecurityEvent::MOST_FACTS + 1);
        assert_eq!(event.context()["omitted"], "3");
    }
}
