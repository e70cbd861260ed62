# Tables as data: their columns, and their indexes with all that pandas knows of them.


class Table:
    """A table on its way to the host, by its parts."""

    def __init__(self, kind, *parts):
        self.kind, self.parts = kind, parts


class Index:
    """An index on its way to the host, of which its labels alone don't say everything. Those are a column, or a tuple: a range or levels."""

    def __init__(self, labels, names, frequency=None):
        self.labels, self.names, self.frequency = labels, names, frequency


class Column:
    """A column whose dtype is none of numpy's, on its way to the host."""

    def __init__(self, dtype, values, *rest, is_tagged=False):
        self.dtype, self.values, self.rest = dtype, values, rest
        self.is_tagged = is_tagged  # Whether the values are in tagged form already.


def frame(pandas, value):
    labels = value.columns
    if not labels.is_unique:
        raise Unsupported("a table with two columns of one label has no form as data; rename one of them")
    columns = [column(value.iloc[:, at]) for at in range(len(labels))]
    # Where nothing else says how many rows there are, the labels do.
    return Table("frame", index_of(pandas, labels, listed), columns, index_of(pandas, value.index, column, bool(columns)))


def series(pandas, value):
    return Table("series", column(value), index_of(pandas, value.index, column), present(value.name))


def index_of(pandas, index, labels, counted=True):
    """An index with its names and its frequency; nothing but its labels where it has neither. A range is one if its rows are counted."""
    names = [present(name) for name in index.names]
    if isinstance(index, pandas.MultiIndex):
        return Index(("levels", *levels_of(index)), names)
    if type(index) is pandas.RangeIndex and (counted or not len(index)):
        bounds = [index.start, index.stop, index.step]
        if max(map(abs, bounds)) <= SAFE:
            return Index(("range", *bounds), names)
    frequency = frequency_of(pandas, index)
    made = labels(index)
    return made if names == [None] and frequency is None else Index(made, names, frequency)


def levels_of(index):
    """A column for each level. Of each level on its own: one of whole numbers stays one where some are missing."""
    for level, codes in zip(index.levels, index.codes):
        made = listed(level)
        values = made.values if type(made) is Column else made
        values = [None if code < 0 else values[code] for code in codes]
        yield Column(made.dtype, values, *made.rest, is_tagged=made.is_tagged) if type(made) is Column else values


def levels_column(index):
    """The labels of several levels, as tuples."""
    levels = []
    for level, codes in zip(index.levels, index.codes):
        labels = [present(label) for label in level.tolist()]
        levels.append([None if code < 0 else labels[code] for code in codes])
    return list(zip(*levels))


def frequency_of(pandas, index):
    """The frequency of an index of times, if its name says everything about it and the host knows the name."""
    if not isinstance(index, (pandas.DatetimeIndex, pandas.TimedeltaIndex)) or index.freq is None:
        return None
    name = index.freq.freqstr
    return name if is_frequency(name) and pandas.tseries.frequencies.to_offset(name) == index.freq else None


def is_frequency(name):
    """Whether the host knows a frequency of this name: perhaps a number, the name of a step, and where that has one, what it is anchored at."""
    step, anchor, at = name.lstrip("-0123456789").partition("-")
    return len(name) <= 32 and step + anchor in limits.frequencies and (not anchor or at in limits.anchors)


def column(values):
    """A column of a table: an array where its dtype is one of numpy's that is sent; a `Column` where it is one that the host knows by name;
    else a list, in which what is missing is `None`."""
    dtype = values.dtype
    if getattr(dtype, "kind", "O") in "biufcmM" and isinstance(dtype, sys.modules["numpy"].dtype):
        return values.to_numpy()
    pandas = sys.modules["pandas"]
    if isinstance(values, pandas.MultiIndex):
        return levels_column(values)
    if isinstance(dtype, pandas.PeriodDtype):
        made = period_column(pandas, values)
    elif isinstance(dtype, pandas.IntervalDtype):
        made = interval_column(pandas, values)
    elif isinstance(dtype, pandas.SparseDtype):
        made = sparse_column(values)
    else:
        made = named_column(pandas, values, column_name(pandas, dtype))
    return made or [present(item) for item in values.tolist()]


def listed(values):
    """A column whose values go one by one, also where numpy has an array for them: such as labels have to."""
    dtype, made = values.dtype, None
    is_numpys = isinstance(dtype, sys.modules["numpy"].dtype)
    if is_numpys and dtype.kind in "biuf":
        return Column(dtype.name, [present(item) for item in values.tolist()])
    if is_numpys and dtype.kind in "mM":
        return times_column(values)
    made = column(values)
    if type(made) is Column and made.dtype.startswith("datetime64[") and type(made.values) is not list:
        return Column(made.dtype, counts(values))
    if type(made) is Column and type(made.values) is list:
        return made
    return [present(item) for item in values.tolist()]


def times_column(values):
    """Moments without a zone, or durations, one by one; by their counts where one has no text that says everything."""
    try:
        items = [present(item) for item in values.tolist()]
    except (ValueError, OverflowError):
        # One in a year that Python's own types don't have.
        return Column(values.dtype.name, counts(values))
    texts = [item if item is None else tag_scalar(item) for item in items]
    if texts.count(None) == items.count(None):
        return Column(values.dtype.name, texts, is_tagged=True)
    return Column(values.dtype.name, counts(values))


def counts(index):
    return [None if gone else count for count, gone in zip(index.asi8.tolist(), index.isna())]


def tagged(values):
    """The values of a column that go one by one, in tagged form."""
    return values.values if values.is_tagged else [tag(item, 0, []) for item in values.values]


def period_column(pandas, values):
    # As pandas has it of periods, which is not always what it has of an index.
    name = str(values.dtype)
    return Column(name, pandas.PeriodIndex(values).asi8) if is_frequency(name[7:-1]) else None


def interval_column(pandas, values):
    bounds = pandas.IntervalIndex(values)
    left, right = listed(bounds.left), listed(bounds.right)
    return Column("interval", left, right, bounds.closed) if type(left) is type(right) is Column else None


def sparse_column(values):
    """All of the values, of which a sparse column of pandas says only which are others than the usual one."""
    numpy, dtype, fill = sys.modules["numpy"], values.dtype.subtype, values.dtype.fill_value
    fill = fill.item() if isinstance(fill, numpy.generic) else fill
    if dtype.kind in "iu":
        is_sent = type(fill) is int and numpy.iinfo(dtype).min <= fill <= numpy.iinfo(dtype).max
    else:
        is_sent = type(fill) is bool if dtype.kind == "b" else dtype.kind == "f" and type(fill) is float
    # Numbers that pandas leaves out as what they cannot be, NaN as a rule, have no form.
    return Column("Sparse", numpy.asarray(values, dtype=dtype), fill) if is_sent else None


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
        if type(categories) is Column and categories.dtype == "interval":
            # By their ends.
            pairs = [["tuple", *ends] for ends in zip(tagged(categories.values), tagged(categories.rest[0]))]
            items = [None if code < 0 else pairs[code] for code in pandas.Categorical(values).codes]
            return Column(name, items, categories, bool(values.dtype.ordered), is_tagged=True)
        if type(categories) is Column and categories.dtype.startswith("period["):
            # Periods, by their numbers.
            items = [None if item is pandas.NaT or item != item else item.ordinal for item in values.tolist()]
        else:
            items = [present(item) for item in values.tolist()]
            # Intervals that have no column are objects, which is as good. Others, such as tuples, are not told from what they hold.
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
        if {str} >= {type(item) for item in items if not (type(item) is float and item != item)}:
            return Column(NANS, [item if type(item) is str else None for item in items])
        return Column(ANY, [present(item) for item in items])
    absent = pandas.isna(values)
    if name.startswith("Float"):
        # A number that is none is not the same as no number.
        return Column(name, [None if item is pandas.NA else float(item) for item in values.tolist()])
    return Column(name, [None if gone else item for item, gone in zip(values.tolist(), absent)])


def moments_column(pandas, values, name):
    index = pandas.DatetimeIndex(values)
    if index.unit == "ns" and index.dropna().nanosecond.any():
        # The text of a moment has no place for them.
        return Column(name, index.tz_convert("UTC").tz_localize(None).to_numpy())
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
    # What is tagged already may be the two ends of an interval.
    if depth < (3 if value.is_tagged else 2):
        raise too_deep()
    values = value.values
    if type(values) is list:
        values = ["list", *(values if value.is_tagged else [tag(item, depth - 2, buffers) for item in values])]
    else:
        values = tag(values, depth - 1, buffers)
    return ["column", value.dtype, values, *[tag(part, depth - 1, buffers) for part in value.rest]]


def tag_index(value, depth, buffers):
    """An index, or a column that says everything about one."""
    if type(value) is not Index:
        return tag(value, depth, buffers)
    if not depth:
        raise too_deep()
    labels, names = value.labels, ["list", *[tag(name, depth - 1, buffers) for name in value.names]]
    if type(labels) is tuple:
        labels = [tag(part, depth - 1, buffers) for part in labels]
    else:
        labels = tag(labels, depth - 1, buffers)
    return ["index", labels, names, value.frequency]


def tag_table(value, depth, buffers):
    if depth < 2:
        raise too_deep()
    if value.kind == "series":
        values, index, name = value.parts
        return ["series", tag(values, depth - 1, buffers), tag_index(index, depth - 1, buffers), tag(name, depth - 1, buffers)]
    labels, columns, index = value.parts
    columns = ["list", *[tag(column, depth - 2, buffers) for column in columns]]
    return ["frame", tag_index(labels, depth - 1, buffers), columns, tag_index(index, depth - 1, buffers)]


# Not pandas' name: of text, in which what is missing is NaN, as `read_csv` has it, where it is `None` under the name without this.
NANS = "object[nan]"

# Neither: of values of any kinds.
ANY = "object[any]"

# What a label or a category is that goes by its value.
LABELS = PLAIN | {int, float}
