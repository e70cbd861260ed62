//! What is refused, and where.

use tywrap_tests::Fixture;

use crate::project::{Project, complaints, of_build_script};

#[test]
fn denied_modules_are_underlined_all_at_once() {
    let project = Project::new(
        "refusal-all",
        r#"#[tywrap::wrap("os")]
mod os {}
#[tywrap::wrap("subprocess")]
mod subprocess {}
mod inner {
    #[tywrap::wrap("numpyy")]
    pub mod numpyy {}
}
#[tywrap::wrap("math; import os")]
mod injection {}
#[tywrap::wrap("urllib.request")]
mod request {}
#[tywrap::wrap("math")]
mod math {}
"#,
    );
    let found: Vec<_> = project.complains().into_iter().map(|found| (found.line, found.place.unwrap())).collect();
    let at = |line, column, text: &str| ("src/main.rs".to_owned(), line, column, text.to_owned());
    let expected = [
        ("Python module `os` is blocked by policy [module-blocked]", at(1, 16, "\"os\"")),
        ("Python module `subprocess` is blocked by policy [module-blocked]", at(3, 16, "\"subprocess\"")),
        ("Python module `numpyy` is not allowed by policy [module-not-allowed]", at(6, 20, "\"numpyy\"")),
        (
            "Python module name `math; import os` is malformed: it is not of the form `package.module` [module-malformed]",
            at(9, 16, "\"math; import os\""),
        ),
        ("Python module `urllib.request` is blocked by policy [module-blocked]", at(11, 16, "\"urllib.request\"")),
    ];
    assert_eq!(found, expected.map(|(line, place)| (line.to_owned(), place)));
    assert_eq!(project.emitted(), [""; 0], "the package stays as it was: empty");
    let report = project.report();
    let denied: Vec<_> =
        report["denied"].as_array().unwrap().iter().map(|denied| denied["code"].as_str().unwrap()).collect();
    assert_eq!(denied.len(), 5, "{denied:?}");
}

#[test]
fn allowed_modules_build_though_others_of_their_package_are_blocked() {
    let project = Project::new(
        "refusal-allowed",
        "#[tywrap::wrap(\"urllib.parse\")] mod parse {}\n#[tywrap::wrap(\"xml.etree.ElementTree\")] mod tree {}",
    );
    project.builds();
    assert!(project.emitted().contains(&"urllib.parse.ts".to_owned()), "{:?}", project.emitted());
    assert!(project.emitted().contains(&"xml.etree.ElementTree.d.ts".to_owned()), "{:?}", project.emitted());
}

#[test]
fn the_policys_line_is_named() {
    let project = Project::new("refusal-line", "#[tywrap::wrap(\"turtle\")]\nmod turtle {}");
    project.write("tywrap.toml", "# ours\n[module-whitelist]\nblocked-modules = [\n    \"turtle\",\n]\n");
    let found = project.complains();
    assert!(found[0].text.contains("rule: `blocked-modules` at tywrap.toml:4:5"), "{}", found[0].text);
}

#[test]
fn a_missing_policy_says_how_to_make_one() {
    let project = Project::new("refusal-no-policy", "#[tywrap::wrap(\"math\")]\nmod math {}");
    project.remove("tywrap.toml");
    let built = project.build();
    assert!(!built.success());
    let lines: Vec<&str> = of_build_script(&built, "error").collect();
    assert_eq!(lines.len(), 1, "{}", built.report());
    assert!(lines[0].starts_with("there is no policy") && lines[0].contains("cargo tywrap init"), "{}", lines[0]);

    // An empty one is enough.
    project.write("tywrap.toml", "");
    project.builds();
}

#[test]
fn a_missing_build_script_is_told_with_the_lines_to_add() {
    let project =
        Project::new("refusal-no-script", "#[tywrap::wrap(\"math\")]\nmod math {}\n#[tywrap::wrap(\"os\")]\nmod os {}");
    project.remove("build.rs");
    let found = project.complains();
    assert!(found[0].line.ends_with("[build-script-missing]"), "{}", found[0].line);
    for text in ["[build-dependencies]", "tywrap-build = ", "tywrap_build::build();", "build.rs"] {
        assert!(found[0].text.contains(text), "{text}: {}", found[0].text);
    }
    assert_eq!(found[1].line, "Python module `os` is blocked by policy [module-blocked]", "it weakens nothing");

    project.write("build.rs", "fn main() {}");
    let found = project.complains();
    assert!(found[0].line.contains("the build script does not call `tywrap_build`"), "{}", found[0].line);
    assert_eq!(found[1].line, "Python module `os` is blocked by policy [module-blocked]");
}

#[test]
fn without_script_and_policy_the_policy_comes_first() {
    let project = Project::new("refusal-neither", "#[tywrap::wrap(\"math\")]\nmod math {}");
    project.remove("build.rs");
    project.remove("tywrap.toml");
    let found = project.complains();
    assert_eq!(found.len(), 1);
    assert!(found[0].line.ends_with("[policy-missing]"), "{}", found[0].line);
    assert_eq!(found[0].place.as_ref().unwrap().3, "\"math\"");
}

/// A manifest in a folder that only the shell names must not stand in for a build script.
#[test]
fn an_out_dir_from_the_environment_is_not_believed() {
    let project = Project::new("refusal-forged", "#[tywrap::wrap(\"math\")]\nmod math {}");
    let genuine = project.builds().out_dir("refusal-forged").unwrap();
    project.remove("build.rs");
    let forged = [("OUT_DIR", genuine.to_str().unwrap())];
    let found = complaints(&project.fixture.cargo_with(["build", "--offline"], &forged).unwrap());
    assert!(found[0].line.ends_with("[build-script-missing]"), "{}", found[0].line);
}

#[test]
fn what_build_rs_cannot_see_is_told_apart() {
    let project = Project::new("refusal-unseen", "include!(\"included.rs\");");
    project.write("src/included.rs", "#[tywrap::wrap(\"math\")]\nmod math {}\n");
    let found = project.complains();
    assert!(found[0].line.ends_with("[annotation-not-seen]"), "{}", found[0].line);
    assert_eq!(found[0].place.as_ref().unwrap().0, "src/included.rs");
}

#[test]
fn a_module_has_one_selection() {
    let project = Project::new(
        "refusal-twice",
        "#[tywrap::wrap(\"math\")]\nmod all {}\n#[tywrap::wrap(\"math\", only = [\"sqrt\"])]\nmod some {}\n#[tywrap::wrap(\"math\")]\nmod again {}",
    );
    let found = project.complains();
    assert_eq!(found.len(), 1, "the same wish may be written twice: {found:?}");
    assert!(found[0].line.ends_with("[module-wrapped-twice]"), "{}", found[0].line);
    assert_eq!(found[0].place.as_ref().unwrap().1, 3);
    assert!(found[0].text.contains("src/main.rs:1:16"), "{}", found[0].text);
}

#[test]
fn a_malformed_policy_is_an_error_at_its_line() {
    let project = Project::new("refusal-policy", "#[tywrap::wrap(\"math\")]\nmod math {}");
    project.write("tywrap.toml", "[module-whitelist]\nenabeld = true\n");
    let built = project.build();
    assert!(!built.success());
    let lines: Vec<&str> = of_build_script(&built, "error").collect();
    assert_eq!(lines.len(), 1, "{}", built.report());
    assert!(lines[0].starts_with("tywrap.toml:2:1: ") && lines[0].contains("`enabled`"), "{}", lines[0]);
}

#[test]
fn a_renamed_dependency_works_and_is_judged() {
    let project = Project::new("refusal-renamed", "#[bridge::wrap(\"math\")]\npub mod math {}");
    project.manifest("bridge = { package = \"tywrap\", path = \"@WORKSPACE@\" }");
    project.builds();
    assert!(project.emitted().contains(&"math.ts".to_owned()));
    project.main(
        "use bridge::wrap as python;\n#[python(\"os\")]\nmod os {}\nfn f() -> &'static bridge::Module { &os::MODULE }",
    );
    let found = project.complains();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].line.contains("`os` is blocked"), "{}", found[0].line);
}

#[test]
fn a_module_that_is_not_installed_is_underlined() {
    let project = Project::new("refusal-absent", "#[tywrap::wrap(\"numpy\")]\nmod numpy {}");
    project.write("venv/pyvenv.cfg", "home = /nowhere\nversion = 3.11.2\n");
    project.write("tywrap.toml", "[subprocess]\nvenv = \"venv\"\n");
    let found = project.complains();
    assert!(found[0].line.ends_with("[module-not-found]"), "{}", found[0].line);
    assert!(found[0].text.contains("pip install numpy"), "{}", found[0].text);
    assert_eq!(found[0].place.as_ref().unwrap().3, "\"numpy\"");
    assert!(Fixture::target().exists());
}
