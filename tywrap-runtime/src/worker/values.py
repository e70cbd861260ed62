# Values: what they are on the wire.


def decode(value, buffers):
    """A value of the tagged form."""
    if type(value) is dict:
        return {key: decode(item, buffers) for key, item in value.items()}
    if type(value) is not list:
        return value
    tag = value[0]
    if tag == "list":
        return [decode(item, buffers) for item in value[1:]]
    if tag == "rows":
        return made_rows(value, buffers)
    if tag == "plain":
        return value[1]
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
        try:
            import numpy
        except ModuleNotFoundError:
            raise TypeError("an array is numpy's, which is not installed here; pass a list") from None

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
    if tag == "scalar":
        return value_of(value[1], value[2])
    if tag == "callback":
        return Callback(value[1], value[2])
    if tag == "frame":
        return made_frame(value, buffers)
    if tag == "series":
        return made_series(value, buffers)
    if tag == "named":
        return class_of(value[1])(*[decode(item, buffers) for item in value[2:]])
    raise ValueError(f"unknown tag {tag!r}")


def is_plain(value, depth, finite=False):
    """Whether JSON as it is says everything about a value. Floats that are not finite fail in the encoder, unless `finite` asks for them."""
    kind = type(value)
    if kind in PLAIN or kind is float:
        return True
    if kind is int:
        return -SAFE <= value <= SAFE
    if kind is not list and kind is not dict:
        return False
    # Level by level, so that what runs for each item is C.
    level = [value]
    while True:
        kinds = set(map(type, level))
        if not kinds <= JSON:
            return False
        if int in kinds:
            ints = only(int, level, kinds)
            if min(ints) < -SAFE or max(ints) > SAFE:
                return False
        if finite and float in kinds:
            # One that is not finite makes the sum so; where they are merely many and large, the tagged form does as well.
            total = sum(only(float, level, kinds))
            if total - total != 0.0:
                return False
        below = []
        if dict in kinds:
            dicts = only(dict, level, kinds)
            # Their types first: comparing keys of other classes would run what these say of it.
            if not set(map(type, chain.from_iterable(dicts))) <= {str} or "__proto__" in set().union(*dicts):
                return False
            below += chain.from_iterable(map(dict.values, dicts))
        if list in kinds:
            below += chain.from_iterable(only(list, level, kinds))
        elif dict not in kinds:
            return True
        if not depth:
            raise too_deep()
        depth -= 1
        if len(below) > limits.text:
            raise Unsupported(f"a result of more than {limits.text} items is over the limit for its text; return an array")
        level = below


def only(kind, items, kinds):
    """The items that are of a kind, which are all if it is the only one."""
    return items if len(kinds) == 1 else [item for item in items if type(item) is kind]


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
    if depth == buffers.beside and (kind is list or kind is dict) and id(value) not in buffers.known and is_plain(value, depth, True):
        return ["plain", value]
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
        if kind is list and looks_like_rows(value):
            rows = tag_rows(value, depth, buffers)
            if rows is not None:
                return rows
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
    if type(value) is Column:
        return tag_column(value, depth, buffers)
    if type(value) is Table:
        return tag_table(value, depth, buffers)
    text = tag_scalar(value)
    if text is not None:
        return text
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


def tag_scalar(value):
    """A value that goes by its text; nothing if it is none."""
    return text_of(value) if type(value).__module__ in ("datetime", "decimal", "fractions", "uuid") else None


def tag_handle(value):
    if isinstance(value, ModuleType):
        raise Unsupported(f"the result is the module `{value.__name__}`, and modules stay where they are")
    return handles.add(value)


def tag_array(numpy, array, buffers):
    text = array.dtype.newbyteorder("<").str if array.dtype.names is None else "a structure"
    if text not in limits.dtypes and (array.dtype.kind not in "US" or not array.dtype.itemsize):
        if array.dtype.kind == "O":
            raise Unsupported("an array of Python objects can't be sent: only pickle could; convert it with `astype` or `tolist`")
        raise Unsupported(f"an array of dtype {array.dtype} can't be sent; convert it, for example with `astype`")
    array = numpy.asarray(array, dtype=text, order="C")
    if array.dtype.kind == "U":
        codes = array.reshape(-1).view("<u4")
        if ((codes - 0xD800 < 0x800) | (codes > 0x10FFFF)).any():
            raise Unsupported("an array with half a surrogate pair can't be sent")
    buffers.append(memoryview(array.reshape(-1).view("|u1")) if array.size else b"")
    return ["array", len(buffers) - 1, text, list(array.shape)]


def too_long(length):
    return Unsupported(f"a result of {length} bytes of text is over the limit of {limits.text}; return an array")


def too_deep():
    return Unsupported(f"nested deeper than `wire.max-depth`, which is {limits.depth}, or containing itself")


def encode_arguments(args, kwargs):
    """As [`encode`], of the arguments of a call."""
    rows = rows_in(args)
    if not rows and is_plain([args, kwargs], limits.depth + 2):
        try:
            return encode_json([args, kwargs]), False, ()
        except ValueError:
            pass
    buffers = Buffers(rows, limits.depth)
    args = [tag(item, limits.depth, buffers) for item in args]
    kwargs = {name: tag(item, limits.depth, buffers) for name, item in kwargs.items()}
    return encode_tagged([args, kwargs], buffers)


def encode(value):
    """A value as JSON text, whether it is tagged, and its buffers."""
    rows = type(value) in HOLDERS and rows_in(value)
    if not rows and is_plain(value, limits.depth):
        try:
            return encode_json(value), False, ()
        except ValueError:
            # A float that is not finite.
            pass
    buffers = Buffers(rows, limits.depth - 1)
    return encode_tagged(tag(value, limits.depth, buffers), buffers)


def encode_tagged(value, buffers):
    text = encode_json(value)
    if buffers.keys:
        length = len(text.encode()) + buffers.keys
        if length > limits.text:
            raise too_long(length)
    return text, True, buffers
