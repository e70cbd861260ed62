"""A module that tells whether it was reached."""

import os
import time

LIMIT = 7
NASTY = "`${evil}` \"'; */ </script> \u2028 \\ \u202e //# sourceMappingURL=data:x"

_calls = []


def calls():
    """The names of the functions that were called, in order."""
    return list(_calls)


def add(a, b=1, /, *more):
    """The sum of integers."""
    _calls.append("add")
    return a + b + sum(more)


def greet(name, *, greeting="Hello", times=1):
    """A greeting."""
    _calls.append("greet")
    return ", ".join([f"{greeting} {name}"] * times)


def describe(options):
    """The options as text."""
    _calls.append("describe")
    return repr(sorted(options.items()))


def echo(value):
    """The value itself."""
    _calls.append("echo")
    return value


def type_name(value):
    """The name of the value's type, as Python sees it."""
    _calls.append("type_name")
    return type(value).__name__


def fail(message):
    """Raises an error of Python's."""
    _calls.append("fail")
    raise ValueError(message)


def sleep(seconds):
    """Waits."""
    _calls.append("sleep")
    time.sleep(seconds)


def leave():
    """Ends the process that runs Python."""
    _calls.append("leave")
    os._exit(7)


def choose(choice):
    """The choice itself."""
    _calls.append("choose")
    return choice


def hidden():
    """Never granted."""
    _calls.append("hidden")
    return "reached"
