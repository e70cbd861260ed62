//! `#[tywrap::wrap]` and `tywrap::policy!`.
//!
//! The macro judges an annotation against the policy itself, so that a missing or tampered build script weakens nothing;
//! what build.rs emitted it only includes. It writes no file and starts no process. Every file and every variable it reads
//! stands in its expansion, so that Cargo compiles the crate again when one of them changes.

mod context;
mod expand;
mod item;
mod judge;
mod watch;

use proc_macro::TokenStream;

/// Wraps a Python module: `#[tywrap::wrap("math")] pub mod math {}`.
///
/// It stands on an empty inline module, which then holds `MODULE`, the grants as a `static`, and `TS`, `JS` and `DTS`, the
/// emitted sources; or on a unit struct, which gets the same as associated constants.
///
/// `only = ["mean", "linalg.norm"]` wraps these members and no others; `except = ["load"]` wraps all the policy allows but
/// these. The module and its members must be string literals, since the build script reads them from the source text.
///
/// # Errors
///
/// A compile error underlines the literal that is wrong: a module that is malformed, blocked or not allowed by the policy,
/// not locked where a lock is required, or for which build.rs emitted nothing; a member that does not exist.
#[proc_macro_attribute]
pub fn wrap(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::wrap(arguments.into(), item.into()).into()
}

/// The policy that rules the calling crate, compiled in, as a `tywrap::CompiledPolicy`.
///
/// # Errors
///
/// A compile error if there is no policy, or if it is malformed.
#[proc_macro]
pub fn policy(input: TokenStream) -> TokenStream {
    expand::policy(input.into()).into()
}
