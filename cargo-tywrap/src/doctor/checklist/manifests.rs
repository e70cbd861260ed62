//! What Cargo says of the packages: `cargo metadata`, which knows what is inherited from a workspace.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::program;
use crate::Surroundings;

/// The packages of a project.
pub(super) struct Manifests {
    /// Where builds go.
    pub(super) target: PathBuf,
    /// The root of the workspace, where `Cargo.lock` is.
    pub(super) root: PathBuf,
    packages: Vec<Value>,
}

/// One of them.
#[derive(Clone, Copy)]
pub(super) struct Manifest<'a>(&'a Value);

impl Manifests {
    /// Asks Cargo. It resolves nothing and reads no network.
    pub(super) fn read(folders: &[PathBuf], around: Surroundings<'_>) -> Result<Self, String> {
        let cargo = Path::new(around.cargo.unwrap_or("cargo".as_ref()));
        let mut manifests: Option<Self> = None;
        for folder in folders {
            let manifest = folder.join("Cargo.toml");
            if manifests.as_ref().is_some_and(|found| found.packages.iter().any(|package| is_at(package, &manifest))) {
                continue;
            }
            let arguments = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
            let said = program::run(cargo, arguments, folder)?;
            if !said.success {
                return Err(format!("`cargo metadata` failed: {}", said.complaint()));
            }
            let mut document: Value =
                serde_json::from_str(&said.stdout).map_err(|error| format!("`cargo metadata`: {error}"))?;
            let path = |key: &str| document[key].as_str().map(PathBuf::from);
            let (Some(target), Some(root)) = (path("target_directory"), path("workspace_root")) else {
                return Err("`cargo metadata` does not say where builds go".to_owned());
            };
            let Value::Array(packages) = document["packages"].take() else { continue };
            let found = manifests.get_or_insert(Self { target, root, packages: Vec::new() });
            found.packages.extend(packages);
        }
        let mut manifests = manifests.ok_or("there is no package")?;
        manifests.packages.retain(|package| folders.iter().any(|folder| is_at(package, &folder.join("Cargo.toml"))));
        Ok(manifests)
    }

    /// Every package that the policy rules.
    pub(super) fn iter(&self) -> impl Iterator<Item = Manifest<'_>> {
        self.packages.iter().map(Manifest)
    }
}

impl<'a> Manifest<'a> {
    pub(super) fn name(self) -> &'a str {
        self.0["name"].as_str().unwrap_or_default()
    }

    /// How many targets there are of a kind: `test`, `bin`.
    pub(super) fn targets(self, kind: &str) -> usize {
        let targets = self.0["targets"].as_array().map_or(&[][..], Vec::as_slice);
        let is = |target: &&Value| target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|it| it == kind));
        targets.iter().filter(is).count()
    }

    /// Whether a package is among the dependencies, of whatever kind.
    pub(super) fn depends_on(self, name: &str) -> bool {
        self.dependencies().any(|dependency| dependency["name"] == name)
    }

    /// The features of a dependency that are always on, or on by default.
    pub(super) fn features_of(self, name: &str) -> Vec<&'a str> {
        let mut found: Vec<&str> = Vec::new();
        for dependency in self.dependencies().filter(|dependency| dependency["name"] == name) {
            found.extend(dependency["features"].as_array().into_iter().flatten().filter_map(Value::as_str));
            let called = dependency["rename"].as_str().unwrap_or(name);
            found.extend(self.defaults().iter().filter_map(|feature| {
                let (of, feature) = feature.split_once('/')?;
                (of.trim_end_matches('?') == called).then_some(feature)
            }));
        }
        found
    }

    fn dependencies(self) -> impl Iterator<Item = &'a Value> {
        self.0["dependencies"].as_array().into_iter().flatten()
    }

    /// What the feature `default` turns on, directly or through other features.
    fn defaults(self) -> Vec<&'a str> {
        let mut found = vec!["default"];
        let mut at = 0;
        while let Some(feature) = found.get(at).copied() {
            let more = self.0["features"][feature].as_array().into_iter().flatten().filter_map(Value::as_str);
            let more: Vec<&str> = more.filter(|feature| !found.contains(feature)).collect();
            found.extend(more);
            at += 1;
        }
        found
    }
}

fn is_at(package: &Value, manifest: &Path) -> bool {
    package["manifest_path"].as_str().is_some_and(|path| Path::new(path) == manifest)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn features(dependency: &Value, of_package: &Value) -> Vec<String> {
        let package = json!({ "name": "app", "dependencies": [dependency], "features": of_package });
        Manifest(&package).features_of("tywrap").into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn features_are_those_that_are_on_without_asking() {
        let plain = json!({ "name": "tywrap", "rename": null, "features": ["http"] });
        assert_eq!(features(&plain, &json!({})), ["http"]);
        let on = json!({ "default": ["watched"], "watched": ["tywrap/metrics", "other/x", "watched"] });
        assert_eq!(features(&plain, &on), ["http", "metrics"]);
        let off = json!({ "default": [], "watched": ["tywrap/metrics"] });
        assert_eq!(features(&plain, &off), ["http"]);
        let renamed = json!({ "name": "tywrap", "rename": "bridge", "features": [] });
        assert_eq!(features(&renamed, &json!({ "default": ["bridge?/syslog", "tywrap/x"] })), ["syslog"]);
        assert_eq!(features(&json!({ "name": "other", "features": ["metrics"] }), &json!({})), [""; 0]);
    }
}
