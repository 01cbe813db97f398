"""Files that more than one overlay, or more than one Compose project, is made of: an edit there changes them all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.typed import Any

Scopes = tuple[tuple[Any, ...], tuple[Any, ...]]
"""The worlds of manifests, and the Compose projects."""


def shared(scopes: Scopes) -> dict[str, str]:
    """The paths of such files, each with what uses it."""
    worlds, projects = scopes
    overlays = (path for world in worlds if world.kind == "kustomization" for path in world.files)
    uses = (path for project in projects for path in _files(project))
    return dict.fromkeys(_repeated(overlays), "overlay") | dict.fromkeys(_repeated(uses), "project")


def _repeated(paths: Iterable[str]) -> Iterator[str]:
    """The paths that are there several times."""
    seen: set[str] = set()
    for path in paths:
        if path in seen:
            yield path
        seen.add(path)


def _files(project: Any) -> set[str]:
    """The files of a Compose project: its own, and those that its services extend or that it includes."""
    reached = {service.node.source.path for service in project.services.values()}
    return {*project.paths, *reached, *(service.location.path for service in project.services.values())}
