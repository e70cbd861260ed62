//! The file that is written: appending to the chain, and going on in another file.

mod recovery;
mod retention;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tywrap_policy::Severity;

use super::error::AuditError;
use super::head::AuditHead;
use super::heads;
use super::line::Chain;
use super::lock::Lock;
use super::options::AuditOptions;
use super::own_file::{judge, open};
use super::series::Names;
use crate::security_log::event::{EventKind, SecurityEvent};
use crate::security_log::memory::Memory;
use crate::security_log::report::Measured;

pub(super) use recovery::head_of;

/// Lines after which a head is given out. Each is a wait for the disk, which takes as long as writing hundreds of
/// lines.
const CHECKPOINT_LINES: u64 = 4096;

/// Time after which a head is given out if there is a line that none is of.
const CHECKPOINT_TIME: Duration = Duration::from_secs(60);

/// Time after which what was measured is written though nothing happens otherwise: a line an hour makes no log grow.
const MEASURED: Duration = Duration::from_secs(60 * 60);

/// How long a line may stand in the file and not on the disk.
const UNSYNCED: Duration = Duration::from_secs(1);

/// How often is looked for files to remove, beside each time that a file is begun.
const REMOVAL: Duration = Duration::from_secs(60 * 60);

/// An audit file open for appending, by this process alone.
#[derive(Debug)]
pub(in crate::security_log) struct AuditFile {
    options: AuditOptions,
    names: Names,
    file: File,
    chain: Chain,
    /// Bytes of the file.
    length: u64,
    /// The number of the file's first event, and when that happened.
    first: Option<(u64, SystemTime)>,
    /// When the latest event of the file happened.
    latest: SystemTime,
    /// Lines since the last head, and when that was.
    since_head: (u64, Instant),
    /// What knows of checks and programs, and when that was written last.
    measured: Option<(Arc<Memory>, Instant)>,
    /// Whether nothing is to be written after this.
    is_ending: bool,
    /// Since when there is a line that may not be on the disk.
    unsynced: Option<Instant>,
    /// Whether its name may not be there, either.
    unsynced_name: bool,
    /// When it was last looked for files to remove; without it, that is due.
    removal: Option<Instant>,
    /// Whether part of a line may stand at the end.
    damaged: bool,
    /// Whether beginning another file, or noting a head, has failed. It is said once.
    stuck: bool,
    /// Events about the file itself, to be written.
    own: Vec<Arc<SecurityEvent>>,
    /// Those that were written, for the log to keep as well.
    written: Vec<Arc<SecurityEvent>>,
    buffer: Vec<u8>,
    /// Given back last.
    _lock: Lock,
    #[cfg(test)]
    before_sync: BeforeSync,
}

impl AuditFile {
    /// Opens the file, or makes it, and carries on with its chain. What a crash has torn is closed off and accounted
    /// for.
    pub(in crate::security_log) fn open(options: AuditOptions) -> Result<Self, AuditError> {
        let names = Names::new(options.path());
        let lock = Lock::take(&names)?;
        let path = names.current();
        let file = open(OpenOptions::new().read(true).append(true).create(true), path).map_err(AuditError::io(path))?;
        judge(&file, path)?;
        let now = Instant::now();
        let mut audit = Self {
            names,
            file,
            chain: Chain::new(),
            length: 0,
            first: None,
            latest: UNIX_EPOCH,
            since_head: (0, now),
            measured: None,
            is_ending: false,
            unsynced: None,
            unsynced_name: true,
            removal: None,
            damaged: false,
            stuck: false,
            own: Vec::new(),
            written: Vec::new(),
            buffer: Vec::new(),
            _lock: lock,
            options,
            #[cfg(test)]
            before_sync: BeforeSync::default(),
        };
        audit.recover()?;
        audit.remove_old();
        Ok(audit)
    }

    /// Has checkpoints say what checks and programs came to.
    pub(in crate::security_log) fn measuring(mut self, memory: Arc<Memory>) -> Self {
        self.measured = Some((memory, Instant::now()));
        self
    }

    /// Appends events, in one write. They are on the disk when this returns if `sync` says so, or if it is time.
    ///
    /// # Errors
    /// That none of them is in the file.
    pub(in crate::security_log) fn append(&mut self, events: &[Arc<SecurityEvent>], sync: bool) -> io::Result<()> {
        self.append_only(events, sync)?;
        self.remove_old();
        Ok(())
    }

    fn append_only(&mut self, events: &[Arc<SecurityEvent>], sync: bool) -> io::Result<()> {
        if self.damaged {
            self.recover().map_err(io::Error::other)?;
            self.damaged = false;
        }
        let before = self.chain.clone();
        let mut bytes = std::mem::take(&mut self.buffer);
        bytes.clear();
        let own = std::mem::take(&mut self.own);
        for event in events.iter().chain(&own) {
            self.chain.push(event, None, &mut bytes);
        }
        let head = self.head_if_due(&before);
        let measured = head.as_ref().and_then(|_| self.take_measured());
        let checkpoint = head.as_ref().map(|head| Arc::new(checkpoint(head, measured.as_ref())));
        if let Some(event) = &checkpoint {
            self.chain.push(event, None, &mut bytes);
        }
        let times = || events.iter().chain(&own).chain(&checkpoint).map(|event| event.timestamp());
        let (first, latest) = (times().next(), times().max());
        let is_late = self.unsynced.is_some_and(|since| since.elapsed() >= UNSYNCED);
        let put = match (first, latest) {
            (Some(first), Some(latest)) => {
                self.put(&bytes, &before, (first, latest), sync || is_late || head.is_some())
            }
            _ => Ok(()),
        };
        self.buffer = bytes;
        if let Err(error) = put {
            self.chain = before;
            if let (Some((memory, _)), Some(measured)) = (&self.measured, &measured) {
                memory.give_back(measured);
            }
            self.own.splice(..0, own);
            // Nothing that was not confirmed stays: whole lines would be counted as lost and be there.
            self.damaged = self.file.set_len(self.length).is_err();
            return Err(error);
        }
        self.written.extend(own);
        self.written.extend(checkpoint);
        match head {
            // The line that gives it out needs no head of its own, or a log that nothing happens in would grow.
            Some(head) => self.note_head(&head),
            None => self.since_head.0 += self.chain.next_seq() - before.next_seq(),
        }
        Ok(())
    }

    /// Does what is due though nothing happens. See [`AuditFile::next_tick`].
    ///
    /// # Errors
    /// That the disk does not do it.
    pub(in crate::security_log) fn tick(&mut self) -> io::Result<()> {
        self.remove_old();
        let is_head_due = self.since_head.0 > 0 && self.since_head.1.elapsed() >= CHECKPOINT_TIME;
        let is_due = is_head_due || self.is_measured_due() || !self.own.is_empty();
        let appended = if is_due { self.append_only(&[], true) } else { Ok(()) };
        if self.measured.as_ref().is_some_and(|(_, since)| since.elapsed() >= MEASURED) {
            // There was nothing to say, or no disk to say it on: the next time is an hour away as well.
            self.measured_now();
        }
        appended?;
        if self.unsynced.is_some_and(|since| since.elapsed() >= UNSYNCED) {
            self.sync()?;
        }
        Ok(())
    }

    /// How long there is nothing to do if nothing happens.
    pub(in crate::security_log) fn next_tick(&self) -> Duration {
        let left = |since: Instant, after: Duration| after.saturating_sub(since.elapsed());
        let sync = self.unsynced.map(|since| left(since, UNSYNCED));
        let head = (self.since_head.0 > 0).then(|| left(self.since_head.1, CHECKPOINT_TIME));
        let removal = self.removal.map(|since| left(since, REMOVAL));
        let measured = self.measured.as_ref().map(|(_, since)| left(*since, MEASURED));
        [sync, head, removal, measured].into_iter().flatten().min().unwrap_or_default()
    }

    /// Writes down what was measured last, and the last head. Nothing is appended afterwards.
    pub(in crate::security_log) fn close(mut self) -> io::Result<()> {
        self.is_ending = self.measured.as_ref().is_some_and(|(memory, _)| memory.has_unsaid());
        if self.is_ending {
            self.append_only(&[], true)?;
        }
        self.sync()?;
        if let Some(head) = AuditHead::of(&self.chain).filter(|_| self.since_head.0 > 0 || self.is_ending) {
            heads::append(&self.names.heads(), &head, SystemTime::now())?;
        }
        Ok(())
    }

    /// Events about the file itself that were written since this was asked last.
    pub(in crate::security_log) fn take_own(&mut self) -> Vec<Arc<SecurityEvent>> {
        std::mem::take(&mut self.written)
    }

    /// The head to give out with these lines, if it is time: that of the line before the one that says it.
    fn head_if_due(&self, before: &Chain) -> Option<AuditHead> {
        let lines = self.since_head.0 + self.chain.next_seq() - before.next_seq();
        let is_due = lines >= CHECKPOINT_LINES || (lines > 0 && self.since_head.1.elapsed() >= CHECKPOINT_TIME);
        AuditHead::of(&self.chain).filter(|_| is_due || self.is_ending || self.is_measured_due())
    }

    fn is_measured_due(&self) -> bool {
        self.measured.as_ref().is_some_and(|(memory, since)| since.elapsed() >= MEASURED && memory.has_unsaid())
    }

    fn measured_now(&mut self) {
        if let Some((_, since)) = &mut self.measured {
            *since = Instant::now();
        }
    }

    /// What a checkpoint is to say. A host that checks nothing says so: then the numbers are known to be zero.
    fn take_measured(&mut self) -> Option<Measured> {
        self.measured_now();
        self.measured.as_ref().map(|(memory, _)| memory.take_unsaid())
    }

    fn put(&mut self, bytes: &[u8], before: &Chain, times: (SystemTime, SystemTime), sync: bool) -> io::Result<()> {
        let is_full = self.length + bytes.len() as u64 > self.options.most_bytes();
        let is_old = self.first.is_some_and(|(_, first)| day(first) < day(times.0));
        if self.length > 0 && (is_full || is_old) {
            match self.begin_another(before) {
                Ok(()) => self.stuck = false,
                Err(error) => self.complain(&format!("another audit file could not be begun: {error}")),
            }
        }
        self.file.write_all(bytes)?;
        self.unsynced.get_or_insert_with(Instant::now);
        if sync {
            self.sync()?;
        }
        self.first.get_or_insert((before.next_seq(), times.0));
        self.latest = self.latest.max(times.1);
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.unsynced.is_some() {
            #[cfg(test)]
            (self.before_sync.0)();
            self.file.sync_data()?;
            if self.unsynced_name {
                self.names.sync_directory()?;
                self.unsynced_name = false;
            }
            self.unsynced = None;
        }
        Ok(())
    }

    /// Renames the file and makes an empty one. A crash between any two steps leaves names that [`AuditFile::recover`]
    /// finds the end of the chain by: it is in the file that is written, or in the last that was.
    fn begin_another(&mut self, end: &Chain) -> io::Result<()> {
        let Some((first, _)) = self.first else { return Ok(()) };
        self.sync()?;
        let (current, next, closed) = (self.names.current(), self.names.next(), self.names.closed(first, self.latest));
        if fs::symlink_metadata(&closed).is_ok() {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                format!("`{}` is there already", closed.display()),
            ));
        }
        match fs::remove_file(&next) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = open(OpenOptions::new().read(true).append(true).create_new(true), &next)?;
        fs::rename(current, &closed)?;
        if let Err(error) = fs::rename(&next, current) {
            // The file that is open is then written on, under its old name.
            fs::rename(&closed, current)?;
            return Err(error);
        }
        self.file = file;
        (self.length, self.first, self.latest) = (0, None, UNIX_EPOCH);
        // It is looked for files to remove once what is about to be written is.
        self.removal = None;
        if let Some(head) = AuditHead::of(end) {
            self.note_head(&head);
        }
        self.names.sync_directory()
    }

    fn note_head(&mut self, head: &AuditHead) {
        self.since_head = (0, Instant::now());
        if let Err(error) = heads::append(&self.names.heads(), head, SystemTime::now()) {
            self.complain(&format!("a head of the audit file could not be noted beside it: {error}"));
        }
    }

    fn complain(&mut self, message: &str) {
        if !std::mem::replace(&mut self.stuck, true) {
            self.own.push(Arc::new(SecurityEvent::new(EventKind::LogDamaged, Severity::Medium, message)));
        }
    }

    /// Makes every write fail, as a full disk does.
    #[cfg(all(test, target_os = "linux"))]
    pub(in crate::security_log) fn refuse_writes(mut self) -> io::Result<Self> {
        self.file = File::options().write(true).open("/dev/full")?;
        Ok(self)
    }

    /// Is called each time before the disk is waited for.
    #[cfg(test)]
    pub(in crate::security_log) fn before_sync(mut self, call: impl FnMut() + Send + 'static) -> Self {
        self.before_sync = BeforeSync(Box::new(call));
        self
    }

    /// A copy of the lock.
    #[cfg(test)]
    pub(super) fn lock(&self) -> &Lock {
        &self._lock
    }
}

/// What a test does while the disk is waited for.
#[cfg(test)]
struct BeforeSync(Box<dyn FnMut() + Send>);

#[cfg(test)]
impl Default for BeforeSync {
    fn default() -> Self {
        Self(Box::new(|| {}))
    }
}

#[cfg(test)]
impl std::fmt::Debug for BeforeSync {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BeforeSync")
    }
}

fn checkpoint(head: &AuditHead, measured: Option<&Measured>) -> SecurityEvent {
    let message = format!("the audit file is on the disk up to event {}", head.seq);
    let event = SecurityEvent::new(EventKind::LogCheckpoint, Severity::Low, &message).with("head", &head.to_string());
    match measured {
        Some(measured) => measured.note(event),
        None => event,
    }
}

/// Days since 1970, UTC.
fn day(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / 86_400
}
