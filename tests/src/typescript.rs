//! The TypeScript compilers that emitted packages must satisfy.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::setup::{announce, once};
use crate::{Ended, Node, Run, SetupError};

/// The packages, by exact version; the lock file has their digests.
const LISTS: [(&str, &str); 3] = [
    ("package.json", include_str!("../npm/package.json")),
    ("package-lock.json", include_str!("../npm/package-lock.json")),
    (".npmrc", include_str!("../npm/.npmrc")),
];

/// Which compiler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeScript {
    /// 5.9, the last one written in TypeScript.
    V5_9,
    /// The newest when `tests/npm/package.json` was last edited.
    Latest,
}

impl TypeScript {
    /// Both.
    pub const ALL: [Self; 2] = [Self::V5_9, Self::Latest];

    fn package(self) -> &'static str {
        match self {
            Self::V5_9 => "typescript-5.9",
            Self::Latest => "typescript-latest",
        }
    }
}

/// A compiler that is ready to run.
#[derive(Clone, Debug)]
pub struct Tsc {
    node: Node,
    script: PathBuf,
}

impl Tsc {
    /// Installs both compilers, the first time, and gives one.
    ///
    /// # Errors
    ///
    /// When Node or npm is missing, or the packages cannot be fetched or are not the ones listed.
    pub fn get(version: TypeScript) -> Result<Self, SetupError> {
        let node = Node::find()?;
        let list: String = LISTS.iter().map(|(_, text)| *text).collect();
        let folder = once("npm", &format!("{}\n{list}", node.version), |folder| fill(folder, &node))?;
        let script = folder.join("node_modules").join(version.package()).join("bin/tsc");
        Ok(Self { node, script })
    }

    /// Type-checks a project, given by the folder of its `tsconfig.json`, and emits nothing.
    ///
    /// # Errors
    ///
    /// When the compiler cannot be started. A type error is an [`Ended`] that tells so.
    pub fn check(&self, project: &Path) -> std::io::Result<Ended> {
        self.run([
            "--noEmit".as_ref(),
            "--pretty".as_ref(),
            "false".as_ref(),
            "--project".as_ref(),
            project.as_os_str(),
        ])
        .run()
    }

    /// The compiler as a library, for a script to import. The newest one has none.
    #[must_use]
    pub fn library(&self) -> PathBuf {
        self.script.with_file_name("../lib/typescript.js")
    }

    /// The compiler with arguments.
    #[must_use]
    pub fn run<A: AsRef<std::ffi::OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Run {
        self.node.run(&self.script).args(args).limit(Duration::from_mins(5))
    }
}

/// Writes a project with `files` (path and text) and the settings that a package is promised to work under: strict,
/// `verbatimModuleSyntax`, no `skipLibCheck`, no `@types/node`, every file a module of Node's.
///
/// # Errors
///
/// When a file cannot be written.
pub fn project(dir: &Path, files: &[(&str, &str)]) -> std::io::Result<()> {
    const SETTINGS: &str = r#"{
  "compilerOptions": {
    "strict": true,
    "target": "es2022",
    "module": "nodenext",
    "lib": ["es2022"],
    "types": [],
    "verbatimModuleSyntax": true,
    "isolatedModules": true,
    "exactOptionalPropertyTypes": true,
    "noUncheckedIndexedAccess": true,
    "noUnusedLocals": true,
    "skipLibCheck": false
  },
  "include": ["**/*.ts"]
}
"#;
    fs::create_dir_all(dir)?;
    fs::write(dir.join("package.json"), "{ \"private\": true, \"type\": \"module\" }\n")?;
    fs::write(dir.join("tsconfig.json"), SETTINGS)?;
    for (name, text) in files {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap_or(dir))?;
        fs::write(path, text)?;
    }
    Ok(())
}

fn fill(folder: &Path, node: &Node) -> Result<(), SetupError> {
    announce("installing two TypeScript compilers");
    node.install(folder, "tests/npm", &LISTS)
}
