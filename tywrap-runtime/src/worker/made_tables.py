# Tables that are arguments: what pandas makes of the parts that came.


def made_frame(value, buffers):
    _, labels, columns, index = value
    pandas = importing("pandas")
    made = [made_column(pandas, column, buffers) for column in columns[1:]]
    rows = made_index(pandas, index, buffers)
    if rows is None:
        rows = pandas.RangeIndex(len(made[0]) if made else 0)
    if labels == ["list"]:
        return pandas.DataFrame(index=rows)
    labels = made_index(pandas, labels, buffers)
    if not labels.is_unique:
        raise ValueError(f"the label {labels[labels.duplicated()][0]!r} of a table stands twice")
    # By position: a label may stand for many rows.
    frame = pandas.DataFrame({at: pandas.Series(values) for at, values in enumerate(made)})
    if not made:
        frame = pandas.DataFrame(index=rows)
    frame.index, frame.columns = rows, labels
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
    """An index; nothing where rows are counted."""
    if value is None:
        return None
    if value[0] != "index":
        return made_labels(pandas, made_column(pandas, value, buffers))
    _, labels, names, frequency = value
    names = decode(names, buffers)
    if labels[0] == "range":
        return pandas.RangeIndex(*labels[1:], name=names[0])
    if labels[0] == "levels":
        levels, codes = zip(*[made_level(pandas, level, buffers) for level in labels[1:]])
        return pandas.MultiIndex(levels, codes, names=names)
    index = pandas.Index(made_column(pandas, labels, buffers), name=names[0], tupleize_cols=False)
    if frequency is not None:
        try:
            index.freq = pandas.tseries.frequencies.to_offset(frequency)
        except (ValueError, TypeError, AttributeError) as error:
            raise ValueError(f"the frequency {frequency!r} of an index is not that of its values: {error}") from None
    return index


def made_labels(pandas, labels):
    """An index, of several levels where the labels are tuples that came in a list of no dtype."""
    if type(labels) is list and labels and set(map(type, labels)) == {tuple}:
        return pandas.MultiIndex.from_tuples(labels)
    return pandas.Index(labels, tupleize_cols=type(labels) is list)


def made_level(pandas, value, buffers):
    """The labels of a level, each once, and the position among them for each row, which is -1 where there is none."""
    numpy = sys.modules["numpy"]
    listed = value[2] if value[0] == "column" else value
    there = numpy.array([item is not None for item in listed[1:]], dtype=bool)
    # Without what is missing, of which many a dtype has none.
    listed = ["list", *[item for item in listed[1:] if item is not None]]
    values = made_column(pandas, [*value[:2], listed, *value[3:]] if value[0] == "column" else listed, buffers)
    found, labels = pandas.Index(values, tupleize_cols=False).factorize(sort=True)
    codes = numpy.full(len(there), -1)
    codes[there] = found
    return labels, codes


def made_column(pandas, value, buffers):
    """The values of a column, as what pandas makes a `Series` or an index of."""
    if value[0] != "column":
        return decode(value, buffers)
    dtype, values, *rest = value[1:]
    if dtype == "category":
        return made_categories(pandas, values, *rest, buffers)
    if dtype == "interval":
        right, closed = rest
        left, right = (pandas.Index(made_column(pandas, part, buffers)) for part in (values, right))
        return pandas.arrays.IntervalArray.from_arrays(left, right, closed)
    items = decode(values, buffers)
    if dtype == "Sparse":
        fill = items.dtype.type(decode(rest[0], buffers)).item()
        return pandas.arrays.SparseArray(items, dtype=pandas.SparseDtype(items.dtype, fill))
    if dtype.startswith("period["):
        return pandas.arrays.PeriodArray(items, dtype=pandas.PeriodDtype(dtype[7:-1]))
    if "64[" in dtype:
        return made_times(pandas, dtype, items)
    if dtype.startswith("Float"):
        numpy = sys.modules["numpy"]
        numbers = numpy.array([0.0 if item is None else item for item in items], dtype=dtype.lower())
        absent = numpy.array([item is None for item in items], dtype=bool)
        return pandas.arrays.FloatingArray(numbers, absent)
    if dtype.startswith("object"):
        absent = float("nan") if dtype == NANS else None
        return pandas.Series([absent if item is None else item for item in items], dtype=object).array
    if dtype in limits.columns:
        return pandas.array(items, dtype=dtype)
    return sys.modules["numpy"].array(items, dtype=dtype)


def made_categories(pandas, values, known, ordered, buffers):
    items = decode(values, buffers)
    categories = made_column(pandas, known, buffers)
    categories = pandas.Index(categories, tupleize_cols=False)
    labels = pair_labels(known, buffers)
    if labels is None:
        made = pandas.Categorical(items, categories=categories, ordered=ordered)
        found = (made.codes >= 0).sum() == len(items) - items.count(None)
    else:
        places = {label: at for at, label in enumerate(labels)}
        codes = [-1 if item is None else places.get(item) for item in items]
        found = None not in codes
        made = pandas.Categorical.from_codes(codes, categories=categories, ordered=ordered) if found else None
    if not found:
        raise ValueError("a value of a column of categories is none of them")
    return made


def pair_labels(known, buffers):
    """What values of categories say that are intervals or periods; nothing of others."""
    if known[0] != "column":
        return None
    if known[1] == "interval":
        left, right = ([*decode(part[2] if part[0] == "column" else part, buffers)] for part in (known[2], known[3]))
        return list(zip(left, right))
    return decode(known[2], buffers).tolist() if known[1].startswith("period[") else None


def made_times(pandas, dtype, items):
    """Moments and durations, by the unit and the zone of their dtype."""
    numpy = sys.modules["numpy"]
    kind = "m8" if dtype.startswith("timedelta") else "M8"
    unit, _, zone = dtype.partition("[")[2][:-1].partition(", ")
    if type(items) is not list:
        times = items
    elif any(type(item) is int for item in items):
        # Counts, in UTC, of which numpy has one for what is missing.
        times = numpy.array([-(2**63) if item is None else int(item) for item in items], dtype="i8").view(f"{kind}[{unit}]")
    else:
        if zone:
            # In UTC no clock passes twice.
            utc = sys.modules["datetime"].timezone.utc if "datetime" in sys.modules else None
            items = [item and item.astimezone(utc).replace(tzinfo=None) for item in items]
        times = numpy.array(items, dtype=f"{kind}[us]")
    made = pandas.TimedeltaIndex(times) if kind == "m8" else pandas.DatetimeIndex(times)
    made = made.as_unit(unit)
    return made.tz_localize("UTC").tz_convert(zone) if zone else made
