"""Which parts of the model may have findings in the files that a run is asked about.

Asked about a few manifests, all of them are read and linked, since policies and references may lead anywhere. What a
container, an image or the text of a file has wrong stands in its own file, though, or in what a pod is put together with.
Asked what a commit brings, only what isn't as it was before may have it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping

from hullcheck.finding import Finding
from hullcheck.link.project import Project
from hullcheck.model.repository import FileText
from hullcheck.model.scoped import Scoped
from hullcheck.read import File
from hullcheck.typed import Any

_OF_OBJECTS = frozenset(("Availability", "Container", "ImageUse", "KubernetesObject", "Workload"))
"""Parts that stand in one object, and may point at what bears on its pods: the rest of `PodContext`, what it is built from."""

_COMPARED = _OF_OBJECTS | {"Bound", "FileText", "Granted", "Identity", "Role"}
"""Parts that hold all that may be found in them."""

_BY_THEMSELVES = frozenset(
    (
        "CronJob", "DaemonSet", "Deployment", "Ingress", "Job", "NetworkPolicy", "Pod", "ReplicaSet", "Service", "StatefulSet",
    )
)  # fmt: skip
"""Kinds of objects that bear on no other object's pods, but by the network."""

_GROUPS = frozenset(("", "apps", "batch", "networking.k8s.io"))


class Apart:
    """The parts of a project, apart by whether they may have findings of interest.

    `first` are those that may. Of the others `of` gives what stands in files of which a finding shows a line: its secrets
    have to be known then.
    """

    def __init__(self, project: Project, is_other: Callable[[Scoped], bool]) -> None:
        self.project = project
        self.first: list[Scoped] = []
        self._others: dict[str, list[Scoped]] = {}
        for scoped in project.parts:
            if is_other(scoped):
                self._others.setdefault(scoped.part.location.path, []).append(scoped)
            else:
                self.first.append(scoped)

    def of(self, findings: Iterable[Finding]) -> Project:
        """The project with the other parts that stand in files of which these findings show a line."""
        shown: dict[str, None] = {}
        for finding in findings:
            for place in (finding.location, *(related.location for related in finding.related)):
                shown[place.path] = None
        return self.project._replace(parts=[scoped for path in shown for scoped in self._others.get(path, ())])

    @property
    def others(self) -> Iterator[Project]:
        """The project with the other parts, those of one file after the other."""
        return (self.project._replace(parts=parts) for parts in self._others.values())


class Concerned(Apart):
    """Apart by whether they may have findings in the files that are asked about."""

    def __init__(self, project: Project, files: Mapping[str, File], is_asked: Callable[[str], bool]) -> None:
        plain = frozenset(world.name for world in project.worlds if world.kind == "manifests" and not world.by)
        told = [file for path, file in files.items() if is_asked(path)]
        alone = bool(told) and all(map(_is_alone, told))

        def is_other(scoped: Scoped) -> bool:
            kind = type(scoped.part).__name__
            if kind != "FileText" and not (alone and kind in _OF_OBJECTS and scoped.scope in plain):
                return False
            return not is_asked(scoped.part.location.path)

        super().__init__(project, is_other)


def altered(one: Project, other: Project, same: Container[str]) -> tuple[Apart, Apart] | None:
    """Two trees' parts, each apart by whether they may have findings that the other's haven't; None if all may.

    `same` are the files that both have. A part that is made of the very same has the same findings in both; but all of a
    file that has another part in one of them counts as another, as far as it stands in objects or is the file's text.
    """
    if one.dialects != other.dialects:
        return None
    worlds = _worlds_alone(one) & _worlds_alone(other)
    mine, theirs = _known(one, worlds), _known(other, worlds)
    stirred = {part.location.path for part in (*_without(mine, theirs), *_without(theirs, mine))}

    def is_other(scoped: Scoped) -> bool:
        part = scoped.part
        return _may_stay(scoped, worlds) and part.location.path not in stirred and part.location.path in same

    return Apart(one, is_other), Apart(other, is_other)


def _worlds_alone(project: Project) -> frozenset[str]:
    """The names of worlds that nothing else is called by."""
    others = {each.scope for each in project.compose} | project.dockerfiles.keys() | project.devcontainers
    return frozenset(world.name for world in project.worlds) - others


def _may_stay(scoped: Scoped, worlds: Container[str]) -> bool:
    part = scoped.part
    return type(part).__name__ in _COMPARED and (scoped.scope in worlds or type(part) is FileText)


_Known = dict[str, dict[int, Any]]
"""Parts by their ids, of each scope."""


def _known(project: Project, worlds: Container[str]) -> _Known:
    found: _Known = {}
    for scoped in project.parts:
        if _may_stay(scoped, worlds):
            found.setdefault(scoped.scope, {})[id(scoped.part)] = scoped.part
    return found


def _without(these: _Known, those: _Known) -> Iterator[Any]:
    """The parts that no part in the same scope is the same as, or made of the same and alike."""
    for scope, parts in these.items():
        there = those.get(scope, {})
        left = [part for number, part in parts.items() if number not in there]
        alike: dict[Hashable, list[Any]] = {}
        for number, part in there.items() if left else ():
            if number not in parts:
                alike.setdefault(_where(part), []).append(part)
        yield from (part for part in left if part not in alike.get(_where(part), ()))


def _where(part: Any) -> Hashable:
    return (type(part), part.location.path, part.location.start)


def _is_alone(file: File) -> bool:
    """Does it hold nothing but objects that bear on no other object's pods?"""
    if any(reading.kind != "kubernetes" or reading.model is None for reading in file.readings):
        return False
    models: list[Any] = [reading.model for reading in file.readings]
    return all(
        model.objects
        and model.layer is None
        and not model.templated
        and all(made.kind in _BY_THEMSELVES and made.group in _GROUPS for made in model.objects)
        for model in models
    )
