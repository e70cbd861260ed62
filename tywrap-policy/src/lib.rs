//! The tywrap policy file, `tywrap.toml`, and every pure check on it.

mod choice;
mod code;
mod combine;
mod defaults;
mod diagnostic;
mod error;
pub mod escape;
pub mod json;
mod list;
mod member;
mod module;
mod name;
mod near;
mod policy;
mod reference;
mod render;
mod settings;
mod source;
mod validator;
mod value;

pub use code::Code;
pub use diagnostic::{Diagnostic, Level, Place};
pub use error::{SecurityError, Severity};
pub use module::ModuleGrant;
pub use near::nearest;
pub use policy::{Parsed, Policy};
pub use render::render;
pub use validator::{Advisory, Checked, CheckedPath, DropReason, Dropped, Environment, SecurityValidator, Suspicion};

/// The sections of the policy and the types of their keys.
pub mod section {
    pub use crate::choice::{
        Enforcement, IntegerMode, Integers, KillSignal, LogLevel, Network, PackageName, Program, Property, Scratch,
    };
    pub use crate::list::{Entry, Extending, List, Replacing};
    pub use crate::member::MemberPattern;
    pub use crate::name::{
        Command, Directory, EnvironmentName, Extension, ModulePattern, Pattern, PolicyPath, Text, WholePattern,
    };
    pub use crate::settings::{
        CodeGeneration, Filesystem, InputValidation, Lock, ModuleWhitelist, Monitoring, Sandbox, Subprocess, Wire,
    };
    pub use crate::value::{AlwaysOn, ByteSize, Count, Switch};
}
