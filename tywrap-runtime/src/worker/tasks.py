# Asynchronous functions: what they give is waited for on one event loop, side by side, while other calls are made.


async def nothing():
    """Only its type is of interest."""


COROUTINE = type(coroutine := nothing())
coroutine.close()


class Tasks:
    """The calls that are waited for."""

    def __init__(self):
        self.loop = None
        self.running = {}  # By request.
        self.readable = False
        # What a call raises that was cancelled.
        self.interruptions = KeyboardInterrupt

    def begin(self, frame, coroutine):
        """Begins what a call gave to wait for. The answer leaves when it is there."""
        if self.loop is not None and self.loop.is_running():
            coroutine.close()
            text = "an asynchronous function can't be waited for inside of a function that the event loop itself waits for"
            fail(frame, "unsupported", "value-unsupported", text)
            return
        if self.loop is None:
            import asyncio

            self.loop = asyncio.new_event_loop()
            self.interruptions = (KeyboardInterrupt, asyncio.CancelledError)
        if not self.running:
            self.loop.add_reader(pipe.input, self.stop)
        task = self.running[frame.request] = self.loop.create_task(self.finish(frame, coroutine))
        task.add_done_callback(lambda task: self.ended(frame, task, coroutine))

    async def finish(self, frame, coroutine):
        try:
            result = await Steps(frame, coroutine)
        except BaseException as error:
            calls.failed(frame, error)
        else:
            calls.succeeded(frame, result)

    def ended(self, frame, task, coroutine):
        if task.cancelled():
            # Before it was begun.
            coroutine.close()
            fail(frame, "cancelled", "cancelled", "the call was cancelled before it began")
        del self.running[frame.request]
        calls.cancelled.discard(frame.request)
        if not self.running:
            self.loop.remove_reader(pipe.input)
        self.loop.stop()

    def cancel(self, request):
        """Cancels a call that is waited for. Whether it is one."""
        task = self.running.get(request)
        return task is not None and (task.cancel() or True)

    def stop(self):
        self.readable = True
        self.loop.stop()

    def read(self):
        """As [`Pipe.read`], while what is waited for goes on."""
        # Inside of one of them the loop can't go on: it is where that waits.
        while self.running and not self.loop.is_running():
            self.readable = pipe.has_frame()
            if self.readable:
                self.loop.call_soon(self.loop.stop)
            try:
                self.loop.run_forever()
            except (KeyboardInterrupt, SystemExit):
                # Of a task that a module began; whoever waits for it is told.
                continue
            callbacks.let_go()
            pipe.flush()
            if self.readable:
                break
        return pipe.read()


class Steps:
    """A coroutine to wait for, each step of which is the call's: it is interrupted if the call is cancelled."""

    def __init__(self, frame, coroutine):
        self.frame, self.coroutine = frame, coroutine

    def __await__(self):
        value = error = None
        while True:
            before, calls.current = calls.current, self.frame.request
            handles.of(self.frame.origin)
            try:
                calls.interrupt_late()
            except KeyboardInterrupt as raised:
                error = error or raised
            try:
                if error is None:
                    waits = self.coroutine.send(value)
                else:
                    waits = self.coroutine.throw(error)
            except StopIteration as done:
                return done.value
            finally:
                calls.current = before
            try:
                value, error = (yield waits), None
            except BaseException as raised:
                value, error = None, raised
