"""How much a chart may cost: steps are counted, not seconds, so that a result never depends on the machine.

One chart is rendered at a time, so the counter is the module's own.
"""

from hullcheck.budget import tick
from hullcheck.render.helm.errors import ItemsError, LimitError

STEPS = 500_000
"""Actions, calls, loop turns and values walked for one template file; whole charts seldom need half of it."""

CHART_STEPS = 1_500_000
MAX_OUTPUT = 16 * 1024 * 1024
"""Characters that a chart may print in all."""

CHARACTERS_PER_STEP = 64
MAX_TEXT = 4 * 1024 * 1024
MAX_ITEMS = 100_000
MAX_INCLUDES = 100
MAX_DEPTH = 100
"""Levels of nesting in a value that templates build; a value may contain itself."""

_STEPS_PER_TICK = 256

_left = STEPS
_chart_left = CHART_STEPS


def start() -> None:
    """Begin a chart with a full budget."""
    global _left, _chart_left
    _left, _chart_left = STEPS, CHART_STEPS


def refill() -> None:
    """Begin another file: with a full budget, while the chart's lasts."""
    global _left, _chart_left
    _chart_left -= STEPS - _left
    _left = min(STEPS, max(_chart_left, 0))


def used() -> int:
    """Steps spent since `start()`."""
    return CHART_STEPS - _chart_left + STEPS - _left


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
