//! What the checks look at, gathered once.

use std::path::{Path, PathBuf};

use tywrap_build::Rechecked;
use tywrap_policy::{Code, Diagnostic, Policy};

use super::manifests::Manifests;
use super::output;
use crate::inspect::{Inspected, inspect};
use crate::project::Project;
use crate::{Surroundings, environment};

/// A project, as far as it can be looked at without building it.
pub(super) struct Facts<'a> {
    pub(super) project: &'a Project,
    pub(super) around: Surroundings<'a>,
    /// `--venv`.
    pub(super) venv: Option<&'a Path>,
    pub(super) policy: Policy,
    /// What there is to say about the policy although it is valid.
    pub(super) warnings: Vec<Diagnostic>,
    /// The lock, and what is installed.
    pub(super) inspected: Result<Inspected, Vec<Diagnostic>>,
    /// What Cargo says of the packages.
    pub(super) manifests: Result<Manifests, String>,
    /// The npm packages that were built, by folder.
    pub(super) outputs: Vec<Output>,
}

/// The npm package of a Rust package.
pub(super) struct Output {
    /// The Rust package.
    pub(super) package: String,
    /// What came of looking at it; nothing if it was not built yet.
    pub(super) found: Result<Option<Rechecked>, String>,
}

impl<'a> Facts<'a> {
    /// Gathers them. What is missing is in its place as an error, for the checks that ask for it.
    ///
    /// # Errors
    /// That the policy is not valid: nothing can be said without it.
    pub(super) fn gather(
        project: &'a Project,
        venv: Option<&'a Path>,
        around: Surroundings<'a>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let parsed = Policy::load(&project.policy)?;
        let manifests = Manifests::read(&project.packages, around);
        let outputs = output::recheck(&parsed.policy, manifests.as_ref().ok());
        Ok(Self {
            project,
            around,
            venv,
            inspected: inspect(project, venv, None, &[], around),
            policy: parsed.policy,
            warnings: parsed.warnings,
            manifests,
            outputs,
        })
    }

    /// The folder of the policy.
    pub(super) fn folder(&self) -> &Path {
        self.project.policy.parent().unwrap_or(Path::new("/"))
    }

    /// The folders whose files speak for the project: that of the policy, and the root of the workspace.
    pub(super) fn folders(&self) -> Vec<&Path> {
        let mut folders = vec![self.folder(), self.project.root.as_path()];
        folders.dedup();
        folders
    }

    /// A program on `PATH`.
    pub(super) fn program(&self, name: &str) -> Option<PathBuf> {
        let path = self.around.search_path?;
        std::env::split_paths(path).map(|folder| folder.join(name)).find(|program| program.is_file())
    }

    /// The folders with installed packages.
    pub(super) fn site_packages(&self) -> Vec<PathBuf> {
        environment::search_path(self.venv, self.around, &self.policy).map_or(Vec::new(), |path| path.roots().to_vec())
    }

    /// The messages of warnings about the policy that have a code.
    pub(super) fn warnings(&self, code: Code) -> impl Iterator<Item = &str> {
        self.warnings.iter().filter(move |warning| warning.code == code).map(|warning| warning.message.as_str())
    }
}
