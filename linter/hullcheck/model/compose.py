"""What Compose files say: the files one by one, and the projects that Compose would make of them."""

from __future__ import annotations

from hullcheck.model.container import Mount, Port, Variable
from hullcheck.model.image import ImageUse
from hullcheck.model.node import Mapping, Node, Scalar, as_str
from hullcheck.model.problem import Problem
from hullcheck.model.workload import Workload
from hullcheck.source import Field, Location, Source
from hullcheck.tuples import NamedTuple


class ComposeFile(NamedTuple):
    """A file as written: one mapping per document, with `services` at the top even where a v1 file has none.

    `complete` is false for a fragment: a file that Compose refuses alone, because a service has neither an image nor a
    way to make one, or because it has no services.
    """

    source: Source
    documents: tuple[Mapping, ...]
    problems: tuple[Problem, ...] = ()
    complete: bool = True
    v1: bool = False


class Build(NamedTuple):
    """How a service's image is made. `context` and `dockerfile` are relative to the folder of the file they stand in.

    `folder` and `path` are the context and the Dockerfile from the repository's root, None where they are remote,
    unknown or outside. `args` without a value come from the caller.
    """

    context: Field[str]
    dockerfile: Field[str]
    inline: Field[str]
    target: Field[str]
    args: dict[str, Field[str]]
    additional_contexts: dict[str, Field[str]]
    location: Location
    node: Mapping
    folder: str | None = None
    path: str | None = None


class Join(NamedTuple):
    """That a service is on a network; `location` is where it says so, or its name for the implicit `default`."""

    network: str
    location: Location
    aliases: tuple[str, ...] = ()
    implicit: bool = False


class Dependency(NamedTuple):
    """A service that must be started before, up to `condition` ("service_started", "service_healthy", ...)."""

    service: str
    condition: Field[str]
    location: Location


class Network(NamedTuple):
    """A network of a project. `key` is its name in the file, `name` its real one; `declared` is false for `default`."""

    key: str
    name: Field[str]
    external: Field[bool]
    internal: Field[bool]
    driver: Field[str]
    driver_opts: dict[str, Field[str]]
    location: Location
    declared: bool = True

    @property
    def owner(self) -> str:
        return f"networks.{self.key}"


class Volume(NamedTuple):
    """A named volume."""

    key: str
    name: Field[str]
    external: Field[bool]
    driver: Field[str]
    driver_opts: dict[str, Field[str]]
    location: Location

    @property
    def owner(self) -> str:
        return f"volumes.{self.key}"


class FileObject(NamedTuple):
    """A secret or a config. `file` is its path from the root where it is inside, else as written (`/`, `~`, `./..`)."""

    kind: str
    key: str
    file: Field[str]
    environment: Field[str]
    content: Field[str]
    external: Field[bool]
    location: Location
    path: str | None = None  # from the repository's root

    @property
    def owner(self) -> str:
        return f"{self.kind}.{self.key}"


class Service(NamedTuple):
    """A service of the merged project. `networks` are keys of the project's; empty with a `network_mode`.

    `complete` is false where nothing can be called missing: in a fragment, or an overlay judged by itself.
    `node` is the merged mapping in Compose's long form. `provider` is true for what isn't a container at all. `images`
    are those that it uses besides its own: mounted, of hooks, and as contexts of its build.
    """

    name: str
    owner: str
    location: Location
    image: Field[str]
    build: Build | None
    user: Field[str]
    networks: tuple[str, ...]
    network_mode: Field[str]
    ports: tuple[Port, ...]
    profiles: tuple[str, ...]
    depends_on: tuple[Dependency, ...]
    environment: tuple[Variable, ...]
    labels: tuple[Variable, ...]
    volumes: tuple[Mount, ...]
    complete: bool
    node: Mapping
    joins: tuple[Join, ...] = ()
    links: tuple[str, ...] = ()
    expose: tuple[str, ...] = ()
    provider: bool = False
    images: tuple[ImageUse, ...] = ()

    @property
    def profile(self) -> str:
        """The profile that starts it, if it needs one."""
        return self.profiles[0] if self.profiles else ""

    def together(self, other: "Service") -> bool:
        """Does some one profile start both, or do they need none?"""
        return not self.profiles or not other.profiles or not set(self.profiles).isdisjoint(other.profiles)


class Idle(NamedTuple):
    """A key that a service says and a stack leaves out; `host_ip` is a port's, and its `key` is at the port."""

    owner: str
    service: str
    key: Scalar
    value: Node

    @property
    def location(self) -> Location:
        return self.key.location


class ComposeProject(NamedTuple):
    """The services that one `docker compose` call would run, from the files in `paths`, merged in that order.

    `folder` is the project's directory from the repository's root, empty for the root itself. `complete` is false for
    fragments. `overlay` is true if this is a base with a variant such as `compose.prod.yaml`, whose base is judged by
    itself, too. `location` is where its services start. `v1` are the starts of files in the first version of the format,
    `versions` the obsolete `version` keys, `remotes` what `include` and `extends` would have to fetch. `taken` are the
    files that are included, `extended` the services of other files that its own extend. `guessed` is true where only
    their names say that the files belong together; `label` is what its scope has beside their names. `stack` is where it
    is said that it is deployed to a swarm, and `idle` what that leaves out; with `also` it is started by Compose, too.
    """

    name: str
    folder: str
    paths: tuple[str, ...]
    services: dict[str, Service]
    networks: dict[str, Network]
    volumes: dict[str, Volume]
    secrets: dict[str, FileObject]
    configs: dict[str, FileObject]
    problems: tuple[Problem, ...]
    workloads: tuple[Workload, ...]
    location: Location
    node: Mapping
    complete: bool = True
    overlay: bool = False
    owner: str = "services"
    v1: tuple[Location, ...] = ()
    versions: tuple[Location, ...] = ()
    taken: frozenset[str] = frozenset()
    extended: frozenset[tuple[str, str]] = frozenset()
    remotes: tuple[Field[str], ...] = ()
    guessed: bool = False
    label: str = ""
    stack: Location | None = None
    idle: tuple[Idle, ...] = ()
    also: bool = False

    @property
    def scope(self) -> str:
        """What the project is called among all that run: the files that it is made of."""
        return (" + ".join(self.paths) or self.folder) + self.label

    def service_of(self, container: str) -> Service | None:
        """The service whose `container_name` that is."""
        named = (s for s in self.services.values() if as_str(s.node.get("container_name")) == container)
        return next(named, None)
