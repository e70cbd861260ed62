"""The Python end of tywrap.

Reads frames from the host (docs/wire.md), calls what they name, and answers in order. The host has checked every call
against the grants and the schemas before it comes here, and checks every answer after; nothing here is a security
boundary. Names come from the host's grant table only, never from a client.
"""

import io
import json
import os
import select
import signal
import sys
from _thread import RLock, get_ident
from struct import Struct
from time import perf_counter
from types import ModuleType

WIRE = 1
HELLO, OPEN, CALL, RESULT, ERROR, CANCEL, RELEASE, LOG = range(1, 9)
TAGGED = 1
HEADER = Struct("<IBBHIIII")
LENGTH = Struct("<Q")

READ = 1 << 16  # Bytes of one read.
SHARE = 1 << 14  # From this length on, bytes of a result are sent from where they lie.
SLICES = 512  # Most pieces of one writev; Linux takes 1024.
QUICK = 0.0002  # Seconds; a call that took longer last time does not start while answers wait.
PATIENCE = 0.001  # Seconds that an answer may wait for others to leave with it.
TEXT = 32_768  # Most characters of a message or a traceback.

SAFE = 2**53 - 1  # The largest int that plain JSON may carry.
BITS = 14_284  # An int of this many bits has at most 4300 digits, the most that the wire carries.
PLAIN = {str, bool, type(None)}

encode_json = json.JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":")).encode


class Unsupported(Exception):
    """A value that the wire does not carry."""


class Frame:
    __slots__ = ("kind", "tagged", "slot", "request", "callable", "value", "buffers")

    def __init__(self, data, start, header):
        length, self.kind, flags, self.slot, self.request, self.callable, value, count = header
        self.tagged = flags & TAGGED
        end = start + HEADER.size + value
        self.value = str(data[start + HEADER.size : end], "utf-8")
        self.buffers = []
        if count:
            # Offsets are relative to the frame's first byte.
            table = start + (end - start + 7 & ~7)
            end = table + 8 * count
            for entry in range(table, end, 8):
                (size,) = LENGTH.unpack_from(data, entry)
                begin = start + (end - start + 7 & ~7)
                end = begin + size
                self.buffers.append(memoryview(data)[begin:end])


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

    def read_large(self, total):
        """The frame that has begun, into memory of its own, which its arrays then share."""
        data = bytearray(total)
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

    def queue(self, kind, request, slot, text, tagged=False, buffers=()):
        """Queues a frame."""
        value = text.encode()
        if len(value) > limits.text:
            raise Unsupported(f"a result of {len(value)} bytes of text is over the limit of {limits.text}; return an array")
        if not self.waiting:
            self.since = perf_counter()
        self.waiting.extend(pack(kind, request, slot, value, tagged, buffers))

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


def pack(kind, request, slot, value, tagged, buffers):
    """The pieces of a frame."""
    end = HEADER.size + len(value)
    pieces, small = [], bytearray(HEADER.size)
    small += value
    if buffers:
        small += bytes(-end % 8)
        for buffer in buffers:
            small += LENGTH.pack(len(buffer))
        end += -end % 8 + 8 * len(buffers)
        for buffer in buffers:
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
    header = (end - 4, kind, TAGGED if tagged else 0, slot, request, 0, len(value), len(buffers))
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

    def learn(self, hello):
        self.depth, self.handles = hello["max-depth"], hello["max-handles"]
        self.frame, self.text = hello["max-frame"], hello["max-text"]
        self.dtypes = frozenset(hello["dtypes"])
        sys.path += hello["site"]
        # Each level of a value takes a few calls here.
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 1000 + 4 * self.depth))


ABSTRACT = {"typing", "typing_extensions", "collections.abc"}


class Classes:
    """The classes whose instances a module may give, by the names its grants have for them: where stubs define them."""

    def __init__(self, names, enums):
        self.names, self.enums, self.known = names, enums, {}

    def find(self, name):
        """The class of that name, if it exists at run time and its module is there."""
        module, _, path = name.partition(":")
        if module in ABSTRACT:
            # Stubs name them otherwise, and where they are defined is always there.
            module, path = "_collections_abc", "Set" if path == "AbstractSet" else path
        target = sys.modules.get(module)
        for part in path.split("."):
            target = getattr(target, part, None)
        return target if isinstance(target, type) else None

    def name(self, kind, hint):
        """What the other side knows the instances of a class by."""
        name = self.known.get(kind)
        if name is None:
            found = {}
            for known in self.names:
                found.setdefault(self.find(known), known)
            name = next((found[base] for base in type.mro(kind) if base in found), "")
            if len(self.known) >= 4096:
                # Python makes classes at run time, and what is cached keeps them alive.
                self.known.clear()
            self.known[kind] = name
        # A class that exists in stubs only is what its function says it is.
        if not name and hint and self.find(hint) is None:
            name = hint
        return name or f"{kind.__module__}:{kind.__qualname__}"[:200]


    def is_own(self, kind, hint=None):
        """Whether a class itself has a name here, and not only one that it inherits from. `hint` is a name it may have in stubs only."""
        name = self.name(kind, hint)
        return name in self.names and self.find(name) in (kind, None)

    def member(self, value):
        """The name of the enum that a value is a member of, and what the member is called, if it goes by value."""
        kind = type(value)
        name = self.name(kind, None)
        names = self.enums.get(name) if name in self.names else None
        if names is None or self.find(name) is not kind:
            return None
        known = kind.__members__
        if known.get(value.name) is value and value.name in names:
            return ["enum", name, value.name]
        if not isinstance(value, sys.modules["enum"].Flag):
            return None
        # The single flags that it is made of, if they are all of it.
        parts = [part for part in names if part in known and is_single(known[part].value) and known[part].value & value.value]
        parts = [part for part in parts if known[part].name == part]
        whole = 0
        for part in parts:
            whole |= known[part].value
        return ["enum", name, "|".join(parts)] if parts and whole == value.value else None


def is_single(bits):
    return isinstance(bits, int) and bits > 0 and not bits & bits - 1


def made_member(name, member):
    """The member of an enum. The host has checked both names against the grants."""
    kind = class_of(name)
    made = None
    for part in member.split("|"):
        made = kind.__members__[part] if made is None else made | kind.__members__[part]
    return made


def class_of(name):
    """A class that the host names, whose module is imported where it is one that calls may be made of."""
    kind = handles.classes.find(name)
    module = name.partition(":")[0]
    for granted in () if kind is not None else (module, handles.module):
        if granted in calls.modules:
            importing(granted)
    kind = kind or handles.classes.find(name)
    if kind is None:
        raise AttributeError(f"the class {name!r} does not exist in the installed modules")
    return kind


class Handles:
    """The objects that stay here while the other side holds a handle."""

    def __init__(self):
        self.objects, self.last = {}, 0
        # What the call whose result is being encoded says about classes.
        self.classes, self.hint, self.module = Classes([], {}), None, None
        # The result itself, which alone is of the class that its function says.
        self.result = None

    def add(self, value):
        if len(self.objects) >= limits.handles:
            raise Unsupported(f"{len(self.objects)} objects are held, which is `wire.max-handles`; release some")
        self.last += 1
        self.objects[self.last] = value
        return ["handle", self.last, self.classes.name(type(value), self.hint)]

    def release(self, names):
        for name in names:
            failures.pop(id(self.objects.pop(name, None)), None)


def decode(value, buffers):
    """A value of the tagged form."""
    if type(value) is dict:
        return {key: decode(item, buffers) for key, item in value.items()}
    if type(value) is not list:
        return value
    tag = value[0]
    if tag == "list":
        return [decode(item, buffers) for item in value[1:]]
    if tag == "tuple":
        return tuple([decode(item, buffers) for item in value[1:]])
    if tag == "set":
        return {decode(item, buffers) for item in value[1:]}
    if tag == "frozenset":
        return frozenset([decode(item, buffers) for item in value[1:]])
    if tag == "dict":
        items = iter([decode(item, buffers) for item in value[1:]])
        return dict(zip(items, items))
    if tag == "int":
        return int(value[1])
    if tag == "float":
        return float(value[1])
    if tag == "complex":
        return complex(*[decode(part, buffers) for part in value[1:]])
    if tag == "bytes":
        return bytes(buffers[value[1]])
    if tag == "array":
        import numpy

        _, index, dtype, shape = value
        data = buffers[index]
        if not len(data):
            return numpy.empty(shape, dtype)
        # Writable, as an array of one's own is: a large frame has memory of its own already.
        data = data if not data.readonly else bytearray(data)
        return numpy.ndarray(shape, dtype, data)
    if tag == "handle":
        return handles.objects[value[1]]
    if tag == "enum":
        return made_member(value[1], value[2])
    if tag == "named":
        return class_of(value[1])(*[decode(item, buffers) for item in value[2:]])
    raise ValueError(f"unknown tag {tag!r}")


def is_plain(value, depth):
    """Whether JSON as it is says everything about a value. Floats that are not finite fail in the encoder."""
    kind = type(value)
    if kind in PLAIN or kind is float:
        return True
    if kind is int:
        return -SAFE <= value <= SAFE
    if kind is dict:
        if value and (set(map(type, value)) != {str} or "__proto__" in value):
            return False
        value = value.values()
    elif kind is not list:
        return False
    if not depth:
        raise too_deep()
    kinds = set(map(type, value))
    kinds.discard(float)
    if kinds <= PLAIN:
        return True
    if kinds == {int}:
        return min(value) >= -SAFE and max(value) <= SAFE
    return all([is_plain(item, depth - 1) for item in value])


def tag(value, depth, buffers):
    """A value in tagged form, as what `encode_json` takes."""
    kind = type(value)
    if kind in PLAIN:
        return value
    if kind is int:
        if -SAFE <= value <= SAFE:
            return value
        if value.bit_length() > BITS:
            raise Unsupported("an int of more than 4300 digits can't be sent")
        return ["int", str(value)]
    if kind is float:
        return value if value - value == 0.0 else ["float", repr(value)]
    if kind is complex:
        return ["complex", tag(value.real, depth, buffers), tag(value.imag, depth, buffers)]
    if kind is bytes or kind is bytearray or kind is memoryview:
        # A copy, where later code could change it.
        buffers.append(value if kind is bytes else bytes(value))
        return ["bytes", len(buffers) - 1]
    if kind is dict:
        if not depth:
            raise too_deep()
        if set(map(type, value)) <= {str} and "__proto__" not in value:
            return {key: tag(item, depth - 1, buffers) for key, item in value.items()}
        parts = ["dict"]
        for key, item in value.items():
            parts += (tag(key, depth - 1, buffers), tag(item, depth - 1, buffers))
        return parts
    if kind is not tuple and isinstance(value, tuple):
        enum = sys.modules.get("enum")
        if enum is not None and isinstance(value, enum.Enum):
            return tag_other(value, depth, buffers)
        # One of a class that has methods which may be called.
        if handles.classes.is_own(kind, handles.hint if value is handles.result else None):
            return handles.add(value)
    if kind is list or isinstance(value, tuple) or kind is set or kind is frozenset:
        if not depth:
            raise too_deep()
        name = kind.__name__ if kind in (list, set, frozenset) else "tuple"
        return [name, *[tag(item, depth - 1, buffers) for item in value]]
    return tag_other(value, depth, buffers)


def tag_other(value, depth, buffers):
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        if type(value) is numpy.ndarray:
            return tag_array(numpy, value, buffers)
        if isinstance(value, numpy.generic):
            # Times have units, which Python's own types lose.
            if value.dtype.kind in "mM":
                return tag_array(numpy, numpy.asarray(value), buffers)
            item = value.item()
            return tag_handle(value) if isinstance(item, numpy.generic) else tag(item, depth, buffers)
    enum = sys.modules.get("enum")
    if enum is not None and isinstance(value, enum.Enum):
        return handles.classes.member(value) or handles.add(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return tag(int.__int__(value), depth, buffers)
    if isinstance(value, float):
        return tag(float.__float__(value), depth, buffers)
    return tag_handle(value)


def tag_handle(value):
    if isinstance(value, ModuleType):
        raise Unsupported(f"the result is the module `{value.__name__}`, and modules stay where they are")
    return handles.add(value)


def tag_array(numpy, array, buffers):
    text = array.dtype.newbyteorder("<").str if array.dtype.names is None else "a structure"
    if text not in limits.dtypes:
        raise Unsupported(f"an array of dtype {array.dtype} can't be sent; convert it, for example with `astype`")
    array = numpy.asarray(array, dtype=text, order="C")
    buffers.append(memoryview(array.reshape(-1).view("|u1")) if array.size else b"")
    return ["array", len(buffers) - 1, text, list(array.shape)]


def too_deep():
    return Unsupported(f"nested deeper than `wire.max-depth`, which is {limits.depth}, or containing itself")


class Calls:
    """Calling, and being interrupted at it."""

    def __init__(self):
        self.slots = {}
        # The modules of which calls may be made.
        self.modules = set()
        self.current = None  # The request whose call runs.
        self.signalled = False  # A signal came while no call ran, or while a frame was being written.
        self.cancelled = set()

    def open(self, frame):
        names = json.loads(frame.value)
        callables = [[path, kind, None, True, result] for path, kind, result in names["callables"]]
        if names["module"] is None:
            for entry in callables:
                entry[2] = OPERATIONS[entry[0]]
        else:
            self.modules.add(names["module"])
        self.slots[frame.slot] = (names["module"], callables, Classes(names["classes"], names["enums"]))

    def interrupt(self, _signal, _frame):
        """The handler of SIGINT. It interrupts the call that was cancelled, and no other."""
        if self.current is None or pipe.writing:
            self.signalled = True
            return
        self.signalled = False
        self.cancelled.update(pipe.look_ahead())
        if self.current in self.cancelled:
            raise KeyboardInterrupt

    def interrupt_late(self):
        if self.signalled:
            self.interrupt(None, None)

    def answer(self, frame):
        """Calls, and queues the answer."""
        try:
            self.call(frame)
        except KeyboardInterrupt:
            # It came while the answer was being made.
            self.current = None
            fail(frame, "cancelled", "cancelled", "the call was cancelled")

    def call(self, frame):
        if frame.request in self.cancelled:
            fail(frame, "cancelled", "cancelled", "the call was cancelled before it began")
            return
        try:
            self.current = frame.request
            self.interrupt_late()
            result = self.result(frame)
            self.current = None
        except BaseException as error:
            self.current = None
            if isinstance(error, KeyboardInterrupt) and frame.request in self.cancelled:
                fail(frame, "cancelled", "cancelled", "the call was cancelled")
            elif isinstance(error, Unsupported):
                fail(frame, "unsupported", "value-unsupported", str(error))
            else:
                fail_with(frame, error)
            return
        try:
            handles.result = result
            text, tagged, buffers = encode(result)
            pipe.queue(RESULT, frame.request, frame.slot, text, tagged, buffers)
            if buffers:
                # A later call may change what the answer shares with it.
                pipe.flush()
        except Unsupported as error:
            fail(frame, "unsupported", "value-unsupported", str(error))
        except UnicodeEncodeError:
            fail(frame, "unsupported", "value-unsupported", "a str with half a surrogate pair can't be sent")
        except Exception as error:
            # Such as a property of an object that fails.
            fail_with(frame, error)
        finally:
            handles.result = None

    def result(self, frame):
        module, callables, classes = self.slots[frame.slot]
        entry = callables[frame.callable]
        args, kwargs = json.loads(frame.value)
        handles.classes, handles.hint, handles.module = classes, entry[4], module
        if frame.tagged:
            args = [decode(item, frame.buffers) for item in args]
            kwargs = {name: decode(item, frame.buffers) for name, item in kwargs.items()}
        if entry[1] in "mgs":
            return of_instance(classes, entry, args, kwargs)
        target = entry[2]
        if target is None:
            target = resolve(module, entry[0])
            if entry[1] == "a":
                return target
            entry[2] = target
        return awaited(target(*args, **kwargs))

    def batch(self, frames):
        """Answers a batch of frames, as far as possible with one write."""
        self.cancelled.update([frame.request for frame in frames if frame.kind == CANCEL])
        for frame in frames:
            if frame.kind == CALL:
                entry = self.slots[frame.slot][1][frame.callable]
                started = perf_counter()
                if pipe.waiting and (entry[3] or started - pipe.since > PATIENCE):
                    pipe.flush()
                self.answer(frame)
                printed.flush()
                entry[3] = perf_counter() - started > QUICK
            elif frame.kind == CANCEL:
                # Frames come in order, so its call has been answered.
                self.cancelled.discard(frame.request)
            elif frame.kind == OPEN:
                self.open(frame)
            elif frame.kind == RELEASE:
                handles.release(json.loads(frame.value))
            elif frame.kind == HELLO:
                greet(frame)
        pipe.flush()


def encode(value):
    """A value as JSON text, whether it is tagged, and its buffers."""
    if is_plain(value, limits.depth):
        try:
            return encode_json(value), False, ()
        except ValueError:
            # A float that is not finite.
            pass
    buffers = []
    return encode_json(tag(value, limits.depth, buffers)), True, buffers


def resolve(module, path):
    """What a grant names. Walking attributes ends at a module, unless it is the one that the path itself names."""
    target = importing(module)
    name = module
    for part in path.split("."):
        name = f"{name}.{part}"
        try:
            target = getattr(target, part)
        except AttributeError:
            if not isinstance(target, ModuleType):
                raise
            try:
                target = importing(name)
            except ModuleNotFoundError:
                raise AttributeError(f"the installed module {module!r} has no {path!r}") from None
        if isinstance(target, ModuleType) and (name == f"{module}.{path}" or sys.modules.get(name) is not target):
            raise AttributeError(f"{name!r} is another module, {target.__name__!r}")
    return target


def of_instance(classes, entry, args, kwargs):
    """Calls, reads or assigns what an instance has."""
    owner, _, name = entry[0].rpartition(".")
    receiver = args[0]
    kind = entry[2]
    if kind is None:
        # Only what was imported can have instances.
        entry[2] = kind = classes.find(owner)
    # The host has judged this by the grants; a class says for itself what belongs to it, whatever an instance claims.
    if kind is not None and not issubclass(type(receiver), kind):
        raise TypeError(f"{name!r} of {owner!r} was called on an object of {type(receiver).__name__!r}")
    if entry[1] == "g":
        return getattr(receiver, name)
    if entry[1] == "s":
        return setattr(receiver, name, args[1])
    # Operators and functions look for the other operand's method too, where an object's own says that it knows none.
    function = FUNCTIONS.get(name)
    if function is not None and not kwargs:
        return function(*args)
    return awaited(getattr(receiver, name)(*args[1:], **kwargs))


def functions():
    """What Python calls special methods by."""
    import operator

    names = (
        "abs add and_ contains delitem eq floordiv ge getitem gt iadd iand ifloordiv ilshift imatmul imod imul index invert "
        "ior ipow irshift isub itruediv ixor le lshift lt matmul mod mul ne neg or_ pos rshift setitem sub truediv xor"
    )
    special = {f"__{name.rstrip('_')}__": getattr(operator, name) for name in names.split()}
    known = (bool, bytes, complex, dir, divmod, float, format, hash, int, iter, len, next, pow, repr, reversed, round, str)
    return special | {f"__{function.__name__}__": function for function in known}


FUNCTIONS = functions()


BATCH = 1024  # Most items of one answer.
HASTE = 0.002  # Seconds after which an answer leaves with the items there are, so that what comes slowly is seen as it comes.

failures = {}  # What an iterator raised behind items that had to be answered first, by its id. It is held meanwhile.


def iterate(value):
    """An iterator over an object."""
    if hasattr(type(value), "__aiter__"):
        return Driven(type(value).__aiter__(value))
    return iter(value)


def following(iterator, count):
    """The next items of an iterator, and whether they were the last."""
    failure = failures.pop(id(iterator), None)
    if failure is not None:
        raise failure
    items = []
    until = perf_counter() + HASTE
    try:
        while len(items) < max(1, min(count, BATCH)) and (not items or perf_counter() < until):
            items.append(next(iterator))
    except StopIteration:
        return [True, items]
    except Exception as error:
        if not items:
            raise
        failures[id(iterator)] = error
    return [False, items]


def close(iterator):
    """Ends an iterator early: a generator runs what it has to at its end."""
    failures.pop(id(iterator), None)
    if hasattr(type(iterator), "close"):
        iterator.close()


def take(value):
    """An object as data: what it holds, without what it can do."""
    kind = type(value)
    fields = getattr(kind, "__dataclass_fields__", None)
    if fields is not None:
        return {name: taken(getattr(value, name)) for name in fields if hasattr(value, name)}
    if hasattr(kind, "model_dump") and hasattr(kind, "model_fields"):
        return value.model_dump()
    enum = sys.modules.get("enum")
    if enum is not None and isinstance(value, enum.Enum):
        return taken(value.value)
    abstract = sys.modules["_collections_abc"]
    if isinstance(value, abstract.Mapping):
        return {key: taken(value[key]) for key in value}
    if isinstance(value, abstract.Set):
        return set(value)
    if isinstance(value, abstract.Sequence):
        return [taken(item) for item in value]
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, pandas.DataFrame):
        columns = [column(value.iloc[:, at]) for at in range(value.shape[1])]
        return {"index": column(value.index), "columns": dict(zip(value.columns, columns, strict=True))}
    if pandas is not None and isinstance(value, pandas.Series):
        return {"index": column(value.index), "values": column(value)}
    if pandas is not None and isinstance(value, pandas.Index):
        return column(value)
    raise Unsupported(f"an object of {kind.__module__}.{kind.__qualname__} has no form as data; call its methods")


def taken(value):
    """What an object holds, as data if it has such a form."""
    kind = type(value)
    if kind is list or kind is tuple:
        return kind([taken(item) for item in value])
    if kind is dict:
        return {key: taken(item) for key, item in value.items()}
    if kind.__module__ == "builtins":
        return value
    try:
        return take(value)
    except Unsupported:
        return value


def column(values):
    """A column of a table: an array where its dtype is one that is sent, else a list."""
    array = values.to_numpy()
    return array if array.dtype.kind in "biufcmM" else values.tolist()


class Driven:
    """An asynchronous iterator, driven from outside."""

    def __init__(self, source):
        self.source = source

    def __iter__(self):
        return self

    def __next__(self):
        try:
            return run(self.source.__anext__())
        except StopAsyncIteration:
            raise StopIteration from None

    def close(self):
        if hasattr(self.source, "aclose"):
            run(self.source.aclose())


def awaited(value):
    """What a call gives in the end: that of an `async def` gives something to wait for."""
    return run(value) if type(value) is COROUTINE else value


def run(awaitable):
    """Waits for something on the one event loop there is."""
    global loop
    if loop is None:
        import asyncio

        loop = asyncio.new_event_loop()

    async def wait():
        return await awaitable

    return loop.run_until_complete(wait())


async def nothing():
    """Only its type is of interest."""


COROUTINE = type(coroutine := nothing())
coroutine.close()
loop = None
OPERATIONS = {"iterate": iterate, "next": following, "close": close, "take": take, "str": str, "repr": repr}


def importing(name):
    __import__(name)
    return sys.modules[name]


def fail(frame, kind, code, message, **more):
    # Only what a module says can have half a surrogate pair.
    error = {"kind": kind, "code": code, "message": message, **more}
    text = encode_json(error).encode("utf-8", "replace").decode()
    pipe.queue(ERROR, frame.request, frame.slot, text)


def fail_with(frame, error):
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    try:
        message = str(error)[:TEXT]
    except Exception:
        message = "the exception's own text could not be made"
    fail(frame, "python", "python-error", message, type=name, traceback=traceback_of(error))


def traceback_of(error):
    """The traceback, without the frames of this file."""
    place = error.__traceback__
    while place is not None and place.tb_frame.f_globals is globals():
        place = place.tb_next
    try:
        import traceback

        return "".join(traceback.format_exception(type(error), error, place))[-TEXT:]
    except Exception:
        return ""


def greet(frame):
    hello = json.loads(frame.value)
    if hello["wire"] != WIRE:
        fail(frame, "protocol", "wire-version", f"the worker speaks wire {WIRE}, the host {hello['wire']}")
        return
    if sys.version_info < (3, 10):
        version = ".".join(map(str, sys.version_info[:3]))
        fail(frame, "protocol", "interpreter-missing", f"Python {version} is too old; tywrap needs 3.10 or newer")
        return
    limits.learn(hello)
    python = ".".join(map(str, sys.version_info[:3]))
    text = encode_json({"wire": WIRE, "peer": "tywrap-worker", "python": python})
    pipe.queue(HELLO, frame.request, 0, text)


pipe = Pipe()
limits = Limits()
handles = Handles()
calls = Calls()
printed = sys.stdout = sys.__stdout__ = Printed()
signal.signal(signal.SIGINT, calls.interrupt)

if __name__ == "__main__":
    while True:
        received = pipe.read()
        if not received:
            # The host is gone, and with it everybody who could use what is here.
            os._exit(0)
        calls.batch(received)
        received = None
