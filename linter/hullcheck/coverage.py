"""The ledger of a run: everything that was seen, and whether it was judged, left out by the owners' word, or not judged.

It is kept from what was really united and checked. What isn't judged is told by cause, in every report.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping

from hullcheck.discover import Skipped
from hullcheck.model.container import Container
from hullcheck.model.coverage import JUDGED, LEFT_OUT, NOT_JUDGED, Coverage, Gap, Item
from hullcheck.model.problem import Problem
from hullcheck.model.workload import Workload
from hullcheck.read import File
from hullcheck.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hullcheck.link.project import Project

_GAPS = {
    "parse-error": Gap("parse-error"),
    "unreadable-file": Gap("unreadable"),
    "check-failed": Gap("check-failed"),
    "time-limit": Gap("time-limit"),
    "not-analysed": Gap("limit"),
}
"""What a problem leaves open that doesn't say so itself."""


def ledger(
    files: Mapping[str, File],
    project: "Project",
    owners: frozenset[tuple[str, str]],
    skipped: Iterable[Skipped],
    failed: Iterable[Problem],
) -> Coverage:
    """What became of everything. `owners` are the scopes and names of all parts, `failed` the checks that broke off."""
    items = [*_gaps(project.problems), *_gaps(failed)]
    open_files = {item.path for item in items if not item.object or item.object == "."}
    open_files |= {item.path for item in items if item.kind in ("overlay", "component", "chart")}
    open_files |= _unbuilt(files, {item.object for item in items if item.kind == "overlay"})
    known = _Known(project, owners)
    for file in files.values():
        for reading in file.readings:
            items += known.items(reading, open_files)
    items += _undecided(project)
    items += _skipped(skipped)
    return Coverage(
        tuple(sorted(dict.fromkeys(items), key=lambda item: (item.path, item.kind, item.object, item.reason)))
    )


def _unbuilt(files: Mapping[str, File], folders: set[str]) -> set[str]:
    """The kustomizations in these folders: what keeps one from being built may stand in another file."""
    if not folders:
        return set()
    paths = (path for path, file in files.items() if any(reading.kind == "kustomization" for reading in file.readings))
    return {path for path in paths if (posixpath.dirname(path) or ".") in folders}


def _gaps(problems: Iterable[Problem]) -> Iterator[Item]:
    for problem in problems:
        gap = problem.gap or _GAPS.get(problem.name)
        if gap is not None:
            place = problem.location
            told = problem.name not in ("not-analysed", "elsewhere")
            yield Item(place.path, gap.what, problem.owner, NOT_JUDGED, problem.message, gap, place, told)


def _skipped(skipped: Iterable[Skipped]) -> Iterator[Item]:
    for item in skipped:
        if item.gap is not None:
            yield Item(item.path, item.gap.what, "", NOT_JUDGED, item.reason, item.gap)
        else:
            rule = f": {item.rule}" if item.rule and item.reason != "vendored" else ""
            yield Item(item.path, "path", "", LEFT_OUT, item.reason + rule)


_UNDECIDED = Gap("variable", "setting", "a variable decides how much the service may do, and isn't set")


def _undecided(project: "Project") -> Iterator[Item]:
    """What services of Compose and development containers may do, where a variable that nobody sets decides it."""
    for _, part in project.parts:
        if getattr(part, "dialect", "") not in ("compose", "devcontainer"):
            continue
        if isinstance(part, Container):
            fields = [part.privileged, *part.capabilities_added, *(profile.value for profile in part.profiles)]
        elif isinstance(part, Workload):
            fields = [part.host_network, part.host_pid, part.host_ipc, part.host_users]
        else:
            continue
        for field in fields:
            if field is not None and field.unknown:
                reason = f"`{field.location.text}`: {field.unknown}"
                yield Item(field.location.path, "setting", part.owner, NOT_JUDGED, reason, _UNDECIDED, field.location)


class _Known:
    """What was united: the objects of worlds, the services of projects, the stages of Dockerfiles."""

    def __init__(self, project: "Project", owners: frozenset[tuple[str, str]]) -> None:
        self.used = project.used
        self.owners = owners

    def items(self, file: File, open_files: set[str]) -> Iterator[Item]:
        """The things in one reading of a file, each with its state."""
        path, seen = file.source.path, False
        for kind, name, judged in self._things(file):
            seen = True
            if judged:
                yield Item(path, kind, name, JUDGED)
            elif path not in open_files:
                gap = Gap("unused", kind, "nothing here uses it")
                yield Item(path, kind, name, NOT_JUDGED, gap.because, gap, file.source.at(0))
        if not seen and file.counts and path not in open_files and file.model is not None:
            templated = getattr(file.model, "templated", False)
            if not templated or path in self.used.templates:
                yield Item(path, file.kind, "", JUDGED)
            elif path in self.used.files:
                yield Item(path, "template", "", LEFT_OUT, "the values of its chart switch it off")

    def _things(self, file: File) -> Iterator[tuple[str, str, bool]]:
        path, model = file.source.path, file.model
        if model is None:
            return
        if file.kind == "dockerfile":
            for stage in model.stages:
                yield "stage", stage.owner, (path, stage.owner) in self.owners
        elif file.kind == "compose":
            for name in _services(model.documents):
                yield "service", f"services.{name}", path in self.used.compose or (path, name) in self.used.services
        elif file.kind == "devcontainer":
            yield "development container", model.owner, (path, model.owner) in self.owners
        elif file.kind in ("kubernetes", "kustomization"):
            for made in model.objects:
                yield "object", made.owner, id(made.node) in self.used.nodes
            if file.kind == "kustomization" and model.layer is not None:
                yield "kustomization", "", path in self.used.files
        elif file.kind == "chart":
            yield "chart", "", path in self.used.files


def _services(documents: Iterable[Any]) -> Iterator[str]:
    for document in documents:
        services = document.get("services")
        yield from services.entries() if hasattr(services, "entries") else ()
