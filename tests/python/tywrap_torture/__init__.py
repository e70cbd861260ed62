"""Types of every kind, each in the smallest form that a reader of types can trip over."""

from __future__ import annotations

import contextlib
import datetime
import enum
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import InitVar, dataclass, field
from typing import (
    Any,
    ClassVar,
    Final,
    Generic,
    Literal,
    NamedTuple,
    Protocol,
    TypeVar,
    Union,
    overload,
)

from typing_extensions import (
    Annotated,
    Concatenate,
    NotRequired,
    ParamSpec,
    ReadOnly,
    Required,
    Self,
    TypeAlias,
    TypedDict,
    TypeVarTuple,
    Unpack,
    dataclass_transform,
    deprecated,
    runtime_checkable,
)

T = TypeVar("T")
K = TypeVar("K", bound="Comparable")
N = TypeVar("N", int, str)
T_co = TypeVar("T_co", covariant=True)
P = ParamSpec("P")
Ts = TypeVarTuple("Ts")

Scalar: TypeAlias = Union[int, float, str]
Tree: TypeAlias = "list[Tree] | int"

VERSION: Final = "1.0"
DEBUG: bool = False
LIMITS: dict[str, int] = {"low": 1, "high": 9}

_log: list[str] = []


def log() -> list[str]:
    """What happened, in order, that a caller cannot see otherwise."""
    return list(_log)


# Classes that stand for values.


class Color(enum.Enum):
    """Colours."""

    RED = "red"
    GREEN = "green"
    BLUE = 3

    @property
    def shouted(self) -> str:
        return self.name + "!"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Access(enum.Flag):
    READ = 1
    WRITE = 2
    BOTH = 3


Shape = enum.Enum("Shape", ["ROUND", "SQUARE"])


def next_color(color: Color) -> Color:
    """The colour after this one."""
    members = list(Color)
    return members[(members.index(color) + 1) % len(members)]


def level_of(number: int) -> Level:
    return Level(number)


@dataclass
class Point:
    """A point in a plane."""

    x: float
    y: float = 0.0
    label: str = field(default="", kw_only=True)
    scale: InitVar[float] = 1.0
    count: ClassVar[int] = 0

    def __post_init__(self, scale: float) -> None:
        self.x *= scale
        self.y *= scale

    def moved(self, dx: float, dy: float = 0.0) -> Point:
        """Another point, that far away."""
        return Point(self.x + dx, self.y + dy, label=self.label)

    def __add__(self, other: Point) -> Point:
        return Point(self.x + other.x, self.y + other.y)

    def __matmul__(self, other: Point) -> float:
        return self.x * other.x + self.y * other.y

    def __neg__(self) -> Self:
        return type(self)(-self.x, -self.y)


@dataclass(frozen=True, order=True, kw_only=True)
class Setting(Generic[T]):
    name: str
    value: T
    tags: tuple[str, ...] = ()


class Pair(NamedTuple):
    """Two numbers."""

    first: int
    second: int = 2


class Span(NamedTuple):
    start: float
    end: float

    @property
    def length(self) -> float:
        return self.end - self.start

    def contains(self, value: float) -> bool:
        """Whether it lies inside."""
        return self.start <= value <= self.end


class Movie(TypedDict):
    title: str
    year: NotRequired[int]


class Options(TypedDict, total=False):
    verbose: Required[bool]
    depth: ReadOnly[int]
    movie: Movie


def origin() -> Point:
    """A dataclass comes back."""
    return Point(0.0)


def pair(first: int, second: int = 2) -> Pair:
    return Pair(first, second)


def span(start: float, end: float) -> Span:
    return Span(start, end)


def setting(name: str, value: T) -> Setting[T]:
    return Setting(name=name, value=value)


def movie(title: str, **options: Unpack[Movie2]) -> Movie:
    """Keywords from a typed dict."""
    return {"title": title, "year": options.get("year", 2000)}


class Movie2(TypedDict, total=False):
    year: int


def describe(options: Options) -> str:
    return ", ".join(f"{key}={options[key]!r}" for key in sorted(options))


def plant(tree: Tree) -> int:
    """A type that is made of itself."""
    return tree if isinstance(tree, int) else sum(plant(branch) for branch in tree)


# Classes with behaviour.


class Comparable(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...


@runtime_checkable
class Named(Protocol):
    """Whatever has a name."""

    name: str

    def rename(self, name: str, /) -> None: ...


class Box(Generic[T]):
    """A box for one thing."""

    capacity: int = 1
    kinds: ClassVar[tuple[str, ...]] = ("wood", "paper")

    def __init__(self, content: T, *, label: str | None = None) -> None:
        self._content = content
        self._label = label or ""
        self._width: float = 1.0

    @property
    def content(self) -> T:
        """What is in it."""
        return self._content

    @property
    def label(self) -> str:
        return self._label

    @label.setter
    def label(self, value: str | int) -> None:
        self._label = str(value)

    @property
    def width(self) -> float:
        return self._width

    @width.setter
    def width(self, value: float) -> None:
        if value < 0:
            raise ValueError("a width is not negative")
        self._width = value

    @classmethod
    def empty(cls) -> Box[None]:
        """A box with nothing in it."""
        return Box(None)

    @staticmethod
    def volume(width: float, height: float, /, depth: float = 1.0) -> float:
        return width * height * depth

    def replace(self, content: T) -> Self:
        """Puts something else in, and gives the box."""
        self._content = content
        return self

    def map(self, function: Callable[[T], K]) -> Box[K]:
        return Box(function(self._content))

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> T:
        if index != 0:
            raise IndexError(index)
        return self._content

    def __contains__(self, thing: object) -> bool:
        return thing == self._content

    def __iter__(self) -> Iterator[T]:
        yield self._content

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Box) and other._content == self._content

    def __hash__(self) -> int:
        return 0

    def __call__(self, times: int = 1) -> list[T]:
        return [self._content] * times

    def __str__(self) -> str:
        return f"a box with {self._content!r}"


class Chest(Box[str]):
    """A box that can be locked."""

    class Key:
        """Opens it."""

        def __init__(self, teeth: int) -> None:
            self.teeth = teeth

        def turned(self) -> Chest.Key:
            return Chest.Key(-self.teeth)

    def __init__(self, content: str = "gold") -> None:
        super().__init__(content, label="chest")
        self._key = Chest.Key(3)

    def key(self) -> Key:
        return self._key

    def replace(self, content: str, force: bool = True) -> Self:
        """Takes more than the one it stands for."""
        return super().replace(content)


class Left:
    side: str = "left"

    def act(self, strength: int) -> str:
        return f"left {strength}"

    def only_left(self) -> int:
        return 1


class Right:
    side: str = "right"

    def act(self, strength: str, twice: bool) -> int:
        return len(strength) * (2 if twice else 1)

    def only_right(self) -> int:
        return 2


class Both(Left, Right):
    """Two bases that do not agree."""


class Stubborn(Left):
    """Overrides with something that does not fit."""

    def act(self) -> list[int]:  # type: ignore[override]
        return [1, 2]

    only_left: int = 5  # type: ignore[assignment]


class Resource:
    """Is to be closed."""

    def __init__(self, name: str) -> None:
        self.name = name

    def rename(self, name: str, /) -> None:
        self.name = name

    def __enter__(self) -> Self:
        _log.append(f"enter {self.name}")
        return self

    def __exit__(self, *exception: object) -> None:
        _log.append(f"exit {self.name}")


class Reserved:
    """Members whose names mean something in TypeScript."""

    constructor: int = 1
    then: str = "later"
    dispose: str = "kept"

    def delete(self, this: int, *, new: int = 0) -> int:
        return this + new

    def toString(self) -> str:  # noqa: N802
        return "from Python"

    def Value(self) -> int:  # noqa: N802
        return 1

    def value(self) -> int:
        return 2


def function(var: int, let: int = 1, *, default: int = 2) -> int:
    """Parameters that are reserved words."""
    return var + let + default


def new() -> int:
    return 1


def typeof(void: str) -> str:
    return void


def lookup(name: str) -> str:
    return name.lower()


def Lookup(name: str) -> str:  # noqa: N802
    return name.upper()


def LOOKUP(name: str) -> int:  # noqa: N802
    return len(name)


# Functions.


@overload
def parse(text: str, kind: Literal["int"]) -> int: ...
@overload
def parse(text: str, kind: Literal["float"] = ...) -> float: ...
@overload
def parse(text: None) -> None: ...
def parse(text: str | None, kind: str = "float") -> int | float | None:
    """A number, or nothing for nothing."""
    if text is None:
        return None
    return int(text) if kind == "int" else float(text)


def every_kind(
    a: int,
    b: float = 1.0,
    /,
    c: str = "c",
    *rest: bytes,
    d: bool,
    e: Sequence[int] | None = None,
    **more: Scalar,
) -> tuple[int, float, str, int, bool, int]:
    """Parameters of every kind."""
    return a, b, c, len(rest), d, len(more)


def traced(function: Callable[P, T]) -> Callable[P, list[T]]:
    """A decorator that keeps the parameters and changes the result."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> list[T]:
        return [function(*args, **kwargs)]

    return wrapper


def injected(function: Callable[Concatenate[str, P], T]) -> Callable[P, T]:
    """A decorator that takes a parameter away."""

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        return function("injected", *args, **kwargs)

    del wrapper.__wrapped__  # type: ignore[attr-defined]
    return wrapper


@traced
def square(number: int, *, offset: int = 0) -> int:
    return number * number + offset


@injected
def announce(who: str, times: int = 1) -> str:
    return " ".join([who] * times)


def first_of(*args: Unpack[Ts]) -> tuple[Unpack[Ts]]:
    """As many types as there are arguments."""
    return args


def smallest(items: Iterable[K]) -> K:
    return min(items)  # type: ignore[type-var]


def doubled(value: N) -> N:
    return value + value


def apply(function: Callable[[int, str], bool], number: int) -> bool:
    return function(number, "x")


def bounded(value: Annotated[int, "positive"]) -> Annotated[str, "text"]:
    return str(value)


def anything(value: Any, thing: object = None) -> Any:
    return value


def never() -> None:
    """Nothing comes back."""


@deprecated("use `smallest`")
def least(items: Iterable[int]) -> int:
    return min(items)


def closes(chest: Chest | Box[int], *, when: datetime.datetime | None = None) -> datetime.date | None:
    return when.date() if when else None


# What runs for a while.


def count(limit: int) -> Generator[int, None, str]:
    """Counts, and says when it is closed."""
    try:
        for number in range(limit):
            yield number
        return "done"
    finally:
        _log.append("count closed")


def letters(text: str) -> Iterator[str]:
    return iter(text)


async def later(value: T) -> T:
    """Takes its time."""
    return value


async def ticks(limit: int) -> AsyncIterator[int]:
    for number in range(limit):
        yield number


def promised(value: int) -> Awaitable[int]:
    return later(value)


@contextlib.contextmanager
def opened(name: str) -> Iterator[Resource]:
    with Resource(name) as resource:
        yield resource


# What decorators and base classes make of a class.


@dataclass_transform(kw_only_default=True)
def modelled(cls: type[T]) -> type[T]:
    """Makes a class of fields, as libraries do that are no dataclasses."""
    return dataclass(kw_only=True)(cls)


@modelled
class Reading:
    sensor: str
    value: float = 0.0


def reading(sensor: str, value: float = 0.0) -> Reading:
    return Reading(sensor=sensor, value=value)


class Callback(Protocol):
    """A function with a keyword."""

    def __call__(self, value: int, *, strict: bool = ...) -> str: ...


class Shouter:
    """Its instance is called like a function."""

    def __call__(self, text: str, *, marks: int = 1) -> str:
        return text.upper() + "!" * marks


shout = Shouter()


class Source(Protocol[T_co]):
    def read(self, size: int = -1, /) -> T_co: ...


def drain(source: Source[bytes]) -> int:
    return len(source.read())
