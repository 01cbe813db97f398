"""How often something is there, as `collections.Counter` counts it, which takes a tenth of a short run to import."""

from __future__ import annotations

from collections.abc import Iterable

from hullcheck.typed import TypeVar

T = TypeVar("T")


def counted(items: Iterable[T]) -> dict[T, int]:
    """How often each item is there, in the order in which they come up first."""
    numbers: dict[T, int] = {}
    for item in items:
        numbers[item] = numbers.get(item, 0) + 1
    return numbers
