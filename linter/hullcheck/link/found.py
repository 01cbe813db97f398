"""What checks have found in parts of a session's tree: the same as long as the part is."""

from __future__ import annotations

from collections.abc import Hashable

from hullcheck.finding import Finding
from hullcheck.link.project import Project
from hullcheck.model.dockerfile import Dockerfile, Stage
from hullcheck.model.kept import Kept, key_of
from hullcheck.model.repository import FileText
from hullcheck.typed import Any

_BY_THEMSELVES = frozenset((Dockerfile, Stage, FileText))
"""Parts that hold all that they are made of."""

_BROKEN = ("check-failed", "time-limit")


class Findings:
    """What the checks of these `names` find in parts of a project."""

    def __init__(self, kept: Kept, names: frozenset[str], project: Project) -> None:
        self._kept = kept
        self._about = (names, frozenset(project.dialects))
        self._developed = project.devcontainers
        others = {each.scope for each in project.compose} | project.dockerfiles.keys()
        self._worlds = frozenset(world.name for world in project.worlds) - others

    def knows(self, scope: str, part: Any) -> bool:
        """Is it one of which that is kept? Not in development containers, in which fewer checks look."""
        return (scope in self._worlds or type(part) in _BY_THEMSELVES) and scope not in self._developed

    def of(self, scope: str, part: Any) -> tuple[Finding, ...] | None:
        """What was found; None if that isn't known."""
        found: tuple[Finding, ...] | None = self._kept.known(self._key(scope, part))
        return found

    def keep(self, scope: str, part: Any, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
        """What is found now, which is kept unless a check broke off."""
        if not any(each.name in _BROKEN for each in found):
            self._kept.hold(self._key(scope, part), part, found)
        return found

    def _key(self, scope: str, part: Any) -> Hashable:
        return ("found", self._about, scope, key_of(part))
