"""What a running template is made of: its closures, its variables, and where its parts stand."""

from __future__ import annotations

from collections.abc import Callable

from hullcheck.render.helm import syntax
from hullcheck.render.helm.errors import SyntaxProblem, TemplateError
from hullcheck.render.helm.origin import Origin
from hullcheck.render.helm.output import Output
from hullcheck.render.helm.provenance import Run, runs_between
from hullcheck.render.helm.values import Value
from hullcheck.source import Source

Expression = Callable[["Frame", Value], Value]
Stage = Callable[["Frame", Value, Value], Value]
Statement = Callable[["Frame", Value], str]


class Frame:
    """One template as it runs: where it prints, and its variables by slot."""

    __slots__ = ("out", "slots")

    def __init__(self, out: Output, dot: Value) -> None:
        self.out = out
        self.slots: dict[int, Value] = {0: dot}


class Template:
    """A parsed template, made into closures when it first runs. `empty`: nothing but white space in it."""

    def __init__(self, name: str, body: syntax.Block, text: str, places: "Places") -> None:
        self.name = name
        self.body = body
        self.text = text
        self.places = places
        self.empty = all(isinstance(s, syntax.Literal) and not text[s.start : s.end].strip() for s in body)
        self.run: Statement | None = None


class Places:
    """Where the parts of a template's text stand."""

    def literal(self, start: int, end: int) -> tuple[Run, ...]:
        raise NotImplementedError

    def action(self, start: int, end: int) -> Origin:
        raise NotImplementedError


class Unit:
    """A text with templates in it, a file for one, parsed when the first of them is wanted."""

    def __init__(self, name: str, text: str, places: Places) -> None:
        self.name = name
        self.text = text
        self.places = places
        self._templates: dict[str, Template] | None = None

    def templates(self) -> dict[str, Template]:
        """By name; the text's own is there, too. Raises TemplateError."""
        if self._templates is None:
            try:
                parsed = syntax.parse(self.name, self.text)
            except SyntaxProblem as problem:
                raise TemplateError(problem.message, self.places.action(problem.offset, problem.offset + 1)) from None
            self._templates = {name: Template(name, body, self.text, self.places) for name, body in parsed}
        return self._templates


class FilePlaces(Places):
    """The text is a file's."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.whole = Origin(source, 0, len(source.text), exact=True)

    def literal(self, start: int, end: int) -> tuple[Run, ...]:
        return ((end - start, self.whole, start, self.whole),)

    def action(self, start: int, end: int) -> Origin:
        return Origin(self.source, start, end)


class TextPlaces(Places):
    """The text was a value, which has runs; what has no place of its own stands where it's evaluated."""

    def __init__(self, runs: tuple[Run, ...], fallback: Origin) -> None:
        self.runs = runs
        self.fallback = fallback

    def literal(self, start: int, end: int) -> tuple[Run, ...]:
        runs = runs_between(self.runs, start, end)
        return tuple((n, o or self.fallback, s, via or self.fallback) for n, o, s, via in runs)

    def action(self, start: int, end: int) -> Origin:
        run = next(iter(runs_between(self.runs, start, end)), None)
        if run is None or run[1] is None:
            return self.fallback
        if run[1].exact:
            begin = run[1].start + run[2]
            return Origin(run[1].source, begin, begin + min(run[0], end - start))
        return Origin(run[1].source, run[1].start, run[1].end)


def calls(body: syntax.Block) -> "list[tuple[str, str | None]]":
    """The functions that are called, with the name of the template for `include` and `template` where it's constant. Raises
    SyntaxProblem."""
    found: list[tuple[str, str | None]] = []
    for statement in body:
        if isinstance(statement, syntax.Action):
            _pipe_calls(statement.line.pipe(), found)
        elif isinstance(statement, syntax.Branch):
            _pipe_calls(statement.line.pipe(two=True), found)
            found += calls(statement.body) + calls(statement.otherwise)
        elif isinstance(statement, syntax.Call):
            found.append(("template", statement.name))
            if not statement.line.is_empty():
                _pipe_calls(statement.line.pipe(), found)
    return found


def _pipe_calls(pipe: syntax.Pipe, found: "list[tuple[str, str | None]]") -> None:
    for command in pipe.commands:
        for at, operand in enumerate(command):
            if isinstance(operand, syntax.Chain):
                operand = operand.operand
            if isinstance(operand, syntax.Pipe):
                _pipe_calls(operand, found)
            elif isinstance(operand, syntax.Function):
                first = command[at + 1] if at + 1 < len(command) else None
                constant = str(first.value) if isinstance(first, syntax.Constant) else None
                found.append((operand.name, constant))


def assigned(statement: syntax.Branch) -> set[str]:
    """Variables that are set anew inside."""
    names: set[str] = set()
    pending: list[syntax.Statement] = [*statement.body, *statement.otherwise]
    while pending:
        each = pending.pop()
        if isinstance(each, syntax.Action | syntax.Branch):
            pipe = each.line.pipe(two=isinstance(each, syntax.Branch))
            names.update(() if pipe.declares else pipe.names)
        if isinstance(each, syntax.Branch):
            pending += [*each.body, *each.otherwise]
    return names
