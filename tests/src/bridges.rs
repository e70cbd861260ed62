//! The bridges between Node and Python that tywrap is measured against.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::setup::{announce, cannot, once};
use crate::{Node, Run, SetupError, workspace};

const LISTS: [(&str, &str); 3] = [
    ("package.json", include_str!("../../benches/peers/package.json")),
    ("package-lock.json", include_str!("../../benches/peers/package-lock.json")),
    (".npmrc", include_str!("../../benches/peers/.npmrc")),
];

/// What measures them, and runs where they are installed.
const PROGRAMS: &[&str] = &[
    "alone.mjs",
    "memory.mjs",
    "peers.mjs",
    "pool.mjs",
    "processes.mjs",
    "raw.mjs",
    "raw.py",
    "start.mjs",
    "statistics.mjs",
];

/// Other bridges, installed.
#[derive(Clone, Debug)]
pub struct Bridges {
    /// The folder with the programs of `benches/peers/`.
    pub folder: PathBuf,
}

impl Bridges {
    /// Installs them, the first time. One that has to be compiled is left out where it cannot be; the programs say so.
    ///
    /// # Errors
    ///
    /// When Node or npm is missing, or the packages cannot be fetched or are not the ones listed.
    pub fn get() -> Result<Self, SetupError> {
        let node = Node::find()?;
        let list: String = LISTS.iter().map(|(_, text)| *text).collect();
        let folder = once("peers", &format!("{}\n{list}", node.version), |folder| {
            announce("installing other bridges between Node and Python");
            node.install(folder, "benches/peers", &LISTS)?;
            compile(folder, &node);
            Ok(())
        })?;
        for program in PROGRAMS {
            let (from, to) = (workspace().join("benches/peers").join(program), folder.join(program));
            std::fs::copy(from, &to).map_err(|error| cannot("write", &to, &error))?;
        }
        Ok(Self { folder })
    }
}

/// Compiles what is in C++, against the headers that came with Node.
fn compile(folder: &Path, node: &Node) {
    let Some(prefix) = node.path.parent().and_then(Path::parent) else { return };
    let Ok(npm) = node.npm().and_then(|npm| npm.canonicalize().map_err(|error| cannot("read", &npm, &error))) else {
        return;
    };
    let gyp = npm.join("../../node_modules/node-gyp/bin/node-gyp.js");
    let built = Run::new(&node.path)
        .arg(gyp)
        .arg("rebuild")
        .arg(format!("--nodedir={}", prefix.display()))
        .dir(folder.join("node_modules/node-calls-python"))
        .limit(Duration::from_mins(10))
        .run();
    if !built.is_ok_and(|built| built.success()) {
        announce("node-calls-python could not be compiled; it takes a C++ compiler and the headers of Node and Python");
    }
}
