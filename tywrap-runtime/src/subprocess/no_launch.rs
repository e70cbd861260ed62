//! Where there is no launch yet: nothing is started, rather than something without its guards.

#![allow(dead_code, reason = "what is to be started is not looked at")]

use std::ffi::CString;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use super::child::Launched;
use super::error::SpawnError;
use super::program::Program;
use crate::sandbox::SandboxSpec;

/// As on Linux.
pub(super) struct Launch<'a> {
    pub(super) program: &'a Program,
    pub(super) arguments: Vec<CString>,
    pub(super) environment: Vec<CString>,
    pub(super) sandbox: Option<&'a SandboxSpec>,
    pub(super) pipe_stdin: bool,
    pub(super) inherited: &'a [Arc<OwnedFd>],
}

pub(super) fn launch(launch: Launch<'_>) -> Result<Launched, SpawnError> {
    if let Some(spec) = launch.sandbox {
        spec.status().require(&spec.enforcement)?;
    }
    Err(SpawnError::Unsupported { os: std::env::consts::OS })
}
