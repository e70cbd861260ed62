//! The check of an npm package that was written before: whether what lies on the disk is still what the emitter may
//! write.
//!
//! The build checks what it writes, and nothing looks at it again until it is shipped. This does: every file is compared
//! with the list of what was written, and since whoever can edit a file can edit the list, too, every emitted file is
//! parsed and matched against the grammar, and what does not depend on the modules is compared with what this version
//! writes. [`Rechecked::is_emitted`] compares the rest, where the surfaces are at hand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Component, Path};
use std::sync::Arc;

use serde_json::Value;
use tywrap_contract::annotation::Wish;
use tywrap_contract::lock::sha256;
use tywrap_contract::manifest::Refusal;
use tywrap_policy::{Code, Diagnostic, Policy};
use tywrap_surface::Surface;

use crate::check::{Mode, check_grammar};
use crate::emit;
use crate::out_dir::{LIST, Written, is_plain, module};
use crate::select::{self, ClassRules};

/// What came of looking at a package again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rechecked {
    /// How many modules it has.
    pub modules: usize,
    /// How many files were parsed and matched against the grammar.
    pub matched: usize,
    /// Files that are not what the emitter may write, or not what it has written.
    pub refused: Vec<Flaw>,
    /// Files that lead out of the package: by their name, as a link, or by what a source map names.
    pub outside: Vec<Flaw>,
    /// SHA-256 of what lies there, by name.
    digests: BTreeMap<String, String>,
}

/// A file, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flaw {
    /// Its name in the package, as it stands in the list.
    pub file: String,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.file.escape_debug(), self.reason)
    }
}

/// Looks at the package in a folder.
///
/// # Errors
/// That there is none: [`io::ErrorKind::NotFound`]. Or that the list of what was written cannot be read.
pub fn recheck(folder: &Path) -> io::Result<Rechecked> {
    let list: Written = serde_json::from_str(&std::fs::read_to_string(folder.join(LIST))?)?;
    let mut found = Rechecked::default();
    let mut texts = BTreeMap::new();
    for (name, digest) in &list.files {
        match read(folder, name) {
            Ok(text) if sha256(text.as_bytes()) == *digest => _ = texts.insert(name.as_str(), text),
            Ok(text) => {
                found.refused.push(flaw(name, "it was changed after it was written"));
                texts.insert(name, text);
            }
            Err(Unusable::Outside(reason)) => found.outside.push(flaw(name, reason)),
            Err(Unusable::Unreadable(reason)) => found.refused.push(flaw(name, reason)),
        }
    }
    found.digests = texts.iter().map(|(name, text)| ((*name).to_owned(), sha256(text.as_bytes()))).collect();
    let modules: BTreeSet<&str> = texts.keys().filter_map(|name| module(name)).collect();
    found.modules = modules.len();
    for (name, text) in &texts {
        found.file(name, text, &modules);
    }
    found.package(&texts, &modules);
    Ok(found)
}

impl Rechecked {
    /// The modules of the package.
    pub fn modules(&self) -> impl Iterator<Item = &str> {
        self.digests.keys().filter_map(|name| module(name))
    }

    /// Whether the files of an annotation's module are, byte for byte, those that a build would write now: this emits
    /// them once more. `surface` gives the surface of a module.
    ///
    /// # Errors
    /// Why nothing is emitted for the annotation, as the build would say.
    pub fn is_emitted(
        &self,
        policy: &Policy,
        wish: &Wish,
        mut surface: impl FnMut(&str) -> Result<Arc<Surface>, Diagnostic>,
    ) -> Result<bool, Vec<Refusal>> {
        policy.module(&wish.module).map_err(|diagnostic| vec![Refusal::new(&diagnostic)])?;
        let selected = select::select(policy, wish, &mut surface)?;
        let rules = ClassRules::new(policy);
        // Only the grants name the Rust package, and they are not part of this one.
        let emitted = emit::emit(&selected.input(wish, "", policy, &rules))
            .map_err(|error| vec![Refusal::new(&Diagnostic::error(Code::EmissionRefused, error.to_string()))])?;
        let files = [("ts", emitted.ts), ("js", emitted.js), ("d.ts", emitted.dts), ("js.map", emitted.js_map)];
        Ok(files.iter().all(|(kind, text)| {
            self.digests.get(&format!("{}.{kind}", wish.module)).is_some_and(|there| *there == sha256(text.as_bytes()))
        }))
    }

    /// A file of a module.
    fn file(&mut self, name: &str, text: &str, modules: &BTreeSet<&str>) {
        if let Some(of) = name.strip_suffix(".js.map") {
            match source_map(of, text) {
                Ok(()) => {}
                Err(Unusable::Outside(reason)) => self.outside.push(flaw(name, reason)),
                Err(Unusable::Unreadable(reason)) => self.refused.push(flaw(name, reason)),
            }
            return;
        }
        let modes = [(".d.ts", Mode::Dts), (".ts", Mode::Ts), (".js", Mode::Js)];
        let kind = modes.iter().find_map(|(end, mode)| Some((name.strip_suffix(end)?, *mode)));
        // The files of the package itself have names that no module can have.
        let Some((_, mode)) = kind.filter(|(stem, _)| modules.contains(stem)) else { return };
        self.matched += 1;
        if let Err(error) = check_grammar(text, mode) {
            self.refused.push(flaw(name, error.to_string()));
        }
    }

    /// The files that do not depend on what the modules are: they are those that this version writes.
    fn package(&mut self, texts: &BTreeMap<&str, String>, modules: &BTreeSet<&str>) {
        const MANIFEST: &str = "package.json";
        let manifest = texts.get(MANIFEST).and_then(|text| serde_json::from_str::<Value>(text).ok());
        let stated = |key: &str| Some(manifest.as_ref()?.get(key)?.as_str()?.to_owned());
        let (Some(package), Some(version)) = (stated("name"), stated("version")) else {
            self.refused.push(flaw(MANIFEST, "it is missing, or no manifest of a package"));
            return;
        };
        let modules: Vec<&str> = modules.iter().copied().collect();
        for (name, text) in emit::package_files(&package, &version, &modules) {
            let reason = match texts.get(name.as_str()) {
                Some(there) if *there == text => continue,
                Some(_) => "it is not what this version of tywrap writes; build again with it",
                None => "it is missing",
            };
            self.refused.push(flaw(&name, reason));
        }
        let known = |name: &str| {
            ["package.json", "tywrap-client.js", "tywrap-client.d.ts"].contains(&name)
                || [".d.ts", ".ts", ".js.map", ".js"]
                    .iter()
                    .any(|end| name.strip_suffix(end).is_some_and(|stem| modules.contains(&stem)))
        };
        for name in texts.keys().filter(|name| !known(name)) {
            self.refused.push(flaw(name, "it belongs to no module"));
        }
    }
}

/// Why a file says nothing.
enum Unusable {
    /// It leads out of the package.
    Outside(String),
    /// It cannot be read as what it is.
    Unreadable(String),
}

fn read(folder: &Path, name: &str) -> Result<String, Unusable> {
    if !is_plain(name) {
        return Err(Unusable::Outside("a file of the package has a plain name".to_owned()));
    }
    let path = folder.join(name);
    let unreadable = |error: io::Error| Unusable::Unreadable(format!("it cannot be read: {error}"));
    let kind = path.symlink_metadata().map_err(unreadable)?.file_type();
    if !kind.is_file() {
        return Err(Unusable::Outside("it is no file but a link, or a folder".to_owned()));
    }
    std::fs::read_to_string(&path).map_err(unreadable)
}

/// A source map names one file, the `.ts` beside it, and holds no text.
fn source_map(module: &str, text: &str) -> Result<(), Unusable> {
    let unreadable = || Unusable::Unreadable("it is no source map of the emitter's".to_owned());
    let map: Value = serde_json::from_str(text).map_err(|_| unreadable())?;
    let map = map.as_object().ok_or_else(unreadable)?;
    let sources = map.get("sources").and_then(Value::as_array).ok_or_else(unreadable)?;
    for source in sources {
        let source = source.as_str().ok_or_else(unreadable)?;
        let plain = Path::new(source).components().all(|part| matches!(part, Component::Normal(_)));
        if !plain || source.contains(['\\', ':']) {
            return Err(Unusable::Outside(format!("it names `{}`, outside the package", source.escape_debug())));
        }
    }
    let expected = [format!("{module}.ts")];
    let is_own = sources.iter().filter_map(Value::as_str).eq(expected.iter().map(String::as_str));
    let known = ["version", "file", "names", "sources", "mappings"];
    if !is_own || map.keys().any(|key| !known.contains(&key.as_str())) {
        return Err(unreadable());
    }
    Ok(())
}

fn flaw(file: &str, reason: impl Into<String>) -> Flaw {
    Flaw { file: file.to_owned(), reason: reason.into() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has failed")]

    use std::fs;

    use tempfile::TempDir;

    use super::*;

    const HEADER: &str = "// Written by tywrap for the Python module demo. Changes are overwritten.\n\n";

    /// A package of one module without members.
    fn package() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        let import = "import type { Connection } from \"./tywrap-client.js\";\n";
        let describe = "import { describe as $describe } from \"./tywrap-client.js\";\n\n";
        let module = "const $module = $describe(\"demo\", \"0f\", []);\n\n";
        let with = "function $with";
        let ts = format!(
            "{HEADER}{import}{describe}{module}{with}(connection: Connection): typeof import(\"./demo.js\") {{\n  \
             return $module.with(connection, {{\n    with: $with,\n  }});\n}}\nexport {{ $with as with }};\n"
        );
        let js = format!(
            "{HEADER}{describe}{module}{with}(connection) {{\n  return $module.with(connection, {{\n    with: $with,\n  \
             }});\n}}\nexport {{ $with as with }};\n//# sourceMappingURL=demo.js.map\n"
        );
        let dts = format!(
            "{HEADER}{import}\ndeclare function $with(connection: Connection): {{ readonly with: typeof $with }};\n\
             export {{ $with as with }};\n"
        );
        let map = r#"{"file":"demo.js","mappings":"","names":[],"sources":["demo.ts"],"version":3}"#.to_owned();
        let mut files = vec![("demo.ts", ts), ("demo.js", js), ("demo.d.ts", dts), ("demo.js.map", map)];
        let own = emit::package_files("app-python", "0.1.0", &["demo"]);
        files.extend(own.iter().map(|(name, text)| (name.as_str(), text.clone())));
        for (name, text) in &files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        list(&folder, &[]);
        folder
    }

    /// Writes the list for what lies in the folder, and for further names.
    fn list(folder: &TempDir, further: &[&str]) {
        let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut files: BTreeMap<String, String> = names
            .filter(|name| name != LIST)
            .map(|name| {
                let digest = sha256(&fs::read(folder.path().join(&name)).unwrap());
                (name, digest)
            })
            .collect();
        files.extend(further.iter().map(|name| ((*name).to_owned(), String::new())));
        let text = serde_json::to_string(&Written { package: "app".to_owned(), files }).unwrap();
        fs::write(folder.path().join(LIST), text).unwrap();
    }

    fn edit(folder: &TempDir, name: &str, from: &str, to: &str) {
        let path = folder.path().join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name} has no {from}: {text}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    #[test]
    fn a_package_as_it_was_written_has_no_flaw() {
        let found = recheck(package().path()).unwrap();
        assert!(found.refused.is_empty() && found.outside.is_empty(), "{found:?}");
        assert_eq!((found.modules, found.matched, found.modules().collect::<Vec<_>>()), (1, 3, vec!["demo"]));
    }

    #[test]
    fn a_changed_file_is_named_although_its_text_is_allowed() {
        let folder = package();
        edit(&folder, "demo.ts", "\"0f\"", "\"1f\"");
        let found = recheck(folder.path()).unwrap();
        assert!(found.refused[0].reason.contains("changed") && found.outside.is_empty(), "{found:?}");
        list(&folder, &[]);
        assert_eq!(recheck(folder.path()).unwrap().refused, [], "the control: the grammar takes any digest");
    }

    #[test]
    fn code_is_refused_although_the_list_was_forged() {
        let cases = [
            ("demo.js", "export {", "globalThis.stolen = 1;\nexport {"),
            ("demo.js", "./tywrap-client.js", "./evil.js"),
            ("demo.ts", "./tywrap-client.js", "https://evil.example/x.js"),
            ("demo.d.ts", "readonly with", "evil(): void; readonly with"),
            ("tywrap-client.js", "export", "fetch(\"https://evil.example\");\nexport"),
            ("package.json", "\"sideEffects\"", "\"scripts\": { \"postinstall\": \"id\" },\n  \"sideEffects\""),
            ("package.json", "\"./demo.js\"", "\"./evil.js\""),
        ];
        for (name, from, to) in cases {
            let folder = package();
            edit(&folder, name, from, to);
            list(&folder, &[]);
            let found = recheck(folder.path()).unwrap();
            assert!(found.refused.iter().any(|flaw| flaw.file == name), "{name}: {to}: {found:?}");
        }
    }

    #[test]
    fn a_file_more_is_refused() {
        let folder = package();
        fs::write(folder.path().join("tywrap-evil.js"), "evil();\n").unwrap();
        list(&folder, &[]);
        assert_eq!(recheck(folder.path()).unwrap().refused[0].file, "tywrap-evil.js");
    }

    #[test]
    fn what_leads_outside_is_told_apart() {
        for source in ["../../secret.ts", "/etc/passwd", "file:///etc/passwd", "..\\\\x.ts"] {
            let folder = package();
            edit(&folder, "demo.js.map", "demo.ts", source);
            list(&folder, &[]);
            let found = recheck(folder.path()).unwrap();
            assert!(found.outside.len() == 1 && found.refused.is_empty(), "{source}: {found:?}");
        }
        let folder = package();
        list(&folder, &["../outside.js"]);
        assert_eq!(recheck(folder.path()).unwrap().outside[0].file, "../outside.js");
        let content = r#""sourcesContent":["secret"],"version""#;
        edit(&folder, "demo.js.map", "\"version\"", content);
        list(&folder, &[]);
        assert_eq!(recheck(folder.path()).unwrap().refused[0].file, "demo.js.map");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_no_file_of_the_package() {
        let folder = package();
        let path = folder.path().join("demo.js");
        let elsewhere = tempfile::tempdir().unwrap();
        fs::copy(&path, elsewhere.path().join("demo.js")).unwrap();
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(elsewhere.path().join("demo.js"), &path).unwrap();
        let found = recheck(folder.path()).unwrap();
        assert!(found.outside[0].file == "demo.js", "{found:?}");
    }

    #[test]
    fn no_package_is_no_result() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(recheck(folder.path()).unwrap_err().kind(), io::ErrorKind::NotFound);
        fs::write(folder.path().join(LIST), "{}").unwrap();
        assert!(recheck(folder.path()).is_err());
    }
}
