# Calls, by what the grants name.


class Calls:
    """Calling, and being interrupted at it."""

    def __init__(self):
        self.slots = {}
        # The modules of which calls may be made.
        self.modules = set()
        self.current = None  # The request whose call runs.
        self.signalled = False  # A signal came while no call ran, or while a frame was being written, or this looked ahead.
        self.looking = False
        self.cancelled = set()

    def open(self, frame):
        names = decode_json(frame.value)
        callables = [[path, kind, None, True, result] for path, kind, result in names["callables"]]
        if names["module"] is None:
            for entry in callables:
                entry[2] = OPERATIONS[entry[0]]
        else:
            self.modules.add(names["module"])
        self.slots[frame.slot] = (names["module"], callables, Classes(names["classes"], names["enums"]))

    def interrupt(self, _signal, _frame):
        """The handler of SIGINT. It interrupts the call that was cancelled, and no other."""
        if self.current is None or pipe.writing or self.looking:
            self.signalled = True
            return
        self.signalled = True
        while self.signalled:
            # One that comes meanwhile must not read what this one has seen to be there.
            self.looking, self.signalled = True, False
            self.cancelled.update(pipe.look_ahead())
            self.looking = False
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
            self.failed(frame, error)
            return
        if type(result) is COROUTINE:
            tasks.begin(frame, result)
        else:
            self.succeeded(frame, result)

    def failed(self, frame, error):
        """Answers a call that raised something."""
        if isinstance(error, tasks.interruptions) and frame.request in self.cancelled:
            fail(frame, "cancelled", "cancelled", "the call was cancelled")
        elif isinstance(error, Unsupported):
            fail(frame, "unsupported", "value-unsupported", str(error))
        else:
            fail_with(frame, error)

    def succeeded(self, frame, result):
        """Answers a call with its result, or with why that can't be said."""
        try:
            handles.of(frame.origin)
            handles.result = result
            text, tagged, buffers = encode(result)
            pipe.queue(RESULT, frame.request, frame.slot, text, tagged, buffers, shared=frame.shared)
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
        args, kwargs = decode_json(frame.value)
        frame.origin = (classes, entry[4], module)
        handles.of(frame.origin)
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
        return target(*args, **kwargs)

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
                # Frames come in order, so its call has been answered, or is waited for.
                if not tasks.cancel(frame.request):
                    self.cancelled.discard(frame.request)
            elif frame.kind == OPEN:
                self.open(frame)
            elif frame.kind == RELEASE:
                handles.release(decode_json(frame.value))
            elif frame.kind == TAKEN:
                memory.taken(frame.request)
            elif frame.kind in (RESULT, ERROR):
                callbacks.answered(frame)
            elif frame.kind == HELLO:
                greet(frame)
        callbacks.let_go()
        pipe.flush()


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
    function = (FUNCTIONS or functions()).get(name)
    if function is not None and not kwargs:
        return function(*args)
    return getattr(receiver, name)(*args[1:], **kwargs)


FUNCTIONS = {}  # What Python calls special methods by, once it is needed.


def functions():
    """Fills that table."""
    import _operator as operator  # Of `operator` itself nothing else is needed.

    names = (
        "abs add and_ contains delitem eq floordiv ge getitem gt iadd iand ifloordiv ilshift imatmul imod imul index invert "
        "ior ipow irshift isub itruediv ixor le lshift lt matmul mod mul ne neg or_ pos rshift setitem sub truediv xor"
    )
    special = {f"__{name.rstrip('_')}__": getattr(operator, name) for name in names.split()}
    known = (bool, bytes, complex, dir, divmod, float, format, hash, int, iter, len, next, pow, repr, reversed, round, str)
    FUNCTIONS.update(special, **{f"__{function.__name__}__": function for function in known})
    return FUNCTIONS
