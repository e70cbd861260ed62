//! The tywrap policy file, `tywrap.toml`, and every pure check on it.
//!
//! [`Policy`] is a file that has been read and found valid; what is wrong with one is a list of [`Diagnostic`]s, which
//! the feature `render` draws. [`SecurityValidator`] is every check of names, paths, commands, environments and texts under a policy;
//! what it refuses is a [`SecurityError`]. Both speak of [`Code`]s, which are documented once. [`escape`] has one escaper
//! for each place that text is written to, and [`json`] reads JSON with limits.
//!
//! Nothing here prints, reads the environment, or does more with files than reading the policy.
//!
//! ```
//! use std::path::Path;
//! use tywrap_policy::{Code, Policy, SecurityValidator};
//!
//! let parsed = Policy::parse("[module-whitelist]\nallowed-modules = [\"math\"]\n", Path::new("tywrap.toml")).unwrap();
//! assert!(parsed.policy.module("math").is_ok());
//! assert_eq!(parsed.policy.module("os").unwrap_err().code, Code::ModuleBlocked);
//!
//! let validator = SecurityValidator::new(&parsed.policy);
//! assert!(validator.path(Path::new("/app/safe"), "../../etc/passwd").is_err());
//! ```

mod choice;
mod code;
mod combine;
mod defaults;
mod diagnostic;
mod edit;
mod error;
pub mod escape;
pub mod json;
mod list;
mod member;
mod module;
mod name;
mod near;
mod pattern;
mod policy;
mod reference;
#[cfg(feature = "render")]
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
#[cfg(feature = "render")]
pub use render::{render, render_coloured};
pub use validator::{Advisory, Checked, CheckedPath, DropReason, Dropped, Environment, SecurityValidator, Suspicion};

/// The sections of the policy and the types of their keys.
pub mod section {
    pub use crate::choice::{
        Enforcement, IntegerMode, Integers, KillSignal, LogLevel, Network, OperatingSystem, PackageName, Program,
        Property, Scratch,
    };
    pub use crate::list::{Entry, Extending, List, Replacing};
    pub use crate::member::MemberPattern;
    pub use crate::name::{Command, Directory, EnvironmentName, Extension, ModulePattern, PolicyPath, Text};
    pub use crate::pattern::{Pattern, WholePattern};
    pub use crate::settings::{
        CodeGeneration, Filesystem, InputValidation, Lock, ModuleWhitelist, Monitoring, Sandbox, Subprocess, Wire,
    };
    pub use crate::value::{AlwaysOn, ByteSize, Count, Switch};
}
