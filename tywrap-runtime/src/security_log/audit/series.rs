//! The files of one chain: the one that is written, those before it, and what stands beside them.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The names of the files of one chain. Beside `audit.jsonl`, which is written, there are
/// `audit.000000000123.2026-11-28T10-00-00Z.jsonl`, named by the number of its first event and the time (UTC) of its
/// last, `audit.jsonl.lock` and `audit.jsonl.heads`. The number stands first so that names sort as the chain goes, even
/// where the clock was set back.
#[derive(Clone, Debug)]
pub(super) struct Names {
    current: PathBuf,
}

/// A file that is not written any more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Closed {
    /// The number of its first event.
    pub(super) first: u64,
    /// When its last event happened, to the second.
    pub(super) last: SystemTime,
    pub(super) path: PathBuf,
}

impl Names {
    pub(super) fn new(current: &Path) -> Self {
        Self { current: current.to_owned() }
    }

    /// The file that is written.
    pub(super) fn current(&self) -> &Path {
        &self.current
    }

    /// The directory that all of them are in.
    pub(super) fn directory(&self) -> &Path {
        match self.current.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }

    /// What is locked while the chain is written: no file of the chain itself, since those are renamed.
    pub(super) fn lock(&self) -> PathBuf {
        self.beside(".lock")
    }

    /// Where heads are written.
    pub(super) fn heads(&self) -> PathBuf {
        self.beside(".heads")
    }

    /// A file that is about to become the one that is written.
    pub(super) fn next(&self) -> PathBuf {
        self.beside(".next")
    }

    /// What the file that is written will be called afterwards.
    pub(super) fn closed(&self, first: u64, last: SystemTime) -> PathBuf {
        let time = humantime::format_rfc3339_seconds(last).to_string().replace(':', "-");
        let mut name = self.current.file_stem().unwrap_or_default().to_owned();
        name.push(format!(".{first:012}.{time}"));
        if let Some(extension) = self.current.extension() {
            name.push(".");
            name.push(extension);
        }
        self.current.with_file_name(name)
    }

    /// The files that are not written any more, as the chain goes.
    pub(super) fn all_closed(&self) -> io::Result<Vec<Closed>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(self.directory())? {
            let entry = entry?;
            if let Some((first, last)) = self.parse(&entry.file_name()) {
                files.push(Closed { first, last, path: self.current.with_file_name(entry.file_name()) });
            }
        }
        files.sort();
        Ok(files)
    }

    /// Waits until what was renamed, made and removed is on the disk.
    pub(super) fn sync_directory(&self) -> io::Result<()> {
        if cfg!(unix) { File::open(self.directory())?.sync_all() } else { Ok(()) }
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name: OsString = self.current.file_name().unwrap_or_default().to_owned();
        name.push(suffix);
        self.current.with_file_name(name)
    }

    fn parse(&self, name: &OsStr) -> Option<(u64, SystemTime)> {
        let name = name.to_str()?;
        let rest = name.strip_prefix(self.current.file_stem()?.to_str()?)?.strip_prefix('.')?;
        let rest = match self.current.extension() {
            Some(extension) => rest.strip_suffix(extension.to_str()?)?.strip_suffix('.')?,
            None => rest,
        };
        parse_stamp(rest)
    }
}

/// The file that is written, where `path` is one of its chain that is not written any more.
pub(super) fn current_of(path: &Path) -> Option<PathBuf> {
    let extension = path.extension()?.to_str()?;
    let name = path.file_name()?.to_str()?;
    // Without an extension of its own, what `Path` takes for one is the time.
    let (stem, suffix) = match parse_stamp_at_end(name) {
        Some(stem) => (stem, String::new()),
        None => {
            let suffix = format!(".{extension}");
            (parse_stamp_at_end(name.strip_suffix(&suffix)?)?, suffix)
        }
    };
    Some(path.with_file_name(format!("{stem}{suffix}")))
}

/// What stands before `.<number>.<time>`.
fn parse_stamp_at_end(name: &str) -> Option<&str> {
    let (rest, time) = name.rsplit_once('.')?;
    let (stem, number) = rest.rsplit_once('.')?;
    parse_stamp(&format!("{number}.{time}"))?;
    Some(stem)
}

/// `<number>.<time>`, in exactly the form that is written.
fn parse_stamp(text: &str) -> Option<(u64, SystemTime)> {
    let (number, time) = text.split_once('.')?;
    let (date, clock) = time.split_once('T')?;
    let last = humantime::parse_rfc3339(&format!("{date}T{}", clock.replace('-', ":"))).ok()?;
    let first = number.parse().ok()?;
    let written = format!("{first:012}.{}", humantime::format_rfc3339_seconds(last).to_string().replace(':', "-"));
    (written == text).then_some((first, last))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn names_say_where_a_file_stands() {
        let last = UNIX_EPOCH + Duration::from_secs(1_795_860_000);
        for (current, closed) in [
            ("/logs/audit.jsonl", "/logs/audit.000000000123.2026-11-28T10-00-00Z.jsonl"),
            ("/logs/audit", "/logs/audit.000000000123.2026-11-28T10-00-00Z"),
            ("/logs/a.b.log", "/logs/a.b.000000000123.2026-11-28T10-00-00Z.log"),
        ] {
            let names = Names::new(Path::new(current));
            let path = names.closed(123, last);
            assert_eq!(path, Path::new(closed));
            assert_eq!(names.parse(path.file_name().unwrap()), Some((123, last)));
            assert_eq!(current_of(&path).as_deref(), Some(Path::new(current)));
            assert_eq!(current_of(Path::new(current)), None);
        }
        let names = Names::new(Path::new("/logs/audit.jsonl"));
        assert_eq!(names.lock(), Path::new("/logs/audit.jsonl.lock"));
        assert_eq!(names.heads(), Path::new("/logs/audit.jsonl.heads"));
    }

    #[test]
    fn what_only_looks_like_one_is_left_alone() {
        let names = Names::new(Path::new("/logs/audit.jsonl"));
        for name in [
            "audit.jsonl",
            "audit.jsonl.heads",
            "audit-2.000000000123.2026-11-28T10-00-00Z.jsonl",
            "audit.123.2026-11-28T10-00-00Z.jsonl",
            "audit.000000000123.2026-11-28T10:00:00Z.jsonl",
            "audit.000000000123.2026-11-28T10-00-00Z.jsonl.gz",
            "audit.000000000123.2026-13-28T10-00-00Z.jsonl",
        ] {
            assert_eq!(names.parse(OsStr::new(name)), None, "{name}");
        }
    }

    #[test]
    fn files_come_in_the_order_of_the_chain_whatever_their_times() {
        let directory = tempfile::tempdir().unwrap();
        let names = Names::new(&directory.path().join("audit.jsonl"));
        let times = [UNIX_EPOCH, UNIX_EPOCH + Duration::from_secs(86_400)];
        for (first, last) in [(1_000_000_000_000_u64, times[0]), (7, times[1]), (123, times[0])] {
            fs::write(names.closed(first, last), "").unwrap();
        }
        let firsts: Vec<u64> = names.all_closed().unwrap().into_iter().map(|file| file.first).collect();
        assert_eq!(firsts, [7, 123, 1_000_000_000_000]);
    }
}
