//! The npm packages that the project's build scripts have written.

use std::io;
use std::path::{Path, PathBuf};

use tywrap_build::{Flaw, Rechecked, Report};
use tywrap_policy::Policy;

use super::facts::{Facts, Output};
use super::line::Line;
use super::manifests::{Manifest, Manifests};
use crate::locked::plural;

/// The crate that a package's build script calls.
const BUILD: &str = "tywrap-build";

/// How many files are named where several are wrong.
const NAMED: usize = 3;

/// Looks at each of them again.
pub(super) fn recheck(policy: &Policy, manifests: Option<&Manifests>) -> Vec<Output> {
    let packages = |manifests: &'_ Manifests| {
        let packages = manifests.iter().filter(|manifest| manifest.depends_on(BUILD));
        packages.map(|manifest| output(policy, &manifests.target, manifest)).collect()
    };
    manifests.map_or(Vec::new(), packages)
}

/// Says on a line what came of it. `flaws` are those that the line is about.
pub(super) fn tell(line: &mut Line, facts: &Facts<'_>, well: &str, flaws: fn(&Rechecked) -> &[Flaw]) {
    if let Err(error) = &facts.manifests {
        line.fail(error.clone());
    } else if facts.outputs.is_empty() {
        line.warn(format!("no package has a build script that calls `{BUILD}`"));
    }
    for Output { package, found } in &facts.outputs {
        match found {
            Err(error) => line.fail(format!("`{package}`: {error}")),
            Ok(None) => line.warn(format!("`{package}` was not built yet: `cargo build`, and run this again")),
            Ok(Some(found)) if flaws(found).is_empty() => {
                let (files, modules) = (plural(found.matched, "file"), plural(found.modules, "module"));
                line.pass(format!("`{package}`: {files} of {modules} {well}"));
            }
            Ok(Some(found)) => {
                let flaws = flaws(found);
                flaws.iter().take(NAMED).for_each(|flaw| line.fail(format!("`{package}`: {flaw}")));
                if flaws.len() > NAMED {
                    line.fail(format!("`{package}`: {} more", plural(flaws.len() - NAMED, "file")));
                }
            }
        }
    }
}

fn output(policy: &Policy, target: &Path, manifest: Manifest<'_>) -> Output {
    let found = match tywrap_build::recheck(&folder(policy, target, manifest)) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("the list of what was written cannot be read: {error}")),
    };
    Output { package: manifest.name().to_owned(), found }
}

/// Where a package's build script writes: as it said itself, else as the policy has it, else where it does by default.
fn folder(policy: &Policy, target: &Path, manifest: Manifest<'_>) -> PathBuf {
    let name = manifest.name();
    let report = std::fs::read_to_string(target.join(format!("tywrap/{name}-report.json")));
    let report = report.ok().and_then(|text| serde_json::from_str::<Report>(&text).ok());
    if let Some(report) = report.filter(|report| report.package == name) {
        return target.join(report.out_dir);
    }
    let beside = policy.path().parent().unwrap_or(Path::new("/"));
    match &policy.code_generation().out_dir {
        Some(path) => path.resolve(beside),
        None => target.join("tywrap").join(name),
    }
}
