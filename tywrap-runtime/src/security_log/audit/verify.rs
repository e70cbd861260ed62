//! Reading a chain from its first line to its last, and saying what is not as it was written.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::error::{AuditError, Broken, Damage};
use super::file;
use super::head::AuditHead;
use super::heads;
use super::line::{Chain, LONGEST_LINE, NoRecord, Record, digest};
use super::series::{Names, current_of};
use crate::security_log::event::EventKind;

/// Looks at the lines while they are verified.
pub(in crate::security_log) trait Reader {
    /// Forgets what it has seen: reading begins, or begins again because the host that writes has begun another file.
    fn begin(&mut self);

    /// Sees a line that is as it was written, and fits to the one before.
    fn record(&mut self, record: &Record);
}

/// Looks at nothing.
impl Reader for () {
    fn begin(&mut self) {}

    fn record(&mut self, _: &Record) {}
}

/// How often reading starts again because the host that writes has begun another file meanwhile.
const ATTEMPTS: u32 = 3;

/// All files of one chain, by the one that is written.
#[derive(Clone, Debug)]
pub struct AuditSeries {
    names: Names,
}

/// A chain that is as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// How many files it is in.
    pub files: u64,
    /// Lines of the chain.
    pub lines: u64,
    /// The number of the first one; 0 where there is none.
    pub first: u64,
    /// The last one. Keep it elsewhere, to be sure later that nothing up to it was cut off or written anew.
    pub head: Option<AuditHead>,
    /// The number of the last event that was removed because of its age; 0 where none was.
    pub removed: u64,
    /// Events that were recorded and never written, because the disk refused or did not keep up, as the log itself
    /// says.
    pub lost: u64,
    /// Lines that cannot be read because a crash tore them.
    pub torn: Vec<TornLine>,
}

/// A line that a crash has torn.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TornLine {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: u64,
    /// Whether a later line accounts for it. If not, it is the last of all, and the next host that writes will; until
    /// then only a head tells a crash from a cut.
    pub sealed: bool,
}

/// Reads one file from its first line to its last and checks every link of the chain. Where the chain began before it,
/// and what follows, is not judged.
///
/// # Errors
/// The first line that is not as it was written.
pub fn verify_audit_file(path: &Path) -> Result<Verified, AuditError> {
    let mut nobody = ();
    let mut walk = Walk::new(&[], &mut nobody);
    walk.file(path, true)?;
    walk.end(false)
}

impl AuditSeries {
    /// The chain whose file `path` is written, or was last.
    pub fn of(path: impl AsRef<Path>) -> Self {
        Self { names: Names::new(path.as_ref()) }
    }

    /// Every chain in a directory whose files are called `….jsonl`, by name.
    ///
    /// # Errors
    /// That it cannot be read.
    pub fn in_directory(directory: &Path) -> io::Result<Vec<Self>> {
        let mut found = BTreeSet::new();
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.extension() == Some(OsStr::new("jsonl")) {
                found.insert(current_of(&path).unwrap_or(path));
            }
        }
        Ok(found.into_iter().map(|path| Self { names: Names::new(&path) }).collect())
    }

    /// Whether a file is named as one that was written before, which stands for itself.
    pub fn is_closed_file(path: &Path) -> bool {
        current_of(path).is_some()
    }

    /// The file that is written.
    pub fn path(&self) -> &Path {
        self.names.current()
    }

    /// Reads all files, in order, and checks every link, that it begins where it should, and that it has every head:
    /// those given, and those in the `.heads` file beside.
    ///
    /// # Errors
    /// The first line that is not as it was written, or that there is no file.
    pub fn verify(&self, kept: &[AuditHead]) -> Result<Verified, AuditError> {
        self.read(kept, &mut ())
    }

    /// Likewise, and shows every line to a reader.
    pub(in crate::security_log) fn read(
        &self,
        kept: &[AuditHead],
        reader: &mut dyn Reader,
    ) -> Result<Verified, AuditError> {
        let io_error = AuditError::io(self.names.current());
        let mut attempt = 1;
        loop {
            // Heads are written after their lines, so what is read in this order fits.
            let mut all = heads::read(&self.names.heads()).map_err(&io_error)?;
            all.extend_from_slice(kept);
            let before = self.state().map_err(&io_error)?;
            reader.begin();
            let result = self.walk(&before.0, &all, reader);
            let is_final = match &result {
                Ok(verified) => verified.torn.iter().all(|torn| torn.sealed),
                Err(_) => false,
            };
            if is_final || attempt == ATTEMPTS || self.state().map_err(&io_error)? == before {
                return result;
            }
            attempt += 1;
        }
    }

    /// The head of the chain, from its last line. Nothing else is verified.
    ///
    /// # Errors
    /// That the file cannot be read, or that its last line was changed.
    pub fn head(&self) -> Result<Option<AuditHead>, AuditError> {
        file::head_of(self.names.current())
    }

    /// The files, and how long the one is that is written.
    fn state(&self) -> io::Result<(Vec<PathBuf>, u64)> {
        let mut files: Vec<PathBuf> = self.names.all_closed()?.into_iter().map(|file| file.path).collect();
        let length = match fs::metadata(self.names.current()) {
            Ok(metadata) => {
                files.push(self.names.current().to_owned());
                metadata.len()
            }
            // As a crash leaves it while another file is begun.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !files.is_empty() => 0,
            Err(error) => return Err(error),
        };
        Ok((files, length))
    }

    fn walk(&self, files: &[PathBuf], heads: &[AuditHead], reader: &mut dyn Reader) -> Result<Verified, AuditError> {
        let mut walk = Walk::new(heads, reader);
        for (at, path) in files.iter().enumerate() {
            match walk.file(path, at + 1 == files.len()) {
                Err(AuditError::Broken(broken)) => return Err(AuditError::Broken(explain(broken, &files[at..]))),
                walked => walked?,
            }
        }
        walk.end(true)
    }
}

/// Whether what seems to be missing stands further down.
fn explain(mut broken: Broken, files: &[PathBuf]) -> Broken {
    if let (Damage::Dropped { missing }, Some(seq)) = (&broken.damage, broken.seq) {
        let expected = seq - missing;
        if files.iter().any(|path| has(path, expected)) {
            broken.damage = Damage::Moved { expected };
        }
    }
    broken
}

fn has(path: &Path, seq: u64) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let mut lines = BufReader::new(file).split(b'\n').map_while(Result::ok);
    lines.any(|line| {
        serde_json::from_slice::<Value>(&line).is_ok_and(|value| value.get("seq").and_then(Value::as_u64) == Some(seq))
    })
}

/// How far reading has come.
struct Walk<'h> {
    reader: &'h mut dyn Reader,
    heads: BTreeMap<u64, Vec<&'h AuditHead>>,
    chain: Option<Chain>,
    /// Where the first and the last line are.
    first: Option<(PathBuf, u64)>,
    last: (PathBuf, u64),
    /// What could not be read, with its first line.
    torn: Option<(u64, Vec<u8>)>,
    verified: Verified,
}

impl<'h> Walk<'h> {
    fn new(heads: &'h [AuditHead], reader: &'h mut dyn Reader) -> Self {
        let mut by_seq: BTreeMap<u64, Vec<&AuditHead>> = BTreeMap::new();
        for head in heads {
            by_seq.entry(head.seq).or_default().push(head);
        }
        Self {
            reader,
            heads: by_seq,
            chain: None,
            first: None,
            last: (PathBuf::new(), 0),
            torn: None,
            verified: Verified::default(),
        }
    }

    fn file(&mut self, path: &Path, is_last: bool) -> Result<(), AuditError> {
        let io_error = AuditError::io(path);
        let mut reader = BufReader::new(File::open(path).map_err(&io_error)?);
        self.verified.files += 1;
        self.last = (path.to_owned(), 0);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let read = reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(&io_error)?;
            if read == 0 {
                break;
            }
            if line.pop_if(|byte| *byte == b'\n').is_none() && read as u64 == LONGEST_LINE {
                return Err(self.broken(path, number, None, Damage::TooLong));
            }
            self.last.1 = number;
            match Record::parse(&line) {
                Ok(record) => self.record(record, path, number)?,
                Err(NoRecord::Edited(seq)) => return Err(self.broken(path, number, seq, Damage::Edited)),
                Err(NoRecord::Torn) => match &mut self.torn {
                    Some((_, bytes)) => {
                        bytes.push(b'\n');
                        bytes.extend_from_slice(&line);
                    }
                    None => self.torn = Some((number, line.clone())),
                },
            }
        }
        match self.torn.take() {
            None => Ok(()),
            Some((line, _)) if is_last => {
                self.verified.torn.push(TornLine { path: path.to_owned(), line, sealed: false });
                Ok(())
            }
            Some((line, _)) => Err(self.broken(path, line, None, Damage::Unreadable)),
        }
    }

    fn record(&mut self, record: Record, path: &Path, line: u64) -> Result<(), AuditError> {
        if let Some((line, bytes)) = self.torn.take() {
            if record.torn.as_deref() != Some(digest(&bytes).as_str()) {
                return Err(self.broken(path, line, None, Damage::Unreadable));
            }
            self.verified.torn.push(TornLine { path: path.to_owned(), line, sealed: true });
        }
        if let Some((first, at)) = self.first.as_ref().filter(|_| record.seq < self.verified.first) {
            let damage = Damage::Moved { expected: record.seq };
            return Err(self.broken(first, *at, Some(self.verified.first), damage));
        }
        if let Some(chain) = &self.chain {
            let expected = chain.next_seq();
            let damage = match record.seq {
                seq if seq > expected => Some(Damage::Dropped { missing: seq - expected }),
                seq if seq < expected => Some(Damage::Repeated),
                _ if record.prev != chain.last_hash() => Some(Damage::Unlinked),
                _ => None,
            };
            if let Some(damage) = damage {
                return Err(self.broken(path, line, Some(record.seq), damage));
            }
        } else {
            self.first = Some((path.to_owned(), line));
            self.verified.first = record.seq;
        }
        if let Some(head) =
            self.heads.get(&record.seq).and_then(|heads| heads.iter().find(|head| head.hash != record.hash))
        {
            let damage = Damage::OtherHead { head: (*head).clone() };
            return Err(self.broken(path, line, Some(record.seq), damage));
        }
        self.verified.lines += 1;
        if record.is(EventKind::LogDamaged) {
            self.verified.lost = self.verified.lost.saturating_add(record.number("lost").unwrap_or(0));
        } else if record.is(EventKind::LogPruned) {
            self.verified.removed = self.verified.removed.max(record.number("through").unwrap_or(0));
        }
        self.reader.record(&record);
        self.chain = Some(Chain::after(&record));
        Ok(())
    }

    /// What was found, once every file was read.
    fn end(mut self, from_the_first: bool) -> Result<Verified, AuditError> {
        let before = self.verified.first.saturating_sub(1);
        if let Some((path, line)) = self.first.take().filter(|_| from_the_first && before > self.verified.removed) {
            let missing = before - self.verified.removed;
            return Err(self.broken(&path, line, Some(self.verified.first), Damage::BeginsLate { missing }));
        }
        let last = self.chain.as_ref().map_or(0, |chain| chain.next_seq() - 1);
        if let Some((seq, heads)) = self.heads.last_key_value()
            && let Some(head) = heads.first()
            && *seq > last
        {
            let damage = Damage::Truncated { missing: seq - last, head: (*head).clone() };
            let (path, line) = self.last.clone();
            return Err(self.broken(&path, line, Some(last).filter(|last| *last > 0), damage));
        }
        self.verified.head = self.chain.as_ref().and_then(AuditHead::of);
        Ok(self.verified)
    }

    /// An error about a line. One that does not say its number is the one that is to come.
    fn broken(&self, path: &Path, line: u64, seq: Option<u64>, damage: Damage) -> AuditError {
        let seq = seq.or_else(|| self.chain.as_ref().map(Chain::next_seq));
        AuditError::Broken(Broken { path: path.to_owned(), line, seq, damage })
    }
}
