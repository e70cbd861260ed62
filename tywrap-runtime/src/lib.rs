//! The tywrap host: the grant table, the hardened Python worker and the security logger.

pub mod module;

pub use module::Module;
