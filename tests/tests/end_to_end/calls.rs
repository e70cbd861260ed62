//! TypeScript programs against the built host: type-checked by both compilers, compiled by the older one, run by Node.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use tywrap_tests::{Node, Tsc, TypeScript, project, scratch};

use crate::generator::Generator;

/// The folder with the compiled programs.
fn programs() -> &'static PathBuf {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let dir = scratch().join("end-to-end-app");
        Generator::get().install(&dir);
        project(
            &dir,
            &[
                ("check.ts", include_str!("../../end_to_end/check.ts")),
                ("calls.ts", include_str!("../../end_to_end/calls.ts")),
                ("refusals.ts", include_str!("../../end_to_end/refusals.ts")),
                ("globals.d.ts", include_str!("../../end_to_end/globals.d.ts")),
            ],
        )
        .unwrap();
        for version in TypeScript::ALL {
            let checked = Tsc::get(version).unwrap().check(&dir).unwrap();
            assert!(checked.success(), "{version:?}: {}", checked.report());
        }
        let compiled = Tsc::get(TypeScript::V5_9).unwrap().run(["--project".as_ref(), dir.as_os_str()]).run().unwrap();
        assert!(compiled.success(), "{}", compiled.report());
        dir
    })
}

/// Runs a program with the host's command line and gives the number of checks that held.
fn run(program: &str) -> usize {
    let dir = programs();
    let ended = Node::find()
        .unwrap()
        .run(dir.join(program))
        .envs(tywrap_tests::Generator::homes())
        .arg(&Generator::get().host)
        .arg("serve")
        .dir(dir)
        .limit(Duration::from_mins(3))
        .run()
        .unwrap();
    assert!(ended.success(), "{}", ended.report());
    let checks = ended.stdout.lines().last().and_then(|line| line.strip_suffix(" checks"));
    checks.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("{}", ended.report()))
}

#[test]
fn python_answers() {
    assert!(run("calls.js") > 60);
}

#[test]
fn the_host_refuses_before_python() {
    assert!(run("refusals.js") > 40);
}
