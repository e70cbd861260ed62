//! Known vulnerabilities of what the project depends on, in Rust and in Python, as installed scanners find them.

use serde_json::Value;

use super::facts::Facts;
use super::line::Line;
use super::manifests::Manifests;
use super::program::{self, Said};
use crate::locked::plural;

pub(super) fn line(facts: &Facts<'_>) -> Line {
    let mut line = Line::new(&["`cargo audit`", "`cargo deny check advisories`", "`pip-audit`"]);
    match &facts.manifests {
        Ok(manifests) => rust(&mut line, facts, manifests),
        Err(error) => line.fail(error.clone()),
    }
    python(&mut line, facts);
    line
}

/// What a scanner found; or why nothing is known.
type Scan = Result<Scanned, String>;

/// What a scanner found.
struct Scanned {
    /// The advisories, each as the package and the number.
    found: Vec<String>,
    /// Packages that it was given and knows nothing of.
    skipped: Vec<String>,
}

impl Scanned {
    fn all(found: Vec<String>) -> Self {
        Self { found, skipped: Vec::new() }
    }
}

fn rust(line: &mut Line, facts: &Facts<'_>, manifests: &Manifests) {
    if let Some(audit) = facts.program("cargo-audit") {
        let said = program::run(&audit, ["audit", "--json"], &manifests.root);
        tell(line, "cargo audit", said.and_then(|said| advisories_of_audit(&said)));
    } else if let Some(deny) = facts.program("cargo-deny") {
        let said = program::run(&deny, ["--format", "json", "check", "advisories"], &manifests.root);
        tell(line, "cargo deny", said.and_then(|said| advisories_of_deny(&said)));
    } else {
        line.manual("neither `cargo audit` nor `cargo deny` is installed: `cargo install cargo-audit && cargo audit`");
    }
}

fn python(line: &mut Line, facts: &Facts<'_>) {
    let Ok(inspected) = &facts.inspected else {
        return line.manual("what is installed is not known: see `module list`");
    };
    let wrapped = inspected.plan.modules.iter().filter_map(|module| module.distribution.as_ref());
    let mut wrapped: Vec<&str> = wrapped.map(|distribution| distribution.name.as_str()).collect();
    wrapped.sort_unstable();
    wrapped.dedup();
    if wrapped.is_empty() {
        // Not a scan, and said as such: the interpreter's own faults are its distributor's to announce.
        line.by_hand("no Python package is wrapped; keep the interpreter itself up to date");
        return;
    }
    let roots = facts.site_packages();
    let Some(pip_audit) = facts.program("pip-audit") else {
        let wrapped = wrapped.join("`, `");
        line.manual(format!("`pip-audit` is not installed, and `{wrapped}` not scanned: `pip install pip-audit`"));
        return;
    };
    let mut arguments = vec!["--format", "json", "--progress-spinner", "off"];
    for root in roots.iter().filter_map(|root| root.to_str()) {
        arguments.extend(["--path", root]);
    }
    let said = program::run(&pip_audit, arguments, facts.folder());
    tell(line, "pip-audit", said.and_then(|said| vulnerabilities_of_pip(&said)));
}

fn tell(line: &mut Line, scanner: &str, scan: Scan) {
    /// How many packages are named where several were skipped.
    const NAMED: usize = 3;
    let Scanned { found, skipped } = match scan {
        Ok(scanned) => scanned,
        Err(why) => return line.warn(format!("`{scanner}` did not finish, so nothing is known: {why}")),
    };
    if !found.is_empty() {
        line.fail(format!("`{scanner}` found {}: {}", plural(found.len(), "advisory"), found.join(", ")));
    }
    match skipped.len() {
        0 if found.is_empty() => line.pass(format!("`{scanner}` found nothing")),
        0 => {}
        // A scanner that cannot reach its database ends well and has scanned nothing.
        count => {
            let named = skipped.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = if count > NAMED { ", …" } else { "" };
            line.warn(format!("`{scanner}` knows nothing of {}: {named}{more}", plural(count, "package")));
        }
    }
}

/// `cargo audit --json`: one object, also where something was found.
fn advisories_of_audit(said: &Said) -> Scan {
    let report: Value = serde_json::from_str(&said.stdout).map_err(|_| said.complaint().to_owned())?;
    let list = report["vulnerabilities"]["list"].as_array().ok_or_else(|| said.complaint().to_owned())?;
    let found = list.iter().map(|found| named(&found["package"]["name"], &found["advisory"]["id"]));
    Ok(Scanned::all(found.collect()))
}

/// `cargo deny --format json`: an object a line on standard error. Its exit code alone does not tell an advisory from a
/// database that could not be fetched.
fn advisories_of_deny(said: &Said) -> Scan {
    let objects = said.stderr.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let errors = objects.filter(|object| object["fields"]["severity"] == "error");
    let found: Vec<String> = errors
        .filter_map(|object| match &object["fields"]["advisory"] {
            Value::Object(advisory) => Some(named(advisory.get("package")?, advisory.get("id")?)),
            // A version that was taken back has no advisory; other errors are about the scan itself.
            _ if object["fields"]["code"] == "yanked" => object["fields"]["message"].as_str().map(str::to_owned),
            _ => None,
        })
        .collect();
    if found.is_empty() && !said.success { Err(said.complaint().to_owned()) } else { Ok(Scanned::all(found)) }
}

/// `pip-audit --format json`: one object, also where something was found.
fn vulnerabilities_of_pip(said: &Said) -> Scan {
    let report: Value = serde_json::from_str(&said.stdout).map_err(|_| said.complaint().to_owned())?;
    let packages = report["dependencies"].as_array().ok_or_else(|| said.complaint().to_owned())?;
    let of_package = |package: &Value| {
        let found = package["vulns"].as_array().into_iter().flatten();
        found.map(|vulnerability| named(&package["name"], &vulnerability["id"])).collect::<Vec<_>>()
    };
    let skipped = packages.iter().filter(|package| package["vulns"].is_null());
    Ok(Scanned {
        found: packages.iter().flat_map(of_package).collect(),
        skipped: skipped.map(|package| package["name"].as_str().unwrap_or("?").to_owned()).collect(),
    })
}

fn named(package: &Value, id: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    format!("{} ({})", text(package), text(id))
}
