//! Chromium, for what a page does in a browser.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::{Node, Run, SetupError, env, workspace};

const HELP: &str = "install Chromium: on Debian, `apt install chromium`";

/// A Chromium without a window.
#[derive(Clone, Debug)]
pub struct Browser {
    program: PathBuf,
    node: Node,
}

/// What a page did.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Addresses that it asked for, beside its own.
    pub requests: Vec<String>,
    /// What its Content Security Policy refused: a directive and what was blocked.
    pub violations: Vec<String>,
    /// Texts of dialogs.
    pub dialogs: Vec<String>,
    /// Messages of the console.
    pub messages: Vec<String>,
    /// Its elements in order, each with the names of its attributes.
    pub elements: Vec<String>,
}

impl Browser {
    /// The first one on `PATH`.
    ///
    /// # Errors
    ///
    /// When there is none, or no Node to speak to it with.
    pub fn find() -> Result<Self, SetupError> {
        let names = ["chromium", "chromium-headless-shell", "chromium-browser", "google-chrome"];
        let folders = env::path();
        let programs = folders.iter().flat_map(|folder| names.iter().map(move |name| folder.join(name)));
        let program = programs.into_iter().find(|program| program.is_file());
        let program = program.ok_or_else(|| SetupError::new("no Chromium is on `PATH`", HELP))?;
        Ok(Self { program, node: Node::find()? })
    }

    /// Opens a file, and looks for half a second at what it does.
    ///
    /// # Errors
    ///
    /// When the browser does not start, or does not open it.
    pub fn open(&self, page: &Path) -> Result<Opened, SetupError> {
        let script = workspace().join("tests/report/open.mjs");
        let run = Run::new(&self.node.path).arg(script).arg(&self.program).arg(page).limit(Duration::from_mins(2));
        let ended = run.run().map_err(|error| SetupError::new(format!("cannot run Node: {error}"), HELP))?;
        let found: Option<Value> = ended.success().then(|| serde_json::from_str(&ended.stdout).ok()).flatten();
        let Some(found) = found else {
            let what = format!("Chromium does not open `{}`", page.display());
            return Err(SetupError::new(what, HELP).with_output(ended.report()));
        };
        let list = |name: &str| {
            let texts = found[name].as_array().into_iter().flatten();
            texts.filter_map(|text| text.as_str().map(str::to_owned)).collect()
        };
        Ok(Opened {
            requests: list("requests"),
            violations: list("violations"),
            dialogs: list("dialogs"),
            messages: list("messages"),
            elements: list("elements"),
        })
    }
}
