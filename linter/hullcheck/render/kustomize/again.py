"""Overlays of a tree of which nearly all was built before: only those are built whose files are others, as far as that comes to the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from hullcheck.model.kept import same_node
from hullcheck.model.node import Node
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
    """A build, what it costs without what others have built before, and the files that it asks for.

    `layers` are those of the files that aren't written, but made of what deploys folders.
    """

    build: Build
    cost: int
    asked: frozenset[str]
    layers: Mapping[str, Node | None] = {}


class Again(Kustomizations):
    """Kustomizations of which is `kept` what was built before."""

    def __init__(self, manifests: dict[str, ManifestFile], read: Read, paths: Iterable[str], kept: "Kept") -> None:
        super().__init__(manifests, read, paths)
        self._kept = kept
        self._made: dict[str, _Made] = {}
        self._added: dict[str, ManifestFile] = {}
        self._cost = self._stage = 0
        self._reuses = self._reused = False
        self.sound = True
        """Did all come out as if it had been built anew, as far as can be told?"""

    def before_more(self) -> Callable[[], None]:
        built, added, cost = super().before_more(), dict(self._added), self._cost

        def back() -> None:
            built()
            self._added, self._cost = added, cost

        return back

    def add(self, layers: dict[str, ManifestFile]) -> None:
        super().add(layers)
        self._added.update(layers)

    def builds_again(self) -> list[Build]:
        """What `builds` gives where no more kustomizations come.

        All of it is as it was if there are the same kustomizations, and nothing has changed that any of them asks for.
        Where some are built anew, what goes wrong could depend on what was built before: then all are.
        """
        layers = tuple(self.layers.values())
        key = ("builds", *((folder, id(layer)) for folder, layer in self.layers.items()))
        found: list[Build] | None = self._kept.known(key)
        if found is not None:
            return found
        found = self.round()
        if self._reused and not self.sound:
            self._reuses, self._made, self.objects = False, {}, 0
            self.builder = Builder(self.files)
            found = self.builds()
        self._kept.keep(key, layers, found, frozenset().union(*(made.asked for made in self._made.values())))
        return found

    def round(self) -> list[Build]:
        """What `builds` gives where others may be added; it holds if in the end all was `sound`."""
        self._reuses, self._made = True, {}
        self._stage += 1
        found = self.builds()
        self._cost += sum(made.cost for made in self._made.values())
        self.sound = self.sound and self._are_sound()
        for folder, made in self._made.items() if self.sound else ():
            if self._stays(made):
                self._kept.keep(("build", self._stage, folder), None, made, made.asked)
        return found

    def build(self, folder: str) -> Build:
        made = self._known(folder) if self._reuses else None
        if made is None:
            around, self.files.asked = self.files.asked, set()
            start = self.builder.cost
            build = super().build(folder)
            build = build._replace(objects=self._kept.settled(("built", folder), build.objects))
            asked = frozenset(self.files.asked)
            made = _Made(build, self.builder.cost - start, asked, self._layers_in(asked))
            self.files.asked |= around
        else:
            self._reused = True
            self._kept.settled(("built", folder), made.build.objects)
            self.objects += len(made.build.objects)
        self._made[folder] = made
        return made.build

    def _known(self, folder: str) -> _Made | None:
        """What was built of the very same, in this round or the one before it."""
        for stage in (self._stage, self._stage - 1):
            made: _Made | None = self._kept.known(("build", stage, folder))
            if made is not None and self._has_layers_of(made):
                return made
        return None

    def _layers_in(self, asked: frozenset[str]) -> dict[str, Node | None]:
        return {path: file.layer for path, file in self._added.items() if path in asked}

    def _has_layers_of(self, made: _Made) -> bool:
        """Are the layers that it was built of, and that aren't written, as they were?"""
        now = self._layers_in(made.asked)
        return now.keys() == made.layers.keys() and all(same_node(now[path], made.layers[path]) for path in now)

    @staticmethod
    def _stays(made: _Made) -> bool:
        """May it be used again? Where one is refused, that may depend on which others were tried before."""
        return bool(made.build.files)

    def _are_sound(self) -> bool:
        """Is each of them built or refused, and all of it far from what is too much?"""
        return (
            self._cost <= MAX_WORK
            and self.objects <= MAX_OBJECTS
            and all(made.build.files or made.build.refused for made in self._made.values())
        )
