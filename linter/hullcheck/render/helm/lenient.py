"""What a template makes where Helm gives up: values that aren't known, in place of what it refuses.

Helm renders a chart as a whole or not at all. Who judges a chart wants to know all that can be known of it: the
container around a label that comes from a missing dependency, the branch behind a value that must be set. So what is
refused becomes unknown here, and where a condition isn't known, both of its branches are taken, one a run.
"""

from __future__ import annotations

from collections.abc import Callable

from hullcheck.render.helm.errors import FailError, ItemsError, LimitError, TemplateError, UndecidedError
from hullcheck.render.helm.origin import Origin
from hullcheck.render.helm.output import Output
from hullcheck.render.helm.program import Frame
from hullcheck.render.helm.unknown import Unknown
from hullcheck.render.helm.values import Value
from hullcheck.tuples import NamedTuple

MAX_RUNS = 4
"""Runs of a file in which the branches of undecided conditions are taken one after the other."""

FEW_TURNS = 20
"""Turns of each loop, where taking all of them costs more than is allowed."""


class Cause(NamedTuple):
    """Why a value isn't known that Helm would want to know: a word of `CAUSES`, and in words."""

    cause: str
    because: str


class Lenience:
    """What was refused, and which branches are taken.

    `missing` names the dependencies that aren't here; `causes` tells why a value is unknown, by its reason. `run` counts
    a file's runs from 0, `wanted` is the last that has anything to add: the first run takes an undecided condition's
    own branch, the second the first `else`, and so on. `cut` says which list was too long to be made, `broken` what
    was run that can't be parsed.
    """

    def __init__(self) -> None:
        self.missing: list[str] = []
        self.unread: list[str] = []
        self.causes: dict[str, Cause] = {}
        self.run = 0
        self.wanted = 0
        self.turn = 0
        self.undecided = 0
        self.turns: int | None = None
        self.cut: Cause | None = None
        self.broken: Cause | None = None

    def begin(self, run: int) -> None:
        """Start a file's run."""
        self.run = self.turn = run
        if not run:
            self.wanted = 0

    def value(self, error: TemplateError) -> Value:
        """What stands in for what was refused; raises what can't be gone on from."""
        if isinstance(error, UndecidedError):
            return Unknown(error.message)
        if isinstance(error, FailError):
            self.causes.setdefault(error.message, Cause("chart-value", "the chart refuses its default values"))
            return ""
        if isinstance(error, ItemsError):
            self.cut = Cause("limit", error.message)
        elif isinstance(error, LimitError):
            raise error
        self.causes.setdefault(error.message, Cause("chart-template", error.message))
        return Unknown(error.message)

    def no_template(self, name: str) -> Unknown:
        """The output of a template that there isn't."""
        reason = f'no template "{name}" associated with this chart'
        if reason not in self.causes:
            self.causes[reason] = self._why(name)
        return Unknown(reason, "string")

    def _why(self, name: str) -> Cause:
        if self.missing:
            several = len(self.missing) > 1
            names = ", ".join(f"`{each}`" for each in self.missing)
            return Cause(
                "chart-dependency",
                f"{'dependencies' if several else 'dependency'} {names} {'are' if several else 'is'}n't here",
            )
        if self.unread:
            return Cause("unreadable", f"`{self.unread[0]}` can't be read")
        return Cause("chart-template", f"no template `{name}` is defined")

    def required(self, message: Value, value: Value) -> Value:
        """`required`: a value that must be set, and isn't known where it's not."""
        if value is None or (isinstance(value, str) and not value):
            reason = f"a value must be set: {message}" if isinstance(message, str) else "a value must be set"
            self.causes.setdefault(reason, Cause("chart-value", "a value that it requires isn't set"))
            return Unknown(reason)
        return value

    def branch(
        self,
        frame: Frame,
        error: UndecidedError,
        origin: Origin,
        yes: Callable[[], str],
        no: Callable[[], str] | None,
    ) -> str:
        """Take one of the branches of a condition that isn't known; what only the other prints is unknown."""
        self.undecided += 1
        if no is not None and not self.turn:
            self.wanted = max(self.wanted, self.run + 1)
        if no is None or not self.turn:
            return yes()
        out = frame.out
        at = len(out.parts)
        self.turn -= 1
        signal = no()
        self.turn += 1
        if not signal and not "".join(out.parts[at:]).strip():
            self._leave_room(frame, Unknown(error.message), origin, yes)
        return signal

    def _leave_room(self, frame: Frame, value: Unknown, origin: Origin, other: Callable[[], str]) -> None:
        """Print something unknown where the other branch prints something."""
        kept, slots = frame.out, dict(frame.slots)
        frame.out = Output()
        try:
            other()
            printed = str(frame.out.text())
        finally:
            frame.out = kept
            frame.slots.clear()
            frame.slots.update(slots)
        content = printed.strip()
        if content:
            kept.put(printed[: printed.index(content[0])], origin)
            kept.put_unknown(value, origin)
            kept.put(printed[printed.rindex(content[-1]) + 1 :], origin)
