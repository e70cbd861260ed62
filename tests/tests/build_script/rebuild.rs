//! When Cargo compiles again, and what is emitted then.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tywrap_tests::{Built, Fixture};

use crate::project::Project;

const MATH: &str = "#[tywrap::wrap(\"math\")]\npub mod math {}";

/// Whether Cargo compiled the crate, rather than finding it fresh.
fn compiled(built: &Built, name: &str) -> bool {
    let artifact = built
        .messages
        .iter()
        .find(|message| message["reason"] == "compiler-artifact" && message["target"]["name"] == name);
    artifact.is_some_and(|artifact| artifact["fresh"] == false)
}

fn modified(path: &Path) -> SystemTime {
    std::fs::metadata(path).unwrap().modified().unwrap()
}

#[test]
fn an_edited_policy_is_noticed_at_once() {
    let project = Project::new("rebuild-policy", MATH);
    project.builds();
    assert!(!compiled(&project.builds(), "rebuild-policy"), "nothing changed");

    project.write("tywrap.toml", "[module-whitelist]\nblocked-modules = [\"math\"]\n");
    let found = project.complains();
    assert_eq!(found[0].line, "Python module `math` is blocked by policy [module-blocked]");
    assert!(project.emitted().contains(&"math.ts".to_owned()), "the previous output stays whole");

    project.write("tywrap.toml", "");
    project.builds();
}

/// The dep-info is what Cargo goes by: whatever the macro read must stand there.
#[test]
fn every_file_and_variable_that_the_macro_reads_is_in_the_dep_info() {
    let project = Project::new("rebuild-dep-info", MATH);
    let built = project.builds();
    let executable = built.executable("rebuild-dep-info").unwrap();
    let deps = executable.parent().unwrap().join("deps");
    let dep_info = std::fs::read_dir(&deps)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "d"))
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("rebuild_dep_info-"))
        .max_by_key(|path| modified(path))
        .unwrap();
    let text = std::fs::read_to_string(dep_info).unwrap();
    let out_dir = built.out_dir("rebuild-dep-info").unwrap();
    let dir = project.fixture.dir();
    let read: [PathBuf; 7] = [
        dir.join("tywrap.toml"),
        dir.join("Cargo.toml"),
        out_dir.join("tywrap-manifest.json"),
        out_dir.join("tywrap/math.rs"),
        out_dir.join("tywrap/math.ts"),
        out_dir.join("tywrap/math.js"),
        out_dir.join("tywrap/math.d.ts"),
    ];
    for path in read {
        // Cargo may make paths in the package relative to it.
        let relative = path.strip_prefix(dir).map(|path| format!(" {}", path.display()));
        let absolute = path.display().to_string();
        assert!(text.contains(&absolute) || relative.is_ok_and(|path| text.contains(&path)), "{absolute}\n{text}");
    }
    for variable in ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "OUT_DIR", "TYWRAP_LOCKED"] {
        assert!(text.contains(&format!("# env-dep:{variable}")), "{variable}\n{text}");
    }
}

/// Cargo goes by times: a policy that is swapped for an older file is not noticed by it, but by the macro.
#[test]
fn a_swapped_policy_is_not_believed() {
    let project = Project::new("rebuild-swapped", MATH);
    project.builds();
    let policy = project.fixture.dir().join("tywrap.toml");
    let time = modified(&policy);
    project.write("tywrap.toml", "# another one\n");
    std::fs::File::options().write(true).open(&policy).unwrap().set_modified(time).unwrap();
    project.builds();
    let again = ["rustc", "--offline", "--", "--cfg", "again"];
    let found = crate::project::complaints(&project.fixture.cargo(again).unwrap());
    assert!(found[0].line.ends_with("[policy-changed]"), "{}", found[0].line);
    assert_eq!(found[0].place.as_ref().unwrap().3, "\"math\"");
}

#[test]
fn a_tightening_variable_is_noticed_at_once() {
    let project = Project::new("rebuild-variable", MATH);
    project.builds();
    let locked = project.fixture.cargo_with(["build", "--offline"], &[("TYWRAP_LOCKED", "1")]).unwrap();
    let found = crate::project::complaints(&locked);
    assert!(found[0].line.ends_with("[module-not-locked]"), "{}", found[0].line);
    assert!(found[0].text.contains("cargo tywrap lock math"), "{}", found[0].text);
    project.builds();
}

#[test]
fn what_did_not_change_is_not_emitted_again() {
    let project = Project::new("rebuild-same", MATH);
    let out_dir = project.builds().out_dir("rebuild-same").unwrap();
    let files = [out_dir.join("tywrap/math.rs"), out_dir.join("tywrap/math.ts"), project.package().join("math.ts")];
    let before = files.each_ref().map(|path| modified(path));

    project.main(&format!("{MATH}\npub fn more() {{}}"));
    assert!(compiled(&project.builds(), "rebuild-same"));
    assert_eq!(files.each_ref().map(|path| modified(path)), before, "a source was edited");

    // A comment is another policy with the same effect: the grants name it, and nothing else changes.
    project.write("tywrap.toml", "# a comment\n");
    project.builds();
    assert_eq!(modified(&files[1]), before[1], "a comment in the policy was edited");
    assert_eq!(modified(&files[2]), before[2]);
    assert_ne!(modified(&files[0]), before[0], "the grants name the policy");
}

#[test]
fn a_removed_annotation_takes_its_output_along() {
    let project = Project::new("rebuild-removed", &format!("{MATH}\n#[tywrap::wrap(\"json\")]\npub mod json {{}}"));
    project.builds();
    let both = ["json.d.ts", "json.js", "json.js.map", "json.ts", "math.d.ts", "math.js", "math.js.map", "math.ts"];
    assert_eq!(project.emitted(), both);
    std::fs::write(project.package().join("mine.txt"), "kept").unwrap();

    project.main(MATH);
    project.builds();
    assert_eq!(project.emitted(), ["math.d.ts", "math.js", "math.js.map", "math.ts", "mine.txt"]);
    let package = std::fs::read_to_string(project.package().join("package.json")).unwrap();
    assert!(package.contains("./math") && !package.contains("json.ts"), "{package}");
}

#[test]
fn a_new_file_and_a_new_binary_are_seen() {
    let project = Project::new("rebuild-files", "mod inner;");
    project.write("src/inner.rs", "");
    project.builds();
    project.write("src/inner.rs", MATH);
    project.builds();
    project.write("src/bin/tool.rs", "#[tywrap::wrap(\"json\")]\nmod json {}\nfn main() {}\n");
    project.builds();
    assert!(project.emitted().contains(&"json.ts".to_owned()), "{:?}", project.emitted());
}

#[test]
fn the_same_input_gives_the_same_bytes_in_two_directories() {
    let name = "rebuild-bytes";
    let items = "#[tywrap::wrap(\"math\")]\npub mod math {}\n#[tywrap::wrap(\"json\", only = [\"dumps\", \"loads\"])]\npub mod json {}";
    let read = |project: &Project, fixture: &Fixture| {
        let _ = std::fs::remove_dir_all(project.package());
        let built = fixture.cargo(["build", "--offline"]).unwrap();
        assert!(built.success(), "{}", built.report());
        let out_dir = built.out_dir(name).unwrap();
        let mut files = Vec::new();
        for folder in [project.package(), out_dir.join("tywrap")] {
            let paths =
                std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
            let named = paths.map(|path| (path.file_name().unwrap().to_owned(), std::fs::read(&path).unwrap()));
            files.extend(named);
        }
        files.sort();
        (files, fixture.dir().display().to_string())
    };
    let project = Project::new(name, items);
    let (first, first_dir) = read(&project, &project.fixture);
    let other = Fixture::empty("rebuild-bytes-elsewhere").unwrap();
    for path in ["Cargo.toml", "build.rs", "tywrap.toml", "src/main.rs"] {
        other.write(path, &project.fixture.read(path).unwrap()).unwrap();
    }
    let (second, second_dir) = read(&project, &other);
    assert!(first.len() > 12, "{}", first.len());
    assert_eq!(first, second);
    for (name, bytes) in &first {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains(&first_dir) && !text.contains(&second_dir), "{name:?} names a directory");
        assert!(!text.contains('\r'), "{name:?}");
    }
}
