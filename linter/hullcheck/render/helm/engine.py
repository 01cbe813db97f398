"""All templates of a chart: found by name, run, and included by one another."""

from __future__ import annotations

from collections.abc import Callable

from hullcheck.render.helm import syntax
from hullcheck.render.helm.errors import LimitError, SyntaxProblem, TemplateError, UndecidedError
from hullcheck.render.helm.functions import FUNCTIONS, Function
from hullcheck.render.helm.lenient import Lenience
from hullcheck.render.helm.limits import MAX_INCLUDES, spend
from hullcheck.render.helm.origin import Origin
from hullcheck.render.helm.output import Output
from hullcheck.render.helm.program import Frame, Statement, Template, TextPlaces, Unit, calls
from hullcheck.render.helm.provenance import Unsure, is_solid, replaced, runs_of
from hullcheck.render.helm.unknown import Unknown
from hullcheck.render.helm.values import Value, is_unknown, reason_of

_MUTATORS = frozenset(
    ("set", "unset", "merge", "mergeOverwrite", "mustMerge", "mustMergeOverwrite", "tpl", "include", "template")
)


class Engine:
    """All templates of a chart and its subcharts, by name, and what is going on.

    `compiled` makes of a template what is run, when that is first asked for.
    """

    def __init__(
        self, compiled: Callable[["Engine", Template, bool], Statement], lenience: Lenience | None = None
    ) -> None:
        self.compiled = compiled
        self.lenience = lenience
        self.units: dict[str, list[Unit]] = {}
        self.found: dict[str, Template | None] = {}
        self.depth = 0
        self.at: Origin | None = None
        self.functions = {
            **FUNCTIONS,
            "include": Function("include", self.include, ("text", "any"), "", True),
            "tpl": Function("tpl", self.tpl, ("text", "any"), "", True),
        }
        if lenience is not None:
            self.functions["required"] = FUNCTIONS["required"]._replace(call=lenience.required)

    def add(self, unit: Unit) -> None:
        """Take a text's templates; later ones replace earlier ones of the same name."""
        for name in {*syntax.names(unit.text), unit.name}:
            self.units[name] = [*self.units.get(name, ()), unit]
            self.found.pop(name, None)

    def find(self, name: str) -> Template | None:
        """The template of this name: the last that was given, but an empty one replaces none. Raises TemplateError."""
        if name not in self.found:
            fitting = [unit.templates()[name] for unit in self.units.get(name, ()) if name in unit.templates()]
            filled = [template for template in fitting if not template.empty]
            self.found[name] = next(reversed(filled or fitting), None)
        return self.found[name]

    def execute(self, template: Template, dot: Value, out: Output, top: bool = False) -> None:
        """Run a template into `out`; `top`: it's a file's own, of which parts may be left out."""
        if self.depth >= MAX_INCLUDES:
            raise LimitError(f"templates include each other more than {MAX_INCLUDES} levels deep")
        if template.run is None:
            template.run = self.compiled(self, template, top)
        self.depth += 1
        try:
            template.run(Frame(out, dot), dot)
        finally:
            self.depth -= 1

    def include(self, name: Value, data: Value) -> Value:
        """`include`: a template's text."""
        if isinstance(name, Unknown | Unsure):
            raise UndecidedError(reason_of(name))
        template = self.find(name)
        if template is None and self.lenience is not None:
            return self.lenience.no_template(name)
        if template is None:
            raise TemplateError(f'error calling include: template: no template "{name}" associated with this chart')
        if self.lenience is not None:
            return self._include(template, data, self.lenience)
        out = Output()
        spend()
        try:
            self.execute(template, data, out)
        except UndecidedError as error:
            if self.mutates(template, set()):
                raise
            return Unknown(error.message, "string")
        return out.whole()

    def _include(self, template: Template, data: Value, lenience: Lenience) -> Value:
        """The same, where a condition that isn't known may be taken both ways: a text of one line is unknown then."""
        out = Output()
        spend()
        undecided, wanted = lenience.undecided, lenience.wanted
        self.execute(template, data, out)
        made = out.text()
        if lenience.undecided > undecided and "\n" not in made.strip():
            lenience.wanted = wanted
            return Unknown("it depends on a value that isn't known", "string")
        return made

    def tpl(self, text: Value, data: Value) -> Value:
        """`tpl`: a text taken as a template."""
        if is_unknown(text):
            return text if _is_no_template(text) else Unknown(reason_of(text), "string")
        if "{{" not in text:
            return replaced(text, "<no value>", "")
        assert self.at is not None
        spend(len(text) // 2)
        unit = Unit("", str(text), TextPlaces(runs_of(text), self.at))
        units, found = self.units, self.found
        out = Output()
        try:
            own = unit.templates()
            if len(own) > 1:
                self.units, self.found = dict(units), {}
                self.add(unit)
            self.execute(own[""], data, out)
        finally:
            self.units, self.found = units, found
        made = out.whole()
        return made if isinstance(made, Unknown) else replaced(made, "<no value>", "")

    def mutates(self, template: Template, seen: set[str]) -> bool:
        """May running the template change a value that others see?"""
        seen.add(template.name)
        return self.mutates_in(template.body, seen)

    def mutates_in(self, body: syntax.Block, seen: set[str]) -> bool:
        """May running these statements change a value that others see?"""
        try:
            called = calls(body)
        except SyntaxProblem:
            return True
        for name, included in called:
            if name in ("include", "template") and included is not None:
                other = self.find(included)
                if other is not None and included not in seen and self.mutates(other, seen):
                    return True
            elif name in _MUTATORS:
                return True
        return False


def _is_no_template(text: Value) -> bool:
    """Can there be no action in this text, of which something isn't known?"""
    return text.solid if isinstance(text, Unknown) else is_solid(text) and "{{" not in text
