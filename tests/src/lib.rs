//! What the tests of tywrap stand on: the tools of a user's machine, found and set up once, and crates built the way
//! a user builds them.
//!
//! Only Rust, Node (with npm), Python (with `venv` and pip) and a C compiler have to be there. Everything else is
//! installed from pinned, hashed lists into `target/tywrap-tests/`, by the first test that asks for it.

mod bridges;
mod browser;
mod corpus;
mod env;
mod error;
mod fixture;
mod generator;
mod monitoring;
mod node;
mod process;
mod python;
mod root;
mod setup;
mod typescript;

pub use bridges::Bridges;
pub use browser::{Browser, Opened};
pub use corpus::Attack;
pub use error::SetupError;
pub use fixture::{Built, Fixture};
pub use generator::Generator;
pub use monitoring::Monitoring;
pub use node::Node;
pub use process::{Ended, Run};
pub use python::{Interpreter, Packages, Venv};
pub use root::{scratch, workspace};
pub use setup::announce;
pub use typescript::{Tsc, TypeScript, project};
