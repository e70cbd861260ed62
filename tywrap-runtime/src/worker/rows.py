# Rows: lists of dicts that have the same keys, by their columns.

ROWS = 16  # Fewer are written as they are: it takes no longer.
BESIDE = 64  # Most items of a result that are looked at for rows.
PACKED = 1024  # Most buffers that rows are given.


class Buffers(list):
    """The buffers of a value, what is known of the rows in it, and at which depth they stand."""

    def __init__(self, known, depth):
        self.known, self.beside = (known, depth) if known else ({}, -1)
        self.keys = 0  # Bytes of text that the host counts beside those that are sent.


def rows_in(value):
    """The keys of a value that is rows, or of those that stand in it, by the ids of their lists."""
    if type(value) is list and looks_like_rows(value):
        keys = keys_of(value)
        return {id(value): keys} if keys is not None else {}
    found = {}
    if len(value) <= BESIDE:
        for item in value.values() if type(value) is dict else value:
            if type(item) is list and looks_like_rows(item):
                keys = keys_of(item)
                if keys is not None:
                    found[id(item)] = keys
    return found


def looks_like_rows(items):
    return len(items) >= ROWS and type(items[0]) is dict


def keys_of(items):
    """The keys that all items of a list have in the same order, if they are dicts and the keys are texts; else nothing."""
    if set(map(type, items)) != {dict}:
        return None
    keys = tuple(items[0])
    if set(map(len, items)) != {len(keys)} or set(map(type, keys)) != {str} or "__proto__" in keys:
        return None
    if not all(map(is_, chain.from_iterable(items), cycle(keys))):
        # Their types first: comparing keys of other classes would run what these say of it.
        each = list(chain.from_iterable(items))
        if set(map(type, each)) != {str} or each != [*keys] * len(items):
            return None
    return keys


def tag_rows(items, depth, buffers):
    """A list as rows; nothing if it is none."""
    keys = buffers.known.get(id(items)) or keys_of(items)
    if not keys or depth < 2:
        return None
    items = items.copy()
    buffers.keys += len(items) * (2 + sum([len(key.encode()) + 3 for key in keys]))
    columns = [tag_cells(list(map(itemgetter(key), items)), depth - 1, buffers) for key in keys]
    return ["rows", len(items), keys, *columns]


def tag_cells(cells, depth, buffers):
    """What rows have under one key. A list of it may have `depth` levels."""
    kinds = set(map(type, cells))
    if len(kinds) == 1 and len(buffers) < PACKED:
        if float in kinds:
            return packed("floats", cells, buffers)
        if int in kinds and -SAFE <= min(cells) and max(cells) <= SAFE:
            return packed("ints", cells, buffers)
        if bool in kinds:
            buffers.append(bytes(cells))
            return ["bools", len(buffers) - 1]
    if kinds == {str} or is_plain(cells, depth, True):
        return ["json", *cells]
    return ["list", *[tag(item, depth - 1, buffers) for item in cells]]


def packed(name, numbers, buffers):
    buffers.append(Struct(f"<{len(numbers)}d").pack(*numbers))
    return [name, len(buffers) - 1]


def made_rows(value, buffers):
    _, count, keys, *columns = value
    row = dict.fromkeys(keys)
    rows = [row.copy() for _ in range(count)]
    for key, (name, *cells) in zip(keys, columns):
        for row, cell in zip(rows, made_cells(name, cells, count, buffers)):
            row[key] = cell
    return rows


def made_cells(name, cells, count, buffers):
    if name == "json":
        return cells
    if name == "list":
        return [decode(cell, buffers) for cell in cells]
    data = buffers[cells[0]]
    if name == "bools":
        return map(bool, data)
    numbers = Struct(f"<{count}d").unpack(data)
    if name == "floats":
        return numbers
    if name == "ints":
        return map(int, numbers)
    return [int(number) if is_int(number) else number for number in numbers]


def is_int(number):
    """Whether a float stands for an int where nothing says what it is."""
    return number.is_integer() and -SAFE <= number <= SAFE and (number != 0.0 or repr(number) == "0.0")
