//! The security events of a build, for `cargo tywrap report`.

use tywrap_contract::build_events::{BuildEvent, BuildEventKind, BuildEvents, FORMAT};
use tywrap_contract::manifest::VERSION;
use tywrap_policy::{Code, Diagnostic, Severity};

use crate::report::{Denied, Report};

/// What a build refused, left out or was told not to check. `warnings` are the policy's.
///
/// They say the same whether a module was emitted by this run or kept from an earlier one.
pub(crate) fn events(report: &Report, warnings: &[Diagnostic]) -> BuildEvents {
    let off = warnings.iter().filter(|warning| warning.code == Code::PolicySwitchOff).map(guard_off);
    let denied = report.denied.iter().map(denied);
    let left_out = report.modules.iter().flat_map(|module| {
        module.left_out.iter().map(|member| BuildEvent {
            module: Some(module.name.clone()),
            member: Some(member.name.clone()),
            place: Some(module.place.clone()),
            // Nobody asked for the member, as a code of high severity would say.
            severity: Severity::Low.as_str().to_owned(),
            ..BuildEvent::new(BuildEventKind::MemberLeftOut, Code::MemberBlocked, &member.reason)
        })
    });
    BuildEvents {
        format: FORMAT,
        version: VERSION.to_owned(),
        package: report.package.clone(),
        policy: report.policy.clone(),
        events: off.chain(denied).chain(left_out).collect(),
    }
}

fn guard_off(warning: &Diagnostic) -> BuildEvent {
    BuildEvent {
        place: warning.place.as_ref().map(ToString::to_string),
        ..BuildEvent::new(BuildEventKind::GuardOff, warning.code, &warning.message)
    }
}

fn denied(denied: &Denied) -> BuildEvent {
    // A refusal has the code of a diagnostic, which is one of the table.
    let code = Code::parse(&denied.code).unwrap_or(Code::ModuleNotAllowed);
    let kind = match code {
        Code::EmissionRefused => BuildEventKind::EmissionRefused,
        _ => BuildEventKind::AnnotationDenied,
    };
    BuildEvent {
        module: Some(denied.module.clone()),
        member: denied.member.clone(),
        place: Some(denied.place.clone()),
        ..BuildEvent::new(kind, code, &denied.message)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tywrap_policy::Policy;

    use super::*;
    use crate::report::Module;
    use crate::select::LeftOut;

    #[test]
    fn each_kind_of_event_has_its_code_its_severity_and_its_place() {
        let denied = |module: &str, code: Code| Denied {
            module: module.to_owned(),
            place: "src/main.rs:1:16".to_owned(),
            member: None,
            code: code.as_str().to_owned(),
            message: format!("`{module}` is refused"),
        };
        let module = Module {
            name: "pandas".to_owned(),
            place: "src/main.rs:3:16".to_owned(),
            members: 1,
            digest: String::new(),
            locked: true,
            emitted: false,
            left_out: vec![LeftOut::new("eval", "blocked by policy")],
            uncovered: vec![LeftOut::new("other", "not covered")],
        };
        let report = Report {
            package: "app".to_owned(),
            npm_package: "app-python".to_owned(),
            out_dir: "tywrap/app".to_owned(),
            policy: "tywrap.toml".to_owned(),
            modules: vec![module],
            denied: vec![denied("os", Code::ModuleBlocked), denied("json", Code::EmissionRefused)],
            switched_off: Vec::new(),
        };
        let policy = Policy::parse("[monitoring]\naudit-logging = false\n", Path::new("tywrap.toml"));
        let warnings = policy.map(|parsed| parsed.warnings).unwrap_or_default();
        let events = events(&report, &warnings).events;
        let found: Vec<_> = events.iter().map(|event| (event.kind, event.code.as_str(), event.place.clone())).collect();
        let place = |text: &str| Some(text.to_owned());
        let expected = [
            (BuildEventKind::GuardOff, "policy-switch-off", place("tywrap.toml:2:17")),
            (BuildEventKind::AnnotationDenied, "module-blocked", place("src/main.rs:1:16")),
            (BuildEventKind::EmissionRefused, "emission-refused", place("src/main.rs:1:16")),
            (BuildEventKind::MemberLeftOut, "member-blocked", place("src/main.rs:3:16")),
        ];
        assert_eq!(found, expected);
        assert_eq!(events[3].member.as_deref(), Some("eval"), "what is not covered is no matter of security");
        assert!(events.iter().all(|event| event.severity().is_some()));
    }
}
