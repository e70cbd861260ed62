# Failing, and the loop that all of it runs in.


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
    if is_of_network(error, set()):
        message = f"{message}; {limits.network}"
    fail(frame, "python", "python-error", message, type=name, traceback=traceback_of(error))


def is_of_network(error, seen):
    """Whether an exception, or one that it is made of, is that of a socket which the sandbox refuses."""
    if not isinstance(error, BaseException) or id(error) in seen:
        return False
    seen.add(id(error))
    if isinstance(error, OSError):
        if type(error).__name__ == "gaierror":
            return True
        if error.errno in (1, 13) and is_in_socket(error.__traceback__):
            return True
    # Libraries keep what they caught in their arguments, too.
    inner = (error.__cause__, error.__context__, getattr(error, "reason", None), *error.args)
    return any(is_of_network(part, seen) for part in inner)


def is_in_socket(place):
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    if place is None:
        return False
    code = place.tb_frame.f_code
    return code.co_filename.endswith("socket.py") or any("connect" in name for name in (code.co_name, *code.co_names))


def traceback_of(error):
    """The traceback, without the frames of this file at its ends."""
    place = error.__traceback__
    while place is not None and place.tb_frame.f_globals is globals():
        place = place.tb_next
    try:
        import traceback

        told = traceback.TracebackException(type(error), error, place)
        while told.stack and told.stack[-1].filename == traceback_of.__code__.co_filename:
            told.stack.pop()
        return "".join(told.format())[-TEXT:]
    except Exception:
        return ""


def greet(frame):
    hello = decode_json(frame.value)
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
memory = Memory()
handles = Handles()
calls = Calls()
tasks = Tasks()
callbacks = Callbacks()
printed = sys.stdout = sys.__stdout__ = Printed()
signal.signal(signal.SIGINT, calls.interrupt)
sys.addaudithook(audit)


def read():
    """Every frame that has arrived, at least one."""
    received = tasks.read()
    if not received:
        # The host is gone, and with it everybody who could use what is here.
        os._exit(0)
    return received


def serve():
    calls.batch(read())
    import select  # For signal handlers, and not before the host was answered.

    while True:
        received = callbacks.left() or read()
        calls.batch(received)
        received = None


if __name__ == "__main__":
    serve()
