# Memory that the host reads: large results lie there instead of in frames.


class Memory:
    """What results are written to, and where each of them is until it has been taken out."""

    def __init__(self):
        self.descriptor = None
        self.size = 0
        self.held = []  # Of each buffer, in order: where it begins, where the next may begin, and the request of its result.

    def learn(self, said):
        self.descriptor, self.size = said["descriptor"], said["size"]

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
                written += os.pwrite(self.descriptor, view[written:], end + written)
        except OSError:
            # There is no memory left for it, or the policy's `file-size` is smaller.
            return None
        self.held.insert(at, (end, end + len(view) + PAGE - 1 & -PAGE, request))
        return end

    def taken(self, request):
        """Nobody needs the result of a request any more."""
        self.held = [entry for entry in self.held if entry[2] != request]
