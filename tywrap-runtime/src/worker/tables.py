# Tables: their columns as data, and tables made of columns.


class Column:
    """A column whose dtype is none of numpy's, on its way to the host."""

    def __init__(self, dtype, values, categories=None, ordered=False, is_tagged=False):
        self.dtype, self.values, self.categories, self.ordered = dtype, values, categories, ordered
        self.is_tagged = is_tagged  # Whether the values are in tagged form already.


def column(values):
    """A column of a table: an array where its dtype is one of numpy's that is sent; a `Column` where it is one that the host knows by name;
    else a list, in which what is missing is `None`."""
    dtype = values.dtype
    if getattr(dtype, "kind", "O") in "biufcmM" and isinstance(dtype, sys.modules["numpy"].dtype):
        return values.to_numpy()
    pandas = sys.modules["pandas"]
    if isinstance(values, pandas.MultiIndex):
        return levels_column(values)
    return named_column(pandas, values, column_name(pandas, dtype)) or [present(item) for item in values.tolist()]


def levels_column(index):
    """The labels of several levels, as tuples. Of each level on its own: a level of whole numbers stays one where some are missing."""
    levels = []
    for level, codes in zip(index.levels, index.codes):
        labels = [present(label) for label in level.tolist()]
        levels.append([None if code < 0 else labels[code] for code in codes])
    return list(zip(*levels))


def column_name(pandas, dtype):
    """The name of a dtype, if it says everything about the dtype and the host knows it."""
    name = str(dtype)
    if name == "category":
        return name
    if isinstance(dtype, pandas.DatetimeTZDtype):
        return name if is_zone_name(str(dtype.tz)) and pandas.api.types.pandas_dtype(name) == dtype else None
    if name.startswith("string["):
        # Where the text is kept. The name without it is for where it is kept by default.
        name = "string"
    try:
        return name if name in limits.columns and pandas.api.types.pandas_dtype(name) == dtype else None
    except TypeError:
        return None


def named_column(pandas, values, name):
    """The column of a dtype that goes by its name; nothing if it has no name, or holds what that would not say."""
    if name is None:
        return None
    if name == "category":
        known = values.dtype.categories
        categories = column(known)
        items = [present(item) for item in values.tolist()]
        # Intervals and periods are objects, which is as good. Others, such as tuples, are not told from what they hold.
        if not all(type(item) in LABELS or tag_scalar(item) or type(item) in (pandas.Interval, pandas.Period) for item in items):
            return None
        return Column(name, items, categories, bool(values.dtype.ordered))
    if name.startswith("datetime64["):
        return moments_column(pandas, values, name)
    if name == "object":
        # What is missing may be said in several ways here, and only one of them is `None`.
        items = values.tolist()
        if set(map(type, items)) <= PLAIN - {bool}:
            return Column(name, items)
        texts = {str} >= {type(item) for item in items if not (type(item) is float and item != item)}
        return Column(NANS, [item if type(item) is str else None for item in items]) if texts else None
    absent = pandas.isna(values)
    if name.startswith("Float"):
        # A number that is none is not the same as no number.
        return Column(name, [None if item is pandas.NA else float(item) for item in values.tolist()])
    return Column(name, [None if gone else item for item, gone in zip(values.tolist(), absent)])


def moments_column(pandas, values, name):
    index = pandas.DatetimeIndex(values)
    if index.unit == "ns" and index.dropna().nanosecond.any():
        return None
    zone = str(index.tz)
    if index.tz is not sys.modules["datetime"].timezone.utc:
        index = index.tz_convert(importing("zoneinfo").ZoneInfo(zone))
    items = index.to_pydatetime()
    texts = [None if item is pandas.NaT else text_of(item) for item in items]
    # One whose text would not say everything goes as an object, and no column has those.
    if any(text is None and item is not pandas.NaT for text, item in zip(texts, items)):
        return None
    return Column(name, texts, is_tagged=True)


def present(item):
    """An item of a column; `None` where nothing is there, which pandas says in several ways."""
    kind = type(item)
    if kind is tuple:
        # A label of several levels, each of which may be missing.
        return tuple([present(part) for part in item])
    pandas = sys.modules["pandas"]
    if item is pandas.NA or item is pandas.NaT or kind is float and item != item:
        return None
    # Where no nanosecond would be lost, as what goes by its text.
    if kind is pandas.Timestamp and not item.nanosecond:
        return item.to_pydatetime()
    if kind is pandas.Timedelta and not item.nanoseconds:
        return item.to_pytimedelta()
    return taken(item)


def tag_column(value, depth, buffers):
    if depth < 2:
        raise too_deep()
    values = value.values if value.is_tagged else [tag(item, depth - 2, buffers) for item in value.values]
    parts = ["column", value.dtype, ["list", *values]]
    if value.dtype == "category":
        parts += (tag(value.categories, depth - 1, buffers), value.ordered)
    return parts


def made_frame(value, buffers):
    _, columns, index = value
    pandas = importing("pandas")
    rows = made_index(pandas, index, buffers)
    made = {}
    for at in range(1, len(columns), 2):
        label = decode(columns[at], buffers)
        if label in made:
            raise ValueError(f"the label {label!r} of a table stands twice")
        made[label] = made_column(pandas, columns[at + 1], buffers)
    if rows is None:
        rows = pandas.RangeIndex(len(next(iter(made.values()), ())))
    # By position: a label may stand for many rows.
    frame = pandas.DataFrame({at: pandas.Series(values) for at, values in enumerate(made.values())})
    if not made:
        frame = pandas.DataFrame(index=rows)
    else:
        frame.index = rows
        frame.columns = made_labels(pandas, list(made))
    return frame


def made_series(value, buffers):
    _, values, index, name = value
    pandas = importing("pandas")
    rows = made_index(pandas, index, buffers)
    series = pandas.Series(made_column(pandas, values, buffers), name=decode(name, buffers))
    if rows is not None:
        series.index = rows
    return series


def made_index(pandas, value, buffers):
    return None if value is None else made_labels(pandas, made_column(pandas, value, buffers))


def made_labels(pandas, labels):
    """An index, of several levels where the labels are tuples."""
    if type(labels) is list and labels and set(map(type, labels)) == {tuple}:
        return pandas.MultiIndex.from_tuples(labels)
    return pandas.Index(labels)


def made_column(pandas, value, buffers):
    """The values of a column, as what pandas makes a `Series` or an index of."""
    if value[0] != "column":
        return decode(value, buffers)
    dtype = value[1]
    items = decode(value[2], buffers)
    if dtype == "category":
        categories = made_labels(pandas, made_column(pandas, value[3], buffers))
        made = pandas.Categorical(items, categories=categories, ordered=value[4])
        if (made.codes < 0).sum() != items.count(None):
            raise ValueError("a value of a column of categories is none of them")
        return made
    if dtype.startswith("datetime64["):
        # In UTC no clock passes twice.
        utc = sys.modules["datetime"].timezone.utc if "datetime" in sys.modules else None
        moments = pandas.DatetimeIndex([item and item.astimezone(utc) for item in items], tz="UTC")
        unit, _, zone = dtype[11:-1].partition(", ")
        return moments.as_unit(unit).tz_convert(zone)
    if dtype.startswith("Float"):
        numpy = sys.modules["numpy"]
        numbers = numpy.array([0.0 if item is None else item for item in items], dtype=dtype.lower())
        absent = numpy.array([item is None for item in items], dtype=bool)
        return pandas.arrays.FloatingArray(numbers, absent)
    if dtype in ("object", NANS):
        absent = None if dtype == "object" else float("nan")
        return pandas.Series([absent if item is None else item for item in items], dtype=object).array
    return pandas.array(items, dtype=dtype)


# Not pandas' name: of text, in which what is missing is NaN, as `read_csv` has it, where it is `None` under the name without this.
NANS = "object[nan]"

# What a label or a category is that goes by its value.
LABELS = PLAIN | {int, float}
