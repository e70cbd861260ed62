//! The lock that keeps a second writer out.

use std::fs::{File, OpenOptions, TryLockError};

use super::error::AuditError;
use super::own_file::{judge, open};
use super::series::Names;

/// Held while a chain is written. It is a file of its own, which stays: whoever waits for a lock on a file that is
/// renamed or removed meanwhile would get it on one that nobody else looks at.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// Takes it at once, or says whose it is.
    pub(super) fn take(names: &Names) -> Result<Self, AuditError> {
        let path = names.lock();
        let file = open(OpenOptions::new().write(true).create(true).truncate(false), &path)
            .map_err(AuditError::io(names.current()))?;
        judge(&file, &path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(AuditError::Locked { path: names.current().to_owned() }),
            Err(TryLockError::Error(error)) => Err(AuditError::Io { path, error }),
        }
    }

    /// As a program has it that is being started.
    #[cfg(test)]
    pub(super) fn copy(&self) -> std::io::Result<File> {
        self.0.try_clone()
    }
}

/// A program that this process is about to start has a copy of the descriptor until its exec, and the lock would hold
/// until that is closed too. Unlocking ends it for all copies, so that whoever opens the file next is not refused
/// because of one.
impl Drop for Lock {
    fn drop(&mut self) {
        // An error says that there is no lock.
        let _ = self.0.unlock();
    }
}
