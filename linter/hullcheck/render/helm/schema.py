"""Values held against a chart's `values.schema.json`, as Helm does before it renders anything."""

from __future__ import annotations

import json
from collections.abc import Iterator

from hullcheck.render.helm.errors import LimitError, TemplateError
from hullcheck.render.helm.limits import spend
from hullcheck.render.helm.values import Value, unknown_in
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.render.helm.chart import Chart


class Refused(NamedTuple):
    """Why Helm refuses the values, at the value, or at the schema where nobody wrote the value."""

    message: str
    place: Location


def forbidden(chart: "Chart", values: Value) -> Iterator[Refused]:
    """What the schemas of a chart and of those below it forbid of its values, one a schema.

    What isn't known in full isn't held against it: it could only be guessed.
    """
    if chart.schema is not None and isinstance(values, dict) and unknown_in(values) is None:
        yield from _refused(chart, values)
    for child in chart.charts:
        below = values.get(child.name) if isinstance(values, dict) else None
        if isinstance(below, dict):
            yield from forbidden(child, below)


def _refused(chart: "Chart", values: dict[str, Value]) -> Iterator[Refused]:
    assert chart.schema is not None
    from hullcheck.render.helm.json import to_json
    from hullcheck.render.helm.regex import compile_pattern
    from hullcheck.schema import first_fault

    def search(pattern: str, text: str) -> bool:
        return compile_pattern(pattern).search(text) is not None

    start = chart.schema.at(0)
    try:
        rule = json.loads(chart.schema.text)
        fault = first_fault(rule, json.loads(to_json(values)), search, spend)
    except LimitError:
        yield Refused(f"the values aren't held against the schema of `{chart.name}`: that takes too long", start)
        return
    except (ValueError, TemplateError, RecursionError) as error:
        yield Refused(f"the values can't be held against the schema of `{chart.name}`: {error}", start)
        return
    if fault is not None:
        path, message = fault
        where = ".".join(map(str, path)) or "values"
        yield Refused(f"Helm refuses the values of `{chart.name}`: `{where}`: {message}", _place(values, path) or start)


def _place(values: Value, path: tuple[str | int, ...]) -> Location | None:
    """Where the value at a path was written, or the nearest one around it."""
    found: Location | None = None
    for step in path:
        if isinstance(values, dict):
            values = values.get(str(step))
        elif isinstance(values, list) and isinstance(step, int) and step < len(values):
            values = values[step]
        origin = getattr(values, "origin", None)
        if origin is None and isinstance(values, str):
            from hullcheck.render.helm.provenance import only_origin

            origin = only_origin(values)
        if origin is not None:
            found = Location(origin.source, origin.start, origin.end)
    return found
