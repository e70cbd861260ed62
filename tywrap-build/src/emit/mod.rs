//! The emitter: from the Python surface of a module to an ES module in three forms, a source map, and the module's
//! grants as Rust.
//!
//! There is one way through: a Python [`Type`](tywrap_surface::model::Type) is lowered to a [`shape`], which says
//! what a value is on the wire. From the shape come both the TypeScript type ([`typescript`]) and the schema that the
//! host checks arguments against ([`schema`]), so the two cannot disagree. One list of declarations ([`file`]) is then
//! printed as `.ts`, `.js` and `.d.ts` ([`print`]), and every form is read back by [`crate::check`] before
//! anything is handed out.

mod alias;
mod call;
mod class;
mod classes;
#[cfg(feature = "coverage")]
mod count;
mod doc;
mod dtype;
mod exports;
mod file;
mod grants;
mod lower;
mod map;
mod module;
mod names;
mod objects;
mod own;
mod package;
mod print;
mod protocol;
mod scalar;
mod schema;
mod shape;
mod signature;
mod ts;
mod types;
mod typescript;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::mem::ManuallyDrop;

use tywrap_policy::section::Integers;
use tywrap_surface::model::{Item, Surface};

#[cfg(feature = "coverage")]
pub(crate) use self::classes::CLASS_IN_CLASS;
#[cfg(feature = "coverage")]
pub(crate) use self::count::{Absent, Counted, count};
use self::file::File;
pub(crate) use self::package::package_files;
use self::print::Printed;
use crate::check::{CheckError, Mode, check};
use crate::select::ClassRules;

/// A module to emit.
pub(crate) struct ModuleInput<'a> {
    /// Dotted Python name; a name that the policy has accepted.
    pub(crate) module: &'a str,
    /// Name of the package it is emitted into.
    pub(crate) package: &'a str,
    /// Digest of the policy that allows it.
    pub(crate) policy_digest: &'a str,
    /// What of it is emitted: its own members, and members of its submodules.
    pub(crate) parts: Vec<Part<'a>>,
    /// What Python's integers are in TypeScript.
    pub(crate) integers: &'a Integers,
    /// What the policy lets through of classes.
    pub(crate) rules: &'a ClassRules<'a>,
}

/// Members of the module or of one of its submodules.
pub(crate) struct Part<'a> {
    /// Path of the submodule below the module (`linalg`); empty for the module itself.
    pub(crate) prefix: &'a str,
    /// The surface that the members are from.
    pub(crate) surface: &'a Surface,
    /// The members: all that the annotation and the policy let through.
    pub(crate) items: Vec<Cow<'a, Item>>,
}

/// What was emitted.
#[derive(Debug)]
pub(crate) struct EmittedModule {
    /// `<module>.ts`.
    pub(crate) ts: String,
    /// `<module>.js`.
    pub(crate) js: String,
    /// `<module>.d.ts`.
    pub(crate) dts: String,
    /// `<module>.js.map`.
    pub(crate) js_map: String,
    /// A Rust expression of type `::tywrap::Module`.
    pub(crate) grants: String,
    /// Digest of the grants.
    pub(crate) digest: String,
    /// What is in the input and was not emitted, or not with all its types.
    pub(crate) uncovered: Vec<Uncovered>,
}

/// A member that is not emitted, or a type that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Uncovered {
    /// Path below the module.
    pub(crate) path: String,
    /// The reason, as a sentence fragment.
    pub(crate) reason: String,
}

/// Why nothing was emitted: what was printed is not what may be printed. That is a defect of the emitter, or a surface made to
/// find one.
#[derive(Debug)]
pub(crate) struct EmitError {
    /// The file that was refused.
    pub(crate) file: String,
    pub(crate) error: CheckError,
}

impl fmt::Display for EmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` was not written: {}", self.file, self.error)
    }
}

impl std::error::Error for EmitError {}

/// Emits a module.
///
/// # Errors
/// That a printed file, parsed back, is not the one that was meant.
pub(crate) fn emit(input: &ModuleInput<'_>) -> Result<EmittedModule, EmitError> {
    // (Freed with the process, as surfaces are.)
    let lowered = ManuallyDrop::new(module::lower(input));
    // Reading a file back takes longer than all the rest, and the three do not depend on each other.
    let [ts, js, dts] = std::thread::scope(|scope| {
        [(Mode::Ts, "ts"), (Mode::Js, "js"), (Mode::Dts, "d.ts")]
            .map(|(mode, extension)| {
                let (file, module) = (&lowered.file, input.module);
                scope.spawn(move || {
                    print_checked(file, mode)
                        .map_err(|error| EmitError { file: format!("{module}.{extension}"), error })
                })
            })
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let (ts, js, dts) = (ts?, js?, dts?);
    Ok(EmittedModule {
        js_map: map::source_map(input.module, &ts, &js),
        ts: ts.text,
        js: js.text,
        dts: dts.text,
        grants: lowered.grants.rust(input.module, input.package, input.policy_digest),
        digest: lowered.file.digest.clone(),
        uncovered: lowered.uncovered.clone(),
    })
}

/// Prints a file and reads it back.
fn print_checked(file: &File, mode: Mode) -> Result<Printed, CheckError> {
    let printed = print::print(file, mode);
    check(&printed.text, mode, &printed.literals)?;
    Ok(printed)
}
