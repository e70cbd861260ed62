//! TypeScript programs against real Python: type-checked by both compilers, compiled by the older one, run by Node.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use tywrap_tests::{Generator, Node, Tsc, TypeScript, project, scratch, workspace};

use crate::generator::{PACKAGE, generator};

/// The folder with the compiled programs.
fn programs() -> &'static PathBuf {
    static PROGRAMS: OnceLock<PathBuf> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let dir = scratch().join("whole-surface-app");
        let readme = readme();
        generator().install(&dir, PACKAGE).unwrap();
        project(
            &dir,
            &[
                ("check.ts", include_str!("../../end_to_end/check.ts")),
                ("globals.d.ts", include_str!("../../end_to_end/globals.d.ts")),
                ("calls.ts", include_str!("../../whole_surface/calls.ts")),
                ("callbacks.ts", include_str!("../../whole_surface/callbacks.ts")),
                ("classes.ts", include_str!("../../whole_surface/classes.ts")),
                ("readme.ts", &readme),
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

/// What the README shows of objects, as a program.
fn readme() -> String {
    let readme = std::fs::read_to_string(workspace().join("README.md")).unwrap();
    let first = "ts\nimport { pyDate, pyTime, take, within } from \"my-app-python\";\n";
    let shown = readme.split("```").find_map(|block| block.strip_prefix(first));
    let modules = [
        ("statistics", "statistics"),
        ("pd", "pandas"),
        ("re", "re"),
        ("datetime", "datetime"),
        ("sqlite3", "sqlite3"),
    ];
    let imports = modules.map(|(name, module)| format!("import * as {name} from \"{PACKAGE}/{module}\";\n")).concat();
    format!(
        "import {{ connect, pyDate, pyTime, take, within }} from \"{PACKAGE}\";\n{imports}import {{ finish, host, same }} from \"./check.js\";\n\
         const session = await connect({{ host: host() }});\ntry {{\n{}\nsame(await iq.cdf(100), 0.5, \"the README\");\nsame(due.text, \"2026-11-28T09:30:00\", \"its date\");\n}} finally {{\n  await session.close();\n}}\nfinish();\n",
        shown.unwrap()
    )
}

/// Runs a program with the host's command line and gives the number of checks that held.
fn run(program: &str) -> usize {
    let dir = programs();
    let ended = Node::find()
        .unwrap()
        .run(dir.join(program))
        .envs(Generator::homes())
        .arg(&generator().host)
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
    assert!(run("calls.js") >= 2);
}

#[test]
fn the_readme_is_true() {
    assert_eq!(run("readme.js"), 2);
}

#[test]
fn python_calls_functions() {
    assert!(run("callbacks.js") > 15);
}

#[test]
fn instances_answer() {
    assert!(run("classes.js") > 50);
}
