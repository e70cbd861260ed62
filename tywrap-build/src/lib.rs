//! The tywrap build script: finds annotations, applies the policy, emits checked TypeScript.

pub mod scan;
mod sources;
