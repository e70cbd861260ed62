//! What the build of a package says, beside the events of hosts.

use tywrap_policy::Severity;

use crate::security_log::event::EventKind;
use crate::security_log::text::{self, sanitise};

/// The security events of the last build of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildFindings {
    package: String,
    policy: String,
    findings: Vec<BuildFinding>,
}

/// What a build refused, left out, or was told not to check. Its texts are safe to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildFinding {
    finding: FindingKind,
    severity: Severity,
    code: String,
    message: String,
    place: String,
}

/// What an event of a build is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingKind {
    /// A guard of the policy is switched off.
    GuardOff,
    /// Nothing was emitted for an annotation, because the policy or the lock refuses it.
    AnnotationDenied,
    /// What was printed for an annotation is not what may be printed, and was thrown away.
    EmissionRefused,
    /// The policy leaves a member out, or a parameter of one.
    MemberLeftOut,
}

impl FindingKind {
    /// Every one.
    pub const ALL: &'static [FindingKind] = &[
        FindingKind::GuardOff,
        FindingKind::AnnotationDenied,
        FindingKind::EmissionRefused,
        FindingKind::MemberLeftOut,
    ];

    /// The stable text, in kebab case.
    pub const fn as_str(self) -> &'static str {
        match self {
            FindingKind::GuardOff => "guard-off",
            FindingKind::AnnotationDenied => "annotation-denied",
            FindingKind::EmissionRefused => "emission-refused",
            FindingKind::MemberLeftOut => "member-left-out",
        }
    }

    /// The kind of event that a host would record for it.
    pub const fn kind(self) -> EventKind {
        match self {
            FindingKind::GuardOff => EventKind::GuardOff,
            _ => EventKind::CodeGenerationRefused,
        }
    }
}

impl BuildFinding {
    /// One, with the stable code of its diagnostic, and what it says in one line.
    pub fn new(finding: FindingKind, severity: Severity, code: &str, message: &str) -> Self {
        let [code, message] =
            [(code, text::MOST_NAME), (message, text::MOST_MESSAGE)].map(|(text, most)| sanitise(text, most));
        Self { finding, severity, code, message, place: String::new() }
    }

    /// The annotation, or the line of the policy: `src/main.rs:3:16`.
    #[must_use]
    pub fn at(mut self, place: &str) -> Self {
        self.place = sanitise(place, text::MOST_VALUE);
        self
    }

    /// What it is about.
    pub fn finding(&self) -> FindingKind {
        self.finding
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Stable code of the diagnostic.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// What happened.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where, or nothing.
    pub fn place(&self) -> &str {
        &self.place
    }
}

impl BuildFindings {
    /// That of a package under a policy, as messages show it.
    pub fn new(package: &str, policy: &str) -> Self {
        let [package, policy] = [package, policy].map(|name| sanitise(name, text::MOST_VALUE));
        Self { package, policy, findings: Vec::new() }
    }

    /// Adds what it found. The worst come first, and else they stay in order.
    #[must_use]
    pub fn with(mut self, findings: impl IntoIterator<Item = BuildFinding>) -> Self {
        self.findings.extend(findings);
        self.findings.sort_by_key(|found| (std::cmp::Reverse(found.severity), found.finding));
        self
    }

    /// The package.
    pub fn package(&self) -> &str {
        &self.package
    }

    /// The policy, as messages show it.
    pub fn policy(&self) -> &str {
        &self.policy
    }

    /// What it found, the worst first.
    pub fn findings(&self) -> &[BuildFinding] {
        &self.findings
    }

    /// How many of what.
    pub fn count(&self, finding: FindingKind) -> u64 {
        self.findings.iter().filter(|found| found.finding == finding).count() as u64
    }

    pub(super) fn recommendations(&self) -> Vec<String> {
        let package = &self.package;
        let mut steps = Vec::new();
        match self.count(FindingKind::EmissionRefused) {
            0 => {}
            count => steps.push(format!(
                "`{package}`: for {} was emitted that the check of the output refused: report it, with the stubs",
                counted(count, "annotation something", "annotations something")
            )),
        }
        match self.count(FindingKind::GuardOff) {
            0 => {}
            count => steps.push(format!(
                "`{package}`: {} off in `{}`: switch on what can be, and write down why the rest is not",
                counted(count, "guard is", "guards are"),
                self.policy
            )),
        }
        match self.count(FindingKind::AnnotationDenied) {
            0 => {}
            count => steps.push(format!(
                "`{package}`: {} denied by the last build: remove what is not needed, or have the policy reviewed",
                counted(count, "annotation was", "annotations were")
            )),
        }
        steps
    }
}

fn counted(count: u64, one: &str, more: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {more}") }
}
