# What may be done with any object: going through it, and taking it as data.

BATCH = 1024  # Most items of one answer.
HASTE = 0.002  # Seconds after which an answer leaves with the items there are, so that what comes slowly is seen as it comes.


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
    if type(iterator) is Driven:
        return iterator.following(count)
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
        return iterator.close()
    return None


def take(value):
    """An object as data: what it holds, without what it can do."""
    kind = type(value)
    if hasattr(kind, "__dataclass_fields__"):
        # Not what is only given to the constructor, nor what is of the class.
        fields = sys.modules["dataclasses"].fields(kind)
        return {field.name: taken(getattr(value, field.name)) for field in fields if hasattr(value, field.name)}
    if hasattr(kind, "model_dump") and hasattr(kind, "model_fields"):
        return value.model_dump()
    enum = sys.modules.get("enum")
    if enum is not None and isinstance(value, enum.Enum):
        return taken(value.value)
    if tag_scalar(value) is not None:
        # It goes by its text, and is data already.
        return value
    # Before mappings, since one of the formats is a dict.
    sparse = sys.modules.get("scipy.sparse")
    if sparse is not None and sparse.issparse(value):
        return sparse_parts(value)
    abstract = importing("_collections_abc")
    if isinstance(value, abstract.Mapping):
        return {key: taken(value[key]) for key in value}
    if isinstance(value, abstract.Set):
        return set(value)
    if isinstance(value, tuple):
        return tuple([taken(item) for item in value])
    if isinstance(value, abstract.Sequence):
        return [taken(item) for item in value]
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, pandas.DataFrame):
        return frame(pandas, value)
    if pandas is not None and isinstance(value, pandas.Series):
        return series(pandas, value)
    if pandas is not None and isinstance(value, pandas.Index):
        return column(value)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray):
        return numpy.asarray(value)
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


def sparse_parts(matrix):
    """A sparse matrix or array: its format, its shape, and the arrays it consists of. A format without such arrays goes as `coo`."""
    if matrix.format not in ("csr", "csc", "coo", "bsr", "dia"):
        matrix = matrix.tocoo()
    parts = {"format": matrix.format, "shape": list(map(int, matrix.shape)), "data": matrix.data}
    if matrix.format == "coo":
        names = ("row", "col") if matrix.ndim == 2 else ("coords",)
    else:
        names = ("offsets",) if matrix.format == "dia" else ("indices", "indptr")
    for name in names:
        part = getattr(matrix, name)
        parts[name] = list(part) if type(part) is tuple else part
    return parts


def leave(manager, failure, asynchronous):
    """Leaves a context manager; whether it wants the failure to be forgotten. What failed elsewhere has no class here, so Python is told
    of a `RuntimeError` that says the same."""
    kind = type(manager)
    error = None if failure is None else RuntimeError(failure)
    told = (None if error is None else RuntimeError, error, None)
    if asynchronous:
        return truth(kind.__aexit__(manager, *told))
    return bool(kind.__exit__(manager, *told))


async def truth(awaitable):
    return bool(await awaitable)


class Driven:
    """An asynchronous iterator, driven from outside."""

    def __init__(self, source):
        self.source = source

    async def following(self, count):
        items = []
        until = perf_counter() + HASTE
        try:
            while len(items) < max(1, min(count, BATCH)) and (not items or perf_counter() < until):
                items.append(await self.source.__anext__())
        except StopAsyncIteration:
            return [True, items]
        except Exception as error:
            if not items:
                raise
            failures[id(self)] = error
        return [False, items]

    async def close(self):
        if hasattr(self.source, "aclose"):
            await self.source.aclose()


OPERATIONS = {"iterate": iterate, "next": following, "close": close, "take": take, "str": str, "repr": repr, "leave": leave}
