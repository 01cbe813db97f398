"""A chart rendered: from its folder to documents whose every value knows its place."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hullcheck.model.node import Mapping, Node, as_str
from hullcheck.model.problem import Problem
from hullcheck.parse.yaml import parse_parts
from hullcheck.patterns import pattern
from hullcheck.render.helm import collections, generated, helmfuncs, limits, numbers, texts, words
from hullcheck.render.helm.chart import Chart
from hullcheck.render.helm.coalesce import coalesced, work_out_dependencies
from hullcheck.render.helm.compile import compiled
from hullcheck.render.helm.data import from_node, from_source, merged
from hullcheck.render.helm.engine import Engine
from hullcheck.render.helm.errors import TemplateError, UndecidedError
from hullcheck.render.helm.install import Install
from hullcheck.render.helm.lenient import Lenience
from hullcheck.render.helm.objects import KUBE_VERSION, Capabilities, Files
from hullcheck.render.helm.origin import Origin
from hullcheck.render.helm.output import Output
from hullcheck.render.helm.program import FilePlaces, Unit
from hullcheck.render.helm.provenance import NOT_UTF8, Text, cut, joined, replaced, runs_between, unknowns_in
from hullcheck.render.helm.rehome import rehome
from hullcheck.render.helm.schema import forbidden
from hullcheck.render.helm.unknown import Unknown
from hullcheck.render.helm.values import Map, Value, Values
from hullcheck.source import Location, Source
from hullcheck.tuples import NamedTuple

LIBRARIES = (collections, generated, helmfuncs, numbers, texts, words)
"""The modules that declare functions."""

HOOK = "helm.sh/hook"
_EVENTS = frozenset(
    [
        "pre-install",
        "post-install",
        "pre-delete",
        "post-delete",
        "pre-upgrade",
        "post-upgrade",
        "pre-rollback",
        "post-rollback",
        "test",
        "test-success",
    ]
)
_ORDER = {
    kind: number
    for number, kind in enumerate(
        [
            "PriorityClass",
            "Namespace",
            "NetworkPolicy",
            "ResourceQuota",
            "LimitRange",
            "PodSecurityPolicy",
            "PodDisruptionBudget",
            "ServiceAccount",
            "Secret",
            "SecretList",
            "ConfigMap",
            "StorageClass",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "CustomResourceDefinition",
            "ClusterRole",
            "ClusterRoleList",
            "ClusterRoleBinding",
            "ClusterRoleBindingList",
            "Role",
            "RoleList",
            "RoleBinding",
            "RoleBindingList",
            "Service",
            "DaemonSet",
            "Pod",
            "ReplicationController",
            "ReplicaSet",
            "Deployment",
            "HorizontalPodAutoscaler",
            "StatefulSet",
            "Job",
            "CronJob",
            "IngressClass",
            "Ingress",
            "APIService",
            "MutatingWebhookConfiguration",
            "ValidatingWebhookConfiguration",
        ]
    )
}
_SEPARATOR = pattern(r"^---[ \t]*", re.MULTILINE)
_KEEPS = pattern(r"[|>]\d?\+")
_NOT_BLANK = pattern(r"\S")


class RenderedDocument(NamedTuple):
    """An object, and the path of the template file that it comes from."""

    template: str
    root: Mapping


class TemplateFile(NamedTuple):
    """What became of a template: `judged` is "full" or "part", or "none" where nothing of it could be read.

    One that prints nothing is judged in full.
    """

    path: str
    judged: str


class Rendered(NamedTuple):
    """The objects in the order of `helm template`, what couldn't be rendered, and how many template files could.

    Where Helm would refuse the chart, `unsure` says why, and the objects are what can be known of it. `templates` are
    its files and those of the charts below it.
    """

    documents: list[RenderedDocument]
    problems: list[Problem]
    rendered: int
    total: int
    unsure: str = ""
    templates: tuple[TemplateFile, ...] = ()


class File(NamedTuple):
    """A template file, with the context that it's rendered in."""

    name: str
    source: Source
    context: Map
    base: str


class Job:
    """A chart as Helm renders it."""

    def __init__(self, chart: Chart, problems: list[Problem], lenience: Lenience | None = None) -> None:
        self.chart = chart
        self.problems = problems
        self.engine = Engine(compiled, lenience)
        self.done = 0
        self.hooks: list[RenderedDocument] = []
        self.documents: list[RenderedDocument] = []

    def run(self, install: Install) -> Rendered:
        try:
            given = self._given(install.values, install.sets)
            if not install.own_values:
                self.chart.values = Map()
            self._note_missing(self.chart)
            work_out_dependencies(self.chart, given)
            combined: Value = Values(coalesced(self.chart, given))
            if given:
                for refused in forbidden(self.chart, combined):
                    self._add(refused.message, refused.place)
                    if self.engine.lenience is None:
                        return Rendered([], self.problems, 0, 0)
        except (TemplateError, RecursionError) as error:
            self._add("the chart can't be rendered: " + said(error), self.chart.source.at(0))
            if self.engine.lenience is None:
                return Rendered([], self.problems, 0, 0)
            combined = Unknown(said(error))
        top = Map(
            Values=combined,
            Capabilities=Capabilities(install.kube_version or KUBE_VERSION, tuple(install.api_versions)),
            Release=Map(
                Name=install.release,
                Namespace=install.namespace,
                IsUpgrade=False,
                IsInstall=True,
                Revision=1,
                Service="Helm",
            ),
        )
        files: list[File] = []
        self._collect(self.chart, top, self.chart.name, files)
        files.sort(key=lambda file: (file.name.count("/"), file.name), reverse=True)
        self._parse(files)
        return self._render([file for file in files if not is_partial(file.name)])

    def _given(self, values: Sequence[Source | Node], sets: Sequence[str]) -> Map:
        given = Map()
        for each in values:
            given = merged(given, from_source(each) if isinstance(each, Source) else from_node(each))
        if sets:
            from hullcheck.render.helm.sets import apply_set

            for said in sets:
                apply_set(given, said)
        return given

    def _note_missing(self, chart: Chart) -> None:
        """Dependencies that aren't in the chart: what needs them can't be rendered."""
        for dependency in chart.dependencies or ():
            if not any(dependency.name == child.name for child in chart.charts):
                self._add(f"the dependency `{dependency.name}` isn't in the chart", dependency.place)
        for child in chart.charts:
            self._note_missing(child)

    def _collect(self, chart: Chart, above: Map, path: str, files: list[File]) -> Map:
        """The template files of a chart and those below it, each with its context."""
        metadata = Map(chart.metadata)
        metadata["IsRoot"] = chart.is_root
        own = self._own_values(chart, above["Values"])
        below = Map()
        context = Map(
            Chart=metadata,
            Files=Files(chart.files),
            Release=above["Release"],
            Capabilities=above["Capabilities"],
            Values=own if isinstance(own, dict | Unknown) else Values(),
            Subcharts=below,
        )
        for child in chart.charts:
            below[child.name] = self._collect(child, context, f"{path}/charts/{child.name}", files)
        for name, source in chart.templates:
            if not chart.is_library or is_partial(name):
                files.append(File(f"{path}/{name}", source, context, f"{path}/templates"))
        return context

    def _own_values(self, chart: Chart, above: Value) -> Value:
        if chart.unknown:
            return Unknown(chart.unknown)
        return above if chart.is_root or isinstance(above, Unknown) else above.get(chart.name, Map())

    def _parse(self, files: list[File]) -> None:
        for file in files:
            self.engine.add(Unit(file.name, file.source.text, FilePlaces(file.source)))

    def _render(self, files: list[File]) -> Rendered:
        found: dict[str, tuple[Text, Output, File]] = {}
        printed = 0
        for file in files:
            limits.refill()
            out = self._run(file)
            printed += out.length if out else 0
            if printed > limits.MAX_OUTPUT:
                self._add("the rest isn't rendered: the chart prints more than 16 MiB", file.source.at(0))
                break
            if out is not None:
                found[file.name] = without_no_value(out), out, file
        for name in sorted(found):
            limits.start()
            if not name.endswith("NOTES.txt"):
                self._take(*found[name])
            else:
                self.done += 1
        for documents in (self.documents, self.hooks):
            documents.sort(key=lambda document: rank(document.root))
        return Rendered([*self.documents, *self.hooks], self.problems, self.done, len(files))

    def _run(self, file: File) -> Output | None:
        file.context["Template"] = Map(Name=file.name, BasePath=file.base)
        out = Output()
        try:
            template = self.engine.find(file.name)
            assert template is not None
            self.engine.execute(template, file.context, out, top=True)
        except UndecidedError as error:
            self._add(f"not rendered, for it depends on a value that isn't known: {error.message}", _place(error, file))
        except TemplateError as error:
            self._add(f"not rendered: {error.message}", _place(error, file))
        except RecursionError:
            self._add("not rendered: nested too deeply", file.source.at(0))
        else:
            return out
        return None

    def _take(self, text: Text, out: Output, file: File) -> None:
        """Split what a file printed into documents, read those, and move their nodes home."""
        if not text.isascii() and NOT_UTF8.search(text):
            self._add("what it renders is not UTF-8", file.source.at(0))
            return
        text = with_line_breaks(text)
        source = Source(file.source.path, text.encode())
        fine = True
        holes = [
            (offset, f"left out, for it depends on a value that isn't known: {why}", where)
            for offset, why, where in out.holes
        ]
        for _, message, where in holes:
            self._add(message, where.location)
            fine = False
        for start, end in document_spans(source.text):
            if any(start <= offset <= end for offset, _, _ in holes):
                continue
            fine = self._read(text, source, start, end, file) and fine
        self.done += fine

    def _read(self, text: Text, source: Source, start: int, end: int, file: File) -> bool:
        found = parse_parts(source, [(start, end)])
        if found.problems:
            problem = found.problems[0]
            unsure = unknowns_in(cut(text, start, end))
            message = (
                f"what it renders can't be read without a value that isn't known: {unsure[0].reason}"
                if unsure
                else f"what it renders is {problem.message}"
            )
            self._add(message, home(text, problem.location.start, file))
            return False
        root = found.documents[0].root if found.documents else None
        if root is None:
            return True
        rehome(root, text, Origin(file.source, 0, 0))
        if not isinstance(root, Mapping):
            if as_str(root) is None and not getattr(root, "items", None):
                return True
            self._add("what it renders is no mapping", root.location)
            return False
        self._add_document(RenderedDocument(file.source.path, root))
        return True

    def _add_document(self, document: RenderedDocument) -> None:
        hook = _annotation(document.root, HOOK)
        if hook is None:
            self.documents.append(document)
        elif all(event.strip().lower() in _EVENTS for event in hook.split(",")):
            self.hooks.append(document)

    def _add(self, message: str, place: Location) -> None:
        self.problems.append(Problem("not-analysed", message, place.one_line()))


def said(error: Exception) -> str:
    return error.message if isinstance(error, TemplateError) else "nested too deeply"


def is_partial(name: str) -> bool:
    return name.rpartition("/")[2].startswith("_")


def without_no_value(out: Output) -> Text:
    text = out.text()
    made = replaced(text, "<no value>", "")
    return made if isinstance(made, Text) else text


def with_line_breaks(text: Text) -> Text:
    """Helm ends each document with one more line break, which counts at the end of a block scalar."""
    parts: list[str] = []
    at = 0
    if _KEEPS.search(text):
        for match in _SEPARATOR.finditer(text):
            parts += [cut(text, at, match.start()), "\n"]
            at = match.start()
    made = joined([*parts, cut(text, at, len(text)), "\n"])
    return made if isinstance(made, Text) else text


def _place(error: TemplateError, file: File) -> Location:
    return error.where.location if error.where else file.source.at(0)


def home(text: Text, offset: int, file: File) -> Location:
    """Where in the template the character at an offset of the rendered text was made."""
    for length, origin, shift, via in runs_between(text.runs, max(offset - 1, 0), offset + 1)[-1:]:
        if origin and origin.exact:
            return Location(origin.source, origin.start + shift, origin.start + shift + length)
        if via or origin:
            return (via or origin).location  # type: ignore[union-attr]
    return file.source.at(0)


def document_spans(text: str) -> list[tuple[int, int]]:
    """The documents of a rendered text: Helm splits wherever a line begins with three dashes."""
    spans = []
    first = _NOT_BLANK.search(text)
    start = first.start() if first else len(text)
    for match in [*_SEPARATOR.finditer(text, start), None]:
        end = match.start() if match else len(text)
        content = _NOT_BLANK.search(text, start, end)
        if content:
            spans.append((content.start(), end))
        start = match.end() if match else end
    return spans


def _annotation(root: Mapping, name: str) -> str | None:
    metadata = root.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    return as_str(annotations.get(name)) if isinstance(annotations, Mapping) else None


def rank(root: Mapping) -> tuple[int, str]:
    kind = as_str(root.get("kind")) or ""
    return (_ORDER[kind], "") if kind in _ORDER else (len(_ORDER), kind)


__all__ = ["Node", "Rendered", "RenderedDocument", "Value"]
