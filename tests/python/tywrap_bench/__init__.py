"""What the benchmarks against other bridges call: rows of plain data, and work that takes a core."""

from typing import Any


def rows(count: int) -> list[dict[str, Any]]:
    """Rows as a database gives them."""
    return [
        {"id": at, "name": f"row {at}", "price": at * 0.25, "active": at % 2 == 0, "tags": ["a", "b"], "note": None}
        for at in range(count)
    ]


def count(rows: list[dict[str, Any]]) -> int:
    """Sums a field of rows, so that each is looked at."""
    return sum(row["id"] for row in rows)


def work(size: int) -> float:
    """Keeps one core busy with numpy."""
    import numpy

    values = numpy.linspace(0.0, 1.0, size)
    total = 0.0
    for _ in range(20):
        total += float(numpy.sum(numpy.sin(values) * numpy.cos(values)))
    return total
