"""What helmfile installs: releases of charts of this repository with their values, as far as no template decides them.

See https://helmfile.readthedocs.io/en/latest/#configuration
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator

from hullcheck.budget import tick
from hullcheck.link.gitops import ELSEWHERE, clean, in_namespace
from hullcheck.link.given import mappings
from hullcheck.link.plain import unique
from hullcheck.link.releases import Release
from hullcheck.model.chart_values import laid_over, nested
from hullcheck.model.coverage import Gap
from hullcheck.model.globs import Token, among
from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.node import Mapping, Node, Scalar, as_bool, as_str, at, items
from hullcheck.model.problem import Problem
from hullcheck.parse import yaml
from hullcheck.parse.app_template import known
from hullcheck.parse.kubernetes import object_of
from hullcheck.patterns import pattern
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.link.charts import Charts

MAX_RELEASES = 500
"""Releases of all helmfiles; what has more is told."""

_NAME = pattern(r"(?:.*/)?helmfile\.ya?ml(?:\.gotmpl)?|(?:.*/)?helmfile\.d/[^/]{1,200}\.ya?ml(?:\.gotmpl)?")


MAX_FILES = 500
"""Helmfiles, those that others name among them."""

MAX_BASES = 10
"""Bases of bases."""


class _File(NamedTuple):
    """A helmfile with the documents of its bases before its own; `broken` if not all of it is YAML."""

    source: Source
    roots: tuple[Node, ...]
    broken: bool


class Asked(NamedTuple):
    """A release that a helmfile asks for: of a chart that is here, or None and the values that it gives."""

    by: KubernetesObject
    release: Release | None


class Part(NamedTuple):
    """What goes to one cluster: the objects that releases of one helmfile make, and those that stand for the others."""

    name: str
    objects: list[KubernetesObject]
    unsure: str
    files: frozenset[str]
    by: tuple[KubernetesObject, ...]


class _Growing:
    def __init__(self) -> None:
        self.known: set[tuple[str, str, str, str]] = set()
        self.objects: list[KubernetesObject] = []
        self.unsure = ""
        self.files: set[str] = set()
        self.by: list[KubernetesObject] = []


class Helmfiles:
    """The releases that the helmfiles among these paths ask for; what can't be known becomes one of the `problems`."""

    def __init__(
        self, paths: Iterable[str], read: Callable[[str], bytes | None], is_chart: Callable[[str], bool]
    ) -> None:
        self._all = sorted(path for path in paths if path.endswith((".yaml", ".yml", ".gotmpl")))
        self._paths = [path for path in self._all if "helmfile" in path and _NAME.fullmatch(path)]
        self._read = read
        self._is_chart = is_chart
        self.problems: list[Problem] = []

    def releases(self) -> Iterator[Asked]:
        count = 0
        pending = list(self._paths)
        known = set(pending)
        for path in pending:  # which grows by those that others name
            file = self._file(path, {path})
            for named in self._further(path, file):
                if named not in known and len(known) < MAX_FILES:
                    known.add(named)
                    pending.append(named)
            templates = _templates(file.roots)
            defaults = next(
                (each for each in (at(root, "helmDefaults") for root in file.roots) if each is not None), None
            )
            listed = 0
            for root in file.roots:
                for node in items(at(root, "releases")):
                    listed += 1
                    count += 1
                    if count > MAX_RELEASES:
                        self._tell(path, node, "limit", f"more than {MAX_RELEASES} releases are asked for")
                        return
                    if isinstance(node, Mapping):
                        yield from self._asked(path, _inherited(node, templates), defaults)
            if file.broken or ("{{" in file.source.text and (not listed or path.endswith(".gotmpl"))):
                place = file.source.at(max(file.source.text.find("{{"), 0))
                why = "a template decides what it installs"
                gap = Gap("template", "helmfile", why)
                self.problems.append(
                    Problem("not-analysed", f"the helmfile isn't read in full: {why}", place, path, gap)
                )

    def _file(self, path: str, seen: set[str], depth: int = 0) -> _File:
        """A helmfile with what its `bases` say before it, those that were seen aside."""
        source = Source(path, self._read(path) or b"")
        found = yaml.parse(source)
        roots: list[Node] = []
        for document in found.documents:
            for entry in items(at(document.root, "bases")):
                name = as_str(entry) or ""
                base = clean(posixpath.join(posixpath.dirname(path), name))
                if base in seen:
                    continue
                seen.add(base)
                if depth == MAX_BASES or len(seen) > MAX_FILES:
                    self._tell(path, entry, "limit", "the bases of a helmfile lead too far")
                    continue
                if "{{" in name or self._read(base) is None:
                    self._tell(path, entry, "missing", f"the base `{name}` of a helmfile isn't here")
                    continue
                roots += self._file(base, seen, depth + 1).roots
            roots += [document.root] if document.root is not None else []
        return _File(source, tuple(roots), bool(found.problems))

    def _further(self, path: str, file: _File) -> Iterator[str]:
        """The helmfiles that one names, as far as they are here; the others are told."""
        for entry in (entry for root in file.roots for entry in items(at(root, "helmfiles"))):
            name = as_str(entry) or as_str(at(entry, "path")) or ""
            here = clean(posixpath.join(posixpath.dirname(path), name))
            if "{{" in name:
                self._tell(path, entry, "template", f"which helmfile `{name}` is isn't known")
            elif "://" in name or "::" in name:
                why = "it is in another repository"
                self._tell(path, entry, ELSEWHERE, f"the helmfile `{name}` isn't read: {why}", why)
            else:
                found = [here] if here in self._all else [each for each in self._all if _is_meant(here, each)]
                if not found:
                    self._tell(path, entry, "missing", f"the helmfile `{name}` isn't here")
                yield from found

    def parts(self, charts: "Charts", taken: set[str]) -> Iterator[Part]:
        """What each helmfile installs, under names that aren't `taken`; what would be there twice goes apart."""
        groups: dict[str, list[_Growing]] = {}
        for asked in self.releases():
            path = asked.by.location.path
            if asked.release is None:
                made, unsure = [asked.by], f"what the release `{asked.by.name}` installs isn't here"
                files: frozenset[str] = frozenset()
            else:
                installed = next(charts.installed(asked.release), None)
                if installed is None:
                    continue
                made = in_namespace(installed.objects, asked.release.namespace)
                unsure, files = installed.unsure, installed.files
            own = {(each.group, each.kind, each.namespace, each.name) for each in made if each.kind != "Namespace"}
            found = groups.setdefault(path, [_Growing()])
            part = next((each for each in found if own.isdisjoint(each.known)), None)
            if part is None:
                part = _Growing()
                found.append(part)
            part.known |= own
            part.objects += made
            part.unsure = part.unsure or unsure
            part.files |= {path, *files}
            part.by.append(asked.by)
        for path, found in groups.items():
            for part in found:
                name = unique(f"{path} (helmfile)", taken)
                taken.add(name)
                yield Part(name, part.objects, part.unsure, frozenset(part.files), tuple(part.by))

    def _asked(self, path: str, node: Mapping, defaults: Node | None) -> Iterator[Asked]:
        if as_bool(node.get("installed")) is False:
            return
        home = posixpath.dirname(path)
        name, chart = as_str(node.get("name")) or "", as_str(node.get("chart")) or ""
        namespace = as_str(node.get("namespace")) or "default"
        values, unsure = self._values(home, node)
        by = _object(node, name, namespace, list(mappings(values)))
        folder = clean(posixpath.join(home, chart))
        local = chart.startswith(("./", "../", "/")) or self._is_chart(folder)
        if local and self._is_chart(folder):
            for strategic in ("strategicMergePatches", "jsonPatches", "transformers"):
                if node.get(strategic) is not None:
                    unsure = unsure or f"its `{strategic}` aren't read"
            yield Asked(
                by,
                Release(
                    folder,
                    f"release {name} of {path}",
                    tuple(values),
                    name=name or "release-name",
                    namespace=namespace,
                    kube_version=as_str(at(defaults, "kubeVersion")) or "",
                    unsure=unsure or ("a template decides about it" if "{{" in f"{name}{namespace}{chart}" else ""),
                ),
            )
            return
        if "{{" in chart:
            why = "a template decides what it installs"
            self._tell(path, node, "template", f"what the release `{name}` installs isn't judged: {why}", why)
            yield Asked(by, None)
            return
        if local and any(each.startswith(f"{folder}/") for each in self._all):
            why = "what it installs is no chart, and is judged as it lies there alone"
            message = f"what the release `{name}` makes of `{chart}` isn't judged: {why}"
            self.problems.append(Problem("not-analysed", message, by.location, by.owner, Gap("chart", "release", why)))
            yield Asked(by, None)
            return
        why = "its chart is in no folder of this repository: what helmfile installs from elsewhere isn't read"
        message = f"what the release `{name}` installs isn't judged: `{chart or '?'}` isn't in this repository"
        self.problems.append(Problem(ELSEWHERE, message, by.location, by.owner, Gap(ELSEWHERE, "release", why)))
        yield Asked(by, None)

    def _values(self, home: str, node: Mapping) -> tuple[list[Source | Node], str]:
        """What a release gives its chart, the strongest last, and why that isn't all."""
        values: list[Source | Node] = []
        unsure = ""
        for entry in (*items(node.get("values")), *items(node.get("valuesTemplate"))):
            if isinstance(entry, Mapping):
                values.append(known(entry, 0))
                continue
            name = as_str(entry) or ""
            file = clean(posixpath.join(home, name))
            data = self._read(file) if name and "{{" not in name and "://" not in name else None
            if data is None:
                unsure = unsure or f"the values of `{name}` aren't known"
            elif not name.endswith(".gotmpl"):
                values.append(Source(file, data))
            else:
                unsure = unsure or f"the values of `{name}` aren't known"
                found = yaml.parse(Source(file, data))
                if found.problems:
                    why = "a template decides about them"
                    self._tell(file, entry, "template", f"the values in `{name}` aren't read: {why}", why)
                roots = [document.root for document in found.documents] if not found.problems else []
                values += [known(root, 0) for root in roots if isinstance(root, Mapping)]
        for entry in (*items(node.get("set")), *items(node.get("setString")), *items(node.get("setTemplate"))):
            value = at(entry, "value")
            if isinstance(value, Scalar):
                values.append(known(nested(as_str(at(entry, "name")) or "", value, False), 0))
        if items(node.get("secrets")):
            unsure = unsure or "its secrets are encrypted"
        if "{{" in "".join(each.source.text[each.start : each.end] for each in values if isinstance(each, Node)):
            unsure = unsure or "a template decides about values"
        return values, unsure

    def _tell(self, path: str, node: Node, cause: str, message: str, why: str = "") -> None:
        name = ELSEWHERE if cause == ELSEWHERE else "not-analysed"
        gap = Gap(cause, "helmfile", why or message)
        self.problems.append(Problem(name, message, node.location.one_line(), path, gap))


def _is_meant(named: str, path: str) -> bool:
    """Is a file one that a pattern matches, or in the folder that is named?"""
    tick()
    return _fits(named, path) if "*" in named else _is_in(path, named)


def _fits(pattern: str, path: str) -> bool:
    return among([None if part == "**" else _tokens(part) for part in pattern.split("/")], path.split("/"))


def _tokens(part: str) -> tuple[Token, ...]:
    return tuple("*" if char == "*" else f"={char}" for char in part)


def _is_in(path: str, folder: str) -> bool:
    """Is it a helmfile that is meant where a folder is named?"""
    name = path[len(folder) + 1 :] if folder and path.startswith(f"{folder}/") else ""
    return "/" not in name.removeprefix("helmfile.d/") and _NAME.fullmatch(name) is not None


def _templates(roots: Iterable[Node]) -> dict[str, Node]:
    """What releases can inherit, by name."""
    held = (at(root, "templates") for root in roots)
    return {name: value for each in held if isinstance(each, Mapping) for name, (_, value) in each.entries().items()}


def _inherited(node: Mapping, templates: dict[str, Node]) -> Mapping:
    """A release with what it inherits; its own lists take the place of those, as everything that it says itself."""
    made: Node | None = None
    for entry in items(node.get("inherit")):
        template = templates.get(as_str(at(entry, "template")) or "")
        if isinstance(template, Mapping):
            left_out = {as_str(each) for each in items(at(entry, "except"))}
            kept = {name: pair for name, pair in template.entries().items() if name not in left_out}
            whole = template.with_entries(kept)
            made = whole if made is None else laid_over(made, whole)
    own = node if made is None else laid_over(made, node)
    return own if isinstance(own, Mapping) else node


def _object(node: Mapping, name: str, namespace: str, values: list[Mapping]) -> KubernetesObject:
    """The release as an object like Flux's, which has the same in it."""
    merged: Node | None = None
    for root in values:
        merged = root if merged is None else laid_over(merged, root)
    named = node.get("name") or node

    def word(text: str) -> Scalar:
        return Scalar(named.source, named.start, named.end, "", text, '"')

    metadata = node.with_entries(
        {"name": (word("name"), word(name)), "namespace": (word("namespace"), word(namespace))}
    )
    chart = node.with_entries({"chart": (word("chart"), word((as_str(node.get("chart")) or "").rpartition("/")[2]))})
    spec: dict[str, tuple[Scalar, Node]] = {
        "chart": (word("chart"), node.with_entries({"spec": (word("spec"), chart)}))
    }
    if merged is not None:
        spec["values"] = (word("values"), merged)
    root = node.with_entries(
        {
            "apiVersion": (word("apiVersion"), word("helm.toolkit.fluxcd.io/v2")),
            "kind": (word("kind"), word("HelmRelease")),
            "metadata": (word("metadata"), metadata),
            "spec": (word("spec"), node.with_entries(spec)),
        }
    )
    made = object_of(root)
    assert made is not None
    return made._replace(location=named.location.one_line())
