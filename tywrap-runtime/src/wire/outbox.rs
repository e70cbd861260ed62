//! Frames on their way into a stream.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::os::fd::AsFd;

use rustix::io::Errno;

use super::{HEADER, Header, IN_FRAME, Kind, NESTED, SHARED, TAGGED};
use crate::shared_memory::Region;
use crate::value::Buffer;

/// From this length on a buffer is sent from where it lies; below, copying it is cheaper than another slice.
const SHARE: usize = 16 * 1024;

/// A part of this length is closed, so that memory of what was written is given back in pieces.
const PART: usize = 256 * 1024;

/// Most slices of one `writev`.
const SLICES: usize = 16;

/// Frames queued for one stream, in order, small ones side by side so that they leave in one system call.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    parts: VecDeque<Part>,
    /// Bytes of the first part that were written.
    written: usize,
    /// Bytes that were not written.
    len: usize,
}

#[derive(Debug)]
enum Part {
    Owned(Vec<u8>),
    Shared(Buffer),
}

impl Outbox {
    /// Bytes waiting.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Queues a frame. `write` appends the value's text, pushes the buffers, and says whether the value is tagged.
    ///
    /// The length is that of what was written; that it fits into a frame is the caller's to see to, see
    /// [`Outbox::push_within`].
    pub(crate) fn push(&mut self, header: Header, write: impl FnOnce(&mut Vec<u8>, &mut Vec<Buffer>) -> bool) {
        let pushed = self.push_within(u32::MAX, header, write);
        debug_assert!(pushed.is_ok(), "a frame that the host makes up itself is small");
    }

    /// Queues a frame unless its `length`, with the buffers that lie in shared memory, would be over `limit`; then nothing is queued, and
    /// the error is that length. Whether a buffer lies in shared memory.
    pub(crate) fn push_within(
        &mut self,
        limit: u32,
        header: Header,
        write: impl FnOnce(&mut Vec<u8>, &mut Vec<Buffer>) -> bool,
    ) -> Result<bool, u64> {
        let mut text = self.open_part();
        let base = text.len();
        text.extend_from_slice(&[0; HEADER]);
        let mut buffers = Vec::new();
        let tagged = write(&mut text, &mut buffers);
        let value = text.len() - base - HEADER;
        let any_shared = buffers.iter().any(|buffer| header.region(buffer).is_some());
        // Of a call it says that those of the answer may lie there.
        let shared = any_shared || header.shared && header.kind == Kind::Call;
        let here = buffers.iter().filter(|buffer| header.region(buffer).is_none()).map(Buffer::len);
        let total = total(value, buffers.len(), here, shared);
        let elsewhere: u64 =
            buffers.iter().filter_map(|buffer| header.region(buffer)).map(|region| region.len() as u64).sum();
        if total - 4 + elsewhere > u64::from(limit) {
            text.truncate(base);
            self.parts.push_back(Part::Owned(text));
            return Err(total - 4 + elsewhere);
        }
        let fields = &mut text[base..base + HEADER];
        fields[0..4].copy_from_slice(&((total - 4) as u32).to_le_bytes());
        fields[4] = header.kind as u8;
        let flag = |is_set, flag| if is_set { flag } else { 0 };
        fields[5] = flag(tagged, TAGGED) | flag(header.nested, NESTED) | flag(shared, SHARED);
        fields[6..8].copy_from_slice(&header.slot.to_le_bytes());
        fields[8..12].copy_from_slice(&header.request.to_le_bytes());
        fields[12..16].copy_from_slice(&header.callable.to_le_bytes());
        fields[16..20].copy_from_slice(&(value as u32).to_le_bytes());
        fields[20..24].copy_from_slice(&(buffers.len() as u32).to_le_bytes());
        self.len += total as usize;
        if buffers.is_empty() {
            self.parts.push_back(Part::Owned(text));
            return Ok(false);
        }
        let mut offset = HEADER + value;
        pad(&mut text, &mut offset);
        for buffer in &buffers {
            text.extend_from_slice(&(buffer.len() as u64).to_le_bytes());
            offset += 8;
            if shared {
                let (number, at) = header.region(buffer).map_or((IN_FRAME, 0), place);
                text.extend_from_slice(&number.to_le_bytes());
                text.extend_from_slice(&at.to_le_bytes());
                offset += 8;
            }
        }
        for buffer in buffers {
            if header.region(&buffer).is_some() {
                continue;
            }
            pad(&mut text, &mut offset);
            offset += buffer.len();
            if buffer.len() < SHARE {
                text.extend_from_slice(&buffer);
            } else {
                self.parts.push_back(Part::Owned(std::mem::take(&mut text)));
                self.parts.push_back(Part::Shared(buffer));
            }
        }
        if !text.is_empty() {
            self.parts.push_back(Part::Owned(text));
        }
        Ok(any_shared)
    }

    /// Writes until nothing is left (`true`) or the stream takes no more (`false`).
    pub(crate) fn flush(&mut self, fd: impl AsFd) -> Result<bool, Errno> {
        while self.len > 0 {
            if let Some(region) = self.parts.front().and_then(Part::region) {
                match region.splice(self.written, &fd) {
                    Ok(moved @ 1..) => self.advance(moved),
                    Err(Errno::INTR) => {}
                    Err(Errno::AGAIN) => return Ok(false),
                    // It is no pipe, or can't be had so: the bytes are copied from here on.
                    Ok(0) | Err(Errno::INVAL) => self.parts.front().map_or((), Part::load),
                    Err(error) => return Err(error),
                }
                continue;
            }
            let mut slices = std::array::from_fn::<_, SLICES, _>(|_| IoSlice::new(&[]));
            let (mut skip, mut count) = (self.written, 0);
            for (slice, part) in slices.iter_mut().zip(self.parts.iter().take_while(|part| part.region().is_none())) {
                *slice = IoSlice::new(&part.bytes()[skip..]);
                skip = 0;
                count += 1;
            }
            match rustix::io::writev(&fd, &slices[..count]) {
                Ok(written) => self.advance(written),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Takes the last part back if it can be written to, else begins one.
    fn open_part(&mut self) -> Vec<u8> {
        match self.parts.pop_back() {
            Some(Part::Owned(bytes)) if bytes.len() < PART => bytes,
            Some(part) => {
                self.parts.push_back(part);
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    fn advance(&mut self, mut count: usize) {
        self.len -= count;
        while let Some(part) = self.parts.front() {
            let left = part.len() - self.written;
            if count < left {
                self.written += count;
                return;
            }
            count -= left;
            self.written = 0;
            let done = self.parts.pop_front();
            // The last part is emptied, not dropped: the next small frame needs no allocation.
            if self.parts.is_empty()
                && let Some(Part::Owned(mut bytes)) = done
                && bytes.capacity() <= PART
            {
                bytes.clear();
                self.parts.push_back(Part::Owned(bytes));
                return;
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        let bytes: Vec<u8> = self.parts.iter().flat_map(Part::bytes).copied().collect();
        bytes[self.written..].to_vec()
    }
}

impl Part {
    fn len(&self) -> usize {
        match self {
            Self::Owned(bytes) => bytes.len(),
            Self::Shared(buffer) => buffer.len(),
        }
    }

    /// Where in shared memory it is, if it is there.
    fn region(&self) -> Option<&Region> {
        match self {
            Self::Owned(_) => None,
            Self::Shared(buffer) => buffer.region(),
        }
    }

    /// Copies it out of shared memory.
    fn load(&self) {
        let _ = self.bytes();
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Owned(bytes) => bytes,
            Self::Shared(buffer) => buffer,
        }
    }
}

/// What the table says of a region: the number of its memory, by which a client finds it, and where it begins there.
fn place(region: &Region) -> (u32, u32) {
    (region.memory().number().unsigned_abs(), region.offset())
}

/// Bytes of the whole frame: those of the value, the table of `count` buffers, and the buffers that are `here`.
fn total(value: usize, count: usize, here: impl Iterator<Item = usize>, shared: bool) -> u64 {
    let end = (HEADER + value) as u64;
    if count == 0 {
        return end;
    }
    let table = super::align(end) + if shared { 16 } else { 8 } * count as u64;
    here.fold(table, |end, length| super::align(end) + length as u64)
}

fn pad(text: &mut Vec<u8>, offset: &mut usize) {
    let padding = offset.next_multiple_of(8) - *offset;
    text.extend_from_slice(&[0; 8][..padding]);
    *offset += padding;
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::wire::{Decoder, Kind};

    #[test]
    fn a_slow_reader_gets_every_byte_in_order() {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        theirs.set_nonblocking(true).unwrap();
        let mut outbox = Outbox::default();
        let mut decoder = Decoder::new(u32::MAX);
        let mut seen = 0;
        for round in 0..6u32 {
            for i in 0..40u32 {
                outbox.push(Header::new(Kind::Result).request(round * 40 + i), |text, buffers| {
                    text.extend(b"[\"bytes\",0]");
                    buffers.push(Buffer::from(vec![i as u8; if i % 3 == 0 { 100_000 } else { 9 }]));
                    true
                });
            }
            while !outbox.is_empty() {
                outbox.flush(&ours).unwrap();
                while let Ok(1..) = rustix::io::read(&theirs, rustix::buffer::spare_capacity(decoder.room())) {
                    while let Some(frame) = decoder.next().unwrap() {
                        assert_eq!(frame.header.request, seen);
                        assert!(frame.buffers[0].iter().all(|&byte| u32::from(byte) == seen % 40));
                        seen += 1;
                    }
                }
            }
        }
        assert_eq!(seen, 240);
    }

    /// Buffers in memory that a peer can still write to, and what they hold.
    #[cfg(target_os = "linux")]
    fn in_memory(lengths: &[usize]) -> (Vec<Buffer>, Vec<Vec<u8>>) {
        use crate::shared_memory::{Region, SharedMemory};
        use std::os::unix::fs::FileExt as _;

        let memory = std::sync::Arc::new(SharedMemory::new(4 << 20).unwrap());
        let theirs = std::fs::File::from(memory.writer().unwrap());
        let mut offset = SharedMemory::START + 3;
        let mut expected = Vec::new();
        let mut buffers = Vec::new();
        for &length in lengths {
            let bytes: Vec<u8> = (0..length).map(|at| (at * 13 + at / 97 + length) as u8).collect();
            theirs.write_all_at(&bytes, offset).unwrap();
            buffers.push(Buffer::shared(Region::new(&memory, offset as u32, length as u64).unwrap()));
            expected.push(bytes);
            offset += length as u64;
        }
        (buffers, expected)
    }

    /// Reads from one end, in small pieces, what is flushed into the other.
    #[cfg(target_os = "linux")]
    fn passed(mut outbox: Outbox, ours: impl AsFd, mut theirs: impl std::io::Read) -> Vec<u8> {
        rustix::fs::fcntl_setfl(&ours, rustix::fs::OFlags::NONBLOCK).unwrap();
        let mut bytes = Vec::new();
        let mut piece = vec![0; 5000];
        while bytes.len() < 4 || bytes.len() < u32::from_le_bytes(*bytes.first_chunk().unwrap()) as usize + 4 {
            outbox.flush(&ours).unwrap();
            let count = theirs.read(&mut piece).unwrap();
            bytes.extend_from_slice(&piece[..count]);
        }
        assert!(outbox.is_empty());
        bytes
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_lies_in_memory_is_sent_whole() {
        let lengths = [20_000, 3, 300_001, 70_000];
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        let (read, write) = rustix::pipe::pipe().unwrap();
        for into_pipe in [true, false] {
            let (buffers, expected) = in_memory(&lengths);
            let mut outbox = Outbox::default();
            let pushed = outbox.push_within(u32::MAX, Header::new(Kind::Call).request(1).shared(true), |text, out| {
                text.extend(b"[[],{}]");
                out.push(Buffer::from(vec![9; 30_000]));
                out.extend(buffers.iter().cloned());
                false
            });
            assert_eq!(pushed, Ok(false), "a worker is not told where it is");
            let bytes = match into_pipe {
                true => passed(outbox, &write, std::fs::File::from(read.try_clone().unwrap())),
                false => passed(outbox, &ours, &theirs),
            };
            assert_eq!(buffers[2].region().is_some(), into_pipe, "into a pipe it is not copied");
            let table = 24 + 8 + 16 * 5;
            assert_eq!(bytes[table..table + 30_000], [9; 30_000]);
            let mut start = table + 30_000;
            for expected in expected {
                start = start.next_multiple_of(8);
                assert!(bytes[start..start + expected.len()] == expected, "{into_pipe}");
                start += expected.len();
            }
            assert_eq!(start, bytes.len());
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_client_is_told_where_a_result_is() {
        let (buffers, _) = in_memory(&[5, 7]);
        let place = |buffer: &Buffer| {
            let region = buffer.region().unwrap();
            [region.memory().number().unsigned_abs().to_le_bytes(), region.offset().to_le_bytes()].concat()
        };
        let places = [place(&buffers[0]), place(&buffers[1])];
        let header = Header::new(Kind::Result).request(1);
        let write = |text: &mut Vec<u8>, out: &mut Vec<Buffer>| {
            text.extend(b"12345678");
            out.extend(buffers.iter().cloned());
            true
        };
        let mut outbox = Outbox::default();
        assert_eq!(
            outbox.push_within(66, header.shared(true), write),
            Err(20 + 8 + 2 * 16 + 5 + 7),
            "what is elsewhere counts"
        );
        assert_eq!(outbox.push_within(72, header.shared(true), write), Ok(true));
        let bytes = outbox.to_vec();
        assert_eq!((bytes.len(), bytes[5]), (24 + 8 + 2 * 16, TAGGED | SHARED));
        assert_eq!((&bytes[40..48], &bytes[56..64]), (&*places[0], &*places[1]));
        let mut outbox = Outbox::default();
        assert_eq!(outbox.push_within(u32::MAX, header, write), Ok(false), "unless it may not have it so");
        assert_eq!(outbox.to_vec().len(), 24 + 8 + 2 * 8 + 8 + 7);
    }

    #[test]
    fn a_frame_over_the_limit_leaves_no_trace() {
        let mut outbox = Outbox::default();
        outbox.push(Header::new(Kind::Hello), |text, _| {
            text.extend(b"null");
            false
        });
        let before = outbox.to_vec();
        let refused = outbox.push_within(99, Header::new(Kind::Result), |text, buffers| {
            text.extend(b"null");
            buffers.push(Buffer::from(vec![0; 64]));
            false
        });
        assert_eq!(refused, Err(24 + 4 + 4 + 8 + 64 - 4), "header, value, padding, table and buffer");
        assert_eq!(outbox.to_vec(), before);
    }
}
