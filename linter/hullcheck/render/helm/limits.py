"""How much a chart may cost: steps are counted, not seconds, so that a result never depends on the machine.

One chart is rendered at a time, so the counter is the module's own.
"""

from __future__ import annotations

from hullcheck.budget import tick
from hullcheck.render.helm.errors import ItemsError, LimitError

STEPS = 500_000
"""Actions, calls, loop turns and values walked for one template file; whole charts seldom need half of it."""

CHART_STEPS = 1_500_000
STEPS_FOR_ITSELF = 200_000
STEPS_PER_CHARACTER = 2
"""What a chart may take, by the length of its templates and values; a tenth of a step is usual."""

MAX_OUTPUT = 16 * 1024 * 1024
"""Characters that a chart may print in all."""

MAX_OBJECTS = 3_000
"""Objects that a chart may make; the largest make two hundred."""

CHARACTERS_PER_STEP = 64
MAX_TEXT = 4 * 1024 * 1024
MAX_ITEMS = 100_000
MAX_INCLUDES = 100
MAX_DEPTH = 100
"""Levels of nesting in a value that templates build; a value may contain itself."""

_STEPS_PER_TICK = 256

_left = _filled = STEPS
_chart_left = CHART_STEPS


def start(length: int | None = None) -> None:
    """Begin a chart whose templates and values are of that length."""
    global _left, _filled, _chart_left
    own = CHART_STEPS if length is None else STEPS_FOR_ITSELF + STEPS_PER_CHARACTER * length
    _chart_left = min(CHART_STEPS, own)
    _left = _filled = _for_a_file()


def refill() -> None:
    """Begin another file: with a full budget, or half of what the chart has left."""
    global _left, _filled, _chart_left
    _chart_left -= _filled - _left
    _left = _filled = _for_a_file()


def _for_a_file() -> int:
    return min(STEPS, max(_chart_left, 0) // 2)


def spend(steps: int = 1) -> None:
    """Count work that was done; raises LimitError when there has been too much."""
    global _left
    _left -= steps
    if not _left % _STEPS_PER_TICK:
        tick()
    if _left < 0:
        raise LimitError("it takes more steps than are allowed")


def spend_text(length: int) -> None:
    """Count text that is about to be made; raises LimitError if it is too long."""
    if length > MAX_TEXT:
        raise LimitError("a text of more than 4 MiB")
    spend(length // CHARACTERS_PER_STEP)


def check_items(count: int) -> None:
    """Count the items of a list that is about to be made."""
    if count > MAX_ITEMS:
        raise ItemsError(f"a list of more than {MAX_ITEMS} items")
    spend(count // 8)


def check_depth(depth: int) -> None:
    """Refuse a value that is nested too deeply, or contains itself."""
    if depth > MAX_DEPTH:
        raise LimitError(f"a value nested more than {MAX_DEPTH} levels deep")
