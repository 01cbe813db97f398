"""Development containers: what a `devcontainer.json` says that no other form of a container does."""

from __future__ import annotations

from hullcheck.model.node import Mapping, Node
from hullcheck.source import Location
from hullcheck.tuples import NamedTuple

OWNER = "devcontainer"
"""What a development container is called in its scope, the path of its file."""


class Feature(NamedTuple):
    """What is installed on top of the image, as root. `written` is its reference, `locked` the digest in the lock file."""

    written: str
    location: Location
    locked: str = ""

    @property
    def name(self) -> str:
        """The reference without its tag or digest."""
        name = self.written.partition("@")[0]
        head, slash, last = name.rpartition("/")
        return head + slash + last.partition(":")[0]

    @property
    def tag(self) -> str:
        return self.written.partition("@")[0].rpartition("/")[2].partition(":")[2]

    @property
    def digest(self) -> str:
        return self.written.partition("@")[2]

    @property
    def own(self) -> bool:
        """Does it lie in the repository?"""
        return self.written.startswith(("./", "../"))

    @property
    def archive(self) -> bool:
        """Is it fetched as an archive from an address?"""
        return self.written.startswith(("https://", "http://"))


class Hook(NamedTuple):
    """A command of the container's life. `node` is a text for a shell, or a list of words; `label` its name, if several."""

    key: str
    node: Node
    label: str = ""

    @property
    def on_host(self) -> bool:
        """Does it run where the editor runs, before there is any container?"""
        return self.key == "initializeCommand"


class DevContainer(NamedTuple):
    """A development container, as its file says it.

    `files` are the Compose files that it names, `service` is what it runs of them. `features` and `hooks` are in the
    file's order.
    """

    name: str
    location: Location
    root: Mapping
    features: tuple[Feature, ...] = ()
    hooks: tuple[Hook, ...] = ()
    files: tuple[Node, ...] = ()
    service: str = ""
    owner: str = OWNER

    @property
    def path(self) -> str:
        return self.location.path

    @property
    def described(self) -> str:
        return f"development container `{self.name}`"
