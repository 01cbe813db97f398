"""What helmfile installs: releases of charts of this repository with their values, as far as no template decides them.

See https://helmfile.readthedocs.io/en/latest/#configuration
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator

from hullcheck.link.gitops import ELSEWHERE, clean, in_namespace, nested
from hullcheck.link.given import laid_over, mappings
from hullcheck.link.plain import unique
from hullcheck.link.releases import Release
from hullcheck.model.coverage import Gap
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
        self._paths = sorted(path for path in paths if "helmfile" in path and _NAME.fullmatch(path))
        self._read = read
        self._is_chart = is_chart
        self.problems: list[Problem] = []

    def releases(self) -> Iterator[Asked]:
        count = 0
        for path in self._paths:
            source = Source(path, self._read(path) or b"")
            found = yaml.parse(source)
            listed = 0
            for document in found.documents:
                for node in items(at(document.root, "releases")):
                    listed += 1
                    count += 1
                    if count > MAX_RELEASES:
                        self._tell(path, node, "limit", f"more than {MAX_RELEASES} releases are asked for")
                        return
                    if isinstance(node, Mapping):
                        yield from self._asked(path, node, at(document.root, "helmDefaults"))
            if found.problems or ("{{" in source.text and (not listed or path.endswith(".gotmpl"))):
                place = source.at(max(source.text.find("{{"), 0))
                why = "a template decides what it installs"
                gap = Gap("template", "helmfile", why)
                self.problems.append(
                    Problem("not-analysed", f"the helmfile isn't read in full: {why}", place, path, gap)
                )

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
        why = "its chart is in no folder of this repository: what helmfile installs from elsewhere isn't read"
        message = f"what the release `{name}` installs isn't judged: `{chart or '?'}` isn't in this repository"
        self.problems.append(Problem(ELSEWHERE, message, by.location, by.owner, Gap(ELSEWHERE, "release", why)))
        yield Asked(by, None)

    def _values(self, home: str, node: Mapping) -> tuple[list[Source | Node], str]:
        """What a release gives its chart, the strongest last, and why that isn't all."""
        values: list[Source | Node] = []
        unsure = ""
        for entry in items(node.get("values")):
            if isinstance(entry, Mapping):
                values.append(known(entry, 0))
                continue
            name = as_str(entry) or ""
            file = clean(posixpath.join(home, name))
            data = self._read(file) if name and "{{" not in name and "://" not in name else None
            if data is None or name.endswith(".gotmpl"):
                unsure = unsure or f"the values of `{name}` aren't known"
            if data is not None and not name.endswith(".gotmpl"):
                values.append(Source(file, data))
        for entry in items(node.get("set")):
            value = at(entry, "value")
            if isinstance(value, Scalar):
                values.append(known(nested(as_str(at(entry, "name")) or "", value, False), 0))
        if items(node.get("secrets")):
            unsure = unsure or "its secrets are encrypted"
        if "{{" in "".join(each.source.text[each.start : each.end] for each in values if isinstance(each, Node)):
            unsure = unsure or "a template decides about values"
        return values, unsure

    def _tell(self, path: str, node: Node, cause: str, why: str) -> None:
        self.problems.append(Problem("not-analysed", why, node.location.one_line(), path, Gap(cause, "helmfile", why)))


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
