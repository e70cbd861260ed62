//! The policy that is compiled into a binary.

use std::path::Path;

use tywrap_policy::{Code, Diagnostic, Policy};

/// The policy file as it was when the binary was built; `tywrap::policy!()` makes one. The host never reads the file.
#[derive(Clone, Copy, Debug)]
pub struct CompiledPolicy {
    /// The file, as diagnostics name it.
    pub path: &'static str,
    /// The directory the file lay in when the binary was built, absolute. Relative paths in the policy are meant from here.
    pub directory: &'static str,
    /// SHA-256 of the file's bytes, in lower-case hex.
    pub digest: &'static str,
    /// The file's text.
    pub text: &'static str,
}

impl CompiledPolicy {
    /// The policy, and what there is to say about it all the same.
    pub(crate) fn parse(&self) -> Result<(Policy, Vec<Diagnostic>), Vec<Diagnostic>> {
        let name = Path::new(self.path).file_name().unwrap_or_default();
        let parsed = Policy::parse(self.text, &Path::new(self.directory).join(name))?;
        if parsed.policy.digest() != self.digest {
            let message = format!("the text of the policy {} is not the one that was judged at build time", self.path);
            return Err(vec![Diagnostic::error(Code::PolicyChanged, message).help("build again with `cargo build`")]);
        }
        Ok((parsed.policy, parsed.warnings))
    }
}
