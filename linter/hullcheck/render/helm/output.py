"""What a template prints, with the runs of its text."""

from __future__ import annotations

from hullcheck.render.helm.errors import LimitError
from hullcheck.render.helm.limits import MAX_TEXT, spend, spend_text
from hullcheck.render.helm.origin import Origin
from hullcheck.render.helm.provenance import MARKER, Run, Text, Unsure
from hullcheck.render.helm.show import show
from hullcheck.render.helm.unknown import Unknown
from hullcheck.render.helm.values import Value


class Output:
    """Text so far; printed values get the printing action as the place in the template."""

    __slots__ = ("holes", "length", "parts", "runs", "unsure")

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.runs: list[Run] = []
        self.length = 0
        self.unsure = False
        self.holes: list[tuple[int, str, Origin]] = []

    def literal(self, part: str, runs: tuple[Run, ...]) -> None:
        """Text of the template itself."""
        self.parts.append(part)
        self.runs += runs
        self.length += len(part)
        if self.length > MAX_TEXT:
            raise LimitError("it prints more than 4 MiB")

    def put(self, value: Value, action: Origin) -> None:
        """Print a value, as `action` does."""
        if isinstance(value, str):
            part = value
        elif isinstance(value, Unknown):
            self.put_unknown(value, action)
            return
        else:
            part = "<no value>" if value is None else show(value)
        if not part and not isinstance(part, Text):
            return
        spend(len(part) // 64)
        self.parts.append(part)
        self.length += len(part)
        if self.length > MAX_TEXT:
            raise LimitError("it prints more than 4 MiB")
        if not isinstance(part, Text):
            self.runs.append((len(part), action, 0, action))
            return
        if isinstance(part, Unsure):
            self.unsure = True
        for run in part.runs:
            length, origin, shift, via = run
            if origin is None:
                run = (length, action, 0, action)
            elif via is None:
                run = (length, origin, shift, action)
            self.runs.append(run)

    def put_unknown(self, value: Unknown, action: Origin) -> None:
        """Print the marker of a value that isn't known."""
        origin = Origin(action.source, action.start, action.end, unknown=value)
        self.parts.append(MARKER)
        self.runs.append((len(MARKER), origin, 0, action))
        self.length += len(MARKER)
        self.unsure = True

    def whole(self) -> Value:
        """All of it, or an unknown value if parts had to be left out."""
        return Unknown(self.holes[0][1], "string") if self.holes else self.text()

    def text(self) -> Text:
        """All of it."""
        spend_text(self.length)
        made = Unsure("".join(self.parts)) if self.unsure else Text("".join(self.parts))
        made.runs = tuple(self.runs)
        return made
