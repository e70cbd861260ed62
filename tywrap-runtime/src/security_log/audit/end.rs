//! Where a file ends: its last whole line, and what a crash left after it.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::error::{Broken, Damage};
use super::line::{LONGEST_LINE, NoRecord, Record};

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

/// Reads a file from its end, as far back as one batch and a line could reach.
///
/// # Errors
/// That it cannot be read; or, inside, that its last line was changed, with the number that it says.
pub(super) fn read(file: &mut File) -> io::Result<Result<End, (Damage, Option<u64>)>> {
    let length = file.metadata()?.len();
    let from = length.saturating_sub(2 * LONGEST_LINE);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take(length - from).read_to_end(&mut tail)?;
    // Line by line, from the last.
    let mut end = tail.len();
    while end > 0 {
        let is_broken = tail[end - 1] == b'\n';
        let text = &tail[..end - usize::from(is_broken)];
        let start = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        match Record::parse(&text[start..]) {
            Ok(record) => {
                let torn = Torn::of(&tail[end..]);
                return Ok(Ok(End { last: Some(record), unbroken: !is_broken, torn }));
            }
            Err(NoRecord::Edited(seq)) => return Ok(Err((Damage::Edited, seq))),
            Err(NoRecord::Torn) => end = start,
        }
    }
    if from > 0 {
        return Ok(Err((Damage::Unreadable, None)));
    }
    Ok(Ok(End { last: None, unbroken: false, torn: Torn::of(&tail) }))
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
