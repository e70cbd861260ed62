//! The audit file: one JSON object a line, each with the hash of the one before.
//!
//! A line is `{"seq":…,"time":…,…,"prev":"…","hash":"…"}`. `hash` is the SHA-256 of the line's bytes up to and without
//! `,"hash"`, and `prev` is the hash of the line before, so no line can be changed, left out or moved without breaking
//! the chain. A file may begin with any `seq` and `prev`: that is how a new file will carry on where one that was rotated
//! away ended. What was not written is said in the file, too: lines of the kind `log-damaged` count lost events, and
//! name the bytes of a last line that a crash has torn.
//!
//! The chain proves that the file was not edited by somebody who could not rewrite all of it. It does not prove that
//! its end was not cut off; for that, keep the last hash somewhere else.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use tywrap_policy::Severity;

use super::event::{EventKind, SecurityEvent};

/// What the first line of a chain has for the hash of the one before.
const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Far more than the longest line, so that what is longer was not written here.
const LONGEST_LINE: u64 = 1 << 20;

/// Why the audit file cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum AuditError {
    /// It cannot be opened, read or written.
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Another host writes it.
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// It can be written by others, or is no regular file.
    Unsafe {
        /// The file.
        path: PathBuf,
    },
    /// A line is not as it was written.
    Broken {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AuditError::Io { path, error } => write!(f, "the audit log `{}` cannot be used: {error}", path.display()),
            AuditError::Locked { path } => write!(
                f,
                "the audit log `{}` is being written by another host; give each host its own `monitoring.audit-log`",
                path.display()
            ),
            AuditError::Unsafe { path } => write!(
                f,
                "the audit log `{}` is not a regular file that only you can write; move it away, or run `chmod 600` on it",
                path.display()
            ),
            AuditError::Broken { path, line, reason } => write!(
                f,
                "the audit log `{}` was changed at line {line}: {reason}; keep the file as evidence, and move it away to start a new one",
                path.display()
            ),
        }
    }
}

impl std::error::Error for AuditError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            AuditError::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// What [`verify_audit_file`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Lines of the chain.
    pub lines: u64,
    /// The hash of the last one. Compare it with a copy to be sure that nothing was cut off.
    pub last_hash: String,
    /// Torn lines, each accounted for by the line after it, or the last of the file.
    pub torn: u64,
}

/// Reads an audit file from its first line to its last and checks every link of the chain.
///
/// # Errors
/// The first line that is not as it was written.
pub fn verify_audit_file(path: &Path) -> Result<Verified, AuditError> {
    let io_error = |error| AuditError::Io { path: path.to_owned(), error };
    let mut reader = BufReader::new(File::open(path).map_err(io_error)?);
    let mut verified = Verified { lines: 0, last_hash: NO_HASH.to_owned(), torn: 0 };
    let mut next_seq = None;
    let mut torn: Option<Vec<u8>> = None;
    for number in 1.. {
        let broken = |reason| AuditError::Broken { path: path.to_owned(), line: number, reason };
        let mut line = Vec::new();
        let read = reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(io_error)?;
        if read == 0 {
            break;
        }
        let complete = line.pop_if(|byte| *byte == b'\n').is_some();
        if !complete && read as u64 == LONGEST_LINE {
            return Err(broken("it is longer than any line of a log"));
        }
        let Some(record) = Record::parse(&line) else {
            // Torn by a crash, if it is the last line or the next one says so.
            if torn.is_some() {
                return Err(broken("two lines in a row cannot be read"));
            }
            torn = Some(line);
            verified.torn += 1;
            if complete {
                continue;
            }
            break;
        };
        if let Some(bytes) = torn.take()
            && record.torn_digest.as_deref() != Some(hex(&Sha256::digest(&bytes)).as_str())
        {
            return Err(AuditError::Broken {
                path: path.to_owned(),
                line: number - 1,
                reason: "it cannot be read, and the next line does not account for it",
            });
        }
        if next_seq.is_some_and(|seq| seq != record.seq) {
            return Err(broken("its number does not follow the one before"));
        }
        if next_seq.is_some() && record.prev != verified.last_hash {
            return Err(broken("its `prev` is not the hash of the line before"));
        }
        next_seq = Some(record.seq + 1);
        verified.lines += 1;
        verified.last_hash = record.hash;
    }
    Ok(verified)
}

/// An audit file open for appending, by this process alone.
#[derive(Debug)]
pub(super) struct AuditFile {
    file: File,
    path: PathBuf,
    next_seq: u64,
    last_hash: String,
}

impl AuditFile {
    /// Opens the file, or makes it, and carries on with its chain. A torn last line is closed off and accounted for.
    pub(super) fn open(path: &Path) -> Result<Self, AuditError> {
        let io_error = |error| AuditError::Io { path: path.to_owned(), error };
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            // `O_NONBLOCK` so that a FIFO in its place is refused below instead of waiting for a reader.
            options.mode(0o600).custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC | libc::O_NONBLOCK);
        }
        let file = options.open(path).map_err(io_error)?;
        if !only_ours(&file.metadata().map_err(io_error)?) {
            return Err(AuditError::Unsafe { path: path.to_owned() });
        }
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(AuditError::Locked { path: path.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(io_error(error)),
        }
        let mut audit = Self { file, path: path.to_owned(), next_seq: 1, last_hash: NO_HASH.to_owned() };
        audit.recover()?;
        Ok(audit)
    }

    /// Appends events, in one write, and waits for the disk where one of them is a denial.
    pub(super) fn append(&mut self, events: &[SecurityEvent]) -> io::Result<()> {
        let mut bytes = Vec::new();
        let (before_seq, before_hash) = (self.next_seq, self.last_hash.clone());
        for event in events {
            self.push(event, None, &mut bytes);
        }
        let written = self
            .file
            .write_all(&bytes)
            .and_then(|()| if events.iter().any(SecurityEvent::is_denial) { self.file.sync_data() } else { Ok(()) });
        if written.is_err() {
            // Some of it may stand in the file. What can be read of it is the end of the chain; the rest is torn.
            (self.next_seq, self.last_hash) = (before_seq, before_hash);
            // If even that fails, the next append starts from what was known before, and `verify` will say so.
            let _ = self.recover();
        }
        written
    }

    /// Makes every write fail, as a full disk does.
    #[cfg(all(test, target_os = "linux"))]
    pub(super) fn refuse_writes(mut self) -> io::Result<Self> {
        self.file = File::options().write(true).open("/dev/full")?;
        Ok(self)
    }

    fn push(&mut self, event: &SecurityEvent, torn: Option<&str>, bytes: &mut Vec<u8>) {
        let mut object = Map::new();
        let time = humantime::format_rfc3339_micros(event.timestamp());
        object.insert("time".into(), time.to_string().into());
        object.insert("kind".into(), event.kind().as_str().into());
        object.insert("severity".into(), event.severity().to_string().into());
        if let Some(code) = event.refusal_code() {
            object.insert("code".into(), code.as_str().into());
        }
        object.insert("message".into(), event.message().into());
        let context = event.context().iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        object.insert("context".into(), Value::Object(context.collect()));
        if let Some(digest) = torn {
            object.insert("torn".into(), digest.into());
        }
        let body = Value::Object(object).to_string();
        // The body is `{…}` and never empty. Number, link and hash are put around it in a fixed order.
        let hashed =
            format!("{{\"seq\":{},{},\"prev\":\"{}\"", self.next_seq, &body[1..body.len() - 1], self.last_hash);
        self.last_hash = hex(&Sha256::digest(hashed.as_bytes()));
        self.next_seq += 1;
        bytes.extend_from_slice(hashed.as_bytes());
        bytes.extend_from_slice(format!(",\"hash\":\"{}\"}}\n", self.last_hash).as_bytes());
    }

    /// Finds the end of the chain, by reading the file from the end.
    fn recover(&mut self) -> Result<(), AuditError> {
        let path = self.path.clone();
        let io_error = |error| AuditError::Io { path: path.clone(), error };
        let length = self.file.metadata().map_err(io_error)?.len();
        if length == 0 {
            return Ok(());
        }
        // Two lines at most are looked at: the last whole one, and a torn one after it.
        let from = length.saturating_sub(2 * LONGEST_LINE);
        self.file.seek(SeekFrom::Start(from)).map_err(io_error)?;
        let mut tail = Vec::new();
        (&self.file).take(length - from).read_to_end(&mut tail).map_err(io_error)?;
        let (whole, torn) = match tail.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => tail.split_at(end + 1),
            None => (&[][..], tail.as_slice()),
        };
        let last = whole.strip_suffix(b"\n").and_then(|lines| lines.rsplit(|byte| *byte == b'\n').next());
        match last.map(Record::parse) {
            Some(Some(record)) => {
                self.next_seq = record.seq + 1;
                self.last_hash = record.hash;
            }
            // A line that ends and still cannot be read was not torn by a crash.
            Some(None) => {
                let line = count_lines(&self.path).map_err(io_error)?;
                return Err(AuditError::Broken { path, line, reason: "its hash is not that of its text" });
            }
            None => {}
        }
        if torn.is_empty() {
            return Ok(());
        }
        let mut bytes = vec![b'\n'];
        match Record::parse(torn) {
            // Only its line break is missing.
            Some(record) => {
                self.next_seq = record.seq + 1;
                self.last_hash = record.hash;
            }
            None => {
                let message = "the last line of the audit log was cut off, as by a crash";
                let event = SecurityEvent::new(EventKind::LogDamaged, Severity::High, message)
                    .with("bytes", &torn.len().to_string());
                self.push(&event, Some(&hex(&Sha256::digest(torn))), &mut bytes);
            }
        }
        self.file.write_all(&bytes).and_then(|()| self.file.sync_data()).map_err(io_error)
    }
}

/// A program that this process is about to start has a copy of the descriptor until its exec, and the lock would hold until
/// that is closed too. Unlocking ends it for all copies, so that whoever opens the file next is not refused because of one.
impl Drop for AuditFile {
    fn drop(&mut self) {
        // An error says that there is no lock.
        let _ = self.file.unlock();
    }
}

/// One line, checked against its own hash.
struct Record {
    seq: u64,
    prev: String,
    hash: String,
    torn_digest: Option<String>,
}

impl Record {
    fn parse(line: &[u8]) -> Option<Self> {
        /// `,"hash":"…"}`
        const END: usize = 9 + 64 + 2;
        let hashed = line.get(..line.len().checked_sub(END)?)?;
        let value: Value = serde_json::from_slice(line).ok()?;
        let text = |key: &str| value.get(key)?.as_str().map(str::to_owned);
        let record = Self {
            seq: value.get("seq")?.as_u64()?,
            prev: text("prev")?,
            hash: text("hash")?,
            torn_digest: text("torn"),
        };
        (hex(&Sha256::digest(hashed)) == record.hash).then_some(record)
    }
}

fn count_lines(path: &Path) -> io::Result<u64> {
    let mut lines = 0;
    for line in BufReader::new(File::open(path)?).split(b'\n') {
        line?;
        lines += 1;
    }
    Ok(lines)
}

#[cfg(unix)]
fn only_ours(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    metadata.is_file() && metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o022 == 0
}

#[cfg(not(unix))]
fn only_ours(metadata: &std::fs::Metadata) -> bool {
    metadata.is_file()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;

    use tywrap_policy::Code;

    use super::*;

    fn event(message: &str) -> SecurityEvent {
        SecurityEvent::new(EventKind::CommandRefused, Severity::High, message)
            .code(Code::CommandRefused)
            .with("command", "rm")
    }

    fn written(lines: usize) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.jsonl");
        let mut audit = AuditFile::open(&path).unwrap();
        for line in 0..lines {
            audit.append(&[event(&format!("event {line}"))]).unwrap();
        }
        drop(audit);
        (directory, path)
    }

    #[test]
    fn a_chain_is_carried_on_and_verified() {
        let (_directory, path) = written(3);
        let first = verify_audit_file(&path).unwrap();
        assert_eq!((first.lines, first.torn), (3, 0));
        let mut audit = AuditFile::open(&path).unwrap();
        audit.append(&[event("a"), event("b")]).unwrap();
        let second = verify_audit_file(&path).unwrap();
        assert_eq!(second.lines, 5);
        assert_ne!(first.last_hash, second.last_hash);
    }

    #[test]
    fn a_line_holds_one_event_whatever_it_says() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("audit.jsonl");
        let raw = "x\",\"hash\":\"0\"}\n{\"seq\":9} \u{1b}[31m \u{9b}31m \u{202e} %s%n{} ${jndi:ldap://x}";
        AuditFile::open(&path).unwrap().append(&[event(raw).with("raw\n", raw)]).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 1);
        assert!(text.trim_end().chars().all(|character| !character.is_control()), "{text}");
        let value: Value = serde_json::from_str(text.trim_end()).unwrap();
        let expected = raw.replace('\n', "\\u{a}").replace('\u{1b}', "\\u{1b}").replace('\u{9b}', "\\u{9b}");
        assert_eq!(value["message"], expected.replace('\u{202e}', "\\u{202e}"));
        assert_eq!(
            (&value["kind"], &value["code"]),
            (&Value::from("command-refused"), &Value::from("command-refused"))
        );
        assert_eq!(verify_audit_file(&path).unwrap().lines, 1);
    }

    #[test]
    fn a_changed_removed_or_moved_line_is_found() {
        type Edit = fn(&mut Vec<String>);
        let edits: [(Edit, u64); 4] = [
            (|lines| lines[1] = lines[1].replace("event 1", "event X"), 2),
            (|lines| drop(lines.remove(1)), 2),
            (|lines| lines.swap(1, 2), 2),
            (|lines| lines.insert(2, lines[1].clone()), 3),
        ];
        for (edit, line) in edits {
            let (_directory, path) = written(4);
            let mut lines: Vec<String> = fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
            edit(&mut lines);
            fs::write(&path, lines.join("\n") + "\n").unwrap();
            let error = verify_audit_file(&path).unwrap_err();
            assert!(matches!(error, AuditError::Broken { line: at, .. } if at == line), "{error}");
        }
    }

    #[test]
    fn a_torn_last_line_is_closed_off_and_accounted_for() {
        for cut in [2, 40, 200] {
            let (_directory, path) = written(3);
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, &bytes[..bytes.len() - cut]).unwrap();
            assert_eq!(verify_audit_file(&path).unwrap().torn, 1, "cut {cut}");
            AuditFile::open(&path).unwrap().append(&[event("after")]).unwrap();
            let verified = verify_audit_file(&path).unwrap();
            assert_eq!((verified.torn, verified.lines), (1, 4), "two whole ones, the account and the new one");
            assert!(fs::read_to_string(&path).unwrap().contains("log-damaged"));
        }
    }

    #[test]
    fn a_lost_line_break_is_put_back() {
        let (_directory, path) = written(3);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        AuditFile::open(&path).unwrap().append(&[event("after")]).unwrap();
        let verified = verify_audit_file(&path).unwrap();
        assert_eq!((verified.torn, verified.lines), (0, 4));
    }

    #[test]
    fn a_torn_line_cannot_be_slipped_in_where_nothing_accounts_for_it() {
        let (_directory, path) = written(2);
        let text = fs::read_to_string(&path).unwrap();
        let (first, second) = text.split_once('\n').unwrap();
        fs::write(&path, format!("{first}\nnot a line\n{second}")).unwrap();
        assert!(matches!(verify_audit_file(&path), Err(AuditError::Broken { line: 2, .. })));
    }

    #[test]
    fn a_last_line_that_was_edited_is_refused_on_opening() {
        let (_directory, path) = written(2);
        let text = fs::read_to_string(&path).unwrap().replace("event 1", "event X");
        fs::write(&path, text).unwrap();
        assert!(matches!(AuditFile::open(&path), Err(AuditError::Broken { line: 2, .. })));
    }

    #[test]
    fn there_is_one_writer() {
        let (_directory, path) = written(1);
        let first = AuditFile::open(&path).unwrap();
        assert!(matches!(AuditFile::open(&path), Err(AuditError::Locked { .. })));
        // As a program has it that is being started.
        let copy = first.file.try_clone().unwrap();
        drop(first);
        assert!(AuditFile::open(&path).is_ok());
        drop(copy);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_a_fifo_and_a_file_of_others_are_refused() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let (directory, path) = written(1);
        let link = directory.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(matches!(AuditFile::open(&link), Err(AuditError::Io { .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o622)).unwrap();
        assert!(matches!(AuditFile::open(&path), Err(AuditError::Unsafe { .. })));
        assert_eq!(fs::metadata(&path).unwrap().len(), fs::metadata(&link).unwrap().len(), "nothing was written");
    }
}
