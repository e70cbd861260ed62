//! What the last builds of a workspace's packages said.

use std::collections::BTreeSet;
use std::path::PathBuf;

use tywrap_contract::build_events::{BuildEvent, BuildEventKind, BuildEvents};
use tywrap_contract::locate;
use tywrap_policy::{Diagnostic, Severity};
use tywrap_runtime::{BuildFinding, BuildFindings, FindingKind};

use crate::{ReportArguments, Surroundings, project};

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) builds: Vec<BuildFindings>,
    /// The policies of the packages.
    pub(super) policies: BTreeSet<PathBuf>,
    /// Files that are there and cannot be used.
    pub(super) unusable: Vec<Diagnostic>,
}

/// Looks at every package of the workspace that the manifest belongs to. Where there is no manifest, and none was
/// named, there is nothing: the audit files can be reported on from anywhere.
///
/// # Errors
/// If the manifest that was named cannot be used.
pub(super) fn find(options: &ReportArguments, around: Surroundings<'_>) -> Result<Found, Vec<Diagnostic>> {
    let workspace = match project::workspace(options.manifest_path.as_deref(), around.here) {
        Ok(workspace) => workspace,
        Err(error) if options.manifest_path.is_some() => return Err(vec![error]),
        Err(_) => return Ok(Found::default()),
    };
    let target_dir = match (&options.target_dir, around.target_dir) {
        (Some(path), _) => around.here.join(path),
        (None, Some(path)) => around.here.join(path),
        (None, None) => workspace.root.join("target"),
    };
    let mut found = Found::default();
    for package in &workspace.packages {
        found.policies.extend(locate::policy(package).found);
        let Some(name) = project::name(package) else { continue };
        match BuildEvents::read(&BuildEvents::path(&target_dir, name)) {
            Ok(None) => {}
            Ok(Some(events)) => found.builds.push(build(&events)),
            Err(error) => found.unusable.push(error),
        }
    }
    Ok(found)
}

fn build(events: &BuildEvents) -> BuildFindings {
    BuildFindings::new(&events.package, &events.policy).with(events.events.iter().map(finding))
}

fn finding(event: &BuildEvent) -> BuildFinding {
    let finding = match event.kind {
        BuildEventKind::GuardOff => FindingKind::GuardOff,
        BuildEventKind::AnnotationDenied => FindingKind::AnnotationDenied,
        BuildEventKind::EmissionRefused => FindingKind::EmissionRefused,
        BuildEventKind::MemberLeftOut => FindingKind::MemberLeftOut,
    };
    // Whoever changed the file does not get what it says shown as harmless.
    let severity = event.severity().unwrap_or(Severity::Critical);
    // Refusals name what they are about; what is left out may be a parameter, whose reason does not name it.
    let message = match (&event.module, &event.member) {
        (Some(module), Some(member)) if finding == FindingKind::MemberLeftOut => {
            format!("`{module}`: `{member}`: {}", event.message)
        }
        _ => event.message.clone(),
    };
    let place = event.place.as_deref().unwrap_or_default();
    BuildFinding::new(finding, severity, &event.code, &message).at(place)
}
