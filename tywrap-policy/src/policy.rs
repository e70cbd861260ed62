//! The policy: a file that has been read and found valid.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use toml::de::DeTable;

use crate::edit::deciding;
use crate::member;
use crate::module::{self, ModuleGrant};
use crate::settings::{
    CodeGeneration, Filesystem, InputValidation, Lock, ModuleWhitelist, Monitoring, Sandbox, Settings, Subprocess, Wire,
};
use crate::source::{Reading, Source};
use crate::{Code, Diagnostic, Level, Place};

/// A valid policy. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Policy {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    digest: String,
    settings: Settings,
}

/// A policy, and what there is to say about it all the same.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The policy.
    pub policy: Policy,
    /// Guards that are switched off, and entries that do nothing.
    pub warnings: Vec<Diagnostic>,
}

impl Policy {
    /// Reads the policy file at `path`.
    ///
    /// # Errors
    /// That the file is missing, cannot be read or is not UTF-8; else those of [`Policy::parse`].
    pub fn load(path: &Path) -> Result<Parsed, Vec<Diagnostic>> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let message = format!("there is no policy at {}", path.display());
                let help = "write a `tywrap.toml`; an empty file means the defaults";
                return Err(vec![Diagnostic::error(Code::PolicyMissing, message).help(help)]);
            }
            Err(error) => {
                let message = format!("the policy {} cannot be read: {error}", path.display());
                return Err(vec![Diagnostic::error(Code::PolicyUnreadable, message)]);
            }
        };
        match String::from_utf8(bytes) {
            Ok(text) => Self::parse(&text, path),
            Err(error) => {
                let offset = error.utf8_error().valid_up_to();
                let message = format!("the policy {} is not UTF-8 from byte {offset} on", path.display());
                Err(vec![Diagnostic::error(Code::PolicyMalformed, message)])
            }
        }
    }

    /// Reads a policy from its text; `path` is how diagnostics name the file.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of the file.
    pub fn parse(text: &str, path: &Path) -> Result<Parsed, Vec<Diagnostic>> {
        let source = Source::new(path, text);
        let mut reading = Reading::new(&source);
        let (document, errors) = DeTable::parse_recoverable(text);
        syntax_errors(&errors, &mut reading);
        // What a parser makes of text that it could not parse is a guess, and errors about a guess mislead.
        let settings = if errors.is_empty() { Some(Settings::read(document.get_ref(), &mut reading)) } else { None };
        let settings = settings.map(|settings| crate::combine::combine(settings, document.get_ref(), &mut reading));
        let mut diagnostics = reading.diagnostics;
        diagnostics.sort_by_key(|diagnostic| diagnostic.place.as_ref().map(|place| place.span.start));
        match settings {
            Some(settings) if diagnostics.iter().all(|diagnostic| diagnostic.level == Level::Warning) => {
                let inner = Inner { path: path.to_owned(), digest: digest(text.as_bytes()), settings };
                Ok(Parsed { policy: Self { inner: Arc::new(inner) }, warnings: diagnostics })
            }
            _ => Err(diagnostics),
        }
    }

    /// Markdown: every section and key with its type, default and meaning, made from the table that reads them.
    pub fn reference() -> String {
        crate::reference::policy()
    }

    /// The file, as it was named to us.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// SHA-256 of the file's bytes, in lower-case hex.
    pub fn digest(&self) -> &str {
        &self.inner.digest
    }

    /// Whether a module may be wrapped. It is judged in this order: malformed, blocked, not allowed.
    ///
    /// # Errors
    /// Why not, with the rule that decided and the edit that would allow it.
    pub fn module(&self, name: &str) -> Result<ModuleGrant, Diagnostic> {
        module::check(self, name)
    }

    /// Whether a member may be wrapped, as far as its name tells: `path` is `mean`, or `DataFrame.eval`.
    ///
    /// # Errors
    /// That a part of it is private or no name, or that `blocked-members` names it.
    pub fn member(&self, module: &str, path: &str) -> Result<(), Diagnostic> {
        member::check(self, module, path)
    }

    /// Whether what an instance of a class has may be wrapped: `name` is `most_common`, `real` or `__add__`, and `class` is
    /// where the module has the class, `Counter`. A method is judged under each name that its class and those that inherit
    /// from it have.
    ///
    /// # Errors
    /// That a part of it is no name, that `name` is private or leads to what is not the object's, or that `blocked-members`
    /// names it.
    pub fn class_member(&self, module: &str, class: &str, name: &str) -> Result<(), Diagnostic> {
        member::check_of_class(self, module, class, name)
    }

    /// The rule that blocks one parameter of a member, such as `allow_pickle` of `load` in `numpy`.
    pub fn blocked_parameter(&self, module: &str, path: &str, parameter: &str) -> Option<String> {
        let list = &self.module_whitelist().blocked_members;
        let (entry, _) = deciding(list, |pattern| pattern.blocks_parameter(module, path, parameter))?;
        Some(format!("{}, by its entry `{}`", self.rule("blocked-members", entry.place.as_ref()), entry.value))
    }

    /// The parameters of a member that are blocked, in order and each once, with the rule.
    pub fn blocked_parameters(&self, module: &str, path: &str) -> Vec<(String, String)> {
        let list = &self.module_whitelist().blocked_members;
        let parameters: BTreeSet<&str> = list.iter().filter_map(|entry| entry.value.parameter()).collect();
        parameters
            .into_iter()
            .filter_map(|parameter| Some((parameter.to_owned(), self.blocked_parameter(module, path, parameter)?)))
            .collect()
    }

    /// The rule that blocks a module, one above it, or the one it implements (`posix` is `os`). It serves to leave out what other modules re-export from it, and
    /// says nothing of whether the module is allowed.
    pub fn is_blocked_module(&self, name: &str) -> Option<String> {
        let (entry, _) = deciding(&self.module_whitelist().blocked_modules, |pattern| module::blocks(pattern, name))?;
        Some(format!("{}, by its entry `{}`", self.rule("blocked-modules", entry.place.as_ref()), entry.value))
    }

    /// `input-validation`.
    pub fn input_validation(&self) -> &InputValidation {
        &self.inner.settings.input_validation
    }

    /// `module-whitelist`, with what `unblock` takes out taken out.
    pub fn module_whitelist(&self) -> &ModuleWhitelist {
        &self.inner.settings.module_whitelist
    }

    /// `subprocess`.
    pub fn subprocess(&self) -> &Subprocess {
        &self.inner.settings.subprocess
    }

    /// `sandbox`.
    pub fn sandbox(&self) -> &Sandbox {
        &self.inner.settings.sandbox
    }

    /// `lock`.
    pub fn lock(&self) -> &Lock {
        &self.inner.settings.lock
    }

    /// `wire`.
    pub fn wire(&self) -> &Wire {
        &self.inner.settings.wire
    }

    /// `filesystem`.
    pub fn filesystem(&self) -> &Filesystem {
        &self.inner.settings.filesystem
    }

    /// `code-generation`.
    pub fn code_generation(&self) -> &CodeGeneration {
        &self.inner.settings.code_generation
    }

    /// `monitoring`.
    pub fn monitoring(&self) -> &Monitoring {
        &self.inner.settings.monitoring
    }

    /// The note that says which rule decided.
    pub(crate) fn rule(&self, key: &str, place: Option<&Place>) -> String {
        match place {
            Some(place) => format!("rule: `{key}` at {place}"),
            None => format!("rule: built-in `{key}` (policy: {})", self.path().display()),
        }
    }
}

/// Reports what the parser could not read. It goes on after an error and then misreads what follows, so it is believed once
/// for a line, and not for long.
fn syntax_errors(errors: &[toml::de::Error], reading: &mut Reading<'_>) {
    const BELIEVED: usize = 5;
    let mut lines = BTreeSet::new();
    for error in errors {
        let span = error.span().unwrap_or_default();
        if lines.len() < BELIEVED && lines.insert(reading.source.place(span.clone()).line) {
            reading.error(Code::PolicyMalformed, span, format!("malformed TOML: {}", error.message()));
        }
    }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

    use std::path::Path;

    use super::{Parsed, Policy};
    use crate::Code;

    fn parse(text: &str) -> Parsed {
        Policy::parse(text, Path::new("app/tywrap.toml")).unwrap_or_else(|errors| panic!("{errors:?}"))
    }

    #[test]
    fn an_empty_file_means_the_defaults() {
        let Parsed { policy, warnings } = parse("");
        assert!(warnings.is_empty());
        assert!(policy.module("numpy.linalg").is_ok());
        assert_eq!(policy.module("os.path").unwrap_err().code, Code::ModuleBlocked);
        assert_eq!(policy.module("statistics").unwrap_err().code, Code::ModuleNotAllowed);
        assert_eq!(policy.module("math; import os").unwrap_err().code, Code::ModuleMalformed);
        assert_eq!(policy.digest(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
