# Dates, times, exact numbers and UUIDs, which go by their text.

LONGEST = 8_603  # Most characters of a text; the host takes no longer one.


def text_of(value):
    """Class and text of a value that goes by its text; nothing where its text would not say everything about it."""
    kind = type(value)
    name = f"{kind.__module__}:{kind.__qualname__}"
    if name not in FORMS or getattr(sys.modules.get(kind.__module__), kind.__qualname__, None) is not kind:
        return None
    text = FORMS[name][0](value)
    return None if text is None or len(text) > LONGEST else ["scalar", name, text]


def value_of(name, text):
    """The value that a text says. The host has checked that it is of the form of its class."""
    module, _, path = name.partition(":")
    return FORMS[name][1](getattr(importing(module), path), text)


def write_time(value):
    zone = value.tzinfo
    # Which of two passes of a clock is meant, has no place in the text of one without a zone.
    return None if value.fold or zone is not None and not is_offset(zone) else value.isoformat()


def write_datetime(value):
    zone = value.tzinfo
    if zone is None or is_offset(zone):
        return None if value.fold else value.isoformat()
    zones = sys.modules.get("zoneinfo")
    if zones is None or type(zone) is not zones.ZoneInfo or not is_zone_name(zone.key):
        return None
    # A later pass of the clock is told by the offset, and else by nothing.
    if value.fold and value.utcoffset() == value.replace(fold=0).utcoffset():
        return None
    return f"{value.isoformat()}[{zone.key}]" if zones.ZoneInfo(zone.key) is zone else None


def is_offset(zone):
    """Whether a zone is an offset from UTC and nothing else, not even a name."""
    timezone = sys.modules["datetime"].timezone
    return type(zone) is timezone and zone.tzname(None) == timezone(zone.utcoffset(None)).tzname(None)


def is_zone_name(key):
    if not isinstance(key, str) or len(key) > 64 or not key.isascii():
        return False
    parts = [part.translate(NOTHING) for part in key.split("/")]
    return all(part.isalnum() for part in parts) and all(part[:1] not in "-+." for part in key.split("/"))


NOTHING = str.maketrans("", "", "_-+.")


def read_datetime(kind, text):
    text, _, zone = text.partition("[")
    value = kind.fromisoformat(text)
    if not zone:
        return value
    zoned = value.replace(tzinfo=importing("zoneinfo").ZoneInfo(zone[:-1]))
    if zoned.utcoffset() != value.utcoffset():
        zoned = zoned.replace(fold=1)
    if zoned.utcoffset() != value.utcoffset():
        raise ValueError(f"the zone {zone[:-1]!r} has no offset of {text[19:]} at {text[:19]}")
    return zoned


def write_timedelta(value):
    return str((value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds)


def write_fraction(value):
    parts = (value.numerator, value.denominator)
    return None if max(map(int.bit_length, parts)) > BITS else "%d/%d" % parts


# By class: how it is written, and read.
FORMS = {
    "datetime:date": (lambda value: value.isoformat(), lambda kind, text: kind.fromisoformat(text)),
    "datetime:time": (write_time, lambda kind, text: kind.fromisoformat(text)),
    "datetime:datetime": (write_datetime, read_datetime),
    "datetime:timedelta": (write_timedelta, lambda kind, text: kind(microseconds=int(text))),
    # How the exponent is marked can be changed; no word that stands for a number has that letter.
    "decimal:Decimal": (lambda value: str(value).replace("e", "E"), lambda kind, text: kind(text)),
    "fractions:Fraction": (write_fraction, lambda kind, text: kind(*map(int, text.split("/")))),
    "uuid:UUID": (str, lambda kind, text: kind(text)),
}
