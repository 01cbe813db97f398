"""References to images, and the places that name one."""

from __future__ import annotations

from functools import lru_cache

from hullcheck.finding import Related
from hullcheck.patterns import pattern
from hullcheck.source import HOLE, Field, Location
from hullcheck.tuples import NamedTuple

# The grammar of github.com/distribution/reference, loosened where a registry would refuse what a file may still hold.
_REFERENCE = pattern(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?"
    r"(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,}))?"
)


class ImageRef(NamedTuple):
    """An image reference, taken apart as Docker does: `node` is `docker.io/library/node`."""

    registry: str
    repository: str
    tag: str
    digest: str

    def __str__(self) -> str:
        return f"{self.name}{':' + self.tag if self.tag else ''}{'@' + self.digest if self.digest else ''}"

    @property
    def name(self) -> str:
        """Registry and repository in full, without tag and digest."""
        return f"{self.registry}/{self.repository}" if self.registry else self.repository

    @property
    def familiar(self) -> str:
        """The name as people write it: without `docker.io/` and `library/`."""
        if self.registry != "docker.io":
            return self.name
        return self.repository.removeprefix("library/")

    @classmethod
    def parse(cls, text: str) -> "ImageRef | None":
        """The reference that `text` is, or None if it is none.

        The first part is a registry if it holds a dot or a colon or is `localhost`, so that the port of `host:5000/x`
        is never taken for a tag.
        """
        return _parsed(text)


@lru_cache(maxsize=512)
def _parsed(text: str) -> ImageRef | None:
    """What a text refers to: the same few images are asked for by every check."""
    head, slash, rest = text.partition("/")
    if slash and ("." in head or ":" in head or head == "localhost" or head != head.lower()):
        registry, remainder = head, rest
    else:
        registry, remainder = "docker.io", text
    match = _REFERENCE.fullmatch(remainder)
    repository, tag, digest = match.groups() if match is not None else ("", "", "")
    if not repository or repository != repository.lower():
        return None
    if registry in ("docker.io", "index.docker.io", "registry-1.docker.io"):
        registry = "docker.io"
        if "/" not in repository:
            repository = f"library/{repository}"
    return ImageRef(registry, repository, tag or "", digest or "")


class ImageUse(NamedTuple):
    """A place that names an image: `FROM`, `COPY --from`, `RUN --mount`, Compose or Kubernetes `image:`.

    `reference` is the text after expansion, or unknown. `written` is the text before it, where that differs.
    `origin` is where the deciding part comes from (an ARG's default) if elsewhere. `how` names the place in messages
    ("base image", "`COPY --from`", "service `web`"). `built_here` is true for the name that a local build gets,
    `tagged_later` where the tag is set at deploy, so that the one that is written doesn't count.
    """

    reference: Field[str]
    how: str
    owner: str
    written: str = ""
    origin: Related | None = None
    built_here: bool = False
    tagged_later: bool = False

    @property
    def location(self) -> Location:
        return self.reference.location

    @property
    def image(self) -> ImageRef | None:
        """The image, if the reference is known and is one; `scratch` is none."""
        text = self.reference.value
        return _parsed(text) if text and text != "scratch" else None

    @property
    def partial(self) -> ImageRef | None:
        """An image that is only known in part, with `*` for the rest, if it is known whether it has a tag, and which.

        `${REGISTRY}/app:latest` has one; `app:${TAG}` may be anything, `${PREFIX}app` hide one in what isn't known.
        """
        text = self.reference.parts
        before, slash, last = text.rpartition("/")
        name, colon, tag = last.rpartition(":") if ":" in last else (last, "", "")
        if not text or "@" in last or HOLE in tag or (not colon and HOLE in last) or " " in text:
            return None
        return ImageRef("", f"{before}{slash}{name}".replace(HOLE, "*"), tag, "")

    @property
    def shown(self) -> str:
        """The reference for messages, with what is written where that differs: `python:3` (written `${BASE}`)."""
        if self.reference.parts:
            return f"`{self.reference.parts.replace(HOLE, '*')}`"
        text = f"`{self.reference.value}`"
        return f"{text} (written `{self.written}`)" if self.written else text

    @property
    def origins(self) -> tuple[Related, ...]:
        return (self.origin,) if self.origin else ()
