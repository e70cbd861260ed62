//! Every pure check, as one type. What is judged here is text; what needs the kernel (opening a path, starting a program)
//! is done by whoever does it, with what these checks return.

mod command;
mod environment;
mod output;
mod path;
mod text;

pub(crate) use environment::loads_code;
pub use environment::{DropReason, Dropped, Environment};
pub use output::{Advisory, Suspicion};
pub use path::CheckedPath;
pub use text::Checked;

use std::path::Path;

use crate::module::ModuleGrant;
use crate::section::{Entry, Pattern};
use crate::{Code, Diagnostic, Policy, SecurityError, json};

/// All checks of names, paths, commands, environments and texts under one policy. Cloning is cheap.
///
/// A refusal is a [`SecurityError`]; whoever acts on it logs it, once.
#[derive(Clone, Debug)]
pub struct SecurityValidator {
    policy: Policy,
}

impl SecurityValidator {
    /// The checks of a policy.
    pub fn new(policy: &Policy) -> Self {
        Self { policy: policy.clone() }
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Whether a module may be wrapped; as [`Policy::module`].
    ///
    /// # Errors
    /// That its name is malformed, that it is blocked, or that it is not allowed.
    pub fn module_name(&self, name: &str) -> Result<ModuleGrant, SecurityError> {
        self.policy.module(name).map_err(|diagnostic| from_diagnostic(&diagnostic).with("module", logged(name)))
    }

    /// Whether a member of a module may be wrapped; as [`Policy::member`].
    ///
    /// # Errors
    /// That its path is malformed or private, or that it is blocked.
    pub fn member(&self, module: &str, path: &str) -> Result<(), SecurityError> {
        self.policy.member(module, path).map_err(|diagnostic| {
            from_diagnostic(&diagnostic).with("module", logged(module)).with("member", logged(path))
        })
    }

    /// Whether a path from input lies in `root`, judged by its components alone: nothing is looked up, and a symbolic link
    /// is seen only by the kernel, when [`CheckedPath::relative`] is opened beneath `root` without following any.
    ///
    /// # Errors
    /// That it does not, that it is `root` itself, or that it is no path to be taken from input.
    pub fn path<'p>(&self, root: &Path, path: &'p str) -> Result<Checked<'p, CheckedPath>, SecurityError> {
        path::check(&self.policy, root, path)
    }

    /// Whether a path from input may be used under section `filesystem`: it lies in one of the allowed directories, which
    /// are resolved against the directory of the policy and the system's one for temporary files, and has an allowed
    /// extension.
    ///
    /// # Errors
    /// That it may not, and the rule.
    pub fn file<'p>(
        &self,
        policy_directory: &Path,
        temporary: &Path,
        path: &'p str,
    ) -> Result<Checked<'p, CheckedPath>, SecurityError> {
        path::file(&self.policy, policy_directory, temporary, path)
    }

    /// Whether a program may be started, by its exact name. A path is refused: the name is resolved once, when the host
    /// starts, and pinned.
    ///
    /// # Errors
    /// That it is not in `command-whitelist`.
    pub fn command(&self, program: &str) -> Result<(), SecurityError> {
        command::program(&self.policy, program)
    }

    /// Whether a program may be given these arguments. The first one is no option: what precedes the first operand of an
    /// interpreter are options of the interpreter, and `-c` or `--require` runs what it is given.
    ///
    /// # Errors
    /// Which argument is refused, by its position, and why. The argument itself is not repeated.
    pub fn arguments<'a, A: AsRef<str>>(&self, arguments: &'a [A]) -> Result<Checked<'a, ()>, SecurityError> {
        command::arguments(&self.policy, arguments)
    }

    /// What a program that runs once may see of an environment. What is not passed on is named with the reason, and is no
    /// error: most of an environment is somebody else's.
    pub fn environment<N: AsRef<str>, V: AsRef<str>>(
        &self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Environment {
        environment::clean(&self.policy, variables, environment::For::Program)
    }

    /// As [`SecurityValidator::environment`], for the Python worker, whose `PATH` and `PYTHON…` the host sets itself: they
    /// are dropped although `allowed-environment-vars` names them.
    pub fn worker_environment<N: AsRef<str>, V: AsRef<str>>(
        &self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Environment {
        environment::clean(&self.policy, variables, environment::For::Worker)
    }

    /// Whether a variable that is set on purpose may be set.
    ///
    /// # Errors
    /// Why not.
    pub fn variable(&self, name: &str, value: &str) -> Result<(), SecurityError> {
        environment::variable(&self.policy, name, value)
    }

    /// Whether a document from the other side is JSON within limits; see [`json::Limits::document`].
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn json(&self, text: &str) -> Result<(), SecurityError> {
        json::check(text, &json::Limits::document(&self.policy))
            .map_err(|error| SecurityError::new(Code::JsonRefused, error.to_string()))
    }

    /// Compiles a regular expression from input. The engine takes linear time, and an expression that would take much
    /// memory is refused.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn regex(&self, expression: &str) -> Result<Pattern, SecurityError> {
        text::size(&self.policy, "the expression", expression)?;
        Pattern::new(expression).map_err(|why| {
            let message = format!("a regular expression from input is refused: {why}");
            SecurityError::new(Code::PatternRefused, message).with("expression", logged(expression))
        })
    }

    /// What stands out in what a program printed. It refuses nothing: what a program prints is data, and a library may
    /// speak of subprocesses.
    pub fn output(&self, text: &str) -> Vec<Advisory> {
        output::scan(text)
    }
}

fn from_diagnostic(diagnostic: &Diagnostic) -> SecurityError {
    let error = SecurityError::new(diagnostic.code, diagnostic.message.clone());
    match diagnostic.notes.first() {
        Some(rule) => error.with("rule", rule.clone()),
        None => error,
    }
}

/// A text as a fact of an error.
fn logged(text: &str) -> String {
    crate::escape::log_line(text, 200)
}

/// Where an entry of a list stands, for the context of an error.
fn rule<T>(policy: &Policy, key: &str, entry: &Entry<T>) -> String {
    policy.rule(key, entry.place.as_ref())
}
