"""What base images run as, and the variables that they set: facts, each with its source."""

from typing import NamedTuple

from hullcheck.model.image import ImageRef


class BaseImage(NamedTuple):
    """`user` is the image's own USER, or empty where it has none and so runs as root.

    `drops` names what its entry point leaves root with, if it does. `env` are variables that the image sets;
    `env_complete` says that it sets no others.
    """

    user: str
    drops: str = ""
    env: dict[str, str] = {}  # noqa: RUF012  never changed
    env_complete: bool = False


def lookup(image: ImageRef) -> BaseImage | None:
    """What is known of an image; None if nothing is."""
    return None
