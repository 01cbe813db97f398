"""A chart rendered as far as it goes: for judging it, where Helm would refuse it as a whole."""

from __future__ import annotations

from collections.abc import Iterator

from hullcheck.model.coverage import Gap
from hullcheck.model.node import Mapping, Node, Scalar, as_str, at
from hullcheck.model.node import Sequence as Items
from hullcheck.model.problem import Problem
from hullcheck.model.unknowns import blocks
from hullcheck.parse.yaml import parse_parts
from hullcheck.render.helm import limits
from hullcheck.render.helm.chart import Chart, Folder
from hullcheck.render.helm.errors import LimitError, TemplateError
from hullcheck.render.helm.lenient import FEW_TURNS, MAX_RUNS, Cause, Lenience
from hullcheck.render.helm.origin import Origin
from hullcheck.render.helm.output import Output
from hullcheck.render.helm.provenance import NOT_UTF8, Text, Unsure, edited
from hullcheck.render.helm.rehome import rehome
from hullcheck.render.helm.release import (
    HOOK,
    File,
    Job,
    Rendered,
    RenderedDocument,
    TemplateFile,
    document_spans,
    home,
    is_partial,
    rank,
    said,
    with_line_breaks,
    without_no_value,
)
from hullcheck.render.helm.values import Map
from hullcheck.source import Location, Source
from hullcheck.tuples import NamedTuple

LITERALLY = "only what stands literally in the template is known"


class _Print(NamedTuple):
    """What a template file printed, once for each way that undecided conditions can go; what `stopped` it, if so."""

    file: File
    outs: list[Output]
    stopped: Cause | None
    where: Location
    cut: Cause | None = None


class JudgedJob(Job):
    """A chart of which all is told that can be known: the rest is unknown, or a gap."""

    def __init__(self, chart: Chart, problems: list[Problem]) -> None:
        self.lenience = Lenience()
        super().__init__(chart, problems, self.lenience)
        chart.is_library = False  # what nothing can install is judged all the same
        self.name = chart.name
        self.states: dict[str, str] = {}
        self.told: set[tuple[str, str]] = set()
        self.uses_dependency = False
        self.objects = 0
        self.absent: list[tuple[str, Location]] = []

    def _note_missing(self, chart: Chart) -> None:
        """Which dependencies are missing is known only once it's known which of them are turned on."""

    def _parse(self, files: list[File]) -> None:
        super()._parse(files)
        missing = list(self._missing(self.chart))
        self.lenience.missing = list(dict.fromkeys(dependency for dependency, _ in missing))
        self.lenience.unread = list(self._unread(self.chart))
        self.absent = missing

    def _missing(self, chart: Chart) -> Iterator[tuple[str, Location]]:
        names = {child.name for child in chart.charts}
        for dependency in chart.dependencies or ():
            if dependency.name not in names:
                yield dependency.chart, dependency.place
        for child in chart.charts:
            yield from self._missing(child)

    def _unread(self, chart: Chart) -> Iterator[str]:
        yield from chart.unread
        for child in chart.charts:
            yield from self._unread(child)

    def _add(self, message: str, place: Location) -> None:
        gap = Gap("chart", f"chart `{self.name}`", "")
        self.problems.append(Problem("not-analysed", message, place.one_line(), gap=gap))

    def _add_document(self, document: RenderedDocument) -> None:
        hook = at(document.root, "metadata", "annotations", HOOK)
        if hook is not None and hook.unknown:
            self.documents.append(document)
        else:
            super()._add_document(document)

    def _render(self, files: list[File]) -> Rendered:
        prints: dict[str, _Print] = {}
        printed = 0
        for file in files:
            made = self._print(file)
            printed += sum(out.length for out in made.outs)
            if printed > limits.MAX_OUTPUT:
                made = _Print(file, [], Cause("limit", "it prints more than 16 MiB"), file.source.at(0))
            prints[file.name] = made
        for name in sorted(prints):
            limits.start()
            if name.endswith("NOTES.txt"):
                self.states.setdefault(prints[name].file.source.path, "full")
            else:
                self._read_all(prints[name])
        self._tell_missing()
        for documents in (self.documents, self.hooks):
            documents.sort(key=lambda document: rank(document.root))
        templates = tuple(TemplateFile(path, state) for path, state in sorted(self.states.items()))
        full = sum(1 for each in templates if each.judged == "full")
        found = [*self.documents, *self.hooks]
        return Rendered(found, self.problems, full, len(templates), self._unsure(), templates)

    def _unsure(self) -> str:
        if self.lenience.missing:
            return f"the dependency `{self.lenience.missing[0]}` isn't here"
        cause = next(iter(self.lenience.causes.values()), None)
        if cause is not None:
            return cause.because
        return self.chart.unknown or next((problem.message for problem in self.problems), "")

    def _tell_missing(self) -> None:
        """Dependencies that no template misses: what they would bring isn't here."""
        if self.uses_dependency:
            return
        for name, place in self.absent:
            gap = Gap("chart-dependency", "sub-chart", "neither beside its chart nor anywhere here")
            message = f"the dependency `{name}` isn't in the chart, nor a chart of this repository"
            self.problems.append(Problem("not-analysed", message, place.one_line(), gap=gap))

    # Printing

    def _print(self, file: File) -> _Print:
        """Run a template file, until nothing that is undecided is left; too long loops end early then."""
        self.lenience.turns = self.lenience.cut = self.lenience.broken = None
        made = self._runs(file)
        if made.stopped is not None and made.stopped.cause == "limit":
            self.lenience.turns = FEW_TURNS
            again = self._runs(file)
            self.lenience.turns = None
            return again._replace(outs=[*made.outs, *again.outs], stopped=again.stopped or made.stopped)
        return made

    def _runs(self, file: File) -> _Print:
        outs: list[Output] = []
        stopped: Cause | None = None
        where = file.source.at(0)
        for number in range(MAX_RUNS):
            limits.refill()
            self.lenience.begin(number)
            out = Output()
            outs.append(out)
            file.context["Template"] = Map(Name=file.name, BasePath=file.base)
            try:
                template = self.engine.find(file.name)
                assert template is not None
                self.engine.execute(template, file.context, out, top=True)
            except (TemplateError, RecursionError) as error:
                limited = isinstance(error, LimitError | RecursionError)
                stopped = Cause("limit" if limited else "chart-template", said(error))
                if isinstance(error, TemplateError) and error.where:
                    where = error.where.location
            if self.lenience.wanted <= number:
                break
        return _Print(file, outs, stopped or self.lenience.broken, where, self.lenience.cut)

    # Reading

    def _read_all(self, made: _Print) -> None:
        """Read what a file printed; what can't be read is taken from the template's own text."""
        file = made.file
        known: set[str] | None = set() if len(made.outs) > 1 else None
        lost: list[tuple[Cause, Location]] = [(made.stopped, made.where)] if made.stopped else []
        if made.cut is not None:
            lost.append((made.cut, made.where))
        found: list[RenderedDocument] = []
        for out in made.outs:
            try:
                for document in self._printed(out, file, known, lost):
                    self._count()
                    found.append(document)
            except LimitError as error:
                lost.append((Cause("limit", said(error)), file.source.at(0)))
        for document in found:
            if made.stopped:
                document.root.unknown = document.root.unknown or made.stopped.because
            self._add_document(document)
        broken = made.stopped is not None or any(cause is _UNREADABLE or cause.cause == "limit" for cause, _ in lost)
        more = self._literally(file, [] if made.stopped else found) if broken else []
        path = file.source.path
        if not lost:
            self._state(path, "full")
            return
        self._state(path, "part" if found or more else "none")
        self._tell(file, lost, nothing=not found and not more)

    def _count(self) -> None:
        """Count an object; raises LimitError if the chart makes too many."""
        self.objects += 1
        if self.objects > limits.MAX_OBJECTS:
            raise LimitError(f"the chart makes more than {limits.MAX_OBJECTS:,} objects")

    def _state(self, path: str, state: str) -> None:
        """A file that is rendered for several charts is judged as badly as for the worst of them."""
        order = ("full", "part", "none")
        self.states[path] = max(self.states.get(path, "full"), state, key=order.index)

    def _tell(self, file: File, lost: list[tuple[Cause, Location]], *, nothing: bool) -> None:
        """One gap for each cause in a file; a dependency that is missing explains all that it may have caused."""
        what = "template" if nothing else "block in templates"
        for cause, place in lost:
            if cause is _UNREADABLE:
                cause = next((c for c in self.lenience.causes.values() if c.cause == "chart-dependency"), cause)
            key = (file.source.path, cause.because)
            if key in self.told:
                continue
            self.told.add(key)
            self.uses_dependency = self.uses_dependency or cause.cause == "chart-dependency"
            gap = Gap(cause.cause, f"{what} of chart `{self.name}`", cause.because)
            message = f"{'not judged' if nothing else 'judged in part'}: {cause.because}"
            self.problems.append(Problem("not-analysed", message, place.one_line(), gap=gap))

    def _printed(
        self, out: Output, file: File, known: set[str] | None, lost: list[tuple[Cause, Location]]
    ) -> Iterator[RenderedDocument]:
        """The documents that a run printed and that weren't printed before."""
        text = without_no_value(out)
        if not text.isascii() and NOT_UTF8.search(text):
            lost.append((Cause("chart-template", "what it renders is not UTF-8"), file.source.at(0)))
            return
        text = with_line_breaks(_readable(text))
        source = Source(file.source.path, b"")
        source.text = str(text)
        for start, end in document_spans(source.text):
            found = parse_parts(source, [(start, end)])
            root = found.documents[0].root if found.documents else None
            if found.problems:
                lost.append((_UNREADABLE, home(text, found.problems[0].location.start, file)))
                continue
            if root is None:
                continue
            rehome(root, text, Origin(file.source, 0, 0))
            lost += self._lost_in(root)
            if isinstance(root, Mapping):
                content = "" if known is None else _fingerprint(root)
                if known is None:
                    yield RenderedDocument(file.source.path, root)
                elif content not in known:
                    known.add(content)
                    yield RenderedDocument(file.source.path, root)
            elif not root.unknown and (as_str(root) is not None or getattr(root, "items", None)):
                lost.append((Cause("chart-template", "what it renders is no mapping"), root.location))

    def _lost_in(self, root: Node) -> Iterator[tuple[Cause, Location]]:
        """What isn't known of an object because Helm would refuse it, and may be more than a value."""
        if not self.lenience.causes:
            return
        for node in blocks(root):
            cause = self.lenience.causes.get(node.unknown)
            if cause is not None:
                yield cause, node.location

    def _literally(self, file: File, found: list[RenderedDocument]) -> list[Node]:
        """Take the objects of a template from its text, but for those that were rendered."""
        rendered = {_kind_place(document.root) for document in found}
        roots = [root for root in _literal_roots(file.source) if _kind_place(root) not in rendered]
        for root in roots:
            self._add_document(RenderedDocument(file.source.path, root))
        return list(roots)


_UNREADABLE = Cause("chart-template", "what it renders can't be read as YAML")


def literally(files: Folder, problems: list[Problem]) -> Rendered:
    """The templates of a chart that can't be read itself: what stands literally in them."""
    documents: list[RenderedDocument] = []
    templates: list[TemplateFile] = []
    for name in files.names:
        if "templates" not in name.split("/")[:-1] or is_partial(name) or name.endswith("NOTES.txt"):
            continue
        source = files.source(name)
        roots = list(_literal_roots(source))
        documents += [RenderedDocument(source.path, root) for root in roots]
        templates.append(TemplateFile(source.path, "part" if roots else "none"))
    unsure = next((problem.message for problem in problems), "the chart can't be rendered")
    return Rendered(documents, problems, 0, len(templates), unsure, tuple(templates))


def _literal_roots(source: Source) -> Iterator[Mapping]:
    from hullcheck.parse import literal

    for root in literal.read(source, LITERALLY).roots:
        if isinstance(root, Mapping):
            root.unknown = root.unknown or LITERALLY
            yield root


def _kind_place(root: Mapping) -> tuple[str, int]:
    kind = root.get("kind") or root
    return kind.source.path, kind.start


def _readable(text: Text) -> Text:
    """The text with what stands on lines of its own, and isn't known, made entries and items."""
    if not isinstance(text, Unsure):
        return text
    from hullcheck.parse.holes import edits

    holes: list[tuple[int, int]] = []
    at = 0
    for length, origin, _, _ in text.runs:
        if origin is not None and origin.unknown:
            holes.append((at, at + length))
        at += length
    return edited(text, edits(str(text), holes))


def _fingerprint(root: Node) -> str:
    """Equal for objects that say the same."""
    parts: list[str] = []
    pending: list[Node | str] = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, str):
            parts.append(node)
        elif isinstance(node, Mapping):
            pending += ["}", *(part for pair in reversed(node.items) for part in reversed(pair)), "{"]
        elif isinstance(node, Items):
            pending += ["]", *reversed(node.items), "["]
        elif isinstance(node, Scalar):
            parts.append(repr(node.text) if not node.unknown else "?")
    return ",".join(parts)
