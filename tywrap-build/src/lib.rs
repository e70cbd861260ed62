//! The tywrap build script: finds annotations, applies the policy, emits checked TypeScript.

mod cargo;
mod file;
mod out_dir;
pub mod scan;
mod select;
mod sources;

pub use select::modules_of;
