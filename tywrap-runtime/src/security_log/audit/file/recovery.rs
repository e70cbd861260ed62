//! Carrying on where a chain ends, whatever a crash has left of it.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, UNIX_EPOCH};

use tywrap_policy::Severity;

use super::AuditFile;
use crate::security_log::audit::end::{self, End};
use crate::security_log::audit::error::{AuditError, Damage};
use crate::security_log::audit::head::AuditHead;
use crate::security_log::audit::line::{Chain, digest};
use crate::security_log::audit::own_file::open;
use crate::security_log::audit::series::Names;
use crate::security_log::event::{EventKind, SecurityEvent};

impl AuditFile {
    /// Finds the end of the chain, and closes off what stands after it.
    pub(super) fn recover(&mut self) -> Result<(), AuditError> {
        let path = self.names.current().to_owned();
        let io_error = AuditError::io(&path);
        let end = match end::read(&mut self.file).map_err(&io_error)? {
            Ok(end) => end,
            Err(damage) => return Err(AuditError::Broken(end::broken(&path, damage).map_err(&io_error)?)),
        };
        match &end.last {
            Some(last) => {
                self.chain = Chain::after(last);
                self.latest = last.time().unwrap_or(UNIX_EPOCH);
                // Where the first line cannot be read, `verify` says so; the file is closed under the name of its last.
                let first = end::first(&mut self.file).map_err(&io_error)?;
                let first = first.as_ref().unwrap_or(last);
                self.first = Some((first.seq, first.time().unwrap_or(UNIX_EPOCH)));
            }
            None => {
                self.chain = self.end_of_closed()?;
                self.first = None;
            }
        }
        let mut bytes = Vec::new();
        if end.unbroken {
            bytes.push(b'\n');
        }
        if let Some(torn) = end.torn {
            if !torn.broken {
                bytes.push(b'\n');
            }
            let message = "the end of the audit file was cut off within a line, as by a crash";
            let event = SecurityEvent::new(EventKind::LogDamaged, Severity::High, message)
                .with("bytes", &torn.bytes.len().to_string());
            self.first.get_or_insert((self.chain.next_seq(), event.timestamp()));
            self.latest = self.latest.max(event.timestamp());
            self.chain.push(&event, Some(&digest(&torn.bytes)), &mut bytes);
            self.written.push(Arc::new(event));
        }
        self.file.write_all(&bytes).map_err(&io_error)?;
        self.length = self.file.metadata().map_err(&io_error)?.len();
        // Whoever is told that something is on the disk is told so after that; a host need not wait for it to begin.
        self.unsynced.get_or_insert_with(Instant::now);
        Ok(())
    }

    /// Where the last of the files ends that are not written any more.
    fn end_of_closed(&self) -> Result<Chain, AuditError> {
        let closed = self.names.all_closed().map_err(AuditError::io(self.names.current()))?;
        let Some(last) = closed.last() else { return Ok(Chain::new()) };
        let io_error = AuditError::io(&last.path);
        let mut file = open(OpenOptions::new().read(true), &last.path).map_err(&io_error)?;
        let damage = match end::read(&mut file).map_err(&io_error)? {
            Ok(End { last: Some(record), torn: None, .. }) => return Ok(Chain::after(&record)),
            Ok(_) => (Damage::Unreadable, None),
            Err(damage) => damage,
        };
        Err(AuditError::Broken(end::broken(&last.path, damage).map_err(&io_error)?))
    }
}

/// The head of the chain that a file belongs to, from its last whole line.
pub(in crate::security_log::audit) fn head_of(path: &Path) -> Result<Option<AuditHead>, AuditError> {
    let names = Names::new(path);
    let closed = names.all_closed().map_err(AuditError::io(path))?;
    for path in std::iter::once(path).chain(closed.iter().rev().map(|file| file.path.as_path())) {
        let io_error = AuditError::io(path);
        let mut file = match open(OpenOptions::new().read(true), path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            opened => opened.map_err(&io_error)?,
        };
        match end::read(&mut file).map_err(&io_error)? {
            Ok(end) => match end.last {
                Some(last) => return Ok(AuditHead::of(&Chain::after(&last))),
                None => continue,
            },
            Err(damage) => return Err(AuditError::Broken(end::broken(path, damage).map_err(&io_error)?)),
        }
    }
    Ok(None)
}
