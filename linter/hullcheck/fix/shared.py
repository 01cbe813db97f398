"""Files that more than one overlay, or more than one Compose project, is made of: an edit there changes them all."""

from __future__ import annotations

from collections import Counter

from hullcheck.typed import Any

Scopes = tuple[tuple[Any, ...], tuple[Any, ...]]
"""The worlds of manifests, and the Compose projects."""


def shared(scopes: Scopes) -> dict[str, str]:
    """The paths of such files, each with what uses it."""
    worlds, projects = scopes
    overlays = Counter(path for world in worlds if world.kind == "kustomization" for path in world.files)
    uses = Counter(path for project in projects for path in _files(project))
    found = {path: "overlay" for path, number in overlays.items() if number > 1}
    return found | {path: "project" for path, number in uses.items() if number > 1}


def _files(project: Any) -> set[str]:
    """The files of a Compose project: its own, and those that its services extend or that it includes."""
    reached = {service.node.source.path for service in project.services.values()}
    return {*project.paths, *reached, *(service.location.path for service in project.services.values())}
