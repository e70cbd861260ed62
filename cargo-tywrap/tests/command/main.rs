//! The command, on real projects.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

mod audit;
mod check;
#[cfg(target_os = "linux")]
mod checklist;
#[cfg(target_os = "linux")]
mod doctor;
mod lock;
mod project;
mod report;
#[cfg(target_os = "linux")]
mod security;
#[cfg(target_os = "linux")]
mod sound;
