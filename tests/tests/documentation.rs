//! What the README and the examples show, done as a newcomer would.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use tywrap_tests::{Fixture, Node, Tsc, TypeScript, project, scratch, workspace};

/// The block of code that follows a line which starts with `label`, or that starts with the line `label` itself.
fn block(readme: &str, label: &str) -> String {
    let (_, after) =
        readme.split_once(&format!("\n{label}")).unwrap_or_else(|| panic!("the README has no line {label:?}"));
    let code = if label.starts_with("```") { after } else { after.split_once("\n```").unwrap().1 };
    let (_, code) = code.split_once('\n').unwrap();
    code.split_once("\n```").unwrap().0.to_owned() + "\n"
}

/// Puts a package where `dir` finds it by its name, as `npm install` does.
fn install(package: &Path, dir: &Path, name: &str) {
    let modules = dir.join("node_modules");
    std::fs::create_dir_all(&modules).unwrap();
    let link = modules.join(name);
    let _ = std::fs::remove_file(&link);
    std::os::unix::fs::symlink(package, link).unwrap();
}

#[test]
fn a_crate_made_by_the_letter_builds_and_answers() {
    let readme = std::fs::read_to_string(workspace().join("README.md")).unwrap();
    let fixture = Fixture::empty("my-app").unwrap();
    let manifest = block(&readme, "`Cargo.toml`").replace("../tywrap", "@WORKSPACE@");
    let head = "[package]\nname = \"my-app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n";
    fixture.write("Cargo.toml", &format!("{head}{manifest}\n[workspace]\n")).unwrap();
    for name in ["build.rs", "tywrap.toml", "src/main.rs"] {
        fixture.write(name, &block(&readme, &format!("`{name}`"))).unwrap();
    }
    let built = fixture.cargo(["build", "--offline"]).unwrap();
    assert!(built.success(), "{}", built.report());

    let host = built.executable("my-app").unwrap();
    let program = readme.split("```").find(|block| block.starts_with("ts\nimport { connect, kw }")).unwrap();
    let program = program.trim_start_matches("ts\n").replace("./target/debug/my-app", host.to_str().unwrap());
    let app = fixture.dir().join("app");
    let typed = format!("declare const console: {{ log(...values: unknown[]): void }};\n{program}");
    project(&app, &[("app.ts", &typed)]).unwrap();
    install(&Fixture::target().join("tywrap/my-app"), &app, "my-app-python");
    for version in TypeScript::ALL {
        let checked = Tsc::get(version).unwrap().check(&app).unwrap();
        assert!(checked.success(), "{version:?}: {}", checked.report());
    }
    // It has no types of its own, so it is JavaScript as it stands.
    let answered = Node::find().unwrap().script(&app, &program).unwrap();
    assert!(answered.success(), "{}", answered.report());
    assert_eq!(answered.stdout, "1.4142135623730951 3.141592653589793\ntrue\n", "{}", answered.report());
}

#[test]
fn the_programs_of_the_examples_are_what_the_compiler_makes_of_them() {
    for example in ["quickstart", "science"] {
        let source = workspace().join("examples").join(example);
        let built = Fixture::at(&source).cargo(["build", "--locked"]).unwrap();
        assert!(built.success(), "{}", built.report());

        let app = scratch().join("examples").join(example);
        let typed = std::fs::read_to_string(source.join("app/app.ts")).unwrap();
        project(&app, &[("app.ts", &typed)]).unwrap();
        install(&Fixture::target().join("tywrap").join(example), &app, &format!("{example}-python"));
        let out: PathBuf = app.join("out");
        let arguments = ["--project", app.to_str().unwrap(), "--outDir", out.to_str().unwrap()];
        let compiled = Tsc::get(TypeScript::V5_9).unwrap().run(arguments).run().unwrap();
        assert!(compiled.success(), "{}", compiled.report());
        let fresh = std::fs::read_to_string(out.join("app.js")).unwrap();
        let committed = std::fs::read_to_string(source.join("app/app.js")).unwrap();
        assert!(fresh == committed, "compile {example}/app/app.ts again: the test left it at {}", out.display());
        let checked = Tsc::get(TypeScript::Latest).unwrap().check(&app).unwrap();
        assert!(checked.success(), "{}", checked.report());
    }
}
