"""Manifests to scopes: what is applied together, and which policies then isolate which workloads."""

import posixpath
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hullcheck.link.isolation import isolations
from hullcheck.model.kubernetes import KubernetesContainer, Workload
from hullcheck.model.network import Isolation, Policy, PolicyScope, Service
from hullcheck.model.problem import Problem
from hullcheck.parse.kubernetes import ManifestFile
from hullcheck.render.layers import Kustomizations
from hullcheck.source import Field


class Linked(NamedTuple):
    """`workloads` are to be judged one by one, each once; `parts` are what the network checks subscribe to."""

    workloads: list[Workload]
    parts: list[PolicyScope | Isolation]
    problems: list[Problem]


def link(files: dict[str, ManifestFile]) -> Linked:
    """Unite the manifests of a repository, by path."""
    layers = Kustomizations(files)
    found = _scopes(files, layers)
    return Linked(
        list(_workloads(files, layers)),
        [*_without_policies(found), *isolations(found, _policies(files))],
        layers.problems,
    )


def scopes(files: dict[str, ManifestFile]) -> list[PolicyScope]:
    """Every kustomization that no other includes, every chart, and the other manifests as they stand together."""
    return _scopes(files, Kustomizations(files))


def _scopes(files: dict[str, ManifestFile], layers: Kustomizations) -> list[PolicyScope]:
    found = [*_kustomized(layers), *_charts(files, layers), *_plain(files, layers)]
    places = sorted(_policy_places(files))
    return [scope._replace(policies_elsewhere=_elsewhere(scope, places)) for scope in found if scope.workloads]


def _policies(files: dict[str, ManifestFile]) -> list[Policy]:
    return [policy for _, file in sorted(files.items()) for policy in file.policies]


def _policy_places(files: dict[str, ManifestFile]) -> set[str]:
    return {path for path, file in files.items() if file.policies or file.mentions_policies}


def _elsewhere(scope: PolicyScope, places: list[str]) -> str:
    own = {policy.location.path for policy in scope.policies}
    return next((path for path in places if path not in own), "")


def _kustomized(layers: Kustomizations) -> Iterator[PolicyScope]:
    for folder in layers.roots:
        built = layers.build(folder)
        yield PolicyScope(
            folder or ".",
            _sorted(built.workloads),
            built.policies,
            built.services,
            built.backends,
            approximate=built.approximate,
        )


def _charts(files: dict[str, ManifestFile], layers: Kustomizations) -> Iterator[PolicyScope]:
    """Each chart's plain files; what its templates add isn't known."""
    by_chart: dict[str, list[str]] = {}
    folders = _chart_folders(files)
    for path in files.keys() - layers.claimed:
        chart = _chart_of(path, folders)
        if chart is not None:
            by_chart.setdefault(chart, []).append(path)
    for chart, paths in sorted(by_chart.items()):
        yield _scope(chart or ".", [files[p] for p in paths])._replace(
            approximate="a chart's templates aren't rendered"
        )


def _chart_folders(files: dict[str, ManifestFile]) -> set[str]:
    """The folders of charts: those whose `templates` hold a template."""
    return {_above_templates(path) for path, file in files.items() if file.templated and "templates" in path.split("/")}


def _above_templates(path: str) -> str:
    parts = path.split("/")
    return "/".join(parts[: parts.index("templates")])


def _chart_of(path: str, folders: set[str]) -> str | None:
    return next((folder for folder in _parents(path) if folder in folders), None)


def _parents(path: str) -> Iterator[str]:
    while path:
        path = posixpath.dirname(path)
        yield path


def _plain(files: dict[str, ManifestFile], layers: Kustomizations) -> Iterator[PolicyScope]:
    charts = _chart_folders(files)
    free = [p for p in sorted(files.keys() - layers.claimed) if _chart_of(p, charts) is None]
    free = [path for path in free if files[path].kustomization is None]
    for name, paths in _split(files, free, 0):
        yield _scope(name, [files[path] for path in paths])


def _split(files: dict[str, ManifestFile], paths: list[str], depth: int) -> Iterator[tuple[str, list[str]]]:
    """Files apart by the first folder that separates duplicates: copies of an application are applied one at a time."""
    if not _duplicates(files[path] for path in paths):
        yield _common_folder(paths), paths
        return
    while True:
        groups: dict[str, list[str]] = {}
        for path in paths:
            folders = path.split("/")[:-1]
            groups.setdefault(folders[depth] if depth < len(folders) else "", []).append(path)
        depth += 1
        if len(groups) > 1 or "" in groups:
            break
    if len(groups) == 1:
        yield _common_folder(paths), paths
        return
    for _, group in sorted(groups.items()):
        yield from _split(files, group, depth)


def _duplicates(files: Iterable[ManifestFile]) -> bool:
    seen = set()
    for file in files:
        parts: tuple[Workload | Policy | Service, ...] = (*file.workloads, *file.policies, *file.services)
        for part in parts:
            key = (part.object.kind, part.namespace or "default", part.object.name)
            if key in seen:
                return True
            seen.add(key)
    return False


def _common_folder(paths: list[str]) -> str:
    folders = [posixpath.dirname(path) for path in paths]
    return (posixpath.commonpath(folders) if all(folders) else "") or "."


def _scope(name: str, files: list[ManifestFile]) -> PolicyScope:
    unread = next((f.source.path for f in files if f.templated or f.problems), "")
    return PolicyScope(
        name,
        _sorted(w for f in files for w in f.workloads),
        tuple(p for f in files for p in f.policies),
        tuple(s for f in files for s in f.services),
        tuple(b for f in files for b in f.backends),
        approximate=f"`{unread}` can't be read in full" if unread else "",
    )


def _sorted(workloads: Iterable[Workload]) -> tuple[Workload, ...]:
    """Those about which something can be called missing, in the order of their places."""
    return tuple(sorted((w for w in workloads if w.complete), key=lambda w: (w.location.path, w.location.start)))


def _without_policies(scopes: list[PolicyScope]) -> Iterator[PolicyScope]:
    """Scopes to judge as a whole; overlays of the same workloads are one."""
    first: dict[tuple[object, ...], PolicyScope] = {}
    for scope in scopes:
        if scope.approximate:
            continue
        key = (bool(scope.policies), *sorted({(w.location.path, w.location.start) for w in scope.workloads}))
        known = first.setdefault(key, scope)
        if known is not scope:
            first[key] = known._replace(also=(*known.also, scope.name))
    yield from first.values()


def _workloads(files: dict[str, ManifestFile], layers: Kustomizations) -> Iterator[Workload]:
    """Each workload once, where it is written; what every overlay decides otherwise is unknown there."""
    built: dict[int, list[Workload]] = {}
    for folder in layers.roots:
        for workload in layers.build(folder).workloads:
            built.setdefault(id(workload.object), []).append(workload)
    for path, file in sorted(files.items()):
        for workload in file.workloads:
            if path in layers.only_patches:
                yield workload._replace(complete=False)
            else:
                yield _settled(workload, built.get(id(workload.object), []))


def _settled(written: Workload, built: list[Workload]) -> Workload:
    if not built:
        return written
    per_container = zip(written.containers, *(w.containers for w in built), strict=True)
    containers = tuple(_agreed(container, others) for container, *others in per_container)
    return written._replace(containers=containers, patched=any(w.patched for w in built))


def _agreed(written: KubernetesContainer, built: list[KubernetesContainer]) -> KubernetesContainer:
    if all(other.image != written.image for other in built):
        unknown = "every overlay replaces it"
        written = written._replace(image=Field(None, written.image.location, unknown))
    if all(other.run_as_user.unknown for other in built) and not written.run_as_user.unknown:
        written = written._replace(run_as_user=built[0].run_as_user, run_as_non_root=built[0].run_as_non_root)
    return written
