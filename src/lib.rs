//! Call Python from TypeScript under a security policy that the Rust compiler enforces.
