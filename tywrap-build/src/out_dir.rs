//! The npm package on disk: who may write there, what is written, and what is removed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tywrap_contract::file;
use tywrap_contract::lock::sha256;
use tywrap_policy::{Code, Diagnostic};

/// Name of the list of what tywrap wrote, in the output folder itself.
pub(crate) const LIST: &str = ".tywrap-files.json";

/// The folder of a package's output.
pub(crate) struct OutDir {
    /// The folder.
    pub(crate) path: PathBuf,
    /// File that is locked while the folder is written.
    pub(crate) guard: PathBuf,
    /// The package it belongs to.
    pub(crate) package: String,
    /// Whether the folder is tywrap's alone, so that whatever lies there may be replaced.
    pub(crate) exclusive: bool,
}

/// What tywrap wrote into the folder.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    pub(crate) package: String,
    /// SHA-256 by name.
    pub(crate) files: BTreeMap<String, String>,
}

impl OutDir {
    /// Writes files by name. With `prune`, what an earlier run wrote and this one did not is removed. `package_files` makes
    /// the files that depend on which modules there are in the end. Returns warnings.
    ///
    /// Check, rust-analyzer and a release build may run at the same time, so all of it happens under a lock.
    pub(crate) fn publish(
        &self,
        files: &BTreeMap<String, Vec<u8>>,
        prune: bool,
        package_files: impl FnOnce(&[&str]) -> Vec<(String, String)>,
    ) -> Result<Vec<Diagnostic>, Diagnostic> {
        let guard_dir = self.guard.parent().unwrap_or(Path::new("/"));
        std::fs::create_dir_all(guard_dir).map_err(|error| unwritable(guard_dir, &error))?;
        let guard = File::create(&self.guard).map_err(|error| unwritable(&self.guard, &error))?;
        guard.lock().map_err(|error| unwritable(&self.guard, &error))?;
        std::fs::create_dir_all(&self.path).map_err(|error| unwritable(&self.path, &error))?;

        let old = self.list()?;
        let mut modules: Vec<&str> = files.keys().filter_map(|name| module(name)).collect();
        if !prune {
            modules.extend(old.keys().filter_map(|name| module(name)));
        }
        modules.sort_unstable();
        modules.dedup();
        let mut files = files.clone();
        files.extend(package_files(&modules).into_iter().map(|(name, text)| (name, text.into_bytes())));

        for (name, bytes) in &files {
            self.may_replace(name, bytes, &old)?;
        }
        let new: BTreeMap<String, String> = files.iter().map(|(name, bytes)| (name.clone(), sha256(bytes))).collect();
        // The list names a file before it is written: if this run is killed, the next one knows the file as tywrap's.
        let both = old.iter().chain(&new).map(|(name, digest)| (name.clone(), digest.clone())).collect();
        self.write_list(both)?;
        for (name, bytes) in &files {
            let path = self.path.join(name);
            file::replace(&path, bytes).map_err(|error| unwritable(&path, &error))?;
        }
        if !prune {
            return Ok(Vec::new());
        }
        let mut warnings = Vec::new();
        for (name, digest) in old.iter().filter(|(name, _)| !new.contains_key(*name)) {
            warnings.extend(self.remove(name, digest)?);
        }
        self.write_list(new)?;
        Ok(warnings)
    }

    /// What an earlier run wrote. A list that cannot be understood is an empty one: then nothing is removed, and nothing
    /// foreign replaced.
    fn list(&self) -> Result<BTreeMap<String, String>, Diagnostic> {
        let path = self.path.join(LIST);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(unwritable(&path, &error)),
        };
        let Ok(list) = serde_json::from_str::<Written>(&text) else { return Ok(BTreeMap::new()) };
        if list.package != self.package {
            let message = format!(
                "`{}` holds the output of package `{}`, so `{}` cannot write there",
                self.path.display(),
                list.package,
                self.package
            );
            return Err(Diagnostic::error(Code::OutputForeign, message)
                .help("give each package a policy with a `code-generation.out-dir` of its own, or leave it out")
                .help("if that package is gone, remove the folder"));
        }
        // Names come from a file that anybody may have edited; only plain names are ours.
        Ok(list.files.into_iter().filter(|(name, _)| is_plain(name)).collect())
    }

    fn write_list(&self, files: BTreeMap<String, String>) -> Result<(), Diagnostic> {
        let path = self.path.join(LIST);
        let list = Written { package: self.package.clone(), files };
        let text = serde_json::to_string_pretty(&list).map_err(|error| unwritable(&path, &error.into()))?;
        file::replace(&path, text.as_bytes()).map_err(|error| unwritable(&path, &error))?;
        Ok(())
    }

    fn may_replace(&self, name: &str, bytes: &[u8], old: &BTreeMap<String, String>) -> Result<(), Diagnostic> {
        let path = self.path.join(name);
        if self.exclusive || old.contains_key(name) || path.symlink_metadata().is_err() {
            return Ok(());
        }
        if std::fs::read(&path).is_ok_and(|there| there == bytes) {
            return Ok(());
        }
        let message = format!("`{}` is in the way: tywrap did not write it, so it is not replaced", path.display());
        Err(Diagnostic::error(Code::OutputForeign, message)
            .help("remove it, or name another folder in `code-generation.out-dir`"))
    }

    fn remove(&self, name: &str, digest: &str) -> Result<Option<Diagnostic>, Diagnostic> {
        let path = self.path.join(name);
        let is_ours = match std::fs::read(&path) {
            Ok(bytes) => sha256(&bytes) == digest,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unwritable(&path, &error)),
        };
        if is_ours {
            std::fs::remove_file(&path).map_err(|error| unwritable(&path, &error))?;
            return Ok(None);
        }
        let message = format!("`{}` belongs to no annotation any more, but was edited, so it is kept", path.display());
        Ok(Some(Diagnostic::warning(Code::OutputForeign, message).help("remove it, or move it elsewhere")))
    }
}

/// The module an emitted file belongs to. The client's own files have a `-` in their names, which no module can have.
pub(crate) fn module(name: &str) -> Option<&str> {
    name.strip_suffix(".d.ts").filter(|stem| !stem.contains('-'))
}

pub(crate) fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

fn unwritable(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::error(Code::OutputUnwritable, format!("cannot write `{}`: {error}", path.display())).help(
        "make it writable, or name another folder in `code-generation.out-dir`; what was there before is untouched",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn out_dir(root: &Path, package: &str, exclusive: bool) -> OutDir {
        OutDir {
            path: root.join("out"),
            guard: root.join(format!("{package}.lock")),
            package: package.to_owned(),
            exclusive,
        }
    }

    fn publish(dir: &OutDir, names: &[&str], prune: bool) -> Result<Vec<Diagnostic>, Diagnostic> {
        let files = names.iter().map(|name| ((*name).to_owned(), name.as_bytes().to_vec())).collect();
        dir.publish(&files, prune, |modules| vec![("package.json".to_owned(), modules.join(","))])
    }

    fn names(dir: &OutDir) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(&dir.path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != LIST)
            .collect();
        names.sort();
        names
    }

    #[test]
    fn own_stale_files_go_and_others_stay() {
        let temp = tempfile::tempdir().unwrap();
        let dir = out_dir(temp.path(), "app", true);
        publish(&dir, &["a.d.ts", "b.d.ts"], true).unwrap();
        std::fs::write(dir.path.join("mine.txt"), "x").unwrap();
        assert!(publish(&dir, &["a.d.ts"], true).unwrap().is_empty());
        assert_eq!(names(&dir), ["a.d.ts", "mine.txt", "package.json"]);
        assert_eq!(std::fs::read_to_string(dir.path.join("package.json")).unwrap(), "a");
    }

    #[test]
    fn without_pruning_the_package_keeps_what_it_had() {
        let temp = tempfile::tempdir().unwrap();
        let dir = out_dir(temp.path(), "app", true);
        publish(&dir, &["a.d.ts", "b.d.ts"], true).unwrap();
        publish(&dir, &["a.d.ts"], false).unwrap();
        assert_eq!(names(&dir), ["a.d.ts", "b.d.ts", "package.json"]);
        assert_eq!(std::fs::read_to_string(dir.path.join("package.json")).unwrap(), "a,b");
        publish(&dir, &["a.d.ts"], true).unwrap();
        assert_eq!(names(&dir), ["a.d.ts", "package.json"], "it is still known as tywrap's");
    }

    #[test]
    fn an_edited_file_is_kept_with_a_warning() {
        let temp = tempfile::tempdir().unwrap();
        let dir = out_dir(temp.path(), "app", true);
        publish(&dir, &["a.d.ts", "b.d.ts"], true).unwrap();
        std::fs::write(dir.path.join("b.d.ts"), "edited").unwrap();
        let warnings = publish(&dir, &["a.d.ts"], true).unwrap();
        assert!(warnings[0].message.contains("b.d.ts"), "{warnings:?}");
        assert!(dir.path.join("b.d.ts").exists());
    }

    #[test]
    fn nothing_foreign_is_replaced_in_a_shared_folder() {
        let temp = tempfile::tempdir().unwrap();
        let dir = out_dir(temp.path(), "app", false);
        std::fs::create_dir_all(&dir.path).unwrap();
        std::fs::write(dir.path.join("a.d.ts"), "mine").unwrap();
        let error = publish(&dir, &["a.d.ts", "b.d.ts"], true).unwrap_err();
        assert_eq!(error.code, Code::OutputForeign);
        assert_eq!(names(&dir), ["a.d.ts"], "nothing was written at all");
        assert_eq!(std::fs::read_to_string(dir.path.join("a.d.ts")).unwrap(), "mine");
    }

    #[test]
    fn another_package_keeps_its_folder() {
        let temp = tempfile::tempdir().unwrap();
        publish(&out_dir(temp.path(), "one", true), &["a.d.ts"], true).unwrap();
        let error = publish(&out_dir(temp.path(), "two", true), &["b.d.ts"], true).unwrap_err();
        assert!(error.message.contains("`one`") && error.message.contains("`two`"), "{error}");
    }

    #[test]
    fn a_forged_list_removes_nothing_outside() {
        let temp = tempfile::tempdir().unwrap();
        let dir = out_dir(temp.path(), "app", true);
        std::fs::create_dir_all(&dir.path).unwrap();
        let victim = temp.path().join("victim");
        std::fs::write(&victim, "x").unwrap();
        let digest = sha256(b"x");
        let list = format!(
            "{{\"package\":\"app\",\"files\":{{\"../victim\":\"{digest}\",\"{}\":\"{digest}\"}}}}",
            victim.display()
        );
        std::fs::write(dir.path.join(LIST), list).unwrap();
        publish(&dir, &["a.d.ts"], true).unwrap();
        assert!(victim.exists());
    }

    #[test]
    fn an_unwritable_folder_is_one_error_that_names_it() {
        let temp = tempfile::tempdir().unwrap();
        let dir = out_dir(temp.path(), "app", true);
        std::fs::write(&dir.path, "a file where the folder should be").unwrap();
        let error = publish(&dir, &["a.d.ts"], true).unwrap_err();
        assert_eq!(error.code, Code::OutputUnwritable);
        assert!(error.message.contains("out"), "{error}");
    }
}
