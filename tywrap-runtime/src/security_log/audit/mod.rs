//! The audit file: one JSON object a line, each with the hash of the one before.
//!
//! A line is `{"seq":…,"time":…,…,"prev":"…","hash":"…"}`. `hash` is the SHA-256 of the line's bytes up to and without
//! `,"hash"`, and `prev` is the hash of the line before, so no line can be changed, left out or moved without breaking
//! the chain. The chain goes on over files: where one is full, or a day is over, it is renamed, and the next begins
//! with the number and the hash that follow (`series.rs` has the names). What was not written is said in the file, too:
//! lines of the kind `log-damaged` count lost events, and name the bytes of a last line that a crash has torn; a line
//! of the kind `log-pruned` says up to which event files were removed because of their age.
//!
//! The chain proves that the files were not edited by somebody who could not rewrite all of them. It does not prove
//! that their end was not cut off; for that there are heads, given out every 4,096 events, every minute in which there
//! was one, and whenever a file or the log ends: as an event and in a file beside, for somebody to keep elsewhere.

mod end;
mod error;
mod file;
mod head;
mod heads;
mod line;
mod lock;
mod options;
mod own_file;
mod series;
#[cfg(test)]
mod tests;
mod verify;

pub use error::{AuditError, Broken, Damage};
pub(super) use file::AuditFile;
pub use head::{AuditHead, NotAHead};
pub(super) use line::Record;
pub use options::AuditOptions;
pub(super) use verify::Reader;
pub use verify::{AuditSeries, TornLine, Verified, verify_audit_file};
