//! The report for programs. `docs/report.md` describes it; whoever changes it changes [`FORMAT`] too.

use serde_json::{Map, Value, json};
use tywrap_policy::Severity;

use super::text::time;
use super::{AuditedChain, BuildFindings, ChainState, FindingKind, SecurityReport};
use crate::sandbox::{Layer, State};
use crate::security_log::event::SecurityEvent;

/// Version of the format.
const FORMAT: u32 = 1;

impl SecurityReport {
    /// The report as one JSON object, with a line break at its end, as `docs/report.md` describes it. The same report
    /// gives the same bytes.
    pub fn to_json(&self) -> String {
        let by_kind: Map<String, Value> =
            self.by_kind().into_iter().map(|(kind, count)| (kind.as_str().to_owned(), count.into())).collect();
        let document = json!({
            "format": FORMAT,
            "version": env!("CARGO_PKG_VERSION"),
            "since": time(self.since),
            "until": time(self.until),
            "chains": self.chains.iter().map(chain).collect::<Vec<_>>(),
            "events": self.total(),
            "by_severity": severities(|severity| self.by_severity().get(&severity).copied().unwrap_or_default()),
            "by_kind": by_kind,
            "unknown_events": self.unknown,
            "lost": self.lost,
            "timeline": {
                "seconds": self.timeline.width().as_secs(),
                "bars": self.timeline.bars().map(|(begins, counts)| {
                    let mut bar = severities(|severity| counts.get(severity as usize).copied().unwrap_or_default());
                    bar.insert("since".to_owned(), time(begins).into());
                    bar
                }).collect::<Vec<_>>(),
            },
            "measured": self.measured.as_ref().map(|measured| json!({
                "checks": measured.checks,
                "failed": measured.failed,
                "mean_ns": measured.mean().map(nanoseconds),
                "slowest_ns": nanoseconds(measured.slowest),
                "commands": measured.commands,
                "unvalidated_commands": measured.unvalidated,
            })),
            "indicators": self.indicators().iter().map(|indicator| json!({
                "name": indicator.name,
                "value": indicator.value,
                "actual": indicator.actual,
                "limit": indicator.limit,
                "objective": indicator.objective,
                "verdict": indicator.verdict.as_str(),
            })).collect::<Vec<_>>(),
            "recommendations": self.recommendations(),
            "latest": self.latest.iter().map(event).collect::<Vec<_>>(),
            "builds": self.builds.iter().map(build).collect::<Vec<_>>(),
            "sandbox": self.sandbox.as_ref().map(|status| {
                let properties = status.iter().map(|(property, state)| (property.to_string(), enforced(state)));
                properties.collect::<Map<_, _>>()
            }),
        });
        format!("{document:#}\n")
    }
}

fn severities(count: impl Fn(Severity) -> u64) -> Map<String, Value> {
    Severity::ALL.iter().map(|severity| (severity.as_str().to_owned(), count(*severity).into())).collect()
}

fn nanoseconds(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn chain(chain: &AuditedChain) -> Value {
    let (state, lines, head) = match chain.state() {
        ChainState::Whole(verified) => ("whole", Some(verified.lines), verified.head.as_ref()),
        ChainState::Broken(_) => ("broken", None, None),
        ChainState::Unreadable(_) => ("unreadable", None, None),
    };
    let broken = match chain.state() {
        ChainState::Broken(broken) => Some(json!({
            "line": broken.line,
            "event": broken.seq,
            "damage": broken.damage.as_str(),
            "missing": broken.damage.missing(),
        })),
        _ => None,
    };
    json!({
        "path": chain.shown(),
        "state": state,
        "lines": lines,
        "head": head.map(ToString::to_string),
        "broken": broken,
        "message": chain.wrong().or_else(|| chain.remark().map(str::to_owned)),
    })
}

fn event(event: &SecurityEvent) -> Value {
    json!({
        "time": time(event.timestamp()),
        "kind": event.kind().as_str(),
        "severity": event.severity().as_str(),
        "code": event.refusal_code().map(|code| code.as_str()),
        "message": event.message(),
        "context": event.context(),
    })
}

fn build(build: &BuildFindings) -> Value {
    let counts: Map<String, Value> =
        FindingKind::ALL.iter().map(|finding| (finding.as_str().to_owned(), build.count(*finding).into())).collect();
    json!({
        "package": build.package(),
        "policy": build.policy(),
        "counts": counts,
        "findings": build.findings().iter().map(|found| json!({
            "finding": found.finding().as_str(),
            "severity": found.severity().as_str(),
            "code": found.code(),
            "message": found.message(),
            "place": found.place(),
        })).collect::<Vec<_>>(),
    })
}

fn enforced(state: &State) -> Value {
    let layers = |by: &[Layer]| by.iter().map(ToString::to_string).collect::<Vec<_>>();
    match state {
        State::Enforced(by) => json!({"state": "enforced", "by": layers(by), "reason": null}),
        State::Degraded { by, reason } if by.is_empty() => json!({"state": "not-enforced", "by": [], "reason": reason}),
        State::Degraded { by, reason } => json!({"state": "degraded", "by": layers(by), "reason": reason}),
    }
}
