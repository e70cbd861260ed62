//! What was emitted, kept in `OUT_DIR` with all it was made from, so that nothing is emitted twice.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tywrap_contract::annotation::{Selection, Wish};
use tywrap_contract::file;
use tywrap_contract::lock::sha256;
use tywrap_contract::manifest::Emitted;
use tywrap_policy::{Code, Diagnostic};

use crate::emit::EmittedModule;
use crate::select::LeftOut;

/// Folder in `OUT_DIR`.
pub(crate) const FOLDER: &str = "tywrap";

/// The emitted modules of one build script.
pub(crate) struct Store {
    folder: PathBuf,
    program: String,
}

/// What an emitted module was made from, and what is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    pub(crate) inputs: Inputs,
    /// SHA-256 of the policy that the grants name.
    pub(crate) policy: String,
    /// SHA-256 of the grants.
    pub(crate) digest: String,
    /// How many members were chosen.
    pub(crate) members: usize,
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) uncovered: Vec<LeftOut>,
}

/// Everything the output depends on, but for the policy's digest in the grants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Inputs {
    /// The build script.
    pub(crate) program: String,
    pub(crate) wish: String,
    pub(crate) package: String,
    /// Name of the façade crate in the grants.
    pub(crate) facade: String,
    /// SHA-256 of each surface by module.
    pub(crate) surfaces: BTreeMap<String, String>,
    /// SHA-256 of what the policy made of the surfaces, and of its settings for the emitter.
    pub(crate) selection: String,
}

impl Store {
    /// The output of the build script that `program` stands for; what another one left does not count.
    pub(crate) fn new(out_dir: &Path, program: &str) -> Self {
        Self { folder: out_dir.join(FOLDER), program: program.to_owned() }
    }

    /// What is known of an annotation's output, if it is complete and of this version.
    pub(crate) fn get(&self, wish: &Wish) -> Option<Entry> {
        let stem = stem(wish);
        let entry: Entry = serde_json::from_slice(&std::fs::read(self.path(&stem, "entry.json")).ok()?).ok()?;
        let complete = ["rs", "ts", "js", "d.ts", "js.map"].iter().all(|kind| self.path(&stem, kind).is_file());
        (complete && entry.inputs.program == self.program && entry.inputs.wish == wish.to_string()).then_some(entry)
    }

    /// Keeps what was emitted.
    pub(crate) fn put(&self, wish: &Wish, emitted: &EmittedModule, entry: &Entry) -> Result<(), Diagnostic> {
        std::fs::create_dir_all(&self.folder).map_err(|error| unwritable(&self.folder, &error))?;
        let stem = stem(wish);
        let grants = under_facade(&emitted.grants, &entry.inputs.facade);
        // The entry vouches for the others, so it goes first and comes last.
        let vouching = self.path(&stem, "entry.json");
        match std::fs::remove_file(&vouching) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(unwritable(&vouching, &error)),
            _ => {}
        }
        for (kind, text) in [
            ("rs", &grants),
            ("ts", &emitted.ts),
            ("js", &emitted.js),
            ("d.ts", &emitted.dts),
            ("js.map", &emitted.js_map),
        ] {
            self.write(&self.path(&stem, kind), text)?;
        }
        self.put_entry(wish, entry)
    }

    /// Has the grants name another policy, under which they are the same.
    pub(crate) fn rename_policy(&self, wish: &Wish, mut entry: Entry, policy: &str) -> Result<Entry, Diagnostic> {
        let path = self.path(&stem(wish), "rs");
        let grants = std::fs::read_to_string(&path).map_err(|error| unwritable(&path, &error))?;
        self.write(&path, &grants.replace(&entry.policy, policy))?;
        entry.policy = policy.to_owned();
        self.put_entry(wish, &entry)?;
        Ok(entry)
    }

    /// Paths of the output, for the macro; relative to `OUT_DIR`.
    pub(crate) fn emitted(wish: &Wish) -> Emitted {
        let stem = stem(wish);
        let path = |kind: &str| Path::new(FOLDER).join(format!("{stem}.{kind}"));
        Emitted { grants: path("rs"), ts: path("ts"), js: path("js"), dts: path("d.ts") }
    }

    /// The files of the npm package that an annotation makes, by name.
    pub(crate) fn published(&self, wish: &Wish) -> Result<BTreeMap<String, Vec<u8>>, Diagnostic> {
        let stem = stem(wish);
        ["ts", "js", "d.ts", "js.map"]
            .into_iter()
            .map(|kind| {
                let path = self.path(&stem, kind);
                let bytes = std::fs::read(&path).map_err(|error| unwritable(&path, &error))?;
                Ok((format!("{}.{kind}", wish.module), bytes))
            })
            .collect()
    }

    fn put_entry(&self, wish: &Wish, entry: &Entry) -> Result<(), Diagnostic> {
        let path = self.path(&stem(wish), "entry.json");
        let text = serde_json::to_string(entry).map_err(|error| unwritable(&path, &error.into()))?;
        self.write(&path, &text)
    }

    fn write(&self, path: &Path, text: &str) -> Result<(), Diagnostic> {
        file::replace(path, text.as_bytes()).map(|_| ()).map_err(|error| unwritable(path, &error))
    }

    fn path(&self, stem: &str, kind: &str) -> PathBuf {
        self.folder.join(format!("{stem}.{kind}"))
    }
}

/// A name that tells annotations of one module apart.
fn stem(wish: &Wish) -> String {
    match wish.selection {
        Selection::All => wish.module.clone(),
        _ => format!("{}-{}", wish.module, &sha256(wish.to_string().as_bytes())[..16]),
    }
}

/// The emitter writes `::tywrap`; a package may know the façade by another name. Its paths start a line, which no text in
/// a literal does.
fn under_facade(grants: &str, facade: &str) -> String {
    const PATH: &str = "::tywrap::";
    if facade == "tywrap" {
        return grants.to_owned();
    }
    let renamed = format!("::{facade}::");
    let mut out = String::with_capacity(grants.len());
    for line in grants.split_inclusive('\n') {
        match line.strip_prefix("use ").map_or((line, ""), |rest| (rest, "use ")) {
            (rest, keyword) if rest.starts_with(PATH) => {
                out.push_str(keyword);
                out.push_str(&rest.replacen(PATH, &renamed, 1));
            }
            _ => out.push_str(line),
        }
    }
    out
}

fn unwritable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(Code::OutputUnwritable, format!("cannot write `{}`: {error}", path.display()))
        .help("`OUT_DIR` must be writable: check the permissions of the target directory and the space on its disk")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::collections::BTreeSet;

    use super::*;

    fn wish(selection: Selection) -> Wish {
        Wish { module: "numpy".to_owned(), selection }
    }

    fn entry(wish: &Wish) -> Entry {
        let inputs = Inputs {
            program: "0.2.0-1".to_owned(),
            wish: wish.to_string(),
            package: "app".to_owned(),
            facade: "tywrap".to_owned(),
            surfaces: BTreeMap::new(),
            selection: String::new(),
        };
        Entry {
            inputs,
            policy: "aa".repeat(32),
            digest: String::new(),
            members: 0,
            left_out: vec![],
            uncovered: vec![],
        }
    }

    fn emitted() -> EmittedModule {
        EmittedModule {
            ts: "ts".to_owned(),
            js: "js".to_owned(),
            dts: "d.ts".to_owned(),
            js_map: "{}".to_owned(),
            grants: format!(
                "{{\nuse ::tywrap::grants::C;\n::tywrap::Module {{\nname: \"::tywrap::\", policy: \"{}\"}}}}",
                "aa".repeat(32)
            ),
            digest: String::new(),
            uncovered: Vec::new(),
        }
    }

    #[test]
    fn keeps_what_is_complete() {
        let temp = tempfile::tempdir().unwrap();
        let store = Store::new(temp.path(), "0.2.0-1");
        let all = wish(Selection::All);
        assert!(store.get(&all).is_none());
        store.put(&all, &emitted(), &entry(&all)).unwrap();
        assert_eq!(store.get(&all), Some(entry(&all)));
        assert!(store.get(&wish(Selection::Only(BTreeSet::from(["mean".to_owned()])))).is_none());
        assert!(Store::new(temp.path(), "0.2.0-2").get(&all).is_none(), "another emitter may emit something else");
        assert_eq!(store.published(&all).unwrap()["numpy.d.ts"], b"d.ts");

        std::fs::remove_file(temp.path().join("tywrap/numpy.js")).unwrap();
        assert!(store.get(&all).is_none(), "a file is missing");
    }

    #[test]
    fn another_policy_is_named_without_emitting() {
        let temp = tempfile::tempdir().unwrap();
        let store = Store::new(temp.path(), "0.2.0-1");
        let all = wish(Selection::All);
        store.put(&all, &emitted(), &entry(&all)).unwrap();
        store.rename_policy(&all, entry(&all), &"bb".repeat(32)).unwrap();
        let grants = std::fs::read_to_string(temp.path().join("tywrap/numpy.rs")).unwrap();
        assert!(grants.contains(&"bb".repeat(32)) && !grants.contains(&"aa".repeat(32)), "{grants}");
        assert_eq!(store.get(&all).unwrap().policy, "bb".repeat(32));
    }

    #[test]
    fn the_facade_is_renamed_in_paths_only() {
        let renamed = under_facade(&emitted().grants, "bridge");
        assert!(renamed.contains("use ::bridge::grants::C;\n::bridge::Module {\nname: \"::tywrap::\""), "{renamed}");
        assert_eq!(under_facade(&emitted().grants, "tywrap"), emitted().grants);
    }
}
