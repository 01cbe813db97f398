"""Which parts of the model may have findings in the files that a run is asked about, or that a commit changes.

Asked about a few manifests, all of them are read and linked, since policies and references may lead anywhere. What a
container, an image or the text of a file has wrong stands in its own file, though, or in what a pod is put together with.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping

from hullcheck.finding import Finding
from hullcheck.link.named_secrets import names
from hullcheck.link.project import Project
from hullcheck.model.scoped import Scoped
from hullcheck.read import File
from hullcheck.typed import Any

_OF_OBJECTS = frozenset(("Availability", "Container", "ImageUse", "KubernetesObject", "Workload"))
"""Parts that stand in one object, and may point at what bears on its pods: the rest of `PodContext`, what it is built from."""

_OF_PODS = _OF_OBJECTS - {"Availability"}
"""Those that no other object has a say in, but what bears on the pods. Which Services there are is said of availability."""

_BY_THEMSELVES = frozenset(
    (
        "CronJob", "DaemonSet", "Deployment", "Ingress", "Job", "NetworkPolicy", "Pod", "ReplicaSet", "Service", "StatefulSet",
    )
)  # fmt: skip
"""Kinds of objects that bear on no other object's pods, but by the network."""

_GROUPS = frozenset(("", "apps", "batch", "networking.k8s.io"))


class Concerned:
    """The parts of a project, apart by whether they may have findings of interest.

    `first` are those that may. Of the others `of` gives what stands in files of which a finding shows a line: its secrets
    have to be known then.
    """

    def __init__(
        self, project: Project, is_asked: Callable[[str], bool], *, alone: bool, types: Container[str] = _OF_OBJECTS
    ) -> None:
        self.project = project
        plain = frozenset(world.name for world in _plain(project))
        self.first: list[Scoped] = []
        self._others: dict[str, list[Scoped]] = {}
        for scoped in project.parts:
            part = scoped.part
            kind = type(part).__name__
            if kind == "FileText" or (alone and kind in types and scoped.scope in plain):
                path = part.location.path
                if not is_asked(path):
                    self._others.setdefault(path, []).append(scoped)
                    continue
            self.first.append(scoped)

    def of(self, findings: Iterable[Finding]) -> Project:
        """The project with the other parts that stand in files of which these findings show a line."""
        shown: dict[str, None] = {}
        for finding in findings:
            for place in (finding.location, *(related.location for related in finding.related)):
                shown[place.path] = None
        return self.project._replace(parts=[scoped for path in shown for scoped in self._others.get(path, ())])


def are_alone(files: Iterable[File]) -> bool:
    """Do these files hold nothing but objects that bear on no other object's pods?"""
    return all(_is_alone(file) for file in files)


def _is_alone(file: File) -> bool:
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


def of_change(project: Project, files: Mapping[str, File], changed: Container[str], *, alone: bool = True) -> Concerned:
    """The parts that may have findings that a change brings or cures; with `alone` false, more are taken for such."""
    alone = alone and are_alone(file for path, file in files.items() if path in changed)
    return Concerned(project, lambda path: path in changed, alone=alone, types=_OF_PODS)


Around = tuple[frozenset[object], frozenset[str]]


def around(project: Project, changed: frozenset[str]) -> Around:
    """What the objects of unchanged files depend on besides themselves: equal in two trees if all is that they have.

    That is which of them are applied together, and what the changed ones name as an object with a secret.
    """
    worlds = list(_plain(project))
    named = (
        names(
            [made for made in world.objects if made.location.path in changed],
            [workload for workload in world.workloads if workload.location.path in changed],
        )
        for world in worlds
    )
    return (
        frozenset((world.name, world.approximate, world.files - changed) for world in worlds),
        frozenset().union(*named),
    )


def _plain(project: Project) -> Iterable[Any]:
    """The worlds of plain manifests, whose objects stand in one file each."""
    return (world for world in project.worlds if world.kind == "manifests" and not world.by)
