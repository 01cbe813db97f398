"""Images whose tags are set when they are deployed: what stands in the manifest isn't what will run.

A pipeline says `kustomize edit set image app=...`, Flux writes the tag where a marker stands behind it
(https://fluxcd.io/flux/guides/image-update/), Argo CD's image updater does for the images of an annotation
(https://argocd-image-updater.readthedocs.io/en/stable/configuration/images/).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hullcheck.link.builds import image_name
from hullcheck.model.image import ImageRef, ImageUse
from hullcheck.model.kubernetes import KubernetesObject
from hullcheck.model.lazy import Lazy
from hullcheck.model.node import Mapping, Node, as_str, at, items
from hullcheck.model.scoped import Scoped
from hullcheck.source import Location

MAX_NAMES = 1_000

_COMMAND = Lazy(r"\bkustomize[ \t]++edit[ \t]++set[ \t]++image\b(?P<words>(?:[^\n;&|\\]|\\\r?\n){1,2000}+)")
_WORD = Lazy(r"[^\s\"'\\]++")
_MARKER = '{"$imagepolicy"'
_UPDATER = "argocd-image-updater.argoproj.io/image-list"


def set_by(text: str) -> Iterator[str]:
    """The images that commands of a script give a tag, as manifests name them, and the names that they get."""
    if "set image" in text or "set  image" in text:
        for match in _COMMAND.finditer(text):
            for word in _WORD.finditer(match["words"]):
                old, given, new = word[0].partition("=")
                if old.startswith("-") or not (given or ":" in old or "@" in old):
                    continue
                yield from filter(None, (_name(old), _name(new)))


def _name(text: str) -> str:
    """The name of an image of which the tag may be a variable; empty if the name isn't known."""
    before, slash, last = text.rpartition("/")
    name = before + slash + last.partition("@")[0].partition(":")[0]
    return image_name(name) if name and "$" not in name and "{" not in name else ""


class DeployTags:
    """The images that get their tags at deploy, by name, and those whose place says so."""

    def __init__(
        self, names: Iterable[str], kustomizations: Iterable[Node], objects: Iterable[KubernetesObject]
    ) -> None:
        self._names = set(names)
        for layer in kustomizations if self._names else ():
            for entry in items(at(layer, "images")):
                old, new = as_str(at(entry, "name")), as_str(at(entry, "newName"))
                if new and image_name(old or "") in self._names:
                    self._names.add(image_name(new))
        for made in objects:
            if made.api_version.startswith("argoproj.io/"):
                self._names.update(_updated(made))

    def settled(self, parts: Iterable[Scoped]) -> Iterator[Scoped]:
        """The parts; of those that are uses of images it is said whether their tags are set later."""
        for part in parts:
            use = part.part
            image = use.image if isinstance(use, ImageUse) else None
            if image is not None and not image.digest and self._later(use, image):
                yield Scoped(part.scope, use._replace(tagged_later=True))
            else:
                yield part

    def _later(self, use: ImageUse, image: ImageRef) -> bool:
        if image.name in self._names or _marked(use.location):
            return True
        return any(_marked(origin.location) for origin in use.origins)


def _updated(made: KubernetesObject) -> Iterator[str]:
    """The images that the updater looks after in an application."""
    annotations = at(made.node, "metadata", "annotations")
    said = annotations.get(_UPDATER) if isinstance(annotations, Mapping) else None
    for word in (as_str(said) or "").split(",")[:MAX_NAMES]:
        name = _name(word.strip().rpartition("=")[2])
        if name:
            yield name


def _marked(place: Location) -> bool:
    """Does a marker for Flux's image automation stand behind it, that isn't for the name alone?"""
    text = place.source.text
    end = text.find("\n", place.start)
    line = text[place.start : end if end >= 0 else len(text)]
    return _MARKER in line and ':name"}' not in line
