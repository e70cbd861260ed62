//! The security events that a build leaves for `cargo tywrap report`.

use tywrap_contract::build_events::{BuildEvent, BuildEventKind, BuildEvents};
use tywrap_tests::Fixture;

use crate::project::Project;

const POLICY: &str = r#"[module-whitelist]
allowed-modules = ["json"]
blocked-members = ["json.load"]

[monitoring]
performance-monitoring = false
"#;

fn events(name: &str) -> Vec<BuildEvent> {
    BuildEvents::read(&BuildEvents::path(&Fixture::target(), name)).unwrap().unwrap().events
}

fn kinds(events: &[BuildEvent]) -> Vec<(BuildEventKind, &str, Option<&str>)> {
    events.iter().map(|event| (event.kind, event.code.as_str(), event.place.as_deref())).collect()
}

#[test]
fn what_is_refused_left_out_and_switched_off_is_written_down() {
    let name = "security-events";
    let project =
        Project::new(name, "#[tywrap::wrap(\"json\")]\npub mod json {}\n#[tywrap::wrap(\"os\")]\npub mod os {}");
    project.write("tywrap.toml", POLICY);
    assert_eq!(project.complains().len(), 1);
    let off = (BuildEventKind::GuardOff, "policy-switch-off", Some("tywrap.toml:6:26"));
    let left_out = (BuildEventKind::MemberLeftOut, "member-blocked", Some("src/main.rs:1:16"));
    let denied = (BuildEventKind::AnnotationDenied, "module-blocked", Some("src/main.rs:3:16"));
    let found = events(name);
    assert_eq!(kinds(&found), [off, denied, left_out]);
    assert_eq!((found[2].module.as_deref(), found[2].member.as_deref()), (Some("json"), Some("load")));

    project.main("#[tywrap::wrap(\"json\")]\npub mod json {}");
    project.builds();
    assert_eq!(kinds(&events(name)), [off, left_out], "what is not denied any more is gone");
}

#[test]
fn the_same_build_gives_the_same_bytes_and_leaves_the_file_alone() {
    let name = "security-same";
    let project = Project::new(name, "#[tywrap::wrap(\"json\")]\npub mod json {}");
    project.write("tywrap.toml", POLICY);
    project.builds();
    let path = BuildEvents::path(&Fixture::target(), name);
    let state = || (std::fs::read_to_string(&path).unwrap(), std::fs::metadata(&path).unwrap().modified().unwrap());
    let first = state();
    assert!(!first.0.contains(project.fixture.dir().to_str().unwrap()), "{}", first.0);
    // The build script runs again; what it emitted before, it keeps.
    project.main("#[tywrap::wrap(\"json\")]\npub mod json {}\n// another line");
    project.builds();
    assert_eq!(state(), first);
    std::fs::remove_file(&path).unwrap();
    project.main("#[tywrap::wrap(\"json\")]\npub mod json {}");
    project.builds();
    assert_eq!(state().0, first.0);
}
