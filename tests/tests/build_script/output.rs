//! Where output goes, and where it does not.

use crate::project::{Project, of_build_script};

const MATH: &str = "#[tywrap::wrap(\"math\")]\npub mod math {}";

#[test]
fn the_policy_may_ask_for_a_folder_in_the_sources() {
    let project = Project::new("output-asked", MATH);
    project.write("tywrap.toml", "[code-generation]\nout-dir = \"generated\"\npackage-name = \"@acme/python\"\n");
    project.builds();
    let package = project.fixture.read("generated/package.json").unwrap();
    assert!(package.contains("\"@acme/python\"") && package.contains("\"0.1.0\""), "{package}");
    assert!(project.fixture.read("generated/math.d.ts").unwrap().contains("sqrt"));
}

#[test]
fn the_build_script_may_not() {
    let project = Project::new("output-refused", MATH);
    project.write("build.rs", "fn main() {\n    tywrap_build::Builder::new().out_dir(\"src/generated\").build();\n}\n");
    let built = project.build();
    assert!(!built.success());
    let lines: Vec<&str> = of_build_script(&built, "error").collect();
    assert_eq!(lines.len(), 1, "{}", built.report());
    assert!(lines[0].contains("[output-foreign]") && lines[0].contains("out_dir"), "{}", lines[0]);
    assert!(!project.fixture.dir().join("src/generated").exists());
}

#[test]
fn a_folder_that_cannot_be_written_is_one_error() {
    let project = Project::new("output-unwritable", MATH);
    project.write("in-the-way", "a file");
    project.write("tywrap.toml", "[code-generation]\nout-dir = \"in-the-way\"\n");
    let built = project.build();
    assert!(!built.success());
    let lines: Vec<&str> = of_build_script(&built, "error").collect();
    assert_eq!(lines.len(), 1, "{}", built.report());
    assert!(lines[0].contains("in-the-way") && lines[0].contains("[output-unwritable]"), "{}", lines[0]);
    assert_eq!(project.fixture.read("in-the-way").unwrap(), "a file");
}

#[test]
fn somebody_elses_file_is_not_replaced() {
    let project = Project::new("output-foreign", MATH);
    project.write("generated/math.ts", "// mine\n");
    project.write("tywrap.toml", "[code-generation]\nout-dir = \"generated\"\n");
    let built = project.build();
    assert!(!built.success());
    assert!(of_build_script(&built, "error").any(|line| line.contains("math.ts")), "{}", built.report());
    assert_eq!(project.fixture.read("generated/math.ts").unwrap(), "// mine\n");
    assert!(!project.fixture.dir().join("generated/package.json").exists());
}

#[test]
fn try_build_returns_what_came_of_it() {
    let project = Project::new("output-report", "#[tywrap::wrap(\"math\", only = [\"sqrt\"])]\npub mod math {}");
    project.write(
        "build.rs",
        r#"fn main() {
    let report = tywrap_build::try_build().unwrap();
    assert_eq!(report.modules.len(), 1);
    assert_eq!((report.modules[0].name.as_str(), report.modules[0].members), ("math", 1));
    assert_eq!(report.modules[0].place, "src/main.rs:1:16");
    assert!(report.denied.is_empty());
}
"#,
    );
    project.builds();
    let report = project.report();
    assert_eq!(report["npm_package"], "output-report-python");
    assert_eq!(report["out_dir"], "tywrap/output-report");
}
