//! The tywrap build script: finds annotations, applies the policy, emits checked TypeScript.
//!
//! ```no_run
//! // in `main` of build.rs
//! tywrap_build::build();
//! ```
//!
//! For every `#[tywrap::wrap("numpy")]` that the policy allows, it takes the module's surface from the lock (or reads its
//! stubs, with a warning), writes the grants for the macro into `OUT_DIR`, and an npm package into `target/tywrap/<package>`.
//! An annotation that is denied is skipped here and refused by the macro, which can underline it. Nothing is emitted again
//! for a module whose inputs are as they were.

mod builder;
mod cargo;
mod check;
#[cfg(feature = "coverage")]
mod coverage;
mod driver;
mod emit;
mod out_dir;
mod parallel;
#[cfg(feature = "coverage")]
mod positions;
#[cfg(feature = "analyze")]
mod problem;
#[cfg(feature = "recheck")]
mod recheck;
mod report;
pub mod scan;
mod security;
mod select;
mod sources;
mod store;
#[cfg(feature = "analyze")]
mod stubs;
mod surfaces;
mod ui_tests;

pub use builder::{BuildError, Builder, build, try_build, ui_tests};
#[cfg(feature = "coverage")]
pub use coverage::{Cause, Coverage, Kind, Missing, coverage};
#[cfg(feature = "coverage")]
pub use positions::{Hole, Positions, Typed};
#[cfg(feature = "analyze")]
pub use problem::stub_warnings;
#[cfg(feature = "recheck")]
pub use recheck::{Flaw, Rechecked, recheck};
pub use report::{Denied, Module, Report};
pub use select::{LeftOut, modules_of};
