"""Overlays of a session: after an edit only those are built whose files it changed, as far as that comes to the same."""

from __future__ import annotations

from collections.abc import Iterable

from hullcheck.parse.kubernetes import ManifestFile
from hullcheck.render.kustomize import MAX_OBJECTS, Build, Kustomizations
from hullcheck.render.kustomize.build import Builder
from hullcheck.render.kustomize.files import Read
from hullcheck.render.kustomize.resources import MAX_WORK
from hullcheck.tuples import NamedTuple
from hullcheck.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from hullcheck.model.kept import Kept


class _Made(NamedTuple):
    """A build, what it costs without what others have built before, and the files that it asks for."""

    build: Build
    cost: int
    asked: frozenset[str]


class Again(Kustomizations):
    """Kustomizations of which a session has `kept` what was built before."""

    def __init__(self, manifests: dict[str, ManifestFile], read: Read, paths: Iterable[str], kept: "Kept") -> None:
        super().__init__(manifests, read, paths)
        self._kept = kept
        self._made: dict[str, _Made] = {}
        self._reuses = self._reused = False

    def builds_again(self) -> list[Build]:
        """What `builds` gives where no more kustomizations come.

        All of it is as it was if nothing has changed that any of them asks for. Where some are built anew, what goes
        wrong could depend on what was built before: then all are.
        """
        found: list[Build] | None = self._kept.known("builds")
        if found is not None:
            return found
        self._reuses = True
        found = self.builds()
        if self._reused and not self._are_sound():
            self._reuses, self._made, self.objects = False, {}, 0
            self.builder = Builder(self.files)
            found = self.builds()
        layers = frozenset(layer.source.path for layer in self.layers.values())
        self._kept.keep("builds", None, found, layers.union(*(made.asked for made in self._made.values())))
        if self._are_sound():
            for folder, made in self._made.items():
                self._kept.keep(("build", folder), None, made, made.asked)
        return found

    def build(self, folder: str) -> Build:
        made: _Made | None = self._kept.known(("build", folder)) if self._reuses else None
        if made is None:
            around, self.files.asked = self.files.asked, set()
            start = self.builder.cost
            build = super().build(folder)
            build = build._replace(objects=self._kept.settled(("built", folder), build.objects))
            made = _Made(build, self.builder.cost - start, frozenset(self.files.asked))
            self.files.asked |= around
        else:
            self._reused = True
            self._kept.settled(("built", folder), made.build.objects)
            self.objects += len(made.build.objects)
        self._made[folder] = made
        return made.build

    def _are_sound(self) -> bool:
        """Is each of them built, and all of it far from what is too much?"""
        cost = sum(made.cost for made in self._made.values())
        return (
            cost <= MAX_WORK and self.objects <= MAX_OBJECTS and all(made.build.files for made in self._made.values())
        )
