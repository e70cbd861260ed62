//! Frames, as `docs/wire.md` lays them out: the header, what may stand in it, and the errors of a frame that breaks the
//! layout. [`Decoder`] reads frames out of a stream, [`Outbox`] queues them for one.

mod decoder;
mod outbox;
#[cfg(test)]
mod vectors;

use std::fmt;

use crate::shared_memory::Region;
use crate::value::Buffer;

pub(crate) use decoder::Decoder;
pub(crate) use outbox::Outbox;

/// Version of `docs/wire.md`.
pub(crate) const VERSION: i64 = 1;

/// Bytes before the value: the length field and the header.
const HEADER: usize = 24;

/// Most buffers in one frame. A table entry costs a sender 8 bytes and us 24, so the count has a limit of its own.
const MAX_BUFFERS: usize = 65_535;

/// Bit of `flags`: the value is in tagged form.
const TAGGED: u8 = 1;

/// Bit of `flags`: the frame belongs inside of a call that waits for a function of a client's.
const NESTED: u8 = 2;

/// Bit of `flags`: buffers may lie in shared memory, so the table says of each where it is.
const SHARED: u8 = 4;

/// In the table of a frame with [`SHARED`]: the buffer is in no memory, but in the frame.
const IN_FRAME: u32 = u32::MAX;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Hello = 1,
    Open = 2,
    Call = 3,
    Result = 4,
    Error = 5,
    Cancel = 6,
    Release = 7,
    Log = 8,
    Taken = 9,
}

impl Kind {
    fn new(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::Hello,
            2 => Self::Open,
            3 => Self::Call,
            4 => Self::Result,
            5 => Self::Error,
            6 => Self::Cancel,
            7 => Self::Release,
            8 => Self::Log,
            9 => Self::Taken,
            _ => return None,
        })
    }

    /// Its name in `docs/wire.md`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hello => "HELLO",
            Self::Open => "OPEN",
            Self::Call => "CALL",
            Self::Result => "RESULT",
            Self::Error => "ERROR",
            Self::Cancel => "CANCEL",
            Self::Release => "RELEASE",
            Self::Log => "LOG",
            Self::Taken => "TAKEN",
        }
    }
}

/// The fields of a frame that are neither value nor buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    pub(crate) slot: u16,
    pub(crate) request: u32,
    pub(crate) callable: u32,
    /// Whether it belongs inside of a call that waits for a function of a client's.
    pub(crate) nested: bool,
    /// Whether buffers may lie in shared memory: those of this frame, and of a call those of its answer.
    pub(crate) shared: bool,
}

impl Header {
    /// A header that speaks of no module and of no request.
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, slot: 0, request: 0, callable: 0, nested: false, shared: false }
    }

    #[must_use]
    pub(crate) fn slot(mut self, slot: u16) -> Self {
        self.slot = slot;
        self
    }

    #[must_use]
    pub(crate) fn request(mut self, request: u32) -> Self {
        self.request = request;
        self
    }

    #[must_use]
    pub(crate) fn callable(mut self, callable: u32) -> Self {
        self.callable = callable;
        self
    }

    #[must_use]
    pub(crate) fn nested(mut self, nested: bool) -> Self {
        self.nested = nested;
        self
    }

    #[must_use]
    pub(crate) fn shared(mut self, shared: bool) -> Self {
        self.shared = shared;
        self
    }

    /// Where in shared memory a buffer of the frame is, if it is not in the frame. To a worker everything is sent, as it can read no memory.
    fn region<'b>(&self, buffer: &'b Buffer) -> Option<&'b Region> {
        buffer.region().filter(|_| self.shared && self.kind == Kind::Result)
    }
}

/// A whole frame. The value is still text; nothing of it has been looked at.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) header: Header,
    pub(crate) tagged: bool,
    pub(crate) value: &'a [u8],
    pub(crate) buffers: Vec<Buffer>,
}

/// A frame that breaks the layout. The stream it came from can't be read any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameError {
    /// `length` is below what the header needs.
    TooShort { length: u32 },
    /// `length` is above `wire.max-frame`.
    TooLong { length: u32, limit: u32 },
    /// No such `kind`.
    Kind { kind: u8 },
    /// A bit of `flags` is set that means nothing.
    Flags { flags: u8 },
    /// More buffers than a frame may have.
    TooManyBuffers { count: u32 },
    /// Value, table and buffers do not add up to `length`.
    Parts,
    /// A buffer lies outside of the shared memory.
    Region,
    /// A padding byte is not 0.
    Padding,
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TooShort { length } => {
                write!(f, "a frame of {length} bytes is shorter than its header of {}", HEADER - 4)
            }
            Self::TooLong { length, limit } => {
                write!(f, "a frame of {length} bytes is over `wire.max-frame`, which is {limit}")
            }
            Self::Kind { kind } => write!(f, "{kind} is no kind of frame"),
            Self::Flags { flags } => write!(f, "flags {flags:#04x} have a bit that means nothing"),
            Self::TooManyBuffers { count } => write!(f, "{count} buffers are over the limit of {MAX_BUFFERS}"),
            Self::Parts => write!(f, "the parts of a frame do not add up to its length"),
            Self::Region => write!(f, "a buffer of a frame does not lie in the shared memory"),
            Self::Padding => write!(f, "a padding byte of a frame is not 0"),
        }
    }
}

/// The next multiple of 8.
fn align(offset: u64) -> u64 {
    offset.next_multiple_of(8)
}
