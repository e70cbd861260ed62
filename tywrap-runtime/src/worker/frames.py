"""The Python end of tywrap.

Reads frames from the host (docs/wire.md), calls what they name, and answers in order. The host has checked every call
against the grants and the schemas before it comes here, and checks every answer after; nothing here is a security
boundary. Names come from the host's grant table only, never from a client.
"""

import _signal as signal
import io
import posix as os  # Of `os` itself nothing else is needed, and it takes longer to import.
import sys
from _operator import is_, itemgetter
from _struct import Struct  # `struct` adds nothing, and is another file.
from _thread import RLock, get_ident
from itertools import chain, cycle
from time import perf_counter

ModuleType = type(sys)  # `types` takes longer to import.

WIRE = 1
HELLO, OPEN, CALL, RESULT, ERROR, CANCEL, RELEASE, LOG, TAKEN = range(1, 10)
TAGGED, NESTED, SHARED = 1, 2, 4
HEADER = Struct("<IBBHIIII")
LENGTH = Struct("<Q")
PLACE = Struct("<QII")  # Of a buffer that may lie in shared memory: its length, the number of the memory, and where.
IN_FRAME = 0xFFFF_FFFF  # The number of no memory.

READ = 1 << 16  # Bytes of one read.
SHARE = 1 << 14  # From this length on, bytes of a result are sent from where they lie.
ASIDE = 1 << 18  # From this length on, bytes of a result go into shared memory; below, a frame is as quick.
PAGE = 1 << 12
SLICES = 512  # Most pieces of one writev; Linux takes 1024.
QUICK = 0.0002  # Seconds; a call that took longer last time does not start while answers wait.
PATIENCE = 0.00003  # Seconds that an answer may wait for others to leave with it.
TEXT = 32_768  # Most characters of a message or a traceback.

SAFE = 2**53 - 1  # The largest int that plain JSON may carry.
BITS = 14_284  # An int of this many bits has at most 4300 digits, the most that the wire carries.
PLAIN = {str, bool, type(None)}
JSON = PLAIN | {int, float, list, dict}
HOLDERS = {list, dict, tuple}  # What rows stand in.


class Json:
    """What the C parts of `json` ask of a decoder. Importing `json` itself would take as long as everything else here."""

    strict, object_hook, object_pairs_hook = True, None, None
    parse_float, parse_int, parse_constant = float, int, float


try:
    from _json import encode_basestring as quote, make_encoder, make_scanner

    scan = make_scanner(Json)
    # Without a check for cycles, which are looked for before; nothing that is no JSON; no NaN.
    encode_pieces = make_encoder(None, None, quote, None, ":", ",", False, False, False)
except (ImportError, AttributeError, TypeError):
    # A Python that has them otherwise, or not at all.
    import json

    scan, quote = json.JSONDecoder().scan_once, json.encoder.encode_basestring
    slow = json.JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":"))

    def encode_pieces(value, _):
        return slow.iterencode(value)


def encode_json(value):
    """A value that has a form in JSON, as that."""
    kind = type(value)
    if kind is str:
        return quote(value)
    if kind is float and value - value == 0.0:
        return repr(value)
    return "".join(encode_pieces(value, 0))


def decode_json(text):
    """A value. It is the host's, which writes nothing around it."""
    return scan(text, 0)[0]


class Unsupported(Exception):
    """A value that the wire does not carry."""


class Frame:
    __slots__ = ("kind", "tagged", "nested", "shared", "slot", "request", "callable", "value", "buffers", "origin")

    def __init__(self, data, start, header):
        _, self.kind, flags, self.slot, self.request, self.callable, value, count = header
        self.tagged, self.nested, self.shared = flags & TAGGED, flags & NESTED, flags & SHARED
        end = start + 24 + value
        self.value = str(data[start + 24 : end], "utf-8")
        self.buffers = ()
        if count:
            self.buffers = []
            # Offsets are relative to the frame's first byte.
            table = start + (end - start + 7 & ~7)
            width = PLACE.size if self.shared else LENGTH.size
            end = table + width * count
            for entry in range(table, end, width):
                (size,) = LENGTH.unpack_from(data, entry)
                begin = start + (end - start + 7 & ~7)
                end = begin + size
                self.buffers.append(memoryview(data)[begin:end])


def large(length):
    """Memory for a frame with an array."""
    numpy = sys.modules.get("numpy")
    # Its pages are large ones where the system has such, and it is not filled with zeros first.
    return bytearray(length) if numpy is None else numpy.empty(length, "|u1").data


class Pipe:
    """Both directions of the connection to the host. Standard input and output are freed for the modules' own use."""

    def __init__(self):
        self.input, self.output = os.dup(0), os.dup(1)
        nothing, end = os.pipe()
        os.close(end)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)
        self.rest = b""
        self.waiting = []
        self.since = 0.0
        # Threads that a module started may print; a signal handler may run while the main thread writes.
        self.lock = RLock()
        self.main = get_ident()
        self.writing = False

    def read(self):
        """Every frame that has arrived whole, at least one; none at the end of the stream."""
        while True:
            data, size, at, frames = self.rest, len(self.rest), 0, []
            total = 0
            while size - at >= HEADER.size:
                header = HEADER.unpack_from(data, at)
                total = header[0] + 4
                if size - at < total:
                    break
                frames.append(Frame(data, at, header))
                at += total
                total = 0
            self.rest = data = data[at:] if at else data
            if frames:
                return frames
            if total > READ:
                return self.read_large(total)
            chunk = os.read(self.input, READ)
            if not chunk:
                return []
            self.rest = data + chunk

    def has_frame(self):
        """Whether a frame has been read whole, and not been taken."""
        return len(self.rest) >= HEADER.size and len(self.rest) >= HEADER.unpack_from(self.rest)[0] + 4

    def read_large(self, total):
        """The frame that has begun, into memory of its own, which its arrays then share."""
        data = large(total)
        view, at = memoryview(data), len(self.rest)
        view[:at] = self.rest
        self.rest = b""
        while at < total:
            size = os.readv(self.input, [view[at:]])
            if not size:
                return []
            at += size
        return [Frame(data, 0, HEADER.unpack_from(data))]

    def look_ahead(self):
        """The requests of the cancellations that have arrived behind what was read."""
        import select  # There since the first answers left, unless it is about one of those.

        poll = select.poll()
        poll.register(self.input, select.POLLIN)
        # The host writes the cancellation before it signals, but a large frame may stand before it in the pipe.
        while len(self.rest) < 1 << 20 and poll.poll(5):
            chunk = os.read(self.input, READ)
            if not chunk:
                break
            self.rest += chunk
        data, at = self.rest, 0
        while len(data) - at >= HEADER.size:
            length, kind, _, _, request, _, _, _ = HEADER.unpack_from(data, at)
            if kind == CANCEL:
                yield request
            at += length + 4

    def queue(self, kind, request, slot, text, tagged=False, buffers=(), callable=0, nested=0, shared=0):
        """Queues a frame. If it is `shared`, what is large may go into shared memory."""
        value = text.encode()
        length = len(value)
        if length > limits.text:
            raise too_long(length)
        if not self.waiting:
            self.since = perf_counter()
        if buffers or length > limits.small:
            self.waiting += pack(kind, request, slot, value, tagged | nested, buffers, callable, shared)
        else:
            self.waiting.append(HEADER.pack(length + 20, kind, tagged | nested, slot, request, callable, length, 0) + value)

    def flush(self):
        """Writes what waits."""
        pieces, self.waiting = self.waiting, []
        if pieces:
            self.write(pieces)

    def write(self, pieces):
        main = get_ident() == self.main
        with self.lock:
            self.writing = self.writing or main
            try:
                while pieces:
                    size = os.writev(self.output, pieces[:SLICES])
                    done = 0
                    while done < len(pieces) and size >= len(pieces[done]):
                        size -= len(pieces[done])
                        done += 1
                    pieces = pieces[done:]
                    if size:
                        pieces[0] = memoryview(pieces[0])[size:]
            finally:
                self.writing = self.writing and not main

    def log(self, stream, text):
        """Sends a line at once; it may overtake answers."""
        text = text.encode("utf-8", "replace").decode()
        self.write([b"".join(pack(LOG, 0, 0, encode_json({"stream": stream, "text": text}).encode(), False, ()))])
        if get_ident() == self.main:
            calls.interrupt_late()


def pack(kind, request, slot, value, flags, buffers, callable=0, shared=0):
    """The pieces of a frame."""
    end = HEADER.size + len(value)
    pieces, small = [], bytearray(HEADER.size)
    small += value
    if buffers:
        whole = (end + 7 & -8) + sum([PLACE.size + 7 + len(buffer) for buffer in buffers])
        places = [None] * len(buffers)
        if shared and whole <= limits.frame:
            places = [memory.keep(request, buffer) if len(buffer) >= ASIDE else None for buffer in buffers]
        small += bytes(-end % 8)
        if any(places):
            flags |= SHARED
            for buffer, place in zip(buffers, places):
                small += PLACE.pack(len(buffer), *((IN_FRAME, 0) if place is None else (0, place)))
            end += -end % 8 + PLACE.size * len(buffers)
        else:
            for buffer in buffers:
                small += LENGTH.pack(len(buffer))
            end += -end % 8 + LENGTH.size * len(buffers)
        for buffer, place in zip(buffers, places):
            if place is not None:
                continue
            small += bytes(-end % 8)
            end += -end % 8 + len(buffer)
            if len(buffer) < SHARE:
                small += buffer
            else:
                pieces += [small, buffer]
                small = bytearray()
    if small or not pieces:
        pieces.append(small)
    if end - 4 > limits.frame:
        raise Unsupported(f"a result of {end - 4} bytes is over `wire.max-frame`, which is {limits.frame}")
    header = (end - 4, kind, flags, slot, request, callable, len(value), len(buffers))
    HEADER.pack_into(pieces[0], 0, *header)
    return pieces


class Printed(io.TextIOBase):
    """Standard output: what is printed becomes log lines."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self):
        self.line = ""

    @property
    def buffer(self):
        return sys.stderr.buffer

    def writable(self):
        return True

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self.line += text
        if "\n" in text or len(self.line) > TEXT:
            whole, newline, self.line = self.line.rpartition("\n")
            if not newline:
                whole, self.line = self.line, ""
            pipe.log("stdout", whole)
        return len(text)

    def flush(self):
        if self.line:
            line, self.line = self.line, ""
            pipe.log("stdout", line)


class Limits:
    """What the host's HELLO says."""

    def __init__(self):
        self.depth, self.handles, self.frame, self.text, self.dtypes = 64, 65_536, 1 << 28, 1 << 20, frozenset()
        self.scratch, self.small = False, 0

    def learn(self, hello):
        self.depth, self.handles = hello["max-depth"], hello["max-handles"]
        self.frame, self.text = hello["max-frame"], hello["max-text"]
        self.small = min(SHARE, self.frame - HEADER.size)
        self.dtypes = frozenset(hello["dtypes"])
        self.columns = frozenset(hello["column-dtypes"])
        self.frequencies, self.anchors = frozenset(hello["frequencies"]), frozenset(hello["anchors"])
        self.network, self.scratch = hello["network"], hello["scratch"]
        if "shared-memory" in hello:
            memory.learn(hello["shared-memory"])
        if hello["byte-code"] is not None:
            sys.pycache_prefix = hello["byte-code"]
        sys.path += hello["site"]
        # Each level of a value takes a few calls here.
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 1000 + 4 * self.depth))
