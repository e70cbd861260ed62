# Memory that the host, its client and this worker share: large arrays lie there instead of in frames.


class Region:
    """A part of the client's memory that holds a buffer. It is the client's until the call is answered."""

    __slots__ = ("offset", "length")

    def __init__(self, offset, length):
        self.offset, self.length = offset, length

    def copy(self):
        """What it holds, in memory of one's own: the client could change what it has written."""
        data = large(self.length)
        view, at = memoryview(data), 0
        while at < self.length:
            size = os.preadv(memory.reads, [view[at:]], self.offset + at)
            if not size:
                raise OSError("the shared memory ends too early")
            at += size
        return data


def large(length):
    """Memory for an array."""
    numpy = sys.modules.get("numpy")
    # Its pages are large ones where the system has such; and it is not filled with zeros first.
    return bytearray(length) if numpy is None else numpy.empty(length, "|u1").data


class Memory:
    """The memory that results are written to, and where each of them is until it has been taken out."""

    def __init__(self):
        self.reads = self.writes = None
        self.size = 0
        self.held = []  # Of each buffer, in order: where it begins, where the next may begin, and the request of its result.

    def learn(self, said):
        self.reads, self.writes, self.size = said["reads"], said["writes"], said["size"]

    def keep(self, request, buffer):
        """Writes a buffer where there is room. Its offset, or nothing if there is none."""
        end, at = PAGE, 0
        for at, (begin, behind, _) in enumerate(self.held):
            if begin - end >= len(buffer):
                break
            end = behind
        else:
            at = len(self.held)
        if self.size - end < len(buffer):
            return None
        view, written = memoryview(buffer), 0
        try:
            while written < len(view):
                written += os.pwrite(self.writes, view[written:], end + written)
        except OSError:
            # There is no memory left for it, or the policy's `file-size` is smaller.
            return None
        self.held.insert(at, (end, end + len(view) + PAGE - 1 & -PAGE, request))
        return end

    def taken(self, request):
        """Nobody needs the result of a request any more."""
        self.held = [entry for entry in self.held if entry[2] != request]
