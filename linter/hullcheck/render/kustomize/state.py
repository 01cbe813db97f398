"""What a build has gathered so far, and what is wrong or unknown about it."""

from __future__ import annotations

from hullcheck.model.coverage import Gap
from hullcheck.model.node import Mapping
from hullcheck.model.problem import Problem
from hullcheck.parse.kustomization import RefusedError, UnknownError
from hullcheck.render.kustomize.fieldspecs import DEFAULT, Config, joined
from hullcheck.render.kustomize.kinds import Types
from hullcheck.render.kustomize.resources import Resources, Step, Work
from hullcheck.render.kustomize.variables import Variable
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

MAX_OBJECTS = 10_000
"""Objects of one build; clusters that are kept in one overlay have a few thousand."""


REMOTE = Gap("remote", "overlay", "something that it takes from elsewhere isn't fetched")
OUTSIDE = Gap("outside", "overlay", "something that it takes is outside of the repository")
MISSING = Gap("missing", "overlay", "something that it takes isn't in the repository")
GENERATOR = Gap("generator", "overlay", "a program makes or changes a part of it, and isn't run")
TEMPLATE = Gap("template", "overlay", "a patch of it is a template")
CONFIGURED = Gap("overlay", "overlay", "how it is built is said by a file that isn't read")
"""Why a part of an overlay isn't known."""


class DeadImage(NamedTuple):
    """An entry of `images` that changed nothing. `images` are those that were there."""

    name: str
    location: Location
    images: tuple[str, ...]


class State:
    """Objects, places of names, variables; notes about what isn't known, and the files that had a part in it."""

    def __init__(self, work: Work | None = None) -> None:
        self.resources = Resources(work=work)
        self.config: Config = DEFAULT
        self.variables: dict[str, Variable] = {}
        self.problems: list[Problem] = []
        self.dead_images: list[DeadImage] = []
        self.live_images: set[Location] = set()
        self.image_names: tuple[str, ...] | None = None  # those that are there, once somebody asked
        self.files: set[str] = set()
        self.sources: set[str] = set()  # those of which each object is a resource or a merge
        self.local: list[Mapping] = []  # objects that their own annotation keeps from being put out
        self.approximate = ""
        self.uncertain = ""
        self.types: Types | None = None

    def copy(self) -> "State":
        """Another one that can be changed: trees are shared, objects aren't."""
        made = State()
        made.resources = Resources((resource.copy() for resource in self.resources), self.resources.work)
        made.config, made.variables = self.config, dict(self.variables)
        made.problems, made.dead_images = list(self.problems), list(self.dead_images)
        made.live_images, made.types = set(self.live_images), self.types
        made.files, made.sources = set(self.files), set(self.sources)
        made.approximate, made.uncertain = self.approximate, self.uncertain
        return made

    def absorb(self, other: "State", place: Location) -> None:
        """Add the result of a base, which is named at that place."""
        self.resources.work.spend(len(other.resources), place)
        for resource in other.resources:
            self.resources.append(resource.copy())
        if len(self.resources) > MAX_OBJECTS:
            raise UnknownError(f"it builds more than {MAX_OBJECTS} objects", place)
        self.config = joined(self.config, other.config, place)
        for name, variable in other.variables.items():
            self.add_variable(name, variable)
        self.problems += other.problems
        self.dead_images += other.dead_images
        self.live_images |= other.live_images
        self.files |= other.files
        self.sources |= other.sources
        self.approximate = self.approximate or other.approximate
        self.uncertain = self.uncertain or other.uncertain

    def add_variable(self, name: str, variable: Variable) -> None:
        if name in self.variables:
            raise RefusedError(f"the variable `{name}` is there twice", variable.location)
        self.variables[name] = variable

    def note(self, path: str, what: str) -> None:
        """Note for every object that this kustomization has done that to it."""
        made: dict[int, Step] = {}  # one for all that have come the same way
        for resource in self.resources:
            before = id(resource.through)
            if before not in made:
                made[before] = Step(path, what, resource.through)
            resource.through = made[before]

    def unknown(self, message: str, location: Location, gap: Gap, *, changes: bool = False) -> None:
        """Note that a part of the result isn't known; with `changes`, that the other parts may be changed by it."""
        self.problems.append(Problem("not-analysed", message, location, gap=gap))
        self.approximate = self.approximate or message
        if changes:
            self.uncertain = self.uncertain or message

    @property
    def complete(self) -> bool:
        return not self.approximate
