//! A small crate of a user.

use std::path::PathBuf;

use tywrap_tests::{Built, Fixture};

/// A binary crate with a build script.
pub(crate) struct Project {
    name: String,
    pub(crate) fixture: Fixture,
}

/// An error of the compiler, or of Cargo about a build script.
#[derive(Debug, PartialEq)]
pub(crate) struct Complaint {
    /// Its first line.
    pub(crate) line: String,
    /// All of it.
    pub(crate) text: String,
    /// File, line, column and the text that is underlined.
    pub(crate) place: Option<(String, u64, u64, String)>,
}

impl Project {
    /// A crate with the given `src/main.rs`, and an empty policy.
    pub(crate) fn new(name: &str, main: &str) -> Self {
        let project = Self { name: name.to_owned(), fixture: Fixture::empty(name).unwrap() };
        project.manifest("tywrap = { path = \"@WORKSPACE@\" }");
        project.write("build.rs", "fn main() {\n    tywrap_build::build();\n}\n");
        project.write("tywrap.toml", "");
        project.main(main);
        project
    }

    /// Writes `Cargo.toml`.
    pub(crate) fn manifest(&self, dependency: &str) {
        let name = &self.name;
        let text = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependency}\n\n\
             [build-dependencies]\ntywrap-build = {{ path = \"@WORKSPACE@/tywrap-build\" }}\n\n[workspace]\n"
        );
        self.write("Cargo.toml", &text);
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        self.fixture.write(path, text).unwrap();
    }

    /// Writes `src/main.rs`: items, and a `main` that does nothing.
    pub(crate) fn main(&self, items: &str) {
        self.write("src/main.rs", &format!("{items}\nfn main() {{}}\n"));
    }

    pub(crate) fn remove(&self, path: &str) {
        std::fs::remove_file(self.fixture.dir().join(path)).unwrap();
    }

    pub(crate) fn build(&self) -> Built {
        self.fixture.cargo(["build", "--offline"]).unwrap()
    }

    /// Builds, and expects that to work.
    pub(crate) fn builds(&self) -> Built {
        let built = self.build();
        assert!(built.success(), "{}", built.report());
        built
    }

    /// Builds, and expects errors.
    pub(crate) fn complains(&self) -> Vec<Complaint> {
        complaints(&self.build())
    }

    /// The npm package.
    pub(crate) fn package(&self) -> PathBuf {
        Fixture::target().join("tywrap").join(&self.name)
    }

    /// The names in the npm package that belong to modules.
    pub(crate) fn emitted(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.package()).into_iter().flatten();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| !name.contains('-') && name != "package.json").collect();
        names.sort();
        names
    }

    /// What the build script wrote about its run.
    pub(crate) fn report(&self) -> serde_json::Value {
        let path = Fixture::target().join(format!("tywrap/{}-report.json", self.name));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }
}

/// The errors of a build that must have failed.
pub(crate) fn complaints(built: &Built) -> Vec<Complaint> {
    assert!(!built.success(), "it builds");
    let errors = built.messages.iter().filter(|message| message["message"]["level"] == "error");
    let found: Vec<Complaint> = errors
        .filter(|message| message["message"]["message"].as_str().is_some_and(|text| !text.starts_with("aborting")))
        .map(|message| {
            let text = message["message"]["message"].as_str().unwrap().to_owned();
            let place = message["message"]["spans"].as_array().unwrap().first().map(|span| {
                let line = &span["text"][0];
                let columns = (line["highlight_start"].as_u64().unwrap(), line["highlight_end"].as_u64().unwrap());
                let length = usize::try_from(columns.1 - columns.0).unwrap();
                let start = usize::try_from(columns.0).unwrap() - 1;
                let underlined = line["text"].as_str().unwrap().chars().skip(start).take(length).collect();
                let file = span["file_name"].as_str().unwrap().to_owned();
                (file, span["line_start"].as_u64().unwrap(), columns.0, underlined)
            });
            Complaint { line: text.lines().next().unwrap_or_default().to_owned(), text, place }
        })
        .collect();
    found
}

/// The lines that Cargo prints for a build script, such as `error: app@0.1.0: …`.
pub(crate) fn of_build_script<'b>(built: &'b Built, level: &'b str) -> impl Iterator<Item = &'b str> {
    let start = format!("{level}: ");
    let mut seen = std::collections::BTreeSet::new();
    built
        .ended
        .stderr
        .lines()
        .filter_map(move |line| line.strip_prefix(&start)?.split_once("@0.1.0: "))
        .map(|(_, text)| text)
        .filter(move |text| seen.insert(*text))
}
