"""Which parts of the model may have findings in the files that a run is asked about.

A run about a few manifests has all of them read and linked, since policies and references may lead anywhere. What a
container, an image or the text of a file has wrong stands in its own file, though, or in what a pod is put together with.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from hullcheck.finding import Finding
from hullcheck.link.project import Project
from hullcheck.model.scoped import Scoped
from hullcheck.read import File
from hullcheck.result import below, touches
from hullcheck.typed import Any

_OF_OBJECTS = frozenset(("Availability", "Container", "ImageUse", "KubernetesObject", "Workload"))
"""Parts that are made of one object, and of what bears on its pods: the rest of `PodContext`, and what it is built from."""

_BY_THEMSELVES = frozenset(
    (
        "CronJob", "DaemonSet", "Deployment", "Ingress", "Job", "NetworkPolicy", "Pod", "ReplicaSet", "Service", "StatefulSet",
    )
)  # fmt: skip
"""Kinds of objects that bear on no other object's pods, but by the network."""


class Concerned:
    """The parts of a project, apart by whether they may have findings in `targets`, files or folders.

    `first` are those that may; `of` gives those of the others that stand in files, whose secrets must be known before a line
    of these is shown.
    """

    def __init__(self, project: Project, files: Mapping[str, File], targets: Container[str]) -> None:
        self.targets = targets
        told = frozenset(path for path in files if below(path, targets))
        plain = frozenset(world.name for world in project.worlds if world.kind == "manifests" and not world.by)
        alone = bool(told) and all(_is_alone(files[path]) for path in told)
        self.first: list[Scoped] = []
        self._others: dict[str, list[Scoped]] = {}
        for scoped in project.parts:
            part = scoped.part
            kind = type(part).__name__
            if kind == "FileText" or (alone and kind in _OF_OBJECTS and scoped.scope in plain):
                path = part.location.path
                if path not in told and not below(path, targets):
                    self._others.setdefault(path, []).append(scoped)
                    continue
            self.first.append(scoped)

    def of(self, findings: Iterable[Finding]) -> list[Scoped]:
        """The other parts in files of which these findings show a line."""
        shown: dict[str, None] = {}
        for finding in findings:
            if touches(finding, self.targets):
                for place in (finding.location, *(related.location for related in finding.related)):
                    shown[place.path] = None
        return [scoped for path in shown for scoped in self._others.get(path, ())]


def _is_alone(file: File) -> bool:
    """Does it hold nothing but objects that bear on no other object's pods?"""
    if any(reading.kind != "kubernetes" or reading.model is None for reading in file.readings):
        return False
    models: list[Any] = [reading.model for reading in file.readings]
    return all(
        model.objects
        and model.layer is None
        and not model.templated
        and all(made.kind in _BY_THEMSELVES for made in model.objects)
        for model in models
    )
