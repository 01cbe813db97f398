"""What Flux and Argo CD install of this repository: charts with the values that their objects give.

An object that deploys something is a `Deployer`; where it takes its files from decides whether they are here. What leads
to another repository or a registry is told, and nothing is claimed about it.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from hullcheck.link.releases import Release
from hullcheck.model.chart_values import nested
from hullcheck.model.coverage import Gap
from hullcheck.model.kubernetes import KubernetesObject, World
from hullcheck.model.node import Mapping, Node, Scalar, as_str, at, is_null, items
from hullcheck.model.problem import Problem
from hullcheck.parse.embedded import embedded
from hullcheck.patterns import pattern
from hullcheck.source import Source
from hullcheck.tuples import NamedTuple

MAX_RELEASES = 500
"""Releases of charts of this repository that objects ask for; what has more is told."""

MAX_DEPTH = 100

FLUX = "toolkit.fluxcd.io"
ARGO = "argoproj.io"
K3S = "helm.cattle.io"

ELSEWHERE = "elsewhere"
"""The cause of what isn't judged since its files are in another repository or a registry: no fault, and no finding."""


class Found(NamedTuple):
    """A release that an object asks for, with the world that the object is in, and the object."""

    release: Release
    world: str
    by: KubernetesObject


class Deployers:
    """What the objects of these worlds install; `folder` tells whether a folder holds a chart."""

    def __init__(
        self,
        worlds: Iterable[World],
        is_chart: Callable[[str], bool],
        read: Callable[[str], bytes | None],
    ) -> None:
        self.worlds = list(worlds)
        self.is_chart = is_chart
        self.read = read
        self.problems: list[Problem] = []
        self.given: list[tuple[str, KubernetesObject, list[Source | Node]]] = []
        """Values of charts that aren't here, with their world and their object, those that stand in the object aside."""
        self.unknown: dict[str, str] = {}
        """Of worlds in which something is installed that isn't here: what."""
        self._own = self._own_urls()
        self._world = ""

    def _own_urls(self) -> frozenset[str]:
        """The addresses that mean this repository: those from which most paths are taken that are here."""
        sources = (source for world in self.worlds for made in world.objects for source in sources_of(made))
        charts = ((source, as_str(at(source, "path"))) for source in sources)
        return most_used(
            (url_of(source), clean(path)) for source, path in charts if path is not None and self.is_chart(clean(path))
        )

    def releases(self) -> Iterator[Found]:
        """The releases of charts that are here, each once for each world that has its object."""
        count = 0
        for world in self.worlds:
            index: dict[tuple[str, str], KubernetesObject] = {}
            for made in world.objects:
                if made.kind in ("ConfigMap", "Secret", "GitRepository", "HelmChart") and made.group != K3S:
                    index.setdefault((made.kind, made.name), made)
            for made in world.objects:
                before = len(self.problems)
                self._world = world.name
                for release in self._of(made, index):
                    count += 1
                    if count > MAX_RELEASES:
                        why = f"more than {MAX_RELEASES} releases of charts are asked for"
                        gap = Gap("limit", "release", why)
                        self.problems.append(Problem("not-analysed", why, made.location, made.owner, gap))
                        return
                    yield Found(release, world.name, made)
                if len(self.problems) > before:
                    self.unknown.setdefault(world.name, f"what {made.kind} `{made.name}` installs isn't here")

    def _of(self, made: KubernetesObject, index: dict[tuple[str, str], KubernetesObject]) -> Iterator[Release]:
        if made.kind == "HelmRelease" and made.group.endswith(FLUX):
            yield from self._helm_release(made, index)
        elif made.kind == "Application" and made.group == ARGO:
            yield from self._application(made)
        elif made.kind == "HelmChart" and made.group == K3S:
            self._elsewhere(made, as_str(at(made.node, "spec", "chart")) or "")

    # Flux

    def _helm_release(
        self, made: KubernetesObject, index: dict[tuple[str, str], KubernetesObject]
    ) -> Iterator[Release]:
        spec = at(made.node, "spec")
        chart = at(spec, "chart", "spec")
        named = as_str(at(spec, "chartRef", "name"))
        if chart is None and as_str(at(spec, "chartRef", "kind")) == "HelmChart" and ("HelmChart", named) in index:
            chart = at(index["HelmChart", named or ""].node, "spec")
        path = as_str(at(chart, "chart")) or ""
        folder = clean(path)
        if as_str(at(chart, "sourceRef", "kind")) != "GitRepository" or not self.is_chart(folder):
            self._elsewhere(made, path or named or "")
            held = [_values_from(entry, index)[0] for entry in items(at(spec, "valuesFrom"))]
            self._give(made, [node for node in held if node is not None])
            return
        own = [each for each in (as_str(node) for node in items(at(chart, "valuesFiles"))) if each]
        unsure = ""
        values: list[Source | Node] = []
        for name in own:
            data = self.read(clean(name))
            if data is None:
                unsure = f"the values file `{name}` isn't here"
            else:
                values.append(Source(clean(name), data))
        for entry in items(at(spec, "valuesFrom")):
            node, why = _values_from(entry, index)
            values += [node] if node is not None else []
            unsure = unsure or why
        inline = at(spec, "values")
        if isinstance(inline, Mapping):
            values.append(inline)
        namespace = as_str(at(spec, "targetNamespace")) or made.namespace or "default"
        target = as_str(at(spec, "targetNamespace"))
        name = as_str(at(spec, "releaseName")) or (f"{target}-{made.name}" if target else made.name)
        yield Release(
            folder,
            f"{made.kind} {made.namespace or 'default'}/{made.name}",
            tuple(values),
            name=name,
            namespace=namespace,
            unsure=unsure,
            own_values=not own,
            post=tuple(items(at(spec, "postRenderers"))),
        )

    # Argo CD

    def _application(self, made: KubernetesObject) -> Iterator[Release]:
        sources = list(sources_of(made))
        refs = {as_str(at(source, "ref")): url_of(source) for source in sources if at(source, "ref")}
        for source in sources:
            path = as_str(at(source, "path"))
            if path is None:
                if at(source, "chart") is not None:
                    self._elsewhere(made, as_str(at(source, "chart")) or "")
                    self._give(made, self._value_files(source, "", refs)[0])
                continue
            folder = clean(path)
            url = url_of(source)
            if url not in self._own and self._own:
                self._elsewhere(made, path)
            elif isinstance(plugin := at(source, "plugin"), Mapping):
                what = as_str(at(plugin, "name"))
                self._open(made, "a plugin makes what is installed" + (f": `{what}`" if what else ""))
            elif self.is_chart(folder):
                own, problem = overridden(source, made, folder, self.read)
                self.problems += [problem] if problem is not None else []
                yield self._argo_release(made, own, folder, refs)

    def _argo_release(self, made: KubernetesObject, source: Node, folder: str, refs: dict[str | None, str]) -> Release:
        helm = at(source, "helm")
        values, unsure = self._value_files(source, folder, refs)
        text, given = at(helm, "values"), at(helm, "valuesObject")
        if isinstance(text, Scalar) and not isinstance(given, Mapping):  # the object takes the text's place
            roots, broken = embedded(text)
            values += [root for root in roots if isinstance(root, Mapping)]
            unsure = unsure or ("its `values` can't be read" if broken else "")
        if isinstance(given, Mapping):
            values.append(given)
        for entry in items(at(helm, "parameters")):
            value = at(entry, "value")
            if isinstance(value, Scalar):
                values.append(
                    nested(as_str(at(entry, "name")) or "", value, as_str(at(entry, "forceString")) == "true")
                )
        if items(at(helm, "fileParameters")):
            unsure = unsure or "file parameters aren't read"
        if unsure:
            self._open(made, unsure)
        spec = at(made.node, "spec")
        return Release(
            folder,
            f"{made.kind} {made.namespace or 'default'}/{made.name}",
            tuple(values),
            name=as_str(at(helm, "releaseName")) or made.name,
            namespace=as_str(at(spec, "destination", "namespace")) or "default",
            kube_version=as_str(at(helm, "kubeVersion")) or "",
            api_versions=tuple(filter(None, map(as_str, items(at(helm, "apiVersions"))))),
            unsure=unsure,
        )

    def _value_files(self, source: Node, folder: str, refs: dict[str | None, str]) -> tuple[list[Source | Node], str]:
        """The files of values of a source, and why they aren't all known."""
        values: list[Source | Node] = []
        unsure = ""
        for node in items(at(source, "helm", "valueFiles")):
            name = as_str(node) or ""
            path: str | None = clean(posixpath.join(folder, name))
            if name.startswith("$"):
                ref, _, rest = name[1:].partition("/")
                path = clean(rest) if refs.get(ref) in self._own or not self._own else None
            data = None if path is None or "://" in name else self.read(path)
            if data is not None and path is not None:
                values.append(Source(path, data))
            elif as_str(at(source, "helm", "ignoreMissingValueFiles")) != "true":
                unsure = f"the values file `{name}` isn't here"
        return values, unsure

    def _give(self, made: KubernetesObject, values: list[Source | Node]) -> None:
        if values:
            self.given.append((self._world, made, values))

    def _open(self, made: KubernetesObject, why: str) -> None:
        message = f"what {made.kind} `{made.name}` installs isn't judged in full: {why}"
        self.problems.append(
            Problem("not-analysed", message, made.location, made.owner, Gap(ELSEWHERE, made.kind, why))
        )

    def _elsewhere(self, made: KubernetesObject, what: str) -> None:
        why = f"its chart is in no folder of this repository: what {made.kind}s install from elsewhere isn't read"
        named = f"`{what}`" if what else "its chart"
        message = f"what {made.kind} `{made.name}` installs isn't judged: {named} isn't in this repository"
        self.problems.append(Problem(ELSEWHERE, message, made.location, made.owner, Gap(ELSEWHERE, made.kind, why)))


def most_used(taken: Iterable[tuple[str, str]]) -> frozenset[str]:
    """The source that is this repository, or those: of all from which paths that are here are taken, the commonest.

    A path that is empty is in every repository, so it tells nothing where there are others; a registry is no repository.
    """
    every = [(source, path) for source, path in taken if not source.startswith("oci://")]
    counted = Counter(source for source, path in every if path) or Counter(source for source, _ in every)
    most = max(counted.values(), default=0)
    return frozenset(source for source, count in counted.items() if count == most)


def sources_of(made: KubernetesObject) -> Iterator[Node]:
    """Where an Application takes what it deploys from."""
    if made.kind == "Application" and made.group == ARGO:
        spec = at(made.node, "spec")
        one = at(spec, "source")
        yield from items(at(spec, "sources")) or ([one] if one is not None else [])


def overridden(
    source: Node, made: KubernetesObject, folder: str, read: Callable[[str], bytes | None]
) -> tuple[Node, Problem | None]:
    """A source of an Application with what files in its folder lay over it, and what is wrong with these.

    See https://argo-cd.readthedocs.io/en/stable/user-guide/parameters/#store-overrides-in-git
    """
    problem: Problem | None = None
    for name in (".argocd-source.yaml", f".argocd-source-{made.name}.yaml"):
        path = posixpath.join(folder, name)
        data = read(path)
        if data is None:
            continue
        from hullcheck.parse import yaml

        found = yaml.parse(Source(path, data))
        root = found.documents[0].root if found.documents else None
        if isinstance(root, Mapping) and not found.problems:
            source = _laid_over(source, root, 0)
        elif root is not None or found.problems:
            why = f"what `{path}` changes of {made.kind} `{made.name}` can't be read"
            place = Source(path, data).at(0)
            problem = Problem("not-analysed", why, place, made.owner, Gap("parse-error", "Application", why))
    return source, problem


def _laid_over(node: Node, over: Node, depth: int) -> Node:
    """A JSON merge patch (RFC 7396)."""
    if not isinstance(over, Mapping) or not isinstance(node, Mapping) or depth > MAX_DEPTH:
        return over
    entries = dict(node.entries())
    for name, (key, value) in over.entries().items():
        if is_null(value):
            entries.pop(name, None)
        elif name in entries:
            entries[name] = (key, _laid_over(entries[name][1], value, depth + 1))
        else:
            entries[name] = (key, value)
    return node.with_entries(entries)


def _values_from(entry: Node, index: dict[tuple[str, str], KubernetesObject]) -> tuple[Node | None, str]:
    """The values that a ConfigMap or Secret holds, or why they aren't known."""
    kind, name = as_str(at(entry, "kind")) or "", as_str(at(entry, "name")) or ""
    if as_str(at(entry, "optional")) == "true" and (kind, name) not in index:
        return None, f"values may come from {kind} `{name}`, which isn't here"
    key = as_str(at(entry, "valuesKey")) or "values.yaml"
    made = index.get((kind, name)) or next(
        (each for (k, n), each in index.items() if k == kind and _GENERATED.fullmatch(n.removeprefix(name))), None
    )
    held = at(made.node, "data" if kind == "ConfigMap" else "stringData", key) if made is not None else None
    if not isinstance(held, Scalar) or held.unknown:
        return None, f"values come from {kind} `{name}`, which isn't here in full"
    path = as_str(at(entry, "targetPath"))
    if path:
        return nested(path, held, False), ""
    roots, broken = embedded(held)
    root = next((root for root in roots if isinstance(root, Mapping)), None)
    return root, f"the values in {kind} `{name}` can't be read" if broken else ""


_GENERATED = pattern(r"-[0-9a-z]{10}")
"""What kustomize puts behind the names of what it generates."""


def clean(path: str) -> str:
    """A path relative to the repository's root, which is empty."""
    clean = posixpath.normpath(path.lstrip("/") or ".")
    return "" if clean == "." else clean


def url_of(source: Node) -> str:
    """The address of the repository that an Application takes something from, as far as two can be told apart."""
    text = as_str(at(source, "repoURL"))
    if text is not None and text.strip().lower().startswith("oci://"):
        return text.strip().lower()
    found = _ADDRESS.fullmatch((text or "").strip().removesuffix("/").removesuffix(".git"))
    return f"{found[1]}/{found[2]}".lower() if found else (text or "")


_ADDRESS = pattern(r"(?:[a-z+]{2,20}://)?(?:[^@/\s]{1,200}@)?([^/:@\s]{1,200})(?::[0-9]{1,5})?[:/]([^\s]{1,500})")


def in_namespace(objects: Iterable[KubernetesObject], namespace: str) -> list[KubernetesObject]:
    """The objects, those that say no namespace in this one."""
    from hullcheck.model.api_resources import is_cluster_wide

    return [
        made if made.namespace or is_cluster_wide(made.group, made.kind) else made._replace(namespace=namespace)
        for made in objects
    ]
