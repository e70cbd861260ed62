//! Frames out of a stream of bytes.

use std::sync::Arc;

use super::{Frame, FrameError, HEADER, Header, IN_FRAME, Kind, MAX_BUFFERS, NESTED, SHARED, TAGGED, align};
use crate::shared_memory::{Region, SharedMemory};
use crate::value::Buffer;

/// Room made for one read where no length asks for more.
const READ: usize = 64 * 1024;

/// From this length on, a frame with buffers keeps the memory it was read into, and its buffers are slices of that.
/// Below, copying it out is cheaper than giving up the read buffer.
const KEEP: usize = 32 * 1024;

/// Collects what was read from a stream and takes frames off its front.
#[derive(Debug)]
pub(crate) struct Decoder {
    bytes: Vec<u8>,
    /// Where the first frame that was not taken begins.
    start: usize,
    /// What the buffers of the frame taken last are slices of.
    taken: Option<Arc<Vec<u8>>>,
    max_frame: u32,
    /// Where the peer may put buffers of frames of one kind.
    shared: Option<(Kind, Arc<SharedMemory>)>,
}

impl Decoder {
    /// A decoder that refuses frames whose `length` is over `max_frame`.
    pub(crate) fn new(max_frame: u32) -> Self {
        Self { bytes: Vec::new(), start: 0, taken: None, max_frame, shared: None }
    }

    /// Lets the buffers of frames of this kind lie in memory that the peer writes to.
    pub(crate) fn share(&mut self, kind: Kind, memory: &Arc<SharedMemory>) {
        self.shared = Some((kind, Arc::clone(memory)));
    }

    /// The vector to append what is read next to; it has room.
    ///
    /// Room grows with what has arrived, not with what `length` promises: a peer that promises 256 MiB and sends
    /// nothing costs nothing.
    pub(crate) fn room(&mut self) -> &mut Vec<u8> {
        self.taken = None;
        let held = self.bytes.len() - self.start;
        if held == 0 {
            self.bytes.clear();
            self.bytes.shrink_to(4 * READ);
            self.start = 0;
        } else if self.start > 0 && (self.bytes.capacity() - self.bytes.len() < READ || held < READ) {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        let missing = match self.bytes[self.start..].first_chunk::<4>() {
            Some(length) => (u32::from_le_bytes(*length) as usize + 4).saturating_sub(held),
            None => READ,
        };
        self.bytes.reserve_exact(missing.clamp(READ, held.max(READ) * 2));
        &mut self.bytes
    }

    /// Whether bytes are left that are not a whole frame.
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.bytes.len()
    }

    /// Takes the next frame, if it is whole. An error is about the first frame that is left, and stays.
    pub(crate) fn next(&mut self) -> Result<Option<Frame<'_>>, FrameError> {
        self.taken = None;
        let kind = self.shared.as_ref().map(|(kind, _)| *kind);
        let Some(layout) = Layout::read(&self.bytes[self.start..], self.max_frame, kind)? else { return Ok(None) };
        let Layout { header, tagged, total, value_end, count } = layout;
        if self.bytes.len() - self.start < total {
            return Ok(None);
        }
        let from = self.start;
        if count == 0 {
            self.start += total;
            return Ok(Some(Frame {
                header,
                tagged,
                value: &self.bytes[from + HEADER..from + value_end],
                buffers: Vec::new(),
            }));
        }
        let memory = self.shared.as_ref().filter(|_| header.shared).map(|(_, memory)| memory);
        let places = places(&self.bytes[from..from + total], value_end, count, memory, self.max_frame)?;
        let (owner, base) = if total >= KEEP {
            let rest = self.bytes.split_off(from + total);
            self.start = 0;
            (std::mem::replace(&mut self.bytes, rest), from)
        } else {
            self.start += total;
            (self.bytes[from..from + total].to_vec(), 0)
        };
        let owner = &*self.taken.insert(Arc::new(owner));
        let buffer = |place| match place {
            Place::Frame(start, end) => Buffer::slice(Arc::clone(owner), base + start..base + end),
            Place::Memory(region) => Buffer::shared(region),
        };
        let buffers = places.into_iter().map(buffer).collect();
        Ok(Some(Frame { header, tagged, value: &owner[base + HEADER..base + value_end], buffers }))
    }
}

/// What the first bytes of a frame say, checked as far as they can be without the rest.
struct Layout {
    header: Header,
    tagged: bool,
    /// Bytes of the whole frame.
    total: usize,
    /// Where the value ends.
    value_end: usize,
    /// How many buffers there are.
    count: usize,
}

impl Layout {
    fn read(bytes: &[u8], max_frame: u32, shared: Option<Kind>) -> Result<Option<Self>, FrameError> {
        let Some(length) = bytes.first_chunk::<4>() else { return Ok(None) };
        let length = u32::from_le_bytes(*length);
        if (length as usize) < HEADER - 4 {
            return Err(FrameError::TooShort { length });
        }
        if length > max_frame {
            return Err(FrameError::TooLong { length, limit: max_frame });
        }
        let Some(&[_, _, _, _, kind, flags, s0, s1, r0, r1, r2, r3, c0, c1, c2, c3, v0, v1, v2, v3, n0, n1, n2, n3]) =
            bytes.first_chunk::<HEADER>()
        else {
            return Ok(None);
        };
        let kind = Kind::new(kind).ok_or(FrameError::Kind { kind })?;
        let is_nested = flags & NESTED != 0;
        let is_shared = flags & SHARED != 0;
        if flags & !(TAGGED | NESTED | SHARED) != 0
            || is_nested && kind != Kind::Call
            || is_shared && shared != Some(kind)
        {
            return Err(FrameError::Flags { flags });
        }
        let value = u32::from_le_bytes([v0, v1, v2, v3]);
        let count = u32::from_le_bytes([n0, n1, n2, n3]);
        if count as usize > MAX_BUFFERS {
            return Err(FrameError::TooManyBuffers { count });
        }
        let total = u64::from(length) + 4;
        let value_end = HEADER as u64 + u64::from(value);
        let adds_up = match count {
            0 => value_end == total,
            _ => align(value_end) + entry(is_shared) as u64 * u64::from(count) <= total,
        };
        if !adds_up {
            return Err(FrameError::Parts);
        }
        Ok(Some(Self {
            header: Header {
                kind,
                slot: u16::from_le_bytes([s0, s1]),
                request: u32::from_le_bytes([r0, r1, r2, r3]),
                callable: u32::from_le_bytes([c0, c1, c2, c3]),
                nested: is_nested,
                shared: is_shared,
            },
            tagged: flags & TAGGED != 0,
            total: total as usize,
            value_end: value_end as usize,
            count: count as usize,
        }))
    }
}

/// Bytes of an entry in the table of buffers.
fn entry(is_shared: bool) -> usize {
    if is_shared { 16 } else { 8 }
}

/// Where a buffer is.
enum Place {
    /// In the frame, from one byte to another.
    Frame(usize, usize),
    Memory(Region),
}

/// Where the buffers of a whole frame are. All of them together are no longer than a frame may be.
fn places(
    frame: &[u8],
    value_end: usize,
    count: usize,
    memory: Option<&Arc<SharedMemory>>,
    max_frame: u32,
) -> Result<Vec<Place>, FrameError> {
    let table = value_end.next_multiple_of(8);
    let mut end = table + entry(memory.is_some()) * count;
    if frame[value_end..table].iter().any(|&byte| byte != 0) {
        return Err(FrameError::Padding);
    }
    let mut places = Vec::with_capacity(count);
    let mut all = frame.len() as u64 - 4;
    for entry in frame[table..end].chunks_exact(entry(memory.is_some())) {
        let (length, place) = entry.split_first_chunk::<8>().ok_or(FrameError::Parts)?;
        let length = u64::from_le_bytes(*length);
        if let (Some(memory), Some((number, offset))) = (memory, in_memory(place)) {
            let region = Region::new(memory, offset, length).filter(|_| number == 0).ok_or(FrameError::Region)?;
            all += length;
            places.push(Place::Memory(region));
            continue;
        }
        let start = align(end as u64);
        let stop = start.checked_add(length).ok_or(FrameError::Parts)?;
        if stop > frame.len() as u64 {
            return Err(FrameError::Parts);
        }
        let (start, stop) = (start as usize, stop as usize);
        if frame[end..start].iter().any(|&byte| byte != 0) {
            return Err(FrameError::Padding);
        }
        places.push(Place::Frame(start, stop));
        end = stop;
    }
    if end != frame.len() {
        return Err(FrameError::Parts);
    }
    if all > u64::from(max_frame) {
        return Err(FrameError::TooLong { length: u32::try_from(all).unwrap_or(u32::MAX), limit: max_frame });
    }
    Ok(places)
}

/// The number of the memory and the offset in it that an entry says, unless it says that the buffer is in the frame.
fn in_memory(place: &[u8]) -> Option<(u32, u32)> {
    let (number, offset) = place.split_first_chunk::<4>()?;
    let number = u32::from_le_bytes(*number);
    let offset = u32::from_le_bytes(*offset.first_chunk::<4>()?);
    (number != IN_FRAME).then_some((number, offset))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::wire::Outbox;
    use proptest::prelude::*;

    const LIMIT: u32 = 1 << 20;

    fn decode(bytes: &[u8]) -> Result<bool, FrameError> {
        let mut decoder = Decoder::new(LIMIT);
        decoder.room().extend_from_slice(bytes);
        Ok(decoder.next()?.is_some())
    }

    /// A frame from its fields as they are written, so that a test can write nonsense.
    fn raw(length: Option<u32>, kind: u8, flags: u8, value: u32, count: u32, rest: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 4];
        bytes.extend([kind, flags, 1, 0]);
        bytes.extend(7u32.to_le_bytes());
        bytes.extend(9u32.to_le_bytes());
        bytes.extend(value.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(rest);
        let length = length.unwrap_or(bytes.len() as u32 - 4);
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        bytes
    }

    #[test]
    fn hostile_frames_are_refused_as_soon_as_they_can_be() {
        let table = |lengths: &[u64], rest: &[u8]| {
            let mut bytes = lengths.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<_>>();
            bytes.extend(rest);
            bytes
        };
        let cases: &[(&str, Vec<u8>, FrameError)] = &[
            ("length over the limit", vec![0xff; 4], FrameError::TooLong { length: u32::MAX, limit: LIMIT }),
            ("one over", (LIMIT + 1).to_le_bytes().into(), FrameError::TooLong { length: LIMIT + 1, limit: LIMIT }),
            ("length 0", vec![0; 4], FrameError::TooShort { length: 0 }),
            ("length 19", 19u32.to_le_bytes().into(), FrameError::TooShort { length: 19 }),
            ("kind 0", raw(None, 0, 0, 0, 0, b""), FrameError::Kind { kind: 0 }),
            ("kind 10", raw(None, 10, 0, 0, 0, b""), FrameError::Kind { kind: 10 }),
            ("unknown flag", raw(None, 3, 4, 0, 0, b""), FrameError::Flags { flags: 4 }),
            ("nested, and no call", raw(None, 4, 2, 0, 0, b""), FrameError::Flags { flags: 2 }),
            ("value past the end", raw(None, 3, 0, 5, 0, b"null"), FrameError::Parts),
            ("value of 4 GiB", raw(None, 3, 0, u32::MAX, 0, b"null"), FrameError::Parts),
            ("bytes after the value", raw(None, 3, 0, 3, 0, b"null"), FrameError::Parts),
            ("table past the end", raw(None, 3, 0, 0, 1, b""), FrameError::Parts),
            ("table of 512 KiB, cut", raw(None, 3, 0, 0, 65_535, b""), FrameError::Parts),
            ("count over the limit", raw(None, 3, 0, 0, 65_536, b""), FrameError::TooManyBuffers { count: 65_536 }),
            ("count of 2^32-1", raw(None, 3, 0, 0, u32::MAX, b""), FrameError::TooManyBuffers { count: u32::MAX }),
            ("buffer past the end", raw(None, 3, 0, 0, 1, &table(&[9], b"12345678")), FrameError::Parts),
            ("buffer of 2^64-1", raw(None, 3, 0, 0, 1, &table(&[u64::MAX], b"")), FrameError::Parts),
            ("buffers overflow", raw(None, 3, 0, 0, 2, &table(&[8, u64::MAX], b"12345678")), FrameError::Parts),
            ("bytes after a buffer", raw(None, 3, 0, 0, 1, &table(&[7], b"12345678")), FrameError::Parts),
            (
                "padding after the last",
                raw(None, 3, 0, 0, 1, &table(&[1], &[1, 0, 0, 0, 0, 0, 0, 0])),
                FrameError::Parts,
            ),
            (
                "padding not 0",
                raw(None, 3, 0, 1, 1, &[b"1\0\0\0\x01\0\0\0".as_slice(), &table(&[0], b"")].concat()),
                FrameError::Padding,
            ),
            (
                "padding between buffers not 0",
                raw(None, 3, 0, 0, 2, &table(&[1, 1], &[1, 0, 0, 0, 0, 0, 9, 0, 2])),
                FrameError::Padding,
            ),
        ];
        for (name, bytes, error) in cases {
            assert_eq!(decode(bytes).unwrap_err(), *error, "{name}");
        }
    }

    #[test]
    fn a_promised_length_is_not_allocated() {
        let mut decoder = Decoder::new(u32::MAX);
        decoder.room().extend_from_slice(&(256u32 << 20).to_le_bytes());
        assert!(decoder.next().unwrap().is_none());
        assert!(decoder.room().capacity() < 1 << 20);
    }

    proptest! {
        #[test]
        fn frames_survive_any_cut(
            frames in prop::collection::vec(
                (1u8..=8, any::<u16>(), any::<u32>(), any::<u32>(), any::<bool>(), ".{0,40}",
                 prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..4)),
                1..6),
            sizes in prop::collection::vec(1usize..200, 1..50),
            large in 0usize..2,
        ) {
            let mut outbox = Outbox::default();
            for (i, (kind, slot, request, callable, tagged, value, buffers)) in frames.iter().enumerate() {
                let kind = Kind::new(*kind).unwrap();
                let header = Header::new(kind).slot(*slot).request(*request).callable(*callable).nested(kind == Kind::Call && request % 2 == 1);
                outbox.push(header, |text, out| {
                    text.extend_from_slice(value.as_bytes());
                    out.extend(buffers.iter().map(|b| Buffer::from(b.clone())));
                    if i == 0 && large == 1 {
                        out.push(Buffer::from(vec![7; 100_000]));
                    }
                    *tagged
                });
            }
            let bytes = outbox.to_vec();
            let mut decoder = Decoder::new(LIMIT);
            let mut sizes = sizes.iter().cycle();
            let (mut at, mut seen) = (0, 0);
            while at < bytes.len() {
                let size = sizes.next().unwrap() * (1 + large * 100);
                let end = bytes.len().min(at + size);
                decoder.room().extend_from_slice(&bytes[at..end]);
                at = end;
                while let Some(frame) = decoder.next().unwrap() {
                    let (kind, slot, request, callable, tagged, value, buffers) = &frames[seen];
                    prop_assert_eq!(frame.header.kind as u8, *kind);
                    prop_assert_eq!(frame.header.slot, *slot);
                    prop_assert_eq!(frame.header.request, *request);
                    prop_assert_eq!(frame.header.callable, *callable);
                    prop_assert_eq!(frame.tagged, *tagged);
                    prop_assert_eq!(frame.value, value.as_bytes());
                    for (a, b) in frame.buffers.iter().zip(buffers) {
                        prop_assert_eq!(&**a, &**b);
                    }
                    seen += 1;
                }
            }
            prop_assert_eq!(seen, frames.len());
            prop_assert!(decoder.is_empty());
        }

        #[test]
        fn any_bytes_give_a_frame_an_error_or_nothing(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }

        #[test]
        fn any_rest_after_a_good_start_does_not_panic(
            value in 0u32..64, count in 0u32..6, rest in prop::collection::vec(0u8..4, 0..120)
        ) {
            let _ = decode(&raw(None, 3, 1, value, count, &rest));
        }
    }
}
