# Functions of the other side. Python calls them while a call of that side is open, and waits.

MOST_WITHIN = 32  # Functions that are waited for, each called inside of what the one before it called.


class CallbackError(Exception):
    """A function of the other side failed, gave what its parameter does not take, or could not be called."""


CallbackError.__module__ = "tywrap"


class Callback:
    """A function of the other side."""

    def __init__(self, number, asynchronous):
        self.number, self.asynchronous = number, asynchronous
        self.__name__ = self.__qualname__ = "callback"

    def __call__(self, *args, **kwargs):
        if self.asynchronous:
            return callbacks.call_later(self.number, args, kwargs)
        return callbacks.call(self.number, args, kwargs)

    def __del__(self):
        callbacks.forgotten.append(self.number)


Callback.__module__ = "tywrap"


class Callbacks:
    """The calls of such functions that are open."""

    def __init__(self):
        # By request: what answered it, or the future that is waited for.
        self.open, self.last, self.depth = {}, 0, 0
        # What arrived meanwhile, and what of that has to wait until the call that is being made has ended.
        self.inbox, self.deferred = [], []
        # The numbers of the functions that nothing here refers to any more.
        self.forgotten = []

    def call(self, number, args, kwargs):
        """Calls a function, and does what is asked inside of it until it has answered."""
        if self.depth == MOST_WITHIN:
            raise CallbackError(f"{MOST_WITHIN} functions wait for one another, which is the most")
        current, origin, result = calls.current, (handles.classes, handles.hint, handles.module), handles.result
        request = self.ask(number, args, kwargs, NESTED)
        self.depth += 1
        self.open[request] = None
        try:
            while self.open[request] is None:
                self.take(self.next())
                calls.current = current
                if current in calls.cancelled:
                    raise KeyboardInterrupt
        finally:
            self.depth -= 1
            answer = self.close(request)
            calls.current, handles.result = current, result
            handles.of(origin)
        return given(answer)

    async def call_later(self, number, args, kwargs):
        """Calls a function that gives something to wait for."""
        import asyncio

        if asyncio.get_running_loop() is not tasks.loop:
            # Nobody would see the answer come while that loop runs.
            return self.call(number, args, kwargs)
        request = self.ask(number, args, kwargs, 0)
        origin = (handles.classes, handles.hint, handles.module)
        self.open[request] = future = tasks.loop.create_future()
        try:
            answer = await future
        finally:
            self.close(request)
        handles.of(origin)
        return given(answer)

    def ask(self, number, args, kwargs, nested):
        if get_ident() != pipe.main:
            raise CallbackError("a function of TypeScript can be called in the thread that called Python, and in no other")
        self.last = self.last % 0xFFFF_FFFF + 1
        handles.result = None
        text, tagged, buffers = encode_arguments(args, kwargs)
        pipe.queue(CALL, self.last, 0, text, tagged, buffers, number, nested)
        pipe.flush()
        return self.last

    def close(self, request):
        """Forgets a call, and says so if nobody waits for its answer any more. What answered it, if anything did."""
        answer = self.open.pop(request)
        if answer is None or type(answer) is not Frame and (not answer.done() or answer.cancelled()):
            pipe.queue(CANCEL, request, 0, "null")
        return answer

    def next(self):
        """The next frame."""
        if not self.inbox:
            # Nothing of a call's runs in there that could be interrupted; that it is to be, a frame says, too.
            calls.current = None
            self.inbox = read()
            calls.cancelled.update([frame.request for frame in self.inbox if frame.kind == CANCEL])
        return self.inbox.pop(0)

    def take(self, frame):
        """Does what can be done inside of a call, and leaves the rest for later."""
        if frame.kind in (RESULT, ERROR):
            self.answered(frame)
        elif frame.kind == OPEN:
            calls.open(frame)
        elif frame.kind == CALL and frame.nested:
            calls.answer(frame)
            printed.flush()
            self.let_go()
            pipe.flush()
        elif frame.kind != CANCEL or not tasks.cancel(frame.request):
            self.deferred.append(frame)

    def answered(self, frame):
        if frame.request not in self.open:
            # Nobody waits for it any more.
            return
        waiting = self.open[frame.request]
        if waiting is None:
            self.open[frame.request] = frame
        elif not waiting.done():
            waiting.set_result(frame)

    def left(self):
        """What arrived and was not done; mostly nothing."""
        if not self.deferred and not self.inbox:
            return None
        left, self.inbox, self.deferred = self.deferred + self.inbox, [], []
        return left

    def let_go(self):
        """Says which functions nothing here refers to any more."""
        if self.forgotten:
            forgotten, self.forgotten = self.forgotten, []
            pipe.queue(RELEASE, 0, 0, encode_json(forgotten))


def given(frame):
    """What a function gave, or what it raised."""
    value = decode_json(frame.value)
    if frame.kind == ERROR:
        raise CallbackError(value["message"])
    return decode(value, frame.buffers) if frame.tagged else value
