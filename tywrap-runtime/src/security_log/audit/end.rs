//! Where a file ends: its last whole line, and what a crash left after it.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::error::{Broken, Damage};
use super::line::{LONGEST_LINE, NoRecord, Record};

/// How far back is read at first, in bytes: some dozen lines. A crash seldom leaves more.
const FIRST_REACH: u64 = 16 << 10;

/// What is at the end of a file.
#[derive(Debug, Default)]
pub(super) struct End {
    /// The last line that can be read.
    pub(super) last: Option<Record>,
    /// Whether that line has no line break.
    pub(super) unbroken: bool,
    /// What stands after it, without a line break at its end.
    pub(super) torn: Option<Torn>,
}

/// What cannot be read.
#[derive(Debug)]
pub(super) struct Torn {
    pub(super) bytes: Vec<u8>,
    /// Whether a line break stands after it.
    pub(super) broken: bool,
}

/// The end of a file, or that its last line was changed, with the number that it says.
pub(super) type Found = Result<End, (Damage, Option<u64>)>;

/// Reads a file from its end, as far back as one batch and a line could reach.
///
/// # Errors
/// That it cannot be read; or, inside, that its last line was changed, with the number that it says.
pub(super) fn read(file: &mut File) -> io::Result<Found> {
    let length = file.metadata()?.len();
    let mut reach = FIRST_REACH;
    loop {
        let from = length.saturating_sub(reach);
        let is_all = from == 0 || reach >= 2 * LONGEST_LINE;
        if let Some(end) = read_from(file, from, length, is_all)? {
            return Ok(end);
        }
        reach = (8 * reach).min(2 * LONGEST_LINE);
    }
}

/// Likewise, of the bytes from one place to another. Nothing if a line that is looked at could begin before them, unless those are all that
/// may be read.
fn read_from(file: &mut File, from: u64, length: u64, is_all: bool) -> io::Result<Option<Found>> {
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take(length - from).read_to_end(&mut tail)?;
    // Line by line, from the last.
    let mut end = tail.len();
    while end > 0 {
        let is_broken = tail[end - 1] == b'\n';
        let text = &tail[..end - usize::from(is_broken)];
        let start = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if start == 0 && !is_all {
            return Ok(None);
        }
        match Record::parse(&text[start..]) {
            Ok(record) => {
                let torn = Torn::of(&tail[end..]);
                return Ok(Some(Ok(End { last: Some(record), unbroken: !is_broken, torn })));
            }
            Err(NoRecord::Edited(seq)) => return Ok(Some(Err((Damage::Edited, seq)))),
            Err(NoRecord::Torn) => end = start,
        }
    }
    if from > 0 {
        return Ok(Some(Err((Damage::Unreadable, None))));
    }
    Ok(Some(Ok(End { last: None, unbroken: false, torn: Torn::of(&tail) })))
}

impl Torn {
    fn of(rest: &[u8]) -> Option<Self> {
        let broken = rest.ends_with(b"\n");
        let bytes = rest.strip_suffix(b"\n").unwrap_or(rest).to_vec();
        (!rest.is_empty()).then_some(Self { bytes, broken })
    }
}

/// The first line of a file.
pub(super) fn first(file: &mut File) -> io::Result<Option<Record>> {
    file.seek(SeekFrom::Start(0))?;
    let mut line = Vec::new();
    BufReader::new(file.take(LONGEST_LINE)).read_until(b'\n', &mut line)?;
    Ok(Record::parse(line.strip_suffix(b"\n").unwrap_or(&line)).ok())
}

/// The place of the last line of a file, for an error.
pub(super) fn broken(path: &Path, (damage, seq): (Damage, Option<u64>)) -> io::Result<Broken> {
    let mut lines = 0;
    for line in BufReader::new(File::open(path)?).split(b'\n') {
        line?;
        lines += 1;
    }
    Ok(Broken { path: path.to_owned(), line: lines, seq, damage })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::io::Write as _;

    use tywrap_policy::Severity;

    use super::super::line::Chain;
    use super::*;
    use crate::security_log::event::{EventKind, SecurityEvent};

    /// Whatever stands after the last whole line, it is found as by reading everything, and little is read where little stands there.
    #[test]
    fn the_last_line_is_found_however_far_back_it_is() {
        let mut lines = Vec::new();
        let mut chain = Chain::new();
        let event = SecurityEvent::new(EventKind::Lifecycle, Severity::Low, "something happened");
        for _ in 0..1_000 {
            chain.push(&event, None, &mut lines);
        }
        let mut torn_lengths = vec![0, 1, 200];
        for reach in [FIRST_REACH, 8 * FIRST_REACH, LONGEST_LINE] {
            torn_lengths.extend([reach - 400, reach - 1, reach, reach + 1]);
        }
        for torn in torn_lengths {
            for line_break in ["", "\n"] {
                let mut file = tempfile::tempfile().unwrap();
                file.write_all(&lines).unwrap();
                file.write_all(&vec![b'x'; torn as usize]).unwrap();
                file.write_all(line_break.as_bytes()).unwrap();
                let length = file.metadata().unwrap().len();
                let found = read(&mut file).unwrap().unwrap();
                let whole = read_from(&mut file, 0, length, true).unwrap().unwrap().unwrap();
                assert_eq!(found.last.as_ref().unwrap().seq, 1_000, "{torn}");
                assert_eq!(found.unbroken, whole.unbroken, "{torn}");
                let told = |end: &End| end.torn.as_ref().map(|torn| (torn.bytes.len(), torn.broken));
                assert_eq!(told(&found), told(&whole), "{torn} {line_break:?}");
                assert_eq!(
                    read_from(&mut file, length - FIRST_REACH, length, false).unwrap().is_some(),
                    torn < FIRST_REACH - 399
                );
            }
        }
    }
}
