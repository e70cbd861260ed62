//! The file of heads: what the chain's end was, time by time, for somebody to keep elsewhere.

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::SystemTime;

use super::AuditHead;
use super::own_file::open;

/// Writes a head at the end of the file, which is made if it is not there: `<number>:<hash> <time>`, a line each.
pub(super) fn append(path: &Path, head: &AuditHead, time: SystemTime) -> io::Result<()> {
    let mut file = open(OpenOptions::new().read(true).append(true).create(true), path)?;
    let mut text = String::new();
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        // A crash has torn the last line. It is no head then, and nobody takes it for one.
        if last != *b"\n" {
            text.push('\n');
        }
    }
    text.push_str(&format!("{head} {}\n", humantime::format_rfc3339_seconds(time)));
    // The disk is not waited for: what a head is of has been, and whoever keeps heads reads them from here at once.
    file.write_all(text.as_bytes())
}

/// The heads of a file, in its order. Lines that are none are left out; of a file that is not there, all are.
pub(super) fn read(path: &Path) -> io::Result<Vec<AuditHead>> {
    let text = match fs::read(path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    Ok(parse(&text))
}

/// The heads in the text of such a file. A line without a line break may have been torn.
pub(super) fn parse(text: &str) -> Vec<AuditHead> {
    let lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    lines.filter_map(|line| line.split_ascii_whitespace().next()?.parse().ok()).collect()
}

/// Leaves out the heads of events that were removed, up to `through`.
pub(super) fn prune(path: &Path, through: u64) -> io::Result<()> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let is_kept = |line: &&str| parse(line).first().is_none_or(|head| head.seq > through);
    let kept: String = text.split_inclusive('\n').filter(is_kept).collect();
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".next");
    let next = path.with_file_name(name);
    let mut file = open(OpenOptions::new().write(true).create(true).truncate(true), &next)?;
    file.write_all(kept.as_bytes())?;
    file.sync_data()?;
    fs::rename(next, path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::time::UNIX_EPOCH;

    use super::*;

    fn head(seq: u64) -> AuditHead {
        AuditHead { seq, hash: "ab".repeat(32) }
    }

    #[test]
    fn a_torn_line_is_no_head_and_does_not_spoil_the_next() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("heads");
        assert_eq!(read(&path).unwrap(), []);
        append(&path, &head(1), UNIX_EPOCH).unwrap();
        append(&path, &head(2), UNIX_EPOCH).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().next(), Some(format!("{} 1970-01-01T00:00:00Z", head(1)).as_str()));
        for cut in [1, 10, 30, 80] {
            fs::write(&path, &text[..text.len() - cut]).unwrap();
            assert_eq!(read(&path).unwrap(), [head(1)], "cut {cut}");
        }
        append(&path, &head(3), UNIX_EPOCH).unwrap();
        assert_eq!(read(&path).unwrap(), [head(1), head(3)]);
    }

    #[test]
    fn heads_go_with_their_events() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("heads");
        prune(&path, 7).unwrap();
        for seq in [3, 7, 8, 20] {
            append(&path, &head(seq), UNIX_EPOCH).unwrap();
        }
        prune(&path, 7).unwrap();
        assert_eq!(read(&path).unwrap(), [head(8), head(20)]);
    }
}
