"""Which parts of the model may have findings in the files that a run is asked about.

Asked about a few manifests, all of them are read and linked, since policies and references may lead anywhere. What a
container, an image or the text of a file has wrong stands in its own file, though, or in what a pod is put together with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from hullcheck.finding import Finding
from hullcheck.link.project import Project
from hullcheck.model.scoped import Scoped
from hullcheck.read import File
from hullcheck.typed import Any

_OF_OBJECTS = frozenset(("Availability", "Container", "ImageUse", "KubernetesObject", "Workload"))
"""Parts that stand in one object, and may point at what bears on its pods: the rest of `PodContext`, what it is built from."""

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

    def __init__(self, project: Project, files: Mapping[str, File], is_asked: Callable[[str], bool]) -> None:
        self.project = project
        plain = frozenset(world.name for world in project.worlds if world.kind == "manifests" and not world.by)
        told = [file for path, file in files.items() if is_asked(path)]
        alone = bool(told) and all(map(_is_alone, told))
        self.first: list[Scoped] = []
        self._others: dict[str, list[Scoped]] = {}
        for scoped in project.parts:
            part = scoped.part
            kind = type(part).__name__
            if kind == "FileText" or (alone and kind in _OF_OBJECTS and scoped.scope in plain):
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
