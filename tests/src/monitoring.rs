//! Prometheus and Alertmanager, as the machine has them or as Debian packages them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::setup::{announce, cannot, once};
use crate::{Ended, Run, SetupError, env};

const PACKAGES: [&str; 2] = ["prometheus", "prometheus-alertmanager"];

/// Debian's name for it.
const ALERTMANAGER: &str = "prometheus-alertmanager";

/// Where Debian's Alertmanager looks for its templates. The path is compiled into it.
const TEMPLATES: &str = "/usr/share/prometheus/alertmanager";

const HELP: &str = "put `prometheus`, `promtool`, `alertmanager` and `amtool` on PATH, \
                    or run the tests on Debian or Ubuntu with the network up";

/// The programs.
#[derive(Clone, Debug)]
pub struct Monitoring {
    /// The server.
    pub prometheus: PathBuf,
    /// Checks metrics, configurations and rules.
    pub promtool: PathBuf,
    /// What alerts are sent to.
    pub alertmanager: PathBuf,
    /// Where that has to be started, if it matters.
    pub alertmanager_folder: Option<PathBuf>,
    /// Checks Alertmanager's configuration.
    pub amtool: PathBuf,
}

impl Monitoring {
    /// Takes the programs from `PATH` if all are there; else unpacks Debian's packages into `target/tywrap-tests/`, the
    /// first time. That takes no privileges, and nothing is installed.
    ///
    /// # Errors
    ///
    /// When neither can be had.
    pub fn get() -> Result<Self, SetupError> {
        if let Some(found) = Self::on_path() {
            return Ok(found);
        }
        let folder = once("monitoring", &format!("{}\n{TEMPLATES}", PACKAGES.join("\n")), |folder| {
            announce("downloading Debian's packages of Prometheus and Alertmanager");
            unpack(folder)
        })?;
        let bin = folder.join("root/usr/bin");
        Ok(Self {
            prometheus: bin.join("prometheus"),
            promtool: bin.join("promtool"),
            alertmanager: bin.join(ALERTMANAGER),
            alertmanager_folder: Some(folder.join("root").join(TEMPLATES.trim_matches('/'))),
            amtool: bin.join("amtool"),
        })
    }

    fn on_path() -> Option<Self> {
        let find = |names: &[&str]| {
            let folders = env::path();
            let candidates = folders.iter().flat_map(|folder| names.iter().map(move |name| folder.join(name)));
            candidates.into_iter().find(|program| program.is_file())
        };
        Some(Self {
            prometheus: find(&["prometheus"])?,
            promtool: find(&["promtool"])?,
            alertmanager: find(&[ALERTMANAGER, "alertmanager"])?,
            alertmanager_folder: None,
            amtool: find(&["amtool"])?,
        })
    }
}

fn unpack(folder: &Path) -> Result<(), SetupError> {
    let own = ["lists", "cache"].map(|name| folder.join(name));
    for directory in &own {
        fs::create_dir_all(directory.join("partial")).map_err(|error| cannot("create", directory, &error))?;
    }
    let [lists, cache] = own.map(|directory| directory.display().to_string());
    let own_lists = [format!("Dir::State::lists={lists}"), format!("Dir::Cache={cache}")];
    let mut downloaded = apt_get(folder, &[], "download", &PACKAGES)?;
    if !downloaded.success() {
        // The machine's lists are missing or too old, and renewing them is not for a test. So it gets lists of its own.
        let renewed = apt_get(folder, &own_lists, "update", &[])?;
        if !renewed.success() {
            let what = "`apt-get update` could not read the lists of packages";
            return Err(SetupError::new(what, HELP).with_output(renewed.report()));
        }
        downloaded = apt_get(folder, &own_lists, "download", &PACKAGES)?;
    }
    if !downloaded.success() {
        let what = "`apt-get download` could not fetch Prometheus and Alertmanager";
        return Err(SetupError::new(what, HELP).with_output(downloaded.report()));
    }
    let entries = fs::read_dir(folder).map_err(|error| cannot("read", folder, &error))?;
    let packages = entries.filter_map(|entry| Some(entry.ok()?.path()));
    for package in packages.filter(|path| path.extension().is_some_and(|extension| extension == "deb")) {
        let unpacked = Run::new("dpkg-deb").arg("-x").arg(&package).arg(folder.join("root")).run();
        let unpacked = unpacked.map_err(|error| SetupError::new(format!("cannot run `dpkg-deb`: {error}"), HELP))?;
        if !unpacked.success() {
            let what = format!("`dpkg-deb` could not unpack `{}`", package.display());
            return Err(SetupError::new(what, HELP).with_output(unpacked.report()));
        }
    }
    relocate(&folder.join("root/usr/bin").join(ALERTMANAGER))
}

/// Makes Alertmanager look for its templates in its working directory: it was not installed where it expects them, and
/// has no option that says where they are. The new path has as many bytes as the old one.
fn relocate(program: &Path) -> Result<(), SetupError> {
    let mut bytes = fs::read(program).map_err(|error| cannot("read", program, &error))?;
    let here = "./".repeat(TEMPLATES.len() / 2) + if TEMPLATES.len() % 2 == 1 { "/" } else { "" };
    let mut from = 0;
    while let Some(at) = bytes[from..].windows(TEMPLATES.len()).position(|window| window == TEMPLATES.as_bytes()) {
        let (start, end) = (from + at, from + at + TEMPLATES.len());
        bytes[start..end].copy_from_slice(here.as_bytes());
        from = end;
    }
    fs::write(program, bytes).map_err(|error| cannot("write", program, &error))
}

fn apt_get(folder: &Path, options: &[String], command: &str, packages: &[&str]) -> Result<Ended, SetupError> {
    let options = options.iter().flat_map(|option| ["-o", option.as_str()]);
    let run = Run::new("apt-get").args(["-qq", "-o", "APT::Sandbox::User="]).args(options).arg(command).args(packages);
    let run = run.dir(folder).limit(Duration::from_mins(5)).run();
    run.map_err(|error| SetupError::new(format!("cannot run `apt-get`: {error}"), HELP))
}
