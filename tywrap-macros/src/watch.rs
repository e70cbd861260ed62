//! What the macro reads, and how Cargo learns of it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::quote;
use tywrap_policy::{Code, Diagnostic};

/// Every file and variable read so far. Whatever the macro reads, it reads through here.
#[derive(Default)]
pub(crate) struct Watch {
    files: RefCell<BTreeSet<PathBuf>>,
    variables: RefCell<BTreeSet<&'static str>>,
}

impl Watch {
    /// A variable of the environment; the one place where the macro looks at it.
    pub(crate) fn variable(&self, name: &'static str) -> Option<String> {
        self.variables.borrow_mut().insert(name);
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    /// Notes that a file is read by somebody else, who says so.
    pub(crate) fn file(&self, path: &Path) {
        self.files.borrow_mut().insert(path.to_owned());
    }

    /// The text of a file.
    pub(crate) fn read(&self, path: &Path, code: Code) -> Result<String, Diagnostic> {
        self.file(path);
        std::fs::read_to_string(path)
            .map_err(|error| Diagnostic::error(code, format!("cannot read `{}`: {error}", path.display())))
    }

    /// Items that make Cargo compile the crate again when something read here changes. A file that is not there cannot
    /// stand here, and need not: its absence is an error, and Cargo repeats a build that failed.
    pub(crate) fn items(&self) -> TokenStream {
        let files = self.files.borrow();
        let files = files.iter().filter(|path| path.is_file()).filter_map(|path| path.to_str());
        let variables = self.variables.borrow();
        let variables = variables.iter();
        quote! {
            #(const _: &[u8] = ::core::include_bytes!(#files);)*
            #(const _: ::core::option::Option<&str> = ::core::option_env!(#variables);)*
        }
    }
}
