"""What `newer.pyi` describes, for every Python that runs the tests."""


class Stack:
    """A stack."""

    def __init__(self, items=()):
        self._items = list(items)

    def push(self, item):
        self._items.append(item)

    def pop(self):
        return self._items.pop()

    def map(self, function):
        return Stack(function(item) for item in self._items)

    @property
    def size(self):
        return len(self._items)


def tag(name, value):
    return (name, value)


def total(*numbers):
    return sum(numbers)


def flat(nested):
    if not isinstance(nested, list):
        return [nested]
    return [leaf for branch in nested for leaf in flat(branch)]


def call(function, *args, **kwargs):
    return function(*args, **kwargs)


def zipped(*values):
    return values


def half(number):
    return number / 2
