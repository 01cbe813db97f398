"""A container as it will run, whatever dialect describes it."""

from enum import Enum
from typing import NamedTuple

from hullcheck.finding import Related
from hullcheck.model.image import ImageUse
from hullcheck.source import Location


class Root(Enum):
    """Does it run as root, and who says so?"""

    STATED = "stated"  # a line says root, or uid 0
    IMPLICIT = "implicit"  # nothing says a user, and the image is known to run as root
    NO = "no"
    UNKNOWN = "unknown"


class User(NamedTuple):
    """The effective user of a container, and what decides it.

    `location` is the deciding line, or where a user would be said. `text` is the user as written, if one is.
    `why` completes "runs as root: ..." or says why it is unknown. `related` are the other lines it rests on.
    """

    root: Root
    location: Location
    text: str = ""
    why: str = ""
    related: tuple[Related, ...] = ()
    drops_privileges: str = ""  # the program (gosu, su-exec, ...) that the entry point leaves root with


class Container(NamedTuple):
    """A stage that ships, a Compose service or a Kubernetes container.

    `dialect` is "dockerfile", "compose" or "kubernetes". `complete` is false for a fragment (an overlay, a patch),
    about which nothing can be called missing. `serves` is true if it declares a port or an entry point.
    `judged_elsewhere` is true where the image is built here and the finding belongs to its Dockerfile.
    """

    dialect: str
    owner: str
    name: str
    location: Location
    image: ImageUse | None
    user: User
    complete: bool = True
    serves: bool = False
    judged_elsewhere: bool = False

    @property
    def described(self) -> str:
        """The container as a message's subject."""
        return {"dockerfile": f"stage `{self.name}`", "compose": f"service `{self.name}`"}.get(
            self.dialect, f"container `{self.name}`"
        )
