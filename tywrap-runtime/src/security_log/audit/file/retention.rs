//! What is kept of the files that were written before.

use std::fs;
use std::io;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use tywrap_policy::Severity;

use super::{AuditFile, REMOVAL, heads};
use crate::security_log::event::{EventKind, SecurityEvent};

impl AuditFile {
    /// Removes files that are too old, if it is time to look for some.
    pub(super) fn remove_old(&mut self) {
        if self.removal.is_some_and(|since| since.elapsed() < REMOVAL) {
            return;
        }
        self.removal = Some(Instant::now());
        if let Err(error) = self.remove_before(SystemTime::now().checked_sub(self.options.kept())) {
            self.complain(&format!("audit files that are older than they are kept could not be removed: {error}"));
        }
    }

    /// Removes whole files whose last event is older, oldest first. An event says so beforehand, and is on the disk, so
    /// that a chain that begins late either has it or was tampered with.
    fn remove_before(&mut self, oldest: Option<SystemTime>) -> io::Result<()> {
        let Some(oldest) = oldest else { return Ok(()) };
        let closed = self.names.all_closed()?;
        let old = closed.iter().take_while(|file| file.last < oldest).count();
        if old == 0 {
            return Ok(());
        }
        // Where the first file that stays begins, they end.
        let end = match closed.get(old) {
            Some(next) => next.first,
            None => self.first.map_or_else(|| self.chain.next_seq(), |(first, _)| first),
        };
        let through = end.saturating_sub(1);
        let kept = humantime::format_duration(self.options.kept());
        let message = format!("audit files up to event {through} are removed: they are older than {kept}");
        let event = SecurityEvent::new(EventKind::LogPruned, Severity::Low, &message)
            .with("files", &old.to_string())
            .with("through", &through.to_string());
        self.own.push(Arc::new(event));
        self.append_only(&[], true)?;
        for file in &closed[..old] {
            fs::remove_file(&file.path)?;
        }
        self.names.sync_directory()?;
        heads::prune(&self.names.heads(), through)
    }
}
